"""Whether decays and inverse decays nu_4 <-> nu_k phi keep neutrinos from streaming freely, and when nu_4 is gone.

A decay nu_4 -> nu_k phi of a relativistic nu_4 and its inverse change momenta by angles ~ m_4/E only. How fast they
destroy anisotropic stress is debated: Gamma_0 (m_4/E)^3 by a random walk of angles (arXiv:hep-ph/0509278, 1311.3873),
Gamma_0 (m_4/E)^5 by the collision term (arXiv:2011.01502). Here it is the weaker one unless asked; mass state k belongs
to the fluid if that rate exceeds H anywhere between z = 1e5, when multipole 2500 enters the horizon, and recombination.
Below E = m_4 the ratio m_4/E is 1: one decay changes everything.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from boltzmann.constants import EV, KELVIN, T_CMB_K
from boltzmann.dark.decay import rest_frame_rates
from boltzmann.dark.mediator import SecretInteraction
from boltzmann.kinetics.sterile_history import late_hubble
from boltzmann.numerics.arrays import Array
from boltzmann.parameters import Mixing

TRANSPORT = 5  # power of m_4/E
HORIZON, RECOMBINATION = 1e5, 1100.0  # redshifts
MEAN_MOMENTUM = 3.151 * (4.0 / 11.0) ** (1.0 / 3.0)  # of a neutrino, over T_gamma
POINTS = 200


class Decaying(Protocol):
    """What this module needs of a Solution."""

    @property
    def mixing(self) -> Mixing: ...  # noqa: D102
    @property
    def interactions(self) -> tuple[SecretInteraction, ...]: ...  # noqa: D102
    @property
    def N_eff(self) -> float: ...  # noqa: D102


class Transport(NamedTuple):
    """What decays do to free streaming.

    Attributes
    ----------
    rates : (3,) array
        Gamma_0k [MeV], the rates of nu_4 -> nu_k phi at rest.
    largest : (3,) array
        Largest Gamma_0k (m_4/E)^power/H between z = 1e5 and recombination.
    redshift : float
        At which half of nu_4 would have decayed, Gamma_0 m_4/E = H; 0 if it is stable until today.
    """

    rates: Array
    largest: Array
    redshift: float


def mean_energy(redshift: Array) -> Array:
    """Return the mean momentum [eV] of a neutrino that decoupled relativistically."""
    return np.asarray(MEAN_MOMENTUM * T_CMB_K * KELVIN / EV * (1.0 + redshift))


def transport(solution: Decaying, masses: Array, power: int = TRANSPORT) -> Transport:
    """Return the rates of decays of a solution whose states have ``masses`` (n,) [eV].

    Parameters
    ----------
    solution : Solution
        Mixing, interactions and N_eff.
    masses : array
        m_1, ..., m_n [eV].
    power : int
        Of m_4/E in the rate at which decays destroy anisotropic stress: 5 or 3.
    """
    rates = np.zeros(3)
    for interaction in solution.interactions:
        if len(masses) == 4 and masses[3] > 0.0 and hasattr(interaction, "mediator"):
            rates = rates + rest_frame_rates(interaction.mediator(), solution.mixing.U, masses * EV)
    z = np.geomspace(RECOMBINATION, HORIZON, POINTS)
    boost = np.minimum(1.0, masses[-1] / mean_energy(z))
    largest = rates * float(np.max(boost**power / late_hubble(z, solution.N_eff)))
    return Transport(rates, largest, decay_redshift(float(rates.sum()), float(masses[-1]), solution.N_eff))


def decay_redshift(rate: float, mass: float, N_eff: float) -> float:
    """Return the largest redshift at which Gamma_0 m_4/E = H, for Gamma_0 [MeV] and m_4 [eV]; 0 if not until today."""
    z = np.append(np.geomspace(1e9, 1e-3, 1200), 0.0)
    energy = np.hypot(mean_energy(z), mass)
    reached = np.flatnonzero(rate * mass / energy >= late_hubble(z, N_eff)) if mass > 0.0 else np.empty(0, int)
    return float(z[reached[0]]) if reached.size else 0.0
