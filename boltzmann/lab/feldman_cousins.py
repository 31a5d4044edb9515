"""Confidence regions by simulation (Feldman & Cousins, physics/9711021) for measurements with Gaussian errors.

For every point of the grid, data are simulated from its prediction and covariance; the critical Delta is the quantile
of chi^2(true point) - min over the grid. No asymptotics: boundaries and periodic likelihoods are in.

chi^2 of all simulated data at all grid points is one matrix product, because it is quadratic in the data:
(r - p)^T W (r - p) with W the inverse covariance of the point.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array

__all__ = ["Region", "region"]


class Region(NamedTuple):
    """Outcome at every point of the grid, arrays (n,)."""

    delta: Array  #: chi^2 of the data minus its minimum on the grid
    critical: Array  #: largest `delta` inside the region
    p: Array  #: share of the simulated data with a larger Delta than the real ones

    @property
    def allowed(self) -> Array:
        """Which points are inside, bool (n,)."""
        return np.asarray(self.delta <= self.critical)


def _coefficients(predicted: Array, inverse: Array) -> Array:
    """Return the coefficients of chi^2 as a function of the data, one column per grid point; see `_features`."""
    i, j = np.triu_indices(predicted.shape[1])
    quadratic = inverse[:, i, j] * np.where(i == j, 1.0, 2.0)
    linear = -2.0 * np.einsum("gij,gj->gi", inverse, predicted)
    constant = np.einsum("gi,gij,gj->g", predicted, inverse, predicted)
    return np.concatenate([quadratic.T, linear.T, constant[None]])


def _features(data: Array) -> Array:
    """Return the monomials of data (m, n) that `_coefficients` multiply: squares and products, values, 1."""
    i, j = np.triu_indices(data.shape[1])
    return np.concatenate([data[:, i] * data[:, j], data, np.ones((len(data), 1))], axis=1)


def region(
    data: Array,
    predicted: Array,
    covariance: Array,
    *,
    cl: float,
    simulations: int = 1000,
    seed: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Region:
    """Compute the confidence region of confidence level `cl`.

    Parameters
    ----------
    data : array (d,)
        What was measured.
    predicted : array (n, d)
        Prediction at every point of the grid, with the points of no signal among them.
    covariance : array (n, d, d)
        Covariance there, with all systematic errors.
    cl : float
        Between 0 and 1.
    simulations : int
        Simulated data sets per point; the error of the coverage is sqrt(cl (1 - cl)/simulations).
    seed : int
        The same seed gives the same result; every point has its own stream of random numbers.
    progress : callable, optional
        Called with the fraction done.

    Returns
    -------
    Region

    Raises
    ------
    ParameterError
        `cl` or `simulations` out of range.
    """
    if not 0.0 < cl < 1.0 or simulations < 10:
        raise ParameterError(
            f"cl = {cl}, simulations = {simulations} is not allowed; give 0 < cl < 1 and at least 10 simulations"
        )
    coefficients = _coefficients(predicted, np.asarray(np.linalg.inv(covariance)))
    measured = (_features(data[None]) @ coefficients)[0]
    delta = measured - measured.min()
    spread = np.linalg.cholesky(covariance)
    critical, p = np.empty(len(predicted)), np.empty(len(predicted))
    for k, centre in enumerate(predicted):
        normal = np.random.default_rng([seed, k]).standard_normal((simulations, len(data)))
        chi2 = _features(centre + normal @ spread[k].T) @ coefficients
        simulated = chi2[:, k] - chi2.min(axis=1)
        critical[k] = np.quantile(simulated, cl)
        p[k] = np.mean(simulated > delta[k])
        if progress:
            progress((k + 1) / len(predicted))
    return Region(delta, critical, p)
