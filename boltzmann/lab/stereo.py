"""STEREO, phases I and II: spectra at 9 to 11 m from a research reactor (Almazan et al. 2020, arXiv:1912.06582).

`chi2` interpolates ``data/lab/stereo2019.ecsv``, read off the released map (HEPData 10.17182/hepdata.92323) by
``scripts/make_surface_tables.py``; `critical` its critical values, from pseudo-experiments.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from boltzmann.lab import surface
from boltzmann.lab.parameters import checked
from boltzmann.lab.statistics import threshold
from boltzmann.numerics.arrays import Array

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "NAME", "VALIDITY", "VERIFIED", "chi2", "critical"]

NAME = "STEREO"
CITATION = "Almazan et al. (STEREO) 2020, arXiv:1912.06582; HEPData 10.17182/hepdata.92323.v2"
CHANNEL = "ee"
VERIFIED = True
DM2_MAX = 9.5  # [eV^2]
VALIDITY = (
    "Spectra alone, no rate; up to 9.5 eV2. Delta is not distributed as chi^2: the official 95 % contour runs at Delta "
    "= stereo.critical(0.95, dm2_41, sin2_2theta_ee), 6 to 12. The last phase (arXiv:2210.07664) is not released."
)
_TABLE = "lab/stereo2019.ecsv"


def chi2(dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0) -> Array:
    """Return -2 ln L minus its smallest value, from the table.

    Parameters
    ----------
    dm2_41 : float, array [eV^2], Quantity or str
        Up to `DM2_MAX`.
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2; only |U_e4|^2 enters. All four broadcast.

    Raises
    ------
    ParameterError
        A parameter is not allowed, or beyond the table.
    """
    point = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq)
    return surface.read(NAME, _TABLE)(point.dm2_41, point.sin2_2theta_ee)


def critical(cl: float, dm2_41: Any, sin2_2theta_ee: Any) -> Array:
    """Return the Delta(-2 ln L) at which the contour of a CL runs: the released value at 95 %.

    Other CL scale it as the quantiles of chi^2 for two parameters.
    """
    line, amplitude = np.broadcast_arrays(np.asarray(dm2_41, float), np.asarray(sin2_2theta_ee, float))
    return np.asarray(surface.read(NAME, _TABLE, "critical_95")(line, amplitude) * threshold(cl) / threshold(0.95))
