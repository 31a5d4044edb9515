"""Interpolation between the steps of a run, which are up to 0.16 in ln x long."""

import numpy as np
from scipy.interpolate import PchipInterpolator

from boltzmann.numerics.arrays import Array


def along(at: Array, x: Array, values: Array) -> Array:
    """Return ``values`` (n, ...), given at rising ``x`` (n,), at ``at`` (m,): cubic, without overshooting.

    Beyond the ends it is that of the ends. A straight line between two steps moves Y_p by up to 6e-4, and with every
    change of the steps.
    """
    with np.errstate(over="ignore"):  # slopes of occupations of 1e-300, whose inverse is infinite: zero
        curve = PchipInterpolator(x, values, axis=0)
    return np.asarray(curve(np.clip(at, x[0], x[-1])))
