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
there (the same 69 steps and N_eff); so it is while bins are open, or nu and nubar apart, where how their blocks depend
on the density matrices is not in J.
"""

from boltzmann.kinetics.bins import ROWS
from boltzmann.kinetics.dark_terms import AVERAGING
from boltzmann.kinetics.jacobian import Jacobian, conserve
from boltzmann.kinetics.layout import DARK, PASSIVE, STERILE, TAIL
from boltzmann.kinetics.odd_jacobian import fill_odd_difference
from boltzmann.kinetics.qke import rhs
from boltzmann.kinetics.tables import DarkWork, Tables, Work
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel, optional_kernel

DIFFERENCE = 1e-6  # finite difference in s
FASTEST = 100.0  # change of the mediators' energy in an e-fold, over itself, up to which it is followed


@kernel
def _add_averaged(v: Array, out: Array, J: Jacobian) -> None:
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
def product(v: Array, out: Array, J: Jacobian) -> None:
    """Fill ``out`` (size,) with J v, of a run with a dark sector."""
    (N, c), d, scalars, first = J.passive.shape, J.dense.shape[1], J.columns.shape[0], v.size - TAIL
    for k in range(v.size):
        out[k] = 0.0
        for q in range(scalars):
            out[k] += J.columns[q, k] * v[first + q]
    for i in range(N):
        for k in range(c):
            for m in range(c):
                out[i * c + k] += J.local[i, k, m] * v[i * c + m]
            for q in range(scalars):
                out[first + q] += J.rows[q, i, k] * v[i * c + k]
            out[v.size - PASSIVE] += J.passive[i, k] * v[i * c + k]
        for k in range(d):
            for j in range(N):
                for m in range(d):
                    out[i * c + J.order[k]] += J.dense[i, k, j, m] * v[j * c + J.order[m]]
    _add_averaged(v, out, J)


@optional_kernel("dark", otherwise=False)
def _follows(u: Array, v: Array, dark: DarkWork) -> bool:
    """Return whether ``v`` is a small change: not of a sector that starts from nothing, whose e grows at a bound."""
    e, change = u[u.size - DARK], v[u.size - DARK]
    return bool(abs(change) < FASTEST * e)


@optional_kernel("dark")
def _go_along(v: Array, shifted: Array, dark: DarkWork) -> None:
    """Shift a state along ``v``."""
    for k in range(v.size):
        shifted[k] += DIFFERENCE * v[k]


@optional_kernel("dark")
def _take_off(v: Array, known: Array, J: Jacobian, dark: DarkWork) -> None:
    """Take off J.time what J says of ``v``; ``known`` (size,) is scratch space."""
    product(v, known, J)
    for k in range(v.size):
        J.time[k] -= known[k]


@kernel
def fill_time(s: float, u: Array, F: Array, v: Array, tables: Tables, work: Work, J: Jacobian) -> None:
    """Fill the derivative by s at (s, u), along ``v`` (size,) with a dark sector, after J; ``F`` = du/ds there."""
    shifted, changed = J.scratch[0], J.scratch[1]
    along = not work.bins.rates.on[0] > 0.0 and _follows(u, v, work.dark)
    shifted[:] = u
    if along:
        _go_along(v, shifted, work.dark)
    rhs(s + DIFFERENCE, shifted, tables, work, changed)
    for k in range(u.size):
        J.time[k] = (changed[k] - F[k]) / DIFFERENCE
    for row in range(ROWS):
        for i in range(J.bin_time.shape[1]):
            J.bin_time[row, i] = (work.bins.slope[row, i] - J.bin_slope[row, i]) / DIFFERENCE
    fill_odd_difference(-1, DIFFERENCE, tables.grid, work.odd, J.odd)
    if along:
        _take_off(v, shifted, J, work.dark)
    conserve(J.time, tables.grid, work.change.size, work.dark)
