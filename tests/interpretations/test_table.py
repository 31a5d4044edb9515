"""The table: every cell is a number or a reason, words follow the numbers, what is not allowed is said."""

import csv
import io
import json
import re

import pytest
from click.testing import CliRunner

from boltzmann import ecsv, interpretations
from boltzmann.cli import main
from boltzmann.errors import ParameterError
from boltzmann.interpretations import points, protocol, store, words
from boltzmann.interpretations.protocol import COLUMNS, Cell
from boltzmann.interpretations.tabulated import Row, Table

LIGHT = (
    "muon-decay",
    "bremsstrahlung",
    "dark-decay",
    "dark-particle",
    "inverse-primakoff",
    "scalar-upscattering",
)


@pytest.fixture(scope="module")
def light() -> Table:
    """Rows whose cosmology is a formula or a relic that is gone early, a second each."""
    return interpretations.table(LIGHT)


@pytest.mark.parametrize("name", interpretations.models())
def test_models(name: str) -> None:
    """Every model has points of its parameters, and refuses others."""
    model = interpretations.model(name)
    assert model.name == name
    assert model.lagrangian
    assert points.names(name)
    for point in points.names(name):
        found = points.point(name, point)
        protocol.checked(model, found.values)
        assert found.status in {"verified", "typed"}
        assert re.search(r"arXiv:|hep-ex/", found.citation) or name == "seesaw"
    values = points.point(name, points.names(name)[0]).values
    with pytest.raises(ParameterError, match=f"parameter 'spin' is not known of model '{re.escape(name)}'; give"):
        protocol.checked(model, {**values, "spin": 1.0})
    first = next(iter(model.parameters))
    with pytest.raises(ParameterError, match=f"parameter '{first}' is missing"):
        protocol.checked(model, {key: value for key, value in values.items() if key != first})
    with pytest.raises(ParameterError, match=f"{first} = -1 is not allowed for model '{re.escape(name)}'; give"):
        protocol.checked(model, {**values, first: -1.0})


def test_no_row_of_the_file_is_lost() -> None:
    assert {row["model"] for row in ecsv.rows("interpretations/points.ecsv")} == set(interpretations.models())


def test_every_cell_is_a_number_or_a_reason(light: Table) -> None:
    for row in light.rows:
        assert set(row.cells) == set(COLUMNS)
        for column, cell in row.cells.items():
            assert cell.word in words.WORDS
            assert cell.number is not None or cell.how or cell.text, (row.model.name, column)
            if cell.word in {"no effect", "not computable"}:
                assert cell.how
            if cell.word == "typed":
                assert cell.source


def test_words_follow_numbers(light: Table) -> None:
    for row in light.rows:
        for column in set(COLUMNS) - {"elsewhere", "cosmology"}:
            cell = row.cells[column]
            if cell.number is not None:
                assert cell.word == words.laboratory(column, cell.number)


@pytest.mark.parametrize(
    ("experiment", "D", "word"),
    [
        ("lsnd", 8.0, "explains"), ("lsnd", 7.9, "partly"), ("lsnd", 2.4, "partly"), ("lsnd", 2.3, "slightly better"),
        ("miniboone", 20.0, "explains"), ("minos", 5.0, "agrees"), ("minos", 0.9, "no effect"),
        ("minos", -0.9, "no effect"), ("minos", -1.0, "slightly worse"), ("minos", -4.0, "slightly worse"),
        ("minos", -4.1, "contradicts"),
    ],
)  # fmt: skip
def test_laboratory_words(experiment: str, D: float, word: str) -> None:
    assert words.laboratory(experiment, D) == word


@pytest.mark.parametrize(
    ("D", "text"), [(16.04, "+16.0"), (-999.9, "-999.9"), (-4557.9, "-4600"), (-1159212.5, "-1200000")]
)
def test_numbers_of_hopeless_fits_are_orders(D: float, text: str) -> None:
    assert words.signed(D) == text


@pytest.mark.parametrize(("delta", "word"), [(-1.0, "allowed"), (6.2, "tension"), (11.9, "excluded")])
def test_cosmology_words(delta: float, word: str) -> None:
    assert words.cosmology(delta) == word


def test_forms(light: Table, tmp_path) -> None:
    """CSV has a line for each cell, JSON all of it, HTML a cell each with hover text, LaTeX a line for each row."""
    lines = list(csv.DictReader(io.StringIO(light.csv())))
    assert len(lines) == len(light.rows) * len(COLUMNS)
    plain = json.loads(light.json())
    assert [row["point"] for row in plain["rows"]] == [row.point.name for row in light.rows]
    assert plain["rows"][0]["cells"]["lsnd"]["number"] == pytest.approx(light.rows[0].cells["lsnd"].number)
    html = light.html()
    assert html.count("<td") == len(light.rows) * (2 + len(COLUMNS))
    assert html.count("title=") == html.count("<td")
    assert "seed: yes" in html
    assert "KARMEN (hep-ex/0302017)" in html
    body = light.latex()
    assert body.count(r"\\") == len(light.rows) + 2  # head and notes
    assert not re.search(r"(?<!\\)[_#<>|]", re.sub(r"\$[^$]*\$", "", body))  # mathematics apart
    assert r"rho-0$^\dagger$" in body
    assert "contradicts ($" in body
    table = light.markdown().splitlines()
    assert len(table) == len(light.rows) + 4
    assert {line.count("|") for line in table[:-2]} == {len(COLUMNS) + 2}
    assert {path.suffix for path in light.write(tmp_path / "new")} == {".html", ".tex", ".csv", ".json", ".md"}


def test_rows_are_kept(tmp_path, monkeypatch) -> None:
    """The second call reads, another point or a broken file computes."""
    monkeypatch.setenv("STERILE_CACHE_DIR", str(tmp_path))
    model, point = interpretations.model("dark-particle"), points.point("dark-particle", "portal")
    first = store.kept(model, point)
    (kept,) = (tmp_path / "interpretations").glob("*.json")
    assert store.kept(model, point) == first
    kept.write_text(kept.read_text(encoding="utf-8").replace("allowed", "excluded"), encoding="utf-8")
    assert store.kept(model, point)["cosmology"].word == "excluded"
    kept.write_text("{", encoding="utf-8")
    assert store.kept(model, point) == first


def test_unknown() -> None:
    with pytest.raises(ParameterError, match=r"model = 'unicorn' is not known; choose from 3\+1, invisible-decay"):
        interpretations.table(["unicorn"])
    with pytest.raises(ParameterError, match=r"point = 'best' is not known; choose from rho-0\.75, rho-0"):
        interpretations.table(["muon-decay"], chosen=["best"])
    with pytest.raises(ParameterError, match="point = 'best' of model 'muon-decay' is not known"):
        points.point("muon-decay", "best")


def test_command(tmp_path) -> None:
    run = CliRunner().invoke(main, ["interpret", "muon-decay", "--point", "rho-0.75", "--output", str(tmp_path)])
    assert run.exit_code == 0, run.output
    assert re.search(r"muon-decay +rho-0\.75 +explains +contradicts", run.output)
    assert "two copies that differ" in run.output
    assert (tmp_path / "interpretations.html").exists()
    listed = CliRunner().invoke(main, ["interpret", "--list"])
    assert "points: moulai, diaz" in listed.output
    wrong = CliRunner().invoke(main, ["interpret", "unicorn"])
    assert wrong.exit_code == 2
    assert "model = 'unicorn' is not known" in wrong.output
    as_json = CliRunner().invoke(main, ["interpret", "muon-decay", "--json"])
    assert len(json.loads(as_json.stdout)["rows"]) == 2


def test_html_escapes() -> None:
    model, point = interpretations.model("muon-decay"), points.point("muon-decay", "rho-0")
    cells = dict.fromkeys(COLUMNS, Cell("typed", None, "<b>", '"', "&"))
    assert "&lt;b&gt;" in Table((Row(model, point, cells),), "").html()
