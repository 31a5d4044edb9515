"""Refits of LCDM beside states that are warm matter, data/cmb/warm.ecsv, and the law of boltzmann/cmb/cold.py.

python scripts/make_warm_table.py                      # fits the law to the refits and prints it
python scripts/make_warm_table.py --planck-data FOLDER # computes the refits first, ten minutes on one core
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares
from tqdm import tqdm

from boltzmann import datasets, ecsv
from boltzmann.cmb import cold, gauss_newton, likelihood, planck_lite
from boltzmann.cmb.exact import jacobian
from boltzmann.cmb.planck import PlanckLite
from boltzmann.cmb.thermal import PRECISION, thermal_neutrinos
from boltzmann.observables import M_EFF_UNIT
from boltzmann.units import write_table

DATA = ("planck2018", "planck2018+desi")
#: Thermal mass [eV] and Omega_4 h^2.
POINTS = (
    (30, 0.01), (30, 0.05), (12, 0.01), (100, 0.05), (100, 0.1), (12, 0.03), (1000, 0.1), (300, 0.1), (30, 0.02),
    (300, 0.05), (60, 0.02),
)  # fmt: skip
# What a fit may miss: 0.05 by the minima, 10 % because chi^2 is not exactly a quadratic form of x.
ABSOLUTE, RELATIVE = 0.05, 0.1
Row = tuple[float, float, float, float]  # m_eff [eV], N_eff_4, Delta chi^2 of DATA


def node(m_thermal: float, omega: float) -> tuple[float, float, float]:
    """Return delta_N_eff = N_eff_4, m_eff and N_eff_4 of a point."""
    m_eff = M_EFF_UNIT * omega
    own = (m_eff / m_thermal) ** (4.0 / 3.0)
    return own, m_eff, own


def refitted(point: tuple[float, float], planck: PlanckLite) -> Row:
    """Return the refits of one point, which begin with omega_cdm less what nu_4 has."""
    total, m_eff, own = node(*point)
    evaluate = gauss_newton.evaluator(planck, {**thermal_neutrinos(total, m_eff, own), **PRECISION})
    start = np.array(likelihood.best_fit((total, 0.0, 0.0)))
    start[likelihood.PARAMETERS.index("omega_cdm")] -= point[1]
    best, slopes, found = evaluate(start), jacobian(), []
    for data in DATA:
        minimum = gauss_newton.minimise(evaluate, best, slopes, data)
        best, slopes = minimum.evaluation, minimum.jacobian
        found.append(minimum.chi2 - likelihood.table(data).reference)
    return m_eff, own, found[0], found[1]


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


def main() -> None:
    """Compute if asked to, and print the law."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planck-data", type=Path, help="folder with the public Planck files; refits are made again")
    folder = parser.parse_args().planck_data
    if folder is not None:
        planck = planck_lite(folder)
        write([refitted(point, planck) for point in tqdm(POINTS, unit="refit", leave=False)])
    table = ecsv.numbers(cold.TABLE, ["m_eff", "N_eff_4", *(f"delta_chi2 {data}" for data in DATA)])
    for data in DATA:
        exact = table[f"delta_chi2 {data}"]
        law = fit(table["m_eff"], table["N_eff_4"], exact)
        found = law.delta_chi2(law.disturbance(table["m_eff"], table["N_eff_4"]))
        print(data, law, "largest x", f"{law.disturbance(table['m_eff'], table['N_eff_4']).max():.3f}")
        for row in zip(table["m_eff"], table["N_eff_4"], exact, found, strict=True):
            print("  m_eff = {:.3f} eV, N_eff_4 = {:.4f}: {:.2f} refitted, {:.2f} by the law".format(*row))


if __name__ == "__main__":
    main()
