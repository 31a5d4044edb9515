"""The points of a scan: a grid or samples of fields of `Mixing`, `Options`, `Asymmetry` and the interactions.

Values are kept in the unit of their field (eV2, rad, eV or MeV); bare numbers are in that unit. A field that several
interactions have is named with the class, ``"SecretVector.coupling"``, that of a relic ``"relic.mass"``; `SHARED`
fields are set in all of them.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, fields, is_dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.parameters.inputs import Input
from boltzmann.units import Quantity, quantity

Column: TypeAlias = NDArray[Any]
Owner: TypeAlias = str | int  # "mixing", "options", "asymmetry", or the position of an interaction
Range: TypeAlias = Sequence[Any]  # (low, high) or (low, high, "log")

SHARED = ("T_s_over_T",)  # one bath of sterile neutrinos: all interactions have the same
SCALES = ("linear", "log")
MOST_POINTS = 100_000_000  # of a scan: the arrays of its results take 100 bytes a point


@dataclass(frozen=True)
class Model:
    """What is solved: the inputs of `boltzmann.solve`."""

    mixing: Mixing
    interactions: tuple[Any, ...]
    options: Options
    asymmetry: Asymmetry | None = None

    def owners(self) -> dict[Owner, Any]:
        """Return the objects whose fields can be axes."""
        signs: dict[Owner, Any] = {} if self.asymmetry is None else {"asymmetry": self.asymmetry}
        return {"mixing": self.mixing, "options": self.options, **signs, **dict(enumerate(self.interactions))}


@dataclass(frozen=True)
class Target:
    """The field that an axis sets: where it is, and its unit ("" for a pure number)."""

    owners: tuple[Owner, ...]
    field: str
    unit: str


@dataclass(frozen=True)
class Samples:
    """Points that form no grid: field -> values, all of one length; made by `sobol` and `random`, or by hand."""

    columns: Mapping[str, Any]


Axes: TypeAlias = Mapping[str, Any] | Samples


def _interval(low: Any, high: Any, points: int, scale: str) -> tuple[float, float, Any]:
    """Return two ends as numbers and their unit (None for pure numbers)."""
    try:
        ends = Quantity(low), Quantity(high)
        first, last = float(ends[0].value), float(ends[1].to_value(ends[0].unit))
    except (TypeError, ValueError) as error:  # astropy's UnitConversionError is one of these
        raise ParameterError(
            f"from {low!r} to {high!r} is no interval; give two numbers, or two quantities such as "
            '"0.01 eV2" and "10 eV2"'
        ) from error
    _check_count(points)
    if scale not in SCALES:
        raise ParameterError(f"scale = {scale!r} is not allowed; choose one of {', '.join(map(repr, SCALES))}")
    if not (math.isfinite(first) and math.isfinite(last)) or (scale == "log" and first * last <= 0.0):
        raise ParameterError(
            f"from {low} to {high} is not allowed on a {scale} axis; give finite ends"
            + (", both above or both below zero" if scale == "log" else "")
        )
    return first, last, None if ends[0].unit == "" else ends[0].unit


def _check_count(points: Any) -> None:
    """Raise ParameterError if a number of points is none, or more than memory is for."""
    if isinstance(points, bool) or not isinstance(points, int) or not 1 <= points <= MOST_POINTS:
        raise ParameterError(f"points = {points!r} is not allowed; give an integer from 1 to {MOST_POINTS}")


def axis(low: Any, high: Any, points: int, scale: str = "linear") -> Any:
    """Return evenly spaced values, ends included.

    Parameters
    ----------
    low, high : Quantity, str or float
        The ends, e.g. ``"0.01 eV2"``; a bare number is in the unit of the field.
    points : int
        How many.
    scale : str
        "linear" or "log".

    Returns
    -------
    Quantity or array, (points,)

    Raises
    ------
    ParameterError
        The ends do not fit each other or the scale.
    """
    first, last, unit = _interval(low, high, points, scale)
    values = (np.linspace if scale == "linear" else np.geomspace)(first, last, points)
    return values if unit is None else Quantity(values, unit)


def linear(low: Any, high: Any, points: int) -> Any:
    """Return `axis` with a linear scale."""
    return axis(low, high, points)


def log(low: Any, high: Any, points: int) -> Any:
    """Return `axis` with a logarithmic scale."""
    return axis(low, high, points, "log")


def _stretched(unit_interval: Array, given: Range) -> Any:
    """Return numbers of [0, 1) on the interval (low, high) or (low, high, scale)."""
    if isinstance(given, str) or not 2 <= len(given) <= 3:
        raise ParameterError(f'{given!r} is no range; give (low, high) or (low, high, "log")')
    scale = given[2] if len(given) == 3 else "linear"
    first, last, unit = _interval(given[0], given[1], 1, scale)
    values = first + (last - first) * unit_interval if scale == "linear" else first * (last / first) ** unit_interval
    return values if unit is None else Quantity(values, unit)


def _samples(cube: Array, ranges: Mapping[str, Range]) -> Samples:
    return Samples({name: _stretched(cube[:, k], given) for k, (name, given) in enumerate(ranges.items())})


def _check_sample(points: Any, seed: Any) -> None:
    _check_count(points)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ParameterError(f"seed = {seed!r} is not allowed; give an integer of at least 0")


def sobol(ranges: Mapping[str, Range], points: int, seed: int = 0) -> Samples:
    """Return a scrambled Sobol sequence, which fills the ranges evenly.

    Parameters
    ----------
    ranges : mapping
        Field -> (low, high) or (low, high, "log").
    points : int
        A power of two: only then is the sequence balanced.
    seed : int
        Of the scrambling.

    Raises
    ------
    ParameterError
        A range is none, `points` is no power of two, or the seed no integer.
    """
    _check_sample(points, seed)
    if points & (points - 1):
        raise ParameterError(f"points = {points} is not allowed; a Sobol sequence needs a power of two, e.g. 1024")
    return _samples(qmc.Sobol(len(ranges), seed=seed).random(points), ranges)


def random(ranges: Mapping[str, Range], points: int, seed: int = 0) -> Samples:
    """Return independent uniform samples (in the logarithm for "log"); arguments as of `sobol`, any `points`."""
    _check_sample(points, seed)
    return _samples(np.random.default_rng(seed).random((points, len(ranges))), ranges)


def declared(owner: Any) -> dict[str, Field[Any]]:
    """Return what can be an axis of an input: its fields, and other words for them."""
    if isinstance(owner, Input):
        return type(owner).declared()
    return {f.name: f for f in fields(owner)} if is_dataclass(owner) else {}


def asymmetry_of(axes: Axes) -> Asymmetry | None:
    """Return the asymmetry that points share if an axis is one of its fields and none was given: that of baryons."""
    declared = Asymmetry.declared()
    return Asymmetry() if any(str(name).rpartition(".")[2] in declared for name in _named(axes)) else None


def _named(axes: Axes) -> Mapping[str, Any]:
    """Return field -> values of a grid or of samples. Raises ParameterError if there are none."""
    given = axes.columns if isinstance(axes, Samples) else axes
    if not isinstance(given, Mapping):
        raise ParameterError(
            f'axes = {given!r} is not allowed; give a dict of fields and their values, e.g. {{"Ue4_sq": [1e-3, 1e-2]}}'
        )
    if not given:
        raise ParameterError("axes is empty; give at least one field with its values")
    return given


def _unknown(name: str, model: Model) -> ParameterError:
    field = name.rpartition(".")[2]
    for owner in model.interactions:
        if hasattr(owner, field) and not declared(owner):
            return ParameterError(
                f"axis {name!r} is an attribute of {type(owner).__name__}, which is no dataclass; make it a frozen "
                "one, @dataclass(frozen=True), whose fields can be axes"
            )
    possible = (*model.owners().values(), *([Asymmetry()] if model.asymmetry is None else []))
    valid = list(dict.fromkeys(field for owner in possible for field in declared(owner)))
    close = difflib.get_close_matches(name, valid, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return ParameterError(f"axis {name!r} is no field of the inputs; {hint}valid are: {', '.join(valid)}")


def _ambiguous(name: str, owners: Iterable[Any]) -> ParameterError:
    classes = list(dict.fromkeys(type(owner).__name__ for owner in owners))
    advice = f"name one, for example {classes[0]}.{name}" if len(classes) > 1 else "scan with one of them"
    return ParameterError(f"axis {name!r} is a field of several interactions ({', '.join(classes)}); {advice}")


def _names(owner: Any) -> tuple[str, ...]:
    """Return what may stand before the field of an owner: nothing, its class, or "relic"."""
    return ("", type(owner).__name__, *(("relic",) if hasattr(owner, "relic") else ()))


def resolve(name: str, model: Model) -> tuple[Target, Field[Any]]:
    """Return what the axis ``name`` sets. Raises ParameterError if no object or several have such a field."""
    prefix, _, field = str(name).rpartition(".")
    found = {
        position: owner
        for position, owner in model.owners().items()
        if field in declared(owner) and prefix in _names(owner)
    }
    if not found:
        raise _unknown(name, model)
    if len(found) > 1 and field not in SHARED:
        raise _ambiguous(name, found.values())
    found_field = declared(next(iter(found.values())))[field]
    return Target(tuple(found), field, found_field.metadata.get("unit", "")), found_field


def _numbers(name: str, values: Any, unit: str) -> Array:
    """Return numbers in ``unit`` of a Quantity, of texts with unit, or of bare numbers."""
    try:
        if isinstance(values, Quantity):
            return np.asarray(values.to_value(unit), float)
        items = [float(quantity(v, unit, name).value) if isinstance(v, str) and unit else v for v in values]
        return np.asarray(items, float)
    except ParameterError:
        raise
    except (TypeError, ValueError) as error:
        expected = f"numbers or quantities in {unit}" if unit else "numbers"
        raise ParameterError(f"axis {name!r} = {values!r} cannot be read; give a list of {expected}") from error


def _words(name: str, values: Any) -> Column:
    """Return a list of texts or of true and false."""
    try:
        column: Column = np.asarray([] if isinstance(values, str) else list(values))
    except (TypeError, ValueError):
        column = np.asarray([])
    if column.dtype.kind not in "bU":
        raise ParameterError(f"axis {name!r} = {values!r} cannot be read; give a list of texts, or of true and false")
    return column


def _column(name: str, values: Any, declared: Field[Any], unit: str) -> Column:
    """Return the values of an axis as its field takes them, (n,)."""
    choice = "choices" in declared.metadata or isinstance(declared.default, bool)
    column: Column = _words(name, values) if choice else _numbers(name, values, unit)
    if column.ndim != 1 or not column.size or (not choice and not np.all(np.isfinite(column))):
        raise ParameterError(f"axis {name!r} = {values!r} is not allowed; give a list of at least one finite value")
    if isinstance(declared.default, int) and not choice:
        if not np.all(column == np.round(column)):
            raise ParameterError(f"axis {name!r} = {values!r} is not allowed; {declared.name} takes integers")
        column = column.astype(int)
    return column


@dataclass(frozen=True, eq=False)
class Space:
    """All points of a scan: the fields they set, and their values.

    Attributes
    ----------
    targets : dict
        Axis -> the field that it sets.
    columns : dict
        Axis -> values in the unit of the field, (n,); of a grid its values along that dimension.
    grid : bool
        Every combination of the columns; otherwise one point per row.
    """

    targets: dict[str, Target]
    columns: dict[str, Column]
    grid: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Points along each dimension."""
        sizes = tuple(column.size for column in self.columns.values())
        return sizes if self.grid else sizes[:1]

    @property
    def size(self) -> int:
        """Number of points."""
        return math.prod(self.shape)

    def values(self, index: int) -> tuple[Any, ...]:
        """Return the values of one point, in the order of the axes; the last axis of a grid varies fastest."""
        return tuple(column[k].item() for column, k in zip(self.columns.values(), self._at(index), strict=True))

    def _at(self, index: Any) -> tuple[Any, ...]:
        """Return the position of points in each column."""
        return np.unravel_index(index, self.shape) if self.grid else (index,) * len(self.columns)

    def rows(self, indices: NDArray[np.int64]) -> Space:
        """Return the points ``indices`` alone, as rows."""
        columns = {name: c[k] for (name, c), k in zip(self.columns.items(), self._at(indices), strict=True)}
        return Space(self.targets, columns, grid=False)


def _check_grid(name: str, column: Column) -> None:
    values, counts = np.unique(column, return_counts=True)
    if values.size < column.size:
        raise ParameterError(f"axis {name!r} has {values[counts > 1][0]} more than once; leave out the repetition")


def space(axes: Axes, model: Model) -> Space:
    """Return the points that ``axes`` mean for ``model``.

    Raises
    ------
    ParameterError
        There are no axes; one is no field, or ambiguous, or its values do not fit the field; samples differ in length;
        angles and |U_a4|^2 are both axes.
    """
    targets: dict[str, Target] = {}
    columns: dict[str, Column] = {}
    for name, values in _named(axes).items():
        targets[name], declared = resolve(name, model)
        columns[name] = _column(name, values, declared, targets[name].unit)
    result = Space(targets, columns, grid=not isinstance(axes, Samples))
    _check(result)
    return result


def _check(points: Space) -> None:
    """Refuse axes that contradict each other."""
    sizes = {name: column.size for name, column in points.columns.items()}
    if points.size > MOST_POINTS:
        raise ParameterError(f"axes have {sizes}, {points.size:.2g} points together; give at most {MOST_POINTS}")
    if points.grid:
        for name, column in points.columns.items():
            _check_grid(name, column)
    elif len(set(sizes.values())) > 1:
        raise ParameterError(f"samples differ in length: {sizes}; give one value of every field for each sample")
    set_fields = [target.field for target in points.targets.values()]
    if any(name.startswith("theta_") for name in set_fields) and any(name.endswith("4_sq") for name in set_fields):
        raise ParameterError(f"axes {', '.join(sizes)} have angles and |U_a4|^2; give one or the other")
