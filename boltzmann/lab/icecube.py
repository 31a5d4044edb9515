"""IceCube, disappearance of atmospheric nu_mu in eight years (arXiv:2005.12942): our reading of its likelihood.

`chi2` follows ``data/lab/icecube8yr.ecsv``: at every splitting of the released raster the dip and four upper limits,
read off by ``scripts/make_icecube_table.py``; see `boltzmann.lab.icecube_release`. With a copy of the release,
``release(folder).minus_two_ln_L`` is the released likelihood itself, which is not shipped.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any

import numpy as np
from scipy.interpolate import RegularGridInterpolator

from boltzmann import ecsv
from boltzmann.lab.icecube_release import RANGE, Line, Release, abscissa, covered, profile, release
from boltzmann.lab.parameters import checked
from boltzmann.numerics.arrays import Array

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "DM2_MIN", "NAME", "VALIDITY", "VERIFIED", "Release", "chi2", "release"]

NAME = "IceCube 8 yr"
CITATION = "Aartsen et al. (IceCube) 2020, arXiv:2005.12942, and its data release"
CHANNEL = "mumu"
VERIFIED = True
DM2_MIN, DM2_MAX = RANGE
VALIDITY = (
    "Disappearance of nu_mu alone, |U_e4|^2 and |U_tau4|^2 are ignored; 0.01 to 100 eV2. Where Delta is below 12 "
    "within 0.6 of the released likelihood (0.1 on average), beyond 5 standard deviations of its order. The newer "
    "search, arXiv:2405.08070, is not used."
)
_TABLE = "lab/icecube8yr.ecsv"
_ABSCISSAE = np.linspace(0.0, float(abscissa(1.0)), 401)


def _lines() -> list[Line]:
    """Return the readings in the table."""
    columns = ecsv.numbers(_TABLE, [field.name for field in fields(Line)])
    return [Line(*map(float, row)) for row in zip(*columns.values(), strict=True)]


@cache
def _interpolator() -> RegularGridInterpolator:
    """Return Delta in (ln dm2_41, abscissa), linear between the curves of neighbouring splittings."""
    lines = _lines()
    logs = np.log([line.dm2_41 for line in lines])
    return RegularGridInterpolator((logs, _ABSCISSAE), np.stack([profile(line, _ABSCISSAE) for line in lines]))


def chi2(dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0) -> Array:
    """Return -2 ln L minus that of IceCube's best fit.

    Parameters
    ----------
    dm2_41 : float, array [eV^2], Quantity or str
        From 0.01 to 100 eV^2.
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2; only sin^2 2theta_mumu enters. All four broadcast.

    Raises
    ------
    ParameterError
        A parameter is not allowed, or dm2_41 is outside the search.
    """
    point = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq)
    covered(point.dm2_41)
    logs = np.clip(np.log(point.dm2_41), *_interpolator().grid[0][[0, -1]])  # the table's ends are rounded
    return np.asarray(_interpolator()((logs, abscissa(point.sin2_2theta_mumu))))
