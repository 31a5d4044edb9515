"""Cubic splines at points that come again in every run, as matrices kept on disk.

A spline is linear in the values at its nodes, so at fixed points it is a matrix that depends on nodes and points alone.
A run that finds the matrix in the cache need not import scipy.interpolate, which takes longer than the run.
"""

from functools import lru_cache

import numpy as np

from boltzmann.numerics import cache
from boltzmann.numerics.arrays import Array, frozen


def through(nodes: Array, values: Array, points: Array) -> Array:
    """Return the not-a-knot cubic spline through ``values`` (nodes, ...) at any ``points``."""
    from scipy.interpolate import CubicSpline  # here, because it takes longer to import than to use

    return np.asarray(CubicSpline(nodes, values)(points))


def matrix(nodes: Array, points: Array) -> Array:
    """Return the matrix (points, nodes) that takes values at ``nodes`` to `through` them at ``points``.

    Computed again where the cache cannot be written: it is no reason to fail, as it costs a second at most.
    """
    return _matrix(nodes.tobytes(), points.tobytes())


@lru_cache(maxsize=32)
def _matrix(nodes: bytes, points: bytes) -> Array:
    def build() -> cache.Arrays:
        axis = np.frombuffer(nodes)
        return {"matrix": through(axis, np.eye(axis.size), np.frombuffer(points))}

    try:
        return frozen(cache.tables("spline", (nodes, points), build)["matrix"])
    except cache.CacheError:
        return frozen(build()["matrix"])
