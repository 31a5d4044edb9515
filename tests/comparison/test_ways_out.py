"""The other ways out: what nu_4 is left with, the verdicts of the shipped scan, the table, the figure, the command."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from boltzmann import Options, ParameterError
from boltzmann.cli import main
from boltzmann.comparison import ways_out, ways_remnant
from boltzmann.comparison.scans import load
from boltzmann.comparison.ways_out import MIXING, WAYS, compute
from boltzmann.comparison.ways_verdict import (
    BAO,
    PLANCK,
    TWO_SIGMA,
    Course,
    Row,
    _with_helium,
    caption,
    courses,
    panels,
    rows,
    table,
)
from boltzmann.figures.ways_out import Line, Panel, positive, ways_figure
from boltzmann.kinetics.status import Status
from boltzmann.potentials import NSI, UltralightScalar
from boltzmann.solution.asymmetry import Sweep
from boltzmann.solver import settled

NAMES = tuple(way.name for way in WAYS)


@pytest.fixture(scope="module")
def shipped() -> dict[str, Course]:
    return {course.way.name: course for course in courses(load(ways_out.NAME))}


@pytest.fixture(scope="module")
def verdicts(shipped: dict[str, Course]) -> dict[str, Row]:
    return {row.title: row for row in rows(tuple(shipped.values()))}


def test_every_way_is_shipped_and_ended_well(shipped: dict[str, Course]) -> None:
    assert tuple(shipped) == NAMES
    for course in shipped.values():
        assert np.all(np.isfinite(course.numbers["N_eff"])), course.way.name
        assert np.all(course.lowest <= course.highest)
        assert course.value == pytest.approx(course.way.values)


def test_without_effect_it_is_the_thermal_state_of_3_plus_1(shipped: dict[str, Course]) -> None:
    """N_eff = 4.0513 and Delta chi^2 = 44 of the README; the axis of NSI passes through zero."""
    course = shipped["nsi"]
    k = int(np.flatnonzero(course.value == 0.0)[0])
    assert course.numbers["N_eff"][k] == pytest.approx(4.0513, abs=1e-3)
    assert course.numbers["m_4"][k] == pytest.approx(1.007, abs=2e-3)
    assert course.judged[PLANCK][k] > 28.7


def test_nsi_hinder_nothing(shipped: dict[str, Course]) -> None:
    assert np.ptp(shipped["nsi"].numbers["N_eff"]) < 0.1
    assert np.all(shipped["nsi"].judged[PLANCK] > 28.7)


def test_low_reheating_takes_the_active_ones_away(shipped: dict[str, Course]) -> None:
    """Where N_eff = 3 a third of a species is left in nu_4; N_eff and nu_4 rise with T_RH."""
    course = shipped["low_reheating"]
    assert np.all(np.diff(course.numbers["N_eff"]) > 0.0)
    T = np.interp(3.044, course.numbers["N_eff"], course.value)
    assert 3.5 < T < 5.0
    assert 0.2 < np.interp(T, course.value, course.numbers["m_4"]) < 0.5


def test_the_sign_of_a_scalar_shift_decides_what_is_left(shipped: dict[str, Course]) -> None:
    """A frozen shift of 100 eV leaves 0.05 in N_eff; nu_4 keeps that, or has what nu_1 had."""
    positive_shift, negative_shift = shipped["scalar"], shipped["scalar_negative"]
    large = np.abs(positive_shift.value) > 50.0
    produced = positive_shift.numbers["N_eff"] - 3.044
    assert positive_shift.numbers["N_4"][large] == pytest.approx(produced[large], abs=0.01)
    assert np.all(negative_shift.numbers["m_4"][large] > 0.95)
    assert positive_shift.judged[PLANCK][large].max() < TWO_SIGMA
    assert negative_shift.judged[PLANCK][large].min() > 11.8


@pytest.mark.parametrize("shift", [10.0, -10.0])
def test_what_is_left_is_what_a_run_through_the_oscillations_leaves(shift: float) -> None:
    """N_4 = 0.4342 and 0.4351, 1.0136 and 1.0138 of the followed runs: zeros of m_eff are adiabatic."""
    options = Options(n_momenta=10, rtol=1e-4)
    frozen = settled(MIXING, (UltralightScalar(f"{shift} eV", "1e-16 eV", treatment="frozen"),), options)
    followed = settled(MIXING, (UltralightScalar(f"{shift} eV", "1e-16 eV"),), options)
    assert followed.N_eff == pytest.approx(frozen.N_eff, abs=5e-4)
    assert ways_remnant.N_left(frozen) == pytest.approx(followed.N_eff_4, abs=0.005)
    assert ways_remnant.m_left(frozen) == pytest.approx(followed.m_eff.value, abs=0.005)


def test_a_shift_that_leaves_m_eff_positive_gives_back_the_heaviest_state() -> None:
    """-0.5 eV of 1 eV: m_eff never vanishes."""
    options = Options(n_momenta=8, rtol=1e-3)
    frozen = settled(MIXING, (UltralightScalar("-0.5 eV", "1e-17 eV", treatment="frozen"),), options)
    occupations = ways_remnant.left(frozen)
    of_vacuum = frozen.comoving_density(frozen.spectrum(4))
    assert frozen.comoving_density(occupations) == pytest.approx(of_vacuum, rel=0.03)  # mixing is 0.01


def test_which_ways_reconcile(verdicts: dict[str, Row]) -> None:
    assert verdicts["ultralight scalar, positive shift"].reconciles
    for title in ("NSI of electrons", "ultralight scalar, negative shift", "low reheating", "relic overdensity"):
        assert verdicts[title].reconciles is False, title
    assert verdicts["lepton asymmetry"].reconciles  # at L = 0.005
    for title in ("quasi-sterile, baryons", "ultralight current"):
        assert verdicts[title].reconciles is None, title


def test_an_asymmetry_is_known_between_bounds(shipped: dict[str, Course], verdicts: dict[str, Row]) -> None:
    """The later the resonance uses it up, the less is made before; a large asymmetry has energy of its own."""
    course = shipped["asymmetry"]
    N_eff, T = course.numbers["N_eff"], course.numbers["T_sweep"]
    assert np.all(np.diff(T) < 0.0)
    assert np.all((course.lowest <= N_eff) & (N_eff <= course.highest))
    assert np.all(course.lowest < 3.2)
    assert np.all(course.numbers["N_eff_bound"] > 4.0)
    for name in ("planck2018", "BBN"):
        assert np.all(course.least(name) <= course.most(name))
    assert not np.any(course.allowed & course.excluded)
    assert f"T = {T[course.best]:.2g} MeV" in verdicts["lepton asymmetry"].reason


def test_an_asymmetry_that_is_not_used_up_is_no_point(monkeypatch: pytest.MonkeyPatch) -> None:
    way = replace(WAYS[NAMES.index("asymmetry")], values=(1e-9,))
    failed = SimpleNamespace(sweep=None, status=Status.TOO_MANY_STEPS, interactions=(), mixing=MIXING)
    monkeypatch.setattr(ways_out, "settled", lambda *_: failed)  # no kernels of both signs
    with pytest.raises(ParameterError, match="ended with TOO_MANY_STEPS, without an estimate; give another range"):
        compute([way], Options(n_momenta=8, rtol=1e-3))


def ended(N_eff: float, m_eff: float, **known: float) -> SimpleNamespace:
    """A run that ends in a sweep."""
    sweep = Sweep("e", 2.0, (1.0, 2.0), 0.5, 0.0, N_eff, 3.04, 4.1, m_eff=m_eff, m_eff_lowest=0.01, **known)
    return SimpleNamespace(sweep=sweep, status=Status.LEPTON_RUNAWAY, interactions=(), mixing=MIXING)


def judged(monkeypatch: pytest.MonkeyPatch, run: SimpleNamespace, L: float = 1e-3) -> Row:
    way = replace(WAYS[NAMES.index("asymmetry")], values=(L,))
    monkeypatch.setattr(ways_out, "settled", lambda *_: run)
    (course,) = courses(compute([way]))
    return rows((course,))[0]


def test_two_ends_that_agree_are_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    row = judged(monkeypatch, ended(3.046, 0.012, uncertainty=0.004, sterile=0.015))
    assert row.reconciles is True
    assert "N_eff 3.040 to 3.051 (estimate 3.046), m_eff 0.01 to 0.016 eV" in row.reason
    assert row.numbers["m_eff_eV"] == pytest.approx(0.012)
    much = ended(3.9, 0.9, uncertainty=0.02, sterile=0.9)
    much.sweep = replace(much.sweep, lowest=3.85, m_eff_lowest=0.85)
    row = judged(monkeypatch, much)
    assert row.reconciles is False
    assert "exclude both ends" in row.reason


def test_two_ends_that_differ_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """From nothing to a full state; and helium of nu_e with either sign of what asymmetry they may have."""
    row = judged(monkeypatch, ended(3.9, 0.9, uncertainty=0.1, sterile=0.95))
    assert row.reconciles is None
    assert "allow one end and exclude the other" in row.reason
    helium = judged(monkeypatch, ended(3.046, 0.012), L=0.01)
    assert helium.reconciles is None
    assert "abundances" in helium.reason


def test_a_run_that_is_caught_is_repeated_with_more_momenta(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def solved(_mixing, _interactions, options, _asymmetry):
        tried.append(options.n_momenta)
        return SimpleNamespace(status=Status.TOO_MANY_STEPS if len(tried) < 2 else Status.LEPTON_RUNAWAY)

    monkeypatch.setattr(ways_out, "settled", solved)
    assert ways_out._followed((), Options(n_momenta=14)).status is Status.LEPTON_RUNAWAY
    assert tried == [14, 18]


def test_helium_of_ends_is_that_of_primat() -> None:
    """Y_p and D/H along N_eff (a scan of 3+1) and along xi_e, against the powers that ends have."""
    data = load("ways_out").sel(way="scalar", sector=0)
    N, Y_p, D_H = (data[name].values for name in ("N_eff", "Y_p", "D_H"))
    numbers = _with_helium({"N_eff": N}, 0.0 * N)
    np.testing.assert_allclose(numbers["Y_p"], Y_p, atol=1.5e-3)  # electron neutrinos that convert, to 0.01 in N_eff
    np.testing.assert_allclose(numbers["D_H"], D_H, rtol=0.02)  # other rates, 1.4% at 4.05: errors are 1 to 2%
    tilted = _with_helium({"N_eff": np.array([3.044])}, np.array([0.02]))
    assert float(tilted["Y_p"][0]) - 0.24698 == pytest.approx(-0.24 * 0.02, rel=0.03)  # `cmb.bbn.MOST_L_E`


def test_a_secret_vector_of_10_MeV_is_followed_with_both_signs(shipped: dict[str, Course]) -> None:
    """Where an asymmetry grows in time to matter (0.5 MeV) N_eff is 0.001 below that of nu = nubar; m_eff stays."""
    course = shipped["vector_10"]
    strong = course.value >= 0.1
    assert np.all(np.diff(course.numbers["N_eff"]) < 0.0)
    assert np.all(np.isfinite(course.numbers["N_eff_symmetric"]) == strong)
    shift = course.numbers["N_eff_symmetric"] - course.numbers["N_eff"]
    assert np.all((shift[strong] > 0.0) & (shift[strong] < 0.06))  # of ten points, `solver.asymmetry.instability`
    assert course.mass.min() > 0.8  # late conversion fills nu_4 whatever the coupling


def test_reasons_say_which_judge_and_by_what(verdicts: dict[str, Row]) -> None:
    assert "the mass of nu_4" in verdicts["ultralight scalar, negative shift"].reason
    assert "KATRIN" in verdicts["relic overdensity"].reason
    for row in verdicts.values():
        assert row.stable
        assert row.assumes
        if row.numbers:
            assert ("allowed by all" in row.reason) == (row.reconciles is True)
            assert row.numbers[BAO] > row.numbers[PLANCK] - 1.0  # masses cost more with BAO


def test_the_table_names_every_way(shipped: dict[str, Course]) -> None:
    lines = table(rows(tuple(shipped.values())))
    text = "\n".join(lines)
    for way in WAYS:
        assert way.title in text
    assert max(map(len, lines)) <= 116
    assert text.count("reason:") == text.count("stable:") == text.count("assumes:") == len(WAYS) + 1


def test_intervals_above_zero() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    assert positive(x, np.array([1.0, -1.0, -1.0, 1.0, np.nan])) == [(0.0, 0.5), (2.5, 3.0)]
    assert positive(x, np.full(5, -1.0)) == []
    assert positive(x, np.ones(5)) == [(0.0, 4.0)]
    assert positive(x, np.full(5, np.nan)) == []


def test_the_figure_has_a_panel_for_each_parameter(shipped: dict[str, Course]) -> None:
    found = tuple(shipped.values())
    figure = ways_figure(panels(found))
    assert len(figure.axes) == len(WAYS) - 1  # both signs of the scalar share one
    assert figure.axes[0].get_title(loc="left") == "low reheating"
    assert "Grey: the CMB" in caption(found).text
    last = figure.axes[-1]
    assert last.get_title(loc="left") == "lepton asymmetry"
    assert any(patch.get_hatch() for patch in last.patches)  # white would look like allowed
    assert not any(patch.get_hatch() for patch in figure.axes[0].patches)


def test_a_panel_without_a_finished_run_is_drawn() -> None:
    nothing = np.full(3, np.nan)
    line = Line(np.array([1.0, 10.0, 100.0]), nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing)
    assert len(ways_figure([Panel("t", "x", [line], True)]).axes) == 1


def test_points_are_computed_once_and_judged(tmp_path: Path) -> None:
    pytest.importorskip("primat")
    way = replace(WAYS[1], values=(0.0, 0.3), interactions=(NSI(eps_L_ee=0.1),))
    data = compute([way], Options(n_momenta=8, rtol=1e-3), store=tmp_path, workers=1, progress=False)
    records = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.json")}
    again = compute([way], Options(n_momenta=8, rtol=1e-3), store=tmp_path, workers=1, progress=False)
    assert data.equals(again)
    assert len(records) == 2
    assert all(file.stat().st_mtime_ns == time for file, time in records.items())
    (course,) = courses(data)
    assert course.numbers["N_eff"][0] == pytest.approx(4.05, abs=0.01)  # of few momenta
    assert course.abundances[0] > 9.0


def test_command_prints_the_table_and_writes_the_figure(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["ways", "--output", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "ways-out.png").exists()
    assert "Orange: N_eff" in (tmp_path / "ways-out.txt").read_text()
    assert "reconciles" in result.output
    plain = json.loads(CliRunner().invoke(main, ["ways", "--json"]).stdout)
    assert len(plain) == len(WAYS) + 1
    assert {"title", "reconciles", "reason", "stable", "assumes", "numbers", "setting"} == set(plain[0])
