"""Small dense linear algebra against NumPy, with and without JIT."""

import numpy as np
import pytest

from boltzmann.numerics.linear import eigenbasis, lu_factor, lu_solve

pytestmark = pytest.mark.jit_off


def hermitian(eigenvalues: list[float], seed: int) -> np.ndarray:
    """A Hermitian matrix of given eigenvalues in a random basis."""
    rng = np.random.default_rng(seed)
    n = len(eigenvalues)
    basis, _ = np.linalg.qr(rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)))
    matrix = (basis * eigenvalues) @ basis.conj().T
    return 0.5 * (matrix + matrix.conj().T)


@pytest.mark.parametrize("m", [1, 2, 6, 12])
@pytest.mark.parametrize("columns", [1, 5])
def test_lu_solves_random_systems(m: int, columns: int) -> None:
    rng = np.random.default_rng(m)
    a, b = rng.normal(size=(m, m)), rng.normal(size=(m, columns))
    factors, solution, pivot = a.copy(), b.copy(), np.empty(m, np.int64)
    lu_factor(factors, pivot)
    lu_solve(factors, pivot, solution)
    # rounding, amplified by the condition number (< 1e3 here)
    np.testing.assert_allclose(solution, np.linalg.solve(a, b), rtol=1e-12, atol=1e-13)


def test_lu_exchanges_rows_when_the_pivot_vanishes() -> None:
    a, b, pivot = np.array([[0.0, 2.0], [3.0, 1.0]]), np.array([[4.0], [5.0]]), np.empty(2, np.int64)
    lu_factor(a, pivot)
    lu_solve(a, pivot, b)
    np.testing.assert_allclose(b[:, 0], [1.0, 2.0], rtol=1e-15)


def test_lu_of_badly_scaled_rows_keeps_full_accuracy() -> None:
    # Rates of the stiff problem span 12 decades; without pivoting the small entry would wipe out the second row.
    a, pivot = np.array([[1e-12, 1.0], [1.0, 1.0]]), np.empty(2, np.int64)
    b = a @ np.array([[1.0], [2.0]])
    lu_factor(a, pivot)
    lu_solve(a, pivot, b)
    np.testing.assert_allclose(b[:, 0], [1.0, 2.0], rtol=1e-14)


@pytest.mark.parametrize("n", [3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_eigenbasis_of_random_matrices(n: int, seed: int) -> None:
    check_eigenbasis(hermitian(list(np.random.default_rng(seed).normal(size=n)), seed))


@pytest.mark.parametrize(
    "eigenvalues",
    [
        [1.0, 1.0, 1.0, 1.0],
        [0.0, 0.0, 0.0, 1.0],
        [0.0, 1e-9, 1e-9, 1e3],  # neighbours split by 1e-12 of the norm, as active states below a 1 eV^2 sterile one
        [-2.0, -2.0, 3.0, 3.0],
        [0.0, 0.0, 0.0, 0.0],
    ],
)
def test_eigenbasis_of_degenerate_matrices(eigenvalues: list[float]) -> None:
    check_eigenbasis(hermitian(eigenvalues, seed=7))


def test_eigenbasis_of_a_diagonal_matrix_sorts() -> None:
    vectors = check_eigenbasis(np.diag([3.0, 1.0, 2.0, 0.0]).astype(complex))
    np.testing.assert_array_equal(np.abs(vectors).argmax(axis=0), [3, 1, 2, 0])


def test_basis_does_not_depend_on_the_scale() -> None:
    # H/Hubble covers 1e-12 to 1e12 in a run.
    h = hermitian([-1.0, 0.3, 0.4, 2.0], seed=3)
    for scale in (1e-150, 1e-12, 1e12):
        check_eigenbasis(scale * h)


def check_eigenbasis(h: np.ndarray) -> np.ndarray:
    """Require unitary eigenvectors of NumPy's eigenvalues in ascending order; return them."""
    vectors, size = np.empty_like(h), np.abs(h).max()
    eigenbasis(h.copy(), vectors)
    # 1e-14: a few roundings per element of a 4 x 4 product, relative to the largest element
    np.testing.assert_allclose(vectors.conj().T @ vectors, np.eye(len(h)), atol=1e-14)
    transformed = vectors.conj().T @ h @ vectors
    np.testing.assert_allclose(transformed, np.diag(np.linalg.eigvalsh(h)), atol=1e-14 * size)
    return vectors
