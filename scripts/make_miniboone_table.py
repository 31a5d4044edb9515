"""Compute data/lab/miniboone2020.ecsv and miniboone2020_critical.ecsv from a copy of MiniBooNE's 2020 data release.

python scripts/make_miniboone_table.py FOLDER [--output data/lab]
"""

import argparse
import hashlib
import sys
from pathlib import Path

import boltzmann
from boltzmann.cli.script import script
from boltzmann.lab import miniboone_release, miniboone_table
from boltzmann.units import Quantity, write_table


def header(data: miniboone_release.Release) -> dict[str, object]:
    """Return what both files say about their origin."""
    files = sorted([*data.folder.glob("miniboone_*.txt"), *data.folder.glob("cont_*.txt")])
    return {
        "source": "computed by sterile-boltzmann from the data release of arXiv:2006.16883; not a file of MiniBooNE",
        "script": f"scripts/make_miniboone_table.py of sterile-boltzmann {boltzmann.__version__}",
        "sha256 of the release files": {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
    }


@script
def main() -> None:
    """Read, compute, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--output", type=Path, default=Path("data/lab"))
    arguments = parser.parse_args()
    data = miniboone_release.release(arguments.folder)
    table = miniboone_table.build(data)
    critical = miniboone_table.calibrate(data, table)
    best, meta = data.best_fit(), header(data)
    write_table(
        arguments.output / "miniboone2020.ecsv",
        miniboone_table.columns(table),
        miniboone_table.DESCRIPTIONS,
        {**meta, "smallest -2 ln L": round(best.minus_two_ln_L, 4), "its dm2_41, sin2_2theta_mue": best[:2]},
    )
    write_table(
        arguments.output / "miniboone2020_critical.ecsv",
        {
            "cl": [row.cl for row in critical],
            "dm2_41": Quantity([round(row.dm2_41, 4) for row in critical], "eV2"),
            "below": [round(row.below, 3) for row in critical],
            "above": [round(row.above, 3) for row in critical],
        },
        {
            "cl": "official contour",
            "dm2_41": "mean of ln dm2_41 of the contour's points in a range",
            "below": "median Delta(-2 ln L) where sin2_2theta_mue is below its best value at that dm2_41",
            "above": "median Delta(-2 ln L) where it is above",
        },
        {key: meta[key] for key in ("source", "script")},
    )


if __name__ == "__main__":
    sys.exit(main())
