"""What is left of nu_4 when an ultralight scalar has let go of it, of runs that end while the field is frozen."""

from __future__ import annotations

import numpy as np

from boltzmann.constants import EV
from boltzmann.numerics.arrays import Array
from boltzmann.observables import effective_mass, effective_number, mass_populations
from boltzmann.potentials.ultralight_scalar import mass_matrix
from boltzmann.solution import Solution


def left(solution: Solution) -> Array:
    """Return the occupation that nu_4 has when an ultralight field has let go of it, (N,), of a frozen run.

    All later zeros of m_eff = m_s + mu Phi are adiabatic (kappa >> 1, `boltzmann.potentials.ultralight_scalar`). An
    even number of them, m_eff > 0 now, gives back the heaviest state of today; an odd one what is the lightest now.
    """
    (field,) = solution.interactions
    M = mass_matrix(solution.mixing)
    M[3, 3] += field.number("mass_shift") * EV
    _, states = np.linalg.eigh(M.conj().T @ M)
    populations = mass_populations(solution.mean_rho[-1], states)
    return np.asarray(populations[:, 3 if M[3, 3].real > 0.0 else 0])


def N_left(solution: Solution) -> float:
    """N_eff of nu_4 after the field has let go of it"""
    return float(effective_number(solution.comoving_density(left(solution)), float(solution.z[-1])))


def m_left(solution: Solution) -> float:
    """94.1 eV times Omega h^2 of nu_4 after the field has let go of it"""
    m_4 = float(solution.mixing.masses_in_eV[3])
    return effective_mass(solution.y, left(solution), m_4, float(solution.z[-1]))


#: Of ultralight scalars, whose frozen runs end before m_4 is what it is today.
REMNANT = {"N_left": N_left, "m_left": m_left}
