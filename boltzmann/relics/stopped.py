"""Which share of the muons and charged pions that stopped decay, and are not lost before: in pairs, or on nucleons.

Where N is abundant, so are the mu and pi of its decays, and they meet a partner before they decay (arXiv:2411.00892,
2411.00931). Their number follows at once; n of each charge, N makes Br of them in each decay (derived)::

    n_N Br/tau = Gamma n + sigma v n^2,    decaying share p = Gamma_free n tau/(n_N Br),    Gamma = Gamma_free + capture
                                           = (Gamma_free/Gamma) 2/(1 + (1 + 4 sigma v n_N Br/(tau Gamma^2))^(1/2))

At rest, S waves (derived: from sigma(e+e- -> mu+mu-) by detailed balance; from positronium; from the width of pionium,
(2/9) alpha^3 p* (a_0 - a_2)^2, over its density at the origin, alpha^3 m_pi^3/(8 pi))::

    mu+ mu- -> e+ e-, gamma gamma    pi alpha^2/m_mu^2 each
    pi+ pi- -> pi0 pi0               (16 pi/9) p* (a_0 - a_2)^2/m_pi,  p* = (m_pi^2 - m_pi0^2)^(1/2), a in 1/m_pi

times the attraction X/(1 - e^-X), X = 2 pi alpha <1/v>, of a thermal pair. Of pions each charge is captured by half of
the nucleons (pi- by p, pi+ by n), with sigma v of `boltzmann.cmb.bbn_mesons`: as fast as decay at 4.5 MeV, 1 % of it at
1 MeV. What is lost heats the plasma. Muons of pions are those of the pions that decayed.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from boltzmann.constants import ALPHA, M_E, M_MU
from boltzmann.numerics.arrays import Array
from boltzmann.relics.channels import M_PI, M_PI0, PION_LINE, Channel
from boltzmann.relics.decay import Lepton
from boltzmann.units import C_LIGHT, HBAR

SCATTERING_LENGTH = 0.265  # a_0 - a_2 of pi pi in 1/m_pi, hep-ph/0103088
LIFETIMES = {"mu": 2.1969811e-6, "pi": 2.6033e-8}  # s, PDG 2022
MASSES = {"mu": M_MU, "pi": M_PI}  # MeV
ON_NUCLEONS = 4.5e-23 * HBAR / (HBAR * C_LIGHT) ** 3  # sigma v of pi- p and pi+ n [MeV^-2], mean of both
BARYONS = 6.1e-10 * 2.0 * 1.2020569 / np.pi**2  # n_b/T^3, eta of arXiv:1807.06209


def annihilation(kind: str) -> float:
    """Return sigma v [MeV^-2] of a pair of ``kind`` ("mu" or "pi") at rest, without its attraction."""
    if kind == "mu":
        return float(2.0 * np.pi * ALPHA**2 / M_MU**2)
    released = np.sqrt(M_PI**2 - M_PI0**2)
    return float(16.0 * np.pi / 9.0 * released * SCATTERING_LENGTH**2 / M_PI**3)


def attraction(kind: str, T: Array | float) -> Array:
    """Return the enhancement of slow pairs of ``kind`` at ``T`` [MeV], with the thermal mean of 1/v."""
    X = 2.0 * np.pi * ALPHA * np.sqrt(MASSES[kind] / (np.pi * np.asarray(T)))
    return np.asarray(X / -np.expm1(-X))


def made(channels: Iterable[Channel]) -> tuple[float, float]:
    """Return the pions, and the muons that are not from pions, of each charge per decay of N."""
    found = tuple(channels)
    e_pi, mu_pi = (sum(c.branching for c in found if c.kind == kind) for kind in ("e pi", "mu pi"))
    return 0.5 * (e_pi + mu_pi), 0.5 * mu_pi


def decaying(kind: str, T: Array | float, production: Array | float) -> Array:
    """Return the share of ``kind`` that decay.

    Parameters
    ----------
    kind : str
        "mu" or "pi".
    T : float or array
        [MeV].
    production : float or array
        Of each charge, per volume and time [MeV^4]: n_N Br/tau.
    """
    free = HBAR / LIFETIMES[kind]
    width = free + (0.5 * BARYONS * np.asarray(T) ** 3 * ON_NUCLEONS if kind == "pi" else 0.0)
    strength = annihilation(kind) * attraction(kind, T) * np.maximum(production, 0.0) / width**2
    return np.asarray(free / width * 2.0 / (1.0 + np.sqrt(1.0 + 4.0 * strength)))


def decayed(lepton: Lepton, x: float, T: float, number: float) -> Array:
    """Return the rows of ``lepton.stopped`` with the neutrinos of those that decay.

    Parameters
    ----------
    lepton : Lepton
    x : float
    T : float
        [MeV].
    number : float
        Comoving number density of N.
    """
    pions, muons = lepton.charged
    if pions + muons == 0.0:
        return lepton.stopped
    decays = number * (M_E / x) ** 3 * lepton.width  # per volume and time
    of_pions = float(decaying("pi", T, pions * decays))
    sources = pions * of_pions + muons
    of_muons = float(decaying("mu", T, sources * decays)) * sources / (pions + muons)
    rows = lepton.stopped.copy()
    rows[:, 1:] *= np.where(rows[:, :1] == PION_LINE, of_pions, of_muons)
    return rows
