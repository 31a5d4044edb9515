"""The comoving momentum grid."""

import numpy as np
import pytest
from scipy.special import gamma, gammaincc, zeta

from boltzmann.numerics.momentum import fermi_dirac, laguerre_grid

SIZES = [8, 9, 10, 14, 20, 31, 45]


@pytest.mark.parametrize("n", SIZES)
def test_nodes_are_ordered_below_y_max_with_positive_weights(n: int) -> None:
    grid = laguerre_grid(n, 20.0)
    assert grid.y.shape == grid.w.shape == grid.f.shape == (n,)
    assert grid.y[0] > 0.0
    assert np.all(np.diff(grid.y) > 0.0)
    assert 15.0 < grid.y[-1] < 20.0  # the spectrum is covered
    assert np.all(grid.w > 0.0)


def test_every_size_the_options_allow_exists() -> None:
    assert [laguerre_grid(n, 20.0).y.size for n in range(8, 81)] == list(range(8, 81))


@pytest.mark.parametrize("n", [8, 20, 45])
@pytest.mark.parametrize("degree", [0, 1, 4, 9])
def test_polynomials_times_the_weight_are_integrated_exactly(n: int, degree: int) -> None:
    # A y_max beyond the last node keeps the whole rule of degree n, exact up to polynomials of degree 2n - 1 >= 15.
    grid = laguerre_grid(n, 1e4)
    integral = np.sum(grid.w * grid.y ** (3 + degree) * np.exp(-grid.y))
    # 1e-12: rounding of n terms and of nodes known to 1e-14
    assert integral == pytest.approx(gamma(4 + degree), rel=1e-12)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("power", [2, 3, 4])
def test_moments_of_the_fermi_dirac_spectrum(n: int, power: int) -> None:
    grid = laguerre_grid(n, 20.0)
    exact = (1.0 - 2.0**-power) * gamma(power + 1) * zeta(power + 1)
    beyond = gammaincc(power + 1, 20.0) * gamma(power + 1)  # all that lies above y_max
    # The rule itself is exact to 1e-8 for energies; for numbers (weight 1/y off) it converges like N^-5 (measured)
    rule = 2e-3 * (8 / n) ** 5 * exact if power == 2 else 0.0
    assert np.sum(grid.w * grid.y**power * grid.f) == pytest.approx(exact, abs=beyond + rule)


def test_fermi_dirac_without_overflow() -> None:
    with np.errstate(over="raise"):
        values = fermi_dirac([-800.0, -1.0, 0.0, 1.0, 800.0])
    # 4e-16: two roundings
    np.testing.assert_allclose(values, [1.0, 1 / (1 + np.exp(-1)), 0.5, 1 / (1 + np.e), 0.0], rtol=4e-16, atol=1e-300)


def test_grid_that_does_not_exist_names_what_to_change() -> None:
    with pytest.raises(ValueError, match=r"y_max = 0\.05.*n_momenta = 8"):
        laguerre_grid(8, 0.05)


def test_a_root_at_the_end_of_the_grid_is_not_below_it() -> None:
    grid = laguerre_grid(1, 4.0)  # the root of L_1^(3); L_2^(3) has 5 -+ sqrt(5)

    assert grid.y == pytest.approx([5 - 5**0.5], rel=1e-14)
