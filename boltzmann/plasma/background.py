"""The expanding plasma: its temperature from its energy, and the Hubble rate.

With s = ln x, x = m_e a, z = T_gamma a and r = x/z, the comoving energy density of the plasma E = z^4 R(r) obeys::

    dE/ds = z^4 (R - 3p) - d(rho_nu)/ds

where p and R are the plasma's pressure and energy density over T_gamma^4 (derived from d(a^4 rho) = a^4 (rho - 3P) ds;
equivalent to the usual dz/dx). E is the unknown, not z: comoving energy conservation is then linear in the unknowns and
kept to round-off. z follows by Newton's method from dE/dz = z^3 (4R - r R').
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from boltzmann.constants import HUBBLE_MASS, M_E, M_MU, NEUTRINO_DENSITY
from boltzmann.numerics import cache
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.interpolate import cubic_start, cubic_weights
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.newton import increasing_root
from boltzmann.numerics.records import record
from boltzmann.plasma import thermo

R_MAX = 59.0
_PHOTON_HEAT = 4.0 * np.pi**2 / 15.0  # (drho/dT)/T^3


@record
class Plasma(NamedTuple):
    """Plasma functions on a uniform axis in ln r, r = m_e/T_gamma: ``columns`` (n, 3) holds R, p and 4R - r R'."""

    log_r0: float
    step: float
    columns: Array


def plasma_columns(log_r: Array, pressure: Array) -> Array:
    """Return R, p, 4R - r R' from the pressure by a quintic spline in u = ln r (r R' = 3 dp/du - d2p/du2)."""
    from scipy.interpolate import make_interp_spline  # here, because it takes longer to import than to read the table

    spline = make_interp_spline(log_r, pressure, k=5)
    first, second = spline(log_r, 1), spline(log_r, 2)
    energy, slope = 3.0 * pressure - first, 3.0 * first - second
    return np.stack([energy, pressure, 4.0 * energy - slope], axis=-1)


def plasma(muons: bool = True) -> Plasma:
    """Return the plasma tables (photons, e+-, mu+- if ``muons``, QED to O(e^3)), cached on disk."""

    def build() -> cache.Arrays:
        log_r = np.linspace(np.log(1e-4), np.log(60.0), 1200)
        return {"log_r": log_r, "columns": plasma_columns(log_r, thermo.plasma_pressure(np.exp(log_r), muons=muons))}

    stored = cache.tables("plasma", (muons,), build)
    log_r = stored["log_r"]
    return Plasma(float(log_r[0]), float(log_r[1] - log_r[0]), np.ascontiguousarray(stored["columns"]))


@kernel
def plasma_at(r: float, plasma: Plasma) -> tuple[float, float, float]:
    """Return R, p and 4R - r R' at r = m_e/T_gamma; beyond r = 59 only photons are left (e^-59)."""
    u, columns = np.log(min(r, R_MAX)), plasma.columns
    i = cubic_start(u, plasma.log_r0, plasma.step, columns.shape[0])
    w0, w1, w2, w3 = cubic_weights(u, plasma.log_r0, plasma.step, i)
    energy = w0 * columns[i, 0] + w1 * columns[i + 1, 0] + w2 * columns[i + 2, 0] + w3 * columns[i + 3, 0]
    pressure = w0 * columns[i, 1] + w1 * columns[i + 1, 1] + w2 * columns[i + 2, 1] + w3 * columns[i + 3, 1]
    heat = w0 * columns[i, 2] + w1 * columns[i + 1, 2] + w2 * columns[i + 2, 2] + w3 * columns[i + 3, 2]
    return energy, pressure, heat


@kernel
def temperature(x: float, energy: float, plasma: Plasma) -> float:
    """Return z = T_gamma a of a plasma with comoving energy density ``energy``; NaN if that is not positive."""
    z: float = (energy / plasma_at(x, plasma)[0]) ** 0.25
    for _ in range(20):
        density, _, heat = plasma_at(x / z, plasma)
        change = (z**4 * density - energy) / (z**3 * heat)
        z -= change
        if not abs(change) > 1e-14 * z:
            break
    return z


@kernel
def hubble_rate(x: float, energy_density: float) -> float:
    """Return H [MeV] for the comoving total energy density (x/m_e)^4 rho."""
    return float(M_E**2 / x**2 * np.sqrt(energy_density) / HUBBLE_MASS)


def _lepton_heat(r: float) -> float:
    """Return (drho/dT)/T^3 of a charged lepton and its antiparticle (g = 4) of mass r T: df/dT under the integral."""
    return float(2.0 * (thermo.moment_J(4, r) + r**2 * thermo.moment_J(2, r)))


@lru_cache(maxsize=64)  # the points of a scan begin at few x
def initial_z(x: float, muons: bool = True, coupled: bool = True) -> float:
    """Return z = T a at ``x``, normalised to a T = 1 after muon annihilation.

    Entropy conservation of plasma and, if they are ``coupled``, three neutrino species; the reference is the plasma
    without muons and without electron mass, so that z - 1 at late times measures e+- annihilation alone. Solved in
    ln z: with T dS = drho, d ln(z^3 S)/dln z = (drho/dT)/S. QED, 1% of drho/dT, is left out of this derivative.
    """
    neutrinos = 3.0 * (4.0 / 3.0) * NEUTRINO_DENSITY if coupled else 0.0
    reference = float(thermo.plasma_entropy(0.0, muons=False)) + neutrinos

    def excess(log_z: float) -> tuple[float, float]:
        r = x / np.exp(log_z)
        entropy = float(thermo.plasma_entropy(r, muons=muons)) + neutrinos
        leptons = _lepton_heat(r) + (_lepton_heat(r * M_MU / M_E) if muons else 0.0)
        return 3.0 * log_z + np.log(entropy / reference), (_PHOTON_HEAT + leptons + 3.0 * neutrinos) / entropy

    return float(np.exp(increasing_root(excess, 0.0)))
