"""Compute data/lab/{minos2017,stereo2019,prospect2021,microboone2025}.ecsv from the experiments' data releases.

    python scripts/make_surface_tables.py FOLDER [--output data/lab] [--only NAME]

FOLDER holds one folder for each release: minosplus2017 (minosplus_chi2.txt, minosplus_fc90.txt: the histograms
dm241vsth24 and dm241vsth24_UpValuesFC90CL of arXiv:1710.06488 as text), stereo2019 (HEPData 10.17182/hepdata.92323,
Stereo_Chi2Map.csv.gz, Stereo_Chi2CritMap.csv.gz), prospect2021 (the unpacked ancillary files of arXiv:2006.11210, or
prospect_release.tar.gz) and microboone2025 (HEPData 10.17182/hepdata.166435: unconstrained_14_channels.csv,
covariance_14_channels.csv.gz, and of 10.17182/hepdata.114862 nue_cc_{fc,pc}_reco_given_true.csv, bnb_flux.csv).
"""

import argparse
import gzip
import sys
from pathlib import Path

import numpy as np
from scipy.interpolate import PchipInterpolator, RegularGridInterpolator

import boltzmann
from boltzmann.cli.script import script
from boltzmann.lab import microboone_release, prospect_release
from boltzmann.lab.statistics import threshold
from boltzmann.lab.surface import columns
from boltzmann.units import Quantity, write_table

_STEREO = 9000  # points of a map
Columns = dict[str, np.ndarray]


def _square(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return theta, dm2_41 and the contents of a released histogram."""
    lines = path.read_text(encoding="utf-8").splitlines()
    table = np.array([line.split() for line in lines[2:]], dtype=float)
    return table[:, 0], np.array(lines[1].split()[1:], dtype=float), table[:, 1:]


def minos(folder: Path) -> tuple[np.ndarray, Columns]:
    """Delta chi^2 at some |U_mu4|^2 = sin^2 theta_24, and the critical value where the 90 % contour runs."""
    theta, dm2, chi2 = _square(folder / "minosplus_chi2.txt")
    keep = dm2 > 0.009
    dm2, delta = dm2[keep], chi2[:, keep] - chi2.min()
    elements = np.concatenate([[0.0], np.array([0.02, 0.04, 0.06, 0.075, 0.09, 0.11, 0.14, 0.18, 0.24, 0.32])]) ** 2
    elements = np.concatenate([elements, np.array([0.42, 0.53, 0.65, 0.77, 0.88, 0.97]) ** 2])
    first = np.vstack([2 * delta[0] - delta[1], delta])  # no mixing, by a line in theta^2 of the two smallest angles
    slope = (delta[1] - delta[0]) / (theta[1] ** 2 - theta[0] ** 2)
    first[0] = delta[0] - slope * theta[0] ** 2
    lines = [PchipInterpolator(np.concatenate([[0.0], np.sin(theta)]), line) for line in first.T]
    values = np.array([line(np.sqrt(elements)) for line in lines])
    own_theta, own_dm2, critical = _square(folder / "minosplus_fc90.txt")
    critical_at = RegularGridInterpolator((np.log(own_theta), np.log(own_dm2)), critical, bounds_error=False)
    found = []
    fine = np.linspace(np.log(own_theta[0]), np.log(own_theta[-1]), 2001)
    for line, splitting in zip(lines, dm2, strict=True):
        allowed = critical_at((fine, np.full(fine.size, np.log(min(splitting, own_dm2[-1])))))
        outside = line(np.sin(np.exp(fine))) > allowed
        found.append(allowed[np.argmax(outside)] if outside.any() else allowed[-1])
    return dm2, {**columns("Umu4_sq", elements, values), "critical_90": np.round(found, 3)}


def _map(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return amplitudes, splittings and the values of a map of STEREO."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [line.split(",") for line in file if line.strip() and line[0].isdigit()]
    points = np.array(rows[:_STEREO], dtype=float)  # the critical values of 95 % come first, then those of 99 %
    amplitude, dm2 = np.unique(points[:, 0]), np.unique(points[:, 1])
    values = np.full((len(dm2), len(amplitude)), np.nan)
    values[np.searchsorted(dm2, points[:, 1]), np.searchsorted(amplitude, points[:, 0])] = points[:, 2]
    return amplitude, dm2, values


def stereo(folder: Path) -> tuple[np.ndarray, Columns]:
    """Delta chi^2 and the critical value at 95 %, both at some amplitudes."""
    amplitude, dm2, delta = _map(folder / "Stereo_Chi2Map.csv.gz")
    _, _, critical = _map(folder / "Stereo_Chi2CritMap.csv.gz")
    s = np.sin(np.linspace(0.0, np.arcsin(np.sqrt(amplitude[-1])), 17)) ** 2
    at_zero = delta[:, 0] - (delta[:, 4] - delta[:, 0]) * amplitude[0] / (amplitude[4] - amplitude[0])
    with_zero = np.column_stack([at_zero, delta])
    values = PchipInterpolator(np.concatenate([[0.0], amplitude]), with_zero, axis=1)(s)
    coarse = s[::2]
    smooth = PchipInterpolator(np.concatenate([[0.0], amplitude]), np.column_stack([critical[:, 0], critical]), axis=1)
    return dm2, {**columns("s", s, values), **columns("critical_95", coarse, smooth(coarse))}


def prospect(folder: Path) -> tuple[np.ndarray, Columns]:
    """Delta chi^2 of our own analysis of the release."""
    low, middle = np.geomspace(0.02, 0.2, 7)[:-1], np.linspace(0.2, 2.0, 46)[:-1]
    dm2 = np.concatenate([low, middle, np.linspace(2.0, 20.0, 151)]).round(5)
    s = np.sin(np.linspace(0.0, 0.5 * np.pi, 21)) ** 2
    data = prospect_release.release(folder)
    least = data.chi2(np.linspace(0.1, 20.0, 400), np.linspace(0.0, 1.0, 201)).min()
    return dm2, columns("s", s, data.chi2(dm2, s) - least)


def microboone(folder: Path) -> tuple[np.ndarray, Columns]:
    """Delta chi^2 of appearance, relative to the best fit."""
    data = microboone_release.release(folder)
    dm2 = np.concatenate([np.geomspace(0.02, 1.0, 14)[:-1], np.linspace(1.0, 10.0, 46), np.geomspace(10.5, 100.0, 30)])
    s = np.linspace(0.0, 1.0, 25) ** 4
    values = np.array([data.chi2(splitting, s) for splitting in dm2.round(5)])
    return dm2.round(5), columns("s", s, values - values.min())


_SOURCES = {
    "minos2017": (minos, "minosplus2017", "arXiv:1710.06488, ancillary dataRelease.root; Delta, columns |U_mu4|^2"),
    "stereo2019": (stereo, "stereo2019", "HEPData 10.17182/hepdata.92323.v2 (CC0), tables 5, 6; sin^2 2theta_ee"),
    "prospect2021": (prospect, "prospect2021", "computed from ancillary files of arXiv:2006.11210; sin^2 2theta_ee"),
    "microboone2025": (microboone, "microboone2025", "from HEPData 10.17182/hepdata.166435.v1 (CC0); sin^2 2theta_mue"),
}  # fmt: skip


@script
def main() -> None:
    """Read, compute, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--output", type=Path, default=Path("data/lab"))
    parser.add_argument("--only", choices=_SOURCES)
    arguments = parser.parse_args()
    for name in [arguments.only] if arguments.only else _SOURCES:
        make, own, source = _SOURCES[name]
        dm2, values = make(arguments.folder / own)
        note = f"scripts/make_surface_tables.py of sterile-boltzmann {boltzmann.__version__}"
        titles = {"dm2_41": "m_4^2 - m_1^2", **dict.fromkeys(values, "at the amplitude in the name")}
        meta = {"source": source, "script": note, "threshold": f"Wilks at 95 %: {threshold(0.95):.3f}"}
        write_table(arguments.output / f"{name}.ecsv", {"dm2_41": Quantity(dm2, "eV2"), **values}, titles, meta)


if __name__ == "__main__":
    sys.exit(main())
