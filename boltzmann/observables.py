"""What a history of density matrices means: energy densities, N_eff, spectra, m_eff. Pure functions of arrays.

Axes of a history are [x, sign, y, i, j]: evolution, sign (one entry: nu = nubar), comoving momentum, flavours.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from boltzmann.constants import EV, KELVIN, M_PLANCK, NEUTRINO_DENSITY, T_CMB_K, ZETA_3
from boltzmann.numerics import spline
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.plasma.thermo import plasma_entropy

#: N_eff per unit of (comoving neutrino energy density)/z^4: (8/7)(11/4)^(4/3) over the photons' pi^2/15.
N_EFF_PER_DENSITY = 8.0 / 7.0 * (11.0 / 4.0) ** (4.0 / 3.0) * 15.0 / np.pi**2
HUBBLE_100 = 2.133119e-39  # 100 km/s/Mpc [MeV], from the IAU parsec and hbar
CRITICAL_DENSITY = 3.0 * HUBBLE_100**2 * M_PLANCK**2 / (8.0 * np.pi)  # rho_crit/h^2 [MeV^4]
SOFT, LEAST = 41.0, 1e-300  # largest y of a grid without hard nodes (`Options.y_max`); least occupation
# Number density of one neutrino over that of Fermi-Dirac at T_gamma (4/11)^(1/3), mean of the three of
# ``solve(Mixing())``: sum m_nu = 94.06 eV/1.0102 omega_nu h^2 = 93.12 eV omega_nu h^2, as in arXiv:2008.01074 sec. 4.
STANDARD_NUMBER = 1.0102
DARK_MATTER = 0.1201  # Omega_c h^2 of the best fit of Planck 2018, arXiv:1807.06209 table 1
M_EFF_UNIT = 94.1  # eV of m_eff per unit of omega_s h^2, the convention of arXiv:1807.06209 sec. 7.5.3


class BBN(NamedTuple):
    """N_eff at the two temperatures that primordial nucleosynthesis depends on."""

    weak_freeze_out: float  # T_gamma = 1 MeV
    nucleosynthesis: float  # T_gamma = 0.07 MeV


def energy_density(y: Array, w: Array, f: Array) -> Array:
    """Return (1/pi^2) int dy y^3 f, the comoving energy density of nu + nubar; ``f`` has momentum as last axis."""
    return np.asarray(f @ (w * y**3) / np.pi**2)


def mass_populations(rho: Complex, U: Complex) -> Array:
    """Return p_k = (U^dagger rho U)_kk for ``rho`` (..., n, n); shape (..., n)."""
    n, weights = len(U), U.conj()[:, None, :] * U[None, :, :]
    return np.asarray((rho.reshape(*rho.shape[:-2], n * n) @ weights.reshape(n * n, -1)).real)


def flavour_populations(rho: Complex, U: Complex) -> Array:
    """Return SUM_k |U_ak|^2 p_k, the flavour spectra once coherences between mass states have averaged out."""
    return np.asarray(mass_populations(rho, U) @ (np.abs(U) ** 2).T)


def effective_number(density: Array | float, z: Array | float) -> Array:
    """Return N_eff of a comoving neutrino energy density at z = T_gamma a, (8/7)(11/4)^(4/3) rho_nu/rho_gamma."""
    return np.asarray(N_EFF_PER_DENSITY * np.asarray(density) / np.asarray(z) ** 4)


def instantaneous_z(r: Array) -> Array:
    """Return T_gamma/T_nu of neutrinos that decoupled early, at r = m_e/T_gamma; (11/4)^(1/3) in the end.

    [(11/4) s(inf)/s(r)]^(1/3) with the entropy s of photons, e+- and finite-temperature QED over T_gamma^3 (derived
    from entropy conservation). Normalised at late times, as N_eff is, it is 1.0008 instead of 1 while e+- are
    relativistic: QED lowers their entropy by 0.24%.
    """
    late = 4.0 * np.pi**2 / 45.0
    return np.asarray((11.0 / 4.0 * late / plasma_entropy(r, muons=False)) ** (1.0 / 3.0))


def effective_number_at(density: Array, x: Array, z: Array) -> Array:
    """Return a comoving energy density in neutrinos with T_nu = T_gamma/`instantaneous_z`, at any time.

    (8/7)(15/pi^2) rho/z^4 z_inst^4; `effective_number` at late times. Three neutrinos in equilibrium are 3.010.
    """
    return np.asarray(8.0 / 7.0 * 15.0 / np.pi**2 * density * (instantaneous_z(x / z) / z) ** 4)


def number_conserving_N_eff(number: float, species: float) -> float:
    """Return N_eff of ``species`` states that share ``number`` neutrinos, thermal without chemical potential.

    species (number/species)^(4/3): the map of arXiv:1410.1385 (3 shared by 4: 2.7257) and 1501.00059 (by 3 + n:
    (3 + n)(3/(3 + n))^(4/3)). Number is conserved but ENERGY IS NOT: temperature and mu = 0 leave no room for it.
    Collisions and oscillations of massless neutrinos conserve energy, and N_eff with it. For comparison with these
    papers only.
    """
    return float(species * (number / species) ** (4.0 / 3.0))


def interpolate_spectrum(nodes: Array, f: Array, y: Array, kept: bool = False) -> Array:
    """Return the occupation at comoving momenta ``y`` from its values at the grid's ``nodes``.

    f/f_FD is a cubic spline between the nodes and constant beyond them; never negative. With ``kept``, for ``y`` (1-D)
    that are the same in every run, the spline is a matrix in the cache, see `boltzmann.numerics.spline`. Where there
    are hard nodes, f/f_FD spans many orders of magnitude and its logarithm is linear between the nodes.
    """
    if has_hard_nodes(nodes):
        return interpolate_hard(nodes, f, np.asarray(y, float))
    values, points = f / fermi_dirac(nodes), np.clip(y, nodes[0], nodes[-1])
    ratio = spline.matrix(nodes, points) @ values if kept else spline.through(nodes, values, points)
    return np.asarray(np.maximum(ratio, 0.0) * fermi_dirac(y))


def has_hard_nodes(nodes: Array) -> bool:
    """Return whether a momentum grid is one of a run with a relic that decays (`boltzmann.relics.grid`)."""
    return bool(nodes[-1] > SOFT)


def interpolate_hard(nodes: Array, f: Array, y: Array) -> Array:
    """Return occupations at ``y`` (m,) from ``f`` (..., N) at the ``nodes``, with ln(f/f_FD) linear between them."""
    log = np.log(np.maximum(f, LEAST)) + nodes + np.log1p(np.exp(-nodes))
    at = np.clip(y, nodes[0], nodes[-1])
    k = np.clip(np.searchsorted(nodes, at, side="right") - 1, 0, nodes.size - 2)
    t = (at - nodes[k]) / (nodes[k + 1] - nodes[k])
    return np.asarray(np.exp((1.0 - t) * log[..., k] + t * log[..., k + 1] - y - np.log1p(np.exp(-y))))


@cache
def _legendre() -> tuple[Array, Array]:
    """Return momenta and weights on [0, 40]; they take longer to compute than everything they are used for."""
    y, w = np.polynomial.legendre.leggauss(200)
    return 20.0 * (1.0 + y), 20.0 * w


def _points(nodes: Array) -> tuple[Array, Array]:
    """Return momenta and weights for an integral over a spectrum: to 40, or to the last hard node."""
    if not has_hard_nodes(nodes):
        return _legendre()
    t, w = np.polynomial.legendre.leggauss(6)
    edges = np.concatenate([[0.0], nodes])
    half = 0.5 * np.diff(edges)[:, None]
    return (edges[:-1, None] + half * (1.0 + t)).ravel(), (half * w).ravel()


def moment(nodes: Array, f: Array, power: int) -> float:
    """Return int dy y^power f(y) with ``f`` interpolated between the grid's ``nodes``."""
    return _moment(nodes, f, lambda y: y**power)


def _moment(nodes: Array, f: Array, weight: Callable[[Array], Array]) -> float:
    """Return int dy weight(y) f(y) with ``f`` interpolated between the grid's ``nodes``."""
    y, w = _points(nodes)
    return float(np.sum(w * weight(y) * interpolate_spectrum(nodes, f, y, kept=True)))


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
    energy = _moment(nodes, f, lambda y: y**2 * np.sqrt((scale * y) ** 2 + mass**2))
    return scale**3 / np.pi**2 * energy


def number_density(nodes: Array, f: Array, z: float) -> float:
    """Return the late number density of nu + nubar over that of a Fermi-Dirac species at T_gamma (4/11)^(1/3)."""
    standard = 1.5 * ZETA_3  # int dy y^2/(e^y + 1)
    return 11.0 / 4.0 / z**3 * _moment(nodes, f, lambda y: y**2) / standard


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
