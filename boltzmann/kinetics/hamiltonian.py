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
from boltzmann.numerics.arrays import Array, Complex, Index
from boltzmann.numerics.interpolate import Lattice, look_up
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.momentum import Grid
from boltzmann.numerics.records import record


@record
class Potentials(NamedTuple):
    """Tabulated potentials on a lattice.

    Of the elements of ``fixed`` (x/m_e)^5 and ``per_energy`` (x/m_e), real and imaginary, every function of ln x, z and
    y that does not vanish is kept once: ``rows`` (n_x, n_z, R N). ``place`` (4, n, n) tells the row of Re fixed, Im
    fixed, Re per_energy and Im per_energy of an element a <= b; the first row is zero.
    """

    lattice: Lattice
    rows: Array
    place: Index


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
    powers = scale[..., None, None]
    return compact(grid, fixed[..., :n, :n] / powers**5, energy[..., :n, :n] / powers)


def compact(grid: Lattice, fixed: Complex, energy: Complex) -> Potentials:
    """Return the tables of potentials ``fixed`` (x/m_e)^5 and ``energy`` (x/m_e), both (n_x, n_z, N, n, n)."""
    n, shape = fixed.shape[-1], fixed.shape[:2]
    rows, place = [np.zeros(fixed.shape[:3])], np.zeros((4, n, n), np.int64)
    for part, values in enumerate((fixed.real, fixed.imag, energy.real, energy.imag)):
        for a, b in zip(*np.triu_indices(n), strict=True):
            row = values[..., a, b]
            known = (k for k, other in enumerate(rows) if np.array_equal(row, other))
            place[part, a, b] = next(known, len(rows))
            rows.extend([row] if place[part, a, b] == len(rows) else [])
    return Potentials(grid, np.stack(rows, axis=2).reshape(*shape, -1), place)


@kernel
def energy_matrix(grid: Grid, rho: Complex, energy: Complex) -> None:
    """Fill ``energy`` (n, n) with the comoving energy-density matrix of nu + nubar, (1/pi^2) int dy y^3 rho."""
    for a in range(energy.shape[0]):
        for b in range(a, energy.shape[0]):
            total = 0.0j
            for i in range(grid.y.size):
                total += grid.w[i] * grid.y[i] ** 3 * rho[i, a, b]
            energy[a, b] = total / np.pi**2
            energy[b, a] = np.conj(energy[a, b])


@kernel
def _add_element(
    mass: complex, energy: complex, inverse: Array, V: Array, W: Array, slope: Array, twist: Array, H: Complex
) -> None:
    """Fill ``H`` (N,) with mass/(2p) + V + iW + (slope + i twist) energy; ``inverse`` (N,) is 1/(2p)."""
    m, n, e, f = mass.real, mass.imag, energy.real, energy.imag
    for i in range(H.size):
        real = m * inverse[i] + V[i] + slope[i] * e - twist[i] * f
        H[i] = complex(real, n * inverse[i] + W[i] + slope[i] * f + twist[i] * e)


@kernel
def hamiltonian(
    x: float,
    z: float,
    energy: Complex,
    y: Array,
    mass_matrix: Complex,
    potentials: Potentials,
    H: Complex,
    rows: Array,
) -> None:
    """Fill ``H`` (N, n, n) [MeV]: M^2/(2p) plus all potentials, at p = y m_e/x and T_gamma = z m_e/x.

    ``energy`` (n, n) is the comoving energy-density matrix; ``rows`` (R + 1, N) is scratch space, as which it leaves
    the tabulated functions and 1/(2p).
    """
    n, R, scale, place = mass_matrix.shape[0], rows.shape[0] - 1, M_E / x, potentials.place
    look_up(np.log(x), z, potentials.lattice, potentials.rows, rows[:R].reshape(R * y.size))
    for i in range(y.size):
        rows[R, i] = 0.5 / (y[i] * scale)
        for k in range(R):
            rows[k, i] *= scale**5
    for a in range(n):
        for b in range(a, n):
            V, W, slope, twist = place[0, a, b], place[1, a, b], place[2, a, b], place[3, a, b]
            mass, column = mass_matrix[a, b], H[:, a, b]
            _add_element(mass, energy[a, b], rows[R], rows[V], rows[W], rows[slope], rows[twist], column)
            for i in range(y.size):
                H[i, b, a] = np.conj(H[i, a, b])


@kernel
def commutator(H: Complex, rho: Complex, out: Complex) -> None:
    """Fill the upper triangle of ``out`` with -i [H, rho], hermitian both; in real numbers, a third of the time."""
    n = H.shape[0]
    for a in range(n):
        own = 0.0
        for c in range(n):
            own += H[a, c].real * rho[c, a].imag + H[a, c].imag * rho[c, a].real
        out[a, a] = complex(2.0 * own, 0.0)
        for b in range(a + 1, n):
            real, imag = 0.0, 0.0
            for c in range(n):
                h, r, p, q = H[a, c], rho[c, b], rho[a, c], H[c, b]
                real += h.real * r.imag + h.imag * r.real - (p.real * q.imag + p.imag * q.real)
                imag += p.real * q.real - p.imag * q.imag - (h.real * r.real - h.imag * r.imag)
            out[a, b] = complex(real, imag)
