"""The one scale of chi^2: Delta chi^2 of so many parameters, its probability, and standard deviations of a Gaussian.

Of Wilks: Delta chi^2 of n parameters exceeds x with the probability Q(n/2, x/2), the upper tail of chi^2 with n degrees
of freedom. "s sigma" is the s whose two-sided Gaussian tail has this probability. So 2 and 3 sigma are Delta chi^2 =
4.00 and 9.00 for one parameter, 6.18 and 11.83 for two (Review of Particle Physics, statistics, table 40.2).
"""

from __future__ import annotations

import math

from scipy import special  # scipy.stats has the same functions, and takes 0.4 s to import

from boltzmann.errors import ParameterError

PARAMETERS = 2  # coupling or mixing, and a mass or a splitting: what a plane shows
_ASYMPTOTIC = 1000.0  # chi^2 from which its tail is taken from its expansion; scipy's underflows at 1400


def _check_dof(dof: int) -> None:
    if dof < 1:
        raise ParameterError(f"dof = {dof} is not allowed; give the number of parameters, at least 1")


def threshold(cl: float, dof: int = PARAMETERS) -> float:
    """Return the value that a chi^2 with `dof` degrees of freedom stays below with probability `cl`.

    Raises
    ------
    ParameterError
        `cl` is not between 0 and 1, or `dof` is below 1.
    """
    if not 0.0 < cl < 1.0 or dof < 1:
        raise ParameterError(f"cl = {cl}, dof = {dof} is not allowed; give 0 < cl < 1, for example 0.9, and dof >= 1")
    return float(2.0 * special.gammaincinv(0.5 * dof, cl))


def delta_chi2_at(sigmas: float, dof: int = PARAMETERS) -> float:
    """Return the Delta chi^2 of `dof` parameters at so many standard deviations, the inverse of `significance`.

    Raises
    ------
    ParameterError
        `sigmas` is not between 0 and 30, or `dof` is below 1.
    """
    _check_dof(dof)
    if not 0.0 <= sigmas <= 30.0:
        raise ParameterError(f"sigmas = {sigmas} is not allowed; give standard deviations from 0 to 30")
    return float(2.0 * special.gammainccinv(0.5 * dof, 2.0 * float(special.ndtr(-sigmas))))


def sigmas_of(p: float) -> float:
    """Return the number of standard deviations with the two-sided Gaussian tail probability `p`."""
    return float(-special.ndtri(0.5 * p))


def significance(delta_chi2: float, dof: int = PARAMETERS) -> float:
    """Return how many standard deviations Delta chi^2 of `dof` parameters is; 0 where it is not positive.

    Raises
    ------
    ParameterError
        `delta_chi2` is NaN, or `dof` is below 1.
    """
    _check_dof(dof)
    if math.isnan(delta_chi2):
        raise ParameterError("delta_chi2 = nan has no significance; give a number")
    if delta_chi2 <= 0.0:
        return 0.0
    return float(-special.ndtri_exp(_log_tail(delta_chi2, dof) - math.log(2.0)))


def stated(delta_chi2: float, dof: int = PARAMETERS) -> str:
    """Return Delta chi^2 with what it means: ``+5.7 (1.9 sigma, 2 parameters)``."""
    noun = "parameter" if dof == 1 else "parameters"
    return f"{delta_chi2:+.1f} ({significance(delta_chi2, dof):.1f} sigma, {dof} {noun})"


def _log_tail(chi2: float, dof: int) -> float:
    """Return the logarithm of the probability of a larger chi^2.

    Far out Q(a, x) = x^(a - 1) e^-x (1 + (a - 1)/x + ...)/Gamma(a), a = dof/2, x = chi^2/2 (DLMF 8.11.2).
    """
    if chi2 < _ASYMPTOTIC:
        return math.log(float(special.gammaincc(0.5 * dof, 0.5 * chi2)))
    a, x = 0.5 * dof, 0.5 * chi2
    return (a - 1.0) * math.log(x) - x + math.log1p((a - 1.0) / x) - math.lgamma(a)
