"""Comoving momentum grid: nodes y = p a, weights, and the reference Fermi-Dirac spectrum.

Generalised Gauss-Laguerre nodes (weight y^3 e^-y), of the smallest degree that has exactly N nodes below y_max; the
nodes beyond carry a negligible part of the energy. Measured to converge faster than Legendre grids.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from boltzmann.numerics.arrays import Array
from boltzmann.numerics.records import record

NO_ROOT_BELOW = 1e-300  # instead of a pivot of zero: a root at y_max
ALPHA = 3  # power of y in the weight: energy densities are integrated best


@record
class Grid(NamedTuple):
    """Comoving momenta ``y``, weights ``w`` with int dy g(y) = sum w g, Fermi-Dirac values ``f``; all (N,)."""

    y: Array
    w: Array
    f: Array


def fermi_dirac(y: ArrayLike) -> Array:
    """Return 1/(e^y + 1), safe for any y."""
    decay = np.exp(-np.abs(y))
    return np.where(np.asarray(y) >= 0, decay, 1.0) / (1.0 + decay)


def _degree(n_momenta: int, y_max: float) -> int | None:
    """Return the smallest degree with ``n_momenta`` roots below ``y_max``; None beyond 40 ``n_momenta``.

    As many roots lie below as pivots of the Jacobi matrix minus y_max are negative (Sylvester's law of inertia), and
    those of one degree are the first of the next.
    """
    pivot, below = 1.0, 0
    for k in range(40 * n_momenta):
        pivot = (2.0 * k + 1 + ALPHA - y_max - k * (k + ALPHA) / pivot) or NO_ROOT_BELOW
        below += pivot < 0
        if below == n_momenta:
            return k + 1
    return None


def _nodes(degree: int) -> Array:
    """Return the roots of the generalised Laguerre polynomial (Golub & Welsch 1969).

    By numpy: scipy.linalg takes longer to import than all of it.
    """
    k = np.arange(degree)
    return np.linalg.eigvalsh(np.diag(2.0 * k + 1 + ALPHA) + np.diag(np.sqrt(k[1:] * (k[1:] + ALPHA)), -1))


def _weights(degree: int, y: Array) -> Array:
    """Return w_i e^y y^-alpha as the Christoffel function of the functions orthonormal with the weight included.

    The weight is carried inside the recurrence, so nothing overflows at any degree.
    """
    previous, current = np.zeros_like(y), np.exp(0.5 * (ALPHA * np.log(y) - y - math.lgamma(ALPHA + 1)))
    total = current**2
    for k in range(degree - 1):
        b, b_next = np.sqrt(k * (k + ALPHA)), np.sqrt((k + 1) * (k + 1 + ALPHA))
        previous, current = current, ((y - (2 * k + 1 + ALPHA)) * current - b * previous) / b_next
        total += current**2
    return 1.0 / total


def laguerre_grid(n_momenta: int, y_max: float) -> Grid:
    """Return the grid with ``n_momenta`` nodes below ``y_max``.

    Parameters
    ----------
    n_momenta : int
        Number of nodes N.
    y_max : float
        Upper end of the comoving momenta.

    Raises
    ------
    ValueError
        If no degree has exactly that number of nodes below ``y_max`` (does not happen for y_max = 20, N <= 80).
    """
    degree = _degree(n_momenta, y_max)
    if degree is None:
        raise ValueError(
            f"y_max = {y_max}: no Laguerre grid has exactly n_momenta = {n_momenta} nodes below it; change either"
        )
    y = _nodes(degree)[:n_momenta]
    return Grid(y, _weights(degree, y), fermi_dirac(y))
