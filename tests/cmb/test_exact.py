"""Refits of LCDM to a solution: with linear residuals in place of CLASS, and for real where the Planck data exist."""

from pathlib import Path

import numpy as np
import pytest

from boltzmann import Asymmetry, solve
from boltzmann.cmb import bbn, class_bridge, exact, gauss_newton, judge, likelihood, verdict
from boltzmann.cmb.exact import jacobian, refit, refits
from boltzmann.cmb.gauss_newton import PARTS, ROWS, Evaluation, Measurements, free, measurements, parts, rows
from boltzmann.cmb.judge import Summary
from boltzmann.cmb.likelihood import DATA, PARAMETERS
from boltzmann.cmb.planck import BINS, FILES
from boltzmann.errors import ParameterError, ValidityWarning
from boltzmann.figures import style
from boltzmann.kinetics.status import Status
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.parameters import Mixing, Options
from boltzmann.solution import Solution
from tests.planck import REAL, spectra, write_act, write_planck
from tests.solutions import solution_with

THERMAL = solution_with(Mixing(dm2_41="1 eV2", Ue4_sq=0.01))
needs_data = pytest.mark.skipif(not (REAL / FILES["covariance"]).is_file(), reason="no Planck data on this machine")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measurements:
    return measurements(write_act(write_planck(tmp_path_factory.mktemp("data"))), with_act=True)


@pytest.fixture
def linear(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """Replace CLASS by residuals that are linear with the stored slopes, around a known minimum; return its inputs."""
    asked: list[dict] = []

    def evaluator(_, neutrinos, added):
        asked.append(neutrinos)
        assert np.array_equal(added, exact.non_linear())
        J, target = (
            jacobian(),
            likelihood.best_fit((0.0, 0.0, 0.0)) + 0.5 * np.array([1e-4, 1e-3, 2e-4, 0, 0, 0, 0, 0, 0]),
        )
        offset = np.random.default_rng(3).normal(size=ROWS)
        projected = offset - J @ np.linalg.lstsq(J, offset, rcond=None)[0]  # orthogonal to the slopes
        return lambda theta: Evaluation(theta, projected + J @ (theta - target), spectra())

    def class_parameters(*_, **__):
        return {"omega_b": 0.0224, "N_ur": 2.0, "YHe": 0.25}

    monkeypatch.setattr(gauss_newton, "evaluator", evaluator)
    monkeypatch.setattr(class_bridge, "class_parameters", class_parameters)
    return asked


def test_helium_is_counted_once(linear, measured: Measurements, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a verdict by the table adds for helium is in the spectra of a refit already, and is not added to it."""
    refitted, judged = refit(THERMAL, measured).delta_chi2, verdict(THERMAL).delta_chi2
    monkeypatch.setattr(judge, "own_helium", lambda _: 0.05)
    assert verdict(THERMAL).delta_chi2 > judged + 10.0
    assert refit(THERMAL, measured).delta_chi2 == refitted


def test_whose_helium_a_refit_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of CLASS where it is right; primat beside an asymmetry, which the sum of nu_e and nubar_e hides."""
    monkeypatch.setattr(bbn, "helium_by_network", lambda *_: 0.26)
    small = Options(n_momenta=12)
    for xi, given in ((5e-4, {"helium": "mean"}), (0.02, {"YHe": 0.26})):
        run = solve(Mixing(), asymmetry=Asymmetry(xi_e=xi, xi_mu=xi, xi_tau=xi), options=small)
        assert bbn.knows_electron_neutrinos(run, exact.NOTABLE_DISTORTION)
        assert exact._helium(run) == given


def test_stored_slopes() -> None:
    """Derivatives with respect to tau and calibration of their own priors are 1/sigma, and the rest is finite."""
    J = jacobian()
    assert J.shape == (ROWS, 9)
    priors = J[PARTS["priors on tau and A_planck"]]
    assert priors[0, PARAMETERS.index("tau_reio")] == pytest.approx(1 / 0.0086, rel=1e-5)
    assert priors[1, PARAMETERS.index("A_planck")] == pytest.approx(1 / 0.0025, rel=1e-5)
    assert J[PARTS["prior on A_act"], PARAMETERS.index("A_act")] == pytest.approx(1 / 0.003, rel=1e-5)
    assert not J[: PARTS["ACT DR6"].start, -2:].any()
    planck = J[np.ix_(rows("planck2018"), free("planck2018"))]
    errors = np.sqrt(np.diag(np.linalg.inv(planck.T @ planck)))
    published = {"omega_b": 1.5e-4, "omega_cdm": 1.2e-3, "n_s": 4.2e-3, "100*theta_s": 3e-4}
    for name, sigma in published.items():  # arXiv:1807.06209 table 1; their low-l likelihood differs from ours
        assert errors[PARAMETERS.index(name)] == pytest.approx(sigma, rel=0.15)


@pytest.mark.parametrize("data", DATA)
def test_refit_finds_the_minimum(linear, measured: Measurements, data: str) -> None:
    seen: list[float] = []
    result = refit(THERMAL, measured, data, progress=seen.append)
    assert result.delta_chi2 == pytest.approx(result.chi2 - likelihood.table(data).reference)
    assert sum(result.parts.values()) == pytest.approx(result.chi2, rel=1e-9)
    assert tuple(result.parts) == parts(data)
    assert ("P_act" in result.best_fit) == ("act" in data)
    assert result.residuals.size == rows(data).size
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    (neutrinos,) = linear
    assert neutrinos["YHe"] == 0.25
    assert "omega_b" not in neutrinos  # it is fitted
    assert neutrinos["k_step_sub"] == 0.08  # the precision of the table
    assert "non_linear" not in neutrinos
    assert result.calls <= 3


def test_several_combinations_share_their_runs(linear, measured: Measurements) -> None:
    """Each finds its own minimum; where one run has shown the derivatives, the others need one more at most."""
    together = refits(THERMAL, measured)
    assert tuple(together) == DATA
    assert len(linear) == 1  # the neutrinos are prepared once
    for data, found in together.items():
        alone = refit(THERMAL, measured, data)
        assert found.data == data
        assert found.delta_chi2 == pytest.approx(alone.delta_chi2, abs=1e-6)
        assert found.residuals == pytest.approx(alone.residuals, abs=1e-6)
    assert sum(found.calls for found in together.values()) <= 2 + len(DATA)


def test_a_fluid_begins_at_the_best_fit_beside_a_fluid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Far from that of free neutrinos: all of N_eff collides, which moves the peaks; beyond the table, at its edge."""
    monkeypatch.setattr(exact, "summarise", lambda _: Summary(0.3, 0.3, 0.3, N_eff_colliding=3.3))
    start = exact._start(THERMAL, "planck2018")
    assert start == pytest.approx(likelihood.fluid_best_fit(0.3, 3.0))
    free = likelihood.best_fit((0.3, 0.0, 0.0))
    assert start[PARAMETERS.index("100*theta_s")] > free[PARAMETERS.index("100*theta_s")] + 1e-3


def test_heavy_active_neutrinos_are_refitted(linear, measured: Measurements) -> None:
    """What the table refuses, and sends here, is not refused again."""
    inverted = solution_with(Mixing(dm2_41="-1 eV2", Ue4_sq=0.01))
    assert refit(inverted, measured).delta_chi2 == pytest.approx(refit(THERMAL, measured).delta_chi2, abs=1e-6)


def _sparse(population: float) -> Solution:
    """Return a solution with a state of 100 eV that has this share of a Fermi-Dirac spectrum."""
    with pytest.warns(ValidityWarning, match="beyond 100 eV2"):
        mixing = Mixing(dm2_41="1e4 eV2", Ue4_sq=1e-9)
    return solution_with(mixing, [fermi_dirac] * 3 + [lambda y: population * fermi_dirac(y)])


def test_cold_states_begin_without_hot_matter(linear, measured: Measurements) -> None:
    """Too heavy for the table: the start is LCDM less what nu_4 has of its cold dark matter."""
    cold = _sparse(1e-3)
    m_eff = float(cold.m_eff.to_value("eV"))
    active = float(cold.mixing.masses.to_value("eV")[:3].sum())
    standard = likelihood.best_fit((cold.N_eff - 3.044, 0.0, 0.0), "planck2018", active)
    start = exact._start(cold, "planck2018")
    changed = PARAMETERS.index("omega_cdm")
    assert start[changed] == pytest.approx(standard[changed] - m_eff / 94.1)
    assert np.delete(start, changed) == pytest.approx(np.delete(standard, changed))


def test_more_cold_matter_than_there_is() -> None:
    with pytest.raises(ParameterError, match=r"Omega_4 h\^2 = 0.2\d+, more than all dark matter"):
        exact._start(_sparse(0.2), "planck2018")


def test_planck_alone_has_no_act(measured: Measurements) -> None:
    for source in (measured.planck, Measurements(measured.planck)):
        with pytest.raises(ParameterError, match=r"data_dir is Planck alone, but data = 'planck\+act' has ACT DR6 too"):
            refit(THERMAL, source, "planck+act")


def test_failed_run_is_refused(measured: Measurements) -> None:
    failed = solution_with(Mixing(dm2_41="1 eV2", Ue4_sq=0.01), status=Status.STEP_TOO_SMALL)
    with pytest.raises(ParameterError, match="the run did not end well: The step size"):
        refit(failed, measured)


def test_figure_of_residuals(linear, measured: Measurements, tmp_path: Path) -> None:
    result = refit(THERMAL, measured)
    bands = result.bandpowers
    assert bands.ell.shape == (sum(BINS),)
    values = (bands.measured - bands.theory) / bands.sigma
    figure = style.refit_figure(style.Refit(bands.ell, values, BINS))
    figure.savefig(tmp_path / "refit.png")
    assert [ax.get_ylabel()[:2] for ax in figure.axes] == ["TT", "TE", "EE"]


def test_unknown_data_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="data = 'wmap'"):
        refit(THERMAL, tmp_path, "wmap")
    with pytest.raises(ParameterError, match=r"data_dir = .* has no file"):
        refit(THERMAL, tmp_path)


@needs_data
@pytest.mark.slow
def test_table_and_refit_of_a_real_solution() -> None:
    """A partially thermalised state: its distorted spectrum against the thermal ones of the table, 0.5 as for nodes."""
    pytest.importorskip("classy")
    solution = solve(Mixing(dm2_41="0.5 eV2", Ue4_sq=1e-3), options=Options(n_momenta=14, rtol=1e-3))
    result = refit(solution, REAL)
    numbers = (solution.N_eff - 3.044, solution.m_eff, "planck2018", solution.N_eff_of(4))
    assert result.delta_chi2 == pytest.approx(float(likelihood.delta_chi2(*numbers)), abs=0.5)
    assert result.gain < exact.gauss_newton.GAIN
