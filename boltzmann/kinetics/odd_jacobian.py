"""Analytic Jacobian of the odd block (`boltzmann.kinetics.odd`), and of the even half by it.

S and d turn with L_P and L_Q, the commutators with P and Q: dS/ds = L_P S + L_Q d, dd/ds = L_P d + L_Q S. Collisions of
d couple the dense components (populations) of all momenta by a matrix of their own. The potential brings two kinds of
columns: of the averaged L_b, and of V_s, kappa(S) for d and kappa(d) for S, with kappa the commutator with the
projector on the state that is shifted. Neglected besides what `boltzmann.kinetics.jacobian` neglects is how collisions
of d depend on S, and those of S on d (of first order in d, but for their detailed balance).
"""

from typing import NamedTuple

import numpy as np

from boltzmann.kinetics.layout import N_ACTIVE, off_diagonal
from boltzmann.kinetics.odd import AVERAGE, OddWork, odd_size
from boltzmann.kinetics.odd_potential import active_potential
from boltzmann.kinetics.tables import DarkWork, Tables, Work
from boltzmann.numerics.arrays import Array, Index
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.momentum import Grid


class OddJacobian(NamedTuple):
    """Of the odd block. N momenta, c components, d dense, l local, k scalars, b columns beside local systems."""

    local: Array  # (N, c, c): L_Q
    dense: Array  # (N, d, N, d)
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
    reached: Array  # (2, N, d, b): what they do to the dense components
    scalars: Array  # (2, N, k, b): and S to scalars, by the S parts and the d parts
    schur: Array  # (m, m), m = 2 d N + k + 3
    schur_pivot: Index  # (m,)
    buffer: Array  # (m,)
    vector: Array  # (2, N, l)


def empty_odd_jacobian(tables: Tables, d: int, k: int) -> OddJacobian:
    """Return zeroed storage for ``d`` dense components and ``k`` scalars."""
    N, n, dark = tables.grid.y.size, tables.n_states, tables.dark is not None
    c, size = n * n, odd_size(N, n, dark)
    l, b, m = c - d, d + k + N_ACTIVE + (1 if dark else 0), 2 * d * N + k + N_ACTIVE  # noqa: E741
    return OddJacobian(
        local=np.zeros((N, c, c)),
        dense=np.zeros((N, d, N, d)),
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
        reached=np.zeros((2, N, d, b)),
        scalars=np.zeros((2, N, k, b)),
        schur=np.zeros((m, m)),
        schur_pivot=np.zeros(m, np.int64),
        buffer=np.zeros(m),
        vector=np.zeros((2, N, l)),
    )


@kernel
def _fill_collisions(tables: Tables, work: Work, odd: OddWork, J: OddJacobian) -> None:
    """Fill the population rows of J.dense."""
    grid, weak, nu_nu, N = tables.grid, work.weak, work.nu_nu, tables.grid.y.size
    for a in range(N_ACTIVE):
        k, annihilation = (weak.rates[0], weak.rates[1]) if a == 0 else (weak.rates[2], weak.rates[3])
        passing = 0.0
        for j in range(N):
            S = work.occupations[a, j]
            passing += grid.w[j] * (nu_nu.gain[a, j] * (1.0 - S) + nu_nu.loss[a, j] * S)
        t = odd.balance[a]
        cosh = 1.0 / np.sqrt(max(1.0 - t * t, 1e-6))
        for i in range(N):
            S, scale = work.occupations[a, i], weak.prefactor[i] / grid.f[i]
            source = nu_nu.gain[a, i] * (1.0 - S) + nu_nu.loss[a, i] * S
            for j in range(N):
                ratio, both = weak.boost[j] / weak.boost[i], weak.boost[i] * weak.boost[j]
                gained = k[i, j] * ratio + annihilation[i, j] / both**2
                lost = annihilation[i, j] + k[i, j] / ratio
                value = gained * (1.0 - S) + lost * S
                if passing > 0.0:
                    value += cosh * source * (nu_nu.gain[a, j] + nu_nu.loss[a, j]) / passing
                J.dense[i, a, j, a] = scale * grid.f[j] * grid.w[j] * value
            total = weak.gain[a, i] + weak.loss[a, i] + cosh * (nu_nu.gain[a, i] + nu_nu.loss[a, i])
            J.dense[i, a, i, a] -= weak.prefactor[i] * total


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
def _fill_asymmetry(x: float, u: Array, n: int, odd: OddWork, J: OddJacobian) -> None:
    """Fill the columns of the averaged L_b."""
    N, c = J.local.shape[0], n * n
    for b in range(N_ACTIVE):
        for i in range(N):
            for k in range(c):
                J.asymmetry[0, b, i, k] = J.asymmetry[1, b, i, k] = 0.0
            for a in range(N_ACTIVE):
                potential = active_potential(a, b, x) * odd.scale[i]
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
def fill_odd_jacobian(s: float, u: Array, tables: Tables, work: Work, odd: OddWork, J: OddJacobian) -> None:
    """Fill everything but L_Q and finite differences, after the right-hand side has been evaluated."""
    J.slope[:] = odd.slope
    _fill_collisions(tables, work, odd, J)
    _fill_asymmetry(np.exp(s), u, work.change.shape[0], odd, J)
    _fill_dark(u, tables.grid, work.dark, odd, J)
    J.leading[0] = _leading(odd.v, work.change.size, J)


@optional_kernel("odd")
def fill_odd_difference(which: int, step: float, odd: OddWork, J: OddJacobian) -> None:
    """Fill the column of scalar ``which``, or -1 the derivative by s, after an evaluation shifted by ``step``."""
    column = J.columns[which] if which >= 0 else J.time
    for k in range(column.size):
        column[k] = (odd.slope[k] - J.slope[k]) / step
