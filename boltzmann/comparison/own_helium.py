"""Helium of each point's own nucleosynthesis in scans of three states: at the edge of the CMB's table, and afterwards.

Files of relics and asymmetries have Y_p of every point by primat, so that Delta chi^2 can be given that helium without
solving again. They keep no masses, on which what helium adds hardly depends (2% from 0.045 to 0.0587 eV).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from boltzmann.cmb.likelihood import LEAST, profile
from boltzmann.cmb.neutrons import STANDARD_Y_P, by_mass
from boltzmann.cmb.profile_table import helium_of_N_eff
from boltzmann.cmb.thermal import STANDARD_N_EFF
from boltzmann.numerics.arrays import Array
from boltzmann.scan.dataset import VARIABLES, data_hashes

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["at_edge", "helium_of_abundances", "sentence", "with_helium"]


def helium_of_abundances(data: xr.Dataset) -> Array:
    """Return YHe less that of N_eff, by the abundances of a scan where it has them; NaN elsewhere: not known."""
    if "Y_p" not in data:
        return np.full(data["N_eff"].shape, np.nan)
    N_eff = data["N_eff_recombination" if "N_eff_recombination" in data else "N_eff"].values
    of_N_eff = helium_of_N_eff(N_eff) - helium_of_N_eff(STANDARD_N_EFF)
    return np.asarray(by_mass(data["Y_p"].values) - by_mass(STANDARD_Y_P) - of_N_eff)


def at_edge(delta_N_eff: ArrayLike, helium: ArrayLike) -> tuple[Array, Array]:
    """Return the nearest delta_N_eff that the table has, and ``helium`` beside it, for the same Y_p."""
    given = np.asarray(delta_N_eff, float)
    more = np.maximum(given, LEAST)
    return more, np.asarray(helium) + helium_of_N_eff(STANDARD_N_EFF + given) - helium_of_N_eff(STANDARD_N_EFF + more)


def with_helium(data: xr.Dataset) -> xr.Dataset:
    """Return a scan of three states with the helium of its abundances in Delta chi^2, which had that of N_eff.

    A scan that has ``helium`` is returned as it is, as is one without abundances.
    """
    if "helium" in data or "Y_p" not in data:
        return data
    helium, found = helium_of_abundances(data), np.array(data["delta_chi2"], float)
    known = np.isfinite(helium) & np.isfinite(found).all(axis=-1)
    more, beside = at_edge(np.asarray(data["N_eff"], float)[known] - STANDARD_N_EFF, helium[known])
    for k, combination in enumerate(map(str, data["data"].values)):
        own, of_N_eff = (profile(more, 0.0, combination, 0.0, helium=h).delta_chi2 for h in (beside, 0.0))
        found[known, k] += own - of_N_eff
    unit, meaning = VARIABLES["helium"]
    columns = {
        "helium": (data["N_eff"].dims, helium, {"units": unit, "long_name": meaning}),
        "delta_chi2": (data["delta_chi2"].dims, found, data["delta_chi2"].attrs),
    }
    return data.assign(columns).assign_attrs(data_hashes=json.dumps(data_hashes()))


def sentence(data: xr.Dataset) -> str:
    """Say which helium Delta chi^2 of a scan has; files of before version 0.3 have no ``helium``."""
    known = "helium" in data and bool(np.isfinite(data["helium"]).any())
    return "with helium of each point's nucleosynthesis" if known else "helium there is that of N_eff alone"
