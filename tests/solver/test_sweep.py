"""Asymmetries that drive a resonance: where the run ends, what is known from there on, and who says it."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from boltzmann import Asymmetry, Mixing, Options, Solution, load_solution, solve
from boltzmann.cli import commands
from boltzmann.errors import UnfinishedWarning, ValidityWarning
from boltzmann.kinetics.status import Status
from boltzmann.potentials import SecretVector
from boltzmann.scan import point
from boltzmann.scan.axes import Model
from boltzmann.solution.asymmetry import AsymmetryGrowth
from boltzmann.solver import run as solver
from boltzmann.solver.growing import level_of, unfollowed
from boltzmann.solver.stopped import MOST_STEPS
from boltzmann.solver.sweep import _followed, compared, drives, swept, swept_remarks
from tests.solutions import solution_with

MIXING = Mixing(dm2_41="1 eV2", Umu4_sq=1e-3)
VECTOR = SecretVector(0.1, "300 MeV")
QUICK = Options(n_momenta=14)


def both_signs(mixing: Mixing, given: Any, options: Options, _: Any = None, asymmetry: Any = None, until: float = 99.0):
    """Stands for the solver: with an asymmetry, the run of nu = nubar until then, twice. Two signs cost compilation."""
    one = solver.integrate(mixing, given, options, None, None, until)
    return one if asymmetry is None else replace(one, rho=np.concatenate([one.rho, one.rho], 1), asymmetry=asymmetry)


def with_asymmetry(L: Any, mixing: Mixing = MIXING) -> Solution:
    return swept(mixing, QUICK, Asymmetry(L=L), both_signs)


@pytest.fixture(scope="module")
def without() -> float:
    return solver.integrate(MIXING, (), QUICK).N_eff


def test_little_asymmetry_is_gone_before_production_begins(without: float) -> None:
    """L = 1e-5: as L = 0 to 1e-3; the run of both signs alone gave 3.565."""
    solution = with_asymmetry(1e-5)
    known = solution.sweep
    assert solution.status is Status.LEPTON_RUNAWAY
    assert 50.0 < known.T < 150.0
    assert solution.T[-1].value == pytest.approx(known.T, rel=0.01)  # temperatures of two runs' steps
    assert known.N_eff == pytest.approx(without, abs=1e-3)
    assert known.highest - known.N_eff < 1e-3
    assert known.lowest < 3.05
    assert known.uncertainty < 0.015  # cells of one flavour: 3.608 at L = 0, with quasi-static rates
    assert known.sterile == pytest.approx(0.568, rel=0.02)  # rho_s of the same at L = 1e-12
    with pytest.warns(UnfinishedWarning, match="it is 3.61"):
        _ = solution.N_eff


def test_large_asymmetry_outlasts_production(without: float) -> None:
    """L = 0.01: gone at 2 MeV, where production is over (5e-5 of a full mixing width); 0.0054 of the fronts.

    What stands for the solver has produced without asymmetry before, so that the estimate is that of nu = nubar.
    """
    solution = with_asymmetry({"mu": 1e-2})
    known = solution.sweep
    assert pytest.approx(2.05, rel=0.05) == known.T  # 2.05 at |U|^2 = 1e-3, 2.01 at 1e-2, 2.09 at 1e-4
    assert known.y[0] == pytest.approx(0.66, rel=0.1)
    assert known.swept == pytest.approx(0.0054, rel=0.1)
    assert known.share == pytest.approx(0.5, abs=0.02)  # the rest is not resonant
    assert known.highest - known.swept == pytest.approx(without, abs=2e-3)
    assert abs(known.L) < 0.01 * 1e-2
    assert known.sterile == pytest.approx(0.0088, rel=0.1)  # 0.0045 after the collapse at 1.9 MeV
    assert "sterile neutrinos have 0.009" in str(known) or "sterile neutrinos have 0.008" in str(known)


def test_both_signs_of_an_asymmetry_are_mirror_images() -> None:
    plus, minus = with_asymmetry({"mu": 1e-4}).sweep, with_asymmetry({"mu": -1e-4}).sweep
    assert pytest.approx(minus.T, rel=1e-3) == plus.T  # xi = 1.4e-4 in f
    assert pytest.approx(9.6, rel=0.05) == plus.T


def test_what_is_too_small_or_has_no_mixing_is_followed_to_the_end() -> None:
    for L, mixing in (({"mu": 3e-8}, MIXING), ({"mu": 1e-2}, Mixing(dm2_41="1 eV2", Umu4_sq=1e-14))):
        solution = with_asymmetry(L, mixing)
        assert solution.status is Status.SUCCESS
        assert not solution.sweep.runs_away
        assert math.isnan(solution.sweep.N_eff)
        assert not list(swept_remarks(solution))
        assert solution.sweep.share < 0.01
        assert "of the asymmetry" in str(solution.sweep)


def test_cells_say_how_far_the_estimate_is() -> None:
    """L = 1e-4 delays production; what stands for the solver does not, so that cells are far from it, and say it."""
    known = with_asymmetry({"mu": 1e-4}).sweep
    assert known.lowest <= known.N_eff <= known.highest
    assert known.N_eff - known.uncertainty == pytest.approx(3.306, abs=0.01)  # 3.3056 of the cells alone
    assert abs(known.L) < 1e-6


def test_states_mixed_by_more_than_a_half_have_no_cells() -> None:
    known = with_asymmetry(1e-4, Mixing(dm2_41="1 eV2", Umu4_sq=0.7)).sweep
    assert math.isnan(known.L) or not known.runs_away
    assert math.isnan(known.uncertainty)
    assert "Through the collapse" not in str(known)


def test_flavours_may_cancel_in_the_potential() -> None:
    solution = with_asymmetry({"e": 2e-5, "mu": -1e-5})
    assert solution.status is Status.SUCCESS
    assert solution.sweep.share == 0.0


def test_where_fronts_are_looked_for() -> None:
    given = Asymmetry(L=1e-5)
    assert drives(MIXING, (), Options(), given)
    for mixing, interactions, options, asymmetry in (
        (MIXING, (), Options(), None),
        (Mixing(), (), Options(), given),
        (Mixing(dm2_41="-1 eV2", Umu4_sq=1e-3), (), Options(), given),
        (MIXING, (VECTOR,), Options(), given),
        (MIXING, (), Options(coherence="matrix"), given),
    ):
        assert not drives(mixing, interactions, options, asymmetry)


def test_a_failed_run_keeps_its_status() -> None:
    def failing(*inputs: Any) -> Solution:
        found = both_signs(*inputs)
        return found if found.asymmetry is None else replace(found, status=Status.TOO_MANY_STEPS)

    solution = swept(MIXING, QUICK, Asymmetry(L=1e-4), failing)
    assert solution.status is Status.TOO_MANY_STEPS
    assert not solution.sweep.runs_away

    def never(*inputs: Any) -> Solution:
        return replace(both_signs(*inputs), status=Status.TOO_MANY_STEPS)

    assert swept(MIXING, QUICK, Asymmetry(L=1e-4), never).sweep is None


def test_loss_that_nodes_follow_is_said() -> None:
    solution = with_asymmetry({"mu": 1e-2})
    later = replace(solution.sweep, T=math.nan, share=0.1)
    (sentence,) = swept_remarks(replace(solution, sweep=later))
    assert "nodes follow what is lost to a half" in sentence
    (sentence,) = swept_remarks(replace(solution, sweep=None))
    assert "not computed" in sentence


@pytest.fixture
def quick_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    def solved(*_: Any, **__: Any) -> Solution:
        return with_asymmetry(1e-4)

    monkeypatch.setattr(solver, "settled", solved)


@pytest.mark.usefixtures("quick_solver")
def test_solve_files_and_texts_say_it(tmp_path: Any) -> None:
    with pytest.warns(ValidityWarning, match="Half of the asymmetry is gone at T = "):
        solution = solve(MIXING, asymmetry=Asymmetry(L=1e-4))
    with pytest.warns(UnfinishedWarning):
        again = load_solution(solution.save(tmp_path / "run.nc"))
    assert again.sweep == solution.sweep
    assert again.status is Status.LEPTON_RUNAWAY
    for text in (str(solution), solution._repr_html_(), solution.ending):
        assert "N_eff lies between" in text


@pytest.mark.usefixtures("quick_solver")
def test_the_command_says_it() -> None:
    with pytest.warns(ValidityWarning):
        result = CliRunner().invoke(commands.solve, ["--dm2-41", "1 eV2", "--umu4-sq", "1e-3", "--xi-mu", "1e-4"])
    assert result.exit_code == 1
    assert "N_eff lies between" in result.output


def test_scans_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    solution = with_asymmetry(1e-4)
    monkeypatch.setattr(point, "settled", lambda *_: solution)
    model = Model(MIXING, (), QUICK, Asymmetry(L=1e-4))
    outcome = point.evaluate(point.Template(model, ()), (), False)
    assert outcome.status == "LEPTON_RUNAWAY"
    assert "N_eff lies between" in outcome.message


def test_asking_for_it_by_the_usual_way_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found, seen = solution_with(MIXING), []
    monkeypatch.setattr(solver, "swept", lambda *given: [found, seen.append(given)][0])
    assert solver.settled(MIXING, (), QUICK, Asymmetry(L=1e-5)) is found
    assert seen[0][:3] == (MIXING, replace(QUICK, max_steps=MOST_STEPS), Asymmetry(L=1e-5))


def test_size_of_what_grows_is_known_below_the_active_states_alone() -> None:
    growth = AsymmetryGrowth(1e3, 6.5)
    for mixing, is_known in (
        (Mixing(dm2_41="1 eV2", Ue4_sq=1e-2), False),
        (Mixing(dm2_41="1e-4 eV2", Ue4_sq=1e-2), True),
        (Mixing(dm2_41="-1 eV2", Ue4_sq=1e-2), True),
    ):
        run = solver.integrate(mixing, (), QUICK)
        known = unfollowed(run, growth, careful=False)
        assert math.isnan(known.L) != is_known
        assert math.isnan(known.N_eff)
        assert ("|L|" in str(known)) == is_known
    assert math.isnan(unfollowed(replace(run, interactions=(VECTOR,), reference=lambda: 3.044), growth).L)


def test_level_that_nu_s_crosses() -> None:
    """A flavour above it, or nu_3, which is nu_mu and nu_tau, where nu_s lies between active states."""
    below, between = (
        level_of(solver.integrate(Mixing(dm2_41=dm2, Ue4_sq=1e-2), (), QUICK)) for dm2 in ("-1 eV2", "1e-4 eV2")
    )
    assert np.array_equal(below.state, [1.0, 0.0, 0.0])
    assert below.weight == 2.0
    assert abs(between.state[0]) ** 2 == pytest.approx(0.022, abs=3e-3)  # sin^2 theta_13
    assert between.weight == pytest.approx(1.5, abs=0.03)  # halves of nu_mu and nu_tau


@pytest.mark.parametrize("Utau4_sq", [0.0, 1e-3])
def test_fronts_of_other_flavours_are_said(Utau4_sq: float) -> None:
    """nu_tau mixes as nu_mu does, and has the same L: its fronts alone make as much, in N_eff's uncertainty."""
    known = with_asymmetry(1e-3, Mixing(dm2_41="1 eV2", Umu4_sq=1e-3, Utau4_sq=Utau4_sq)).sweep
    assert (known.beside > 0.0) == (Utau4_sq > 0.0)
    assert ("other flavours that mix" in str(known)) == (Utau4_sq > 0.0)
    assert known.uncertainty >= known.beside
    assert known.highest >= known.N_eff + known.beside
    assert known.beside < 3.0 * known.swept + 1e-12


def test_run_after_a_sweep_has_spectra(without: float) -> None:
    """It begins with the run's own history and ends where there are no collisions any more, with nu = nubar."""
    solution = with_asymmetry({"mu": 1e-4})
    after = solution.sweep.after
    assert after is not None
    assert after.status is Status.SUCCESS
    assert after.asymmetry is None
    assert np.all(np.diff(after.x) > 0.0)
    assert np.array_equal(after.x[: solution.x.size], solution.x)
    assert after.rho.shape == (after.x.size, 1, after.y.size, 4, 4)
    assert after.T[-1].value < 0.02
    assert pytest.approx(without, abs=2e-3) == after.N_eff  # both signs alike: the stand-in has no asymmetry
    assert with_asymmetry({"mu": 1e-4}).sweep == solution.sweep  # numbers alone are compared


def test_lumps_of_nodes_are_not_shown() -> None:
    run = both_signs(MIXING, (), QUICK, None, Asymmetry(L={"mu": 1e-4}))
    for change, seen in ((0.5, False), (0.1, True), (-12.0, True)):
        rho, late = run.rho.copy(), run.T.value < 8.0
        for sign, nodes in enumerate(rho.transpose(1, 0, 2, 3, 4)):
            nodes[:, :, 1, 1] *= 1.0 + np.where(late, change, 1.0)[:, None] * 1e-4 * (1 - 2 * sign)
        followed = _followed(replace(run, rho=rho), 1)
        assert (followed.x.size < run.x.size) == seen
        assert followed.T[-1].value > 8.0 or not seen
    assert _followed(run, 1).x.size == run.x.size  # no asymmetry at all


class Grows:
    """Stands for the solver: nu_e gain an asymmetry of ``size`` at T = 8 MeV, and N_eff by as much as is ``seen``."""

    def __init__(self, size: float, seen: float) -> None:
        self.size, self.seen = size, seen

    def __call__(self, *given: Any) -> Solution:
        run = both_signs(*given)
        if run.asymmetry is None:
            return run
        rho, late = run.rho.copy(), run.T.value < 8.0
        rho[late, 0, :, 0, 0] *= 1.0 + self.size
        rho[late, 1, :, 0, 0] *= 1.0 - self.size
        rho[late, :, :, 3, 3] *= 1.0 + self.seen
        return replace(run, rho=rho)


@pytest.mark.parametrize("given", [Asymmetry(), Asymmetry(L=3e-8)])
def test_growth_that_is_seen_ends_a_run(given: Asymmetry, without: float) -> None:
    solution = swept(MIXING, QUICK, given, Grows(1e-6, 0.1))
    known = solution.sweep
    assert solution.status is Status.LEPTON_RUNAWAY
    assert known.grown
    assert pytest.approx(8.0, rel=0.1) == known.T  # a step
    assert solution.T[-1].value == pytest.approx(known.T, rel=1e-6)
    assert known.N_eff == without
    assert known.highest - without == pytest.approx(0.2 * (without - known.lowest))
    assert "grows from T =" in solution.ending
    (sentence,) = swept_remarks(solution)
    assert "off-diagonal" in sentence


@pytest.mark.parametrize("given", [Asymmetry(), Asymmetry(L=3e-8)])
def test_growth_that_nobody_sees_does_not(given: Asymmetry) -> None:
    for solver_of in (Grows(1e-6, 1e-4), both_signs):
        assert swept(MIXING, QUICK, given, solver_of).status is Status.SUCCESS


BELOW = Mixing(dm2_41="-1 eV2", Umu4_sq=1e-3)


@pytest.mark.parametrize("seen", [0.1, -0.1])
def test_what_nothing_follows_is_compared_with_no_asymmetry(seen: float) -> None:
    """nu_s below the active states: where N_eff differs it lies between both, and the run ends where they part."""
    solver_of = Grows(0.0, seen)
    run, plain = solver_of(BELOW, (), QUICK, None, Asymmetry(L=1e-5)), solver_of(BELOW, (), QUICK)
    solution = compared(run, solver_of)
    known = solution.sweep
    assert solution.status is Status.LEPTON_RUNAWAY
    assert known.differs
    assert 3.0 < known.T < 9.0
    assert solution.T[-1].value == pytest.approx(known.T, rel=1e-6)
    assert solution.x.size < run.x.size
    assert known.N_eff == plain.N_eff
    assert known.highest == max(run.N_eff, plain.N_eff)
    assert known.lowest <= min(run.N_eff, plain.N_eff)
    assert "changes what is produced" in solution.ending


def test_what_changes_nothing_is_not_touched() -> None:
    solver_of = Grows(0.0, 1e-4)
    for asymmetry in (Asymmetry(L=1e-5), None):
        run = solver_of(BELOW, (), QUICK, None, asymmetry)
        assert compared(run, solver_of) is run
    three = both_signs(Mixing(), (), QUICK, None, Asymmetry())
    assert compared(three, solver_of) is three
    failed = replace(solver_of(BELOW, (), QUICK, None, Asymmetry(L=1e-5)), status=Status.TOO_MANY_STEPS)
    assert compared(failed, solver_of) is failed


@pytest.mark.slow
def test_baryons_that_start_a_growth() -> None:
    """0.0243 eV^2: 3.07 of the run to the end, where nu = nubar have 3.225, and all of the instability to a fifth."""
    with pytest.warns(ValidityWarning, match="The asymmetry grows"):
        solution = solve(Mixing(dm2_41="0.0243 eV2", Ue4_sq=2e-3), asymmetry=Asymmetry(L=1e-8))
    assert solution.status is Status.LEPTON_RUNAWAY
    assert solution.sweep.N_eff == pytest.approx(3.225, abs=2e-3)  # 3.2250, 3.2251 with 14, 28 momenta
    assert 3.24 < solution.sweep.highest < 3.27


@pytest.mark.slow
def test_both_signs_until_the_end_of_the_asymmetry(without: float) -> None:
    """The real thing: with kernels of both signs, until 81 MeV, and from there on."""
    with pytest.warns(ValidityWarning, match="Half of the asymmetry"):
        solution = solve(MIXING, options=QUICK, asymmetry=Asymmetry(L=1e-5))
    assert solution.status is Status.LEPTON_RUNAWAY
    assert solution.sweep.N_eff == pytest.approx(without, abs=1e-3)
    assert solution_with(MIXING).sweep is None
