"""Coherences that their populations allow: matrices of which the answer is known."""

import numpy as np
import pytest

from boltzmann.solution.coherences import bounded


def lowest(rho: np.ndarray) -> float:
    return float(np.linalg.eigvalsh(rho).min())


def matrices(size: int = 200) -> np.ndarray:
    """Return hermitian matrices with populations from 1e-12 to 1, and coherences of any size."""
    random = np.random.default_rng(7)
    rho = random.normal(size=(size, 4, 4)) + 1j * random.normal(size=(size, 4, 4))
    rho = 0.3 * (rho + rho.conj().swapaxes(1, 2))
    rho[:, range(4), range(4)] = 10.0 ** random.uniform(-12.0, 0.0, (size, 4))
    return rho


def test_two_levels_keep_the_phase_of_their_coherence() -> None:
    # |rho_as|^2 <= rho_aa rho_ss is all that is asked of two levels
    rho = np.diag([0.4, 0.3, 0.2, 0.1]).astype(complex)
    rho[0, 3], rho[3, 0] = 0.5j, -0.5j
    rho[1, 2] = rho[2, 1] = 0.03
    found = bounded(rho)
    assert found[0, 3] == pytest.approx(0.2j, rel=1e-12)
    rho[0, 3], rho[3, 0] = found[0, 3], found[3, 0]
    np.testing.assert_allclose(found, rho, atol=1e-15)  # nothing else has changed


def test_no_eigenvalue_is_negative_and_populations_stay() -> None:
    rho = matrices()
    found = bounded(rho)
    assert lowest(rho) < -0.1
    assert lowest(found) > -1e-13  # the smallest eigenvalue that counts, and rounding, of elements up to 1
    np.testing.assert_array_equal(np.diagonal(found, axis1=1, axis2=2), np.diagonal(rho, axis1=1, axis2=2))
    np.testing.assert_allclose(found, found.conj().swapaxes(1, 2), atol=1e-15)


def test_active_coherences_stay_where_those_of_the_sterile_state_are_too_large() -> None:
    # an active block that is positive, and a sterile population far too small for its coherences
    active = np.array([[0.4, 0.1, 0.02j], [0.1, 0.3, 0.05], [-0.02j, 0.05, 0.2]])
    for population in (1e-3, 1e-12, 0.0):
        rho = np.zeros((4, 4), complex)
        rho[:3, :3], rho[3, 3] = active, population
        rho[:3, 3], rho[3, :3] = [0.1, 0.2j, 0.0], [0.1, -0.2j, 0.0]
        found = bounded(rho)
        np.testing.assert_allclose(found[:3, :3], active, atol=1e-15)
        assert found[1, 3] == pytest.approx(2j * found[0, 3], rel=1e-12)  # one factor
        assert lowest(found) == pytest.approx(0.0, abs=1e-15)


def test_density_matrices_stay_as_they_are() -> None:
    factors = matrices()
    rho = factors @ factors.conj().swapaxes(1, 2) + 0.1 * np.eye(4)
    assert bounded(rho) is rho
    empty = np.zeros((3, 2, 4, 4), complex)
    assert bounded(empty) is empty
    assert bounded(rho[:, :3, :3]).shape == (200, 3, 3)


@pytest.mark.parametrize("empty", [1e-290, 0.0, -1e-18])
def test_populations_of_nothing_are_no_overflow(empty: float) -> None:
    # as before a reheating; a warning of NumPy is an error here
    for populations in ([empty] * 4, [0.3, 0.2, 0.1, empty], [empty, 0.2, 0.1, 1e-30]):
        rho = np.diag(populations).astype(complex)
        rho[0, 3] = rho[3, 0] = rho[1, 3] = rho[3, 1] = rho[0, 1] = rho[1, 0] = 1e-3
        found = bounded(rho)
        assert np.isfinite(found).all()
        assert lowest(found) >= min(empty, 0.0) - 1e-15
