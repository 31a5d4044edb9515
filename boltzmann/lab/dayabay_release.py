"""Daya Bay's full data release (DOI 10.5281/zenodo.17587229), from a copy of it, and what of it chi^2 needs.

The package ``dayabay-data-official`` (1.0.1, CC BY 4.0) has spectra of candidates and backgrounds of eight detectors in
three periods, the neutrinos that six reactors made every week, baselines, and all uncertainties of arXiv:2211.14988.
Here they are summed over periods and over the detectors of a hall: in three halls and 26 bins of prompt energy, and

    N_h,i = SUM over detectors d of h and reactors r of w_dr SUM_E T_i(E) P(L_dr/E),
    w_dr = p_d SUM_days n_r t_d/(4 pi L_dr^2),

n_r neutrinos a second, t_d live time times efficiency, p_d protons; T_i(E) is spectrum (Huber and Mueller, of the mean
fission fractions) times cross-section times the chance that E is seen in bin i: energy of the positron at first order
in 1/M (hep-ph/9903554), loss in the acrylic vessel, non-linearity and resolution of the release. The sum
over detectors loses nothing: all 21 spectra of detectors and periods give the same sin^2 2theta_13 and dm2_32 to a
tenth of their errors.

Uncertainties are shifts of ln N of one standard deviation. Of each detector: efficiency and energy scale (correlation
0.545), loss in the vessel; in common: four of non-linearity, three of resolution; of each reactor its number of
neutrinos (0.5% power, 5% fission fractions with the correlations of the release); backgrounds: accidentals and
(alpha, n) of each detector and period, 9Li/8He and fast neutrons of each hall, AmC in common. Left out, because they
are the same at near and far to first order: spent fuel, non-equilibrium and shape of the reactors' spectrum (which is
free in `boltzmann.lab.dayabay`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from boltzmann.constants import M_E
from boltzmann.errors import ParameterError
from boltzmann.lab.inverse_beta import NEUTRON_PROTON, cross_section
from boltzmann.lab.response import in_bins
from boltzmann.numerics.arrays import Array

__all__ = ["DETECTORS", "HALLS", "Release", "prompt_energy", "release"]

DETECTORS = ("AD11", "AD12", "AD21", "AD22", "AD31", "AD32", "AD33", "AD34")
HALLS = np.array([int(name[2]) for name in DETECTORS])
_PERIODS = {"6AD": 6, "8AD": 8, "7AD": 7}  # name -> detectors
_REACTORS = range(1, 7)
_BACKGROUNDS = ("accidentals", "alpha_neutron", "lithium_helium", "fast_neutrons", "amc")
_NUCLEON, _WIDTH = 938.919, 0.05  # [MeV]: mean mass, and width of the release's bins
_CELL, _STEP = 0.05, 0.01  # [MeV]: cells of E that are shipped, and steps in which they are averaged
_POWER = 0.005  # of each reactor, parameters/reactor_thermal_power_uncertainty.yaml


def prompt_energy(E: Array) -> Array:
    """Return the energy [MeV] that a positron leaves, with both photons, at first order in 1/M.

    E_e^(1) of Vogel and Beacom, hep-ph/9903554, at their mean angle of the positron, <cos> = -0.034 v + 2.4 E/M.
    """
    E_0 = E - NEUTRON_PROTON
    v = np.sqrt(np.maximum(1.0 - (M_E / E_0) ** 2, 0.0))
    cos = -0.034 * v + 2.4 * E / _NUCLEON
    y_sq = 0.5 * (NEUTRON_PROTON**2 - M_E**2)
    return np.asarray(E_0 * (1.0 - E / _NUCLEON * (1.0 - v * cos)) - y_sq / _NUCLEON + M_E)


@dataclass(frozen=True, eq=False)
class Release:
    """What is shipped of the release; made by `release`.

    Attributes
    ----------
    edges : (27,) array [MeV]
        Of prompt energy.
    candidates, background : (3, 26) arrays
        Events of each hall.
    baselines, weights : (8, 6) arrays
        L [m]; neutrinos of each reactor at each detector, in any unit.
    energies, response : (n,) array [MeV], (n, 26) array
        Middles of cells of E, and what they would be without oscillation in each bin, in any unit.
    shifts : (sources, 3, 26) array
        Independent shifts of ln N.
    """

    edges: Array
    candidates: Array
    background: Array
    baselines: Array
    weights: Array
    energies: Array
    response: Array
    shifts: Array


class _Files:
    """The folder ``data/npz`` of the package."""

    def __init__(self, folder: Path) -> None:
        found = [folder, *folder.glob("**/npz")]
        self.folder = next((one for one in found if (one / "neutrino_rate.npz").is_file()), folder)

    def arrays(self, name: str) -> Mapping[str, Any]:
        """Return the arrays of a file."""
        try:
            with np.load(self.folder / f"{name}.npz", allow_pickle=name.endswith("rates")) as file:
                return {key: file[key] for key in file.files}
        except (OSError, ValueError) as error:
            raise self._missing(f"{name}.npz", error) from error

    def parameters(self, name: str) -> dict[str, Any]:
        """Return the parameters of a file."""
        try:
            text = (self.folder / "parameters" / f"{name}.yaml").read_text(encoding="utf-8")
        except OSError as error:
            raise self._missing(f"{name}.yaml", error) from error
        return dict(yaml.safe_load(text))

    def _missing(self, name: str, error: Exception) -> ParameterError:
        return ParameterError(
            f"release file {name} below {self.folder} cannot be read ({error}); give the folder that holds Daya Bay's "
            "package dayabay-data-official"
        )

    def edges(self) -> Array:
        """Return the edges of prompt energy."""
        path = self.folder / "parameters" / "final_erec_bin_edges.tsv"
        try:
            return np.loadtxt(path, skiprows=1)
        except (OSError, ValueError) as error:
            raise self._missing(path.name, error) from error


def _rebinned(fine: Array, edges: Array) -> Array:
    """Return bins of 0.05 MeV (..., 240) in the bins between `edges`."""
    cumulated = np.concatenate([np.zeros((*fine.shape[:-1], 1)), np.cumsum(fine, axis=-1)], axis=-1)
    return np.asarray(np.diff(cumulated[..., np.rint(edges / _WIDTH).astype(int)], axis=-1))


class _Exposure:
    """Live days (3, 8) and neutrinos (3, 8, 6) of periods, detectors and reactors."""

    def __init__(self, files: _Files) -> None:
        daily, rates = files.arrays("dayabay_dataset/dayabay_daily_detector_data"), files.arrays("neutrino_rate")
        length = files.parameters("baselines")["parameters"]["baseline"]
        protons = files.parameters("detector_n_protons_correction")["parameters"]["n_protons_correction"]
        made = np.zeros((len(_REACTORS), max(int(table["day"].max()) for table in daily.values()) + 8))
        for row, reactor in zip(made, _REACTORS, strict=True):
            for week in rates[f"R{reactor}"]:
                row[int(week["day"]) : int(week["day"]) + int(week["n_days"])] = week["neutrino_rate_per_s"]
        self.baselines = np.array([[length[name][f"R{reactor}"] for reactor in _REACTORS] for name in DETECTORS])
        self.days = np.zeros((len(_PERIODS), len(DETECTORS)))
        self.weights = np.zeros((*self.days.shape, len(_REACTORS)))
        for p, online in enumerate(_PERIODS.values()):
            for d, name in enumerate(DETECTORS):
                table = daily[name][daily[name]["n_det"] == online]
                live = np.nan_to_num(table["eff_livetime"])
                self.days[p, d] = live.sum() / 86400.0
                self.weights[p, d] = protons[name] * made[:, table["day"]] @ live
        self.weights /= 4.0 * np.pi * self.baselines**2
        self.weights /= self.weights.sum()


class _Spectra:
    """Candidates, and each background with its uncertainty, (3, 8, 26)."""

    def __init__(self, files: _Files, days: Array) -> None:
        edges, shape = files.edges(), (len(_PERIODS), len(DETECTORS), files.edges().size - 1)
        rates = files.arrays("dayabay_dataset/dayabay_background_rates")
        self.candidates = np.zeros(shape)
        self.background = {name: np.zeros(shape) for name in _BACKGROUNDS}
        self.uncertain = {name: np.zeros(shape) for name in _BACKGROUNDS}
        for p, period in enumerate(_PERIODS):
            seen = files.arrays(f"dayabay_dataset/dayabay_ibd_spectra_{period}")
            shapes = files.arrays(f"dayabay_dataset/dayabay_background_spectra_{period}")
            table = {str(row["Label"]): row for row in rates[period]}
            for d, detector in enumerate(DETECTORS):
                if f"ibd_spectrum_{detector}" not in seen:
                    continue
                self.candidates[p, d] = _rebinned(seen[f"ibd_spectrum_{detector}"]["N"], edges)
                for name in _BACKGROUNDS:
                    own = days[p, d] * _rebinned(shapes[f"spectrum_shape_{name}_{detector}"]["N"], edges)
                    self.background[name][p, d] = own * table[f"{name}_rate"][detector]
                    self.uncertain[name][p, d] = own * table[f"{name}_uncertainty"][detector]


class _Detector:
    """The chance that a neutrino of energy E is seen in each bin, with one or another systematic shift."""

    def __init__(self, files: _Files) -> None:
        self.edges = files.edges()
        self.loss = files.arrays("detector_iav_matrix")["iav_matrix"]
        curves = files.arrays("detector_lsnl_curves")
        self.middles = _WIDTH * (np.arange(len(self.loss)) + 0.5)
        on_middles = {name: np.interp(self.middles, curve["E_MeV"], curve["f"]) for name, curve in curves.items()}
        self.nominal = on_middles["nominal"]
        self.pulls = np.array([on_middles[f"pull{k}"] - self.nominal for k in range(4)])
        widths = files.parameters("detector_eres")["parameters"]["eres"].values()
        self.widths, self.width_errors = np.array([[value, 0.01 * percent] for value, percent in widths]).T

    def chances(
        self, E: Array, *, scale: float = 1.0, loss: float = 1.0, curve: Array | float = 0.0, wider: Array | float = 1.0
    ) -> Array:
        """Return the chances (26, E); `scale` of energy, `loss` in the vessel, `curve` added, `wider` resolution."""
        place = prompt_energy(E) / _WIDTH - 0.5
        low = np.clip(np.floor(place).astype(int), 0, len(self.loss) - 2)
        left = np.zeros((len(self.loss), E.size))
        column = np.arange(E.size)
        left[low, column], left[low + 1, column] = 1.0 - (place - low), place - low
        moved = loss * (self.loss - np.diag(np.diag(self.loss)))
        left = (moved + np.diag(1.0 - moved.sum(axis=0))) @ left
        seen = scale * self.middles * (self.nominal + curve)
        a, b, c = self.widths * wider
        sigma = np.sqrt((a * seen) ** 2 + b**2 * seen + c**2)
        return np.asarray(in_bins(seen, self.edges[:-1, None], self.edges[1:, None], sigma) @ left)


def _interactions(files: _Files, E: Array) -> tuple[Array, float]:
    """Return flux times cross-section at E, and the relative uncertainty of a reactor's number of interactions."""
    spectra = files.arrays("reactor_antineutrino_spectra_hm")
    share = files.parameters("reactor_fission_fractions")["parameters"]["fission_fractions"]
    scale = files.parameters("reactor_fission_fractions_scale")
    released = files.parameters("reactor_energy_per_fission")["parameters"]["energy_per_fission"]
    own = {
        name: np.exp(np.interp(E, spectra[name]["E_MeV"], np.log(spectra[name]["N_density"]))) * cross_section(E)
        for name in share
    }
    total = sum(share[name] * own[name] for name in share)
    heat = sum(share[name] * released[name][0] for name in share)
    # at fixed power d ln N = SUM_i d ln f_i f_i (Y_i/Y - e_i/e), Y yields, e energy per fission
    slope = [share[name] * (own[name].sum() / np.sum(total) - released[name][0] / heat) for name in share]
    errors = np.array(slope) * [0.01 * scale["parameters"]["fission_fractions_scale"][name][1] for name in share]
    correlation = scale["correlations"]["fission_fractions_scale"]
    order = [correlation["names"].index(name) for name in share]
    matrix = np.array(correlation["matrix"])[np.ix_(order, order)]
    return np.asarray(total), float(np.hypot(_POWER, np.sqrt(errors @ matrix @ errors)))


def _fine_energies() -> Array:
    edges = np.arange(1.8, 12.0 + 0.5 * _CELL, _CELL)
    return np.asarray(np.arange(edges[0] + 0.5 * _STEP, edges[-1], _STEP))


class _Uncertainties:
    """Collects shifts of the events of detectors, (8, 26), as shifts of ln N of halls."""

    def __init__(self, events: Array) -> None:
        self.events, self.shifts = events, list[Array]()

    def add(self, shifted: Array) -> None:
        """Add a shift of detectors' events."""
        self.shifts.append(_in_halls(shifted) / _in_halls(self.events))

    def of_detectors(self, files: _Files, shifts: Mapping[str, Array]) -> None:
        """Add efficiency, scale of energy and loss in the vessel of each detector."""
        relative = files.parameters("detector_relative")
        efficiency, scale = (
            0.01 * relative["parameters"]["detector_relative"][name][1]
            for name in ("efficiency_factor", "energy_scale_factor")
        )
        shared = relative["correlations"]["detector_relative"]["matrix"][0][1]
        for own in np.eye(len(DETECTORS))[:, :, None] * self.events:
            self.add(own * (efficiency + shared * scale * shifts["scale"]))
            self.add(own * np.sqrt(1.0 - shared**2) * scale * shifts["scale"])
            self.add(own * 0.04 * shifts["loss"])

    def of_backgrounds(self, uncertain: Mapping[str, Array]) -> None:
        """Add what each background may be more."""
        for name in ("accidentals", "alpha_neutron"):
            for period in uncertain[name]:
                for own in np.eye(len(DETECTORS))[:, :, None] * period:
                    self.add(own)
        for name in ("lithium_helium", "fast_neutrons"):
            for hall in np.unique(HALLS):
                self.add(uncertain[name].sum(axis=0) * (hall == HALLS)[:, None])
        self.add(uncertain["amc"].sum(axis=0))


def _in_halls(detectors: Array) -> Array:
    """Return sums (3, 26) over the detectors of each hall."""
    return np.array([detectors[hall == HALLS].sum(axis=0) for hall in np.unique(HALLS)])


def _derivatives(detector: _Detector, E: Array, flux: Array) -> dict[str, Array]:
    """Return d ln N of each bin by scale of energy and loss (26,), and for one sigma of curves and widths (., 26)."""
    base, step = detector.chances(E) @ flux, 1e-3
    return {
        "scale": (detector.chances(E, scale=1.0 + step) @ flux / base - 1.0) / step,
        "loss": (detector.chances(E, loss=1.0 + step) @ flux / base - 1.0) / step,
        "curves": np.array([detector.chances(E, curve=pull) @ flux / base - 1.0 for pull in detector.pulls]),
        "widths": np.array(
            [
                detector.chances(E, wider=1.0 + error * unit) @ flux / base - 1.0
                for error, unit in zip(detector.width_errors, np.eye(3), strict=True)
            ]
        ),
    }


def release(folder: str | Path) -> Release:
    """Read the release and return what chi^2 needs.

    Parameters
    ----------
    folder : str or Path
        That holds the package ``dayabay-data-official``, installed or unpacked.

    Raises
    ------
    ParameterError
        A file is missing or cannot be read.
    """
    files = _Files(Path(folder))
    exposure, detector, E = _Exposure(files), _Detector(files), _fine_energies()
    spectra = _Spectra(files, exposure.days)
    background = np.asarray(sum(spectra.background.values()))
    flux, of_reactor = _interactions(files, E)
    response = (detector.chances(E) * flux).T
    cells = response.reshape(-1, round(_CELL / _STEP), response.shape[1]).sum(axis=1)
    weights = exposure.weights.sum(axis=0)
    seen = (spectra.candidates - background).sum(axis=0)
    found, shifts = _Uncertainties(seen), _derivatives(detector, E, flux)
    found.of_detectors(files, shifts)
    for common in (*shifts["curves"], *shifts["widths"]):
        found.add(seen * common)
    for reactor in weights.T:
        found.add(of_reactor * seen * (reactor / weights.sum(axis=1))[:, None])
    found.of_backgrounds(spectra.uncertain)
    middles = E.reshape(len(cells), -1).mean(axis=1)
    return Release(
        files.edges(), _in_halls(spectra.candidates.sum(axis=0)), _in_halls(background.sum(axis=0)), exposure.baselines,
        weights, middles, cells / cells.sum(), np.array(found.shifts),
    )  # fmt: skip
