"""Weak collisions with their full flavour structure: limits, covariance, conservation, entropy."""

import numpy as np
import pytest

from boltzmann.collisions import matrix
from boltzmann.collisions.electron import couple
from boltzmann.numerics.momentum import fermi_dirac
from tests.collision_tools import SPECTRA, grid, kernels, net, nu_e, nu_nu, single_rates, tables


def density_matrices(n: int, seed: int, mixed: float = 0.5) -> np.ndarray:
    """Random smooth density matrices (N, 3, 3), 0 < rho < 1: spectra of three states in a basis that turns with y."""
    rng = np.random.default_rng(seed)
    y, rho = grid(n).y, np.zeros((n, 3, 3), complex)
    spectra = fermi_dirac(y) * (1.0 + 0.3 * rng.uniform(-1, 1, (3, 1)) * np.exp(-y / rng.uniform(3, 9, (3, 1))))
    generator = mixed * (rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))
    angles, basis = np.linalg.eigh(generator + generator.conj().T)
    for i in range(n):
        U = (basis * np.exp(1j * angles * (1.0 + 0.1 * y[i]))) @ basis.conj().T
        rho[i] = (U * spectra[:, i]) @ U.conj().T
    return rho


def random_unitary(seed: int, first: int = 0) -> np.ndarray:
    """A random unitary 3 x 3 matrix, mixing the flavours from ``first`` on."""
    rng = np.random.default_rng(seed)
    U = np.eye(3, dtype=complex)
    U[first:, first:], _ = np.linalg.qr(rng.normal(size=(3 - first,) * 2) + 1j * rng.normal(size=(3 - first,) * 2))
    return U


def matrix_nu_nu(rho: np.ndarray) -> np.ndarray:
    """I (N, 3, 3) with full flavour structure, nu-nu."""
    gain, loss = np.empty_like(rho), np.empty_like(rho)
    matrix.neutrino_matrix(rho, tables(len(rho)), gain, loss)
    return assemble(rho, gain, loss)


def matrix_nu_e(rho: np.ndarray, m2: float, z: float) -> np.ndarray:
    """I (N, 3, 3) with full flavour structure, nu-e."""
    n = len(rho)
    rates, gain, loss = np.empty((2, 3, n, n)), np.empty_like(rho), np.empty_like(rho)
    matrix.pair_rates(single_rates(n, m2, z), grid(n).w, rates)
    matrix.electron_matrix(rho, np.exp(0.5 * grid(n).y / z), rates, gain, loss)
    return assemble(rho, gain, loss)


def assemble(rho: np.ndarray, gain: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """The Hermitian collision matrices from A and B."""
    out, extra = np.empty_like(rho), np.zeros(3)
    for i in range(len(rho)):
        matrix.collision_matrix(rho[i], gain[i], loss[i], extra, out[i])
    upper = np.triu(out, 1)
    return upper + upper.conj().transpose(0, 2, 1) + np.einsum("iaa,ab->iab", out, np.eye(3))


@pytest.mark.jit_off
@pytest.mark.parametrize(("m2", "z"), [(1e-6, 1.0), (0.5, 1.1), (9.0, 1.38)])
def test_mixed_rates_follow_from_those_of_e_and_of_x(m2: float, z: float) -> None:
    """All pairs are made of two integrals each for k and for a, so (e,x) is a sum of (e,e) and (x,x)."""
    n, w = 8, grid(8).w
    rates = np.empty((2, 3, n, n))
    matrix.pair_rates(single_rates(n, m2, z), w, rates)
    for kind, (a, b) in enumerate(((0, 0), (0, 1), (1, 1))):
        for ours, direct in zip(rates[:, kind], couple(kernels(n, m2, z), a, b), strict=True):
            # rounding: terms up to ten times as large as the sum cancel where R1 and R2 nearly do
            np.testing.assert_allclose(ours, direct * w, atol=1e-14 * np.abs(direct * w).max())
    assert matrix.pair_kind(2, 0) == matrix.pair_kind(0, 1) == 1
    assert (matrix.pair_kind(0, 0), matrix.pair_kind(1, 2)) == (0, 2)


def test_matrix_form_equals_the_diagonal_form() -> None:
    n = 14
    r = np.array([spectrum(grid(n).y) for spectrum in SPECTRA])
    rho = np.einsum("ai,ab->iab", r, np.eye(3)).astype(complex)
    by_nu, by_e = matrix_nu_nu(rho), matrix_nu_e(rho, 0.5, 1.1)
    diagonal_nu, size = net(r, *nu_nu(r)), (nu_nu(r)[1] * r).max()
    # rounding of N^2 terms, relative to the loss
    np.testing.assert_allclose(by_nu, np.einsum("ai,ab->iab", diagonal_nu, np.eye(3)), atol=1e-12 * size)
    for a in range(3):
        gain, loss = nu_e(r[a], min(a, 1), 0.5, 1.1)
        np.testing.assert_allclose(by_e[:, a, a], net(r[a], gain, loss), atol=1e-12 * (loss * r[a]).max())
    np.testing.assert_allclose(by_e * (1 - np.eye(3)), 0.0, atol=1e-12 * size)


def self_energies(rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A and B (N, 3, 3) of nu-nu by contracting flavour vertices of the neutral current, derived.

    A_aa' = SUM v_ab,cd v*_a'b',c'd' (rho_3)_cc' (rho_4)_dd' (1 - rho_2)_b'b, B with rho <-> 1 - rho (quantum Boltzmann
    equation in second Born approximation). nu nu: v = direct + exchange, of which the sum over 3 <-> 4 needs one in the
    first factor. nu nubar: v = scattering + annihilation, matrices of antiparticles 2 and 4 transposed.
    """
    one, n = np.eye(3), len(rho)
    direct, exchange = np.einsum("ac,bd->abcd", one, one), np.einsum("ad,bc->abcd", one, one)
    pair, A, B = direct + np.einsum("ab,cd->abcd", one, one), np.zeros_like(rho), np.zeros_like(rho)
    t, contract = tables(n), "abcd,efgh,tcg,tdh,tfb,t->ae"
    for i in range(n):
        j, k = np.argwhere(t.scatter[i] + t.pair[i] > 0.0).T
        ks, kp = 0.5 * t.scatter[i, j, k], 0.5 * t.pair[i, j, k]
        r4 = np.einsum("tm,tmab->tab", t.weight[i, j, :, k], rho[t.node[i, j, k][:, None] + np.arange(4)])
        for out, p2, p3, p4 in ((A, one - rho[j], rho[k], r4), (B, rho[j], one - rho[k], one - r4)):
            out[i] += np.einsum(contract, direct, direct + exchange, p3, p4, p2, ks, optimize=True)
            p4, p2 = p4.transpose(0, 2, 1), p2.transpose(0, 2, 1)
            out[i] += np.einsum(contract, pair, pair, p3, p4, p2, kp, optimize=True)
    return A, B


def test_nu_nu_flavour_structure_from_the_vertices() -> None:
    n = 8
    rho = density_matrices(n, seed=5)
    gain, loss = np.empty_like(rho), np.empty_like(rho)
    matrix.neutrino_matrix(rho, tables(n), gain, loss)
    for computed, derived in zip((gain, loss), self_energies(rho), strict=True):
        # rounding of N^2 terms
        np.testing.assert_allclose(computed, derived, atol=1e-12 * np.abs(derived).max())


@pytest.mark.jit_off
@pytest.mark.parametrize("seed", [0, 1])
def test_nu_nu_collisions_are_flavour_covariant(seed: int) -> None:
    """Neutral currents do not know flavour: U I[rho] U^+ = I[U rho U^+] for any constant U."""
    rho, U = density_matrices(8, seed), random_unitary(seed)
    integral = matrix_nu_nu(rho)
    rotated = matrix_nu_nu(np.ascontiguousarray(U @ rho @ U.conj().T))
    # rounding
    np.testing.assert_allclose(rotated, U @ integral @ U.conj().T, atol=1e-12 * np.abs(integral).max())


@pytest.mark.parametrize("seed", [0, 1])
def test_nu_e_collisions_are_covariant_among_mu_and_tau(seed: int) -> None:
    rho, U = density_matrices(8, seed), random_unitary(seed, first=1)
    integral = matrix_nu_e(rho, 0.5, 1.1)
    rotated = matrix_nu_e(np.ascontiguousarray(U @ rho @ U.conj().T), 0.5, 1.1)
    np.testing.assert_allclose(rotated, U @ integral @ U.conj().T, atol=1e-12 * np.abs(integral).max())
    other = random_unitary(seed)  # electrons do tell nu_e from the others
    broken = matrix_nu_e(np.ascontiguousarray(other @ rho @ other.conj().T), 0.5, 1.1)
    assert np.abs(broken - other @ integral @ other.conj().T).max() > 1e-2 * np.abs(integral).max()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_coherent_nu_nu_collisions_conserve_number_and_energy(seed: int) -> None:
    """The trace over flavours, with coherences of order one."""
    n, y, w = 20, grid(20).y, grid(20).w
    rho = density_matrices(n, seed, mixed=0.1)
    integral = np.trace(matrix_nu_nu(rho), axis1=1, axis2=2).real
    loss = np.sum(
        nu_nu(np.ascontiguousarray(np.einsum("iaa->ai", rho).real))[1] * np.einsum("iaa->ai", rho).real, axis=0
    )
    for power in (0, 1):
        # what a solution promises; measured 1e-6
        assert abs(np.sum(w * y**power * integral)) < 1e-5 * np.sum(w * y**power * loss)


def entropy_production(rho: np.ndarray, integral: np.ndarray, beta: float) -> float:
    """d/dt of the neutrinos' entropy minus ``beta`` times their energy, int dy Tr{I [ln((1 - rho)/rho) - beta y]}."""
    n, total = len(rho), 0.0
    for i in range(n):
        p, V = np.linalg.eigh(rho[i])
        affinity = (V * (np.log((1 - p) / p) - beta * grid(n).y[i])) @ V.conj().T
        total += grid(n).w[i] * np.trace(integral[i] @ affinity).real
    return float(total)


@pytest.mark.parametrize("seed", range(4))
def test_entropy_never_decreases(seed: int) -> None:
    """H theorem with coherences: nu-nu alone, and nu-e with the heat that electrons of temperature z receive."""
    rho = density_matrices(20, seed)
    assert entropy_production(rho, matrix_nu_nu(rho), 0.0) > 0.0
    assert entropy_production(rho, matrix_nu_e(rho, 0.5, 1.1), 1 / 1.1) > 0.0


@pytest.mark.jit_off
def test_equilibrium_without_coherence_is_stationary_for_the_matrix_form() -> None:
    n = 8
    rho = np.einsum("i,ab->iab", grid(n).f, np.eye(3)).astype(complex)
    size = (nu_nu(np.tile(grid(n).f, (3, 1)))[1] * grid(n).f).max()
    np.testing.assert_allclose(matrix_nu_nu(rho), 0.0, atol=1e-13 * size)
    np.testing.assert_allclose(matrix_nu_e(rho, 0.5, 1.0), 0.0, atol=1e-13 * size)


@pytest.mark.jit_off
def test_sterile_coherences_decay_by_half_the_total_rate() -> None:
    """I_as = -(1/2) SUM_b (A + B)^+_ab rho_bs - (1/2) extra_a rho_as, and nothing happens to rho_ss."""
    rng = np.random.default_rng(9)
    A, B = (m + m.conj().T for m in rng.normal(size=(2, 3, 3)) + 1j * rng.normal(size=(2, 3, 3)))
    rho = np.zeros((4, 4), complex)
    rho[:3, 3] = rng.normal(size=3) + 1j * rng.normal(size=3)
    rho[3, :3], rho[3, 3] = rho[:3, 3].conj(), 0.4
    extra, out = np.array([0.3, -0.1, 0.2]), np.empty((4, 4), complex)
    matrix.collision_matrix(rho, A, B, extra, out)
    np.testing.assert_allclose(out[:3, 3], -0.5 * (A + B + np.diag(extra)) @ rho[:3, 3], rtol=1e-13)  # rounding
    assert out[3, 3] == 0.0
    # the same from the formula with zeros for what the sterile state does not do
    big = np.zeros((2, 4, 4), complex)
    big[:, :3, :3] = A, B
    half = 0.5 * ((np.eye(4) - rho) @ big[0] - rho @ big[1])
    matrix.collision_matrix(rho, A, B, np.zeros(3), out)
    np.testing.assert_allclose(np.triu(out), np.triu(half + half.conj().T), atol=1e-13)
