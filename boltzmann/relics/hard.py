"""Hard neutrinos on electrons and positrons: massless amplitudes, no blocking of what is hard.

A neutrino of a hard node i meets e+- of the thermal density f_e(sqrt(y_j^2 + x^2)/z), or an antineutrino of node j
(derived; the same amplitudes and couplings as in `boltzmann.collisions.electron`)::

    nu_a(i) e(j) -> nu_a e            C w_i w_j r_a(i) f_e(j)      4 (g_L^2 + g_R^2) S
    nu_a(i) nubar_a(j) -> e+ e-       C w_i w_j r_a(i) r_a(j)      4 (g_L^2 + g_R^2) P

S = (1/2) int dy3 [Pi(1,2) + Pi(1,4)], P = (1/2) int dy3 Pi(1,4), C = (m_e/x)^5 G_F^2/(8 pi^3 H). The outgoing neutrino
is shared by its neighbouring nodes as hats do, so that the energy left to the plasma is exact. The inverse
processes, by which the plasma would make hard neutrinos, are e^-20 of these.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from boltzmann.collisions.damping import C_E, C_X
from boltzmann.collisions.pairs import amplitudes, gauss_points, place
from boltzmann.numerics import cache
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.momentum import Grid

ORDER = 4  # Gauss points per panel
COUPLINGS = np.array([4.0 * C_E, 4.0 * C_X, 4.0 * C_X])


class Hard(NamedTuple):
    """Tables of n hard nodes: ``scatter`` (n, soft, N) w_i w_j S of (i, j) to a node, ``pair`` (n, N) w_i w_j P.

    Pairs of two hard nodes are in both orders, each with half of their rate.
    """

    scatter: Array
    pair: Array


def _targets(grid: Grid, i: int, soft: int) -> tuple[Array, Array]:
    """Return the rows of `Hard` of the hard node ``i``."""
    y, w, N = grid.y, grid.w, grid.y.size
    scatter, pair = np.zeros((soft, N)), np.zeros(N)
    for j in range(N):
        y3, weight = gauss_points(y[i], y[j], y[-1] if j < soft else y[i] + y[j], ORDER)
        amplitude = np.empty((2, y3.size))
        amplitudes(y[i], y[j], y3, amplitude)
        weight = 0.5 * w[i] * w[j] * weight
        pair[j] = (1.0 if j < soft else 0.5) * np.sum(weight * amplitude[1])
        if j < soft:
            k, t = place(y, y3)
            np.add.at(scatter[j], k, (1.0 - t) * weight * amplitude.sum(axis=0))
            np.add.at(scatter[j], k + 1, t * weight * amplitude.sum(axis=0))
    return scatter, pair


def hard_tables(grid: Grid, soft: int) -> Hard:
    """Return the tables of a grid whose first ``soft`` nodes are soft, cached on disk."""

    def build() -> cache.Arrays:
        rows = [_targets(grid, i, soft) for i in range(soft, grid.y.size)]
        n, N = len(rows), grid.y.size
        scatter = np.array([s for s, _ in rows]).reshape(n, soft, N)
        return {"scatter": scatter, "pair": np.array([p for _, p in rows]).reshape(n, N)}

    return Hard(**cache.tables("hard", (grid.y.tobytes(), grid.w.tobytes(), soft), build))


@kernel
def hard_scattering(x: float, z: float, y: Array, scatter: Array, out: Array) -> None:
    """Fill ``out`` (n, N): what a hard node per occupation gives to the nodes, its own loss included, over C 4 g^2."""
    n, soft, N = scatter.shape
    for i in range(n):
        for m in range(N):
            out[i, m] = 0.0
        lost = 0.0
        for j in range(soft):
            target = 1.0 / (1.0 + np.exp(np.sqrt(y[j] * y[j] + x * x) / z))
            for m in range(N):
                out[i, m] += target * scatter[i, j, m]
                lost += target * scatter[i, j, m]
        out[i, soft + i] -= lost


@kernel
def hard_change(r: Array, soft: int, moved: Array, pair: Array, couplings: Array, out: Array) -> None:
    """Add w y^2 dr/ds over C by hard neutrinos on electrons to ``out`` (3, N); ``moved`` of `hard_scattering`."""
    n, N = moved.shape
    for a in range(3):
        for i in range(n):
            occupied = couplings[a] * r[a, soft + i]
            for m in range(N):
                annihilated = occupied * pair[i, m] * r[a, m]
                out[a, m] += occupied * moved[i, m] - annihilated
                out[a, soft + i] -= annihilated


@kernel
def hard_jacobian(r: Array, soft: int, moved: Array, pair: Array, coupling: float, out: Array) -> None:
    """Add the derivatives of `hard_change` for one flavour, occupations ``r`` (N,), to ``out`` (N, N)."""
    n, N = moved.shape
    for i in range(n):
        k = soft + i
        for m in range(N):
            out[m, k] += coupling * (moved[i, m] - pair[i, m] * r[m])
            out[k, k] -= coupling * pair[i, m] * r[m]
            out[m, m] -= coupling * pair[i, m] * r[k]
            out[k, m] -= coupling * pair[i, m] * r[k]
