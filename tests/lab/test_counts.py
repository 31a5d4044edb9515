"""-2 ln L of counts, with pulls profiled."""

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import poisson

from boltzmann.lab.counts import OnOff, deviance, profiled

ON, OFF, RATIO = np.array([5.0, 14.0, 0.0]), np.array([1.5, 4.4, 0.7]), 16.0
DATA = OnOff(ON, OFF, RATIO)
BACKGROUND = np.array([0.5, 1.8, 0.3])


def test_deviance_is_the_ratio_of_poisson_likelihoods() -> None:
    counts, expected = np.array([0, 3, 15]), np.array([1.2, 2.5, 9.0])
    likelihood = poisson.logpmf(counts, expected) - poisson.logpmf(counts, np.maximum(counts, 1e-300))
    assert deviance(counts, expected) == pytest.approx(-2.0 * likelihood)
    assert deviance(counts, counts.astype(float)) == pytest.approx(np.zeros(3))


@pytest.mark.parametrize("expected", [0.1, 4.0, 40.0])
def test_beam_unrelated_background(expected: float) -> None:
    """The closed form is the minimum."""
    for i in range(3):

        def fit(b: float, i: int = i) -> float:
            return float(deviance(ON[i], expected + b) + deviance(RATIO * OFF[i], RATIO * b))

        best = minimize_scalar(fit, bounds=(1e-6, 30.0), method="bounded", options={"xatol": 1e-9})
        assert DATA.background(np.full(3, expected))[i] == pytest.approx(best.x, rel=1e-5)
        assert DATA.deviance(np.full(3, expected))[i] == pytest.approx(best.fun, rel=1e-9)


def test_derivatives() -> None:
    expected, step = np.array([0.3, 4.0, 2.0]), 1e-4
    first, second = DATA.derivatives(expected)
    fit = [DATA.deviance(expected + n * step) for n in (-1, 0, 1)]
    # central differences: errors of order step^2, and rounding of eps/step^2
    assert first == pytest.approx((fit[2] - fit[0]) / (2.0 * step), rel=1e-6)
    assert second == pytest.approx((fit[2] - 2.0 * fit[1] + fit[0]) / step**2, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("scale", [0.0, 1.0, 3.0, 10.0])
def test_minimum_over_pulls(scale: float) -> None:
    """Against a general minimiser."""
    signal = scale * np.array([2.0, 5.0, 0.5])

    def fit(pulls: np.ndarray) -> float:
        x, y = pulls
        expected = (1.0 + y) * signal + (1.0 + x) * BACKGROUND
        return float(DATA.deviance(expected).sum() + (x / 0.14) ** 2 + (y / 0.08) ** 2)

    best = minimize(fit, [0.0, 0.0], bounds=[(-0.9, 3.0)] * 2, options={"ftol": 1e-14, "gtol": 1e-9})
    assert profiled(DATA, signal, BACKGROUND, 0.08, 0.14) == pytest.approx(best.fun, abs=1e-7)


def test_extreme_signals_stay_finite_and_excluded() -> None:
    signal = np.geomspace(1.0, 1e5, 30)[:, None] * np.array([1.0, 2.0, 0.3])
    found = profiled(DATA, signal, BACKGROUND, 0.08, 0.14)
    assert found.shape == (30,)
    assert np.all(np.isfinite(found))
    assert np.all(np.diff(found[np.argmin(found) :]) > 0)
    assert found[-1] > 100
