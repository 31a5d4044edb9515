"""Compute the datasets of data/scans, or assemble them again from the store after a change of the CMB tables.

    python scripts/make_scans.py --store STORE [--workers 2] [--output data/scans] [NAME ...]
    python scripts/make_scans.py --store STORE --abundances [NAME ...]
    python scripts/make_scans.py --store STORE --judge [NAME ...]

A scan that was stopped goes on where it was; bbn_* need the package primat and no store. --abundances adds Y_p, D/H and
their chi^2 by primat to the files that are there, at the points that a joint fit can reach (0.7 s of CPU time each).
--judge computes Delta chi^2 of the CMB again from the numbers of the files, after a change of the tables in data/cmb;
planes of relics and asymmetries, which other programs make, get the helium of their Y_p if they have none.
"""

import argparse
import sys
from pathlib import Path

import xarray as xr

from boltzmann.cli.script import script
from boltzmann.comparison.reach import with_abundances
from boltzmann.comparison.scans import (
    ABUNDANCES,
    OTHERS,
    definitions,
    judged_again,
    load,
    make,
    nucleosynthesis,
    write,
)

MADE_ELSEWHERE = tuple(name for name in OTHERS if name != "ways_out")  # whose Y_p has the helium of their points


def made(name: str, arguments: argparse.Namespace) -> xr.Dataset:
    """Return one dataset."""
    scans = definitions()
    if name in ABUNDANCES:
        plane, points = ABUNDANCES[name]
        return nucleosynthesis(scans[plane], points)
    at_work = {"store": arguments.store, "workers": arguments.workers}
    if arguments.abundances:
        return with_abundances(name, load(name), scans[name], **at_work)
    if arguments.judge:
        return judged_again(load(name))
    return make(scans[name], **at_work)


@script
def main() -> None:
    """Make all scans, or those that are named."""
    scans = definitions()
    known = (*scans, *ABUNDANCES)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; default: all")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=Path("data/scans"))
    parser.add_argument("--workers", type=int)
    task = parser.add_mutually_exclusive_group()
    task.add_argument("--abundances", action="store_true")
    task.add_argument("--judge", action="store_true")
    arguments = parser.parse_args()
    allowed = (*scans, *MADE_ELSEWHERE) if arguments.judge else known
    unknown = [name for name in arguments.names if name not in allowed]
    if unknown:
        parser.error(f"{', '.join(unknown)}: choose from {', '.join(allowed)}")
    for name in arguments.names or (scans if arguments.abundances or arguments.judge else known):
        data = made(name, arguments)
        write(data, arguments.output / f"{name}.nc")
        variable = data["chi2_BBN" if "chi2_BBN" in data else "N_eff"]
        print(f"{name}: {int(variable.count())} points", flush=True)


if __name__ == "__main__":
    sys.exit(main())
