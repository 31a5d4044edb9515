"""Which branch a solution is on: what is solved with both signs, what is not computed, and what is said of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from boltzmann import Asymmetry, Mixing, Options, Solution, load_solution
from boltzmann.errors import UnfinishedWarning
from boltzmann.kinetics.odd import PATIENCE
from boltzmann.kinetics.status import Status
from boltzmann.kinetics.sterile_history import DarkHistory
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from boltzmann.solution.asymmetry import AsymmetryGrowth, Unfollowed
from boltzmann.solver import branch
from boltzmann.solver.branch import APART, FINE, FRONTS, SEEDS, accompanied, has_grown, is_followed, said, settle
from tests.solutions import solution_with

MIXING = Mixing(dm2_41="1 eV2", Umu4_sq=0.01)
VECTOR = SecretVector(0.1, "300 MeV")
UNSTABLE = AsymmetryGrowth(400.0, 3.9)


def symmetric(growth: AsymmetryGrowth = UNSTABLE, **given: Any) -> Solution:
    """Return a solution with nu = nubar that says how an asymmetry grows."""
    return replace(solution_with(MIXING), **{"interactions": (VECTOR,), "grown": lambda _: growth, **given})


class Both:
    """Stands for the solver: runs with both signs, with an asymmetry of nu_e of the sign of the seed, or not."""

    def __init__(self, follows: bool = True, status: Status = Status.SUCCESS, size: float = 0.01) -> None:
        self.seeds: list[Asymmetry] = []
        self.follows, self.status, self.size = follows, status, size

    def __call__(self, mixing: Mixing, interactions: Any, options: Options, _: Any, asymmetry: Asymmetry) -> Solution:
        self.seeds.append(asymmetry)
        one = replace(solution_with(mixing), interactions=interactions, options=options, asymmetry=asymmetry)
        sign = np.sign(asymmetry.eta) if self.follows else 1.0
        both = np.concatenate([one.rho, one.rho], axis=1)
        both[:, 0, :, 0, 0] *= 1.0 + self.size * sign
        both[:, 1, :, 0, 0] *= 1.0 - self.size * sign
        both[:, :, :, 3, 3] *= 1.0 - 0.01 * len(self.seeds)
        return replace(one, rho=both, status=self.status)


def test_what_is_stable_or_asked_for_stays() -> None:
    for solution in (
        symmetric(AsymmetryGrowth(10.0, float("nan"))),
        symmetric(AsymmetryGrowth(400.0, 0.1)),  # too late to matter
        symmetric(options=Options(signs="same")),
        symmetric(asymmetry=Asymmetry()),
        symmetric(status=Status.TOO_MANY_STEPS),
    ):
        assert settle(solution, Both()) is solution


def test_both_signs_from_two_seeds(caplog: pytest.LogCaptureFixture) -> None:
    solver, given = Both(), symmetric()
    solution = settle(given, solver)
    assert solver.seeds == list(SEEDS)
    assert SEEDS[0].eta * SEEDS[1].eta < 0.0
    assert solution.branch is not None
    assert solution.branch.symmetric == given.N_eff
    assert solution.asymmetry_growth == UNSTABLE
    assert solution.N_eff_spread == abs(solution.branch.other.N_eff - solution.N_eff) > 0.0
    assert "ten times as long" in caplog.text


def test_one_seed_for_many_points() -> None:
    solver = Both()
    solution = settle(symmetric(), solver, seeds=1)
    assert len(solver.seeds) == 1
    assert solution.branch is not None
    assert solution.branch.other is None
    assert np.isnan(solution.N_eff_spread)
    (sentence,) = said(solution)
    assert f"nu = nubar would have N_eff = {solution.branch.symmetric:.4f}" in sentence
    assert "seed" not in sentence


@pytest.mark.parametrize(("follows", "words"), [(True, "has the sign of the seed"), (False, "does not follow")])
def test_sentences_name_seeds_and_sign(follows: bool, words: str) -> None:
    solution = settle(symmetric(), Both(follows))
    (sentence,) = said(solution)
    assert "T = 3.9 MeV" in sentence
    assert words in sentence
    assert "Y_p has two values" in sentence


def test_no_sign_where_nobody_sees_it() -> None:
    solution = settle(symmetric(), Both(size=1e-7))
    (sentence,) = said(solution)
    assert "half the seed" in sentence
    assert "Y_p" not in sentence


@pytest.mark.parametrize("fine", [AsymmetryGrowth(10.0, float("nan")), UNSTABLE])
def test_growth_on_few_momenta_is_looked_at_again(fine: AsymmetryGrowth) -> None:
    asked = []

    def solver(*inputs: Any) -> Solution:
        asked.append(inputs[2].n_momenta)
        return symmetric(fine) if inputs[4] is None else Both()(*inputs)

    solution = settle(symmetric(options=Options(n_momenta=8)), solver)
    assert asked == ([FINE] if fine is not UNSTABLE else [FINE, 8, 8])
    assert solution.asymmetry_growth == fine
    assert (solution.branch is None) == (fine is not UNSTABLE)


@pytest.mark.parametrize(("apart", "asked"), [(2.0, [FINE, 8, 8, FINE, FINE]), (0.5, [FINE, 8, 8])])
def test_branches_far_apart_are_solved_with_more_momenta(
    apart: float, asked: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    """14 momenta hold both resonances between two of them: 3.574 for 6.47 (`branch._of_seeds`)."""
    seen = []

    def solver(*inputs: Any) -> Solution:
        momenta = inputs[2].n_momenta
        seen.append(momenta)
        if inputs[4] is None:
            return symmetric()
        factor = 1.0 + (apart / symmetric().N_eff if momenta < FINE else 1e-3)
        one = replace(solution_with(MIXING), options=inputs[2], asymmetry=inputs[4])
        return replace(one, rho=factor * np.concatenate([one.rho, one.rho], axis=1))

    solution = settle(symmetric(options=Options(n_momenta=8)), solver)
    assert seen == asked
    assert solution.options.n_momenta == asked[-1]
    assert ("hold" in caplog.text) == (apart > APART)


@pytest.fixture
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Solutions of three points have no history of levels."""
    monkeypatch.setattr(branch, "unfollowed", lambda *_: Unfollowed(3.9, 3.044, 4.0, float("nan")))


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize("fine", [AsymmetryGrowth(10.0, float("nan")), UNSTABLE])
def test_fronts_are_looked_at_with_more_momenta(fine: AsymmetryGrowth) -> None:
    """20 momenta see growth at |U_e4|^2 = 1e-4, -1 eV^2, that 28 and 40 do not (`_reliable_growth`)."""
    asked = []

    def solver(*inputs: Any) -> Solution:
        asked.append(inputs[2].n_momenta)
        return symmetric(fine)

    solution = settle(symmetric(interactions=()), solver)
    assert asked == [FRONTS]
    assert solution.asymmetry_growth == fine
    assert solution.status is (Status.SUCCESS if fine is not UNSTABLE else Status.UNSTABLE)


def test_a_failed_run_keeps_its_status() -> None:
    solution = settle(symmetric(), Both(status=Status.TOO_MANY_STEPS))
    assert solution.status is Status.TOO_MANY_STEPS
    assert solution.branch is not None
    assert solution.branch.other is None


def test_long_averages_are_said() -> None:
    solution = replace(settle(symmetric(), Both(), seeds=1), dark=DarkHistory(*np.zeros((3, 3))))
    slow = replace(solution, stats=replace(solution.stats, steps=PATIENCE + 1))
    for run, is_slow in ((solution, False), (slow, True)):
        assert any("good to 0.01" in sentence for sentence in said(run)) == is_slow


@pytest.mark.parametrize(
    ("interactions", "options"),
    [
        ((), Options()),  # fronts driven by the asymmetry
        ((VECTOR,), Options(coherence="matrix")),
        ((SecretPseudoscalar(1e-4, "100 MeV"),), Options()),
        ((VECTOR, SecretPseudoscalar(1e-4, "100 MeV")), Options()),
    ],
)
@pytest.mark.usefixtures("nothing_known")
def test_what_cannot_be_followed_is_not_computed(interactions: Any, options: Options) -> None:
    given = symmetric(interactions=interactions, options=replace(options, n_momenta=FRONTS))
    assert not is_followed(given)
    solution = settle(given, Both())
    assert solution.status is Status.UNSTABLE
    assert solution.ending.endswith("nobody knows it.")
    assert "|L|" not in solution.ending
    with pytest.warns(UnfinishedWarning, match="is not computed"):
        _ = solution.N_eff


def test_files_keep_the_numbers_beside(tmp_path: Any) -> None:
    solution = settle(symmetric(), Both())
    again = load_solution(solution.save(tmp_path / "run.nc"))
    assert again.branch is not None
    assert again.branch.growth == UNSTABLE
    assert (again.branch.symmetric, again.branch.N_eff_other) == (
        solution.branch.symmetric,
        solution.branch.N_eff_other,
    )
    assert again.N_eff_spread == solution.N_eff_spread
    assert again.branch.other is None


def test_mirrored_exchanges_neutrinos_and_antineutrinos() -> None:
    solution = settle(symmetric(), Both())
    mirrored = solution.mirrored
    assert np.array_equal(mirrored.L, -solution.L)
    assert np.array_equal(mirrored.spectrum("e", antineutrino=True), solution.spectrum("e", antineutrino=False))
    assert mirrored.N_eff == solution.N_eff
    assert mirrored.asymmetry is not None
    assert mirrored.asymmetry.eta == -SEEDS[0].eta
    assert np.array_equal(mirrored.mirrored.rho, solution.rho)


ASKED = Asymmetry(L={"e": 1e-4}, eta=0.0)


class Asked:
    """Stands for the solver: nu = nubar, and runs from asymmetries, of which less makes N_eff move by ``chaos``."""

    def __init__(self, growth: AsymmetryGrowth, chaos: float = 0.0, plain: Status = Status.SUCCESS) -> None:
        self.growth, self.chaos, self.plain = growth, chaos, plain
        self.asked: list[Any] = []

    def __call__(self, *inputs: Any) -> Solution:
        asymmetry = inputs[4] if len(inputs) > 4 else None
        self.asked.append(asymmetry)
        if asymmetry is None:
            return symmetric(self.growth, status=self.plain)
        both = symmetric(self.growth, asymmetry=asymmetry)
        rho = np.concatenate([both.rho, both.rho], axis=1)
        rho[:, :, :, 3, 3] *= 1.0 + self.chaos * (asymmetry != ASKED)
        return replace(both, rho=rho)

    def run(self, seeds: int = 2) -> Solution:
        return accompanied(self(MIXING, (VECTOR,), Options(), None, ASKED), self, seeds=seeds)


def test_an_asymmetry_that_was_asked_for_has_nu_equal_nubar_beside_it() -> None:
    solver = Asked(AsymmetryGrowth(10.0, float("nan")), 1e-4)
    solution = solver.run()
    assert solver.asked[1] is None
    assert solver.asked[2].xi_e == pytest.approx(0.999 * ASKED.xi_e, rel=1e-12)
    assert solution.branch.asked
    assert not solution.of_unknown_sign
    assert solution.branch.symmetric == symmetric().N_eff
    assert 0.0 < solution.N_eff_spread < 2e-3
    assert not list(said(solution))
    assert np.isnan(solver.run(seeds=1).N_eff_spread)


def test_chaos_of_what_was_asked_for_is_said() -> None:
    solution = Asked(UNSTABLE, 0.1).run()
    assert solution.N_eff_spread > 2e-3
    assert any("a thousandth less of it gives" in sentence for sentence in said(solution))


def test_a_run_that_stays_on_the_unstable_branch_is_said() -> None:
    """As one whose steps have damped what should have grown; the same with an asymmetry that did is not."""
    stayed = Asked(UNSTABLE).run()
    assert not has_grown(stayed)
    (sentence,) = said(stayed)
    assert "has not grown: N_eff may be that of the unstable solution" in sentence
    rho = stayed.rho.copy()
    rho[1, 0, :, 3, 3] *= 1.01
    assert has_grown(replace(stayed, rho=rho))
    assert not list(said(replace(stayed, rho=rho)))


@pytest.mark.parametrize(
    ("growth", "change", "words"),
    [
        (AsymmetryGrowth(0.04, float("nan")), 0.1, "does not grow there"),
        (AsymmetryGrowth(0.04, float("nan")), -0.1, "does not grow there"),
        (UNSTABLE, 0.1, "stops conversion"),
        (UNSTABLE, -0.1, ""),
    ],
)
def test_what_no_instability_of_the_vector_explains_is_said(growth: AsymmetryGrowth, change: float, words: str) -> None:
    """4.16 eV^2, |U_mu4|^2 = 0.013, e_s = 9e-6, 15 MeV: 4.48 with both signs, 4.449 with nu = nubar, exponent 0.04."""
    solution = Asked(growth).run()
    rho = solution.rho * (1.0 + change)
    rho[1, 0, :, 3, 3] *= 1.01  # an asymmetry has grown
    sentences = list(said(replace(solution, rho=rho)))
    assert any("is not that of nu = nubar" in sentence for sentence in sentences) == bool(words)
    assert all(words in sentence for sentence in sentences if "is not that" in sentence)


def test_nothing_is_put_beside_other_runs() -> None:
    given = symmetric(asymmetry=ASKED)
    for run in (
        symmetric(),
        replace(given, interactions=()),
        replace(given, status=Status.TOO_MANY_STEPS),
        replace(given, branch=branch.Branch(UNSTABLE, 4.0)),
    ):
        assert accompanied(run, Both()) is run


def test_nu_equal_nubar_that_fails_is_not_known() -> None:
    solution = Asked(UNSTABLE, plain=Status.TOO_MANY_STEPS).run()
    assert np.isnan(solution.branch.symmetric)
    assert not solution.asymmetry_growth.unstable
