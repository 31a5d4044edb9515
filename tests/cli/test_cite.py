"""``sterile cite``: what is printed is BibTeX, each entry once."""

import re

import pytest
from click.testing import CliRunner

import boltzmann
from boltzmann import lab
from boltzmann.cli import main


def cited(*parts: str) -> str:
    done = CliRunner().invoke(main, ["cite", *parts])
    assert done.exit_code == 0, done.output
    return done.output


def keys(text: str) -> list[str]:
    return re.findall(r"^@\w+\{([^,]+),", text, flags=re.MULTILINE)


def test_everything_is_cited_once() -> None:
    text = cited()
    assert len(keys(text)) == len(set(keys(text)))
    assert {"sterile-boltzmann", "Blas:2011rf", "Pitrou:2018cgg", "DESI:2025zgx"} <= set(keys(text))
    assert f'version = "{boltzmann.__version__}"' in text
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize(("part", "paper"), [("solver", "Froustey:2020mcq"), ("class", "Lesgourgues:2011rh")])
def test_a_part_has_its_papers_and_the_code(part: str, paper: str) -> None:
    assert {"sterile-boltzmann", paper} <= set(keys(cited(part)))
    assert "Pitrou:2018cgg" not in keys(cited(part))


def test_laboratories_are_named_with_their_papers() -> None:
    lines = cited("laboratory").split("\n\n")
    assert [line.split(":")[0] for line in lines] == [f"% {name}" for name in lab.verified()]


def test_an_unknown_part_is_a_sentence_with_those_that_exist() -> None:
    done = CliRunner().invoke(main, ["cite", "cosmology"])
    assert done.exit_code == 2
    assert "laboratory" in done.output
