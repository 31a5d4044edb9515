"""Compute data/lab/miniboone2020_{projected,response}.ecsv and bnb_flux.ecsv from a copy of the releases.

    python scripts/make_miniboone_signal.py MINIBOONE FLUX [--output data/lab]

MINIBOONE holds the files of the 2020 data release (arXiv:2006.16883), FLUX miniboone_fhc.dat and miniboone_rhc.dat, the
fluxes of arXiv:0806.1449 (GeV; nu_e, nu_mu, nu_tau and their antineutrinos, per cm^2, proton and GeV).
"""

import argparse
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

import boltzmann
from boltzmann.cli.script import script
from boltzmann.lab.miniboone_release import N_E, release
from boltzmann.lab.miniboone_signal import BEAMS, N, project
from boltzmann.units import Quantity, write_table

EDGES = np.concatenate([[0.0], np.geomspace(150.0, 5000.0, 60)])  # [MeV], true energy
FILES = {
    "neutrino": ("miniboone_numunuefullosc_ntuple.txt", "fhc"),
    "antineutrino": ("miniboone_nubarfullosc_ntuple.txt", "rhc"),
}


def _rounded(values: np.ndarray, digits: int = 6) -> np.ndarray:
    return np.array([float(f"{value:.{digits}g}") for value in values])


def _response(folder: Path, edges_QE: np.ndarray) -> dict[str, np.ndarray]:
    """Return moments of L and events of full transmutation, by true energy."""
    rows = []
    for name, _ in FILES.values():
        E_QE, E, L, weight = np.loadtxt(folder / name).T
        weight = weight / len(weight)
        bins, true = np.searchsorted(edges_QE, E_QE, side="right") - 1, np.searchsorted(EDGES, E, side="right") - 1
        for n, (low, high) in enumerate(pairwise(EDGES)):
            own = (true == n) & (bins >= 0) & (bins < N_E)
            mean = np.average(L[own], weights=weight[own]) if own.any() else 54000.0
            spread = np.sqrt(np.average((L[own] - mean) ** 2, weights=weight[own])) if own.any() else 0.0
            middle = np.average(E[own], weights=weight[own]) if own.any() else 0.5 * (low + high)
            counts = np.bincount(bins[own], weight[own], N_E)
            rows.append([low if low > 0.0 else min(middle, 100.0), high, 0.01 * mean, 0.01 * spread, *counts])
    table = np.array(rows).T
    names = ["E_low", "E_high", "L", "L_spread", *(f"bin_{i}" for i in range(N_E))]
    return dict(zip(names, map(_rounded, table), strict=True))


def _flux(folder: Path) -> dict[str, np.ndarray]:
    columns: dict[str, np.ndarray] = {}
    for beam in BEAMS:
        table = np.loadtxt(folder / f"miniboone_{FILES[beam][1]}.dat")
        table = table[table[:, 0] < 5.0]
        columns["E"] = _rounded(1000.0 * table[:, 0])
        for name, place in (("numu", 2), ("numubar", 5), ("nue", 1)):
            columns[f"{name}_{beam}"] = _rounded(1e-3 * table[:, place], 4)
    return columns


@script
def main() -> None:
    """Read, compute, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("miniboone", type=Path)
    parser.add_argument("flux", type=Path)
    parser.add_argument("--output", type=Path, default=Path("data/lab"))
    arguments = parser.parse_args()
    data = release(arguments.miniboone)
    parts = project(data)
    columns = {"excess": _rounded(parts.excess), "scale": _rounded(parts.scale)}
    for part in ("fixed", "mixed", "squared"):
        columns.update({f"{part}_{i}": _rounded(getattr(parts, part)[:, i]) for i in range(N)})
    seen, fluxes = _response(arguments.miniboone, data.edges), _flux(arguments.flux)
    made = f"scripts/make_miniboone_signal.py of sterile-boltzmann {boltzmann.__version__}"
    source = {
        "source": "computed from the data release of arXiv:2006.16883; no file of the collaboration",
        "script": made,
    }
    seen.update(
        {
            key: Quantity(seen[key], unit)
            for key, unit in (("E_low", "MeV"), ("E_high", "MeV"), ("L", "m"), ("L_spread", "m"))
        }
    )
    fluxes["E"] = Quantity(fluxes["E"], "MeV")
    flux_source = {"source": "arXiv:0806.1449, middles of 50 MeV, per cm2, MeV and proton", "script": made}
    for name, table, meta in (
        ("miniboone2020_projected", columns, source), ("miniboone2020_response", seen, source), ("bnb_flux", fluxes,
        flux_source)
    ):  # fmt: skip
        write_table(arguments.output / f"{name}.ecsv", table, dict.fromkeys(table, ""), meta)


if __name__ == "__main__":
    sys.exit(main())
