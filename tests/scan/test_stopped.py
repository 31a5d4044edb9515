"""Scans that are killed or told to stop, for real: no point that was done is lost, and what goes on ends the same."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from boltzmann.scan import Interrupted
from boltzmann.scan.driver import _run
from boltzmann.scan.store import Store
from tests.scan.dummies import Counting, prepared, records, smooth

ROOT = Path(__file__).resolve().parents[2]


KILLED = """
import sys, time
sys.path.insert(0, ".")
from tests.scan.dummies import prepared, smooth
from boltzmann.scan.driver import _run

def slow(template, values, checked):
    if values == (1.0, 1e-3):
        print("stuck", flush=True)
        time.sleep(600)
    return smooth(template, values, checked)

_run(prepared(store=sys.argv[1], solver=slow, workers=1))
"""


def test_kill_loses_the_points_in_flight_alone(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "stuck\n"
        process.kill()
        process.wait()
    assert len(records(tmp_path)) == 5  # of 4 + 1 before the one that is in flight
    counting = Counting()
    _run(prepared(store=tmp_path, solver=counting, workers=1))
    assert len(counting.asked) == 7


HALF_WRITTEN = """
import os, sys, time
from pathlib import Path
sys.path.insert(0, ".")
from tests.scan.dummies import prepared
from boltzmann.scan.driver import _run

whole = Path.write_bytes

def half(file, content):
    if b'"Ue4_sq": ' + sys.argv[2].encode() in content:
        whole(file, content[: len(content) // 2])
        os.write(1, b"stuck\\n")  # at once: two threads may come here
        time.sleep(600)
    return whole(file, content)

Path.write_bytes = half
_run(prepared(store=sys.argv[1], workers=2))
"""


def test_a_scan_killed_twice_in_the_middle_of_writing_ends_as_if_undisturbed(tmp_path: Path) -> None:
    seen: dict[Path, int] = {}
    for times, value in enumerate(("0.001", "0.01"), 1):
        process = subprocess.Popen(
            [sys.executable, "-c", HALF_WRITTEN, str(tmp_path), value], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline() == "stuck\n"
            process.kill()
            process.wait()
        assert len(list((tmp_path / "tmp").glob("*.record"))) >= times
        now = {file: file.stat().st_mtime_ns for file in records(tmp_path)}
        assert {file: now[file] for file in seen} == seen
        seen = now
    counting = Counting()
    data = _run(prepared(store=tmp_path, solver=counting))
    assert 0 < len(counting.asked) == 12 - len(seen)
    assert {file: file.stat().st_mtime_ns for file in seen} == seen
    assert data.identical(_run(prepared()))


def test_what_a_killed_scan_was_at_comes_last(tmp_path: Path) -> None:
    plan = prepared(store=tmp_path)
    second = plan.points.values(1)
    assert Store(tmp_path).claim(plan.job.key(second)[1])
    counting = Counting()
    data = _run(prepared(store=tmp_path, solver=counting, workers=1))
    assert counting.asked.index(second) == 11
    assert data.identical(_run(prepared()))


COMMAND = """
import sys
sys.path.insert(0, ".")
from boltzmann.cli import main
from boltzmann.scan import driver
from tests.scan import dummies

driver.evaluate = getattr(dummies, sys.argv.pop(1))
main()
"""
FILE = '[axes]\ndm2_41 = {from = "0.1 eV2", to = "10 eV2", points = 100}\nUe4_sq = [1e-4, 1e-3]\n'


def ended_by(number: int, tmp_path: Path, solver: str, *options: str) -> tuple[int, str]:
    """Send a signal to ``sterile scan`` when it has begun; give exit code and stderr after all processes have ended."""
    (tmp_path / "scan.toml").write_text(FILE)
    command = ["scan", str(tmp_path / "scan.toml"), "--store", str(tmp_path / "store"), "--workers", "2", *options]
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, solver, *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)  # only when no process has the pipes open any more
    return process.returncode, stderr


@pytest.mark.parametrize(
    "options", [(), pytest.param(("--processes",), marks=pytest.mark.slow)], ids=["threads", "processes"]
)
def test_termination_ends_all_processes_with_a_sentence(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, stderr = ended_by(signal.SIGTERM, tmp_path, "unhurried", *options)
    assert code == 128 + signal.SIGTERM
    assert stderr.startswith(f"Error: stopped; the points that are done are kept in {tmp_path / 'store'}")
    assert stderr.count("\n") == 1
    assert 0 < len(records(tmp_path / "store")) < 200


@pytest.mark.slow
def test_workers_end_with_a_scan_that_was_killed(tmp_path: Path) -> None:
    code, _ = ended_by(signal.SIGKILL, tmp_path, "endless", "--processes")
    assert code == -signal.SIGKILL


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let SIGINT interrupt, also where a shell started the tests in the background and made them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("store", [True, False])
def test_interrupt_ends_with_a_sentence_and_finishes_points_in_flight(
    interruptible, tmp_path: Path, store: bool
) -> None:
    def interrupting(template, values, checked):
        if values == (1.0, 1e-3):
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return smooth(template, values, checked)

    with pytest.raises(Interrupted) as stopped:
        _run(prepared(solver=interrupting, store=tmp_path if store else None, workers=1))
    assert isinstance(stopped.value, KeyboardInterrupt)
    assert ("the same scan goes on from them" if store else "nothing is kept") in str(stopped.value)
    if store:
        assert len(records(tmp_path)) >= 6
        assert list((tmp_path / "tmp").iterdir()) == []
