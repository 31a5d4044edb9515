"""The linear parts of a RODAS4 step (`boltzmann.kinetics.rodas`) for a state in one array, whatever its equation."""

import numpy as np

from boltzmann.kinetics.rodas import GAMMA, TIME_WEIGHTS, A, C
from boltzmann.numerics.arrays import Array, Index
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.linear import lu_factor, lu_solve_vector


@kernel
def prepare(h: float, after: float, F: Array, time: Array, J: Array, pivot: Index) -> None:
    """Turn ``J`` (m, m) into the factors of 1/(h gamma) - J, and ``time``, F a time ``after`` later, into dF/ds."""
    for k in range(F.size):
        time[k] = (time[k] - F[k]) / after
        for c in range(F.size):
            J[k, c] = -J[k, c]
        J[k, k] += 1.0 / (h * GAMMA)
    lu_factor(J, pivot)


@kernel
def fill_argument(i: int, u: Array, U: Array) -> None:
    """Fill the last row of ``U`` (7, m) with the argument of stage i."""
    for k in range(u.size):
        total = u[k]
        for j in range(i):
            total += A[i, j] * U[j, k]
        U[6, k] = total


@kernel
def solve_stage(i: int, h: float, F: Array, time: Array, J: Array, pivot: Index, U: Array) -> None:
    """Fill row i of ``U`` from F at its argument; after the last, row 6 is the new state and row 5 the error."""
    for k in range(F.size):
        total = F[k] + h * TIME_WEIGHTS[i] * time[k]
        for j in range(i):
            total += C[i, j] / h * U[j, k]
        U[i, k] = total
    lu_solve_vector(J, pivot, U[i])
    if i == 5:
        for k in range(F.size):
            U[6, k] += U[5, k]


def empty_stages(size: int) -> Array:
    """Return what `fill_argument` and `solve_stage` need."""
    return np.zeros((7, size))
