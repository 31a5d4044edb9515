"""Time integration: RODAS4, an L-stable Rosenbrock method of order 4(3), with the controls this equation needs.

Coefficients and form: Hairer & Wanner, Solving Ordinary Differential Equations II (1996), sec. IV.7. For u' = F(s, u),
J = dF/du, gamma = 1/4::

    (I/(h gamma) - J) U_i = F(s + al_i h, u + SUM_j a_ij U_j) + SUM_j (c_ij/h) U_j + h g_i dF/ds
    u_new = u + SUM_i m_i U_i,    error = U_6

Controls: the error norm counts populations in the mass basis of H at the end of the step, the plasma energy and the
dark bath's temperature and chemical potential, never the undamped ringing of coherences; the rotation limiter shortens
steps that would jump over an active-sterile resonance (where it is overdamped, D > 2 |H_as|, the step need only resolve
its width D); h <= h_max because H grows as x^3 within a step.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.dark.bath import K_NUMBER, PHANTOM, dark_bath, response
from boltzmann.kinetics.elimination import factorise, solve_linear
from boltzmann.kinetics.jacobian import Jacobian, fill_jacobian
from boltzmann.kinetics.layout import CHARGE, DARK, PLASMA, diagonal, state_size, unpack
from boltzmann.kinetics.qke import rhs
from boltzmann.kinetics.terms import Tables, Work, fill_hamiltonian, refresh_nu_nu
from boltzmann.numerics.arrays import Array, Complex, Index
from boltzmann.numerics.jit import inlined_kernel, kernel
from boltzmann.numerics.linear import eigenbasis
from boltzmann.plasma.background import temperature

GAMMA = 0.25
ABSCISSAE = np.array([0.0, 0.386, 0.21, 0.63, 1.0, 1.0])
TIME_WEIGHTS = np.array([0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0])
A = np.array([
    [0.0, 0.0, 0.0, 0.0, 0.0],
    [1.544, 0.0, 0.0, 0.0, 0.0],
    [0.9466785280815826, 0.2557011698983284, 0.0, 0.0, 0.0],
    [3.314825187068521, 2.896124015972201, 0.9986419139977817, 0.0, 0.0],
    [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 0.0],
    [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0],
])  # fmt: skip
C = np.array([
    [0.0, 0.0, 0.0, 0.0, 0.0],
    [-5.6688, 0.0, 0.0, 0.0, 0.0],
    [-2.430093356833875, -0.2063599157091915, 0.0, 0.0, 0.0],
    [-0.1073529058151375, -9.594562251023355, -20.47028614809616, 0.0, 0.0],
    [7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160, 0.0],
    [8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054],
])  # fmt: skip
# The last stage's argument is u + SUM a_6j U_j, so that u_new = argument + U_6.

FINISHED, RUNNING, STEP_TOO_SMALL, TOO_MANY_STEPS = 0, 1, 2, 3
H_MIN, H_FLOOR = 1e-13, 1e-9  # failure below; the limiter does not go below the floor
BATH = 50.0  # tolerance of ln T_s and eta over rtol: their errors reach the populations, which count themselves
NO_RESONANCE, RESONANCE, OVERDAMPED = 0, 1, 2
LANDAU_ZENER_MIN = 1e-4  # crossings with a smaller exponent are diabatic and may be jumped


class Control(NamedTuple):
    """Tolerances and limits of the integration."""

    rtol: float
    atol: float
    h_max: float
    rotation: float
    s_end: float
    max_steps: int


class Clock(NamedTuple):
    """Mutable counters of a run: ``time`` (3,) holds s, h, just-rejected; ``counts`` (3,) steps, rejected, RHS."""

    time: Array
    counts: Index


class Stages(NamedTuple):
    """Scratch space of a step; m = size of the state, N momenta, n states, k scalar unknowns."""

    F: Array  # (m,) du/ds at the start
    U: Array  # (6, m)
    argument: Array  # (m,)
    buffer: Array  # (d N + k, 1)
    H: Complex  # (N, n, n) at the start of the step
    damping: Array  # (N,) secret damping of coherences there
    basis: Complex  # (2, N, n, n): eigenvectors at start and end
    scratch: Complex  # (2, n, n)
    population: Array  # (n,)
    importance: Array  # (N,)


def _importance(tables: Tables) -> Array:
    """Return how much each momentum counts: with a dark sector, its share of the energy over a tenth of the average.

    From 0.12 to 1: the highest momenta hold nothing, but small errors of T_s are large relative errors there.
    """
    grid = tables.grid
    if not tables.modes.dark:
        return np.ones(grid.y.size)
    energy = grid.w * grid.y**3 * grid.f
    return np.clip(10.0 * grid.y.size * energy / np.sum(energy), 0.12, 1.0)


def empty_stages(tables: Tables, rows: int) -> Stages:
    """Return zeroed scratch space for a step; ``rows``: unknowns of the dense system."""
    N, n = tables.grid.y.size, tables.mass_matrix.shape[0]
    m = state_size(N, n, tables.modes.dark)
    return Stages(
        np.zeros(m), np.zeros((6, m)), np.zeros(m), np.zeros((rows, 1)), np.zeros((N, n, n), complex), np.zeros(N),
        np.zeros((2, N, n, n), complex), np.zeros((2, n, n), complex), np.zeros(n), _importance(tables),
    )  # fmt: skip


@kernel
def _admissible(s: float, u: Array, tables: Tables) -> bool:
    """Return whether a state's plasma temperature lies within the tables and its dark energy is positive."""
    if tables.modes.dark and not u[u.size - DARK] > 0.0:
        return False
    lattice = tables.potentials.lattice
    return lattice.z_min < temperature(np.exp(s), u[u.size - PLASMA], tables.plasma) < lattice.z_max


@inlined_kernel
def _stage(i: int, s: float, h: float, u: Array, tables: Tables, work: Work, J: Jacobian, stages: Stages) -> bool:
    """Compute U_i; return whether the stage's argument was admissible."""
    shift, argument, b = 1.0 / (h * GAMMA), stages.argument, stages.U[i]
    if i == 0:
        b[:] = stages.F
    else:
        argument[:] = u
        for j in range(i):
            if A[i, j] != 0.0:
                argument += A[i, j] * stages.U[j]
        if not _admissible(s + ABSCISSAE[i] * h, argument, tables):
            return False
        refresh_nu_nu(argument, tables, work)
        rhs(s + ABSCISSAE[i] * h, argument, tables, work, b)
    for j in range(i):
        b += C[i, j] / h * stages.U[j]
    if TIME_WEIGHTS[i] != 0.0:
        b += h * TIME_WEIGHTS[i] * J.time
    solve_linear(shift, J, b, stages.buffer)
    return True


@inlined_kernel
def attempt(s: float, h: float, u: Array, tables: Tables, work: Work, J: Jacobian, stages: Stages) -> bool:
    """Make one RODAS4 step; afterwards u_new = stages.argument and the error is stages.U[5]. Return success."""
    factorise(1.0 / (h * GAMMA), J)
    for i in range(6):
        if not _stage(i, s, h, u, tables, work, J, stages):
            return False
    stages.argument[:] += stages.U[5]
    return _admissible(s + h, stages.argument, tables) and np.isfinite(np.sum(stages.argument))


@kernel
def _diagonal_in(basis: Complex, rho: Complex, out: Array) -> None:
    """Fill ``out`` (n,) with the diagonal of basis^dagger rho basis."""
    n = rho.shape[0]
    for k in range(n):
        total = 0.0
        for a in range(n):
            for b in range(n):
                total += (np.conj(basis[a, k]) * rho[a, b] * basis[b, k]).real
        out[k] = total


@kernel
def _bath_error(s: float, control: Control, tables: Tables, work: Work, stages: Stages) -> float:
    """Return the squared norm of the error of ln T_s and eta at the end of the step.

    They count as far as anything depends on them: secret rates and potential over the Hubble rate, at most 1.
    """
    u, error = stages.argument, stages.U[5]
    coupled = np.max(work.secret[0]) + np.max(np.abs(work.potential)) + np.max(work.decay)
    tolerance = BATH * control.rtol / min(1.0, coupled + 1e-10)
    bath = dark_bath(np.exp(s), u[u.size - DARK], u[u.size - CHARGE], tables.dark, work.hint)
    d_log, d_eta = response(bath, error[u.size - DARK], error[u.size - CHARGE])
    return float((d_log / tolerance) ** 2 + (d_eta / (tolerance * (1.0 + abs(bath.eta)))) ** 2)


@kernel
def _error_norm(s: float, control: Control, tables: Tables, work: Work, stages: Stages) -> float:
    """Return the norm of the step's error: root mean square over mass-basis populations, E, and the dark bath."""
    N, n = stages.H.shape[0], stages.H.shape[1]
    size, plasma = n * n, stages.argument.size - PLASMA
    error, total = stages.U[5], 0.0
    for i in range(N):
        unpack(error[i * size : (i + 1) * size], 1.0, stages.scratch[0])
        unpack(stages.argument[i * size : (i + 1) * size], 1.0, stages.scratch[1])
        _diagonal_in(stages.basis[1, i], stages.scratch[0], stages.population)
        for k in range(n):
            occupied = 0.0
            for a in range(n):
                occupied += abs(stages.basis[1, i, a, k]) ** 2 * stages.scratch[1][a, a].real
            total += (stages.importance[i] * stages.population[k] / (control.atol + control.rtol * abs(occupied))) ** 2
    by_scalars = (error[plasma] / (control.rtol * stages.argument[plasma])) ** 2
    if tables.modes.dark:
        by_scalars += _bath_error(s, control, tables, work, stages)
    return float(np.sqrt(total / (N * n) + by_scalars))


@kernel
def _fill_end_basis(H: Complex, stages: Stages) -> None:
    """Fill the eigenvectors of all momenta at the end of the step."""
    for i in range(H.shape[0]):
        stages.scratch[0][:] = H[i]
        eigenbasis(stages.scratch[0], stages.basis[1, i])


@kernel
def _resonance(before: Complex, after: Complex, h: float, damping: float) -> int:
    """Return how one momentum meets active-sterile resonances in the step.

    NO_RESONANCE: none, or diabatic; OVERDAMPED: one that the step jumps over although it is broad; else RESONANCE.
    """
    result = NO_RESONANCE
    for a in range(3):
        d0, d1 = (before[3, 3] - before[a, a]).real, (after[3, 3] - after[a, a]).real
        coupling = abs(before[a, 3])
        near = d0 * d1 < 0.0 or min(abs(d0), abs(d1)) < 20.0 * coupling
        if near and 2.0 * np.pi * coupling**2 * h > LANDAU_ZENER_MIN * abs(d1 - d0):
            if damping <= 2.0 * coupling:
                result = RESONANCE
            elif d0 * d1 < 0.0 and abs(d1 - d0) > 3.0 * damping:
                return OVERDAMPED
    return result


@kernel
def _rotated_population(start: Complex, end: Complex, rho: Complex, scratch: Complex, population: Array) -> float:
    """Return max over k != l of |<k(start)|l(end)>|^2 |p_k - p_l|."""
    n = rho.shape[0]
    scratch[:] = rho
    _diagonal_in(start, scratch, population)
    largest = 0.0
    for k in range(n):
        for m in range(n):
            overlap = 0.0j
            for a in range(n):
                overlap += np.conj(start[a, k]) * end[a, m]
            largest = max(largest, abs(overlap) ** 2 * abs(population[k] - population[m]))
    return largest


@kernel
def _unequal(u: Array, i: int, n: int) -> float:
    """Return the largest difference between the sterile and an active population of momentum i."""
    largest = 0.0
    for a in range(3):
        largest = max(largest, abs(u[i * n * n + diagonal(a)] - u[i * n * n + diagonal(3)]))
    return largest


@kernel
def _rotates_too_far(u: Array, h: float, H_end: Complex, control: Control, stages: Stages) -> bool:
    """Return whether the step would turn the eigenstates too far at a resonance."""
    n = H_end.shape[1]
    if n < 4:
        return False
    for i in range(H_end.shape[0]):
        kind = _resonance(stages.H[i], H_end[i], h, stages.damping[i])
        if kind == NO_RESONANCE:
            continue
        if kind == OVERDAMPED:
            turned = _unequal(u, i, n)
        else:
            for which, H in enumerate((stages.H[i], H_end[i])):
                stages.scratch[0][:] = H
                eigenbasis(stages.scratch[0], stages.basis[which, i])
            unpack(u[i * n * n : (i + 1) * n * n], 1.0, stages.scratch[0])
            turned = _rotated_population(
                stages.basis[0, i], stages.basis[1, i], stages.scratch[0], stages.scratch[1], stages.population
            )
        if stages.importance[i] * turned > control.rotation:
            return True
    return False


@kernel
def _predict(u: Array, h: float, F: Array, predicted: Array) -> None:
    """Fill ``predicted`` with the state after a step: the old one, but e and n by their derivatives."""
    predicted[:] = u
    e, n = u[u.size - DARK], u[u.size - CHARGE]
    change = h * F[u.size - DARK]
    predicted[u.size - DARK] += min(max(change, -0.5 * e), e)
    change, limit = h * F[u.size - CHARGE], 0.5 * abs(n) + PHANTOM * K_NUMBER
    predicted[u.size - CHARGE] += min(max(change, -limit), limit)


@inlined_kernel
def _limited_step(s: float, h: float, u: Array, control: Control, tables: Tables, work: Work, stages: Stages) -> float:
    """Return the step after the rotation limiter; work.H is that at its end (potentials there, old rho)."""
    while True:
        _predict(u, h, stages.F, stages.argument)
        fill_hamiltonian(s + h, stages.argument, tables, work)
        if h <= H_FLOOR or not _rotates_too_far(u, h, work.H, control, stages):
            return h
        h *= 0.5


@inlined_kernel
def step(u: Array, control: Control, clock: Clock, tables: Tables, work: Work, J: Jacobian, stages: Stages) -> int:
    """Advance ``u`` by one accepted step; return RUNNING, or STEP_TOO_SMALL."""
    s = clock.time[0]
    refresh_nu_nu(u, tables, work)
    rhs(s, u, tables, work, stages.F)
    stages.H[:] = work.H
    stages.damping[:] = 0.5 * work.secret[0]
    fill_jacobian(s, u, stages.F, tables, work, J)
    clock.counts[2] += 2 + J.columns.shape[0]
    while True:
        h = min(clock.time[1], control.h_max, control.s_end - s)
        if h < H_MIN and control.s_end - s > H_MIN:
            return STEP_TOO_SMALL
        h = _limited_step(s, h, u, control, tables, work, stages)
        if not tables.modes.dark:
            _fill_end_basis(work.H, stages)
        clock.counts[2] += 5
        error = np.inf
        if attempt(s, h, u, tables, work, J, stages):
            if tables.modes.dark:  # V_s follows rho_ss, at resonances the basis of the prediction would be another
                fill_hamiltonian(s + h, stages.argument, tables, work)
                _fill_end_basis(work.H, stages)
            error = _error_norm(s + h, control, tables, work, stages)
            if not error < np.inf:  # NaN too: a smaller step, not the same one for ever
                error = np.inf
        factor = min(max(0.9 * error**-0.25, 0.2), 5.0) if error > 0.0 else 5.0
        if error <= 1.0:
            break
        clock.time[1], clock.time[2] = h * factor, 1.0
        clock.counts[1] += 1
    u[:] = stages.argument
    clock.time[0] = s + h
    clock.time[1] = h * (min(factor, 1.0) if clock.time[2] > 0.0 else factor)
    clock.time[2] = 0.0
    clock.counts[0] += 1
    return RUNNING


@kernel
def advance(
    u: Array, control: Control, clock: Clock, tables: Tables, work: Work, J: Jacobian, stages: Stages, history: Array
) -> tuple[int, int]:
    """Make steps until the end, a failure, or ``history`` (rows: s, then the state) is full.

    Returns
    -------
    status : int
        FINISHED, RUNNING (history full), STEP_TOO_SMALL or TOO_MANY_STEPS.
    rows : int
        Rows of ``history`` filled.
    """
    for row in range(history.shape[0]):
        status = step(u, control, clock, tables, work, J, stages)
        if status != RUNNING:
            return status, row
        history[row, 0] = clock.time[0]
        history[row, 1:] = u
        if clock.time[0] >= control.s_end - H_MIN:
            return FINISHED, row + 1
        if clock.counts[0] >= control.max_steps:
            return TOO_MANY_STEPS, row + 1
    return RUNNING, history.shape[0]
