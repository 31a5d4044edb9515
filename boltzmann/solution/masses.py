"""Masses that the cosmos sees, as plain numbers [eV]; `Solution` gives them as quantities of the same names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from boltzmann import observables

if TYPE_CHECKING:
    from boltzmann.solution.run import Solution


def m_eff_of(solution: Solution, state: int) -> float:
    """Return 94.1 eV times Omega h^2 of one mass state; 0 for a massless one."""
    omega = solution.Omega_h2(state)
    return observables.M_EFF_UNIT * omega if solution.mixing.masses_in_eV[state - 1] > 0.0 else 0.0


def m_eff(solution: Solution) -> float:
    """Return `m_eff_of` mass state 4, 0 without one."""
    return m_eff_of(solution, 4) if solution.mixing.n_states == 4 else 0.0


def m_thermal(solution: Solution) -> float:
    """Return m_eff/N_eff_4^(3/4), 0 without a fourth state."""
    return _m_eff_over(solution, 0.75)


def m_DW(solution: Solution) -> float:
    """Return m_eff/N_eff_4, 0 without a fourth state."""
    return _m_eff_over(solution, 1.0)


def _m_eff_over(solution: Solution, power: float) -> float:
    mass, own = m_eff(solution), solution.N_eff_4
    return mass / own**power if mass > 0.0 < own else 0.0


def sum_m_nu(solution: Solution) -> float:
    """Return the sum of m_k n_k of mass states 1 to 3 over the n of a standard neutrino."""
    number = [solution.number_density_of(k) for k in (1, 2, 3)]
    return float(solution.mixing.masses_in_eV[:3] @ np.array(number)) / observables.STANDARD_NUMBER
