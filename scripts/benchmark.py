"""Measure CPU time, steps and memory of this checkout, alone or against a commit.

    python scripts/benchmark.py                                   this checkout alone
    python scripts/benchmark.py --against main                    and a commit, as ratios checkout/commit
    python scripts/benchmark.py --points 3+1 --repeat 9           rows of that name, or whose name contains it
    python scripts/benchmark.py --points --first-call --process   no point; compile time; a process

Two workers, one per version, solve every point in turns, A B A B ..., so that other work on the machine falls on both;
the first turn (compiled code and tables are loaded) does not count. Said are medians, and for ratios the median and the
range of those of the turns. CPU seconds are those of the thread that calls `solve`, for processes user + system, and
never wall time. A commit is checked out below the cache folder and removed afterwards; compiled kernels stay there.
The first run of new kernels compiles them for some CPU minutes per version. Two versions with the same sources gave
ratios of 1.00 and 1.03 (15 turns each, a busy machine): one run does not see less than 4%.
"""

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from boltzmann.numerics import cache, files, progress

ROOT = Path(__file__).resolve().parents[1]
WORKER = Path(__file__).with_name("benchmark_worker.py")
ELECTRON, MUON = {"dm2_41": "1 eV2", "Ue4_sq": 1e-3}, {"dm2_41": "1 eV2", "Umu4_sq": 0.00997}
Numbers = dict[str, Any]  # of one solution, process or scan, or {"error": sentence}
Ask = Callable[[], Numbers]


def point(mixing: dict[str, Any], *secret: list[Any], **options: Any) -> dict[str, Any]:
    """Return the request to solve a point."""
    return {"mixing": mixing, "options": options, "secret": list(secret)}


POINTS = {  # nu = nubar: what both signs cost depends on how an asymmetry grows
    "three neutrinos": point({}),
    "3+1": point(ELECTRON),
    "3+1, fast options": point(ELECTRON, n_momenta=14),
    "matrix mode": point(ELECTRON, coherence="matrix"),
    "NSI": point(ELECTRON, ["NSI", 0.3]),
    "low reheating, 2 MeV": point(ELECTRON, ["LowReheating", "2 MeV"]),
    "low reheating, 4 MeV": point(ELECTRON, ["LowReheating", "4 MeV"]),
    "low reheating, 7 MeV": point(ELECTRON, ["LowReheating", "7 MeV"]),
    "secret vector (1e-2, 10 MeV)": point(MUON, ["SecretVector", 1e-2, "10 MeV"], signs="same"),
    "secret vector (1e-3, 10 keV)": point(MUON, ["SecretVector", 1e-3, "10 keV"]),
    "pseudoscalar (1e-5)": point(MUON, ["SecretPseudoscalar", 1e-5]),
    "resonant, dm2 = -1 eV^2": point({"dm2_41": "-1 eV2", "Umu4_sq": 1e-5}, signs="same"),
    "resonant, dm2 = 1e-4 eV^2": point({"dm2_41": "1e-4 eV2", "Ue4_sq": 0.01}, signs="same"),
}
SCRIPT = "from boltzmann.cli import console; console()"  # the command sterile
COMMAND = ("-c", SCRIPT, "solve", "--dm2-41", "1 eV2", "--ue4-sq", "1e-3")
COLUMNS = {  # of the table: the number's name, its form
    "CPU [s]": ("cpu", ".3f"),
    "steps": ("steps", ".0f"),
    "rejected": ("rejected", ".0f"),
    "memory [MB]": ("memory", ".0f"),
    "N_eff": ("N_eff", ".5f"),
}
LONGEST = 100  # characters of an error in the table; the file has all


class BenchmarkError(Exception):
    """A version cannot be measured at all."""


class Tree(NamedTuple):
    """A version: its name in tables, its checkout, and where it keeps compiled kernels."""

    name: str
    folder: Path
    cache: Path

    def start(self, *arguments: str | Path, **streams: Any) -> subprocess.Popen[str]:
        """Start Python with the package of this version, on one thread for linear algebra.

        Python may keep its bytecode, as it does for who installs the package: without, each process takes 0.2 s more.
        """
        ours = {"PYTHONPATH": str(self.folder), "STERILE_CACHE_DIR": str(self.cache), "OMP_NUM_THREADS": "1"}
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | ours
        # the folder, because python -m looks for the package there first
        streams |= {"cwd": self.folder, "env": environment, "text": True}
        return subprocess.Popen([sys.executable, *arguments], **streams)


def finish(process: subprocess.Popen[str]) -> Numbers:
    """Wait for a process; return its CPU time, user + system, and its peak memory."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        return {"error": f"exit code {process.returncode}"}
    return {"cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024}


class Worker:
    """A process that solves points with the package of one version until it is closed."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._process = tree.start(WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def check(self) -> None:
        """Raise BenchmarkError unless the package is that of the tree."""
        package = Path(self._read()["package"])
        if not package.is_relative_to(self.tree.folder):
            raise BenchmarkError(f"{self.tree.name}: Python imports {package}, not the package in {self.tree.folder}")

    def ask(self, request: dict[str, Any]) -> Numbers:
        """Return the answer to a request. Raises BenchmarkError if the process has ended."""
        with suppress(BrokenPipeError):  # it has ended, as reading will find
            print(json.dumps(request), file=self._process.stdin, flush=True)
        return self._read()

    def _read(self) -> Numbers:
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        end = finish(self._process).get("error", "no error")
        raise BenchmarkError(f"{self.tree.name}: the process that solves ended ({end}); what it said is above")

    def close(self) -> Numbers:
        """Let the process end by itself; return its CPU time and memory."""
        self._process.stdin.close()
        return finish(self._process)

    def stop(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):  # from a request that was not read
                stream.close()


@contextmanager
def working(tree: Tree) -> Iterator[Worker]:
    """Start a worker and end it."""
    worker = Worker(tree)
    try:
        worker.check()
        yield worker
    finally:
        worker.stop()


def git(*arguments: str | Path) -> str:
    """Return what git prints. Raises BenchmarkError if it refuses."""
    done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"git {arguments[0]}: {done.stderr.strip() or f'exit code {done.returncode}'}")
    return done.stdout.strip()


def resolved(commit: str) -> str:
    """Return the short hash of a commit. Raises BenchmarkError if there is none."""
    try:
        return git("rev-parse", "--short", "--verify", "--end-of-options", f"{commit}^{{commit}}")
    except BenchmarkError as error:
        raise BenchmarkError(f"--against {commit} is no commit of {ROOT}; give a hash, branch or tag") from error


@contextmanager
def checked_out(commit: str) -> Iterator[Tree]:
    """Check a commit out, always at the same place, which compiled kernels depend on; remove it afterwards."""
    name, place = resolved(commit), cache.folder("benchmark") / "commit"
    folder = place / "tree"
    if folder.exists():
        raise BenchmarkError(
            f"{folder} is there: another benchmark runs with this cache folder, or was killed; if so, remove it by "
            f"git worktree remove --force {folder}"
        )
    try:
        git("worktree", "add", "--detach", folder, name)
        yield Tree(name, folder, place / "cache")
    finally:
        if folder.exists():
            git("worktree", "remove", "--force", folder)


@contextmanager
def versions(commit: str | None) -> Iterator[list[Tree]]:
    """Provide the trees to measure: this checkout, and a commit if it is given."""
    here = Tree("checkout", ROOT, cache.folder("benchmark") / "checkout")
    if commit is None:
        yield [here]
        return
    with checked_out(commit) as other:
        yield [here, other]


def interleaved(asks: Sequence[Ask], repeat: int) -> list[list[Numbers]]:
    """Return the answers of each version; versions take turns, and the first turn does not count."""
    turns = [[ask() for ask in asks] for _ in range(repeat + 1)]
    return [list(answers) for answers in zip(*turns[1:], strict=True)]


def once(asks: Sequence[Ask]) -> list[list[Numbers]]:
    """Return one answer of each version."""
    return [[ask()] for ask in asks]


def run_command(tree: Tree) -> Numbers:
    """Return the cost of ``sterile solve`` as a process."""
    return finish(tree.start(*COMMAND, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


def first_call(tree: Tree) -> Numbers:
    """Return the cost of a process that solves one point with an empty cache folder."""
    with tempfile.TemporaryDirectory() as empty, working(tree._replace(cache=Path(empty))) as worker:
        answer = worker.ask(POINTS["3+1"])
        return answer if "error" in answer else answer | worker.close()


def medians(answers: list[Numbers]) -> Numbers:
    """Return the medians of all numbers, or the first error."""
    for answer in answers:
        if "error" in answer:
            return answer
    return {name: statistics.median(answer[name] for answer in answers) for name in answers[0]}


def record(name: str, answers: list[list[Numbers]]) -> dict[str, Any]:
    """Return a row: medians of every version, and the first against the second where both have numbers."""
    found = [medians(each) for each in answers]
    row: dict[str, Any] = {"row": name, "versions": found}
    if len(found) == 2 and not any("error" in numbers for numbers in found):
        ratios = [ours["cpu"] / theirs["cpu"] for ours, theirs in zip(*answers, strict=True)]
        row |= {"ratio": statistics.median(ratios), "lowest": min(ratios), "highest": max(ratios)}
        if "N_eff" in found[0]:
            row["N_eff difference"] = found[0]["N_eff"] - found[1]["N_eff"]
    return row


def measure(trees: list[Tree], workers: list[Worker], arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield the rows that are asked for."""

    def asks(request: dict[str, Any]) -> list[Ask]:
        return [partial(worker.ask, request) for worker in workers]

    for name in arguments.points:
        yield record(name, interleaved(asks(POINTS[name]), arguments.repeat))
    if arguments.process:
        answers = interleaved([partial(run_command, tree) for tree in trees], arguments.repeat)
        yield record("warm sterile solve, as a process", answers)
    if arguments.first_call:
        yield record("first call ever (3+1), once", once([partial(first_call, tree) for tree in trees]))
    if arguments.grid:
        name = f"{arguments.grid} x {arguments.grid} grid, two threads, once"
        yield record(name, once(asks({"grid": arguments.grid})))


def entry(numbers: Numbers, key: str, form: str) -> str:
    """Return a number of one version; where the time should be, the error instead."""
    if key == "cpu" and "error" in numbers:
        return " ".join(numbers["error"].split())[:LONGEST].replace("|", "\\|")
    return format(numbers[key], form) if key in numbers else "-"


def cell(found: list[Numbers], key: str, form: str) -> str:
    """Return the numbers of all versions, A / B; nothing if none has them."""
    entries = [entry(numbers, key, form) for numbers in found]
    return " / ".join(entries) if set(entries) != {"-"} else ""


def line(row: dict[str, Any]) -> str:
    """Return a row of the Markdown table."""
    cells = [row["row"], *(cell(row["versions"], *column) for column in COLUMNS.values())]
    if len(row["versions"]) == 2:
        cells.insert(2, "{ratio:.2f} ({lowest:.2f} to {highest:.2f})".format(**row) if "ratio" in row else "")
        cells.append(f"{row['N_eff difference']:+.1e}" if "N_eff difference" in row else "")
    return f"| {' | '.join(cells)} |"


def table(trees: Sequence[str], rows: list[dict[str, Any]]) -> str:
    """Return the Markdown table of all rows."""
    head = ["", *COLUMNS]
    if len(trees) == 2:
        head[2:] = ["ratio", *head[2:], "difference"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *map(line, rows)]
    return "\n".join([f"Versions: {' / '.join(trees)}", "", *lines])


def report(trees: Sequence[str], rows: list[dict[str, Any]], arguments: argparse.Namespace) -> None:
    """Print the table and write the file."""
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    print(f"{table(trees, rows)}\n\nMedians of {arguments.repeat}; {machine}.")
    if arguments.output:
        content = {"versions": list(trees), "repeat": arguments.repeat, "machine": machine, "rows": rows}
        files.write_text(arguments.output, json.dumps(content, indent=1) + "\n")


def above(least: int) -> Callable[[str], int]:
    """Return a converter to integers of at least ``least``."""

    def integer(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is not allowed; give an integer of at least {least}")
        return int(text)

    return integer


def chosen(names: list[str]) -> list[str]:
    """Return the points of these names, or whose names contain them. Raises BenchmarkError if there are none."""
    for name in names:
        if not any(name in each for each in POINTS):
            raise BenchmarkError(f"--points {name} is no point; choose from {'; '.join(POINTS)}")
    return [each for each in POINTS if any(name == each or (name not in POINTS and name in each) for name in names)]


def parsed() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", metavar="COMMIT", help="hash, branch or tag")
    parser.add_argument(
        "--points", nargs="*", metavar="NAME", default=list(POINTS), help="default: all; without NAME: none"
    )
    parser.add_argument("--repeat", type=above(1), default=5, metavar="N", help="turns that count; default 5")
    parser.add_argument("--process", action="store_true", help="sterile solve as a process, with its memory")
    parser.add_argument("--first-call", action="store_true", help="with an empty cache: compiles, 25 to 40 CPU s each")
    parser.add_argument("--grid", type=above(2), metavar="N", help="scan N x N points (N < 13: more error estimates)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="JSON file of the rows")
    return parser.parse_args()


def main() -> int:
    """Measure and report."""
    arguments = parsed()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it, too, removes the checked out commit
    try:
        arguments.points = chosen(arguments.points)
        with ExitStack() as stack:
            trees = stack.enter_context(versions(arguments.against))
            workers = [stack.enter_context(working(tree)) for tree in trees]
            total = len(arguments.points) + arguments.process + arguments.first_call + bool(arguments.grid)
            with progress.bar(iterable=measure(trees, workers, arguments), total=total, unit="row") as bar:
                rows = list(bar)
        report([tree.name for tree in trees], rows, arguments)
    except (BenchmarkError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted; nothing is left behind.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
