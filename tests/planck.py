"""A folder with made-up files of Planck and ACT of the right shapes, and spectra to go with them."""

import os
from pathlib import Path

import numpy as np

from boltzmann.cmb import act
from boltzmann.cmb.observables import CMBObservables
from boltzmann.cmb.planck import BINS, FILES, FIRST_HIGH, L_MAX

# absent on most machines
REAL = Path(os.environ.get("STERILE_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


LONGEST = 3400  # multipole at which the made-up spectra end


def spectra(factor: float = 1.0) -> CMBObservables:
    """Return smooth spectra that fall with l."""
    ell = np.arange(LONGEST + 1.0)
    C = factor * 1e4 / (ell + 10.0) ** 2
    return CMBObservables(
        C, 0.1 * C, 0.02 * C, 1e-7 / (ell + 10.0) ** 4, np.linspace(5, 30, 7), np.full(7, 20.0), 0.7, 3.0, 0.8, 0.3
    )


def _edges(start: int) -> tuple[np.ndarray, np.ndarray]:
    """Return first and last index of the bins of plik-lite (arXiv:1907.12875 sec. 3.6): 5, 9, 17 and 33 wide."""
    widths = np.repeat([5, 9, 17, 33], [14, 156, 30, 15])
    last = start + np.cumsum(widths) - 1
    return last - widths + 1, last


def write_planck(folder: Path, seed: int = 1) -> Path:
    """Write every file of `FILES`; the data are binned `spectra`, errors 1 per cent, neighbours correlated."""
    random = np.random.default_rng(seed)
    n, length = sum(BINS), L_MAX + 1 - FIRST_HIGH
    first, last = zip(*(_edges(k * length) for k in range(3)), strict=True)
    theory = spectra()
    high = np.concatenate(
        [
            [C[FIRST_HIGH + a - k * length : FIRST_HIGH + b - k * length + 1].mean() for a, b in pairs]
            for k, (C, pairs) in enumerate(
                (C, list(zip(first[k], last[k], strict=True))[:bins])
                for k, (C, bins) in enumerate(zip((theory.TT, theory.TE, theory.EE), BINS, strict=True))
            )
        ]
    )
    sigma = 0.01 * high
    covariance = np.diag(sigma**2) + 0.3 * (np.diag(sigma[:-1] * sigma[1:], 1) + np.diag(sigma[:-1] * sigma[1:], -1))
    low_first, low_last = np.array([0, 12]), np.array([11, 27])
    L = np.arange(L_MAX + 1.0)
    lensing = (L * (L + 1)) ** 2 / (2 * np.pi) * theory.PP[: L_MAX + 1]
    texts: dict[str, np.ndarray] = {
        "bandpowers": np.column_stack([np.arange(n), high, sigma]),
        "first": np.concatenate(first),
        "last": np.concatenate(last),
        "weights": np.concatenate([_flat(a, b, length) for a, b in zip(first, last, strict=True)]),
        "low first": low_first,
        "low last": low_last,
        "low weights": np.concatenate([np.full(12, 1 / 12), np.full(16, 1 / 16)]),
        "low bandpowers": np.array([[8, theory.TT[2:14].mean(), 10.0], [22, theory.TT[14:30].mean(), 1.0]]),
        "lensing covariance": np.diag(random.uniform(1, 2, 9)) * 1e-18,
        "lensing correction": np.column_stack([np.arange(9), np.full(9, 1e-9)]),
    }
    bands = []
    for b in range(9):
        window = np.column_stack([np.arange(10 + 40 * b, 50 + 40 * b), np.full(40, 1 / 40)])
        texts[f"lensing window {b + 1}"] = window
        texts[f"lensing correction window {b + 1}"] = np.column_stack([[2, 1002], [0.0, 0.01]])
        bands.append(lensing[window[:, 0].astype(int)].mean() + 0.01 * lensing[1002] - 1e-9)
    texts["lensing bandpowers"] = np.column_stack([np.arange(9)] * 4 + [bands] + [np.ones(9)])
    for name, table in texts.items():
        path = folder / FILES[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(path, table)
    record = np.array([8 * n * n], dtype="<i4").tobytes()
    lower = np.tril(covariance) + np.triu(np.full((n, n), 7.0), 1)  # the other triangle must not be read
    (folder / FILES["covariance"]).write_bytes(record + lower.astype("<f8").tobytes() + record)
    return folder


def _flat(first: np.ndarray, last: np.ndarray, length: int) -> np.ndarray:
    """Return weights 1/width for each multipole of contiguous bins."""
    weights = np.zeros(length)
    for a, b in zip(first - first[0], last - first[0], strict=True):
        weights[a : b + 1] = 1.0 / (b - a + 1)
    return weights


def write_act(folder: Path, seed: int = 2) -> Path:
    """Write the files of ACT below `folder`; data are `spectra` with P_act = 0.95, and the highest bands are narrower.

    Errors are 1 per cent, neighbours correlated.
    """
    place = folder / act.FOLDER
    (place / "windows").mkdir(parents=True)
    widths = np.repeat([50, 100, 200, 25], [29, 5, 3, 8])
    last = 575 + np.cumsum(widths)
    ell = np.arange(2, LONGEST + 1)
    windows = ((ell[:, None] > last - widths) & (ell[:, None] <= last)) / widths
    theory, D = spectra(), ell * (ell + 1.0) / (2 * np.pi)
    data = np.concatenate([windows.T @ (D * C[2:]) / 0.95**k for k, C in enumerate((theory.TT, theory.TE, theory.EE))])
    sigma = 0.01 * data * np.random.default_rng(seed).uniform(0.5, 1.5, data.size)
    neighbours = 0.2 * (np.eye(data.size, k=1) + np.eye(data.size, k=-1))
    np.savetxt(place / act.FILES["bandpowers"], data)
    np.savetxt(place / act.FILES["covariance"], np.outer(sigma, sigma) * (np.eye(data.size) + neighbours))
    for name in ("TT", "TE", "EE"):
        np.savetxt(place / act.FILES[f"windows {name}"], np.column_stack([ell, windows]), fmt="%.17g")
    return folder
