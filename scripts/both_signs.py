"""Solve ten points with a secret vector with both signs, and print N_eff, its spread, nu_e at freeze-out and Y_p.

    python scripts/both_signs.py [--momenta 20 28] [--seeds 1] [--abundances] [--secret-alone] [--only K] [--store F]

T_s/T_gamma = 0.465 at the start. Each row: N_eff of nu = nubar, of the seed of baryons, and of half of it with the
other sign; energy of nu_e at 0.7 MeV over that of a neutrino with T_gamma; L_e there; Y_p by primat of both signs. A
run that stops has what is known of N_eff instead. --secret-alone leaves out the odd potential of the weak interaction
among neutrinos, as a two-sign prototype of the project did, to compare with its numbers.
"""

import argparse
import json
import warnings
from pathlib import Path
from time import thread_time
from typing import Any

from boltzmann import Mixing, Options, Solution
from boltzmann.cmb.bbn import abundances
from boltzmann.errors import UnfinishedWarning
from boltzmann.potentials import SecretVector
from boltzmann.solver import settled, signs, tables

MUON = {"dm2_41": "1 eV2", "Umu4_sq": 0.01}
BOTH = {"dm2_41": "1.7 eV2", "Ue4_sq": 0.02, "Umu4_sq": 0.015}
POINTS = [
    *((MUON, e_s, M) for e_s, M in ((0.1, 10), (0.1, 100), (0.1, 300), (0.01, 300), (0.1, 1000), (1e-3, 100))),
    *((BOTH, 0.1, M) for M in (10, 100, 300, 1000)),
]


def leave_out_own() -> None:
    """Leave the neutrinos' own odd potential out of all runs from now on."""
    complete = signs.odd_tables
    tables.odd_tables = lambda *given: complete(*given)._replace(own=0.0)


def helium(solution: Solution) -> tuple[float, float]:
    """Return Y_p of the signs that the run has, and of the opposite ones."""
    return abundances(solution, backend="primat").Y_p, abundances(solution.mirrored, backend="primat").Y_p


def row(index: int, n_momenta: int, seeds: int, with_abundances: bool) -> dict[str, Any]:
    """Solve one point with some momenta."""
    mixing, e_s, M = POINTS[index]
    start, vector = thread_time(), SecretVector(e_s, f"{M} MeV", T_s_over_T=0.465)
    solution = settled(Mixing(**mixing), (vector,), Options(n_momenta=n_momenta), seeds=seeds)
    branch, known = solution.branch, solution.unfollowed
    found = {
        "index": index, "n": n_momenta, "status": solution.status.name, "steps": solution.stats.steps,
        "symmetric": None if branch is None else branch.symmetric,
        "other": None if branch is None else branch.N_eff_other,
        "growth_T": solution.asymmetry_growth.T, "cpu": thread_time() - start,
    }  # fmt: skip
    if not solution.status.ok:
        return found | ({} if known is None else {"T": known.T, "between": [known.lowest, known.highest]})
    found |= {"N_eff": solution.N_eff, "f_e": solution.nu_e_at_freeze_out, "L_e": solution.L_at_freeze_out}
    return found | ({"Y_p": helium(solution)} if with_abundances else {})


def main() -> None:
    """Solve and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--momenta", type=int, nargs="+", default=[20, 28])
    parser.add_argument("--seeds", type=int, choices=(1, 2), default=2)
    parser.add_argument("--abundances", action="store_true", help="Y_p by primat, of the first number of momenta")
    parser.add_argument("--secret-alone", action="store_true", help="without the weak odd potential of neutrinos")
    parser.add_argument("--only", type=int, nargs="+", default=list(range(len(POINTS))), help="rows, from 0")
    parser.add_argument("--store", type=Path, help="file that rows are appended to")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", UnfinishedWarning)
    if arguments.secret_alone:
        leave_out_own()
    for index in arguments.only:
        for n_momenta in arguments.momenta:
            found = row(index, n_momenta, arguments.seeds, arguments.abundances and n_momenta == arguments.momenta[0])
            print(POINTS[index], json.dumps(found), flush=True)
            if arguments.store is not None:
                with arguments.store.open("a") as file:
                    file.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
