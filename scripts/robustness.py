"""Solve random 3+1 points and report what failed, was slow, or broke positivity or energy conservation.

    python scripts/robustness.py [--points 500] [--seed 2026]
    python scripts/robustness.py --errors [--points 200] [--store rows.jsonl]
    python scripts/robustness.py --secret [--points 300] [--converge]
    python scripts/robustness.py --signs [--points 200] [--store rows.jsonl] [--limit 120]

Log-uniform |dm2_41| in 1e-5..1e2 eV^2 of either sign, each |U_a4|^2 log-uniform in 1e-8..0.3 with sum at most 1. With
--secret: a vector with log-uniform e_s 1e-6..0.5 and M 1 keV..1 GeV, T_s/T_gamma uniform in 0..1, dm2_41 0.01..10 eV^2
and one |U_a4|^2 1e-5..0.1. --converge repeats every point at rtol/10 and at 30 momenta and reports the shifts of N_eff.
--errors compares the estimate of the numerical error that scans have (`boltzmann.scan.point.estimate_error`) with the
distance to a run with 40 momenta and a tenth of the tolerance: how often it covers, and by how much.
Both keep nu = nubar. With --signs: |dm2_41| 0.01..10 eV^2 of either sign, with and without such a vector (M from 10
MeV), and neutrinos and antineutrinos apart from L = 1e-10..1e-2 of one flavour; 3000 steps at most.

--store keeps every point in a file, from which a run that was stopped goes on; --limit ends points that take longer (a
whole step of the solver's progress, 50 steps), and calls them OVER_LIMIT.
"""

import argparse
import json
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import thread_time
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from boltzmann import Asymmetry, Mixing, Options, solve
from boltzmann.errors import ValidityWarning
from boltzmann.potentials import SecretVector
from boltzmann.scan.point import estimate_error
from boltzmann.solution import Solution

Point = tuple[Mixing, tuple[SecretVector, ...], Options, Asymmetry | None]
ONE = Options(signs="same")
FINER = (Options(rtol=1e-5, signs="same"), Options(n_momenta=30, signs="same"))
FINEST = Options(n_momenta=40, rtol=3e-5, signs="same")
PATIENT = Options(max_steps=3000)
OVER_LIMIT = "OVER_LIMIT"


class Row(NamedTuple):
    """What is kept of one point."""

    seconds: float
    steps: int
    lowest: float
    highest: float
    within: float  # lowest eigenvalue of rho before the end, as reported
    drift: float
    status: str
    point: str
    N_eff: float
    shifts: tuple[float, ...]


def _elements(values: np.ndarray) -> dict[str, float]:
    """Return |U_a4|^2 under their names."""
    return dict(zip(("Ue4_sq", "Umu4_sq", "Utau4_sq"), map(float, values), strict=True))


def draw(rng: np.random.Generator) -> Point:
    """Return one random point of the Standard Model."""
    dm2 = 10.0 ** rng.uniform(-5, 2) * rng.choice([-1, 1])
    elements = np.ones(3)
    while elements.sum() > 1.0:
        elements = 10.0 ** rng.uniform(-8, np.log10(0.3), 3)
    return Mixing(dm2_41=f"{float(dm2)!r} eV2", **_elements(elements)), (), ONE, None


def draw_secret(rng: np.random.Generator) -> Point:
    """Return one random point with a secret vector interaction."""
    coupling, mass = 10.0 ** rng.uniform(-6, np.log10(0.5)), 10.0 ** rng.uniform(-3, 3)
    elements = np.zeros(3)
    elements[rng.integers(3)] = 10.0 ** rng.uniform(-5, -1)
    secret = SecretVector(float(coupling), f"{float(mass)!r} MeV", T_s_over_T=float(rng.uniform(0, 1)))
    return Mixing(dm2_41=f"{float(10.0 ** rng.uniform(-2, 1))!r} eV2", **_elements(elements)), (secret,), ONE, None


def draw_signs(rng: np.random.Generator) -> Point:
    """Return one random point with an asymmetry, with or without a secret vector."""
    mixing, (secret,), *_ = draw_secret(rng)
    heavy = SecretVector(secret.coupling, f"{float(10.0 ** rng.uniform(1, 3))!r} MeV", T_s_over_T=secret.T_s_over_T)
    dm2 = mixing.dm2_41 * rng.choice([-1, 1])
    L = {str(rng.choice(["e", "mu", "tau"])): float(10.0 ** rng.uniform(-10, -2) * rng.choice([-1, 1]))}
    return replace(mixing, dm2_41=dm2), (heavy,) if rng.integers(2) else (), PATIENT, Asymmetry(L=L)


class OverLimitError(Exception):
    """A point took longer than it may."""


def limited(seconds: float) -> Callable[[float], None]:
    """Return a report of progress that raises `OverLimitError` from then on."""
    end = thread_time() + seconds

    def check(_: float) -> None:
        if thread_time() > end:
            raise OverLimitError

    return check


def shifts_of(solution: Solution, kind: str) -> tuple[float, ...]:
    """Return how far N_eff is from finer runs; of "errors" from the finest, and the estimate of that; of "" nothing."""
    mixing, interactions = solution.mixing, solution.interactions
    if not (kind and solution.status.ok):
        return ()
    finer = FINER if kind == "converge" else (FINEST,)
    moved = tuple(abs(solve(mixing, interactions, options).N_eff - solution.N_eff) for options in finer)
    return moved if kind == "converge" else (*moved, estimate_error(solution))


def measure(point: Point, kind: str = "", limit: float = np.inf) -> Row:
    """Solve and return cost and violations: populations and, at the end, eigenvalues of rho must lie in [0, 1].

    Before the end, too, as they are reported (`boltzmann.solution.coherences`), which is told apart.
    """
    mixing, interactions, options, asymmetry = point
    text, start = " ".join(repr(part) for part in (mixing, interactions, asymmetry) if part), thread_time()
    try:
        solution = solve(mixing, interactions, options, limited(limit), asymmetry)
    except OverLimitError:
        return Row(thread_time() - start, 0, 0.0, 0.0, 0.0, 0.0, OVER_LIMIT, text, np.nan, ())
    populations, eigenvalues = solution.rho.diagonal(axis1=-2, axis2=-1).real, np.linalg.eigvalsh(solution.rho)
    end = eigenvalues[-1]
    extremes = min(populations.min(), end.min()), max(populations.max(), end.max()), eigenvalues.min()
    stats = solution.stats
    seconds, shifts = thread_time() - start, shifts_of(solution, kind)
    N_eff = solution.N_eff if solution.status.ok else np.nan
    row = stats.steps, *map(float, extremes), stats.energy_drift, solution.status.name, text, N_eff, shifts
    return Row(seconds, *row)


def kept(store: Path | None) -> list[Row]:
    """Return the rows of a file: none, if there is no file."""
    lines = store.read_text().splitlines() if store is not None and store.exists() else []
    return [Row(**{**json.loads(line), "shifts": tuple(json.loads(line)["shifts"])}) for line in lines]


def keep(store: Path | None, row: Row) -> Row:
    """Append a row to a file, if there is to be one, and return it."""
    if store is not None:
        with store.open("a") as file:
            file.write(json.dumps(row._asdict()) + "\n")
    return row


def report_shifts(rows: list[Row]) -> None:
    """Print how far finer numerics moved N_eff."""
    for name, shifts in zip(("rtol/10", "30 momenta"), np.array([row.shifts for row in rows]).T, strict=True):
        worst = rows[int(np.argmax(shifts))].point
        print(f"shift by {name}: median {np.median(shifts):.1e}, 95% {np.quantile(shifts, 0.95):.1e}, largest "
              f"{shifts.max():.1e} at {worst}")  # fmt: skip


def report_errors(rows: list[Row]) -> None:
    """Print how often the estimate of the error covers the distance to the finest run, for each sign of dm2_41.

    An estimate whose looser runs fail is none (NaN), and counts as one that does not cover.
    """
    of_sign = {below: [row for row in rows if row.shifts and ("'-" in row.point) == below] for below in (False, True)}
    for below, several in of_sign.items():
        moved, estimated = np.array([row.shifts for row in several]).T
        ratio = moved / estimated
        worst = several[int(np.nanargmax(ratio))].point
        print(f"dm2_41 {'below' if below else 'above'} 0: {np.sum(ratio <= 1.0)} of {moved.size} covered, "
              f"{np.isnan(ratio).sum()} not estimated; ratio median {np.nanmedian(ratio):.2f}, 95% "
              f"{np.nanquantile(ratio, 0.95):.2f}, largest {np.nanmax(ratio):.2f} at {worst}; errors median "
              f"{np.median(moved):.1e}, 95% {np.quantile(moved, 0.95):.1e}, largest {moved.max():.1e}")  # fmt: skip


def main() -> int:
    """Run and print; the exit code is 1 if a point failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--seed", type=int, default=2026)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--secret", action="store_true")
    kind.add_argument("--signs", action="store_true")
    finer = parser.add_mutually_exclusive_group()
    finer.add_argument("--converge", action="store_const", const="converge", default="", dest="finer")
    finer.add_argument("--errors", action="store_const", const="errors", dest="finer")
    parser.add_argument("--store", type=Path, help="file of points that are done")
    parser.add_argument("--limit", type=float, default=np.inf, help="CPU seconds of a point")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ValidityWarning)
    one: Callable[[np.random.Generator], Point]
    one = draw_secret if arguments.secret else draw_signs if arguments.signs else draw
    rng = np.random.default_rng(arguments.seed)
    points = sorted((one(rng) for _ in range(arguments.points)), key=lambda point: len(point[1]))
    rows, kind = kept(arguments.store), -1
    for point in tqdm(points[len(rows) :], unit="point"):
        if len(point[1]) != kind:  # kernels of a kind are compiled or loaded before the first time is taken
            kind = len(point[1])
            measure(point, limit=0.0)
        rows.append(keep(arguments.store, measure(point, arguments.finer, arguments.limit)))
    seconds = np.array([row.seconds for row in rows])
    failed = [row for row in rows if row.status != "SUCCESS"]
    print(f"points {len(rows)}, by status {dict(Counter(row.status for row in rows))}")
    quantiles = ", ".join(f"{np.quantile(seconds, q):.3f}" for q in (0.5, 0.95, 1.0))
    print(f"CPU seconds: median, 95%, largest {quantiles}")
    lowest, highest = min(row.lowest for row in rows), max(row.highest for row in rows)
    print(f"populations, and eigenvalues of rho at the end: {lowest:.1e} to {highest:.4f}; lowest before "
          f"{min(row.within for row in rows):.1e}")  # fmt: skip
    N_eff = [row.N_eff for row in rows if row.status == "SUCCESS"]
    print(f"N_eff of those that ended well: {min(N_eff):.4f} to {max(N_eff):.4f}")
    if arguments.finer:
        (report_shifts if arguments.finer == "converge" else report_errors)(rows)
    print(f"largest relative energy drift {max(row.drift for row in rows):.1e}; failures and the slowest points:")
    for row in failed + sorted(rows, reverse=True)[:5]:
        print(f"  {row.seconds:.2f} s, {row.steps} steps, {row.status}: {row.point}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
