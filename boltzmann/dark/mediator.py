"""What the kernels know of a secret interaction: the numbers of its mediator and the tables of its rates.

A secret interaction is a frozen object with one method, ``mediator()``, and a ``T_s_over_T``; like a potential
it knows neither numba nor the solver. The axes of the tables are fixed here.
"""

from typing import NamedTuple, Protocol

import numpy as np

from boltzmann.numerics.arrays import Array

LOG_Q = np.linspace(np.log(1e-12), np.log(1e16), 561)  # q = 4 k T_s/M^2 of scattering rates
LOG_MU = np.linspace(np.log(1e-4), np.log(60.0), 241)  # mu = M/T_s of thermal functions


class Mediator(NamedTuple):
    """One mediator of the sterile state.

    The bath has temperature T_s and mu_s = eta T_s; kappa = k/T_s. In all rates M^2 is replaced by
    M_T^2 = M^2 + debye T_s^2, and m = M_T^2/(4k).

    Attributes
    ----------
    mass : float
        M [MeV].
    degrees : float
        Polarisations of the mediator as a species of the dark sector; 0: it is not a species, and has no inverse decay.
    charge : float
        Sterile neutrinos one mediator counts as in what fast processes conserve: its chemical potential is charge mu_s.
    strength : float
        c in V_s = c/(4 pi^2 k) {fermion + boson part}; e_s^2 for a vector.
    width : float
        c in Gamma_ID = c M_T^2 T_s/(8 pi k^2) [ln(1 + e^(eta - m/T_s)) - e^(charge eta) ln(1 - e^(-(m + k)/T_s))].
    debye : float
        Thermal mass squared of the mediator over T_s^2.
    scattering : (2, n_q) array
        Phi (1 + q)/q^2 on LOG_Q, with the scattering rate Gamma(k) = T_s Phi(q)/kappa at eta = 0, q = 4 k T_s/M_T^2:
        first all collisions (decoherence), then those that change momenta (viscosity-weighted; relaxation).
    number_changing : (n_mu,) array
        gamma e^(2 mu)/T_s^4 on LOG_MU, mu = M_T/T_s: reactions mediator mediator -> nu_s nubar_s per volume and time.
    decay : float
        g^2 of the decays nu_4 -> nu_k mediator, see `boltzmann.dark.decay`; 0: there are none.
    """

    mass: float
    degrees: float
    charge: float
    strength: float
    width: float
    debye: float
    scattering: Array
    number_changing: Array
    decay: float = 0.0


class SecretInteraction(Protocol):
    """Anything with a mediator and an initial temperature T_s/T_gamma of its bath."""

    @property
    def T_s_over_T(self) -> float:
        """T_s/T_gamma between muon annihilation and that of the mediator, 0 for an empty dark sector."""
        ...

    def mediator(self) -> Mediator:
        """Return the numbers and tables for the kernels."""
        ...
