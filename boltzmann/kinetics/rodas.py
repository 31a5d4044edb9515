"""RODAS4, an L-stable Rosenbrock method of order 4(3).

Coefficients and form: Hairer & Wanner, Solving Ordinary Differential Equations II (1996), sec. IV.7. For u' = F(s, u),
J = dF/du, gamma = 1/4::

    (I/(h gamma) - J) U_i = F(s + al_i h, u + SUM_j a_ij U_j) + SUM_j (c_ij/h) U_j + h g_i dF/ds
    u_new = u + SUM_i m_i U_i,    error = U_6
"""

from typing import NamedTuple

import numpy as np

from boltzmann.kinetics.bins import ROWS, Bins
from boltzmann.kinetics.jacobian import Jacobian
from boltzmann.kinetics.layout import DARK, PLASMA, state_size
from boltzmann.kinetics.odd import OddControl, OddStages, OddWork, empty_odd_control, empty_odd_stages
from boltzmann.kinetics.odd_elimination import factorise, solve_linear
from boltzmann.kinetics.odd_jacobian import OddJacobian
from boltzmann.kinetics.qke import rhs
from boltzmann.kinetics.tables import DarkSector, Tables, Work
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.records import record
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
LAST = 5
# The last stage's argument is u + SUM a_6j U_j, so that u_new = argument + U_6.


@record
class BinStages(NamedTuple):
    """The block of bins (`boltzmann.kinetics.bins`) in a step."""

    v: Array  # (ROWS, N) at the start
    U: Array  # (6, ROWS, N)
    argument: Array  # (ROWS, N)
    slope: Array  # (ROWS, N) mean dv/ds of the step before


@record
class Stages(NamedTuple):
    """Scratch space of a step; m = size of the state, N momenta, n states, k scalar unknowns."""

    F: Array  # (m,) du/ds at the start
    slope: Array  # (m,) mean du/ds of the step before
    U: Array  # (6, m)
    argument: Array  # (m,)
    buffer: Array  # (d N + k,)
    H: Complex  # (N, n, n) at the start of the step
    damping: Array  # (N,) damping of active-sterile coherences there
    basis: Complex  # (2, N, n, n): eigenvectors at start and end
    scratch: Complex  # (2, n, n)
    node: Complex  # (n, n)
    population: Array  # (n,)
    importance: Array  # (N,) how much each momentum counts
    share: Array  # (N,) the same while bins are open
    bins: BinStages
    odd: OddStages | None
    both: OddControl | None


def _share(tables: Tables) -> Array:
    """Return the share of each momentum in the energy over a tenth of the average, from 0.12 to 1.

    The highest momenta hold nothing, but with a dark sector small errors of T_s are large relative errors there.
    """
    energy = tables.grid.w * tables.grid.y**3 * tables.grid.f
    return np.clip(10.0 * energy.size * energy / np.sum(energy), 0.12, 1.0)


def empty_stages(tables: Tables, rows: int) -> Stages:
    """Return zeroed scratch space for a step; ``rows``: unknowns of the dense system."""
    N, n = tables.grid.y.size, tables.n_states
    m = state_size(N, n, tables.dark is not None)
    return Stages(
        F=np.zeros(m),
        slope=np.zeros(m),
        U=np.zeros((6, m)),
        argument=np.zeros(m),
        buffer=np.zeros(rows),
        H=np.zeros((N, n, n), complex),
        damping=np.zeros(N),
        basis=np.tile(np.eye(n, dtype=complex), (2, N, 1, 1)),
        scratch=np.zeros((2, n, n), complex),
        node=np.zeros((n, n), complex),
        population=np.zeros(n),
        importance=np.ones(N) if tables.dark is None else _share(tables),
        share=_share(tables),
        bins=BinStages(np.zeros((ROWS, N)), np.zeros((6, ROWS, N)), np.zeros((ROWS, N)), np.zeros((ROWS, N))),
        odd=empty_odd_stages(N, n, tables.dark is not None) if tables.odd is not None else None,
        both=empty_odd_control(N, n) if tables.odd is not None else None,
    )


@optional_kernel("sector", otherwise=True)
def _has_bath(u: Array, sector: DarkSector) -> bool:
    """Return whether the dark energy of a state is positive."""
    return bool(u[u.size - DARK] > 0.0)


@kernel
def _admissible(s: float, u: Array, tables: Tables) -> bool:
    """Return whether a state's plasma temperature lies within the tables and its dark energy is positive."""
    if not _has_bath(u, tables.dark):
        return False
    lattice = tables.potentials.lattice
    return lattice.z_min < temperature(np.exp(s), u[u.size - PLASMA], tables.plasma) < lattice.z_max


@kernel
def _add_stages(i: int, scale: float, weights: Array, U: Array, out: Array) -> None:
    """Add ``scale`` SUM_j<i weights_ij U_j to ``out`` (m,); ``U`` (6, m)."""
    for j in range(i):
        weight = scale * weights[i, j]
        for k in range(out.size if weight != 0.0 else 0):
            out[k] += weight * U[j, k]


@kernel
def _begin(i: int, start: Array, U: Array, argument: Array) -> None:
    """Fill the ``argument`` (m,) of stage i; that of the last is the one before it plus U_5 (see A)."""
    if i < LAST:
        argument[:] = start
        _add_stages(i, 1.0, A, U, argument)
        return
    for k in range(argument.size):
        argument[k] += U[LAST - 1, k]


@kernel
def _source(i: int, h: float, slope: Array, time: Array, U: Array) -> None:
    """Fill the right-hand side of stage i, U_i, from du/ds = ``slope`` (m,) and its derivative ``time`` by s."""
    b, weight = U[i], h * TIME_WEIGHTS[i]
    for k in range(b.size):
        b[k] = slope[k] + weight * time[k]
    _add_stages(i, 1.0 / h, C, U, b)


@kernel
def _begin_bins(i: int, bins: BinStages, work: Bins) -> None:
    """Fill the block's argument of stage i, as which it is evaluated."""
    if work.rates.on[0] > 0.0:
        m = bins.v.size
        _begin(i, bins.v.reshape(m), bins.U.reshape(LAST + 1, m), bins.argument.reshape(m))
        work.v[:] = bins.argument


@kernel
def _source_bins(i: int, h: float, slope: Array, time: Array, bins: BinStages, work: Bins) -> None:
    """Fill the block's right-hand side of stage i from dv/ds = ``slope`` (ROWS, N) and its derivative ``time`` by s."""
    if work.rates.on[0] > 0.0:
        m = bins.v.size
        _source(i, h, slope.reshape(m), time.reshape(m), bins.U.reshape(LAST + 1, m))


@optional_kernel("block")
def _begin_odd(i: int, block: OddStages, odd: OddWork) -> None:
    """Fill the odd block's argument of stage i, as which it is evaluated."""
    _begin(i, block.v, block.U, block.argument)
    odd.v[:] = block.argument


@optional_kernel("block")
def _source_odd(i: int, h: float, block: OddStages, odd: OddWork, J: OddJacobian) -> None:
    """Fill the odd block's right-hand side of stage i."""
    _source(i, h, odd.slope if i > 0 else J.slope, J.time, block.U)


@optional_kernel("block")
def _end_odd(block: OddStages) -> None:
    """Fill the odd block at the end of the step."""
    for k in range(block.v.size):
        block.argument[k] += block.U[5, k]


@kernel
def _stage(i: int, s: float, h: float, u: Array, tables: Tables, work: Work, J: Jacobian, stages: Stages) -> bool:
    """Compute U_i; return whether the stage's argument was admissible."""
    shift, argument, b = 1.0 / (h * GAMMA), stages.argument, stages.U[i]
    _begin_bins(i, stages.bins, work.bins)
    _begin_odd(i, stages.odd, work.odd)
    if i > 0:
        _begin(i, u, stages.U, argument)
        if not _admissible(s + ABSCISSAE[i] * h, argument, tables):
            return False
        rhs(s + ABSCISSAE[i] * h, argument, tables, work, b)
    _source(i, h, b if i > 0 else stages.F, J.time, stages.U)
    _source_bins(i, h, work.bins.slope if i > 0 else J.bin_slope, J.bin_time, stages.bins, work.bins)
    _source_odd(i, h, stages.odd, work.odd, J.odd)
    solve_linear(shift, i, J, b, stages.bins.U[i], stages.buffer, J.odd, stages.odd)
    return True


@kernel
def attempt(s: float, h: float, u: Array, tables: Tables, work: Work, J: Jacobian, stages: Stages) -> bool:
    """Make one RODAS4 step; afterwards u_new = stages.argument and the error is stages.U[5]. Return success."""
    factorise(1.0 / (h * GAMMA), J, J.odd)
    for i in range(LAST + 1):
        if not _stage(i, s, h, u, tables, work, J, stages):
            return False
    stages.argument[:] += stages.U[5]
    stages.bins.argument[:] += stages.bins.U[5]
    _end_odd(stages.odd)
    return _admissible(s + h, stages.argument, tables) and np.isfinite(np.sum(stages.argument))
