"""PROSPECT: spectra at 6.7 to 9.3 m from a research reactor (Andriamirado et al. 2021, arXiv:2006.11210).

`chi2` interpolates ``data/lab/prospect2021.ecsv``, our own chi^2 of the collaboration's release
(`boltzmann.lab.prospect_release`), made by ``scripts/make_surface_tables.py``. With decay it is computed from what of
the release depends on the survival of nu_4 (`boltzmann.lab.prospect_signal`). Both depend on ratios of spectra at
different baselines alone, not on the flux or spectrum of the reactor: of a nu_4 that has decayed before 6.7 m nothing
is seen, P_ee = (1 - |U_e4|^2)^2 everywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.lab.parameters import checked
from boltzmann.lab.prospect_signal import DM2_MAX, projected
from boltzmann.lab.surface import Tabulated
from boltzmann.numerics.arrays import Array

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "NAME", "VALIDITY", "VERIFIED", "chi2"]

NAME = "PROSPECT"
CITATION = "Andriamirado et al. (PROSPECT) 2021, arXiv:2006.11210, and its data release"
CHANNEL = "ee"
VERIFIED = True
VALIDITY = (
    "Own analysis of the released spectra, covariance and responses, up to 20 eV2, good to 3 in Delta where that is "
    "below 100; the paper's contours are calibrated by simulation, these are not. Not the final data "
    "(arXiv:2406.10408)."
)
_STABLE = Tabulated(NAME, "lab/prospect2021.ecsv", "sin2_2theta_ee")
_LARGEST = 0.9  # |U_e4|^2 with decay: of more, less than 1 % arrive, and weights are good to 1e-4


def chi2(dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0, *, decay: float = 0.0) -> Array:
    """Return chi^2 minus the smallest one of a stable nu_4.

    Parameters
    ----------
    dm2_41 : float, array [eV^2], Quantity or str
        Up to `DM2_MAX`.
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2; all four broadcast. Only |U_e4|^2 matters.
    decay : float [eV^2]
        m_4 Gamma of invisible decay.

    Raises
    ------
    ParameterError
        A parameter is not allowed, or beyond the tables.
    """
    if not decay:
        return _STABLE.chi2(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq)
    point, own = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq), projected()
    for name, values, largest in (("dm2_41", point.dm2_41, DM2_MAX), ("Ue4_sq", point.Ue4_sq, _LARGEST)):
        if np.any(values > largest):
            raise ParameterError(
                f"{name} = {np.max(values):g} is not allowed for {NAME} with decay; give at most {largest:g}, "
                "up to which its averages are good"
            )
    none = _STABLE.chi2(1.0) - own.chi2_of(np.ones(own.events.size))
    return np.asarray(none + own.chi2(point.dm2_41, point.Ue4_sq, decay))
