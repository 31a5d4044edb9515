"""Analytic Jacobian of the quantum kinetic equation, and the structured linear solve that uses it.

J = blockdiag_i(L_i) + C + E column + E row: L_i (n^2 x n^2) is local in momentum (commutator,
damping), C couples the first components ("dense": three populations, or nine with full flavour structure) of all
momenta. M = I/(h gamma) - J is solved by eliminating, momentum by momentum, the other ("local") components; a dense
system of (dense components) N + 1 unknowns remains. J neglects how potentials and Hubble rate depend on rho.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.arrays import Array, Complex, Index
from boltzmann.collisions.electron import electron_jacobian
from boltzmann.collisions.matrix import pair_kind
from boltzmann.collisions.neutrino import neutrino_jacobian
from boltzmann.jit import kernel
from boltzmann.layout import diagonal, off_diagonal
from boltzmann.linear import lu_factor, lu_solve
from boltzmann.qke import rhs
from boltzmann.terms import Tables, Work

DIFFERENCE = 1e-6  # finite difference in E and in s


class Jacobian(NamedTuple):
    """J and the factors of M. N momenta, c components each, d of them dense, l = c - d local."""

    local: Array  # (N, c, c): L_i
    dense: Array  # (N, d, N, d): C
    plasma_column: Array  # (N c + 2,): dF/dE
    plasma_row: Array  # (N, d): dF_E/dg
    time: Array  # (N c + 2,): dF/ds
    scratch: Array  # (2, N c + 2)
    block: Array  # (N, 3, 3, N) derivatives of the nu-nu integrals
    electron: Array  # (N, N)
    local_lu: Array  # (N, l, l)
    local_pivot: Index  # (N, l)
    eliminated: Array  # (N, l, d + 1): M_ll^-1 (M_ld, M_lE)
    schur: Array  # (d N + 1, d N + 1)
    schur_pivot: Index  # (d N + 1,)


def empty_jacobian(n_momenta: int, n: int, matrix: bool) -> Jacobian:
    """Return zeroed storage for ``n`` states; ``matrix``: collisions with full flavour structure."""
    N, c, d = n_momenta, n * n, (9 if matrix else 3)
    size, schur = N * c + 2, d * N + 1
    return Jacobian(
        local=np.zeros((N, c, c)),
        dense=np.zeros((N, d, N, d)),
        plasma_column=np.zeros(size),
        plasma_row=np.zeros((N, d)),
        time=np.zeros(size),
        scratch=np.zeros((2, size)),
        block=np.zeros((N, 3, 3, N)),
        electron=np.zeros((N, N)),
        local_lu=np.zeros((N, c - d, c - d)),
        local_pivot=np.zeros((N, c - d), np.int64),
        eliminated=np.zeros((N, c - d, d + 1)),
        schur=np.zeros((schur, schur)),
        schur_pivot=np.zeros(schur, np.int64),
    )


@kernel
def _add_element(L: Array, row: int, kappa: complex, a: int, b: int, real_row: bool) -> None:
    """Add the derivative of Re (or Im: row + 1) of a component by rho_ab, d(component) = kappa rho_ab, to ``L``.

    ``real_row`` True: the component is a population and only the real part counts.
    """
    if a == b:
        k = diagonal(a)
        L[row, k] += kappa.real
        if not real_row:
            L[row + 1, k] += kappa.imag
        return
    k, sign = (off_diagonal(a, b), 1.0) if a < b else (off_diagonal(b, a), -1.0)
    L[row, k] += kappa.real
    L[row, k + 1] -= sign * kappa.imag
    if not real_row:
        L[row + 1, k] += kappa.imag
        L[row + 1, k + 1] += sign * kappa.real


@kernel
def _local_block(H: Complex, damping: Array, L: Array) -> None:
    """Fill ``L`` (n^2, n^2) with the commutator -i [H, .] and the damping of one momentum."""
    n = H.shape[0]
    L[:] = 0.0
    for a in range(n):
        for b in range(a, n):
            row = diagonal(a) if a == b else off_diagonal(a, b)
            for c in range(n):
                _add_element(L, row, -1j * H[a, c], c, b, a == b)
                _add_element(L, row, 1j * H[c, b], a, c, a == b)
            if a != b:
                L[row, row] -= damping[a, b]
                L[row + 1, row + 1] -= damping[a, b]


@kernel
def _fill_populations(tables: Tables, work: Work, J: Jacobian) -> None:
    """Fill the population rows of J.dense, and J.block with the nu-nu part."""
    f, n = tables.grid.f, tables.grid.y.size
    J.block[:] = 0.0
    if tables.modes.nu_nu:
        neutrino_jacobian(work.occupations, tables.neutrino, work.fourth, work.neutrino[0], work.neutrino[1], J.block)
    for a in range(3):
        kind = 0 if a == 0 else 1
        J.electron[:] = 0.0
        gain, loss, r = work.electron[0, a], work.electron[1, a], work.occupations[a]
        electron_jacobian(r, work.boost, work.rates[0, kind], work.rates[1, kind], gain, loss, J.electron)
        for i in range(n):
            for b in range(3):
                for j in range(n):
                    derivative = J.block[i, a, b, j] + (J.electron[i, j] if a == b else 0.0)
                    J.dense[i, a, j, b] = work.prefactor[i] * derivative * f[j] / f[i]


@kernel
def _coherence_derivative(i: int, j: int, a: int, b: int, work: Work, block: Array) -> float:
    """Return dI_ab(i)/drho_ab(j) of the matrix mode, coherences neglected against populations.

    The nu-nu part is that of a flavour-traceless perturbation, exact where all flavours have one spectrum.
    """
    kind = pair_kind(a, b)
    k, annihilation = work.pair_rates[0, kind, i, j], work.pair_rates[1, kind, i, j]
    occupied = 0.5 * (work.occupations[a, i] + work.occupations[b, i])
    ratio, both = work.boost[j] / work.boost[i], (work.boost[i] * work.boost[j]) ** 2
    total = (1.0 - occupied) * (k * ratio - annihilation / both) - occupied * (annihilation - k / ratio)
    return float(total + 0.5 * (block[i, a, a, j] + block[i, b, b, j] - block[i, a, b, j] - block[i, b, a, j]))


@kernel
def _fill_coherences(tables: Tables, work: Work, J: Jacobian) -> None:
    """Fill the rows of active-active coherences of J.dense, after `_fill_populations`."""
    f, n = tables.grid.f, tables.grid.y.size
    for a in range(3):
        for b in range(a + 1, 3):
            c = off_diagonal(a, b)
            for i in range(n):
                for j in range(n):
                    derivative = _coherence_derivative(i, j, a, b, work, J.block)
                    if i == j:
                        gain, loss = work.electron[0], work.electron[1]
                        derivative -= 0.5 * (gain[a, i] + loss[a, i] + gain[b, i] + loss[b, i])
                    value = work.prefactor[i] * derivative * f[j] / f[i]
                    J.dense[i, c, j, c] = J.dense[i, c + 1, j, c + 1] = value


@kernel
def _add_sterile_loss(i: int, work: Work, L: Array) -> None:
    """Add the matrix-mode loss of active-sterile coherences of one momentum to ``L``."""
    for a in range(3):
        row = off_diagonal(a, 3)
        for c in range(3):
            total = work.by_electron[0, i, c, a] + work.by_electron[1, i, c, a]
            total += work.by_neutrino[0, i, c, a] + work.by_neutrino[1, i, c, a]
            total += work.extra[i, a] if a == c else 0.0
            _add_element(L, row, -0.5 * work.prefactor[i] * np.conj(total), c, 3, False)


@kernel
def _fill_plasma_row(tables: Tables, J: Jacobian) -> None:
    """Fill J.plasma_row: minus the weighted sum of the population rows of C (the commutator is traceless)."""
    grid = tables.grid
    J.plasma_row[:] = 0.0
    for i in range(grid.y.size):
        weight = grid.w[i] * grid.y[i] ** 3 * grid.f[i] / np.pi**2
        for a in range(3):
            J.plasma_row[:] -= weight * J.dense[i, a]


@kernel
def fill_jacobian(s: float, u: Array, F: Array, tables: Tables, work: Work, J: Jacobian) -> None:
    """Fill J at (s, u), where ``F`` = du/ds has just been evaluated."""
    for i in range(tables.grid.y.size):
        _local_block(work.H[i], work.damping[i], J.local[i])
    _fill_populations(tables, work, J)
    if tables.modes.matrix:
        _fill_coherences(tables, work, J)
        if work.change.shape[0] > 3:
            for i in range(tables.grid.y.size):
                _add_sterile_loss(i, work, J.local[i])
    _fill_plasma_row(tables, J)
    shifted, changed = J.scratch[0], J.scratch[1]
    shifted[:] = u
    shifted[u.size - 2] += DIFFERENCE
    rhs(s, shifted, tables, work, changed)
    J.plasma_column[:] = (changed - F) / DIFFERENCE
    rhs(s + DIFFERENCE, u, tables, work, changed)
    J.time[:] = (changed - F) / DIFFERENCE


@kernel
def _eliminate(i: int, shift: float, J: Jacobian) -> None:
    """Factorise the local block of momentum i and reduce its rows of the Schur complement."""
    d, c = J.plasma_row.shape[1], J.local.shape[1]
    L, M, X = J.local[i], J.local_lu[i], J.eliminated[i]
    size = J.schur.shape[0]
    for r in range(c - d):
        for k in range(c - d):
            M[r, k] = (shift if r == k else 0.0) - L[d + r, d + k]
        for k in range(d):
            X[r, k] = -L[d + r, k]
        X[r, d] = -J.plasma_column[i * c + d + r]
    lu_factor(M, J.local_pivot[i])
    lu_solve(M, J.local_pivot[i], X)
    for r in range(d):
        row = J.schur[i * d + r]
        for k in range(d + 1):
            total = 0.0
            for m in range(c - d):
                total += L[r, d + m] * X[m, k]
            row[i * d + k if k < d else size - 1] += total


@kernel
def factorise(shift: float, J: Jacobian) -> None:
    """Factorise M = shift I - J into local blocks and the dense Schur complement."""
    N, d, c = J.dense.shape[0], J.dense.shape[1], J.local.shape[1]
    last = J.schur.shape[0] - 1
    for i in range(N):
        for r in range(d):
            row = J.schur[i * d + r]
            for j in range(N):
                for k in range(d):
                    row[j * d + k] = -J.dense[i, r, j, k]
            for k in range(d):
                row[i * d + k] -= J.local[i, r, k]
            row[i * d + r] += shift
            row[last] = -J.plasma_column[i * c + r]
            J.schur[last, i * d + r] = -J.plasma_row[i, r]
        _eliminate(i, shift, J)
    J.schur[last, last] = shift - J.plasma_column[N * c]
    lu_factor(J.schur, J.schur_pivot)


@kernel
def solve_linear(shift: float, J: Jacobian, b: Array, buffer: Array) -> None:
    """Overwrite ``b`` (N c + 2,) with the solution of M x = b; ``buffer`` (d N + 1, 1) is scratch space.

    The last component, the passive energy integral, depends on E alone.
    """
    N, d, c = J.dense.shape[0], J.dense.shape[1], J.local.shape[1]
    last = J.schur.shape[0] - 1
    for i in range(N):
        block = b[i * c + d : (i + 1) * c].reshape((c - d, 1))
        lu_solve(J.local_lu[i], J.local_pivot[i], block)
        for r in range(d):
            total = b[i * c + r]
            for m in range(c - d):
                total += J.local[i, r, d + m] * block[m, 0]
            buffer[i * d + r, 0] = total
    buffer[last, 0] = b[N * c]
    lu_solve(J.schur, J.schur_pivot, buffer)
    b[N * c] = buffer[last, 0]
    b[N * c + 1] = (b[N * c + 1] + J.plasma_column[N * c + 1] * b[N * c]) / shift
    for i in range(N):
        for r in range(d):
            b[i * c + r] = buffer[i * d + r, 0]
        for m in range(c - d):
            X = J.eliminated[i, m]
            for k in range(d):
                b[i * c + d + m] -= X[k] * b[i * c + k]
            b[i * c + d + m] -= X[d] * b[N * c]
