"""The linear systems of a time step, M = I/(h gamma) - J, solved by eliminating what is local.

Momentum by momentum the "local" components (all but the dense ones, see `boltzmann.kinetics.jacobian`) are eliminated;
a dense system of d N + k unknowns remains. The potential V_s adds one eliminated column; the averaged populations h of
which it is made are eliminated by (shift + AVERAGING) h = b + AVERAGING g_ss.
"""

from boltzmann.kinetics.bin_elimination import changed_block, condense_bins, expand_bins, fill_factors
from boltzmann.kinetics.dark_terms import AVERAGING
from boltzmann.kinetics.jacobian import Jacobian
from boltzmann.kinetics.layout import PASSIVE, PLASMA, TAIL
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.linear import back_substitute, dot_column, dot_row, lu_factor, lu_solve_vector


@kernel
def _place(i: int, r: int, N: int, d: int) -> int:
    """Return the row in the dense system of a dense component of momentum i (r < d) or of scalar r - d."""
    return i * d + r if r < d else N * d + r - d


@kernel
def _gather(shift: float, L: Array, J: Jacobian) -> None:
    """Fill what local blocks ``L`` (N, c, c) are eliminated with: M_ll, columns beside it, and M_dl."""
    N, d, c, scalars = J.local.shape[0], J.dense.shape[1], J.local.shape[1], J.columns.shape[0]
    M, rows, order, beside = J.local_lu, J.gathered, J.order, J.local_lu.shape[1]
    for i in range(N):
        for r in range(c - d):
            row = order[d + r]
            for k in range(c - d):
                M[i, r, k] = -L[i, row, order[d + k]]
            M[i, r, r] += shift
            for k in range(d):
                M[i, r, beside + k] = -L[i, row, order[k]]
                rows[i, k, r] = L[i, order[k], row]
            for k in range(scalars):
                M[i, r, beside + d + k] = -J.columns[k, i * c + row]
                rows[i, d + k, r] = J.rows[k, i, row]
            if scalars > 1:
                M[i, r, beside + d + scalars] = -J.coupling[i, row]


@kernel
def _begin_schur(shift: float, J: Jacobian) -> None:
    """Fill the dense system before elimination."""
    N, d, c, scalars, M = J.dense.shape[0], J.dense.shape[1], J.local.shape[1], J.columns.shape[0], J.schur
    first, order = J.time.size - PLASMA, J.order
    for i in range(N):
        for r in range(d):
            for j in range(N):
                for k in range(d):
                    M[i * d + r, j * d + k] = -J.dense[i, r, j, k]
            for k in range(d):
                M[i * d + r, i * d + k] -= J.local[i, order[r], order[k]]
            M[i * d + r, i * d + r] += shift
            for k in range(scalars):
                M[i * d + r, N * d + k] = -J.columns[k, i * c + order[r]]
                M[N * d + k, i * d + r] = -J.rows[k, i, order[r]]
    for k in range(scalars):
        for m in range(scalars):
            M[N * d + k, N * d + m] = (shift if k == m else 0.0) - J.columns[m, first + k]


@kernel
def _reduce(i: int, ratio: float, rows: Array, X: Array, loop: Array, back: Array, schur: Array) -> None:
    """Add to the dense system what the local components of momentum i do to it; of V_s only with a dark sector.

    ``ratio``: change of an averaged population with the population.
    """
    (k_rows, beside), N = rows.shape, back.shape[0]
    d = (schur.shape[0] - k_rows) // (N - 1)
    for r in range(k_rows):
        row = _place(i, r, N, d)
        for k in range(k_rows):
            schur[row, _place(i, k, N, d)] += dot_column(rows, r, X, beside + k)
        if k_rows == d + 1:
            continue
        back[i, r] = dot_column(rows, r, X, beside + k_rows)
        for j in range(N):
            schur[row, j * d + d - 1] += back[i, r] * loop[i, j] * ratio


@kernel
def factorise_one(shift: float, J: Jacobian, odd: None) -> None:
    """Factorise M = shift I - J into local blocks and the dense Schur complement."""
    ratio, local = AVERAGING / (shift + AVERAGING), J.local
    if J.bins.on[0] > 0.0:
        local = J.effective
        fill_factors(shift, J.bins, J.bin_factors)
        for i in range(local.shape[0]):
            changed_block(i, J.bin_factors, J.local[i], local[i])
    _begin_schur(shift, J)
    _gather(shift, local, J)
    for i in range(J.local.shape[0]):
        lu_factor(J.local_lu[i], J.local_pivot[i])
        back_substitute(J.local_lu[i])
        _reduce(i, ratio, J.gathered[i], J.local_lu[i], J.loop, J.back, J.schur)
    lu_factor(J.schur, J.schur_pivot)


@kernel
def _begin(J: Jacobian, b: Array, buffer: Array) -> None:
    """Fill ``buffer`` with the dense components and scalars of ``b``."""
    N, d, c, scalars = J.dense.shape[0], J.dense.shape[1], J.local.shape[1], J.columns.shape[0]
    for i in range(N):
        for r in range(d):
            buffer[i * d + r] = b[i * c + J.order[r]]
    for k in range(scalars):
        buffer[N * d + k] = b[b.size - PLASMA + k]


@kernel
def _condense(J: Jacobian, b: Array, averaged: Array, buffer: Array) -> None:
    """Solve the local blocks for their part of ``b`` and add what that does to ``buffer``.

    ``averaged``: the averaged populations as far as their own rows of b make them.
    """
    N, d, c, k_rows, solved = J.local.shape[0], J.dense.shape[1], J.local.shape[1], J.gathered.shape[1], J.solved
    for i in range(N):
        potential, rows = dot_row(J.loop, i, averaged, 0, averaged.size), J.gathered[i]
        for m in range(c - d):
            solved[i, m] = b[i * c + J.order[d + m]]
        lu_solve_vector(J.local_lu[i], J.local_pivot[i], solved[i])
        for r in range(k_rows):
            buffer[_place(i, r, N, d)] += dot_row(rows, r, solved[i], 0, c - d) - J.back[i, r] * potential


@kernel
def _expand(J: Jacobian, b: Array, averaged: Array, buffer: Array) -> None:
    """Fill the components of all momenta in ``b`` from the solution of the dense system."""
    N, d, c, k_rows, X = J.dense.shape[0], J.dense.shape[1], J.local.shape[1], J.gathered.shape[1], J.local_lu
    for i in range(N):
        potential = dot_row(J.loop, i, averaged, 0, averaged.size)
        for r in range(d):
            b[i * c + J.order[r]] = buffer[i * d + r]
        for m in range(c - d):
            total = J.solved[i, m]
            if averaged.size > 0:
                total -= X[i, m, c - d + k_rows] * potential
            for k in range(k_rows):
                total -= X[i, m, c - d + k] * buffer[_place(i, k, N, d)]
            b[i * c + J.order[d + m]] = total


@kernel
def _solve_scalars(shift: float, J: Jacobian, b: Array, buffer: Array) -> None:
    """Solve the dense system in ``buffer`` and fill the scalars of ``b``; those that are no unknowns stay."""
    Nd, scalars = J.schur.shape[0] - J.columns.shape[0], J.columns.shape[0]
    first = b.size - PLASMA
    for k in range(scalars, TAIL - 1):
        b[first + k] /= shift
    lu_solve_vector(J.schur, J.schur_pivot, buffer)
    for k in range(scalars):
        b[first + k] = buffer[Nd + k]


@kernel
def solve_passive(shift: float, J: Jacobian, b: Array) -> None:
    """Fill the passive integral in ``b``, on which nothing depends, from everything else."""
    N, c, first, passive = J.local.shape[0], J.local.shape[1], b.size - PLASMA, b.size - PASSIVE
    for k in range(J.columns.shape[0]):
        b[passive] += J.columns[k, passive] * b[first + k]
    b[passive] += dot_row(J.passive.reshape(1, N * c), 0, b, 0, N * c)
    b[passive] /= shift


@kernel
def solve_one(shift: float, stage: int, J: Jacobian, b: Array, v: Array, buffer: Array, odd: None, block: None) -> None:
    """Overwrite ``b`` (size,) and the block of bins ``v`` (ROWS, N) with the solution of M (x, w) = (b, v).

    ``buffer`` (d N + k,) is scratch space.
    """
    N, d, c, open_block = J.dense.shape[0], J.dense.shape[1], J.local.shape[1], J.bins.on[0] > 0.0
    if open_block:
        condense_bins(J.bin_factors, J.local, v, b)
    averaged = b[N * c : b.size - TAIL]
    for j in range(averaged.size):
        averaged[j] /= shift + AVERAGING
    _begin(J, b, buffer)
    _condense(J, b, averaged, buffer)
    _solve_scalars(shift, J, b, buffer)
    for j in range(averaged.size):
        averaged[j] += AVERAGING / (shift + AVERAGING) * buffer[j * d + d - 1]
    _expand(J, b, averaged, buffer)
    if open_block:
        expand_bins(J.bin_factors, J.bins, J.local, b, v)
    solve_passive(shift, J, b)
