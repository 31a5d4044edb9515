"""The plasma's temperature, the Hubble rate and the initial state of the expansion."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from boltzmann.constants import M_E, M_MU, M_PLANCK, NEUTRINO_DENSITY
from boltzmann.plasma import background, thermo
from boltzmann.plasma.background import hubble_rate, initial_z, plasma_at, temperature
from boltzmann.units import HBAR


@pytest.fixture(scope="module")
def plasma() -> background.Plasma:
    return background.plasma()


@pytest.mark.parametrize("muons", [True, False])
def test_table_against_the_functions_it_was_made_from(muons: bool) -> None:
    table, u = background.plasma(muons), np.linspace(np.log(1.1e-4), np.log(55.0), 301)

    def energy(at: np.ndarray) -> np.ndarray:
        return thermo.plasma_energy_density(np.exp(at), muons=muons)

    values = np.array([plasma_at(r, table) for r in np.exp(u)])
    # 1e-8: cubic interpolation with step 0.011, error (3/128) h^4 d4/du4 = 4e-10 times derivatives of order ten
    np.testing.assert_allclose(values[:, 0], energy(u), rtol=1e-8)
    np.testing.assert_allclose(values[:, 1], thermo.plasma_pressure(np.exp(u), muons=muons), rtol=1e-8)
    slope = (8 * (energy(u + 1e-3) - energy(u - 1e-3)) - (energy(u + 2e-3) - energy(u - 2e-3))) / 12e-3
    # 1e-7: second derivative of a quintic spline; the five-point difference is good to 1e-11
    np.testing.assert_allclose(values[:, 2], 4 * energy(u) - slope, rtol=1e-7)


@pytest.mark.parametrize("z", [0.92, 1.0, 1.2, 1.4])
@pytest.mark.parametrize("x", [1e-3, 0.1, 1.0, 35.0])
def test_temperature_inverts_the_energy_density(plasma: background.Plasma, x: float, z: float) -> None:
    energy = z**4 * plasma_at(x / z, plasma)[0]
    # Newton stops at 1e-14
    assert temperature(x, energy, plasma) == pytest.approx(z, rel=3e-14)


@pytest.mark.parametrize("energy", [-1.0, float("nan")])
def test_impossible_energy_gives_nan_for_the_stepper_to_see(plasma: background.Plasma, energy: float) -> None:
    assert np.isnan(temperature(1.0, energy, plasma))


def test_expansion_without_neutrino_heat_conserves_entropy(plasma: background.Plasma) -> None:
    """dE/ds = z^4 (R - 3p) alone; the second road is z^3 (R + p) = constant."""

    def derivative(s: float, energy: np.ndarray) -> np.ndarray:
        z = temperature(np.exp(s), energy[0], plasma)
        density, pressure, _ = plasma_at(np.exp(s) / z, plasma)
        return np.array([z**4 * (density - 3.0 * pressure)])

    x = np.array([1e-3, 35.0])
    start = [0.92**4 * plasma_at(x[0] / 0.92, plasma)[0]]
    run = solve_ivp(derivative, np.log(x), start, rtol=1e-10, atol=1e-12)
    z = temperature(x[1], run.y[0, -1], plasma)
    entropy = z**3 * thermo.plasma_entropy(x[1] / z), 0.92**3 * thermo.plasma_entropy(x[0] / 0.92)
    # 1e-8: interpolated R and p
    assert entropy[0] == pytest.approx(entropy[1], rel=1e-8)


def test_hubble_rate_of_the_textbook() -> None:
    """H = 1.66 sqrt(g) T^2/m_Pl and t = 1/2H = 0.74 s at 1 MeV with g = 10.75 (Kolb & Turner, eqs. 3.63, 3.64)."""
    density = 10.75 * np.pi**2 / 30  # a T = 1
    rate = hubble_rate(M_E, density)
    # no approximation, 1.66 = sqrt(4 pi^3/45): rounding
    assert rate == pytest.approx(np.sqrt(4 * np.pi**3 / 45 * 10.75) / M_PLANCK, rel=1e-12, abs=0.0)
    assert HBAR / (2 * rate) == pytest.approx(0.74, abs=0.005)  # the book's two digits


@pytest.mark.parametrize("muons", [True, False])
@pytest.mark.parametrize("x", [1e-3, 3e-3, 0.01, 0.1])
def test_initial_temperature_conserves_the_entropy_of_the_coupled_plasma(x: float, muons: bool) -> None:
    def entropy(x: float, z: float) -> float:
        neutrinos = 3 * (4 / 3) * NEUTRINO_DENSITY
        return z**3 * (float(thermo.plasma_entropy(x / z, muons=muons)) + neutrinos)

    reference = entropy(0.02, initial_z(0.02, muons))
    # Newton's 1e-14 in ln z
    assert entropy(x, initial_z(x, muons)) == pytest.approx(reference, rel=1e-12)


@pytest.mark.parametrize("coupled", [True, False])
@pytest.mark.parametrize("x", np.geomspace(1e-3, 0.1, 7))
def test_initial_temperature_is_the_root_that_scipy_finds(x: float, coupled: bool) -> None:
    def excess(z: float) -> float:
        neutrinos = 4 * NEUTRINO_DENSITY if coupled else 0.0
        entropies = z**3 * float(thermo.plasma_entropy(x / z)), float(thermo.plasma_entropy(0.0, muons=False))
        return entropies[0] - entropies[1] + (z**3 - 1) * neutrinos

    assert initial_z(x, coupled=coupled) == pytest.approx(brentq(excess, 0.5, 1.5, xtol=1e-14), rel=1e-13)


@pytest.mark.parametrize("muons", [True, False])
def test_initial_temperature_is_one_but_for_the_electron_mass(muons: bool) -> None:
    # Muons are gone (r = 20). s/T^3 of e+- is 7 pi^2/45 - r^2/6 + ..., of everything else massless
    rise = 0.1**2 / 6 / (3 * 43 * np.pi**2 / 90)
    # 10%: QED of order e^2 and terms r^4 ln r
    assert initial_z(0.1, muons) - 1.0 == pytest.approx(rise, rel=0.1)
    assert initial_z(1e-3, muons=False) - 1.0 == pytest.approx(1e-4 * rise, rel=0.1)


def test_initial_temperature_above_the_muon_mass() -> None:
    # all muons relativistic: (g without muons / g with muons)^(1/3); 2e-3: QED changes both by less
    assert initial_z(1e-3 * M_E / M_MU) == pytest.approx((10.75 / 14.25) ** (1 / 3), rel=2e-3)
