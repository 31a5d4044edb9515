"""The linear systems of a time step, M = I/(h gamma) - J, solved by eliminating what is local.

Momentum by momentum the "local" components (all but the dense ones, see `boltzmann.kinetics.jacobian`) are eliminated;
a dense system of d N + k unknowns remains. The potential V_s adds one eliminated column; the averaged populations h of
which it is made are eliminated by (shift + AVERAGING) h = b + AVERAGING g_ss.
"""

from boltzmann.kinetics.jacobian import Jacobian
from boltzmann.kinetics.layout import PASSIVE, PLASMA, TAIL
from boltzmann.kinetics.qke import AVERAGING
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.linear import lu_factor, lu_solve


@kernel
def _gather(i: int, shift: float, J: Jacobian) -> None:
    """Fill M_ll of momentum i and the columns to be eliminated: of dense components, of scalars, and of V_s."""
    d, c, scalars = J.dense.shape[1], J.local.shape[1], J.columns.shape[0]
    L, M, X = J.local[i], J.local_lu[i], J.eliminated[i]
    for r in range(c - d):
        row = J.order[d + r]
        for k in range(c - d):
            M[r, k] = (shift if r == k else 0.0) - L[row, J.order[d + k]]
        for k in range(d):
            X[r, k] = -L[row, J.order[k]]
        for k in range(scalars):
            X[r, d + k] = -J.columns[k, i * c + row]
        X[r, d + scalars] = -J.coupling[i, row]


@kernel
def _place(i: int, r: int, N: int, d: int) -> int:
    """Return the row in the dense system of a dense component of momentum i (r < d) or of scalar r - d."""
    return i * d + r if r < d else N * d + r - d


@kernel
def _derivative(i: int, r: int, J: Jacobian) -> Array:
    """Return the derivatives (c,) by the components of momentum i of its dense component r, or of scalar r - d."""
    d = J.dense.shape[1]
    row: Array = J.local[i, J.order[r]] if r < d else J.rows[r - d, i]
    return row


@kernel
def _eliminate(i: int, shift: float, J: Jacobian) -> None:
    """Factorise the local block of momentum i and reduce its rows of the Schur complement."""
    d, c, scalars = J.dense.shape[1], J.local.shape[1], J.columns.shape[0]
    N, X = J.local.shape[0], J.eliminated[i]
    _gather(i, shift, J)
    lu_factor(J.local_lu[i], J.local_pivot[i])
    lu_solve(J.local_lu[i], J.local_pivot[i], X)
    for r in range(d + scalars):
        row, derivative = J.schur[_place(i, r, N, d)], _derivative(i, r, J)
        for k in range(d + scalars + 1):
            total = 0.0
            for m in range(c - d):
                total += derivative[J.order[d + m]] * X[m, k]
            if k < d:
                row[i * d + k] += total
            elif k < d + scalars:
                row[N * d + k - d] += total
            else:
                J.back[i, r] = total
                for j in range(N):
                    row[j * d + d - 1] += total * J.loop[i, j] * AVERAGING / (shift + AVERAGING)


@kernel
def factorise(shift: float, J: Jacobian) -> None:
    """Factorise M = shift I - J into local blocks and the dense Schur complement."""
    N, d, c, scalars = J.dense.shape[0], J.dense.shape[1], J.local.shape[1], J.columns.shape[0]
    first = J.time.size - PLASMA
    for i in range(N):
        for r in range(d):
            row = J.schur[i * d + r]
            for j in range(N):
                for k in range(d):
                    row[j * d + k] = -J.dense[i, r, j, k]
            for k in range(d):
                row[i * d + k] -= J.local[i, J.order[r], J.order[k]]
            row[i * d + r] += shift
            for k in range(scalars):
                row[N * d + k] = -J.columns[k, i * c + J.order[r]]
                J.schur[N * d + k, i * d + r] = -J.rows[k, i, J.order[r]]
    for k in range(scalars):
        for m in range(scalars):
            J.schur[N * d + k, N * d + m] = (shift if k == m else 0.0) - J.columns[m, first + k]
    for i in range(N):
        _eliminate(i, shift, J)
    lu_factor(J.schur, J.schur_pivot)


@kernel
def _potential(i: int, averaged: Array, J: Jacobian) -> float:
    """Return the change of V_s(y_i) by changes of the averaged populations (N,)."""
    total = 0.0
    for j in range(averaged.size):
        total += J.loop[i, j] * averaged[j]
    return total


@kernel
def _begin(J: Jacobian, b: Array, buffer: Array) -> None:
    """Fill ``buffer`` with the dense components and scalars of ``b``."""
    N, d, c, scalars = J.dense.shape[0], J.dense.shape[1], J.local.shape[1], J.columns.shape[0]
    for i in range(N):
        for r in range(d):
            buffer[i * d + r, 0] = b[i * c + J.order[r]]
    for k in range(scalars):
        buffer[N * d + k, 0] = b[b.size - PLASMA + k]


@kernel
def _condense(i: int, J: Jacobian, b: Array, averaged: Array, buffer: Array) -> None:
    """Solve the local block of momentum i for its part of ``b`` and add what that does to ``buffer``.

    ``averaged``: the averaged populations as far as their own rows of b make them.
    """
    d, c, N = J.dense.shape[1], J.local.shape[1], J.local.shape[0]
    potential = _potential(i, averaged, J)
    for m in range(c - d):
        J.gathered[m, 0] = b[i * c + J.order[d + m]]
    lu_solve(J.local_lu[i], J.local_pivot[i], J.gathered)
    for m in range(c - d):
        b[i * c + J.order[d + m]] = J.gathered[m, 0]
    for r in range(d + J.columns.shape[0]):
        derivative, total = _derivative(i, r, J), -J.back[i, r] * potential
        for m in range(c - d):
            total += derivative[J.order[d + m]] * J.gathered[m, 0]
        buffer[_place(i, r, N, d), 0] += total


@kernel
def _expand(i: int, J: Jacobian, b: Array, averaged: Array, buffer: Array) -> None:
    """Fill the components of momentum i in ``b`` from the solution of the dense system."""
    N, d, c, scalars = J.dense.shape[0], J.dense.shape[1], J.local.shape[1], J.columns.shape[0]
    potential = _potential(i, averaged, J)
    for r in range(d):
        b[i * c + J.order[r]] = buffer[i * d + r, 0]
    for m in range(c - d):
        X, row = J.eliminated[i, m], i * c + J.order[d + m]
        for k in range(d):
            b[row] -= X[k] * buffer[i * d + k, 0]
        for k in range(scalars):
            b[row] -= X[d + k] * buffer[N * d + k, 0]
        b[row] -= X[d + scalars] * potential


@kernel
def _solve_scalars(shift: float, J: Jacobian, b: Array, buffer: Array) -> None:
    """Solve the dense system in ``buffer`` and fill the scalars of ``b``; those that are no unknowns stay."""
    Nd, scalars = J.schur.shape[0] - J.columns.shape[0], J.columns.shape[0]
    first = b.size - PLASMA
    for k in range(scalars, TAIL - 1):
        b[first + k] /= shift
    lu_solve(J.schur, J.schur_pivot, buffer)
    for k in range(scalars):
        b[first + k] = buffer[Nd + k, 0]


@kernel
def _solve_passive(shift: float, J: Jacobian, b: Array) -> None:
    """Fill the passive integral in ``b``, on which nothing depends, from everything else."""
    N, c, first, passive = J.local.shape[0], J.local.shape[1], b.size - PLASMA, b.size - PASSIVE
    for k in range(J.columns.shape[0]):
        b[passive] += J.columns[k, passive] * b[first + k]
    for i in range(N):
        for m in range(c):
            b[passive] += J.passive[i, m] * b[i * c + m]
    b[passive] /= shift


@kernel
def solve_linear(shift: float, J: Jacobian, b: Array, buffer: Array) -> None:
    """Overwrite ``b`` (size,) with the solution of M x = b; ``buffer`` (d N + k, 1) is scratch space."""
    N, d, c = J.dense.shape[0], J.dense.shape[1], J.local.shape[1]
    averaged = b[N * c : b.size - TAIL]
    averaged /= shift + AVERAGING
    _begin(J, b, buffer)
    for i in range(N):
        _condense(i, J, b, averaged, buffer)
    _solve_scalars(shift, J, b, buffer)
    for j in range(averaged.size):
        averaged[j] += AVERAGING / (shift + AVERAGING) * buffer[j * d + d - 1, 0]
    for i in range(N):
        _expand(i, J, b, averaged, buffer)
    _solve_passive(shift, J, b)
