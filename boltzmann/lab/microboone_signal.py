"""MicroBooNE's chi^2 of any nu_e-like signal in the Booster beam: what of the 2025 release depends on the signal.

The chi^2 of `boltzmann.lab.microboone_release` is a Gaussian in 364 numbers. A signal S adds to the 52 of nu_e of the
Booster beam, whose covariance is scaled with the prediction, a = 1 + S/expected bin by bin. The other 312 do not depend
on S. Conditioning on them (derived; exact, by the inverse of a block matrix) leaves, besides a constant,

    residual    r = data - expected - S - a o shift
    covariance  V = (a a^T) o K + the variance of the counts (combined Neyman-Pearson)
    chi^2       r^T V^-1 r

with o the product element by element, K the conditional covariance and shift what the other bins say. So 3 x 52 + 52 x
52 numbers of ``data/lab/microboone2025_projected.ecsv``, and the events of full transmutation by true energy
(``microboone2025_response.ecsv``), both written by ``scripts/make_microboone_signal.py``, replace the release.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from boltzmann import ecsv
from boltzmann.lab.microboone_release import NU_E, Release, averaged, variance
from boltzmann.numerics.arrays import Array

__all__ = ["Projection", "events", "gain", "oscillated", "project", "projected", "response"]

_PROJECTED, _RESPONSE = "lab/microboone2025_projected.ecsv", "lab/microboone2025_response.ecsv"
_AT_ONCE = 512  # matrices solved in one go: bounds the memory


@dataclass(frozen=True, eq=False)
class Projection:
    """The chi^2 of a signal in the 52 nu_e bins.

    Attributes
    ----------
    data, expected, shift : (52,) arrays
    covariance : (52, 52) array
        K of the module's docstring.
    """

    data: Array
    expected: Array
    shift: Array
    covariance: Array

    def chi2(self, signal: Array) -> Array:
        """Return chi^2 up to a constant of signals (..., 52), at least 0."""
        flat = np.reshape(np.asarray(signal, dtype=np.float64), (-1, NU_E))
        parts = [self._chi2(flat[i : i + _AT_ONCE]) for i in range(0, len(flat), _AT_ONCE)]
        return np.asarray(np.concatenate(parts).reshape(np.shape(signal)[:-1]))

    def _chi2(self, signal: Array) -> Array:
        prediction = self.expected + signal
        scale = np.where(self.expected > 0.0, prediction / np.where(self.expected > 0.0, self.expected, 1.0), 1.0)
        residual = self.data - prediction - scale * self.shift
        matrix = self.covariance * scale[:, :, None] * scale[:, None, :]
        matrix = matrix + variance(self.data, prediction)[:, :, None] * np.eye(NU_E)
        return np.asarray((residual * np.linalg.solve(matrix, residual[..., None])[..., 0]).sum(-1))


def project(release: Release) -> Projection:
    """Compute what depends on the signal from the release."""
    own, rest = slice(NU_E), slice(NU_E, None)
    C = release.covariance
    others = C[rest, rest] + np.diag(variance(release.data[rest], release.expected[rest]))
    gains = np.linalg.solve(others, C[rest, own]).T
    missing = (release.data - release.expected)[rest]
    return Projection(release.data[own], release.expected[own], gains @ missing, C[own, own] - gains @ C[rest, own])


@cache
def projected() -> Projection:
    """Return the shipped projection."""
    names = [f"covariance_{i}" for i in range(NU_E)]
    columns = ecsv.numbers(_PROJECTED, ["data", "expected", "shift", *names])
    matrix = np.stack([columns[name] for name in names], axis=1)
    return Projection(columns["data"], columns["expected"], columns["shift"], matrix)


@cache
def response() -> tuple[Array, Array]:
    """Return the middles of bins of true energy (60,) [MeV] and the events of full transmutation in each, (60, 52)."""
    names = [f"bin_{i}" for i in range(NU_E)]
    columns = ecsv.numbers(_RESPONSE, ["E", *names])
    return columns["E"], np.stack([columns[name] for name in names], axis=1)


def events(share: Array) -> Array:
    """Return the signal (..., 52), given what share (..., 60) of nu_mu look like nu_e in each bin of true energy."""
    return np.asarray(share @ response()[1])


def oscillated(dm2_41: float, rate: float = 0.0) -> Array:
    """Return the signal (52,) for |U_e4|^2 |U_mu4|^2 = 1/4, of a nu_4 that decays invisibly with m_4 Gamma = `rate`
    [eV^2].
    """
    return events(averaged(response()[0], dm2_41, rate))


def gain(signal: Array) -> Array:
    """Return D, by how much chi^2 falls from no signal to signals (..., 52): positive if the signal fits better."""
    own = projected()
    return np.asarray(own.chi2(np.zeros(NU_E)) - own.chi2(signal))
