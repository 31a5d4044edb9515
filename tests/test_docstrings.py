"""Examples in docstrings: what they print is what they say. A line that takes minutes has the mark +SKIP."""

import doctest
import importlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "boltzmann"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def _module(file: Path) -> str:
    return ".".join(("boltzmann", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


MODULES = sorted(_module(file) for file in PACKAGE.rglob("*.py") if ">>> " in file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name), optionflags=FLAGS).failed == 0
