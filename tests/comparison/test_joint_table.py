"""The table of joint fits: rows, what is printed, and what abundances and gallium change."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from boltzmann import lab
from boltzmann.cli import main
from boltzmann.comparison import planes, scans
from boltzmann.comparison.joint_table import GALLIUM, JointRow, joint_rows, limit, select, table
from boltzmann.comparison.planes import Planes
from tests import toy_scans


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "load", toy_scans.load)
    monkeypatch.setattr(planes, "_STEPS", 21)
    monkeypatch.setattr(planes, "_DM2_POINTS", 12)


@pytest.fixture
def rows(toys: None) -> list[JointRow]:
    return joint_rows()


def chi2(rows: list[JointRow], scenario: str, without: tuple[str, ...] = (), rates: str | None = None) -> float:
    (row,) = select(rows, scenario=scenario, data="planck2018", without=without, rates=rates)
    return row.tension.chi2


def test_every_scenario_data_laboratory_and_rates(rows: list[JointRow]) -> None:
    # of two scenarios with abundances CMB alone and two sets of rates, of the pseudoscalar the CMB alone; two
    # laboratories
    assert len(rows) == len(scans.DATA) * 2 * (3 + 3 + 1)
    assert {row.label for row in rows} == {
        "",
        "with abundances (PRIMAT rates)",
        "with abundances (PArthENoPE 3.0 rates)",
        "without gallium",
        "without gallium, with abundances (PRIMAT rates)",
        "without gallium, with abundances (PArthENoPE 3.0 rates)",
    }


def test_abundances_can_only_add(rows: list[JointRow]) -> None:
    """Up to the 3.8 that three neutrinos leave: both joint minimum and minimum of cosmology may use them."""
    for scenario in ("3+1", "vector"):
        for without in ((), GALLIUM):
            for rates in ("primat", "parthenope"):
                assert chi2(rows, scenario, without, rates) > chi2(rows, scenario, without) - 3.9


def test_without_gallium_the_laboratory_prefers_mixing_less(rows: list[JointRow]) -> None:
    everything, less = (select(rows, without=without)[0].tension for without in ((), GALLIUM))
    assert 0.0 < less.lab_preference < everything.lab_preference
    for row in rows:
        gained = row.tension.chi2 - row.tension.lab_preference
        # without mixing chi2 is the preference, and what cosmology itself gains over LCDM: at most 3.8 by abundances
        assert gained <= 3.9 if row.rates else gained <= 1e-9
        if row.tension.joint_best is None:
            assert gained >= -1e-9


def test_what_is_printed(rows: list[JointRow]) -> None:
    lines = table(rows)
    heads = [line for line in lines if line.startswith("laboratory")]
    assert "all verified experiments: prefers mixing to no mixing by" in heads[0]
    assert "without gallium" in heads[1]
    pseudoscalar = [line for line in lines if line.startswith("pseudoscalar")]
    assert all(line.count("not computed") == 2 for line in pseudoscalar)
    last = lines.index("cosmology alone, 3 sigma: limit on dm2_41 at any mixing")
    assert lines[last + 1].startswith("3+1           planck2018        none up to 3 eV2")
    assert not any("not computed" in line for line in lines if line.startswith("vector"))
    assert max(map(len, lines)) <= 130


def test_limits_in_words(rows: list[JointRow]) -> None:
    texts = [limit(replace(rows[0], most_dm2_41=value)) for value in (None, 0.0, 0.684)]
    assert texts == ["none up to 3 eV2", "excluded at any mass", "0.68 eV2"]


def test_the_command(toys: None) -> None:
    text = CliRunner().invoke(main, ["joint"])
    assert text.exit_code == 0, text.output
    assert "CMB, BBN (PArthENoPE)" in text.stdout
    plain = json.loads(CliRunner().invoke(main, ["joint", "--json"]).stdout)
    assert {"scenario", "data", "without", "rates", "tension", "most_dm2_41"} == set(plain[0])
    assert plain[0]["tension"]["dof"] == 2


def test_named_combination() -> None:
    """The laboratory's data of a joint fit are those of a combination, less what is left out."""
    newer = Planes(without=GALLIUM, combination="2025")
    assert newer.experiments == tuple(name for name in lab.verified("2025") if name != "gallium")
    refused = CliRunner().invoke(main, ["joint", "--set", "1999"])
    assert refused.exit_code == 2
    assert "combination = '1999' is not known; choose from 2022, 2025" in refused.output
