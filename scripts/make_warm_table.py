"""Refits of LCDM beside states that are warm matter, data/cmb/warm.ecsv, and the law of boltzmann/cmb/cold.py.

python scripts/make_warm_table.py                           # fits the law to the refits and prints it
python scripts/make_warm_table.py --data FOLDER [--workers 2] # computes the refits first

FOLDER has the public files of Planck and ACT, as for scripts/make_cmb_table.py.
"""

import argparse
import sys
from functools import partial

import numpy as np
from scipy.optimize import least_squares
from tqdm import tqdm

from boltzmann import datasets, ecsv
from boltzmann.cli.script import script
from boltzmann.cmb import cold, gauss_newton, likelihood
from boltzmann.cmb.exact import jacobian, non_linear
from boltzmann.cmb.likelihood import DATA
from boltzmann.cmb.tabulate import measured
from boltzmann.cmb.thermal import SPECTRA, thermal_neutrinos
from boltzmann.numerics.processes import pool
from boltzmann.observables import M_EFF_UNIT
from boltzmann.units import write_table

#: Thermal mass [eV] and Omega_4 h^2.
POINTS = (
    (30, 0.01), (30, 0.05), (12, 0.01), (100, 0.05), (100, 0.1), (12, 0.03), (1000, 0.1), (300, 0.1), (30, 0.02),
    (300, 0.05), (60, 0.02),
)  # fmt: skip
# What a fit may miss: 0.05 by the minima, 10 % because chi^2 is not exactly a quadratic form of x.
ABSOLUTE, RELATIVE = 0.05, 0.1
Row = tuple[float, ...]  # m_eff [eV], N_eff_4, Delta chi^2 of DATA


def node(m_thermal: float, omega: float) -> tuple[float, float, float]:
    """Return delta_N_eff = N_eff_4, m_eff and N_eff_4 of a point."""
    m_eff = M_EFF_UNIT * omega
    own = (m_eff / m_thermal) ** (4.0 / 3.0)
    return own, m_eff, own


def refitted(point: tuple[float, float], folder: str) -> Row:
    """Return the refits of one point, which begin with omega_cdm less what nu_4 has."""
    total, m_eff, own = node(*point)
    settings = {**thermal_neutrinos(total, m_eff, own), **SPECTRA}
    evaluate = gauss_newton.evaluator(measured(folder), settings, non_linear())
    start = np.array(likelihood.best_fit((total, 0.0, 0.0)))
    start[likelihood.PARAMETERS.index("omega_cdm")] -= point[1]
    best, slopes, found = evaluate(start), jacobian(), []
    for data in DATA:
        minimum = gauss_newton.minimise(evaluate, best, slopes, data)
        best, slopes = minimum.evaluation, minimum.jacobian
        found.append(minimum.chi2 - likelihood.table(data).reference)
    return m_eff, own, *found


def computed(folder: str, workers: int) -> list[Row]:
    """Return the refits of all points."""
    with pool(workers) as executor:
        rows = executor.map(partial(refitted, folder=folder), POINTS)
        return list(tqdm(rows, total=len(POINTS), unit="point", disable=None, leave=False))


def write(rows: list[Row]) -> None:
    """Write the table."""
    names = ("m_eff", "N_eff_4", *(f"delta_chi2 {data}" for data in DATA))
    texts = ("94.1 eV Omega_4 h^2 [eV]", "contribution of the state to N_eff, and all of N_eff - 3.044")
    described = dict(zip(names, (*texts, *("refit of LCDM, less that without the state" for _ in DATA)), strict=True))
    columns = dict(zip(names, np.array(rows).T, strict=True))
    header = {"title": "states that are warm matter for the CMB", "made by": "scripts/make_warm_table.py"}
    write_table(datasets.path("cmb/profile.ecsv").with_name("warm.ecsv"), columns, described, header)


def fit(m_eff: np.ndarray, own: np.ndarray, exact: np.ndarray) -> cold.Response:
    """Return the law that misses the refits least."""

    def missed(numbers: np.ndarray) -> np.ndarray:
        law = cold.Response(*numbers)
        found = law.delta_chi2(law.disturbance(m_eff, own))
        return (found - exact) / np.hypot(ABSOLUTE, RELATIVE * exact)

    return cold.Response(*map(float, least_squares(missed, (50.0, 80.0, 1.6)).x))


def print_law(data: str) -> None:
    """Print the law of a combination of data beside the refits."""
    table = ecsv.numbers(cold.TABLE, ["m_eff", "N_eff_4", f"delta_chi2 {data}"])
    m_eff, own, exact = table.values()
    law = fit(m_eff, own, exact)
    x = law.disturbance(m_eff, own)
    print(data, law, f"largest x {x.max():.3f}")
    for row in zip(m_eff, own, exact, law.delta_chi2(x), strict=True):
        print("  m_eff = {:.3f} eV, N_eff_4 = {:.4f}: {:.2f} refitted, {:.2f} by the law".format(*row))


@script
def main() -> None:
    """Compute if asked to, and print the law."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder with the files of Planck and ACT; refits are made again")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.data is not None:
        write(computed(arguments.data, arguments.workers))
    for data in DATA:
        print_law(data)


if __name__ == "__main__":
    sys.exit(main())
