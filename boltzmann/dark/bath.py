"""The dark sector: mediators of secret interactions in equilibrium with the sterile neutrinos, at T_s and mu_s.

Sterile neutrinos relax to f_FD(y/z_s - eta), z_s = T_s a and eta = mu_s/T_s; a mediator of mass M has the equilibrium
energy and number of its mass at T_s times the fugacity e^(c eta), c its charge (exact for eta = 0 and where it is
dilute; below e^(c eta) << 1 the energy is at most 8% off, 1 - 1/zeta(4)). The unknowns are not z_s and eta but what is
conserved, the mediators' comoving energy e and charge n::

    e = SUM_m e^(c eta) z_s^4 a(mu) + PHANTOM K z_s,      n = SUM_m c e^(c eta) z_s^3 b(mu) + PHANTOM K_n eta

with mu = M/T_s and a, b energy and number densities over T_s^4, T_s^3. Conservation is then linear in the unknowns and
kept to round-off. The phantom terms, a millionth of a thermal species, keep z_s and eta defined after the mediators
have gone: the equations of e and n turn into the constraints that relaxation conserves energy and number. The inverse
is unique, because the mean energy a/b of a mediator grows with temperature and e, n grow with eta.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.constants import M_E
from boltzmann.dark.loops import LOG_KAPPA, LOG_M
from boltzmann.dark.mediator import LOG_MU, LOG_Q
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.interpolate import cubic_start, cubic_weights
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.records import record

PHANTOM = 1e-6
K_ENERGY, K_NUMBER = 7.0 * np.pi**2 / 30.0, 0.1827  # of the order of a thermal species
MU_MAX = float(np.exp(LOG_MU[-1]))  # beyond, mediators have gone (e^-60)
CONDENSATION = 1e5  # rate over the Hubble rate at which bosons beyond mu = M leave their thermal distribution
ONSET = 1e-3  # of mu - M over T_s, over which it sets in: some 40 per e-fold at mu = M, 4e-3 where mu is 5e-3 less
GRADUAL = 1e-2  # of mu - M over T_s, from which that rate grows in proportion to it; below, as its square
MAX_RATE = 1e7  # of relaxation and number changing, over the Hubble rate: equilibrium, whatever the rate
LOG_RATIO = np.linspace(0.9, 12.0, 400)  # ln(energy/number^(4/3)): eta = 8 to -31
# Axes as plain numbers, which kernels freeze
_RATIO_0, _RATIO_STEP = float(LOG_RATIO[0]), float(LOG_RATIO[1] - LOG_RATIO[0])
_MU_0, _MU_STEP = float(LOG_MU[0]), float(LOG_MU[1] - LOG_MU[0])
_Q_0, _Q_STEP = float(LOG_Q[0]), float(LOG_Q[1] - LOG_Q[0])
_M_0, _M_STEP = float(LOG_M[0]), float(LOG_M[1] - LOG_M[0])
_KAPPA_0, _KAPPA_STEP = float(LOG_KAPPA[0]), float(LOG_KAPPA[1] - LOG_KAPPA[0])


@record
class Dark(NamedTuple):
    """Numbers and tables of K mediators (`boltzmann.dark.mediator.Mediator`) and of their loops; K = 0: none."""

    mass: Array  # (K,)
    degrees: Array  # (K,)
    charge: Array  # (K,)
    strength: Array  # (K,)
    width: Array  # (K,)
    debye: Array  # (K,)
    scattering: Array  # (K, 2, n_q)
    number_changing: Array  # (K, n_mu)
    thermal: Array  # (n_mu, 5): a, p, b, 4a - da/dln mu, 3b - db/dln mu of one polarisation, times e^mu
    loop: Array  # (n_m, N)
    boson: Array  # (n_kappa, n_mu)
    spectrum: Array  # (n_ratio, 2): eta and ln(T/number^(1/3)) of Fermi-Dirac spectra by ln(energy/number^(4/3))


class Bath(NamedTuple):
    """State of the dark sector and its derivatives with respect to ln z_s and eta."""

    log_z: float  # ln z_s
    eta: float
    energy: float  # of the mediators, without phantom
    number: float  # charge of the mediators, without phantom
    trace: float  # z_s^4 (energy - 3 pressure)
    potential: float  # ln Z of mediators and phantoms: its gradient in (-1/z_s, eta) is (e, n), n to 10%
    energy_z: float  # de/dln z_s
    energy_eta: float
    number_z: float
    number_eta: float


@kernel
def _stencil(value: float, start: float, step: float, n: int) -> tuple[int, tuple[float, float, float, float]]:
    """Return first index and weights of the cubic stencil around ``value``, clamped to a uniform axis of n points."""
    value = min(max(value, start), start + (n - 1) * step)
    first = cubic_start(value, start, step, n)
    return first, cubic_weights(value, start, step, first)


@kernel
def _interpolate(value: float, start: float, step: float, table: Array) -> float:
    """Return the cubic interpolation of a uniform 1-D table, constant beyond its ends."""
    first, (w0, w1, w2, w3) = _stencil(value, start, step, table.size)
    return float(w0 * table[first] + w1 * table[first + 1] + w2 * table[first + 2] + w3 * table[first + 3])


@kernel
def bath_at(log_z: float, eta: float, x: float, dark: Dark) -> Bath:
    """Return the mediators' energy, charge and their derivatives at z_s = e^log_z and eta."""
    z = np.exp(log_z)
    energy, number, pressure, energy_z, energy_eta, number_z, number_eta = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for m in range(dark.mass.size):
        mu, c = dark.mass[m] * x / (M_E * z), dark.charge[m]
        if mu > MU_MAX:
            continue
        first, (w0, w1, w2, w3) = _stencil(np.log(mu), _MU_0, _MU_STEP, dark.thermal.shape[0])
        row = w0 * dark.thermal[first] + w1 * dark.thermal[first + 1]
        row += w2 * dark.thermal[first + 2] + w3 * dark.thermal[first + 3]
        row *= dark.degrees[m] * np.exp(c * eta - mu) * z**3
        energy += z * row[0]
        pressure += row[1]
        number += c * row[2]
        energy_z += z * row[3]
        energy_eta += c * z * row[0]
        number_z += c * row[4]
        number_eta += c**2 * row[2]
    energy_z += PHANTOM * K_ENERGY * z
    number_eta += PHANTOM * K_NUMBER
    potential = pressure + PHANTOM * (K_ENERGY * log_z + 0.5 * K_NUMBER * eta**2)
    trace = energy - 3.0 * z * pressure
    return Bath(log_z, eta, energy, number, trace, potential, energy_z, energy_eta, number_z, number_eta)


@kernel
def conserved(bath: Bath) -> tuple[float, float]:
    """Return the unknowns e and n of ``bath``."""
    return (
        bath.energy + PHANTOM * K_ENERGY * np.exp(bath.log_z),
        bath.number + PHANTOM * K_NUMBER * bath.eta,
    )


@kernel
def response(bath: Bath, de: float, dn: float) -> tuple[float, float]:
    """Return the changes of ln z_s and eta that change e and n by ``de`` and ``dn``."""
    determinant = bath.energy_z * bath.number_eta - bath.energy_eta * bath.number_z
    return (
        (bath.number_eta * de - bath.energy_eta * dn) / determinant,
        (bath.energy_z * dn - bath.number_z * de) / determinant,
    )


@kernel
def _line_search(bath: Bath, d_log: float, d_eta: float, x: float, e: float, n: float, dark: Dark) -> Bath:
    """Return the bath after a Newton step, shortened while it is large and ln Z + e/z_s - n eta does not decrease.

    That convex function has its minimum near the solution (at it, but for the difference of b and p of bosons).
    """
    size = max(2.0 * abs(d_log), abs(d_eta))
    step = 1.0 / max(1.0, size)
    before = bath.potential + e * np.exp(-bath.log_z) - n * bath.eta
    while True:
        after = bath_at(bath.log_z + step * d_log, bath.eta + step * d_eta, x, dark)
        if step * size < 0.1 or after.potential + e * np.exp(-after.log_z) - n * after.eta <= before:
            return after
        step *= 0.5


@kernel
def dark_bath(x: float, e: float, n: float, dark: Dark, hint: Array) -> Bath:
    """Return the bath with energy ``e`` > 0 and charge ``n``, by Newton's method.

    ``hint`` (2,) holds a starting point (ln z_s, eta) and is overwritten with the result, which does not depend on it.
    """
    bath = bath_at(hint[0], hint[1], x, dark)
    if not abs(bath.log_z) + abs(bath.eta) + bath.potential < 1e3:
        bath = bath_at(0.0, 0.0, x, dark)
    for _ in range(200):
        found_e, found_n = conserved(bath)
        d_log, d_eta = response(bath, e - found_e, n - found_n)
        if not abs(d_log) + abs(d_eta) > 1e-12 * (1.0 + abs(bath.eta)):
            break
        bath = _line_search(bath, d_log, d_eta, x, e, n, dark)
    hint[0], hint[1] = bath.log_z, bath.eta
    return bath


@kernel
def sterile_density(eta: float) -> float:
    """Return the number density of sterile neutrinos at eta over that at eta = 0, Li_3(-e^eta)/Li_3(-1)."""
    t = np.exp(-abs(eta))
    total, power = 0.0, 1.0
    for k in range(1, 30):
        power *= -t
        total -= power / k**3 * (0.5 if k == 29 else 1.0)
    if eta > 0.0:
        total += eta**3 / 6.0 + np.pi**2 * eta / 6.0
    return total / 0.9015426773696957


@kernel
def _boson_loop(log_kappa: float, mu: float, dark: Dark) -> float:
    """Return I_B(kappa, mu) interpolated in both logarithms."""
    if mu > MU_MAX:
        return 0.0
    table, total = dark.boson, 0.0
    i, along_kappa = _stencil(log_kappa, _KAPPA_0, _KAPPA_STEP, table.shape[0])
    j, (b0, b1, b2, b3) = _stencil(np.log(mu), _MU_0, _MU_STEP, table.shape[1])
    for p, a in enumerate(along_kappa):
        row = table[i + p]
        total += a * (b0 * row[j] + b1 * row[j + 1] + b2 * row[j + 2] + b3 * row[j + 3])
    return float(total * np.exp(-mu))


@kernel
def _add_loop(m: float, factor: float, dark: Dark, row: Array) -> None:
    """Add ``factor`` times the fermion loop's weights at mass scale ``m`` to ``row`` (N,)."""
    first, (w0, w1, w2, w3) = _stencil(np.log(m), _M_0, _M_STEP, dark.loop.shape[0])
    factor /= 1.0 + m * m
    for j in range(row.size):
        column = w0 * dark.loop[first, j] + w1 * dark.loop[first + 1, j]
        row[j] += factor * (column + w2 * dark.loop[first + 2, j] + w3 * dark.loop[first + 3, j])


@kernel
def secret_potential(x: float, bath: Bath, y: Array, dark: Dark, operator: Array, offset: Array) -> None:
    """Fill V_s(y_i) = SUM_j operator_ij g_j + offset_i [MeV]: the sterile state's own loop, and the mediators'.

    Full one-loop result (derived; the braces of its two limits agree with arXiv:1310.6337 and 1505.02795), with
    ``g`` = rho_ss/f_FD; ``operator`` is (N, N), ``offset`` (N,).
    """
    z = np.exp(bath.log_z)
    operator[:] = 0.0
    offset[:] = 0.0
    for k in range(dark.mass.size):
        comoving = dark.mass[k] * x / M_E
        for i in range(y.size):
            factor = dark.strength[k] / (4.0 * np.pi**2 * y[i]) * M_E / x
            _add_loop(comoving**2 / (4.0 * y[i]), factor, dark, operator[i])
            if dark.degrees[k] > 0.0:
                loop = _boson_loop(np.log(y[i]) - bath.log_z, comoving / z, dark)
                offset[i] += factor * z**2 * np.exp(dark.charge[k] * bath.eta) * loop


@kernel
def thermal_spectrum(energy: float, number: float, dark: Dark) -> tuple[float, float]:
    """Return ln z and eta of the Fermi-Dirac spectrum f(y/z - eta) with these comoving densities of nu + nubar > 0."""
    log_ratio = np.log(energy) - 4.0 / 3.0 * np.log(number)
    eta = _interpolate(log_ratio, _RATIO_0, _RATIO_STEP, dark.spectrum[:, 0])
    return np.log(number) / 3.0 + _interpolate(log_ratio, _RATIO_0, _RATIO_STEP, dark.spectrum[:, 1]), eta


@kernel
def secret_rates(x: float, log_z: float, eta: float, y: float, dark: Dark) -> tuple[float, float]:
    """Return the rates [MeV] of a sterile neutrino: all collisions, and those that change momenta (relaxation).

    Inverse decays and scattering, see `boltzmann.dark.mediator.Mediator`, among sterile neutrinos with the spectrum
    f_FD(y/z - eta); scattering and thermal mass go with their density.
    """
    T, kappa, density = np.exp(log_z) * M_E / x, y / np.exp(log_z), sterile_density(eta)
    total, relaxing = 0.0, 0.0
    for k in range(dark.mass.size):
        q = 4.0 * kappa / ((dark.mass[k] / T) ** 2 + dark.debye[k] * density)
        scale = density * T / kappa * q * q / (1.0 + q)
        total += scale * _interpolate(np.log(q), _Q_0, _Q_STEP, dark.scattering[k, 0])
        relaxing += scale * _interpolate(np.log(q), _Q_0, _Q_STEP, dark.scattering[k, 1])
        if dark.degrees[k] > 0.0:
            fermion = np.log1p(np.exp(eta - 1.0 / q))
            boson = -np.exp(dark.charge[k] * eta) * np.log1p(-np.exp(-1.0 / q - kappa))
            decay = dark.width[k] * T / (2.0 * np.pi * kappa * q) * (fermion + boson)
            total += decay
            relaxing += decay
    return total, relaxing


@kernel
def number_change(x: float, bath: Bath, hubble: float, dark: Dark) -> float:
    """Return dn/ds by reactions mediator mediator <-> nu_s nubar_s: they change the charge by 2 - 2c.

    With c = 1 they conserve it, and more mediators than mu_s <= M can hold, as when nu_4 decays, leave the bath for a
    condensate at rest. That has no energy where M << T_s, so that everything else goes as if mu_s were M (to `ONSET`: a
    kink there, which steps cross back and forth within their tolerance, took sixty steps of 0.005).
    """
    z, total = np.exp(bath.log_z), 0.0
    T = z * M_E / x
    for k in range(dark.mass.size):
        c = dark.charge[k]
        mu = np.sqrt((dark.mass[k] / T) ** 2 + dark.debye[k] * sterile_density(bath.eta))
        if c == 1.0:
            excess = (bath.eta - dark.mass[k] / T) / ONSET
            excess = ONSET * (max(excess, 0.0) + np.log1p(np.exp(-abs(excess))))
            excess *= excess / (excess + GRADUAL)
            total -= CONDENSATION * dark.degrees[k] * z**3 * np.expm1(min(excess, 1.0))
        if c == 1.0 or mu > MU_MAX:
            continue
        rate = T / hubble * np.exp(-2.0 * mu) * _interpolate(np.log(mu), _MU_0, _MU_STEP, dark.number_changing[k])
        excess = np.exp(2.0 * c * bath.eta) - np.exp(2.0 * bath.eta)
        total += (2.0 - 2.0 * c) * z**3 * min(rate, MAX_RATE) * excess
    return total
