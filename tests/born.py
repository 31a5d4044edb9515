"""Neutrons at nucleosynthesis with Born rates of n <-> p and any electron-neutrino spectrum: a second road to Y_p.

Rates of the six reactions without radiative, nucleon-mass and thermal corrections, normalised to the neutron lifetime
(S. Weinberg, Gravitation and Cosmology, ch. 15; arXiv:1801.08023 sec. III). Absolute numbers are off by 2 %; shifts
by a changed expansion or spectrum are not.
"""

import numpy as np
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

from boltzmann.constants import HUBBLE_MASS, M_E
from boltzmann.observables import interpolate_spectrum
from boltzmann.solution import Solution

Q = 1.29333 / M_E  # m_n - m_p [m_e]
LIFETIME = 878.4  # of the neutron [s]
MEV_SECONDS = 6.582119569e-22
END = 0.072  # T [MeV] at which neutrons are locked into helium


NODES = np.polynomial.legendre.leggauss(60)


def _rule(a: float, b: float):
    x, w = NODES
    return a + (b - a) * (x + 1) / 2, w * (b - a) / 2


def _electrons(E, T):
    return 1.0 / (np.exp(E * M_E / T) + 1.0)


def _phase_space(E):
    return np.sqrt(np.maximum(E**2 - 1.0, 0.0)) * E


def rates(T: float, scale: float, nu, nubar=None) -> tuple[float, float]:
    """Return n -> p and p -> n rates over that of the free neutron; nu(y) is f_e at y = scale E_nu/m_e.

    nubar is that of antineutrinos, by default the same.
    """
    nubar = nu if nubar is None else nubar
    high = 1.0 + 40.0 * T / M_E
    E, w = _rule(1.0, Q)
    decay = w * _phase_space(E) * (Q - E) ** 2
    f_e, f_nu = _electrons(E, T), nubar(scale * (Q - E))
    n_to_p, p_to_n, vacuum = decay @ ((1 - f_e) * (1 - f_nu)), decay @ (f_e * f_nu), decay.sum()
    E, w = _rule(1.0, high + Q)  # positron capture on neutrons, antineutrino capture on protons
    capture = w * _phase_space(E) * (E + Q) ** 2
    f_e, f_nu = _electrons(E, T), nubar(scale * (E + Q))
    n_to_p, p_to_n = n_to_p + capture @ (f_e * (1 - f_nu)), p_to_n + capture @ ((1 - f_e) * f_nu)
    E, w = _rule(Q, high + Q)  # neutrino capture on neutrons, electron capture on protons
    capture = w * _phase_space(E) * (E - Q) ** 2
    f_e, f_nu = _electrons(E, T), nu(scale * (E - Q))
    n_to_p, p_to_n = n_to_p + capture @ ((1 - f_e) * f_nu), p_to_n + capture @ (f_e * (1 - f_nu))
    return n_to_p / vacuum, p_to_n / vacuum


def _hubble(solution: Solution) -> np.ndarray:
    """Return H [MeV] along the run; without finite-temperature QED (0.1 % of the density)."""
    T = solution.T.value
    E, w = _rule(0.0, 40.0)
    total = np.sqrt(E**2 + (M_E / T[:, None]) ** 2)
    pairs = T**4 * 2.0 / np.pi**2 * ((w * E**2 * total / (np.exp(np.minimum(total, 700.0)) + 1.0)).sum(axis=1))
    others = solution.total_density * (M_E / solution.x) ** 4
    return np.sqrt(np.pi**2 / 15.0 * T**4 + pairs + others) / HUBBLE_MASS


def helium(solution: Solution) -> float:
    """Return Y_p = 2 X_n at T = END."""
    T = solution.T.value
    inside = np.flatnonzero((T < 12.0) & (T > 0.03))
    logs, table = np.log(solution.x[inside]), []
    for k in inside:
        both = (solution.rho_of(sign)[k, :, 0, 0].real for sign in (False, True))
        nu, nubar = (lambda y, f=f: interpolate_spectrum(solution.y, f, y) for f in both)
        table.append(rates(T[k], solution.x[k], nu, nubar))
    per_hubble = MEV_SECONDS / LIFETIME / _hubble(solution)[inside, None]
    forward, backward = (CubicSpline(logs, np.log(np.maximum(r, 1e-30))) for r in (np.array(table) * per_hubble).T)
    stop = float(np.interp(-np.log(END), -np.log(T), np.log(solution.x)))

    def equation(s, X):
        return -np.exp(forward(s)) * X + np.exp(backward(s)) * (1.0 - X)

    X = solve_ivp(equation, (logs[0], stop), [0.47], method="LSODA", rtol=1e-8, atol=1e-12).y[0, -1]
    return float(2.0 * X)
