"""Numerics of the one-loop integrals: quadrature, the tables on their axes, and the operator of the momentum grid."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.interpolate import BarycentricInterpolator

from boltzmann.dark.loops import LOG_KAPPA, LOG_M, boson_loop, boson_table, fermion_loop, loop_operator
from boltzmann.dark.mediator import LOG_MU
from boltzmann.numerics.momentum import Grid, fermi_dirac, laguerre_grid

SPECTRA = {  # g = rho_ss/f_FD
    "thermal": np.ones_like,
    "warm": lambda y: fermi_dirac(y / 1.2) / fermi_dirac(y),
    "cold": lambda y: fermi_dirac(y / 0.465) / fermi_dirac(y),
    "produced": lambda y: 0.1 + y / (1.0 + y * y),
    "step": lambda y: 1.0 - 0.8 * fermi_dirac((2.5 - y) / 0.5),
}


def stencil(axis: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First index and weights (4, ...) of cubic interpolation on a uniform axis, constant beyond it."""
    position = (np.clip(value, axis[0], axis[-1]) - axis[0]) / (axis[1] - axis[0])
    first = np.clip(position.astype(int) - 1, 0, axis.size - 4)
    t = position - first
    weights = [np.prod([(t - k) / (j - k) for k in range(4) if k != j], axis=0) for j in range(4)]
    return first, np.array(weights)


def along_m(table: np.ndarray, m: np.ndarray) -> np.ndarray:
    """w(m) from (1 + m^2) w on LOG_M."""
    first, weights = stencil(LOG_M, np.log(m))
    return sum(weights[p] * table[first + p] for p in range(4)) / (1.0 + m * m)


def interpolated_boson(kappa: np.ndarray, mu: np.ndarray) -> np.ndarray:
    (i, a), (j, b) = stencil(LOG_KAPPA, np.log(kappa)), stencil(LOG_MU, np.log(mu))
    table = boson_table()
    return np.exp(-mu) * sum(a[p] * b[q] * table[i + p, j + q] for p in range(4) for q in range(4))


def bracket(x: float, w: float, r: float) -> float:
    return 2.0 * x - w * np.log(abs((x + r) / (x - r)))


def pieces(function, points: list[float]) -> tuple[float, float]:
    """Integral of ``function`` and of its absolute value, piece by piece."""
    ends = sorted(set(points))
    parts = [quad(function, a, b, epsabs=1e-11, epsrel=1e-9)[0] for a, b in itertools.pairwise(ends)]
    return sum(parts), sum(map(abs, parts))


def test_fermion_loop_keeps_shape_and_has_exact_limits() -> None:
    assert fermion_loop(1.0).shape == ()
    assert fermion_loop(np.ones((3, 1, 2))).shape == (3, 1, 2)
    assert fermion_loop(np.empty(0)).shape == (0,)
    # blocks of arguments: a matrix product may sum those at the edge of a block in another order
    np.testing.assert_allclose(fermion_loop(np.full(5000, 2.0)), fermion_loop(2.0), rtol=1e-12)
    # double-exponential quadrature converges to round-off, 1e-14, at both limits
    assert fermion_loop([0.0, 1e-12]) == pytest.approx(np.pi**2 / 6, rel=1e-13)
    w = np.array([1e6, 1e12, 1e100])  # next order of the series: (3/5) <x^5>/<x^3>/w^2 = 12/w^2
    assert fermion_loop(w) * w**2 == pytest.approx(-7 * np.pi**4 / 180, rel=2e-11)


def test_boson_loop_broadcasts_and_has_exact_limits() -> None:
    assert boson_loop(np.ones((3, 1)), np.ones(4)).shape == (3, 4)
    mu = np.array([1e-3, 1e-4, 1e-5])  # from 1/(e^E - 1) = 1/E - 1/2 at small E; the next order is mu^2 ln mu
    assert boson_loop(1.0, mu) == pytest.approx(np.pi**2 / 3 - np.pi * mu, abs=1e-5)
    assert boson_loop(1.0, 1e-5) == pytest.approx(np.pi**2 / 3 - np.pi * 1e-5, abs=3e-9)
    # w >> kappa, x: expanded bracket; here w = 1e4, the next order is 20 x^2/w^2 = 1e-5 with x ~ sqrt(mu) or 5
    kappa, mass = 0.01, 20.0
    moment = quad(lambda x: x * x / np.hypot(x, mass) * (mass**2 + 4 * x * x / 3) / np.expm1(np.hypot(x, mass)), 0, 80)
    assert boson_loop(kappa, mass) == pytest.approx(-8 * kappa**2 / mass**4 * moment[0], rel=1e-5, abs=0.0)
    # massless bath of a fast neutrino, kappa -> inf: 2 int x^2/E f
    expected = 2 * quad(lambda x: x * x / np.hypot(x, 1.0) / np.expm1(np.hypot(x, 1.0)), 0, 60)[0]
    assert boson_loop(1e6, 1.0) == pytest.approx(expected, rel=1e-9)  # quad; corrections are (mu/kappa)^2


@pytest.mark.parametrize("w", np.geomspace(1e-4, 400.0, 15))
def test_fermion_loop_against_quad(w: float) -> None:
    points = [0.0, w, 2 * w, 10 * w, 100 * w, 100 * w + 3.0, 100 * w + 12.0, 100 * w + 60.0]
    expected, parts = pieces(lambda x: bracket(x, w, w) * fermi_dirac(x), points)
    # 1e-9 is asked of quad; its bracket cancels as eps w^2/x^2 for x << w, 4e-11 of 2x at w = 400, x = 1
    assert fermion_loop(w) == pytest.approx(expected, abs=3e-9 * parts + 1e-10)


@pytest.mark.parametrize("kappa", np.geomspace(0.02, 50.0, 6))
@pytest.mark.parametrize("mu", np.geomspace(0.05, 12.0, 6))
def test_boson_loop_against_quad(kappa: float, mu: float) -> None:
    w = mu * mu / (4 * kappa)
    r = abs(w - kappa)

    def integrand(x: float) -> float:
        energy = np.hypot(x, mu)
        return bracket(x, w, w - kappa) * x / energy * np.exp(mu - energy) / -np.expm1(-energy)

    expected, parts = pieces(
        integrand, [0.0, r, 2 * r, *(2 * r + np.array([0.5, 2.0, 10.0]) * mu), 3 * r + 100 + 10 * mu]
    )
    # 1e-9 is asked of quad; its bracket cancels as eps w r/x^2, 1e-9 of 2x at w = r = 1800, x = 1
    assert boson_loop(kappa, mu) * np.exp(mu) == pytest.approx(expected, abs=5e-9 * parts + 1e-10)


@settings(max_examples=50)
@given(st.floats(1e-3, 1e3), st.floats(1e-3, 30.0))
def test_loops_change_smoothly_through_their_singular_momentum(kappa: float, mu: float) -> None:
    """No jump where w = kappa, i.e. kappa = mu/2, and none where the branches of the bracket meet."""
    step = 1e-6 * np.arange(-1, 2)
    for values in (
        boson_loop(kappa * np.exp(step), mu),
        boson_loop(mu / 2 * np.exp(step), mu),
        fermion_loop(mu + step),
    ):
        # second difference: rounding, 1e-12 of the parts 10 (1 + mu), which the quadrature keeps
        assert abs(values[0] - 2 * values[1] + values[2]) < 1e-10


def test_boson_table_between_its_points() -> None:
    rng = np.random.default_rng(3)
    kappa, mu = np.exp(rng.uniform([np.log(1e-2), LOG_MU[0]], [np.log(1e4), LOG_MU[-1]], (4000, 2)).T)
    exact, fermions = boson_loop(kappa, mu), fermion_loop(mu**2 / (4 * kappa))
    error = np.abs(interpolated_boson(kappa, mu) - exact) / (np.abs(exact) + np.abs(fermions))
    # cubic interpolation with steps of 0.07 and 0.055: measured 1.25e-4 at most, where both loops change sign
    assert error.max() < 1.5e-4
    assert np.quantile(error, 0.99) < 5e-5
    # the loop by itself, where it is not exponentially small (mu < 4), over |2x| + |w ln|: measured 3.4e-5
    x = np.geomspace(1e-6, 100.0, 2000)[:, None]
    kappa, mu, exact = kappa[mu < 4][:500], mu[mu < 4][:500], exact[mu < 4][:500]
    energy, w = np.hypot(x, mu), mu**2 / (4 * kappa)
    size = 2 * x + w * np.abs(np.log(np.abs((x + w - kappa) / (x - w + kappa))))
    parts = np.trapezoid(x / energy / np.expm1(energy) * size * x, np.log(x[:, 0]), axis=0)
    assert np.abs((interpolated_boson(kappa, mu) - exact) / parts).max() < 5e-5


def test_boson_table_beyond_its_axes_is_the_limit() -> None:
    mu = np.geomspace(1e-4, 20.0, 30)
    total = np.abs(boson_loop(1e5, mu)) + np.abs(fermion_loop(mu**2 / 4e5))
    # corrections (mu/kappa)^2/2 e^-mu at the clamp, kappa = 1e3
    assert np.abs(interpolated_boson(np.full(30, 1e5), mu) - boson_loop(1e5, mu)).max() < 1e-6 * total.min()
    # pi mu/(pi^2/3) = 1e-4 at the clamp, mu = 1e-4
    kappa = np.geomspace(1e-2, 1e3, 30)
    assert interpolated_boson(kappa, np.full(30, 1e-8)) == pytest.approx(boson_loop(kappa, 1e-8), rel=1e-4)


def test_operator_is_stored_once_per_grid() -> None:
    a, b = laguerre_grid(14, 20.0), laguerre_grid(20, 20.0)
    assert loop_operator(a).shape == (LOG_M.size, 14)
    assert loop_operator(b).shape == (LOG_M.size, 20)
    assert np.array_equal(loop_operator(a), loop_operator(a))


def piecewise_quintic(grid: Grid, g: np.ndarray):
    """The interpolation the operator's docstring defines, made otherwise, as a function of scalar momenta."""
    starts = np.clip(np.arange(grid.y.size + 1) - 3, 0, grid.y.size - 6)
    pieces_ = [BarycentricInterpolator(grid.y[s : s + 6], g[s : s + 6]) for s in starts]
    return lambda p: g[-1] if p > grid.y[-1] else float(pieces_[np.searchsorted(grid.y, p)](p))


@pytest.mark.parametrize("n", [14, 20, 30])
def test_operator_integrates_its_interpolation(n: int) -> None:
    grid = laguerre_grid(n, 20.0)
    g = SPECTRA["cold"](grid.y)
    curve, table = piecewise_quintic(grid, g), loop_operator(grid) @ g
    for index, half in itertools.product((300, 380, 400, 420, 440, 460, 480), (0.0, 0.5)):  # m = 1e-2 to 40
        m = float(np.exp(LOG_M[index] + half * (LOG_M[1] - LOG_M[0])))
        points = [0.0, *grid.y, m, 25.0, 40.0, 70.0]
        expected, parts = pieces(lambda p, m=m: curve(p) * fermi_dirac(p) * bracket(p, m, m), points)
        # on the axis Gauss panels, 2e-8 of the parts; between its points cubic interpolation in ln m, where m passes
        # the kinks that the steep "cold" interpolation has at the nodes: 1e-5 measured
        assert along_m(table, np.array(m)) == pytest.approx(expected, abs=(2e-5 if half else 4e-8) * parts)


# Largest error over |integrand| with N = 14, 20, 30: what six-point interpolation of the spectrum between the nodes
# leaves, measured and multiplied by 1.3. It falls as N^-6 where the spectrum is smooth (cold).
INTERPOLATION = {
    "thermal": (3.1e-06, 3.1e-06, 3.1e-06),  # of ln m alone
    "warm": (4.2e-05, 3.9e-05, 3.7e-05),  # also the tail above the last node, f_FD(20/1.2) = 6e-8 times p^2
    "cold": (0.0069, 0.0014, 0.00013),
    "produced": (0.003, 0.00062, 7.5e-05),
    "step": (0.0077, 0.0014, 0.00038),
}


def spectrum_loop(g, m: float) -> tuple[float, float]:
    points = [0.0, m, 0.5 * m, 2 * m, 0.3, 1.0, 2.0, 2.5, 3.0, 5.0, 10.0, 20.0, 45.0]
    return pieces(lambda p: g(np.array(p)) * fermi_dirac(p) * bracket(p, m, m), [p for p in points if p < 46.0])


@pytest.mark.parametrize("name", SPECTRA)
def test_operator_of_smooth_spectra(name: str) -> None:
    g = SPECTRA[name]
    m = np.geomspace(0.02, 25.0, 24)
    exact, parts = np.array([spectrum_loop(g, value) for value in m]).T
    for n, tolerance in zip((14, 20, 30), INTERPOLATION[name], strict=True):
        grid = laguerre_grid(n, 20.0)
        error = np.abs(along_m(loop_operator(grid) @ g(grid.y), m) - exact) / parts
        assert error.max() < tolerance, (n, error.max())


@pytest.mark.parametrize("n", [8, 20, 40])
def test_operator_of_the_reference_spectrum_is_the_thermal_loop(n: int) -> None:
    m = np.concatenate([np.geomspace(1e-7, 1e7, 200), np.geomspace(0.3, 8.0, 200)])  # zero at m = 2.03
    found = along_m(loop_operator(laguerre_grid(n, 20.0)).sum(axis=1), m)
    # measured 3.3e-6 of the absolute parts, which are below pi^2/6 + 1 and, for m >> 1, the integral itself
    assert np.abs(found - fermion_loop(m)).max() < 1e-5
    assert found[m > 100] == pytest.approx(fermion_loop(m[m > 100]), rel=1e-5, abs=0.0)


def test_operator_beyond_its_axis_is_the_limit() -> None:
    table = loop_operator(laguerre_grid(20, 20.0)).sum(axis=1)
    assert table[0] == pytest.approx(np.pi**2 / 6, rel=1e-7)  # Gauss panels, 1e-8 of the parts; m ~ 1e-8
    assert table[-1] == pytest.approx(-7 * np.pi**4 / 180, rel=1e-7)
