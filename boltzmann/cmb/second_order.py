"""Residuals to second order in the parameters of LCDM, fitted to pairs of CLASS runs beside the same neutrinos.

The derivatives J of LCDM (`linear.slopes`) predict how residuals r change with the parameters theta. Two runs at one
node of the table show what they miss, and all pairs together fit ::

    r(new) - r(old) = (J + K(node) + Q (new + old - 2 START)) (new - old)

with second derivatives 2 Q, the same for all neutrinos, and a change K of the first derivatives that is linear in the
coordinates of the node. What J misses between two runs, |missed|^2 of the residuals of Planck, is 0.3 (median) and 5
(97 %); of a pair that was not fitted, K and Q leave 0.03 and 0.1, the noise of CLASS. Unknowns are shrunk as if each
had been zero in a pair of runs sqrt(`RIDGE`) standard deviations apart.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from boltzmann.cmb.gauss_newton import COSMOLOGY, rows
from boltzmann.cmb.nodes import LCDM, Node
from boltzmann.cmb.profile_table import coordinates
from boltzmann.numerics.arrays import Array

RIDGE = 10.0
UPPER = np.triu_indices(COSMOLOGY)


class Pair(NamedTuple):
    """Two runs at a node: their parameters (9,) from START, and what J misses between them (VALUES,)."""

    node: Node
    old: Array
    new: Array
    missed: Array


class Expansion(NamedTuple):
    """Residuals near START beside one neutrino sector.

    Attributes
    ----------
    slopes : (VALUES, 9) array
        First derivatives.
    curvature : (VALUES, 6, 6) array
        Half of the second derivatives.
    """

    slopes: Array
    curvature: Array

    def change(self, old: Array, new: Array) -> Array:
        """Return by how much the values (VALUES,) change between parameters (9,) counted from START."""
        step, mean = new - old, (new + old)[:COSMOLOGY]
        return np.asarray(self.slopes @ step + self.curvature @ step[:COSMOLOGY] @ mean)

    def derivatives(self, at: Array) -> Array:
        """Return the derivatives (VALUES, 9) at parameters (9,) counted from START."""
        result = self.slopes.copy()
        result[:, :COSMOLOGY] += 2.0 * (self.curvature @ at[:COSMOLOGY])
        return result


class Fit:
    """K and Q of the module docstring.

    Parameters
    ----------
    pairs : list of Pair
        Of all nodes.
    slopes : (VALUES, 9) array
        J.
    """

    def __init__(self, pairs: list[Pair], slopes: Array) -> None:
        chosen = rows("planck+act+desi")
        self._slopes = slopes
        metric = slopes[chosen, :COSMOLOGY].T @ slopes[chosen, :COSMOLOGY]
        self._deviations = np.linalg.cholesky(metric).T  # from parameters to independent standard deviations
        known = np.array([self._features(pair) for pair in pairs])
        missed = np.array([pair.missed for pair in pairs])
        numbers = np.linalg.solve(known.T @ known + RIDGE * np.eye(known.shape[1]), known.T @ missed)
        of_slopes = known.shape[1] - UPPER[0].size
        self._of_slopes = numbers[:of_slopes].reshape(-1, COSMOLOGY, slopes.shape[0])
        self.curvature = self._symmetric(numbers[of_slopes:])

    def _features(self, pair: Pair) -> Array:
        step, mean = (self._deviations @ x[:COSMOLOGY] for x in (pair.new - pair.old, pair.new + pair.old))
        products = 0.5 * (np.outer(step, mean) + np.outer(mean, step))
        return np.concatenate([np.outer(_coordinates(pair.node), step).ravel(), products[UPPER]])

    def _symmetric(self, numbers: Array) -> Array:
        """Return Q (VALUES, 6, 6) in the units of the parameters."""
        result = np.zeros((numbers.shape[1], COSMOLOGY, COSMOLOGY))
        result[:, *UPPER] = 0.5 * numbers.T
        result += result.transpose(0, 2, 1)
        return np.asarray(self._deviations.T @ result @ self._deviations)

    def at(self, node: Node) -> Expansion:
        """Return the expansion at a node."""
        slopes = self._slopes.copy()
        slopes[:, :COSMOLOGY] += np.tensordot(_coordinates(node), self._of_slopes, 1).T @ self._deviations
        return Expansion(slopes, self.curvature)


def _coordinates(node: Node) -> Array:
    """Return in what K is linear: 1, and the coordinates of the tables less those of LCDM."""
    three, standard = coordinates(np.array([node[:3], LCDM[:3]]))
    return np.array([1.0, *(three - standard), node.N_eff_colliding, node.sum_m_nu - LCDM.sum_m_nu])
