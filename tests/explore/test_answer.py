"""What the page gets of a state: the numbers of `solve`, judges, sentences; and how it is written as HTML."""

from dataclasses import replace

import pytest

from boltzmann import Mixing, Options, confront, solve
from boltzmann.comparison.judgements import Silent
from boltzmann.explore import readout
from boltzmann.explore.answer import Answer, Refused, answer
from boltzmann.explore.state import State
from boltzmann.potentials import SecretVector

NOT_ASKED = Silent("helium and deuterium", "not asked")


@pytest.fixture(scope="module")
def draft() -> Answer:
    found = answer(State(), full=False)
    assert isinstance(found, Answer)
    return found


def test_full_answer_is_that_of_the_copied_command() -> None:
    found = answer(State(), full=True)
    solution = solve(Mixing(dm2_41="1.3 eV2", Ue4_sq=0.01, Umu4_sq=0.01), options=Options(signs="same"))
    assert found.confrontation.N_eff == solution.N_eff
    assert replace(found.confrontation, abundances=NOT_ASKED) == confront(solution, abundances=False)
    assert found.full
    assert found.confrontation.abundances != NOT_ASKED


def test_a_draft_asks_no_abundances_and_is_close(draft: Answer) -> None:
    assert isinstance(draft.confrontation.abundances, Silent)
    # 14 momenta and rtol = 1e-3: 2e-4 at most at 24 random points (people.md, section 4)
    assert draft.confrontation.N_eff == pytest.approx(solve(State().mixing).N_eff, abs=3e-4)
    assert set(draft.spectra) == {"e", "mu", "tau", "s"}
    assert draft.N_eff_history.shape == draft.T.shape
    assert not draft.ask_both


def test_an_unstable_point_says_so_and_offers_both_signs() -> None:
    state = State(interaction="vector", e_s=0.1, M=100.0)
    found = answer(state, full=False)
    solution = solve(state.mixing, [SecretVector(0.1, "100 MeV")], state.draft)
    assert found.ask_both
    assert found.stability == str(solution.asymmetry_growth)
    assert "unstable" in readout.notes(found)


def test_a_refused_state_is_a_sentence() -> None:
    found = answer(State(Ue4_sq=0.5, Umu4_sq=0.5, Utau4_sq=0.5), full=False)
    assert isinstance(found, Refused)
    assert found.sentence in readout.headline(found)
    assert readout.judges(found) == readout.notes(found) == ""
    assert readout.status(found) == "no answer at this point"


def test_progress_may_end_the_run() -> None:
    def enough(_: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        answer(State(), full=False, progress=enough)


def test_html_has_the_numbers_and_no_markup_of_others(draft: Answer) -> None:
    found = draft.confrontation
    assert f"{found.N_eff:.4f}" in readout.headline(draft)
    table = readout.judges(draft)
    for judge in (*found.cmb, found.laboratory.together):
        assert f"{judge.delta_chi2:+.1f}" in table
    assert "when the point rests" in table
    assert "<b>" not in readout.row("<b>x</b>", 1.0, "allowed")


@pytest.mark.parametrize(("delta", "left", "width"), [(0.0, 50, 0), (12.5, 50, 25), (-12.5, 25, 25), (1e9, 50, 50)])
def test_bars_stay_in_their_frame(delta: float, left: int, width: int) -> None:
    assert f"left:{left}%;width:{width}%" in readout.bar(delta)
