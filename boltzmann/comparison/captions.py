"""Inputs in the words of a caption."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from boltzmann.parameters import Mixing
from boltzmann.units import Quantity

__all__ = ["in_mathtext", "interaction_text", "interactions_text", "mixing_text", "point_text"]

_FORMULAE = {
    "Delta chi^2": r"$\Delta\chi^2$",
    "chi^2": r"$\chi^2$",
    "N_eff": r"$N_\mathrm{eff}$",
    "m_eff": r"$m_\mathrm{eff}$",
    "Y_p": r"$Y_p$",
    "LCDM": r"$\Lambda$CDM",
}
_SYMBOLS = {"T_s_over_T": "T_s/T"}  # fields whose names are symbols


def in_mathtext(text: str) -> str:
    """Set the symbols of plain sentences as formulae."""
    return re.sub("|".join(map(re.escape, _FORMULAE)), lambda found: _FORMULAE[found.group()], text)


def mixing_text(mixing: Mixing) -> str:
    """Return the splitting and the |U_a4|^2 above zero, in mathtext without blanks; of three states the words."""
    if mixing.dm2_41 is None:
        return "three neutrinos"
    elements = {"e": mixing.Ue4_sq, r"{\mu}": mixing.Umu4_sq, r"{\tau}": mixing.Utau4_sq}
    mixed = (rf"$|U_{{{flavour}4}}|^2$ = {value:.3g}" for flavour, value in elements.items() if value)
    return ", ".join([rf"$\Delta{{m}}^2_{{41}}$ = {mixing.dm2_41.value:g} eV$^2$", *mixed])


def point_text(mixing: Mixing) -> str:
    """Return the same as plain text."""
    if mixing.dm2_41 is None:
        return "three neutrinos"
    elements = {"e": mixing.Ue4_sq, "mu": mixing.Umu4_sq, "tau": mixing.Utau4_sq}
    mixed = (f"|U_{flavour}4|^2 = {value:.3g}" for flavour, value in elements.items() if value)
    return ", ".join([f"dm2_41 = {mixing.dm2_41.value:g} eV2", *mixed])


def _value(value: Any) -> str:
    if isinstance(value, Quantity):
        return f"{float(value.value):g} {value.unit}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def interaction_text(interaction: Any) -> str:
    """Return an interaction as words: what its class is called, and its fields that are not at their default."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", type(interaction).__name__).lower()
    if not is_dataclass(interaction):
        return words
    shown = [f for f in fields(interaction) if f.default is MISSING or getattr(interaction, f.name) != f.default]
    values = (f"{_SYMBOLS.get(f.name, f.name.replace('_', ' '))} {_value(getattr(interaction, f.name))}" for f in shown)
    return ", ".join([words, *values])


def interactions_text(interactions: Iterable[Any]) -> str:
    """Return several interactions as words."""
    return "; ".join(map(interaction_text, interactions))
