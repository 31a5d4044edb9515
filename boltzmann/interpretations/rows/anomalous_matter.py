"""Anomalous matter effects: flavour-changing forces of the medium, or a resonance on neutrinos of the background."""

from __future__ import annotations

import numpy as np

from boltzmann.interpretations import cells, early_universe
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point
from boltzmann.lab import lsnd, miniboone_signal
from boltzmann.lab.matter import potential_CC
from boltzmann.lab.oscillation import HBAR_C

__all__ = ["MODEL", "epsilon_for", "mediator_mass", "probability"]

_ROCK = 2.6  # [g/cm^3], Y_e = 1/2: rho Y_e = 1.3
_BASELINES = {"lsnd": 30.0, "miniboone": 541.0}  # [m]
_NEUTRINO = 0.05  # [eV], of the background


def probability(epsilon: float, L: float) -> float:
    """Return P(nu_mu -> nu_e) = sin^2(|epsilon| V_CC L) of a contact interaction at a baseline [m] (derived:
    H_e,mu alone).
    """
    return float(np.sin(abs(epsilon) * potential_CC(_ROCK) * L / HBAR_C) ** 2)


def epsilon_for(P: float, L: float) -> float:
    """Return the |epsilon| that makes a probability P at a baseline [m]."""
    return float(np.arcsin(np.sqrt(P)) / (potential_CC(_ROCK) * L / HBAR_C))


def mediator_mass(E: float) -> float:
    """Return m_phi [eV] of a resonance at a neutrino energy [MeV] on neutrinos of 0.05 eV at rest: m_phi^2 = 2
    m_nu E.
    """
    return float(np.sqrt(2.0 * _NEUTRINO * E * 1e6))


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:
        epsilon = point["epsilon"]
        reach = {name: probability(epsilon, L) for name, L in _BASELINES.items()}
        full = miniboone_signal.response().events.sum(axis=1).ravel()
        how = (
            "P = sin^2(|eps_e,mu| V_CC L), rho Y_e = 1.3; the data need eps = {:.2g}. The resonance needs a "
            "density of relic neutrinos many orders of magnitude above any known one, so it has no number"
        )
        found = {
            "lsnd": cells.lsnd_cell(
                reach["lsnd"] * 2.0 * lsnd.expected(np.array(1e5)), how.format(epsilon_for(2.64e-3, 30.0))
            ),
            "miniboone": cells.miniboone_cell(reach["miniboone"] * full, how.format(epsilon_for(2.64e-3, 541.0))),
            **dict.fromkeys(
                ("minos", "icecube"),
                cells.not_computable("at these baselines eps and masses interfere, which their tables do not have"),
            ),
            "elsewhere": cells.typed("a resonant bump does not fit MiniBooNE", "arXiv:2106.13829 (abstract)"),
        }
        return cells.filled(found, "a phase |eps| V_CC L below 3e-4 at baselines below 500 m")

    def cosmology(self, point: Point) -> Cell:
        mass = mediator_mass(point["resonance"])
        N_eff = early_universe.N_EFF + 4.0 / 7.0
        how = (
            f"phi of {1e-3 * mass:.1f} keV coupled to neutrinos, if it equilibrates before they decouple: one boson "
            "of their temperature, Delta N_eff = 4/7; at T ~ m_phi it couples again, which the CMB sees too. The "
            "contact interaction alone does nothing to N_eff"
        )
        found = early_universe.of_N_eff(N_eff, N_eff, how)
        return Cell(found.word, found.number, f"resonance, if phi equilibrates: {found.text}; contact: nothing", how)


MODEL = Interpretation(
    "anomalous-matter",
    "anomalous matter effects",
    "eps_e,mu G_F (nubar_e gamma nu_mu)(fbar gamma f), or y phi nubar nu with m_phi^2 = 2 m_nu E",
    {
        "epsilon": Parameter("", 0.0, 1e3, "neutral-current eps_e,mu per electron"),
        "resonance": Parameter("MeV", 1.0, 1e4, "energy of the resonance"),
    },
    _Rules(),
    {"lsnd": "yes", "miniboone": "yes", "reactors_hm": "no", "gallium": "no"},
)
