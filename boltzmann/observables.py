"""What a history of density matrices means: energy densities, N_eff, spectra, m_eff. Pure functions of arrays.

Axes of a history are [x, sign, y, i, j]: evolution, sign (one entry: nu = nubar), comoving momentum, flavours.
"""

import numpy as np
from scipy.interpolate import CubicSpline

from boltzmann.arrays import Array, Complex
from boltzmann.constants import EV, KELVIN, M_PLANCK, NEUTRINO_DENSITY, T_CMB_K
from boltzmann.momentum import fermi_dirac

#: N_eff per unit of (comoving neutrino energy density)/z^4: (8/7)(11/4)^(4/3) over the photons' pi^2/15.
N_EFF_PER_DENSITY = 8.0 / 7.0 * (11.0 / 4.0) ** (4.0 / 3.0) * 15.0 / np.pi**2
HUBBLE_100 = 2.133119e-39  # 100 km/s/Mpc [MeV], from the IAU parsec and hbar
CRITICAL_DENSITY = 3.0 * HUBBLE_100**2 * M_PLANCK**2 / (8.0 * np.pi)  # rho_crit/h^2 [MeV^4]
M_EFF_UNIT = 94.1  # eV of m_eff per unit of omega_s h^2, the convention of arXiv:1807.06209 sec. 7.5.3


def energy_density(y: Array, w: Array, f: Array) -> Array:
    """Return (1/pi^2) int dy y^3 f, the comoving energy density of nu + nubar; ``f`` has momentum as last axis."""
    return np.asarray(f @ (w * y**3) / np.pi**2)


def mass_populations(rho: Complex, U: Complex) -> Array:
    """Return p_k = (U^dagger rho U)_kk for ``rho`` (..., n, n); shape (..., n)."""
    return np.asarray(np.einsum("ak,...ab,bk->...k", U.conj(), rho, U).real)


def flavour_populations(rho: Complex, U: Complex) -> Array:
    """Return SUM_k |U_ak|^2 p_k, the flavour spectra once coherences between mass states have averaged out."""
    return np.asarray(mass_populations(rho, U) @ (np.abs(U) ** 2).T)


def effective_number(density: Array | float, z: Array | float) -> Array:
    """Return N_eff of a comoving neutrino energy density at z = T_gamma a, (8/7)(11/4)^(4/3) rho_nu/rho_gamma."""
    return np.asarray(N_EFF_PER_DENSITY * np.asarray(density) / np.asarray(z) ** 4)


def interpolate_spectrum(nodes: Array, f: Array, y: Array) -> Array:
    """Return the occupation at comoving momenta ``y`` from its values at the grid's ``nodes``.

    f/f_FD is a cubic spline between the nodes and constant beyond them; never negative.
    """
    ratio = CubicSpline(nodes, f / fermi_dirac(nodes))(np.clip(y, nodes[0], nodes[-1]))
    return np.asarray(np.maximum(ratio, 0.0) * fermi_dirac(y))


def physical_density(nodes: Array, f: Array, mass: float, scale: float) -> float:
    """Return the energy density of nu + nubar [MeV^4], kinetic energy included.

    Parameters
    ----------
    nodes, f : array
        Comoving momenta and occupation per helicity.
    mass : float
        [MeV].
    scale : float
        Physical over comoving momentum [MeV]: p = scale y.
    """
    y, w = np.polynomial.legendre.leggauss(200)
    y, w = 20.0 * (1.0 + y), 20.0 * w
    integrand = y**2 * np.sqrt((scale * y) ** 2 + mass**2) * interpolate_spectrum(nodes, f, y)
    return float(scale**3 / np.pi**2 * np.sum(w * integrand))


def omega_h2(nodes: Array, f: Array, mass_ev: float, z: float) -> float:
    """Return Omega h^2 today of one massive species with comoving spectrum ``f``, z = T_gamma a at late times."""
    scale = T_CMB_K * KELVIN / z
    return physical_density(nodes, f, mass_ev * EV, scale) / CRITICAL_DENSITY


def effective_mass(nodes: Array, f: Array, mass_ev: float, z: float) -> float:
    """Return m_eff = 94.1 eV Omega h^2 [eV]; zero for a massless state."""
    return M_EFF_UNIT * omega_h2(nodes, f, mass_ev, z) if mass_ev > 0.0 else 0.0


def energy_drift(plasma: Array, neutrinos: Array, integral: Array) -> float:
    """Return the largest relative drift of E + rho_nu - int ds z^4 (R - 3p), a constant; arguments (n_x,)."""
    invariant = plasma + neutrinos - integral
    return float(np.max(np.abs(invariant - invariant[0]) / (plasma + neutrinos)))


def relative_density(density: Array) -> Array:
    """Return a comoving energy density in units of one standard neutrino flavour before e+- annihilation."""
    return density / NEUTRINO_DENSITY
