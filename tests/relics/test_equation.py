"""The parts of the equation with a relic: grid, decays by node, hot neutrinos on electrons, Jacobian and integrator."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltzmann import Mixing, Options
from boltzmann.collisions.damping import C_E, C_X
from boltzmann.collisions.electron import PANEL_NODES, PANEL_WEIGHTS, couple, electron_integral, electron_kernels
from boltzmann.constants import M_E
from boltzmann.numerics.momentum import Grid, fermi_dirac, laguerre_grid
from boltzmann.plasma import background
from boltzmann.potentials import HeavyNeutralLepton
from boltzmann.relics.decay import add_box, decay_source
from boltzmann.relics.equation import Equation
from boltzmann.relics.grid import relic_grid
from boltzmann.relics.hard import COUPLINGS, hard_change, hard_scattering, hard_tables
from boltzmann.relics.rosenbrock import Integrator
from boltzmann.solver import relics

SOFT = 10


@cache
def nodes(y_max: float = 50.0) -> Grid:
    return relic_grid(SOFT, 20.0, y_max)


@cache
def equation() -> Equation:
    model = HeavyNeutralLepton(mass="60 MeV", lifetime="0.1 s", channels="nu_e gamma").relic()
    tables = relics.tables_of(Mixing(), Options(n_momenta=SOFT), background.plasma(), [model])
    return Equation(tables)


def state(x: float) -> np.ndarray:
    """A state off equilibrium, with coherences and a tail."""
    eq = equation()
    u, grid = relics.start_of(eq, relics.Begin(x, 1.01, 1.0)), eq.tables.grid
    g = u[: 9 * eq.N].reshape(-1, 9)
    g[:, 0] *= 1.02
    g[:, 3:] = 0.01 * g[:, :1] * np.array([1.0, -0.5, 0.3, 0.2, -0.1, 0.4])
    g[SOFT:, :3] += (1e-6 / grid.f[SOFT:])[:, None]
    return u


def test_the_grid_continues_the_soft_nodes() -> None:
    soft, grid = laguerre_grid(SOFT, 20.0), nodes()
    assert np.array_equal(grid.y[:SOFT], soft.y)
    assert np.array_equal(grid.w[:SOFT], soft.w)
    assert grid.y[-2] < 50.0 <= grid.y[-1]
    assert relic_grid(SOFT, 20.0, 20.0).y.size == SOFT
    assert np.all(grid.f[1:] < grid.f[:-1])
    assert relic_grid(SOFT, 20.0, 1e6).y[-1] < 1200.0  # kernels overflow beyond


@given(st.floats(1e-6, 40.0), st.floats(0.0, 60.0))
def test_a_box_keeps_number_and_energy(low: float, width: float) -> None:
    """Beyond the last node only its energy is kept."""
    y, out = nodes().y, np.zeros(nodes().y.size)
    add_box(low, low + width, 2.0, y, out)
    assert np.sum(y * out) == pytest.approx(2.0 * (low + 0.5 * width), rel=1e-12, abs=1e-12)
    if low + width < y[-1]:
        assert np.sum(out) == pytest.approx(2.0, rel=1e-12)


def test_decays_give_what_the_lepton_loses() -> None:
    (lepton,) = equation().tables.leptons
    y, x = nodes().y, 0.2
    out = np.empty((lepton.q.size, 3, y.size))
    lines = np.array([[0.25, 1.0, 0.0, 0.5]])
    decay_source(x, lepton.mass, lepton.q, lines, np.zeros((0, 4)), y, np.zeros(y.size), out)
    energy = np.sqrt(lepton.q**2 + (lepton.mass * x / M_E) ** 2)
    assert out.sum(axis=2) == pytest.approx(np.tile([1.0, 0.0, 0.5], (lepton.q.size, 1)), rel=1e-12)
    assert out @ y == pytest.approx(energy[:, None] * [0.25, 0.0, 0.125], rel=1e-12)


@pytest.mark.parametrize(("x", "error"), [(0.15, 0.02), (0.6, 0.02)])
def test_hot_neutrinos_lose_energy_as_with_massive_electrons(x: float, error: float) -> None:
    """The exact massive kernel on a grid that resolves the tail; measured 0.996 to 1.000 in the design."""
    fine = laguerre_grid(48, 40.0)
    kernels = np.empty((4, 48, 48))
    electron_kernels(fine.y, x**2, 1.0, PANEL_NODES, PANEL_WEIGHTS, kernels)
    grid = relic_grid(20, 20.0, 60.0)
    hard = hard_tables(grid, 20)
    moved = np.empty((grid.y.size - 20, grid.y.size))
    hard_scattering(x, 1.0, grid.y, hard.scatter, moved)
    i = 23  # y = 28
    ours = COUPLINGS[0] * (moved[i - 20] @ grid.y) / (grid.w[i] * grid.y[i] ** 2)
    k, _ = couple(kernels, 0, 0)
    losses = np.exp(0.5 * (fine.y[:, None] - fine.y)) * k * fine.w * (fine.y - fine.y[:, None])
    exact = np.array([np.sum(row[fine.y < 38.0]) for row in losses]) / fine.y**2
    theirs = np.interp(grid.y[i], fine.y, exact / fine.y**2) * grid.y[i] ** 2
    assert ours == pytest.approx(theirs, rel=error)


def test_annihilation_of_hot_neutrinos_takes_pairs() -> None:
    grid = nodes()
    hard = hard_tables(grid, SOFT)
    r, moved = np.tile(fermi_dirac(grid.y) + 1e-4, (3, 1)), np.zeros((grid.y.size - SOFT, grid.y.size))
    out = np.zeros_like(r)
    hard_change(r, SOFT, moved, hard.pair, COUPLINGS, out)
    assert np.all(out <= 0.0)
    # a neutrino and an antineutrino of one event: what hard nodes lose to soft ones, these lose too
    events = 4.0 * C_X * np.sum(hard.pair[:, :SOFT] * np.outer(r[1, SOFT:], r[1, :SOFT]))
    assert -out[1, :SOFT].sum() == pytest.approx(events)
    assert out[0] / out[1] == pytest.approx(np.full(grid.y.size, C_E / C_X))


def test_energy_is_conserved_by_the_equation() -> None:
    eq, u = equation(), state(0.1)
    du, rates = eq(np.log(0.1), u)
    lost = rates.taken @ u[eq.eps] - rates.heavy @ u[eq.eps]
    made = eq.weights @ rates.made  # by inverse decays
    assert eq.lepton_energies(du) == pytest.approx([made - lost], rel=1e-12)
    total = du[-2] + eq.energy @ du[eq.diagonal] + eq.lepton_energies(du).sum() - du[-1]
    assert abs(total) < 1e-11 * np.abs(eq.energy * du[eq.diagonal]).sum()


def test_elimination_solves_the_system_of_the_dense_jacobian() -> None:
    """M x = b with M made column by column from what the equation does to small changes of the state."""
    eq, u, s, h = equation(), state(0.1), np.log(0.1), 0.01
    integrator = Integrator(eq, 1e-4, (0.82, 2.2), 0.2)
    F, rates, slopes, by_E, _ = integrator._begin(s, u)
    found = integrator._factors(h, slopes, by_E, rates)
    b = F * np.linspace(0.5, 1.5, F.size)
    x = integrator._solve(b, found)
    step = 1e-5
    ahead, behind = (eq(s, u + sign * step * x)[0] for sign in (1.0, -1.0))
    left = x * found.shift - (ahead - behind) / (2.0 * step)
    # J leaves out how H and the Hubble rate depend on rho, and takes nu-nu at the mean of the flavours
    scale = np.abs(x * found.shift) + np.abs(b)
    assert np.abs(left - b)[eq.diagonal] == pytest.approx(0.0, abs=0.05 * np.max(scale[eq.diagonal]))
    assert left[-2:] == pytest.approx(b[-2:], rel=0.05, abs=0.05 * np.abs(b[-2]))


def test_soft_electron_collisions_are_those_of_the_package() -> None:
    eq, u = equation(), state(0.1)
    _, rates = eq(np.log(0.1), u)
    r = eq.populations(u)[0, :SOFT].copy()
    gain, loss, source = np.empty(SOFT), np.empty(SOFT), np.empty((4, SOFT))
    electron_integral(r, nodes().w[:SOFT], rates.boost, rates.electron[0], rates.electron[1], source, gain, loss)
    assert np.array_equal(gain, rates.gain[0])
    assert np.array_equal(loss, rates.loss[0])
