"""Compute data/lab/dayabay2025*.ecsv from a copy of Daya Bay's full data release.

pip download --no-deps dayabay-data-official==1.0.1 && unzip -d DAYABAY dayabay_data_official-1.0.1-*.whl
python scripts/make_dayabay_tables.py DAYABAY [--output data/lab]
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import boltzmann
from boltzmann import ParameterError
from boltzmann.lab.dayabay_release import DETECTORS, HALLS, Release, release
from boltzmann.numerics.arrays import Array
from boltzmann.units import write_table

MODES = 20  # the others are below 3 % of the error of the counts


def modes(own: Release) -> Array:
    """Return the systematic shifts of ln N as few independent ones, (MODES, 78), largest against the counts first."""
    counts = np.sqrt(own.candidates).ravel()
    _, sizes, directions = np.linalg.svd(own.shifts.reshape(len(own.shifts), -1) * counts, full_matrices=False)
    return np.asarray(sizes[:MODES, None] * directions[:MODES] / counts)


def rounded(values: Array, digits: int) -> Array:
    """Return values of a few significant digits."""
    return np.array([float(f"{value:.{digits}g}") for value in np.ravel(values)])


def main() -> int:
    """Read, compute, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dayabay", type=Path)
    parser.add_argument("--output", type=Path, default=Path("data/lab"))
    arguments = parser.parse_args()
    try:
        own = release(arguments.dayabay)
    except ParameterError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    meta = {
        "source": "sums of Daya Bay's full data release, DOI 10.5281/zenodo.17587229 (CC BY 4.0), arXiv:2211.14988",
        "script": f"scripts/make_dayabay_tables.py of sterile-boltzmann {boltzmann.__version__}",
    }
    shifts = {f"shift_{k}": rounded(mode, 4) for k, mode in enumerate(modes(own))}
    data = {
        "hall": np.repeat(np.unique(HALLS), own.edges.size - 1),
        "low": np.tile(own.edges[:-1], 3),
        "high": np.tile(own.edges[1:], 3),
        "candidates": np.rint(own.candidates.ravel()).astype(int),
        "background": rounded(own.background, 6),
        **shifts,
    }
    texts = {"low": "prompt energy [MeV]", "shift_0": "of ln(candidates - background), one sigma; all independent"}
    write_table(arguments.output / "dayabay2025.ecsv", data, texts, meta)
    response = {"E": np.round(own.energies, 4)} | {
        f"low={edge:g}": np.round(1e6 * column, 1) for edge, column in zip(own.edges, own.response.T, strict=False)
    }
    texts = {"E": "of the neutrino [MeV], middle of a cell", "low=0.7": "events without oscillation, any unit"}
    write_table(arguments.output / "dayabay2025_response.ecsv", response, texts, meta)
    pairs = {
        "detector": np.repeat(DETECTORS, 6),
        "hall": np.repeat(HALLS, 6),
        "reactor": np.tile([f"R{k}" for k in range(1, 7)], len(DETECTORS)),
        "L": own.baselines.ravel(),
        "weight": rounded(own.weights, 6),
    }
    texts = {"L": "[m]", "weight": "neutrinos through the protons of a detector while it ran, in all 1"}
    write_table(arguments.output / "dayabay2025_baselines.ecsv", pairs, texts, meta)
    return 0


if __name__ == "__main__":
    sys.exit(main())
