"""A Solution as the species that CLASS knows: massive ones, a fluid, and massless radiation.

* **Active sector, ordinary masses** (the sum of m_1, m_2, m_3 is below 0.12 eV): one Fermi-Dirac species of 0.06 eV and
  2/3 of the sector massless, the convention of Planck 2018 (arXiv:1807.06209). The sector is what remains of N_eff; its
  temperature (4/11)^(1/3) (N_act/3)^(1/4) carries the energy.
* **Active sector, heavy** (dm2_41 < 0 lifts all three by sqrt|dm2_41|, so their masses add up to about
  3 sqrt|dm2_41|; or a large `lightest_mass`): every state gets its own mass and its own spectrum, as mass eigenstate.
* **Sterile**: mass eigenstate 4 with its own mass and spectrum.
* **Mediators** of secret interactions that are left at the end (massless ones) are free-streaming radiation in N_ur.
* **Colliding states** at recombination, with mediators, are a massless fluid N_idr, where CLASS can follow them at all
  (see `boltzmann.cmb.fluid`); an ordinary active sector then consists of the others.
* A state of at most 1 meV, for instance m_4 = 0, is massless for CLASS and goes into N_ur; so does one that carries
  less than 1e-6 of N_eff, whatever its mass.

A spectrum is given as a file (see `boltzmann.cmb.phase_space`), with T_ncdm chosen so that its mean q is that of a
Fermi-Dirac spectrum. The file has the number and energy density of the spectrum that ``Solution.m_eff`` integrates, and
the active sector is scaled by its temperature to what the sterile state leaves of N_eff: CLASS agrees on both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from boltzmann.cmb import phase_space
from boltzmann.cmb.fluid import Secret, fluid_of
from boltzmann.constants import NEUTRINO_DENSITY
from boltzmann.numerics.arrays import Array
from boltzmann.observables import BBN
from boltzmann.parameters import ParameterError
from boltzmann.solution import Solution
from boltzmann.units import Quantity, quantity

T_NU = (4.0 / 11.0) ** (1.0 / 3.0)  # neutrino to photon temperature after instantaneous decoupling
ACTIVE_MASS = 0.06  # mass of the one massive species of an ordinary active sector [eV], arXiv:1807.06209
ORDINARY_SUM = 0.12  # largest sum of the active masses described by that species [eV]
MASSLESS = 1e-3  # a state up to this mass is radiation until redshift ~1 [eV]
NEGLIGIBLE = 1e-6  # contribution to N_eff below which a state needs no spectrum of its own


class Neutrinos(Secret, Protocol):
    """What CLASS needs of a Solution."""

    @property
    def z(self) -> Array: ...  # noqa: D102
    @property
    def N_eff(self) -> float: ...  # noqa: D102
    @property
    def N_eff_bbn(self) -> BBN: ...  # noqa: D102
    def N_eff_of(self, state: int | str, /) -> float: ...  # noqa: D102
    def spectrum_at(self, state: int | str, y: Array, /) -> Array: ...  # noqa: D102


@dataclass(frozen=True)
class Species:
    """One massive species of CLASS.

    Parameters
    ----------
    mass : float
        Mass [eV].
    temperature : float
        T_ncdm, in units of the photon temperature.
    N_eff : float
        Contribution to N_eff.
    spectrum : phase_space.PhaseSpace or None
        None for Fermi-Dirac.
    """

    mass: float
    temperature: float
    N_eff: float
    spectrum: phase_space.PhaseSpace | None = None


@dataclass(frozen=True)
class ClassNeutrinos:
    """The neutrinos and mediators of a solution as CLASS gets them.

    Parameters
    ----------
    species : tuple of Species
        Massive ones.
    N_eff_colliding, N_ur : float
        Contributions to N_eff of a massless fluid and of massless free-streaming states.
    treatment : str
        What is done with states that collide, in a sentence or two.
    followed : bool
        Whether CLASS can follow these states; if not, `treatment` says what is done instead.
    """

    species: tuple[Species, ...]
    N_eff_colliding: float
    N_ur: float
    treatment: str
    followed: bool


def neutrinos_for_class(solution: Neutrinos, m4: Quantity | str | None = None) -> ClassNeutrinos:
    """Return how CLASS gets the neutrinos of a solution; CLASS is not needed for that.

    Parameters
    ----------
    solution : Solution
        Of `boltzmann.solve`, three or four states.
    m4 : Quantity or str, optional
        Mass of the fourth mass eigenstate, default ``solution.mixing.m4``.

    Raises
    ------
    ParameterError
        `m4` is not a mass of at least 0 eV, or is given for three states.
    """
    masses = np.array(solution.mixing.masses.to_value("eV"), dtype=np.float64)
    if m4 is not None:
        masses[3] = _sterile_mass(m4, len(masses))
    fluid = fluid_of(solution, masses)
    sterile = [_own_species(solution, k, masses[k - 1]) for k in range(4, len(masses) + 1) if k not in fluid.states]
    colliding = sum(solution.N_eff_of(k) for k in fluid.states)
    N_act = solution.N_eff - sum(s.N_eff for s in sterile) - solution.N_eff_of_mediators - colliding
    active = _active_species(solution, masses, N_act, 3 - sum(k < 4 for k in fluid.states))
    species = tuple(s for s in (*active, *sterile) if s.mass > MASSLESS and s.N_eff > NEGLIGIBLE)
    before = colliding + solution.N_eff_of_mediators if fluid.states else 0.0
    N_ur = max(0.0, solution.N_eff - sum(s.N_eff for s in species) - before)
    return ClassNeutrinos(species, fluid.heating * before, N_ur, fluid.treatment, fluid.followed)


def check_finished(solution: Solution) -> None:
    """Raise ParameterError if the run did not end well."""
    if not solution.status.ok:
        raise ParameterError(f"the run did not end well: {solution.status.value}")


def neutrino_species(solution: Neutrinos, m4: Quantity | str | None = None) -> list[Species]:
    """Return the massive species of `neutrinos_for_class`."""
    return list(neutrinos_for_class(solution, m4).species)


def _active_species(solution: Neutrinos, masses: Array, N_act: float, states: int) -> list[Species]:
    """Describe the free-streaming active states, which have N_act together."""
    if masses[:3].sum() >= ORDINARY_SUM:
        return _rescaled([_own_species(solution, k + 1, masses[k]) for k in range(3)], N_act)
    return [Species(ACTIVE_MASS, T_NU * (N_act / states) ** 0.25, N_act / states)] if states else []


def _rescaled(species: list[Species], N_eff: float) -> list[Species]:
    """Change the temperatures by a common factor, so that the species add up to `N_eff`."""
    ratio = N_eff / sum(s.N_eff for s in species)
    return [replace(s, temperature=s.temperature * ratio**0.25, N_eff=s.N_eff * ratio) for s in species]


def _sterile_mass(m4: Quantity | str, n_states: int) -> float:
    """Return `m4` [eV], checked."""
    mass = float(quantity(m4, "eV", "m4").value)
    if n_states == 3 or mass < 0:
        raise ParameterError(
            f"m4 = {m4} is not allowed for {n_states} states; "
            "give a mass of at least 0 eV for four states, or leave it out"
        )
    return mass


def _own_species(solution: Neutrinos, state: int, mass: float) -> Species:
    """Describe one mass eigenstate by its own spectrum."""
    z = float(solution.z[-1])
    spectrum = phase_space.sampled(solution.spectrum_at(state, phase_space.Y))
    N_eff = spectrum.energy / math.pi**2 / (NEUTRINO_DENSITY * z**4 * T_NU**4)
    return Species(float(mass), spectrum.scale / z, N_eff, spectrum)
