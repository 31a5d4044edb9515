"""Full one-loop potential of a secret vector interaction: table, limits, zeros, and the covariant integral.

Table, limits and zero crossings are those of physics.md sec. 8.1.
"""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq

from boltzmann.constants import M_E
from boltzmann.dark.loops import LOG_M, boson_loop, fermion_loop, loop_operator
from boltzmann.numerics.momentum import fermi_dirac, laguerre_grid

# V_s/(e_s^2 T_s) with thermal mediators: M/T_s -> values at k/T_s = 0.3, 1, 3.15, 10
TABLE = {
    0.01: ("4.1407e-1", "1.2421e-1", "3.9433e-2", "1.2421e-2"),
    1.0: ("1.5305e-1", "7.7172e-2", "2.4474e-2", "7.6614e-3"),
    5.0: ("-8.6728e-4", "-3.8459e-3", "4.1943e-4", "2.9199e-3"),
    10.0: ("-4.6308e-5", "-1.5737e-4", "-6.2986e-4", "-4.2202e-4"),
}
MOMENTA = (0.3, 1.0, 3.15, 10.0)
SIGN_CHANGES = {0.3: 1.563, 1.0: 2.968, 3.15: 5.137, 6.77: 7.343, 10.0: 8.896, 20.0: 12.570}  # k/T_s: M/T_s


def fermion_part(kappa: float, mu: float) -> float:
    """V_F/(e_s^2 T_s) of thermal sterile neutrinos."""
    return float(fermion_loop(mu**2 / (4 * kappa)) / (4 * np.pi**2 * kappa))


def boson_part(kappa: float, mu: float) -> float:
    return float(boson_loop(kappa, mu) / (4 * np.pi**2 * kappa))


def potential(kappa: float, mu: float) -> float:
    return fermion_part(kappa, mu) + boson_part(kappa, mu)


@pytest.mark.parametrize("mu", TABLE)
def test_table_of_reference_values(mu: float) -> None:
    for kappa, text in zip(MOMENTA, TABLE[mu], strict=True):
        last_digit = 1e-4 * 10 ** float(text.partition("e")[2])
        assert potential(kappa, mu) == pytest.approx(float(text), abs=0.5001 * last_digit)  # five digits, rounded


@pytest.mark.parametrize(("kappa", "mu"), SIGN_CHANGES.items())
def test_sign_changes_at_a_mass_that_depends_on_the_momentum(kappa: float, mu: float) -> None:
    crossing = brentq(lambda value: potential(kappa, value), 0.5 * mu, 1.5 * mu)
    assert crossing == pytest.approx(mu, abs=0.5001e-3)  # three decimals, rounded
    assert potential(kappa, 0.99 * mu) > 0.0 > potential(kappa, 1.01 * mu)


def test_hot_limits() -> None:
    kappa, mu = 3.15, 1e-6  # corrections: pi mu of pi^2/2 in the boson part, w ln w in the fermion part
    assert potential(kappa, mu) == pytest.approx(1 / (8 * kappa), rel=1e-6)
    assert fermion_part(kappa, mu) == pytest.approx(1 / (24 * kappa), rel=1e-9)


def test_contact_limit() -> None:
    kappa, mu = 3.15, 1e4  # bosons e^-10000; fermions 12/w^2, w = 8e6
    assert potential(kappa, mu) == pytest.approx(-7 * np.pi**2 / 45 * kappa / mu**4, rel=1e-11, abs=0.0)


def dispersion(kappa: float, mu: float, column) -> float:
    """Covariant potential over e_s^2 T_s as a principal value in v = k.q/k, T_s = 1.

    int d^3q/(2 pi)^3 (k.q/(k E)) f(E) [1/(2k.q + M^2) + 1/(2k.q - M^2)] with q^2 dq dcos = E dE dv: at given v all
    energies E >= (v + M_q^2/v)/2 contribute, ``column(v)`` = int dE f(E). The pole is at v = M^2/(2k).
    """
    pole = mu**2 / (2 * kappa)

    def residue(v: float) -> float:
        return v * v * column(v) / (kappa * (v + pole))  # of v 4kv/((2kv)^2 - M^4)

    around, _ = quad(residue, 0.0, 2 * pole, weight="cauchy", wvar=pole, epsabs=1e-14, epsrel=1e-9, limit=400)
    ends = np.cumsum([2 * pole, 0.1, 0.4, 1.5, 6.0, 30.0, 200.0])
    beyond = [
        quad(lambda v: residue(v) / (v - pole), a, b, epsabs=1e-14, epsrel=1e-9, limit=200)[0]
        for a, b in itertools.pairwise(ends)
    ]
    return (around + sum(beyond)) / (4 * np.pi**2)


def neutrinos(v: float) -> float:
    return float(np.logaddexp(0.0, -v / 2))  # int_{v/2}^inf dE/(e^E + 1)


def mediators(mu: float):
    return lambda v: 0.0 if v == 0.0 else float(-np.log(-np.expm1(-(v + mu**2 / v) / 2)))  # int dE/(e^E - 1)


@pytest.mark.parametrize("kappa", [0.3, 3.15, 20.0])
@pytest.mark.parametrize("mu", [0.1, 1.0, 4.0, 8.896])
def test_covariant_principal_value_integral(kappa: float, mu: float) -> None:
    # 1e-9 is asked of quad; 1e-6 of the larger part leaves room for cancellation between the sides of the pole
    scale = abs(fermion_part(kappa, mu)) + abs(boson_part(kappa, mu))
    assert dispersion(kappa, mu, neutrinos) == pytest.approx(fermion_part(kappa, mu), abs=1e-6 * scale)
    assert dispersion(kappa, mu, mediators(mu)) == pytest.approx(boson_part(kappa, mu), abs=1e-6 * scale)


def three_dimensional(kappa: float, mu: float, mass: float, occupation) -> float:
    """Return the covariant integral over plain q and cos, with M^2 + i epsilon in the poles, for epsilon -> 0."""
    q = np.geomspace(1e-4, 60.0, 400)[:, None]
    cosine, weight = np.polynomial.legendre.leggauss(200)
    energy = np.hypot(q, mass)
    product = kappa * (energy - q * cosine)  # k.q
    density = q**3 * occupation(energy) * product / (kappa * energy) * weight  # dq = q dln q
    values = []
    for epsilon in (3.2, 1.6, 0.8, 0.4):
        pole = mu**2 + 1j * epsilon
        terms = density * (1 / (2 * product + pole) + 1 / (2 * product - pole)).real
        values.append(np.trapezoid(terms.sum(axis=1), np.log(q[:, 0])) / (4 * np.pi**2))
    for order in (1, 2, 3):  # Richardson: the real part is smooth in epsilon
        values = [(2**order * b - a) / (2**order - 1) for a, b in itertools.pairwise(values)]
    return float(values[0])


def test_brute_force_in_three_dimensions() -> None:
    kappa, mu = 3.15, 3.0
    fermions = three_dimensional(kappa, mu, 0.0, fermi_dirac)
    bosons = three_dimensional(kappa, mu, mu, lambda energy: 1 / np.expm1(energy))
    # what four values of epsilon and 400 x 200 points leave: 5e-5 measured, 1e-5 with 600 x 400 points
    assert fermions == pytest.approx(fermion_part(kappa, mu), rel=1e-4)
    assert bosons == pytest.approx(boson_part(kappa, mu), rel=1e-4)


@settings(max_examples=60)
@given(st.floats(0.3, 20.0), st.floats(0.01, 30.0))
def test_hot_limit_is_an_upper_bound(kappa: float, mu: float) -> None:
    """V_F k ~ int F v^2/(v^2 - v_0^2) = int F + v_0^2 int (F - F(v_0))/(v^2 - v_0^2): F falls, the last is negative."""
    assert fermion_part(kappa, mu) * kappa <= 1 / 24 + 1e-14  # rounding


def comoving_potential(x: float, mass: float, g: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return k and V_F/e_s^2 [MeV] on those LOG_M points that lie in the grid's range of momenta; rho_ss = g f_FD."""
    grid = laguerre_grid(n, 20.0)
    y = (mass * x / M_E) ** 2 / (4 * np.exp(LOG_M))
    inside = (y > grid.y[0]) & (y < grid.y[-1])
    loop = loop_operator(grid)[inside] @ g / (1 + np.exp(2 * LOG_M[inside]))
    return y[inside] * M_E / x, loop * M_E / x / (4 * np.pi**2 * y[inside])


@pytest.mark.parametrize("mass", [0.2, 3.0, 40.0])
def test_comoving_operator_gives_the_physical_potential(mass: float) -> None:
    x, z_s, grid = 0.4, 1.05, laguerre_grid(30, 20.0)
    T_s = z_s * M_E / x
    k, found = comoving_potential(x, mass, fermi_dirac(grid.y / z_s) / grid.f, 30)
    expected = np.array([fermion_part(one / T_s, mass / T_s) for one in k]) * T_s
    size = T_s**2 / (24 * k) / np.maximum(1.0, mass**2 / (4 * k * T_s)) ** 2  # of the absolute parts, within a few
    # four-point interpolation of a spectrum 5% hotter than the grid, N = 30: 3e-5 of the parts for 20% (test_loops)
    assert (np.abs(found - expected) / size).max() < 1e-4


@pytest.mark.parametrize(("n", "tolerance"), [(14, 4e-3), (20, 1e-3), (30, 2e-4)])
def test_contact_potential_of_non_thermal_neutrinos(n: int, tolerance: float) -> None:
    """V_s = -(8/3) (e_s^2/M^4) k (rho_nus + rho_nusbar), the Standard Model's form."""
    x, mass, grid = 0.4, 1e3, laguerre_grid(n, 20.0)

    def spectrum(y: np.ndarray) -> np.ndarray:
        return 0.1 + y / (1.0 + y * y)

    k, found = comoving_potential(x, mass, spectrum(grid.y), n)
    energy = np.sum(grid.w * grid.y**3 * spectrum(grid.y) * grid.f) / np.pi**2 * (M_E / x) ** 4
    # the interpolation of the spectrum between the nodes, as in test_loops; the moment itself is exact to 1e-5
    assert found == pytest.approx(-8 / 3 / mass**4 * k * energy, rel=tolerance, abs=0.0)
    # and, whatever the spectrum, the same for all momenta, to (x/m)^2 with m > 7e3
    assert found / k == pytest.approx(found[0] / k[0], rel=1e-5, abs=0.0)
