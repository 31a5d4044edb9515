"""Compute data/lab/microboone2025_{projected,response}.ecsv from a copy of the release.

    python scripts/make_microboone_signal.py MICROBOONE [--output data/lab]

MICROBOONE holds the five tables that ``scripts/make_surface_tables.py`` names under microboone2025 (CC0).
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import boltzmann
from boltzmann import ParameterError
from boltzmann.lab.microboone_release import NU_E, release
from boltzmann.lab.microboone_signal import project
from boltzmann.units import Quantity, write_table


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.array([float(f"{value:.6g}") for value in values])


def main() -> int:
    """Read, compute, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("microboone", type=Path)
    parser.add_argument("--output", type=Path, default=Path("data/lab"))
    arguments = parser.parse_args()
    try:
        data = release(arguments.microboone)
    except ParameterError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    own = project(data)
    projected = {name: _rounded(getattr(own, name)) for name in ("data", "expected", "shift")}
    projected |= {f"covariance_{i}": _rounded(own.covariance[:, i]) for i in range(NU_E)}
    seen = {f"bin_{i}": _rounded(data.enhancement[i]) for i in range(NU_E)}
    meta = {
        "source": "computed from HEPData 10.17182/hepdata.166435.v1 and 10.17182/hepdata.114862 (CC0)",
        "script": f"scripts/make_microboone_signal.py of sterile-boltzmann {boltzmann.__version__}",
    }
    tables = {"projected": projected, "response": {"E": Quantity(data.E, "MeV"), **seen}}
    for name, table in tables.items():
        write_table(arguments.output / f"microboone2025_{name}.ecsv", table, dict.fromkeys(table, ""), meta)
    return 0


if __name__ == "__main__":
    sys.exit(main())
