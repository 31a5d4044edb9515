"""Small dense linear algebra inside kernels: LU with partial pivoting, and the eigenbasis of a Hermitian matrix.

Own code because a cached kernel cannot take function pointers, and LAPACK's overhead dominates at 4 x 4.
"""

import numpy as np

from boltzmann.numerics.arrays import Array, Complex, Index
from boltzmann.numerics.jit import kernel


@kernel
def _swap_rows(a: Array, i: int, j: int) -> None:
    for k in range(a.shape[1]):
        a[i, k], a[j, k] = a[j, k], a[i, k]


@kernel
def lu_factor(a: Array, pivot: Index) -> None:
    """Overwrite ``a`` (m, m) with its LU factors (L of unit diagonal) and fill ``pivot`` (m,) with row exchanges."""
    m = a.shape[0]
    for k in range(m):
        best = k
        for i in range(k + 1, m):
            if abs(a[i, k]) > abs(a[best, k]):
                best = i
        pivot[k] = best
        if best != k:
            _swap_rows(a, k, best)
        for i in range(k + 1, m):
            factor = a[i, k] / a[k, k]
            a[i, k] = factor
            if factor != 0.0:
                row, top = a[i, k + 1 :], a[k, k + 1 :]
                for j in range(row.size):
                    row[j] -= factor * top[j]


@kernel
def lu_solve(a: Array, pivot: Index, b: Array) -> None:
    """Overwrite ``b`` (m, k) with the solution for LU factors ``a`` and row exchanges ``pivot``."""
    m, columns = b.shape
    for k in range(m):
        if pivot[k] != k:
            _swap_rows(b, k, pivot[k])
    for k in range(m):
        for i in range(k + 1, m):
            for c in range(columns):
                b[i, c] -= a[i, k] * b[k, c]
    for k in range(m - 1, -1, -1):
        for c in range(columns):
            b[k, c] /= a[k, k]
        for i in range(k):
            for c in range(columns):
                b[i, c] -= a[i, k] * b[k, c]


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
    """Fill the columns of ``v`` (n, n) with the eigenvectors of ``h``, eigenvalues ascending; ``h`` is destroyed.

    Cyclic Jacobi rotations, quadratically convergent (Golub & Van Loan, sec. 8.5).
    """
    n = h.shape[0]
    scale = 0.0
    for i in range(n):
        for j in range(n):
            v[i, j] = 1.0 if i == j else 0.0
            scale = max(scale, abs(h[i, j]))
    for _ in range(12):
        largest = 0.0
        for p in range(n):
            for q in range(p + 1, n):
                largest = max(largest, abs(h[p, q]))
                if abs(h[p, q]) > 1e-18 * scale:
                    _rotate(h, v, p, q)
        if not largest > 1e-15 * scale:
            break
    _sort(h, v)
