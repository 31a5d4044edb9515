"""A real scalar field in the standard history: frozen, then oscillating, and let go when collisions have ended.

Phi'' + (3 + dlnH/ds) Phi' + (m_phi/H)^2 Phi = 0 with s = ln x and Phi = 1 at first, for `ultralight_scalar`.
"""

from __future__ import annotations

from functools import lru_cache
from math import pi
from typing import NamedTuple

import numpy as np

from boltzmann.constants import HUBBLE_MASS, M_E, NEUTRINO_DENSITY
from boltzmann.numerics.arrays import Array
from boltzmann.observables import instantaneous_z
from boltzmann.plasma.thermo import plasma_energy_density

FIRST, LAST = np.log(0.9e-3), np.log(40.0)  # ln x of the tables
OSCILLATES, STARTS = 3.0, 0.1  # m_phi/H from which on, and at most where it is followed from (1 - Phi = 5e-4)
PER_PERIOD, LEAST_POINTS = 60, 2000  # points of the tables
RELEASED = 0.1  # T [MeV] from which a field whose zeros are all adiabatic is let go in `LETTING` e-folds
LETTING, LATEST = 1.0, 0.5  # the last: e-folds in which a field passes a turning point


class Background(NamedTuple):
    """The standard history with neutrinos that decoupled early, a T_nu = 1; (m,) arrays."""

    log_x: Array
    hubble: Array  # [MeV]
    T: Array  # [MeV]


@lru_cache(maxsize=1)
def background() -> Background:
    """Return the history from T = 6 GeV, without hadrons, to the end of a run."""
    r = np.exp(np.linspace(FIRST - 2.4, LAST + 0.2, 1000))  # m_e/T
    z = instantaneous_z(r)
    x = r * z
    hubble = M_E**2 / x**2 * np.sqrt(z**4 * plasma_energy_density(r) + 3.0 * NEUTRINO_DENSITY) / HUBBLE_MASS
    return Background(np.log(x), hubble, M_E / r)


def hubble_at(T: float) -> float:
    """Return the standard Hubble rate [MeV] at ``T`` [MeV]."""
    found = background()
    return float(np.exp(np.interp(-np.log(T), -np.log(found.T), np.log(found.hubble))))


def log_x_at(T: float) -> float:
    """Return ln x at ``T`` [MeV]; T a is constant above the tables and below them."""
    found = background()
    log_r, log_T = -np.log(T), -np.log(found.T)
    return float(np.interp(log_r, log_T, found.log_x) + log_r - np.clip(log_r, log_T[0], log_T[-1]))


@lru_cache(maxsize=16)
def oscillation(m_phi: float, last: float) -> tuple[Array, Array, Array]:
    """Return ln x (uniform from `FIRST`), Phi and dPhi/ds of a real field of mass ``m_phi`` [MeV] to ``last``.

    It is frozen at first, at m_phi = `STARTS` H or before the run; the last period has `PER_PERIOD` points.
    """
    from scipy.integrate import solve_ivp  # here, because it takes longer to import than to solve most runs
    from scipy.interpolate import CubicSpline

    found = background()
    log_rate = CubicSpline(found.log_x, np.log(m_phi / found.hubble))
    slope = log_rate.derivative()
    rate = float(np.exp(log_rate(last)))
    points = max(LEAST_POINTS, int((last - FIRST) * PER_PERIOD * rate / (2.0 * pi)))
    s = np.linspace(FIRST, last, points)

    def slopes(at: float, values: Array) -> list[float]:
        return [values[1], -(3.0 - float(slope(at))) * values[1] - float(np.exp(2.0 * log_rate(at))) * values[0]]

    frozen = float(np.interp(np.log(STARTS), log_rate(found.log_x), found.log_x))
    span = min(FIRST, frozen), last
    solved = solve_ivp(slopes, span, [1.0, 0.0], "DOP853", s, rtol=1e-8, atol=1e-10)
    return s, solved.y[0], solved.y[1]


def let_go(s: Array, phi: Array, slope: Array) -> tuple[Array, Array, Array, float]:
    """Return ln x, Phi and dPhi/ds of a field that is followed to its next turning point, and where that is.

    From there a cubic, of that value and slope, takes it to zero in `LETTING` e-folds. It turns no more: the slope is
    at most 3 Phi/LETTING. The turning point is the first such place after `RELEASED`; a field that has not begun to
    oscillate there is at one.
    """
    turned = (s > log_x_at(RELEASED)) & (LETTING * np.abs(slope) <= 3.0 * np.abs(phi))
    first, step = int(np.argmax(turned)), s[1] - s[0]
    t = step / LETTING * np.arange(1, int(np.ceil(LETTING / step)) + 1)
    t = np.minimum(t, 1.0)
    value, rise = phi[first], LETTING * slope[first]
    cubic = (1.0 - t) ** 2 * (value * (1.0 + 2.0 * t) + rise * t)
    falling = (1.0 - t) * (rise * (1.0 - 3.0 * t) - 6.0 * value * t) / LETTING
    log_x = s[0] + step * np.arange(first + 1 + t.size)
    return log_x, np.append(phi[: first + 1], cubic), np.append(slope[: first + 1], falling), float(s[first])
