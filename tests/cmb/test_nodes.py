"""Where the table has its nodes."""

import numpy as np

from boltzmann.cmb.likelihood import most_N_eff_4
from boltzmann.cmb.nodes import LCDM, SUMS, fluid_nodes, held_out, nodes, summed_nodes
from boltzmann.cmb.species import ACTIVE_MASS
from boltzmann.cmb.thermal import least_N_eff_4


def test_nodes_cover_the_table_once() -> None:
    points = nodes()
    assert points[0] == LCDM
    assert len(set(points)) == len(points)
    total, mass, own, fluid, _ = np.array(points).T
    assert (total.min(), total.max(), mass.max()) == (-0.6, 3.0, 4.0)
    assert not fluid.any()
    massive = mass > 0
    assert np.all(own[massive] > 0.99 * least_N_eff_4(mass[massive]))  # rounded to four digits
    assert np.all(own <= most_N_eff_4(total) + 1e-3)


def test_other_sums_have_partners() -> None:
    """What a sum changes is the difference to a node of the same sector; each region has a small and a large sum."""
    points = summed_nodes()
    assert len(points) >= 38
    assert {node._replace(sum_m_nu=ACTIVE_MASS) for node in points} <= set(nodes())
    assert {node.sum_m_nu for node in points} == set(SUMS)
    assert {node.sum_m_nu for node in points if node._replace(sum_m_nu=ACTIVE_MASS) == LCDM} == set(SUMS)


def test_fluids_are_massless() -> None:
    assert LCDM in fluid_nodes()
    assert all(node.m_eff == node.N_eff_4 == 0.0 for node in fluid_nodes())


def test_held_out_points_lie_between_nodes() -> None:
    points = held_out(32)
    assert len(points) == 32
    assert not set(points) & set(nodes())
    assert points == held_out(64)[:32]
    assert held_out(0) == []
    sums = np.array([node.sum_m_nu for node in points])
    assert np.sum(sums == ACTIVE_MASS) == 16
    assert 0.3 < sums.max() < max(SUMS)
