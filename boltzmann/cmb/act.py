"""The CMB-only likelihood of ACT DR6 (arXiv:2503.14452, 2503.14454), foregrounds marginalised, read from public files.

135 bandpowers (45 each of TT, TE, EE, 576 <= l <= 6325) with covariance and windows; the windows act on
D_l = l(l+1) C_l/(2 pi). The theory of a band is TT/A^2, TE/(A^2 P), EE/(A^2 P^2) with the calibration A = 1 +- 0.003
and the polarisation efficiency P, which is free.

The files are in the folder ``ACT_DR6_CMB_only_v0`` of the package candl (MIT licence), version 1.8.2; later versions
hold no data. None is shipped here. `act_dr6` finds them in a folder, in the wheel, or in the installed package.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from boltzmann.cmb.gaussian import Gaussian
from boltzmann.cmb.observables import L_MAX, CMBObservables
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array

FOLDER = "ACT_DR6_CMB_only_v0"
WHEEL = "candl_like-1.8.2-py3-none-any.whl"
FILES = {
    "bandpowers": "ACT_DR6_CMB_only_bdp.txt",
    "covariance": "ACT_DR6_CMB_only_cov.txt",
    "windows TT": "windows/TT_lxl_window_functions.txt",
    "windows TE": "windows/TE_lxl_window_functions.txt",
    "windows EE": "windows/EE_lxl_window_functions.txt",
}
BANDS = 45  # of each spectrum
FITTED_BANDS = 37  # of each spectrum, those that end at `observables.L_MAX` or below
ROWS = 3 * FITTED_BANDS
CALIBRATION = (1.0, 0.003)
_SPECTRA = ("TT", "TE", "EE")
_HOW = f"download it with: pip download --no-deps candl-like==1.8.2, and put {WHEEL} beside the Planck folders"

Folder = Path | zipfile.Path


@dataclass(frozen=True)
class ActDR6:
    """ACT DR6 as a Gaussian of binned spectra.

    Attributes
    ----------
    spectra : Gaussian
        Bandpowers of D_l [micro-K^2]: TT, TE, EE, one after another.
    windows : tuple of three sparse (bands, l_max + 1) arrays
        From D_l to the bands of TT, TE, EE.
    """

    spectra: Gaussian
    windows: tuple[csr_array, csr_array, csr_array]

    def bandpowers(self, theory: CMBObservables, A_act: float = 1.0, P_act: float = 1.0) -> Array:
        """Return the binned theory [micro-K^2], (135,) or as many as there are."""
        calibrated = []
        for power, (name, window) in enumerate(zip(_SPECTRA, self.windows, strict=True)):
            ell = np.arange(float(window.shape[1]))
            D = ell * (ell + 1.0) / (2.0 * np.pi) * getattr(theory, name)[: ell.size]
            calibrated.append(window @ D / (A_act**2 * P_act**power))
        return np.concatenate(calibrated)

    def whitened(self, theory: CMBObservables, A_act: float = 1.0, P_act: float = 1.0) -> Array:
        """Return w with w.w = chi^2, without the prior on A_act."""
        return self.spectra.whitened(self.bandpowers(theory, A_act, P_act))

    def below(self, l_max: int) -> ActDR6:
        """Return the bands that end at a multipole or below, marginalised over the others."""
        kept = [np.flatnonzero([row.indices.max() <= l_max for row in _rows(window)]) for window in self.windows]
        first = np.cumsum([0, *(window.shape[0] for window in self.windows[:-1])])
        chosen = np.concatenate([start + k for start, k in zip(first, kept, strict=True)])
        TT, TE, EE = (csr_array(window[k][:, : l_max + 1]) for window, k in zip(self.windows, kept, strict=True))
        covariance = self.spectra.covariance[np.ix_(chosen, chosen)]
        return ActDR6(Gaussian(self.spectra.name, self.spectra.data[chosen], covariance), (TT, TE, EE))


def _rows(matrix: csr_array) -> list[csr_array]:
    return [matrix[[k]] for k in range(matrix.shape[0])]


def act_dr6(source: str | Path) -> ActDR6:
    """Read the likelihood, all 135 bandpowers; those that are fitted are ``act_dr6(source).below(L_MAX)``.

    Parameters
    ----------
    source : str or Path
        The wheel, the folder ``ACT_DR6_CMB_only_v0``, or a folder in which one of them lies; if neither does, the
        installed package candl is asked.

    Raises
    ------
    ParameterError
        The files are not there, or one is damaged; the message names it.
    """
    folder = find(Path(source))
    data = _table(folder, "bandpowers", 3 * BANDS, 1)[:, 0]
    covariance = _table(folder, "covariance", 3 * BANDS, 3 * BANDS)
    TT, TE, EE = (_windows(folder, f"windows {name}") for name in _SPECTRA)
    return ActDR6(Gaussian("ACT DR6", data, 0.5 * (covariance + covariance.T)), (TT, TE, EE))


def find(source: Path) -> Folder:
    """Return the folder with the files, on disk or in a wheel.

    Raises
    ------
    ParameterError
        There is none, the wheel is not that of version 1.8.2, or it is damaged.
    """
    if source.suffix == ".whl":
        return _in_wheel(source)
    folders = [source, source / FOLDER]
    found = next((folder for folder in folders if (folder / FILES["bandpowers"]).is_file()), None)
    if found is not None:
        return found
    wheels = sorted(source.glob("candl_like-*.whl"))
    if wheels:
        return _in_wheel(next((wheel for wheel in wheels if wheel.name == WHEEL), wheels[-1]))
    return _installed(source)


def _in_wheel(wheel: Path) -> zipfile.Path:
    if wheel.name != WHEEL:
        raise ParameterError(
            f"{wheel} is not the wheel that holds the ACT DR6 data; it is {WHEEL} (candl 2 has none): {_HOW}"
        )
    try:
        folder = zipfile.Path(wheel) / "candl" / "data" / FOLDER
    except (OSError, zipfile.BadZipFile) as error:
        raise ParameterError(f"{wheel} cannot be read ({error}); {_HOW}") from error
    return folder


def _installed(source: Path) -> Path:
    """Return the folder of the installed package, which is not imported."""
    package = find_spec("candl")
    places = list(package.submodule_search_locations or ()) if package else []
    for place in places:
        folder = Path(place) / "data" / FOLDER
        if (folder / FILES["bandpowers"]).is_file():
            return folder
    raise ParameterError(
        f"no ACT DR6 data: {source} has neither {FOLDER}/ with {FILES['bandpowers']} nor {WHEEL}, and the package "
        f"candl 1.8.2 is not installed; {_HOW}"
    )


def _table(folder: Folder, name: str, rows: int, columns: int) -> Array:
    """Read a text table of a known shape."""
    path = folder / FILES[name]
    if not path.is_file():
        raise ParameterError(f"{folder} has no file {FILES[name]}; {_HOW}")
    try:
        table = np.loadtxt(io.StringIO(path.read_text(encoding="utf-8")), ndmin=2)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise ParameterError(f"{path} cannot be read as numbers ({error}); download it again: {_HOW}") from error
    if table.shape[0] < rows or table.shape[1] != columns or not np.all(np.isfinite(table)):
        raise ParameterError(
            f"{path} has {table.shape[0]} rows and {table.shape[1]} columns, but {rows} rows of {columns} finite "
            f"numbers are expected; download it again: {_HOW}"
        )
    return np.asarray(table)


def _windows(folder: Folder, name: str) -> csr_array:
    """Return windows as a matrix (BANDS, l_max + 1) that acts on D_l from l = 0."""
    table = _table(folder, name, L_MAX, 1 + BANDS)
    ell, weights = table[:, 0].astype(int), table[:, 1:]
    reach = int(ell[np.flatnonzero(weights.any(axis=1))].max(initial=0))
    if not np.array_equal(ell, ell[0] + np.arange(ell.size)) or not weights.any(axis=0).all():
        raise ParameterError(
            f"{folder / FILES[name]} is no table of {BANDS} windows over consecutive multipoles; "
            f"download it again: {_HOW}"
        )
    matrix = np.zeros((BANDS, reach + 1))
    inside = ell <= reach
    matrix[:, ell[inside]] = weights[inside].T
    return csr_array(matrix)
