"""Which points of a plane a contour needs: bisection of the cells that straddle it.

On a coarse sub-grid, cells with corners on both sides of the level are found. They and their neighbours are completed,
again until no new one appears, so that the contour is followed as far as it goes; then every such cell is halved. In
the end all corners of every cell of the full grid that the contour passes are known. What a coarse grid cannot see is
missed: a closed contour, or a finger of one, that lies between its points.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from boltzmann.numerics.arrays import Array, Index

logger = logging.getLogger(__name__)
Mask = NDArray[np.bool_]


def straddling(values: Array, level: float) -> Mask:
    """Return which cells of ``values`` (n, m) have corners on both sides of ``level``, (n - 1, m - 1).

    A corner without value (NaN) is on neither side.
    """
    above, below = values >= level, values < level
    return _any_corner(above) & _any_corner(below)


def _any_corner(nodes: Mask) -> Mask:
    return np.asarray(nodes[:-1, :-1] | nodes[1:, :-1] | nodes[:-1, 1:] | nodes[1:, 1:])


def _corners(cells: Mask) -> Mask:
    """Return the corners of ``cells`` (n, m), (n + 1, m + 1)."""
    return _any_corner(np.pad(cells, 1))


def _with_neighbours(cells: Mask) -> Mask:
    """Return cells and the eight around each."""
    return _any_corner(_corners(cells))


def _halved(lines: Index) -> Index:
    """Return the positions of grid lines with one more between every two that are not adjacent."""
    return np.unique(np.concatenate([lines, (lines[:-1] + lines[1:]) // 2]))


def _coarse(n: int, stride: int) -> Index:
    """Return every ``stride``-th position of n, and the last."""
    return np.unique(np.append(np.arange(0, n, stride), n - 1))


def _inside(lines: Index, finer: Index) -> Index:
    """Return for each interval of ``finer`` the interval of ``lines`` in which it lies."""
    return np.searchsorted(lines, finer[:-1], side="right") - 1


def refine(shape: tuple[int, int], level: float, evaluate: Callable[[Index], Array], coarse: int = 16) -> Array:
    """Return the values of a plane at the points that its contour needs; NaN elsewhere.

    Parameters
    ----------
    shape : tuple of two int
        Points of the full grid, at least 2 x 2.
    level : float
        The contour.
    evaluate : callable
        Flat indices of points -> their values.
    coarse : int
        Distance of the points of the first grid, in points of the full grid.

    Returns
    -------
    array of ``shape``
    """
    values, known = np.full(shape, np.nan), np.zeros(shape, bool)

    def complete(rows: Index, columns: Index, nodes: Mask) -> bool:
        """Evaluate the nodes of a sub-grid that are not known; return whether there were any."""
        at = np.argwhere(nodes & ~known[np.ix_(rows, columns)])
        i, j = rows[at[:, 0]], columns[at[:, 1]]
        if i.size:
            values[i, j] = evaluate(np.ravel_multi_index((i, j), shape))
            known[i, j] = True
        return bool(i.size)

    rows, columns = (_coarse(n, coarse) for n in shape)
    complete(rows, columns, np.ones((rows.size, columns.size), bool))
    while True:
        cells = straddling(values[np.ix_(rows, columns)], level)
        if complete(rows, columns, _corners(_with_neighbours(cells))):
            continue
        finer = _halved(rows), _halved(columns)
        if (rows.size, columns.size) == shape:
            return values
        inside = cells[np.ix_(_inside(rows, finer[0]), _inside(columns, finer[1]))]
        rows, columns = finer
        complete(rows, columns, _corners(inside))


def say_if_none(values: Array, level: float, variable: str) -> None:
    """Log that no contour was seen, and between which values the points are."""
    known = values[np.isfinite(values)]
    if known.size and not straddling(values, level).any():
        logger.warning(
            "no contour of %s = %g was seen: the %d points of the first grid have %.4g to %.4g; give a level between, "
            "or a smaller coarse for what lies between the points",
            variable,
            level,
            known.size,
            known.min(),
            known.max(),
        )
