"""The full oscillation probabilities of three or four neutrinos, in vacuum or matter of constant density.

i d nu/dL = H nu with H = U diag(m_k^2 - i m_k Gamma_k) U^+/2E + diag(V_CC, 0, 0, -V_NC), V_CC = sqrt(2) G_F n_e and
V_NC = -G_F n_n/sqrt(2); the neutral current, common to the active states, is put on the sterile one. For antineutrinos
U -> U^* and V -> -V. (Standard, for example arXiv:1303.0758 sec. 2; G_F and units from `boltzmann.constants`.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from boltzmann.constants import G_F
from boltzmann.errors import ParameterError
from boltzmann.lab.oscillation import HBAR_C
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.parameters import Mixing
from boltzmann.units import in_unit

__all__ = ["hamiltonian", "probabilities"]

_AVOGADRO = 6.02214076e23  # nucleons per gram, SI 2019


def _potentials(n_states: int, density: float, electron_fraction: float) -> Array:
    """Return the potentials (n_states,) of neutrinos [MeV]."""
    if not (0.0 <= density < np.inf and 0.0 <= electron_fraction <= 1.0):
        raise ParameterError(
            f"density = {density} and electron_fraction = {electron_fraction} are not allowed; "
            "give a density of at least 0 g/cm3 and a fraction from 0 to 1"
        )
    nucleons = density * _AVOGADRO * (100.0 * HBAR_C) ** 3  # [MeV^3]
    charged = np.sqrt(2.0) * G_F * nucleons * electron_fraction
    neutral = -G_F * nucleons * (1.0 - electron_fraction) / np.sqrt(2.0)
    return np.array([charged, 0.0, 0.0, -neutral])[:n_states]


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
        has a method ``in_matter(E, density, antineutrino)``, as `boltzmann.potentials.QuasiSterile` and
        `boltzmann.lab.overdensity.NeutrinoOverdensity` do.

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
    return _with_level(result, sterile_potential, energy[..., 0, 0], density, antineutrino)


def _with_level(H: Complex, potential: Any, E: Array, density: float, antineutrino: bool) -> Complex:
    """Return ``H`` (..., n, n) with a potential of the sterile state."""
    if hasattr(potential, "in_matter"):
        level = np.asarray(potential.in_matter(E, density, antineutrino))
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
