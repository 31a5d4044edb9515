"""The fields of `boltzmann.Mixing` as parameters of a chain: plain numbers in the unit of the field."""

from __future__ import annotations

from collections.abc import Mapping as Values
from dataclasses import fields
from typing import Any

from cobaya.theory import Provider, Theory

from boltzmann.parameters import Mixing, ParameterError
from boltzmann.units import quantity

_FIELDS = {f.name: f for f in fields(Mixing) if "choices" not in f.metadata}
#: Parameter of a chain -> its unit, "" for a pure number; angles and phases are in rad.
UNITS: dict[str, str] = {name: f.metadata.get("unit", "") for name, f in _FIELDS.items()}
#: Fields that laboratory experiments hardly feel; only these may stand in the option `mixing` as well.
ACTIVE = {
    "sin2_theta_12",
    "sin2_theta_13",
    "sin2_theta_23",
    "dm2_21",
    "dm2_31",
    "lightest_mass",
    "delta_13",
    "delta_14",
    "delta_24",
}


def mixing_of(values: Values[str, float], fixed: Values[str, Any]) -> Mixing:
    """Return the mixing of one point: those of its parameters that are fields, and the option `mixing`.

    Raises
    ------
    ParameterError
        As `Mixing`, or there is no fourth state.
    """
    given = {name: f"{float(v)!r} {UNITS[name]}" if UNITS[name] else v for name, v in values.items() if name in UNITS}
    mixing = Mixing.from_mapping({**given, **fixed})
    if mixing.n_states == 3:
        raise ParameterError("dm2_41 = None means three states; give dm2_41 a prior or a value in the block params")
    return mixing


def constants(component: Theory, provider: Provider) -> dict[str, float]:
    """Return the parameters of a component that have a fixed value in the chain."""
    fixed = provider.model.parameterization.constant_params()
    return {name: float(fixed[name]) for name in component.input_params if name in fixed}


def typical(component: Theory, provider: Provider) -> dict[str, float]:
    """Return a point of the chain that is allowed unless its fixed values are not.

    These, and of what is sampled the fields that make the fourth state, at the example of their help text; all else is
    left at its default.
    """
    examples = {
        name: float(quantity(f.metadata["example"], UNITS[name], name).value)
        for name, f in _FIELDS.items()
        if name in component.input_params and UNITS[name] and name not in ACTIVE
    }
    return {**examples, **constants(component, provider)}
