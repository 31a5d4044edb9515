"""Neutrons and protons converted by charged pions from decays of heavy leptons, and what that does to helium.

pi- p -> n and pi+ n -> p are strong reactions: few pions matter until weak reactions have frozen. A pion stops and
lives tau_pi, so that n_pi = p n_N Br tau_pi/tau_N at once, p of `boltzmann.relics.stopped`. X_n of one scalar equation
with Born rates (Weinberg, Gravitation and Cosmology, eqs. 15.7.12-13) and T_nu of the run, with and without pions;
helium of the network is multiplied by the ratio at T = 0.2 MeV, when what is left are decays of neutrons, which both
have alike.

    <sigma v> = 4.3e-23 m^3/s F_c (pi- p), 4.3e-23/0.9 m^3/s (pi+ n),    F_c = X/(1 - e^-X),
    X = 2 pi alpha/(sqrt(T/m_pi) + sqrt(T/m_p))

(public code of arXiv:2507.12270, after arXiv:2008.00749). Pions that annihilate or are captured before they decay are
fewer (`boltzmann.relics.stopped`); that counts while N is abundant, long before pions decide on helium. Kaons are left
out: e K opens at 494.2 MeV, and at 500 MeV has 6e-5 of the width of e pi (the same formula, f_K = 155.7 MeV, V_us =
0.2243), while K- p -> n is 22 times faster than pi- p -> n and a kaon lives half as long: 6e-4 of what pions do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from boltzmann.cmb.neutrons import Q, neutrons, vacuum_decay
from boltzmann.constants import ALPHA, HUBBLE_MASS, M_E
from boltzmann.numerics.arrays import Array
from boltzmann.plasma.thermo import plasma_energy_density
from boltzmann.relics.channels import M_PI
from boltzmann.relics.model import LeptonModel, Model
from boltzmann.relics.stopped import LIFETIMES, decaying
from boltzmann.solution import Solution
from boltzmann.units import C_LIGHT, HBAR

M_P = 938.27209  # proton mass [MeV], PDG 2022
ON_PROTONS, ON_NEUTRONS = 4.3e-23, 4.3e-23 / 0.9  # m^3/s
HOT, END = 6.0, 0.2  # T [MeV] at which n and p are in equilibrium, and at which weak conversion has ended
LATEST = 0.1  # s: at longer lifetimes pions come when nuclei form
_POINTS = 3000
_MEV_METRES = HBAR * C_LIGHT  # [MeV m]


def charged_pions(model: Model) -> float:
    """Return the pions of each charge per decay; none of a particle in equilibrium."""
    if not isinstance(model, LeptonModel):
        return 0.0
    return 0.5 * sum(c.branching for c in model.channels if c.kind in ("e pi", "mu pi"))


def coulomb(T: Array) -> Array:
    """Return F_c of a slow pi- at a proton, at ``T`` [MeV]."""
    X = 2.0 * np.pi * ALPHA / (np.sqrt(T / M_PI) + np.sqrt(T / M_P))
    return np.asarray(X / -np.expm1(-X))


def born_rates(T: Array, T_nu: Array, tau_n: float) -> tuple[Array, Array]:
    """Return the rates [1/s] of n -> p and p -> n at plasma and neutrino temperatures [MeV]."""
    t, w = np.polynomial.legendre.leggauss(400)

    def integrals(low: Array, high: Array) -> tuple[Array, Array]:
        q = low[:, None] + 0.5 * (high - low)[:, None] * (1.0 + t)
        E = q + Q
        space = np.sqrt(np.maximum(1.0 - (M_E / E) ** 2, 0.0)) * E**2 * q**2 * w * 0.5 * (high - low)[:, None]
        nu, e = np.clip(q / T_nu[:, None], -600.0, 600.0), np.clip(E / T[:, None], -600.0, 600.0)
        forward = space / ((1.0 + np.exp(nu)) * (1.0 + np.exp(-e)))
        back = space / ((1.0 + np.exp(-nu)) * (1.0 + np.exp(e)))
        return forward.sum(axis=1), back.sum(axis=1)

    one, far = np.ones_like(T), 40.0 * np.maximum(T, T_nu)
    parts = [integrals(-(Q - M_E) * one, far), integrals(-(Q + M_E) * one - far, -(Q + M_E) * one)]
    scale = 1.0 / (tau_n * vacuum_decay())
    return scale * (parts[0][0] + parts[1][0]), scale * (parts[0][1] + parts[1][1])


def _history(solution: Solution) -> tuple[Array, Array, Array, Array]:
    """Return ln x, T [MeV], T_nu [MeV] and the Hubble rate [1/s] on a fine grid from `HOT` to `END`."""
    T, logs = solution.T.value, np.log(solution.x)
    first, last = np.interp(-np.log([HOT, END]), -np.log(T), logs)
    s = np.linspace(first, last, _POINTS)
    z = np.interp(s, logs, solution.z)
    x = np.exp(s)
    others = np.interp(s, logs, solution.total_density)
    energy = z**4 * plasma_energy_density(x / z, muons=solution.options.muons) + others
    rate = M_E**2 / x**2 * np.sqrt(energy) / HUBBLE_MASS / HBAR
    T_nu = np.interp(s, logs, solution.energy_density("e")) ** 0.25 * M_E / x
    return s, z * M_E / x, T_nu, rate


def _pions(model: LeptonModel, number: Array, T: Array) -> Array:
    """Return the pions of each charge [1/m^3] beside ``number`` N [MeV^3] at ``T`` [MeV]."""
    made = number * charged_pions(model) * HBAR / model.lifetime  # [MeV^4]
    share = decaying("pi", T, made) if model.losses else 1.0
    return np.asarray(share * made * LIFETIMES["pi"] / HBAR / _MEV_METRES**3)


def helium_factor(solution: Solution, models: Sequence[Model], tau_n: float) -> float:
    """Return by what pions multiply Y_p, at least 1; 1 without them.

    Parameters
    ----------
    solution : Solution
        Of the relics ``models``.
    models : sequence of LeptonModel or ThermalModel
        Its relics, in the order of `RelicHistory`.
    tau_n : float
        Lifetime of the neutron [s].
    """
    if solution.relic is None or not any(map(charged_pions, models)):
        return 1.0
    s, T, T_nu, rate = _history(solution)
    pions = np.zeros_like(s)
    for number, model in zip(solution.relic.number.T, models, strict=True):
        if isinstance(model, LeptonModel):
            pions += _pions(model, np.interp(s, np.log(solution.x), number) * (M_E / np.exp(s)) ** 3, T)
    forward, back = (r / rate for r in born_rates(T, T_nu, tau_n))
    by_pi_plus, by_pi_minus = pions * ON_NEUTRONS / rate, pions * ON_PROTONS * coulomb(T) / rate
    with_pions = neutrons(s, forward + by_pi_plus, back + by_pi_minus)
    return with_pions / neutrons(s, forward, back)
