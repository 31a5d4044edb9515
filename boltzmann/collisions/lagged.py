"""nu-nu collisions between two evaluations: linear in the change of the density matrices since a reference.

The integrals of `boltzmann.collisions.neutrino` take longer than the rest of the equation. Between two references::

    I_a(i) = I*_a(i) + SUM_bj B_ab(i,j) [r_b(j) - r*_b(j)],     B = dI/dr at the reference

in the stages of a step and in its Jacobian alike, so that a Rosenbrock method sees an exact Jacobian and keeps its
order. B conserves number and energy as well as I does, up to the cubic interpolation at the fourth momentum.

With full flavour structure the matrices A and B of the reference act on the present rho, and what other momenta do
follows linearly: populations by B above, coherences by the derivative of a flavour-traceless perturbation,
(B_aa + B_bb - B_ab - B_ba)/2, both without their local terms. Half of A + B is also the damping of active-sterile
coherences; there the gain and loss of the present populations count, not those of the reference (frozen, they cost 1e-4
to 9e-4 of N_eff).

A reference is renewed where the quadratic remainder would show: at momentum i of the share s_i of the energy, with the
rate Gamma_i of nu-nu collisions over the Hubble rate, when |r - r*|/r exceeds TOLERANCE/sqrt(min(1, Gamma_i)) over s_i.
Below rtol = 1e-4 the TOLERANCE goes with sqrt(rtol): the right-hand side jumps by the remainder at a new reference, and
steps at small rtol would have to resolve that (twice as many at 1e-7 otherwise).
"""

from typing import NamedTuple

import numpy as np

from boltzmann.collisions.matrix import neutrino_matrix
from boltzmann.collisions.neutrino import Neutrino, neutrino_integral, neutrino_jacobian
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel, optional_kernel, reduction_kernel
from boltzmann.numerics.momentum import Grid
from boltzmann.numerics.records import record

TOLERANCE = 2e-2
FULL_RTOL = 1e-4
FULL_SHARE = 10.0  # momenta with more than a tenth of the mean energy count fully


@record
class LaggedMatrix(NamedTuple):
    """What the matrix mode adds to the reference."""

    active: Complex  # (N, 3, 3) active block of rho
    gain: Complex  # (N, 3, 3) A
    loss: Complex  # (N, 3, 3) B


@record
class Lagged(NamedTuple):
    """The reference, and scratch space; N momenta."""

    known: Array  # (1,): 0 before the first reference
    occupations: Array  # (3, N) r*
    integral: Array  # (3, N) I*
    gain: Array  # (3, N) of the present populations in the matrix mode, else of the reference
    loss: Array  # (3, N)
    total: Array  # (3, N) gain + loss of the reference
    slopes: Array  # (N, 3, 3, N): B on (i, a, b, j)
    change: Array  # (3, N) r - r*
    fourth: Array  # (N, 3, N, N)
    expanded: Array  # (2, 3, N N)
    share: Array  # (N,) s_i, over the TOLERANCE at this rtol in units of that at FULL_RTOL
    matrix: LaggedMatrix | None  # in the matrix mode


def empty_lagged(grid: Grid, matrix: bool, rtol: float) -> Lagged:
    """Return scratch space without a reference for steps of tolerance ``rtol``.

    ``matrix``: collisions with full flavour structure.
    """
    N, energy = grid.y.size, grid.w * grid.y**3 * grid.f
    tightened = np.sqrt(max(1.0, FULL_RTOL / rtol))
    return Lagged(
        known=np.zeros(1),
        occupations=np.zeros((3, N)),
        integral=np.zeros((3, N)),
        gain=np.zeros((3, N)),
        loss=np.zeros((3, N)),
        total=np.zeros((3, N)),
        slopes=np.zeros((N, 3, 3, N)),
        change=np.zeros((3, N)),
        fourth=np.zeros((N, 3, N, N)),
        expanded=np.zeros((2, 3, N * N)),
        share=tightened * np.minimum(1.0, FULL_SHARE * energy / energy.mean()),
        matrix=LaggedMatrix(*np.zeros((3, N, 3, 3), complex)) if matrix else None,
    )


@optional_kernel("matrix")
def _renew_matrix(rho: Complex, neutrino: Neutrino, matrix: LaggedMatrix) -> None:
    """Make a reference of the active block of ``rho`` (N, n, n)."""
    for i in range(rho.shape[0]):
        for a in range(3):
            for b in range(3):
                matrix.active[i, a, b] = rho[i, a, b]
    neutrino_matrix(matrix.active, neutrino, matrix.gain, matrix.loss)


@kernel
def renew(occupations: Array, rho: Complex, neutrino: Neutrino, lagged: Lagged) -> None:
    """Make a reference of the present ``occupations`` (3, N), and in the matrix mode of ``rho`` (N, n, n)."""
    gain, loss = lagged.gain, lagged.loss
    neutrino_integral(occupations, neutrino, lagged.fourth, lagged.expanded, gain, loss)
    neutrino_jacobian(occupations, neutrino, lagged.fourth, gain, loss, lagged.slopes)
    for a in range(3):
        for i in range(occupations.shape[1]):
            r = occupations[a, i]
            lagged.occupations[a, i] = r
            lagged.integral[a, i] = gain[a, i] * (1.0 - r) - loss[a, i] * r
            lagged.total[a, i] = gain[a, i] + loss[a, i]
    _renew_matrix(rho, neutrino, lagged.matrix)
    lagged.known[0] = 1.0


@optional_kernel("matrix", otherwise=0.0)
def _coherence_change(i: int, rho: Complex, matrix: LaggedMatrix) -> float:
    """Return the largest change of an active coherence of momentum i over a population since the reference."""
    largest = 0.0
    for a in range(3):
        for b in range(a):
            size = min(rho[i, a, a].real, rho[i, b, b].real)
            largest = max(largest, abs(rho[i, a, b] - matrix.active[i, a, b]) / max(size, 1e-30))
    return largest


@kernel
def is_stale(occupations: Array, rho: Complex, prefactor: Array, lagged: Lagged) -> bool:
    """Return whether a new reference is due; ``prefactor`` (N,) turns I into d rho/ds."""
    if lagged.known[0] == 0.0:
        return True
    for i in range(prefactor.size):
        coherent = _coherence_change(i, rho, lagged.matrix)
        for a in range(3):
            rate = min(1.0, prefactor[i] * lagged.total[a, i])
            changed = abs(occupations[a, i] - lagged.occupations[a, i]) / max(occupations[a, i], 1e-30)
            if lagged.share[i] * max(changed, coherent) * np.sqrt(rate) > TOLERANCE:
                return True
    return False


@reduction_kernel
def _contract(a: Array, b: Array) -> float:
    """Return the sum of products of two arrays (3, N)."""
    total = 0.0
    for j in range(a.shape[1]):
        total += a[0, j] * b[0, j] + a[1, j] * b[1, j] + a[2, j] * b[2, j]
    return total


@optional_kernel("matrix")
def _set_present(occupations: Array, neutrino: Neutrino, lagged: Lagged, matrix: LaggedMatrix) -> None:
    """Fill gain and loss of the present populations."""
    neutrino_integral(occupations, neutrino, lagged.fourth, lagged.expanded, lagged.gain, lagged.loss)


@kernel
def set_change(occupations: Array, neutrino: Neutrino, lagged: Lagged) -> None:
    """Fill what `population_change` and `add_distant` read; in the matrix mode also the present gain and loss."""
    for a in range(3):
        for i in range(occupations.shape[1]):
            lagged.change[a, i] = occupations[a, i] - lagged.occupations[a, i]
    _set_present(occupations, neutrino, lagged, lagged.matrix)


@kernel
def population_change(a: int, i: int, lagged: Lagged) -> float:
    """Return I_a(i)."""
    return float(lagged.integral[a, i] + _contract(lagged.slopes[i, a], lagged.change))


@kernel
def coherence_slope(i: int, j: int, a: int, b: int, lagged: Lagged) -> float:
    """Return dI_ab(i)/drho_ab(j) of a flavour-traceless perturbation, exact where all flavours have one spectrum."""
    B = lagged.slopes[i]
    return float(0.5 * (B[a, a, j] + B[b, b, j] - B[a, b, j] - B[b, a, j]))


@kernel
def add_distant(i: int, rho: Complex, lagged: Lagged, matrix: LaggedMatrix, out: Complex) -> None:
    """Add to ``out`` (n, n), upper triangle, what changes at other momenta since the reference do to momentum i."""
    for a in range(3):
        local = -lagged.total[a, i] * lagged.change[a, i]
        out[a, a] += population_change(a, i, lagged) - lagged.integral[a, i] - local
        for b in range(a + 1, 3):
            total = 0.5 * (lagged.total[a, i] + lagged.total[b, i]) * (rho[i, a, b] - matrix.active[i, a, b])
            for j in range(rho.shape[0]):
                total += coherence_slope(i, j, a, b, lagged) * (rho[j, a, b] - matrix.active[j, a, b])
            out[a, b] += total
