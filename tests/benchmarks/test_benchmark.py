"""The program that judges speed, on a package that does nothing, and its worker on one coarse point."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, make_dataclass
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from boltzmann import Options, scan

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
STUB = """
from types import SimpleNamespace
Mixing = Options = dict
potentials = SimpleNamespace(SecretVector=lambda e, M: None, SecretPseudoscalar=lambda g: None)

def solve(mixing, secret, options):
    print("what a solver may print")
    if "coherence" in options:
        raise ValueError("coherence: not\\nknown | yet")
    sum(range(10000))
    stats = SimpleNamespace(steps=STEPS, rejected=len(secret))
    return SimpleNamespace(status=SimpleNamespace(ok=STEPS > 0, name="TOO_STIFF"), stats=stats, N_eff=3.0 + STEPS / 1e3)
"""


def load(name: str) -> ModuleType:
    spec = spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, repository: Path) -> ModuleType:
    module = load("benchmark")
    monkeypatch.setattr(module, "ROOT", repository)
    monkeypatch.setattr(module.signal, "signal", lambda *_: None)
    return module


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    done = subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def write(folder: Path, steps: int, command: str) -> None:
    (folder / "boltzmann").mkdir(exist_ok=True)
    (folder / "boltzmann" / "__init__.py").write_text(f"STEPS = {steps}\n{STUB}")
    (folder / "boltzmann" / "cli.py").write_text(f"def console():\n    {command}\n")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose commit takes 100 steps and whose command fails; the checkout takes 50 steps."""
    monkeypatch.setenv("STERILE_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "repository"
    folder.mkdir()
    write(folder, 100, "raise SystemExit(3)")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "Begin")
    write(folder, 50, "pass")
    return folder


@pytest.fixture
def run(program: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["benchmark.py", *arguments])
        return program.main()

    return call


def test_checkout_against_commit(run, repository: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "rows.json"
    rows = ("--points", "secret", "matrix mode", "--process", "--first-call", "--grid", "2")
    assert run("--against", "HEAD", "--repeat", "3", "--output", str(output), *rows) == 0
    content = json.loads(output.read_text())
    matrix, heavy, light, process, first, grid = content["rows"]
    assert content["versions"] == ["checkout", git(repository, "rev-parse", "--short", "HEAD").strip()]
    for row in (heavy, light, first):
        assert [version["steps"] for version in row["versions"]] == [50, 100]
        assert row["N_eff difference"] == pytest.approx(-0.05)
        assert 0 < row["lowest"] <= row["ratio"] <= row["highest"]
    assert [version["rejected"] for version in heavy["versions"]] == [1, 1]
    assert all(version["memory"] > 1 for version in first["versions"])
    assert [version["error"] for version in matrix["versions"]] == ["ValueError: coherence: not\nknown | yet"] * 2
    assert process["versions"][1] == {"error": "exit code 3"}
    assert process["versions"][0]["cpu"] > 0
    assert grid["row"] == "2 x 2 grid, two threads, once"
    assert grid["versions"][0]["error"].startswith("ModuleNotFoundError")  # the stub has no scans
    printed = capfd.readouterr().out
    assert "ValueError: coherence: not known \\| yet / ValueError" in printed
    assert "| 50 / 100 | 1 / 1 |" in printed
    assert "what a solver may print" not in printed


def test_bytecode_is_kept_as_where_a_package_is_installed(program: ModuleType, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (tmp_path / "imported.py").touch()
    tree = program.Tree("here", tmp_path, tmp_path / "cache")
    assert "error" not in program.finish(tree.start("-c", "import imported"))
    assert list((tmp_path / "__pycache__").glob("imported.*.pyc"))


def test_the_commit_is_removed(run, program: ModuleType, repository: Path, monkeypatch, capsys) -> None:
    def interrupted(trees: list, *_: object) -> None:
        assert (trees[1].folder / "boltzmann").is_dir()
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "measure", interrupted)
    assert run("--against", "HEAD") == 130
    assert "nothing is left behind" in capsys.readouterr().err
    assert len(git(repository, "worktree", "list").splitlines()) == 1
    left = program.cache.root() / "benchmark" / "commit" / "tree"
    left.mkdir(parents=True)
    assert run("--against", "HEAD") == 2
    assert f"git worktree remove --force {left}" in capsys.readouterr().err
    assert left.is_dir()


def test_checkout_alone(run, repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(repository, 0, "")
    assert run("--points", "3+1", "--repeat", "1") == 0
    printed = capfd.readouterr().out
    assert "Versions: checkout\n" in printed
    assert "| 3+1 | status TOO_STIFF |  |  |  |  |\n" in printed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--against", "nothing"), "--against nothing is no commit of"),
        (("--points", "four"), "--points four is no point; choose from three neutrinos; 3+1;"),
    ],
)
def test_what_cannot_be_measured(run, arguments: tuple[str, ...], sentence: str, capsys) -> None:
    assert run(*arguments) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("--repeat", "0"), ("--grid", "1"), ("--grid", "many")])
def test_counts(run, arguments: tuple[str, ...], capsys) -> None:
    with pytest.raises(SystemExit):
        run(*arguments)
    assert "is not allowed; give an integer of at least" in capsys.readouterr().err


def test_a_worker_that_ends(run, repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    package = repository / "boltzmann" / "__init__.py"
    package.write_text("raise SystemExit(4)")
    assert run("--points", "3+1") == 2
    assert "the process that solves ended (exit code 4)" in capfd.readouterr().err
    package.write_text(f"import os\nSTEPS = 1\n{STUB.replace('sum(range(10000))', 'os._exit(5)')}")
    assert run("--points", "3+1") == 2
    assert "the process that solves ended (exit code 5)" in capfd.readouterr().err


def test_the_package_of_another_tree(run, repository: Path, monkeypatch, capsys) -> None:
    (repository / "boltzmann" / "__init__.py").write_text(f"__file__ = '/elsewhere/__init__.py'\nSTEPS = 1\n{STUB}")
    assert run("--points", "3+1") == 2
    assert "Python imports /elsewhere/__init__.py, not the package in" in capsys.readouterr().err


def test_worker() -> None:
    worker = load("benchmark_worker")
    options = {"n_momenta": 8, "rtol": 1e-2}
    request = {"mixing": {}, "options": options, "secret": []}
    numbers = worker.answer(json.dumps(request))
    assert numbers["N_eff"] == pytest.approx(3.044, abs=0.01)  # eight momenta
    assert numbers["cpu"] > 0
    assert numbers["steps"] > 10
    secret = {**request, "secret": [["SecretVector", -1.0, "10 MeV"]]}
    assert worker.answer(json.dumps(secret))["error"].startswith("ParameterError: ")


def test_worker_of_a_version_with_one_sign_only(monkeypatch: pytest.MonkeyPatch) -> None:
    worker, seen = load("benchmark_worker"), []
    solution = SimpleNamespace(
        status=SimpleNamespace(ok=True), stats=SimpleNamespace(steps=1, rejected=0, cpu_seconds=0.1), N_eff=3.0
    )
    for options in (make_dataclass("Old", ["rtol"]), make_dataclass("New", ["rtol", "signs"])):
        monkeypatch.setattr(worker, "Options", options)
        monkeypatch.setattr(worker, "solve", lambda *inputs: seen.append(inputs[-1]) or solution)
        assert "error" not in worker.answer('{"mixing": {}, "options": {"rtol": 1e-2, "signs": "same"}, "secret": []}')
    assert [asdict(options) for options in seen] == [{"rtol": 1e-2}, {"rtol": 1e-2, "signs": "same"}]


@pytest.mark.parametrize(
    ("options", "found"), [({"rtol": 1e-2}, None), ({"max_steps": 1}, "4 of 4 points have no N_eff")]
)
def test_worker_scans(options: dict[str, float], found: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    coarse = partial(scan.scan, options=Options(n_momenta=8, **options))
    monkeypatch.setattr(scan, "scan", coarse)
    numbers = load("benchmark_worker").answer('{"grid": 2}')
    assert numbers.get("error") == found
    assert found or numbers["cpu"] > 0
