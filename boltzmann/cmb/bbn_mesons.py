"""Neutrons and protons converted by charged pions from decays of heavy leptons, and what that does to helium.

pi- p -> n and pi+ n -> p are strong reactions: few pions matter until weak reactions have frozen. A pion stops and
lives tau_pi, so that n_pi = p n_N Br tau_pi/tau_N at once, p of `boltzmann.relics.stopped`. Helium is multiplied by the
ratio of neutrons with and without pions when deuterium forms (`neutrons.helium_factor`).

    <sigma v> = 4.3e-23 m^3/s F_c (pi- p), 4.3e-23/0.9 m^3/s (pi+ n),    F_c = X/(1 - e^-X),
    X = 2 pi alpha/(sqrt(T/m_pi) + sqrt(T/m_p))

(public code of arXiv:2507.12270, after arXiv:2008.00749). Pions that annihilate or are captured before they decay are
fewer (`boltzmann.relics.stopped`); that counts while N is abundant, long before pions decide on helium. Kaons are left
out: e K opens at 494.2 MeV, and at 500 MeV has 6e-5 of the width of e pi (the same formula, f_K = 155.7 MeV, V_us =
0.2243), while K- p -> n is 22 times faster than pi- p -> n and a kaon lives half as long: 6e-4 of what pions do.
"""

from __future__ import annotations

import numpy as np

from boltzmann.constants import ALPHA, M_E
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.smooth import along
from boltzmann.relics.channels import M_PI
from boltzmann.relics.model import LeptonModel, Model
from boltzmann.relics.stopped import LIFETIMES, decaying
from boltzmann.solution import Solution
from boltzmann.units import C_LIGHT, HBAR

M_P = 938.27209  # proton mass [MeV], PDG 2022
_NONE = 1e-100  # comoving number of parents of which nothing is left
ON_PROTONS, ON_NEUTRONS = 4.3e-23, 4.3e-23 / 0.9  # m^3/s
LATEST = 0.1  # s: at longer lifetimes pions come when nuclei form
_MEV_METRES = HBAR * C_LIGHT  # [MeV m]


def charged_pions(model: Model) -> float:
    """Return the pions of each charge per decay; none of a particle in equilibrium."""
    if not isinstance(model, LeptonModel):
        return 0.0
    return 0.5 * sum(c.branching for c in model.channels if c.kind in ("e pi", "mu pi"))


def attraction(X: Array) -> Array:
    """Return X/(1 - e^-X), by which opposite charges are denser where they meet; X = 2 pi alpha/v."""
    return np.asarray(X / -np.expm1(-X))


def coulomb(T: Array) -> Array:
    """Return F_c of a slow pi- at a proton, at ``T`` [MeV]."""
    return attraction(2.0 * np.pi * ALPHA / (np.sqrt(T / M_PI) + np.sqrt(T / M_P)))


def _pions(model: LeptonModel, number: Array, T: Array) -> Array:
    """Return the pions of each charge [1/m^3] beside ``number`` N [MeV^3] at ``T`` [MeV]."""
    made = number * charged_pions(model) * HBAR / model.lifetime  # [MeV^4]
    share = decaying("pi", T, made) if model.losses else 1.0
    return np.asarray(share * made * LIFETIMES["pi"] / HBAR / _MEV_METRES**3)


def relics_of(solution: Solution) -> list[Model]:
    """Return the relics of a run, in the order of `RelicHistory`."""
    return [interaction.relic() for interaction in solution.interactions if hasattr(interaction, "relic")]


def pion_rates(solution: Solution, s: Array, T: Array) -> tuple[Array, Array]:
    """Return the rates [1/s] of n -> p by pi+ and of p -> n by pi-, at ln x and T (n,) [MeV].

    Between steps the logarithm of the number of parents goes like time, x^2: it decays by several e-folds in one.
    """
    assert solution.relic is not None
    pions = np.zeros_like(s)
    for number, model in zip(solution.relic.number.T, relics_of(solution), strict=True):
        if isinstance(model, LeptonModel):
            log_number = along(np.exp(2.0 * s), solution.x**2, np.log(np.maximum(number, _NONE)))
            pions += _pions(model, np.exp(log_number) * (M_E / np.exp(s)) ** 3, T)
    return pions * ON_NEUTRONS, pions * ON_PROTONS * coulomb(T)
