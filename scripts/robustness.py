"""Solve random 3+1 points and report what failed, was slow, or broke positivity or energy conservation.

    python scripts/robustness.py [--points 500] [--seed 2026]

Log-uniform |dm2_41| in 1e-5..1e2 eV^2 of either sign, each |U_a4|^2 log-uniform in 1e-8..0.3 with sum at most 1.
"""

import argparse
import sys
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from boltzmann import Mixing, Solution, solve


class Row(NamedTuple):
    """What is kept of one point."""

    seconds: float
    steps: int
    lowest_eigenvalue: float
    highest_eigenvalue: float
    drift: float
    status: str
    mixing: str


def draw(rng: np.random.Generator) -> Mixing:
    """Return one random point."""
    dm2 = 10.0 ** rng.uniform(-5, 2) * rng.choice([-1, 1])
    elements = np.ones(3)
    while elements.sum() > 1.0:
        elements = 10.0 ** rng.uniform(-8, np.log10(0.3), 3)
    return Mixing(f"{float(dm2)!r} eV2", *map(float, elements))


def measure(solution: Solution) -> Row:
    """Return cost and violations of a solution; eigenvalues of rho must lie in [0, 1]."""
    eigenvalues, stats = np.linalg.eigvalsh(solution.rho), solution.stats
    extremes = float(eigenvalues.min()), float(eigenvalues.max())
    return Row(
        stats.cpu_seconds, stats.steps, *extremes, stats.energy_drift, solution.status.name, repr(solution.mixing)
    )


def main() -> int:
    """Run and print; the exit code is 1 if a point failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--seed", type=int, default=2026)
    arguments = parser.parse_args()
    solve(Mixing("1 eV2", Ue4_sq=1e-3))  # kernels compiled or loaded before the first time is taken
    rng = np.random.default_rng(arguments.seed)
    rows = [measure(solve(draw(rng))) for _ in tqdm(range(arguments.points), unit="point")]
    seconds = np.array([row.seconds for row in rows])
    failed = [row for row in rows if row.status != "SUCCESS"]
    print(f"points {len(rows)}, failed {len(failed)}")
    quantiles = ", ".join(f"{np.quantile(seconds, q):.3f}" for q in (0.5, 0.9, 1.0))
    print(f"CPU seconds: median, 90%, largest {quantiles}")
    lowest, highest = min(row.lowest_eigenvalue for row in rows), max(row.highest_eigenvalue for row in rows)
    print(f"eigenvalues of rho: {lowest:.1e} to {highest:.4f}")
    print(f"largest relative energy drift {max(row.drift for row in rows):.1e}; failures and the slowest points:")
    for row in failed + sorted(rows, reverse=True)[:5]:
        print(f"  {row.seconds:.2f} s, {row.steps} steps, {row.status}: {row.mixing}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
