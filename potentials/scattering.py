"""Collision rates of massless sterile neutrinos in their own bath, on the axis LOG_Q of `boltzmann.dark.mediator`.

A neutrino of momentum k meets massless particles of occupation f(p/T_s). With masses, s and sigma in powers of one
mass M, its rate is (derived)::

    Gamma(k) = int d3p/(2 pi)^3 f (1 - cos theta) sigma = (1/(16 pi^2 k^2)) int dp f int_0^(4kp) ds s sigma
             = (T_s/kappa) Psi(q)/(4 pi^2 q),    Psi = int_0^inf ds s sigma F(s/q),    F(xi) = int_xi^inf f

with kappa = k/T_s and q = 4 k T_s/M^2. The integral over ln s is a sum over a uniform lattice: F falls
double-exponentially and everything is analytic, so that the trapezoidal rule is exact to rounding. The lattice lies
symmetrically about s = 1, hence the rule is exact at poles there too: simple poles are principal values, and a double
pole is Hadamard's finite part plus pi^2/STEP times its coefficient (the sum of STEP/u^2 over odd multiples u of
STEP/2), which `resonance` takes away.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import k1e

from boltzmann.dark.mediator import LOG_MU, LOG_Q
from boltzmann.numerics.arrays import Array

Amplitude = Callable[[Array, Array], Array]

STEP = float(LOG_Q[1] - LOG_Q[0])
# From where s sigma F, at least ~ s^2 (times ds/s), is e^-30 of its value at s = q, to where F = e^-148 (s = 148 q)
S = np.exp((np.arange(round((LOG_Q[0] - 15.0) / STEP), round((LOG_Q[-1] + 5.0) / STEP)) + 0.5) * STEP)
_V, _DV = np.polynomial.legendre.leggauss(64)
_STEEPEST = 20.0  # d ln F/d ln q that four-point interpolation on LOG_Q follows without negative lobes


def fermion_tail(xi: Array) -> Array:
    """Return F(xi) = ln(1 + e^-xi) of Fermi-Dirac particles."""
    return np.asarray(np.log1p(np.exp(-xi)))


def boson_tail(xi: Array) -> Array:
    """Return F(xi) = -ln(1 - e^-xi) of massless Bose-Einstein particles."""
    return np.asarray(-np.log(-np.expm1(-xi)))


def collision_density(amplitude: Amplitude, s: Array) -> Array:
    """Return s sigma(s) for massless particles, and the same with the weight 6 t u/s^2.

    s sigma = (1/(16 pi s)) int_0^s dy |M|^2 with y = -t. The weight, sin^2 of the scattering angle over its isotropic
    mean, counts what a collision does to the shape of a distribution (viscosity cross section).

    Parameters
    ----------
    amplitude : callable
        |M|^2 of s and y, broadcasting; 1/2 for identical final particles included. It may peak at y = 0 on the scale
        1 of the masses, and must not peak at y = s (fold it there by the symmetry t <-> u).
    s : (...,) array

    Returns
    -------
    (2, ...) array
    """
    s = np.asarray(s, float)[..., None]
    log = np.log1p(s)
    y = np.expm1(0.5 * (1.0 + _V) * log)
    measure = 0.5 * _DV * log * (1.0 + y) * amplitude(s, y) / (16.0 * np.pi * s)
    weight = np.stack([np.ones_like(y), 6.0 * y * (s - y) / s**2])
    return np.asarray(np.sum(weight * measure, axis=-1))


def average(density: Array, tail: Callable[[Array], Array]) -> Array:
    """Return Psi on LOG_Q from s sigma on `S`; shapes (..., n_s) to (..., n_q)."""
    return np.asarray((density * S * STEP) @ tail(S / np.exp(LOG_Q)[:, None]).T)


def resonance(residue: Array, width: float = 0.0) -> Array:
    """Return what is to be added to Psi for a double pole in s sigma, averaged over fermions; on LOG_Q.

    Near the resonance s sigma = residue/((s - 1)^2 + width^2) = residue {finite part + (pi/width) delta(s - 1)} + ...,
    the next term being width pi/2 times a second derivative.

    Parameters
    ----------
    residue : (...,) array
        Coefficient of the double pole at s = 1.
    width : float
        Width of the resonance over its mass. 0: the delta function is left out, because real mediators are counted as
        particles (narrow-width subtraction of real intermediate states).

    Notes
    -----
    Where F falls more steeply with q than the lattice can follow, q < 1/20, F(1/q) is continued as a power of q: too
    large by a factor 1.7 at q = 1/25, where resonant collisions are e^-25 of their maximum.
    """
    q = np.exp(LOG_Q)
    pole = -(np.pi**2) / STEP * fermion_tail(1.0 / q)
    if width:
        capped = np.minimum(1.0 / q, _STEEPEST)
        pole += np.pi / width * fermion_tail(capped) * np.minimum(q * _STEEPEST, 1.0) ** _STEEPEST
    return np.multiply.outer(residue, pole)


def pair_density(annihilation: Callable[[Array], Array]) -> Array:
    """Return e^(2 mu) gamma/T_s^4 on LOG_MU of nu nubar <-> two bosons, with Maxwell-Boltzmann statistics.

    gamma = int dPi_1 dPi_2 e^(-(E1 + E2)/T) 2 s sigma = (T_s^4/(16 pi^4)) int_(2 mu)^inf dE E^2 (s sigma) K_1(E), with
    E = sqrt(s)/T_s (Gondolo & Gelmini, Nucl. Phys. B360 (1991) 145) and E = 2 mu cosh(chi).

    Parameters
    ----------
    annihilation : callable
        s sigma of an array of s > 4, in units of the boson's mass.
    """
    mu = np.exp(LOG_MU)[:, None]
    end = np.arccosh(1.0 + 20.0 / mu)  # E - 2 mu = 40
    chi = 0.5 * end * (1.0 + _V)
    E = 2.0 * mu * np.cosh(chi)
    bessel = k1e(E) * np.exp(2.0 * mu - E)
    integrand = E**2 * annihilation(4.0 * np.cosh(chi) ** 2) * bessel * 2.0 * mu * np.sinh(chi)
    return np.asarray(np.sum(0.5 * end * _DV * integrand, axis=1) / (16.0 * np.pi**4))


def rate_table(psi: Array, strength: float) -> Array:
    """Return the table Phi (1 + q)/q^2 of a `Mediator` from Psi on LOG_Q; ``strength``: the power of the coupling."""
    q = np.exp(LOG_Q)
    return np.asarray(strength * psi * (1.0 + q) / (4.0 * np.pi**2 * q**3))
