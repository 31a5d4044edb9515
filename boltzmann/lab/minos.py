"""MINOS and MINOS+: disappearance of nu_mu between 1 and 735 km (Adamson et al. 2019, arXiv:1710.06488).

`chi2` interpolates ``data/lab/minos2017.ecsv``, read off the collaboration's own surface by
``scripts/make_surface_tables.py``. Its 90 % contour, with the released critical values of Feldman and Cousins, is at
|U_mu4|^2 = 0.0061 at 1 eV^2. That contour uses both detectors in full, and how the errors of the near detector are
treated matters for it (a dispute of the literature, not settled here).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from boltzmann import ecsv
from boltzmann.lab.statistics import threshold
from boltzmann.lab.surface import Tabulated
from boltzmann.numerics.arrays import Array

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "NAME", "VALIDITY", "VERIFIED", "chi2", "critical"]

NAME = "MINOS+"
CITATION = "Adamson et al. (MINOS+) 2019, arXiv:1710.06488, and its data release"
CHANNEL = "mumu"
VERIFIED = True
DM2_MAX = 900.0  # [eV^2]
VALIDITY = (
    "Disappearance of nu_mu with |U_e4|^2 = |U_tau4|^2 = 0 as in the released surface; 0.01 to 900 eV2. Delta is not "
    "distributed as chi^2: the official 90 % contour runs at Delta = minos.critical(0.9, dm2_41, sin2_2theta_mumu)."
)
_TABLE = "lab/minos2017.ecsv"
chi2 = Tabulated(NAME, _TABLE, "Umu4_sq", "Umu4_sq").chi2


def critical(cl: float, dm2_41: Any, sin2_2theta_mumu: Any) -> Array:
    """Return the Delta(-2 ln L) at which the contour of a CL runs: the released Feldman-Cousins value at 90 %.

    Other CL scale it as the quantiles of chi^2 for two parameters. It is taken at the amplitude where the 90 % contour
    is; along a line of dm2_41 it varies by a few per cent.
    """
    columns = ecsv.numbers(_TABLE, ["dm2_41", "critical_90"])
    line = np.interp(np.log(np.asarray(dm2_41, float)), np.log(columns["dm2_41"]), columns["critical_90"])
    shape = np.broadcast_shapes(np.shape(dm2_41), np.shape(sin2_2theta_mumu))
    return np.asarray(np.broadcast_to(line * threshold(cl) / threshold(0.9), shape))
