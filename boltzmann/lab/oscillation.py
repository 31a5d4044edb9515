"""Short-baseline oscillation probabilities of 3+1, with one slot for what else may happen to nu_4.

With only dm2_41 at work, nu_a -> nu_b has the amplitude delta_ab - U_b4 U_a4^* (1 - kappa), where kappa is what nu_4
has acquired relative to the light states: exp(-2 i Delta) in vacuum. Squared,

    P_aa = 1 - 2 |U_a4|^2 (1 - Re kappa) + |U_a4|^4 (1 - 2 Re kappa + |kappa|^2),
    P_ab = |U_a4|^2 |U_b4|^2 (1 - 2 Re kappa + |kappa|^2),
    Delta = dm2_41 L/4E = 1.26693 (dm2_41/eV^2) (L/m) (MeV/E).

Only two numbers enter, the *interference* Re kappa and the *survival* |kappa|^2 of nu_4; these are averaged over
baseline and energy, once for each splitting. Decay multiplies kappa by exp(-L/2 lambda) (`boltzmann.lab.decay`), the
separation of wave packets multiplies Re kappa alone (`coherence`). With |kappa| = 1 the usual formulas appear:
P_aa = 1 - 4|U_a4|^2 (1 - |U_a4|^2) sin^2 Delta and P_ab = 4|U_a4|^2 |U_b4|^2 sin^2 Delta.

The same for neutrinos and antineutrinos; derived, and tested against the matrix exponential of the full Hamiltonian.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.lab.parameters import Point
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.units import C_LIGHT, HBAR, in_unit

__all__ = [
    "HBAR_C", "PHASE", "coherence", "interference", "mean_exponential", "mean_interference", "mean_survival",
    "probability",
]  # fmt: skip

HBAR_C = HBAR * C_LIGHT  # [MeV m]
#: Delta = PHASE dm2 [eV^2] L [m] / E [MeV]: 1.26693
PHASE = 1e-12 / (4.0 * HBAR_C)
_FLAVOURS = ("e", "mu", "tau")


def _element(point: Point, flavour: str) -> Array:
    if flavour not in _FLAVOURS:
        raise ParameterError(f"flavour = {flavour!r} is not allowed; choose one of 'e', 'mu', 'tau'")
    return np.asarray(getattr(point, f"U{flavour}4_sq"))


def interference(dm2_41: Any, L_over_E: Any) -> Array:
    """Return Re kappa = cos(2 Delta) of vacuum oscillation.

    Parameters
    ----------
    dm2_41 : float or array [eV^2]
    L_over_E : float or array [m/MeV]
        Broadcasts against `dm2_41`.
    """
    return np.asarray(np.cos(2.0 * PHASE * np.asarray(dm2_41) * np.asarray(L_over_E)))


def mean_interference(dm2_41: Array, low: Array, high: Array, weights: Array, rate: float = 0.0) -> Array:
    """Return the average of cos(2 Delta) over a distribution of L/E made of flat pieces.

    The average over a piece from a to b is exact, cos[PHASE dm2 (a + b)] sinc[PHASE dm2 (b - a)], so that fast
    oscillations average out however wide the pieces are. For a histogram give ``edges[:-1], edges[1:]`` and contents.

    Parameters
    ----------
    dm2_41 : array of any shape [eV^2]
    low, high : array (n,) [m/MeV]
        Ends of the pieces, which may overlap.
    weights : array (n,)
        Not negative; normalised here.
    rate : float [eV^2]
        m_4 Gamma of invisible decay, which multiplies the cosine by exp(-2 PHASE rate L/E).

    Returns
    -------
    array of the shape of `dm2_41`
    """
    phase = PHASE * np.asarray(dm2_41, dtype=np.float64)[..., None]
    if rate > 0.0:
        exponent = np.asarray(2.0 * (PHASE * rate + 1j * phase), dtype=np.complex128)
        return np.asarray(mean_exponential(exponent, low, high).real @ (weights / np.sum(weights)))
    mean = np.cos(phase * (low + high)) * np.sinc(phase * (high - low) / np.pi)
    return np.asarray(mean @ (weights / np.sum(weights)))


def mean_survival(rate: float, low: Array, high: Array, weights: Array) -> Array:
    """Return the average of |kappa|^2 = exp(-L/lambda) = exp(-4 PHASE m_4 Gamma L/E) over pieces, as above."""
    mean = mean_exponential(np.full((1, 1), 4.0 * PHASE * rate), low, high)
    return np.asarray((mean @ (weights / np.sum(weights)))[0])


def mean_exponential(z: Array | Complex, low: Array, high: Array) -> Any:
    """Return the averages of exp(-z x) over pieces from `low` to `high` (n,), for z (..., 1), shape (..., n)."""
    width = z * (high - low)
    return np.exp(-z * low) * np.where(width == 0.0, 1.0, -np.expm1(-width) / np.where(width == 0.0, 1.0, width))


def probability(point: Point, start: str, end: str, interference: Any, survival: Any = 1.0) -> Array:
    """Return P(nu_start -> nu_end) at short baselines.

    Parameters
    ----------
    point : Point
        Its |U_a4|^2 are used; the splitting is already in `interference`.
    start, end : {"e", "mu", "tau"}
        Flavours.
    interference : float or array
        Re kappa, for example of `interference` or an average of it; broadcasts against `point`.
    survival : float or array
        |kappa|^2, the probability that nu_4 is still there.

    Raises
    ------
    ParameterError
        Unknown flavour.
    """
    at_start, at_end = _element(point, start), _element(point, end)
    both = at_start * at_end * (1.0 - 2.0 * np.asarray(interference) + survival)
    if start != end:
        return np.asarray(both)
    return np.asarray(1.0 - 2.0 * at_start * (1.0 - np.asarray(interference)) + both)


def coherence(dm2_41: Any, L: Any, E: Any, sigma_x: Any) -> Array:
    """Return the factor by which the separation of wave packets reduces Re kappa.

    Gaussian packets |psi|^2 ~ exp(-x^2/2 sigma_x^2), apart by dm2 L/2E^2 (the difference of the group velocities times
    L), overlap by exp(-(L/L_coh)^2) with L_coh = 4 sqrt(2) sigma_x E^2/dm2 (Giunti & Kim, hep-ph/9711363; used for
    short baselines in arXiv:2201.05108 and 2211.02610). Equivalent to an energy spread of 1/(2 sigma_x).

    Parameters
    ----------
    dm2_41 : float or array [eV^2]
    L : float or array [m]
    E : float or array [MeV]
    sigma_x : float or array [fm], Quantity or str
        Width of the packets, greater than 0, for example ``"67 fm"``.

    Raises
    ------
    ParameterError
        `sigma_x` is not positive or has another dimension.
    """
    width = 1e-15 * in_unit(sigma_x, "fm", "sigma_x")
    if not np.all(width > 0.0):
        raise ParameterError(f"sigma_x = {sigma_x!r} is not allowed; give a width greater than 0, for example '67 fm'")
    separation = 1e-12 * np.asarray(dm2_41) * np.asarray(L) / (2.0 * np.asarray(E) ** 2)  # [m]
    return np.asarray(np.exp(-(separation**2) / (8.0 * width**2)))
