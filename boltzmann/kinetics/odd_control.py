"""What decides on the length of a step with both signs: `boltzmann.kinetics.control` for nu and for nubar.

The asymmetry of the sterile state, minus that of all active ones, counts too: an L-stable method damps a growing mode
that it need not resolve (h times its exponent above 3), and the run would stay on the unstable symmetric branch. How
the active ones share theirs does not count: flavour oscillations of 1e-6 of it would have to be resolved.
"""

import numpy as np

from boltzmann.kinetics.layout import N_ACTIVE, diagonal, unpack
from boltzmann.kinetics.limits import NO_RESONANCE, Control, population_error, resonance, turned_too_far
from boltzmann.kinetics.odd import OddControl, OddStages, OddWork
from boltzmann.kinetics.rodas import Stages
from boltzmann.kinetics.tables import Tables
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.linear import update_eigenbasis
from boltzmann.numerics.momentum import Grid

RELATIVE, ABSOLUTE = 1e-2, 1e-10  # tolerances of n_s - nbar_s, comoving
ROUNDING = 1e-9  # of the number of neutrinos, in a step; the most that was seen in a whole run is 1e-10


@kernel
def _add_signs(even: Complex, mixed: Complex, sign: float, out: Complex) -> None:
    """Fill ``out`` (n, n) with even + sign mixed."""
    for a in range(even.shape[0]):
        for b in range(even.shape[0]):
            out[a, b] = even[a, b] + sign * mixed[a, b]


@optional_kernel("both")
def keep_both(P: Complex, odd: OddWork, both: OddControl) -> None:
    """Keep the Hamiltonians of both signs at the start of a step."""
    for which in range(2):
        for i in range(P.shape[0]):
            _add_signs(P[i], odd.Q[i], 1.0 - 2.0 * which, both.H[which, i])


@kernel
def fill_both_bases(P: Complex, Q: Complex, both: OddControl, stages: Stages) -> None:
    """Fill the eigenvectors of all momenta at the end of the step."""
    for which in range(2):
        for i in range(P.shape[0]):
            _add_signs(P[i], Q[i], 1.0 - 2.0 * which, stages.scratch[0])
            update_eigenbasis(stages.scratch[0], both.basis[which, 1, i], stages.scratch[1])


@kernel
def _unpack_sign(even: Array, mixed: Array, i: int, sign: float, out: Complex, scratch: Complex) -> None:
    """Fill ``out`` (n, n) with S + sign d of momentum i."""
    n = out.shape[0]
    unpack(even[i * n * n : (i + 1) * n * n], 1.0, out)
    unpack(mixed[i * n * n : (i + 1) * n * n], 1.0, scratch)
    _add_signs(out, scratch, sign, out)


@kernel
def either_rotates(
    u: Array, h: float, control: Control, P: Complex, Q: Complex, both: OddControl, block: OddStages, stages: Stages
) -> bool:
    """Return whether the step would turn the eigenstates of nu or nubar too far at a resonance."""
    n = P.shape[1]
    if n < N_ACTIVE + 1:
        return False
    for which in range(2):
        sign = 1.0 - 2.0 * which
        for i in range(P.shape[0]):
            _add_signs(P[i], Q[i], sign, both.node)
            kind = resonance(both.H[which, i], both.node, h, stages.damping[i], False)
            if kind == NO_RESONANCE:
                continue
            _unpack_sign(u, block.v, i, sign, stages.node, stages.scratch[0])
            if turned_too_far(
                kind,
                both.H[which, i],
                both.node,
                both.basis[which, 0, i],
                both.basis[which, 1, i],
                stages.importance[i],
                control,
                stages.node,
                stages.scratch,
                stages.population,
            ):
                return True
    return False


@kernel
def _asymmetry_error(tables: Tables, n: int, block: OddStages) -> float:
    """Return the squared error of n_s - nbar_s over its tolerance."""
    grid, error, value = tables.grid, 0.0, 0.0
    for i in range(grid.y.size if n > N_ACTIVE else 0):
        weight = grid.w[i] * grid.y[i] ** 2 * grid.f[i] / np.pi**2
        error += weight * block.U[5, i * n * n + diagonal(3)]
        value += weight * block.argument[i * n * n + diagonal(3)]
    return float((error / (RELATIVE * abs(value) + ABSOLUTE)) ** 2)


@kernel
def _number(grid: Grid, n: int, v: Array) -> float:
    """Return the number of neutrinos of all kinds in one half of the equation: of d half of SUM L_a + L_s."""
    total = 0.0
    for i in range(grid.y.size):
        trace = 0.0
        for a in range(n):
            trace += v[i * n * n + diagonal(a)]
        total += grid.w[i] * grid.y[i] ** 2 * grid.f[i] * trace
    return total


@optional_kernel("block")
def return_rounding(grid: Grid, n: int, u: Array, block: OddStages) -> None:
    """Give back what rounding has taken from the sum of all asymmetries in a step that ends at ``u``.

    The sum is constant in the equation and in its Jacobian, and so in a Rosenbrock step, but for rounding of the linear
    systems where steps are long (docs/validation/asymmetries.md), beside a dark sector; without one it is kept to 1e-16
    anyway. All populations change by the same factor, of order 1e-12 at most, with opposite signs for nu and nubar.
    More than `ROUNDING` is a fault, and stays to be seen.
    """
    lost, number = _number(grid, n, block.v) - _number(grid, n, block.argument), _number(grid, n, u)
    if not abs(lost) < ROUNDING * number:
        return
    for i in range(grid.y.size):
        for a in range(n):
            place = i * n * n + diagonal(a)
            block.argument[place] += lost / number * u[place]


@kernel
def errors_of_both(control: Control, tables: Tables, both: OddControl, block: OddStages, stages: Stages) -> float:
    """Return the squared norm of the errors of populations of nu and nubar in their mass bases, and of n_s - nbar_s."""
    N, n, total = tables.grid.y.size, stages.node.shape[0], 0.0
    for which in range(2):
        sign, before, total = 1.0 - 2.0 * which, total, 0.0
        for i in range(N):
            _unpack_sign(stages.U[5], block.U[5], i, sign, stages.scratch[0], both.node)
            _unpack_sign(stages.argument, block.argument, i, sign, stages.scratch[1], both.node)
            basis = both.basis[which, 1, i]
            by_populations = population_error(stages.scratch[0], stages.scratch[1], basis, control, stages.population)
            total += 0.5 * stages.importance[i] ** 2 * by_populations
    return float((before + total) / (N * n) + _asymmetry_error(tables, n, block))
