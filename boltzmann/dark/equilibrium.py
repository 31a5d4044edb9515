"""Whether a secret interaction can hold a bath of sterile neutrinos and mediators together during a run."""

import numpy as np

from boltzmann.constants import EV, HUBBLE_MASS, M_E, NEUTRINO_DENSITY
from boltzmann.dark.bath import secret_rates
from boltzmann.dark.decay import decay_rates, decay_tables
from boltzmann.dark.mediator import Mediator
from boltzmann.dark.tables import dark_tables
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.momentum import laguerre_grid
from boltzmann.plasma.thermo import plasma_energy_density

COLDEST = 10.0 * EV  # here a bath has to be there to matter for anything before recombination
HOTTEST = 1e7  # MeV; inverse decays of the heaviest mediator allowed, 100 GeV, are fastest at T_s = 20 GeV
TYPICAL = 3.0  # k/T_s of a sterile neutrino


def strongest(mediator: Mediator) -> tuple[float, float]:
    """Return the largest Gamma/H of a sterile neutrino, and the T_gamma [MeV] where it is, from 10 TeV down to 10 eV.

    Gamma is the rate that relaxes k = 3 T_s, inverse decays and scattering, in a bath as hot as it can be, T_s =
    T_gamma, by the rates of the equation (`boltzmann.dark.bath.secret_rates`); H is that of plasma and three neutrinos.
    Mediators come from that bath and go back to it by these reactions: below 1 it cannot be. At T_s = xi T_gamma the
    peak is xi^2 of this, for Gamma depends on T_s/M and H on T_gamma^2. For a vector inverse decays are fastest at
    T_s = 0.22 M, where Gamma/H = 1 at e_s = 0.8e-10 sqrt(M/MeV) (derived, 20%: Gamma = 0.024 e_s^2 T_s there, H = 1.66
    sqrt(g) T_gamma^2/m_Pl with g = 10.75). A light pseudoscalar is held by scattering, and by inverse decays that grow
    until the end.
    """
    dark = dark_tables((mediator,), laguerre_grid(8, 12.0), loops=False)
    T = np.geomspace(COLDEST, HOTTEST, 242)
    return _peak(T, np.array([secret_rates(M_E / t, 0.0, 0.0, TYPICAL, dark)[1] for t in T]))


def _peak(T: Array, rates: Array) -> tuple[float, float]:
    """Return the largest of some rates over the Hubble rate of plasma and three neutrinos, and where it is."""
    density = plasma_energy_density(M_E / T) + 3.0 * NEUTRINO_DENSITY
    strength = rates * HUBBLE_MASS / (T**2 * np.sqrt(density))
    peak = int(np.argmax(strength))
    return float(strength[peak]), float(T[peak])


def strongest_decay(mediator: Mediator, U: Complex, masses: Array) -> tuple[float, float]:
    """Return the largest Gamma/H of inverse decays nu_k phi -> nu_4, and the T_gamma [MeV] where it is.

    Of nu_k with k = 3 T in a bath at T_s = T_gamma, k the state with the largest |U_sk|^2; while nu_4 is relativistic
    the rate goes like 1/T, so that they are fastest at T ~ m_4. (0, m_4) where decays are closed.

    Parameters
    ----------
    mediator : Mediator
        Its ``decay`` is g^2.
    U : (n, n) array
        Mixing matrix.
    masses : (n,) array
        [MeV].
    """
    tables = decay_tables((mediator._replace(degrees=1.0),), U, masses)
    if not tables.strength.size:
        return 0.0, float(masses[-1])
    T = np.geomspace(0.2 * masses[3], HOTTEST, 300)
    rates, out = np.zeros(T.size), np.zeros(4)
    for k, t in enumerate(T):
        energy = float(np.hypot(TYPICAL, masses[3] / t))
        decay_rates(M_E / t, 0.0, 0.0, TYPICAL, energy, 0.0, tables, out)
        rates[k] = out[:3].max()
    return _peak(T, rates)
