"""PROSPECT's data release of arXiv:2006.11210, from a copy of it, and chi^2 with it.

Spectra of 70 segments in 16 bins of prompt energy, gathered in 10 bins l of baseline, and their 160 x 160 covariance V.
The reactor's spectrum is free: measured and predicted spectra are compared after the prediction of every energy has
been scaled to what all baselines saw,

    D_le = M_le - M_e P_le/P_e,    chi^2 = D^T V^-1 D,    M_e = SUM_l M_le, P_e = SUM_l P_le

(the statistic of the paper). The prediction is ours: SUM over segments of response x spectrum of U235 x cross-section x
relative efficiency / L^2 x survival, with L flat within 0.3 m of the released distance, which is the size of core and
segment. Without oscillation it has chi^2 = 125.7, the released prediction 123.0 (both for 160 - 16 degrees of freedom).
"""

from __future__ import annotations

import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.lab.reactor_flux import ENERGIES, interactions
from boltzmann.lab.response import CELLS, Response
from boltzmann.numerics.arrays import Array

__all__ = ["Release", "release"]

N_BASELINES, N_ENERGIES, _PER_BIN = 10, 16, 10
_HALF_SIZE, _POINTS = 0.3, 15  # [m]
_ROW = 14  # segments in a row of the detector


@dataclass(frozen=True, eq=False)
class Release:
    """The data release; made by `release`.

    Attributes
    ----------
    measured : (10, 16) array
        Events after subtraction of background.
    null : (10, 16) array
        Released prediction without oscillation.
    inverse : (160, 160) array
        Inverse covariance.
    response : Response
        Our prediction, bins in the order of `measured`.
    """

    measured: Array
    null: Array
    inverse: Array
    response: Response

    def chi2_of(self, prediction: Array) -> Array:
        """Return chi^2 of predictions (..., 10, 16), of any normalisation in each energy."""
        share = prediction / prediction.sum(axis=-2, keepdims=True)
        missing = (self.measured - self.measured.sum(axis=0) * share).reshape(*prediction.shape[:-2], -1)
        return np.asarray(np.sum((missing @ self.inverse) * missing, axis=-1))

    def chi2(self, dm2_41: Array, sin2_2theta_ee: Array) -> Array:
        """Return chi^2 of all splittings [eV^2] (n,) with all amplitudes (m,), shape (n, m)."""
        lost = self.response.mean_sin2(np.asarray(dm2_41, dtype=np.float64))[:, None, :]
        events = self.response.totals * (1.0 - np.asarray(sin2_2theta_ee)[:, None] * lost)
        return self.chi2_of(events.reshape(*events.shape[:-1], N_BASELINES, N_ENERGIES))


def _table(path: Path) -> Array:
    try:
        return np.loadtxt(path, delimiter=",")
    except (OSError, ValueError) as error:
        raise ParameterError(
            f"release file {path} cannot be read ({error}); give the folder that holds PROSPECT's unpacked release"
        ) from error


def _responses(folder: Path, segments: Array) -> Response:
    """Return the events of each bin of baseline and energy, without oscillation."""
    efficiency = {int(x) + _ROW * int(z): share for x, z, share in _table(folder / "1.5_Osc_RelativeEfficiencies.txt")}
    spectrum = interactions()[0]
    spread = _HALF_SIZE * (2.0 * (np.arange(_POINTS) + 0.5) / _POINTS - 1.0)
    edges = np.linspace(
        (segments[:, 1].min() - _HALF_SIZE) / ENERGIES[-1], (segments[:, 1].max() + _HALF_SIZE) / ENERGIES[0], CELLS + 1
    )
    events = np.zeros((N_BASELINES, N_ENERGIES, CELLS))
    for place, middle, index, *_ in segments:
        seen = np.repeat(_table(folder / f"1.3_Osc_DetResponse{int(index)}.txt"), _PER_BIN, axis=1) * spectrum
        L = (middle + spread)[:, None]
        cell = np.clip(np.searchsorted(edges, (L / ENERGIES).ravel(), side="right") - 1, 0, CELLS - 1)
        for energy, row in enumerate(seen * efficiency[int(index)]):
            events[int(place) - 1, energy] += np.bincount(cell, (row / L**2).ravel(), CELLS)
    return Response(edges, events.reshape(-1, CELLS))


def release(folder: str | Path) -> Release:
    """Read the release from a folder with its files ``1.*_Osc_*.txt``, unpacked or in ``prospect_release.tar.gz``.

    Raises
    ------
    ParameterError
        A file is missing or is no table of numbers.
    """
    archive = Path(folder) / "prospect_release.tar.gz"
    if not archive.exists():
        return _read(Path(folder))
    with tempfile.TemporaryDirectory() as place, tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")
        return _read(Path(place))


def _read(path: Path) -> Release:
    every = _table(path / "1.1_Osc_SegmentMap.txt")
    segments = every[[(path / f"1.3_Osc_DetResponse{int(row[2])}.txt").exists() for row in every]]
    measured = np.zeros((N_BASELINES, N_ENERGIES))
    for place, _, index, *_ in segments:
        measured[int(place) - 1] += _table(path / f"1.4_Osc_Prompt{int(index)}.txt")[:, 1]
    null = [_table(path / f"1.6_Osc_NullOscPred{place + 1}.txt")[:, 1] for place in range(N_BASELINES)]
    inverse = np.asarray(np.linalg.inv(_table(path / "1.2_Osc_CovarianceMatrix.txt")), dtype=np.float64)
    return Release(measured, np.stack(null), inverse, _responses(path, segments))
