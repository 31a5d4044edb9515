"""Other words for the mixing with a fourth state: the amplitudes that laboratories quote, and the mass m_4.

sin^2 2theta_aa = 4 |U_a4|^2 (1 - |U_a4|^2) has two roots, sin^2 2theta_mue = 4 |U_e4|^2 |U_mu4|^2 is a product: what an
amplitude leaves open is stated by `large_root` and `split`. `elements` gives the |U_a4|^2 that are meant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boltzmann.errors import ParameterError
from boltzmann.parameters.inputs import Dimensional, Input, described, parameter

_DISAPPEARANCE = {"sin2_2theta_ee": "Ue4_sq", "sin2_2theta_mumu": "Umu4_sq"}
_OTHER = {"Ue4_sq": "Umu4_sq", "Umu4_sq": "Ue4_sq"}


@described
@dataclass(frozen=True, repr=False, kw_only=True)
class Amplitudes(Input):
    """What may be given to `Mixing` in place of |U_a4|^2 and dm2_41; an instance holds no mixing."""

    sin2_2theta_ee: float | None = parameter(None, "4 |U_e4|^2 (1 - |U_e4|^2), instead of Ue4_sq", bounds=(0, 1))
    sin2_2theta_mumu: float | None = parameter(None, "4 |U_mu4|^2 (1 - |U_mu4|^2), instead of Umu4_sq", bounds=(0, 1))
    sin2_2theta_mue: float | None = parameter(
        None, "4 |U_e4|^2 |U_mu4|^2, instead of the one of them that is not given, or of both with split", bounds=(0, 1)
    )
    split: float | None = parameter(None, "|U_e4|^2/|U_mu4|^2 of sin2_2theta_mue, default 1", bounds=(1e-12, 1e12))
    large_root: bool = parameter(False, "take the |U_a4|^2 above 1/2 of sin2_2theta_ee and sin2_2theta_mumu")
    m4: Dimensional = parameter(None, "mass of the fourth state, instead of dm2_41", unit="eV", example="1.1 eV")

    def __post_init__(self) -> None:
        self._convert()


def _both(name: str, other: str) -> ParameterError:
    return ParameterError(f"{name} and {other} are both given, but one follows from the other; give one of them")


def elements(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of `Mixing` with amplitudes replaced by the |U_a4|^2 that they mean; m4 stays.

    Raises
    ------
    ParameterError
        An amplitude is outside 0 to 1, or contradicts an element, an angle or another amplitude.
    """
    amplitudes = Amplitudes(**{name: value for name, value in given.items() if name in Amplitudes.declared()})
    result = {name: value for name, value in given.items() if name not in Amplitudes.declared() or name == "m4"}
    named = [name for name in (*_DISAPPEARANCE, "sin2_2theta_mue") if getattr(amplitudes, name) is not None]
    angles = [name for name in ("theta_14", "theta_24", "theta_34") if result.get(name) is not None]
    if named and angles:
        raise ParameterError(f"{', '.join(named)} and {', '.join(angles)} are both given; give amplitudes or angles")
    for name, element in _DISAPPEARANCE.items():
        if name in named:
            if result.get(element) is not None:
                raise _both(name, element)
            result[element] = _root(getattr(amplitudes, name), amplitudes.large_root)
    if amplitudes.sin2_2theta_mue is not None:
        result.update(_appearance(amplitudes.sin2_2theta_mue, amplitudes.split, result))
    elif amplitudes.split is not None:
        raise ParameterError("split is given without sin2_2theta_mue, which it divides; give that too")
    if amplitudes.large_root and not set(named) & set(_DISAPPEARANCE):
        raise ParameterError("large_root is given without sin2_2theta_ee or sin2_2theta_mumu, which have it; give one")
    return result


def _root(sin2_2theta: float, large: bool) -> float:
    """Return the root u of 4 u (1 - u) = ``sin2_2theta`` below or above 1/2; the small one without cancellation."""
    small = 0.5 * sin2_2theta / (1.0 + math.sqrt(1.0 - sin2_2theta))
    return 1.0 - small if large else small


def _appearance(sin2_2theta: float, split: float | None, given: Mapping[str, Any]) -> dict[str, float]:
    """Return the elements that 4 |U_e4|^2 |U_mu4|^2 = ``sin2_2theta`` leaves to be found."""
    known = [name for name in _OTHER if given.get(name) is not None]
    if len(known) == 2 or (known and split is not None):
        raise _both("sin2_2theta_mue", " and ".join([*known, *(["split"] if split is not None else [])]))
    if known:
        return _partner(sin2_2theta, known[0], given[known[0]])
    ratio = 1.0 if split is None else split
    return {"Ue4_sq": 0.5 * math.sqrt(sin2_2theta * ratio), "Umu4_sq": 0.5 * math.sqrt(sin2_2theta / ratio)}


def _partner(sin2_2theta: float, element: str, value: Any) -> dict[str, float]:
    """Return the element that goes with ``element``; none where that is no number, which `Mixing` says."""
    try:
        partner = 0.25 * sin2_2theta / float(value)
    except ZeroDivisionError:
        partner = float("inf")
    except (TypeError, ValueError):
        return {}
    if not partner <= 1.0:
        raise ParameterError(
            f"sin2_2theta_mue = {sin2_2theta:g} with {element} = {value} would need {_OTHER[element]} = {partner:.4g}; "
            f"give a smaller sin2_2theta_mue or a larger {element}"
        )
    return {_OTHER[element]: partner}
