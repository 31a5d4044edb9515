"""Thermodynamics of the electromagnetic plasma: photons, e+-, mu+-, and finite-temperature QED to O(e^3).

Everything follows from one function, the pressure per z^4, p(r) with r = m_e/T::

    p = pi^2/45 + p_F(r) + p_F(r m_mu/m_e) + dp2 + dp3
    p_F = (2/3 pi^2) int du u^4/E /(e^E + 1)                    one charged lepton, g = 4
    dp2 = -e^2 K2 (1/6 + K2/2)                                  O(e^2), logarithmic part dropped
    dp3 = (2 e^3/3 pi) (K2 + r^2 K0/2)^(3/2)                    O(e^3)

with K_a = (1/pi^2) int du (u^a/E)/(e^E + 1), E = sqrt(u^2 + r^2). Sources: hep-ph/9406258, arXiv:1911.04504 (eqs. of
sec. 3); the energy density is R = 3p - r p' by T dP/dT - P.
"""

import numpy as np
from numpy.typing import ArrayLike

from boltzmann.constants import E_SQUARED, M_E, M_MU
from boltzmann.numerics.arrays import Array


def half_line(t: Array) -> tuple[Array, Array]:
    """Return nodes and weights of a quadrature over 0 < u < inf for uniform ``t``, u = exp(t - e^-t).

    Double-exponential, uniformly accurate for any mass (Takahasi & Mori 1974).
    """
    u = np.exp(t - np.exp(-t))
    return u, u * (1.0 + np.exp(-t)) * (t[1] - t[0])


_U, _DU = half_line(np.linspace(-4.5, 5.2, 200))


def _fermi(energy: Array) -> Array:
    decay = np.exp(-energy)
    return decay / (1.0 + decay)


def moment_K(a: int, r: ArrayLike) -> Array:
    """Return K_a(r) = (1/pi^2) int du (u^a/E)/(e^E + 1), any shape of r = m/T."""
    energy = np.sqrt(_U**2 + np.asarray(r, float)[..., None] ** 2)
    moment: Array = np.sum(_DU * _U**a / energy * _fermi(energy), axis=-1) / np.pi**2
    return moment


def moment_J(a: int, r: ArrayLike) -> Array:
    """Return J_a(r) = (1/pi^2) int du u^a e^E/(e^E + 1)^2, any shape of r = m/T."""
    energy = np.sqrt(_U**2 + np.asarray(r, float)[..., None] ** 2)
    occupied = _fermi(energy)
    moment: Array = np.sum(_DU * _U**a * occupied * (1.0 - occupied), axis=-1) / np.pi**2
    return moment


def lepton_pressure(r: ArrayLike) -> Array:
    """Return the pressure over T^4 of a charged lepton and its antiparticle (g = 4) of mass r T."""
    return (2.0 / 3.0) * moment_K(4, r)


def lepton_energy_density(r: ArrayLike) -> Array:
    """Return the energy density over T^4 of a charged lepton and its antiparticle (g = 4) of mass r T."""
    return 2.0 * (moment_K(4, r) + np.asarray(r, float) ** 2 * moment_K(2, r))


def qed_pressure(r: ArrayLike, order: int = 3) -> Array:
    """Return the finite-temperature QED correction to the pressure over T^4, to O(e^2) or O(e^3)."""
    k2 = moment_K(2, r)
    correction = -E_SQUARED * k2 * (1.0 / 6.0 + 0.5 * k2)
    if order >= 3:
        debye = k2 + 0.5 * np.asarray(r, float) ** 2 * moment_K(0, r)
        correction = correction + 2.0 * E_SQUARED**1.5 / (3.0 * np.pi) * debye**1.5
    return correction


def qed_energy_density(r: ArrayLike, order: int = 3) -> Array:
    """Return the finite-temperature QED correction to the energy density over T^4, from T dP/dT - P in closed form."""
    k2, j2 = moment_K(2, r), moment_J(2, r)
    correction = E_SQUARED * (0.5 * k2**2 - (k2 + j2) / 6.0 - k2 * j2)
    if order >= 3:
        r2 = np.asarray(r, float) ** 2
        debye = k2 + 0.5 * r2 * moment_K(0, r)
        correction = correction + E_SQUARED**1.5 / np.pi * np.sqrt(debye) * (j2 + 0.5 * r2 * moment_J(0, r))
    return correction


def plasma_pressure(r: ArrayLike, qed_order: int = 3, muons: bool = True) -> Array:
    """Return the pressure of the electromagnetic plasma over T_gamma^4, r = m_e/T_gamma; ``qed_order`` 0, 2 or 3."""
    pressure = np.pi**2 / 45.0 + lepton_pressure(r)
    if muons:
        pressure = pressure + lepton_pressure(np.asarray(r, float) * (M_MU / M_E))
    return pressure + qed_pressure(r, qed_order) if qed_order else pressure


def plasma_energy_density(r: ArrayLike, qed_order: int = 3, muons: bool = True) -> Array:
    """Return the energy density of the electromagnetic plasma over T_gamma^4."""
    density = np.pi**2 / 15.0 + lepton_energy_density(r)
    if muons:
        density = density + lepton_energy_density(np.asarray(r, float) * (M_MU / M_E))
    return density + qed_energy_density(r, qed_order) if qed_order else density


def plasma_entropy(r: ArrayLike, qed_order: int = 3, muons: bool = True) -> Array:
    """Return the entropy density of the electromagnetic plasma over T_gamma^3."""
    return plasma_energy_density(r, qed_order, muons) + plasma_pressure(r, qed_order, muons)


def electron_mass_shift(r: ArrayLike) -> Array:
    """Return the thermal mass shift dm_e^2/T^2 = e^2 (1/6 + K2), momentum-dependent logarithm dropped."""
    return E_SQUARED * (1.0 / 6.0 + moment_K(2, r))


def particle_pressure_and_density(mass_over_T: float, fermion: bool) -> tuple[float, float]:
    """Return p/T^4 and rho/T^4 of one internal state of a particle in equilibrium, mu = 0."""
    energy = np.sqrt(_U**2 + mass_over_T**2)
    decay = np.exp(-energy)
    f = decay / (1.0 + decay) if fermion else decay / -np.expm1(-energy)
    volume = _DU * _U**2 / (2.0 * np.pi**2)
    return float(np.sum(volume * _U**2 / (3.0 * energy) * f)), float(np.sum(volume * energy * f))
