"""nu-e collisions with full flavour structure for couplings that change flavours: G S G sandwiches.

A = 2 (G_L S_1 G_L + G_R S_1 G_R) + G_L S_2 G_R + G_R S_2 G_L with node sums S_1 of R1 and A1, S_2 of -4 R2 and 2 A2, as
for a pair of flavours in `boltzmann.collisions.matrix` (derived; for diagonal couplings it is `electron_matrix`).
"""

import numpy as np

from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel


@kernel
def _sandwich(outer: Complex, inner: Complex, other: Complex, factor: float, out: Complex) -> None:
    """Add ``factor`` times outer inner other to ``out``, all (3, 3)."""
    for a in range(3):
        for b in range(3):
            total = 0.0j
            for c in range(3):
                for d in range(3):
                    total += outer[a, c] * inner[c, d] * other[d, b]
            out[a, b] += factor * total


@kernel
def _dress(left: Complex, right: Complex, first: Complex, second: Complex, out: Complex) -> None:
    """Fill ``out`` (3, 3) with 2 (G_L S_1 G_L + G_R S_1 G_R) + G_L S_2 G_R + G_R S_2 G_L."""
    out[:] = 0.0
    _sandwich(left, first, left, 2.0, out)
    _sandwich(right, first, right, 2.0, out)
    _sandwich(left, second, right, 1.0, out)
    _sandwich(right, second, left, 1.0, out)


@kernel
def dressed_matrix(
    rho: Complex, boost: Array, w: Array, rates: Array, left: Complex, right: Complex, gain: Complex, loss: Complex
) -> None:
    """Fill A and B (N, 3, 3) of nu-e collisions for any couplings ``left``, ``right`` (3, 3).

    ``rates`` (4, N, N) are R1, A1, R2, A2 without weights.
    """
    S = np.empty((4, 3, 3), np.complex128)
    for i in range(boost.size):
        S[:] = 0.0
        for j in range(boost.size):
            ratio, both = boost[j] / boost[i], (boost[i] * boost[j]) ** 2
            for a in range(3):
                for b in range(3):
                    r = w[j] * rho[j, a, b]
                    empty = (w[j] if a == b else 0.0) - r
                    S[0, a, b] += rates[0, i, j] * ratio * r + rates[1, i, j] / both * empty
                    S[1, a, b] += -4.0 * rates[2, i, j] * ratio * r + 2.0 * rates[3, i, j] / both * empty
                    S[2, a, b] += rates[0, i, j] / ratio * empty + rates[1, i, j] * r
                    S[3, a, b] += -4.0 * rates[2, i, j] / ratio * empty + 2.0 * rates[3, i, j] * r
        _dress(left, right, S[0], S[1], gain[i])
        _dress(left, right, S[2], S[3], loss[i])
