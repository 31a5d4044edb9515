"""nu upscatters to a dark neutrino by a vector, which then makes e+e-."""

from __future__ import annotations

import numpy as np

from boltzmann.interpretations import cells, heavy
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point
from boltzmann.lab import miniboone_signal
from boltzmann.lab.upscattering import ALPHA, Vector, carbon_upscatters, miniboone_photons
from boltzmann.units import HBAR

__all__ = ["EFFICIENCY", "MODEL", "portal", "vector_lifetime"]

#: Of e+e- that look like one electron; the single-photon efficiency of the release is 0.05 to 0.13 where it is large.
EFFICIENCY = (0.05, 0.13)
_BEAMS = miniboone_signal.BEAMS
_LIGHT = 0.3  # m_Z'/m_N: its square, 10 %, is what the pair's direction is off that of a massless one
_PROMPT = 1e6  # [MeV] a width for which N decays where it is made


def portal(point: Point) -> Vector:
    """Return e epsilon g_D |U| and masses."""
    charge, dark = np.sqrt(4.0 * np.pi * ALPHA), np.sqrt(4.0 * np.pi * point["alpha_D"])
    strength = charge * point["epsilon"] * dark * np.sqrt(point["Umu4_sq"])
    return Vector(point["mass"], point["mediator"], float(strength))


def vector_lifetime(mass: float, epsilon: float) -> float:
    """Return the lifetime [s] of a dark photon, Gamma = alpha epsilon^2 m/3 into e+e- (derived, m_e = 0)."""
    return float(HBAR / (ALPHA * epsilon**2 * mass / 3.0))


def _forward(point: Point) -> str:
    """Say how many e+e- go forward, if N decays to a Z' much lighter than it is."""
    if point["mediator"] > _LIGHT * point["mass"]:
        return ""
    return f", {miniboone_photons(portal(point), _PROMPT).forward:.0%} with cos theta > 0.9"


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:
        made = [carbon_upscatters(portal(point), beam) for beam in _BEAMS]
        low, high = (share * sum(made) for share in EFFICIENCY)
        text = (
            f"{low:.0f} to {high:.0f} of 638 events ({made[0]:.2g}+{made[1]:.2g} made on C), rate within a factor 3"
            f"{_forward(point)}"
        )
        how = (
            "boltzmann.lab.upscattering: coherent on carbon (the generator DarkNews has the same within 5 %), times an "
            f"efficiency of {EFFICIENCY[0]} to {EFFICIENCY[1]}; the spectrum of e+e- that look like one electron "
            "needs the detector's simulation: no D. Angle: N -> nu Z', isotropic, e+e- along Z' as one shower that is "
            "found as a photon is; not for N -> nu e+e- by a heavy Z'"
        )
        found = {"miniboone": Cell("not computable", None, text, how, point.citation)}
        return cells.of_the_booster(found, "its search for e+e- or photons has no efficiency here")

    def cosmology(self, point: Point) -> Cell:
        life = vector_lifetime(point["mediator"], point["epsilon"])
        return heavy.of_boson(point["mediator"], 3, neutrinos=False, lifetime=life)


MODEL = Interpretation(
    "vector-upscattering",
    "upscattering, vector",
    "e epsilon Z' J_em + g_D U nubar_D gamma nu Z'; nu_D -> nu e+e-",
    {
        "mass": Parameter("MeV", 1.0, 2000.0, "of the dark neutrino that is made"),
        "mediator": Parameter("MeV", 1.1, 1e4, "of Z'"),
        "Umu4_sq": Parameter("", 0.0, 1e-2, "|U_mu4|^2"),
        "alpha_D": Parameter("", 0.0, 1.0, "g_D^2/4 pi"),
        "epsilon": Parameter("", 1e-12, 1.0, "kinetic mixing"),
    },
    _Rules(),
    {"lsnd": "no", "miniboone": "yes", "reactors_hm": "no", "gallium": "no"},
)
