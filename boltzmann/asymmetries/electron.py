"""nu-e collisions of levels: populations of nu and nubar in bases that may differ from momentum to momentum.

A state I = (k, i) is level k at momentum i, with r_I its occupation, W_i its basis, G = diag(g_L) and O = W_i^+ W_j::

    K_IJ = g_IJ R1_ij - 8 h_IJ R2_ij,    A_IJ = g_IJ A1_ij + 4 h_IJ A2_ij
    g_IJ = 2 (|(W_i^+ G W_j)_kl|^2 + g_R^2 |O_kl|^2),    h_IJ = g_R Re[(W_i^+ G W_j)_kl O_kl^*]

    I_I = SUM_J w_j {K_IJ [E_j r_J (1-r_I)/E_i - E_i r_I (1-r_J)/E_j]
                   + A_IJ [(1-r_I)(1-rbar_J)/(E_i E_j)^2 - r_I rbar_J]}

the diagonal of the matrix form of `boltzmann.collisions.matrix` (derived), for nubar with r and rbar exchanged. K and A
are symmetric, so that energy, numbers and, by levels that lose what others gain, the sum of all asymmetries are kept.
R1, R2, A1, A2 follow from the tables of nu_e and nu_mu, two combinations of two integrals.
"""

import numpy as np

from boltzmann.collisions.electron import Electron, electron_rates, pair_couplings
from boltzmann.constants import G_R
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel, reduction_kernel

_E, _X = pair_couplings(0, 0), pair_couplings(1, 1)
_SCATTER = np.linalg.inv(np.array([[_E[0], -_E[1]], [_X[0], -_X[1]]]))  # (k_e, k_x) -> (R1, R2)
_PAIR = np.linalg.inv(np.array([[_E[0], _E[2]], [_X[0], _X[2]]]))  # (a_e, a_x) -> (A1, A2)


@kernel
def basic_integrals(x: float, z: float, electron: Electron, flat: Array, rates: Array) -> None:
    """Fill ``rates`` (4, N, N) with R1, R2, A1, A2 at x and z; ``flat`` is scratch space."""
    electron_rates(x, z, electron, flat, rates)
    for i in range(rates.shape[1]):
        for j in range(rates.shape[1]):
            ke, ae, kx, ax = rates[0, i, j], rates[1, i, j], rates[2, i, j], rates[3, i, j]
            rates[0, i, j] = _SCATTER[0, 0] * ke + _SCATTER[0, 1] * kx
            rates[1, i, j] = _SCATTER[1, 0] * ke + _SCATTER[1, 1] * kx
            rates[2, i, j] = _PAIR[0, 0] * ae + _PAIR[0, 1] * ax
            rates[3, i, j] = _PAIR[1, 0] * ae + _PAIR[1, 1] * ax


@kernel
def level_rates(rates: Array, couplings: Array, w: Array, K: Array, A: Array) -> None:
    """Fill K and A (3N, 3N) times w_j; ``couplings`` (2, 3N, 3N) holds g and h."""
    n = w.size
    for k in range(3):
        for i in range(n):
            for q in range(3):
                for j in range(n):
                    g, h = couplings[0, k * n + i, q * n + j], couplings[1, k * n + i, q * n + j]
                    K[k * n + i, q * n + j] = w[j] * (g * rates[0, i, j] - 8.0 * h * rates[1, i, j])
                    A[k * n + i, q * n + j] = w[j] * (g * rates[2, i, j] + 4.0 * h * rates[3, i, j])


@reduction_kernel
def _sums(K: Array, A: Array, source: Array) -> tuple[float, float, float, float]:
    """Return SUM K (E r), SUM K (1-r)/E, SUM A (1-rbar)/E^2, SUM A rbar of one row."""
    up = down = create = destroy = 0.0
    for j in range(K.size):
        up += K[j] * source[0, j]
        down += K[j] * source[1, j]
        create += A[j] * source[2, j]
        destroy += A[j] * source[3, j]
    return up, down, create, destroy


@kernel
def electron_gain_loss(r: Array, boost: Array, K: Array, A: Array, source: Array, gain: Array, loss: Array) -> None:
    """Fill ``gain`` and ``loss`` (2, 3N) of nu and nubar, I = gain (1 - r) - loss r, from r (2, 3N).

    ``boost`` (N,) is e^{y/2z}; ``source`` (4, 3N) is scratch space.
    """
    n, m = boost.size, r.shape[1]
    for s in range(2):
        for J in range(m):
            E = boost[J % n]
            source[0, J], source[1, J] = E * r[s, J], (1.0 - r[s, J]) / E
            source[2, J], source[3, J] = (1.0 - r[1 - s, J]) / E**2, r[1 - s, J]
        for row in range(m):
            E = boost[row % n]
            up, down, create, destroy = _sums(K[row], A[row], source)
            gain[s, row] = up / E + create / E**2
            loss[s, row] = down * E + destroy


@kernel
def add_electron_jacobian(r: Array, boost: Array, K: Array, A: Array, factor: Array, out: Array) -> None:
    """Add factor_i dI_I/dr_J without the diagonal -(gain + loss) to ``out`` (6N, 6N); ``factor`` (N,)."""
    n, m = boost.size, r.shape[1]
    for s in range(2):
        for row in range(m):
            c, E, own = factor[row % n], boost[row % n], r[s, row]
            for J in range(m):
                F = boost[J % n]
                scatter = (1.0 - own) * F / E + own * E / F
                pair = (1.0 - own) / (E * F) ** 2 + own
                out[s * m + row, s * m + J] += c * K[row, J] * scatter
                out[s * m + row, (1 - s) * m + J] -= c * A[row, J] * pair


def couplings(bases: Complex, g_left: Array) -> Array:
    """Return g and h (2, 3N, 3N) of levels with ``bases`` W_i (N, 3, 3); ``g_left`` (3,)."""
    n = len(bases)
    overlap = np.einsum("iak,jal->kilj", bases.conj(), bases)
    left = np.einsum("iak,a,jal->kilj", bases.conj(), g_left, bases)
    g = 2.0 * (np.abs(left) ** 2 + G_R**2 * np.abs(overlap) ** 2)
    h = G_R * (left * overlap.conj()).real
    return np.ascontiguousarray(np.stack([g, h]).reshape(2, 3 * n, 3 * n))


def common_couplings(content: Array, pairs: Array, g_left: Array, n: int) -> Array:
    """Return g and h of a basis common to ``n`` momenta from averages of its electron content q_k = |W_ek|^2.

    ``content`` (3,) is <q_k> and ``pairs`` (3, 3) <q_k q_l>; G = g_x + (g_e - g_x) |e><e|.
    """
    gx, step = g_left[1], g_left[0] - g_left[1]
    squares = step**2 * pairs + np.diag(gx**2 + 2.0 * gx * step * content)
    g = 2.0 * (squares + G_R**2 * np.eye(3))
    h = G_R * np.diag(gx + step * content)
    return np.ascontiguousarray(np.stack([np.kron(c, np.ones((n, n))) for c in (g, h)]))
