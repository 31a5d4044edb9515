"""What a detector sees of sin^2(Delta): for every bin of an experiment, how its events are distributed in L/E.

Neutrinos at distances L with energies E fall into a bin with some weight: flux times cross-section times the chance to
be reconstructed there. Oscillation depends on L/E alone, so the weights are collected once in fine cells of L/E, and
the average over baseline, energy and resolution is a sum over these cells for every splitting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from boltzmann.lab.oscillation import mean_interference, mean_survival
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

    def mean_sin2(self, dm2_41: Array, rate: float = 0.0) -> Array:
        """Return the average of sin^2(1.267 dm2 L/E) over each bin, of shape ``(*dm2_41.shape, bins)``.

        With invisible decay, `rate` = m_4 Gamma [eV^2], of (1 - 2 Re kappa + |kappa|^2)/4, which takes its place in
        appearance (`boltzmann.lab.oscillation`).
        """
        return np.asarray(0.25 * (1.0 - 2.0 * self.mean_interference(dm2_41, rate) + self.mean_survival(rate)))

    def mean_interference(self, dm2_41: Array, rate: float = 0.0) -> Array:
        """Return the average of Re kappa over each bin, ``(*dm2_41.shape, bins)``."""
        values, inverse = by_splitting(dm2_41)
        parts = [self._averages(values[i : i + _AT_ONCE], rate) for i in range(0, len(values), _AT_ONCE)]
        return np.asarray(np.concatenate(parts)[inverse])

    def mean_survival(self, rate: float) -> Array:
        """Return the average of |kappa|^2 over each bin, (bins,)."""
        if rate == 0.0:
            return np.ones(len(self.events))
        return len(self.events) * mean_survival(rate, self.edges[:-1], self.edges[1:], self.shares)

    def disappearance(self, dm2_41: Array, element: Array, rate: float = 0.0) -> Array:
        """Return P_aa of each bin for an |U_a4|^2 of the shape of `dm2_41`."""
        u, interference = np.asarray(element)[..., None], self.mean_interference(dm2_41, rate)
        return np.asarray(
            1.0 - 2.0 * u * (1.0 - interference) + u**2 * (1.0 - 2.0 * interference + self.mean_survival(rate))
        )

    @property
    def shares(self) -> Array:
        """Events of each bin in cells, each with a sum of 1, (cells, bins)."""
        return np.asarray((self.events / self.totals[:, None]).T)

    def _averages(self, values: Array, rate: float) -> Array:
        """Return the averages for a few splittings, (splittings, bins): all bins at once, normalised to their
        number.
        """
        return len(self.events) * mean_interference(values, self.edges[:-1], self.edges[1:], self.shares, rate)


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
