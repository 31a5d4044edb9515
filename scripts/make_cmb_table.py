"""Compute the tables of data/cmb/ from the public Planck files: an hour and a half on two cores.

    python scripts/make_cmb_table.py --planck-data FOLDER --output FOLDER [--workers 2] [--check 12]

FOLDER has planck2018_plik_lite/ and planck2018_lensing/ (see boltzmann/cmb/planck.py). A run that was stopped goes on
where it was. --check N refits N random points between the nodes afterwards and compares them with the interpolation.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from boltzmann.cmb import tabulate
from boltzmann.errors import ParameterError


def derivatives(arguments: argparse.Namespace) -> np.ndarray:
    """Return the derivatives of the residuals, from the folder if they were computed before."""
    file = arguments.output / "jacobian.npy"
    if not file.exists():
        print("derivatives with respect to the parameters of LCDM: 14 CLASS runs", file=sys.stderr)
        np.save(file, tabulate.derivatives(arguments.planck_data, arguments.workers))
    return np.load(file)


def compute(nodes: list[tabulate.Node], name: str, jacobian: np.ndarray, arguments: argparse.Namespace) -> list:
    """Compute what is missing of some nodes and return the records of all."""
    store = arguments.output / name
    done = [record for record in tabulate.read(store) if not record.error]
    with tqdm(total=len(nodes), initial=len(done), desc=name, unit="node") as bar:
        for record in tabulate.run(nodes, store, arguments.planck_data, jacobian, arguments.workers):
            bar.update()
            if record.error:
                tqdm.write(f"{record.node}: {record.error}", file=sys.stderr)
    return list(tabulate.read(store))


def main() -> int:
    """Compute, write, check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planck-data", required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--check", type=int, default=0)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    try:
        jacobian = derivatives(arguments)
        records = compute(tabulate.nodes(), "results.jsonl", jacobian, arguments)
        tabulate.write_profile(records, arguments.output / "profile.ecsv", arguments.planck_data)
        fluids = compute(tabulate.fluid_nodes(), "fluid.jsonl", jacobian, arguments)
        tabulate.write_profile(fluids, arguments.output / "profile_fluid.ecsv", arguments.planck_data)
        tabulate.write_jacobian(jacobian, arguments.output / "lcdm_jacobian.ecsv", arguments.planck_data)
        if arguments.check:
            held_out = compute(tabulate.held_out(arguments.check), "held-out.jsonl", jacobian, arguments)
            file = arguments.output / "profile_held_out.ecsv"
            tabulate.write_profile(held_out, file, arguments.planck_data, scored=False)
    except (ParameterError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; the same command goes on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
