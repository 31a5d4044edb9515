"""What the early Universe does with the new states of a model, by the road that can follow them.

QKE and secret sector: `boltzmann.solve`. MeV relics (derived): entropy is conserved, neutrinos decouple at once at T_D.
A boson that is in equilibrium with e, gamma until it is gone heats photons alone. With F_s the entropy of one boson
degree of freedom relative to a massless one, and S = 2 + 4 F_e(m_e/T_D) that of photons and e+- in the same unit,

    N_eff = 3.044 [S/(S + g F_s(m/T_D))]^(4/3),
    N_eff = 3.044 [1 + g F_s/(21/4)]^(4/3)          if it belongs to the neutrinos.

T_D = 2.0 to 2.3 MeV brackets it. The solver of relics that decay later (issue 17) is not used here: what lives longer
than 0.02 s is "not computable".
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
from scipy.special import zeta

from boltzmann.cmb import delta_chi2, verdict
from boltzmann.constants import G_F, M_E, M_MU, M_PLANCK
from boltzmann.errors import ParameterError, ValidityWarning
from boltzmann.interpretations import words
from boltzmann.interpretations.cells import not_computable
from boltzmann.interpretations.protocol import Cell
from boltzmann.parameters import Mixing
from boltzmann.solver import solve

__all__ = [
    "DECOUPLING", "HBAR", "N_EFF", "decay_freeze_out", "entropy_ratio", "hubble", "invisible", "of_boson", "of_mixing",
    "of_N_eff", "relativistic_degrees", "relic_N_eff",
]  # fmt: skip

N_EFF = 3.044
DECOUPLING = (2.0, 2.3)  # [MeV], the bracket
HBAR = 6.582119569e-22  # [MeV s]
_LONG = 0.02  # [s]: a decay later than this changes neutrinos after they began to decouple
_MUON_WIDTH = 2.9959e-16  # [MeV], 1/(2.197 microseconds)
_LEAST = -0.6  # of delta N_eff in the table of the CMB


def entropy_ratio(x: float, *, fermion: bool = False) -> float:
    """Return the entropy of one degree of freedom of mass m = x T relative to that of a massless boson."""
    p = np.linspace(0.0, 60.0 + 6.0 * x, 4001)[1:]
    E = np.hypot(p, x)
    f = 1.0 / (np.expm1(np.minimum(E, 700.0)) + (2.0 if fermion else 0.0))
    density = np.trapezoid(p**2 * f * (E + p**2 / (3.0 * E)), p)
    return float(density / (4.0 / 3.0 * np.pi**4 / 15.0))


def relic_N_eff(mass: float, degrees: int, T_D: float, *, neutrinos: bool = False) -> float:
    """Return N_eff of a boson of a mass [MeV] in equilibrium with e, gamma, or with the neutrinos."""
    extra = degrees * entropy_ratio(mass / T_D)
    if neutrinos:
        return float(N_EFF * (1.0 + extra / (21.0 / 4.0)) ** (4.0 / 3.0))
    plasma = 2.0 + 4.0 * entropy_ratio(M_E / T_D, fermion=True)
    return float(N_EFF * (plasma / (plasma + extra)) ** (4.0 / 3.0))


def relativistic_degrees(T: float) -> float:
    """Return g_* of entropy of photons, e, mu and neutrinos at T [MeV]."""
    leptons = sum(4.0 * entropy_ratio(m / T, fermion=True) for m in (M_E, M_MU))
    return 2.0 + leptons + 6.0 * 7.0 / 8.0


def hubble(T: float, degrees: float = 10.75) -> float:
    """Return H [MeV] of a plasma of `degrees` relativistic degrees of freedom."""
    return float(np.sqrt(4.0 * np.pi**3 * degrees / 45.0) * T**2 / M_PLANCK)


def _judged(N_eff: float) -> float:
    """Return Delta chi^2 of the CMB of massless neutrinos.

    Below the table, N_eff = 2.44, by the parabola through its last values: the profile of N_eff is Gaussian there to
    a few per cent, 2.89 +- 0.18, and what is beyond is excluded anyway.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValidityWarning)
        if N_eff - N_EFF >= _LEAST:
            return float(delta_chi2(N_eff - N_EFF, 0.0))
        nodes = _LEAST * np.array([1.0, 0.5, 0.0])
        parabola = np.polyfit(nodes, [float(delta_chi2(node, 0.0)) for node in nodes], 2)
    return float(np.polyval(parabola, N_eff - N_EFF))


def of_N_eff(low: float, high: float, how: str) -> Cell:
    """Return the cell of a relativistic sector whose N_eff is between two numbers: the milder verdict of both."""
    chi2 = min(_judged(low), _judged(high))
    shown = f"N_eff {low:.3f} to {high:.3f}" if abs(high - low) > 5e-4 else f"N_eff {high:.3f}"
    return Cell(words.cosmology(chi2), 0.5 * (low + high), f"{shown}, Delta chi2 {chi2:.1f}", how)


def of_boson(mass: float, degrees: int, *, neutrinos: bool, lifetime: float) -> Cell:
    """Return the cell of an MeV boson [MeV] that is in equilibrium until it has decayed, after `lifetime` [s]."""
    if lifetime > _LONG:
        return not_computable(f"lifetime {lifetime:.2g} s: needs the solver for relics that decay late")
    low, high = sorted(relic_N_eff(mass, degrees, T_D, neutrinos=neutrinos) for T_D in DECOUPLING)
    how = (
        f"MeV relic, entropy conservation with instant decoupling at {DECOUPLING[0]} to {DECOUPLING[1]} MeV; "
        f"mass {mass:g} MeV, {degrees} degrees of freedom, coupled to {'neutrinos' if neutrinos else 'e, gamma'}, "
        f"lifetime {lifetime:.1e} s"
    )
    cell = of_N_eff(low, high, how)
    if max(abs(low - N_EFF), abs(high - N_EFF)) < 0.02:
        return Cell("invisible", cell.number, cell.text, how)
    return cell


def invisible(mass: float, lifetime: float, ratio: float, how: str) -> Cell:
    """Return the cell of a heavy state [MeV], from its lifetime [s] and Gamma/H of its processes at T = mass."""
    if not (lifetime < _LONG and mass > 20.0 and ratio > 1.0):
        return not_computable(
            f"{how}; mass {mass:g} MeV, lifetime {lifetime:.2g} s, Gamma/H = {ratio:.2g} at T = m: it is not gone at "
            "neutrino decoupling, and needs the solver for relics that decay late"
        )
    text = f"N_eff {N_EFF}, tau {lifetime:.1e} s, Gamma/H {ratio:.1e} at T = m"
    return Cell("invisible", N_EFF, text, f"{how}; in equilibrium until its number is e^(-m/T)")


@cache
def _solved(mixing: Mixing, interactions: tuple[Any, ...]) -> tuple[Any, tuple[str, ...]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        solution = solve(mixing, interactions)
    return solution, tuple(dict.fromkeys(str(warning.message) for warning in caught))


def of_mixing(mixing: Mixing, *interactions: Any, road: str = "QKE") -> Cell:
    """Return the cell of a light nu_4, by `boltzmann.solve` and the CMB's table."""
    try:
        solution, said = _solved(mixing, interactions)
        judged = verdict(solution)
    except ParameterError as error:
        return not_computable(f"{road}: {error}")
    text = f"N_eff {solution.N_eff:.3f}, m_eff {solution.m_eff:.3g}, Delta chi2 {judged.delta_chi2:.1f}"
    how = " ".join([f"{road}, then Planck 2018: {judged.sentence}", *said])
    return Cell(words.cosmology(judged.delta_chi2), float(solution.N_eff), text, how)


def decay_freeze_out(ratio: float) -> float:
    """Return the temperature [MeV] where production of a light nu_R by mu -> e nubar_e nu_R falls below H for good.

    Gamma/H = [BR Gamma_mu n_mu + BR G_F^2 s n_mu n_l/pi]/(n_nu H): decays, and mu l -> nu nu with s = m_mu^2 + 2 E_mu
    E_l at mean energies (derived; good to a factor two, which is 1 MeV in T because muons disappear exponentially).
    """
    T = np.geomspace(3.0, 200.0, 240)  # steps of 2 %
    slow = np.array([_nu_R_rate(t, ratio) for t in T]) < 1.0
    return float(T[min(int(np.flatnonzero(slow).max(initial=-1)) + 1, len(T) - 1)])


def _nu_R_rate(T: float, ratio: float) -> float:
    p = np.linspace(0.0, 40.0 * T + 3.0 * M_MU, 2001)[1:]
    E = np.hypot(p, M_MU)
    weight = p**2 / (np.exp(np.minimum(E / T, 700.0)) + 1.0)
    n_mu = 4.0 * np.trapezoid(weight, p) / (2.0 * np.pi**2)
    massless = 0.75 * zeta(3.0) / np.pi**2 * T**3  # one degree of freedom
    n_nu, n_l = 2.0 * massless, 10.0 * massless
    s = M_MU**2 + 2.0 * np.trapezoid(weight * E, p) / np.trapezoid(weight, p) * 3.15 * T
    produced = ratio * _MUON_WIDTH * n_mu + ratio * G_F**2 * s * n_mu * n_l / np.pi
    return float(produced / (n_nu * hubble(T, relativistic_degrees(T))))
