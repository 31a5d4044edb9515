"""The full oscillation probabilities of three or four neutrinos, in vacuum or matter of constant density.

i d nu/dL = H nu with H = U diag(m_k^2 - i m_k Gamma_k) U^+/2E + diag(V_CC, 0, 0, -V_NC), V_CC = sqrt(2) G_F n_e and
V_NC = -G_F n_n/sqrt(2); the neutral current, common to the active states, is put on the sterile one. For antineutrinos
U -> U^* and V -> -V. (Standard, for example arXiv:1303.0758 sec. 2; G_F and units from `boltzmann.constants`.)
"""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np

from boltzmann.constants import G_F
from boltzmann.errors import ParameterError
from boltzmann.lab.oscillation import HBAR_C
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.parameters import Mixing
from boltzmann.units import NUCLEONS, in_unit

__all__ = ["dark_potential", "hamiltonian", "nucleons", "potential_CC", "probabilities", "resonance_energy"]

_LIGHTEST = 2e-7  # [eV] of m_A: hbar c/m = 1 m


def _potentials(n_states: int, density: float, electron_fraction: float) -> Array:
    """Return the potentials (n_states,) of neutrinos [MeV]."""
    if not (0.0 <= density < np.inf and 0.0 <= electron_fraction <= 1.0):
        raise ParameterError(
            f"density = {density} and electron_fraction = {electron_fraction} are not allowed; "
            "give a density of at least 0 g/cm3 and a fraction from 0 to 1"
        )
    charged = np.sqrt(2.0) * G_F * nucleons(density) * electron_fraction
    neutral = -G_F * nucleons(density) * (1.0 - electron_fraction) / np.sqrt(2.0)
    return np.array([charged, 0.0, 0.0, -neutral])[:n_states]


def nucleons(density: float) -> float:
    """Return the number density [MeV^3] of nucleons in matter of a density [g/cm^3], one per atomic mass unit."""
    return float(density * NUCLEONS)


def potential_CC(density: float, electron_fraction: float = 0.5) -> float:
    """Return V_CC = sqrt2 G_F n_e [MeV], 7.63e-14 eV (density/g cm^-3) (electron fraction)."""
    return float(_potentials(1, density, electron_fraction)[0])


def dark_potential(
    coupling_difference: float,
    couplings: tuple[float, float, float],
    m_A: Any,
    density: float,
    electron_fraction: float = 0.5,
) -> float:
    """Return V_s - V_active [eV] of neutrinos by a vector A that couples to matter; opposite for antineutrinos.

    -(g_s - g_nu) SUM_f g_f n_f/(2 m_A^2), in the sign and normalisation of arXiv:2201.00876 as the project's brief
    quotes it: A of large range against the size of atoms, small against that of the rock (1/m_A <= 1 m for m_A >= 2e-7
    eV).

    Parameters
    ----------
    coupling_difference : float
        g_s - g_nu.
    couplings : (float, float, float)
        Of electrons, protons and neutrons.
    m_A : float [eV], Quantity or str
    density : float [g/cm^3]
    electron_fraction : float

    Raises
    ------
    ParameterError
        The mass is not at least 2e-7 eV: then A reaches beyond the matter, and the potential is none of density alone.
    """
    mass = float(in_unit(m_A, "eV", "m_A"))
    if not mass >= _LIGHTEST:
        raise ParameterError(f"m_A = {m_A!r} is not allowed; give at least {_LIGHTEST:g} eV, a range of 1 m")
    electrons, protons, neutrons = couplings
    per_nucleon = (electrons + protons) * electron_fraction + neutrons * (1.0 - electron_fraction)
    return float(-coupling_difference * per_nucleon * nucleons(density) / (2.0 * (1e-6 * mass) ** 2) * 1e6)


def resonance_energy(dM2: float, cos2theta: float, dV: float) -> float:
    """Return the energy [MeV] where mixing is maximal, dM2 cos 2theta/(2 |dV|), for `dM2` [eV^2] and `dV` [eV] = V_s
    - V_a.

    Neutrinos resonate for dV < 0 if the heavy state is mostly sterile, antineutrinos for dV > 0 (derived: the diagonal
    elements dM2 cos 2theta/2E + dV cancel).
    """
    return 1e-6 * dM2 * cos2theta / (2.0 * abs(dV))


def hamiltonian(
    mixing: Mixing,
    E: Any,
    *,
    density: float = 0.0,
    electron_fraction: float = 0.5,
    antineutrino: bool = False,
    rate: Any = 0.0,
    sterile_potential: Any = 0.0,
) -> Complex:
    """Return the Hamiltonian in the flavour basis [MeV], of shape (..., n, n).

    Parameters
    ----------
    mixing : Mixing
        Three or four states.
    E : float or array [MeV]
    density : float [g/cm^3]
        Of matter with one nucleon per atomic mass unit.
    electron_fraction : float
        Electrons per nucleon; the other nucleons are neutrons.
    antineutrino : bool
        Antineutrinos instead of neutrinos.
    rate : float [eV], Quantity or str
        Rest-frame decay rate of nu_4 into what is not seen; makes the Hamiltonian non-Hermitian.
    sterile_potential : float [MeV], Quantity, array over E, or object
        Added to the sterile level: a number is that of neutrinos, with the opposite sign for antineutrinos; an object
        has a method ``in_matter(E, density, antineutrino, electron_fraction)``, as do
        `boltzmann.potentials.QuasiSterile` and `boltzmann.lab.overdensity.NeutrinoOverdensity`.

    Raises
    ------
    ParameterError
        An energy that is not positive, a density or fraction out of range, or a decay or potential of three states.
    """
    energy = in_unit(E, "MeV", "E")[..., None, None]
    gamma = float(in_unit(rate, "eV", "rate"))
    if not np.all(energy > 0.0):
        raise ParameterError("E has values of 0 or less; give energies greater than 0 MeV")
    if gamma < 0.0 or (gamma > 0.0 and mixing.n_states == 3):
        raise ParameterError(f"rate = {rate!r} is not allowed; give at least 0 eV, and 0 without a fourth state")
    squared = mixing.mass_squared.astype(np.complex128)
    if gamma:
        squared[3] -= 1e-12j * float(mixing.m4.to_value("eV")) * gamma
    U = mixing.U.conj() if antineutrino else mixing.U
    potentials = np.diag(_potentials(mixing.n_states, density, electron_fraction))
    result = np.asarray((U * squared) @ U.conj().T / (2.0 * energy) + (-potentials if antineutrino else potentials))
    matter = density, antineutrino, electron_fraction
    return _with_level(result, sterile_potential, energy[..., 0, 0], *matter)


def _with_level(
    H: Complex, potential: Any, E: Array, density: float, antineutrino: bool, electron_fraction: float
) -> Complex:
    """Return ``H`` (..., n, n) with a potential of the sterile state."""
    if hasattr(potential, "in_matter"):
        level = _asked(potential, E, density, antineutrino, electron_fraction)
    else:
        level = in_unit(potential, "MeV", "sterile_potential") * (-1.0 if antineutrino else 1.0)
    if not np.any(level):
        return H
    if H.shape[-1] < 4:
        raise ParameterError(
            f"sterile_potential = {potential!r} is not allowed without a fourth state; give dm2_41 too"
        )
    shape = np.broadcast_shapes(H.shape[:-2], level.shape)
    result = np.broadcast_to(H, (*shape, 4, 4)).astype(np.complex128)
    result[..., 3, 3] += level
    return result


def _asked(potential: Any, E: Array, *matter: Any) -> Array:
    """Return the level [MeV] that an object has at the energies ``E``, checked."""
    name = type(potential).__name__
    try:
        signature(potential.in_matter).bind(E, *matter)
    except TypeError as error:
        raise ParameterError(
            f"{name}.in_matter does not take four arguments, but it is called as in_matter(E, density, antineutrino, "
            "electron_fraction); add what is missing, the last one is new"
        ) from error
    found = potential.in_matter(E, *matter)
    level = np.asarray(found)
    if hasattr(found, "unit") or level.dtype.kind not in "fiu" or not np.all(np.isfinite(level)):
        raise ParameterError(f"{name}.in_matter returned {found!r}; return finite real numbers in MeV, without unit")
    try:
        np.broadcast_shapes(level.shape, E.shape)
    except ValueError as error:
        raise ParameterError(
            f"{name}.in_matter returned the shape {level.shape} for energies of shape {E.shape}; return a level for "
            "each energy"
        ) from error
    return level


def probabilities(
    mixing: Mixing,
    E: Any,
    L: Any,
    *,
    density: float = 0.0,
    electron_fraction: float = 0.5,
    antineutrino: bool = False,
    rate: Any = 0.0,
    sterile_potential: Any = 0.0,
) -> Array:
    """Return all P(nu_a -> nu_b) as an array [..., a, b], flavours in the order of `mixing.flavours`.

    Parameters
    ----------
    E : float or array [MeV]
    L : float or array [m]
        Broadcasts against `E`.
    mixing, density, electron_fraction, antineutrino, rate, sterile_potential
        As in `hamiltonian`. With a decay rate the rows sum to less than 1.

    Raises
    ------
    ParameterError
        As `hamiltonian`.
    """
    values = hamiltonian(
        mixing,
        E,
        density=density,
        electron_fraction=electron_fraction,
        antineutrino=antineutrino,
        rate=rate,
        sterile_potential=sterile_potential,
    )
    steps = in_unit(L, "m", "L")[..., None, None] / HBAR_C
    decays = float(in_unit(rate, "eV", "rate")) > 0.0
    levels, vectors = np.linalg.eig(values) if decays else np.linalg.eigh(values)
    inverse = np.linalg.inv(vectors) if decays else vectors.conj().swapaxes(-1, -2)
    amplitudes = (vectors * np.exp(-1j * levels[..., None, :] * steps)) @ inverse
    return np.asarray(np.abs(amplitudes.swapaxes(-1, -2)) ** 2)
