"""Damping of flavour coherences by weak collisions.

"exact": half the sum of the two total loss rates, R_a = [1 + c_a] 2 d(p/T)/(2 pi)^3 G_F^2 p T^4 with the blocked,
momentum-dependent nu-nu rate d(s) of Bennett et al. (arXiv:2012.02726, fit of their appendix) and
c_a = g_L^2 + g_R^2 from massless e+- (derived; C_a = (7 pi/27)(1 + c_a) without blocking). "mckellar": the constants
of McKellar & Thomson (Phys. Rev. D 49 (1994) 2710) as used by FortEPiaNO (arXiv:1905.11290), for comparison only:
they exceed the exact rates by 8-10% (e) and 27-29% (mu, tau) and so overestimate partial thermalisation.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from boltzmann.constants import G_L_E, G_L_X, G_R, SIN2_THETA_W
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.records import record

C_E = G_L_E**2 + G_R**2
C_X = G_L_X**2 + G_R**2


@kernel
def loss_function(s: float) -> float:
    """Return d(s), the blocked nu-nu loss rate at s = p/T in units of 2 G_F^2 p T^4/(2 pi)^3; fit good to 0.25%."""
    log = np.log(s)
    ratio = (90.7332 - 48.4473 * log + 20.1219 * log**2) / (1.0 - 0.529157 * log + 0.20649 * log**2)
    slow, fast = np.exp(-0.01 * s), np.exp(-1.01 * s)
    return float(129.875 * fast + 100.999 * (1.0 - slow) + (slow - fast) * ratio)


@record
class Damping(NamedTuple):
    """D_ab = y^3 z^4 coefficient_ab, times d(y/z) if ``exact``; ``coefficient`` (n, n) vanishes on the diagonal."""

    coefficient: Array
    exact: bool


def exact_damping(n: int, strength: Sequence[float] = (C_E, C_X, C_X)) -> Damping:
    """Return the exact damping of ``n`` states: e, mu, tau and the sterile one, which does not scatter.

    ``strength``: g_L^2 + g_R^2 of the active flavours.
    """
    loss = np.array([*(1.0 + c for c in strength), 0.0])[:n]
    return Damping((loss[:, None] + loss) * (1.0 - np.eye(n)), True)


def mckellar_damping(n: int) -> Damping:
    """Return the McKellar-Thomson damping of ``n`` states."""
    s2 = SIN2_THETA_W
    e_x, mu_tau = 15.0 + 8.0 * s2**2, 7.0 - 4.0 * s2 + 8.0 * s2**2
    e_s, x_s = 29.0 + 24.0 * s2**2 + 12.0 * s2, 29.0 + 24.0 * s2**2 - 12.0 * s2
    pairs = np.array([[0.0, e_x, e_x, e_s], [e_x, 0.0, mu_tau, x_s], [e_x, mu_tau, 0.0, x_s], [e_s, x_s, x_s, 0.0]])
    return Damping(7.0 * np.pi**4 / 135.0 * pairs[:n, :n].copy(), False)


def no_damping(n: int) -> Damping:
    """Return that of the matrix mode, where collisions themselves damp coherences."""
    return Damping(np.zeros((n, n)), False)


@kernel
def common_rate(y: float, z: float, exact: bool) -> float:
    """Return D_ab/coefficient_ab in units of I."""
    blocked = loss_function(y / z) if exact else 1.0
    return y**3 * z**4 * blocked


@kernel
def damping_rates(y: Array, z: float) -> Array:
    """Return `common_rate` of all momenta ``y`` (N,), exact."""
    out = np.empty(y.size)
    for i in range(y.size):
        out[i] = common_rate(y[i], z, True)
    return out


def rate_coefficient(flavour: int, s: ArrayLike) -> Array:
    """Return C_a(p/T) of the loss rate R_a = C_a G_F^2 p T^4, ``flavour`` 0 (e) or 1, 2 (mu, tau)."""
    rate = np.vectorize(loss_function)(np.asarray(s, float))
    return np.asarray(2.0 * rate / (2.0 * np.pi) ** 3 * (1.0 + (C_E if flavour == 0 else C_X)))
