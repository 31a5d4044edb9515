"""Angular integrals, quadratures and tables of the collision kernels."""

from functools import cache

import numpy as np
import pytest

from boltzmann.collisions.dfunctions import allowed, d_functions
from boltzmann.collisions.electron import (
    PANEL_NODES,
    PANEL_WEIGHTS,
    Electron,
    annihilation_integrals,
    couple,
    electron_kernels,
    electron_rates,
    electron_tables,
    pair_couplings,
    scattering_integrals,
)
from boltzmann.collisions.neutrino import Neutrino, cubic_basis, massless_amplitudes, neutrino_tables
from boltzmann.constants import SIN2_THETA_W
from boltzmann.numerics.interpolate import lattice
from boltzmann.numerics.momentum import Grid, fermi_dirac, laguerre_grid
from boltzmann.plasma.thermo import electron_mass_shift

FINE = np.polynomial.legendre.leggauss(80)
NAMES = ("D1", "D3", "D2(1,2)", "D2(3,4)", "D2(1,4)", "D2(2,3)", "D2(1,3)", "D2(2,4)")


@cache
def grid() -> Grid:
    return laguerre_grid(20, 20.0)


@cache
def neutrino() -> Neutrino:
    return neutrino_tables(grid())


@cache
def electron() -> Electron:
    return electron_tables(grid(), lattice())


def momenta(seed: int) -> np.ndarray:
    """Four momenta that close a polygon, of very different lengths for some seeds."""
    rng = np.random.default_rng(seed)
    y = rng.uniform(0.01, 10.0, 4) * rng.choice([1.0, 0.1], 4)
    y[np.argmax(y)] = min(y.max(), rng.uniform(0.6, 1.0) * (y.sum() - y.max()))
    return y


def integral(a: float, b: float, c: float, d: float, *powers: tuple[float, float]) -> float:
    """2 int dq prod (q^2 - u^2 - v^2)/2 over the momentum transfer q that closes the triangles (a, b, q) and (c, d, q).

    The average of products of p_i.p_j over all directions at fixed lengths: q is |p_a + p_b| or |p_a - p_b|.
    """
    low, high = max(abs(a - b), abs(c - d)), min(a + b, c + d)
    polynomial = np.polynomial.Polynomial([1.0])
    for u, v in powers:
        polynomial *= np.polynomial.Polynomial([-(u**2) - v**2, 0.0, 1.0]) / 2.0
    primitive = polynomial.integ()
    return 2.0 * float(primitive(high) - primitive(low))


@pytest.mark.jit_off
@pytest.mark.parametrize("seed", range(20))
def test_d_functions_are_integrals_over_the_momentum_transfer(seed: int) -> None:
    """Derived: int dOmega's delta^3(p1 + p2 - p3 - p4) g = int dq g(q)/(16 pi y1 y2 y3 y4), another way than sines."""
    y = momenta(seed)
    values = dict(zip(NAMES, d_functions(*y), strict=True))
    size = y.max()
    pairs = {"12": (0, 1, 2, 3), "34": (2, 3, 0, 1), "14": (0, 3, 1, 2), "23": (1, 2, 0, 3), "13": (0, 2, 1, 3)}
    pairs["24"] = (1, 3, 0, 2)
    for name, order in pairs.items():
        a, b, c, d = y[list(order)]
        # 1e-13 of the natural size: 8 terms of order size^n cancel
        assert values["D1"] == pytest.approx(integral(a, b, c, d), abs=1e-13 * size)
        assert values[f"D2({name[0]},{name[1]})"] == pytest.approx(integral(a, b, c, d, (a, b)), abs=1e-13 * size**3)
        assert values["D3"] == pytest.approx(integral(a, b, c, d, (a, b), (c, d)), abs=1e-13 * size**5)


@pytest.mark.jit_off
@pytest.mark.parametrize("seed", range(8))
def test_first_d_function_in_closed_form(seed: int) -> None:
    # the two cases of hep-ph/9703315, appendix: 4 y_min, or 2 (sum - 2 y_max) near the edge of the polygon
    y = momenta(seed)
    assert d_functions(*y)[0] == pytest.approx(min(4 * y.min(), 2 * (y.sum() - 2 * y.max())), abs=1e-13 * y.max())


@pytest.mark.jit_off
def test_d_functions_vanish_continuously_outside_the_polygon() -> None:
    for longest in (3.1, 3.2, 5.0):
        assert not allowed(1.0, longest, 1.1, 1.0)
        # rounding of eight terms of order longest^5
        np.testing.assert_allclose(d_functions(1.0, longest, 1.1, 1.0), 0.0, atol=1e-13 * longest**5)
    assert allowed(1.0, 3.1 - 1e-9, 1.1, 1.0)
    np.testing.assert_allclose(d_functions(1.0, 3.1 - 1e-9, 1.1, 1.0), 0.0, atol=1e-6)
    assert massless_amplitudes(1.0, 3.2, 1.1, 1.0) == (0.0, 0.0)


@pytest.mark.jit_off
@pytest.mark.parametrize("seed", range(5))
def test_symmetries_of_the_amplitudes(seed: int) -> None:
    y1, y2, y3, y4 = momenta(seed)
    scatter, pair = massless_amplitudes(y1, y2, y3, y4)
    size = 1e-12 * max(y1, y2, y3, y4) ** 5  # rounding
    assert massless_amplitudes(y3, y4, y1, y2) == pytest.approx((scatter, pair), abs=size)  # time reversal
    assert massless_amplitudes(y2, y1, y4, y3) == pytest.approx((scatter, pair), abs=size)  # same pair, other name
    assert massless_amplitudes(y2, y1, y3, y4)[0] == pytest.approx(scatter, abs=size)  # (p1.p2)(p3.p4) only
    doubled = massless_amplitudes(2 * y1, 2 * y2, 2 * y3, 2 * y4)
    assert doubled == pytest.approx((32 * scatter, 32 * pair), abs=32 * size)


@pytest.mark.parametrize("seed", range(10))
def test_amplitudes_are_positive_where_energy_is_conserved(seed: int) -> None:
    y1, y2, part = np.random.default_rng(seed).uniform(0.1, 9.0, 3)
    y3 = (y1 + y2) * part / 9.0
    scatter, pair = massless_amplitudes(y1, y2, y3, y1 + y2 - y3)
    assert scatter > 0.0
    assert pair > 0.0


@pytest.mark.jit_off
@pytest.mark.parametrize(("m2", "z"), [(1e-6, 0.95), (0.3, 1.0), (30.0, 1.39)])
def test_contracted_kernels_are_symmetric(m2: float, z: float) -> None:
    for y1, y2 in ((0.5, 3.0), (2.0, 2.5), (1.0, 15.0)):
        for function in (scattering_integrals, annihilation_integrals):
            there, back = function(y1, y2, m2, z, *FINE), function(y2, y1, m2, z, *FINE)
            # both orders are different quadratures of 80 nodes per panel
            assert there == pytest.approx(back, rel=1e-6, abs=1e-9)


@pytest.mark.jit_off
def test_no_annihilation_below_threshold() -> None:
    assert annihilation_integrals(1.0, 2.0, 2.0001, 1.0, *FINE) == (0.0, 0.0)
    above = annihilation_integrals(1.0, 2.0, 1.9, 1.0, *FINE)
    assert min(above) > 0.0
    at = annihilation_integrals(1.0, 2.0, 1.9999, 1.0, *FINE)
    assert 0.0 < at[0] < 0.05 * above[0]  # phase space opens continuously


@pytest.mark.jit_off
def test_couplings_of_flavour_pairs() -> None:
    s2, e, x = SIN2_THETA_W, SIN2_THETA_W + 0.5, SIN2_THETA_W - 0.5
    assert pair_couplings(0, 0) == pytest.approx((2 * (e**2 + s2**2), 8 * s2 * e, 4 * s2 * e))
    assert pair_couplings(1, 2) == pytest.approx((2 * (x**2 + s2**2), 8 * s2 * x, 4 * s2 * x))
    assert pair_couplings(0, 2) == pair_couplings(1, 0)
    assert pair_couplings(0, 1) == pytest.approx((2 * (2 * s2**2 - 0.25), 8 * s2**2, 4 * s2**2))


@pytest.mark.parametrize("x", [1e-3, 0.1, 1.0, 5.0, 20.0])
def test_quadrature_of_the_electron_kernels(x: float) -> None:
    """12-point panels against 80-point panels, relative to the largest element."""
    z, n = 1.0, grid().y.size
    coarse, fine = np.empty((4, n, n)), np.empty((4, n, n))
    electron_kernels(grid().y, x * x, z, PANEL_NODES, PANEL_WEIGHTS, coarse)
    electron_kernels(grid().y, x * x, z, *FINE, fine)
    # measured: R1 1.2e-4, R2 3e-4 (the corner at the kink), annihilation 3e-8; rates are wanted to 1e-3
    for k, allowed_error in enumerate((2e-4, 4e-4, 1e-7, 1e-7)):
        size = fine[k].max()
        np.testing.assert_allclose(coarse[k], fine[k], atol=allowed_error * size)


@pytest.mark.parametrize(
    ("x", "allowed_error"),
    [
        # measured at z = 0.93 ... 1.38, error relative to the largest element: cubic in ln x with step 0.17
        (0.011, 1e-5),
        (0.2, 5e-4),
        (1.9, 5e-4),
        (3.7, 1e-3),
        # thermal electrons disappear as e^(-x/z), and with them every rate
        (7.0, 1e-2),
    ],
)
def test_electron_tables_between_lattice_points(x: float, allowed_error: float) -> None:
    n = grid().y.size
    flat, rates, kernels = np.empty(2 * n * (n + 1)), np.empty((4, n, n)), np.empty((4, n, n))
    for z in (0.93, 1.05, 1.2, 1.38):
        electron_rates(x, z, electron(), flat, rates)
        m2 = x**2 + float(electron_mass_shift(x / z)) * z**2
        electron_kernels(grid().y, m2, z, PANEL_NODES, PANEL_WEIGHTS, kernels)
        direct = [*couple(kernels, 0, 0), *couple(kernels, 1, 1)]
        np.testing.assert_array_equal(rates, rates.transpose(0, 2, 1))  # detailed balance needs symmetry
        for k in range(4):
            np.testing.assert_allclose(rates[k], direct[k], atol=allowed_error * direct[k].max())


def test_fourth_momentum_is_interpolated_by_cubics_of_f_over_fermi_dirac() -> None:
    y, tables = grid().y, neutrino()
    spectrum = fermi_dirac(y) * (1.0 + 0.1 * y - 0.02 * y**2 + 0.001 * y**3)
    for i, j in ((0, 3), (7, 7), (12, 4)):
        for k in range(tables.start[i, j], tables.stop[i, j]):
            y4 = y[i] + y[j] - y[k]
            node = tables.node[i, j, k]
            exact = fermi_dirac(y4) * (1.0 + 0.1 * y4 - 0.02 * y4**2 + 0.001 * y4**3)
            # rounding; exact for cubics
            assert tables.weight[i, j, :, k] @ spectrum[node : node + 4] == pytest.approx(exact, rel=1e-11)


def test_nu_nu_tables_drop_what_is_off_the_grid_and_nothing_else() -> None:
    y, tables, n = grid().y, neutrino(), grid().y.size
    y4 = y[:, None, None] + y[None, :, None] - y
    inside = (y4 > 0.0) & (y4 <= y[-1])
    k = np.arange(n)
    np.testing.assert_array_equal(inside, (k >= tables.start[..., None]) & (k < tables.stop[..., None]))
    assert not tables.scatter[~inside].any()
    assert not tables.pair[~inside].any()
    assert np.all(tables.scatter[inside] + tables.pair[inside] > 0.0)
    assert tables.node.min() >= 0
    assert tables.node.max() <= n - 4
    kernel = tables.scatter / grid().w[:, None]  # without the weight of particle 2
    np.testing.assert_allclose(
        kernel, kernel.transpose(1, 0, 2), rtol=1e-6
    )  # rounding of D's, 1e-16 y^5 over results down to 1e-3


def test_cubic_basis_extrapolates_at_both_ends() -> None:
    y = np.array([0.0, 1.0, 2.5, 3.0, 4.0, 6.0])
    at = np.array([-0.5, 0.3, 1.7, 3.5, 5.9, 6.0])
    node, weight = cubic_basis(y, at)
    np.testing.assert_array_equal(node, [0, 0, 0, 2, 2, 2])
    values = np.array([w @ y[n : n + 4] ** 3 for n, w in zip(node, weight, strict=True)])
    np.testing.assert_allclose(values, at**3, rtol=1e-12)  # rounding
