"""Minima from derivatives: exact for linear residuals, and for the calibrations of real spectra."""

import numpy as np
import pytest

from boltzmann.cmb import gauss_newton, linear
from boltzmann.cmb.gauss_newton import Measurements
from boltzmann.cmb.linear import START, STEPS, Point, estimate, recalibrated, slopes, stencil
from boltzmann.cmb.nodes import LCDM
from boltzmann.cmb.profile_table import DATA, PARAMETERS
from tests.linear import EXPANSION, SLOPE, curvature, run_of
from tests.planck import spectra, write_act, write_planck

CALIBRATED = START + np.array([0, 0, 0, 0, 0, 0, 0.01, -0.02, 0.03])


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measurements:
    folder = tmp_path_factory.mktemp("data")
    write_planck(folder)
    return gauss_newton.measurements(write_act(folder), with_act=True)


def _values(measured: Measurements, theta: np.ndarray) -> np.ndarray:
    return np.concatenate([gauss_newton.residuals(measured, spectra(), theta), [0.7, 0.8, 0.3]])


def _point(theta: np.ndarray) -> Point:
    return run_of(LCDM, tuple(theta)).point


def test_stencil() -> None:
    """The centre, and one step up and down for each of the six parameters of CLASS."""
    steps = (np.array(stencil()) - START) / STEPS
    assert steps.shape == (13, len(PARAMETERS))
    assert np.abs(steps).sum(axis=1) == pytest.approx([0.0] + [1.0] * 12)


def test_calibrations_need_no_run(measured: Measurements) -> None:
    found = recalibrated(measured, Point(START, _values(measured, START)), CALIBRATED)
    assert found == pytest.approx(_values(measured, CALIBRATED), abs=1e-8)


def test_calibrations_without_act(measured: Measurements) -> None:
    alone = Measurements(measured.planck)
    found = recalibrated(alone, Point(START, _values(alone, START)), CALIBRATED)
    assert found == pytest.approx(_values(alone, CALIBRATED), abs=1e-8)


def test_derivatives(measured: Measurements, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "recalibrated", lambda *given: _point(given[2]).values)
    found = slopes([_point(theta).values for theta in stencil()], measured)
    assert found * STEPS == pytest.approx(SLOPE * STEPS, abs=1e-5)  # values have five digits


@pytest.mark.parametrize("data", DATA)
def test_minimum_from_one_run(data: str) -> None:
    chosen, free = gauss_newton.rows(data), gauss_newton.free(data)
    point = _point(START + 2.0 * STEPS)
    found = estimate([point], EXPANSION, data)
    A, b = SLOPE[np.ix_(chosen, free)] * STEPS[free], point.values[chosen]
    assert found.chi2 == pytest.approx(np.sum((b - A @ np.linalg.lstsq(A, b, rcond=None)[0]) ** 2), rel=1e-9)
    assert found.chi2 + found.gain == pytest.approx(b @ b)
    assert np.all(found.theta[~free] == point.theta[~free])
    assert found.values == pytest.approx(_point(found.theta).values, abs=1e-4)


def test_minimum_of_curved_residuals() -> None:
    """The steps end where the gradient of the expansion vanishes, 2 J(theta).r(theta) = 0."""
    data, curved = "planck+act", EXPANSION._replace(curvature=curvature(0.1))
    point = _point(START + 2.0 * STEPS)
    found = estimate([point], curved, data)
    chosen, free = gauss_newton.rows(data), gauss_newton.free(data)
    J = (curved.derivatives(found.theta - START) * STEPS)[np.ix_(chosen, free)]
    r = found.values[chosen]
    assert np.abs(J.T @ r).max() < 1e-2 * np.linalg.norm(J) * np.linalg.norm(r)
    assert abs(found.chi2 - estimate([point], EXPANSION, data).chi2) > 0.1


def test_a_distant_run_corrects_the_derivatives() -> None:
    """Derivatives that are wrong for one parameter: a second run that differs in it alone finds what they miss."""
    data, wrong, far = "planck+act", SLOPE.copy(), STEPS * (np.arange(9) == 0) * 3.0
    wrong[:, 0] += 0.1 * np.roll(SLOPE[:, 0], 1)
    runs = [_point(START), _point(START + far)]
    exact, missing = estimate(runs[:1], EXPANSION, data), EXPANSION._replace(slopes=wrong)
    once, twice = estimate(runs[:1], missing, data), estimate(runs, missing, data)
    assert abs(twice.chi2 - exact.chi2) < 0.1 * abs(once.chi2 - exact.chi2)
    close = [runs[0], _point(START + 0.1 * far)]  # no correction from noise
    assert estimate(close, missing, data).chi2 == pytest.approx(once.chi2, abs=0.1)  # the mean of two such


def test_runs_are_averaged() -> None:
    """A run near the minimum counts, one far from it hardly: its error is 2% of what it is above."""
    data, best = "planck+act+desi", estimate([_point(START)], EXPANSION, "planck+act+desi")
    near = Point(best.theta, best.values + 0.01)
    far = Point(best.theta + 30.0 * STEPS, best.values + SLOPE @ (30.0 * STEPS) - 0.01)
    alone, both = estimate([near], EXPANSION, data), estimate([near, far], EXPANSION, data)
    assert both.chi2 == pytest.approx(alone.chi2, abs=1e-2)
    assert both.gain == pytest.approx(alone.gain, abs=1e-3)
    twice = estimate([near, Point(best.theta, best.values - 0.01)], EXPANSION, data)
    assert twice.values == pytest.approx(best.values, abs=1e-3)
