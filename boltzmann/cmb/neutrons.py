"""Helium of a run's own nucleosynthesis: neutrons by Born rates, with its expansion and its electron neutrinos.

n nu <-> p e-, n e+ <-> p nubar and n <-> p e- nubar are one integral over the energy q of the neutrino, an antineutrino
of energy -q where q < 0 (Weinberg, Gravitation and Cosmology, eqs. 15.7.12-13), ::

    Gamma(n -> p) = INT dq q^2 E^2 v_e C(E) F(q) [1 - f(E)]/(tau_n I),    E = q + Q,    f(E) = 1/(e^(E/T) + 1),
    Gamma(p -> n) = INT dq q^2 E^2 v_e C(E) [1 - F(q)] f(E)/(tau_n I),    F = f_nu(q), and 1 - f_nubar(-q) where q < 0,

with I the phase space of the decay in vacuum and C = X/(1 - e^-X), X = 2 pi alpha/v_e, the attraction of electron and
proton; 1 where E < 0, a positron beside a neutron (arXiv:1801.08023 sec. III). Y_p = 2 X_n(T = 0.073 MeV), where
deuterium forms, times what pions of decays do (`boltzmann.cmb.bbn_mesons`). Other corrections, radiative ones, recoil
and those of temperature, are left out: 1% of Y_p, most of which three neutrinos have as well. Against primat:
docs/validation/bbn.md.

What it takes for granted
-------------------------
* n and p are in equilibrium at the start. At T = 6 MeV they are, whatever X_n was (tests/cmb/test_neutrons.py). A
  reheating below 2 MeV begins its run later; before, its neutrinos are those of the thermal calculation
  (`boltzmann.solver.reheating`): at T_RH = 0.5 MeV neutrons freeze out before the run begins.
* All that gravitates is in H: neutrinos of either sign and sterile ones, mediators, relics, matter that reheats. Dark
  radiation of another kind is in no run.
* nu_e and nubar_e are those of the run, each at its own reactions. Where an asymmetry has grown, its sign is that of a
  seed: `boltzmann.cmb.judge` takes the milder one.
* Deuterium forms at the same T_gamma, which every run passes (it ends below 0.024 MeV), with the baryons per photon of
  recombination: what makes photons later is not followed by a run, and refused where it is matter
  (`boltzmann.cmb.species.check_finished`). Relics that heat photons below 0.07 MeV move that, and D/H more.
* Nucleons do not recoil, but from hot neutrinos of decays, which count at all energies (`boltzmann.cmb.hot_neutrinos`).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, TypeVar

import numpy as np

from boltzmann.cmb import hot_neutrinos
from boltzmann.cmb.bbn_mesons import attraction, charged_pions, pion_rates, relics_of
from boltzmann.constants import ALPHA, HUBBLE_MASS, M_E, NEUTRINO_DENSITY
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.numerics.smooth import along
from boltzmann.observables import interpolate_hard
from boltzmann.plasma.thermo import plasma_energy_density
from boltzmann.solution import Solution
from boltzmann.solver.reheating import Course, course_of
from boltzmann.units import HBAR

Q = 1.29333236  # m_n - m_p [MeV], PDG 2022
TAU_N = 878.4  # lifetime of the neutron [s], PDG 2022; its error is 0.5 s
STANDARD_Y_P = 0.24698  # of three neutrinos by primat, at the omega_b of Planck
HOT, END = 6.0, 0.073  # T [MeV] at which n and p are in equilibrium, and at which deuterium forms
STANDARD = 0.24606  # 2 X_n of three neutrinos with these points; twice as many have 2e-4 more, of all alike
APART = 0.0125  # in ln x and ln T, the past and the run
LEAST_START, LARGEST_GAP = 2.9, 0.5  # T [MeV] of the first row, and ln T between rows, of a run that has its own helium
HELIUM_MASS, HYDROGEN_MASS = 4.002602, 1.00782503  # of atoms [u], AME2020
_RATES, _STEPS, _FINE = 60, 300, 3000  # temperatures of the rates, and of the equation without and with pions
_FAR, _NEAR, _NODES = 30.0, 6.0, 32  # E/T up to which rates are integrated, in two parts of so many nodes
Number = TypeVar("Number", float, Array)


class Road(NamedTuple):
    """What neutrons meet, by rising ln x; (n,) arrays.

    Attributes
    ----------
    s, T : array
        ln x and T_gamma [MeV].
    hubble, forward, back : array
        Rates [1/s] of the expansion, of n -> p and of p -> n.
    """

    s: Array
    T: Array
    hubble: Array
    forward: Array
    back: Array


def by_mass(Y_p: Number) -> Number:
    """Return the mass ratio rho_He/rho_b (CLASS's ``YHe``) of 4 n_He/n_b."""
    helium: Number = HELIUM_MASS * Y_p / 4.0
    ratio: Number = helium / (helium + HYDROGEN_MASS * (1.0 - Y_p))
    return ratio


def by_number(YHe: float) -> float:
    """Return 4 n_He/n_b of the mass ratio rho_He/rho_b (CLASS's ``YHe``)."""
    helium = YHe / HELIUM_MASS / ((1.0 - YHe) / HYDROGEN_MASS)
    return 4.0 * helium / (4.0 * helium + 1.0)


def follows(solution: Solution) -> bool:
    """Return whether a run has a history of nucleosynthesis: from `LEAST_START` to `END`, in steps of `LARGEST_GAP`.

    All runs of `boltzmann.solve` have one that begin early enough; what begins after a sweep may have none.
    """
    s, z = _rows(solution, past_of(solution).z, solution.z)
    colder = s - np.log(z * M_E)  # -ln T
    wide = np.diff(colder)[(colder[1:] > -np.log(HOT)) & (colder[:-1] < -np.log(END))]
    covered = colder[0] <= -np.log(LEAST_START) and colder[-1] >= -np.log(END)
    return bool(covered and wide.max() <= LARGEST_GAP)


def own_helium(solution: Solution) -> float | None:
    """Return YHe (mass fraction) less that of three neutrinos; None for what `follows` says has none of its own."""
    if not follows(solution):
        return None
    return by_mass(STANDARD_Y_P + helium_shift(solution)) - by_mass(STANDARD_Y_P)


def either_sign(solution: Solution) -> tuple[Solution, ...]:
    """Return a run, and the one with nu and nubar exchanged if nobody knows which of them is ours."""
    return (solution, solution.mirrored) if solution.of_unknown_sign else (solution,)


def helium_shift(solution: Solution) -> float:
    """Return Y_p less that of three neutrinos."""
    road = _road(solution, END, _STEPS)
    per_hubble = (rate / road.hubble for rate in (road.forward, road.back))
    return 2.0 * neutrons(road.s, *per_hubble) * helium_factor(solution) - STANDARD


def helium_factor(solution: Solution, tau_n: float = TAU_N) -> float:
    """Return by what pions of decays multiply Y_p, at least 1: by the neutrons when deuterium forms, with and without.

    Weak rates are those of the run, hot neutrinos included: beside these pions change less than beside thermal nu_e.

    Parameters
    ----------
    solution : Solution
    tau_n : float
        Lifetime of the neutron [s].
    """
    if solution.relic is None or not any(map(charged_pions, relics_of(solution))):
        return 1.0
    road = _road(solution, END, _FINE)
    weak = [rate / road.hubble * TAU_N / tau_n for rate in (road.forward, road.back)]
    by_pions = [rate / road.hubble for rate in pion_rates(solution, road.s, road.T)]
    return neutrons(road.s, *np.add(weak, by_pions)) / neutrons(road.s, *weak)


def begins(solution: Solution) -> int:
    """Return from where on T_gamma falls: momenta for a later plasma hold the energy of one far colder but roughly."""
    return int(np.argmax(solution.T.value))


def past_of(solution: Solution) -> Course:
    """Return the thermal history before the run; empty unless a reheating makes the run begin late."""
    course = course_of(solution.interactions, solution.options.muons)
    if course is None:
        return Course(*np.empty((4, 0)))
    first = begins(solution)
    before = course.log_x < np.log(solution.x[first]) - APART
    before &= np.log(course.z * M_E) - course.log_x > np.log(solution.T.value[first]) + APART
    return Course(*(column[before] for column in course))


def _rows(solution: Solution, past: Array, during: Array) -> tuple[Array, Array]:
    """Return ln x, and a quantity of `past_of` and of the run along it."""
    first = begins(solution)
    log_x = np.concatenate([past_of(solution).log_x, np.log(solution.x[first:])])
    return log_x, np.concatenate([past, during[first:]])


def _road(solution: Solution, end: float, steps: int) -> Road:
    """Return what neutrons meet from `HOT` to T = ``end`` [MeV]."""
    log_x, z = _rows(solution, past_of(solution).z, solution.z)
    log_T = np.log(z * M_E) - log_x
    fine = np.linspace(log_x[0], log_x[-1], _FINE)
    first, last = np.interp(-np.log([HOT, end]), -along(fine, log_x, log_T), fine)
    at, s = np.linspace(first, last, _RATES), np.linspace(first, last, steps)
    T = np.exp(along(at, log_x, log_T))
    gammas = _rates(T, np.exp(at) / M_E, *_occupations(solution, at))
    if hot_neutrinos.from_decays(solution):
        far = _FAR * np.maximum(T, 0.1)
        hot = hot_neutrinos.more(solution, at, T, np.array([far, far + Q + M_E]))
        gammas = tuple(gamma + rate / (TAU_N * vacuum_decay()) for gamma, rate in zip(gammas, hot, strict=True))
    forward, back = (np.exp(np.interp(s, at, np.log(gamma))) for gamma in gammas)
    return Road(s, np.exp(along(s, log_x, log_T)), _hubble(solution, s), forward, back)


def _hubble(solution: Solution, s: Array) -> Array:
    """Return the Hubble rate [1/s] at ln x."""
    past, matter = past_of(solution), 0.0 if solution.matter is None else solution.matter
    before = 3.0 * NEUTRINO_DENSITY * past.z_nu**4 + past.matter
    z = along(s, *_rows(solution, past.z, solution.z))
    others = along(s, *_rows(solution, before, solution.total_density + matter))
    energy = z**4 * plasma_energy_density(np.exp(s) / z, muons=solution.options.muons) + others
    return np.asarray(M_E**2 * np.exp(-2.0 * s) * np.sqrt(energy) / HUBBLE_MASS / HBAR)


def _occupations(solution: Solution, s: Array) -> tuple[Array, Array, Array]:
    """Return momenta (N,) and occupations of nu_e and nubar_e there at ln x, (n, N) each."""
    y = solution.y
    thermal = fermi_dirac(y / past_of(solution).z_nu[:, None])
    rows = [_rows(solution, thermal, solution.rho_of(sign)[:, :, 0, 0].real) for sign in (False, True)]
    nu, nubar = (along(s, log_x, f) for log_x, f in rows)
    return y, nu, nubar


def _rates(T: Array, scale: Array, nodes: Array, nu: Array, nubar: Array) -> tuple[Array, Array]:
    """Return the rates [1/s] of n -> p and p -> n at T (n,) [MeV]; occupations (n, N) are those of y = scale q."""
    far, near = _FAR * np.maximum(T, 0.1), _NEAR * np.maximum(T, 0.1)
    zero, least = 0.0 * T, 0.0 * T - (Q + M_E)
    parts = [(zero - (Q - M_E), zero, nubar), (zero, near, nu), (near, far, nu)]
    parts += [(least - near, least, nubar), (least - far, least - near, nubar)]
    found = np.sum([_part(T, scale, low, high, nodes, f) for low, high, f in parts], axis=0)
    return tuple(found / (TAU_N * vacuum_decay()))


def _part(T: Array, scale: Array, low: Array, high: Array, nodes: Array, f: Array) -> Array:
    """Return both integrals over q from `low` to `high`, (2, n)."""
    t, w = _legendre()
    half = 0.5 * (high - low)[:, None]
    q = low[:, None] + half * (1.0 + t)
    E, y = q + Q, np.abs(q) * scale[:, None]
    occupied = np.array([interpolate_hard(nodes, row, at) for row, at in zip(f, y, strict=True)])
    F = np.where(q > 0.0, occupied, 1.0 - occupied)
    electrons = 1.0 / (1.0 + np.exp(np.clip(E / T[:, None], -600.0, 600.0)))
    space = half * w * _phase_space(E) * q**2
    return np.array([(space * F * (1.0 - electrons)).sum(axis=1), (space * (1.0 - F) * electrons).sum(axis=1)])


def _phase_space(E: Array) -> Array:
    """Return E^2 v of an electron, or positron where E < 0, times the attraction of a proton."""
    v = np.sqrt(np.maximum(1.0 - (M_E / E) ** 2, 1e-12))
    return np.asarray(E**2 * v * np.where(E > 0.0, attraction(2.0 * np.pi * ALPHA / v), 1.0))


@cache
def _legendre() -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(_NODES)


@cache
def vacuum_decay() -> float:
    """Return the phase space of the decay of a free neutron [MeV^5]."""
    t, w = np.polynomial.legendre.leggauss(200)
    E = M_E + 0.5 * (Q - M_E) * (1.0 + t)
    return float(np.sum(0.5 * (Q - M_E) * w * _phase_space(E) * (Q - E) ** 2))


def neutrons(s: Array, forward: Array, back: Array) -> float:
    """Return X_n at the end for rates of n -> p and p -> n over the Hubble rate at ln x, from equilibrium."""
    total = forward + back
    depth = np.concatenate([[0.0], np.cumsum(0.5 * (total[1:] + total[:-1]) * np.diff(s))])
    kept = np.exp(-(depth[-1] - depth))
    equal = back / total
    # X = X_eq - INT dX_eq/ds e^-(remaining depth): exact, and smooth where rates are large
    return float(equal[-1] - np.trapezoid(np.gradient(equal, s) * kept, s))
