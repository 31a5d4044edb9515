"""Residuals that are linear in the parameters and in the sector, in place of CLASS."""

import numpy as np

from boltzmann.cmb.gauss_newton import COSMOLOGY, PARTS, ROWS
from boltzmann.cmb.linear import START, STEPS, VALUES
from boltzmann.cmb.nodes import LCDM, Node
from boltzmann.cmb.profile_table import PARAMETERS
from boltzmann.cmb.second_order import Expansion
from boltzmann.cmb.tabulate import Run

_RANDOM = np.random.default_rng(11)
OFFSET = _RANDOM.normal(size=VALUES)
SLOPE = _RANDOM.normal(size=(VALUES, len(PARAMETERS))) / STEPS / 10.0  # per standard deviation, about
for part in (slice(0, PARTS["ACT DR6"].start), slice(ROWS, None)):  # nothing else depends on the calibration of ACT
    SLOPE[part, -2:] = 0.0
EXPANSION = Expansion(SLOPE, np.zeros((VALUES, COSMOLOGY, COSMOLOGY)))
DIRECTIONS = 0.2 * _RANDOM.normal(size=(VALUES, len(LCDM)))
STRUCTURE = np.append(np.full(ROWS, 0.05), np.zeros(VALUES - ROWS))  # what non-linear structure adds


def run_of(node: Node, theta: tuple[float, ...]) -> Run:
    """Return the run of a sector."""
    values = OFFSET + SLOPE @ (np.array(theta) - START) + DIRECTIONS @ (np.array(node) - np.array(LCDM))
    return Run(node, theta, [round(float(value), 5) for value in values])


def structure_of(node: Node, theta: tuple[float, ...]) -> Run:
    """Return the run with non-linear structure."""
    values = np.array(run_of(node, theta).values) + STRUCTURE
    return Run(node, theta, values.tolist(), non_linear=True)


def curvature(size: float) -> np.ndarray:
    """Return random halves of second derivatives of the residuals, of a size per standard deviation squared."""
    units = 10.0 * STEPS[:COSMOLOGY]
    random = np.random.default_rng(3).normal(size=(VALUES, COSMOLOGY, COSMOLOGY))
    return size * (random + random.transpose(0, 2, 1)) / np.outer(units, units)
