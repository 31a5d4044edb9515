"""The command ``sterile lab``: options, output, exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from boltzmann import datasets, lab
from boltzmann.cli import main
from boltzmann.comparison.lab_report import Report
from boltzmann.comparison.lab_results import Choices
from boltzmann.lab import gallium
from boltzmann.lab.tension import evaluate, tension
from tests.lab.conftest import small_grids  # noqa: F401

pytestmark = pytest.mark.usefixtures("small_grids")


def sterile_lab(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["lab", *arguments])


def refused(*arguments: str) -> str:
    result = sterile_lab(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_help_and_list() -> None:
    assert "lab " in CliRunner().invoke(main, ["--help"]).stdout
    listing = sterile_lab("--list").stdout
    for name in lab.experiments():
        assert lab.experiment(name).VALIDITY in listing


def test_figure_and_contours(tmp_path: Path) -> None:
    result = sterile_lab("--experiment", "gallium", "--experiment", "karmen", "--cl", "0.95", "--output", str(tmp_path))
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("gallium (GALLEX, SAGE, BEST): best fit")
    assert "at 95 % CL" in lines[1]
    assert lines[2:] == [f"figure    {tmp_path / 'lab.png'}", f"contours  {tmp_path / 'lab.ecsv'}"]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Replace the work; record what was asked for."""
    asked: list[tuple[object, ...]] = []

    def answer(names, *, choices, output, channel="-", progress):
        progress(1.0)
        asked.append((names, choices, channel))
        return Report(output / "x.png", output / "x.ecsv", ("a sentence",), {"x": {"p": 0.5}})

    monkeypatch.setattr("boltzmann.comparison.lab_report.report", answer)
    monkeypatch.setattr("boltzmann.comparison.lab_report.tension_report", answer)
    return asked


def test_json(calls, tmp_path: Path) -> None:
    options = ["--cl", "0.99", "--cl", "0.9", "--dof", "1", "--combine", "--simulations", "20", "--seed", "3"]
    result = sterile_lab("--experiment", "gallium", "--channel", "ee", *options, "--json", "--output", str(tmp_path))
    answer = json.loads(result.stdout)
    assert answer["figure"] == str(tmp_path / "x.png")
    assert answer["results"] == {"x": {"p": 0.5}}
    assert calls == [(("gallium",), Choices((0.9, 0.99), 1, True, 20, 3), "ee")]


def test_tension(calls) -> None:
    result = sterile_lab("--tension")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("a sentence\nfigure ")
    assert calls == [(None, Choices(), "-")]


def test_set(calls) -> None:
    """The experiments of a named combination, in place of names."""
    result = sterile_lab("--tension", "--set", "2025")
    assert result.exit_code == 0, result.output
    assert calls == [(lab.verified("2025"), Choices(), "-")]


def test_without_each() -> None:
    """Two of each kind are left out in turn, the only one of mumu is not; numbers are those of the tension itself."""
    chosen = [f"--experiment={name}" for name in ("gallium", "danss", "karmen", "microboone", "minos")]
    result = sterile_lab("--without-each", *chosen)
    assert result.exit_code == 0, result.output
    left_out = [line.split()[0] for line in result.stdout.splitlines()]
    assert left_out == ["without", "nothing", "gallium", "danss", "karmen", "microboone"]
    found = json.loads(sterile_lab("--without-each", *chosen, "--json").stdout)
    direct = tension(evaluate(("gallium", "karmen", "microboone", "minos"), dm2_41=evaluate(("danss",)).dm2_41))
    assert found["danss"]["compatibility"]["chi2"] == pytest.approx(direct.test.chi2, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "1999"], "combination = '1999' is not known; choose from 2022, 2025, 2025-hm"),
        (["--set", "2025", "--experiment", "lsnd"], "--set 2025 and --experiment are both given; give one of them"),
        (["--experiment", "opera"], "experiment = 'opera' is not known; choose from gallium, lsnd"),
        (["--experiment", "gallium", "--channel", "mumu"], "for 'mumu' there are icecube"),
        ([], "give at least one"),
        (["--experiment", "gallium", "--cl", "90"], "give 0 < cl < 1, for example 0.9"),
        (["--experiment", "gallium", "--simulations", "3"], "at least 10 simulations"),
        (["--experiment", "miniboone", "--cl", "0.8"], "cl = 0.8 has no official contour"),
    ],
)
def test_refuses(arguments: list[str], message: str, tmp_path: Path) -> None:
    assert message in refused(*arguments, "--output", str(tmp_path / "new"))


def test_broken_data_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = datasets.path("lab/gallium.ecsv").read_text()
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "gallium.ecsv").write_text(text.replace("0.812", "0.8l2"))
    monkeypatch.setattr(datasets, "_ROOTS", (tmp_path, *datasets._ROOTS))
    gallium.data.cache_clear()
    message = refused("--experiment", "gallium", "--output", str(tmp_path / "new"))
    gallium.data.cache_clear()
    assert "gallium.ecsv, line 22: measured = '0.8l2' is no number" in message
