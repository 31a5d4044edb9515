"""MicroBooNE 2025: nu_e from nu_mu in the Booster beam (HEPData 10.17182/hepdata.166435).

`chi2` interpolates ``data/lab/microboone2025.ecsv``, our own appearance-only chi^2 of the release
(`boltzmann.lab.microboone_release`), made by ``scripts/make_surface_tables.py``; with decay it is that of
`boltzmann.lab.microboone_signal`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from boltzmann.lab import microboone_signal
from boltzmann.lab.parameters import by_splitting, checked
from boltzmann.lab.surface import Tabulated
from boltzmann.numerics.arrays import Array

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "NAME", "VALIDITY", "VERIFIED", "chi2"]

NAME = "MicroBooNE"
CITATION = "MicroBooNE 2025, HEPData 10.17182/hepdata.166435; response of arXiv:2210.10216"
CHANNEL = "mue"
VERIFIED = True
DM2_MAX = 100.0  # [eV^2]
VALIDITY = (
    "Appearance in the Booster beam alone; neither disappearance of intrinsic nu_e nor the NuMI beam. 95 % limits "
    "within 25 % of the curve of 2022 (arXiv:2210.10216, appearance only) at 0.2 to 5 eV2. Up to 100 eV2."
)
_stable = Tabulated(NAME, "lab/microboone2025.ecsv", "sin2_2theta_mue", power=4).chi2


def chi2(dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0, *, decay: float = 0.0) -> Array:
    """Return chi^2 minus its smallest value.

    Parameters
    ----------
    dm2_41 : float, array [eV^2], Quantity or str
        Up to 100 eV^2.
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2; only sin^2 2theta_mue = 4 |U_e4|^2 |U_mu4|^2 enters. All four broadcast.
    decay : float [eV^2]
        m_4 Gamma of invisible decay.

    Raises
    ------
    ParameterError
        A parameter is not allowed, or dm2_41 is beyond the table.
    """
    if decay == 0.0:
        return _stable(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq)
    point = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq)
    values, inverse = by_splitting(point.dm2_41)
    signal = np.array([microboone_signal.oscillated(float(value), decay) for value in values])[inverse]
    null = _stable(np.minimum(point.dm2_41, DM2_MAX))
    return np.asarray(null - microboone_signal.gain(point.sin2_2theta_mue[..., None] * signal))
