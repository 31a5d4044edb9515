"""Published bounds on relics of MeV mass, computed again: thermal scalars and leptons that mix.

    python scripts/relic_bounds.py --output bounds

Three abstracts: scalars in equilibrium with e+- or neutrinos, m > 0.4 MeV by nucleosynthesis and 3.7 MeV with the CMB
(arXiv:1910.01649); leptons that mix, lifetimes from 0.03 to 0.05 s excluded by nucleosynthesis (arXiv:2006.07387), from
0.02 s above the pion mass, where pions count (arXiv:2008.00749: Y_p up by 4.35 %). Nucleosynthesis as in 2019 and 2020:
Y_p = 0.245 +- 0.003, D/H = (2.569 +- 0.027)e-5, and 0.036e-5 of nuclear rates; Omega_b is free, or known to 3 %. What
D/H and its rates decide is seen from D/H = (2.527 +- 0.030)e-5 (arXiv:1710.11129), and rates of PArthENoPE 3.0. Every
run is a line of OUTPUT/runs.jsonl: the same command goes on where it was stopped.
"""

import argparse
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from boltzmann import Mixing, solve
from boltzmann.cmb import abundances
from boltzmann.cmb.bbn import RATES
from boltzmann.cmb.bbn_observed import STANDARD_ABUNDANCES
from boltzmann.errors import ValidityWarning
from boltzmann.potentials import HeavyNeutralLepton, ThermalRelic
from boltzmann.relics.channels import FLAVOURS
from boltzmann.relics.widths import by_mixing
from boltzmann.units import HBAR

Record = dict[str, Any]
NARROW, WIDE = (0.0212, 0.0224, 0.0236), (0.013, 0.017, 0.0224, 0.029, 0.037)  # Omega_b h^2
LIGHT = 1.0  # MeV, up to which Omega_b of nucleosynthesis is far from that of the CMB
SCALARS = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.5, 2.0, 2.7, 3.7, 5.0, 7.0, 10.0, 14.0)  # MeV
LEPTONS = (130.0, 200.0)  # MeV
LIFETIMES = (0.015, 0.022, 0.03, 0.045, 0.07)  # s
Y_P, SIGMA_Y_P = 0.245, 0.003
D_H_SEEN, ANOTHER_D_H = (2.569e-5, 0.045e-5), (2.527e-5, 0.047e-5)
TWO_SIGMA = 4.0
GENEROUS = 0.00066  # of Omega_b h^2, if the CMB may have other neutrinos than three
HELIUM = 1.0435  # Y_p over the standard one, arXiv:2008.00749


def jobs() -> Iterator[Record]:
    """Return what to run."""
    for bath in ("e", "nu"):
        for mass in SCALARS:
            yield {"kind": "scalar", "bath": bath, "mass": mass, "omega_b": WIDE if mass <= LIGHT else NARROW}
    for flavour in ("e", "mu", "tau"):
        for mass in LEPTONS:
            for lifetime in LIFETIMES:
                yield {"kind": "lepton", "flavour": flavour, "mass": mass, "lifetime": lifetime}


def lepton(mass: float, lifetime: float, flavour: str) -> HeavyNeutralLepton:
    """Return a Majorana lepton that mixes with one flavour so that it lives so long [s]."""
    elements = tuple(float(a == flavour) for a in FLAVOURS)
    width = by_mixing(mass, (elements[0], elements[1], elements[2]), True)[0]
    return HeavyNeutralLepton(mass=f"{mass} MeV", **{f"U{flavour}4_sq": HBAR / lifetime / width})


def run(job: Record) -> Record:
    """Return N_eff, Y_p and D/H of a job, at several Omega_b for scalars, with and without pions for leptons."""
    if job["kind"] == "scalar":
        relic: Any = ThermalRelic(mass=f"{job['mass']} MeV", couples_to=job["bath"])
        solution = solve(Mixing(), relic)
        found = [abundances(solution, omega_b=omega, backend="primat") for omega in job["omega_b"]]
        numbers: Record = {"Y_p": [f.Y_p for f in found], "D_H": [f.D_H for f in found]}
    else:
        solution = solve(Mixing(), lepton(job["mass"], job["lifetime"], job["flavour"]))
        without = abundances(solution, backend="primat", mesons=False)
        numbers = {"Y_p": abundances(solution, backend="primat").Y_p, "Y_p_alone": without.Y_p, "D_H": without.D_H}
    return {**job, "N_eff": float(solution.N_eff), "cpu": solution.stats.cpu_seconds, **numbers}


def by_nucleosynthesis(
    record: Record, error: float = float("inf"), rates: str = "primat", seen: tuple[float, float] = D_H_SEEN
) -> float:
    """Return chi^2 of Y_p and D/H, least over Omega_b, free or known to be 0.0224 +- ``error``; ``seen``: D/H."""
    nodes = np.log(record["omega_b"])
    axis = np.linspace(nodes[0], nodes[-1], 1000)
    shift = RATES[rates]
    values = (np.add(record["Y_p"], shift.Y_p), np.log(record["D_H"]) + np.log(shift.D_H))  # polynomials through all
    Y_p, log_D_H = (np.polynomial.Polynomial.fit(nodes, v, nodes.size - 1)(axis) for v in values)
    chi2 = ((Y_p - Y_P) / SIGMA_Y_P) ** 2 + ((np.exp(log_D_H) - seen[0]) / seen[1]) ** 2
    return float((chi2 + ((np.exp(axis) - 0.0224) / error) ** 2).min())


def by_planck_and_bao(record: Record) -> float:
    """Return chi^2 of N_eff = 2.99 +- 0.17: Planck 2018, lensing and BAO (arXiv:1807.06209), the data of 2019."""
    return float(((record["N_eff"] - 2.99) / 0.17) ** 2)


def crossing(x: list[float], y: list[float], level: float) -> float:
    """Return the largest x, in logarithms, at which y passes a level; NaN if it does not."""
    above = np.asarray(y) - level
    places = np.flatnonzero(above[:-1] * above[1:] < 0.0)
    if not places.size:
        return float("nan")
    k = int(places[-1])
    share = above[k] / (above[k] - above[k + 1])
    return float(np.exp(np.log(x[k]) + share * (np.log(x[k + 1]) - np.log(x[k]))))


def report(records: list[Record]) -> None:
    """Print bounds beside the published ones."""
    for bath in ("e", "nu"):
        rows = sorted((r for r in records if r["kind"] == "scalar" and r["bath"] == bath), key=lambda r: r["mass"])
        masses, free = [r["mass"] for r in rows], [by_nucleosynthesis(r) for r in rows]
        known = [by_nucleosynthesis(r, GENEROUS) for r in rows]
        print(f"scalar coupled to {bath}: mass, N_eff, Y_p; chi2 of nucleosynthesis, Omega_b free and +- {GENEROUS}")
        for r, *values in zip(rows, free, known, strict=True):
            numbers = (r["mass"], r["N_eff"], r["Y_p"][len(r["Y_p"]) // 2], *values)
            print("  {:6.2f} {:.3f} {:.4f} {:6.2f} {:6.2f}".format(*numbers))
        with_cmb = [chi2 + by_planck_and_bao(r) for r, chi2 in zip(rows, free, strict=True)]
        others = {
            f"known, rates of {rates}, D/H = {seen[0]:g}": [by_nucleosynthesis(r, GENEROUS, rates, seen) for r in rows]
            for rates in RATES
            for seen in (D_H_SEEN, ANOTHER_D_H)
        }
        for name, chi2 in {"free": free, "free, and N_eff": with_cmb, **others}.items():
            print(f"  Omega_b {name}: m > {crossing(masses, chi2, min(chi2) + TWO_SIGMA):.2f} MeV, 2 sigma")
    standard = STANDARD_ABUNDANCES[0]
    for flavour in FLAVOURS:
        for mass in LEPTONS:
            rows = [r for r in records if r["kind"] == "lepton" and (r["flavour"], r["mass"]) == (flavour, mass)]
            times = [r["lifetime"] for r in rows]
            alone = crossing(times, [r["Y_p_alone"] for r in rows], Y_P + 2.0 * SIGMA_Y_P)
            pions = crossing(times, [r["Y_p"] for r in rows], HELIUM * standard)
            print(
                f"lepton, U_{flavour}4, {mass:g} MeV: tau < {alone:.3f} s without pions (Y_p < "
                f"{Y_P + 2 * SIGMA_Y_P:g}), {pions:.3f} s with pions (Y_p up by {HELIUM - 1.0:.2%})"
            )


def _plain(job: Record) -> Record:
    """Return a job as its record in the file has it."""
    return dict(json.loads(json.dumps(job)))


def main() -> int:
    """Run what is missing, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    output = parser.parse_args().output
    warnings.simplefilter("ignore", ValidityWarning)
    output.mkdir(parents=True, exist_ok=True)
    path = output / "runs.jsonl"
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    records = [json.loads(line) for line in lines]
    path.write_text("".join(f"{line}\n" for line in lines))  # without a line that was cut off
    done = [set(map(str, r.items())) for r in records]
    for job in tqdm([j for j in jobs() if not any(set(map(str, _plain(j).items())) <= d for d in done)], unit="run"):
        records.append(run(job))
        with path.open("a") as file:
            file.write(json.dumps(records[-1]) + "\n")
    report(records)
    return 0


if __name__ == "__main__":
    sys.exit(main())
