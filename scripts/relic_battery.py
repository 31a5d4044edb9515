"""Solve random relics of MeV mass and report what failed, was slow, or broke energy conservation.

    python scripts/relic_battery.py --output battery [--points 200] [--seed 17]

Leptons of 1 to 500 MeV with lifetimes of 1e-3 to 100 s, abundances from 0.01 of that of relativistic decoupling, T_N/T
of 0.45 to 1, of either kind, and one or two of the open channels; every fifth mixes with one flavour instead. A point
is a line of OUTPUT/points.jsonl, and point k depends on the seed and k alone: the same command goes on where it was
stopped. CPU seconds are those of the run alone, kernels compiled and the tables of its grid made.
"""

import argparse
import json
import sys
import warnings
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from boltzmann import Mixing, solve
from boltzmann.errors import ParameterError, ValidityWarning
from boltzmann.potentials import HeavyNeutralLepton
from boltzmann.relics import channels
from boltzmann.relics.widths import by_mixing
from boltzmann.units import HBAR

Record = dict[str, Any]
SINGLE = ("nu nu", "e+ e-", "gamma gamma", "e pi", "mu pi")
FLAVOURED = ("nu nu", "e+ e-", "pi0", "gamma", "X")
ENDED_WELL = ("SUCCESS", "HEATED")


def _channel(rng: np.random.Generator, mass: float) -> str:
    """Return a channel that is open."""
    of_flavour = [f"nu_{a} {rest}" for a in channels.FLAVOURS for rest in FLAVOURED]
    while True:
        name = str(rng.choice([*SINGLE, *of_flavour]))
        X = float(mass * rng.uniform(0.0, 0.99)) if name.endswith(" X") else 0.0
        if channels.named(name, 1.0, X).threshold < mass:
            return f"{name}({X!r} MeV)" if name.endswith(" X") else name


def draw(rng: np.random.Generator) -> HeavyNeutralLepton:
    """Return a random lepton."""
    mass = float(10 ** rng.uniform(0.0, np.log10(500.0)))
    lifetime = float(10 ** rng.uniform(-3.0, 2.0))
    first, second = _channel(rng, mass), _channel(rng, mass)
    share = float(rng.uniform(0.0, 1.0))
    common: Record = {
        "mass": f"{mass!r} MeV",
        "majorana": bool(rng.integers(2)),
        "abundance": float(10 ** rng.uniform(-2.0, 0.0)),
    }
    flavour, mixes = int(rng.integers(3)), rng.integers(5) == 0
    width_of_one = by_mixing(mass, tuple(np.eye(3)[flavour]), common["majorana"])[0]  # proportional to |U_a4|^2
    if mixes and (needed := float(HBAR / lifetime / width_of_one)) < 1.0:
        lepton = HeavyNeutralLepton(**common, **{f"U{channels.FLAVOURS[flavour]}4_sq": needed})
        with suppress(ParameterError):  # it decouples below 1 MeV
            lepton.relic()
            return lepton
    return HeavyNeutralLepton(
        **common,
        lifetime=f"{lifetime!r} s",
        channels=first if first == second else f"{first}: {share!r}; {second}: {1.0 - share!r}",
        T_N_over_T=float(rng.uniform(0.45, 1.0)),
    )


def measure(relic: HeavyNeutralLepton, grids: set[int]) -> Record:
    """Solve, again if the tables of the grid were made or read for it, and return what is kept."""
    solution = solve(Mixing(), relic)
    if solution.y.size not in grids:
        grids.add(solution.y.size)
        solution = solve(Mixing(), relic)
    populations, stats = np.diagonal(solution.rho, axis1=-2, axis2=-1).real, solution.stats
    return {
        "relic": repr(relic),
        "mass": relic.number("mass"),
        "tau": float(relic.tau.value),
        "status": solution.status.name,
        "N_eff": float(solution.N_eff) if solution.status.ok else None,
        "cpu": stats.cpu_seconds,
        "nodes": int(solution.y.size),
        "steps": stats.steps,
        "rejected": stats.rejected,
        "drift": stats.energy_drift,
        "lowest": float(populations.min()),
        "highest": float(populations.max()),
    }


def read(path: Path) -> list[Record]:
    """Return the records of a file; a last line that was cut off is not one."""
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def report(records: list[Record]) -> int:
    """Print; the exit code is 1 if a point failed."""
    print(f"points {len(records)}, by status {dict(Counter(r['status'] for r in records))}")
    well = [r for r in records if r["status"] == "SUCCESS"]
    for name, chosen in {"ended well": well, "all": records}.items():
        quantiles = ", ".join(f"{np.quantile([r['cpu'] for r in chosen], q):.2f}" for q in (0.5, 0.95, 1.0))
        print(f"CPU seconds ({name}): median, 95%, largest {quantiles}")
    print(f"largest relative energy drift {max(r['drift'] for r in records):.1e}")
    print(f"populations {min(r['lowest'] for r in records):.1e} to {max(r['highest'] for r in records):.4f}")
    failed = [r for r in records if r["status"] not in ENDED_WELL]
    for r in failed + sorted(records, key=lambda r: -r["cpu"])[:5]:
        print(f"  {r['cpu']:.2f} s, {r['nodes']} momenta, {r['steps']} steps, {r['status']}: {r['relic']}")
    return 1 if failed else 0


def main() -> int:
    """Solve what is missing, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seed", type=int, default=17)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ValidityWarning)
    arguments.output.mkdir(parents=True, exist_ok=True)
    path = arguments.output / "points.jsonl"
    records = read(path)
    path.write_text("".join(json.dumps(r) + "\n" for r in records))  # without a line that was cut off
    grids: set[int] = set()
    for k in tqdm(range(len(records), arguments.points), unit="point"):
        records.append(measure(draw(np.random.default_rng([arguments.seed, k])), grids))
        with path.open("a") as file:
            file.write(json.dumps(records[-1]) + "\n")
    return report(records[: arguments.points])


if __name__ == "__main__":
    sys.exit(main())
