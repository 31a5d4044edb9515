"""What `boltzmann.Mixing` takes as parameters of a chain: plain numbers in the unit of the field.

Besides its fields these are the amplitudes and m_4 of laboratories (`Mixing.ALTERNATIVES`), and ``sum_m_nu``, the sum
of m_1, m_2, m_3 [eV] instead of ``lightest_mass``.
"""

from __future__ import annotations

from collections.abc import Mapping as Values
from dataclasses import fields
from typing import Any

import numpy as np
from cobaya.theory import Provider, Theory
from scipy.optimize import brentq

from boltzmann.parameters import Mixing, ParameterError
from boltzmann.units import quantity

SUM = "sum_m_nu"
_ROUNDING = 1e-9  # of masses, which are roots
_INPUTS = {f.name: f for f in (*fields(Mixing), *fields(Mixing.ALTERNATIVES))}
_FIELDS = {name: f for name, f in _INPUTS.items() if "choices" not in f.metadata and not isinstance(f.default, bool)}
#: Parameter of a chain -> its unit, "" for a pure number; angles and phases are in rad.
UNITS: dict[str, str] = {**{name: f.metadata.get("unit", "") for name, f in _FIELDS.items()}, SUM: "eV"}
#: Fields that laboratory experiments hardly feel; only these may stand in the option `mixing` as well.
ACTIVE = {
    "sin2_theta_12",
    "sin2_theta_13",
    "sin2_theta_23",
    "dm2_21",
    "dm2_31",
    "lightest_mass",
    SUM,
    "delta_13",
    "delta_14",
    "delta_24",
}


_OFFSETS = ("ordering", "dm2_21", "dm2_31", "dm2_41")  # what the differences of masses follow from
#: Values of pure numbers that make the fourth state, to try out fixed values of the others.
STRENGTHS = (0.0, 1e-6, 1e-3)
_MOST = 100.0  # sum_m_nu [eV], far beyond what `Mixing` allows


def lightest_mass(total: float, given: Values[str, Any]) -> str:
    """Return the `lightest_mass` with which m_1, m_2, m_3 add up to ``total`` [eV], beside these inputs of `Mixing`.

    Raises
    ------
    ParameterError
        The differences of the masses alone make a larger sum, or `lightest_mass` is given too.
    """
    if given.get("lightest_mass") is not None:
        raise ParameterError(f"{SUM} and lightest_mass are both given, but one follows from the other; give one")
    differences = {name: given[name] for name in _OFFSETS if given.get(name) is not None}
    squares = np.asarray(Mixing.from_mapping(differences).masses[:3].to_value("eV")) ** 2
    least = float(np.sqrt(squares).sum())
    if not least * (1.0 - _ROUNDING) <= total <= _MOST:
        raise ParameterError(
            f"{SUM} = {total:g} eV is not allowed; give at least {least:.4g} eV, what the differences of the masses "
            f"make, and at most {_MOST:g} eV"
        )
    lightest = brentq(lambda mass: np.sqrt(mass**2 + squares).sum() - max(total, least), 0.0, total, xtol=1e-12)
    return f"{float(lightest)!r} eV"


def mixing_of(values: Values[str, float], fixed: Values[str, Any]) -> Mixing:
    """Return the mixing of one point: those of its parameters that `Mixing` knows, and the option `mixing`.

    Raises
    ------
    ParameterError
        As `Mixing` and `lightest_mass`, or there is no fourth state.
    """
    given = {name: f"{float(v)!r} {UNITS[name]}" if UNITS[name] else v for name, v in values.items() if name in _FIELDS}
    given = {**given, **fixed}
    if SUM in values:
        given["lightest_mass"] = lightest_mass(float(values[SUM]), given)
    mixing = Mixing.from_mapping(given)
    if mixing.n_states == 3:
        raise ParameterError(
            "dm2_41 = None means three states; give dm2_41 or m4 a prior or a value in the block params"
        )
    return mixing


def constants(component: Theory, provider: Provider) -> dict[str, float]:
    """Return the parameters of a component that have a fixed value in the chain."""
    fixed = provider.model.parameterization.constant_params()
    return {name: float(fixed[name]) for name in component.input_params if name in fixed}


def typical(component: Theory, provider: Provider, strength: float = 0.0) -> dict[str, float]:
    """Return a point of the chain that is allowed unless its fixed values are not.

    These, and of what is sampled the fields that make the fourth state: those with a unit at the example of their help
    text, pure numbers at ``strength``; all else is left at its default.
    """
    sampled = [name for name in _FIELDS if name in component.input_params and name not in ACTIVE]
    examples = {
        name: float(quantity(_FIELDS[name].metadata["example"], UNITS[name], name).value) if UNITS[name] else strength
        for name in sampled
        if UNITS[name] or strength
    }
    return {**examples, **constants(component, provider)}
