"""Compiled kernels on disk: kept, read back, also where nothing can be written; never elsewhere."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = """
import numpy as np

from boltzmann.numerics.jit import kernel, optional_kernel

@kernel
def double(x):
    return 2.0 * x

@kernel
def half(x):
    return 0.5 * x

@optional_kernel("x", otherwise=0.0)
def same(x):
    return half(double(x))

@kernel
def quadruple(x):
    return same(double(double(x))) + same(None)

@kernel
def refuse(x):
    small, large = np.empty(2), np.empty(3)
    small[:] = large
    return small[0]

@kernel
def refused(x):
    return x + refuse(x)
"""
CALL = """
import gc, logging, os, sys
import numba
import mine
logging.basicConfig()
if sys.argv[2] == "nobody":
    numba.njit(lambda x: x)(1.0)  # imports all that compiling needs, which others may not be allowed to read
    os.seteuid(65534)
gc.set_threshold(701)
try:
    print(getattr(mine, sys.argv[1])(21.0))
except ValueError as error:
    print(error)
assert gc.get_threshold()[0] == 701
"""
IS_ROOT = os.geteuid() == 0  # whom rights do not stop


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others may enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        (path / "mine.py").write_text(MODULE)
        yield path


@pytest.fixture
def run(folder: Path):
    """Call a kernel in a process of its own; give what it said."""

    def process(kernel: str, user: str = "") -> subprocess.CompletedProcess:
        environment = {"PYTHONPATH": f"{ROOT}:{folder}", "STERILE_CACHE_DIR": str(folder / "cache")}
        environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ["PATH"]}
        command = [sys.executable, "-c", CALL, kernel, user]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return process


def compiled(folder: Path) -> dict[str, int]:
    """Return the files of compiled code and when they were written."""
    return {str(file): file.stat().st_mtime_ns for file in folder.rglob("*.nb?")}


def test_a_kernel_is_compiled_once(run, folder: Path) -> None:
    assert run("double").stdout == "42.0\n"
    before = compiled(folder / "cache")
    assert len(before) == 2  # index and code
    assert run("double").stdout == "42.0\n"
    assert compiled(folder) == before  # and nothing beside the source


def test_kernels_that_only_kernels_call_are_in_the_code_of_these(run, folder: Path) -> None:
    assert [run("quadruple").stdout for _ in range(2)] == ["84.0\n"] * 2
    assert {Path(file).name.partition("-")[0] for file in compiled(folder)} == {"mine.quadruple"}
    assert run("double").stdout == "42.0\n"  # which Python may call as well
    assert len(compiled(folder)) == 4


def test_an_error_in_a_kernel_that_a_kernel_calls_reaches_python(run) -> None:
    """Compiled just now, and read from the disk."""
    assert all(run("refused").stdout.startswith("cannot assign slice") for _ in range(2))


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_damaged_code_is_compiled_again(run, folder: Path, suffix: str) -> None:
    run("double")
    (file,) = (folder / "cache").rglob(f"*.{suffix}")
    whole = file.read_bytes()
    file.write_bytes(whole[:20])
    again = run("double")
    assert again.stdout == "42.0\n"
    assert "it is compiled again" in again.stderr
    assert run("double").stderr == ""


def test_a_complete_cache_may_be_read_only_and_a_missing_kernel_is_a_sentence(run, folder: Path) -> None:
    """Made by root for all users, as on a cluster; without root by the user, who then gives up the right to write."""
    run("double")
    places = [folder / "cache", *(p for p in (folder / "cache").rglob("*") if p.is_dir())]
    for place in places:
        place.chmod(0o555)
    before, user = compiled(folder), "nobody" if IS_ROOT else ""
    good, missing = run("double", user), run("half", user)
    for place in places:
        place.chmod(0o755)
    assert (good.stdout, good.stderr) == ("42.0\n", "")
    assert "CacheError: cache folder: " in missing.stderr
    assert "(Permission denied); free space there, or set the environment variable STERILE_CACHE_DIR" in missing.stderr
    assert compiled(folder) == before
