"""Inputs in the words of a caption."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from boltzmann.parameters import Mixing
from boltzmann.units import Quantity

__all__ = ["interaction_text", "interactions_text", "point_text"]

_SYMBOLS = {"T_s_over_T": "T_s/T"}  # fields whose names are symbols


def point_text(mixing: Mixing) -> str:
    """Return the splitting and the |U_a4|^2 above zero; of three states the words."""
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
