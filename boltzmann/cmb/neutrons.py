"""By how much a run changes primordial helium: neutrons by Born rates, with its expansion and its electron neutrinos.

n nu <-> p e-, n e+ <-> p nubar and n <-> p e- nubar are one integral over the energy q of the neutrino, an antineutrino
of energy -q where q < 0 (Weinberg, Gravitation and Cosmology, eqs. 15.7.12-13), ::

    Gamma(n -> p) = INT dq q^2 E^2 v_e F(q) [1 - f(E)]/(tau_n I),    E = q + Q,    f(E) = 1/(e^(E/T) + 1),
    Gamma(p -> n) = INT dq q^2 E^2 v_e [1 - F(q)] f(E)/(tau_n I),    F = f_nu(q), and 1 - f_nubar(-q) where q < 0,

with I the phase space of the decay in vacuum. Y_p = 2 X_n(T = 0.073 MeV), where deuterium forms. Radiative, recoil and
thermal corrections are left out: 1% of Y_p, most of which three neutrinos have as well. The difference to these agrees
with primat to 5e-4 or 8%, after a reheating below 4 MeV to 12 to 26% (docs/validation/bbn.md).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from boltzmann.constants import HUBBLE_MASS, M_E
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.observables import has_hard_nodes, interpolate_hard
from boltzmann.plasma.thermo import plasma_energy_density
from boltzmann.solution import Solution
from boltzmann.units import HBAR

Q = 1.29333236  # m_n - m_p [MeV], PDG 2022
TAU_N = 878.4  # lifetime of the neutron [s], PDG 2022; its error is 0.5 s
STANDARD_Y_P = 0.24698  # of three neutrinos by primat, at the omega_b of Planck
HOT, END = 6.0, 0.073  # T [MeV] at which n and p are in equilibrium, and at which deuterium forms
STANDARD = 0.24358  # 2 X_n of three neutrinos with these points; twice as many have 2e-4 more, of all alike
_RATES, _STEPS = 60, 300  # temperatures of the rates, and of the equation
_FAR, _NEAR, _NODES = 30.0, 6.0, 32  # E/T up to which rates are integrated, in two parts of so many nodes


def helium_shift(solution: Solution) -> float:
    """Return Y_p less that of three neutrinos."""
    first = int(np.argmax(solution.T.value))  # a reheating begins before
    T, log_x = solution.T.value[first:], np.log(solution.x[first:])
    begin, end = np.interp(-np.log([min(HOT, T[0]), END]), -np.log(T), log_x)
    at, fine = np.linspace(begin, end, _RATES), np.linspace(begin, end, _STEPS)
    gammas = _rates(np.exp(np.interp(at, log_x, np.log(T))), np.exp(at) / M_E, *_occupations(solution, at))
    hubble = _hubble(solution, fine)
    per_hubble = (np.exp(np.interp(fine, at, np.log(gamma))) / hubble for gamma in gammas)
    return 2.0 * neutrons(fine, *per_hubble) - STANDARD


def _hubble(solution: Solution, s: Array) -> Array:
    """Return the Hubble rate [1/s] at ln x."""
    z, others = (np.interp(s, np.log(solution.x), column) for column in (solution.z, solution.total_density))
    energy = z**4 * plasma_energy_density(np.exp(s) / z, muons=solution.options.muons) + others
    return np.asarray(M_E**2 * np.exp(-2.0 * s) * np.sqrt(energy) / HUBBLE_MASS / HBAR)


def _occupations(solution: Solution, s: Array) -> tuple[Array, Array, Array]:
    """Return momenta (N,) and occupations of nu_e and nubar_e there at ln x, (n, N) each."""
    y, log_x = solution.y, np.log(solution.x)
    both = (solution.rho_of(sign)[:, :, 0, 0].real for sign in (False, True))
    k = np.clip(np.searchsorted(log_x, s) - 1, 0, log_x.size - 2)
    t = ((s - log_x[k]) / (log_x[k + 1] - log_x[k]))[:, None]
    return y, *((1.0 - t) * f[k] + t * f[k + 1] for f in both)


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
    E = q + Q
    space = half * w * np.sqrt(np.maximum(1.0 - (M_E / E) ** 2, 0.0)) * E**2 * q**2
    occupied = _at(nodes, f, np.abs(q) * scale[:, None])
    F = np.where(q > 0.0, occupied, 1.0 - occupied)
    electrons = 1.0 / (1.0 + np.exp(np.clip(E / T[:, None], -600.0, 600.0)))
    return np.array([(space * F * (1.0 - electrons)).sum(axis=1), (space * (1.0 - F) * electrons).sum(axis=1)])


def _at(nodes: Array, f: Array, y: Array) -> Array:
    """Return occupations (n, m) at ``y`` (n, m): their ratio to Fermi-Dirac is linear, if hard its logarithm."""
    if has_hard_nodes(nodes):
        return np.array([interpolate_hard(nodes, row, at) for row, at in zip(f, y, strict=True)])
    ratio = f / fermi_dirac(nodes)
    rows = [np.interp(at, nodes, row) for at, row in zip(y, ratio, strict=True)]
    return np.asarray(fermi_dirac(y) * np.array(rows))


@cache
def _legendre() -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(_NODES)


@cache
def vacuum_decay() -> float:
    """Return the phase space of the decay of a free neutron [MeV^5]."""
    t, w = np.polynomial.legendre.leggauss(200)
    E = M_E + 0.5 * (Q - M_E) * (1.0 + t)
    return float(np.sum(0.5 * (Q - M_E) * w * np.sqrt(E**2 - M_E**2) * E * (Q - E) ** 2))


def neutrons(s: Array, forward: Array, back: Array) -> float:
    """Return X_n at the end for rates of n -> p and p -> n over the Hubble rate at ln x, from equilibrium."""
    total = forward + back
    depth = np.concatenate([[0.0], np.cumsum(0.5 * (total[1:] + total[:-1]) * np.diff(s))])
    kept = np.exp(-(depth[-1] - depth))
    equal = back / total
    # X = X_eq - INT dX_eq/ds e^-(remaining depth): exact, and smooth where rates are large
    return float(equal[-1] - np.trapezoid(np.gradient(equal, s) * kept, s))
