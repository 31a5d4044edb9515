"""What a detector sees of sin^2(Delta): for every bin of an experiment, how its events are distributed in L/E.

Neutrinos at distances L with energies E fall into a bin with some weight: flux times cross-section times the chance to
be reconstructed there. Oscillation depends on L/E alone, so the weights are collected once in fine cells of L/E, and
the average over baseline, energy and resolution is a sum over these cells for every splitting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from boltzmann.lab.oscillation import mean_interference
from boltzmann.lab.parameters import by_splitting
from boltzmann.numerics.arrays import Array

__all__ = ["Response", "collected", "in_bins"]

CELLS = 400
_AT_ONCE = 512  # splittings averaged in one go: bounds the memory


@dataclass(frozen=True)
class Response:
    """The events of each bin in cells of L/E, without oscillation.

    Parameters
    ----------
    edges : array (cells + 1,) [m/MeV]
        Of the cells of L/E.
    events : array (bins, cells)
        In any unit; each bin has some.
    """

    edges: Array
    events: Array

    @property
    def totals(self) -> Array:
        """Events of each bin, (bins,)."""
        return np.asarray(self.events.sum(axis=-1))

    def mean_sin2(self, dm2_41: Array) -> Array:
        """Return the average of sin^2(1.267 dm2 L/E) over each bin, of shape ``(*dm2_41.shape, bins)``."""
        values, inverse = by_splitting(dm2_41)
        parts = [self._averages(values[i : i + _AT_ONCE]) for i in range(0, len(values), _AT_ONCE)]
        return np.asarray(np.concatenate(parts)[inverse])

    def _averages(self, values: Array) -> Array:
        """Return the averages for a few splittings, (splittings, bins)."""
        shares = (self.events / self.totals[:, None]).T  # (cells, bins): all bins at once, each with a sum of 1
        mean = mean_interference(values, self.edges[:-1], self.edges[1:], shares)
        return np.asarray(0.5 * (1.0 - len(self.events) * mean))  # normalised to the sum over all bins


def collected(L: Array, E: Array, events: Array, cells: int = CELLS) -> Response:
    """Collect events given on a grid of baselines and energies in cells of L/E.

    Parameters
    ----------
    L : array (n_L,) [m]
        Baselines.
    E : array (n_E,) [MeV]
        Neutrino energies.
    events : array (bins, n_L, n_E)
        Weight of each pair of baseline and energy in each bin.
    cells : int
        Number of cells; the grid should be so fine that all of them are met.

    Returns
    -------
    Response
    """
    ratio = (L[:, None] / E).ravel()
    edges = np.linspace(ratio.min(), ratio.max(), cells + 1)
    cell = np.clip(np.searchsorted(edges, ratio, side="right") - 1, 0, cells - 1)
    return Response(edges, np.array([np.bincount(cell, weights.ravel(), cells) for weights in events]))


def in_bins(energy: Array, low: Array, high: Array, sigma: Array) -> Array:
    """Return the chance that an energy, measured with a Gaussian error, is found between `low` and `high`.

    Parameters
    ----------
    energy, sigma : arrays [MeV]
        True energy and standard deviation.
    low, high : arrays [MeV]
        Limits; everything broadcasts.
    """
    scale = np.sqrt(2.0) * sigma
    return np.asarray(0.5 * (erf((high - energy) / scale) - erf((low - energy) / scale)))
