"""The package as a whole: public names, import cost, version."""

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import boltzmann

ROOT = Path(__file__).resolve().parents[1]


def python(code: str) -> str:
    """Run `code` in a fresh interpreter and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", boltzmann.__all__)
def test_public_names_come_from_their_modules(name: str) -> None:
    assert getattr(boltzmann, name) is getattr(importlib.import_module(boltzmann._HOME[name]), name)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'boltzmann' has no attribute 'solver'"):
        _ = boltzmann.solver


@pytest.mark.parametrize("first", ["import boltzmann.solve", "from boltzmann import solve"])
def test_solve_is_the_function_however_it_is_imported(first: str) -> None:
    assert (
        python(f"{first}\nimport boltzmann\nprint(boltzmann.solve.__name__, boltzmann.solve.__class__.__name__)")
        == "solve function"
    )


def test_import_and_command_line_start_without_heavy_libraries() -> None:
    loaded = python("import sys, boltzmann.cli; print(*sys.modules)").split()
    assert not {"numpy", "numba", "astropy", "matplotlib", "scipy"} & set(loaded)


def test_citation_and_changelog_follow_the_version() -> None:
    assert f"version: {boltzmann.__version__}" in (ROOT / "CITATION.cff").read_text()
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text()


def test_every_runtime_dependency_has_a_lower_bound_only() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert all(">=" in requirement and "<" not in requirement for requirement in project["dependencies"])
