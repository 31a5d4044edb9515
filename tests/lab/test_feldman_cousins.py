"""The construction of Feldman and Cousins against the table in their paper, and its coverage."""

import numpy as np
import pytest

from boltzmann.errors import ParameterError
from boltzmann.lab.feldman_cousins import region
from boltzmann.lab.statistics import threshold

MU = np.linspace(0.0, 6.0, 121)


@pytest.mark.parametrize(
    ("measured", "low", "high"),
    [(-1.0, 0.0, 0.81), (0.0, 0.0, 1.64), (1.0, 0.0, 2.64), (2.0, 0.58, 3.64), (3.0, 1.37, 4.64)],
)
def test_bounded_mean(measured: float, low: float, high: float) -> None:
    """Table X of physics/9711021: 90 % intervals for the mean of a unit Gaussian that cannot be negative."""
    result = region(np.array([measured]), MU[:, None], np.ones((121, 1, 1)), cl=0.9, simulations=2000)
    inside = MU[result.allowed]
    # steps of 0.05, and a quantile of 2000 simulations moves the ends by 0.05
    assert inside[[0, -1]] == pytest.approx([low, high], abs=0.1)


def linear_model(n: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(-3.6, 3.6, n), np.linspace(-3.6, 3.6, n)))
    predicted = np.stack([x, y, 0.5 * (x + y)], axis=1)
    covariance = np.broadcast_to(np.array([[1.0, 0.3, 0.0], [0.3, 1.0, 0.0], [0.0, 0.0, 2.0]]), (n * n, 3, 3))
    return predicted, covariance


def test_linear_model_follows_wilks() -> None:
    predicted, covariance = linear_model(25)
    centre = np.abs(predicted[:, :2]).max(axis=1) < 1.0
    result = region(np.array([0.1, -0.2, 0.3]), predicted, covariance, cl=0.9, simulations=400, seed=3)
    # the mean over 49 points of the grid; steps of 0.3 sigma raise the minimum a little
    assert result.critical[centre].mean() == pytest.approx(threshold(0.9), rel=0.04)
    inside = result.delta < threshold(0.9)
    assert np.all(result.p[inside & centre] > 0.05)
    assert result.delta.min() == 0


def test_reproducible_whatever_the_order() -> None:
    predicted, covariance = linear_model(5)
    data = np.zeros(3)
    seen: list[float] = []
    first = region(data, predicted, covariance, cl=0.9, simulations=50, seed=7, progress=seen.append)
    second = region(data, predicted, covariance, cl=0.9, simulations=50, seed=7)
    other = region(data, predicted, covariance, cl=0.9, simulations=50, seed=8)
    assert np.array_equal(first.critical, second.critical)
    assert not np.array_equal(first.critical, other.critical)
    assert seen[-1] == 1.0
    assert len(seen) == 25


@pytest.mark.parametrize(("cl", "simulations"), [(1.2, 100), (0.9, 2)])
def test_refuses(cl: float, simulations: int) -> None:
    with pytest.raises(ParameterError, match=f"cl = {cl}, simulations = {simulations} is not allowed"):
        region(np.zeros(3), *linear_model(3), cl=cl, simulations=simulations)
