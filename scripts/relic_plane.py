"""N_eff, CMB and primordial abundances of relics of MeV mass: a plane and its figure.

    python scripts/relic_plane.py --output relic-plane --plane lifetime --channels "nu_mu gamma" [--points 40]
    python scripts/relic_plane.py --output mixing --plane mixing-e
    python scripts/relic_plane.py --output species --plane species      particles in equilibrium, by mass and species
    python scripts/relic_plane.py --output figures --shipped            the figures of all scans in data/scans

The same command goes on where it was stopped: points are records in OUTPUT/store. Writes plane.png/.pdf/.txt, plane.nc.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boltzmann.cli.script import script
from boltzmann.comparison import relic_planes, scans, species_planes
from boltzmann.comparison.relic_planes import KINDS, SHIPPED
from boltzmann.comparison.species_planes import BATHS, NAME
from boltzmann.figures.output import prepare, save_figure
from boltzmann.figures.relics import relic_figure
from boltzmann.figures.species import species_figure

if TYPE_CHECKING:
    import xarray as xr

ALL_SPECIES = "species"


def drawn(data: "xr.Dataset", kind: str, stem: Path) -> None:
    """Draw a plane."""
    if kind == ALL_SPECIES:
        baths = [species_planes.figure_data(data, bath) for bath in BATHS]
        save_figure(species_figure(baths), stem, species_planes.caption(data))
        for (bath, species), (cmb, abundances) in species_planes.bounds(data).items():
            print(f"{species} coupled to {bath}: m > {cmb:.2f} MeV (CMB), {abundances:.2f} MeV (Y_p and D/H), 2 sigma")
        return
    figure = relic_figure(relic_planes.figure_data(data, kind))
    save_figure(figure, stem, relic_planes.caption(data, kind))


def computed(arguments: argparse.Namespace) -> "xr.Dataset":
    """Return a plane, computed or read from its store."""
    kind, points = arguments.plane, arguments.points
    running: dict[str, Any] = {"store": arguments.output / "store", "workers": arguments.workers}
    if kind == ALL_SPECIES:
        return species_planes.compute(points, **running)
    data = relic_planes.compute(kind, points, arguments.channels, arguments.statistics, **running)
    print(f"{data.status.size} points, {int((data.status != 0).sum())} without numbers")
    return relic_planes.kept(data, kind)


@script
def main() -> None:
    """Compute or load, draw, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--plane", choices=[*KINDS, ALL_SPECIES], default="lifetime")
    parser.add_argument("--channels", help="of the plane of lifetimes, default 'nu nu'")
    parser.add_argument("--statistics", choices=("boson", "fermion"), default="boson", help="of planes over g")
    parser.add_argument("--points", type=int, default=40, help="masses, and as many values of the second axis")
    parser.add_argument("--workers", type=int, help="points at a time, default all cores")
    parser.add_argument("--shipped", action="store_true", help="draw the scans that are shipped instead")
    arguments = parser.parse_args()
    prepare(arguments.output)
    if arguments.shipped:
        for kind, name in {**SHIPPED, ALL_SPECIES: NAME}.items():
            drawn(scans.load(name), kind, arguments.output / name)
        return
    data = computed(arguments)
    scans.write(data, arguments.output / "plane.nc")
    drawn(data, arguments.plane, arguments.output / "plane")
    print(f"figure {arguments.output / 'plane.png'}")


if __name__ == "__main__":
    sys.exit(main())
