"""Compute data/lab/prospect2021_{projected,response}.ecsv from a copy of PROSPECT's release.

    python scripts/make_prospect_signal.py PROSPECT [--output data/lab]

PROSPECT holds the ancillary files of arXiv:2006.11210, unpacked or in prospect_release.tar.gz.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import boltzmann
from boltzmann import ParameterError
from boltzmann.lab.prospect_release import release
from boltzmann.lab.prospect_signal import project
from boltzmann.units import write_table


def main() -> int:
    """Read, compute, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prospect", type=Path)
    parser.add_argument("--output", type=Path, default=Path("data/lab"))
    arguments = parser.parse_args()
    try:
        own = project(release(arguments.prospect))
    except ParameterError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    modes = {f"mode_{i}": np.round(mode, 2) for i, mode in enumerate(own.modes)}
    scaled = np.rint(1e5 * own.weights).astype(int)
    meta = {
        "source": "computed from ancillary files of arXiv:2006.11210",
        "script": f"scripts/make_prospect_signal.py of sterile-boltzmann {boltzmann.__version__}",
    }
    tables = {
        "projected": {"events": np.array([float(f"{value:.6g}") for value in own.events]), **modes},
        "response": {f"x={node:.6g}": column for node, column in zip(own.nodes, scaled.T, strict=True)},
    }
    for name, table in tables.items():
        write_table(arguments.output / f"prospect2021_{name}.ecsv", table, {}, meta)
    return 0


if __name__ == "__main__":
    sys.exit(main())
