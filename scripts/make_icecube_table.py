"""Compute data/lab/icecube8yr.ecsv, our readings of the likelihood released with IceCube's eight-year search.

    python scripts/make_icecube_table.py FOLDER [--output data/lab]

FOLDER holds 2DLLHValues.txt of the data release.
"""

import argparse
import hashlib
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np

import boltzmann
from boltzmann.cli.script import script
from boltzmann.lab.icecube_release import LEVELS, Line, release, summarise
from boltzmann.units import Quantity, write_table

DESCRIPTIONS = {
    "dm2_41": "m_4^2 - m_1^2",
    "delta_null": "-2 ln L without mixing minus that of the best fit",
    "delta_best": "the smallest at this dm2_41",
    "s_fall": "sin^2 2theta_mumu where Delta has fallen half-way from null to best; 0 if there is no dip",
    "s_best": "where it is smallest; 0 if there is no dip",
    "s_rise": "where it has risen half-way from best to null; 0 if there is no dip",
    "s_null": "where it is again that without mixing; 0 if there is no dip",
    **{name: f"upper limit, Delta = {level}; nan if larger than 1" for name, level in LEVELS.items()},
    "delta_end": "Delta at sin^2 2theta_mumu = 1",
}


@script
def main() -> None:
    """Read, compute, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--output", type=Path, default=Path("data/lab"))
    arguments = parser.parse_args()
    lines = summarise(release(arguments.folder))
    digest = hashlib.sha256((arguments.folder / "2DLLHValues.txt").read_bytes()).hexdigest()
    columns = {field.name: [float(f"{getattr(line, field.name):.5g}") for line in lines] for field in fields(Line)}
    write_table(
        arguments.output / "icecube8yr.ecsv",
        {**columns, "dm2_41": Quantity(np.array(columns["dm2_41"]), "eV2")},
        DESCRIPTIONS,
        {
            "source": "read off the data release of arXiv:2005.12942 by sterile-boltzmann; no file of IceCube",
            "script": f"scripts/make_icecube_table.py of sterile-boltzmann {boltzmann.__version__}",
            "sha256 of 2DLLHValues.txt": digest,
        },
    )


if __name__ == "__main__":
    sys.exit(main())
