"""Whether decays and inverse decays, nu_4 <-> nu_k phi or phi <-> nu_4 nu_k, keep neutrinos from streaming freely.

A decay nu_4 -> nu_k phi of a relativistic nu_4 and its inverse change momenta by angles ~ m_4/E only. How fast they
destroy anisotropic stress is debated: Gamma_0 (m_4/E)^3 by a random walk of angles (arXiv:hep-ph/0509278, 1311.3873),
Gamma_0 (m_4/E)^5 by the collision term (arXiv:2011.01502). Here it is the weaker one unless asked; mass state k belongs
to the fluid if that rate exceeds H anywhere between z = 1e5, when multipole 2500 enters the horizon, and recombination.
Below E = m_4 the ratio m_4/E is 1: one decay changes everything. A phi that is heavier than nu_4 decays itself, at rest
with g^2 |U_s4 U_sk|^2 m_phi/(8 pi) (1 - m_4^2/m_phi^2)^2 into nu_4 nu_k (derived: the crossed matrix element, twice
g^2 m_phi/(16 pi) of one Majorana neutrino, for the two are not identical); the same power of m_phi/E counts while phi
are there, T > m_phi/10.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from boltzmann.constants import EV, KELVIN, T_CMB_K
from boltzmann.dark.decay import rest_frame_rates, strengths
from boltzmann.dark.mediator import Mediator, SecretInteraction
from boltzmann.kinetics.sterile_history import late_hubble
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.parameters import Mixing

TRANSPORT = 5  # power of m_4/E
HORIZON, RECOMBINATION = 1e5, 1100.0  # redshifts
MEAN_OVER_T = 3.151  # of a Fermi-Dirac spectrum
MEAN_MOMENTUM = MEAN_OVER_T * (4.0 / 11.0) ** (1.0 / 3.0)  # of a neutrino, over T_gamma
POINTS = 200
GONE = 10.0  # m_phi/T beyond which phi have decayed


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
        Largest Gamma_0k (m_4/E)^power/H between z = 1e5 and recombination, of phi -> nu_4 nu_k where that is open.
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
    rates, largest = np.zeros(3), np.zeros(3)
    z = np.geomspace(RECOMBINATION, HORIZON, POINTS)
    hubble = late_hubble(z, solution.N_eff)
    for interaction in solution.interactions:
        if len(masses) == 4 and masses[3] > 0.0 and hasattr(interaction, "mediator"):
            mediator = interaction.mediator()
            found = rest_frame_rates(mediator, solution.mixing.U, masses * EV)
            boson = boson_rates(mediator, solution.mixing.U, masses * EV)
            there = mean_energy(z) * GONE > mediator.mass / EV * MEAN_OVER_T
            rates = rates + found
            largest = np.maximum(largest, found * _fastest(masses[3], z, power, hubble))
            if there.any():
                late = _fastest(mediator.mass / EV, z[there], power, hubble[there])
                largest = np.maximum(largest, boson * late)
    return Transport(rates, largest, decay_redshift(float(rates.sum()), float(masses[-1]), solution.N_eff))


def _fastest(mass: float, z: Array, power: int, hubble: Array) -> float:
    """Return the largest (mass/E)^power/H [1/MeV], for a mass [eV] and m/E of at most 1."""
    return float(np.max(np.minimum(1.0, mass / mean_energy(z)) ** power / hubble))


def boson_rates(mediator: Mediator, U: Complex, masses: Array) -> Array:
    """Return the rates (3,) [MeV] of phi -> nu_4 nu_k at rest; zero where they are closed. Masses in MeV."""
    closed = masses[:3] + masses[3] >= mediator.mass
    share = 1.0 - (masses[3] / max(mediator.mass, 1e-300)) ** 2
    return np.where(closed, 0.0, 2.0 * strengths(mediator, U) * mediator.mass * share**2)


def decay_redshift(rate: float, mass: float, N_eff: float) -> float:
    """Return the largest redshift at which Gamma_0 m_4/E = H, for Gamma_0 [MeV] and m_4 [eV]; 0 if not until today."""
    z = np.append(np.geomspace(1e9, 1e-3, 1200), 0.0)
    energy = np.hypot(mean_energy(z), mass)
    reached = np.flatnonzero(rate * mass / energy >= late_hubble(z, N_eff)) if mass > 0.0 else np.empty(0, int)
    return float(z[reached[0]]) if reached.size else 0.0
