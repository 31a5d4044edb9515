"""Inverse beta decay nubar_e p -> e+ n: total cross-section of Strumia & Vissani, astro-ph/0302055."""

from __future__ import annotations

from typing import Any

import numpy as np

from boltzmann.constants import M_E
from boltzmann.numerics.arrays import Array

__all__ = ["NEUTRON_PROTON", "cross_section", "positron_energy"]

NEUTRON_PROTON = 1.29333236  # m_n - m_p [MeV], CODATA 2018
_EXPONENT = (-0.07056, 0.02018, -0.001953)  # of E_nu: constant, ln E_nu, ln^3 E_nu, eq. (25)


def positron_energy(E: Any) -> Array:
    """Return the positron's total energy E - (m_n - m_p) [MeV], without the recoil of the neutron."""
    return np.asarray(E, dtype=np.float64) - NEUTRON_PROTON


def cross_section(E: Any) -> Array:
    """Return the total cross-section [1e-43 cm^2] at antineutrino energies E [MeV].

    p_e E_e E^(-0.07056 + 0.02018 ln E - 0.001953 ln^3 E), eq. (25): within a few per mille of the full result below
    300 MeV. Zero where the positron would have less than its mass.
    """
    E = np.asarray(E, dtype=np.float64)
    E_e = positron_energy(E)
    open_channel = E_e > M_E
    E_e, safe = np.where(open_channel, E_e, M_E), np.where(open_channel, E, 1.0)
    constant, linear, cubic = _EXPONENT
    log_E = np.log(safe)
    growth = np.exp(log_E * (constant + linear * log_E + cubic * log_E**3))
    return np.asarray(np.where(open_channel, np.sqrt(E_e**2 - M_E**2) * E_e * growth, 0.0))
