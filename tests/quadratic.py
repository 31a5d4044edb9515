"""Residuals that are quadratic in the parameters, in place of CLASS."""

import numpy as np

from boltzmann.cmb.gauss_newton import PARTS, ROWS
from boltzmann.cmb.nodes import LCDM, Node
from boltzmann.cmb.profile_table import PARAMETERS
from boltzmann.cmb.tabulate import Run
from boltzmann.cmb.taylor import START, STEPS, VALUES

_RANDOM = np.random.default_rng(11)
OFFSET = _RANDOM.normal(size=VALUES)
SLOPE = _RANDOM.normal(size=(VALUES, len(PARAMETERS))) / STEPS / 10.0  # per standard deviation, about
_CURVED = _RANDOM.normal(size=(VALUES, len(PARAMETERS), len(PARAMETERS))) / (2e3 * STEPS[:, None] * STEPS)
CURVATURE = _CURVED + _CURVED.transpose(0, 2, 1)
for part in (slice(0, PARTS["ACT DR6"].start), slice(ROWS, None)):  # nothing else depends on the calibration of ACT
    SLOPE[part, -2:] = CURVATURE[part, -2:] = 0.0
    CURVATURE[part, :, -2:] = 0.0
DIRECTIONS = 0.2 * _RANDOM.normal(size=(VALUES, len(LCDM)))


def quadratic(theta: np.ndarray) -> np.ndarray:
    """Return the values of a run, (VALUES,)."""
    step = theta - START
    return OFFSET + SLOPE @ step + 0.5 * (CURVATURE @ step) @ step


def run_of(node: Node, theta: tuple[float, ...]) -> Run:
    """Return the run of a sector: what it adds to the residuals is linear in its numbers."""
    values = quadratic(np.array(theta)) + DIRECTIONS @ (np.array(node) - np.array(LCDM))
    return Run(node, theta, [round(float(value), 5) for value in values])
