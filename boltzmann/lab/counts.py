"""-2 ln L of small counts: Poisson, with the pulls of a common signal and background normalisation profiled.

Relative to the model that predicts the counts themselves, so that a perfect fit has 0 and goodness of fit can be read
off (Baker & Cousins, Nucl. Instrum. Meth. 221 (1984) 437).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from boltzmann.numerics.arrays import Array

__all__ = ["OnOff", "deviance", "profiled"]

_STEPS = 60
_TOLERANCE = 1e-9
# A pull leaves at least this share of what it scales; with an error up to 0.14 only points of -2 ln L > 48 get there.
_LEAST = 0.02


def deviance(counts: Array, expected: Array) -> Array:
    """Return 2 [expected - counts + counts ln(counts/expected)], the -2 ln L of Poisson counts, elementwise."""
    return np.asarray(2.0 * (expected - counts + xlogy(counts, counts) - xlogy(counts, expected)))


@dataclass(frozen=True)
class OnOff:
    """Counts with the beam on, and a measurement of the same beam-unrelated background with the beam off.

    Parameters
    ----------
    on : array (bins,)
        Counts with the beam on.
    off : array (bins,)
        Counts with the beam off, times the ratio of live times on/off.
    ratio : float
        Live time off/on: ``ratio * off`` is what was counted.
    """

    on: Array
    off: Array
    ratio: float

    def background(self, expected: Array) -> Array:
        """Return the beam-unrelated background of largest likelihood, where the beam makes `expected` events.

        The root b > 0 of 1 + ratio = on/(expected + b) + ratio off/b (derived).
        """
        total = 1.0 + self.ratio
        counted = self.ratio * self.off
        half = 0.5 * (total * expected - self.on - counted)
        return np.asarray((np.sqrt(half**2 + total * counted * expected) - half) / total)

    def deviance(self, expected: Array) -> Array:
        """Return -2 ln L of each bin, minimised over the beam-unrelated background."""
        b = self.background(expected)
        return np.asarray(deviance(self.on, expected + b) + deviance(self.ratio * self.off, self.ratio * b))

    def derivatives(self, expected: Array) -> tuple[Array, Array]:
        """Return first and second derivative of `deviance` with respect to `expected`."""
        b = self.background(expected)
        on, off = 2.0 * self.on / (expected + b) ** 2, 2.0 * self.ratio * self.off / b**2
        return 2.0 * (1.0 - self.on / (expected + b)), on * off / (on + off)


def profiled(data: OnOff, signal: Array, background: Array, signal_error: float, background_error: float) -> Array:
    """Return -2 ln L of (1 + y) signal + (1 + x) background, minimised over the pulls x and y.

    Convex in both, hence Newton's method from 0 finds the minimum.

    Parameters
    ----------
    data : OnOff
    signal : array (..., bins)
        Expected events of the signal.
    background : array (bins,)
        Expected events of the beam-related background.
    signal_error, background_error : float
        Relative errors of both, common to all bins: (y/signal_error)^2 + (x/background_error)^2 is added.

    Returns
    -------
    array (...)
    """
    parts = np.stack(np.broadcast_arrays(background, signal))  # (2, ..., bins)
    errors = np.array([background_error, signal_error]).reshape(2, *(1,) * (signal.ndim - 1))
    pulls = np.zeros(parts.shape[:-1])
    for _ in range(_STEPS):
        gradient, hessian = _slopes(data, parts, errors, pulls)
        step = _solved(hessian, gradient)
        moved = np.maximum(pulls - step, _LEAST - 1.0)
        done = np.max(np.abs(moved - pulls), initial=0.0) < _TOLERANCE
        pulls = moved
        if done:
            break
    fit = data.deviance(_scaled(parts, pulls)).sum(axis=-1)
    return np.asarray(fit + np.sum((pulls / errors) ** 2, axis=0))


def _scaled(parts: Array, pulls: Array) -> Array:
    return np.asarray(np.sum((1.0 + pulls)[..., None] * parts, axis=0))


def _slopes(data: OnOff, parts: Array, errors: Array, pulls: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    """Return the gradient (2, ...) and the hessian (xx, xy, yy) of -2 ln L with respect to the pulls."""
    first, second = data.derivatives(_scaled(parts, pulls))
    gradient = np.einsum("...b,p...b->p...", first, parts) + 2.0 * pulls / errors**2
    x, y = parts
    xx, xy, yy = (np.einsum("...b,...b,...b->...", second, a, b) for a, b in ((x, x), (x, y), (y, y)))
    return gradient, (xx + 2.0 / errors[0] ** 2, xy, yy + 2.0 / errors[1] ** 2)


def _solved(hessian: tuple[Array, Array, Array], gradient: Array) -> Array:
    """Solve the 2 x 2 equations hessian . step = gradient."""
    xx, xy, yy = hessian
    determinant = xx * yy - xy**2
    return np.stack([yy * gradient[0] - xy * gradient[1], xx * gradient[1] - xy * gradient[0]]) / determinant
