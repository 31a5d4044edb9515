"""One solution before all judges: their numbers, their silence, the word, and how it is shown."""

import json
import warnings
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from html import escape

import numpy as np
import pytest

import boltzmann
from boltzmann import Mixing, Options, ParameterError, lab, solve
from boltzmann.cmb import Abundances as Predicted
from boltzmann.cmb import bbn, bbn_observed, likelihood, verdict
from boltzmann.cmb.judge import Summary, asked
from boltzmann.cmb.species import ClassNeutrinos
from boltzmann.comparison import confrontation
from boltzmann.comparison.confrontation import Confrontation, confront
from boltzmann.comparison.judgements import CMB, Abundances, Experiment, Judge, Silent, row, text_table, worst
from boltzmann.kinetics.status import Status
from boltzmann.lab import minima
from boltzmann.potentials import SecretVector
from tests.solutions import collisions, solution_with

THERMAL = Mixing(dm2_41="1.3 eV2", Ue4_sq=0.01)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Abundances that follow N_eff; primat has tests of its own."""

    def abundances(solution, **_):
        Y_p = 0.247 + 0.013 * (solution.N_eff - 3.044)
        return Predicted(Y_p, 0.995 * Y_p, 2.5e-5, 0.02237, "primat", ("a stand-in",))

    monkeypatch.setattr(bbn, "abundances", abundances)
    monkeypatch.setattr(bbn_observed, "abundances", abundances)
    monkeypatch.setattr(bbn_observed, "integrate", lambda mixing, *_: solution_with(mixing))
    bbn_observed.standard_chi2.cache_clear()


@pytest.fixture(scope="module")
def thermal() -> Confrontation:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(confrontation, "_abundances", lambda _: Silent("helium", "a reason"))
        return confront(solution_with(THERMAL))


def test_public_name_is_the_function() -> None:
    assert boltzmann.confront is confront


def test_cmb_has_the_numbers_of_the_verdict_in_two_parts(thermal: Confrontation) -> None:
    solution = solution_with(THERMAL)
    assert [judge.data for judge in thermal.cmb] == list(likelihood.DATA)
    for judge in thermal.cmb:
        expected = verdict(solution, judge.data)
        assert (judge.delta_chi2, judge.word, judge.sigmas) == (expected.delta_chi2, expected.word, expected.sigmas)
        massless = likelihood.delta_chi2(solution.N_eff - 3.044, 0.0, judge.data)
        assert judge.radiation == pytest.approx(float(massless))
        assert judge.radiation + judge.rest == pytest.approx(judge.delta_chi2)
        assert judge.driver == ("radiation" if judge.radiation > judge.rest else "mass")
    assert thermal.cmb[0].driver == "radiation"
    assert thermal.cmb[1].driver == "mass"  # BAO see m_4


def test_laboratory_has_every_verified_experiment(thermal: Confrontation) -> None:
    own = dict(zip(lab.verified(), thermal.laboratory.experiments, strict=True))
    for name, found in own.items():
        here = float(lab.chi2(name, 1.3, 0.01))
        assert found.delta_chi2 == pytest.approx(here - float(lab.chi2(name, 1.3)), abs=1e-9)
        assert found.above_best == pytest.approx(max(here - minima.alone(name).chi2, 0.0), abs=1e-9)
    together = thermal.laboratory.together
    assert together.delta_chi2 == pytest.approx(sum(found.delta_chi2 for found in own.values()))
    assert together.parameters == 3
    assert own["danss"].delta_chi2 < -8.0  # its best fit is near
    assert own["danss"].sigmas_above_best < 1.0


def within(name: str) -> confrontation.Point:
    """A point in the range of an experiment where all elements matter."""
    splitting = next(dm2 for dm2 in (1.3, 0.1, 10.0) if minima.covers(name, dm2))
    return confrontation.checked(splitting, 0.01, 0.02, 0.03)


@pytest.mark.parametrize("name", lab.verified())
def test_an_experiment_is_asked_once_about_both(name: str) -> None:
    point = within(name)
    both = confrontation.Height.of(name, point)
    here = lab.chi2(name, point.dm2_41, point.Ue4_sq, point.Umu4_sq, point.Utau4_sq)
    # sums over bins in another order: rounding
    assert both == pytest.approx((float(here), float(lab.chi2(name, point.dm2_41))), rel=1e-12, abs=1e-12)


def test_sigma_follows_an_experiments_own_threshold(thermal: Confrontation) -> None:
    """LSND has 0.66 of Wilks' Delta, KARMEN 1.146; gallium has none of its own."""
    own = dict(zip(lab.verified(), thermal.laboratory.experiments, strict=True))
    for name, scale in (("lsnd", 1.0 / 0.66), ("karmen", 1.0 / 1.146), ("gallium", 1.0)):
        expected = boltzmann.cmb.significance(scale * own[name].above_best)
        assert own[name].sigmas_above_best == pytest.approx(expected)


def test_best_fits_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    first = minima.alone("karmen")
    minima.alone.cache_clear()
    monkeypatch.setattr("boltzmann.lab.statistics.scan", lambda *_: pytest.fail("computed again"))
    assert minima.alone("karmen") == first
    assert float(lab.chi2("karmen", *first[:3])) == pytest.approx(first.chi2, abs=1e-9)


def test_best_fit_together() -> None:
    names = ("gallium", "karmen", "icecube")
    found = minima.together(names)
    # a single number less than on any line of the grid, and that of the experiments at this point
    assert float(lab.chi2(names, *found[:3])) == pytest.approx(found.chi2, abs=1e-9)
    assert found.chi2 <= float(lab.chi2(names, found.dm2_41, np.geomspace(1e-5, 0.5, 40), found.Umu4_sq).min())


def test_three_neutrinos_are_allowed_by_all() -> None:
    found = confront(solution_with(Mixing()))
    assert found.word == "allowed"
    assert found.point == "three neutrinos"
    # N_eff of the stand-in is 3.02, and with ACT Delta chi^2 changes by 37 for each unit of it
    assert all(abs(judge.delta_chi2) < 1.0 for judge in found.judges)
    assert found.laboratory.together.delta_chi2 == 0.0
    assert found.laboratory.together.above_best > 20.0  # which is what laboratories hint at
    assert found.table().splitlines()[1] == "allowed"


def test_negative_splitting() -> None:
    found = confront(solution_with(Mixing(dm2_41="-1 eV2", Ue4_sq=0.01)))
    assert all(judge.lower_bound and judge.word == "excluded" for judge in found.cmb)  # active masses of 3 eV
    assert any("|dm2_41|" in caveat for caveat in found.laboratory.caveats)
    positive = confront(solution_with(Mixing(dm2_41="1 eV2", Ue4_sq=0.01)))
    assert found.laboratory.together == positive.laboratory.together
    assert found.abundances.word == "excluded"


def test_beyond_the_range_of_an_experiment() -> None:
    found = confront(solution_with(Mixing(dm2_41="5 eV2", Ue4_sq=1e-4)))
    own = dict(zip(lab.verified(), found.laboratory.experiments, strict=True))
    assert own["lsnd"].reason == "its reproduction is good for |dm2_41| from 0 to 3 eV2"
    assert isinstance(own["danss"], Silent)
    assert found.laboratory.together.name == "laboratory, 9 together"


def test_collisions_at_recombination_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boltzmann.cmb.judge._summary", lambda *_: Summary(0.1, 0.5, 0.1, 2.0))
    judge = confront(solution_with(THERMAL)).cmb[0]
    assert judge.cause == judge.driver == "collisions at recombination"
    assert judge.comment.startswith("collisions at recombination +")


def test_helium_is_named_where_it_is_most_of_the_rest() -> None:
    """Hot neutrinos of decays have no mass, and made 0.1 of helium: that is not called mass."""
    free = ClassNeutrinos((), 0.0, 3.5, "They stream.", True)
    for numbers, cause in (
        (Summary(0.5, 0.0, 0.0, helium=0.05), "helium"),
        (Summary(0.5, 0.5, 0.5, helium=1e-4), "mass"),
        (Summary(0.5, 0.5, 0.5, helium=0.05), "helium"),
    ):
        found = confrontation._of_data(numbers, free, "planck2018")
        assert isinstance(found, CMB)
        assert found.cause == cause
        assert found.radiation + found.rest == pytest.approx(found.delta_chi2)


def test_other_nuclear_rates_are_named_where_they_change_the_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """D/H = 2.60e-5 is 1.8 sigma high, as far as three neutrinos are low; by PArthENoPE it is 2.67e-5, 2.7 sigma."""
    predicted = {2.44e-5: (), 2.60e-5: ("helium and deuterium are disfavoured (Delta chi^2 = +7.1",)}
    for D_H, said in predicted.items():
        found = Predicted(0.24698, 0.2457, D_H, 0.022383, "primat", ())
        monkeypatch.setattr(bbn, "abundances", lambda _, found=found, **__: found)
        caveats = confront(solution_with(THERMAL)).abundances.caveats
        assert len(caveats) == len(said)
        assert all(caveat.startswith(start) for caveat, start in zip(caveats, said, strict=True))
        assert all("PArthENoPE 3.0, arXiv:2103.05027" in caveat for caveat in caveats)


def test_abundances_without_a_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_, **__):
        raise bbn.PrimatMissing("install it")

    monkeypatch.setattr(bbn, "abundances", missing)
    found = confront(solution_with(THERMAL))
    assert found.abundances == Silent("helium and deuterium", "install it")
    assert "install it" in found.table()


def test_abundances_against_three_neutrinos() -> None:
    found = confront(solution_with(THERMAL)).abundances
    assert set(found.pulls) == {"Y_p", "D_H"}
    assert found.comment.startswith("Y_p = 0.2598 (")
    assert found.delta_chi2 > 50.0
    assert found.caveats == ("a stand-in",)


def test_judges_without_a_number_are_named_beside_the_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the CMB cannot judge is not "allowed"; who was not asked is no such judge."""

    def refused(*_: object) -> None:
        raise ParameterError("beyond the table")

    monkeypatch.setattr("boltzmann.cmb.judge.asked", refused)
    found = confront(solution_with(Mixing(dm2_41="1 eV2", Ue4_sq=1e-10)), abundances=False)
    word = found.table().splitlines()[1]
    start = f"undecided; allowed by {found.laboratory.together.name}; without a number: Planck 2018; Planck 2018, DESI"
    assert word.startswith(start)
    assert "helium" not in word
    assert escape(word) in found._repr_html_()
    said = json.loads(found.to_json())
    assert (said["word"], len(said["silent"])) == ("undecided", 4)
    against = replace(found.laboratory.together, word="disfavoured", sigmas=2.5)
    disfavoured = replace(found, laboratory=replace(found.laboratory, together=against))
    assert (disfavoured.word, disfavoured.silent) == ("disfavoured", found.silent)
    assert disfavoured.table().splitlines()[1].startswith(f"at least disfavoured; worst: {against.name}, 2.5 sigma; ")
    excluded = replace(found.laboratory, together=replace(against, word="excluded"))
    assert replace(found, laboratory=excluded).table().splitlines()[1].startswith("excluded; worst: ")


def test_a_late_resonance_that_fills_nu_4_is_not_allowed_unjudged() -> None:
    """A negative shift leaves nu_4 with what nu_1 had: more N_eff_4 than the table has at this N_eff."""
    mixing = Mixing(dm2_41="1 eV2", Ue4_sq=1e-10)
    numbers = Summary(delta_N_eff=0.02, m_eff=1.0, N_eff_4=1.0)
    standard = solution_with(mixing)
    _, neutrinos = asked(standard)
    silent = tuple(confrontation._of_data(numbers, neutrinos, data) for data in likelihood.DATA)
    assert all(isinstance(one, Silent) and "N_eff_4 = 1 is not allowed" in one.reason for one in silent)
    assert replace(confront(standard, abundances=False), cmb=silent).word == "undecided"


def test_a_secret_interaction_is_named_and_not_in_the_laboratory(monkeypatch: pytest.MonkeyPatch) -> None:
    solution = solution_with(THERMAL, interactions=[SecretVector(0.1, "10 MeV")], history=collisions(0.0))
    found = confront(solution)
    assert found.point.endswith("; secret vector, coupling 0.1, mediator mass 10 MeV")
    assert found.laboratory.caveats == ("oscillations in vacuum, without interactions beyond the Standard Model",)


@pytest.mark.parametrize("given", ["1 eV2", None, THERMAL, []])
def test_what_is_no_solution(given: object) -> None:
    with pytest.raises(ParameterError, match=r"is no Solution; give what boltzmann\.solve returns"):
        confront(given)


def test_unfinished_run() -> None:
    with pytest.raises(ParameterError, match="did not end well"):
        confront(solution_with(THERMAL, status=Status.TOO_MANY_STEPS))


def test_table_html_and_json(thermal: Confrontation) -> None:
    lines = thermal.table().splitlines()
    assert str(thermal) == thermal.table()
    assert (
        lines[0] == f"dm2_41 = 1.3 eV2, |U_e4|^2 = 0.01: N_eff = {thermal.N_eff:.3f}, m_eff = {thermal.m_eff_eV:.3g} eV"
    )
    assert lines[1].startswith(f"excluded; worst: {thermal.worst.name}, ")
    head = lines[3]
    column = head.index("word")
    assert lines[4][column:].startswith("excluded")
    combinations = len(likelihood.DATA)
    assert all(line[column:].startswith("excluded") for line in lines[4 : 4 + combinations])
    assert lines[5 + combinations][column:].startswith("allowed")
    assert max(map(len, lines[3:])) <= 118
    html = thermal._repr_html_()
    assert html.count("<tr>") == html.count("</tr>") == 1 + combinations + 2 + len(lab.verified())
    assert "|U_e4|^2" in html
    record = json.loads(thermal.to_json())
    assert record["word"] == "excluded"
    assert record["worst"] == thermal.worst.name
    assert record["cmb"][0]["delta_chi2"] == thermal.cmb[0].delta_chi2
    assert record["abundances"] == {"name": "helium", "reason": "a reason"}
    assert len(record["laboratory"]["experiments"]) == len(lab.verified())


def test_everything_is_frozen(thermal: Confrontation) -> None:
    for part in (thermal, thermal.cmb[0], thermal.laboratory, thermal.laboratory.together):
        assert is_dataclass(part)
        with pytest.raises(FrozenInstanceError):
            setattr(part, fields(part)[0].name, None)


def test_the_worst_word_wins_before_sigmas() -> None:
    """Words depend on the number of parameters by sigma alone, so equal words are ordered by sigma."""
    mild, bad, worse = (
        Judge(word, 0.0, sigmas, 2, word) for word, sigmas in (("allowed", 1.0), ("excluded", 6.0), ("excluded", 7.0))
    )
    assert worst([mild, bad, worse]) is worse


def test_no_minus_zero_and_long_comments_go_on_below() -> None:
    found = row(Judge("x", -0.01, 0.0, 2, "allowed"))
    assert found.delta_chi2 == "+0.0"
    first, second, third = text_table([found, row(Silent("y", "word " * 20))])[1:]
    assert first.split() == ["x", "+0.0", "0.0", "allowed"]
    assert second.startswith("y")
    assert third.split() == ["word"] * third.count("word")


@pytest.mark.slow
def test_a_real_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    bbn_observed.standard_chi2.cache_clear()
    pytest.importorskip("primat")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = confront(solve(THERMAL, options=Options(n_momenta=14, rtol=1e-3)))
    # docs/validation: the four combinations of CMB data, and 134 for nucleosynthesis, with the default options
    assert [judge.delta_chi2 for judge in found.cmb] == pytest.approx([45.5, 163.6, 98.6, 216.8], abs=0.5)
    assert found.abundances.delta_chi2 == pytest.approx(134.0, abs=1.5)
    assert isinstance(found.laboratory.together, Experiment)
    assert isinstance(found.cmb[0], CMB)
    assert isinstance(found.abundances, Abundances)
