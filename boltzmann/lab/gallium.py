"""Gallium source experiments (GALLEX, SAGE, BEST): nu_e from 51Cr and 37Ar captured in a tank around the source.

The rate of a gallium volume around a point source goes as dV/L^2 = dL dOmega: in every direction the baseline is
uniform between entering and leaving the gallium, so the average of the oscillation over L is closed, and only that over
the direction is a quadrature (Gauss-Legendre in cos theta between the edges of the tanks). Lines are weighted with
branching times cross section.

chi^2 = d^T V^-1 d with d = measured - predicted ratio and V = experimental errors, made symmetric, + the error of the
cross section, common to all (3.2 % of the prediction) + the systematic error common to both volumes of BEST; this is
the minimum over two pulls. Method as in arXiv:0711.4222 and 2201.07364; numbers and geometry: data/lab/gallium*.ecsv.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from boltzmann import ecsv
from boltzmann.errors import ParameterError
from boltzmann.lab.oscillation import mean_interference, mean_survival, probability
from boltzmann.lab.parameters import Point, by_splitting, checked
from boltzmann.numerics.arrays import Array

NAME = "gallium (GALLEX, SAGE, BEST)"
CITATION = "Kaether et al. 2010, arXiv:1001.2731; SAGE 2009, arXiv:0901.2200; BEST 2022, arXiv:2109.11482"
VALIDITY = (
    "Regions agree with arXiv:2201.07364; the chi^2 without oscillation depends on how the cross-section error is "
    "scaled, so quote regions, not a significance. With the cross section of Bahcall (hep-ph/9710491). Dimensions of "
    "the tanks and ratios of cross sections between lines were seen in one source only; changing GALLEX and SAGE by "
    "20 % or the ratios by 10 % moves the best fit by less than 2 %, changing the sphere of BEST by 10 % by 5 %."
)
CHANNEL = "ee"
VERIFIED = True

CROSS_SECTION_ERROR = 0.032  # relative, symmetrised from +3.6/-2.8 %: Bahcall, hep-ph/9710491
_NODES = 200  # per smooth piece in cos theta; twice as many change chi^2 by less than 1e-4 up to 100 eV^2


class Data(NamedTuple):
    """The measurements as ratios to the predictions without oscillation.

    ``names`` and arrays (n,): ``ratio``, ``error`` (independent), ``common`` (relative, of BEST).
    """

    names: tuple[str, ...]
    ratio: Array
    error: Array
    common: Array


class _Surface(NamedTuple):
    """A cylinder around the vertical axis of the source, or a sphere around the source (infinite height)."""

    radius: float
    height: float
    source_height: float

    @property
    def edges(self) -> list[float]:
        """Values of cos theta between which `distance` is smooth."""
        if np.isinf(self.height):
            return []
        up, down = self.height - self.source_height, self.source_height
        return [up / np.hypot(self.radius, up), -down / np.hypot(self.radius, down)]

    def distance(self, cosine: Array) -> Array:
        """Return the distance from the source to the surface in directions cos theta."""
        if np.isinf(self.height):
            return np.full_like(cosine, self.radius)
        to_end = np.where(cosine > 0, self.height - self.source_height, self.source_height) / np.abs(cosine)
        return np.asarray(np.minimum(self.radius / np.sqrt(1.0 - cosine**2), to_end))


class _Paths(NamedTuple):
    """Where lines of sight enter and leave the gallium [m], and the weights of their directions."""

    low: Array
    high: Array
    weights: Array

    @property
    def mean(self) -> float:
        """Mean length in the gallium over all directions [m]."""
        return float(np.average(self.high - self.low, weights=self.weights))


def measurements() -> tuple[str, ...]:
    """Return the names of the measurements."""
    return tuple(row["name"] for row in ecsv.rows("lab/gallium.ecsv"))


@cache
def data() -> Data:
    """Return all measurements."""
    columns = ecsv.numbers("lab/gallium.ecsv", ("measured", "error_up", "error_down", "common", "predicted"))
    measured, predicted = columns["measured"], columns["predicted"]
    error = 0.5 * (columns["error_up"] + columns["error_down"])
    # the error common to both volumes of BEST is quoted in atoms per day of almost equal rates: one relative error
    has_common = columns["common"] > 0
    mean_rate = measured[has_common].mean()
    common = np.where(has_common, columns["common"] / mean_rate, 0.0)
    return Data(measurements(), measured / predicted, error / predicted, common)


@cache
def _surfaces() -> dict[str, _Surface]:
    table = ecsv.numbers("lab/gallium_surfaces.ecsv", _Surface._fields)
    names = [row["surface"] for row in ecsv.rows("lab/gallium_surfaces.ecsv")]
    return {name: _Surface(*values) for name, *values in zip(names, *table.values(), strict=True)}


@cache
def _lines(source: str) -> tuple[Array, Array]:
    """Return energies [MeV] and relative rates of the lines of a source."""
    table = ecsv.numbers("lab/gallium_lines.ecsv", ("E", "branching", "cross_section"))
    own = np.array([row["source"] == source for row in ecsv.rows("lab/gallium_lines.ecsv")])
    return table["E"][own], (table["branching"] * table["cross_section"])[own]


@cache
def paths(name: str) -> _Paths:
    """Return the lines of sight through the gallium of one measurement."""
    row = next(row for row in ecsv.rows("lab/gallium.ecsv") if row["name"] == name)
    outside = _surfaces()[row["outside"]]
    inside = _surfaces()[row["inside"]] if row["inside"] else None
    edges = sorted({-1.0, 0.0, 1.0, *outside.edges, *(inside.edges if inside else ())})
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half = 0.5 * np.diff(edges)[:, None]
    cosine = (np.array(edges[:-1])[:, None] + half * (1.0 + nodes)).ravel()
    high = outside.distance(cosine)
    low = np.minimum(inside.distance(cosine), high) if inside else np.zeros_like(cosine)
    return _Paths(low, high, (half * weights).ravel())


@cache
def _pieces(name: str) -> tuple[Array, Array, Array]:
    """Return intervals of L/E [m/MeV] and their weights: every direction and line of one measurement."""
    row = next(row for row in ecsv.rows("lab/gallium.ecsv") if row["name"] == name)
    energies, rates = _lines(row["source"])
    low, high, weights = paths(name)
    weight = np.outer(rates, weights * (high - low))
    return (low / energies[:, None]).ravel(), (high / energies[:, None]).ravel(), weight.ravel()


def prediction(point: Point, decay: float = 0.0) -> Array:
    """Return the ratios to no oscillation of all measurements, shape (..., n)."""
    values, inverse = by_splitting(point.dm2_41)
    means = [mean_interference(values, *_pieces(name), decay)[inverse] for name in data().names]
    left = [mean_survival(decay, *_pieces(name)) for name in data().names]
    return np.stack([probability(point, "e", "e", *both) for both in zip(means, left, strict=True)], axis=-1)


def covariance(predicted: Array) -> Array:
    """Return the covariance matrices (..., n, n) of the ratios, given their predictions (..., n)."""
    common = data().common
    relative = CROSS_SECTION_ERROR**2 + np.outer(common, common)
    return np.asarray(np.diag(data().error ** 2) + predicted[..., :, None] * predicted[..., None, :] * relative)


def _chosen(names: Sequence[str] | None) -> Array:
    """Return the places of the measurements called `names`."""
    known = data().names
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise ParameterError(f"measurement = {unknown[0]!r} is not known; choose from {', '.join(known)}")
    return np.array([known.index(name) for name in (known if names is None else names)])


def chi2(
    dm2_41: Any,
    Ue4_sq: Any = 0.0,
    Umu4_sq: Any = 0.0,
    Utau4_sq: Any = 0.0,
    *,
    names: Sequence[str] | None = None,
    ratio: Array | None = None,
    decay: float = 0.0,
) -> Array:
    """Return chi^2, minimised over cross section and common systematic error.

    Parameters
    ----------
    dm2_41, Ue4_sq, Umu4_sq, Utau4_sq
        As for `boltzmann.lab.chi2`.
    names : sequence of str, optional
        Some of `measurements` instead of all.
    ratio : array (..., n), optional
        Other data than the measured ratios, for example simulated ones; all n measurements.
    decay : float [eV^2]
        m_4 Gamma of invisible decay.

    Raises
    ------
    ParameterError
        A parameter is not allowed, or a measurement unknown.
    """
    predicted = prediction(checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq), decay)
    chosen = _chosen(names)
    difference = ((data().ratio if ratio is None else ratio) - predicted)[..., chosen]
    matrix = covariance(predicted)[..., chosen[:, None], chosen]
    return np.asarray((difference * np.linalg.solve(matrix, difference[..., None])[..., 0]).sum(axis=-1))


def mean_ratio(names: Sequence[str] | None = None) -> tuple[float, float]:
    """Return the average of the ratios of some measurements, and its error with all correlations.

    The minimum of chi^2 over a common ratio R predicted for all, with the common errors taken as fractions of it.
    """
    chosen = _chosen(names)
    trial = np.linspace(0.4, 1.3, 9001)
    predicted = np.repeat(trial[:, None], len(data().names), axis=1)
    difference = (data().ratio - predicted)[:, chosen]
    matrix = covariance(predicted)[:, chosen[:, None], chosen]
    values = (difference * np.linalg.solve(matrix, difference[..., None])[..., 0]).sum(axis=-1)
    allowed = trial[values < values.min() + 1.0]
    return float(trial[values.argmin()]), float(0.5 * np.ptp(allowed))
