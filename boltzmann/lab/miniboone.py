"""MiniBooNE, nu_mu -> nu_e in both beams (arXiv:2006.16883): a small table of our own Delta(-2 ln L), or the release.

`chi2` interpolates ``data/lab/miniboone2020.ecsv``, which ``scripts/make_miniboone_table.py`` computed with the exact
statistic of `boltzmann.lab.miniboone_release` from a copy of the collaboration's data release; with such a copy,
``release(folder).minus_two_ln_L`` is that statistic itself.

The official contours are calibrated by simulation. `critical` returns the Delta on which they run, which depends on
CL, dm2_41 and the side of the best amplitude; it exceeds the quantiles of chi^2 with two degrees of freedom by up to
20 %.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from boltzmann import ecsv
from boltzmann.errors import ParameterError
from boltzmann.lab import miniboone_signal, miniboone_table
from boltzmann.lab.miniboone_release import CONTOURS, Release, release
from boltzmann.lab.parameters import by_splitting, checked
from boltzmann.numerics.arrays import Array

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "NAME", "VALIDITY", "VERIFIED", "Release", "chi2", "critical", "release"]

NAME = "MiniBooNE"
CITATION = "Aguilar-Arevalo et al. (MiniBooNE) 2020, arXiv:2006.16883, combined fit of both beams, and its data release"
CHANNEL = "mue"
VERIFIED = True
DM2_MAX = miniboone_table.RANGE[1]
VALIDITY = (
    "Two-neutrino appearance as in the official fit: disappearance of the nu_e background and of nu_mu is left out. "
    "The table is within 0.3 of the exact statistic for Delta below 20 and dm2_41 up to 100 eV2, where it ends. "
    "The valley is flat toward sin2_2theta_mue = 1 at 0.04 eV2: compare Delta, not positions. "
    "Delta is not distributed as chi^2; the official contours run at Delta = miniboone.critical(cl, dm2_41, sin2)."
)
_TABLE, _CRITICAL = "lab/miniboone2020.ecsv", "lab/miniboone2020_critical.ecsv"


@cache
def _table() -> miniboone_table.Table:
    return miniboone_table.read(_TABLE)


def _covered(dm2_41: Array) -> None:
    """Refuse splittings beyond the table."""
    if np.any(dm2_41 > DM2_MAX):
        raise ParameterError(
            f"dm2_41 = {dm2_41.max():g} eV2 is not allowed for {NAME}; give at most {DM2_MAX:g} eV2, where the table "
            "and the official contours end, because the simulated events are too few to resolve faster oscillations"
        )


def chi2(dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0, *, decay: float = 0.0) -> Array:
    """Return -2 ln L minus its smallest value, from the table.

    Parameters
    ----------
    dm2_41 : float, array [eV^2], Quantity or str
        Up to 100 eV^2.
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2; only sin^2 2theta_mue = 4 |U_e4|^2 |U_mu4|^2 enters. All four broadcast.
    decay : float [eV^2]
        m_4 Gamma of invisible decay. Then the statistic is that of
        `boltzmann.lab.miniboone_signal`, on the same scale.

    Raises
    ------
    ParameterError
        A parameter is not allowed, or dm2_41 is beyond the table.
    """
    point = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq)
    _covered(point.dm2_41)
    if decay > 0.0:
        values, inverse = by_splitting(point.dm2_41)
        signal = np.array([miniboone_signal.oscillated(float(value), decay) for value in values])[inverse]
        null = _table()(np.array(1.0), np.array(0.0))
        return np.asarray(null - miniboone_signal.gain(point.sin2_2theta_mue[..., None] * signal))
    return _table()(point.dm2_41, point.sin2_2theta_mue)


def critical(cl: float, dm2_41: Any, sin2_2theta_mue: Any) -> Array:
    """Return the Delta(-2 ln L) at which the official contour of a CL runs: a point below it is inside.

    It depends on dm2_41 and on whether the amplitude is below or above the best one at that dm2_41, and is interpolated
    in ln dm2_41 between medians along the contour; beyond the splittings that the contour reaches, the last one holds.

    Parameters
    ----------
    cl : {0.6827, 0.9, 0.95, 0.99, 0.9973}
    dm2_41 : float or array [eV^2]
        Up to 100 eV^2.
    sin2_2theta_mue : float or array
        Broadcasts against `dm2_41`.

    Raises
    ------
    ParameterError
        There is no official contour of that CL, or dm2_41 is beyond the table.
    """
    if cl not in CONTOURS:
        raise ParameterError(f"cl = {cl} has no official contour; choose from {', '.join(map(str, CONTOURS))}")
    splitting, amplitude = np.broadcast_arrays(np.asarray(dm2_41, float), np.asarray(sin2_2theta_mue, float))
    _covered(splitting)
    columns = ecsv.numbers(_CRITICAL, ["cl", "dm2_41", "below", "above"])
    nodes, below, above = (columns[key][columns["cl"] == cl] for key in ("dm2_41", "below", "above"))
    logs = np.log(np.maximum(splitting, nodes[0]))
    rises = _table().rises(splitting, amplitude)
    return np.asarray(np.where(rises, np.interp(logs, np.log(nodes), above), np.interp(logs, np.log(nodes), below)))
