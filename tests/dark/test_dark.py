"""The dark bath: equation of state, its inversion, and the kernels' potential and rates against plain integrals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import zeta

from boltzmann.constants import M_E
from boltzmann.dark.bath import (
    CONDENSATION,
    K_ENERGY,
    K_NUMBER,
    PHANTOM,
    bath_at,
    conserved,
    dark_bath,
    number_change,
    response,
    secret_potential,
    secret_rates,
    sterile_density,
    thermal_spectrum,
)
from boltzmann.dark.loops import boson_loop, fermion_loop
from boltzmann.dark.mediator import LOG_MU, LOG_Q
from boltzmann.dark.tables import boson_entropy_and_heat, boson_thermodynamics, dark_tables
from boltzmann.numerics.momentum import fermi_dirac, laguerre_grid
from tests.states import Secret

GRID = laguerre_grid(20, 20.0)
ONE = dark_tables((Secret(1e-2, 1.0).mediator(),), GRID)
TWO = dark_tables((Secret(1e-2, 1.0).mediator(), Secret(1e-3, 5.0).mediator()), GRID)
Z = 0.6


def at(mu: float, log_z: float = np.log(Z)) -> float:
    """Return the x at which a mediator of 1 MeV has M/T_s = mu."""
    return mu * np.exp(log_z) * M_E


def integral(mu: float, power: int, weight=np.ones_like) -> float:
    """Return (1/2 pi^2) int du u^power weight(E)/(e^E - 1), E = sqrt(u^2 + mu^2)."""

    def f(u: float) -> float:
        E = np.hypot(u, mu)
        return u**power * weight(E) / np.expm1(E)

    return quad(f, 0, mu + 60, limit=200, epsabs=0, epsrel=1e-11)[0] / (2 * np.pi**2)


@pytest.mark.parametrize("mu", [1e-3, 0.3, 3.0, 20.0])
def test_thermodynamics_against_quadrature(mu: float) -> None:
    a, p, b, _, _ = boson_thermodynamics(np.array([mu]))[0] * np.exp(-mu)
    # the double-exponential rule is exact to about 1e-9 for these smooth integrands
    assert a == pytest.approx(integral(mu, 2, lambda E: E), rel=1e-8)
    assert b == pytest.approx(integral(mu, 2), rel=1e-8)
    assert p == pytest.approx(integral(mu, 4, lambda E: 1 / E) / 3, rel=1e-8)


def test_massless_bosons() -> None:
    a, p, b, heat, flow = boson_thermodynamics(np.array([1e-6]))[0]
    # corrections are linear in mu at most
    assert [a, 3 * p, b, heat / 4, flow / 3] == pytest.approx(
        [np.pi**2 / 30, np.pi**2 / 30, zeta(3) / np.pi**2, np.pi**2 / 30, zeta(3) / np.pi**2], rel=1e-5
    )
    assert boson_entropy_and_heat(1e-6) == pytest.approx((2 * np.pi**2 / 45, 2 * np.pi**2 / 15), rel=1e-5)


@pytest.mark.jit_off
@pytest.mark.parametrize("mu", [0.01, 1.0, 8.0])
@pytest.mark.parametrize("tables", [ONE, TWO], ids=["one mediator", "two"])
def test_derivatives_of_the_bath(mu: float, tables) -> None:
    # cubic interpolation of the tables: 1e-7 of a value, over their spacing of 0.055 some 1e-5 of a slope
    x, h, log_z, eta = at(mu), 1e-4, np.log(Z), -0.3
    bath = bath_at(log_z, eta, x, tables)

    def slope(d_log: float, d_eta: float) -> np.ndarray:
        ahead = np.array(conserved(bath_at(log_z + d_log, eta + d_eta, x, tables)))
        return (ahead - conserved(bath_at(log_z - d_log, eta - d_eta, x, tables))) / (2 * h)

    assert slope(h, 0) == pytest.approx([bath.energy_z, bath.number_z], rel=1e-4)
    assert slope(0, h) == pytest.approx([bath.energy_eta, bath.number_eta], rel=1e-4)
    # the determinant that makes the inverse unique: positive, as the mean energy grows with temperature
    assert bath.energy_z * bath.number_eta > bath.energy_eta * bath.number_z
    change = response(bath, *(1e-3 * slope(h, 0) + 2e-3 * slope(0, h)))
    assert change == pytest.approx([1e-3, 2e-3], rel=1e-3)


@given(
    log_mu=st.floats(np.log(1e-5), np.log(300.0)),
    log_z=st.floats(-4.0, 0.5),
    eta=st.floats(-15.0, 3.0),
    hint=st.tuples(st.floats(-5.0, 1.0), st.floats(-15.0, 4.0)),
)
def test_bath_is_found_from_any_starting_point(log_mu: float, log_z: float, eta: float, hint: tuple) -> None:
    # Newton ends when a step is below 1e-12; where e and n nearly determine one combination only (cold mediators:
    # e = M n) rounding is amplified by (M/T)^2 over the phantoms' millionth
    x = at(np.exp(log_mu), log_z)
    e, n = conserved(bath_at(log_z, eta, x, ONE))
    bath = dark_bath(x, e, n, ONE, np.array(hint))
    assert (bath.log_z, bath.eta) == pytest.approx((log_z, eta), abs=1e-6 * (1 + abs(eta)))


def test_phantoms_define_the_bath_when_mediators_are_gone() -> None:
    bath = dark_bath(at(1e3), PHANTOM * K_ENERGY * 0.7, PHANTOM * K_NUMBER * -0.2, ONE, np.zeros(2))
    assert (np.exp(bath.log_z), bath.eta, bath.energy) == pytest.approx((0.7, -0.2, 0.0), abs=1e-10)


def test_an_impossible_hint_is_forgotten() -> None:
    e, n = conserved(bath_at(-0.5, -1.0, at(1.0), ONE))
    assert dark_bath(at(1.0), e, n, ONE, np.array([np.nan, 1e300])).eta == pytest.approx(-1.0, abs=1e-9)


@pytest.mark.jit_off
@pytest.mark.parametrize("eta", [-8.0, -0.5, 0.0, 0.4, 6.0])
def test_sterile_density(eta: float) -> None:
    # the alternating series ends with half its last term: 1/2 (3/30^4) at worst
    number = quad(lambda x: x**2 * fermi_dirac(x - eta), 0, 60, epsabs=0, epsrel=1e-10)[0]
    assert sterile_density(eta) == pytest.approx(number / (1.5 * zeta(3)), rel=3e-6)


def potential(x: float, bath, tables, g: np.ndarray) -> np.ndarray:
    operator, offset = np.empty((GRID.y.size, GRID.y.size)), np.empty(GRID.y.size)
    secret_potential(x, bath, GRID.y, tables, operator, offset)
    return operator @ g + offset


@pytest.mark.jit_off
@pytest.mark.parametrize("mu", [1e-3, 1.0, 5.0, 30.0])
def test_potential_in_a_thermal_bath(mu: float) -> None:
    # Against the two loop integrals. Tables are good to 1e-4 of the absolute parts, for which the massless 2p and 2q
    # terms stand; the
    # interpolated spectrum, falling like e^(-0.7 y) between nodes, likewise.
    x = at(mu)
    ours = potential(x, bath_at(np.log(Z), 0.0, x, ONE), ONE, fermi_dirac(GRID.y / Z) / GRID.f)
    kappa = GRID.y / Z
    scale = 1e-4 * (M_E / x) * Z**2 / (4 * np.pi**2 * GRID.y)
    expected = scale * (fermion_loop(mu**2 / (4 * kappa)) + boson_loop(kappa, mu))
    parts = scale * (np.pi**2 / 6 / (1 + mu**4 / (4 * kappa) ** 2) + np.pi**2 / 3 * np.exp(-mu / 2))
    assert np.all(np.abs(ours - expected) <= 2e-4 * (np.abs(expected) + parts))


@pytest.mark.jit_off
def test_potential_and_rates_add_up_over_mediators() -> None:
    x, g = at(2.0), fermi_dirac(GRID.y / Z) / GRID.f
    bath = bath_at(np.log(Z), -0.1, x, TWO)
    other = dark_tables((Secret(1e-3, 5.0).mediator(),), GRID)
    total = potential(x, bath, TWO, g)
    assert total == pytest.approx(potential(x, bath, ONE, g) + potential(x, bath, other, g), rel=1e-13)
    both = secret_rates(x, np.log(Z), -0.1, 3.0, TWO)
    parts = np.array(secret_rates(x, np.log(Z), -0.1, 3.0, ONE)) + secret_rates(x, np.log(Z), -0.1, 3.0, other)
    assert both == pytest.approx(parts, rel=1e-13)
    changes = [number_change(x, bath, 1e-20, tables) for tables in (TWO, ONE, other)]
    assert changes[0] == pytest.approx(changes[1] + changes[2], rel=1e-13)


@pytest.mark.jit_off
@pytest.mark.parametrize("eta", [0.0, -2.0])
def test_rates(eta: float) -> None:
    # the formulas of `Mediator`, written out; cubic interpolation of the scattering table: 1e-6
    mu, y, g = 2.0, 3.0, 1e-2
    x, kappa, T = at(mu), y / Z, 1.0 / mu
    mass2 = 1.0 + g**2 / 6 * T**2 * sterile_density(eta)
    q, k = 4 * kappa * T**2 / mass2, kappa * T
    m = mass2 / (4 * k)
    logs = np.log1p(np.exp(eta - m / T)) - np.exp(2 * eta) * np.log(-np.expm1(-(m + k) / T))
    decay = g**2 * mass2 * T / (8 * np.pi * k**2) * logs
    scattering = np.array([np.interp(np.log(q), LOG_Q, row) for row in Secret(g, 1.0).mediator().scattering])
    expected = decay + sterile_density(eta) * T / kappa * q**2 / (1 + q) * scattering
    assert secret_rates(x, np.log(Z), eta, y, ONE) == pytest.approx(expected, rel=1e-4)


@pytest.mark.jit_off
def test_number_changing_reactions_bring_mu_to_zero() -> None:
    x, hubble = at(2.0), 1e-12
    up, none, down = (number_change(x, bath_at(np.log(Z), eta, x, ONE), hubble, ONE) for eta in (-0.1, 0.0, 0.1))
    assert up > 0 > down
    assert none == 0
    # dn/ds = -2 z^3 (T/H) gamma (e^(4 eta) - e^(2 eta)); the thermal mass, 1e-4 of M^2, moves gamma by 1e-4
    assert up - down == pytest.approx(
        2 * Z**3 * 0.5 / hubble * np.exp(-4.0) * 1e-12 * (np.exp(0.4) - np.exp(0.2) - np.exp(-0.4) + np.exp(-0.2)),
        rel=1e-3,
    )
    assert LOG_MU[0] < np.log(2.0) < LOG_MU[-1]


def test_a_mediator_that_is_no_species_has_no_energy_and_no_decays() -> None:
    mediator = Secret(1e-2, 1.0).mediator()._replace(degrees=0.0)
    tables = dark_tables((mediator,), GRID)
    x = at(1.0)
    bath = bath_at(np.log(Z), 0.0, x, tables)
    assert (bath.energy, bath.number, bath.trace) == (0.0, 0.0, 0.0)
    assert secret_rates(x, np.log(Z), 0.0, 3.0, tables)[0] < 1e-3 * secret_rates(x, np.log(Z), 0.0, 3.0, ONE)[0]


@pytest.mark.jit_off
@pytest.mark.parametrize("eta", [-30.0, -3.0, 0.0, 2.0])
def test_spectrum_with_given_energy_and_number(eta: float) -> None:
    # moments by quadrature; the table is cubic with a spacing of 0.03 in ln(energy/number^(4/3)): 1e-6
    number, energy = (
        Z ** (p + 1) * quad(lambda x, p=p: x**p * fermi_dirac(x - eta), 0, 90, epsabs=0, limit=200)[0] / np.pi**2
        for p in (2, 3)
    )
    assert thermal_spectrum(energy, number, ONE) == pytest.approx((np.log(Z), eta), abs=1e-4)


@pytest.mark.jit_off
def test_bosons_leave_for_a_condensate_at_mu_equal_to_mass() -> None:
    # with charge 1 nothing but that changes their number; below mu = M by 1% of T_s nothing leaves within a Hubble
    # time (2e-7), far above it is CONDENSATION (e^(mu - M) - 1), and in between the rate has no kink
    tables = dark_tables((Secret(1e-2, 1.0).mediator()._replace(charge=1.0),), GRID)
    x, mu = at(2.0), 2.0

    def rate(above: float) -> float:
        return number_change(x, bath_at(np.log(Z), mu + above, x, tables), 1e-12, tables) / (tables.degrees[0] * Z**3)

    assert -1e-6 < rate(-0.01) < 0.0
    assert rate(0.3) == pytest.approx(-CONDENSATION * np.expm1(0.3 * 0.3 / 0.31), rel=0.01)
    slopes = np.diff([rate(d) for d in np.linspace(-0.005, 0.005, 101)]) / 1e-4
    assert np.all(slopes < 0.0)
    assert np.max(np.abs(np.diff(slopes))) < 0.05 * np.max(np.abs(slopes))  # a kink would be all of it at once
