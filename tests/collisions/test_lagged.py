"""nu-nu collisions between references: exact there, linear from there, conserving, renewed when it matters."""

from functools import cache

import numpy as np
import pytest

from boltzmann.collisions import matrix
from boltzmann.collisions.lagged import (
    FULL_SHARE,
    TOLERANCE,
    Lagged,
    add_distant,
    empty_lagged,
    is_stale,
    population_change,
    renew,
    set_change,
)
from tests.collision_tools import SPECTRA, grid, net, nu_nu, tables

N = 12


def spectra(n: int = N) -> np.ndarray:
    """Occupations (3, N) out of equilibrium."""
    return np.array([spectrum(grid(n).y) for spectrum in SPECTRA])


def distortion(n: int = N) -> np.ndarray:
    """A smooth change of the occupations (3, N), each flavour's another, of the order of themselves."""
    return grid(n).f * np.cos(0.4 * grid(n).y + np.array([[0.0], [1.0], [3.0]]))


def diagonal(r: np.ndarray) -> np.ndarray:
    """Density matrices (N, 3, 3) without coherences."""
    return np.einsum("ai,ab->iab", r, np.eye(3)).astype(complex)


def reference(rho: np.ndarray, with_coherences: bool) -> Lagged:
    """The reference at rho (N, 3, 3)."""
    lagged = empty_lagged(grid(len(rho)), with_coherences, 1e-4)
    renew(populations(rho), rho, tables(len(rho)), lagged)
    return lagged


def populations(rho: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.einsum("iaa->ai", rho).real)


def integral(r: np.ndarray, lagged: Lagged) -> np.ndarray:
    """I (3, N) of the populations from the reference."""
    set_change(r, tables(r.shape[1]), lagged)
    return np.array([[population_change(a, i, lagged) for i in range(r.shape[1])] for a in range(3)])


def test_at_the_reference_the_integral_is_that_of_the_populations() -> None:
    r, lagged = spectra(), reference(diagonal(spectra()), False)
    expected = net(r, *nu_nu(r))
    # gain and loss cancel to a tenth: rounding
    np.testing.assert_allclose(integral(r, lagged), expected, atol=1e-14 * np.abs(expected).max())


def test_the_remainder_is_quadratic_in_the_change() -> None:
    r, lagged = spectra(), reference(diagonal(spectra()), False)
    size = np.abs(net(r, *nu_nu(r))).max()
    remainders, linear = [], []
    for part in (0.02, 0.01):
        changed = r + part * distortion()
        remainders.append(np.abs(integral(changed, lagged) - net(changed, *nu_nu(changed))).max())
        linear.append(np.abs(integral(changed, lagged) - integral(r, lagged)).max())
    assert linear[0] > 0.05 * size  # the change is not lost in what is compared
    assert linear[0] / linear[1] == pytest.approx(2.0, rel=1e-10)  # rounding
    # the integral is cubic: what comes next is the change times as large, 2%
    assert remainders[0] / remainders[1] == pytest.approx(4.0, rel=0.05)
    assert remainders[0] < 0.05 * linear[0]


@pytest.mark.parametrize("power", [0, 1])
def test_number_and_energy_are_conserved_between_references(power: int) -> None:
    """As well as by the integral itself: its error is the cubic interpolation at the fourth momentum."""
    n, y, w = 20, grid(20).y, grid(20).w
    r, lagged = spectra(n), reference(diagonal(spectra(n)), False)
    moving = np.sum(w * y**power * nu_nu(r)[1] * r)
    changed = r + 0.02 * distortion(n)
    own, linear = (np.sum(w * y**power * rate) for rate in (net(changed, *nu_nu(changed)), integral(changed, lagged)))
    # what a solution promises, `test_nu_nu_conserves_number_and_energy`
    assert abs(own) < 1e-5 * moving
    assert abs(linear) < 1e-5 * moving
    # they differ by what 0.02^2 of quadratic terms fail to conserve, 1e-5 of them and less
    assert abs(linear - own) < 2e-8 * moving


# ---------------------------------------------------------------- the matrix mode


def hermitian(out: np.ndarray) -> np.ndarray:
    """Complete upper triangles (N, 3, 3)."""
    upper = np.triu(out, 1)
    return upper + upper.conj().transpose(0, 2, 1) + np.einsum("iaa,ab->iab", out, np.eye(3))


def direct(rho: np.ndarray) -> np.ndarray:
    """I (N, 3, 3) of the full collision matrix."""
    gain, loss, out = np.empty_like(rho), np.empty_like(rho), np.empty_like(rho)
    matrix.neutrino_matrix(rho, tables(len(rho)), gain, loss)
    for i in range(len(rho)):
        matrix.collision_matrix(rho[i], gain[i], loss[i], np.zeros(3), out[i])
    return hermitian(out)


def from_reference(rho: np.ndarray, lagged: Lagged) -> np.ndarray:
    """I (N, 3, 3) as the equation has it: A and B of the reference, and what happened elsewhere since."""
    out, known = np.empty_like(rho), lagged.matrix
    set_change(populations(rho), tables(len(rho)), lagged)
    for i in range(len(rho)):
        matrix.collision_matrix(rho[i], known.gain[i], known.loss[i], np.zeros(3), out[i])
        add_distant(i, rho, lagged, known, out[i])
    return hermitian(out)


@cache
def coherences(seed: int) -> np.ndarray:
    """Smooth Hermitian matrices (N, 3, 3) without trace, of the order of the occupations."""
    rng = np.random.default_rng(seed)
    first, second = (m + m.conj().T for m in rng.normal(size=(2, 3, 3)) + 1j * rng.normal(size=(2, 3, 3)))
    y = grid(N).y[:, None, None]
    smooth = grid(N).f[:, None, None] * (np.cos(0.3 * y) * first + np.sin(0.5 * y) * second)
    return smooth - np.einsum("iaa->i", smooth)[:, None, None] * np.eye(3) / 3.0


def test_at_the_reference_the_collision_matrix_is_the_full_one() -> None:
    rho = diagonal(spectra()) + 0.05 * coherences(3)
    expected = direct(rho)
    np.testing.assert_allclose(
        from_reference(rho, reference(rho, True)), expected, atol=1e-14 * np.abs(expected).max()
    )  # rounding


def test_coherences_follow_to_first_order_where_flavours_have_one_spectrum() -> None:
    """There flavour is a symmetry: what any traceless perturbation does follows from that of the populations."""
    rho = diagonal(np.tile(spectra()[0], (3, 1)))
    lagged, remainders, changes = reference(rho, True), [], []
    for part in (0.02, 0.01):
        changed = rho + part * coherences(4)
        remainders.append(np.abs(from_reference(changed, lagged) - direct(changed)).max(axis=(0, 1)))
        changes.append(np.abs(direct(changed) - direct(rho)).max())
    # cubic terms as above
    np.testing.assert_allclose(remainders[0].max() / remainders[1].max(), 4.0, rtol=0.1)
    assert remainders[0].max() < 0.1 * changes[0]


def test_between_different_spectra_coherences_are_followed_to_their_difference() -> None:
    """The derivative is then that of a mean flavour: the error is of first order, and smaller than without."""
    rho = diagonal(spectra())
    lagged, changed = reference(rho, True), rho + 0.01 * coherences(4)
    frozen = np.empty_like(rho)
    for i in range(N):
        matrix.collision_matrix(changed[i], lagged.matrix.gain[i], lagged.matrix.loss[i], np.zeros(3), frozen[i])
    true = direct(changed)
    with_change, without = (np.abs(rate - true).max() for rate in (from_reference(changed, lagged), hermitian(frozen)))
    assert with_change < 0.2 * without


def test_sterile_coherences_see_the_present_loss() -> None:
    """In the matrix mode gain and loss follow the populations; without it they stay those of the reference."""
    r, changed = spectra(), spectra() + 0.1 * distortion()
    for with_coherences, expected in ((True, nu_nu(changed)), (False, nu_nu(r))):
        lagged = reference(diagonal(r), with_coherences)
        set_change(changed, tables(N), lagged)
        np.testing.assert_array_equal([lagged.gain, lagged.loss], expected)
        np.testing.assert_array_equal(lagged.total, np.sum(nu_nu(r), axis=0))


# ---------------------------------------------------------------- when a reference is due


def stale(change: np.ndarray, rate: float, with_coherences: bool = False, coherence: complex = 0.0) -> bool:
    """Whether a relative ``change`` (3, N) of populations, and of a coherence at y ~ 3, needs a new reference.

    ``rate``: of collisions over the Hubble rate, at every momentum at most.
    """
    rho = diagonal(spectra())
    lagged = reference(rho, with_coherences)
    moved = spectra() / (1.0 - change)  # the change is measured by what it leads to
    later = diagonal(moved)
    middle = int(np.argmin(np.abs(grid(N).y - 3.0)))
    size = np.abs(later[middle, :2, :2]).diagonal().min()
    later[middle, 0, 1], later[middle, 1, 0] = coherence * size, np.conj(coherence) * size
    return bool(is_stale(moved, later, rate / lagged.total.max(axis=0), lagged))


def only(place: int, size: float) -> np.ndarray:
    """A change of all flavours at one momentum."""
    return np.full((3, N), size) * (np.arange(N) == place)


def test_the_first_reference_is_always_due() -> None:
    r = spectra()
    assert is_stale(r, diagonal(r), np.zeros(N), empty_lagged(grid(N), False, 1e-4))
    assert not stale(np.zeros((3, N)), 1e6)


@pytest.mark.parametrize("rate", [1.0, 1e4, 1e-2])
def test_a_population_that_moves_by_more_than_its_tolerance_needs_one(rate: float) -> None:
    middle = int(np.argmin(np.abs(grid(N).y - 3.0)))
    tolerance = TOLERANCE / np.sqrt(min(1.0, rate))
    for sign in (1, -1):
        # 10%: the rates of flavours differ by less, and one of them is the largest
        assert not stale(only(middle, 0.9 * sign * tolerance), rate)
        assert stale(only(middle, 1.1 * sign * tolerance), rate)


def test_momenta_that_carry_nothing_and_collisions_that_have_ended_need_none() -> None:
    energy = grid(N).w * grid(N).y ** 3 * grid(N).f
    empty = np.flatnonzero(FULL_SHARE * energy < 0.01 * energy.mean())
    assert empty.size  # there are such momenta
    for place in empty:
        assert not stale(only(int(place), 0.5), 1e6)
    assert not stale(np.full((3, N), 0.5), 1e-4)  # 0.02/sqrt(1e-4) = 2


def test_coherences_count_in_the_matrix_mode() -> None:
    none = np.zeros((3, N))
    assert stale(none, 1e6, True, 1.1j * TOLERANCE)
    assert not stale(none, 1e6, True, 0.9j * TOLERANCE)
    assert not stale(none, 1e6, False, 0.5)
