"""Two baths of one temperature each, plasma and three neutrinos, thermal relics X in either, and leptons N beside them.

With the energy densities E = z^4 R(x/z) of the plasma and B of the neutrinos' bath, mu = 0 (derived)::

    dE/ds = z^4 (R - 3p) - Q + what decays give to the plasma
    dB/ds = z_nu^4 (R_nu - 3 p_nu) + Q + what decays give to neutrinos
    dq/ds = the traces of both + SUM (rho_N - 3 P_N)      passive: E + B + SUM rho_N - q is constant

Q = d(rho_nu)/ds by nu-e collisions of f_FD(y/z_nu), exact integrals of `boltzmann.collisions.electron`. Neutrinos from
decays of N share their energy at once: X, which holds them at one temperature, takes hot ones as it takes others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from boltzmann.collisions.electron import Electron, electron_integral, electron_rates
from boltzmann.constants import G_F, M_E, NEUTRINO_DENSITY
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import Grid, fermi_dirac
from boltzmann.plasma import thermo
from boltzmann.plasma.background import Plasma, hubble_rate, plasma_at, plasma_columns, temperature
from boltzmann.relics.decay import Lepton
from boltzmann.relics.equation import X_WEAK
from boltzmann.relics.model import ThermalModel
from boltzmann.relics.stopped import decayed

HOTTEST, OVER_MASS = 10.0, 2.0  # T at the start [MeV], and over the mass
RELEASE = 15.0  # m/T_nu at which neutrinos are handed to the momentum-resolved equation
_LOG_R = np.linspace(np.log(1e-5), np.log(60.0), 1600)
TOLERANCE = 1e-7
ROUNDING = 1e-9  # of the place of an event


class Baths(NamedTuple):
    """Tables of the plasma and of the neutrinos' bath, each with the X that are in it."""

    plasma: Plasma
    neutrinos: Plasma


class Thermal(NamedTuple):
    """History: x, z = T_gamma a, z_nu = T_nu a, eps_k of leptons, comoving energy of X beside the neutrinos.

    ``drift`` of the comoving energy, ``calls`` of the derivative, and whether the plasma left the ``hot`` end of its
    tables.
    """

    x: Array
    z: Array
    z_nu: Array
    eps: Array
    energy: Array
    drift: float
    calls: int
    hot: bool


class Setting(NamedTuple):
    """What the derivative reads; ``soft`` is the grid of ``electron``."""

    baths: Baths
    soft: Grid
    electron: Electron
    leptons: tuple[Lepton, ...]


def _bath(pressure: Array, models: Sequence[ThermalModel]) -> Plasma:
    """Return the tables of a bath of given pressure, with every X of ``models``."""
    for model in models:
        per_r = model.mass / M_E
        pressure = pressure + [
            model.degrees * thermo.particle_pressure_and_density(float(r) * per_r, model.fermion)[0]
            for r in np.exp(_LOG_R)
        ]
    columns = np.ascontiguousarray(plasma_columns(_LOG_R, pressure))
    return Plasma(float(_LOG_R[0]), float(_LOG_R[1] - _LOG_R[0]), columns)


def baths(models: Sequence[ThermalModel], muons: bool) -> Baths:
    """Return the tables of both baths."""
    plasma = thermo.plasma_pressure(np.exp(_LOG_R), muons=muons)
    neutrinos = np.full_like(_LOG_R, NEUTRINO_DENSITY)  # three species, a third of their energy each
    with_electrons = [model for model in models if model.electrophilic]
    return Baths(_bath(plasma, with_electrons), _bath(neutrinos, [m for m in models if not m.electrophilic]))


def start(models: Sequence[ThermalModel]) -> float:
    """Return x where z = 1 and everything is in equilibrium."""
    return M_E / max(HOTTEST, *(OVER_MASS * model.mass for model in models))


def initial_z(x: float, at: float, both: Baths) -> float:
    """Return z = z_nu at ``x``, before ``at``, from entropy: z = 1 at ``at``, and both baths are one until then."""
    from scipy.optimize import brentq

    def entropy(x: float, z: float) -> float:
        return z**3 * sum(R + p for R, p, _ in (plasma_at(x / z, bath) for bath in both))

    standard = entropy(at, 1.0)
    return float(brentq(lambda z: entropy(x, z) - standard, 0.5, 1.1, xtol=1e-12))


def heat_flow(x: float, z: float, z_nu: float, rate: float, grid: Grid, electron: Electron) -> float:
    """Return Q of neutrinos at T_nu a = ``z_nu``, ``rate`` being the Hubble rate [MeV]."""
    if x > X_WEAK:
        return 0.0
    n, total = grid.y.size, 0.0
    flat, rates = np.empty(2 * n * (n + 1)), np.empty((4, n, n))
    electron_rates(x, z, electron, flat, rates)
    r, boost, source = fermi_dirac(grid.y / z_nu), np.exp(0.5 * grid.y / z), np.empty((4, n))
    for first, flavours in ((0, 1.0), (2, 2.0)):
        gain, loss = np.empty(n), np.empty(n)
        electron_integral(r, grid.w, boost, rates[first], rates[first + 1], source, gain, loss)
        total += flavours * float(np.sum(grid.w * grid.y * (gain * (1.0 - r) - loss * r)))
    return (M_E / x) ** 5 * G_F**2 / (8.0 * np.pi**3 * rate) * total / np.pi**2


def decays(x: float, z: float, eps: Array, rate: float, leptons: tuple[Lepton, ...]) -> tuple[Array, Array]:
    """Return d eps_k/ds of all leptons, and (3,): what they give to plasma and neutrinos, and SUM (rho_N - 3 P_N)."""
    change, given, first = np.empty_like(eps), np.zeros(3), 0
    for lepton in leptons:
        part = slice(first, first := first + lepton.q.size)
        energies, density = lepton.energies(x), lepton.weights * eps[part]
        slow = lepton.mass * x / M_E / energies
        lost = lepton.width / rate * slow
        at_rest = decayed(lepton, x, M_E * z / x, float(np.sum(density / energies)))
        moving, stopped = (rows[:, 0] @ rows[:, 1:].sum(axis=1) for rows in (lepton.lines, at_rest))
        carried = moving + stopped * x / M_E / energies  # by neutrinos, as a part of E_k
        change[part] = (slow**2 - lost) * eps[part]
        given += [np.sum(density * lost * (1.0 - carried)), np.sum(density * lost * carried), density @ slow**2]
    return change, given


def slopes(s: float, u: Array, setting: Setting) -> Array:
    """Return the derivatives of u = (E, B, eps_k, q)."""
    x, eps = float(np.exp(s)), u[2:-1]
    z, z_nu = (temperature(x, energy, bath) for energy, bath in zip(u[:2], setting.baths, strict=True))
    rate = hubble_rate(x, u[0] + u[1] + sum(_energies(eps, setting.leptons)))
    traces = [t**4 * (R - 3.0 * p) for t, (R, p, _) in _states(x, (z, z_nu), setting.baths)]
    Q = heat_flow(x, z, z_nu, rate, setting.soft, setting.electron)
    change, (to_plasma, to_neutrinos, heavy) = decays(x, z, eps, rate, setting.leptons)
    return np.array([traces[0] - Q + to_plasma, traces[1] + Q + to_neutrinos, *change, sum(traces) + heavy])


def _states(x: float, z: Sequence[float], both: Baths) -> list[tuple[float, tuple[float, float, float]]]:
    """Return T a and R, p, 4R - r R' of either bath."""
    return [(t, plasma_at(x / t, bath)) for t, bath in zip(z, both, strict=True)]


def _energies(eps: Array, leptons: tuple[Lepton, ...]) -> list[float]:
    """Return the comoving energy density of every lepton."""
    ends = np.cumsum([0, *(lepton.q.size for lepton in leptons)])
    return [float(N.weights @ eps[a:b]) for N, (a, b) in zip(leptons, pairwise(ends), strict=True)]


def evolve(models: Sequence[ThermalModel], setting: Setting, begin: tuple[float, float], x_end: float) -> Thermal:
    """Return the history from ``begin``, x and z = z_nu.

    To ``x_end``; of neutrinos that are followed by momentum afterwards, to m/T_nu = `RELEASE` of the lightest X that
    couples to them.

    Raises
    ------
    ArithmeticError
        The integration fails.
    """
    from scipy.integrate import solve_ivp  # here, because it takes longer to import than runs without it take

    x, z = begin
    eps = np.concatenate([np.zeros(0), *(N.energies(x) * N.start for N in setting.leptons)])
    densities = [t**4 * R for t, (R, _, _) in _states(x, (z, z), setting.baths)]
    u = np.array([*densities, *eps, 0.0])
    scale = np.maximum(np.array([1.0, 1.0, *eps, 1.0]), 1e-30)  # a lepton without abundance has zeros
    events = [_heated(setting), *([] if models[0].thermal else [_released(models, setting)])]
    found = solve_ivp(
        lambda s, u: slopes(s, u, setting), (np.log(x), np.log(x_end)), u, "Radau", events=events, max_step=0.1,
        rtol=TOLERANCE, atol=TOLERANCE * scale,
    )  # fmt: skip
    if not found.success:
        raise ArithmeticError(f"thermal relic: {found.message}")
    return _history(np.exp(found.t), found.y, setting, int(found.nfev))


def _history(x: Array, u: Array, setting: Setting, calls: int) -> Thermal:
    """Return the history of states ``u`` (unknowns, n_x)."""
    z, z_nu = (
        np.array([temperature(a, e, bath) for a, e in zip(x, energies, strict=True)])
        for energies, bath in zip(u[:2], setting.baths, strict=True)
    )
    eps = u[2:-1].T
    total = u[0] + u[1] + [sum(_energies(row, setting.leptons)) for row in eps]
    drift = float(np.max(np.abs(total - u[-1] - total[0]) / total))
    hot = bool(z[-1] > (1.0 - ROUNDING) * setting.electron.lattice.z_max)
    return Thermal(x, z, z_nu, eps, u[1] - 3.0 * NEUTRINO_DENSITY * z_nu**4, drift, calls, hot)


def _released(models: Sequence[ThermalModel], setting: Setting) -> Callable[[float, Array], float]:
    """Return what passes zero when the lightest X that couples to neutrinos is gone."""
    lightest = min(model.mass for model in models if not model.electrophilic)

    def released(s: float, u: Array) -> float:
        x = float(np.exp(s))
        return lightest * x / (M_E * temperature(x, u[1], setting.baths.neutrinos)) - RELEASE

    setattr(released, "terminal", True)  # noqa: B010, an attribute that scipy reads
    return released


def _heated(setting: Setting) -> Callable[[float, Array], float]:
    """Return what passes zero when the plasma leaves the tables of collisions."""

    def heated(s: float, u: Array) -> float:
        return float(temperature(float(np.exp(s)), u[0], setting.baths.plasma)) - setting.electron.lattice.z_max

    setattr(heated, "terminal", True)  # noqa: B010
    return heated


def shares(model: ThermalModel, models: Sequence[ThermalModel], r: Array) -> Array:
    """Return which part of the energy of all X that couple to neutrinos ``model`` has, at r = m_e/T_nu (n,)."""

    def density(of: ThermalModel) -> Array:
        found = [thermo.particle_pressure_and_density(float(a) * of.mass / M_E, of.fermion)[1] for a in r]
        return of.degrees * np.array(found)

    if model.electrophilic:
        return np.zeros_like(r)
    total = sum(density(other) for other in models if not other.electrophilic)
    return np.divide(density(model), total, out=np.zeros_like(r), where=total > 0.0)
