"""Runs with both signs that stop on the way: what is said of N_eff, from where the run was."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from boltzmann import Asymmetry, Mixing, Options, Solution, load_solution
from boltzmann.errors import UnfinishedWarning
from boltzmann.kinetics.status import Status
from boltzmann.kinetics.sterile_history import DarkHistory
from boltzmann.potentials import SecretVector
from boltzmann.solver import integrate
from boltzmann.solver.stopped import MOST_STEPS, bounded, known_of, patient, sensible
from boltzmann.solver.sweep import after

MIXING = Mixing(dm2_41="1 eV2", Umu4_sq=0.01)
VECTOR = SecretVector(0.1, "100 MeV")
QUICK = Options(n_momenta=14)


def stopped_at(run: Solution, T: float, **changes: Any) -> Solution:
    """Return a run of nu = nubar as one of both signs that stopped at T [MeV]."""
    n = int(np.argmax(run.T.value < T)) + 1
    dark = None if run.dark is None else DarkHistory(*(part[:n] for part in run.dark))
    rho = np.concatenate([run.rho[:n], run.rho[:n].conj()], axis=1)
    changes = {"asymmetry": Asymmetry(), "status": Status.TOO_MANY_STEPS, **changes}
    return replace(run, x=run.x[:n], z=run.z[:n], rho=rho, dark=dark, **changes)


@pytest.fixture(scope="module", params=[(), (VECTOR,)], ids=["plain", "vector"])
def run(request: Any) -> Solution:
    return integrate(MIXING, request.param, QUICK)


@pytest.mark.parametrize("T", [30.0, 4.0, 1.0])
def test_it_goes_on_as_it_would_have(run: Solution, T: float) -> None:
    """What becomes of a stopped run of nu = nubar is what became of it: rtol = 3e-4, other steps."""
    assert after(stopped_at(run, T)) == pytest.approx(run.N_eff, abs=5e-4)


def test_what_is_known_of_a_stopped_run(run: Solution) -> None:
    stopped = stopped_at(run, 3.0)
    known = bounded(stopped, integrate).unfollowed
    assert known is not None
    assert pytest.approx(3.0, rel=0.2) == known.T  # a step
    assert known.lowest == pytest.approx(float(run.N_eff_at("3 MeV")), abs=0.02)
    assert known.highest == pytest.approx(run.N_eff, abs=5e-4)
    assert known.lowest < known.N_eff <= known.highest
    assert known_of(stopped, 5.0).highest == 5.0
    assert known_of(stopped, math.nan).highest == known.N_eff


def test_it_is_said_and_kept(run: Solution, tmp_path: Any) -> None:
    solution = bounded(stopped_at(run, 3.0), integrate)
    assert "raise max_steps" in solution.ending
    assert "N_eff is expected between" in solution.ending
    assert "if nu = nubar from then on" in str(solution)
    with pytest.warns(UnfinishedWarning, match="expected between"):
        again = load_solution(solution.save(tmp_path / "run.nc"), solution.interactions)
    assert str(again.unfollowed) == str(solution.unfollowed)
    assert again.unfollowed.N_eff == solution.unfollowed.N_eff


def test_nu_equal_nubar_throughout_bounds_what_nodes_may_have_missed(run: Solution) -> None:
    """Without a secret interaction; a reference that fails is left out."""
    for status, finished in ((Status.SUCCESS, True), (Status.STEP_TOO_SMALL, False)):
        plain = replace(run, status=status)
        plain.__dict__["N_eff"] = run.N_eff + 1.0
        known = bounded(stopped_at(run, 3.0), lambda *_, plain=plain: plain).unfollowed
        assert (known.highest == plain.N_eff) == (finished and not run.interactions)
        assert known.N_eff == pytest.approx(run.N_eff, abs=5e-4)


def test_other_runs_stay_as_they_are(run: Solution) -> None:
    for other in (
        run,
        stopped_at(run, 3.0, status=Status.SUCCESS),
        stopped_at(run, 3.0, asymmetry=None),
        stopped_at(run, 3.0, unfollowed=known_of(stopped_at(run, 3.0), math.nan)),
    ):
        assert bounded(other, integrate) is other


def test_patience_of_both_signs() -> None:
    given, few = Asymmetry(), Options(max_steps=100)
    assert patient(Options(), MIXING, given).max_steps == MOST_STEPS
    assert patient(few, MIXING, given) is few
    assert patient(Options(), MIXING, None).max_steps > MOST_STEPS
    assert patient(Options(), Mixing(), given).max_steps > MOST_STEPS


def test_nothing_goes_on_after_the_end(run: Solution) -> None:
    """A run whose occupations leave their range does so at any time, and is judged at its end."""
    ended = replace(run, asymmetry=Asymmetry(), status=Status.OUT_OF_RANGE)
    known = bounded(ended, lambda *_: run).unfollowed
    assert known.N_eff == pytest.approx(run.N_eff, rel=1e-12)


def test_what_is_out_of_range_is_left_out(run: Solution) -> None:
    rho, n = run.rho.copy(), int(np.argmax(run.T.value < 2.0))
    rho[n:, :, 3, 0, 0] += 2.0
    wild = replace(run, rho=rho, asymmetry=Asymmetry(), status=Status.OUT_OF_RANGE)
    kept = sensible(wild)
    assert kept.x.size == n
    assert kept.dark is None or kept.dark.log_z.size == n
    assert bounded(wild, lambda *_: run).unfollowed.highest == pytest.approx(run.N_eff, abs=5e-4)
    assert sensible(run).x.size == run.x.size
