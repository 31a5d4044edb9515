"""N_eff and recoupling of a secret vector interaction in the plane of coupling and mass: a scan and its figure.

    python scripts/secret_plane.py --output secret-plane [--points 60] [--workers 2]

The same command goes on where it was stopped: points are records in OUTPUT/store. Writes plane.png/.pdf/.txt, plane.nc.
"""

import argparse
import sys
from pathlib import Path

from boltzmann.cli.script import script
from boltzmann.comparison.recoupling import caption, compute, figure_data, latest
from boltzmann.figures.output import prepare, save_figure
from boltzmann.figures.secret import plane_figure
from boltzmann.scan import failures, write

REGION = {"e_s": (1e-6, 0.1), "mass": (1e-2, 100.0)}  # of the claim "no recoupling below 0.1 MeV"


@script
def main() -> None:
    """Compute, draw, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--points", type=int, default=60, help="couplings, and as many masses")
    parser.add_argument("--workers", type=int, help="points at a time, default all cores")
    arguments = parser.parse_args()
    output = arguments.output
    prepare(output)
    data = compute(arguments.points, store=output / "store", workers=arguments.workers)
    write(data, output / "plane.nc")
    save_figure(plane_figure(figure_data(data, REGION)), output / "plane", caption(data))
    late = latest(data, REGION)
    print(f"{data.status.size} points, {len(failures(data))} failed")
    print(
        f"lowest recoupling temperature for e_s 1e-6 to 0.1, M 10 keV to 100 MeV: {late.temperature:.3f} MeV at "
        f"e_s = {late.e_s:.2g}, M = {late.mass:.3g} MeV; {late.below} of {late.points} points below 0.1 MeV; "
        f"largest share of the energy received below 0.1 MeV: {late.share:.1%}"
    )


if __name__ == "__main__":
    sys.exit(main())
