"""Neutrons beside hot neutrinos, a third road to Y_p: sums over the momenta of a run instead of integrals to 30 T.

Reactions of thermal neutrinos of the plasma's temperature, each apart (`tests.born`), and what the occupations have on
top of those, number by number: of nu_e and nubar_e that are absorbed with the cross sections of
`boltzmann.cmb.quasielastic` or those of heavy nucleons, and those that block. No attraction of electrons.
"""

import numpy as np
from scipy.integrate import solve_ivp
from scipy.interpolate import PchipInterpolator

from boltzmann.cmb.bbn_mesons import pion_rates
from boltzmann.cmb.quasielastic import heavy, of_muons, section
from boltzmann.constants import M_E
from boltzmann.solution import Solution
from tests import born

Q = born.Q * M_E


def _electrons(E, T):
    return 1.0 / (np.exp(np.minimum(E / T, 600.0)) + 1.0)


def _momentum_times_energy(E):
    return E * np.sqrt(np.maximum(E**2 - M_E**2, 0.0)) * (E > M_E)


def rates(solution: Solution, k: int, recoil: bool) -> tuple[float, float]:
    """Return n -> p and p -> n at the step ``k``, over the rate of the free neutron."""
    T, scale = float(solution.T.value[k]), solution.x[k] / M_E
    q, w = solution.y / scale, solution.weights / scale
    n_to_p, p_to_n = born.rates(T, M_E / T, lambda y: _electrons(y, 1.0))
    E, decay = born._rule(M_E, Q)
    vacuum = decay @ (_momentum_times_energy(E) * (Q - E) ** 2)
    nu, nubar = (w * q**2 * (solution.rho_of(sign)[k, :, 0, 0].real - _electrons(q, T)) for sign in (False, True))
    mu = w * q**2 * solution.mean_rho[k, :, 1, 1].real
    on_n, on_p = (section(q, M_E, s) if recoil else heavy(q, s) for s in (False, True))
    emitted, positron = _momentum_times_energy(Q - q), np.maximum(q - Q, 0.0)
    captured = _momentum_times_energy(positron)
    n_to_p += nu @ (on_n * (1.0 - _electrons(q + Q, T))) / vacuum
    n_to_p -= nubar @ (captured * _electrons(positron, T) + emitted * (1.0 - _electrons(Q - q, T))) / vacuum
    p_to_n += nubar @ (on_p * (1.0 - _electrons(positron, T)) + emitted * _electrons(Q - q, T)) / vacuum
    p_to_n -= nu @ (heavy(q, False) * _electrons(q + Q, T)) / vacuum
    if recoil:
        n_to_p, p_to_n = n_to_p + mu @ of_muons(q, False) / vacuum, p_to_n + mu @ of_muons(q, True) / vacuum
    return n_to_p, p_to_n


def helium(solution: Solution, recoil: bool = True, pions: bool = False) -> float:
    """Return Y_p = 2 X_n at T = 0.073 MeV; relics gravitate, and make ``pions``."""
    T = solution.T.value
    inside = np.flatnonzero((T < 9.0) & (T > 0.03))
    table = np.array([rates(solution, k, recoil) for k in inside])
    if pions:
        of_pions = pion_rates(solution, np.log(solution.x[inside]), T[inside])
        table += born.LIFETIME * np.transpose(of_pions)
    per_hubble = born.MEV_SECONDS / born.LIFETIME / born._hubble(solution)[inside, None]
    logs = np.log(solution.x[inside])
    forward, back = (PchipInterpolator(logs, np.log(np.maximum(r, 1e-30))) for r in (table * per_hubble).T)
    stop = float(np.interp(-np.log(0.073), -np.log(T), np.log(solution.x)))

    def equation(s, X):
        return -np.exp(forward(s)) * X + np.exp(back(s)) * (1.0 - X)

    X = solve_ivp(equation, (logs[0], stop), [0.46], method="LSODA", rtol=1e-8, atol=1e-12).y[0, -1]
    return float(2.0 * X)
