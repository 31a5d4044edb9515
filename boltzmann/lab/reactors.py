"""Rates of 22 reactor experiments: Abazajian et al. 2012, arXiv:1204.5379, table XIX, and arXiv:1703.00860.

Ratios of observed to expected rates, with errors common to several of them and an error of the expected flux common to
all. Everything hinges on the flux model, an argument of `chi2`: the mean ratio is 0.975 with the correction of the
Kurchatov Institute, the default, and 0.937 with the fluxes of Huber and Mueller, which `reactors_hm` has.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from boltzmann import ecsv
from boltzmann.lab.parameters import checked
from boltzmann.lab.reactor_flux import DEFAULT_FLUX, ENERGIES, ISOTOPES, expected_rate, interactions
from boltzmann.lab.response import Response, collected
from boltzmann.lab.setups import setup
from boltzmann.numerics.arrays import Array

__all__ = ["CHANNEL", "CITATION", "NAME", "N_DATA", "Rates", "VALIDITY", "VERIFIED", "chi2", "mean_ratio", "rates"]

NAME = "reactor rates"
CITATION = "Abazajian et al. 2012, arXiv:1204.5379; Gariazzo et al. 2017, arXiv:1703.00860"
CHANNEL = "ee"
VERIFIED = True
N_DATA = 22
VALIDITY = (
    "rates only, relative to the flux model (default: corrected by the Kurchatov Institute; reactors_hm: Huber and "
    "Mueller); the errors of ILL, SRP, RENO and Double Chooz have no second source: with the other values in use, no "
    "oscillation is 11.8 instead of 10.8 above the best fit (Huber and Mueller)"
)

_TABLE = "lab/reactor_rates.ecsv"
_BASELINES = 21


@dataclass(frozen=True)
class Rates:
    """The measurements.

    Parameters
    ----------
    names : tuple of str
        Experiments.
    ratio : array (22,)
        Observed over expected rate.
    covariance : array (22, 22)
        Of `ratio`, without the error of the expected flux.
    L : array (22,) [m]
        Distances.
    fractions : array (22, 4)
        Fissions by isotope.
    """

    names: tuple[str, ...]
    ratio: Array
    covariance: Array
    L: Array
    fractions: Array


@cache
def rates(flux_model: str = DEFAULT_FLUX) -> Rates:
    """Return the measurements relative to a flux model.

    Raises
    ------
    ParameterError
        Unknown flux model.
    """
    names = tuple(row["experiment"] for row in ecsv.rows(_TABLE))
    ratio, error, L = ecsv.numbers(_TABLE, ("ratio", "error", "L")).values()
    fractions = np.stack(list(ecsv.numbers(_TABLE, ISOTOPES).values()), axis=-1)
    ratio = ratio * expected_rate(fractions, "huber-mueller") / expected_rate(fractions, flux_model)
    relative = np.diag((0.01 * error) ** 2) + _common(names)
    return Rates(names, ratio, relative * np.outer(ratio, ratio), L, fractions)


def chi2(
    dm2_41: Any,
    Ue4_sq: Any = 0.0,
    Umu4_sq: Any = 0.0,
    Utau4_sq: Any = 0.0,
    *,
    flux_model: str = DEFAULT_FLUX,
    decay: float = 0.0,
) -> Array:
    """Return chi^2, minimised over the error of the expected flux.

    Parameters
    ----------
    dm2_41 : float, array [eV^2], Quantity or str
        m_4^2 - m_1^2.
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2; all four broadcast. Only |U_e4|^2 matters.
    flux_model : {"huber-mueller", "kurchatov"}
        What the rates are relative to.
    decay : float [eV^2]
        m_4 Gamma of invisible decay.

    Raises
    ------
    ParameterError
        A parameter is not allowed, or the flux model is unknown.
    """
    point, data = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq), rates(flux_model)
    parts = [response.disappearance(point.dm2_41, point.Ue4_sq, decay) for response in _responses()]
    predicted = np.concatenate(parts, axis=-1)
    inverse = np.linalg.inv(data.covariance)
    weighted = predicted @ inverse
    missing = data.ratio - predicted
    free = np.sum((missing @ inverse) * missing, axis=-1)
    pull = np.sum(weighted * missing, axis=-1)  # chi^2(x) = free - 2 x pull + x^2 stiffness for predicted (1 + x)
    stiffness = np.sum(weighted * predicted, axis=-1) + setup("reactors")["theory_error"] ** -2
    return np.asarray(free - pull**2 / stiffness)


def mean_ratio(flux_model: str = DEFAULT_FLUX) -> tuple[float, float]:
    """Return the weighted mean of the ratios and its error, without that of the expected flux."""
    data = rates(flux_model)
    weights = np.linalg.inv(data.covariance).sum(axis=0)
    return float(weights @ data.ratio / weights.sum()), float(weights.sum() ** -0.5)


def _common(names: tuple[str, ...]) -> Array:
    """Return the relative covariance of the errors in common."""
    shares: dict[str, Array] = {}
    for row in ecsv.rows("lab/reactor_common_errors.ecsv"):
        share = shares.setdefault(row["source"], np.zeros(len(names)))
        share[names.index(row["experiment"])] = 0.01 * float(row["error"])
    return np.asarray(sum(np.outer(share, share) for share in shares.values()))


@cache
def _responses() -> tuple[Response, ...]:
    """Return the distribution in L/E of each experiment's events."""
    data = rates()
    half_size = setup("reactors")["half_size"]
    spread = half_size * (2.0 * (np.arange(_BASELINES) + 0.5) / _BASELINES - 1.0)
    spectra = data.fractions @ interactions()
    return tuple(
        collected(L + spread, ENERGIES, (spectrum / (L + spread)[:, None] ** 2)[None])
        for L, spectrum in zip(data.L, spectra, strict=True)
    )
