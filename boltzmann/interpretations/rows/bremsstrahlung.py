"""Flavour-changing bremsstrahlung nu_mu -> nu_e phi before the charged current."""

from __future__ import annotations

import numpy as np

from boltzmann.interpretations import cells, heavy
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point

__all__ = ["MODEL", "coupling"]


def coupling(probability: float, logarithm: float) -> float:
    """Return y that makes P = y^2 ln(Q^2/m^2)/(32 pi^2) (collinear emission, derived to a factor of three)."""
    return float(np.sqrt(32.0 * np.pi**2 * probability / logarithm))


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:
        y = coupling(point["probability"], point["logarithm"])
        reason = (
            f"needs y_e,mu = {y:.2f} (collinear estimate, factor 3); the energy that phi takes, so the shape of the "
            "signal, depends on the model, whose paper (the seed's reference 275) was not identified"
        )
        cell = cells.not_computable(reason)
        return cells.filled(
            {"lsnd": cell, "karmen": cell, "miniboone": cell, "microboone": cell},
            "no nu_mu to begin with, or none is seen to be lost: P is 3e-3 at most",
        )

    def cosmology(self, point: Point) -> Cell:  # noqa: ARG002
        fates = [*heavy.equilibrium(15.0, 1, "boson", ("nu",)), *heavy.equilibrium(6.0, 1, "boson", ("nu",))]
        how = "phi in equilibrium with neutrinos, one state; mass not known: 15 MeV (nothing left above) to 6"
        return heavy.of_fates(fates, how)


MODEL = Interpretation(
    "bremsstrahlung",
    "flavour-changing bremsstrahlung",
    "y_e,mu nubar_e nu_mu phi",
    {
        "probability": Parameter("", 0.0, 0.1, "of emission"),
        "logarithm": Parameter("", 1.0, 30.0, "ln(Q^2/m_phi^2)"),
    },
    _Rules(),
    {"lsnd": "yes", "miniboone": "yes", "reactors_hm": "no", "gallium": "no"},
)
