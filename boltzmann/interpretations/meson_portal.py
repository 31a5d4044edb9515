"""What can be said of rows whose new states are made in meson decays by couplings that were not read."""

from __future__ import annotations

from dataclasses import dataclass

from boltzmann.interpretations import cells, heavy
from boltzmann.interpretations.protocol import Cell, Point

__all__ = ["Rules"]


@dataclass(frozen=True)
class Rules:
    """Reasons for the laboratory, a thermal relic for cosmology.

    Attributes
    ----------
    states : str
        What is new, in words.
    """

    states: str

    def laboratory(self, point: Point) -> dict[str, Cell]:
        """Return reasons."""
        reason = f"couplings and masses of {self.states} were not read in the papers: there is no rate to compute"
        return cells.of_the_booster({"miniboone": cells.not_computable(reason, point.citation)}, "as MiniBooNE")

    def cosmology(self, point: Point) -> Cell:
        """Return N_eff of a scalar of that mass coupled to e, gamma that is in equilibrium until decoupling."""
        found = heavy.of_boson(point["mass"], 1, neutrinos=False, lifetime=0.0)
        caveat = f"{self.states} taken as one scalar that decays fast enough to stay in equilibrium with e, gamma. "
        return Cell(found.word, found.number, found.text, caveat + found.how)
