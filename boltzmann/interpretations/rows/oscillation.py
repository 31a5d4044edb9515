"""3+1: nu_4 mixes and oscillates."""

from __future__ import annotations

import warnings

from boltzmann.errors import ValidityWarning
from boltzmann.interpretations import cells, early_universe
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point
from boltzmann.parameters import Mixing

__all__ = ["MIXING", "MODEL", "mixing_of"]

#: Parameters of a light nu_4, for models that have one.
MIXING = {
    "dm2_41": Parameter("eV2", 1e-3, 1e4, "m_4^2 - m_1^2"),
    "Ue4_sq": Parameter("", 0.0, 0.5, "|U_e4|^2"),
    "Umu4_sq": Parameter("", 0.0, 0.5, "|U_mu4|^2"),
}


def mixing_of(dm2_41: float, Ue4_sq: float, Umu4_sq: float) -> Mixing:
    """Return the mixing as `boltzmann.solve` takes it; `early_universe.of_mixing` says where it is approximate."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValidityWarning)
        return Mixing(dm2_41=f"{dm2_41!r} eV2", Ue4_sq=Ue4_sq, Umu4_sq=Umu4_sq)


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:
        return cells.filled(cells.oscillation(point["dm2_41"], point["Ue4_sq"], point["Umu4_sq"]), "")

    def cosmology(self, point: Point) -> Cell:
        return early_universe.of_mixing(mixing_of(point["dm2_41"], point["Ue4_sq"], point["Umu4_sq"]))


MODEL = Interpretation(
    "3+1",
    "3+1 oscillation",
    "U (4 x 4), m_4; nothing else",
    MIXING,
    _Rules(),
    {"lsnd": "yes", "miniboone": "yes", "gallium": "yes", "reactors_hm": "yes"},
)
