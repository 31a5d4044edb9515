"""MicroBooNE's 2025 data (HEPData 10.17182/hepdata.166435) from a copy of it: appearance of nu_e in the Booster beam.

14 channels of 26 bins with data, background, background and signal, and covariance C. The first two channels are nu_e
of the Booster beam, fully (FC) and partially contained (PC). A nu_mu -> nu_e signal is a reweighted intrinsic nu_e
signal: in every reconstructed bin i

    S_i = I_i  SUM_t R_it w_t (phi_mu/phi_e)_t P_t / SUM_t R_it w_t,    w_t = phi_e sigma(E_t),

with the response R of the 2022 release (10.17182/hepdata.114862), the fluxes phi, and sigma ~ E [1 - exp(-(E/450
MeV)^2)] (quasi-elastic scattering that opens and then rises; with sigma ~ E the limits change by less than 6 %). C is
scaled with the prediction bin by bin, since flux, cross section and detector errors are relative. Data statistics by
the combined Neyman-Pearson method (arXiv:1903.07185): variance 3/(1/n + 2/mu), mu/2 where n = 0. Neither the
disappearance of intrinsic nu_e and nu_mu nor the NuMI beam is used: pure appearance.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.lab.oscillation import mean_interference, mean_survival
from boltzmann.numerics.arrays import Array

__all__ = ["BASELINE", "HALF_BIN", "NU_E", "Release", "averaged", "release", "variance"]

NU_E = 52  # bins of nu_e of the Booster beam, which come first
BASELINE = 470.0  # [m], arXiv:2210.10216
_BINS, _CHANNELS = 26, 14
_RISE = 450.0  # [MeV] of the cross section
HALF_BIN = 25.0  # [MeV]


def variance(data: Array, prediction: Array) -> Array:
    """Return the variance of counts, combined Neyman-Pearson, of predictions (..., n)."""
    seen, least = data > 0.0, np.maximum(prediction, 1e-9)
    return np.asarray(np.where(seen, 3.0 / (1.0 / np.where(seen, data, 1.0) + 2.0 / least), 0.5 * least))


def averaged(E: Array, dm2_41: float, rate: float = 0.0) -> Array:
    """Return the average of sin^2 Delta over the bins of true energy E (n,), (n,).

    With m_4 Gamma = `rate` [eV^2] of invisible decay, of (1 - 2 Re kappa + |kappa|^2)/4, which takes its place.
    """
    pieces = BASELINE / (E + HALF_BIN), BASELINE / np.maximum(E - HALF_BIN, 1.0), np.eye(len(E))
    interference, survival = mean_interference(np.array(dm2_41), *pieces, rate), mean_survival(rate, *pieces)
    return np.asarray(0.25 * (1.0 + len(E) * (survival - 2.0 * interference)))


@dataclass(frozen=True, eq=False)
class Release:
    """The release; made by `release`.

    Attributes
    ----------
    data, background, expected : (364,) arrays
        `expected` is without oscillation.
    covariance : (364, 364) array
        Without data statistics.
    E : (60,) array [MeV]
        True energies, middles of 50 MeV.
    enhancement : (52, 60) array
        Events in each nu_e bin, by true energy, if every nu_mu were a nu_e.
    """

    data: Array
    background: Array
    expected: Array
    covariance: Array
    E: Array
    enhancement: Array

    def signal(self, dm2_41: float) -> Array:
        """Return the nu_e events for sin^2 2theta_mue = 1, (52,)."""
        return np.asarray(self.enhancement @ averaged(self.E, dm2_41))

    def chi2_of(self, prediction: Array) -> float:
        """Return chi^2 of a prediction (364,)."""
        scale = np.where(self.expected > 0.0, prediction / np.where(self.expected > 0.0, self.expected, 1.0), 1.0)
        residual = self.data - prediction
        matrix = self.covariance * np.outer(scale, scale) + np.diag(variance(self.data, prediction))
        return float(residual @ np.linalg.solve(matrix, residual))

    def chi2(self, dm2_41: float, sin2_2theta_mue: Array) -> Array:
        """Return chi^2 at one splitting [eV^2] for amplitudes (n,)."""
        more = np.zeros((len(sin2_2theta_mue), len(self.data)))
        more[:, :NU_E] = np.asarray(sin2_2theta_mue)[:, None] * self.signal(dm2_41)
        return np.array([self.chi2_of(self.expected + row) for row in more])


def _lines(path: Path) -> Iterator[list[str]]:
    """Return the entries of lines of numbers, of blocks that begin with a line of titles."""
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.strip() and line[0] in "0123456789":
            yield line.split(",")


def release(folder: str | Path) -> Release:
    """Read the release from a folder with the tables as named in the docstring of ``scripts/make_surface_tables.py``.

    Raises
    ------
    ParameterError
        A file is missing or broken.
    """
    path = Path(folder)
    try:
        spectra = np.array([float(row[3]) for row in _lines(path / "unconstrained_14_channels.csv")])
        data, background, expected = spectra.reshape(3, _BINS * _CHANNELS)
        entries = np.array([row[:3] for row in _lines(path / "covariance_14_channels.csv.gz")], dtype=np.float64)
        flux = np.array(list(_lines(path / "bnb_flux.csv")), dtype=np.float64)
        seen = [
            np.array(list(_lines(path / f"nue_cc_{kind}_reco_given_true.csv")), dtype=np.float64)[:, 1:]
            for kind in ("fc", "pc")
        ]
    except (OSError, ValueError, IndexError) as error:
        raise ParameterError(
            f"MicroBooNE's release in {path} cannot be read ({error}); give the folder with its five tables"
        ) from error
    covariance = np.zeros((_BINS * _CHANNELS, _BINS * _CHANNELS))
    covariance[entries[:, 0].astype(int), entries[:, 1].astype(int)] = entries[:, 2]
    E, nu_mu, nu_e = 1000.0 * flux[:, 1], flux[:, 2], flux[:, 4]
    weight = nu_e * E * -np.expm1(-((E / _RISE) ** 2))
    intrinsic = (expected - background)[:NU_E].reshape(2, _BINS)
    more = [
        own[:, None] * kind * (weight * nu_mu / nu_e) / np.maximum(kind @ weight, 1e-300)[:, None]
        for own, kind in zip(intrinsic, seen, strict=True)
    ]
    return Release(data, background, expected, covariance, E, np.concatenate(more))
