"""nu upscatters to N by a transition dipole and N -> nu gamma; with the oscillation that the same papers add."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from boltzmann.interpretations import cells, early_universe, heavy
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point
from boltzmann.interpretations.rows.oscillation import mixing_of
from boltzmann.lab import lsnd, miniboone_signal
from boltzmann.lab.upscattering import ALPHA, Dipole, miniboone_photons
from boltzmann.relics.freeze_out import hubble
from boltzmann.units import HBAR

__all__ = ["MODEL", "equilibrium_ratio", "portal"]

_GEV = 1e-3  # 1/GeV in 1/MeV


def portal(point: Point) -> Dipole:
    """Return the dipole of a point, whose d is in 1/GeV."""
    return Dipole(point["mass"], point["d"] * _GEV)


def equilibrium_ratio(dipole: Dipole) -> float:
    """Return Gamma/H of nu e -> N e at T = m, with Gamma = alpha d^2 T^3 (order of magnitude, derived by dimension)."""
    return ALPHA * dipole.d**2 * dipole.mass**3 / hubble(dipole.mass)


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:
        dipole, amplitude = portal(point), point["sin2_2theta_mue"]
        photons = miniboone_photons(dipole, dipole.width)
        oscillated = amplitude * miniboone_signal.oscillated(point["dm2_41"])
        how = (
            f"boltzmann.lab.upscattering, coherent on carbon inside the tank, {photons.forward:.0%} with cos theta > "
            f"0.9, and 3+1 of ({point['dm2_41']:g} eV2, {amplitude:g}); dirt, protons and Dalitz production are left "
            "out"
        )
        element = 0.5 * np.sqrt(amplitude)
        mixed = cells.oscillation(point["dm2_41"], element, element)
        microboone = mixed["microboone"]
        found = {
            **mixed,
            "microboone": replace(
                microboone, how=f"oscillation alone: its search for photons has no efficiency here. {microboone.how}"
            ),
            "miniboone": cells.miniboone_cell(photons.events + oscillated, how, within=3.0),
            "lsnd": cells.lsnd_cell(
                amplitude * lsnd.expected(np.array(point["dm2_41"])),
                "oscillation alone: N is too heavy for muons at rest",
            ),
            "elsewhere": cells.typed("ND280 disfavours 390 to 743 MeV", "arXiv:2412.15051 (abstract)"),
        }
        return cells.filled(found, "")

    def cosmology(self, point: Point) -> Cell:
        dipole = portal(point)
        found = heavy.of_lepton(
            point["mass"],
            HBAR / dipole.width,
            equilibrium_ratio(dipole),
            "nu_mu gamma",
            "N made by nu e -> N e, N -> nu gamma",
        )
        element = 0.5 * float(np.sqrt(point["sin2_2theta_mue"]))
        light = early_universe.of_mixing(mixing_of(point["dm2_41"], element, element))
        return Cell(
            light.word,
            light.number,
            f"N {found.word} ({found.text}); its oscillation: {light.text}",
            f"{found.how}. {light.how}",
        )


MODEL = Interpretation(
    "dipole-upscattering",
    "upscattering, dipole, with oscillation",
    "d nubar_L sigma^mu nu N F_mu nu, Gamma = d^2 m^3/4 pi",
    {
        "mass": Parameter("MeV", 10.0, 2000.0, "of N"),
        "d": Parameter("1/GeV", 1e-10, 1e-4, "transition moment"),
        "dm2_41": Parameter("eV2", 1e-2, 100.0, "m_4^2 - m_1^2 of the oscillation"),
        "sin2_2theta_mue": Parameter("", 0.0, 0.1, "of the oscillation"),
    },
    _Rules(),
    {"lsnd": "no", "miniboone": "yes", "reactors_hm": "no", "gallium": "no"},
)
