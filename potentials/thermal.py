"""Thermal Standard-Model potentials of order G_F/M_W^2 (Notzold & Raffelt, Nucl. Phys. B307 (1988) 924).

Charged leptons of the plasma act on their own flavour, neutrinos on the active block::

    V_CC = -(2 sqrt2 G_F p/m_W^2) (rho + P)_{l- + l+},      V_NC = -(8 sqrt2 G_F p/(3 m_Z^2)) (rho_nu + rho_nubar)_ab
"""

from dataclasses import dataclass

import numpy as np

from boltzmann.constants import G_F, M_E, M_MU, M_W, M_Z
from boltzmann.kinetics.potential_terms import Terms
from boltzmann.numerics.arrays import Array
from boltzmann.plasma.thermo import lepton_energy_density, lepton_pressure

ACTIVE = np.outer([1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 0.0])  # coherences between active flavours included


def enthalpy(mass: float, T: Array) -> Array:
    """Return (rho + P) of a charged lepton and its antiparticle [MeV^4]."""
    r = mass / T
    return T**4 * (lepton_energy_density(r) + lepton_pressure(r))


@dataclass(frozen=True)
class Thermal:
    """Thermal potential of the plasma's charged leptons and of the neutrinos themselves.

    Parameters
    ----------
    muons : bool
        Include muons (they matter above T ~ 20 MeV).
    """

    muons: bool = True

    def charged_current(self, T: Array, p: Array) -> Array:
        """Return V_CC [MeV] of the four flavours; ``T``, ``p`` [MeV] broadcast, last axis added (4,)."""
        T, p = np.asarray(T, float), np.asarray(p, float)
        electron = enthalpy(M_E, T)
        muon = enthalpy(M_MU, T) if self.muons else np.zeros_like(T)
        densities = np.stack([electron, muon, np.zeros_like(T), np.zeros_like(T)], axis=-1)
        potential: Array = -(2.0 * np.sqrt(2.0) * G_F / M_W**2) * p[..., None] * densities
        return potential

    def terms(self, T: Array, p: Array) -> Terms:
        """Return both parts; see the module's equations."""
        neutral = -(8.0 * np.sqrt(2.0) * G_F / (3.0 * M_Z**2)) * np.broadcast_arrays(p, T)[0]
        return Terms(fixed=self.charged_current(T, p), per_energy=neutral[..., None, None] * ACTIVE)
