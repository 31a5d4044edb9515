"""Antineutrinos of reactors: spectra of Huber, arXiv:1106.0687, and Mueller et al., arXiv:1101.2663, and flux models.

The fits to the spectra are for 2 to 8 MeV. Here they are weights of averages from 1.8 to 10 MeV; the part outside
makes 1 % of the rate.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from boltzmann import ecsv
from boltzmann.errors import ParameterError
from boltzmann.lab import inverse_beta
from boltzmann.lab.setups import setup
from boltzmann.numerics.arrays import Array

__all__ = ["DEFAULT_FLUX", "ENERGIES", "FLUX_MODELS", "ISOTOPES", "expected_rate", "interactions", "yields"]

_TABLE = "lab/huber_mueller.ecsv"
ISOTOPES = ("U235", "U238", "Pu239", "Pu241")
#: Neutrino energies [MeV] of averages: the middle of cells.
ENERGIES = 1.8 + (10.0 - 1.8) * (np.arange(820) + 0.5) / 820
#: Flux model -> what it is.
FLUX_MODELS = {
    "huber-mueller": "Huber 2011 (arXiv:1106.0687) and Mueller et al. 2011 (arXiv:1101.2663)",
    "kurchatov": "the same with U235 and U238 lowered by 1.054, Kopeikin et al. 2021 (arXiv:2103.01684)",
}
DEFAULT_FLUX = "kurchatov"


@cache
def interactions() -> Array:
    """Return spectrum times cross-section of inverse beta decay [1e-43 cm^2/MeV/fission], (4, n), at `ENERGIES`."""
    order = [row["isotope"] for row in ecsv.rows(_TABLE)]
    coefficients = np.stack(list(ecsv.numbers(_TABLE, [f"a{k}" for k in range(6)]).values()))
    by_isotope = coefficients[:, [order.index(isotope) for isotope in ISOTOPES]]
    spectra = np.exp(np.polynomial.polynomial.polyval(ENERGIES, by_isotope))
    return np.asarray(spectra * inverse_beta.cross_section(ENERGIES))


def yields(flux_model: str = DEFAULT_FLUX) -> Array:
    """Return the cross-section per fission of each of `ISOTOPES` [1e-43 cm^2], (4,).

    The Kurchatov Institute found U235 relative to Pu239 lower by 1.054; U238 is normalised to U235 and follows.

    Raises
    ------
    ParameterError
        Unknown flux model.
    """
    if flux_model not in FLUX_MODELS:
        raise ParameterError(
            f"flux_model = {flux_model!r} is not known; choose one of {', '.join(map(repr, FLUX_MODELS))}"
        )
    step = ENERGIES[1] - ENERGIES[0]
    original = interactions().sum(axis=-1) * step
    if flux_model == "huber-mueller":
        return np.asarray(original)
    excess = setup("kurchatov")["excess"]
    return np.asarray(original / np.array([excess, excess, 1.0, 1.0]))


def expected_rate(fractions: Array, flux_model: str = DEFAULT_FLUX) -> Array:
    """Return the cross-section per fission [1e-43 cm^2] of a mixture.

    Parameters
    ----------
    fractions : array (..., 4)
        Of fissions, in the order of `ISOTOPES`.
    flux_model : str
        One of `FLUX_MODELS`.
    """
    return np.asarray(fractions @ yields(flux_model))
