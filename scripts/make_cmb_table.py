"""Compute the tables of data/cmb/ from the public files of Planck and ACT: 1 to 2 hours on two cores.

    python scripts/make_cmb_table.py --data FOLDER --output FOLDER [--workers 2]

FOLDER has planck2018_plik_lite/, planck2018_lensing/ (see boltzmann/cmb/planck.py) and the data of ACT DR6: the folder
ACT_DR6_CMB_only_v0/ or the wheel of candl 1.8.2 (see boltzmann/cmb/act.py). A run that was stopped goes on where it
was. --held-out N also refits N points between the nodes, to be compared with the interpolation. First
comes the response to helium at the best fits of the table that is shipped (helium.ecsv, 84 runs), alone with --helium.
"""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from boltzmann.cli.script import script
from boltzmann.cmb import helium_runs, nodes, tables, tabulate


def compute(arguments: argparse.Namespace) -> tabulate.Plan:
    """Compute what is missing and return what is known of all nodes."""
    todo = [*nodes.everything(), *nodes.held_out(arguments.held_out)]
    plans = tabulate.run(todo, arguments.output / "runs.jsonl", arguments.data, arguments.workers)
    with tqdm(total=len(todo), unit="node") as bar:
        for plan in plans:
            bar.n = len(plan.estimates)
            bar.refresh()
    return plan


def respond(arguments: argparse.Namespace) -> None:
    """Compute what is missing of the response to helium, from the best fits of the shipped table, and write it."""
    store, todo = arguments.output / "helium.jsonl", 2 * len(helium_runs.helium_nodes())
    with tqdm(total=todo, unit="run") as bar:
        for known in helium_runs.run(store, arguments.data, arguments.workers):
            bar.n = len(known)
            bar.refresh()
    helium_runs.write(known, arguments.output / "helium.ecsv", tables.provenance(arguments.data))


@script
def main() -> None:
    """Compute and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", "--planck-data", required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--held-out", type=int, default=32)
    parser.add_argument("--helium", action="store_true", help="the response to helium alone, 84 runs")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    respond(arguments)
    if not arguments.helium:
        tables.write_all(compute(arguments), arguments.output, arguments.data)


if __name__ == "__main__":
    sys.exit(main())
