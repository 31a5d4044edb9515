"""Collisions of levels: against those of flavours, in equilibrium, conservation laws, Jacobians."""

import numpy as np
import pytest

from boltzmann.asymmetries import electron, neutrino
from boltzmann.asymmetries.problem import G_LEFT
from boltzmann.collisions.electron import electron_integral, electron_rates, electron_tables
from boltzmann.collisions.neutrino import neutrino_integral, neutrino_tables
from boltzmann.constants import G_R
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.interpolate import lattice
from boltzmann.numerics.momentum import fermi_dirac, laguerre_grid

N = 8
GRID = laguerre_grid(N, 20.0)
X, Z = 0.3, 1.05
BOOST = np.exp(0.5 * GRID.y / Z)


def unitary(seed: int) -> Complex:
    numbers = np.random.default_rng(seed)
    return np.linalg.qr(numbers.normal(size=(3, 3)) + 1j * numbers.normal(size=(3, 3)))[0]


def populations(seed: int) -> Array:
    """Return r (2, 3N), distorted and different in everything."""
    xi = np.array([0.7, -0.2, 0.4])[:, None]
    r = np.stack([fermi_dirac(GRID.y - xi), fermi_dirac(GRID.y + xi)])
    return (r * np.random.default_rng(seed).uniform(0.7, 1.1, r.shape)).reshape(2, -1)


def basic() -> Array:
    rates = np.zeros((4, N, N))
    electron.basic_integrals(X, Z, electron_tables(GRID, lattice()), np.zeros(2 * N * (N + 1)), rates)
    return rates


def gain_and_loss(r: Array, couplings: Array) -> tuple[Array, Array, Array, Array]:
    K, A, gain, loss = np.zeros((3 * N, 3 * N)), np.zeros((3 * N, 3 * N)), np.zeros_like(r), np.zeros_like(r)
    electron.level_rates(basic(), couplings, GRID.w, K, A)
    electron.electron_gain_loss(r, BOOST, K, A, np.zeros((4, 3 * N)), gain, loss)
    return gain, loss, K, A


def matrix_rate(rho: Complex, other: Complex, rates: Array, E: Array) -> Complex:
    """Return (1/2)[(1 - rho) A - rho B + h.c.] of `boltzmann.collisions.matrix` for rho and rhobar* (N, 3, 3).

    E = e^{y/2z}.
    """
    G, w, one = np.diag(G_LEFT), GRID.w, np.eye(3)

    def couple(matrix: Complex, first: float, second: float) -> Complex:
        return 2.0 * (G @ matrix @ G + G_R**2 * matrix) * first + (G @ matrix + matrix @ G) * second

    out = np.zeros((N, 3, 3), complex)
    for i in range(N):
        A, B = np.zeros((3, 3), complex), np.zeros((3, 3), complex)
        for j in range(N):
            R1, R2, A1, A2 = rates[:, i, j]
            A += w[j] * couple(rho[j], R1, -4.0 * G_R * R2) * E[j] / E[i]
            A += w[j] * couple(one - other[j], A1, 2.0 * G_R * A2) / (E[i] * E[j]) ** 2
            B += w[j] * couple(one - rho[j], R1, -4.0 * G_R * R2) * E[i] / E[j]
            B += w[j] * couple(other[j], A1, 2.0 * G_R * A2)
        half = 0.5 * ((one - rho[i]) @ A - rho[i] @ B)
        out[i] = half + half.conj().T
    return out


def density(r: Array, W: Complex) -> Complex:
    return np.einsum("iak,ki,ibk->iab", W, r.reshape(3, N), W.conj())


def test_levels_that_are_flavours() -> None:
    r = populations(1)
    r[1] = r[0]
    gain, loss, *_ = gain_and_loss(r, electron.couplings(np.tile(np.eye(3), (N, 1, 1)), G_LEFT))
    rates, up, down = np.zeros((4, N, N)), np.zeros(N), np.zeros(N)
    electron_rates(X, Z, electron_tables(GRID, lattice()), np.zeros(2 * N * (N + 1)), rates)
    for a in range(3):
        k, annihilation, own = rates[0 if a == 0 else 2], rates[1 if a == 0 else 3], slice(a * N, (a + 1) * N)
        electron_integral(r[0, own].copy(), GRID.w, BOOST, k, annihilation, np.zeros((4, N)), up, down)
        assert gain[0, own] == pytest.approx(up, rel=1e-10)  # round-off of a 2 x 2 inverse
        assert loss[1, own] == pytest.approx(down, rel=1e-10)


def test_levels_are_the_diagonal_of_the_matrix_form() -> None:
    # every momentum with a basis of its own: the formulas of the module's docstring against the matrices
    r, W = populations(2), np.stack([unitary(i) for i in range(N)])
    gain, loss, *_ = gain_and_loss(r, electron.couplings(W, G_LEFT))
    rho = [density(r[sign], W) for sign in (0, 1)]
    for sign in (0, 1):
        change = matrix_rate(rho[sign], rho[1 - sign], basic(), BOOST)
        expected = np.einsum("iak,iab,ibk->ki", W.conj(), change, W).real.ravel()
        found = gain[sign] * (1.0 - r[sign]) - loss[sign] * r[sign]
        assert found == pytest.approx(expected, abs=1e-12 * np.abs(expected).max())


def test_a_common_basis() -> None:
    W = unitary(5)
    q = np.abs(W[0]) ** 2
    of_each = electron.couplings(np.tile(W, (N, 1, 1)), G_LEFT)
    assert electron.common_couplings(q, np.outer(q, q), G_LEFT, N) == pytest.approx(of_each, abs=1e-14)


def test_nu_e_equilibrium_and_conservation() -> None:
    W = np.stack([unitary(i) for i in range(N)])
    thermal = np.stack([np.tile(fermi_dirac(GRID.y / Z - s * 0.8), 3) for s in (1.0, -1.0)])
    gain, loss, *_ = gain_and_loss(thermal, electron.couplings(W, G_LEFT))
    assert gain * (1.0 - thermal) == pytest.approx(loss * thermal, rel=1e-10)  # for any xi common to all
    r = populations(3)
    gain, loss, *_ = gain_and_loss(r, electron.couplings(W, G_LEFT))
    change = (gain * (1.0 - r) - loss * r) @ np.tile(GRID.w, 3)
    assert change[0] == pytest.approx(change[1], rel=1e-11)  # pairs come and go together


def test_nu_e_jacobian() -> None:
    r, coupled = populations(4), electron.couplings(np.stack([unitary(i) for i in range(N)]), G_LEFT)
    gain, loss, K, A = gain_and_loss(r, coupled)
    J = np.zeros((6 * N, 6 * N))
    electron.add_electron_jacobian(r, BOOST, K, A, np.ones(N), J)
    J -= np.diag((gain + loss).ravel())
    check_jacobian(lambda q: (lambda g, f: g * (1.0 - q) - f * q)(*gain_and_loss(q, coupled)[:2]), r, J)


def check_jacobian(function, r: Array, J: Array) -> None:  # type: ignore[no-untyped-def]
    # quadratic and cubic functions: central differences of 1e-5 leave 2e-8 of the largest element
    for n in (0, N + 3, 4 * N, 6 * N - 2):
        step = np.zeros(6 * N)
        step[n] = 1e-5
        slope = (function(r + step.reshape(r.shape)) - function(r - step.reshape(r.shape))).ravel() / 2e-5
        assert J[:, n] == pytest.approx(slope, abs=1e-7 * np.abs(J).max())


def nu_nu(r: Array) -> tuple[Array, Array, Array]:
    gain, loss, J = np.zeros((2, 3 * N)), np.zeros((2, 3 * N)), np.zeros((6 * N, 6 * N))
    neutrino.neutrino_reference(r, neutrino_tables(GRID), gain, loss, J)
    return gain, loss, J


def test_nu_nu_of_equal_signs_is_that_of_flavours() -> None:
    r = populations(6)
    r[1] = r[0]
    gain, loss, _ = nu_nu(r)
    up, down = np.zeros((3, N)), np.zeros((3, N))
    scratch = np.zeros((N, 3, N, N)), np.zeros((2, 3, N * N))
    neutrino_integral(r[0].reshape(3, N), neutrino_tables(GRID), *scratch, up, down)
    for sign in (0, 1):
        assert gain[sign] == pytest.approx(up.ravel(), rel=1e-12)
        assert loss[sign] == pytest.approx(down.ravel(), rel=1e-12)


def test_nu_nu_equilibrium_with_a_xi_of_each_level() -> None:
    # left is the cubic interpolation of f at xi in units of f at 0, 2e-3 with eight momenta
    xi = np.array([0.5, -0.2, 0.1])[:, None]
    r = np.stack([fermi_dirac(GRID.y - xi), fermi_dirac(GRID.y + xi)]).reshape(2, -1)
    gain, loss, _ = nu_nu(r)
    middle = np.tile((GRID.y > 1.0) & (GRID.y < 8.0), 3)
    assert (gain * (1.0 - r))[:, middle] == pytest.approx((loss * r)[:, middle], rel=2e-2)


def test_nu_nu_conserves() -> None:
    r = populations(7)
    gain, loss, J = nu_nu(r)
    integral = (gain * (1.0 - r) - loss * r).ravel()
    moments, before = neutrino.conserved_moments(GRID.y, GRID.w), integral.copy()
    neutrino.conserve(moments, r.ravel(), (gain + loss).ravel(), GRID.y, integral, J)
    scale = np.abs(moments) @ np.abs(integral)
    assert np.abs(moments @ integral).max() < 1e-13 * scale.max()
    assert np.abs(moments @ J).max() < 1e-12 * (np.abs(moments) @ np.abs(J)).max()
    # what had to be taken out was small: the interpolation, with eight momenta
    assert np.abs(moments @ before / scale).max() < 2e-2


def test_nu_nu_jacobian() -> None:
    r = populations(8)
    check_jacobian(lambda q: (lambda g, f: g * (1.0 - q) - f * q)(*nu_nu(q)[:2]), r, nu_nu(r)[2])
