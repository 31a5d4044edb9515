"""``sterile doctor`` and ``sterile --version``, and the groups of options in help."""

import json

import pytest
from click.testing import CliRunner

import boltzmann
from boltzmann.cli import doctor, main
from boltzmann.cli.doctor import Reference
from boltzmann.cli.groups import group_of
from boltzmann.cli.options import ALIASES


def sterile(*arguments: str):
    return CliRunner().invoke(main, list(arguments))


def test_version_names_what_numbers_depend_on() -> None:
    lines = sterile("--version").stdout.splitlines()
    assert lines[0] == f"sterile, version {boltzmann.__version__}"
    assert all(name in lines[1] for name in ("Python", "numpy", "scipy", "numba"))


def test_report_without_the_self_test() -> None:
    found = json.loads(sterile("doctor", "--no-test", "--json").stdout)
    names = {finding["name"]: finding["state"] for finding in found["findings"]}
    assert found["ok"]
    assert names["numba"] == names["cache"] == names["data"] == "ok"


def test_the_self_test_measures_three_known_numbers() -> None:
    found = list(doctor.self_test())
    assert [finding.state for finding in found] == ["ok"] * 3, found


@pytest.mark.parametrize("measure", [lambda _: 3.1, lambda _: 1 / 0], ids=["wrong", "broken"])
def test_what_fails_is_said_and_ends_with_1(monkeypatch: pytest.MonkeyPatch, measure) -> None:
    monkeypatch.setattr(doctor, "references", lambda: (Reference("N_eff", 3.044, 1e-3, "a paper", measure),))
    result = sterile("doctor")
    assert result.exit_code == 1
    assert "FAILED  N_eff" in result.stdout
    assert "bug report" in result.stdout


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "installed", lambda _: None)
    result = sterile("doctor", "--no-test")
    assert result.exit_code == 1
    assert "pip install 'sterile-boltzmann[cmb]'" in result.stdout
    assert "pip install numpy" in result.stdout


@pytest.mark.parametrize("command", ["solve", "compare"])
def test_help_has_physics_first_and_numerics_last(command: str) -> None:
    lines = [line for line in sterile(command, "--help").stdout.splitlines() if line.endswith(":") and line[0] != " "]
    assert lines[-1] == "Numerics:"
    assert "Output and files:" in lines[:-1]


@pytest.mark.parametrize("table", ALIASES)
def test_every_interaction_stands_below_interaction(table: str) -> None:
    assert group_of(table) == "Interaction"
    _, _, below = sterile("solve", "--help").stdout.partition("Interaction:\n")
    assert f"  --{table.replace('_', '-')} KEY=VALUE" in below.partition("\nAsymmetry:")[0]


def test_groups() -> None:
    assert [group_of(name) for name in ("dm2_41", "secret_vector", "xi_e", "json", "rtol")] == [
        "Mixing", "Interaction", "Asymmetry", "Output and files", "Numerics",
    ]  # fmt: skip


def test_explore_without_bokeh_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    result = sterile("explore")
    assert result.exit_code == 2
    assert "pip install 'sterile-boltzmann[explore]'" in result.stderr
