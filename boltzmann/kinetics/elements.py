"""Linear maps of a density matrix, as matrices on its real components (`boltzmann.kinetics.layout`)."""

from functools import cache

import numpy as np

from boltzmann.kinetics.layout import diagonal, off_diagonal, pack, unpack
from boltzmann.numerics.arrays import Array, Index, frozen
from boltzmann.numerics.jit import kernel


@kernel
def add_element(L: Array, row: int, kappa: complex, a: int, b: int, real_row: bool) -> None:
    """Add the derivative of Re (or Im: row + 1) of a component by rho_ab, d(component) = kappa rho_ab, to ``L``.

    ``real_row``: the component is a population.
    """
    if a == b:
        k = diagonal(a)
        L[row, k] += kappa.real
        if not real_row:
            L[row + 1, k] += kappa.imag
        return
    k, sign = (off_diagonal(a, b), 1.0) if a < b else (off_diagonal(b, a), -1.0)
    L[row, k] += kappa.real
    L[row, k + 1] -= sign * kappa.imag
    if not real_row:
        L[row + 1, k] += kappa.imag
        L[row + 1, k + 1] += sign * kappa.real


@cache  # they take a tenth of the time of a run of 14 momenta
def commutator_elements(n: int) -> tuple[Index, Array]:
    """Return (3, m) row, column, component of H and (m,) factors: L_row,column = SUM factor H_component for -i [H, .].

    Read-only arrays. Derived by applying it to the matrices whose components are one 1 and zeros.
    """
    unit, out, components = np.eye(n * n), np.zeros(n * n), []
    basis = np.zeros((n * n, n, n), complex)
    for k in range(n * n):
        unpack(unit[k], 1.0, basis[k])
    for H in range(n * n):
        for column in range(n * n):
            pack(-1j * (basis[H] @ basis[column] - basis[column] @ basis[H]), 1.0, out)
            components += [(row, column, H, out[row]) for row in np.flatnonzero(out)]
    *places, factors = zip(*sorted(components), strict=True)
    return frozen(np.array(places, np.int64)), frozen(np.array(factors))
