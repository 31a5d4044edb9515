"""The expansion of residuals: exact for quadratic ones, and fitted from pairs of runs."""

import numpy as np
import pytest

from boltzmann.cmb.gauss_newton import COSMOLOGY
from boltzmann.cmb.linear import STEPS
from boltzmann.cmb.nodes import LCDM, Node
from boltzmann.cmb.second_order import Expansion, Fit, Pair
from tests.linear import EXPANSION, SLOPE, curvature

RANDOM = np.random.default_rng(7)
CURVED = Expansion(SLOPE, curvature(0.05))
NODES = (
    LCDM,
    Node(0.5),
    Node(0.5, 0.6, 0.3),
    Node(0.0, 1.0, 0.4),
    Node(0.2, N_eff_colliding=1.0),
    Node(0.0, sum_m_nu=0.3),
)


def steps(spread: float) -> np.ndarray:
    """Return parameters from START, some standard deviations away."""
    return spread * 10.0 * STEPS * RANDOM.normal(size=STEPS.size)


def expansion_of(node: Node) -> Expansion:
    """Return made-up residuals whose first derivatives are linear in two coordinates of the node."""
    slopes = SLOPE.copy()
    slopes[:, :COSMOLOGY] *= 1.0 + 0.3 * node.delta_N_eff + 0.1 * node.N_eff_colliding
    return CURVED._replace(slopes=slopes)


def pairs(count: int) -> list[Pair]:
    found = []
    for k in range(count):
        node, old, new = NODES[k % len(NODES)], steps(2.0), steps(2.0)
        found.append(Pair(node, old, new, expansion_of(node).change(old, new) - SLOPE @ (new - old)))
    return found


def test_change_is_the_difference_of_a_quadratic_function() -> None:
    """Ways over different points lead to the same values, and the derivatives are those of small steps."""
    one, two, three = (steps(1.0) for _ in range(3))
    there = CURVED.change(one, two) + CURVED.change(two, three)
    assert there == pytest.approx(CURVED.change(one, three), abs=1e-9)
    small = 1e-4 * STEPS * (np.arange(9) == 2)
    slope = CURVED.change(one - small, one + small) / (2e-4 * STEPS[2])
    assert slope * STEPS[2] == pytest.approx(CURVED.derivatives(one)[:, 2] * STEPS[2], abs=1e-6)


def test_pairs_show_slopes_and_curvature() -> None:
    """Of pairs that were not fitted, the fit leaves a thousandth of what the derivatives of LCDM miss."""
    fit = Fit(pairs(300), SLOPE)
    for pair in pairs(12):
        left = pair.missed + SLOPE @ (pair.new - pair.old) - fit.at(pair.node).change(pair.old, pair.new)
        assert np.sum(left**2) < 1e-3 * np.sum(pair.missed**2)


def test_few_pairs_change_little() -> None:
    """Directions that no pair shows keep the derivatives of LCDM, and so does everything if nothing is missed."""
    only_first = np.array([3.0 * 10.0 * STEPS[0], *np.zeros(8)])
    fit = Fit([Pair(LCDM, np.zeros(9), only_first, CURVED.change(np.zeros(9), only_first) - SLOPE @ only_first)], SLOPE)
    other = steps(1.0) * (np.arange(9) > 5)  # calibrations
    assert fit.at(LCDM).change(np.zeros(9), other) == pytest.approx(SLOPE @ other)
    nothing = Fit([pair._replace(missed=np.zeros_like(pair.missed)) for pair in pairs(5)], SLOPE)
    assert np.array_equal(nothing.at(NODES[2]).slopes, SLOPE)
    assert np.array_equal(nothing.curvature, EXPANSION.curvature)
