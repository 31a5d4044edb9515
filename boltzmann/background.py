"""The expanding plasma: coefficients of dz/ds, Hubble rate, and the comoving variables (physics.md secs. 1 and 6).

With s = ln x, x = m_e a, z = T_gamma a and r = x/z, comoving energy conservation of plasma and neutrinos reads::

    dz/ds = z A(r) - B(r)/z^3  d(rho_nu)/ds,      A = [(R - 3p) - r R']/(4R - r R'),   B = 1/(4R - r R')

where p and R are the plasma's pressure and energy density over T_gamma^4 (derived: expand d(z^4 R)/ds + d(rho_nu)/ds =
z^4 (R - 3p) with dr/ds = r (1 - dln z/ds)).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline
from scipy.optimize import brentq

from boltzmann import cache, thermo
from boltzmann.constants import HUBBLE_MASS, M_E, NEUTRINO_DENSITY
from boltzmann.interpolate import cubic_start, cubic_weights
from boltzmann.jit import kernel

Array = NDArray[np.float64]


class Plasma(NamedTuple):
    """Plasma functions on a uniform axis in ln r, r = m_e/T_gamma: ``columns`` (n, 4) holds A, B, R, p."""

    log_r0: float
    step: float
    columns: Array


def _plasma_columns(log_r: Array, pressure: Array) -> Array:
    """Return A, B, R, p from the pressure by a quintic spline in ln r (r R' = 2 dp/du + dp/du - d2p/du2, u = ln r)."""
    spline = make_interp_spline(log_r, pressure, k=5)
    first, second = spline(log_r, 1), spline(log_r, 2)
    energy, slope = 3.0 * pressure - first, 3.0 * first - second
    heat = 4.0 * energy - slope
    return np.stack([(energy - 3.0 * pressure - slope) / heat, 1.0 / heat, energy, pressure], axis=-1)


def _build_plasma() -> cache.Arrays:
    log_r = np.linspace(np.log(1e-4), np.log(60.0), 1200)
    return {"log_r": log_r, "columns": _plasma_columns(log_r, thermo.plasma_pressure(np.exp(log_r)))}


def plasma() -> Plasma:
    """Return the plasma tables (photons, e+-, mu+-, QED to O(e^3)), cached on disk."""
    stored = cache.tables("plasma", (), _build_plasma)
    log_r = stored["log_r"]
    return Plasma(float(log_r[0]), float(log_r[1] - log_r[0]), np.ascontiguousarray(stored["columns"]))


@kernel
def plasma_at(r, plasma):
    """Return A, B, R, p at r = m_e/T_gamma."""
    u = np.log(r)
    columns = plasma.columns
    first = cubic_start(u, plasma.log_r0, plasma.step, columns.shape[0])
    w0, w1, w2, w3 = cubic_weights(u, plasma.log_r0, plasma.step, first)
    values = w0 * columns[first] + w1 * columns[first + 1] + w2 * columns[first + 2] + w3 * columns[first + 3]
    return values[0], values[1], values[2], values[3]


@kernel
def hubble_rate(x, energy_density):
    """Return H [MeV] for the comoving total energy density (x/m_e)^4 rho."""
    return M_E**2 / x**2 * np.sqrt(energy_density) / HUBBLE_MASS


def initial_z(x: float) -> float:
    """Return z = T a at ``x`` while neutrinos are coupled, normalised to a T = 1 after muon annihilation.

    Entropy conservation of plasma and three neutrino species; the reference is the plasma without muons and without
    electron mass, so that z - 1 at late times measures e+- annihilation alone.
    """
    neutrinos = 3.0 * (4.0 / 3.0) * NEUTRINO_DENSITY
    reference = float(thermo.plasma_entropy(0.0, muons=False)) + neutrinos

    def excess(z: float) -> float:
        return z**3 * (float(thermo.plasma_entropy(x / z)) + neutrinos) - reference

    return float(brentq(excess, 0.5, 1.5, xtol=1e-13))
