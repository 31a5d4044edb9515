"""Small dense linear algebra inside kernels: LU with partial pivoting, and the eigenbasis of a Hermitian matrix.

Own code because a cached kernel cannot take function pointers, and LAPACK's overhead dominates at 4 x 4.
"""

import numpy as np

from boltzmann.numerics.arrays import Array, Complex, Index
from boltzmann.numerics.jit import kernel, reduction_kernel

PANEL = 4  # columns
NOTHING, DIAGONAL = 1e-18, 1e-15  # of the largest element, that need not be turned away; up to which all may be left


@kernel
def _swap_rows(a: Array, i: int, j: int) -> None:
    for k in range(a.shape[1]):
        a[i, k], a[j, k] = a[j, k], a[i, k]


@kernel
def _factor_panel(a: Array, pivot: Index, start: int, stop: int) -> None:
    """Factorise columns ``start`` to ``stop`` of ``a`` (m, m), rows from ``start`` on, exchanging whole rows."""
    m = a.shape[0]
    for k in range(start, stop):
        best = k
        for i in range(k + 1, m):
            if abs(a[i, k]) > abs(a[best, k]):
                best = i
        pivot[k] = best
        if best != k:
            _swap_rows(a, k, best)
        inverse = 1.0 / a[k, k]
        for i in range(k + 1, m):
            a[i, k] *= inverse
            for j in range(k + 1, stop):
                a[i, j] -= a[i, k] * a[k, j]


@reduction_kernel
def _subtract_four(a: Array, i: int, k: int, stop: int) -> None:
    """Subtract from row i of ``a``, from column ``stop`` on, what rows k to k + 3 do to it."""
    f0, f1, f2, f3 = a[i, k], a[i, k + 1], a[i, k + 2], a[i, k + 3]
    for j in range(stop, a.shape[1]):
        a[i, j] -= (f0 * a[k, j] + f1 * a[k + 1, j]) + (f2 * a[k + 2, j] + f3 * a[k + 3, j])


@reduction_kernel
def _subtract_from_two(a: Array, i: int, k: int, stop: int) -> None:
    """Do `_subtract_four` to rows i and i + 1 of ``a``, reading rows k to k + 3 once for both."""
    f0, f1, f2, f3 = a[i, k], a[i, k + 1], a[i, k + 2], a[i, k + 3]
    g0, g1, g2, g3 = a[i + 1, k], a[i + 1, k + 1], a[i + 1, k + 2], a[i + 1, k + 3]
    for j in range(stop, a.shape[1]):
        b0, b1, b2, b3 = a[k, j], a[k + 1, j], a[k + 2, j], a[k + 3, j]
        a[i, j] -= (f0 * b0 + f1 * b1) + (f2 * b2 + f3 * b3)
        a[i + 1, j] -= (g0 * b0 + g1 * b1) + (g2 * b2 + g3 * b3)


@kernel
def _subtract_one(a: Array, i: int, k: int, stop: int) -> None:
    factor = a[i, k]
    for j in range(stop, a.shape[1]):
        a[i, j] -= factor * a[k, j]


@kernel
def _update(a: Array, start: int, stop: int) -> None:
    """Subtract from rows from ``start`` on, right of column ``stop``, what a factorised panel does to them."""
    for i in range(start + 1, stop):
        for k in range(start, i):
            _subtract_one(a, i, k, stop)
    odd = stop + (a.shape[0] - stop) % 2
    for i in range(stop, odd):  # there are none behind a panel of less than four columns
        _subtract_four(a, i, start, stop)
    for i in range(odd, a.shape[0], 2):
        _subtract_from_two(a, i, start, stop)


@kernel
def lu_factor(a: Array, pivot: Index) -> None:
    """Overwrite ``a`` (m, m) with its LU factors (L of unit diagonal) and fill ``pivot`` (m,) with row exchanges.

    By panels of four columns, so that a row is read and written once for four of them. More columns, ``a`` (m, m + k),
    are right-hand sides, of which `back_substitute` makes the solution.
    """
    m = a.shape[0]
    for start in range(0, m, PANEL):
        stop = min(start + PANEL, m)
        _factor_panel(a, pivot, start, stop)
        if stop < a.shape[1]:
            _update(a, start, stop)


@kernel
def back_substitute(a: Array) -> None:
    """Turn the right-hand sides beside the LU factors ``a`` (m, m + k) of `lu_factor` into the solution."""
    m, end = a.shape
    for i in range(m - 1, -1, -1):
        for k in range(i + 1, m):
            factor = a[i, k]
            for c in range(m, end):
                a[i, c] -= factor * a[k, c]
        inverse = 1.0 / a[i, i]
        for c in range(m, end):
            a[i, c] *= inverse


@reduction_kernel
def dot_row(a: Array, i: int, b: Array, start: int, stop: int) -> float:
    """Return the sum of a[i, k] b[k] for k from ``start`` to ``stop``.

    With an index, not a slice, of ``a``: in a kernel a slice costs as much as ten terms of the sum.
    """
    total = 0.0
    for k in range(start, stop):
        total += a[i, k] * b[k]
    return total


@kernel
def dot_column(a: Array, i: int, b: Array, j: int) -> float:
    """Return the sum of a[i, k] b[k, j] over the columns of ``a``."""
    total = 0.0
    for k in range(a.shape[1]):
        total += a[i, k] * b[k, j]
    return total


@kernel
def _left_of_four(a: Array, i: int, start: int, stop: int, b: Array) -> tuple[float, float, float, float]:
    """Return b[i] to b[i + 3] less the sums of their rows of ``a`` times b over k from ``start`` to ``stop``.

    Four sums side by side do not wait for each other: a fifth of the time of one after the other.
    """
    t0, t1, t2, t3 = b[i], b[i + 1], b[i + 2], b[i + 3]
    for k in range(start, stop):
        t0 -= a[i, k] * b[k]
        t1 -= a[i + 1, k] * b[k]
        t2 -= a[i + 2, k] * b[k]
        t3 -= a[i + 3, k] * b[k]
    return t0, t1, t2, t3


@kernel
def _left(a: Array, i: int, start: int, stop: int, b: Array) -> float:
    """Return b[i] less the sum of row i of ``a`` times b over k from ``start`` to ``stop``."""
    total = b[i]
    for k in range(start, stop):
        total -= a[i, k] * b[k]
    return float(total)


@kernel
def _forward(a: Array, b: Array) -> None:
    """Overwrite ``b`` (m,) with L^-1 b, by four rows at a time."""
    m = b.size
    whole = m - m % PANEL
    for i in range(0, whole, PANEL):
        t0, t1, t2, t3 = _left_of_four(a, i, 0, i, b)
        t1 -= a[i + 1, i] * t0
        t2 -= a[i + 2, i] * t0 + a[i + 2, i + 1] * t1
        t3 -= a[i + 3, i] * t0 + a[i + 3, i + 1] * t1 + a[i + 3, i + 2] * t2
        b[i], b[i + 1], b[i + 2], b[i + 3] = t0, t1, t2, t3
    for i in range(whole, m):
        b[i] = _left(a, i, 0, i, b)


@kernel
def _backward(a: Array, b: Array) -> None:
    """Overwrite ``b`` (m,) with U^-1 b, by four rows at a time."""
    m = b.size
    whole = m - m % PANEL
    for i in range(m - 1, whole - 1, -1):
        b[i] = _left(a, i, i + 1, m, b) / a[i, i]
    for i in range(whole - PANEL, -1, -PANEL):
        t0, t1, t2, t3 = _left_of_four(a, i, i + PANEL, m, b)
        t3 /= a[i + 3, i + 3]
        t2 = (t2 - a[i + 2, i + 3] * t3) / a[i + 2, i + 2]
        t1 = (t1 - a[i + 1, i + 3] * t3 - a[i + 1, i + 2] * t2) / a[i + 1, i + 1]
        t0 = (t0 - a[i, i + 3] * t3 - a[i, i + 2] * t2 - a[i, i + 1] * t1) / a[i, i]
        b[i], b[i + 1], b[i + 2], b[i + 3] = t0, t1, t2, t3


@kernel
def lu_solve_vector(a: Array, pivot: Index, b: Array) -> None:
    """Overwrite ``b`` (m,) with the solution for LU factors ``a`` and row exchanges ``pivot``."""
    for k in range(b.size):
        b[k], b[pivot[k]] = b[pivot[k]], b[k]
    _forward(a, b)
    _backward(a, b)


@kernel
def _squared(value: complex, unit: float) -> float:
    """Return the squared modulus of ``value`` times ``unit``; `abs` takes five times as long."""
    return float((value.real * unit) ** 2 + (value.imag * unit) ** 2)


@kernel
def _rotate(h: Complex, v: Complex, p: int, q: int) -> None:
    """Zero h_pq by one complex Jacobi rotation, h -> G^dagger h G, v -> v G."""
    size = abs(h[p, q])
    phase = h[p, q] / size
    tau = (h[q, q].real - h[p, p].real) / (2.0 * size)
    t = 1.0 / (abs(tau) + np.sqrt(1.0 + tau * tau))
    t = t if tau >= 0.0 else -t
    c = 1.0 / np.sqrt(1.0 + t * t)
    s = t * c * phase
    for k in range(h.shape[0]):
        h[k, p], h[k, q] = c * h[k, p] - np.conj(s) * h[k, q], s * h[k, p] + c * h[k, q]
        v[k, p], v[k, q] = c * v[k, p] - np.conj(s) * v[k, q], s * v[k, p] + c * v[k, q]
    for k in range(h.shape[0]):
        h[p, k], h[q, k] = c * h[p, k] - s * h[q, k], np.conj(s) * h[p, k] + c * h[q, k]


@kernel
def _sort(h: Complex, v: Complex) -> None:
    """Order the columns of ``v`` by the diagonal of ``h``, ascending."""
    n = h.shape[0]
    for i in range(n):
        low = i
        for j in range(i + 1, n):
            if h[j, j].real < h[low, low].real:
                low = j
        if low != i:
            h[i, i], h[low, low] = h[low, low], h[i, i]
            for k in range(n):
                v[k, i], v[k, low] = v[k, low], v[k, i]


@kernel
def eigenbasis(h: Complex, v: Complex) -> None:
    """Fill the columns of ``v`` (n, n) with the eigenvectors of ``h``, eigenvalues ascending; ``h`` is destroyed."""
    n = h.shape[0]
    for i in range(n):
        for j in range(n):
            v[i, j] = 1.0 if i == j else 0.0
    _diagonalise(h, v)


@kernel
def update_eigenbasis(h: Complex, v: Complex, scratch: Complex) -> None:
    """Turn the unitary ``v`` (n, n), near the eigenvectors of ``h``, into them; ``h`` and ``scratch`` are destroyed.

    As `eigenbasis`, but of v^dagger h v, nearly diagonal: fewer rotations.
    """
    n = h.shape[0]
    for i in range(n):
        for k in range(n):
            total = 0.0j
            for j in range(n):
                total += h[i, j] * v[j, k]
            scratch[i, k] = total
    for m in range(n):
        for k in range(m, n):
            total = 0.0j
            for i in range(n):
                total += np.conj(v[i, m]) * scratch[i, k]
            h[m, k], h[k, m] = total, np.conj(total)
    _diagonalise(h, v)


@kernel
def _diagonalise(h: Complex, v: Complex) -> None:
    """Make ``h`` (n, n) diagonal, v -> v U with its eigenvectors U, eigenvalues ascending.

    Cyclic Jacobi rotations, quadratically convergent (Golub & Van Loan, sec. 8.5).
    """
    n = h.shape[0]
    scale = 0.0
    for i in range(n):
        for j in range(n):
            scale = max(scale, abs(h[i, j].real), abs(h[i, j].imag))
    unit = 1.0 / scale if scale > 0.0 else 0.0
    for _ in range(12):
        largest = 0.0
        for p in range(n):
            for q in range(p + 1, n):
                size = _squared(h[p, q], unit)
                largest = max(largest, size)
                if size > NOTHING**2:
                    _rotate(h, v, p, q)
        if not largest > DIAGONAL**2:
            break
    _sort(h, v)
