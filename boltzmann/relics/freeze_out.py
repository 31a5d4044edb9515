"""How many heavy leptons there are before they decay: decoupling of the active-sterile reactions.

Gamma = SUM_a |U_a4|^2 C_a G_F^2 <p> T^4 with the mean momentum 3.15 T and the number average of C_a of
`boltzmann.collisions.damping` (no suppression by the medium: M^2/2p exceeds potentials by 1e8 and more at T < 10 GeV).
It equals the Hubble rate at T_dec. A lepton lighter than T_dec keeps f_N = 1/(e^(q/z_N) + 1) with z_N = T_N a =
(10.75/g_s)^(1/3), a T = 1 after muon annihilation. A heavier one follows dY/ds = -(Gamma/H)(Y - Y_eq) with the same
rate and Maxwell-Boltzmann statistics, and leaves kinetic equilibrium at T_dec.

Degrees of freedom: those of the package and free pions below 60 MeV, where other hadrons are 1 %; table S2 of Borsanyi
et al., arXiv:1606.07494 (lattice QCD), from 100 MeV to 10 GeV.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from boltzmann.collisions.damping import rate_coefficient
from boltzmann.constants import G_F, M_E, M_PLANCK, NEUTRINO_DENSITY
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import fermi_dirac, laguerre_grid
from boltzmann.plasma.thermo import particle_pressure_and_density, plasma_energy_density, plasma_pressure

# log10(T/MeV), g_rho, g_rho/g_s
_BORSANYI = np.array([
    [2.00, 17.61, 1.02324], [2.15, 24.07, 1.05423], [2.20, 29.84, 1.07578],
    [2.40, 47.83, 1.06118], [2.50, 53.04, 1.04690], [3.00, 73.48, 1.01778], [4.00, 83.10, 1.00123],
])  # fmt: skip
HADRONS, M_PION = 60.0, 138.04  # MeV: where free pions end; mean pion mass
COLDEST, HOTTEST = 1.0, 1e4  # MeV
REFERENCE = 10.75  # g_s after muon annihilation
MEAN_MOMENTUM = 3.151374  # of a Fermi-Dirac spectrum over T
ELECTROWEAK = 106.75  # g_s of the Standard Model above 200 GeV


class Decoupling(NamedTuple):
    """``T`` [MeV] of decoupling; ``z_N`` = T_N a; ``dilution``: number over that of a relativistic Fermi gas."""

    T: float
    z_N: float
    dilution: float


@cache
def _splines() -> tuple[Any, Any]:
    from scipy.interpolate import PchipInterpolator  # here, because it takes longer to import than most runs need it

    log_T, g, ratio = _BORSANYI.T
    below = np.array([0.8, 1.0]) * HADRONS
    own = np.array([_leptons_and_pions(float(T)) for T in below]).T
    at = np.concatenate([np.log10(below), log_T])
    return PchipInterpolator(at, [*own[0], *g]), PchipInterpolator(at, [*own[1], *(g / ratio)])


def degrees(T: float) -> tuple[float, float]:
    """Return g_rho and g_s of the Standard Model at ``T`` [MeV], 1 MeV to 10 GeV."""
    if T < HADRONS:
        return _leptons_and_pions(T)
    of_energy, of_entropy = _splines()
    return float(of_energy(np.log10(T))), float(of_entropy(np.log10(T)))


def _leptons_and_pions(T: float) -> tuple[float, float]:
    """Return g_rho and g_s of photons, leptons and free pions."""
    r, pion = M_E / T, particle_pressure_and_density(M_PION / T, fermion=False)
    energy = float(plasma_energy_density(r)) + 3.0 * NEUTRINO_DENSITY + 3.0 * pion[1]
    pressure = float(plasma_pressure(r)) + NEUTRINO_DENSITY + 3.0 * pion[0]
    return 30.0 / np.pi**2 * energy, 45.0 / (2.0 * np.pi**2) * (energy + pressure)


@cache
def mean_coefficients() -> Array:
    """Return the number averages of C_e, C_mu, C_tau over a Fermi-Dirac spectrum, weighted with p."""
    grid = laguerre_grid(20, 20.0)
    weight = grid.w * grid.y**3 * grid.f
    return np.array([np.sum(weight * rate_coefficient(a, grid.y)) / np.sum(weight) for a in range(3)])


def hubble(T: float) -> float:
    """Return H [MeV] of the Standard Model at ``T`` [MeV], 1 MeV to 10 GeV."""
    return float(np.sqrt(4.0 * np.pi**3 / 45.0 * degrees(T)[0]) * T**2 / M_PLANCK)


def rate_over_hubble(T: float, elements: tuple[float, float, float]) -> float:
    """Return Gamma/H of N at ``T`` [MeV]."""
    rate = float(np.dot(elements, mean_coefficients())) * G_F**2 * MEAN_MOMENTUM * T**5
    return rate / hubble(T)


def decoupling_temperature(elements: tuple[float, float, float]) -> float:
    """Return T_dec [MeV].

    Raises
    ------
    ParameterError
        It is outside 1 MeV to 10 GeV, where the rate or the degrees of freedom are not known.
    """
    log_T = np.linspace(np.log(COLDEST), np.log(HOTTEST), 400)
    ratio = np.log([rate_over_hubble(float(T), elements) for T in np.exp(log_T)])
    if not ratio[0] < 0.0 < ratio[-1]:
        raise ParameterError(
            f"|U_a4|^2 = {elements} is not allowed: N would decouple outside 1 MeV to 10 GeV, where its abundance is "
            "not known; give T_N_over_T and abundance, or lifetime and channels"
        )
    return float(np.exp(np.interp(0.0, ratio, log_T)))


def decouple(mass: float, elements: tuple[float, float, float]) -> Decoupling:
    """Return how N of ``mass`` [MeV] decouples."""
    T = decoupling_temperature(elements)
    z_N = (REFERENCE / degrees(T)[1]) ** (1.0 / 3.0)
    return Decoupling(T, z_N, 1.0 if mass <= T else _dilution(mass, T, elements))


def _equilibrium(mass: float, T: float) -> float:
    """Return n_eq/T^3 of N over that of a massless one, Maxwell-Boltzmann: (m/T)^2 K_2(m/T)/2."""
    from scipy.special import kn

    return float(0.5 * (mass / T) ** 2 * kn(2, mass / T))


def _dilution(mass: float, T_dec: float, elements: tuple[float, float, float]) -> float:
    """Return n/T_dec^3 after freeze-out over that of a massless N, from dY/ds = -(Gamma/H)(Y - Y_eq).

    Linear: Y = INT Y_eq dP with the probability P not to react after s.
    """
    log_T = np.linspace(np.log(max(COLDEST, 0.02 * T_dec)), np.log(min(HOTTEST, 20.0 * T_dec)), 2000)
    T = np.exp(log_T)
    rate = np.array([rate_over_hubble(float(t), elements) for t in T])
    depth = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(log_T))])  # after T
    equal = np.array([_equilibrium(mass, float(t)) / degrees(float(t))[1] for t in T])
    last = np.trapezoid(equal * rate * np.exp(-depth), log_T) + equal[-1] * np.exp(-depth[-1])
    return float(last * degrees(T_dec)[1])


def spectrum(q: Array, z_N: float, mass_over_T: float, dilution: float, w: Array) -> Array:
    """Return f_N(q): Fermi-Dirac of a relativistic decoupling, or of kinetic equilibrium at T_dec < m.

    ``mass_over_T``: m/T_dec. The latter has the number ``dilution`` times that of the former, (q, w) integrating it.
    """
    relativistic = fermi_dirac(q / z_N)
    if mass_over_T <= 1.0:
        return dilution * relativistic
    massive = np.exp(mass_over_T - np.sqrt((q / z_N) ** 2 + mass_over_T**2))
    return np.asarray(massive * dilution * np.sum(w * q**2 * relativistic) / np.sum(w * q**2 * massive))
