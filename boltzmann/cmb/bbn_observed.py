"""Primordial helium and deuterium against what is observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from boltzmann import ecsv
from boltzmann.cmb.bbn import Abundances, abundances, backend_of, rates_of
from boltzmann.cmb.class_bridge import PLANCK_2018
from boltzmann.cmb.neutrons import STANDARD_Y_P
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.parameters import Mixing, Options
from boltzmann.solver import integrate

TABLE = "cmb/bbn.ecsv"
DEFAULTS = {"Y_p": "lbt2026", "D_H": "cooke2018"}  # measurements of the table
# Theory: standard deviation of primat 0.3.3 over nuclear rates and tau_n = 878.4 +- 0.5 s (300 samples of its run_mc;
# tau_n alone makes 1.03e-4 of it), and responses to the baryon density, both at omega_b = 0.0224. The error of D/H is
# part of `bbn.RATES`.
SIGMA_Y_P = 1.06e-4
#: Y_p and D/H of three neutrinos: primat's network with our decoupling, at the omega_b of ``class_bridge.PLANCK_2018``.
STANDARD_ABUNDANCES = (STANDARD_Y_P, 2.4424e-5)
DY_P_DOMEGA_B = 0.430
DLND_H_DLNOMEGA_B = -1.642


@dataclass(frozen=True)
class Agreement:
    """Predicted against observed abundances.

    Parameters
    ----------
    chi2 : float
        With observational and theoretical errors and that of omega_b, which correlates Y_p and D/H.
    pulls : dict
        (predicted - observed)/sigma of each quantity alone.
    sentence : str
        For people.
    citations, caveats : tuple of str
        Sources of the observations, and what the prediction leaves out.
    """

    chi2: float
    pulls: dict[str, float]
    sentence: str
    citations: tuple[str, ...]
    caveats: tuple[str, ...]


def _measurement(quantity: str, name: str) -> dict[str, str]:
    """Return the row of a measurement in ``data/cmb/bbn.ecsv``."""
    found = {row["name"]: row for row in ecsv.rows(TABLE) if row["quantity"] == quantity}
    if name not in found:
        raise ParameterError(f"{quantity} = {name!r} is not a measurement; valid are: {', '.join(found)}")
    return found[name]


def bbn_chi2(
    predicted: Abundances, *, Y_p: str = DEFAULTS["Y_p"], D_H: str = DEFAULTS["D_H"], sigma_omega_b: float | None = None
) -> Agreement:
    """Compare abundances with observations; deuterium only if the backend computed it.

    Parameters
    ----------
    predicted : Abundances
        Of `abundances`.
    Y_p, D_H : str
        Which measurements of ``data/cmb/bbn.ecsv``: "lbt2026" or "pdg", "cooke2018" or "pdg".
    sigma_omega_b : float, optional
        Standard deviation of the baryon density around ``predicted.omega_b``, default that of Planck 2018; 0 if
        omega_b is known or sampled.

    Raises
    ------
    ParameterError
        There is no such measurement, or `sigma_omega_b` is negative.

    Notes
    -----
    chi2 = d^T C^-1 d with C = diag(sigma_obs^2 + sigma_theory^2) + sigma_omega^2 g g^T, g the response to omega_b: the
    marginal likelihood of a linear response to a Gaussian omega_b (derived; tested by integration).
    """
    sigma = _sigma_omega_b(sigma_omega_b)
    values = {"Y_p": predicted.Y_p, **({} if predicted.deuterium is None else {"D_H": predicted.deuterium})}
    chosen = {quantity: _measurement(quantity, {"Y_p": Y_p, "D_H": D_H}[quantity]) for quantity in values}
    difference, variance, response = _compared(values, chosen, predicted.omega_b, predicted.rates, sigma)
    total = np.sqrt(np.add(variance, np.square(response)))
    pulls = dict(zip(values, np.divide(difference, total).tolist(), strict=True))
    chi2 = float(_marginal_chi2(difference, variance, response))
    return Agreement(
        chi2=chi2,
        pulls=pulls,
        sentence=_in_words(values, pulls, chi2, predicted.backend),
        citations=tuple(row["citation"] for row in chosen.values()),
        caveats=predicted.caveats,
    )


@lru_cache(maxsize=8)
def standard_chi2(options: Options, backend: str, rates: str = "primat") -> float:
    """Return chi^2 of the abundances of three neutrinos."""
    three = integrate(Mixing(), (), options)
    return bbn_chi2(abundances(three, backend=backend_of(backend), rates=rates)).chi2


def chi2_of(Y_p: ArrayLike, D_H: ArrayLike, *, omega_b: ArrayLike | None = None, rates: str = "primat") -> Array:
    """Return chi^2 of many predictions, with the default measurements of `bbn_chi2`.

    Parameters
    ----------
    Y_p, D_H : arrays
        Of primat with its own rates at the omega_b of ``class_bridge.PLANCK_2018``; any shape.
    omega_b : array, optional
        Baryon density at which they are wanted: the predictions are moved there by their linear response.
    rates : str
        Of `RATES`: the predictions are converted (see there).
    """
    wanted, base = rates_of(rates), float(PLANCK_2018["omega_b"])
    omega = np.asarray(base if omega_b is None else omega_b, float)
    values = {
        "Y_p": np.asarray(Y_p) + wanted.Y_p + DY_P_DOMEGA_B * (omega - base),
        "D_H": np.asarray(D_H) * wanted.D_H * (omega / base) ** DLND_H_DLNOMEGA_B,
    }
    chosen = {quantity: _measurement(quantity, name) for quantity, name in DEFAULTS.items()}
    return _marginal_chi2(*_compared(values, chosen, omega, rates, _sigma_omega_b(None)))


def delta_chi2_of(Y_p: ArrayLike, D_H: ArrayLike, *, rates: str = "primat") -> Array:
    """Return `chi2_of` less that of three neutrinos; arguments as there."""
    return chi2_of(Y_p, D_H, rates=rates) - chi2_of(*STANDARD_ABUNDANCES, rates=rates)


def _sigma_omega_b(given: float | None) -> float:
    """Return the standard deviation of omega_b, by default that of Planck 2018."""
    sigma = float(_measurement("omega_b", "planck2018")["sigma"]) if given is None else given
    if not sigma >= 0.0:
        raise ParameterError(f"sigma_omega_b = {given} is not allowed; give a number of at least 0")
    return sigma


def _compared(
    values: Mapping[str, Any], chosen: Mapping[str, Mapping[str, str]], omega_b: Any, rates: str, sigma: float
) -> tuple[list[Any], list[float], list[Any]]:
    """Return of every quantity predicted - observed, its variance, and its change by one sigma of omega_b."""
    theory = {"Y_p": SIGMA_Y_P, "D_H": rates_of(rates).sigma_D_H}
    slopes = {"Y_p": DY_P_DOMEGA_B, "D_H": DLND_H_DLNOMEGA_B * values.get("D_H", 0.0) / omega_b}
    difference = [values[q] - float(chosen[q]["value"]) for q in values]
    variance = [float(chosen[q]["sigma"]) ** 2 + theory[q] ** 2 for q in values]
    return difference, variance, [sigma * slopes[q] for q in values]


def _marginal_chi2(difference: list[Any], variance: list[float], response: list[Any]) -> Array:
    """Return d^T (V + r r^T)^-1 d = d^T V^-1 d - (r^T V^-1 d)^2/(1 + r^T V^-1 r), V diagonal (Sherman & Morrison)."""

    def product(a: list[Any], b: list[Any]) -> Any:
        return sum(x * y / v for x, y, v in zip(a, b, variance, strict=True))

    mixed = product(response, difference)
    return np.asarray(product(difference, difference) - mixed**2 / (1.0 + product(response, response)))


def _in_words(values: dict[str, float], pulls: dict[str, float], chi2: float, backend: str) -> str:
    parts = (f"{name.replace('_H', '/H')} = {values[name]:.4g} ({pulls[name]:+.1f} sigma)" for name in values)
    return f"{' and '.join(parts)}: chi^2 = {chi2:.1f}, {len(values)} observed (backend {backend})."
