"""Solve what stdin asks, a line of JSON each, and answer on stdout: the worker of scripts/benchmark.py.

It runs with the package of any commit, and so imports only names that do not change. The first line says where the
package is. A request is a point, {"mixing": {...}, "options": {...}, "secret": [[class, argument, ...], ...]}, or
{"grid": N}. What cannot be solved is answered by {"error": sentence}.
"""

import json
import os
import signal
import sys
import time
import warnings
from typing import Any

import boltzmann
from boltzmann import Mixing, Options, potentials, solve


def solved(mixing: dict[str, Any], options: dict[str, Any], secret: list[list[Any]]) -> dict[str, Any]:
    """Return what one point cost."""
    interactions = [getattr(potentials, name)(*arguments) for name, *arguments in secret]
    if "signs" not in getattr(Options, "__dataclass_fields__", options):  # a version that knows nu = nubar only
        options = {name: value for name, value in options.items() if name != "signs"}
    inputs = Mixing(**mixing), interactions, Options(**options)
    start = time.thread_time()
    solution = solve(*inputs)
    seconds = time.thread_time() - start
    if not solution.status.ok:
        return {"error": f"status {solution.status.name}"}
    stats = solution.stats
    return {"cpu": seconds, "steps": stats.steps, "rejected": stats.rejected, "N_eff": solution.N_eff}


def scanned(grid: int) -> dict[str, Any]:
    """Return what N x N points of 3+1 cost on two threads, error estimates included."""
    from boltzmann.scan import log, scan  # here, because a first call does not need it

    axes = {"dm2_41": log("0.01 eV2", "10 eV2", grid), "Ue4_sq": log(1e-5, 1e-1, grid)}
    start = time.process_time()
    data = scan(axes, mixing=Mixing(dm2_41="1 eV2"), workers=2, progress=False)
    seconds = time.process_time() - start
    missing = int(data["N_eff"].isnull().sum())
    return {"error": f"{missing} of {grid**2} points have no N_eff"} if missing else {"cpu": seconds}


def answer(line: str) -> dict[str, Any]:
    """Return the answer to a request."""
    request = json.loads(line)
    try:
        return scanned(**request) if "grid" in request else solved(**request)
    except Exception as error:  # noqa: BLE001, whatever it is, this version cannot solve the point
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Answer until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the end of stdin ends a worker
    warnings.simplefilter("ignore")  # how good a point is, other programs say
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what anything else prints
    print(json.dumps({"package": boltzmann.__file__}), file=answers)
    for line in sys.stdin:
        print(json.dumps(answer(line)), file=answers)


if __name__ == "__main__":
    main()
