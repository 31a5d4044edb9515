"""Exact reader of MiniBooNE's 2020 data release (arXiv:2006.16883), from the user's own copy.

The release has, for neutrino and antineutrino beam, observed and predicted counts in 11 bins of E_QE for nu_e and in 8
bins for nu_mu, simulated events of full nu_mu -> nu_e transmutation (E_QE, E, L, weight), and one fractional covariance
F of 60 numbers: [signal, nu_e background, nu_mu] of either beam. The statistic, for two-neutrino appearance:

    signal         g_i(dm2) sin^2 2theta,  g_i = (1/N) SUM_(events in bin i) w sin^2(1.267 dm2 L/E)
    prediction     n = C f of 38 numbers; f has the 60 pieces, C adds signal to background
    covariance     V = C (f f^T o F) C^T + diag(signal)
    -2 ln L        (d - n)^T V^-1 (d - n) + ln det V

F is relative and the counts of background and nu_mu are in it (its diagonal exceeds 1/f_i), those of the signal are
not: a Poisson variance equal to the expected signal is added. The normalisation ln det V must not be dropped, as V
depends on the parameters: along the official 90 % contour the statistic changes by less than 1 with it, by 4 without.
V is a polynomial in sin^2 2theta, V = V_0 + s V_1 + s^2 V_2, which makes whole lines of a grid cheap.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize

from boltzmann.errors import ParameterError
from boltzmann.lab.oscillation import PHASE
from boltzmann.lab.parameters import by_splitting
from boltzmann.lab.release_files import numbers
from boltzmann.numerics.arrays import Array, Index
from boltzmann.units import in_unit

N_E, N_MU = 11, 8  # bins of nu_e and nu_mu
N_BEAM, N_PIECES = N_E + N_MU, 2 * N_E + N_MU  # of one beam: predictions, and the pieces they consist of
#: CL -> end of the name of the file with the official contour
CONTOURS = {0.6827: "1s", 0.90: "90", 0.95: "95", 0.99: "99", 0.9973: "3s"}
#: Beam -> what its files are called, and how many simulated events there are
_BEAMS = {
    "neutrino": ("nue", "numu", "numunuefullosc_ntuple", 17204),
    "antineutrino": ("nuebar", "numubar", "nubarfullosc_ntuple", 117949),
}
_CHUNK = 1024  # covariance matrices in memory at a time


class Excess(NamedTuple):
    """Observed minus expected nu_e events, the expectation given the nu_mu observed, and the error of the sum."""

    neutrino: float
    antineutrino: float
    error: float

    @property
    def total(self) -> float:
        """Both beams."""
        return self.neutrino + self.antineutrino


class BestFit(NamedTuple):
    """Where -2 ln L is smallest, and that value."""

    dm2_41: float
    sin2_2theta_mue: float
    minus_two_ln_L: float


@dataclass(frozen=True, eq=False)
class Beam:
    """What the release has of one beam.

    Attributes
    ----------
    observed : (19,) array
        Events, nu_e then nu_mu.
    expected : (19,) array
        Without oscillation.
    bins : (N,) array of int
        Of the simulated events, their E_QE.
    L_over_E : (N,) array [m/MeV]
    weights : (N,) array
        Events expected if every nu_mu were a nu_e.
    """

    observed: Array
    expected: Array
    bins: Index
    L_over_E: Array
    weights: Array

    def signal(self, dm2_41: float) -> Array:
        """Return nu_e events for sin^2 2theta = 1, (11,)."""
        weights = self.weights * np.sin(PHASE * dm2_41 * self.L_over_E) ** 2
        return np.asarray(np.bincount(self.bins, weights, minlength=N_E), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Release:
    """The data release; made by `release`.

    Attributes
    ----------
    edges : (12,) array [MeV]
        Of the E_QE bins.
    neutrino, antineutrino : Beam
    covariance : (60, 60) array
        Fractional.
    folder : Path
    """

    edges: Array
    neutrino: Beam
    antineutrino: Beam
    covariance: Array
    folder: Path

    def signal(self, dm2_41: float) -> Array:
        """Return nu_e and anti-nu_e events [beam, bin] for sin^2 2theta = 1, (2, 11)."""
        return np.stack([self.neutrino.signal(dm2_41), self.antineutrino.signal(dm2_41)])

    @property
    def transmuted(self) -> Array:
        """Events [beam, bin] if every nu_mu were a nu_e, (2, 11)."""
        beams = (self.neutrino, self.antineutrino)
        return np.stack([np.bincount(beam.bins, beam.weights, minlength=N_E) for beam in beams])

    def curve(self, dm2_41: float, sin2_2theta_mue: Array) -> Array:
        """Return -2 ln L at one splitting for amplitudes (n,), which may be larger than 1 here."""
        chunks = np.array_split(sin2_2theta_mue, len(sin2_2theta_mue) // _CHUNK + 1)
        signal, background = self._pieces(dm2_41)
        matrices = self._covariances(signal, background)
        fixed, slope = _COLLAPSE @ background, _COLLAPSE @ signal
        residual = np.concatenate([self.neutrino.observed, self.antineutrino.observed]) - fixed
        return np.concatenate([_gaussian(residual - s[:, None] * slope, _polynomial(matrices, s)) for s in chunks])

    def minus_two_ln_L(self, dm2_41: Any, sin2_2theta_mue: Any) -> Array:
        """Return -2 ln L without a constant.

        Parameters
        ----------
        dm2_41 : float, array [eV^2], Quantity or str
            At least 0.
        sin2_2theta_mue : float or array
            From 0 to 1; broadcasts against `dm2_41`.

        Raises
        ------
        ParameterError
            A parameter is not allowed.
        """
        splitting = in_unit(dm2_41, "eV2", "dm2_41")
        amplitude = in_unit(sin2_2theta_mue, "", "sin2_2theta_mue")
        if np.any(splitting < 0.0) or np.any((amplitude < 0.0) | (amplitude > 1.0)):
            raise ParameterError(
                f"dm2_41 = {dm2_41}, sin2_2theta_mue = {sin2_2theta_mue} is not allowed; "
                "give splittings of at least 0 eV2 and amplitudes from 0 to 1"
            )
        splitting, amplitude = np.broadcast_arrays(splitting, amplitude)
        values, inverse = by_splitting(splitting)
        result = np.empty(splitting.shape)
        for index, value in enumerate(values):
            result[inverse == index] = self.curve(value, amplitude[inverse == index])
        return result

    def best_fit(self) -> BestFit:
        """Return the minimum for dm2_41 up to 1 eV^2: a scan, then a simplex in the logarithms."""
        logs, amplitudes = np.linspace(-2.0, 0.0, 41), np.linspace(-3.0, 0.0, 61)
        scan = np.array([self.curve(dm2, 10.0**amplitudes) for dm2 in 10.0**logs])
        row, column = np.unravel_index(scan.argmin(), scan.shape)

        def statistic(point: Array) -> float:
            return float(self.curve(10.0 ** point[0], 10.0 ** point[1:])[0])

        fit = minimize(
            statistic,
            np.array([logs[row], amplitudes[column]]),
            method="Nelder-Mead",
            bounds=[(-2.0, 0.0), (-3.0, 0.0)],
            options={"xatol": 1e-4, "fatol": 1e-5},
        )
        return BestFit(float(10.0 ** fit.x[0]), float(10.0 ** fit.x[1]), float(fit.fun))

    def excess(self, low: float = 200.0, high: float = 1250.0) -> Excess:
        """Return the excess of nu_e between two edges of E_QE [MeV].

        The expectation is that of the joint Gaussian given the nu_mu seen: n_e + V_em V_mm^-1 (d_m - n_m), which is how
        the published backgrounds were obtained. The error is that of the joint Gaussian, counts included.
        """
        signal, background = self._pieces(0.0)
        covariance = self._covariances(signal, background)[0]
        expected = _COLLAPSE @ background
        residual = np.concatenate([self.neutrino.observed, self.antineutrino.observed]) - expected
        gain = np.linalg.solve(covariance[np.ix_(_NU_MU, _NU_MU)], covariance[np.ix_(_NU_MU, _NU_E)]).T
        excess = residual[_NU_E] - gain @ residual[_NU_MU]
        remaining = covariance[np.ix_(_NU_E, _NU_E)] - gain @ covariance[np.ix_(_NU_MU, _NU_E)]
        inside = np.tile((self.edges[:-1] >= low) & (self.edges[1:] <= high), 2)
        first, second = np.split(np.where(inside, excess, 0.0), 2)
        return Excess(float(first.sum()), float(second.sum()), float(np.sqrt(inside @ remaining @ inside)))

    def contour(self, cl: float) -> Array:
        """Return the points (sin^2 2theta, dm2_41 [eV^2]) of an official contour, (N, 2).

        Raises
        ------
        ParameterError
            There is none of that CL, or the file is missing or broken.
        """
        if cl not in CONTOURS:
            raise ParameterError(f"cl = {cl} has no official contour; choose from {', '.join(map(str, CONTOURS))}")
        return numbers(self.folder / f"cont_fake_oct19_contNunubar_{CONTOURS[cl]}.txt", 2)

    def _pieces(self, dm2_41: float) -> tuple[Array, Array]:
        """Return signal for sin^2 2theta = 1, and what does not depend on it, as pieces (60,)."""
        signal, background = np.zeros((2, N_PIECES)), np.zeros((2, N_PIECES))
        signal[:, :N_E] = self.signal(dm2_41)
        background[:, N_E:] = self.neutrino.expected, self.antineutrino.expected
        return signal.ravel(), background.ravel()

    def _covariances(self, signal: Array, background: Array) -> Array:
        """Return V_0, V_1, V_2, (3, 38, 38)."""
        cross = np.outer(signal, background)
        orders = np.stack([np.outer(background, background), cross + cross.T, np.outer(signal, signal)])
        matrices = _COLLAPSE @ (orders * self.covariance) @ _COLLAPSE.T
        matrices[1] += np.diag(_COLLAPSE @ signal)
        return np.asarray(matrices)


def _collapsing() -> Array:
    """Return C (38, 60), which adds the pieces up to predictions."""
    beam = np.zeros((N_BEAM, N_PIECES))
    beam[:N_E, :N_E] = np.eye(N_E)
    beam[:, N_E:] += np.eye(N_BEAM)
    return np.asarray(np.kron(np.eye(2), beam), dtype=np.float64)


_COLLAPSE = _collapsing()
_IS_NU_E = np.arange(2 * N_BEAM) % N_BEAM < N_E
_NU_E, _NU_MU = np.flatnonzero(_IS_NU_E), np.flatnonzero(~_IS_NU_E)


def _polynomial(matrices: Array, s: Array) -> Array:
    return np.asarray(matrices[0] + s[:, None, None] * (matrices[1] + s[:, None, None] * matrices[2]))


def _gaussian(residuals: Array, covariances: Array) -> Array:
    """Return r^T V^-1 r + ln det V of residuals (n, m) with covariances (n, m, m)."""
    roots = np.linalg.cholesky(covariances)
    scaled = np.linalg.solve(roots, residuals[..., None])[..., 0]
    return np.asarray((scaled**2).sum(-1) + 2.0 * np.log(np.diagonal(roots, axis1=-2, axis2=-1)).sum(-1))


def release(folder: str | Path) -> Release:
    """Read the data release from a folder that holds its files.

    Parameters
    ----------
    folder : str or Path
        The combined neutrino and antineutrino part of the release, files ``miniboone_*.txt``, and for `Release.contour`
        also ``cont_fake_oct19_contNunubar_*.txt``.

    Raises
    ------
    ParameterError
        A file is missing, cut off, of another shape or contains something else than numbers; the message names file
        and line.
    """
    path = Path(folder)
    edges = numbers(path / "miniboone_binboundaries_nue_lowe.txt", N_E + 1, 1)[0]
    covariance = numbers(path / "miniboone_full_fractcovmatrix_combined_lowe.txt", 2 * N_PIECES, 2 * N_PIECES)
    neutrino, antineutrino = (_beam(path, edges, *names) for names in _BEAMS.values())
    return Release(edges, neutrino, antineutrino, covariance, path)


def _beam(path: Path, edges: Array, nu_e: str, nu_mu: str, events: str, count: int) -> Beam:
    """Read the files of one beam."""

    def spectrum(name: str, bins: int) -> Array:
        return np.asarray(numbers(path / f"miniboone_{name}.txt", bins, 1)[0])

    table = numbers(path / f"miniboone_{events}.txt", 4, count)
    E_QE, E, L, weight = table[(table[:, 0] >= edges[0]) & (table[:, 0] < edges[-1])].T
    return Beam(
        np.concatenate([spectrum(f"{nu_e}data_lowe", N_E), spectrum(f"{nu_mu}data", N_MU)]),
        np.concatenate([spectrum(f"{nu_e}bgr_lowe", N_E), spectrum(nu_mu, N_MU)]),
        np.searchsorted(edges, E_QE, side="right") - 1,
        0.01 * L / E,  # L is in cm
        weight / count,
    )
