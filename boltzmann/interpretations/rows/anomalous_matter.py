"""Anomalous matter effects: flavour-changing forces of the medium, or a resonance on neutrinos of the background."""

from __future__ import annotations

import numpy as np

from boltzmann.interpretations import cells, early_universe
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point
from boltzmann.lab import lsnd, microboone_signal, miniboone_signal
from boltzmann.lab.matter import potential_CC
from boltzmann.lab.microboone_release import BASELINE
from boltzmann.lab.oscillation import HBAR_C
from boltzmann.parameters import Mixing, Options
from boltzmann.potentials import NSI

__all__ = ["MODEL", "epsilon_for", "mediator_mass", "probability"]

_ROCK = 2.6  # [g/cm^3], Y_e = 1/2: rho Y_e = 1.3
_BASELINES = {"lsnd": 30.0, "miniboone": 541.0, "microboone": BASELINE}  # [m]
_SMALL = 0.01  # of dm2_31/2E: the mixing sin^2 2theta_13 is known to 3 %
_NEUTRINO = 0.05  # [eV], of the background
_REACTOR, _DM2_31 = 4.0, 2.5e-3  # [MeV], typical energy, and [eV^2]


def probability(epsilon: float, L: float) -> float:
    """Return P(nu_mu -> nu_e) = sin^2(|epsilon| V_CC L) of a contact interaction at a baseline [m] (derived:
    H_e,mu alone).
    """
    return float(np.sin(abs(epsilon) * potential_CC(_ROCK) * L / HBAR_C) ** 2)


def epsilon_for(P: float, L: float) -> float:
    """Return the |epsilon| that makes a probability P at a baseline [m]."""
    return float(np.arcsin(np.sqrt(P)) / (potential_CC(_ROCK) * L / HBAR_C))


def at_reactors(epsilon: float) -> float:
    """Return |epsilon| V_CC in units of dm2_31/2E of neutrinos of 4 MeV: what matter does to mixing at 2 km."""
    return float(abs(epsilon) * 1e6 * potential_CC(_ROCK) * 2e6 * _REACTOR / _DM2_31)


def mediator_mass(E: float) -> float:
    """Return m_phi [eV] of a resonance at a neutrino energy [MeV] on neutrinos of 0.05 eV at rest: m_phi^2 = 2
    m_nu E.
    """
    return float(np.sqrt(2.0 * _NEUTRINO * E * 1e6))


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:
        return _resonance() if _has_phi(point) else _contact(point["epsilon"])

    def cosmology(self, point: Point) -> Cell:
        return _of_phi(point["resonance"]) if _has_phi(point) else _of_contact(point["epsilon"])


def _contact(epsilon: float) -> dict[str, Cell]:
    reach = {name: probability(epsilon, L) for name, L in _BASELINES.items()}
    miniboone = miniboone_signal.response().events.sum(axis=1).ravel()
    microboone = microboone_signal.response()[1].sum(axis=0)
    how = {
        name: f"P = sin^2(|eps_e,mu| V_CC L), rho Y_e = 1.3; P = 2.64e-3 needs eps = {epsilon_for(2.64e-3, L):.2g}"
        for name, L in _BASELINES.items()
    }
    interfere = cells.not_computable("at these baselines eps and masses interfere, which their tables do not have")
    found = {
        "lsnd": cells.lsnd_cell(reach["lsnd"] * 2.0 * lsnd.expected(np.array(1e5)), how["lsnd"]),
        "miniboone": cells.miniboone_cell(reach["miniboone"] * miniboone, how["miniboone"]),
        "microboone": cells.microboone_cell(reach["microboone"] * microboone, how["microboone"]),
        **dict.fromkeys(("minos", "icecube"), interfere),
    }
    ratio = at_reactors(epsilon)
    if ratio < _SMALL:
        found["dayabay"] = cells.no_effect(f"|eps| V_CC is {ratio:.1g} of dm2_31/2E at 4 MeV")
    else:
        found["dayabay"] = interfere
    return cells.filled(found, "a phase |eps| V_CC L below 3e-4 at baselines below 500 m")


def _resonance() -> dict[str, Cell]:
    reason = cells.not_computable(
        "needs a density of relic neutrinos many orders of magnitude above any known one, and a coupling that was not "
        "read: there is no rate to compute"
    )
    beams = dict.fromkeys(("lsnd", "karmen", "miniboone", "microboone", "minos", "icecube"), reason)
    bump = cells.typed("a resonant bump does not fit MiniBooNE", "arXiv:2106.13829 (abstract)")
    return cells.filled({**beams, "elsewhere": bump}, "neutrinos of MeV are far below the resonance")


def _has_phi(point: Point) -> bool:
    return point["resonance"] > 0.0


def _of_contact(epsilon: float) -> Cell:
    """Return N_eff with eps_e,mu of electrons in all collisions, half of it left-handed, by a neutral mediator."""
    contact = NSI(eps_L_emu=0.5 * epsilon, eps_R_emu=0.5 * epsilon, channel="neutral")
    options = Options(coherence="matrix")  # the coherences of e and mu are followed
    return early_universe.of_mixing(Mixing(), contact, road="QKE, eps in collisions with electrons", options=options)


def _of_phi(energy: float) -> Cell:
    """Return N_eff of a scalar in equilibrium with neutrinos."""
    N_eff = early_universe.N_EFF + 4.0 / 7.0
    how = (
        f"phi of {1e-3 * mediator_mass(energy):.1f} keV coupled to neutrinos, if it equilibrates before they decouple: "
        "one boson of their temperature, Delta N_eff = 4/7; at T ~ m_phi it couples again, which the CMB sees too"
    )
    found = early_universe.of_N_eff(N_eff, N_eff, how)
    return Cell(found.word, found.number, f"if phi equilibrates: {found.text}", how)


MODEL = Interpretation(
    "anomalous-matter",
    "anomalous matter effects",
    "eps_e,mu G_F (nubar_e gamma nu_mu)(fbar gamma f), or y phi nubar nu with m_phi^2 = 2 m_nu E",
    {
        "epsilon": Parameter("", 0.0, 1e3, "neutral-current eps_e,mu per electron"),
        "resonance": Parameter("MeV", 0.0, 1e4, "energy of the resonance; 0: no phi"),
    },
    _Rules(),
    {"lsnd": "yes", "miniboone": "yes", "reactors_hm": "no", "gallium": "no"},
)
