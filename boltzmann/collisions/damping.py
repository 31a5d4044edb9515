"""Damping of flavour coherences by weak collisions.

"exact": half the sum of the two total loss rates, R_a = [1 + c_a] 2 d(p/T)/(2 pi)^3 G_F^2 p T^4 with the blocked,
momentum-dependent nu-nu rate d(s) of Bennett et al. (arXiv:2012.02726, fit of their appendix) and
c_a = g_L^2 + g_R^2 from massless e+- (derived; C_a = (7 pi/27)(1 + c_a) without blocking). "mckellar": the constants
of McKellar & Thomson (Phys. Rev. D 49 (1994) 2710) as used by FortEPiaNO (arXiv:1905.11290), for comparison only:
they exceed the exact rates by 8-10% (e) and 27-29% (mu, tau) and so overestimate partial thermalisation.
"""

import numpy as np
from numpy.typing import ArrayLike

from boltzmann.constants import G_L_E, G_L_X, G_R, SIN2_THETA_W
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel

C_E = G_L_E**2 + G_R**2
C_X = G_L_X**2 + G_R**2


@kernel
def loss_function(s: float) -> float:
    """Return d(s), the blocked nu-nu loss rate at s = p/T in units of 2 G_F^2 p T^4/(2 pi)^3; fit good to 0.25%."""
    log = np.log(s)
    ratio = (90.7332 - 48.4473 * log + 20.1219 * log**2) / (1.0 - 0.529157 * log + 0.20649 * log**2)
    slow, fast = np.exp(-0.01 * s), np.exp(-1.01 * s)
    return float(129.875 * fast + 100.999 * (1.0 - slow) + (slow - fast) * ratio)


@kernel
def exact_damping(a: int, b: int, y: float, z: float) -> float:
    """Return D_ab in units of I; flavours 0 (e), 1, 2 (mu, tau), 3 (sterile, does not scatter)."""
    total = 0.0
    for flavour in (a, b):
        if flavour < 3:
            total += 1.0 + (C_E if flavour == 0 else C_X)
    return y**3 * z**4 * loss_function(y / z) * total


@kernel
def mckellar_damping(a: int, b: int, y: float, z: float) -> float:
    """Return the McKellar-Thomson D_ab in units of I."""
    s2 = SIN2_THETA_W
    low, high = min(a, b), max(a, b)
    if high == 3:
        coefficient = 29.0 + 24.0 * s2**2 + (12.0 * s2 if low == 0 else -12.0 * s2)
    elif low == 0:
        coefficient = 15.0 + 8.0 * s2**2
    else:
        coefficient = 7.0 - 4.0 * s2 + 8.0 * s2**2
    return 7.0 * np.pi**4 / 135.0 * y**3 * z**4 * coefficient


def rate_coefficient(flavour: int, s: ArrayLike) -> Array:
    """Return C_a(p/T) of the loss rate R_a = C_a G_F^2 p T^4, ``flavour`` 0 (e) or 1, 2 (mu, tau)."""
    rate = np.vectorize(loss_function)(np.asarray(s, float))
    return np.asarray(2.0 * rate / (2.0 * np.pi) ** 3 * (1.0 + (C_E if flavour == 0 else C_X)))
