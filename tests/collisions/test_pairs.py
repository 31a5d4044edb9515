"""nu-nu collisions of pairs of nodes: what they conserve, their rate, detailed balance, and their Jacobian."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltzmann.collisions.damping import loss_function
from boltzmann.collisions.pairs import Pairs, fill_logits, pair_change, pair_jacobian, pair_tables, panels
from boltzmann.numerics.momentum import Grid, fermi_dirac
from boltzmann.relics.grid import relic_grid
from tests.collision_tools import SPECTRA, grid, net, nu_nu

SOFT = 10


@cache
def hot(y_max: float = 60.0, n: int = SOFT) -> tuple[Grid, Pairs]:
    grid = relic_grid(n, 20.0, y_max)
    return grid, pair_tables(grid, SOFT)


def change(r: np.ndarray, pairs: Pairs, soft: int = SOFT) -> np.ndarray:
    logits, out = np.empty_like(r), np.empty_like(r)
    fill_logits(r, logits)
    pair_change(r, logits, soft, pairs.nodes, pairs.values, out)
    return out


@given(st.integers(0, 2**31))
def test_number_and_energy_are_conserved_for_any_spectrum(seed: int) -> None:
    nodes, pairs = hot()
    r = np.random.default_rng(seed).random((3, nodes.y.size)) * np.minimum(1.0, 3.0 * nodes.f)
    moved = change(r, pairs)
    for weight in (np.ones_like(nodes.y), nodes.y):  # round-off of 1e4 terms
        assert abs(np.sum(weight * moved)) < 1e-13 * np.sum(weight * np.abs(moved))


@pytest.mark.parametrize("z", [0.9, 1.0, 1.4, 2.0])
def test_equilibrium_of_any_temperature_stays(z: float) -> None:
    """On soft nodes the logarithm of f_FD(y/z) is interpolated exactly; what is left is round-off."""
    nodes, pairs = hot(20.0)
    r = np.tile(fermi_dirac(nodes.y / z), (3, 1))
    one = r.copy()
    one[0] *= 1.1
    assert np.abs(change(r, pairs)).max() < 1e-12 * np.abs(change(one, pairs)).max()


def test_loss_rate_is_that_of_the_damping() -> None:
    """Forward losses alone, 2 y d(y) by the fit of arXiv:2012.02726, good to 0.25 %; half of a loss, or all, counts."""
    nodes, pairs = hot(140.0, 20)
    f, (i, j, k3, k4), (t3, t4, S, P, reverse) = fermi_dirac(nodes.y), pairs.nodes.T, pairs.values.T
    log = -nodes.y

    def occupied(k: np.ndarray, t: np.ndarray) -> np.ndarray:
        soft = 1.0 / (1.0 + np.exp(-(1.0 - t) * log[k] - t * log[k + 1]))
        return np.where(k + 1 < 20, soft, (1.0 - t) * f[k] + t * f[k + 1])

    rate = 2.0 / (2.0 - reverse) * (4.0 * S + 4.0 * P) * (1.0 - occupied(k3, t3)) * (1.0 - occupied(k4, t4))
    loss = np.zeros(nodes.y.size)
    np.add.at(loss, i, rate * f[j])
    np.add.at(loss, j, rate * f[i])
    expected = np.array([2.0 * y * loss_function(y) for y in nodes.y])
    # below, a bin of the grid is as wide as the spectrum; from the last node much would leave the grid
    above = (nodes.y > 8.0) & (nodes.y < nodes.y[-1])
    assert (loss / (nodes.w * nodes.y**2))[above] == pytest.approx(expected[above], rel=5e-3)


def test_empty_nodes_beside_a_line_lose_nothing() -> None:
    """A line of decays between empty hard nodes; by reverse processes its neighbour lost 14 % of what it loses."""
    nodes, pairs = hot(140.0, 20)
    r, line = np.tile(np.where(np.arange(nodes.y.size) < 20, fermi_dirac(nodes.y), 0.0), (3, 1)), 28
    background = change(r, pairs, 20)
    r[:, line] = 1e-8
    made = change(r, pairs, 20) - background
    assert np.all(made[:, line] < 0.0)
    others = np.delete(np.arange(20, nodes.y.size), line - 20)
    assert made[:, others].min() > -1e-6 * np.abs(made[:, line]).max()


def test_agrees_with_the_nodal_kernel_on_soft_spectra() -> None:
    """Both are the same integral; hats widen a bump that is as wide as two bins, 7 % of the largest change here."""
    nodes, n = grid(20), 20
    pairs, r = pair_tables(nodes, nodes.y.size), np.array([spectrum(nodes.y) for spectrum in SPECTRA])
    ours = change(r, pairs, n) / nodes.w
    nodal = net(r, *nu_nu(r))
    assert ours == pytest.approx(nodal, abs=0.1 * np.abs(nodal).max())


def test_panels_end_where_amplitudes_have_kinks() -> None:
    edges = panels(3.0, 50.0, 60.0)
    assert {3.0, 50.0} <= set(edges)
    assert (edges[0], edges[-1]) == (0.0, 53.0)
    assert panels(50.0, 40.0, 60.0)[[0, -1]] == pytest.approx([30.0, 60.0])  # what leaves the grid is left out


def test_jacobian_is_the_derivative() -> None:
    nodes, pairs = hot()
    N = nodes.y.size
    mean = 1.1 * fermi_dirac(nodes.y) + 1e-6
    logits, same, other = np.empty((1, N)), np.zeros((N, N)), np.zeros((N, N))
    fill_logits(mean[None], logits)
    pair_jacobian(mean, logits[0], SOFT, pairs.nodes, pairs.values, same, other)
    for n in (2, 6, 9, 10, 13):
        up, down, h = np.tile(mean, (3, 1)), np.tile(mean, (3, 1)), 1e-5 * mean[n]
        up[0, n] += h
        down[0, n] -= h
        slope = (change(up, pairs) - change(down, pairs)) / (2.0 * h)
        assert slope[0] == pytest.approx(same[:, n], abs=1e-5 * np.abs(same[:, n]).max())
        assert slope[2] == pytest.approx(other[:, n], abs=1e-4 * np.abs(other[:, n]).max())
