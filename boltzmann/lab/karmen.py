"""KARMEN2, nubar_mu -> nubar_e from mu+ decay at rest: Armbruster et al. 2002, hep-ex/0203021.

Nine bins of visible energy (figure 11), Poisson. The paper's likelihood uses every event's energy, position and time;
hence limits of the bins differ from its own: with the threshold of Wilks the one at large dm2_41 is 1.5e-3 in place of
the published 1.7e-3 (90 %), where Delta is 5.28. So contours run at `CALIBRATION` times Wilks (`critical`), as those of
LSND run at a factor of its own; at full mixing they then end at 0.060 eV^2, published 0.055. A fit of one amplitude
needs another factor, `muon_decay.KARMEN_SHARE`, because the published limits are those of Feldman and Cousins, after a
downward fluctuation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from boltzmann import ecsv
from boltzmann.constants import M_E
from boltzmann.lab import decay_at_rest, inverse_beta
from boltzmann.lab.counts import deviance
from boltzmann.lab.parameters import checked
from boltzmann.lab.response import Response, in_bins
from boltzmann.lab.setups import setup
from boltzmann.lab.statistics import threshold
from boltzmann.numerics.arrays import Array

__all__ = [
    "CALIBRATION",
    "CHANNEL",
    "CITATION",
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

NAME = "KARMEN"
CITATION = "Armbruster et al. (KARMEN) 2002, hep-ex/0203021"
CHANNEL = "mue"
VERIFIED = True
N_DATA = 9
#: Delta at the published 90 % limit of large dm2_41, 1.7e-3, over that of Wilks.
CALIBRATION = 1.146
VALIDITY = (
    "nine bins of energy in place of a likelihood of events: contours at Delta = karmen.critical(cl), 1.15 times Wilks"
)

_TABLE = "lab/karmen.ecsv"
_WIDTH = 4.0  # of the bins [MeV]


def chi2(dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0, *, decay: float = 0.0) -> Array:
    """Return -2 ln L relative to a perfect fit; there are no pulls.

    Parameters
    ----------
    dm2_41 : float, array [eV^2], Quantity or str
        m_4^2 - m_1^2.
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2; all four broadcast. Only 4 |U_e4|^2 |U_mu4|^2 matters.
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
    """Return -2 ln L of signal events in the bins, (..., 9)."""
    counts, background = _counts()
    return np.asarray(deviance(counts, signal + background).sum(axis=-1))


def expected(dm2_41: Array, decay: float = 0.0) -> Array:
    """Return the signal events of each bin for sin^2 2theta = 1, ``(*dm2_41.shape, 9)``."""
    response = _response()
    return np.asarray(response.totals * response.mean_sin2(np.asarray(dm2_41, dtype=np.float64), decay))


def critical(cl: float, dm2_41: Any, sin2_2theta_mue: Any) -> Array:
    """Return the Delta(-2 ln L) at which the published contour of a CL runs: `CALIBRATION` times that of Wilks.

    The same everywhere; the arguments give the shape.
    """
    return np.full(np.broadcast_shapes(np.shape(dm2_41), np.shape(sin2_2theta_mue)), CALIBRATION * threshold(cl))


def appeared(nubar_e: Callable[[Array, Array], Array]) -> Array:
    """Return the signal events (9,) of a flux of nubar_e, see `decay_at_rest.appeared`."""
    events = 2.0 * setup(NAME)["full_mixing"]
    return events * decay_at_rest.appeared(*_extent(), _accepted, nubar_e)


def _extent() -> tuple[float, float]:
    """Return the nearest and the farthest distance [m]."""
    numbers = setup(NAME)
    return numbers["distance"] - numbers["half_length"], numbers["distance"] + numbers["half_length"]


@cache
def _counts() -> tuple[Array, Array]:
    """Return candidates and expected background, (9,)."""
    columns = ecsv.numbers(_TABLE, ("events", "background"))
    return columns["events"], columns["background"]


@cache
def _response() -> Response:
    """Return the bins' events of full transmutation: twice those of full mixing with fast oscillation."""
    numbers = setup(NAME)
    response = decay_at_rest.response(*_extent(), _accepted)
    return Response(response.edges, 2.0 * numbers["full_mixing"] * response.events)


def _accepted(L: Array, E: Array) -> Array:
    """Return the chance that a neutrino is found in each bin of visible energy, (9, n_L, n_E).

    The positron annihilates inside: visible are E_e + m_e.
    """
    low = ecsv.numbers(_TABLE, ["E_low"])["E_low"][:, None, None]
    visible = inverse_beta.positron_energy(E) + M_E
    found = in_bins(visible, low, low + _WIDTH, setup(NAME)["resolution"] * np.sqrt(visible))
    return np.broadcast_to(found, (len(low), *np.broadcast_shapes(L.shape, E.shape)))
