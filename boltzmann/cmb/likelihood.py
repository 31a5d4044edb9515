"""A first verdict of the CMB on a solution: the one-dimensional Planck 2018 constraint on N_eff (arXiv:1807.06209).

It is a Gaussian in one number, not a fit: the mass of the sterile state, which strengthens the case against it, is not
in it, and beyond three standard deviations it is an extrapolation of the published 95 % interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boltzmann import ecsv
from boltzmann.parameters import ParameterError

Array = NDArray[np.float64]

STANDARD_N_EFF = 3.044  # arXiv:2008.01074, 2012.02726
_Z_95 = 1.959964  # half-width of the central 95 % of a Gaussian, in standard deviations

# An experiment like Planck at 143 GHz: arXiv:1807.06205 table 4 (beam, noise), arXiv:1907.12875 (sky).
PLANCK_BEAM = 7.3  # full width at half maximum [arcmin]
PLANCK_NOISE = 33.0  # white noise in temperature [micro-K arcmin]
PLANCK_SKY = 0.57  # fraction of the sky


@dataclass(frozen=True)
class Verdict:
    """What one measurement says about one N_eff.

    Parameters
    ----------
    delta_chi2 : float
        chi2(N_eff) - chi2(3.044); slightly negative for N_eff just below 3.044.
    sigmas : float
        Distance to the measured value, in standard deviations, without sign.
    sentence : str
        For people.
    citation : str
        Source of the measurement.
    caveat : str
        What it leaves out.
    """

    delta_chi2: float
    sigmas: float
    sentence: str
    citation: str
    caveat: str


@dataclass(frozen=True)
class Measurement:
    """N_eff as a Gaussian: mean, standard deviation, name of the data, citation."""

    mean: float
    sigma: float
    data: str
    citation: str


def planck_n_eff() -> Measurement:
    """Return N_eff of Planck 2018 TT,TE,EE+lowE; sigma is the mean half-width of the 95 % interval over 1.96."""
    (row,) = ecsv.rows("cmb/planck2018_neff.ecsv")
    half_width = (float(row["upper_95"]) + float(row["lower_95"])) / 2.0
    return Measurement(float(row["N_eff"]), half_width / _Z_95, row["data"], row["citation"])


def n_eff_verdict(N_eff: float) -> Verdict:
    """Compare N_eff with Planck 2018 (TT,TE,EE+lowE), as a one-dimensional Gaussian.

    Parameters
    ----------
    N_eff : float
        Effective number of neutrinos of a solution.

    Raises
    ------
    ParameterError
        `N_eff` is negative, infinite or NaN.
    """
    if not 0.0 <= N_eff < math.inf:
        raise ParameterError(
            f"N_eff = {N_eff} is not allowed; give a finite number of at least 0, from a run that ended well"
        )
    planck = planck_n_eff()
    pull = (N_eff - planck.mean) / planck.sigma
    standard = (STANDARD_N_EFF - planck.mean) / planck.sigma
    side = "above" if pull > 0 else "below"
    return Verdict(
        delta_chi2=pull**2 - standard**2,
        sigmas=abs(pull),
        sentence=(
            f"N_eff = {N_eff:.3f} is {_judgement(abs(pull))}: {abs(pull):.1f} standard deviations {side} "
            f"{planck.mean:.2f} ± {planck.sigma:.2f} of Planck 2018 ({planck.data}), "
            "read as a one-dimensional Gaussian."
        ),
        citation=planck.citation,
        caveat=(
            "Gaussian in N_eff alone, extrapolated beyond its 95 % interval; it ignores the mass of the sterile state "
            "and any correlation with other parameters."
        ),
    )


def _judgement(sigmas: float) -> str:
    """Translate a number of standard deviations into a word."""
    for limit, word in ((2.0, "allowed"), (3.0, "disfavoured"), (5.0, "strongly disfavoured")):
        if sigmas < limit:
            return word
    return "excluded"


def planck_like_error(ell: NDArray[np.int64], TT: Array, width: int = 30) -> tuple[Array, Array]:
    """Relative error of a temperature spectrum measured in bins, for an experiment like Planck at 143 GHz.

    Parameters
    ----------
    ell : array
        Consecutive multipoles.
    TT : array
        C_l^TT [micro-K^2].
    width : int
        Multipoles per bin; an incomplete last bin is left out.

    Returns
    -------
    centre, error : arrays
        Mean multipole of each bin, and sigma(C_b)/C_b from cosmic variance and white noise behind a Gaussian beam
        (Knox, astro-ph/9504054): 1/sigma_b^2 = sum over the bin of f_sky (2l+1)/2 [C_l/(C_l + N_l)]^2.
    """
    arcmin = math.pi / 180.0 / 60.0
    beam = (PLANCK_BEAM * arcmin) ** 2 / (8.0 * math.log(2.0))  # squared standard deviation
    noise = (PLANCK_NOISE * arcmin) ** 2 * np.exp(ell * (ell + 1.0) * beam)
    information = PLANCK_SKY * (2.0 * ell + 1.0) / 2.0 * (TT / (TT + noise)) ** 2
    bins = len(ell) // width
    centre = ell[: bins * width].reshape(bins, width).mean(axis=1)
    return centre, 1.0 / np.sqrt(information[: bins * width].reshape(bins, width).sum(axis=1))
