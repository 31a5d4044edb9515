"""Nodes that cross and bins that convert: the equations of the block, its fronts, and its linear systems."""

import numpy as np
import pytest

from boltzmann import Mixing, Options
from boltzmann.kinetics import bins, drift
from boltzmann.kinetics.bins import AHEAD, COHERENCES, DELTA, DELTA_S, ROWS, TAKEN, Fronts
from boltzmann.kinetics.control import error_norm
from boltzmann.kinetics.evolution import BATH
from boltzmann.kinetics.limits import Control
from boltzmann.kinetics.odd_elimination import factorise, solve_linear
from boltzmann.kinetics.rodas import attempt, empty_stages
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from boltzmann.solver.run import integrate
from boltzmann.solver.tables import build_tables
from tests.states import MIXINGS, SECRET, Equation, S, dense_jacobian

N = 8
K = 300.0


def opened(secret: tuple = ()) -> tuple[Equation, np.ndarray]:
    """Return an equation with an open block of random unknowns, evaluated at a state."""
    equation = Equation(MIXINGS[4], Options(n_momenta=N), secret)
    equation.work.bins.rates.on[0] = 1.0
    equation.work.bins.v[:] = 0.05 * np.random.default_rng(3).normal(size=(ROWS, N))
    return equation, equation.state()


def weights(equation: Equation, power: int) -> np.ndarray:
    grid = equation.grid
    return grid.w * grid.y**power * grid.f / np.pi**2


@pytest.mark.jit_off
@pytest.mark.parametrize("secret", [(), SECRET], ids=["weak", "secret"])
def test_what_bins_give_the_sterile_state_gets(secret: tuple) -> None:
    # E + rho_nu + e - q is constant with the block as without: rounding of the terms summed
    equation, u = opened(secret)
    rate = equation.rate(S, u)
    populations = rate[: N * 16].reshape(N, 16)[:, [0, 1, 2, 15]]
    terms = [*(weights(equation, 3)[:, None] * populations).ravel(), rate[-4], rate[-3], -rate[-1]]
    assert abs(sum(terms)) <= 1e-13 * np.abs(terms).sum()


@pytest.mark.jit_off
def test_a_closed_block_and_an_empty_one_are_the_equation_of_nodes() -> None:
    # C = K (q + S - N) = 0 at the opening, where c is what q is filled with: b + G of both change by collisions alone,
    # coherences in the same way
    equation, u = opened()
    bins.open_bins(u, equation.work.bins.v)
    with_block = equation.rate(S, u)[: N * 16].reshape(N, 16)
    slope = equation.work.bins.slope.copy()
    equation.work.bins.rates.on[0] = 0.0
    without = equation.rate(S, u)[: N * 16].reshape(N, 16)
    np.testing.assert_allclose(with_block[:, 3:15], without[:, 3:15], rtol=1e-12)
    # populations differ by the flow from node to sterile state, c_a, which the block counts as N, q and delta
    for a in range(3):
        taken = with_block[:, a] - without[:, a]
        for row in (TAKEN + a, AHEAD + a, DELTA + a):
            np.testing.assert_allclose(slope[row], taken, atol=1e-12 * np.abs(without).max())
    np.testing.assert_allclose(slope[DELTA_S], -slope[DELTA : DELTA + 3].sum(axis=0), rtol=1e-10)


def ramp(slope: float, zero: float, n: int = 9) -> np.ndarray:
    """Return H (n, 4, 4): the sterile level meets that of nu_mu where the index of the momentum is ``zero``."""
    H = np.zeros((n, 4, 4), complex)
    H[:, 0, 0], H[:, 2, 2] = -1e6, 1e6
    H[:, 3, 3] = slope * (np.arange(n) - zero)
    H[:, 1, 3] = H[:, 3, 1] = 3.0
    return H


def average(zero: float, taken: np.ndarray, slope: float = 1e3) -> np.ndarray:
    """Return S of component mumu for N_mumu = ``taken`` (n,)."""
    block = bins.empty_bins(len(taken))
    block.v[TAKEN + 1] = taken
    bins.fill_fronts(ramp(slope, zero, len(taken)), Fronts(True, K, False), block)
    return block.flow[1] / K + taken


@pytest.mark.jit_off
@pytest.mark.parametrize("slope", [1e3, -1e3])
def test_front_fills_the_part_of_its_bin_behind_it(slope: float) -> None:
    # the front at 4 + t has passed 0 to 3; bin 4 lies between 3.5 and 4.5 and is filled up to the front
    taken = np.where(np.arange(9) < 4, 1.0, 0.0)
    for t in (-0.4, -0.2, 0.0, 0.2, 0.4):
        taken[4] = 0.5 if t > 0 else 0.0  # the node crosses at t = 0; its value does not matter there
        r = 2 * abs(t)
        expected = (
            0.5 * (1 + r) * (r**2 * taken[4] + (1 - r**2) * taken[3]) + 0.5 * (1 - r) * taken[5]
            if t >= 0
            else 0.5 * (1 + r) * (r**2 * taken[4] + (1 - r**2) * taken[5]) + 0.5 * (1 - r) * taken[3]
        )
        assert average(4 + t, taken, slope)[4] == pytest.approx(expected, abs=2e-9)  # OWN = 1e-9
    assert average(4.0, taken)[4] == pytest.approx(0.5, abs=2e-9)  # half of the bin, whatever the node has


@pytest.mark.jit_off
def test_front_average_is_the_nodes_own_elsewhere_and_continuous() -> None:
    taken = np.random.default_rng(1).uniform(size=9)
    S_A = average(4.2, taken)
    np.testing.assert_allclose(np.delete(S_A, 4), np.delete(taken, 4), rtol=1e-12)
    # at the edge of the bin, r = 1, and at the node, r = 0, from both sides; the slope there is at most 3
    for zero in (3.5, 4.0, 4.5):
        below, above = average(zero - 1e-9, taken), average(zero + 1e-9, taken)
        np.testing.assert_allclose(below, above, atol=1e-7)


def forgetting(zero: float, secret: np.ndarray) -> np.ndarray:
    """Return Gamma (n,) for Gamma_s = ``secret`` (n,) with a front at ``zero``, outside of the grid for none."""
    block = bins.empty_bins(len(secret))
    block.rates.secret[:] = secret
    bins.fill_fronts(ramp(1e3, zero, len(secret)), Fronts(True, K, False), block)
    return block.rates.forget


@pytest.mark.jit_off
def test_nodes_behind_a_front_forget_as_fast_as_at_the_front() -> None:
    secret = 10.0 ** np.arange(-4.0, 5.0)  # tenfold from node to node, as inverse decays
    np.testing.assert_array_equal(forgetting(99.0, secret), secret)
    np.testing.assert_array_equal(forgetting(4.2, np.zeros(9)), np.zeros(9))  # without secret collisions
    for rates in (secret, secret[::-1]):
        front = np.interp(4.2, np.arange(9), np.log(rates))
        # sums of logarithms: rounding
        np.testing.assert_allclose(forgetting(4.2, rates), np.maximum(rates, np.exp(front)), rtol=1e-12)
    # while the front passes a node: the rate at the front changes tenfold over 1
    np.testing.assert_allclose(forgetting(4.0 - 1e-9, secret), forgetting(4.0 + 1e-9, secret), rtol=1e-8)


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("coupling", "damping", "seen"), [(3.0, 0.0, True), (0.03, 0.0, False), (800.0, 0.0, False), (3.0, 2e3, False)]
)
def test_only_narrow_crossings_that_are_not_diabatic_open_the_block(
    coupling: float, damping: float, seen: bool
) -> None:
    # momenta are 1000 apart: 2 pi |H_as|^2 against 1e-3 of it, 1000^2 against half of 4 |H_as|^2 + D^2
    H = ramp(1e3, 4.5)
    H[:, 1, 3] = H[:, 3, 1] = coupling
    assert bins.has_front(H, np.full(9, damping), False, bins.empty_bins(9)) is seen


@pytest.mark.jit_off
def test_levels_by_mass_do_not_depend_on_the_flavour_basis() -> None:
    H, angle = ramp(1e3, 4.2), 0.7
    R = np.eye(4)
    R[:2, :2] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    blocks = [bins.empty_bins(9) for _ in range(2)]
    for block, matrix in zip(blocks, (H, R @ H @ R.T), strict=True):
        bins.fill_levels(np.ascontiguousarray(matrix), True, block)
    np.testing.assert_allclose(blocks[0].distance, blocks[1].distance, rtol=1e-10)
    np.testing.assert_allclose(blocks[0].coupling, blocks[1].coupling, atol=1e-9)


def block_slope(equation: Equation, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the linear block equations of the module make of changes x (N, 16) and w (ROWS, N), written out.

    Of x without collisions between momenta, which are tested without the block.
    """
    J, rates, K = equation.J, equation.J.bins, equation.tables.fronts.rate
    node = x.copy()
    node[:, [0, 1, 2]] -= w[DELTA : DELTA + 3].T
    node[:, 15] -= w[DELTA_S]
    damping = np.zeros((N, 16))
    damping[:, :9] = rates.damping.T
    local = np.einsum("ikl,il->ik", J.local, node)
    c = -(local + damping * node)[:, :9].T  # commutator only
    P = K * (w[AHEAD : AHEAD + 9] + (rates.own - 1.0) * w[TAKEN : TAKEN + 9])
    out, dx = np.zeros((ROWS, N)), local.copy()
    dx[:, :3] = -P[:3].T
    dx[:, 15] = P[:3].sum(axis=0) - rates.secret * x[:, 15]
    out[TAKEN : TAKEN + 9] = c - rates.forget * w[TAKEN : TAKEN + 9]
    out[AHEAD : AHEAD + 9] = c - P
    out[DELTA : DELTA + 3] = c[:3] - P[:3] - rates.relax * w[DELTA : DELTA + 3]
    out[DELTA_S] = -(c[:3] - P[:3]).sum(axis=0) - rates.secret * w[DELTA_S]
    out[COHERENCES:] = -P[3:] - rates.damping[3:] * w[COHERENCES:]
    return dx, out


@pytest.mark.jit_off
@pytest.mark.parametrize("secret", [(), SECRET], ids=["weak", "secret"])
@pytest.mark.parametrize("shift", [1e2, 1e5])
def test_structured_solve_with_the_block(secret: tuple, shift: float) -> None:
    equation, u = opened(secret)
    J = equation.jacobian(S, u)
    J.bins.own[:] = np.random.default_rng(4).uniform(size=(9, N))  # as if there were fronts in all bins
    rest = dense_jacobian(J)  # everything between momenta and with scalars; local blocks are replaced
    for i in range(N):
        rest[16 * i : 16 * (i + 1), 16 * i : 16 * (i + 1)] -= J.local[i]
    random = np.random.default_rng(5)
    b, r = random.normal(size=u.size), random.normal(size=(ROWS, N))
    x, w = b.copy(), r.copy()
    factorise(shift, J, J.odd)
    solve_linear(shift, 0, J, x, w, np.zeros(J.schur.shape[0]), J.odd, None)
    dx, dw = block_slope(equation, x[: 16 * N].reshape(N, 16), w)
    left = shift * x - rest @ x
    left[: 16 * N] -= dx.ravel()
    largest = max(np.abs(J.local).max() * np.abs(x).max(), equation.tables.fronts.rate * np.abs(w).max())
    sizes = shift * np.abs(x).max() + np.abs(rest) @ np.abs(x) + largest
    assert np.all(np.abs(left - b) <= 1e-11 * sizes)  # rounding of a few hundred terms, growth of the elimination
    assert np.all(np.abs(shift * w - dw - r) <= 1e-11 * sizes.max())


@pytest.mark.jit_off
def test_block_equations_are_the_derivative_of_the_right_hand_side() -> None:
    # central differences along directions of the block only: linear in them but for energies and V_nu, which are small
    equation, u = opened()
    J = equation.jacobian(S, u)
    start = equation.work.bins.v.copy()
    w = np.random.default_rng(6).normal(size=(ROWS, N))
    w[COHERENCES:] = 0.0  # V_nu
    w[DELTA : DELTA_S + 1] = 0.0
    slopes = []
    for sign in (1.0, -1.0):
        equation.work.bins.v[:] = start + sign * 1e-4 * w
        rate = equation.rate(S, u)[: 16 * N].reshape(N, 16).copy()
        slopes.append((rate, equation.work.bins.slope.copy()))
    dx, dw = block_slope(equation, np.zeros((N, 16)), w)
    inside = np.s_[:, 1:-1]  # neighbours' N, left out of J, count where fronts are: not at the ends
    own = J.bins.own == 1.0
    measured = (slopes[0][1] - slopes[1][1]) / 2e-4
    assert own[:, 0].all()
    np.testing.assert_allclose(measured[TAKEN : TAKEN + 9], dw[TAKEN : TAKEN + 9], atol=1e-7 * np.abs(dw).max())
    where = np.broadcast_to(own, (9, N))
    np.testing.assert_allclose(measured[AHEAD : AHEAD + 9][where], dw[AHEAD : AHEAD + 9][where], atol=1e-6 * K)
    assert inside  # the populations' rows
    populations = (slopes[0][0] - slopes[1][0]) / 2e-4
    for a in range(3):
        np.testing.assert_allclose(populations[own[a], a], dx[own[a], a], atol=1e-6 * K)


@pytest.mark.jit_off
@pytest.mark.parametrize("secret", [(), SECRET], ids=["weak", "secret"])
def test_product_with_the_jacobian_and_the_block(secret: tuple) -> None:
    equation, u = opened(secret)
    J = equation.jacobian(S, u)
    J.bins.own[:] = np.random.default_rng(4).uniform(size=(9, N))  # as if there were fronts in all bins
    random = np.random.default_rng(7)
    v, w, out = random.normal(size=u.size), random.normal(size=(ROWS, N)), np.empty_like(u)
    drift.product(v, w, out, J, equation.work.dark)
    rest = dense_jacobian(J)
    for i in range(N):
        rest[16 * i : 16 * (i + 1), 16 * i : 16 * (i + 1)] -= J.local[i]
    dx, dw = block_slope(equation, v[: 16 * N].reshape(N, 16), w)
    expected = rest @ v
    expected[: 16 * N] += dx.ravel()
    size = np.abs(dense_jacobian(J)).max() * np.abs(v).max() + equation.tables.fronts.rate * np.abs(w).max()
    np.testing.assert_allclose(out, expected, atol=1e-12 * size)  # rounding of sums of a hundred products
    np.testing.assert_allclose(J.bin_known, dw, atol=1e-12 * size)


def with_a_front() -> tuple[Equation, np.ndarray]:
    """Return an equation whose fronts lie in bins of the grid, with an open block, evaluated at a state."""
    equation = Equation(Mixing(dm2_41="-1 eV2", Umu4_sq=1e-3), Options(n_momenta=N))
    u = equation.state()
    equation.work.bins.rates.on[0] = 1.0
    equation.work.bins.v[TAKEN : TAKEN + 3] = 0.3 * np.random.default_rng(3).uniform(size=(3, N))
    equation.rate(S, u)
    assert np.any(equation.work.bins.rates.own < 1.0)
    return equation, u


@pytest.mark.jit_off
def test_along_the_way_nothing_is_left_out_while_bins_are_open() -> None:
    # what J leaves out of the front average, the N of neighbours and how E moves fronts, is in the derivative by s
    equation, u = with_a_front()
    start, e = equation.work.bins.v.copy(), 1e-5
    v, w = 0.1 * u, 0.1 * start
    ways = []
    for sign in (1.0, -1.0):
        equation.work.bins.v[:] = start + sign * e * w
        ways.append((equation.rate(S + sign * e, u + sign * e * v), equation.work.bins.slope.copy()))
    exact = [(after - before) / (2 * e) for after, before in zip(*ways, strict=True)]
    left = {}
    for name, (x, y) in {"along": (v, w), "at rest": (np.zeros_like(v), np.zeros_like(w))}.items():
        equation.work.bins.v[:] = start
        J, out = equation.jacobian(S, u, x, y), np.empty_like(u)
        drift.product(v, w, out, J, None)
        left[name] = max(
            np.abs(out + J.time - exact[0])[: 16 * N].max(), np.abs(J.bin_known + J.bin_time - exact[1]).max()
        )
    size = max(np.abs(part).max() for part in exact)
    assert left["along"] < 1e-3 * size  # one-sided differences of 1e-6 in s; the front average is quadratic in it
    assert left["at rest"] > 10 * left["along"]


@pytest.mark.jit_off
def test_a_step_keeps_what_node_and_bin_have_in_common() -> None:
    # G - delta_s - SUM N_a is what the node has, less what the commutator gave it: nothing without secret relaxation.
    # Columns of E that counted how its fronts move for G and not for delta_s broke this by 2e-3 of the step's change
    equation, u = with_a_front()
    stages = empty_stages(equation.tables, equation.J.schur.shape[0])
    stages.F[:] = equation.rate(S, u)
    stages.bins.v[:] = equation.work.bins.v
    J = equation.jacobian(S, u)
    equation.work.bins.v[:] = stages.bins.v
    assert attempt(S, 1e-4, u, equation.tables, equation.work, J, stages)
    change, block = (stages.argument - u)[15 : 16 * N : 16], stages.bins.argument - stages.bins.v
    common = change - block[DELTA_S] - block[TAKEN : TAKEN + 3].sum(axis=0)
    assert np.max(np.abs(common)) < 1e-10 * np.max(np.abs(change))  # rounding of the elimination


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("zeros", "expected"),
    [
        ((4.3, 4.7), 1.02 * 0.5),  # halfway to the edge at 4.5, and a little beyond
        ((4.7, 4.4), 1.02 * 2 / 3),  # as well from above
        ((4.1, 4.3), 1.0),  # within a bin
        ((4.49, 4.9), 1.0),  # the edge is behind the step, by less than a tenth of it
        ((-3.0, -2.0), 1.0),  # outside the grid
    ],
)
def test_steps_end_where_a_front_leaves_its_bin(zeros: tuple[float, float], expected: float) -> None:
    before, after = (ramp(1e3, zero) for zero in zeros)
    fronts, block = Fronts(True, K, False), bins.empty_bins(9)
    assert bins.until_edge(before, after, fronts, block) == pytest.approx(expected, abs=1e-12)
    for H in (before, after):
        H[:, 1, 3] = H[:, 3, 1] = 0.03  # diabatic: not a front
    assert bins.until_edge(before, after, fronts, block) == 1.0


@pytest.mark.jit_off
def test_errors_of_a_node_are_measured_by_its_bin_and_its_share_of_the_energy() -> None:
    # an error of the sterile population alone, at one momentum; the basis is that of flavour
    equation, u = opened()
    rtol = 1e-3
    control = Control(rtol, 1e-6, BATH * rtol, 0.2, 0.05, 0.0, 100)
    stages = empty_stages(equation.tables, equation.J.schur.shape[0])
    stages.argument[:] = u
    share = 10 * N * weights(equation, 3) / weights(equation, 3).sum()
    for i, (bin_, node, measure) in enumerate([(0.3, 0.01, 0.3), (0.01, 0.3, 0.3), (0.01, 0.02, 0.1 * 1.5)]):
        stages.U[:], stages.bins.argument[:] = 0.0, 0.0
        stages.U[5, 16 * i + 15] = 1e-4
        stages.argument[16 * i : 16 * i + 3] = 1.5, 0.2, 0.1
        stages.argument[16 * i + 15], stages.bins.argument[DELTA_S, i] = bin_, bin_ - node
        found = error_norm(S, control, equation.tables, equation.work, stages)
        expected = min(max(share[i], 0.12), 1.0) * 1e-4 / (1e-6 + rtol * measure) / np.sqrt(4 * N)
        assert found == pytest.approx(expected, rel=1e-12)
    equation.work.bins.rates.on[0] = 0.0  # closed: of the node, every momentum alike
    found = error_norm(S, control, equation.tables, equation.work, stages)
    assert found == pytest.approx(1e-4 / (1e-6 + rtol * 0.01) / np.sqrt(4 * N), rel=1e-12)


def test_the_block_closes_again_and_energy_is_kept() -> None:
    # through all fronts of a resonance; drift: rounding of a thousand steps
    solution = integrate(Mixing(dm2_41="-1 eV2", Ue4_sq=1e-6), (), Options(n_momenta=10))
    assert solution.status.ok
    assert solution.stats.energy_drift < 1e-10


@pytest.mark.parametrize(
    ("mixing", "interactions", "options", "allowed", "by_mass"),
    [
        (Mixing(), (), Options(), False, False),
        (Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), (), Options(), True, False),
        (Mixing(dm2_41="1e-3 eV2", Ue4_sq=1e-3), (), Options(), True, True),
        (Mixing(dm2_41="-1 eV2", Ue4_sq=1e-3), (), Options(), True, False),
        (Mixing(dm2_41="-1e-3 eV2", Ue4_sq=1e-3, ordering="inverted"), (), Options(), True, True),
        (Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), (), Options(coherence="matrix"), False, False),
        (Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), (), Options(collisions=False), False, False),
        (Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), (SecretVector(1e-3, "10 MeV"),), Options(), True, False),
        (Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), (SecretPseudoscalar(1e-5, "1e-9 eV"),), Options(), False, False),
    ],
)
def test_where_bins_are_used(mixing, interactions, options, allowed, by_mass) -> None:
    fronts = build_tables(mixing, interactions, options).fronts
    assert (fronts.allowed, fronts.by_mass) == (allowed, by_mass)
