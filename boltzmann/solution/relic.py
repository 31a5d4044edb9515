"""What a relic of MeV mass did in a run: its energy beside that of the neutrinos, and the story in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from boltzmann.numerics.arrays import Array, frozen
from boltzmann.plasma.thermo import plasma_energy_density

if TYPE_CHECKING:
    from boltzmann.kinetics.sterile_history import DarkHistory
    from boltzmann.solution.run import Solution


class RelicHistory(NamedTuple):
    """History of a relic.

    Attributes
    ----------
    energy : (n_x,) array
        Comoving energy density beside plasma and neutrinos [m_e^4]; zero for a particle that is part of the plasma.
    number : (n_x,) array
        Comoving number density of a decaying lepton, zero for others.
    """

    energy: Array
    number: Array


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
        return dark if self.relic is None else self.relic.energy


def describe(solution: Solution, relic: RelicHistory) -> str:
    """Return what a relic did in a run, in words."""
    if not solution.status.ok:
        return f"The run did not end well: {solution.status.value}"
    weak, late = solution.N_eff_bbn
    end = f"N_eff is {weak:.3f} at 1 MeV, {late:.3f} at 0.07 MeV, {solution.N_eff:.3f} at the end."
    return f"{_presence(solution, relic)} {end}"


def _presence(solution: Solution, relic: RelicHistory) -> str:
    """Say how much of the energy the relic held, and when it went."""
    T, energy = solution.T.value, relic.energy
    if not energy.any():
        return "The particle is part of the plasma, or there is none of it."
    plasma = solution.z**4 * plasma_energy_density(solution.x / solution.z, muons=solution.options.muons)
    share = energy / (solution.total_density + plasma)
    peak = int(np.argmax(share))
    left = np.flatnonzero(share < 0.5 * share[peak])
    gone = left[left > peak]
    going = f"half of that is left at T = {T[gone[0]]:.3g} MeV" if gone.size else "and it is still there at the end"
    return f"The relic is at most {share[peak]:.2g} of all energy, at T = {T[peak]:.3g} MeV; {going}."
