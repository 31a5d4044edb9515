"""Worker processes: they work, leave interrupts to the first process, and end with it."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from boltzmann.numerics.processes import _end_with_parent, pool

ROOT = Path(__file__).resolve().parents[2]
STARTED = """
import sys, time
sys.path.insert(0, ".")
from boltzmann.numerics.processes import pool
executor = pool(2)
executor.submit(pow, 2, 3).result()
tasks = [executor.submit(time.sleep, 600) for _ in range(2)]
while not all(task.running() for task in tasks):
    time.sleep(0.01)
print("busy", flush=True)
time.sleep(600)
"""


def test_tasks_are_done_and_interrupts_ignored() -> None:
    with pool(1) as executor:
        assert executor.submit(pow, 2, 3).result() == 8
        assert executor.submit(signal.getsignal, signal.SIGINT).result() == signal.SIG_IGN


def test_the_first_process_has_none_to_end_with() -> None:
    _end_with_parent()


def test_workers_end_with_the_process_that_started_them() -> None:
    process = subprocess.Popen([sys.executable, "-c", STARTED], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "busy\n"
        begun = time.monotonic()
        process.kill()
        assert process.stdout.read() == ""  # when the last process that could write has ended
    process.wait()
    assert time.monotonic() - begun < 60.0
