"""The lattice (ln x, z) and its interpolation."""

import numpy as np
import pytest

from boltzmann.numerics.interpolate import cubic_start, cubic_weights, lagrange_weight, lattice, look_up

pytestmark = pytest.mark.jit_off


def test_lattice_covers_every_plasma_of_a_run() -> None:
    grid = lattice()
    assert np.exp(grid.log_x[0]) < 1e-3  # earliest start
    assert np.exp(grid.log_x[-1]) > 35.0  # latest end
    assert np.ptp(np.diff(grid.log_x)) < 1e-12  # uniform, as the look-up assumes
    # outermost Chebyshev nodes lie inside the interval; z runs from 0.91 (muons) to 1.40 (e+- annihilated)
    assert grid.z.min() < 0.9
    assert grid.z.max() > 1.44


@pytest.mark.parametrize(
    ("value", "first"),
    [(-0.3, 0), (0.0, 0), (0.9, 0), (1.5, 0), (2.5, 1), (5.5, 4), (6.0, 5), (7.4, 6), (9.0, 6), (9.3, 6)],
)
def test_stencil_surrounds_the_value_and_stays_on_the_axis(value: float, first: int) -> None:
    assert cubic_start(value, 0.0, 1.0, 10) == first


@pytest.mark.parametrize("value", [2.0, 2.3, 3.9, 1.1])
def test_cubic_weights_are_exact_for_cubics(value: float) -> None:
    first = cubic_start(value, 0.0, 0.5, 20)
    nodes = 0.5 * (first + np.arange(4))
    weights = np.array(cubic_weights(value, 0.0, 0.5, first))
    for power in range(4):
        # rounding of weights of order one
        assert weights @ nodes**power == pytest.approx(value**power, rel=1e-13)


def test_lagrange_weights_are_exact_for_polynomials() -> None:
    nodes = lattice().z
    weights = np.array([lagrange_weight(j, 1.234, nodes) for j in range(7)])
    for power in range(7):
        # rounding: weights of Chebyshev nodes are of order one
        assert weights @ nodes**power == pytest.approx(1.234**power, rel=1e-13)


# rounding of 28 terms, or of a table of single precision, 6e-8, times the sum of the moduli of all weights, 3
@pytest.mark.parametrize(("dtype", "rounding"), [(np.float64, 1e-12), (np.float32, 2e-7)])
def test_look_up_is_exact_for_cubics_in_ln_x_times_sixth_powers_of_z(dtype: type, rounding: float) -> None:
    grid, factors = lattice(n_x=12), np.array([1.0, -2.0])

    def function(log_x: np.ndarray, z: np.ndarray) -> np.ndarray:
        return ((0.1 * log_x) ** 3 - 0.2 * log_x)[..., None] * (z**6 - z)[..., None] * factors

    table, out = function(*np.meshgrid(grid.log_x, grid.z, indexing="ij")).astype(dtype), np.empty(2)
    for log_x, z in ((-6.9, 0.95), (-2.0, 1.1), (3.3, 1.41)):
        look_up(log_x, z, grid, table, out)
        np.testing.assert_allclose(out, function(np.array(log_x), np.array(z)), rtol=rounding)


def test_look_up_reproduces_the_table_at_its_nodes() -> None:
    grid = lattice(n_x=9, n_z=4)
    table, out = np.random.default_rng(0).normal(size=(9, 4, 3)), np.empty(3)
    for i, j in ((0, 0), (4, 2), (8, 3)):
        look_up(grid.log_x[i], grid.z[j], grid, table, out)
        np.testing.assert_allclose(out, table[i, j], atol=1e-12)  # rounding of 16 terms of order one


def test_beyond_the_last_ln_x_the_last_values_hold() -> None:
    grid = lattice(n_x=9, n_z=4)
    table, last, beyond = np.random.default_rng(0).normal(size=(9, 4, 3)), np.empty(3), np.empty(3)
    look_up(grid.log_x[-1], 1.1, grid, table, last)
    look_up(grid.log_x[-1] + 7.0, 1.1, grid, table, beyond)
    np.testing.assert_array_equal(beyond, last)
