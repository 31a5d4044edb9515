"""The minimiser: exact on linear residuals, steady on curved ones; residuals, priors and distances."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boltzmann import ecsv
from boltzmann.cmb import bao, gauss_newton
from boltzmann.cmb.gauss_newton import (
    CMB_ROWS,
    PARTS,
    ROWS,
    Evaluation,
    Measurements,
    free,
    improved,
    measurements,
    minimise,
    parts,
    predicted,
    residuals,
    rows,
)
from boltzmann.cmb.planck import planck_lite
from boltzmann.cmb.profile_table import DATA, PARAMETERS
from boltzmann.errors import ParameterError
from tests.planck import spectra, write_act, write_planck

RANDOM = np.random.default_rng(5)
SLOPE = RANDOM.normal(size=(ROWS, 9))
SLOPE[: PARTS["ACT DR6"].start, -2:] = 0.0  # Planck does not depend on the calibration of ACT
OFFSET = RANDOM.normal(size=ROWS)


def linear(theta: np.ndarray) -> Evaluation:
    return Evaluation(theta, OFFSET + SLOPE @ theta, spectra())


def curved(theta: np.ndarray) -> Evaluation:
    """Residuals whose slope changes by tens of per cent over one standard deviation (0.04)."""
    return Evaluation(theta, OFFSET + SLOPE @ (theta + 3.0 * theta**2), spectra())


def exact_minimum(data: str) -> float:
    A, b = SLOPE[np.ix_(rows(data), free(data))], OFFSET[rows(data)]
    return float(np.sum((b - A @ np.linalg.lstsq(A, b, rcond=None)[0]) ** 2))


@pytest.mark.parametrize("data", DATA)
def test_linear_residuals_take_one_step(data: str) -> None:
    best = minimise(linear, linear(np.ones(9)), SLOPE, data)
    assert best.calls == 1
    assert best.chi2 == pytest.approx(exact_minimum(data), rel=1e-10)
    # the numbers at the minimum belong together
    assert np.sum(best.residuals[rows(data)] ** 2) == pytest.approx(best.chi2, rel=1e-10)


def test_minimum_without_a_step() -> None:
    """Close to the minimum nothing is evaluated: the predicted gain is subtracted."""
    data = "planck2018"
    theta = np.full(9, 1e-3)
    A = SLOPE[np.ix_(rows(data), free(data))]
    theta[free(data)] -= np.linalg.lstsq(A, OFFSET[rows(data)], rcond=None)[0]
    start = linear(theta)
    best = minimise(lambda _: pytest.fail("evaluated"), start, SLOPE, data)
    assert best.chi2 == pytest.approx(exact_minimum(data), rel=1e-9)


def test_curved_residuals() -> None:
    """The stored derivatives are those at 0; a fine scan around the result finds nothing lower than GAIN allows."""
    best = minimise(curved, curved(np.full(9, 0.1)), SLOPE)
    assert best.calls <= 5
    for direction in np.vstack([np.eye(9), -np.eye(9)]):
        nearby = curved(best.theta + 0.01 * direction).residuals[rows("planck2018")]
        assert np.sum(nearby**2) > best.chi2 - 0.02  # a tenth of GAIN


def test_broyden_reproduces_the_last_step() -> None:
    old, new = curved(np.zeros(9)), curved(np.linspace(0.1, 0.3, 9))
    J = improved(SLOPE, old, new)
    assert J @ (new.theta - old.theta) == pytest.approx(new.residuals - old.residuals, abs=1e-10)
    assert not J[: PARTS["ACT DR6"].start, -2:].any()


def test_gives_up() -> None:
    with pytest.raises(ParameterError, match=r"not found in 8 CLASS runs"):
        minimise(lambda theta: linear(theta + 5.0), linear(np.ones(9)), SLOPE)


def test_predicted_gain_is_the_fall_of_chi2() -> None:
    start, data = linear(np.ones(9)), "planck+act+desi"
    step, gain = predicted(start, SLOPE, data)
    end = linear(start.theta + step)
    fall = np.sum(start.residuals[rows(data)] ** 2) - np.sum(end.residuals[rows(data)] ** 2)
    assert gain == pytest.approx(fall, rel=1e-10)


def test_unknown_data() -> None:
    with pytest.raises(ParameterError, match=r"data = 'wmap' is not .*; valid are: planck2018, planck2018\+desi"):
        rows("wmap")


def test_rows_of_combinations() -> None:
    """Numbers of bandpowers, priors and distances; free are nine parameters with ACT and seven without."""
    assert [rows(data).size for data in DATA] == [626, 639, 2 + 9 + 2 + 252 + 111 + 1, 390]
    assert [int(free(data).sum()) for data in DATA] == [7, 7, 9, 9]
    covered = np.concatenate([np.arange(part.start, part.stop) for part in PARTS.values()])
    assert np.array_equal(covered, np.arange(ROWS))
    assert "high-l TT,TE,EE" not in parts("planck+act")


def test_residuals_of_act(tmp_path: Path) -> None:
    """ACT is made with P_act = 0.95; without it its rows are 0."""
    write_planck(tmp_path)
    theta = np.array([0, 0, 0, 0, 0, 0.0506, 1.0, 1.0 + 2 * 0.003, 0.95])
    with_act = residuals(measurements(write_act(tmp_path), with_act=True), spectra(1.006**2), theta)
    assert with_act[PARTS["ACT DR6"]] == pytest.approx(np.zeros(111), abs=1e-8)
    assert with_act[PARTS["prior on A_act"]] == pytest.approx([2.0])
    alone = residuals(measurements(tmp_path, with_act=False), spectra(), theta)
    assert not alone[PARTS["ACT DR6"]].any()
    assert alone[PARTS["high-l TT,TE,EE beside ACT"]] == pytest.approx(np.zeros(252), abs=1e-6)


def test_residuals_of_priors_and_distances(tmp_path: Path) -> None:
    planck, theta = Measurements(planck_lite(write_planck(tmp_path))), np.ones(9)
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
    theta = np.array([0.0224, 0.12, 1.04, 3.05, 0.965, 0.05, 1.001, 1.0, 1.0])
    evaluation = gauss_newton.evaluator(Measurements(planck_lite(write_planck(tmp_path))), {"N_ur": 3.0})(theta)
    assert seen["N_ur"] == 3.0
    assert (seen["omega_b"], seen["tau_reio"]) == (0.0224, 0.05)
    assert "A_planck" not in seen
    assert evaluation.residuals.shape == (ROWS,)
