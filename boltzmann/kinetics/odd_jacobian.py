"""Analytic Jacobian of the odd block (`boltzmann.kinetics.odd`), and of the even half by it.

S and d turn with L_P and L_Q, the commutators with P and Q: dS/ds = L_P S + L_Q d, dd/ds = L_P d + L_Q S. Collisions of
d couple the dense components (populations) of all momenta by a matrix of their own. The potential brings two kinds of
columns: of the averaged L_b, and of V_s, kappa(S) for d and kappa(d) for S, with kappa the commutator with the
projector on the state that is shifted. Neglected is what `boltzmann.kinetics.jacobian` neglects, and, of second
order in d, how the mean occupation depends on S.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.kinetics.layout import N_ACTIVE, diagonal, off_diagonal
from boltzmann.kinetics.odd import AVERAGE, AVERAGING, OddWork, odd_size
from boltzmann.kinetics.tables import DarkWork, Tables, Work
from boltzmann.numerics.arrays import Array, Index
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.momentum import Grid
from boltzmann.numerics.records import record


@record
class OddJacobian(NamedTuple):
    """Of the odd block. N momenta, c components, d dense, l local, k scalars, b columns beside local systems."""

    local: Array  # (N, c, c): L_Q
    dense: Array  # (N, d, N, d): d by d
    cross: Array  # (2, N, d, N, d): S by d, and d by S
    scalars: Array  # (k, N, d): E, e, n by d
    mean: Array  # (3, N): mean occupations by d
    columns: Array  # (k, size): of the block's rates by E, e, n
    time: Array  # (size,)
    slope: Array  # (size,) dv/ds
    asymmetry: Array  # (2, 3, N, c): of S and d by the averaged L_b
    coupling: Array  # (2, N, c): kappa of the sterile state, of S and d
    loop: Array  # (N, N): dV_s(i)/d(averaged d_ss/f)(j)
    leading: Array  # (1,): the sign whose local system is solved last
    rows: Array  # (N,) weight of d/f in L
    lu: Array  # (2, N, l, l + b), those of the other sign and of the leading one
    pivot: Index  # (2, N, l)
    solved: Array  # (2, N, l, b): S and d parts of the solutions beside
    reached: Array  # (2, N, d + k, b): what they do to dense components of S and d; to scalars by S and d parts
    schur: Array  # (m, m), m = 2 d N + k + 3
    schur_pivot: Index  # (m,)
    buffer: Array  # (m,)
    vector: Array  # (2, N, l)
    averaging: Array  # (1,) of AVERAGING


def empty_odd_jacobian(tables: Tables, d: int, k: int) -> OddJacobian:
    """Return zeroed storage for ``d`` dense components and ``k`` scalars."""
    N, n, dark = tables.grid.y.size, tables.n_states, tables.dark is not None
    c, size = n * n, odd_size(N, n, dark)
    l, b, m = c - d, d + k + N_ACTIVE + (1 if dark else 0), 2 * d * N + k + N_ACTIVE  # noqa: E741
    return OddJacobian(
        local=np.zeros((N, c, c)),
        dense=np.zeros((N, d, N, d)),
        cross=np.zeros((2, N, d, N, d)),
        scalars=np.zeros((k, N, d)),
        mean=np.zeros((N_ACTIVE, N)),
        columns=np.zeros((k, size)),
        time=np.zeros(size),
        slope=np.zeros(size),
        asymmetry=np.zeros((2, N_ACTIVE, N, c)),
        coupling=np.zeros((2, N, c)),
        loop=np.zeros((N, N)),
        leading=np.ones(1),
        rows=AVERAGE * tables.grid.w * tables.grid.y**2 * tables.grid.f / np.pi**2,
        lu=np.zeros((2, N, l, l + b)),
        pivot=np.zeros((2, N, l), np.int64),
        solved=np.zeros((2, N, l, b)),
        reached=np.zeros((2, N, d + k, b)),
        schur=np.zeros((m, m)),
        schur_pivot=np.zeros(m, np.int64),
        buffer=np.zeros(m),
        vector=np.zeros((2, N, l)),
        averaging=np.array([AVERAGING[0]]),
    )


@kernel
def _fill_electron(a: int, tables: Tables, work: Work, odd: OddWork, J: OddJacobian) -> None:
    """Fill the derivatives of nu-e collisions of flavour a: of d by d and S, of S by d."""
    grid, weak, N = tables.grid, work.weak, tables.grid.y.size
    k, annihilation = (weak.rates[0], weak.rates[1]) if a == 0 else (weak.rates[2], weak.rates[3])
    for i in range(N):
        S, x, scale = work.occupations[a, i], odd.d[i, a, a].real, weak.prefactor[i] / grid.f[i]
        for j in range(N):
            ratio, both = weak.boost[j] / weak.boost[i], weak.boost[i] * weak.boost[j]
            up, create = k[i, j] * ratio, annihilation[i, j] / both**2
            down, destroy = k[i, j] / ratio, annihilation[i, j]
            factor = scale * grid.f[j] * grid.w[j]
            J.dense[i, a, j, a] = factor * ((up + create) * (1.0 - S) + (down + destroy) * S)
            J.cross[0, i, a, j, a] = -factor * x * (up + create - down - destroy)
            J.cross[1, i, a, j, a] = -factor * x * (up - create - down + destroy)
        mixed = weak.prefactor[i] * (odd.gain[a, i] + odd.loss[a, i])
        J.dense[i, a, i, a] -= weak.prefactor[i] * (weak.gain[a, i] + weak.loss[a, i])
        J.cross[0, i, a, i, a] -= mixed
        J.cross[1, i, a, i, a] -= mixed


@kernel
def _mean_slope(S: float, d: float) -> float:
    """Return dr0/dd of the mean occupation."""
    filled, empty = S * S - d * d, (1.0 - S) ** 2 - d * d
    if not (filled > 0.0 and empty > 0.0):
        return 0.0
    mean = np.sqrt(filled) / (np.sqrt(filled) + np.sqrt(empty))
    return float(mean * (1.0 - mean) * d * (1.0 / empty - 1.0 / filled))


@kernel
def _add_neutrino(a: int, tables: Tables, work: Work, odd: OddWork, J: OddJacobian) -> None:
    """Add the derivatives of nu-nu collisions of flavour a, gain and loss kept."""
    grid, nu_nu, N, r = tables.grid, work.nu_nu, tables.grid.y.size, work.occupations
    passing = 0.0
    for j in range(N):
        passing += grid.w[j] * (nu_nu.gain[a, j] * (1.0 - r[a, j]) + nu_nu.loss[a, j] * r[a, j])
    if not passing > 0.0:
        return
    t = odd.balance[a]
    cosh = 1.0 / np.sqrt(max(1.0 - t * t, 1e-6))
    for i in range(N):
        x, scale = odd.d[i, a, a].real, work.weak.prefactor[i] / grid.f[i]
        total, excess = nu_nu.gain[a, i] + nu_nu.loss[a, i], nu_nu.loss[a, i] - nu_nu.gain[a, i]
        net = nu_nu.gain[a, i] * (1.0 - r[a, i]) - nu_nu.loss[a, i] * r[a, i]
        source = net + 2.0 * nu_nu.loss[a, i] * r[a, i]
        odd_by_t, even_by_t = cosh**3 * (source - t * total * x), cosh**3 * (t * net + excess * x)
        for j in range(N):
            factor = scale * grid.f[j]
            by_d = grid.w[j] * (nu_nu.gain[a, j] + nu_nu.loss[a, j]) / passing
            by_S = -t * grid.w[j] * (nu_nu.loss[a, j] - nu_nu.gain[a, j]) / passing
            J.dense[i, a, j, a] += factor * odd_by_t * by_d
            J.cross[0, i, a, j, a] += factor * even_by_t * by_d
            J.cross[1, i, a, j, a] += factor * odd_by_t * by_S
            for b in range(N_ACTIVE):
                J.cross[0, i, a, j, b] += factor * nu_nu.slopes[i, a, b, j] * J.mean[b, j]
        J.dense[i, a, i, a] -= work.weak.prefactor[i] * cosh * total
        J.cross[0, i, a, i, a] += work.weak.prefactor[i] * (cosh * t * excess + total * J.mean[a, i])
        J.cross[1, i, a, i, a] += work.weak.prefactor[i] * cosh * t * excess


@kernel
def _fill_energy(grid: Grid, J: OddJacobian) -> None:
    """Fill the derivatives of the plasma's energy by d."""
    J.scalars[:] = 0.0
    for i in range(grid.y.size):
        weight = grid.w[i] * grid.y[i] ** 3 * grid.f[i] / np.pi**2
        for a in range(N_ACTIVE):
            for j in range(grid.y.size):
                for b in range(N_ACTIVE):
                    J.scalars[0, j, b] -= weight * J.cross[0, i, a, j, b]


@kernel
def _fill_collisions(tables: Tables, work: Work, odd: OddWork, J: OddJacobian) -> None:
    """Fill the population rows of J.dense and J.cross."""
    J.cross[:] = 0.0
    for a in range(N_ACTIVE):
        for i in range(tables.grid.y.size):
            J.mean[a, i] = _mean_slope(work.occupations[a, i], odd.d[i, a, a].real)
    for a in range(N_ACTIVE):
        _fill_electron(a, tables, work, odd, J)
        _add_neutrino(a, tables, work, odd, J)
    _fill_energy(tables.grid, J)


@optional_kernel("dark")
def _fill_dark(u: Array, grid: Grid, dark: DarkWork, odd: OddWork, J: OddJacobian) -> None:
    """Fill what secret collisions and V_s bring; relaxation of d_ss itself is in L_P."""
    (N, c, _), d = J.local.shape, J.dense.shape[1]
    J.loop[:] = odd.loop
    for i in range(N):
        for a in range(3):
            k = off_diagonal(a, 3)
            J.coupling[0, i, k], J.coupling[0, i, k + 1] = -u[i * c + k + 1], u[i * c + k]
            J.coupling[1, i, k], J.coupling[1, i, k + 1] = -odd.v[i * c + k + 1], odd.v[i * c + k]
        for j in range(N):
            weight = grid.w[j] * grid.y[j] ** 2 * dark.secret[1, j] * grid.f[j]
            share = weight / odd.stiffness[0] if odd.stiffness[0] > 0.0 else 0.0
            J.dense[i, d - 1, j, d - 1] = dark.secret[1, i] * odd.relaxed[1, i] * share / grid.f[i]
            given = dark.secret[1, i] * odd.relaxed[2, i] * share
            J.cross[0, i, d - 1, j, d - 1] = given / grid.f[i]
            J.scalars[1, j, d - 1] -= grid.w[i] * grid.y[i] ** 3 / np.pi**2 * given
            J.scalars[2, j, d - 1] -= grid.w[i] * grid.y[i] ** 2 / np.pi**2 * given


@kernel
def _shift(a: int, factor: float, n: int, components: Array, out: Array) -> None:
    """Add ``factor`` times -i [|a><a|, .] of ``components`` (c,) to ``out`` (c,)."""
    for b in range(n):
        if b == a:
            continue
        k = off_diagonal(min(a, b), max(a, b))
        sign = factor if a < b else -factor
        out[k] += sign * components[k + 1]
        out[k + 1] -= sign * components[k]


@kernel
def _fill_asymmetry(u: Array, n: int, odd: OddWork, J: OddJacobian) -> None:
    """Fill the columns of the averaged L_b."""
    N, c = J.local.shape[0], n * n
    for b in range(N_ACTIVE):
        for i in range(N):
            for k in range(c):
                J.asymmetry[0, b, i, k] = J.asymmetry[1, b, i, k] = 0.0
            for a in range(N_ACTIVE):
                potential = odd.own[a, b] * odd.scale[i]
                _shift(a, potential, n, odd.v[i * c : (i + 1) * c], J.asymmetry[0, b, i])
                _shift(a, potential, n, u[i * c : (i + 1) * c], J.asymmetry[1, b, i])


@kernel
def _leading(v: Array, c: int, J: OddJacobian) -> float:
    """Return a sign that changes with that of d."""
    total = 0.0
    for i in range(J.local.shape[0]):
        for k in range(c):
            total += v[i * c + k]
    return 1.0 if total >= 0.0 else -1.0


@optional_kernel("odd")
def fill_odd_jacobian(u: Array, tables: Tables, work: Work, odd: OddWork, J: OddJacobian) -> None:
    """Fill everything but L_Q and finite differences, after the right-hand side has been evaluated."""
    J.slope[:] = odd.slope
    _fill_collisions(tables, work, odd, J)
    _fill_asymmetry(u, work.change.shape[0], odd, J)
    _fill_dark(u, tables.grid, work.dark, odd, J)
    J.leading[0] = _leading(odd.v, work.change.size, J)


@optional_kernel("odd")
def fill_odd_difference(which: int, step: float, grid: Grid, odd: OddWork, J: OddJacobian) -> None:
    """Fill the column of scalar ``which``, or -1 the derivative by s, after an evaluation shifted by ``step``.

    nu_e takes what rounding leaves of the sum of all asymmetries, which no term changes.
    """
    column, (N, c, _), left, weights = J.columns[which] if which >= 0 else J.time, J.local.shape, 0.0, 0.0
    for k in range(column.size):
        column[k] = (odd.slope[k] - J.slope[k]) / step
    for i in range(N):
        weight = grid.w[i] * grid.y[i] ** 2 * grid.f[i]
        weights += weight
        for a in range(odd.change.shape[0]):
            left += weight * column[i * c + diagonal(a)]
    for i in range(N):
        column[i * c] -= left / weights
