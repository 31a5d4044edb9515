"""The eV seesaw: what mixing it predicts for a nu_4 at the anomalies, and what follows."""

from __future__ import annotations

import warnings

import numpy as np

from boltzmann.errors import ValidityWarning
from boltzmann.interpretations import cells, early_universe
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point
from boltzmann.parameters import Mixing
from boltzmann.parameters.seesaw import three_by_n

__all__ = ["MODEL", "mixing_of"]

_SOLAR, _HEAVY = 8.66e-3, (100.0, 1000.0)  # [eV]: m_2, and the Majorana masses of the other two


def mixing_of(light: float, M: float) -> Mixing:
    """Return nu_4 of m_D = U diag(sqrt(m_i M_i)), m = (0, 8.66e-3, `light`), M = (100, 1000, `M`) eV: m_3 belongs
    to M.
    """
    masses, heavy = np.array([0.0, _SOLAR, light]), np.array([*_HEAVY, M])
    found = three_by_n(Mixing().U @ np.diag(np.sqrt(masses * heavy)), heavy)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValidityWarning)
        return Mixing.from_seesaw(found, state=3)


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:
        mixing = mixing_of(point["light"], point["M"])
        found = cells.oscillation(float(mixing.dm2_41.to_value("eV2")), mixing.Ue4_sq, mixing.Umu4_sq)
        elements = ", ".join(f"{value:.2g}" for value in (mixing.Ue4_sq, mixing.Umu4_sq, mixing.Utau4_sq))
        prediction = Cell("-", None, f"predicts |U_a4|^2 = {elements}", "Takagi factorisation of the 6 x 6 matrix")
        return cells.filled({**found, "elsewhere": prediction}, "")

    def cosmology(self, point: Point) -> Cell:
        return early_universe.of_mixing(mixing_of(point["light"], point["M"]))


MODEL = Interpretation(
    "seesaw",
    "eV seesaw",
    "m_D nubar N + M N N/2; |U_a4|^2 summed = m_3/(m_3 + m_4)",
    {
        "light": Parameter("eV", 0.02, 0.2, "m_3 of the Dirac matrix"),
        "M": Parameter("eV", 0.2, 50.0, "Majorana mass of the eV state"),
    },
    _Rules(),
)
