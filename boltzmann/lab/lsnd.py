"""LSND, nubar_mu -> nubar_e from mu+ decay at rest: Aguilar et al. 2001, hep-ex/0104049.

The eleven bins of reconstructed L/E of the events with R_gamma > 10 (figure 24), Poisson in the counts with the beam on
and off, with pulls of the signal and of the background made by the beam. The paper's own likelihood uses every event's
energy, R_gamma, z and angle and decay in flight; these bins do not have that.

What comes out, compared with the regions of the paper's own likelihood: the bins carry two thirds of its information,
so that its contours run at `INFORMATION` times the thresholds of Wilks above the minimum below `DM2_MAX` (`critical`).
Then the edges of the 90 and 99 % regions in sin^2 2theta agree within 0.15 dex from 0.1 to 2 eV^2; with the thresholds
of Wilks they are up to 0.25 dex too wide. -2 ln L of no oscillation is 16 above that minimum, 29 in the full analysis.

Above `DM2_MAX` the bins know too little: the region is 1.1 to 2.7 times too large, and a minimum at 7.5 eV^2, 3.0 lower
than that at 0.94 eV^2, is none of the full analysis. (Counted from there, Wilks gives the 99 % region within 0.17 dex.)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from boltzmann import ecsv
from boltzmann.lab import decay_at_rest, inverse_beta
from boltzmann.lab.counts import OnOff, profiled
from boltzmann.lab.parameters import checked
from boltzmann.lab.response import Response, in_bins
from boltzmann.lab.setups import setup
from boltzmann.lab.statistics import threshold
from boltzmann.numerics.arrays import Array

__all__ = [
    "CHANNEL",
    "CITATION",
    "DM2_MAX",
    "INFORMATION",
    "NAME",
    "N_DATA",
    "VALIDITY",
    "VERIFIED",
    "appeared",
    "chi2",
    "chi2_of",
    "critical",
    "expected",
]

NAME = "LSND"
CITATION = "Aguilar et al. (LSND) 2001, hep-ex/0104049"
CHANNEL = "mue"
VERIFIED = True
N_DATA = 11
DM2_MAX = 3.0  # [eV^2]
#: Delta(-2 ln L) of the bins where the full likelihood has 1, fitted to the 24 edges of its 90 and 99 % regions from
#: 0.1 to 2 eV^2 (rms difference 0.07 dex).
INFORMATION = 0.66
VALIDITY = (
    "R_gamma > 10 bins of L/E, decay at rest only: for dm2_41 < 3 eV2, where the regions at Delta = lsnd.critical(cl) "
    "agree with the published ones within 0.15 dex; above, the bins exclude too little"
)

_TABLE = "lab/lsnd.ecsv"
_WIDTH = 0.1  # of the bins [m/MeV]


def chi2(dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0, *, decay: float = 0.0) -> Array:
    """Return -2 ln L relative to a perfect fit, minimised over signal, background and beam-off pulls.

    Parameters
    ----------
    dm2_41 : float, array [eV^2], Quantity or str
        m_4^2 - m_1^2.
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2; all four broadcast. Only 4 |U_e4|^2 |U_mu4|^2 matters: the few nubar_e in the beam are not reduced.
    decay : float [eV^2]
        m_4 Gamma of invisible decay.

    Raises
    ------
    ParameterError
        A parameter is not allowed.
    """
    point = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq)
    return chi2_of(point.sin2_2theta_mue[..., None] * expected(point.dm2_41, decay))


def chi2_of(signal: Array) -> Array:
    """Return -2 ln L of signal events in the bins, (..., 11), minimised as in `chi2`."""
    numbers = setup(NAME)
    background_error = numbers["neutrino_background_error"] / numbers["neutrino_background"]
    data, background = _counts()
    return profiled(data, signal, background, numbers["signal_error"], background_error)


def critical(cl: float, dm2_41: Any, sin2_2theta_mue: Any) -> Array:
    """Return the Delta(-2 ln L) above the minimum below `DM2_MAX` at which the published contour of a CL runs.

    Parameters
    ----------
    cl : float
        Between 0 and 1; compared with the published regions at 0.9 and 0.99.
    dm2_41, sin2_2theta_mue : float or array
        Give the shape; the threshold is the same everywhere.

    Raises
    ------
    ParameterError
        `cl` is not allowed.
    """
    return np.full(np.broadcast_shapes(np.shape(dm2_41), np.shape(sin2_2theta_mue)), INFORMATION * threshold(cl))


def expected(dm2_41: Array, decay: float = 0.0) -> Array:
    """Return the signal events of each bin for sin^2 2theta = 1, ``(*dm2_41.shape, 11)``."""
    response = _response()
    return np.asarray(response.totals * response.mean_sin2(np.asarray(dm2_41, dtype=np.float64), decay))


def appeared(nubar_e: Callable[[Array, Array], Array]) -> Array:
    """Return the signal events (11,) of a flux of nubar_e, see `decay_at_rest.appeared`."""
    numbers = setup(NAME)
    events = numbers["full_transmutation"] * numbers["gamma_efficiency"]
    return events * decay_at_rest.appeared(numbers["nearest"], numbers["farthest"], _accepted, nubar_e)


@cache
def _counts() -> tuple[OnOff, Array]:
    """Return the counts and the expected background made by the beam, (11,)."""
    numbers = setup(NAME)
    on, off, neutrinos, intrinsic = ecsv.numbers(
        _TABLE, ("beam_on", "beam_off", "neutrino_background", "intrinsic")
    ).values()
    ratio = numbers["beam_off"] / numbers["beam_off_error"] ** 2  # scaled Poisson counts: error^2 = off/ratio
    return OnOff(on, off, ratio), neutrinos + intrinsic


@cache
def _response() -> Response:
    """Return the bins' events of full transmutation."""
    numbers = setup(NAME)
    events = numbers["full_transmutation"] * numbers["gamma_efficiency"]
    response = decay_at_rest.response(numbers["nearest"], numbers["farthest"], _accepted)
    return Response(response.edges, events * response.events)


def _accepted(L: Array, E: Array) -> Array:
    """Return the chance that a neutrino is reconstructed in each bin of L/E, (11, n_L, n_E).

    The position is known well; the positron's energy has an error and lies within the selection.
    """
    numbers = setup(NAME)
    low = ecsv.numbers(_TABLE, ["L_over_E_low"])["L_over_E_low"][:, None, None]
    E_e = inverse_beta.positron_energy(E)
    sigma = numbers["resolution_at_endpoint"] * np.sqrt(decay_at_rest.ENDPOINT * E_e)
    window = (numbers["E_low"], numbers["E_high"])
    least, most = (np.clip(inverse_beta.positron_energy(L / edge), *window) for edge in (low + _WIDTH, low))
    return in_bins(E_e, least, most, sigma)
