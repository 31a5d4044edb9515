"""The minimiser: exact on linear residuals, steady on curved ones; residuals, priors and distances."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boltzmann import ecsv
from boltzmann.cmb import bao, gauss_newton
from boltzmann.cmb.gauss_newton import CMB_ROWS, ROWS, Evaluation, improved, minimise, predicted, residuals, rows
from boltzmann.cmb.likelihood import PARAMETERS
from boltzmann.cmb.planck import planck_lite
from boltzmann.errors import ParameterError
from tests.planck import spectra, write_planck

RANDOM = np.random.default_rng(5)
SLOPE = RANDOM.normal(size=(ROWS, 7))
OFFSET = RANDOM.normal(size=ROWS)


def linear(theta: np.ndarray) -> Evaluation:
    return Evaluation(theta, OFFSET + SLOPE @ theta, spectra())


def curved(theta: np.ndarray) -> Evaluation:
    """Residuals whose slope changes by tens of per cent over one standard deviation (0.04)."""
    return Evaluation(theta, OFFSET + SLOPE @ (theta + 3.0 * theta**2), spectra())


def exact_minimum(data: str) -> float:
    A, b = SLOPE[rows(data)], OFFSET[rows(data)]
    return float(np.sum((b - A @ np.linalg.lstsq(A, b, rcond=None)[0]) ** 2))


@pytest.mark.parametrize("data", ["planck2018", "planck2018+desi"])
def test_linear_residuals_take_one_step(data: str) -> None:
    best = minimise(linear, linear(np.ones(7)), SLOPE, data)
    assert best.calls == 1
    assert best.chi2 == pytest.approx(exact_minimum(data), rel=1e-10)
    # the numbers at the minimum belong together
    assert np.sum(best.residuals[rows(data)] ** 2) == pytest.approx(best.chi2, rel=1e-10)


def test_minimum_without_a_step() -> None:
    """Close to the minimum nothing is evaluated: the predicted gain is subtracted."""
    data = "planck2018"
    start = linear(-np.linalg.lstsq(SLOPE[rows(data)], OFFSET[rows(data)], rcond=None)[0] + 1e-3)
    best = minimise(lambda _: pytest.fail("evaluated"), start, SLOPE, data)
    assert best.chi2 == pytest.approx(exact_minimum(data), rel=1e-9)


def test_curved_residuals() -> None:
    """The stored derivatives are those at 0; a fine scan around the result finds nothing lower than GAIN allows."""
    best = minimise(curved, curved(np.full(7, 0.1)), SLOPE)
    assert best.calls <= 5
    for direction in np.vstack([np.eye(7), -np.eye(7)]):
        nearby = curved(best.theta + 0.01 * direction).residuals[rows("planck2018")]
        assert np.sum(nearby**2) > best.chi2 - 0.02  # a tenth of GAIN


def test_broyden_reproduces_the_last_step() -> None:
    old, new = curved(np.zeros(7)), curved(np.linspace(0.1, 0.3, 7))
    J = improved(SLOPE, old, new)
    assert J @ (new.theta - old.theta) == pytest.approx(new.residuals - old.residuals, abs=1e-10)


def test_gives_up() -> None:
    with pytest.raises(ParameterError, match=r"not found in 8 CLASS runs"):
        minimise(lambda theta: linear(theta + 5.0), linear(np.ones(7)), SLOPE)


def test_predicted_gain_is_the_fall_of_chi2() -> None:
    start, chosen = linear(np.ones(7)), rows("planck2018+desi")
    step, gain = predicted(start, SLOPE, chosen)
    fall = np.sum(start.residuals**2) - np.sum(linear(start.theta + step).residuals ** 2)
    assert gain == pytest.approx(fall, rel=1e-10)


def test_unknown_data() -> None:
    with pytest.raises(ParameterError, match=r"data = 'wmap' is not .*; valid are: planck2018, planck2018\+desi"):
        rows("wmap")


def test_residuals_of_priors_and_distances(tmp_path: Path) -> None:
    planck, theta = planck_lite(write_planck(tmp_path)), np.zeros(7)
    theta[PARAMETERS.index("tau_reio")] = 0.0506 + 2 * 0.0086
    theta[PARAMETERS.index("A_planck")] = 1 - 3 * 0.0025
    r = residuals(planck, spectra(), theta)
    assert r.shape == (ROWS,)
    assert r[CMB_ROWS : CMB_ROWS + 2] == pytest.approx([2, -3])


def test_desi_table() -> None:
    """13 numbers; the errors printed in table 4 are those of the likelihood files less systematics, up to 7%."""
    desi = bao.desi_dr2()
    assert desi.data.shape == (13,)
    assert all(row["status"] == "verified" for row in ecsv.rows(bao.TABLE))
    printed = [0.075, 0.167, 0.425, 0.177, 0.330, 0.152, 0.193, 0.318, 0.221, 0.760, 0.516, 0.531, 0.101]
    ratio = np.sqrt(np.diag(desi.covariance)) / printed
    assert np.all((ratio > 0.995) & (ratio < 1.07))


def test_distances_in_the_order_of_the_data() -> None:
    """A theory equal to the data, D_V from D_M = D_H, has chi^2 = 0."""
    desi = bao.desi_dr2()
    V = desi.data[0] / 0.295 ** (1 / 3)
    theory = replace(spectra(), D_M=np.append(V, desi.data[1::2]), D_H=np.append(V, desi.data[2::2]))
    assert desi.whitened(bao.distances(theory)) == pytest.approx(np.zeros(13), abs=1e-9)


def test_whitening_gives_chi2() -> None:
    desi = bao.desi_dr2()
    offset = RANDOM.normal(size=13)
    expected = offset @ np.linalg.solve(desi.covariance, offset)
    assert np.sum(desi.whitened(desi.data + offset) ** 2) == pytest.approx(expected)


def test_evaluator_passes_parameters_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = {}

    def observe(parameters):
        seen.update(parameters)
        return spectra()

    monkeypatch.setattr(gauss_newton, "observe", observe)
    theta = np.array([0.0224, 0.12, 1.04, 3.05, 0.965, 0.05, 1.001])
    evaluation = gauss_newton.evaluator(planck_lite(write_planck(tmp_path)), {"N_ur": 3.0})(theta)
    assert seen["N_ur"] == 3.0
    assert (seen["omega_b"], seen["tau_reio"]) == (0.0224, 0.05)
    assert "A_planck" not in seen
    assert evaluation.residuals.shape == (ROWS,)
