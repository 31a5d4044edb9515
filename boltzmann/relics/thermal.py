"""Two baths of one temperature each: plasma, and three neutrinos, with a thermal relic X in one of them.

With energy densities z^4 R(x/z) of either bath and mu = 0 (derived; `boltzmann.plasma.background`)::

    z^3 (4R - r R') dz/ds = z^4 (R - 3p - r R') -+ Q,    Q = d(rho_nu)/ds by nu-e collisions of f_FD(y/z_nu)

Q has the exact integrals of `boltzmann.collisions.electron`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from boltzmann.collisions.electron import Electron, electron_integral, electron_rates
from boltzmann.constants import G_F, M_E, NEUTRINO_DENSITY
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import Grid, fermi_dirac
from boltzmann.plasma import thermo
from boltzmann.plasma.background import Plasma, hubble_rate, plasma_at, plasma_columns
from boltzmann.relics.equation import X_WEAK
from boltzmann.relics.model import ThermalModel

HOTTEST, OVER_MASS = 10.0, 2.0  # T at the start [MeV], and over the mass
RELEASE = 15.0  # m/T_nu at which neutrinos are handed to the momentum-resolved equation
_LOG_R = np.linspace(np.log(1e-5), np.log(60.0), 1600)
TOLERANCE = 1e-7


class Baths(NamedTuple):
    """Tables of the plasma and of the neutrinos' bath, each with X if that is in it."""

    plasma: Plasma
    neutrinos: Plasma


class Thermal(NamedTuple):
    """History: x, z = T_gamma a, z_nu = T_nu a, the comoving energy density of X beside the neutrinos; evaluations."""

    x: Array
    z: Array
    z_nu: Array
    energy: Array
    calls: int


def _bath(pressure: Array, model: ThermalModel | None) -> Plasma:
    """Return the tables of a bath of given pressure, with X."""
    if model is not None:
        per_r = model.mass / M_E
        pressure = pressure + [
            model.degrees * thermo.particle_pressure_and_density(float(r) * per_r, model.fermion)[0]
            for r in np.exp(_LOG_R)
        ]
    columns = np.ascontiguousarray(plasma_columns(_LOG_R, pressure))
    return Plasma(float(_LOG_R[0]), float(_LOG_R[1] - _LOG_R[0]), columns)


def baths(model: ThermalModel, muons: bool) -> Baths:
    """Return the tables of both baths."""
    plasma = thermo.plasma_pressure(np.exp(_LOG_R), muons=muons)
    neutrinos = np.full_like(_LOG_R, NEUTRINO_DENSITY)  # three species, a third of their energy each
    electrophilic = model.electrophilic
    return Baths(_bath(plasma, model if electrophilic else None), _bath(neutrinos, None if electrophilic else model))


def start(model: ThermalModel) -> float:
    """Return x at the start, where z = 1 and everything is in equilibrium."""
    return M_E / max(HOTTEST, OVER_MASS * model.mass)


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


def slopes(s: float, z: Array, both: Baths, grid: Grid, electron: Electron) -> Array:
    """Return dz/ds and dz_nu/ds."""
    x = float(np.exp(s))
    found = [plasma_at(x / t, bath) for t, bath in zip(z, both, strict=True)]
    energy = sum(t**4 * R for t, (R, _, _) in zip(z, found, strict=True))
    Q = heat_flow(x, z[0], z[1], hubble_rate(x, energy), grid, electron)
    # R - 3p - r R' = (4R - r R') - 3 (R + p)
    return np.array(
        [
            (t**4 * (heat - 3.0 * (R + p)) + sign * Q) / (t**3 * heat)
            for t, sign, (R, p, heat) in zip(z, (-1.0, 1.0), found, strict=True)
        ]
    )


def evolve(model: ThermalModel, both: Baths, grid: Grid, electron: Electron, x_end: float) -> Thermal:
    """Return the history to ``x_end``; of a neutrinophilic relic with resolved spectra to m/T_nu = `RELEASE`.

    Raises
    ------
    ArithmeticError
        The integration fails.
    """
    from scipy.integrate import solve_ivp  # here, because it takes longer to import than runs without it take

    def derivative(s: float, z: Array) -> Array:
        return slopes(s, z, both, grid, electron)

    def released(s: float, z: Array) -> float:
        return float(model.mass * np.exp(s) / (M_E * z[1]) - RELEASE)

    setattr(released, "terminal", True)  # noqa: B010, an attribute that scipy reads
    span, events = (float(np.log(start(model))), float(np.log(x_end))), [] if model.thermal else [released]
    found = solve_ivp(
        derivative, span, np.ones(2), "Radau", events=events, max_step=0.1, rtol=TOLERANCE, atol=TOLERANCE
    )
    if not found.success:
        raise ArithmeticError(f"thermal relic: {found.message}")
    x, (z, z_nu) = np.exp(found.t), found.y
    bath = [t**4 * plasma_at(a / t, both.neutrinos)[0] for a, t in zip(x, z_nu, strict=True)]
    return Thermal(x, z, z_nu, np.array(bath) - 3.0 * NEUTRINO_DENSITY * z_nu**4, int(found.nfev))
