"""The derivative of the equation by s, and with it what J leaves out.

J (`boltzmann.kinetics.jacobian`) neglects how potentials, the Hubble rate and the rates of secret collisions depend on
rho. They depend on a few integrals of it, which change as slowly as the whole does; but a Rosenbrock method has its
order with the exact Jacobian only. With J for the exact one J*, the error of a step begins with (derived: expansions of
the solution and of the method to second order in h)::

    (h^2/2) (J* - J) du/ds

where secret collisions convert 1e-4 for h = 0.03, more than all that error norms are made for. So the derivative of F =
du/ds by s is taken along the way v that the solution goes, less what J says of it::

    dF/ds -> [F(s + e, u + e v) - F(s, u)]/e - J v    =    dF/ds + (J* - J) v

which costs no more evaluations, and with v = du/ds leaves nothing of that error. v is the mean slope of the step
before: the phases of undamped oscillations, most of du/ds, average out in it, and it is off by as much as the slope
changes, O(h). It keeps all sums that the equation keeps. Without a dark sector v = 0, for what J leaves out is small
there (the same 69 steps and N_eff), but not while bins are open: how S_A depends on the N of neighbours, and on E by
its fronts, is not in J, and is multiplied by K. With nu and nubar apart v = 0.
"""

from boltzmann.kinetics.bin_elimination import fill_node
from boltzmann.kinetics.bins import AHEAD, COHERENCES, DELTA, DELTA_S, ROWS, TAKEN
from boltzmann.kinetics.dark_terms import AVERAGING
from boltzmann.kinetics.jacobian import Jacobian, conserve
from boltzmann.kinetics.layout import COMPONENTS, DARK, PASSIVE, STERILE, TAIL
from boltzmann.kinetics.odd_jacobian import fill_odd_difference
from boltzmann.kinetics.qke import rhs
from boltzmann.kinetics.tables import DarkWork, Tables, Work
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.linear import dot_row

DIFFERENCE = 1e-6  # finite difference in s
FASTEST = 100.0  # change of the mediators' energy in an e-fold, over itself, up to which it is followed


@optional_kernel("dark")
def _add_averaged(v: Array, out: Array, J: Jacobian, dark: DarkWork) -> None:
    """Add to ``out`` what V_s and the averaged populations do in J v."""
    N, c = J.passive.shape
    for i in range(N):
        potential, averaged = 0.0, N * c + i
        for j in range(N):
            potential += J.loop[i, j] * v[N * c + j]
        for k in range(c):
            out[i * c + k] += J.coupling[i, k] * potential
        out[averaged] += AVERAGING * (v[i * c + STERILE] - v[averaged])


@kernel
def _add_bin(i: int, v: Array, w: Array, out: Array, J: Jacobian) -> None:
    """Add to ``out`` and fill J.bin_known with what the local block of momentum i does in J v while bins are open."""
    first, rates, known, given, left = COMPONENTS * i, J.bins, J.bin_known, 0.0, 0.0
    L, node, K = J.local[i], J.bin_factors.node, J.bin_factors.rate[0]
    fill_node(i, v, w, node)
    for k in range(3, STERILE):
        out[first + k] += dot_row(L, k, node, 0, COMPONENTS)
    for component in range(9):
        rate = rates.damping[component, i]
        c = -dot_row(L, component, node, 0, COMPONENTS) - rate * node[component]
        taken = w[TAKEN + component, i]
        flow = K * (w[AHEAD + component, i] + (rates.own[component, i] - 1.0) * taken)
        known[TAKEN + component, i] = c - rates.forget[i] * taken
        known[AHEAD + component, i] = c - flow
        if component < 3:
            known[DELTA + component, i] = c - flow - rates.relax[component, i] * w[DELTA + component, i]
            out[first + component] -= flow
            given += flow
            left += c - flow
        else:
            row = COHERENCES + component - 3
            known[row, i] = -flow - rate * w[row, i]
    known[DELTA_S, i] = -left - rates.secret[i] * w[DELTA_S, i]
    out[first + STERILE] += given - rates.secret[i] * v[first + STERILE]


@kernel
def _add_local(i: int, v: Array, w: Array, out: Array, J: Jacobian) -> None:
    """Add to ``out`` what the local block of momentum i does in J v."""
    c = J.local.shape[1]
    if J.bins.on[0] > 0.0:
        _add_bin(i, v, w, out, J)
        return
    L, components = J.local[i], v[i * c : (i + 1) * c]
    for k in range(c):
        out[i * c + k] += dot_row(L, k, components, 0, c)


@kernel
def _add_dense(v: Array, out: Array, J: Jacobian) -> None:
    """Add to ``out`` what collisions with other momenta do in J v."""
    (N, c), d, part = J.passive.shape, J.dense.shape[1], J.dense_part
    dense = J.dense.reshape(N * d, N * d)
    for i in range(N):
        for k in range(d):
            part[i * d + k] = v[i * c + J.order[k]]
    for i in range(N):
        for k in range(d):
            out[i * c + J.order[k]] += dot_row(dense, i * d + k, part, 0, N * d)


@kernel
def product(v: Array, w: Array, out: Array, J: Jacobian, dark: DarkWork | None) -> None:
    """Fill ``out`` (size,), and J.bin_known while bins are open, with J (v, w); ``w`` (ROWS, N) of the block."""
    (N, c), scalars, first = J.passive.shape, J.columns.shape[0], v.size - TAIL
    out[:] = 0.0
    for q in range(scalars):
        for k in range(v.size):
            out[k] += J.columns[q, k] * v[first + q]
    for i in range(N):
        _add_local(i, v, w, out, J)
    for q in range(scalars):
        out[first + q] += dot_row(J.rows.reshape(scalars, N * c), q, v, 0, N * c)
    out[v.size - PASSIVE] += dot_row(J.passive.reshape(1, N * c), 0, v, 0, N * c)
    _add_dense(v, out, J)
    _add_averaged(v, out, J, dark)


@kernel
def _follows_bins(u: Array, v: Array, on: bool, dark: None) -> bool:
    return on


@optional_kernel("dark", otherwise=_follows_bins)
def _follows(u: Array, v: Array, on: bool, dark: DarkWork) -> bool:
    """Return whether ``v`` is followed: with a dark sector, or while bins are open (``on``).

    It must be a small change: not of a sector that starts from nothing, whose e grows at a bound.
    """
    e, change = u[u.size - DARK], v[u.size - DARK]
    return bool(abs(change) < FASTEST * e)


@kernel
def _go_along(v: Array, w: Array, shifted: Array, block: Array) -> None:
    """Shift a state along ``v`` and the ``block`` of bins (ROWS, N) along ``w``."""
    for k in range(v.size):
        shifted[k] += DIFFERENCE * v[k]
    for row in range(ROWS):
        for i in range(w.shape[1]):
            block[row, i] += DIFFERENCE * w[row, i]


@kernel
def _take_off(v: Array, w: Array, known: Array, J: Jacobian, dark: DarkWork | None) -> None:
    """Take off J.time and J.bin_time what J says of (``v``, ``w``); ``known`` (size,) is scratch space."""
    product(v, w, known, J, dark)
    for k in range(v.size):
        J.time[k] -= known[k]
    if J.bins.on[0] > 0.0:
        for row in range(ROWS):
            for i in range(w.shape[1]):
                J.bin_time[row, i] -= J.bin_known[row, i]


@kernel
def fill_time(s: float, u: Array, F: Array, v: Array, w: Array, tables: Tables, work: Work, J: Jacobian) -> None:
    """Fill the derivative by s at (s, u), along ``v`` (size,) and ``w`` (ROWS, N) where they are followed, after J.

    ``F`` = du/ds there; ``v`` and ``w`` are mean slopes of the state and of the block of bins.
    """
    shifted, changed = J.scratch[0], J.scratch[1]
    along = _follows(u, v, work.bins.rates.on[0] > 0.0, work.dark)
    shifted[:] = u
    if along:
        _go_along(v, w, shifted, work.bins.v)
    rhs(s + DIFFERENCE, shifted, tables, work, changed)
    for k in range(u.size):
        J.time[k] = (changed[k] - F[k]) / DIFFERENCE
    for row in range(ROWS):
        for i in range(J.bin_time.shape[1]):
            J.bin_time[row, i] = (work.bins.slope[row, i] - J.bin_slope[row, i]) / DIFFERENCE
    fill_odd_difference(-1, DIFFERENCE, tables.grid, work.odd, J.odd)
    if along:
        _take_off(v, w, shifted, J, work.dark)
    conserve(J.time, tables.grid, work.change.size, work.dark)
