"""The linear systems of a time step with both signs, (shift - J) (x, w) = (b, v), x the even half and w the odd block.

The local components of a momentum solve, for right-hand sides (b_S, b_d),

    M_P x_S - L_Q x_d = b_S,     M_P x_d - L_Q x_S = b_d,     M_P = shift - L_P

that is M_+- (x_S +- x_d) = b_S +- b_d with M_+- = M_P -+ L_Q: two systems of the size of one sign's. So that x_d has
relative precision, however small it is, one sign is solved first, and then the difference (derived by subtraction)::

    M_-s X = b_S - s b_d,     M_s x_d = b_d + L_Q X,     x_S = X + s x_d

The sign s changes with that of d, so that mirror images stay such to the last bit. What is left, S and d of the dense
components, scalars and asymmetries, is one dense system.
"""

from boltzmann.kinetics.dark_terms import AVERAGING
from boltzmann.kinetics.elimination import factorise_one, solve_one, solve_passive
from boltzmann.kinetics.jacobian import Jacobian
from boltzmann.kinetics.layout import N_ACTIVE, PLASMA, TAIL
from boltzmann.kinetics.odd import AVERAGE, OddStages
from boltzmann.kinetics.odd_jacobian import OddJacobian
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.linear import back_substitute, dot_row, lu_factor, lu_solve_vector


@kernel
def _place(i: int, r: int, sign: int, N: int, d: int) -> int:
    """Return the row in the dense system of dense component r of momentum i in S (``sign`` 0) or d (1)."""
    return (sign * N + i) * d + r


@kernel
def _beside(half: int, i: int, row: int, k: int, J: Jacobian, odd: OddJacobian) -> float:
    """Return minus the derivative of local component ``row`` in S (``half`` 0) or d (1) by column ``k``."""
    d, c, scalars = J.dense.shape[1], J.local.shape[1], J.columns.shape[0]
    if k < d:
        return float(-(J.local[i, row, J.order[k]] if half == 0 else odd.local[i, row, J.order[k]]))
    if k < d + scalars:
        return float(-(J.columns[k - d, i * c + row] if half == 0 else odd.columns[k - d, i * c + row]))
    if k < d + scalars + N_ACTIVE:
        return float(-odd.asymmetry[half, k - d - scalars, i, row])
    return float(-odd.coupling[half, i, row])


@kernel
def _fill_sign(which: int, sign: float, shift: float, i: int, J: Jacobian, odd: OddJacobian) -> None:
    """Fill M_sign of momentum i."""
    M, order, d, l = odd.lu[which, i], J.order, J.dense.shape[1], odd.lu.shape[2]  # noqa: E741
    for r in range(l):
        row = order[d + r]
        for k in range(l):
            column = order[d + k]
            M[r, k] = -(J.local[i, row, column] + sign * odd.local[i, row, column])
        M[r, r] += shift


@kernel
def _solve_beside(shift: float, i: int, J: Jacobian, odd: OddJacobian) -> None:
    """Factorise the local systems of momentum i and solve them for the columns beside: odd.solved."""
    d, l, b, s = J.dense.shape[1], odd.lu.shape[2], odd.solved.shape[3], odd.leading[0]  # noqa: E741
    first, last, solved = odd.lu[0, i], odd.lu[1, i], odd.solved
    _fill_sign(0, -s, shift, i, J, odd)
    _fill_sign(1, s, shift, i, J, odd)
    for r in range(l):
        row = J.order[d + r]
        for k in range(b):
            last[r, l + k] = _beside(1, i, row, k, J, odd)
            first[r, l + k] = _beside(0, i, row, k, J, odd) - s * last[r, l + k]
    lu_factor(first, odd.pivot[0, i])
    back_substitute(first)
    for r in range(l):
        row = J.order[d + r]
        for m in range(l):
            factor = odd.local[i, row, J.order[d + m]]
            if factor != 0.0:
                for k in range(b):
                    last[r, l + k] += factor * first[m, l + k]
    lu_factor(last, odd.pivot[1, i])
    back_substitute(last)
    for r in range(l):
        for k in range(b):
            solved[1, i, r, k] = last[r, l + k]
            solved[0, i, r, k] = first[r, l + k] + s * last[r, l + k]


@kernel
def _fill_reached(i: int, J: Jacobian, odd: OddJacobian) -> None:
    """Fill what the columns beside do to dense components and scalars by way of the local ones."""
    d, l, b, scalars = J.dense.shape[1], odd.lu.shape[2], odd.solved.shape[3], J.columns.shape[0]  # noqa: E741
    for r in range(d + scalars):
        even, mixed = odd.reached[0, i, r], odd.reached[1, i, r]
        even[:] = 0.0
        mixed[:] = 0.0
        for m in range(l):
            P = J.local[i, J.order[r], J.order[d + m]] if r < d else J.rows[r - d, i, J.order[d + m]]
            Q = odd.local[i, J.order[r], J.order[d + m]] if r < d else 0.0
            S, x = odd.solved[0, i, m], odd.solved[1, i, m]
            for k in range(b):
                even[k] += P * S[k] + Q * x[k]
                mixed[k] += P * x[k] + Q * S[k]


@kernel
def _fill_dense_rows(i: int, half: int, shift: float, J: Jacobian, odd: OddJacobian) -> None:
    """Fill the rows of momentum i in S (``half`` 0) or d (1)."""
    (N, d), c, scalars, M, order = J.dense.shape[:2], J.local.shape[1], J.columns.shape[0], odd.schur, J.order
    own = J.dense if half == 0 else odd.dense
    for r in range(d):
        row = _place(i, r, half, N, d)
        for j in range(N):
            for k in range(d):
                M[row, _place(j, k, half, N, d)] = -own[i, r, j, k]
                M[row, _place(j, k, 1 - half, N, d)] = -odd.cross[half, i, r, j, k]
        for k in range(d):
            M[row, _place(i, k, half, N, d)] -= J.local[i, order[r], order[k]]
            M[row, _place(i, k, 1 - half, N, d)] -= odd.local[i, order[r], order[k]]
        M[row, row] += shift
        for q in range(scalars):
            column = J.columns[q] if half == 0 else odd.columns[q]
            M[row, 2 * N * d + q] = -column[i * c + order[r]]


@kernel
def _fill_scalar_rows(shift: float, J: Jacobian, odd: OddJacobian) -> None:
    """Fill the rows of scalars and of averaged asymmetries."""
    (N, d), scalars, M, first = J.dense.shape[:2], J.columns.shape[0], odd.schur, J.time.size - PLASMA
    below = 2 * N * d
    for i in range(N):
        for r in range(d):
            for q in range(scalars):
                M[below + q, _place(i, r, 0, N, d)] = -J.rows[q, i, J.order[r]]
                M[below + q, _place(i, r, 1, N, d)] = -odd.scalars[q, i, r]
        for a in range(N_ACTIVE):
            M[below + scalars + a, _place(i, a, 1, N, d)] = -odd.rows[i]
    for q in range(scalars):
        for m in range(scalars):
            M[below + q, below + m] = (shift if q == m else 0.0) - J.columns[m, first + q]
    for a in range(N_ACTIVE):
        M[below + scalars + a, below + scalars + a] = shift + AVERAGE


@kernel
def _begin_schur(shift: float, J: Jacobian, odd: OddJacobian) -> None:
    """Fill the dense system before elimination."""
    odd.schur[:] = 0.0
    for i in range(J.dense.shape[0]):
        for half in range(2):
            _fill_dense_rows(i, half, shift, J, odd)
    _fill_scalar_rows(shift, J, odd)


@kernel
def _reduce_row(
    row: int, i: int, own: Array, swapped: Array, even: float, mixed: float, J: Jacobian, odd: OddJacobian
) -> None:
    """Add to a row of the dense system what it gets by way of the local components of momentum i.

    ``own`` (b,) belongs to the columns beside in S, ``swapped`` to those in d; ``even``, ``mixed``: changes of the
    averaged populations of S and d with the populations.
    """
    (N, d), M, others = J.dense.shape[:2], odd.schur, J.columns.shape[0] + N_ACTIVE
    for k in range(d):
        M[row, _place(i, k, 0, N, d)] += own[k]
        M[row, _place(i, k, 1, N, d)] += swapped[k]
    for q in range(others):
        M[row, 2 * N * d + q] += own[d + q]
    if own.size > d + others:
        for j in range(N):
            M[row, _place(j, d - 1, 0, N, d)] += own[d + others] * J.loop[i, j] * even
            M[row, _place(j, d - 1, 1, N, d)] += swapped[d + others] * odd.loop[i, j] * mixed


@kernel
def _reduce(i: int, even: float, mixed: float, J: Jacobian, odd: OddJacobian) -> None:
    """Add to the dense system what the local components of momentum i do to it."""
    N, d, scalars = J.dense.shape[0], J.dense.shape[1], J.columns.shape[0]
    for r in range(d + scalars):
        S, x = odd.reached[0, i, r], odd.reached[1, i, r]
        _reduce_row(_place(i, r, 0, N, d) if r < d else 2 * N * d + r - d, i, S, x, even, mixed, J, odd)
        if r < d:
            _reduce_row(_place(i, r, 1, N, d), i, x, S, even, mixed, J, odd)


@optional_kernel("odd", otherwise=factorise_one)
def factorise(shift: float, J: Jacobian, odd: OddJacobian) -> None:
    """Factorise into local systems and the dense one."""
    even, mixed = AVERAGING / (shift + AVERAGING), odd.averaging[0] / (shift + odd.averaging[0])
    _begin_schur(shift, J, odd)
    for i in range(J.local.shape[0]):
        _solve_beside(shift, i, J, odd)
        _fill_reached(i, J, odd)
        _reduce(i, even, mixed, J, odd)
    lu_factor(odd.schur, odd.schur_pivot)


@kernel
def _begin(J: Jacobian, b: Array, v: Array, odd: OddJacobian) -> None:
    """Fill odd.buffer with dense components, scalars and asymmetries."""
    (N, d), c, scalars, out = J.dense.shape[:2], J.local.shape[1], J.columns.shape[0], odd.buffer
    for i in range(N):
        for r in range(d):
            out[_place(i, r, 0, N, d)] = b[i * c + J.order[r]]
            out[_place(i, r, 1, N, d)] = v[i * c + J.order[r]]
    for q in range(scalars):
        out[2 * N * d + q] = b[b.size - PLASMA + q]
    for a in range(N_ACTIVE):
        out[2 * N * d + scalars + a] = v[v.size - N_ACTIVE + a]


@kernel
def _solve_pair(i: int, J: Jacobian, odd: OddJacobian) -> None:
    """Overwrite (b_S, b_d) of momentum i in odd.vector with (x_S, x_d)."""
    S, mixed, d, s, l = odd.vector[0, i], odd.vector[1, i], J.dense.shape[1], odd.leading[0], odd.lu.shape[2]  # noqa: E741
    for r in range(l):
        S[r] -= s * mixed[r]
    lu_solve_vector(odd.lu[0, i], odd.pivot[0, i], S)
    for r in range(l):
        row = J.order[d + r]
        for m in range(l):
            mixed[r] += odd.local[i, row, J.order[d + m]] * S[m]
    lu_solve_vector(odd.lu[1, i], odd.pivot[1, i], mixed)
    for r in range(l):
        S[r] += s * mixed[r]


@kernel
def _condense(i: int, even: float, mixed: float, J: Jacobian, odd: OddJacobian) -> None:
    """Add to odd.buffer what the local components of momentum i do to it; ``even``, ``mixed``: V_s so far."""
    (N, d), scalars, l, b = J.dense.shape[:2], J.columns.shape[0], odd.lu.shape[2], odd.solved.shape[3]  # noqa: E741
    S, x = odd.vector[0, i], odd.vector[1, i]
    for r in range(d):
        half, other = 0.0, 0.0
        for m in range(l):
            P, Q = J.local[i, J.order[r], J.order[d + m]], odd.local[i, J.order[r], J.order[d + m]]
            half += P * S[m] + Q * x[m]
            other += P * x[m] + Q * S[m]
        half -= odd.reached[0, i, r, b - 1] * even + odd.reached[1, i, r, b - 1] * mixed
        other -= odd.reached[1, i, r, b - 1] * even + odd.reached[0, i, r, b - 1] * mixed
        odd.buffer[_place(i, r, 0, N, d)] += half
        odd.buffer[_place(i, r, 1, N, d)] += other
    for q in range(scalars):
        total = -odd.reached[0, i, d + q, b - 1] * even - odd.reached[1, i, d + q, b - 1] * mixed
        for m in range(l):
            total += J.rows[q, i, J.order[d + m]] * S[m]
        odd.buffer[2 * N * d + q] += total


@kernel
def _expand(i: int, even: float, mixed: float, J: Jacobian, b: Array, v: Array, odd: OddJacobian) -> None:
    """Fill the components of momentum i from the solution in odd.buffer; ``even``, ``mixed``: V_s."""
    (N, d), c, l, beside = J.dense.shape[:2], J.local.shape[1], odd.lu.shape[2], odd.solved.shape[3]  # noqa: E741
    out, others = odd.buffer, J.columns.shape[0] + N_ACTIVE
    for r in range(d):
        b[i * c + J.order[r]] = out[_place(i, r, 0, N, d)]
        v[i * c + J.order[r]] = out[_place(i, r, 1, N, d)]
    for m in range(l):
        own, swapped = odd.solved[0, i, m], odd.solved[1, i, m]
        S, x = odd.vector[0, i, m], odd.vector[1, i, m]
        for k in range(d):
            even_k, mixed_k = out[_place(i, k, 0, N, d)], out[_place(i, k, 1, N, d)]
            S -= own[k] * even_k + swapped[k] * mixed_k
            x -= swapped[k] * even_k + own[k] * mixed_k
        for q in range(others):
            S -= own[d + q] * out[2 * N * d + q]
            x -= swapped[d + q] * out[2 * N * d + q]
        S -= own[beside - 1] * even + swapped[beside - 1] * mixed
        x -= swapped[beside - 1] * even + own[beside - 1] * mixed
        b[i * c + J.order[d + m]], v[i * c + J.order[d + m]] = S, x


@kernel
def _potentials(i: int, h: Array, mixed: Array, J: Jacobian, odd: OddJacobian) -> tuple[float, float]:
    """Return V_s of momentum i, even and odd, by averaged populations (N,); none without a dark sector."""
    return dot_row(J.loop, i, h, 0, h.size), dot_row(odd.loop, i, mixed, 0, mixed.size)


@kernel
def _solve_dense(shift: float, J: Jacobian, b: Array, v: Array, odd: OddJacobian) -> None:
    """Solve the dense system and fill scalars and asymmetries; those scalars that are no unknowns stay."""
    N, d, scalars = J.dense.shape[0], J.dense.shape[1], J.columns.shape[0]
    lu_solve_vector(odd.schur, odd.schur_pivot, odd.buffer)
    for q in range(TAIL - 1):
        place = b.size - PLASMA + q
        b[place] = odd.buffer[2 * N * d + q] if q < scalars else b[place] / shift
    for a in range(N_ACTIVE):
        v[v.size - N_ACTIVE + a] = odd.buffer[2 * N * d + scalars + a]


@optional_kernel("odd", otherwise=solve_one)
def solve_linear(
    shift: float, stage: int, J: Jacobian, b: Array, bins: Array, buffer: Array, odd: OddJacobian, block: OddStages
) -> None:
    """Overwrite ``b`` (size,), and the odd ``block`` or that of ``bins``, with the solution of a stage's system.

    ``buffer`` is scratch space of one sign.
    """
    v, averaging = block.U[stage], odd.averaging[0]
    N, d, c, l = J.dense.shape[0], J.dense.shape[1], J.local.shape[1], odd.lu.shape[2]  # noqa: E741
    h, mixed = b[N * c : b.size - TAIL], v[N * c : v.size - N_ACTIVE]
    for j in range(h.size):
        h[j] /= shift + AVERAGING
        mixed[j] /= shift + averaging
    _begin(J, b, v, odd)
    for i in range(N):
        for m in range(l):
            odd.vector[0, i, m], odd.vector[1, i, m] = b[i * c + J.order[d + m]], v[i * c + J.order[d + m]]
        _solve_pair(i, J, odd)
        V, W = _potentials(i, h, mixed, J, odd)
        _condense(i, V, W, J, odd)
    _solve_dense(shift, J, b, v, odd)
    for j in range(h.size):
        h[j] += AVERAGING / (shift + AVERAGING) * odd.buffer[_place(j, d - 1, 0, N, d)]
        mixed[j] += averaging / (shift + averaging) * odd.buffer[_place(j, d - 1, 1, N, d)]
    for i in range(N):
        V, W = _potentials(i, h, mixed, J, odd)
        _expand(i, V, W, J, b, v, odd)
    solve_passive(shift, J, b)
