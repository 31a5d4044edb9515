"""What all inputs share: declared fields, one check for each kind, a repr that is code, and names of earlier versions.

An input is a frozen dataclass of fields made by `parameter`, finished by `described`. The metadata of its fields feed
the checks, ``help()``, the command line, the axes of scans and the parameters of chains.
"""

from __future__ import annotations

import difflib
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import wraps
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias, TypeVar

from boltzmann.errors import ParameterError
from boltzmann.units import is_quantity, number

if TYPE_CHECKING:
    from boltzmann.units import Quantity

# The fields with unit take a Quantity, a string or (where that is the default) None, and give a Quantity or None.
Dimensional: TypeAlias = Any
Class = TypeVar("Class", bound="type[Input]")


def parameter(default: Any, text: str, **meta: Any) -> Any:
    """Declare a field with its help text, and with its unit, bounds (in that unit), why those, example or choices."""
    return field(default=default, metadata={"help": text, **meta})


@dataclass(frozen=True, repr=False)
class Input:
    """Base of the inputs: names checked, fields assignable once, a repr that shows what was chosen."""

    #: Old name -> new one, for one version.
    RENAMED: ClassVar[Mapping[str, str]] = {}
    #: A class whose fields are other words for those of this one, translated by `_translated`.
    ALTERNATIVES: ClassVar[type[Input] | None] = None
    #: Whether values by position are an old way of writing, taken with a warning.
    KEYWORDS_ONLY: ClassVar[bool] = False

    @classmethod
    def declared(cls) -> dict[str, Field[Any]]:
        """Return everything that can be given by name: the fields, then other words for them."""
        other = cls.ALTERNATIVES
        return {f.name: f for f in (*fields(cls), *(fields(other) if other else ()))}

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """Build from a mapping such as a TOML table.

        Raises
        ------
        ParameterError
            A key is no field (the message lists those that are), a necessary one is missing, or a value is not allowed.
        """
        missing = [f.name for f in fields(cls) if f.default is MISSING and f.name not in mapping]
        if missing and all(key in cls.__dataclass_fields__ for key in mapping):
            raise ParameterError(f"{cls.__name__} needs {' and '.join(missing)}, which the input does not have; add it")
        return cls(**mapping)

    @classmethod
    def _translated(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return ``given`` in the words of the fields; classes with `ALTERNATIVES` or old values override this."""
        return given

    @classmethod
    def understood(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields that names and values mean: old names are taken with a warning, unknown ones refused."""
        current: dict[str, Any] = {}
        for name, value in given.items():
            new = cls.RENAMED.get(name, name)
            if new != name:
                deprecated(f"{cls.__name__}: {name}", new)
            if new in current:
                old = next(key for key in given if cls.RENAMED.get(key) == new)
                raise ParameterError(f"{cls.__name__} got {old} and {new}, which are the same; give {new} alone")
            current[new] = value
        translated = cls._translated(current)
        for name in translated:
            _check_name(cls, name)
        return translated

    def __getattr__(self, name: str) -> Any:
        new = type(self).RENAMED.get(name)
        if new is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        deprecated(f"{type(self).__name__}.{name}", new)
        return getattr(self, new)

    def _plain(self) -> tuple[Any, ...]:
        """Return the values of all fields, those with unit as numbers: what is compared and hashed."""
        return tuple(vars(self)[f.name] for f in fields(self))

    def __eq__(self, other: object) -> bool:
        return self._plain() == other._plain() if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._plain())

    def number(self, name: str) -> Any:
        """Return a field with unit as a float in that unit, which needs no Quantity; None if that was given."""
        return vars(self)[name]

    def given(self, f: Field[Any]) -> Any:
        """Return a field as it may be given: as text if it has a unit."""
        value = vars(self)[f.name]
        return f"{value} {f.metadata['unit']}" if "unit" in f.metadata and value is not None else value

    def _set(self, name: str, value: Any) -> None:
        """Store a converted value in the frozen dataclass, during __post_init__."""
        object.__setattr__(self, name, value)

    def _convert(self) -> None:
        """Check every field against its bounds and choices, and convert it to its plain type or unit."""
        for f in fields(self):
            value = vars(self)[f.name]
            if value is None and f.default is None:
                continue
            if "choices" in f.metadata:
                _check_choice(f.name, value, f.metadata["choices"])
            elif isinstance(f.default, bool):
                _check_choice(f.name, value, (True, False))
            elif "unit" in f.metadata:
                self._set(f.name, _dimensional(f, value))
            elif "bounds" in f.metadata:
                self._set(f.name, _number(f, value))

    def chosen(self) -> dict[str, Any]:
        """Return name -> value, a quantity as text, of every field that differs from its default (or from zero)."""
        return {f.name: self.given(f) for f in fields(self) if not _is_default(f, vars(self)[f.name])}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.chosen().items())})"

    def _repr_html_(self) -> str:
        """Return the chosen fields as a table, for notebooks."""
        rows = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in self.chosen().items())
        return f"<table><caption>{type(self).__name__}</caption>{rows}</table>"


def deprecated(old: str, new: str) -> None:
    """Warn, at the line of the first caller outside this package, that ``old`` is called ``new`` now."""
    warnings.warn(f"{old} is an old name; write {new}", DeprecationWarning, stacklevel=outside())


def outside() -> int:
    """Return the stacklevel, for a warning in the calling function, of the first frame that is not of this package."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and _own(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    return level


def _own(module: str) -> bool:
    return module.split(".")[0] in ("boltzmann", "dataclasses", "functools")


class _WithUnit:
    """Descriptor of a field with unit: a number in the instance, a read-only Quantity for whoever asks."""

    def __init__(self, name: str, unit: str) -> None:
        self.name, self.unit = name, unit

    def __get__(self, owner: Input | None, cls: type[Input]) -> Quantity | None:
        value = None if owner is None else vars(owner)[self.name]
        if value is None:
            return None
        from boltzmann.units import Quantity

        result = Quantity(value, self.unit)
        result.flags.writeable = False
        return result

    def __set__(self, owner: Input, value: Any) -> None:
        vars(owner)[self.name] = value


def described(cls: Class) -> Class:
    """Finish the class of an input: old names and other words are understood, and ``help()`` lists every field.

    Fields with unit hold numbers and give quantities, see `Input.number`.
    """
    for f in fields(cls):
        if "unit" in f.metadata:
            setattr(cls, f.name, _WithUnit(f.name, f.metadata["unit"]))
    for method in ("__eq__", "__hash__"):  # dataclass made some that compare quantities
        type.__setattr__(cls, method, getattr(Input, method))
    init: Callable[..., None] = cls.__init__

    @wraps(init)
    def understanding(self: Input, *args: Any, **given: Any) -> None:
        if args and cls.KEYWORDS_ONLY:
            args, given = (), {**_by_name(cls, args), **given}
        init(self, *args, **cls.understood(given))

    type.__setattr__(cls, "__init__", understanding)
    cls.__doc__ = f"{(cls.__doc__ or '').rstrip()}\n\n    Parameters\n    ----------\n{_documented(cls)}"
    return cls


def _by_name(cls: type[Input], values: tuple[Any, ...]) -> dict[str, Any]:
    """Return values that were given by position under the names of the fields."""
    names = [f.name for f in fields(cls)][: len(values)]
    deprecated(f"{cls.__name__}(value, ...) without names", ", ".join(f"{name}=..." for name in names))
    return dict(zip(names, values, strict=False))


def _documented(cls: type[Input]) -> str:
    """Return the section Parameters of a numpydoc docstring."""
    return "".join(f"    {f.name} : {_kind(f)}\n        {describe(f)}\n" for f in cls.declared().values())


def _kind(f: Field[Any]) -> str:
    """Return the type of a field in words, with its unit and default."""
    if "choices" in f.metadata:
        kind = " | ".join(map(repr, f.metadata["choices"]))
    elif "unit" in f.metadata:
        kind = f"Quantity or str [{f.metadata['unit']}]"
    else:
        kind = type(f.default).__name__ if isinstance(f.default, (bool, int)) else "float"
    if f.default is MISSING:
        return kind
    return f"{kind}, optional" if f.default is None else f"{kind}, default {f.default!r}"


def describe(f: Field[Any]) -> str:
    """Return the help text of a field with its bounds and an example."""
    text = str(f.metadata["help"])
    if "bounds" in f.metadata:
        low, high = f.metadata["bounds"]
        text += f", {low:g} to {high:g} {f.metadata.get('shown', f.metadata.get('unit', ''))}".rstrip()
    return f'{text}, e.g. "{f.metadata["example"]}"' if "example" in f.metadata else text


def _check_name(cls: type[Input], name: str) -> None:
    valid = list(cls.declared())
    if name not in valid:
        close = difflib.get_close_matches(str(name), valid, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise ParameterError(f"{cls.__name__} has no parameter {name!r}; {hint}valid are: {', '.join(valid)}")


def _check_choice(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    if not any(value is choice or (isinstance(value, str) and value == choice) for choice in choices):
        raise ParameterError(f"{name} = {value!r} is not allowed; choose one of {', '.join(map(repr, choices))}")


def _scalar(value: Any) -> Any:
    """Return the one number of an array or DataArray without dimensions, anything else as it is."""
    return value.item() if getattr(value, "ndim", None) == 0 and not is_quantity(value) else value


def _number(f: Field[Any], value: Any) -> float | int:
    """Return `value` as float or int when it is such a number within the bounds of its field."""
    low, high = f.metadata["bounds"]
    integer, number = isinstance(f.default, int), _scalar(value)
    kind: Any = Integral if integer else Real
    if isinstance(number, bool) or not isinstance(number, kind) or not low <= number <= high:
        noun = "an integer" if integer else "a number"
        raise ParameterError(f"{f.name} = {value!r} is not allowed; give {noun} from {low:g} to {high:g}{_why(f)}")
    return int(number) if integer else float(number)


def _dimensional(f: Field[Any], value: Any) -> float:
    """Return `value` in the unit of its field, when it is within its bounds."""
    result = number(value, f.metadata["unit"], f.name)
    low, high = f.metadata.get("bounds", (-float("inf"), float("inf")))
    shown = f.metadata.get("shown", f.metadata["unit"])
    at = number(value, shown, f.name)
    if not low - 1e-12 * abs(at) <= at <= high + 1e-12 * abs(at):
        raise ParameterError(f"{f.name} = {value} is not allowed; give {low:g} to {high:g} {shown}{_why(f)}")
    return result


def _is_default(f: Field[Any], value: Any) -> bool:
    """Return whether a value is the default of its field, or None, or zero where that is the default with unit."""
    with_unit = "unit" in f.metadata and isinstance(f.default, str)
    return value is None or (not value if with_unit else value == f.default)


def _why(f: Field[Any]) -> str:
    return f": {f.metadata['why']}" if "why" in f.metadata else ""
