"""What a relic of MeV mass did in a run: its energy beside that of the neutrinos, and the story in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from boltzmann.numerics.arrays import Array, frozen
from boltzmann.plasma.thermo import plasma_energy_density

if TYPE_CHECKING:
    from boltzmann.kinetics.sterile_history import DarkHistory
    from boltzmann.solution.run import Solution


class RelicHistory(NamedTuple):
    """History of relics, in the order of the interactions.

    Attributes
    ----------
    energy : (n_x, n) array
        Comoving energy density of each beside plasma and neutrinos [m_e^4]; zero for one that is part of the plasma.
    number : (n_x, n) array
        Comoving number density of each decaying lepton, zero for others.
    """

    energy: Array
    number: Array

    @property
    def total(self) -> Array:
        """Comoving energy density of all, (n_x,)."""
        return np.asarray(self.energy.sum(axis=1))


class BesideNeutrinos:
    """What a `boltzmann.solution.Solution` has beside plasma and neutrinos."""

    dark: DarkHistory | None
    relic: RelicHistory | None

    def _freeze_relic(self) -> None:
        if self.relic is not None:
            object.__setattr__(self, "relic", RelicHistory(*map(frozen, self.relic)))

    @property
    def other_density(self) -> Array | float:
        """Comoving energy density beside neutrinos and plasma: mediators, or a relic; (n_x,) or 0."""
        dark = 0.0 if self.dark is None else self.dark.energy
        return dark if self.relic is None else self.relic.total


def describe(solution: Solution, relic: RelicHistory) -> str:
    """Return what relics did in a run, in words."""
    if not solution.status.ok:
        return f"The run did not end well: {solution.status.value}"
    weak, late = solution.N_eff_bbn
    several = relic.energy.shape[1] > 1
    told = [_presence(solution, energy, f"relic {k + 1}" if several else "relic") for k, energy in _each(relic)]
    end = f"N_eff is {weak:.3f} at 1 MeV, {late:.3f} at 0.07 MeV, {solution.N_eff:.3f} at the end."
    return " ".join([*told, end])


def _each(relic: RelicHistory) -> Iterator[tuple[int, Array]]:
    """Return place and energy (n_x,) of every relic."""
    return enumerate(relic.energy.T)


def _presence(solution: Solution, energy: Array, name: str) -> str:
    """Say how much of the energy the relic ``name`` held, and when it went."""
    T = solution.T.value
    if not energy.any():
        return f"The {name} is part of the plasma, or there is none of it."
    plasma = solution.z**4 * plasma_energy_density(solution.x / solution.z, muons=solution.options.muons)
    share = energy / (solution.total_density + plasma)
    peak = int(np.argmax(share))
    left = np.flatnonzero(share < 0.5 * share[peak])
    gone = left[left > peak]
    going = f"half of that is left at T = {T[gone[0]]:.3g} MeV" if gone.size else "and it is still there at the end"
    return f"The {name} is at most {share[peak]:.2g} of all energy, at T = {T[peak]:.3g} MeV; {going}."
