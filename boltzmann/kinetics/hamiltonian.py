"""The Hamiltonian: vacuum term of 3+1 mixing, and the tables of potentials that the kernels read.

A potential is a small frozen object with one NumPy method, ``terms(T, p)`` (`boltzmann.kinetics.potential_terms`); it
knows neither numba nor the solver.
`tabulate` sums the terms of all potentials once, on the lattice (ln x, z) and at every comoving momentum y.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from boltzmann.constants import M_E
from boltzmann.kinetics.potential_terms import Potential, evaluated, full
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.interpolate import Lattice, look_up
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.momentum import Grid


class Potentials(NamedTuple):
    """Tabulated potentials on a lattice: ``fixed`` (x/m_e)^5 and ``per_energy`` (x/m_e), (n_x, n_z, N n n) complex."""

    lattice: Lattice
    fixed: Complex
    per_energy: Complex


def vacuum(U: Complex, mass_squared: Array) -> Complex:
    """Return the flavour-basis mass matrix U diag(m^2) U^dagger, made traceless [MeV^2]; shape (n, n)."""
    matrix = (U * (mass_squared - mass_squared.mean())) @ U.conj().T
    return np.ascontiguousarray(0.5 * (matrix + matrix.conj().T), dtype=complex)


def fastest(mass_squared: Array, dark: bool = False) -> float:
    """Return the speed of oscillations per Hubble rate that is worth following; beyond, all of H is scaled down.

    Late in a run oscillations are up to 1e14 times faster than the expansion, and rounding errors of H would enter the
    populations. Scaling leaves the eigenstates as they are, and conversion does not depend on |H| where |H| >> D, if
    the slowest splitting still turns 1e3 radians per e-fold: hence the ratio of the splittings. With secret collisions
    (``dark``) the limit is higher, because their conversion rate must stay far above the Hubble rate. The speed is that
    of the vacuum term: a potential that moves a level away makes oscillations small, not its rounding errors large, and
    what it does to conversion must not be scaled (`boltzmann.kinetics.terms`).
    """
    splittings = np.abs(np.subtract.outer(mass_squared, mass_squared))
    return max(1e11 if dark else 1e9, 1e3 * float(splittings.max() / splittings[splittings > 0.0].min()))


def tabulate(potentials: Iterable[Potential], grid: Lattice, y: Array, n: int) -> Potentials:
    """Tabulate the sum of ``potentials`` for ``n`` states at comoving momenta ``y`` (N,).

    Powers of x are divided out so that what is interpolated varies slowly. Raises ParameterError as `evaluated`.
    """
    scale = (M_E / np.exp(grid.log_x))[:, None, None]
    terms = [evaluated(potential, scale * grid.z[:, None], scale * y) for potential in potentials]
    shape = (grid.log_x.size, grid.z.size, y.size)
    fixed = sum((full(term.fixed, shape) for term in terms), np.zeros((*shape, 4, 4), np.complex128))
    energy = sum((full(term.per_energy, shape) for term in terms), np.zeros((*shape, 4, 4), np.complex128))
    powers, flat = scale[..., None, None], (*shape[:2], y.size * n * n)
    fixed, energy = fixed[..., :n, :n] / powers**5, energy[..., :n, :n] / powers
    return Potentials(grid, fixed.reshape(flat), energy.reshape(flat))


@kernel
def energy_matrix(grid: Grid, rho: Complex, energy: Complex) -> None:
    """Fill ``energy`` (n, n) with the comoving energy-density matrix of nu + nubar, (1/pi^2) int dy y^3 rho."""
    energy[:] = 0.0
    for i in range(grid.y.size):
        energy += grid.w[i] * grid.y[i] ** 3 / np.pi**2 * rho[i]


@kernel
def hamiltonian(
    x: float,
    z: float,
    energy: Complex,
    y: Array,
    mass_matrix: Complex,
    potentials: Potentials,
    H: Complex,
    buffer: Complex,
) -> None:
    """Fill ``H`` (N, n, n) [MeV]: M^2/(2p) plus all potentials, at p = y m_e/x and T_gamma = z m_e/x.

    ``energy`` (n, n) is the comoving energy-density matrix; ``buffer`` (2, N n n) is scratch space.
    """
    n = mass_matrix.shape[0]
    scale = M_E / x
    look_up(np.log(x), z, potentials.lattice, potentials.fixed, buffer[0])
    look_up(np.log(x), z, potentials.lattice, potentials.per_energy, buffer[1])
    for i in range(y.size):
        for a in range(n):
            for b in range(n):
                k = (i * n + a) * n + b
                V = scale**5 * (buffer[0, k] + buffer[1, k] * energy[a, b])
                H[i, a, b] = mass_matrix[a, b] / (2.0 * y[i] * scale) + V
