"""PROSPECT: spectra at 6.7 to 9.3 m from a research reactor (Andriamirado et al. 2021, arXiv:2006.11210).

`chi2` interpolates ``data/lab/prospect2021.ecsv``, our own chi^2 of the collaboration's release
(`boltzmann.lab.prospect_release`), made by ``scripts/make_surface_tables.py``. It depends on ratios of spectra at
different baselines alone, not on the flux or spectrum of the reactor.
"""

from __future__ import annotations

from typing import Any

from boltzmann.lab import surface
from boltzmann.lab.parameters import checked
from boltzmann.numerics.arrays import Array

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "NAME", "VALIDITY", "VERIFIED", "chi2"]

NAME = "PROSPECT"
CITATION = "Andriamirado et al. (PROSPECT) 2021, arXiv:2006.11210, and its data release"
CHANNEL = "ee"
VERIFIED = True
DM2_MAX = 20.0  # [eV^2]
VALIDITY = (
    "Own analysis of the released spectra, covariance and responses, up to 20 eV2, good to 3 in Delta where that is "
    "below 100; the paper's contours are calibrated by simulation, these are not. Not the final data "
    "(arXiv:2406.10408)."
)
_TABLE = "lab/prospect2021.ecsv"


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
