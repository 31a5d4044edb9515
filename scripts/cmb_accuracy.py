"""How good the embedded CMB table is: interpolation against refits, and limits against published ones.

python scripts/cmb_accuracy.py                         # the table alone: limits, held-out refits, secret rates varied
python scripts/cmb_accuracy.py --data FOLDER           # and refits of solutions, with and without secret interactions
python scripts/cmb_accuracy.py --data FOLDER --only pseudoscalar    # those alone whose name has this in it

FOLDER has the public files of Planck and ACT, as for scripts/make_cmb_table.py. A refit to all four combinations of
data is some seven runs of CLASS, of 10 s each. Secret vectors are solved with nu = nubar.
"""

import argparse
import sys
import time
from dataclasses import replace
from functools import partial

import numpy as np
from tqdm import tqdm

from boltzmann import Mixing, Options, ParameterError, ecsv, solve
from boltzmann.cli.script import script
from boltzmann.cmb import delta_chi2, likelihood, refits, summarise, verdict
from boltzmann.cmb.judge import Summary, profile_of
from boltzmann.cmb.limits import massless_N_eff, sterile_limits
from boltzmann.cmb.tabulate import measured
from boltzmann.cmb.thermal import STANDARD_N_EFF
from boltzmann.numerics.processes import pool
from boltzmann.potentials import SecretPseudoscalar, SecretVector

#: N_eff of massless neutrinos and its error from analyses with other likelihoods at low multipoles.
PUBLISHED = {
    "planck2018": "2.89 +0.36 -0.38 (95%, arXiv:1807.06209 table 4)",
    "planck+act+desi": "2.86 +- 0.13 (arXiv:2503.14454, with Planck and ACT lensing and DESI DR1 BAO)",
}
RANGES = ((-5, 10), (10, 30), (30, 100), (100, 2000))  # of Delta chi^2
MIXED = Mixing(dm2_41="1 eV2", theta_24="0.1 rad")
SYMMETRIC = Options(signs="same")
PSEUDOSCALAR = Mixing(dm2_41="1 eV2", Umu4_sq=1e-3)
RATE_FACTORS = (0.5, 1.0, 2.0)  # rates of pseudoscalars and of light vectors are good to a factor of two
SOLUTIONS = {
    "pseudoscalar, g_s = 3e-6, m_phi = 1e-9 eV, flavour": (PSEUDOSCALAR, SecretPseudoscalar(3e-6, "1e-9 eV")),
    "pseudoscalar, g_s = 3e-6, m_phi = 1e-9 eV, mass-diagonal (of another model)": (
        PSEUDOSCALAR,
        SecretPseudoscalar(3e-6, "1e-9 eV", couplings="mass-diagonal"),
    ),
    "1.3 eV2, |U_e4|^2 = 0.01": (Mixing(dm2_41="1.3 eV2", Ue4_sq=0.01), None),
    "1 eV2, |U_e4|^2 = 1e-4": (Mixing(dm2_41="1 eV2", Ue4_sq=1e-4), None),
    "0.1 eV2, |U_e4|^2 = 1e-3": (Mixing(dm2_41="0.1 eV2", Ue4_sq=1e-3), None),
    "three neutrinos": (Mixing(), None),
    "three neutrinos, inverted ordering": (Mixing(ordering="inverted"), None),
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
    """Print limits beside published ones."""
    for data in likelihood.DATA:
        mean, sigma = massless_N_eff(data)
        limits = sterile_limits(data)
        print(
            f"{data}: massless N_eff = {mean:.3f} +- {sigma:.3f}; "
            f"N_eff < {limits.N_eff:.3f}, m_eff < {limits.m_eff:.3f} eV (95%)"
            f"; published massless N_eff: {PUBLISHED.get(data, 'none')}"
        )
    print("published (arXiv:1807.06209 sec. 7.5.3): N_eff < 3.29, m_eff < 0.65 eV (95%, Planck 2018 with older BAO)")


def print_held_out() -> None:
    """Print how far the interpolation is from refits that are not in the table."""
    rows = ecsv.rows("cmb/profile_held_out.ecsv")
    for data in likelihood.DATA:
        columns = (*likelihood.NODE, "sum_m_nu", f"chi2 {data}")
        total, mass, own, active, chi2 = np.array([[float(row[name]) for name in columns] for row in rows]).T
        exact = chi2 - likelihood.table(data).reference
        error = np.abs(delta_chi2(total, mass, data, own, active) - exact)
        for low, high in RANGES:
            for name, kind in (("0.06 eV", active == 0.06), ("other sums", active != 0.06)):
                chosen = (exact >= low) & (exact < high) & kind
                if chosen.any():
                    numbers = f"{chosen.sum()} points, median error {np.median(error[chosen]):.2f}"
                    print(f"{data}, {name}: {low} < Delta chi^2 < {high}: {numbers}, largest {error[chosen].max():.2f}")


def by_table(numbers: Summary, data: str) -> str:
    """Return Delta chi^2 by the table with two and with three numbers; a fluid has a table of its own."""
    found = profile_of(numbers, data)
    three = f"{'>= ' if found.lower_bound else ''}{float(found.delta_chi2):.2f}"
    if numbers.N_eff_colliding > 0.0:
        return f"fluid | {three}"
    try:
        two = f"{float(delta_chi2(numbers.delta_N_eff, numbers.m_eff, data)):.2f}"
    except ParameterError:
        two = "refused"
    return f"{two} | {three}"


def refitted(name: str, folder: str) -> list[str]:
    """Return the table's Delta chi^2 and the refit of one solution for all data."""
    mixing, secret = SOLUTIONS[name]
    solution = solve(mixing, interactions=[secret] if secret else [], options=SYMMETRIC)
    numbers, start = summarise(solution), time.process_time()
    exact = refits(solution, measured(folder))
    seconds, calls = time.process_time() - start, sum(found.calls for found in exact.values())
    states = f"{numbers.m_eff:.3f} | {numbers.N_eff_4:.3f} | {numbers.N_eff_colliding:.3f}"
    first = f"{name} | {STANDARD_N_EFF + numbers.delta_N_eff:.3f} | {states}"
    rows = [f"{first} | {data} | {by_table(numbers, data)} | {exact[data].delta_chi2:.2f}" for data in exact]
    return [*rows, f"{name}: {calls} runs, {seconds:.0f} CPU seconds; {verdict(solution, 'planck2018').sentence}"]


def print_refits(folder: str, workers: int, only: str) -> None:
    """Print interpolation with two and with three numbers, and the refit, for each solution."""
    chosen = [name for name in SOLUTIONS if only in name]
    print("solution | N_eff | m_eff | of nu_4 | of a fluid | data | two numbers | three numbers | refit")
    with pool(workers) as executor:
        found = executor.map(partial(refitted, folder=folder), chosen)
        for lines in tqdm(found, total=len(chosen), disable=None, leave=False):
            print("\n".join(lines), flush=True)


def milliseconds(function, repetitions: int) -> float:
    """Return the CPU time of one call, after one that reads the table."""
    function()
    start = time.process_time()
    for _ in range(repetitions):
        function()
    return 1e3 * (time.process_time() - start) / repetitions


def print_time() -> None:
    """Print how long one evaluation of the table and the verdict on one solution take."""
    print(f"one evaluation of the table: {milliseconds(partial(delta_chi2, 0.3, 0.3, sum_m_nu=0.1), 100):.2f} ms")
    solution = solve(Mixing(dm2_41="1 eV2", Ue4_sq=1e-4))
    print(f"verdict on one solution: {milliseconds(partial(verdict, solution), 20):.1f} ms")


def print_rates() -> None:
    """Print Delta chi^2 of the secret interactions with all secret rates times `RATE_FACTORS`."""
    print(f"Delta chi^2 with secret rates times {', '.join(map(str, RATE_FACTORS))} | {' | '.join(likelihood.DATA)}")
    for name, (mixing, secret) in SOLUTIONS.items():
        if secret is None:
            continue
        rates = (replace(secret, secret_rate_factor=factor) for factor in RATE_FACTORS)
        seen = [summarise(solve(mixing, [each], SYMMETRIC)) for each in rates]
        columns = (", ".join(f"{float(profile_of(n, data).delta_chi2):.1f}" for n in seen) for data in likelihood.DATA)
        print(f"{name} | {' | '.join(columns)}", flush=True)


def print_cold() -> None:
    """Print the verdict on a state that is dark matter for the CMB."""
    print(verdict(solve(Mixing(dm2_41="1e6 eV2", Umu4_sq=2.58e-9)), "planck2018+desi").sentence)


@script
def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", "--planck-data")
    parser.add_argument("--only", default="", help="refit the solutions whose name has this in it, and nothing else")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    if not arguments.only:
        print_limits()
        print_held_out()
        print_time()
        print_cold()
        print_rates()
    if arguments.data:
        print_refits(arguments.data, arguments.workers, arguments.only)


if __name__ == "__main__":
    sys.exit(main())
