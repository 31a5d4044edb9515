"""Linear stability of flavours under the potential of the asymmetry matrix, in NumPy and apart from all kernels.

With S and d of `boltzmann.kinetics.odd`, real Hamiltonians P_i and W_i = w_i y_i^2/pi^2, the asymmetry matrix is

    A = SUM_i (W_i/2) (rho - rhobar)_i = SUM_i W_i (Re d_i + i Im S_i),    V = mu {G_s A G_s + G_s Tr[G_s A]}

mu = sqrt2 G_F (m_e/x)^3. Its real part acts on nu and nubar with opposite signs, its imaginary part with equal ones
(rhobar* turns with -V*), so that small changes of d and of S about a state with d = 0, Im S = 0 obey (derived)

    odd:   d' = -i[P, d] - i[V(Re d), S] - C d,        even:  S' = -i[P, S] - i[i Im V(i Im S), S] - C S

Of two flavours at one momentum, with levels omega apart and s more neutrinos (and antineutrinos) on the higher one,
both have gamma^2 = omega (mu s - omega): the bipolar instability, of equal numbers of neutrinos and antineutrinos.

Run as a module, ``python -m tests.collective``, it prints growth rates along a run.
"""

import sys
from typing import NamedTuple

import numpy as np

from boltzmann import Mixing, Options, Solution
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.solver import integrate
from boltzmann.solver.tables import build_tables

G_F, M_E, M_W, M_Z, M_PLANCK, M_MU = 1.1663788e-11, 0.51099895, 80377.0, 91187.6, 1.220890e22, 105.658
LOSS = np.array([1.27, 0.92, 0.92, 0.0])  # of R_a = LOSS_a G_F^2 p T^4, Maxwell-Boltzmann
NONE, DIAGONAL, FULL, EVEN = "without A", "diagonal A", "full A", "full A, even"


class Background(NamedTuple):
    """A state with nu = nubar; N momenta, n states, the last one sterile if there are 4. Everything over H."""

    P: Array  # (N, n, n)
    S: Array  # (N, n, n)
    W: Array  # (N,)
    mu: float
    loss: Array  # (N, n)
    shape: Array  # (N,) of an asymmetry to which collisions relax


def leptons(T: float, mass: float) -> float:
    """Return energy density plus pressure of l- and l+ [MeV^4]."""
    p = np.linspace(1e-4 * T, 40.0 * T, 4000)
    energy = np.hypot(p, mass)
    occupied = 1.0 / (np.exp(energy / T) + 1.0)
    return float(np.trapezoid(2.0 / np.pi**2 * p**2 * occupied * (energy + p**2 / (3.0 * energy)), p))


def background(x: float, z: float, rho: Complex, y: Array, w: Array, mass_matrix: Complex) -> Background:
    """Return the state ``rho`` (N, n, n) of a run at x = m_e a and z = T a, with Hamiltonians of our own [MeV]."""
    T, p, volume = z / x * M_E, y * M_E / x, (M_E / x) ** 3
    n = rho.shape[-1]
    active = np.diag((np.arange(n) < 3).astype(float))
    energy = np.einsum("i,iab->ab", w * y**3 / np.pi**2, rho).real * volume * M_E / x
    charged = np.diag([leptons(T, M_E), leptons(T, M_MU), *np.zeros(n - 2)]) / M_W**2
    plasma = np.pi**2 / 15.0 * T**4 + 0.75 * (leptons(T, M_E) + leptons(T, M_MU))
    hubble = np.sqrt(8.0 * np.pi / 3.0 * (plasma + np.trace(energy))) / M_PLANCK
    thermal = -8.0 * np.sqrt(2.0) * G_F / 3.0 * (0.75 * charged + active @ energy @ active / M_Z**2)
    P = mass_matrix.real / (2.0 * p[:, None, None]) + p[:, None, None] * thermal
    f = 1.0 / (np.exp(y / z) + 1.0)
    loss = LOSS[:n] * G_F**2 * T**4 * p[:, None]
    mu = np.sqrt(2.0) * G_F * volume
    return Background(P / hubble, rho.real, w * y**2 / np.pi**2, mu / hubble, loss / hubble, f * (1.0 - f))


def at(run: Solution, T: float) -> Background:
    """Return the state of a run at the step next to ``T`` [MeV]."""
    k = int(np.argmin(np.abs(np.log(run.z / run.x * M_E / T))))
    mass_matrix = build_tables(run.mixing, (), run.options).vacuum.mass_matrix
    return background(run.x[k], run.z[k], run.mean_rho[k], run.y, run.weights, mass_matrix)


def hermitian(n: int) -> Complex:
    """Return n^2 matrices (n^2, n, n): projectors first, then real and imaginary off-diagonal ones."""
    out = [np.diag(row).astype(complex) for row in np.eye(n)]
    for a, b in zip(*np.triu_indices(n, 1), strict=True):
        for value in (1.0, 1j):
            matrix = np.zeros((n, n), complex)
            matrix[a, b], matrix[b, a] = value, np.conj(value)
            out.append(matrix)
    return np.array(out)


def components(matrices: Complex, basis: Complex) -> Array:
    """Return the real components (..., n^2) of hermitian ``matrices`` (..., n, n)."""
    norm = np.einsum("qab,qba->q", basis, basis).real
    return np.einsum("qab,...ba->...q", basis, matrices).real / norm


def potential(change: Complex, kind: str) -> Complex:
    """Return V/mu that a ``change`` (n, n) of d, or of S if ``kind`` is EVEN, makes with weight 1."""
    A = np.zeros_like(change)
    if kind != NONE:
        active = slice(0, min(change.shape[0], 3))
        A[active, active] = 1j * change[active, active].imag if kind == EVEN else change[active, active].real
    if kind == DIAGONAL:
        A = np.diag(np.diag(A))
    return A + np.trace(A).real * np.diag(np.arange(change.shape[0]) < 3)


def operator(state: Background, kind: str) -> Array:
    """Return the linear operator (N n^2, N n^2) of d, or of S if ``kind`` is EVEN."""
    (N, n, _), basis = state.P.shape, hermitian(state.P.shape[1])
    out = np.zeros((N, n * n, N, n * n))
    each = np.arange(N)
    damping = 0.5 * (state.loss[:, :, None] + state.loss[:, None]) * (1.0 - np.eye(n))
    for q, change in enumerate(basis):
        out[each, :, each, q] = components(-1j * (state.P @ change - change @ state.P) - damping * change, basis)
        V = potential(change, kind)
        made = components(-1j * (V @ state.S - state.S @ V), basis)
        out[:, :, :, q] += state.mu * made[:, :, None] * state.W
    for a in range(min(n, 3)):  # relaxation that keeps the asymmetry of a flavour
        rate = state.loss[:, a]
        kept = rate * state.shape
        total = state.W @ kept
        out[each, a, each, a] -= rate
        out[:, a, :, a] += np.outer(kept, state.W * rate) / (total if total > 0.0 else 1.0)
    return out.reshape(N * n * n, N * n * n)


def growth(state: Background, kind: str) -> float:
    """Return the largest growth rate."""
    return float(np.linalg.eigvals(operator(state, kind)).real.max())


def main() -> None:
    """Print growth rates at 0.0243 eV^2, |U_e4|^2 = 2e-3, and by how much nu_mu are more numerous than nu_e."""
    run = integrate(Mixing(dm2_41="0.0243 eV2", Ue4_sq=2e-3), (), Options())
    rows, kinds = [], (NONE, DIAGONAL, FULL, EVEN)
    for T in (25.0, 16.0, 12.8, 11.0, 10.0, 8.6, 7.2, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0):
        state = at(run, T)
        n = np.einsum("i,iaa->a", state.W, state.S)
        rows.append([T, n[1] / n[0] - 1.0, state.mu * n[0], *(growth(state, kind) for kind in kinds)])
    np.savetxt(sys.stdout, rows, "%9.2g", header=f"T [MeV], n_mu/n_e - 1, mu n_e/H, {', '.join(kinds)}")


if __name__ == "__main__":
    main()
