"""N_eff and recoupling of a secret vector interaction in the plane of coupling and mass: results file and figure.

    python scripts/secret_plane.py --output secret-plane [--points 60] [--processes 2] [--draw-only]

Stopped runs go on where they were. Points that failed are kept with their status in results.jsonl; remove their lines
to try again.
"""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from boltzmann import ParameterError
from boltzmann.comparison.secret_plane import Plane, compute, latest_recoupling, table
from boltzmann.comparison.secret_plots import plane_figure

REGION = {"e_s": (1e-6, 0.1), "mass": (1e-2, 100.0)}  # of the claim "no recoupling below 0.1 MeV"


def solve_plane(plane: Plane, file: Path, processes: int) -> None:
    """Solve what is missing, with a bar on stderr."""
    with tqdm(total=plane.points**2, unit="point") as bar:
        compute(plane, file, processes, lambda done, _: bar.update(done - bar.n))


def report(file: Path) -> None:
    """Print what failed, and how late recoupling is in the region of the claim."""
    results = table(file)
    late = latest_recoupling(results, **REGION)
    print(f"{results.failed.size} points, {results.failed.sum()} failed")
    print(
        f"lowest recoupling temperature for e_s 1e-6 to 0.1, M 10 keV to 100 MeV: {late.temperature:.3f} MeV at "
        f"e_s = {late.e_s:.2g}, M = {late.mass:.3g} MeV; {late.below} of {late.points} points below 0.1 MeV; "
        f"largest share of the energy received below 0.1 MeV: {late.share:.1%}"
    )


def main() -> int:
    """Compute, draw, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--points", type=int, default=60)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--draw-only", action="store_true", help="draw the figure from results.jsonl as it is")
    arguments = parser.parse_args()
    file = arguments.output / "results.jsonl"
    try:
        if not arguments.draw_only:
            solve_plane(Plane(arguments.points), file, arguments.processes)
        figure = plane_figure(table(file), REGION)
    except (ParameterError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"Stopped; the same command goes on from {file}", file=sys.stderr)
        return 130
    for suffix in ("png", "pdf"):
        figure.savefig(arguments.output / f"plane.{suffix}", dpi=300)
    report(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
