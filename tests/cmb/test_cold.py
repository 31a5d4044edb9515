"""States that are dark matter for the CMB, against refits (data/cmb/warm.ecsv) and the edge of the table."""

import numpy as np
import pytest

from boltzmann import ecsv
from boltzmann.cmb import cold, likelihood
from boltzmann.cmb.judge import Summary, derived_of, profile_of, verdict
from boltzmann.cmb.thermal import MOST_THERMAL_MASS, least_N_eff_4
from boltzmann.parameters import Mixing, ValidityWarning
from boltzmann.solver import solve
from tests.tables import complete

NOTHING = 0.06  # sum of the active masses of LCDM [eV]
PLANCK = ("planck2018", "planck2018+desi")
CLAIMED = {True: (0.55, 0.26), False: (0.4, 0.15)}  # of the law, with and without ACT: in Delta chi^2, or relative


@pytest.fixture(scope="module")
def refits() -> dict[str, np.ndarray]:
    return ecsv.numbers(cold.TABLE, ["m_eff", "N_eff_4", *(f"delta_chi2 {data}" for data in likelihood.DATA)])


@pytest.mark.parametrize("data", likelihood.DATA)
def test_refits(data: str, refits: dict[str, np.ndarray]) -> None:
    """What the law claims; minima are left with predicted gains up to 0.13, and CLASS is as noisy."""
    absolute, relative = CLAIMED["act" in data]
    for m_eff, own, exact in zip(refits["m_eff"], refits["N_eff_4"], refits[f"delta_chi2 {data}"], strict=True):
        found = cold.profile(own, m_eff, data, own, NOTHING)
        assert float(found.delta_chi2) == pytest.approx(exact, abs=absolute, rel=relative)
        assert not found.lower_bound


@complete
@pytest.mark.parametrize("data", likelihood.DATA)
@pytest.mark.parametrize("m_eff", [0.3, 0.6, 1.0, 2.0])
def test_edge_of_the_table(data: str, m_eff: float) -> None:
    """At a thermal mass of 10 eV the table takes over, which the law was not fitted to; with ACT as claimed."""
    own = float(least_N_eff_4(m_eff)) * 1.0001
    table = float(likelihood.profile(own, m_eff, data, own).delta_chi2)
    assert float(cold.profile(own, m_eff, data, own, NOTHING).delta_chi2) == pytest.approx(
        table, rel=max(0.2, CLAIMED["act" in data][1]), abs=0.3
    )


def test_where_cold_begins() -> None:
    own = float(least_N_eff_4(1.0))
    assert not cold.is_cold(1.0, own * 1.001)
    assert cold.is_cold(1.0, own * 0.999)
    assert 1.0 / own**0.75 == pytest.approx(MOST_THERMAL_MASS)
    assert not cold.is_cold(0.0, 0.0)
    assert not Summary(0.0, 1.0, 1e-3, N_eff_colliding=0.1).is_cold


@pytest.mark.filterwarnings("ignore::boltzmann.parameters.ValidityWarning")  # dm2_41 beyond 100 eV2, slow states
@pytest.mark.parametrize("data", PLANCK)
def test_a_keV_state_that_is_a_part_of_dark_matter(data: str) -> None:
    """Its refit with DESI was +0.08 beside one state of 0.06 eV; it was judged as 10 eV of hot matter, +8.2."""
    result = verdict(solve(Mixing(dm2_41="1e6 eV2", Umu4_sq=2.58e-9)), data)
    assert abs(result.delta_chi2) < 0.3
    assert result.word == "allowed"
    assert "with a cold fourth state, Omega_4 h^2 = 0.00956 (8 % of the dark matter), is allowed" in result.sentence
    assert result.caveats == (cold.TREATMENT, cold.OUTSIDE)


def test_overclosure() -> None:
    """0.1201 of all dark matter, with an error of 0.0012: 5 sigma of two parameters are 28.74."""
    dark_matter = likelihood.best_fit((0.0, 0.0, 0.0))[likelihood.PARAMETERS.index("omega_cdm")]
    value = [
        profile_of(Summary(1e-4, 94.1 * (dark_matter + excess), 1e-4), "planck2018")
        for excess in (-0.001, 0.0024, 0.012, 1.0)
    ]
    assert [float(found.delta_chi2) for found in value] == pytest.approx([0.0, 4.0, 100.0, 100.0], abs=0.1)
    assert [bool(found.lower_bound) for found in value] == [False, True, True, True]
    assert "2.5 times all dark matter: it overcloses the Universe" in cold.description(94.1 * 0.3, 1e-4)


def test_warm_and_cold_are_words_of_one_law() -> None:
    assert cold.word(1.0, 1e-3) == "cold"  # m_DW = 1 keV
    assert cold.word(1.0, 1e-2) == "warm"  # m_DW = 100 eV, +0.8 with DESI
    assert "a warm fourth state, Omega_4 h^2 = 0.0106 (8.8 % of the dark matter)," in cold.description(1.0, 1e-2)


@pytest.mark.parametrize("data", PLANCK)
def test_beyond_the_refits_there_is_a_bound(data: str) -> None:
    """The bound of a part of the state that the table has, as fast as all of it, exceeds that of the last refit."""
    largest = cold.RESPONSES[data]
    omega, m_DW = cold.MOST_WARM
    last = largest.delta_chi2(omega * (m_DW / 100) ** -largest.power)
    own = 9.5 / 15.0  # m_DW = 15 eV, Omega_4 h^2 = 0.1
    found = cold.profile(own, 9.5, data, own, NOTHING)
    assert found.lower_bound
    assert float(found.delta_chi2) > last
    part = (MOST_THERMAL_MASS / 15.0) ** 4
    inside = likelihood.profile(part, 15.0 * part, data, part)
    assert float(found.delta_chi2) == pytest.approx(float(inside.delta_chi2))
    assert not inside.lower_bound


def test_a_full_heavy_state_stays_excluded() -> None:
    with pytest.warns(ValidityWarning):
        mixing = Mixing(dm2_41="225 eV2", Ue4_sq=0.01)
    from tests.solutions import solution_with

    result = verdict(solution_with(mixing))
    assert result.lower_bound
    assert result.word == "excluded"
    assert "a warm fourth state" in result.sentence


def test_radiation_beside_a_cold_state_counts() -> None:
    """What is not of nu_4 is judged as radiation."""
    beside = cold.profile(0.5 + 1e-4, 1.0, "planck2018", 1e-4, NOTHING)
    alone = likelihood.profile(0.5, 0.0, "planck2018")
    assert float(beside.delta_chi2) == pytest.approx(float(alone.delta_chi2), abs=0.01)


@pytest.mark.parametrize("data", likelihood.DATA)
def test_what_the_dark_matter_is_made_of_does_not_change_the_best_fit(data: str) -> None:
    found = derived_of(Summary(1e-4, 1.0, 1e-4), data)
    rest = likelihood.derived(0.0, 0.0, data)
    assert [float(value) for value in found] == [float(value) for value in rest]


def test_warm_matter_lowers_sigma8_and_nobody_knows_by_how_much() -> None:
    with pytest.warns(ValidityWarning, match="sigma8 is that of cold matter"):
        derived_of(Summary(1e-2, 1.0, 1e-2), "planck2018")
