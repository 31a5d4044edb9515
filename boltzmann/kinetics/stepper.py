"""Time integration: steps of `boltzmann.kinetics.rodas`, as long as `boltzmann.kinetics.control` lets them be.

h <= h_max because H grows as x^3 within a step. The block of `boltzmann.kinetics.bins` opens and closes between steps.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.kinetics.bins import ROWS, Fronts, has_front, may_close, open_bins, until_edge
from boltzmann.kinetics.control import correct_basis, error_norm, fill_end_basis, predict, rotates_too_far
from boltzmann.kinetics.dark_terms import begin_energy, end_energy, forget_energy, secret_damping
from boltzmann.kinetics.drift import fill_time
from boltzmann.kinetics.field import longest_step
from boltzmann.kinetics.jacobian import Jacobian, fill_jacobian
from boltzmann.kinetics.layout import N_ACTIVE
from boltzmann.kinetics.limits import Control
from boltzmann.kinetics.matter import predict_matter
from boltzmann.kinetics.odd import OddStages, OddWork
from boltzmann.kinetics.odd_control import keep_both, return_rounding
from boltzmann.kinetics.qke import rhs
from boltzmann.kinetics.rodas import BinStages, Stages, attempt
from boltzmann.kinetics.tables import DarkWork, Tables, Work
from boltzmann.kinetics.terms import fill_hamiltonian, refresh_nu_nu
from boltzmann.numerics.arrays import Array, Index
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.momentum import Grid
from boltzmann.numerics.records import record

FINISHED, RUNNING, STEP_TOO_SMALL, TOO_MANY_STEPS = 0, 1, 2, 3
H_MIN, H_FLOOR = 1e-13, 1e-9  # failure below; the limiter does not go below the floor
SHORT = 0.1  # of 1/K: steps that do not see a kink of what bins take over


@record
class Clock(NamedTuple):
    """Mutable counters of a run: ``time`` (3,) holds s, h, just-rejected; ``counts`` (3,) steps, rejected, RHS."""

    time: Array
    counts: Index


@kernel
def _look_ahead(s: float, h: float, u: Array, tables: Tables, work: Work, stages: Stages) -> None:
    """Fill work.H with that at the end of the step: potentials there, old rho."""
    stages.argument[:] = u
    predict(u, h, stages.F, stages.argument, work.dark)
    predict_matter(h, stages.F, tables.matter, stages.argument)
    fill_hamiltonian(s + h, stages.argument, tables, work)


@kernel
def _limited_step(s: float, h: float, u: Array, control: Control, tables: Tables, work: Work, stages: Stages) -> float:
    """Return the step after the rotation limiter and up to a bin's edge; work.H is that at its end."""
    while True:
        _look_ahead(s, h, u, tables, work, stages)
        if h <= H_FLOOR or not rotates_too_far(u, h, control, work, work.odd, stages.both, stages.odd, stages):
            break
        h *= 0.5
    part = until_edge(stages.H, work.H, tables.fronts, work.bins) if work.bins.rates.on[0] > 0.0 else 1.0
    if part < 1.0 and h * part * tables.fronts.rate > SHORT:
        h *= part
        _look_ahead(s, h, u, tables, work, stages)
    return h


@kernel
def _fill_damping(coefficient: Array, work: Work, damping: Array) -> None:
    """Fill ``damping`` (N,) of nu_e-nu_s coherences by all collisions; zero for three states."""
    for i in range(damping.size if coefficient.shape[0] > N_ACTIVE else 0):
        damping[i] = secret_damping(i, work.dark) + work.weak.damping[i] * coefficient[0, 3]


@kernel
def _switches(u: Array, fronts: Fronts, work: Work, stages: Stages) -> bool:
    """Open or close the block of bins if that is due, for a step from stages.H to work.H; return whether it was."""
    bins, v, damping = work.bins, stages.bins.v, stages.damping
    if not fronts.allowed:
        return False
    front = has_front(stages.H, damping, fronts.by_mass, bins) or has_front(work.H, damping, fronts.by_mass, bins)
    if bins.rates.on[0] > 0.0 and not front and may_close(v):
        bins.rates.on[0] = 0.0
        return True
    if front and not bins.rates.on[0] > 0.0:
        bins.rates.on[0] = 1.0
        open_bins(u, v)
        stages.bins.slope[:] = 0.0
        return True
    return False


@optional_kernel("block")
def _enter_odd(odd: OddWork, block: OddStages) -> None:
    """Evaluate at the odd block of the step's start."""
    odd.v[:] = block.v


@optional_kernel("block")
def _try_odd(odd: OddWork, block: OddStages) -> None:
    """Evaluate at the odd block of the step's end."""
    odd.v[:] = block.argument


@optional_kernel("block")
def _accept_odd(block: OddStages) -> None:
    """Take over the odd block of the step's end."""
    block.v[:] = block.argument


@optional_kernel("block")
def _record_odd(row: Array, size: int, block: OddStages) -> None:
    """Write the odd block behind the state."""
    row[1 + size :] = block.v


@kernel
def _begin(s: float, u: Array, tables: Tables, work: Work, J: Jacobian, stages: Stages) -> None:
    """Evaluate the equation and its Jacobian at the start of a step."""
    work.bins.v[:] = stages.bins.v
    _enter_odd(work.odd, stages.odd)
    forget_energy(work.dark)
    refresh_nu_nu(u, tables, work)
    rhs(s, u, tables, work, stages.F)
    stages.H[:] = work.H
    keep_both(work.H, work.odd, stages.both)
    _fill_damping(tables.damping.coefficient, work, stages.damping)
    if not work.bins.rates.on[0] > 0.0:
        begin_energy(np.exp(s), work.rho, tables.dark, work.dark)
    fill_jacobian(s, u, stages.F, tables, work, J)
    fill_time(s, u, stages.F, stages.slope, stages.bins.slope, tables, work, J)


@kernel
def _mean_slope(h: float, u: Array, stages: Stages, odd: None) -> None:
    for k in range(u.size):
        stages.slope[k] = (stages.argument[k] - u[k]) / h


@optional_kernel("odd", otherwise=_mean_slope)
def _keep_slope(h: float, u: Array, stages: Stages, odd: OddStages) -> None:
    """Keep the mean slope of a step from ``u``, for `boltzmann.kinetics.drift`; with both signs it stays zero."""


@optional_kernel("dark")
def _end_dark(grid: Grid, stages: Stages, dark: DarkWork) -> None:
    """Account for sums at the end of a step."""
    end_energy(stages.argument, dark)
    return_rounding(grid, stages.node.shape[0], stages.argument, stages.odd)


@kernel
def _accept_bins(h: float, bins: BinStages) -> None:
    """Take over the block of bins of the step's end, and keep its mean slope."""
    for row in range(ROWS):
        for i in range(bins.v.shape[1]):
            bins.slope[row, i] = (bins.argument[row, i] - bins.v[row, i]) / h
    bins.v[:] = bins.argument


@kernel
def step(u: Array, control: Control, clock: Clock, tables: Tables, work: Work, J: Jacobian, stages: Stages) -> int:
    """Advance ``u`` by one accepted step; return RUNNING, or STEP_TOO_SMALL."""
    s, begun, decided = clock.time[0], False, False
    while True:
        if not begun:
            _begin(s, u, tables, work, J, stages)
            clock.counts[2] += 2 + J.columns.shape[0]
            begun = True
        h = min(clock.time[1], control.h_max, longest_step(s, tables.field), control.s_end - s)
        if h < H_MIN and control.s_end - s > H_MIN:
            return STEP_TOO_SMALL
        work.bins.v[:] = stages.bins.v
        _enter_odd(work.odd, stages.odd)
        h = _limited_step(s, h, u, control, tables, work, stages)
        if not decided and _switches(u, tables.fronts, work, stages):
            begun, decided = False, True
            continue
        decided = True
        fill_end_basis(work, work.odd, stages.both, stages)
        clock.counts[2] += 5
        error = np.inf
        if attempt(s, h, u, tables, work, J, stages):
            work.bins.v[:] = stages.bins.argument
            _try_odd(work.odd, stages.odd)
            correct_basis(s + h, tables, work, work.odd, stages.both, stages)
            error = error_norm(s + h, control, tables, work, stages)
            if not error < np.inf:  # NaN too: a smaller step, not the same one for ever
                error = np.inf
        factor = min(max(0.9 * error**-0.25, 0.2), 5.0) if error > 0.0 else 5.0
        if error <= 1.0:
            break
        clock.time[1], clock.time[2] = h * factor, 1.0
        clock.counts[1] += 1
    _keep_slope(h, u, stages, stages.odd)
    _end_dark(tables.grid, stages, work.dark)
    u[:] = stages.argument
    if work.bins.rates.on[0] > 0.0:
        _accept_bins(h, stages.bins)
    _accept_odd(stages.odd)
    clock.time[0] = s + h
    clock.time[1] = h * (min(factor, 1.0) if clock.time[2] > 0.0 else factor)
    clock.time[2] = 0.0
    clock.counts[0] += 1
    return RUNNING


@kernel
def advance(
    u: Array, control: Control, clock: Clock, tables: Tables, work: Work, J: Jacobian, stages: Stages, history: Array
) -> tuple[int, int]:
    """Make steps until the end, a failure, or ``history`` (rows: s, state, odd block) is full.

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
        history[row, 1 : 1 + u.size] = u
        _record_odd(history[row], u.size, stages.odd)
        if clock.time[0] >= control.s_end - H_MIN:
            return FINISHED, row + 1
        if clock.counts[0] >= control.max_steps:
            return TOO_MANY_STEPS, row + 1
    return RUNNING, history.shape[0]
