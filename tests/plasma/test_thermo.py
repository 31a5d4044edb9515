"""Thermodynamic functions of the plasma against series and closed forms."""

import numpy as np
import pytest
from scipy.special import kn

from boltzmann.constants import E_SQUARED, M_E, M_MU
from boltzmann.plasma import thermo

TERMS = np.arange(1, 400)
SIGNS = (-1.0) ** (TERMS + 1)


def bessel_pressure(r: float) -> float:
    """P/T^4 of massive fermions, g = 4, as the sum over Maxwell-Boltzmann gases at T/n (Kolb & Turner, sec. 3.3)."""
    return 2.0 / np.pi**2 * r**2 * float(np.sum(SIGNS * kn(2, TERMS * r) / TERMS**2))


def bessel_energy(r: float) -> float:
    terms = 3.0 * kn(2, TERMS * r) / TERMS**2 + r * kn(1, TERMS * r) / TERMS
    return 2.0 / np.pi**2 * r**2 * float(np.sum(SIGNS * terms))


@pytest.mark.parametrize("r", [0.2, 1.0, 3.0, 10.0, 40.0])
def test_lepton_gas_is_a_sum_of_bessel_functions(r: float) -> None:
    # 1e-11: the 200-point quadrature; the series is exact to rounding (r n > 80 at the last term)
    assert thermo.lepton_pressure(r) == pytest.approx(bessel_pressure(r), rel=1e-11, abs=0.0)
    assert thermo.lepton_energy_density(r) == pytest.approx(bessel_energy(r), rel=1e-11, abs=0.0)


@pytest.mark.parametrize(
    ("value", "closed"),
    [
        (thermo.moment_K(2, 0.0), 1 / 12),
        (thermo.moment_K(4, 0.0), 7 * np.pi**2 / 120),
        (thermo.moment_J(2, 0.0), 1 / 6),
        (thermo.moment_J(4, 0.0), 7 * np.pi**2 / 30),
        (thermo.lepton_energy_density(0.0), 4 * (7 / 8) * np.pi**2 / 30),
        (thermo.electron_mass_shift(0.0), E_SQUARED / 4),  # asymptotic mass e T/2 of hot QED (Weldon 1982)
        (thermo.electron_mass_shift(80.0), E_SQUARED / 6),  # photons alone
    ],
)
def test_massless_and_cold_limits(value: float, closed: float) -> None:
    # 1e-12: quadrature
    assert value == pytest.approx(closed, rel=1e-12)


@pytest.mark.parametrize("a", [2, 4])
def test_moments_are_related_by_parts(a: int) -> None:
    r = np.geomspace(1e-3, 30.0, 12)
    # int u^a f (1 - f) du = int f d(u^(a-1) E), as f (1 - f) u/E = -df/du
    by_parts = a * thermo.moment_K(a, r) + (a - 1) * r**2 * thermo.moment_K(a - 2, r)
    # 1e-11: quadrature
    np.testing.assert_allclose(thermo.moment_J(a, r), by_parts, rtol=1e-11)


@pytest.mark.parametrize(("muons", "g"), [(False, 2 + 3.5), (True, 2 + 3.5 + 3.5)])
def test_relativistic_degrees_of_freedom(muons: bool, g: float) -> None:
    r = 1e-3 * M_E / M_MU  # mass corrections (m_mu/T)^2 = 1e-6
    assert thermo.plasma_energy_density(r, 0, muons) == pytest.approx(g * np.pi**2 / 30, rel=1e-6)
    assert thermo.plasma_pressure(r, 0, muons) == pytest.approx(g * np.pi**2 / 90, rel=1e-6)
    assert thermo.plasma_entropy(r, 0, muons) == pytest.approx(g * 2 * np.pi**2 / 45, rel=1e-6)


def test_cold_plasma_is_photons() -> None:
    # e+- of r = 60 are suppressed by e^-60
    assert thermo.plasma_energy_density(60.0) == pytest.approx(np.pi**2 / 15, rel=1e-14)
    assert thermo.plasma_pressure(60.0) == pytest.approx(np.pi**2 / 45, rel=1e-14)


def test_any_shape_of_argument() -> None:
    r = np.geomspace(0.1, 10.0, 6).reshape(2, 3)
    values = thermo.plasma_entropy(r)
    assert values.shape == (2, 3)
    assert values[1, 2] == thermo.plasma_entropy(r[1, 2])
