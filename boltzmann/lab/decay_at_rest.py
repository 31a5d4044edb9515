"""Antimuon neutrinos from mu+ decay at rest, turned into nubar_e and seen by inverse beta decay (LSND, KARMEN)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from boltzmann.constants import M_MU
from boltzmann.lab import inverse_beta
from boltzmann.lab.response import Response, collected
from boltzmann.numerics.arrays import Array

__all__ = ["ENDPOINT", "appeared", "response", "spectrum"]

ENDPOINT = 0.5 * M_MU  # [MeV], up to m_e^2/m_mu
_LOWEST = 8.0  # [MeV]: below, positrons are out of reach of every experiment here
_BASELINES, _ENERGIES = 160, 900


def spectrum(E: Array) -> Array:
    """Return the spectrum of nubar_mu from mu+ decay at rest, per MeV and muon.

    (12/E_max) (E/E_max)^2 [1/2 - (E/E_max)/3] with E_max = m_mu/2, i.e. x^2 (3 - 2x) (Michel; derived with m_e = 0).
    """
    x = np.asarray(E, dtype=np.float64) / ENDPOINT
    return np.asarray(np.where((x > 0.0) & (x < 1.0), 2.0 * x**2 * (3.0 - 2.0 * x) / ENDPOINT, 0.0))


def response(nearest: float, farthest: float, accepted: Callable[[Array, Array], Array]) -> Response:
    """Return the events of full transmutation nubar_mu -> nubar_e in the bins of a detector, with a sum of 1.

    Parameters
    ----------
    nearest, farthest : float [m]
        The detector fills these distances; the flux falls as 1/L^2.
    accepted : callable
        Given distances (n_L, 1) and neutrino energies (n_E,), returns the chance to be found in each bin,
        (bins, n_L, n_E).
    """
    L, E = _grid(nearest, farthest)
    rate = spectrum(E) * inverse_beta.cross_section(E) / L[:, None] ** 2
    found = collected(L, E, accepted(L[:, None], E) * rate)
    return Response(found.edges, found.events / found.events.sum())


def appeared(
    nearest: float, farthest: float, accepted: Callable[[Array, Array], Array], nubar_e: Callable[[Array, Array], Array]
) -> Array:
    """Return the events in the bins of a detector of any nubar_e flux, in units of all events of full transmutation.

    Parameters
    ----------
    nearest, farthest, accepted
        As for `response`.
    nubar_e : callable
        Given distances (n_L, 1) [m] and energies (n_E,) [MeV], returns nubar_e per MeV and muon, (n_L, n_E), before
        the flux falls as 1/L^2; `spectrum` of the energies is full transmutation.

    Returns
    -------
    array (bins,)
    """
    L, E = _grid(nearest, farthest)
    detected = accepted(L[:, None], E) * inverse_beta.cross_section(E) / L[:, None] ** 2
    return np.asarray((detected * nubar_e(L[:, None], E)).sum((-2, -1)) / (detected * spectrum(E)).sum())


def _grid(nearest: float, farthest: float) -> tuple[Array, Array]:
    """Return distances [m] and energies [MeV]."""
    L = nearest + (farthest - nearest) * (np.arange(_BASELINES) + 0.5) / _BASELINES
    return L, _LOWEST + (ENDPOINT - _LOWEST) * (np.arange(_ENERGIES) + 0.5) / _ENERGIES
