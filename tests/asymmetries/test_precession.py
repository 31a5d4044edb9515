"""The asymmetry matrix: its equation against density matrices, what it conserves, and the full equation beyond it."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from boltzmann.asymmetries import precession
from boltzmann.asymmetries.drive import drive_of, moment
from boltzmann.asymmetries.evolution import evolve
from boltzmann.asymmetries.populations import background, scratch, weak_scale
from boltzmann.asymmetries.precession import Averages, Drive
from boltzmann.asymmetries.problem import G_LEFT, Problem, problem_of, start
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.parameters import Mixing, Options
from tests.asymmetries.test_collisions import matrix_rate, unitary

XI = (0.4, -0.3, 0.1)


def problem() -> Problem:
    return problem_of(Mixing(), Options(n_momenta=8, rtol=3e-4, x_start=0.1), 1e-5)


def matrix(packed: Array) -> Complex:
    A = np.diag(packed[:3]).astype(complex)
    for n, (a, b) in enumerate(((0, 1), (0, 2), (1, 2))):
        A[a, b] = packed[3 + 2 * n] + 1j * packed[4 + 2 * n]
        A[b, a] = A[a, b].conj()
    return A


def packed(A: Complex) -> Array:
    out = np.zeros(9)
    precession.pack(A, out)
    return out


def slope(p: Problem, s: float, u: Array, A: Complex) -> Complex:
    now = moment(p, s, u, scratch(8))
    out, given = np.zeros(9), np.concatenate([now.rest, [1.0], now.charged[:2]])
    drive = drive_of(now, now, now)
    precession.slope(given, packed(A), drive, np.zeros((4, 3, 3), complex), out)
    return matrix(out)


def test_slope_is_that_of_density_matrices() -> None:
    # dA/ds = SUM w_i {-i [h_i, rho_i + rhobar_i] + I_i - Ibar_i} with the collisions as matrices, in a random basis
    p = problem()
    s, u, _ = start(p, XI)
    u[:-2] *= np.random.default_rng(3).uniform(0.8, 1.05, u.size - 2)
    W, r = unitary(1), p.occupations(u)
    rho = np.einsum("ak,ski,bk->siab", W, r, W.conj())
    v, c = p.terms(s, u)
    x, z, rate = background(s, u, p.grid, p.plasma)
    work = scratch(8)
    moment(p, s, u, work)
    y, w = p.grid.y, p.weights
    expected = np.zeros((3, 3), complex)
    boost = np.exp(0.5 * y / z)
    change = matrix_rate(rho[0], rho[1], work.rates, boost) - matrix_rate(rho[1], rho[0], work.rates, boost)
    for i in range(8):
        h, total = v / y[i] + np.diag(c) * y[i], rho[0, i] + rho[1, i]
        expected += w[i] * (-1j * (h @ total - total @ h) + weak_scale(x, rate) / y[i] ** 2 * change[i])
    A = np.einsum("ak,k,bk->ab", W, p.levels(u), W.conj())
    found = slope(p, s, u, A)
    # divided differences are smoothed over the rest of H over the odd potential, squared 1e-9 of the distance here
    assert found == pytest.approx(expected, abs=1e-6 * np.abs(expected).max())
    assert abs(np.trace(found)) < 1e-12 * np.abs(found).max()


def turning() -> tuple[Complex, Array, Array, Drive]:
    """Return v, weights, populations (2, 3, N) of four momenta and what turns A at constant v, without c and T."""
    y, w = np.array([1.0, 2.0, 3.5, 6.0]), np.array([0.1, 0.3, 0.25, 0.1])
    xi = np.array([-0.4, 0.1, 0.9])[:, None]
    r = 1.0 / (np.exp(y - np.array([1.0, -1.0])[:, None, None] * xi) + 1.0)
    U = unitary(4)
    v = (U * np.array([-1.0, 0.2, 0.8])) @ U.conj().T
    a, f = (r[0] - r[1]) @ w, (r[0] + r[1]) @ (w / y)
    f12, f23 = (f[1] - f[0]) / (a[1] - a[0]), (f[2] - f[1]) / (a[2] - a[1])
    row = np.concatenate([a, [f12, (f23 - f12) / (a[2] - a[0])], np.zeros(5)])
    return v, np.stack([y, w]), r, Drive(v, np.zeros(3), np.zeros(3), np.tile(row, (3, 1)), G_LEFT)


def full(v: Complex, grid: Array, r: Array, W: Complex, V: float, end: float) -> Complex:
    """Return A at the end from the density matrices of nu and nubar* with their odd potential V A, no averages."""
    y, w = grid
    rho = np.einsum("ak,ski,bk->siab", W, r, W.conj())

    def rhs(_: float, flat: Array) -> Array:
        now = np.ascontiguousarray(flat).view(complex).reshape(2, 4, 3, 3)
        A = V * np.einsum("i,iab->ab", w, now[0] - now[1])
        h = v / y[:, None, None]
        H = np.stack([A + h, A - h])
        return np.ascontiguousarray(-1j * (H @ now - now @ H)).view(float).ravel()

    found = solve_ivp(
        rhs, (0.0, end), np.ascontiguousarray(rho).view(float).ravel(), "DOP853", rtol=1e-8, atol=1e-11
    ).y[:, -1]
    now = np.ascontiguousarray(found).view(complex).reshape(2, 4, 3, 3)
    return np.einsum("i,iab->ab", w, now[0] - now[1])


def test_full_equation_approaches_the_averaged_one() -> None:
    # synchronised precession: the full equation differs by O(h/V_odd), half as much at twice V
    W, end, differences = unitary(9), 12.0, []
    v, grid, r, drive = turning()
    u = packed(np.einsum("ak,k,bk->ab", W, drive.rest[0, :3], W.conj()))
    averages = Averages(np.zeros(3), np.zeros((3, 3)), np.zeros((3, 3, 3), complex), np.zeros((2, 3)))
    start_of, (steps, _) = matrix(u), precession.precess(u, end, 0.1, 1e-8, drive, averages)
    assert steps > 10
    size = np.linalg.norm(start_of)
    assert np.linalg.norm(matrix(u) - start_of) > 0.3 * size  # it has turned
    assert np.linalg.eigvalsh(matrix(u)) == pytest.approx(drive.rest[0, :3], abs=1e-5 * size)
    for V in (400.0, 800.0):
        differences.append(np.linalg.norm(full(v, grid, r, W, V, end) - matrix(u)) / size)
    assert differences[1] < 0.1
    assert differences[1] == pytest.approx(0.5 * differences[0], rel=0.2)


def test_averages() -> None:
    # <P_k> have trace one and add up to one; content and pairs follow from them where nothing turns
    _, _, _, drive = turning()
    W = unitary(9)
    u = packed(np.einsum("ak,k,bk->ab", W, drive.rest[0, :3], W.conj()))
    averages = Averages(np.zeros(3), np.zeros((3, 3)), np.zeros((3, 3, 3), complex), np.zeros((2, 3)))
    precession.precess(u, 20.0, 0.1, 1e-6, drive, averages)
    assert np.sum(averages.projectors, axis=0) == pytest.approx(np.eye(3), abs=1e-10)
    assert averages.content == pytest.approx(averages.projectors[:, 0, 0].real, abs=1e-12)
    assert averages.pairs.sum(axis=1) == pytest.approx(averages.content, abs=1e-12)


def test_levels_that_coincide_are_those_of_the_vacuum() -> None:
    v = matrix(np.array([1.0, 2.0, 4.0, 0.3, 0.1, 0.2, 0.0, -0.4, 0.2]))
    W, level = np.zeros((3, 3), complex), np.array([-0.1, -0.1, 0.5])
    precession.basis_of(packed(np.diag(level).astype(complex)), level, v, np.zeros((3, 3), complex), W)
    block = W[:, :2].conj().T @ v @ W[:, :2]
    assert abs(block[0, 1]) < 1e-12
    assert pytest.approx(np.eye(3), abs=1e-12) == W.conj().T @ W


def test_it_ends_with_a_status() -> None:
    run, told, status = evolve(Mixing(), XI, Options(n_momenta=8, rtol=3e-4, max_steps=5), 1e-5)
    assert (told, status.name, len(run.x)) == (None, "TOO_MANY_STEPS", 6)
