"""Finite-temperature QED: the identities and the instantaneous-decoupling numbers of physics.md sec. 6."""

import numpy as np
import pytest

from boltzmann.constants import E_SQUARED, M_E, M_MU
from boltzmann.plasma import thermo

E = np.sqrt(E_SQUARED)
STEP = 0.05
AXIS = STEP * np.arange(-400, 401)


def moment(a: int, r: complex) -> complex:
    """K_a(r) by the trapezoidal rule in t, u = Re(r) sinh t: even and analytic, so it converges exponentially.

    A second road to the package's quadrature, and good for complex r, of which the derivative is Im K(r + ih)/h.
    """
    scale = np.real(r)
    u = scale * np.sinh(AXIS[np.abs(scale * np.sinh(AXIS)) < 600.0])
    energy = np.sqrt(u**2 + r**2)
    cosh = np.sqrt(1.0 + (u / scale) ** 2)
    occupied = np.exp(-energy) / (1.0 + np.exp(-energy))
    return complex(0.5 * STEP * np.sum(scale * cosh * u**a / energy * occupied) / np.pi**2)


def pressure(r: complex, order: int, muons: bool) -> complex:
    """p(r) as physics.md writes it."""
    p = np.pi**2 / 45 + (2 / 3) * moment(4, r)
    if muons:
        p += (2 / 3) * moment(4, r * M_MU / M_E)
    if order >= 2:
        p -= E_SQUARED * moment(2, r) * (1 / 6 + 0.5 * moment(2, r))
    if order >= 3:
        p += 2 * E**3 / (3 * np.pi) * (moment(2, r) + 0.5 * r**2 * moment(0, r)) ** 1.5
    return p


@pytest.mark.parametrize("r", [1e-3, 0.1, 0.7, 2.0, 6.0, 25.0])
@pytest.mark.parametrize("a", [0, 2, 4])
def test_two_quadratures_agree(a: int, r: float) -> None:
    # 3e-12: both converge exponentially; the weakest is u^0/E at r = 1e-3
    assert thermo.moment_K(a, r) == pytest.approx(moment(a, r).real, rel=3e-12, abs=0.0)


@pytest.mark.parametrize("muons", [False, True])
@pytest.mark.parametrize("order", [0, 2, 3])
@pytest.mark.parametrize("r", [0.01, 0.1, 0.7, 2.0, 6.0, 25.0])
def test_energy_density_is_three_p_minus_r_times_its_derivative(r: float, order: int, muons: bool) -> None:
    """R = 3p - r p' (T dP/dT - P), the derivative by a complex step: no cancellation."""
    slope = pressure(r + 1e-30j, order, muons).imag / 1e-30
    # 1e-12: both quadratures
    assert thermo.plasma_pressure(r, order, muons) == pytest.approx(pressure(r, order, muons).real, rel=1e-12)
    assert thermo.plasma_energy_density(r, order, muons) == pytest.approx(
        3 * pressure(r, order, muons).real - r * slope, rel=1e-12
    )


@pytest.mark.parametrize("r", [0.1, 0.7, 2.0, 6.0])
@pytest.mark.parametrize("order", [2, 3])
def test_corrections_alone_fulfil_the_identity(r: float, order: int) -> None:
    def correction(r: complex) -> complex:
        return pressure(r, order, muons=False) - pressure(r, 0, muons=False)

    closed = 3 * correction(r).real - r * correction(r + 1e-30j).imag / 1e-30
    # 1e-12 of the whole pressure, of which the corrections are 1e-3
    assert thermo.qed_energy_density(r, order) == pytest.approx(closed, abs=1e-12)


def test_massless_limits() -> None:
    second = -5 * E_SQUARED / 288
    third = E**3 / (36 * np.sqrt(3) * np.pi)
    # 1e-12: quadrature; limits of physics.md sec. 6
    assert thermo.qed_pressure(0.0, 2) == pytest.approx(second, rel=1e-12)
    # r > 0, because K0 diverges logarithmically where r^2 K0 vanishes: r^2 ln r = 1e-11 at r = 1e-6
    assert thermo.qed_pressure(1e-6, 3) - thermo.qed_pressure(1e-6, 2) == pytest.approx(third, rel=1e-9)
    # massless: energy density is three times the pressure
    assert thermo.qed_energy_density(1e-6, 3) == pytest.approx(3 * (second + third), rel=1e-9)


@pytest.mark.parametrize(("order", "expected"), [(0, 3.0399), (2, 3.0500), (3, 3.0491)])
def test_instantaneous_decoupling(order: int, expected: float) -> None:
    """Entropy conservation from T_d = 1.3453 MeV on, numbers of physics.md sec. 6."""
    entropy = float(thermo.plasma_entropy(M_E / 1.3453, order))
    ratio = (4 * np.pi**2 / 45 / entropy) ** (1 / 3)  # T_nu/T_gamma when only photons are left
    # 1e-4: digits of the reference
    assert 3 * (11 / 4) ** (4 / 3) * ratio**4 == pytest.approx(expected, abs=1e-4)
