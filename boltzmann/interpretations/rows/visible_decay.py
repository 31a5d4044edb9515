"""nu_4 of eV to keV decays in flight and its daughters are seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from boltzmann.interpretations import cells
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point
from boltzmann.interpretations.rows.invisible_decay import secret_cell
from boltzmann.lab import solar, visible_decay
from boltzmann.lab.visible_decay import VisibleDecay
from boltzmann.numerics.arrays import Array

__all__ = ["MODEL"]

_HOW = (
    "boltzmann.lab.visible_decay: phi couples to nu_s alone, phi -> nu nubar at once, helicity kept; neutrinos of "
    "the other sign in the beam are left out"
)
# Sources below 8 MeV: what is lost is |U_e4|^2, and daughters are softer.
_REACTORS = dict.fromkeys(
    ("danss", "prospect", "stereo", "dayabay"),
    cells.not_computable(
        "oscillations average out, the same loss at all distances does nothing to ratios, and what is left, decays on "
        "the way with soft daughters, is not computed"
    ),
)
_DAUGHTERS = "daughters are nu_mu too, which are seen there"
_SOLAR = 1.5  # accuracy of a solar excess
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
            "lsnd": _seen(decay, visible_decay.lsnd_events, cells.lsnd_cell),
            "karmen": _seen(decay, visible_decay.karmen_events, cells.karmen_cell),
            "miniboone": _seen(decay, visible_decay.miniboone_events, cells.miniboone_cell),
            "microboone": _seen(decay, visible_decay.microboone_events, cells.microboone_cell),
            "elsewhere": _of_the_sun(decay),
        }
        return cells.filled({**_REACTORS, **found}, cells.not_computable(_DAUGHTERS))

    def cosmology(self, point: Point) -> Cell:
        return secret_cell(point["rate"], point["m4"], point["Ue4_sq"], point["Umu4_sq"], point["ratio"])


def _seen(decay: VisibleDecay, events: Callable[[VisibleDecay], Array], cell: Callable[[Array, str], Cell]) -> Cell:
    """Return the cell of a signal, which says D with parity conserved too."""
    other = cell(visible_decay.with_parity(events, decay), "").text
    return cell(events(decay), f"{_HOW}. With both helicities alike, of which half are sterile: {other}")


def _of_the_sun(decay: VisibleDecay) -> Cell:
    """Return how many solar antineutrinos there are in units of limits on them."""
    found = solar.excess(decay)
    kamland, borexino = found["KamLAND 2021"], found["Borexino"]
    word = "excluded" if kamland > _SOLAR else "tension" if max(kamland, borexino) > 1.0 else "allowed"
    flipped = solar.excess(replace(decay, flipped=True))["KamLAND 2021"]
    how = (
        f"boltzmann.lab.solar: antineutrinos of phi, events above 8.3 MeV (KamLAND 2021) and 1.8 MeV (Borexino), good "
        f"to a factor {_SOLAR:g}; |U_e4|^2 < {solar.limit(decay.ratio):.1e} with |U_mu4|^2 = 0. With both helicities "
        f"alike and half of phi's antineutrinos sterile (parity conserved): {0.25 * (kamland + flipped):.2g} times "
        "KamLAND's limit. phi is heavier than light neutrinos, which do not decay"
    )
    text = f"solar nubar_e: {kamland:.2g} times KamLAND's limit, {borexino:.2g} times Borexino's"
    return Cell(word, kamland, text, how, "as in arXiv:2008.11851; limits: data/lab/solar_limits.ecsv")


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
