"""What the command line says of a solution with a dark sector; without one, tests/test_cli.py."""

import json
from dataclasses import replace

import pytest

from boltzmann import Asymmetry, Mixing, Options, solve
from boltzmann.cli import report
from boltzmann.potentials import SecretVector
from boltzmann.solution.asymmetry import AsymmetryGrowth, Branch

VECTOR = SecretVector(coupling=1e-2, mediator_mass="10 MeV")
MIXING = Mixing(dm2_41="1 eV2", Ue4_sq=1e-2)


@pytest.fixture(scope="module")
def secret_run():
    return solve(MIXING, [VECTOR], Options(n_momenta=10))


def test_summary_is_json_and_complete(secret_run) -> None:
    result = json.loads(json.dumps(report.summary(secret_run, 1.0), allow_nan=False))
    dark = result["dark_sector"]
    assert dark["N_eff_1_MeV"] == secret_run.N_eff_bbn.weak_freeze_out
    assert dark["recoupling_temperatures_MeV"] == secret_run.recoupling_temperatures.to_value("MeV").tolist()
    assert len(dark["resonances"]["T_MeV"]) == len(dark["resonances"]["y"]) == 10
    assert dark["regime"] == secret_run.regime
    assert result["inputs"]["interactions"] == [repr(VECTOR)]


def test_text_has_the_dark_sector(secret_run) -> None:
    lines = list(report.text(report.summary(secret_run, 1.0), MIXING))
    joined = " ".join(" ".join(lines).split())
    assert f"{secret_run.N_eff_bbn.nucleosynthesis:.4f} at 0.07 MeV" in joined
    assert secret_run.regime in joined
    assert max(map(len, lines)) < 160


def test_both_signs_are_in_json(secret_run) -> None:
    run = replace(secret_run, asymmetry=Asymmetry(), branch=Branch(AsymmetryGrowth(400.0, 3.9), 3.28))
    found = json.loads(json.dumps(report.summary(run, 1.0), allow_nan=False))["both_signs"]
    assert found["N_eff_of_nu_equal_nubar"] == 3.28
    assert found["unstable_below_T_MeV"] == 3.9
    assert found["N_eff_of_the_other_seed"] is None
    assert found["L_e_at_0.7_MeV"] == [0.0, None]


def test_assumptions_name_the_interactions() -> None:
    sentences = report.assumptions(MIXING, Options(), (VECTOR,))
    assert f"interaction: {VECTOR!r}" in sentences
    assert any("T_s/T_gamma = 0.465" in sentence for sentence in sentences)
    assert not any("no interactions" in sentence for sentence in sentences)
    empty = SecretVector(coupling=1e-2, mediator_mass="10 MeV", T_s_over_T=0.0)
    assert any("next to empty" in sentence for sentence in report.assumptions(MIXING, Options(), (empty,)))


def test_without_interactions_nothing_is_added() -> None:
    solution = solve(MIXING, options=Options(n_momenta=8))
    result = report.summary(solution, 1.0)
    assert "dark_sector" not in result
    assert "interactions" not in result["inputs"]
    assert "no interactions beyond the Standard Model and mixing" in result["assumptions"]
    assert "sterile state: empty at the start, relativistic while it is produced" in result["assumptions"]


def test_matter_of_four_states_and_of_three() -> None:
    solution = solve(MIXING, options=Options(n_momenta=8))
    result = report.summary(solution, 1.0)
    assert list(result["m_eff_of_eV"]) == ["nu_1", "nu_2", "nu_3", "nu_4"]
    assert result["m_eff_of_eV"]["nu_4"] == result["m_eff_eV"]
    assert result["Omega_4_h2"] == solution.Omega_h2(4)
    three = report.summary(solve(Mixing(), options=Options(n_momenta=8)), 1.0)
    assert "Omega_4_h2" not in three
    assert three["sum_m_nu_eV"] == pytest.approx(0.0588, rel=0.01)
    assert not any("Omega_4" in line for line in report.text(three, Mixing()))


def test_sterile_state_below_the_others_shows_their_masses() -> None:
    mixing = Mixing(dm2_41="-1 eV2", Ue4_sq=1e-2)
    solution = solve(mixing, options=Options(n_momenta=8, signs="same"))  # with both signs rounding decides its status
    lines = list(report.text(report.summary(solution, 1.0), mixing))
    assert "m_eff         0 eV" in lines
    (active,) = (line for line in lines if line.startswith("m_eff of"))
    assert "nu_1 1.0" in active
    assert "nu_4 0 eV" in active


def test_redshift_without_end_is_null_in_json() -> None:
    assert report._finite(float("inf")) is None
    assert report._finite(3.0) == 3.0
