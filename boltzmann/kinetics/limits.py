"""Limits of a step at one momentum: the error of its populations, and how far its eigenstates turn."""

from typing import NamedTuple

import numpy as np

from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.linear import update_eigenbasis
from boltzmann.numerics.records import record

NO_RESONANCE, RESONANCE, OVERDAMPED = 0, 1, 2
WIDTHS = 3.0  # D of an overdamped resonance that a step may pass
LANDAU_ZENER_MIN = 1e-4  # crossings with a smaller exponent are diabatic and may be jumped


@record
class Control(NamedTuple):
    """Tolerances and limits of the integration."""

    rtol: float
    atol: float
    bath: float  # tolerance of ln T_s and eta: their errors reach the populations, which count themselves
    h_max: float
    rotation: float
    s_end: float
    max_steps: int


@kernel
def _diagonal_in(basis: Complex, rho: Complex, out: Array) -> None:
    """Fill ``out`` (n,) with the diagonal of basis^dagger rho basis."""
    n = rho.shape[0]
    for k in range(n):
        total = 0.0
        for a in range(n):
            for b in range(n):
                total += (np.conj(basis[a, k]) * rho[a, b] * basis[b, k]).real
        out[k] = total


@kernel
def population_error(error: Complex, rho: Complex, basis: Complex, control: Control, population: Array) -> float:
    """Return the sum of squares of the errors of populations in ``basis`` over their tolerances.

    ``error``, ``rho`` and ``basis`` are (n, n), ``population`` (n,) is scratch space.
    """
    n, total = rho.shape[0], 0.0
    _diagonal_in(basis, error, population)
    for k in range(n):
        occupied = 0.0
        for a in range(n):
            occupied += abs(basis[a, k]) ** 2 * rho[a, a].real
        total += (population[k] / (control.atol + control.rtol * abs(occupied))) ** 2
    return total


@kernel
def _jumps(d0: float, d1: float, damping: float, long: bool) -> bool:
    """Return whether a step from H_ss - H_aa = ``d0`` to ``d1`` jumps over an overdamped resonance, or into it.

    It may pass `WIDTHS` D at once. Where steps are ``long``, because nothing but resonances needs short ones, it may
    halve its distance from the resonance, until that is D: the stages of a step that ends within the resonance from
    afar see nothing of it but its end.
    """
    if long:
        return abs(d0) > damping + (2.0 * abs(d1) if d0 * d1 > 0.0 else 0.0)
    return d0 * d1 < 0.0 and abs(d1 - d0) > WIDTHS * damping


@kernel
def resonance(before: Complex, after: Complex, h: float, damping: float, long: bool) -> int:
    """Return how one momentum meets active-sterile resonances in the step; ``long`` as of `_jumps`.

    NO_RESONANCE: none, or diabatic; OVERDAMPED: one that the step jumps over although it is broad; else RESONANCE.
    """
    result = NO_RESONANCE
    for a in range(3):
        d0, d1 = (before[3, 3] - before[a, a]).real, (after[3, 3] - after[a, a]).real
        coupling = abs(before[a, 3])
        if not 2.0 * np.pi * coupling**2 * h > LANDAU_ZENER_MIN * abs(d1 - d0):
            continue
        if damping > 2.0 * coupling:
            if _jumps(d0, d1, damping, long):
                return OVERDAMPED
        elif d0 * d1 < 0.0 or min(abs(d0), abs(d1)) < 20.0 * coupling:
            result = RESONANCE
    return result


@kernel
def _rotated_population(start: Complex, end: Complex, rho: Complex, scratch: Complex, population: Array) -> float:
    """Return max over k != l of |<k(start)|l(end)>|^2 |p_k - p_l|."""
    n = rho.shape[0]
    scratch[:] = rho
    _diagonal_in(start, scratch, population)
    largest = 0.0
    for k in range(n):
        for m in range(n):
            overlap = 0.0j
            for a in range(n):
                overlap += np.conj(start[a, k]) * end[a, m]
            largest = max(largest, abs(overlap) ** 2 * abs(population[k] - population[m]))
    return largest


@kernel
def _unequal(rho: Complex) -> float:
    """Return the largest difference between the sterile and an active population."""
    largest = 0.0
    for a in range(3):
        largest = max(largest, abs(rho[a, a].real - rho[3, 3].real))
    return largest


@kernel
def turned_too_far(
    kind: int,
    start: Complex,
    end: Complex,
    first: Complex,
    last: Complex,
    importance: float,
    control: Control,
    rho: Complex,
    scratch: Complex,
    population: Array,
) -> bool:
    """Return whether the step would turn the eigenstates of a momentum too far at a resonance of a ``kind``.

    ``start``, ``end`` (n, n): H at both ends; ``first``, ``last``: their eigenvectors, brought up to date; ``rho``: the
    state at the start; ``scratch`` (2, n, n) and ``population`` (n,) are scratch space.
    """
    if kind == OVERDAMPED:
        return bool(importance * _unequal(rho) > control.rotation)
    for k in range(2):
        H, basis = (start, first) if k == 0 else (end, last)
        scratch[0][:] = H
        update_eigenbasis(scratch[0], basis, scratch[1])
    return bool(importance * _rotated_population(first, last, rho, scratch[1], population) > control.rotation)
