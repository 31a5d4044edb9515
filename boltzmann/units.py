"""Quantities at the edge, powers of MeV inside: the only module that imports astropy's units.

Natural units hbar = c = k_B = 1. A quantity of dimension kg^a m^b s^c K^d becomes MeV^(a - b - c + d); angles are pure
numbers.

astropy takes longer to import than a run takes. It is imported when a Quantity is asked for, given or returned, and for
text that is not a plain number with a usual unit.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boltzmann.errors import ParameterError

if TYPE_CHECKING:
    from astropy.units import Quantity, Unit

__all__ = [
    "C_LIGHT", "HBAR", "K_B", "NUCLEONS", "Quantity", "from_natural", "in_unit", "is_quantity", "number", "quantity",
    "to_natural", "write_table",
]  # fmt: skip

# SI 2019 (BIPM SI brochure, 9th edition): all exact; HBAR and K_B rounded to 16 digits.
C_LIGHT = 299_792_458.0  # speed of light [m/s]
HBAR = 6.582_119_569_509_066e-22  # reduced Planck constant [MeV s]
K_B = 8.617_333_262_145_179e-11  # Boltzmann constant [MeV/K]
NUCLEONS = 6.022_140_76e23 * (100.0 * HBAR * C_LIGHT) ** 3  # density of one gram of nucleons per cm^3 [MeV^3]
_JOULE = 1.0 / 1.602_176_634e-13  # one joule [MeV]

# SI base unit -> (its size in MeV^power, power)
_BASE = {
    "kg": (_JOULE * C_LIGHT**2, 1),
    "m": (1.0 / (HBAR * C_LIGHT), -1),
    "s": (1.0 / HBAR, -1),
    "K": (K_B, 1),
    "rad": (1.0, 0),
}

#: Unit -> units in which a number of it may be given without astropy, and astropy's own factors.
_USUAL = {
    "eV": {"eV": 1.0, "meV": 1e-3, "keV": 1e3, "MeV": 1e6},
    "MeV": {"eV": 1e-6, "keV": 1e-3, "MeV": 1.0, "GeV": 1e3},
    "eV2": {"eV2": 1.0, "eV^2": 1.0, "eV**2": 1.0, "meV2": 1e-6, "MeV2": 1e12},
    "s": {"s": 1.0, "ms": 1e-3, "us": 1e-6},
    "rad": {"rad": 1.0, "deg": math.pi / 180.0},
    "deg": {"deg": 1.0, "rad": 180.0 / math.pi},
}
_USUAL_TEXT = re.compile(r" *([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?) *([a-zA-Z]+(?:(?:\^|\*\*)?2)?) *")


def __getattr__(name: str) -> Any:
    if name != "Quantity":
        raise AttributeError(f"module 'boltzmann.units' has no attribute {name!r}")
    from astropy.units import Quantity

    return Quantity


def is_quantity(value: Any) -> bool:
    """Return whether ``value`` is a Quantity; there is none before astropy is imported, perhaps by another thread."""
    return isinstance(value, getattr(sys.modules.get("astropy.units"), "Quantity", ()))


def _natural_scale(unit: Unit) -> tuple[float, float]:
    """Size of `unit` in MeV^power, and that power."""
    from astropy.units import Unit

    si = Unit(unit).decompose()
    factor, power = float(si.scale), 0.0
    for base, exponent in zip(si.bases, si.powers, strict=True):
        if base.name not in _BASE:
            raise ParameterError(
                f"unit {unit} contains {base.name}, which is no power of MeV; "
                "use units of energy, mass, length, time, temperature or angle"
            )
        size, dimension = _BASE[base.name]
        factor *= size ** float(exponent)
        power += dimension * float(exponent)
    return factor, power


def to_natural(q: Quantity, power: float) -> float | NDArray[np.float64]:
    """Strip the unit of a quantity.

    Parameters
    ----------
    q : Quantity
        Scalar or array, of any unit that is a power of MeV in natural units.
    power : float
        The power of MeV it must have, e.g. 2 for a squared mass, -1 for a time, 0 for an angle.

    Returns
    -------
    float or array [MeV**power]

    Raises
    ------
    ParameterError
        `q` is no Quantity or has another dimension.
    """
    if not is_quantity(q):
        raise ParameterError(f"got {q!r}, a number without unit; a Quantity of dimension MeV^{power:g} is needed")
    factor, dimension = _natural_scale(q.unit)
    if not math.isclose(dimension, power, abs_tol=1e-12):
        raise ParameterError(f"got {q}, which is MeV^{dimension:g} in natural units; MeV^{power:g} is needed")
    return float(q.value) * factor if q.isscalar else np.asarray(q.value, dtype=np.float64) * factor


def from_natural(x: float | NDArray[np.float64], unit: str | Unit) -> Quantity:
    """Attach a unit to a number (or array) given in the power of MeV that `unit` has in natural units."""
    from astropy.units import Quantity

    factor, _ = _natural_scale(unit)
    return Quantity(np.asarray(x) / factor, unit)


#: A number that is no exponent or part of a unit: after the start, a blank or a sign of multiplication.
_NUMBER = re.compile(r"(?:(?<=^)|(?<=[\s(])|(?<=[^*]\*)|(?<=/))[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def _with_its_unit(value: Any) -> Any:
    """Return an element of a dataset, which has its unit as an attribute, as Quantity; anything else as it is."""
    from astropy.units import Quantity

    units = getattr(value, "attrs", {}).get("units") if getattr(value, "ndim", None) == 0 else None
    return value if units is None else Quantity(value.item(), units)


def quantity(value: Quantity | str, unit: str, name: str) -> Quantity:
    """Read one scalar with unit as `number` does, and return it as a Quantity in ``unit``."""
    from astropy.units import Quantity

    return Quantity(number(value, unit, name), unit)


def _usual(text: str, unit: str) -> float | None:
    """Return a number with a usual unit in ``unit``; None for any other text, which astropy is left to read."""
    parts = _USUAL_TEXT.fullmatch(text)
    factor = _USUAL.get(unit, {}).get(parts[2]) if parts else None
    result = math.nan if parts is None or factor is None else float(parts[1]) * factor
    return result if math.isfinite(result) else None


def number(value: Quantity | str, unit: str, name: str) -> float:
    """Read one scalar with unit.

    Parameters
    ----------
    value : Quantity or str
        ``"1.3 eV2"``, ``"1.3 eV^2"``, ``"8 deg"``, or an astropy Quantity.
    unit : str
        The unit of the result; `value` may have any unit of the same dimension.
    name : str
        Name of the parameter, for the message.

    Returns
    -------
    float
        Finite, in `unit`.

    Raises
    ------
    ParameterError
        A number without unit, another dimension, an unreadable string, NaN or infinity, or an array.
    """
    plain = _usual(value, unit) if isinstance(value, str) else None
    return _with_astropy(value, unit, name) if plain is None else plain


def _with_astropy(value: Any, unit: str, name: str) -> float:
    """Do what `number` does, whatever is given."""
    from astropy.units import Quantity

    advice = f'give a number with unit, for example {name}="1.3 {unit}"'
    value = _with_its_unit(value)
    if not isinstance(value, (Quantity, str)):
        raise ParameterError(f"{name} = {value!r} has no unit; {advice}")
    try:
        result = Quantity(value).to(unit)
        if isinstance(value, str) and len(_NUMBER.findall(value)) > 1:  # astropy reads "1 2 eV2" as 1 times (2 eV2)
            raise ValueError("more than one number")
    except (TypeError, ValueError) as error:  # astropy's UnitConversionError is one of these
        raise ParameterError(f"{name} = {str(value)!r} cannot be read as a quantity in {unit}; {advice}") from error
    if not result.isscalar or not np.isfinite(result.value):
        raise ParameterError(f"{name} = {str(value)!r} is not one finite number; {advice}")
    return float(result.value)


def in_unit(value: Any, unit: str, name: str) -> NDArray[np.float64]:
    """Read a number or array, with or without unit, as floats in `unit`.

    Parameters
    ----------
    value : float, array, Quantity or str
        Bare numbers are in `unit`; a string has a unit, for example ``"1.3 eV2"``.
    unit : str
        The unit of the result.
    name : str
        Name of the parameter, for the message.

    Raises
    ------
    ParameterError
        Another dimension, an unreadable value, NaN or infinity.
    """
    if isinstance(value, str):
        return np.asarray(number(value, unit, name), dtype=np.float64)
    advice = f'give numbers in {unit}, or with unit as in {name}="1.3 {unit}"' if unit else "give numbers"
    try:
        bare = value.to(unit).value if is_quantity(value) else value
        result = np.asarray(bare, dtype=np.float64)
    except (TypeError, ValueError) as error:  # astropy's UnitConversionError is one of these
        raise ParameterError(f"{name} = {value!r} cannot be read in {unit}; {advice}") from error
    if not np.all(np.isfinite(result)):
        raise ParameterError(f"{name} = {value!r} contains NaN or infinity; {advice}")
    return result


def write_table(
    path: Path, columns: Mapping[str, Any], descriptions: Mapping[str, str], header: Mapping[str, Any]
) -> None:
    """Write a comma-separated ECSV file: columns with units and descriptions below a header of plain values.

    Raises OSError if `path` cannot be written.
    """
    from astropy.table import QTable  # here, because it takes longer to import than to use

    table = QTable(dict(columns), meta=dict(header))
    for name, text in descriptions.items():
        table[name].info.description = text
    table.write(path, format="ascii.ecsv", delimiter=",", overwrite=True)
