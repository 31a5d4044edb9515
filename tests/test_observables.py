"""Observables of given arrays against closed forms, and the identities they obey for any density matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants as si
from scipy.integrate import quad
from scipy.special import zeta

from boltzmann import observables
from boltzmann.constants import NEUTRINO_DENSITY
from boltzmann.numerics.momentum import fermi_dirac, laguerre_grid
from boltzmann.parameters import Mixing

GRID = laguerre_grid(20, 20.0)
fractions = st.floats(0.0, 0.3)
angles = st.floats(-360.0, 360.0)


@st.composite
def mixing_matrices(draw) -> np.ndarray:
    elements = {name: draw(fractions) for name in ("Ue4_sq", "Umu4_sq", "Utau4_sq")}
    phases = {name: f"{draw(angles)} deg" for name in ("delta_13", "delta_14", "delta_24")}
    return Mixing(dm2_41="1 eV2", **elements, **phases).U


@st.composite
def density_matrices(draw) -> np.ndarray:
    """Return Hermitian positive matrices (3, 4, 4) with eigenvalues below one."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    a = random.normal(size=(3, 4, 4)) + 1j * random.normal(size=(3, 4, 4))
    rho = a @ np.conj(np.swapaxes(a, -1, -2))
    return rho / np.linalg.norm(rho, axis=(-2, -1), keepdims=True)


def test_energy_density_of_a_thermal_flavour() -> None:
    # (1/pi^2) int y^3/(e^y + 1) = 7 pi^2/120; the tail beyond y = 20 holds 3.4e-6 of it
    assert observables.energy_density(GRID.y, GRID.w, GRID.f) == pytest.approx(7 * np.pi**2 / 120, rel=3.4e-6)
    assert observables.relative_density(np.array(NEUTRINO_DENSITY)) == pytest.approx(1.0, rel=1e-15)


def test_three_thermal_flavours_at_instantaneous_decoupling_are_three() -> None:
    # T_gamma/T_nu = (11/4)^(1/3) defines N_eff
    assert observables.effective_number(3 * NEUTRINO_DENSITY, (11 / 4) ** (1 / 3)) == pytest.approx(3.0, rel=1e-14)


@given(rho=density_matrices(), U=mixing_matrices())
def test_populations_keep_the_trace(rho: np.ndarray, U: np.ndarray) -> None:
    trace = np.trace(rho, axis1=-2, axis2=-1).real
    assert observables.mass_populations(rho, U).sum(axis=-1) == pytest.approx(trace, rel=1e-12)
    assert observables.flavour_populations(rho, U).sum(axis=-1) == pytest.approx(trace, rel=1e-12)


@given(p=st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4), U=mixing_matrices())
def test_mass_populations_invert_the_mixing(p: list[float], U: np.ndarray) -> None:
    # without coherence between mass states, decohered flavour spectra are the diagonal of rho
    rho = (U * p) @ U.conj().T
    assert observables.mass_populations(rho, U) == pytest.approx(p, abs=1e-14)
    assert observables.flavour_populations(rho, U) == pytest.approx(np.diag(rho).real, abs=1e-14)


@given(rho=density_matrices(), U=mixing_matrices())
def test_populations_of_a_positive_matrix_are_positive(rho: np.ndarray, U: np.ndarray) -> None:
    assert observables.mass_populations(rho, U).min() >= -1e-15  # rounding
    assert observables.flavour_populations(rho, U).min() >= -1e-15


@given(coefficients=st.lists(st.floats(0.1, 1.0), min_size=4, max_size=4), y=st.floats(0.3, 15.0))
def test_interpolation_is_exact_for_a_cubic_distortion(coefficients: list[float], y: float) -> None:
    def spectrum(v: np.ndarray | float) -> np.ndarray:
        return fermi_dirac(v) * np.polynomial.Polynomial(coefficients)(np.asarray(v) / 20)

    ours = observables.interpolate_spectrum(GRID.y, spectrum(GRID.y), np.array([y]))
    assert ours == pytest.approx(spectrum(y), rel=1e-11)


def test_interpolation_beyond_the_grid_is_thermal_in_shape() -> None:
    f = 0.3 * GRID.f * (1 + 0.1 * GRID.y)
    low, high = observables.interpolate_spectrum(GRID.y, f, np.array([1e-4, 40.0]))
    assert low / fermi_dirac(1e-4) == pytest.approx(f[0] / GRID.f[0], rel=1e-14)
    assert high / fermi_dirac(40.0) == pytest.approx(f[-1] / GRID.f[-1], rel=1e-14)


def test_interpolation_is_never_negative() -> None:
    f = GRID.f * (np.arange(20) == 10)  # a cubic spline through one node rings below zero
    assert observables.interpolate_spectrum(GRID.y, f, np.linspace(0, 30, 500)).min() == 0.0


def test_interpolation_kept_as_a_matrix_is_the_same() -> None:
    f = GRID.f * np.cos(GRID.y)
    kept, directly = (
        observables.interpolate_spectrum(GRID.y, f, np.linspace(0, 30, 50), kept=k) for k in (True, False)
    )
    # rounding of a spline through values of order one
    assert kept / fermi_dirac(np.linspace(0, 30, 50)) == pytest.approx(
        directly / fermi_dirac(np.linspace(0, 30, 50)), rel=1e-12, abs=1e-12
    )


@pytest.mark.parametrize("mass", [0.0, 1e-3, 1.0, 1e3])
def test_physical_density_is_the_integral_over_the_massive_dispersion(mass: float) -> None:
    # 1e-8: 200 Gauss points on [0, 40] for a smooth integrand, and 1e-13 beyond
    scale = 0.7
    exact, _ = quad(lambda y: y**2 * np.hypot(scale * y, mass) * float(fermi_dirac(y)), 0, 80, epsabs=0, epsrel=1e-11)
    ours = observables.physical_density(GRID.y, GRID.f, mass, scale)
    assert ours == pytest.approx(scale**3 / np.pi**2 * exact, rel=1e-8)


def thermal_m_eff(mass: float, z: float) -> float:
    """94.1 eV Omega h^2 of a thermal non-relativistic species [eV], in SI units.

    n = 2 helicity states x (3/4) zeta(3)/pi^2 (k T/hbar c)^3 at T = 2.7255 K/z; rho_crit = 3 (100 km/s/Mpc)^2/(8 pi G).
    """
    number = 1.5 * zeta(3) / np.pi**2 * (si.k * 2.7255 / z / (si.hbar * si.c)) ** 3
    critical = 3 * (1e5 / (1e6 * si.parsec)) ** 2 / (8 * np.pi * si.G) * si.c**2
    return 94.1 * number * mass * si.e / critical


@pytest.mark.parametrize("z", [1.346, (11 / 4) ** (1 / 3)])
@pytest.mark.parametrize("fraction", [1.0, 0.2])
def test_m_eff_of_a_thermal_state(z: float, fraction: float) -> None:
    # 1e-4: Newton's constant in M_PLANCK has six digits (m_Pl = 1.22089e19 GeV against 1.220890), and kinetic energy
    # adds 6 (k T/m)^2 = 1e-7 at 1 eV
    ours = observables.effective_mass(GRID.y, fraction * GRID.f, 1.0, z)
    assert ours == pytest.approx(fraction * thermal_m_eff(1.0, z), rel=1e-4)


def test_m_eff_unit_is_the_thermal_mass_of_instantaneous_decoupling() -> None:
    # why the convention reads 94.1 eV: m_eff = m for T_nu = (4/11)^(1/3) T_gamma, to the digits of 94.1
    assert thermal_m_eff(1.0, (11 / 4) ** (1 / 3)) == pytest.approx(1.0, abs=1e-3)


def test_m_eff_of_a_massless_state_vanishes() -> None:
    assert observables.effective_mass(GRID.y, GRID.f, 0.0, 1.4) == 0.0


@given(z=st.floats(1.0, 1.45), scale=st.floats(0.01, 2.0))
def test_effective_number_is_linear_and_falls_as_z4(z: float, scale: float) -> None:
    one = observables.effective_number(NEUTRINO_DENSITY, z)
    assert observables.effective_number(scale * NEUTRINO_DENSITY, z) == pytest.approx(scale * one, rel=1e-13)
    assert one * z**4 == pytest.approx(observables.effective_number(NEUTRINO_DENSITY, 1.0), rel=1e-13)


def test_instantaneous_decoupling_begins_at_one_and_ends_at_N_eff() -> None:
    # entropy of the relativistic plasma with QED, 4p: -5 e^2/288 + e^3/(36 sqrt3 pi) over (pi^2/45)(11/4) (massless
    # limits, hep-ph/9406258); the masses at r = 1e-4 and 40 change it by 1e-9
    e2 = 4 * np.pi / 137.035999
    qed = (-5 * e2 / 288 + e2**1.5 / (36 * np.sqrt(3) * np.pi)) / (np.pi**2 / 45 * 11 / 4)
    assert observables.instantaneous_z(np.array([1e-4])) == pytest.approx((1 + qed) ** (-1 / 3), rel=1e-7)
    assert observables.instantaneous_z(np.array([40.0])) == pytest.approx((11 / 4) ** (1 / 3), rel=1e-12)
    assert np.all(np.diff(observables.instantaneous_z(np.geomspace(1e-3, 1e3, 50))) >= -1e-12)  # quadrature


@given(density=st.floats(0.1, 10.0), z=st.floats(1.3, 1.45))
def test_effective_number_at_late_times_is_N_eff(density: float, z: float) -> None:
    late = observables.effective_number_at(density, np.array([100.0]), np.array([z]))
    assert late[0] == pytest.approx(observables.effective_number(density, z), rel=1e-12)


def test_number_density_of_a_thermal_state() -> None:
    # int y^2/(e^y + 1) = (3/2) zeta(3); 1e-8: 200 Gauss points, as for the energy
    z = (11 / 4) ** (1 / 3)
    assert observables.number_density(GRID.y, GRID.f, z) == pytest.approx(1.0, rel=1e-8)
    assert observables.number_density(GRID.y, 0.75 * GRID.f, 1.4) == pytest.approx(0.75 * 2.75 / 1.4**3, rel=1e-8)


@pytest.mark.parametrize(
    ("species", "published"), [(4, 2.7257), (5, 5 * 0.6 ** (4 / 3)), (6, 6 * 0.5 ** (4 / 3)), (3, 3.0)]
)
def test_number_conserving_map(species: int, published: float) -> None:
    # (3 + n)(3/(3 + n))^(4/3), arXiv:1501.00059; 2.7257 to its digits
    assert observables.number_conserving_N_eff(3.0, species) == pytest.approx(published, abs=5e-5)


@given(number=st.floats(0.5, 5.0), species=st.integers(2, 6))
def test_number_conserving_map_loses_or_gains_energy(number: float, species: int) -> None:
    # thermal states of equal temperature: n = s t^3 and N_eff = s t^4 with t the temperature, whatever the energy was
    t = (number / species) ** (1 / 3)
    assert observables.number_conserving_N_eff(number, species) == pytest.approx(species * t**4, rel=1e-12)


def test_energy_drift_finds_the_largest_violation() -> None:
    plasma, neutrinos = np.array([1.0, 1.1, 1.3]), np.array([1.0, 0.95, 0.9])
    integral = plasma + neutrinos - 2.0
    assert observables.energy_drift(plasma, neutrinos, integral) == 0.0
    integral[1] += 1e-3
    assert observables.energy_drift(plasma, neutrinos, integral) == pytest.approx(1e-3 / 2.05)
