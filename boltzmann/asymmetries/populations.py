"""Populations of levels of nu and nubar and the plasma: one step in s = ln x with given bases.

State u (6N + 2): r/f_FD(y) of nu then nubar, by level and momentum; comoving energy E of the plasma; and
Q = int ds z^4 (R - 3p), so that E + rho_nu - Q is constant to round-off (`boltzmann.plasma.background`).

nu-nu collisions are linear in the change since the beginning of the step (`boltzmann.collisions.lagged` does the same),
in the right-hand side and in its Jacobian alike. RODAS4 as in `boltzmann.kinetics.rodas`.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.asymmetries.electron import add_electron_jacobian, basic_integrals, electron_gain_loss, level_rates
from boltzmann.asymmetries.stages import fill_argument, prepare, solve_stage
from boltzmann.collisions.electron import Electron
from boltzmann.constants import G_F, M_E
from boltzmann.kinetics.rodas import ABSCISSAE
from boltzmann.kinetics.terms import X_WEAK
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel, reduction_kernel
from boltzmann.numerics.momentum import Grid
from boltzmann.plasma.background import Plasma, hubble_rate, plasma_at, temperature

PLASMA = 2  # place of E from the end; Q is the last
LATER = 1e-5  # in s, for the derivative by s


class Frame(NamedTuple):
    """What a step keeps fixed."""

    grid: Grid
    electron: Electron
    plasma: Plasma
    couplings: Array  # (2, 3N, 3N) of `boltzmann.asymmetries.electron`
    start: Array  # (6N,) occupations at which nu-nu collisions are known
    integral: Array  # (6N,) their integral there
    slopes: Array  # (6N, 6N) and its derivative


class Scratch(NamedTuple):
    """Scratch space of an evaluation; N momenta."""

    rates: Array  # (4, N, N)
    flat: Array
    K: Array  # (3N, 3N)
    A: Array
    source: Array  # (4, 3N)
    r: Array  # (2, 3N)
    gain: Array
    loss: Array
    boost: Array  # (N,)
    prefactor: Array
    change: Array  # (6N,)


def scratch(n: int) -> Scratch:
    """Return zeroed scratch space for ``n`` momenta."""
    m = 3 * n
    return Scratch(
        rates=np.zeros((4, n, n)), flat=np.zeros(2 * n * (n + 1)), K=np.zeros((m, m)), A=np.zeros((m, m)),
        source=np.zeros((4, m)), r=np.zeros((2, m)), gain=np.zeros((2, m)), loss=np.zeros((2, m)),
        boost=np.zeros(n), prefactor=np.zeros(n), change=np.zeros(2 * m),
    )  # fmt: skip


@kernel
def background(s: float, u: Array, grid: Grid, plasma: Plasma) -> tuple[float, float, float]:
    """Return x, z and the Hubble rate [MeV] of a state."""
    x, total, n = np.exp(s), u[u.size - PLASMA], grid.y.size
    z = temperature(x, total, plasma)
    for row in range(u.size - 2):
        i = row % n
        total += grid.w[i] * grid.y[i] ** 3 * grid.f[i] * u[row] / (2.0 * np.pi**2)
    return x, z, hubble_rate(x, total)


@kernel
def weak_scale(x: float, rate: float) -> float:
    """Return what turns integrals over y^2 into rates over the Hubble rate; 0 beyond the tables."""
    return float((M_E / x) ** 5 * G_F**2 / (8.0 * np.pi**3 * rate)) if x < X_WEAK else 0.0


@reduction_kernel
def _times(matrix: Array, vector: Array, out: Array) -> None:
    for i in range(vector.size):
        total = 0.0
        for j in range(vector.size):
            total += matrix[i, j] * vector[j]
        out[i] = total


@kernel
def rhs(s: float, u: Array, frame: Frame, work: Scratch, out: Array) -> None:
    """Fill ``out`` with du/ds and ``work`` with its parts."""
    grid, n = frame.grid, frame.grid.y.size
    m = 3 * n
    x, z, rate = background(s, u, grid, frame.plasma)
    scale = weak_scale(x, rate)
    for i in range(n):
        work.prefactor[i], work.boost[i] = scale / grid.y[i] ** 2, np.exp(0.5 * grid.y[i] / z)
    for row in range(2 * m):
        work.r[row // m, row % m] = grid.f[row % n] * u[row]
        work.change[row] = grid.f[row % n] * u[row] - frame.start[row]
    basic_integrals(x, z, frame.electron, work.flat, work.rates)
    level_rates(work.rates, frame.couplings, grid.w, work.K, work.A)
    electron_gain_loss(work.r, work.boost, work.K, work.A, work.source, work.gain, work.loss)
    _times(frame.slopes, work.change, out)
    density, pressure, _ = plasma_at(x / z, frame.plasma)
    heat, taken = z**4 * (density - 3.0 * pressure), 0.0
    for row in range(2 * m):
        i, r = row % n, work.r[row // m, row % m]
        change = (
            work.gain[row // m, row % m] * (1.0 - r) - work.loss[row // m, row % m] * r + frame.integral[row] + out[row]
        )
        out[row] = work.prefactor[i] * change / grid.f[i]
        taken += grid.w[i] * grid.y[i] ** 3 * grid.f[i] * out[row] / (2.0 * np.pi**2)
    out[2 * m], out[2 * m + 1] = heat - taken, heat


@kernel
def _fill_jacobian(s: float, u: Array, F: Array, frame: Frame, work: Scratch, J: Array) -> None:
    """Fill ``J`` after `rhs`: populations analytically, the plasma's column by a difference."""
    grid, n = frame.grid, frame.grid.y.size
    m = 3 * n
    for row in range(2 * m + 2):
        J[2 * m, row] = J[2 * m + 1, row] = J[row, 2 * m + 1] = 0.0
    for row in range(2 * m):
        p = work.prefactor[row % n]
        for col in range(2 * m):
            J[row, col] = p * frame.slopes[row, col]
        J[row, row] -= p * (work.gain[row // m, row % m] + work.loss[row // m, row % m])
    add_electron_jacobian(work.r, work.boost, work.K, work.A, work.prefactor, J)
    for row in range(2 * m):
        i = row % n
        for col in range(2 * m):
            J[row, col] *= grid.f[col % n] / grid.f[i]
            J[2 * m, col] -= grid.w[i] * grid.y[i] ** 3 * grid.f[i] * J[row, col] / (2.0 * np.pi**2)
    moved, changed, step = np.empty(u.size), np.empty(u.size), 1e-6 * u[2 * m]
    for row in range(u.size):
        moved[row] = u[row] + (step if row == 2 * m else 0.0)
    rhs(s, moved, frame, work, changed)
    for row in range(u.size):
        J[row, 2 * m] = (changed[row] - F[row]) / step


@kernel
def advance(s: float, h: float, u: Array, frame: Frame, work: Scratch, U: Array) -> None:
    """Make one RODAS4 step; afterwards U[6] is the state at s + h and U[5] the error."""
    size = u.size
    F, time, J, pivot = np.empty(size), np.empty(size), np.empty((size, size)), np.empty(size, np.int64)
    rhs(s, u, frame, work, F)
    _fill_jacobian(s, u, F, frame, work, J)
    rhs(s + LATER, u, frame, work, time)
    prepare(h, LATER, F, time, J, pivot)
    for i in range(6):
        if i > 0:
            fill_argument(i, u, U)
            rhs(s + ABSCISSAE[i] * h, U[6], frame, work, F)
        solve_stage(i, h, F, time, J, pivot, U)
