"""The package as a whole: public names, import cost, version."""

import importlib
import re
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
    with pytest.raises(AttributeError, match="'boltzmann' has no attribute 'solv'"):
        _ = boltzmann.solv


def test_packages_for_users_are_attributes_and_listed() -> None:
    code = "import boltzmann; print(boltzmann.scan.scan.__name__, boltzmann.potentials.SecretVector.__name__)"
    assert python(code) == "scan SecretVector"
    assert {"solve", "Mixing", "cmb", "lab", "scan", "potentials"} <= set(dir(boltzmann))


def test_no_public_name_is_a_module_and_something_else() -> None:
    """A function of the name of a module beside it would be hidden by whoever imports the module."""
    for package in ("boltzmann", *(f"boltzmann.{name}" for name in boltzmann._PACKAGES)):
        module = importlib.import_module(package)
        files = {
            path.stem for folder in module.__path__ for path in Path(folder).iterdir() if path.suffix in ("", ".py")
        }
        assert not files & set(getattr(module, "__all__", ())), package


def test_the_old_name_of_potentials_leads_to_the_same_classes() -> None:
    code = """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from potentials import SecretVector
    from potentials.secret_vector import SecretVector as again
import boltzmann.potentials
print(SecretVector is boltzmann.potentials.SecretVector is again, [str(w.message)[-42:] for w in caught])
"""
    assert python(code) == "True ['write from boltzmann.potentials import ...']"


def test_import_and_command_line_start_without_heavy_libraries() -> None:
    loaded = python("import sys, boltzmann.cli; print(*sys.modules)").split()
    assert not {"numpy", "numba", "astropy", "matplotlib", "scipy"} & set(loaded)


def test_citation_and_changelog_follow_the_version() -> None:
    changelog, citation = ((ROOT / name).read_text() for name in ("CHANGELOG.md", "CITATION.cff"))
    assert "## Unreleased" in changelog
    heading = re.search(rf"^## {re.escape(boltzmann.__version__)} - (\d{{4}}-\d\d-\d\d)$", changelog, re.MULTILINE)
    assert heading
    assert citation.count(f"version: {boltzmann.__version__}\n") == 2
    assert citation.count(f"date-released: {heading[1]}\n") == 2
    files = list((ROOT / "boltzmann" / "cmb" / "cobaya_theory").glob("*.bibtex"))
    assert files
    assert all(f'version = "{boltzmann.__version__}"' in file.read_text() for file in files)


def test_every_runtime_dependency_has_a_lower_bound_only() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert all(">=" in requirement and "<" not in requirement for requirement in project["dependencies"])
