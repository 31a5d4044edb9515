"""A mass of the sterile state that follows a field in time, M(x) = M_0 + mu Phi(x) |s><s|.

M^+M = M_0^+M_0 + Phi L + (Phi^2 + v) Q is filled anew at every evaluation of the Hamiltonian, with Phi and the variance
v of oscillations that are too fast to be followed from tables in ln x. Phi^2 is the square of the interpolated Phi, not
a table of its own: where m_eff = m_s + mu Phi vanishes two masses are equal, and an M^+M that is no square would keep
them apart (a table of Phi^2 to 1e-7 does so by mu^2 1e-7, 1e-3 eV^2 for 100 eV). Without a field the tables are empty;
it is compiled into all runs.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.interpolate import cubic_start, cubic_weights
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.records import record


@record
class Field(NamedTuple):
    """Tables of m points on a uniform axis ``log_x``, empty without a field."""

    log_x: Array  # (m,)
    phi: Array  # (2, m): Phi, and <Phi^2> - Phi^2 of what is averaged
    bound: Array  # (m,): largest step in ln x
    linear: Complex  # (n, n): L [MeV^2]
    quadratic: Complex  # (n, n): Q [MeV^2]


def no_field(n: int) -> Field:
    """Return what a run of ``n`` states without a field has."""
    none = np.zeros((n, n), complex)
    return Field(np.empty(0), np.empty((2, 0)), np.empty(0), none, none)


@kernel
def fill_mass(s: float, vacuum: Complex, largest: float, field: Field, mass: Complex) -> float:
    """Fill ``mass`` (n, n) with M^+M at s = ln x; return the largest modulus of a real or imaginary part of it.

    ``vacuum`` is M_0^+M_0, ``largest`` that of it.
    """
    mass[:] = vacuum
    if field.log_x.size == 0:
        return largest
    start, step, m = field.log_x[0], field.log_x[1] - field.log_x[0], field.log_x.size
    s = min(max(s, start), field.log_x[m - 1])
    first = cubic_start(s, start, step, m)
    w0, w1, w2, w3 = cubic_weights(s, start, step, first)
    phi, variance = field.phi[0], field.phi[1]
    linear = w0 * phi[first] + w1 * phi[first + 1] + w2 * phi[first + 2] + w3 * phi[first + 3]
    quadratic = w0 * variance[first] + w1 * variance[first + 1] + w2 * variance[first + 2] + w3 * variance[first + 3]
    quadratic += linear**2
    largest = 0.0
    for a in range(mass.shape[0]):
        for b in range(mass.shape[0]):
            mass[a, b] += linear * field.linear[a, b] + quadratic * field.quadratic[a, b]
            largest = max(largest, abs(mass[a, b].real), abs(mass[a, b].imag))
    return largest


@kernel
def longest_step(s: float, field: Field) -> float:
    """Return the largest step in ln x that follows the field from s = ln x on."""
    if field.log_x.size == 0:
        return np.inf
    step = field.log_x[1] - field.log_x[0]
    k = int((s - field.log_x[0]) / step)
    return float(field.bound[min(max(k, 0), field.log_x.size - 1)])
