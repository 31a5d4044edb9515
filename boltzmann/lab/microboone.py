"""MicroBooNE 2025: nu_e from nu_mu in the Booster beam (HEPData 10.17182/hepdata.166435).

`chi2` interpolates ``data/lab/microboone2025.ecsv``, our own appearance-only chi^2 of the release
(`boltzmann.lab.microboone_release`), made by ``scripts/make_surface_tables.py``.
"""

from __future__ import annotations

from typing import Any

from boltzmann.lab import surface
from boltzmann.lab.parameters import checked
from boltzmann.numerics.arrays import Array

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "NAME", "VALIDITY", "VERIFIED", "chi2"]

NAME = "MicroBooNE"
CITATION = "MicroBooNE 2025, HEPData 10.17182/hepdata.166435; response of arXiv:2210.10216"
CHANNEL = "mue"
VERIFIED = True
DM2_MAX = 100.0  # [eV^2]
VALIDITY = (
    "Appearance in the Booster beam alone; neither disappearance of intrinsic nu_e nor the NuMI "
    "beam. 95 % limits within "
    "25 % of the curve of 2022 (arXiv:2210.10216, appearance only) at 0.2 to 5 eV2. Up to 100 eV2."
)
_TABLE = "lab/microboone2025.ecsv"


def chi2(dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0) -> Array:
    """Return -2 ln L minus its smallest value, from the table.

    Parameters
    ----------
    dm2_41 : float, array [eV^2], Quantity or str
        Up to `DM2_MAX`.
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2; only 4 |U_e4|^2 |U_mu4|^2 enters. All four broadcast.

    Raises
    ------
    ParameterError
        A parameter is not allowed, or beyond the table.
    """
    point = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq)
    return surface.read(NAME, _TABLE, power=4)(point.dm2_41, point.sin2_2theta_mue)
