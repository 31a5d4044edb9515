"""Analytic Jacobian of the quantum kinetic equation.

J = blockdiag_i(L_i) + C + scalar columns + scalar rows: L_i (n^2 x n^2) is local in momentum (commutator, damping), C
couples the "dense" components (populations that collide or make a potential, all active ones with flavour structure) of
all momenta; the scalars are E, and e and n of a dark sector, or decaying matter. V_s depends on the averaged rho_ss, h,
at all momenta: dF_i/dh_j = c_i W_ij. J neglects how other potentials, the Hubble and secret rates depend on rho, which
`boltzmann.kinetics.drift` makes up for.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.collisions.electron import electron_jacobian
from boltzmann.collisions.lagged import LaggedMatrix, coherence_slope
from boltzmann.collisions.matrix import pair_kind
from boltzmann.dark.bath import K_NUMBER, PHANTOM
from boltzmann.kinetics.bin_elimination import BinFactors, empty_factors
from boltzmann.kinetics.bins import ROWS, BinRates, Bins, empty_rates
from boltzmann.kinetics.dark_terms import fill_vertex, gain
from boltzmann.kinetics.elements import add_element, commutator_elements
from boltzmann.kinetics.layout import (
    CHARGE,
    COMPONENTS,
    DARK,
    N_ACTIVE,
    PASSIVE,
    PLASMA,
    STERILE,
    diagonal,
    off_diagonal,
    pack,
    state_size,
)
from boltzmann.kinetics.matter import scale
from boltzmann.kinetics.odd import OddWork
from boltzmann.kinetics.odd_jacobian import OddJacobian, empty_odd_jacobian, fill_odd_difference, fill_odd_jacobian
from boltzmann.kinetics.qke import rhs
from boltzmann.kinetics.tables import DarkSector, DarkWork, DecayWork, MatrixWork, Tables, Work
from boltzmann.numerics.arrays import Array, Complex, Index
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.momentum import Grid
from boltzmann.numerics.records import record

DIFFERENCE = 1e-6  # finite difference in E, e and n (relative to a thermal change)


@record
class Jacobian(NamedTuple):
    """J and the factors of M. N momenta, c components each, d of them dense, l = c - d local; k scalar unknowns."""

    order: Index  # (c,): components, the dense ones first
    local: Array  # (N, c, c): L_i
    dense: Array  # (N, d, N, d): C
    columns: Array  # (k, size): dF/dE, dF/de (or by decaying matter), dF/dn
    rows: Array  # (k, N, c): derivatives of the scalars by components
    passive: Array  # (N, c): derivatives of the passive integral by components
    time: Array  # (size,): dF/ds, by `boltzmann.kinetics.drift`
    coupling: Array  # (N, c): c_i of the potential V_s, zero without
    loop: Array  # (N, N): W of the potential V_s
    back: Array  # (N, d + k): what V_s does to dense components and scalars by way of the local ones
    scratch: Array  # (2, size)
    bins: BinRates  # of the block of `boltzmann.kinetics.bins`
    bin_flow: Array  # (9, N): C_A
    bin_slope: Array  # (ROWS, N): dv/ds
    bin_time: Array  # (ROWS, N): its derivative by s
    bin_known: Array  # (ROWS, N): what J says of the block's way, scratch space
    bin_factors: BinFactors  # of `boltzmann.kinetics.bin_elimination`
    effective: Array  # (N, c, c): L' with the block
    electron: Array  # (N, N)
    dense_part: Array  # (d N,): dense components of all momenta, scratch space
    # M_ll, and beside it M_ll^-1 times the columns of dense components, scalars and, if there are several, V_s
    local_lu: Array  # (N, l, l + d + k (+ 1))
    local_pivot: Index  # (N, l)
    gathered: Array  # (N, d + k, l): M_dl, derivatives of dense components and scalars by local ones
    solved: Array  # (N, l)
    places: Index  # (2, m): row n^2 + column, and component of H, of what the commutator does
    factors: Array  # (m,)
    schur: Array  # (d N + k, d N + k)
    schur_pivot: Index  # (d N + k,)
    odd: OddJacobian | None


def component_order(n: int, matrix: bool, dark: bool) -> tuple[Index, int]:
    """Return the components of one momentum, dense ones first, and the number of these."""
    dense = [*range(9 if matrix else 3), *([diagonal(3)] if dark else [])]
    return np.array([*dense, *(c for c in range(n * n) if c not in dense)]), len(dense)


def empty_jacobian(tables: Tables) -> Jacobian:
    """Return zeroed storage."""
    N, n, dark = tables.grid.y.size, tables.n_states, tables.dark is not None
    c, k = n * n, (3 if dark else 2 if tables.matter.rate > 0.0 else 1)
    order, d = component_order(n, tables.matrix is not None, dark)
    (rows, columns, of_H), factors = commutator_elements(n)
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
        bins=empty_rates(N),
        bin_flow=np.zeros((9, N)),
        bin_slope=np.zeros((ROWS, N)),
        bin_time=np.zeros((ROWS, N)),
        bin_known=np.zeros((ROWS, N)),
        bin_factors=empty_factors(N, tables.fronts.rate),
        effective=np.zeros((N, c, c)),
        electron=np.zeros((N, N)),
        dense_part=np.zeros(d * N),
        local_lu=np.zeros((N, c - d, c + k + (1 if k > 1 else 0))),
        local_pivot=np.zeros((N, c - d), np.int64),
        gathered=np.zeros((N, d + k, c - d)),
        solved=np.zeros((N, c - d)),
        places=np.stack([rows * c + columns, of_H]),
        factors=factors.copy(),  # kernels are compiled for arrays that can be written
        schur=np.zeros((schur, schur)),
        schur_pivot=np.zeros(schur, np.int64),
        odd=empty_odd_jacobian(tables, d, k) if tables.odd is not None else None,
    )


@kernel
def _local_block(H: Complex, rate: float, coefficient: Array, J: Jacobian, L: Array) -> None:
    """Fill ``L`` (n^2, n^2) with the commutator -i [H, .] and the damping ``rate`` coefficient_ab of one momentum."""
    n, components, flat = H.shape[0], J.scratch[0], L.reshape(L.size)
    pack(H, 1.0, components)
    flat[:] = 0.0
    for k in range(J.factors.size):
        flat[J.places[0, k]] += J.factors[k] * components[J.places[1, k]]
    for a in range(n):
        for b in range(a + 1, n):
            row = off_diagonal(a, b)
            L[row, row] -= rate * coefficient[a, b]
            L[row + 1, row + 1] -= rate * coefficient[a, b]


@kernel
def _fill_populations(tables: Tables, work: Work, J: Jacobian) -> None:
    """Fill the population rows of J.dense."""
    f, w, n, weak = tables.grid.f, tables.grid.w, tables.grid.y.size, work.weak
    for a in range(3):
        first = 2 * tables.electron.kind[a]
        J.electron[:] = 0.0
        gain, loss, r = weak.gain[a], weak.loss[a], work.occupations[a]
        electron_jacobian(r, w, weak.boost, weak.rates[first], weak.rates[first + 1], gain, loss, J.electron)
        for i in range(n):
            scale = weak.prefactor[i] / f[i]
            for j in range(n):
                for b in range(3):
                    J.dense[i, a, j, b] = scale * f[j] * work.nu_nu.slopes[i, a, b, j]
                J.dense[i, a, j, a] += scale * f[j] * J.electron[i, j]


@kernel
def _coherence_derivative(i: int, j: int, a: int, b: int, work: Work, matrix: MatrixWork) -> float:
    """Return dI_ab(i)/drho_ab(j) of the matrix mode, coherences neglected against populations."""
    kind, boost = pair_kind(a, b), work.weak.boost
    k, annihilation = matrix.rates[0, kind, i, j], matrix.rates[1, kind, i, j]
    occupied = 0.5 * (work.occupations[a, i] + work.occupations[b, i])
    ratio, both = boost[j] / boost[i], (boost[i] * boost[j]) ** 2
    total = (1.0 - occupied) * (k * ratio - annihilation / both) - occupied * (annihilation - k / ratio)
    return float(total + coherence_slope(i, j, a, b, work.nu_nu))


@optional_kernel("matrix")
def _fill_coherences(f: Array, work: Work, matrix: MatrixWork, J: Jacobian) -> None:
    """Fill the rows of active-active coherences of J.dense, after `_fill_populations`."""
    n, gain, loss = f.size, work.weak.gain, work.weak.loss
    for a in range(3):
        for b in range(a + 1, 3):
            c = off_diagonal(a, b)
            for i in range(n):
                for j in range(n):
                    derivative = _coherence_derivative(i, j, a, b, work, matrix)
                    if i == j:
                        derivative -= 0.5 * (gain[a, i] + loss[a, i] + gain[b, i] + loss[b, i])
                    value = work.weak.prefactor[i] * derivative * f[j] / f[i]
                    J.dense[i, c, j, c] = J.dense[i, c + 1, j, c + 1] = value


@optional_kernel("matrix")
def _add_sterile_loss(work: Work, matrix: MatrixWork, by_nu: LaggedMatrix, J: Jacobian) -> None:
    """Add the matrix-mode loss of active-sterile coherences to the local blocks."""
    for i in range(J.local.shape[0] if work.change.shape[0] > 3 else 0):
        for a in range(3):
            for c in range(3):
                total = matrix.gain[i, c, a] + matrix.loss[i, c, a] + by_nu.gain[i, c, a] + by_nu.loss[i, c, a]
                total += matrix.extra[i, a] if a == c else 0.0
                kappa = -0.5 * work.weak.prefactor[i] * np.conj(total)
                add_element(J.local[i], off_diagonal(a, 3), kappa, c, 3, False)


@kernel
def _fill_rows(grid: Grid, J: Jacobian) -> None:
    """Fill J.rows: energy that populations lose (the commutator is traceless)."""
    N, d, total = grid.y.size, J.dense.shape[1], J.dense_part
    dense = J.dense.reshape(N * d, N * d)
    J.rows[:], total[:] = 0.0, 0.0
    for i in range(N):
        weight = grid.w[i] * grid.y[i] ** 3 * grid.f[i] / np.pi**2
        for a in range(3):
            for k in range(N * d):
                total[k] -= weight * dense[i * d + a, k]
    for j in range(N):
        for r in range(d):
            J.rows[0, j, J.order[r]] = total[j * d + r]


@kernel
def _add_expectation(M: Complex, factor: float, row: Array) -> None:
    """Add the derivatives of ``factor`` Tr(M rho), M hermitian, by the components of rho to ``row`` (c,)."""
    for a in range(M.shape[0]):
        row[diagonal(a)] += factor * M[a, a].real
        for b in range(a + 1, M.shape[0]):
            row[off_diagonal(a, b)] += 2.0 * factor * M[a, b].real
            row[off_diagonal(a, b) + 1] += 2.0 * factor * M[a, b].imag


@kernel
def _add_decays(grid: Grid, sector: DarkSector, dark: DarkWork, decays: DecayWork, J: Jacobian) -> None:
    """Add decays to the local blocks and to the rows of e and n."""
    n = decays.vertex.shape[1]
    for i in range(grid.y.size):
        fill_vertex(i, sector, dark, decays)
        G, weight = decays.vertex[0], grid.w[i] * grid.y[i] ** 2 * grid.f[i] / np.pi**2
        for a in range(n):
            for b in range(a, n):
                row = diagonal(a) if a == b else off_diagonal(a, b)
                for c in range(n):
                    add_element(J.local[i], row, -0.5 * G[a, c], c, b, a == b)
                    add_element(J.local[i], row, -0.5 * G[c, b], a, c, a == b)
        _add_expectation(decays.vertex[0], weight * grid.y[i], J.rows[1, i])
        _add_expectation(sector.projectors[3], weight * decays.rates[i, 3], J.rows[2, i])


@kernel
def _add_mass(grid: Grid, sector: DarkSector, dark: DarkWork, J: Jacobian) -> None:
    """Add to the rows of e and of the passive integral what the mass of every new nu_4 takes; after everything else."""
    (N, c), d = J.passive.shape, J.dense.shape[1]
    heavy = np.zeros(c)
    J.passive[:] = 0.0
    for i in range(N):
        weight = grid.w[i] * grid.y[i] ** 2 * grid.f[i] / np.pi**2
        heavy[:] = 0.0
        _add_expectation(sector.projectors[3], weight * (dark.level[i] - grid.y[i]), heavy)
        if dark.reference[i] > 0.0:
            _add_expectation(sector.projectors[3], weight * gain(i, grid.y[i], dark), J.passive[i])
        for row in range(c):
            for column in range(c):
                J.passive[i, column] -= heavy[row] * J.local[i, row, column]
        for r in range(d):
            for j in range(N):
                for k in range(d):
                    J.passive[j, J.order[k]] -= heavy[J.order[r]] * J.dense[i, r, j, k]
    J.rows[1] += J.passive


@kernel
def _add_secret(u: Array, grid: Grid, dark: DarkWork, J: Jacobian) -> None:
    """Add secret collisions to local blocks and scalar rows; fill what V_s couples: d rho_as = +i V_s rho_as."""
    c, sterile = J.local.shape[1], diagonal(3)
    J.loop[:] = dark.loop
    for i in range(grid.y.size):
        weight = grid.w[i] * grid.y[i] ** 2 * grid.f[i] / np.pi**2
        J.rows[1, i, sterile] += weight * grid.y[i] * dark.secret[1, i]
        J.rows[2, i, sterile] += weight * dark.secret[1, i]
        J.local[i, sterile, sterile] -= dark.secret[1, i]
        for a in range(3):
            k = off_diagonal(a, 3)
            J.local[i, k, k] -= 0.5 * dark.secret[0, i]
            J.local[i, k + 1, k + 1] -= 0.5 * dark.secret[0, i]
            J.coupling[i, k] = -u[i * c + k + 1]
            J.coupling[i, k + 1] = u[i * c + k]


@kernel
def _left(column: Array, grid: Grid, size: int) -> float:
    """Return what is left of the trace for other sectors than neutrinos in a difference column."""
    total = column[column.size - PASSIVE]
    for i in range(grid.y.size):
        weight = grid.w[i] * grid.y[i] ** 3 * grid.f[i] / np.pi**2
        for a in range(3 if size == N_ACTIVE**2 else 4):
            total -= weight * column[i * size + diagonal(a)]
    return float(total)


@kernel
def _conserve_plasma(column: Array, grid: Grid, size: int, dark: None) -> None:
    column[column.size - PLASMA] = _left(column, grid, size) - column[column.size - DARK]


@optional_kernel("dark", otherwise=_conserve_plasma)
def conserve(column: Array, grid: Grid, size: int, dark: DarkWork) -> None:
    """Replace the row of E or e in a difference column by what conserves E + rho_nu + e - q: rounding violates it."""
    column[column.size - DARK] = _left(column, grid, size) - column[column.size - PLASMA]


@optional_kernel("dark")
def _add_dark(u: Array, grid: Grid, sector: DarkSector, dark: DarkWork, J: Jacobian) -> None:
    """Add everything that a dark sector causes, after everything else."""
    _add_secret(u, grid, dark, J)
    if sector.decays:
        _add_decays(grid, sector, dark, dark.decays, J)
    _add_mass(grid, sector, dark, J)


@kernel
def _leave_flow(step: float, flow: Array, J: Jacobian, column: Array) -> None:
    """Take the change of ``flow`` (9, N) from J.bin_flow off a column: the rows of the block have none."""
    for i in range(flow.shape[1] if J.bins.on[0] > 0.0 else 0):
        first = COMPONENTS * i
        for a in range(3):
            change = (flow[a, i] - J.bin_flow[a, i]) / step
            column[first + a] += change
            column[first + STERILE] -= change


@kernel
def _fill_column(
    which: int, step: float, s: float, u: Array, F: Array, tables: Tables, work: Work, J: Jacobian
) -> None:
    """Fill a scalar's column of J by a finite difference."""
    shifted, changed, column = J.scratch[0], J.scratch[1], J.columns[which]
    shifted[:] = u
    shifted[u.size - PLASMA + which] += step
    rhs(s, shifted, tables, work, changed)
    for k in range(u.size):
        column[k] = (changed[k] - F[k]) / step
    _leave_flow(step, work.bins.flow, J, column)
    conserve(column, tables.grid, work.change.size, work.dark)
    fill_odd_difference(which, step, tables.grid, work.odd, J.odd)


@optional_kernel("odd")
def _fill_odd_blocks(J: Jacobian, work: OddWork, odd: OddJacobian) -> None:
    """Fill the commutators with Q."""
    n = work.change.shape[0]
    none = np.zeros((n, n))
    for i in range(odd.local.shape[0]):
        _local_block(work.Q[i], 0.0, none, J, odd.local[i])


@kernel
def _keep_bins(bins: Bins, J: Jacobian) -> None:
    """Keep what the block of bins is made of before other evaluations overwrite it."""
    J.bins.on[0] = bins.rates.on[0]
    if not bins.rates.on[0] > 0.0:
        return
    J.bins.own[:] = bins.rates.own
    J.bins.relax[:] = bins.rates.relax
    J.bins.secret[:], J.bins.forget[:] = bins.rates.secret, bins.rates.forget
    J.bins.damping[:] = bins.rates.damping
    J.bin_flow[:] = bins.flow
    J.bin_slope[:] = bins.slope


@kernel
def fill_jacobian(s: float, u: Array, F: Array, tables: Tables, work: Work, J: Jacobian) -> None:
    """Fill J at (s, u), where ``F`` = du/ds has just been evaluated, but for the derivative by s."""
    _keep_bins(work.bins, J)
    for i in range(tables.grid.y.size):
        _local_block(work.H[i], work.weak.damping[i], tables.damping.coefficient, J, J.local[i])
    _fill_populations(tables, work, J)
    _fill_coherences(tables.grid.f, work, work.matrix, J)
    _add_sterile_loss(work, work.matrix, work.nu_nu.matrix, J)
    _fill_rows(tables.grid, J)
    _add_dark(u, tables.grid, tables.dark, work.dark, J)
    _fill_odd_blocks(J, work.odd, J.odd)
    fill_odd_jacobian(u, tables, work, work.odd, J.odd)
    for which in range(J.columns.shape[0]):
        step = DIFFERENCE * scale(which, u, tables.matter)
        if which == 1 and J.columns.shape[0] == 3:
            step *= u[u.size - DARK]
        elif which == 2:
            step *= max(abs(u[u.size - CHARGE]), PHANTOM * K_NUMBER)
        _fill_column(which, step, s, u, F, tables, work, J)
