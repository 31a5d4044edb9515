"""Small dense linear algebra against NumPy, with and without JIT."""

import numpy as np
import pytest

from boltzmann.numerics.linear import back_substitute, eigenbasis, lu_factor, lu_solve_vector, update_eigenbasis

pytestmark = pytest.mark.jit_off


def hermitian(eigenvalues: list[float], seed: int) -> np.ndarray:
    """A Hermitian matrix of given eigenvalues in a random basis."""
    rng = np.random.default_rng(seed)
    n = len(eigenvalues)
    basis, _ = np.linalg.qr(rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)))
    matrix = (basis * eigenvalues) @ basis.conj().T
    return 0.5 * (matrix + matrix.conj().T)


def solved(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the factors of ``a``, the exchanges of rows, and the solution for right-hand sides ``b`` beside it."""
    m = len(a)
    beside, pivot = np.hstack([a, b]), np.empty(m, np.int64)
    lu_factor(beside, pivot)
    back_substitute(beside)
    return beside[:, :m], pivot, beside[:, m:]


@pytest.mark.parametrize("m", [1, 2, 6, 12])
@pytest.mark.parametrize("columns", [1, 5])
def test_lu_solves_random_systems(m: int, columns: int) -> None:
    rng = np.random.default_rng(m)
    a, b = rng.normal(size=(m, m)), rng.normal(size=(m, columns))
    _, _, solution = solved(a, b)
    # rounding, amplified by the condition number (< 1e3 here)
    np.testing.assert_allclose(solution, np.linalg.solve(a, b), rtol=1e-12, atol=1e-13)


def test_lu_exchanges_rows_when_the_pivot_vanishes() -> None:
    _, _, solution = solved(np.array([[0.0, 2.0], [3.0, 1.0]]), np.array([[4.0], [5.0]]))
    np.testing.assert_allclose(solution[:, 0], [1.0, 2.0], rtol=1e-15)


def system(m: int, kind: str) -> np.ndarray:
    """A regular random matrix (m, m); kinds that need exchanges of rows have vanishing pivots in every panel."""
    rng = np.random.default_rng(m)
    a = rng.normal(size=(m, m))
    if kind == "zero diagonal":
        np.fill_diagonal(a, 0.0)
    elif kind == "zero corner":  # the first pivots are found in the second half of the rows
        a[: m // 2, : m // 2] = 0.0
    elif kind == "exchanged rows":  # of a triangular matrix: every pivot but one is zero without exchange
        a = np.triu(a) + 3.0 * np.eye(m)
        a = np.roll(a, 1, axis=0)
    elif kind == "scaled":  # rates of the equation
        a *= np.exp(rng.uniform(-14.0, 14.0, (m, 1)))
    return a


# sizes around multiples of the panel of four columns, those of the equation's systems among them
@pytest.mark.parametrize("m", [1, 2, 3, 4, 5, 13, 61, 62, 63, 64, 83])
@pytest.mark.parametrize("kind", ["dense", "zero diagonal", "zero corner", "exchanged rows", "scaled"])
def test_lu_by_panels_is_backward_stable(m: int, kind: str) -> None:
    a = system(m, kind) if m > 1 else np.array([[3.0]])
    b = np.random.default_rng(1).normal(size=(m, 3))
    factors, pivot, solution = solved(a, b)
    # rows of A x - b relative to their terms: m roundings of 1e-16 times the growth of elements, below 10 here
    terms = np.abs(a) @ np.abs(solution) + np.abs(b)
    assert np.all(np.abs(a @ solution - b) <= 1e-13 * terms.max(axis=1, keepdims=True))
    assert np.abs(np.tril(factors, -1)).max(initial=0.0) <= 1.0  # partial pivoting
    rebuilt = (np.tril(factors, -1) + np.eye(m)) @ np.triu(factors)
    for k in reversed(range(m)):
        rebuilt[[k, pivot[k]]] = rebuilt[[pivot[k], k]]
    assert np.all(np.abs(rebuilt - a) <= 1e-13 * np.abs(a).max(axis=1, keepdims=True))


@pytest.mark.parametrize("m", [1, 5, 13, 62, 63, 83])
@pytest.mark.parametrize("kind", ["dense", "zero corner"])
def test_one_column_is_solved_as_many_are(m: int, kind: str) -> None:
    a = system(m, kind) if m > 1 else np.array([[3.0]])
    b = np.random.default_rng(2).normal(size=(m, 1))
    factors, pivot, many = solved(a, b)
    one = b[:, 0].copy()
    lu_solve_vector(factors, pivot, one)
    # sums in another order, in two triangular systems: rounding times their condition
    np.testing.assert_allclose(one, many[:, 0], atol=1e-11 * np.abs(many).max())


def test_lu_of_badly_scaled_rows_keeps_full_accuracy() -> None:
    # Rates of the stiff problem span 12 decades; without pivoting the small entry would wipe out the second row.
    a = np.array([[1e-12, 1.0], [1.0, 1.0]])
    _, _, solution = solved(a, a @ np.array([[1.0], [2.0]]))
    np.testing.assert_allclose(solution[:, 0], [1.0, 2.0], rtol=1e-14)


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


def turned(v: np.ndarray, angle: float, seed: int) -> np.ndarray:
    """V times a unitary matrix that turns by about ``angle``."""
    generator = hermitian(list(np.linspace(-angle, angle, len(v))), seed)
    angles, basis = np.linalg.eigh(generator)
    return v @ (basis * np.exp(1j * angles)) @ basis.conj().T


@pytest.mark.parametrize("n", [3, 4])
@pytest.mark.parametrize("angle", [0.0, 1e-6, 0.03, 1.5])
def test_an_updated_eigenbasis_is_the_new_one(n: int, angle: float) -> None:
    for seed in range(5):
        h = hermitian(list(np.random.default_rng(seed).normal(size=n)), seed)
        anew, v = check_eigenbasis(h), turned(np.linalg.eigh(h)[1], angle, seed + 50)
        update_eigenbasis(h.copy(), v, np.empty_like(h))
        require_eigenbasis(h, v)
        # columns are the same but for phases; rounding over the smallest distance of eigenvalues, 0.01 here
        np.testing.assert_allclose(np.abs(anew.conj().T @ v), np.eye(n), atol=1e-12)


@pytest.mark.parametrize("eigenvalues", [[1.0] * 4, [0.0, 0.0, 0.0, 1.0], [0.0, 1e-9, 1e-9, 1e3], [0.0] * 4])
def test_an_updated_eigenbasis_of_a_degenerate_matrix(eigenvalues: list[float]) -> None:
    h = hermitian(eigenvalues, seed=7)
    for start in (np.eye(4, dtype=complex), turned(np.linalg.eigh(h)[1], 0.1, 8)):
        v = start.copy()
        update_eigenbasis(h.copy(), v, np.empty_like(h))
        require_eigenbasis(h, v)


def test_an_eigenbasis_stays_unitary_over_many_updates() -> None:
    # as in a run, where each step begins with the basis of the last: a rounding of 1e-16 or two for every rotation,
    # 6 to 18 an update, that add up at random or at worst in proportion
    v, scratch, first, second = (
        np.eye(4, dtype=complex),
        np.empty((4, 4), complex),
        hermitian([0, 1, 2, 4], 1),
        hermitian([-1, 0, 0.3, 2], 2),
    )
    for k in range(300):
        h = first + np.sin(0.1 * k) * second
        update_eigenbasis(h.copy(), v, scratch)
    np.testing.assert_allclose(v.conj().T @ v, np.eye(4), atol=3e-13)
    np.testing.assert_allclose(v.conj().T @ h @ v, np.diag(np.linalg.eigvalsh(h)), atol=3e-13 * np.abs(h).max())


def check_eigenbasis(h: np.ndarray) -> np.ndarray:
    """Require unitary eigenvectors of NumPy's eigenvalues in ascending order; return them."""
    vectors = np.empty_like(h)
    eigenbasis(h.copy(), vectors)
    require_eigenbasis(h, vectors)
    return vectors


def require_eigenbasis(h: np.ndarray, vectors: np.ndarray) -> None:
    """Require unitary eigenvectors of NumPy's eigenvalues in ascending order."""
    # 1e-14: a few roundings per element of a 4 x 4 product, relative to the largest element
    np.testing.assert_allclose(vectors.conj().T @ vectors, np.eye(len(h)), atol=1e-14)
    transformed = vectors.conj().T @ h @ vectors
    np.testing.assert_allclose(transformed, np.diag(np.linalg.eigvalsh(h)), atol=1e-14 * np.abs(h).max())
