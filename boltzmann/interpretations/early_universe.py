"""What the early Universe does with light new states of a model: QKE and secret sector by `boltzmann.solve`.

New particles of MeV mass are in `heavy`.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from scipy.special import zeta

from boltzmann.cmb import delta_chi2, verdict
from boltzmann.cmb.thermal import STANDARD_N_EFF as N_EFF
from boltzmann.constants import G_F, M_MU
from boltzmann.errors import ParameterError, ValidityWarning
from boltzmann.interpretations import words
from boltzmann.interpretations.cells import not_computable
from boltzmann.interpretations.protocol import Cell
from boltzmann.kinetics.status import Status
from boltzmann.parameters import Mixing, Options
from boltzmann.relics.freeze_out import hubble
from boltzmann.solution import Solution
from boltzmann.solver import solve
from boltzmann.units import HBAR

__all__ = ["N_EFF", "decay_freeze_out", "judged", "of_N_eff", "of_mixing"]

_MUON_WIDTH = HBAR / 2.1969811e-6  # [MeV], lifetime of PDG 2022
_LEAST = -0.6  # of delta N_eff in the table of the CMB


def judged(N_eff: float) -> float:
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
    chi2 = round(min(judged(low), judged(high)), 1) + 0.0  # no -0
    shown = f"N_eff {low:.3f} to {high:.3f}" if abs(high - low) > 5e-4 else f"N_eff {high:.3f}"
    return Cell(words.cosmology(chi2), 0.5 * (low + high), f"{shown}, Delta chi2 {chi2:.1f}", how)


@cache
def _solved(mixing: Mixing, interactions: tuple[Any, ...], options: Options) -> tuple[Any, tuple[str, ...]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        solution = solve(replace(mixing), interactions, options=options)  # a new one says again what is approximate
    return solution, tuple(dict.fromkeys(str(warning.message) for warning in caught))


def of_mixing(mixing: Mixing, *interactions: Any, road: str = "QKE", options: Options | None = None) -> Cell:
    """Return the cell of a light nu_4, by `boltzmann.solve` and the CMB's table.

    Of a run that a potential or an asymmetry ends (`boltzmann.solver.sweep`) what is known of the rest is judged.
    """
    try:
        solution, said = _solved(mixing, interactions, options or Options())
        if solution.status is Status.LEPTON_RUNAWAY:
            return _of_sweep(solution, road)
        judged = verdict(solution)
    except ParameterError as error:
        return not_computable(f"{road}: {error}")
    text = f"N_eff {solution.N_eff:.3f}, m_eff {solution.m_eff:.3g}, Delta chi2 {round(judged.delta_chi2, 1) + 0.0:.1f}"
    how = " ".join([f"{road}, then Planck 2018: {judged.sentence}", *said])
    return Cell(words.cosmology(judged.delta_chi2), float(solution.N_eff), text, how)


def _of_sweep(solution: Solution, road: str) -> Cell:
    """Return the cell of a run that ended in a sweep: its estimate, and the milder verdict of that less its error."""
    known = solution.sweep
    if known is None or np.isnan([known.N_eff, known.m_eff]).any():
        return not_computable(f"{road}: {known or solution.status.value}")
    masses = solution.mixing.masses_in_eV
    error = known.N_eff - known.lowest if np.isnan(known.uncertainty) else known.uncertainty
    ends = np.array([known.N_eff, known.N_eff - error])
    chi2 = delta_chi2(ends - N_EFF, known.m_eff, N_eff_4=known.m_eff / masses[3], sum_m_nu=masses[:3].sum())
    value = round(float(np.min(chi2)), 1) + 0.0
    text = f"N_eff {known.N_eff:.3f} +- {error:.3f}, m_eff {known.m_eff:.3g} eV, Delta chi2 {value:.1f}"
    return Cell(words.cosmology(value), float(known.N_eff), text, f"{road}, then Planck 2018. {known}")


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
    return float(produced / (n_nu * hubble(T)))
