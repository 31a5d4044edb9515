"""STEREO, phases I and II: spectra at 9 to 11 m from a research reactor (Almazan et al. 2020, arXiv:1912.06582).

`chi2` interpolates ``data/lab/stereo2019.ecsv``, read off the released map (HEPData 10.17182/hepdata.92323) by
``scripts/make_surface_tables.py``; `critical` its critical values, from pseudo-experiments.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from boltzmann.lab import surface
from boltzmann.lab.statistics import threshold
from boltzmann.lab.surface import Tabulated
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
chi2 = Tabulated(NAME, _TABLE, "sin2_2theta_ee").chi2


def critical(cl: float, dm2_41: Any, sin2_2theta_ee: Any) -> Array:
    """Return the Delta(-2 ln L) at which the contour of a CL runs: the released value at 95 %.

    Other CL scale it as the quantiles of chi^2 for two parameters.
    """
    line, amplitude = np.broadcast_arrays(np.asarray(dm2_41, float), np.asarray(sin2_2theta_ee, float))
    return np.asarray(surface.read(NAME, _TABLE, "critical_95")(line, amplitude) * threshold(cl) / threshold(0.95))
