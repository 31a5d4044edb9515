"""Lagrange interpolation used by the tables: cubic on a uniform axis, polynomial on a few Chebyshev nodes."""

from typing import NamedTuple

import numpy as np

from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel, reduction_kernel
from boltzmann.numerics.records import record


@record
class Lattice(NamedTuple):
    """The (ln x, z) lattice on which potentials and nu-e kernels are tabulated.

    ``log_x`` (n_x,) is uniform, ``nodes`` (n_z,) are Chebyshev nodes, exact for polynomials of degree n_z - 1, of the
    range of z from ``z_min`` to ``z_max``: of z itself, or ``logarithmic``, of ln z.
    """

    log_x: Array
    z: Array
    z_min: float
    z_max: float
    nodes: Array
    logarithmic: bool


def lattice(n_x: int = 64, n_z: int = 7, z_min: float = 0.88, z_max: float = 1.46) -> Lattice:
    """Return the lattice covering 0.9e-3 <= x <= 40 and z_min <= z <= z_max."""
    chebyshev = np.cos(np.pi * (np.arange(n_z) + 0.5) / n_z)
    nodes = 0.5 * (z_max + z_min) + 0.5 * (z_max - z_min) * chebyshev
    return Lattice(np.linspace(np.log(0.9e-3), np.log(40.0), n_x), nodes, z_min, z_max, nodes, False)


def wide_lattice() -> Lattice:
    """Return a lattice for plasmas heated by a dark sector, z up to 2.2, or by muons alone, z from 0.85."""
    return lattice(n_z=13, z_min=0.82, z_max=2.2)


def reheated_lattice() -> Lattice:
    """Return a lattice in ln z for plasmas that decays heat by an order of magnitude, z from 0.1 to 1.55."""
    linear = lattice(n_z=25, z_min=float(np.log(0.1)), z_max=float(np.log(1.55)))
    return linear._replace(z=np.exp(linear.nodes), z_min=0.1, z_max=1.55, logarithmic=True)


@kernel
def cubic_start(value: float, start: float, step: float, n: int) -> int:
    """Return the first index of the four-point stencil around ``value`` on a uniform axis of ``n`` points."""
    return min(max(int((value - start) / step) - 1, 0), n - 4)


@kernel
def cubic_weights(value: float, start: float, step: float, first: int) -> tuple[float, float, float, float]:
    """Return the four Lagrange weights of the stencil that begins at index ``first``."""
    t = (value - start) / step - first
    a, b, c = t - 1.0, t - 2.0, t - 3.0
    return -a * b * c / 6.0, 0.5 * t * b * c, -0.5 * t * a * c, t * a * b / 6.0


@kernel
def lagrange_weight(j: int, value: float, nodes: Array) -> float:
    """Return the Lagrange weight of node ``j`` for ``value`` on ``nodes`` (any spacing)."""
    above, below = 1.0, 1.0
    for k in range(nodes.size):
        if k != j:
            above *= value - nodes[k]
            below *= nodes[j] - nodes[k]
    return above / below


@reduction_kernel
def _add_rows(weights: tuple[float, float, float, float], table: Array, first: int, j: int, out: Array) -> None:
    """Add four rows of ``table``, neighbours in ln x, to ``out`` (m,)."""
    w0, w1, w2, w3 = weights
    a, b, c, d = table[first, j], table[first + 1, j], table[first + 2, j], table[first + 3, j]
    for k in range(out.size):
        out[k] += (w0 * a[k] + w1 * b[k]) + (w2 * c[k] + w3 * d[k])


@kernel
def look_up(log_x: float, z: float, grid: Lattice, table: Array, out: Array) -> None:
    """Fill ``out`` (m,) with ``table`` (n_x, n_z, m) interpolated at (ln x, z) of the lattice ``grid``.

    Beyond the last ln x, where e+- have gone, the tables' last values hold: those of neutrinos do not change with x.
    """
    step = grid.log_x[1] - grid.log_x[0]
    log_x = min(log_x, grid.log_x[-1])
    first = cubic_start(log_x, grid.log_x[0], step, grid.log_x.size)
    w0, w1, w2, w3 = cubic_weights(log_x, grid.log_x[0], step, first)
    for k in range(out.size):
        out[k] = 0.0
    place = np.log(z) if grid.logarithmic else z
    for j in range(grid.nodes.size):
        along_z = lagrange_weight(j, place, grid.nodes)
        _add_rows((along_z * w0, along_z * w1, along_z * w2, along_z * w3), table, first, j, out)
