"""Heavy N of meson decays that decays into a dark boson, N -> nu a, a -> e+e-."""

from __future__ import annotations

import numpy as np

from boltzmann.constants import M_E
from boltzmann.interpretations import cells, heavy
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point
from boltzmann.units import HBAR

__all__ = ["MODEL", "lifetime"]


def lifetime(mass: float, coupling: float) -> float:
    """Return the lifetime [s] of a pseudoscalar of a mass [MeV], (c_e/f_a) da ebar gamma gamma5 e [1/MeV].

    Gamma = (c_e/f_a)^2 m_e^2 m_a sqrt(1 - 4 m_e^2/m_a^2)/8 pi (derived: Yukawa coupling 2 m_e c_e/2f_a).
    """
    if mass <= 2.0 * M_E:
        return float("inf")
    width = coupling**2 * M_E**2 * mass * np.sqrt(1.0 - 4.0 * M_E**2 / mass**2) / (8.0 * np.pi)
    return float(HBAR / width)


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:  # noqa: ARG002
        reason = "as for the dipole in flight: needs the flux of kaons in the Booster beam, which is not public"
        return cells.of_the_booster({"miniboone": cells.not_computable(reason, "arXiv:2102.05012")}, "as MiniBooNE")

    def cosmology(self, point: Point) -> Cell:
        return heavy.of_boson(
            point["mediator"], 1, neutrinos=False, lifetime=lifetime(point["mediator"], point["coupling"])
        )


MODEL = Interpretation(
    "dark-decay",
    "dark sector, decay in flight",
    "N -> nu a, (c_e/f_a) d_mu a ebar gamma^mu gamma5 e",
    {
        "mass": Parameter("MeV", 50.0, 490.0, "of N, below m_K"),
        "mediator": Parameter("MeV", 1.1, 400.0, "of a"),
        "coupling": Parameter("1/MeV", 1e-12, 1.0, "c_e/f_a"),
    },
    _Rules(),
    {"lsnd": "no", "miniboone": "yes", "reactors_hm": "no", "gallium": "no"},
)
