"""How good the embedded CMB table is: interpolation against refits, and limits against published ones.

python scripts/cmb_accuracy.py                         # the table alone: limits, and the held-out refits
python scripts/cmb_accuracy.py --planck-data FOLDER    # and refits of solutions, with and without secret interactions
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from boltzmann import Mixing, Options, ParameterError, ecsv, solve
from boltzmann.cmb import delta_chi2, likelihood, planck_lite, refit, summarise
from boltzmann.cmb.limits import massless_N_eff, sterile_limits
from boltzmann.potentials import SecretVector

MIXED = Mixing(dm2_41="1 eV2", theta_24="0.1 rad")
SOLUTIONS = {
    "1.3 eV2, |U_e4|^2 = 0.01": (Mixing(dm2_41="1.3 eV2", Ue4_sq=0.01), None),
    "1 eV2, |U_e4|^2 = 1e-4": (Mixing(dm2_41="1 eV2", Ue4_sq=1e-4), None),
    "0.1 eV2, |U_e4|^2 = 1e-3": (Mixing(dm2_41="0.1 eV2", Ue4_sq=1e-3), None),
    "e_s = 0.1, M = 10 MeV": (MIXED, SecretVector(coupling=1e-1, mediator_mass="10 MeV")),
    "e_s = 0.01, M = 10 MeV": (MIXED, SecretVector(coupling=1e-2, mediator_mass="10 MeV")),
    "e_s = 1e-3, M = 1 MeV": (MIXED, SecretVector(coupling=1e-3, mediator_mass="1 MeV")),
    "e_s = 1e-3, M = 100 MeV": (MIXED, SecretVector(coupling=1e-3, mediator_mass="100 MeV")),
    "0.1 eV2, e_s = 0.1, M = 10 MeV": (
        Mixing(dm2_41="0.1 eV2", theta_24="0.1 rad"),
        SecretVector(coupling=1e-1, mediator_mass="10 MeV"),
    ),
}


def print_limits() -> None:
    """Print limits beside those of Planck 2018."""
    for data in likelihood.DATA:
        mean, sigma = massless_N_eff(data)
        limits = sterile_limits(data)
        print(
            f"{data}: massless N_eff = {mean:.3f} +- {sigma:.3f}; "
            f"N_eff < {limits.N_eff:.3f}, m_eff < {limits.m_eff:.3f} eV (95%)"
        )
    print(
        "published (arXiv:1807.06209): 2.89 +0.36 -0.38 (95%, table 4); N_eff < 3.29, m_eff < 0.65 eV (95%, with BAO)"
    )


def print_held_out() -> None:
    """Print how far the interpolation is from refits that are not in the table."""
    rows = ecsv.rows("cmb/profile_held_out.ecsv")
    for data in likelihood.DATA:
        columns = (*likelihood.NODE, f"chi2 {data}")
        total, mass, own, chi2 = np.array([[float(row[name]) for name in columns] for row in rows]).T
        exact = chi2 - likelihood.table(data).reference
        error = delta_chi2(total, mass, data, own) - exact
        for low, high in ((-1, 10), (10, 30), (30, 100), (100, 2000)):
            chosen = (exact >= low) & (exact < high)
            if chosen.any():
                largest = f"{np.abs(error[chosen]).max():.2f}"
                print(f"{data}: {low} < Delta chi^2 < {high}: {chosen.sum()} points, largest error {largest}")


def print_refits(folder: Path) -> None:
    """Print interpolation with two and with three numbers, and the refit, for each solution."""
    planck = planck_lite(folder)
    print("solution | N_eff | m_eff | N_eff of nu_4 | data | two numbers | three numbers | refit | CPU seconds")
    for name, (mixing, secret) in tqdm(SOLUTIONS.items(), disable=None, leave=False):
        solution = solve(mixing, interactions=[secret] if secret else [], options=Options(n_momenta=14, rtol=1e-3))
        numbers = summarise(solution)
        pair = numbers.delta_N_eff, numbers.m_eff
        for data in likelihood.DATA:
            try:
                two = f"{float(delta_chi2(*pair, data)):.2f}"
            except ParameterError:
                two = "refused"
            three = float(delta_chi2(*pair, data, numbers.N_eff_4))
            start = time.process_time()
            exact = refit(solution, planck, data).delta_chi2
            seconds = time.process_time() - start
            print(
                f"{name} | {solution.N_eff:.3f} | {numbers.m_eff:.3f} | {numbers.N_eff_4:.3f} | {data} | {two} | "
                f"{three:.2f} | {exact:.2f} | {seconds:.0f}",
                flush=True,
            )


def main() -> int:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planck-data", type=Path)
    arguments = parser.parse_args()
    print_limits()
    print_held_out()
    try:
        if arguments.planck_data:
            print_refits(arguments.planck_data)
    except (ParameterError, OSError, ImportError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
