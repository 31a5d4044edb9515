"""Solve points with both signs while n_s - nbar_s is averaged over other times, and print what hangs on it.

    python scripts/odd_lag.py [--only K ...] [--averaging 1e5 1e8] [--momenta 20 28]

Points are those of `scripts/both_signs.py`, the last one by default. ``--averaging`` is AVERAGING[0] of
`boltzmann.kinetics.odd` in 1/e-folds: the equations have no average, so that large values are what they mean. Each row:
N_eff, energies of nu_e and nu_s at some T over that of a neutrino with T_gamma, and collapses: T where nu_s gain more
than 0.02 within 0.3% of T.
"""

import argparse
import json
from typing import Any

import numpy as np
from both_signs import POINTS

from boltzmann import Mixing, Options, Solution
from boltzmann.kinetics import evolution, odd, odd_jacobian
from boltzmann.potentials import SecretVector
from boltzmann.solver import integrate
from boltzmann.solver.branch import SEEDS

TIMES = 2.0, 1.5, 1.3, 1.1, 0.9, 0.7  # MeV
STEPS = 8000


def collapses(solution: Solution, sterile: Any) -> list[float]:
    """Return T [MeV] of collapses."""
    T, found = solution.T.value, []
    for i in range(T.size):
        j = min(int(np.searchsorted(-T, -T[i] * 0.997)), T.size - 1)
        if T[i] < 20.0 and sterile[j] - sterile[i] > 0.02 and (not found or T[i] < 0.997 * found[-1]):
            found.append(float(T[i]))
    return [round(value, 3) for value in found]


def row(index: int, n_momenta: int, averaging: float) -> dict[str, Any]:
    """Solve one point, from the seed of baryons."""
    odd.AVERAGING = odd_jacobian.AVERAGING = averaging, averaging
    evolution.PATIENCE = STEPS
    mixing, e_s, M = POINTS[index]
    vector = (SecretVector(e_s, f"{M} MeV", T_s_over_T=0.465),)
    solution = integrate(Mixing(**mixing), vector, Options(n_momenta=n_momenta, max_steps=STEPS), None, SEEDS[0])
    energies = {state: solution.energy_density(state) / solution.z**4 for state in ("e", "s")}
    times = [T for T in TIMES if solution.T.value[-1] < T]
    return {
        "index": index, "n": n_momenta, "averaging": averaging, "status": solution.status.name,
        "steps": solution.stats.steps, "N_eff": round(solution.N_eff, 4) if solution.status.ok else None,
        "T": times, "collapses": collapses(solution, energies["s"]),
    } | {state: [round(solution.at(T, energies[state]), 3) for T in times] for state in energies}  # fmt: skip


def main() -> None:
    """Solve and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=int, nargs="+", default=[len(POINTS) - 1], help="rows, from 0")
    parser.add_argument("--averaging", type=float, nargs="+", default=[1e5, 1e8])
    parser.add_argument("--momenta", type=int, nargs="+", default=[20])
    arguments = parser.parse_args()
    for index in arguments.only:
        for averaging in arguments.averaging:
            for n_momenta in arguments.momenta:
                print(json.dumps(row(index, n_momenta, averaging)), flush=True)


if __name__ == "__main__":
    main()
