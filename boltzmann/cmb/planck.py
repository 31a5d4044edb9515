"""The Planck 2018 likelihoods that need no Fortran, read from the public files in a folder of the user.

* plik-lite high-l TT, TE, EE: 613 bandpowers, foregrounds marginalised (arXiv:1907.12875 sec. 3.6);
* two Gaussian bins of low-l TT in place of the pixel likelihood below l = 30 (arXiv:1909.05869);
* lensing, 9 bandpowers 8 <= L <= 400, marginalised over the CMB (arXiv:1807.06210);
* for low-l EE, tau = 0.0506 +- 0.0086, what lowE alone gives (arXiv:1807.06209); calibration A_planck = 1 +- 0.0025
  (1907.12875). Both are second-hand, the same in many public analyses.

A spectrum C_l enters as C_l/A_planck^2. None of these files is shipped: download them from the Planck Legacy Archive.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.linalg import block_diag
from scipy.sparse import csr_array, vstack

from boltzmann.cmb.gaussian import Gaussian
from boltzmann.cmb.observables import CMBObservables
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array, Index

HIGH_L, LOW_L = "planck2018_plik_lite", "planck2018_plik_lite/low_ell"
LENSING = "planck2018_lensing"
_LENSING_STEM = "smicadx12_Dec5_ftl_mv2_ndclpp_p_teb_consext8"
FILES = {
    "bandpowers": f"{HIGH_L}/cl_cmb_plik_v22.dat",
    "covariance": f"{HIGH_L}/c_matrix_plik_v22.dat",
    "first": f"{HIGH_L}/blmin.dat",
    "last": f"{HIGH_L}/blmax.dat",
    "weights": f"{HIGH_L}/bweight.dat",
    "low bandpowers": f"{LOW_L}/CTT_bin_low_ell_2018.dat",
    "low first": f"{LOW_L}/blmin_low_ell.dat",
    "low last": f"{LOW_L}/blmax_low_ell.dat",
    "low weights": f"{LOW_L}/bweight_low_ell.dat",
    "lensing bandpowers": f"{LENSING}/{_LENSING_STEM}_bandpowers.dat",
    "lensing covariance": f"{LENSING}/{_LENSING_STEM}_CMBmarged_cov.dat",
    "lensing correction": f"{LENSING}/{_LENSING_STEM}_CMBmarged_lensing_fiducial_correction.dat",
    **{f"lensing window {b}": f"{LENSING}/{_LENSING_STEM}_window/window{b}.dat" for b in range(1, 10)},
    **{
        f"lensing correction window {b}": f"{LENSING}/{_LENSING_STEM}_CMBmarged_lens_delta_window/window{b}.dat"
        for b in range(1, 10)
    },
}
L_MAX = 2508
BINS = (215, 199, 199)  # TT, TE, EE of plik-lite
CUT = (999, 599, 599)  # last multipoles of TT, TE, EE beside ACT DR6 (arXiv:2503.14454 sec. 2)
CUT_BINS = (114, 69, 69)  # whole bins up to there
FIRST_HIGH, FIRST_LOW = 30, 2  # multipole of the first weight
TAU = (0.0506, 0.0086)
CALIBRATION = (1.0, 0.0025)


@dataclass(frozen=True)
class PlanckLite:
    """Planck 2018 as Gaussians of binned spectra.

    Attributes
    ----------
    spectra : Gaussian
        613 high-l and 2 low-l bandpowers.
    binning : sparse (615, 3 (L_MAX + 1)) array
        From TT, TE, EE, one after another, to bandpowers.
    lensing : Gaussian
        9 bandpowers of [L(L+1)]^2 C_L/(2 pi), less the fiducial part of the CMB correction.
    lensing_binning : (9, L_MAX + 1) array
        From C_L of the potential to bandpowers.
    """

    spectra: Gaussian
    binning: csr_array
    lensing: Gaussian
    lensing_binning: Array

    def bandpowers(self, theory: CMBObservables, A_planck: float = 1.0) -> Array:
        """Return the binned theory [micro-K^2], (615,): TT, TE, EE of plik-lite and two bins of low-l TT."""
        stacked = np.concatenate([C[: L_MAX + 1] for C in (theory.TT, theory.TE, theory.EE)])
        return np.asarray(self.binning @ stacked / A_planck**2)

    @property
    def multipoles(self) -> Array:
        """Mean multipole of each bandpower, (615,)."""
        return np.asarray(self.binning @ np.tile(np.arange(L_MAX + 1.0), 3))

    def whitened(self, theory: CMBObservables, A_planck: float = 1.0) -> Array:
        """Return w, (624,), with w.w = chi^2 of spectra and lensing."""
        return np.concatenate(
            [
                self.spectra.whitened(self.bandpowers(theory, A_planck)),
                self.lensing.whitened(self.lensing_binning @ theory.PP[: L_MAX + 1]),
            ]
        )

    def whitened_cut(self, theory: CMBObservables, A_planck: float = 1.0) -> Array:
        """Return w, (252,), with w.w = chi^2 of the high-l bandpowers of `CUT_BINS`, marginalised over the others."""
        return self.cut.whitened(self.bandpowers(theory, A_planck)[cut_bins()])

    @cached_property
    def cut(self) -> Gaussian:
        """The high-l bandpowers of `CUT_BINS`."""
        kept = cut_bins()
        covariance = self.spectra.covariance[np.ix_(kept, kept)]
        return Gaussian(f"{self.spectra.name} beside ACT", self.spectra.data[kept], covariance)

    def log_likelihood(
        self, theory: CMBObservables, A_planck: float = 1.0, *, low_ell: bool = True, lensing: bool = True
    ) -> float:
        """Return ln L = -chi^2/2 of the chosen parts, without priors.

        The low-l bins can be left out because they are not correlated with the others.
        """
        w = self.whitened(theory, A_planck)
        n = sum(BINS)
        chosen = np.concatenate([w[:n], w[n : n + 2] if low_ell else [], w[n + 2 :] if lensing else []])
        return -0.5 * float(chosen @ chosen)


def cut_bins() -> Index:
    """Return which of the bandpowers are fitted beside ACT DR6, (252,)."""
    first = np.cumsum([0, *BINS[:-1]])
    return np.concatenate([start + np.arange(count) for start, count in zip(first, CUT_BINS, strict=True)])


def planck_lite(data_dir: str | Path) -> PlanckLite:
    """Read the likelihood.

    Parameters
    ----------
    data_dir : str or Path
        Folder with ``planck2018_plik_lite`` and ``planck2018_lensing``, the files of `FILES`.

    Raises
    ------
    ParameterError
        A file is missing, truncated or of another shape; the message names it.
    """
    folder = Path(data_dir)
    spectra, binning = _high_and_low(folder)
    lensing, windows = _lensing(folder)
    return PlanckLite(spectra, binning, lensing, windows)


def _table(folder: Path, name: str, columns: int, rows: int) -> Array:
    """Read a text table of a known shape, (rows, columns)."""
    path = _existing(folder, name)
    try:
        table = np.loadtxt(path, ndmin=2, encoding="utf-8")
    except ValueError as error:
        raise ParameterError(f"{path} cannot be read as numbers ({error}); download the file again") from error
    if table.shape[0] != rows or table.shape[1] < columns or not np.all(np.isfinite(table)):
        raise ParameterError(
            f"{path} has {table.shape[0]} rows and {table.shape[1]} columns, but {rows} rows of at least {columns} "
            "finite numbers are expected; download the file again"
        )
    return np.asarray(table)


def _existing(folder: Path, name: str) -> Path:
    path = folder / FILES[name]
    if not path.is_file():
        raise ParameterError(
            f"data_dir = {folder} has no file {FILES[name]}; give the folder with the public Planck 2018 data, "
            f"in which {HIGH_L}/ and {LENSING}/ lie"
        )
    return path


def _fortran_matrix(path: Path, n: int) -> Array:
    """Read one unformatted record, an (n, n) matrix of which the upper triangle counts."""
    content = path.read_bytes()
    if len(content) != 8 * n * n + 8:
        raise ParameterError(
            f"{path} has {len(content)} bytes, but a record of {n} x {n} numbers has {8 * n * n + 8}; "
            "download the file again"
        )
    upper = np.triu(np.frombuffer(content, dtype="<f8", count=n * n, offset=4).reshape(n, n).T)
    return np.asarray(upper + np.triu(upper, 1).T)


def _bin_matrix(first: Array, last: Array, weights: Array, offset: int, start: int) -> csr_array:
    """Return the matrix (bins, 3 (L_MAX + 1)) with `weights` at the multipoles first..last + `offset`.

    Indices of a second or third spectrum go on counting from the end of the one before; `start` is the column of its
    first multipole less the weights before it.
    """
    counts = (last - first + 1).astype(int)
    picked = np.concatenate([np.arange(a, b + 1) for a, b in zip(first.astype(int), last.astype(int), strict=True)])
    rows = np.repeat(np.arange(first.size), counts)
    return csr_array((weights[picked], (rows, picked + offset + start)), shape=(first.size, 3 * (L_MAX + 1)))


def _high_and_low(folder: Path) -> tuple[Gaussian, csr_array]:
    """Return the 615 bandpowers and the matrix that bins TT, TE, EE."""
    n, per_spectrum = sum(BINS), L_MAX + 1 - FIRST_HIGH
    first, last = (_table(folder, name, 1, 3 * BINS[0])[:, 0] for name in ("first", "last"))
    weights = _table(folder, "weights", 1, 3 * per_spectrum)[:, 0]
    blocks = []
    for k, bins in enumerate(BINS):
        chosen = slice(k * BINS[0], k * BINS[0] + bins)
        start = k * (L_MAX + 1 - per_spectrum)
        blocks.append(_bin_matrix(first[chosen], last[chosen], weights, FIRST_HIGH, start))
    low_first, low_last = (_table(folder, name, 1, 2)[:, 0] for name in ("low first", "low last"))
    low_weights = _table(folder, "low weights", 1, int(low_last[-1]) + 1)[:, 0]
    blocks.append(_bin_matrix(low_first, low_last, low_weights, FIRST_LOW, 0))
    high, low = _table(folder, "bandpowers", 3, n), _table(folder, "low bandpowers", 3, 2)
    covariance = block_diag(_fortran_matrix(_existing(folder, "covariance"), n), np.diag(low[:, 2] ** 2))
    data = np.concatenate([high[:, 1], low[:, 1]])
    return Gaussian("Planck 2018 TT,TE,EE", data, covariance), csr_array(vstack(blocks))


def _windows(folder: Path, kind: str) -> Array:
    """Return the nine windows of a kind, (9, L_MAX + 1), zero where a file has no line."""
    windows = np.zeros((9, L_MAX + 1))
    for b in range(9):
        path = _existing(folder, f"{kind} {b + 1}")
        lines = np.loadtxt(path, ndmin=2)
        if lines.shape[1] != 2 or not np.all(np.isfinite(lines)) or lines[-1, 0] > L_MAX:
            raise ParameterError(f"{path} is no window with two columns, multipole and weight; download the file again")
        windows[b, lines[:, 0].astype(int)] = lines[:, 1]
    return windows


def _lensing(folder: Path) -> tuple[Gaussian, Array]:
    """Return the lensing bandpowers and the matrix that bins C_L of the potential.

    Measured bandpowers carry the correction for the fiducial potential: theory is W C + dW C - (dW C)_fiducial.
    """
    measured = _table(folder, "lensing bandpowers", 5, 9)[:, 4]
    correction = _table(folder, "lensing correction", 2, 9)[:, 1]
    covariance = _table(folder, "lensing covariance", 9, 9)
    L = np.arange(L_MAX + 1.0)
    scale = (L * (L + 1.0)) ** 2 / (2.0 * np.pi)
    windows = (_windows(folder, "lensing window") + _windows(folder, "lensing correction window")) * scale
    return Gaussian("Planck 2018 lensing", measured + correction, 0.5 * (covariance + covariance.T)), windows
