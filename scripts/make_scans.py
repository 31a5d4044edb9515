"""Compute the datasets of data/scans, or assemble them again from the store after a change of the CMB tables.

    python scripts/make_scans.py --store STORE [--workers 2] [--output data/scans] [NAME ...]

A scan that was stopped goes on where it was; bbn_* need the package primat and no store.
"""

import argparse
import sys
from pathlib import Path

from boltzmann import ParameterError
from boltzmann.comparison.scans import ABUNDANCES, definitions, make, nucleosynthesis, write


def main() -> int:
    """Make all scans, or those that are named."""
    scans = definitions()
    known = (*scans, *ABUNDANCES)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; default: all")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=Path("data/scans"))
    parser.add_argument("--workers", type=int)
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in known]
    if unknown:
        parser.error(f"{', '.join(unknown)}: choose from {', '.join(known)}")
    try:
        for name in arguments.names or known:
            if name in ABUNDANCES:
                plane, points = ABUNDANCES[name]
                data = nucleosynthesis(scans[plane], points)
            else:
                data = make(scans[name], store=arguments.store, workers=arguments.workers)
            write(data, arguments.output / f"{name}.nc")
            print(f"{name}: {int(next(iter(data.data_vars.values())).count())} points", flush=True)
    except (ParameterError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
