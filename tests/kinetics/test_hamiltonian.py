"""The vacuum term, the potential protocol and its tables."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from boltzmann.constants import M_E
from boltzmann.kinetics.hamiltonian import Potentials, compact, energy_matrix, hamiltonian, tabulate, vacuum
from boltzmann.kinetics.potential_terms import Terms
from boltzmann.numerics.interpolate import lattice
from boltzmann.numerics.momentum import Grid, laguerre_grid
from boltzmann.parameters import Mixing
from boltzmann.potentials import standard

MIXING = Mixing(
    dm2_41="1.3 eV2", Ue4_sq=0.02, Umu4_sq=0.01, Utau4_sq=0.005, delta_13="50 deg", delta_14="20 deg", delta_24="80 deg"
)


@dataclass(frozen=True)
class Diagonal:
    """A made-up potential on the sterile state alone, last axis (4,)."""

    strength: float

    def terms(self, T: np.ndarray, p: np.ndarray) -> Terms:
        return Terms(fixed=self.strength * (p * T**4)[..., None] * np.array([0.0, 0.0, 0.0, 1.0]))


@dataclass(frozen=True)
class FullMatrix:
    """A made-up flavour-changing potential with a phase, last axes (4, 4), and one on the evolving density."""

    strength: float

    def terms(self, T: np.ndarray, p: np.ndarray) -> Terms:
        matrix = np.zeros((4, 4), complex)
        matrix[0, 3], matrix[3, 0] = 1 + 2j, 1 - 2j
        return Terms(
            self.strength * (p * T**4)[..., None, None] * matrix, self.strength * p[..., None, None] * np.ones((4, 4))
        )


def evaluate(
    potentials: Any, x: float, z: float, y: np.ndarray, energy: np.ndarray, mass_matrix: np.ndarray
) -> np.ndarray:
    """H (N, n, n) through the tables."""
    table = tabulate(potentials, lattice(), y, len(mass_matrix))
    return through_tables(table, x, z, y, energy, mass_matrix)


def through_tables(
    table: Potentials, x: float, z: float, y: np.ndarray, energy: np.ndarray, mass_matrix: np.ndarray
) -> np.ndarray:
    """H (N, n, n) of tabulated potentials."""
    H = np.empty((y.size, *mass_matrix.shape), complex)
    rows = np.empty((table.rows.shape[-1] // y.size + 1, y.size))
    hamiltonian(x, z, energy, y, mass_matrix, table, H, rows)
    return H


def random_energy(n: int) -> np.ndarray:
    rng = np.random.default_rng(n)
    matrix = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    return matrix @ matrix.conj().T


@pytest.mark.parametrize("mixing", [Mixing(), MIXING, Mixing(dm2_41="-0.3 eV2", Umu4_sq=0.1)])
def test_vacuum_term_is_the_rotated_mass_matrix(mixing: Mixing) -> None:
    matrix, m2 = vacuum(mixing.U, mixing.mass_squared), mixing.mass_squared
    np.testing.assert_array_equal(matrix, matrix.conj().T)
    size = np.abs(m2).max()
    expected = sum(m2[k] * np.outer(mixing.U[:, k], mixing.U[:, k].conj()) for k in range(len(m2)))
    # rounding; a common mass drops out of the commutator and is subtracted
    np.testing.assert_allclose(matrix, expected - m2.mean() * np.eye(len(m2)), atol=1e-15 * size)
    np.testing.assert_allclose(np.linalg.eigvalsh(matrix), np.sort(m2 - m2.mean()), atol=1e-15 * size)


def test_vacuum_hamiltonian_is_mass_matrix_over_twice_the_momentum() -> None:
    y, matrix = np.array([0.5, 3.15]), vacuum(MIXING.U, MIXING.mass_squared)
    H = evaluate((), 0.2, 1.1, y, np.zeros((4, 4), complex), matrix)
    p = y * M_E / 0.2
    np.testing.assert_allclose(H, matrix / (2 * p[:, None, None]), rtol=1e-14)  # rounding


@pytest.mark.parametrize("n", [3, 4])
def test_hamiltonian_is_hermitian_and_sterile_states_feel_no_standard_potential(n: int) -> None:
    y, energy = np.array([0.3, 3.0, 12.0]), random_energy(n)
    H = evaluate(standard(), 2e-3, 0.98, y, energy, np.zeros((n, n), complex))
    np.testing.assert_allclose(H, H.conj().transpose(0, 2, 1), rtol=1e-14, atol=1e-22)  # rounding
    np.testing.assert_array_equal(H[:, 3:], 0.0)
    np.testing.assert_array_equal(H[:, :, 3:], 0.0)


@pytest.mark.parametrize(("x", "z"), [(1.3e-3, 0.97), (0.05, 1.0), (2.0, 1.2), (30.0, 1.39)])
def test_any_new_potential_enters_with_either_shape(x: float, z: float) -> None:
    y, energy = np.array([0.7, 5.0]), random_energy(4)
    H = evaluate((Diagonal(2.0), FullMatrix(3.0)), x, z, y, energy, np.zeros((4, 4), complex))
    T, p = z * M_E / x, y[:, None, None] * M_E / x
    expected = 2 * p * T**4 * np.diag([0, 0, 0, 1.0]) + 3 * p * (M_E / x) ** 4 * energy
    expected[:, 0, 3] += 3 * (1 + 2j) * p[:, 0, 0] * T**4
    expected[:, 3, 0] += 3 * (1 - 2j) * p[:, 0, 0] * T**4
    # powers of T are polynomials in z once powers of x are divided out: exact up to rounding, ~1e-13 after 28 terms
    np.testing.assert_allclose(H, expected, rtol=1e-12)


def test_three_states_take_the_active_block_of_a_potential() -> None:
    y, energy = np.array([1.0]), random_energy(4)
    zero = np.zeros((4, 4), complex)
    three = evaluate((FullMatrix(1.0),), 0.1, 1.0, y, energy[:3, :3].copy(), zero[:3, :3].copy())
    four = evaluate((FullMatrix(1.0),), 0.1, 1.0, y, energy, zero)
    np.testing.assert_array_equal(three, four[:, :3, :3])


def test_without_potentials_the_tables_are_zero() -> None:
    table = tabulate((), lattice(), np.array([1.0, 2.0]), 3)
    assert isinstance(table, Potentials)
    assert table.rows.shape == (64, 7, 2)  # the zero row of two momenta
    assert not table.rows.any()
    assert not table.place.any()


def hermitian_tables(seed: int, n: int, shape: tuple[int, ...]) -> np.ndarray:
    """Random Hermitian matrices on a lattice with a vanishing, a repeated and a real element."""
    rng = np.random.default_rng(seed)
    tables = rng.normal(size=(*shape, n, n)) + 1j * rng.normal(size=(*shape, n, n))
    tables += tables.conj().swapaxes(-1, -2)
    for a, b, values in ((0, 1, 0.0), (1, 2, tables[..., 0, 2]), (2, 2, tables[..., 0, 0]), (0, n - 1, rng.normal())):
        tables[..., a, b] = values
        tables[..., b, a] = np.conj(values)
    return tables


def weights(nodes: np.ndarray, value: float) -> np.ndarray:
    """Those with which values at ``nodes`` give their polynomial's at ``value``: exact for all powers."""
    middle = nodes.mean()
    return np.linalg.solve(np.vander(nodes - middle, increasing=True).T, (value - middle) ** np.arange(nodes.size))


@pytest.mark.jit_off
@pytest.mark.parametrize("n", [3, 4])
def test_compact_tables_against_a_dense_evaluation(n: int) -> None:
    grid, y, first = lattice(n_x=9, n_z=4), np.array([0.4, 1.7, 6.0]), 3
    fixed, per_energy = (hermitian_tables(seed, n, (9, 4, 3)) for seed in (1, 2))
    energy, mass_matrix = random_energy(n), hermitian_tables(3, n, ())
    table = compact(grid, fixed, per_energy)
    kept = table.rows.shape[-1] // y.size
    assert kept < 1 + 2 * n * n  # functions that are equal, and those that vanish, are kept once
    for log_x, z in ((grid.log_x[4], grid.z[1]), (0.3 * grid.log_x[4] + 0.7 * grid.log_x[5], 1.13)):
        along_x, along_z = weights(grid.log_x[first : first + 4], log_x), weights(grid.z, z)
        V, W = (np.einsum("x,z,xziab->iab", along_x, along_z, t[first : first + 4]) for t in (fixed, per_energy))
        scale = M_E / np.exp(log_x)
        expected = mass_matrix / (2.0 * scale * y[:, None, None]) + scale**5 * (V + W * energy)
        H = through_tables(table, float(np.exp(log_x)), float(z), y, energy, mass_matrix)
        # rounding of the weights and of 16 terms
        np.testing.assert_allclose(H, expected, atol=1e-12 * np.abs(expected).max())


@pytest.mark.jit_off
def test_energy_density_matrix_of_one_thermal_flavour() -> None:
    grid, energy = laguerre_grid(14, 20.0), np.empty((4, 4), complex)
    rho = np.zeros((14, 4, 4), complex)
    rho[:, 1, 1], rho[:, 0, 3], rho[:, 3, 0] = grid.f, 0.1j * grid.f, -0.1j * grid.f
    energy_matrix(Grid(*grid), rho, energy)
    thermal = 7 * np.pi**2 / 120  # nu and nubar, one helicity each
    expected = np.zeros((4, 4), complex)
    expected[1, 1], expected[0, 3], expected[3, 0] = thermal, 0.1j * thermal, -0.1j * thermal
    # 4e-6: what lies above y_max
    np.testing.assert_allclose(energy, expected, rtol=4e-6)
