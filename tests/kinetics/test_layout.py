"""How density matrices are stored as real numbers."""

import numpy as np
import pytest

from boltzmann.kinetics.layout import diagonal, off_diagonal, pack, unpack

pytestmark = pytest.mark.jit_off

PAIRS = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]


def components(n: int) -> list[int]:
    """Every component of n states, in the order of matrix elements."""
    real = [off_diagonal(a, b) for a, b in PAIRS if b < n]
    return [diagonal(a) for a in range(n)] + real + [k + 1 for k in real]


@pytest.mark.parametrize("n", [3, 4])
def test_components_fill_the_vector_without_overlap(n: int) -> None:
    assert sorted(components(n)) == list(range(n * n))


def test_three_states_are_the_first_nine_components_of_four() -> None:
    # the Jacobian couples the leading components between momenta, with and without a sterile state
    assert max(components(3)) == 8
    assert [off_diagonal(a, 3) for a in range(3)] == [9, 11, 13]
    assert diagonal(3) == 15


@pytest.mark.parametrize("n", [3, 4])
def test_pack_and_unpack_are_inverse_and_hermitian(n: int) -> None:
    g, back, rho, f = np.random.default_rng(n).normal(size=n * n), np.empty(n * n), np.empty((n, n), complex), 0.37
    unpack(g, f, rho)
    np.testing.assert_array_equal(rho, rho.conj().T)
    assert rho[0, 1] == f * complex(g[3], g[4])
    pack(rho, f, back)
    # one multiplication and one division: two roundings
    np.testing.assert_allclose(back, g, rtol=5e-16)
