"""Lagrange interpolation used by the tables: cubic on a uniform axis, polynomial on a few Chebyshev nodes."""

from typing import NamedTuple

import numpy as np

from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel


class Lattice(NamedTuple):
    """The (ln x, z) lattice on which potentials and nu-e kernels are tabulated.

    ``log_x`` (n_x,) is uniform, ``z`` (n_z,) are Chebyshev nodes, exact for polynomials of degree n_z - 1, of the range
    from ``z_min`` to ``z_max``.
    """

    log_x: Array
    z: Array
    z_min: float
    z_max: float


def lattice(n_x: int = 64, n_z: int = 7, z_min: float = 0.88, z_max: float = 1.46) -> Lattice:
    """Return the lattice covering 0.9e-3 <= x <= 40 and z_min <= z <= z_max."""
    chebyshev = np.cos(np.pi * (np.arange(n_z) + 0.5) / n_z)
    nodes = 0.5 * (z_max + z_min) + 0.5 * (z_max - z_min) * chebyshev
    return Lattice(np.linspace(np.log(0.9e-3), np.log(40.0), n_x), nodes, z_min, z_max)


def wide_lattice() -> Lattice:
    """Return a lattice for plasmas heated by a dark sector, z up to 2.2, or by muons alone, z from 0.85."""
    return lattice(n_z=13, z_min=0.82, z_max=2.2)


@kernel
def cubic_start(value: float, start: float, step: float, n: int) -> int:
    """Return the first index of the four-point stencil around ``value`` on a uniform axis of ``n`` points."""
    return min(max(int((value - start) / step) - 1, 0), n - 4)


@kernel
def cubic_weights(value: float, start: float, step: float, first: int) -> tuple[float, float, float, float]:
    """Return the four Lagrange weights of the stencil that begins at index ``first``."""
    t = (value - start) / step - first
    a, b, c = t - 1.0, t - 2.0, t - 3.0
    return -a * b * c / 6.0, 0.5 * t * b * c, -0.5 * t * a * c, t * a * b / 6.0


@kernel
def lagrange_weights(value: float, nodes: Array, weights: Array) -> None:
    """Fill ``weights`` with the Lagrange weights of ``value`` on ``nodes`` (any spacing, same length)."""
    for j in range(nodes.size):
        product = 1.0
        for k in range(nodes.size):
            if k != j:
                product *= (value - nodes[k]) / (nodes[j] - nodes[k])
        weights[j] = product


@kernel
def look_up(log_x: float, z: float, grid: Lattice, table: Array | Complex, out: Array | Complex) -> None:
    """Fill ``out`` (m,) with ``table`` (n_x, n_z, m) interpolated at (ln x, z) of the lattice ``grid``.

    Beyond the last ln x, where e+- have gone, the tables' last values hold: those of neutrinos do not change with x.
    """
    step = grid.log_x[1] - grid.log_x[0]
    log_x = min(log_x, grid.log_x[-1])
    first = cubic_start(log_x, grid.log_x[0], step, grid.log_x.size)
    along_x = cubic_weights(log_x, grid.log_x[0], step, first)
    along_z = np.empty(grid.z.size)
    lagrange_weights(z, grid.z, along_z)
    out[:] = 0.0
    for i in range(4):
        for j in range(grid.z.size):
            weight = along_x[i] * along_z[j]
            row = table[first + i, j]
            for k in range(out.size):
                out[k] += weight * row[k]
