"""Numbers and sentences of the CMB verdict."""

import time
from dataclasses import replace

import numpy as np
import pytest

from boltzmann import solve
from boltzmann.cmb import judge, likelihood, thermal
from boltzmann.cmb.judge import Summary, judgement, refit_sentence, summarise, verdict
from boltzmann.cmb.profile_table import helium_of_N_eff
from boltzmann.cmb.species import ACTIVE_MASS, ClassNeutrinos
from boltzmann.comparison.planes import THRESHOLDS
from boltzmann.errors import ParameterError
from boltzmann.kinetics.status import Status
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.numerics.statistics import delta_chi2_at, significance
from boltzmann.parameters import Mixing, Options
from boltzmann.potentials import SecretVector
from tests.solutions import solution_with
from tests.tables import complete

THERMAL = Mixing(dm2_41="1 eV2", Ue4_sq=0.01)


def test_summary_of_a_thermal_state() -> None:
    numbers = summarise(solution_with(THERMAL))
    assert numbers.delta_N_eff == pytest.approx(numbers.N_eff_4, abs=0.03)  # three neutrinos have 3.02 at this z
    assert numbers.m_eff == pytest.approx(1.0, rel=0.03)


def test_three_states_have_no_fourth() -> None:
    numbers = summarise(solution_with(Mixing()))
    assert (numbers.m_eff, numbers.N_eff_4) == (0.0, 0.0)


@complete
def test_verdict_on_a_thermal_state() -> None:
    """A refit to a thermal state with the three numbers of this solution has 43.1; the table is good to 3% there.

    It has the helium of N_eff = 4.03; `refit` of this hand-made solution, whose history has less of it, gives 40.3.
    """
    result = verdict(solution_with(THERMAL))
    assert result.delta_chi2 == pytest.approx(43.1, rel=0.03)
    assert not result.lower_bound
    assert "m_eff = 1.0" in result.sentence or "m_eff = 0.99" in result.sentence
    assert f"is excluded by {judge.LONG_NAMES['planck2018']}: Delta chi^2 = +4" in result.sentence
    assert "1907.12875" in result.citation
    assert result.caveats


def test_verdict_on_three_neutrinos() -> None:
    for data in likelihood.DATA:
        result = verdict(solution_with(Mixing()), data)
        assert abs(result.delta_chi2) < 1.0  # N_eff of the hand-made solution is 3.02; ACT: 37 for each unit of it
        assert "is allowed by" in result.sentence


def test_lower_bound_is_said() -> None:
    heavy = solution_with(Mixing(dm2_41="90 eV2", Ue4_sq=0.01))
    result = verdict(heavy)
    assert result.lower_bound
    assert "Delta chi^2 = at least +" in result.sentence


def test_a_bound_is_said_to_be_one() -> None:
    """A bound is no judgement of its own, and neutrinos of 10 eV close the Universe twice and a half by themselves."""
    result = verdict(solution_with(Mixing(lightest_mass="1 eV")))
    assert result.lower_bound
    assert result.word == "disfavoured"  # by 0.4 eV, where the table ends
    assert "active masses of 2.99 eV is at least disfavoured by" in result.sentence
    closed = verdict(solution_with(Mixing(lightest_mass="10 eV"))).sentence
    assert "active masses of 29.9 eV (2.6 times all dark matter: they overclose the Universe)" in closed


@pytest.mark.parametrize(
    ("delta_chi2", "word"),
    [(-0.5, "allowed"), (6.1, "allowed"), (6.2, "disfavoured"), (11.9, "strongly disfavoured"), (28.8, "excluded")],
)
def test_words(delta_chi2: float, word: str) -> None:
    """The Review of Particle Physics has 6.18, 11.83 and 28.74 for two parameters at 2, 3 and 5 sigma."""
    assert judgement(delta_chi2) == word


def test_words_of_one_parameter() -> None:
    assert [judgement(value, 1) for value in (3.9, 4.1, 9.1, 25.1)] == [
        "allowed",
        "disfavoured",
        "strongly disfavoured",
        "excluded",
    ]


def test_words_and_lines_agree() -> None:
    """What the figures draw as lines of 2 and 3 sigma is where the words change; `help` says the same."""
    two, three = THRESHOLDS
    edges = [judgement(value * (1.0 + side)) for value in (two, three) for side in (-1e-6, 1e-6)]
    assert edges == ["allowed", "disfavoured", "disfavoured", "strongly disfavoured"]
    for text in (verdict.__doc__, judge.Verdict.__doc__):
        assert all(f"{delta_chi2_at(limit):.2f}" in text for limit, _ in judge.WORDS)


def test_verdict_states_its_scale() -> None:
    """Five numbers of one scale: Delta chi^2, sigma, parameters, word, sentence."""
    for mixing in (THERMAL, Mixing()):
        result = verdict(solution_with(mixing))
        assert (result.sigmas, result.parameters) == (significance(result.delta_chi2, 2), 2)
        assert result.word == judgement(result.delta_chi2)
        assert f"is {result.word} by" in result.sentence
        assert f"Delta chi^2 = {result.delta_chi2:+.1f} ({result.sigmas:.1f} sigma, 2 parameters)" in result.sentence


def test_sum_of_the_active_masses() -> None:
    """Numbers of these hand-made spectra: 0.995 of the standard ones."""
    normal, inverted = (summarise(solution_with(Mixing(ordering=o))) for o in ("normal", "inverted"))
    assert normal.sum_m_nu == pytest.approx(0.0588, rel=0.01)
    assert inverted.sum_m_nu == pytest.approx(0.0989, rel=0.01)
    lifted = summarise(solution_with(Mixing(dm2_41="-0.01 eV2", Ue4_sq=0.01)))
    assert lifted.sum_m_nu == pytest.approx(0.312, rel=0.01)
    assert lifted.m_eff == 0.0


def test_the_table_gets_masses_not_densities() -> None:
    """Four states share the energy of three: 3/4 of the number belong to the same masses."""
    shared = Summary(0.0, 0.5, 0.761, sum_m_nu=0.0989 * 0.75**0.75)
    assert shared.sum_of_masses == pytest.approx(0.0989, rel=1e-3)
    assert Summary(0.0, 0.0, 0.0, sum_m_nu=0.0588).sum_of_masses == 0.0588
    late = float(thermal.late_mass_of(0.0989)) * 0.75**0.75
    assert Summary(0.0, 0.5, 0.761, late_mass=late).sum_of_masses == pytest.approx(0.0989, rel=1e-3)
    assert Summary(0.0, 0.0, 0.0, N_eff_colliding=1.0, sum_m_nu=0.03).sum_of_masses == ACTIVE_MASS


def test_lighter_active_states_than_the_table_has() -> None:
    """They count as the lightest of the table; a verdict says what it continued would have.

    Continued from 0.06 eV to 0.03 eV, three neutrinos change by twice what they do to 0.045 eV.
    """
    free = ClassNeutrinos((), 0.0, 3.044, "They stream.", True)
    light = Summary(0.0, 0.0, 0.0, sum_m_nu=0.03)
    for data in likelihood.DATA:
        edge = float(likelihood.profile(0.0, 0.0, data, 0.0, likelihood.LEAST_SUM).delta_chi2)
        found = judge.verdict_of(light, free, data)
        assert found.delta_chi2 == edge < 0.0
        assert "a sum of 0.030 eV; Delta chi^2 is that of 0.045 eV, the least of the table" in found.caveats[-1]
        assert f"continued has {edge:+.1f} on top" in found.caveats[-1]
        assert float(judge.derived_of(light, data).sigma8) == float(
            likelihood.derived(0.0, 0.0, data, 0.0, likelihood.LEAST_SUM).sigma8
        )
    inside = judge.verdict_of(replace(light, sum_m_nu=0.0451), free, "planck2018")
    assert not [caveat for caveat in inside.caveats if "least of the table" in caveat]


def test_active_masses_are_said() -> None:
    inverted = summarise(solution_with(Mixing(ordering="inverted")))
    assert "eV and active masses of 0.09" in judge.sentence(inverted, 1.0, False, "planck2018")
    assert "active masses" not in verdict(solution_with(Mixing())).sentence


@pytest.mark.parametrize(
    ("ordering", "data", "value"),
    [
        ("inverted", "planck2018", 0.50),
        ("inverted", "planck2018+desi", 4.16),
        ("normal", "planck2018", -0.19),
        ("normal", "planck2018+desi", -0.32),
    ],
)
def test_masses_of_both_orderings(ordering: str, data: str, value: float) -> None:
    """`refit` of these hand-made solutions, none of which is in the table: it knows what masses add late.

    Its own errors are 0.2 (root mean square of held-out refits with other sums), with the noise of CLASS, 0.1.
    """
    result = verdict(solution_with(Mixing(ordering=ordering)), data)
    assert result.delta_chi2 == pytest.approx(value, abs=0.5)
    assert not result.lower_bound


@complete
def test_orderings_of_one_sum_differ_with_baryon_acoustic_oscillations() -> None:
    """Refits at the same sum, 0.0989 eV, differ by 0.49 with DESI (4.0 and 3.5) and by 0.06 without."""
    inverted = summarise(solution_with(Mixing(ordering="inverted")))
    normal = replace(inverted, late_mass=None)
    for data, gap in (("planck2018", 0.06), ("planck2018+desi", 0.49)):
        values = [float(judge.profile_of(numbers, data).delta_chi2) for numbers in (inverted, normal)]
        assert values[0] - values[1] == pytest.approx(gap, abs=0.25)  # each refit has the noise of CLASS, 0.1
        assert values[0] > values[1]


def test_degenerate_masses_have_no_ordering() -> None:
    for ordering in ("normal", "inverted"):
        heavy = summarise(solution_with(Mixing(ordering=ordering, lightest_mass="0.1 eV")))
        plain = replace(heavy, late_mass=None)
        assert heavy.sum_of_masses == pytest.approx(plain.sum_of_masses, rel=1e-3)


def test_a_verdict_takes_milliseconds() -> None:
    """5 ms of CPU time once the table is read; 30 are allowed. The least of ten, because machines are shared."""
    solution = solution_with(THERMAL)
    verdict(solution)
    times = []
    for _ in range(10):
        start = time.process_time()
        verdict(solution)
        times.append(time.process_time() - start)
    assert min(times) < 0.03


@pytest.mark.parametrize("data", likelihood.DATA)
def test_active_masses_beyond_the_table(data: str) -> None:
    """dm2_41 < 0 lifts three states by 1 eV; the table ends at 0.4 eV for all three."""
    result = verdict(solution_with(Mixing(dm2_41="-1 eV2", Ue4_sq=0.01)), data)
    assert result.lower_bound
    numbers = summarise(solution_with(Mixing(dm2_41="-1 eV2", Ue4_sq=0.01)))
    edge = likelihood.profile(numbers.delta_N_eff, 0.0, data, numbers.N_eff_4, likelihood.MOST_SUM)
    assert result.delta_chi2 == pytest.approx(float(edge.delta_chi2))
    assert "active masses of 2.99 eV" in result.sentence


def test_a_fluid_has_no_such_masses() -> None:
    with pytest.raises(ParameterError, match=r"sum_m_nu = 0.2 is not allowed; .* where neutrinos are a fluid"):
        judge.profile_of(Summary(0.0, 0.0, 0.0, N_eff_colliding=1.0, sum_m_nu=0.2), "planck2018")


@pytest.mark.parametrize("judged", [summarise, verdict])
def test_failed_run(judged) -> None:
    with pytest.raises(ParameterError, match="did not end well"):
        judged(solution_with(THERMAL, status=Status.STEP_TOO_SMALL))


def test_faint_state_is_lcdm() -> None:
    """A thousandth of a thermal state changes nothing: Delta chi^2 vanishes with it."""
    faint = solution_with(THERMAL, [fermi_dirac] * 3 + [lambda y: 1e-3 * fermi_dirac(y)])
    empty = solution_with(Mixing())
    assert verdict(faint).delta_chi2 == pytest.approx(verdict(empty).delta_chi2, abs=0.1)


def test_sentence_of_a_refit() -> None:
    class Fake:
        data, delta_chi2, chi2 = "planck2018", np.float64(5.04), 602.6

    assert refit_sentence(Fake()) == (
        "Refitted to its actual spectra it is allowed by Planck 2018 (high-l TT,TE,EE, low-l TT, lensing, prior "
        "on tau): Delta chi^2 = +5.0 (1.7 sigma, 2 parameters) against LCDM (chi^2 = 602.6)."
    )


def test_fluid_is_judged_by_its_own_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neutrinos that collide at recombination: mass and spectrum do not matter, N_eff and its colliding part do."""
    neutrinos = ClassNeutrinos((), 0.8, 2.544, "They collide.", True)
    monkeypatch.setattr(judge, "neutrinos_for_class", lambda _: neutrinos)
    numbers = summarise(solution_with(THERMAL))
    assert numbers.delta_N_eff == pytest.approx(0.3)
    assert numbers.N_eff_colliding == 0.8
    result = verdict(solution_with(THERMAL))
    expected = likelihood.fluid_profile(0.3, 0.8, helium=numbers.helium)
    assert result.delta_chi2 == pytest.approx(float(expected.delta_chi2))
    assert "N_eff = 3.344 at recombination, 0.800 of it a fluid of colliding neutrinos, is" in result.sentence
    assert "They collide." in result.caveats


def test_states_that_class_cannot_follow_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    neutrinos = ClassNeutrinos((), 0.0, 3.0, "CLASS cannot follow them.", False)
    monkeypatch.setattr(judge, "neutrinos_for_class", lambda _: neutrinos)
    assert "CLASS cannot follow them." in verdict(solution_with(THERMAL)).caveats


@pytest.mark.parametrize(("more", "notable"), [(-0.004, True), (0.004, True), (1e-4, False)])
def test_helium_of_its_own_is_said(more: float, notable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """At N_eff = 4 Planck dislikes more helium, by 700 a unit of it: 2.8 for 0.004."""
    solution = solution_with(THERMAL)
    table = verdict(solution)
    of_N_eff = float(helium_of_N_eff(solution.N_eff) - helium_of_N_eff(3.044))
    monkeypatch.setattr(judge, "own_helium", lambda _: of_N_eff + more)
    found = verdict(solution)
    assert found.delta_chi2 - table.delta_chi2 == pytest.approx(700.0 * more, rel=0.2, abs=0.1)
    said = [caveat for caveat in found.caveats if caveat.startswith("nucleosynthesis makes")]
    assert len(said) == notable
    for caveat in said:
        assert f"makes {more:+.4f} of helium" in caveat


def test_helium_of_secret_interactions() -> None:
    """Where electron neutrinos are missing there is more helium than any N_eff has: 0.0368 by primat, 7 of it here."""
    secret = solve(THERMAL, [SecretVector(1e-3, "1 MeV")], Options(signs="same"))
    assert summarise(secret).helium == pytest.approx(0.0300, abs=2e-3)
    assert abs(summarise(solve(THERMAL)).helium) < 3e-4


def test_best_fit_of_the_same_table() -> None:
    """More radiation, more H_0; a fluid has its own."""
    free, more = (judge.derived_of(Summary(d, 0.0, 0.0), "planck2018") for d in (0.0, 0.5))
    assert more.h > free.h
    fluid = judge.derived_of(Summary(0.5, 0.0, 0.0, N_eff_colliding=1.0), "planck2018")
    assert float(fluid.h) == float(likelihood.fluid_derived(0.5, 1.0).h) != float(more.h)
    massive = judge.derived_of(Summary(0.5, 0.5, 0.5, sum_m_nu=0.1), "planck2018")
    assert massive.sigma8 < more.sigma8
