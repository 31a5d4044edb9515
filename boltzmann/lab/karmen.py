"""KARMEN2, nubar_mu -> nubar_e from mu+ decay at rest: Armbruster et al. 2002, hep-ex/0203021.

Nine bins of visible energy (figure 11), Poisson. The paper's likelihood uses every event's energy, position and time;
hence limits of the bins differ from its own, by 10 to 30 % at large dm2_41 (1.7e-3 at 90 % in the paper).
"""

from __future__ import annotations

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
from boltzmann.numerics.arrays import Array

__all__ = ["CHANNEL", "CITATION", "NAME", "N_DATA", "VALIDITY", "VERIFIED", "chi2", "expected"]

NAME = "KARMEN"
CITATION = "Armbruster et al. (KARMEN) 2002, hep-ex/0203021"
CHANNEL = "mue"
VERIFIED = True
N_DATA = 9
VALIDITY = "nine bins of energy in place of a likelihood of events: limits at large dm2_41 are 10 to 30 % too strong"

_TABLE = "lab/karmen.ecsv"
_WIDTH = 4.0  # of the bins [MeV]


def chi2(dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0) -> Array:
    """Return -2 ln L relative to a perfect fit; there are no pulls.

    Parameters
    ----------
    dm2_41 : float, array [eV^2], Quantity or str
        m_4^2 - m_1^2.
    Ue4_sq, Umu4_sq, Utau4_sq : float or array
        |U_a4|^2; all four broadcast. Only 4 |U_e4|^2 |U_mu4|^2 matters.

    Raises
    ------
    ParameterError
        A parameter is not allowed.
    """
    point = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq)
    counts, background = _counts()
    signal = point.sin2_2theta_mue[..., None] * expected(point.dm2_41)
    return np.asarray(deviance(counts, signal + background).sum(axis=-1))


def expected(dm2_41: Array) -> Array:
    """Return the signal events of each bin for sin^2 2theta = 1, ``(*dm2_41.shape, 9)``."""
    response = _response()
    return np.asarray(response.totals * response.mean_sin2(np.asarray(dm2_41, dtype=np.float64)))


@cache
def _counts() -> tuple[Array, Array]:
    """Return candidates and expected background, (9,)."""
    columns = ecsv.numbers(_TABLE, ("events", "background"))
    return columns["events"], columns["background"]


@cache
def _response() -> Response:
    """Return the bins' events of full transmutation: twice those of full mixing with fast oscillation."""
    numbers = setup(NAME)
    near, far = (numbers["distance"] + sign * numbers["half_length"] for sign in (-1, 1))
    response = decay_at_rest.response(near, far, _accepted)
    return Response(response.edges, 2.0 * numbers["full_mixing"] * response.events)


def _accepted(L: Array, E: Array) -> Array:
    """Return the chance that a neutrino is found in each bin of visible energy, (9, n_L, n_E).

    The positron annihilates inside: visible are E_e + m_e.
    """
    low = ecsv.numbers(_TABLE, ["E_low"])["E_low"][:, None, None]
    visible = inverse_beta.positron_energy(E) + M_E
    found = in_bins(visible, low, low + _WIDTH, setup(NAME)["resolution"] * np.sqrt(visible))
    return np.broadcast_to(found, (len(low), *np.broadcast_shapes(L.shape, E.shape)))
