"""Lepton-flavour or -number violating decays of muons at rest, mu+ -> e+ nubar_e nu_x."""

from __future__ import annotations

import numpy as np

from boltzmann.interpretations import cells, early_universe
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point
from boltzmann.lab import lsnd, muon_decay
from boltzmann.relics.freeze_out import REFERENCE, degrees

__all__ = ["MODEL", "scale"]

_VEV = 246.22  # [GeV]


def scale(ratio: float) -> float:
    """Return Lambda [GeV] of an operator with one Higgs that makes a branching ratio.

    A scalar coupling g = 2 sqrt(BR) in units of 4 G_F/sqrt2 = 2/v^2 (derived), and the operator gives v/(sqrt2
    Lambda^3).
    """
    return float((_VEV**3 / (2.0 * np.sqrt(2.0) * 2.0 * np.sqrt(ratio))) ** (1.0 / 3.0))


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:
        ratio, rho = point["ratio"], point["rho"]
        how = f"boltzmann.lab.muon_decay, BR = {ratio:.2e}, rho = {rho:g}"
        events = lsnd.appeared(lambda L, E: ratio * muon_decay.spectrum(E, rho) * np.ones_like(L))
        D = float(np.subtract(*muon_decay.chi2("karmen", np.array([0.0, ratio]), rho)))
        limit = muon_decay.limit("karmen", rho)
        found = {
            "lsnd": cells.lsnd_cell(events, how),
            "karmen": cells.computed(
                "karmen", D, f"{cells.gained(D)}, BR < {limit:.1e} at 90 %", how + ", Delta times 0.48"
            ),
            "elsewhere": cells.typed(
                "KARMEN: BR < 0.9e-3 (rho 0.75), 1.7e-3 (rho 0) at 90 %; conserving lepton number: mu -> 3e, muonium",
                "hep-ex/0302017, hep-ph/9806223 (abstracts)",
            ),
        }
        return cells.filled(found, "no muons decay at rest in this beam or source")

    def cosmology(self, point: Point) -> Cell:
        T = early_universe.decay_freeze_out(point["ratio"])
        light = early_universe.N_EFF + (REFERENCE / degrees(T)[1]) ** (4.0 / 3.0)
        verdict = early_universe.of_N_eff(light, light, "")
        text = (
            f"N_eff {early_universe.N_EFF} (no light state); with a light nu_R {verdict.text}, "
            f"decoupled at {T:.0f} MeV: {verdict.word}"
        )
        how = (
            f"mediator of {scale(point['ratio']):.0f} GeV: nothing left; a light nu_R decouples where Gamma/H = 1 (mu "
            "decay and mu l -> nu nu, in the plasma of e, mu, gamma, nu)"
        )
        return Cell("invisible", early_universe.N_EFF, text, how)


MODEL = Interpretation(
    "muon-decay",
    "lepton-flavour violating muon decay",
    "mu+ -> e+ nubar_e nu_x; spectrum 12 x^2 [(1 - x) + (2/9) rho (4x - 3)]",
    {
        "ratio": Parameter("", 1e-6, 0.01, "branching ratio"),
        "rho": Parameter("", 0.0, 0.75, "Michel parameter of nubar_e"),
    },
    _Rules(),
    {"lsnd": "yes", "miniboone": "no", "reactors_hm": "no", "gallium": "no"},
)
