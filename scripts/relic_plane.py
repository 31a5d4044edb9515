"""N_eff, CMB and primordial abundances of relics of MeV mass: a plane and its figure.

    python scripts/relic_plane.py --output relic-plane --plane lifetime --channels "nu_mu gamma" [--points 40]
    python scripts/relic_plane.py --output mixing --plane mixing-e
    python scripts/relic_plane.py --output bosons --plane electrophilic

The same command goes on where it was stopped: points are records in OUTPUT/store. Writes plane.png/.pdf/.txt, plane.nc.
"""

import argparse
import sys
from pathlib import Path

from boltzmann.cli.script import script
from boltzmann.comparison.relic_planes import KINDS, caption, compute, figure_data
from boltzmann.figures.output import prepare, save_figure
from boltzmann.figures.relics import relic_figure
from boltzmann.scan import failures, write


@script
def main() -> None:
    """Compute, draw, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--plane", choices=list(KINDS), default="lifetime")
    parser.add_argument("--channels", help="of the plane of lifetimes, default 'nu nu'")
    parser.add_argument("--statistics", choices=("boson", "fermion"), default="boson", help="of thermal relics")
    parser.add_argument("--points", type=int, default=40, help="masses, and as many values of the second axis")
    parser.add_argument("--workers", type=int, help="points at a time, default all cores")
    arguments = parser.parse_args()
    output, kind = arguments.output, arguments.plane
    prepare(output)
    running = {"store": output / "store", "workers": arguments.workers}
    data = compute(kind, arguments.points, arguments.channels, arguments.statistics, **running)
    write(data, output / "plane.nc")
    save_figure(relic_figure(figure_data(data, kind)), output / "plane", caption(data, kind))
    print(f"{data.status.size} points, {len(failures(data))} without numbers; figure {output / 'plane.png'}")


if __name__ == "__main__":
    sys.exit(main())
