"""Decay of nu_4 into a light neutrino and a light boson phi, invisible or with the daughter neutrino seen.

In flight the amplitude of nu_4 falls as exp(-L/2 lambda), lambda = (E/m4)/Gamma: in `oscillation.probability`, Re kappa
gets the factor exp(-L/2 lambda) and |kappa|^2 = exp(-L/lambda) (as in arXiv:1711.05921 and 1910.13456; derived from
H -> H - i Gamma m4/2E on nu_4). If the daughters are seen, they add incoherently, because the boson tells them apart
(hep-ph/0505216, where nu_4 -> nu_e phi explains LSND).

Spectrum of a massless daughter, x = E_daughter/E_4, derived: in the rest frame the daughter of the same helicity as the
relativistic nu_4 is emitted at an angle theta to the boost with d^(1/2) probability cos^2(theta/2), that of flipped
helicity with sin^2(theta/2), and x = (1 + cos theta)/2. Hence w(x) = 2x and w(x) = 2(1 - x).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.lab.oscillation import HBAR_C
from boltzmann.numerics.arrays import Array
from boltzmann.units import in_unit

__all__ = ["Damping", "damping", "daughters", "decay_length", "light_decay_length", "rest_frame_rate"]


class Damping(NamedTuple):
    """Factors of `oscillation.probability`: of the interference Re kappa, and the survival |kappa|^2."""

    interference: Array
    survival: Array


def rest_frame_rate(coupling: Any, m4: Any) -> Array:
    """Return Gamma = g^2 m4/16 pi [eV], all channels together, of Majorana neutrinos with massless daughters.

    The convention of arXiv:1711.05921 and of the IceCube searches (g^2 up to 4 pi).

    Parameters
    ----------
    coupling : float or array
        g.
    m4 : float or array [eV], Quantity or str
    """
    return np.asarray(np.asarray(coupling) ** 2 * in_unit(m4, "eV", "m4") / (16.0 * np.pi))


def decay_length(rate: Any, m4: Any, E: Any) -> Array:
    """Return lambda = (E/m4) / Gamma in m; infinite for a stable nu_4.

    Parameters
    ----------
    rate : float or array [eV], Quantity or str
        Gamma in the rest frame, at least 0; 1/lifetime.
    m4 : float or array [eV], Quantity or str
    E : float or array [MeV]

    Raises
    ------
    ParameterError
        A negative rate, a mass that is not positive, or another dimension.
    """
    gamma, mass = in_unit(rate, "eV", "rate"), in_unit(m4, "eV", "m4")
    if not (np.all(gamma >= 0.0) and np.all(mass > 0.0)):
        raise ParameterError(f"rate = {rate!r} and m4 = {m4!r} are not allowed; give a rate of at least 0, a mass > 0")
    with np.errstate(divide="ignore"):
        return np.asarray(np.asarray(E) * 1e12 * HBAR_C / (mass * gamma))


def light_decay_length(E: Any, U_sj_sq: float, U_si_sq: float, dm2: float, coupling: float = 1.0) -> Array:
    """Return the decay length [m] of a light state nu_j -> nu_i phi, if phi couples to nu_s with g.

    16 pi E/(g^2 |U_si|^2 |U_sj|^2 dm2) (derived: g_ij = g U_si^* U_sj, Gamma = g_ij^2 m_j/16 pi, lambda = E/(m_j
    Gamma), and
    m_j^2 is about dm2). For g = 1, |U_si U_sj|^2 = 1e-5, 10 MeV and 2.5e-3 eV^2 it is 2.65 % of an astronomical unit:
    solar neutrinos would decay. The coupling is in it: a length quoted without g means g = 1.

    Parameters
    ----------
    E : float or array [MeV]
    U_sj_sq, U_si_sq : float
        Elements of the decaying and of the final state.
    dm2 : float [eV^2]
    coupling : float
        g.
    """
    width = coupling**2 * U_si_sq * U_sj_sq * dm2 * 1e-12
    return np.asarray(16.0 * np.pi * np.asarray(E, dtype=np.float64) / width * HBAR_C)


def damping(L: Any, length: Any) -> Damping:
    """Return what decay does to nu_4 at a baseline `L` [m], given its `decay_length` [m]."""
    ratio = np.asarray(L) / np.asarray(length)
    return Damping(np.exp(-0.5 * ratio), np.exp(-ratio))


def daughters(
    parents: Array, E: Array, length: Array, L: Any, edges: Array, element: Any, *, same_helicity: bool = True
) -> Array:
    """Return the numbers of daughter neutrinos per energy bin after a baseline.

    parents |U_a4|^2 (1 - exp(-L/lambda)) times the share of w(x) that falls into the bin; w is integrated exactly, so
    that no neutrino gets lost. Multiply by the branching fraction into the flavour and helicity that is detected:
    with Majorana neutrinos half of the decays keep the helicity, and a flipped one is seen as an antineutrino.

    Parameters
    ----------
    parents : array (n,)
        Numbers of neutrinos produced as nu_a.
    E : array (n,) [MeV]
        Their energies.
    length : array (n,) [m]
        Decay lengths of nu_4 of these energies.
    L : float or array (n,) [m]
        Baselines.
    edges : array (m + 1,) [MeV]
        Increasing edges of the bins of the daughters' energy.
    element : float
        |U_a4|^2.
    same_helicity : bool
        Daughters of the helicity of nu_4, w(x) = 2x, or of the flipped one, 2(1 - x).

    Returns
    -------
    array (m,)
    """
    decayed = parents * element * -np.expm1(-np.asarray(L) / length)
    x = np.clip(edges / E[:, None], 0.0, 1.0)
    below = x**2 if same_helicity else x * (2.0 - x)
    return np.asarray(decayed @ np.diff(below, axis=1))
