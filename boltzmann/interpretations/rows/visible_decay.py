"""nu_4 of eV to keV decays in flight and its daughters are seen."""

from __future__ import annotations

from boltzmann.interpretations import cells
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point
from boltzmann.interpretations.rows.invisible_decay import secret_cell
from boltzmann.lab import visible_decay
from boltzmann.lab.visible_decay import VisibleDecay

__all__ = ["MODEL"]

_HOW = (
    "boltzmann.lab.visible_decay: phi couples to nu_s alone, phi -> nu nubar at once, helicity kept; neutrinos of "
    "the other sign in the beam are left out"
)
# Sources below 8 MeV: what is lost is |U_e4|^2, and daughters are softer.
_LOST = ("gallium", "reactors", "reactors_hm")


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:
        share = visible_decay.electron_share(point["Ue4_sq"], point["Umu4_sq"])
        decay = VisibleDecay(point["rate"], point["Umu4_sq"], point["Ue4_sq"], share, point["ratio"], phi_decays=True)
        lost = cells.oscillation(
            point["m4"] ** 2,
            point["Ue4_sq"],
            point["Umu4_sq"],
            decay=point["rate"],
            names=_LOST,
        )
        found = {
            **lost,
            "lsnd": cells.lsnd_cell(visible_decay.lsnd_events(decay), _HOW),
            "karmen": cells.karmen_cell(visible_decay.karmen_events(decay), _HOW),
            "miniboone": cells.miniboone_cell(visible_decay.miniboone_events(decay), _HOW),
            "microboone": cells.microboone_cell(visible_decay.microboone_events(decay), _HOW),
            "elsewhere": cells.typed(
                "excluded by MicroBooNE (arXiv:2406.04401); solar antineutrinos limit |U_e4|^2 (arXiv:2008.11851)",
                "arXiv:2406.04401, arXiv:2008.11851 (abstracts)",
            ),
        }
        return cells.filled(
            found, cells.not_computable("the table of this experiment is that of oscillations of a stable nu_4")
        )

    def cosmology(self, point: Point) -> Cell:
        return secret_cell(point["rate"], point["m4"], point["Ue4_sq"], point["Umu4_sq"], point["ratio"])


MODEL = Interpretation(
    "visible-decay",
    "3+1 and visible decay",
    "-g nubar_s nu_s phi; nu_4 -> nu phi, phi -> nu nubar",
    {
        "m4": Parameter("eV", 10.0, 3e4, "mass; below 10 eV oscillations are seen"),
        "rate": Parameter("eV2", 0.0, 1e4, "m_4 Gamma"),
        "ratio": Parameter("", 0.0, 0.99, "m_phi/m_4"),
        "Ue4_sq": Parameter("", 0.0, 0.5, "|U_e4|^2"),
        "Umu4_sq": Parameter("", 1e-9, 0.5, "|U_mu4|^2"),
    },
    _Rules(),
    {"lsnd": "yes", "miniboone": "yes", "reactors_hm": "yes", "gallium": "yes"},
)
