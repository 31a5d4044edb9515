"""Analytic Jacobian of the quantum kinetic equation.

J = blockdiag_i(L_i) + C + scalar columns + scalar rows: L_i (n^2 x n^2) is local in momentum (commutator, damping), C
couples the "dense" components (the populations that collide or make a potential, or with full flavour structure all
active ones) of all momenta; the scalars are E, and e and n of a dark sector. The potential V_s of the sterile state
depends on the averaged rho_ss, h, at all momenta: dF_i/dh_j = c_i W_ij, of rank one in the local components. J neglects
how the other potentials, the Hubble rate and secret rates depend on rho. `boltzmann.kinetics.elimination` solves with
it.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.collisions.electron import electron_jacobian
from boltzmann.collisions.matrix import pair_kind
from boltzmann.collisions.neutrino import neutrino_jacobian
from boltzmann.dark.bath import K_NUMBER, PHANTOM
from boltzmann.kinetics.layout import CHARGE, DARK, PASSIVE, PLASMA, diagonal, off_diagonal, state_size
from boltzmann.kinetics.qke import fill_vertex, rhs
from boltzmann.kinetics.terms import Tables, Work
from boltzmann.numerics.arrays import Array, Complex, Index
from boltzmann.numerics.jit import kernel

DIFFERENCE = 1e-6  # finite difference in E, e and n (relative to a thermal change) and in s


class Jacobian(NamedTuple):
    """J and the factors of M. N momenta, c components each, d of them dense, l = c - d local; k scalar unknowns."""

    order: Index  # (c,): components, the dense ones first
    local: Array  # (N, c, c): L_i
    dense: Array  # (N, d, N, d): C
    columns: Array  # (k, size): dF/dE, dF/de, dF/dn
    rows: Array  # (k, N, c): derivatives of the scalars by components
    passive: Array  # (N, c): derivatives of the passive integral by components
    time: Array  # (size,): dF/ds
    coupling: Array  # (N, c): c_i of the potential V_s, zero without
    loop: Array  # (N, N): W of the potential V_s
    back: Array  # (N, d + k): what V_s does to dense components and scalars by way of the local ones
    scratch: Array  # (2, size)
    block: Array  # (N, 3, 3, N) derivatives of the nu-nu integrals
    electron: Array  # (N, N)
    local_lu: Array  # (N, l, l)
    local_pivot: Index  # (N, l)
    eliminated: Array  # (N, l, d + k + 1): M_ll^-1 times the columns of dense components, scalars and V_s
    gathered: Array  # (l, 1)
    schur: Array  # (d N + k, d N + k)
    schur_pivot: Index  # (d N + k,)


def component_order(n: int, matrix: bool, dark: bool) -> tuple[Index, int]:
    """Return the components of one momentum, dense ones first, and the number of these."""
    dense = [*range(9 if matrix else 3), *([diagonal(3)] if dark else [])]
    return np.array([*dense, *(c for c in range(n * n) if c not in dense)]), len(dense)


def empty_jacobian(n_momenta: int, n: int, matrix: bool, dark: bool = False) -> Jacobian:
    """Return zeroed storage for ``n`` states; ``matrix``: collisions with full flavour structure."""
    N, c, k = n_momenta, n * n, (3 if dark else 1)
    order, d = component_order(n, matrix, dark)
    size, schur = state_size(N, n, dark), d * N + k
    return Jacobian(
        order=order,
        local=np.zeros((N, c, c)),
        dense=np.zeros((N, d, N, d)),
        columns=np.zeros((k, size)),
        rows=np.zeros((k, N, c)),
        passive=np.zeros((N, c)),
        time=np.zeros(size),
        coupling=np.zeros((N, c)),
        loop=np.zeros((N, N)),
        back=np.zeros((N, d + k)),
        scratch=np.zeros((2, size)),
        block=np.zeros((N, 3, 3, N)),
        electron=np.zeros((N, N)),
        local_lu=np.zeros((N, c - d, c - d)),
        local_pivot=np.zeros((N, c - d), np.int64),
        eliminated=np.zeros((N, c - d, d + k + 1)),
        gathered=np.zeros((c - d, 1)),
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
def _fill_rows(tables: Tables, work: Work, J: Jacobian) -> None:
    """Fill J.rows: energy and number that populations lose (the commutator is traceless)."""
    grid, sterile = tables.grid, diagonal(3)
    J.rows[:] = 0.0
    for i in range(grid.y.size):
        weight = grid.w[i] * grid.y[i] ** 2 * grid.f[i] / np.pi**2
        for a in range(3):
            for j in range(grid.y.size):
                for r in range(J.dense.shape[3]):
                    J.rows[0, j, J.order[r]] -= weight * grid.y[i] * J.dense[i, a, j, r]
        if tables.modes.dark:
            J.rows[1, i, sterile] += weight * grid.y[i] * work.secret[1, i]
            J.rows[2, i, sterile] += weight * work.secret[1, i]


@kernel
def _add_expectation(M: Complex, factor: float, row: Array) -> None:
    """Add the derivatives of ``factor`` Tr(M rho), M hermitian, by the components of rho to ``row`` (c,)."""
    for a in range(M.shape[0]):
        row[diagonal(a)] += factor * M[a, a].real
        for b in range(a + 1, M.shape[0]):
            row[off_diagonal(a, b)] += 2.0 * factor * M[a, b].real
            row[off_diagonal(a, b) + 1] += 2.0 * factor * M[a, b].imag


@kernel
def _add_decays(tables: Tables, work: Work, J: Jacobian) -> None:
    """Add decays to the local blocks and to the rows of e and n."""
    grid, n = tables.grid, work.change.shape[0]
    for i in range(grid.y.size):
        fill_vertex(i, tables, work)
        G, weight = work.vertex[0], grid.w[i] * grid.y[i] ** 2 * grid.f[i] / np.pi**2
        for a in range(n):
            for b in range(a, n):
                row = diagonal(a) if a == b else off_diagonal(a, b)
                for c in range(n):
                    _add_element(J.local[i], row, -0.5 * G[a, c], c, b, a == b)
                    _add_element(J.local[i], row, -0.5 * G[c, b], a, c, a == b)
        _add_expectation(work.vertex[0], weight * grid.y[i], J.rows[1, i])
        _add_expectation(tables.projectors[3], weight * work.decay[i, 3], J.rows[2, i])


@kernel
def _add_mass(tables: Tables, work: Work, J: Jacobian) -> None:
    """Add to the rows of e and of the passive integral what the mass of every new nu_4 takes; after everything else."""
    grid, (N, c), d = tables.grid, J.passive.shape, J.dense.shape[1]
    heavy = np.zeros(c)
    J.passive[:] = 0.0
    for i in range(N):
        weight = grid.w[i] * grid.y[i] ** 2 * grid.f[i] / np.pi**2
        heavy[:] = 0.0
        _add_expectation(tables.projectors[3], weight * (work.level[i] - grid.y[i]), heavy)
        for row in range(c):
            for column in range(c):
                J.passive[i, column] -= heavy[row] * J.local[i, row, column]
        for r in range(d):
            for j in range(N):
                for k in range(d):
                    J.passive[j, J.order[k]] -= heavy[J.order[r]] * J.dense[i, r, j, k]
    J.rows[1] += J.passive


@kernel
def _add_secret(u: Array, tables: Tables, work: Work, J: Jacobian) -> None:
    """Add secret collisions to the local blocks, and fill what V_s couples: d rho_as = +i V_s rho_as."""
    c = J.local.shape[1]
    J.loop[:] = work.loop
    for i in range(tables.grid.y.size):
        J.local[i, diagonal(3), diagonal(3)] -= work.secret[1, i]
        for a in range(3):
            k = off_diagonal(a, 3)
            J.local[i, k, k] -= 0.5 * work.secret[0, i]
            J.local[i, k + 1, k + 1] -= 0.5 * work.secret[0, i]
            J.coupling[i, k] = -u[i * c + k + 1]
            J.coupling[i, k + 1] = u[i * c + k]


@kernel
def _fill_difference(
    which: int, step: float, s: float, u: Array, F: Array, tables: Tables, work: Work, J: Jacobian
) -> None:
    """Fill a scalar's column of J by a finite difference, or ``which`` = -1 that of s."""
    shifted, changed = J.scratch[0], J.scratch[1]
    shifted[:] = u
    if which >= 0:
        shifted[u.size - PLASMA + which] += step
    rhs(s if which >= 0 else s + step, shifted, tables, work, changed)
    column = J.columns[which] if which >= 0 else J.time
    column[:] = (changed - F) / step
    if tables.modes.dark:
        _conserve(column, tables)


@kernel
def _conserve(column: Array, tables: Tables) -> None:
    """Replace the row of e in a difference column by what conserves E + rho_nu + e - q: rounding would violate it."""
    grid, size = tables.grid, tables.mass_matrix.size
    total = column[column.size - PASSIVE] - column[column.size - PLASMA]
    for i in range(grid.y.size):
        for a in range(4):
            total -= grid.w[i] * grid.y[i] ** 3 * grid.f[i] / np.pi**2 * column[i * size + diagonal(a)]
    column[column.size - DARK] = total


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
    _fill_rows(tables, work, J)
    if tables.modes.dark:
        _add_secret(u, tables, work, J)
        if tables.modes.decays:
            _add_decays(tables, work, J)
        _add_mass(tables, work, J)
    for which in range(-1, J.columns.shape[0]):
        step = DIFFERENCE
        if which == 1:
            step *= u[u.size - DARK]
        elif which == 2:
            step *= max(abs(u[u.size - CHARGE]), PHANTOM * K_NUMBER)
        _fill_difference(which, step, s, u, F, tables, work, J)
