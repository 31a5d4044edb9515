"""The theoretical error of N_eff: what is changed, what counts, what is quoted."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from boltzmann import Asymmetry, Mixing, Options, ParameterError, Solution, solve
from boltzmann.cli import main
from boltzmann.kinetics.status import Status
from boltzmann.potentials import SecretVector
from boltzmann.solution.asymmetry import AsymmetryGrowth, Branch
from boltzmann.solver.budget import QED_LEFT_OUT, ErrorBudget, Source, error_budget, variations
from tests.solutions import solution_with

QUICK = Options(n_momenta=8, rtol=1e-3)
STERILE = Mixing(dm2_41="0.1 eV2", Ue4_sq=1e-3)


def changed(options: Options) -> dict[str, tuple[Options, bool]]:
    return {v.source: (v.options, v.counted) for v in variations(options)}


def test_each_run_changes_one_thing() -> None:
    found = changed(Options())
    assert found["off-diagonal collisions"][0] == Options(coherence="matrix")
    assert found["momentum grid"][0] == Options(n_momenta=30)
    tighter = found["tolerance and steps"][0]
    assert tighter == Options(rtol=tighter.rtol, max_rotation=0.05)
    assert tighter.rtol == pytest.approx(3e-5, rel=1e-12)
    assert found["start"][0] == Options(x_start=6e-3)
    assert found["end"][0] == Options(x_end=39.0)
    assert found["neutrino-neutrino collisions"] == (Options(nu_nu=False), False)
    assert found["muons"] == (Options(muons=False), False)


def test_what_a_run_leaves_out_counts() -> None:
    found = changed(Options(nu_nu=False, muons=False))
    assert found["neutrino-neutrino collisions"] == (Options(muons=False), True)
    assert found["muons"] == (Options(nu_nu=False), True)


def test_no_variation_beyond_what_options_allow() -> None:
    best = Options(n_momenta=80, coherence="matrix", x_end=39.0, rtol=1e-10, atol=1e-14, max_rotation=1e-3, x_start=0.1)
    assert set(changed(best)) == {"tolerance and steps", "start", "neutrino-neutrino collisions", "muons"}
    assert changed(best)["start"][0] == changed(best)["tolerance and steps"][0] == best
    assert "off-diagonal collisions" not in changed(Options(collisions=False))
    assert "neutrino-neutrino collisions" not in changed(Options(collisions=False))


def test_quadrature_and_what_is_quoted() -> None:
    sources = (Source("a", "x", 6e-4), Source("b", "y", -6e-4), Source("muons", "without", 0.1, counted=False))
    found = ErrorBudget(3.23184, sources)
    assert found.total == pytest.approx(math.sqrt(2.0) * 6e-4)
    assert found.complete
    assert found.quoted == "N_eff = 3.2318 +- 0.0008 (theory)"
    lines = str(found).splitlines()
    assert lines[0].split() == ["source", "what", "was", "changed", "delta", "N_eff"]
    assert lines[3].endswith("+1.0e-01   not counted")
    assert lines[-1] == found.quoted
    assert ErrorBudget(3.5, (Source("a", "x", 0.23),)).quoted == "N_eff = 3.5 +- 0.2 (theory)"
    assert ErrorBudget(3.044, ()).quoted == "N_eff = 3.044000 +- 0.000000 (theory)"


def test_a_run_that_fails_makes_the_total_a_limit() -> None:
    found = ErrorBudget(3.2, (Source("a", "x", math.nan), Source("b", "y", 1e-3)))
    assert not found.complete
    assert found.total == 1e-3
    assert found.quoted == "N_eff = 3.200 +- 0.001 (theory or more: not all runs ended well)"
    assert "failed" in str(found)
    assert found.plain()["sources"][0]["delta_N_eff"] is None
    json.dumps(found.plain(), allow_nan=False)


def test_secret_rates_are_changed_both_ways() -> None:
    """The larger shift counts; a run that fails is not forgotten."""
    secret = [SecretVector(coupling=0.1, mediator_mass="10 MeV")]

    def budget(shifts: dict[float, float]) -> Source:
        solution = solution_with(
            STERILE, interactions=secret, rescaled=lambda solution, factor: solution.N_eff + shifts[factor]
        )
        found = error_budget(lambda *_, **__: solution, solution)
        return next(source for source in found.sources if source.name == "secret rates")

    assert budget({0.5: -0.01, 2.0: 0.004}).delta_N_eff == pytest.approx(-0.01)
    assert math.isnan(budget({0.5: 0.01, 2.0: math.nan}).delta_N_eff)
    without = solution_with(STERILE)
    assert all(s.name != "secret rates" for s in error_budget(lambda *_, **__: without, without).sources)


class Solver:
    """Stands for the solver: N_eff is what the options and the asymmetry make it; both signs have no full matrix."""

    def __call__(self, *given: Any, asymmetry: Any = None) -> Solution:
        options = given[2]
        assert asymmetry is None or options.coherence != "matrix"
        run = replace(solution_with(STERILE), options=options, asymmetry=asymmetry)
        of_matrix, of_both = 0.01 * (options.coherence == "matrix"), 0.3 * (asymmetry is not None)
        run.__dict__["N_eff"] = 4.0 + of_matrix + of_both
        return run


def test_budget_of_both_signs() -> None:
    """The full matrix is that of nu = nubar, and the second seed, which the solution has made, is a line."""
    solver, given = Solver(), Asymmetry(L=1e-5)
    solution = solver(STERILE, (), Options(), asymmetry=given)
    branch = Branch(AsymmetryGrowth(400.0, 3.9), 4.0, N_eff_other=solution.N_eff + 2e-3, asked=True)
    for known, words in ((branch, "a thousandth less"), (replace(branch, asked=False), "the other sign")):
        beside = replace(solution, branch=known)
        beside.__dict__["N_eff"] = solution.N_eff
        found = {source.name: source for source in error_budget(solver, beside).sources}
        assert found["off-diagonal collisions"].delta_N_eff == pytest.approx(0.01)
        assert found["start"].delta_N_eff == 0.0
        assert found["momenta as nodes"].delta_N_eff == pytest.approx(-0.3)  # what stands for nodes has 0.3 more
        assert found["seed of the asymmetry"].delta_N_eff == pytest.approx(2e-3)
        assert found["seed of the asymmetry"].counted
        assert words in found["seed of the asymmetry"].change
    names = [source.name for source in error_budget(solver, solution).sources]
    assert "seed of the asymmetry" not in names
    three = replace(solution, mixing=Mixing())
    three.__dict__["N_eff"] = solution.N_eff
    assert "momenta as nodes" not in [source.name for source in error_budget(solver, three).sources]


def test_failed_runs() -> None:
    solution = solution_with(STERILE)
    failed = solution_with(STERILE, status=Status.TOO_MANY_STEPS)
    with pytest.raises(ParameterError, match=r"an error budget needs a run that ended well, but: .*max_steps"):
        error_budget(lambda *_, **__: solution, failed)
    found = error_budget(lambda *_, **__: failed, solution)
    assert not found.complete
    assert found.total == QED_LEFT_OUT
    with pytest.raises(ParameterError, match=r"made without a solver; solve it with boltzmann\.solve"):
        solution.error_budget()


def test_a_budget_of_a_run() -> None:
    """Against runs by hand; progress ends at 1, and the time is said before."""
    solution, done, said = solve(STERILE, options=QUICK), [], []
    found = solution.error_budget(done.append, said.append)
    assert done[-1] == 1.0
    assert done == sorted(done)
    assert said[0].startswith("7 runs, about ")
    shifts = {source.name: source.delta_N_eff for source in found.sources}
    matrix = solve(STERILE, options=replace(QUICK, coherence="matrix"))
    assert shifts["off-diagonal collisions"] == pytest.approx(matrix.N_eff - solution.N_eff, abs=1e-12)
    # what the table of docs/validation/accuracy.md has at this mixing: damping within 2e-3, start and end within 1e-4
    assert abs(shifts["off-diagonal collisions"]) < 3e-3
    assert abs(shifts["start"]) < 1e-3
    assert abs(shifts["end"]) < 1e-3
    assert shifts["QED that is left out"] == QED_LEFT_OUT
    assert QED_LEFT_OUT < found.total < 0.05


def test_the_command() -> None:
    arguments = ["solve", "--n-momenta", "8", "--rtol", "1e-3", "--budget"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout.rstrip().endswith("(theory)")
    assert "error budget: 7 runs, about" in result.stderr
    plain = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)
    assert plain["error_budget"]["complete"]
