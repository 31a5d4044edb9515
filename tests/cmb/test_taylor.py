"""The expansion of residuals about LCDM: exact for quadratic residuals, and for the calibrations of real spectra."""

from pathlib import Path

import numpy as np
import pytest

from boltzmann.cmb import gauss_newton, taylor
from boltzmann.cmb.gauss_newton import ROWS, Measurements
from boltzmann.cmb.profile_table import DATA, PARAMETERS
from boltzmann.cmb.taylor import START, STEPS, VALUES, Expansion, Point, estimate, expansion, recalibrated, stencil
from tests.planck import spectra, write_act, write_planck
from tests.quadratic import CURVATURE, SLOPE, quadratic


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measurements:
    folder = tmp_path_factory.mktemp("data")
    write_planck(folder)
    return gauss_newton.measurements(write_act(folder), with_act=True)


def _values(measured: Measurements, theta: np.ndarray) -> np.ndarray:
    return np.concatenate([gauss_newton.residuals(measured, spectra(), theta), [0.7, 0.8, 0.3]])


def test_stencil() -> None:
    """28 different points, whose cosmology is at most two steps from the start."""
    points = np.array(stencil())
    steps = (points - START) / STEPS
    assert points.shape == (28, len(PARAMETERS))
    assert len({tuple(np.rint(step)) for step in steps}) == 28
    assert np.abs(steps).sum(axis=1).max() == pytest.approx(2.0)


def test_calibrations_need_no_run(measured: Measurements) -> None:
    here, there = START.copy(), START + np.array([0, 0, 0, 0, 0, 0, 0.01, -0.02, 0.03])
    found = recalibrated(measured, Point(here, _values(measured, here)), there)
    assert found == pytest.approx(_values(measured, there), abs=1e-8)


def test_calibrations_without_act(tmp_path: Path, measured: Measurements) -> None:
    alone = Measurements(measured.planck)
    there = START + np.array([0, 0, 0, 0, 0, 0, 0.01, -0.02, 0.03])
    found = recalibrated(alone, Point(START, _values(alone, START)), there)
    assert found == pytest.approx(_values(alone, there), abs=1e-8)


def test_derivatives_of_a_quadratic(measured: Measurements, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taylor, "recalibrated", lambda *given: quadratic(given[2]))
    found = expansion([quadratic(theta) for theta in stencil()], measured)
    scale = STEPS[:, None] * STEPS
    assert found.first * STEPS == pytest.approx(SLOPE * STEPS, abs=1e-8)
    assert found.second * scale == pytest.approx(CURVATURE * scale, abs=1e-8)


@pytest.mark.parametrize("data", DATA)
def test_minimum_from_one_run(data: str) -> None:
    """The derivatives elsewhere follow from those at the start: one run gives the minimum of quadratic residuals."""
    about = Expansion(SLOPE, CURVATURE)
    theta = START + 2.0 * STEPS * gauss_newton.free(data)
    found = estimate([Point(theta, quadratic(theta))], about, data)
    chosen, free = gauss_newton.rows(data), gauss_newton.free(data)
    assert found.values == pytest.approx(quadratic(found.theta), abs=1e-8)
    assert np.all(found.theta[~free] == START[~free])
    gradient = (SLOPE + CURVATURE @ (found.theta - START))[np.ix_(chosen, free)].T @ found.values[chosen]
    assert gradient * STEPS[free] == pytest.approx(np.zeros(free.sum()), abs=1e-4)
    assert found.chi2 == pytest.approx(np.sum(found.values[chosen] ** 2))
    assert found.chi2 + found.gain == pytest.approx(np.sum(quadratic(theta)[chosen] ** 2))


def test_further_runs_correct_the_slopes() -> None:
    """With derivatives that are 10% wrong for one parameter a second run corrects most of what they miss."""
    data, wrong = "planck+act", SLOPE.copy()
    wrong[:ROWS, 0] += 0.1 * np.roll(wrong[:ROWS, 0], 1)
    about = Expansion(wrong, np.zeros((VALUES, 9, 9)))

    def linear(theta: np.ndarray) -> Point:
        return Point(theta, quadratic(START) + SLOPE @ (theta - START))

    exact = estimate([linear(START)], Expansion(SLOPE, about.second), data)
    once = estimate([linear(START)], about, data)
    twice = estimate([linear(START), linear(once.theta)], about, data)
    assert abs(twice.chi2 - exact.chi2) < 0.25 * abs(once.chi2 - exact.chi2)
