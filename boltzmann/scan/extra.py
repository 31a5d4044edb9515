"""Numbers of a user's own for every point of a scan: functions of its solution, named by their source in the key."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from types import CodeType
from typing import Any, TypeAlias

from boltzmann.errors import ParameterError
from boltzmann.solution import Solution

Extra: TypeAlias = Mapping[str, Callable[[Solution], float]]


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names that a function and what is defined in it look up outside."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _sources(function: Any, seen: set[str]) -> Iterator[str]:
    """Yield the source of a function and of what it uses of its own module: functions, and constants as text."""
    seen.add(function.__name__)
    yield inspect.getsource(function)
    for name in sorted(set(_names(function.__code__)) - seen):
        used = function.__globals__.get(name)
        if inspect.isfunction(used) and used.__module__ == function.__module__:
            yield from _sources(used, seen)
        elif isinstance(used, (bool, int, float, str, tuple)):
            yield f"{name} = {used!r}"


def fingerprint(name: str, function: Any) -> str:
    """Return the hash that stands for a function in the keys of records.

    Raises
    ------
    ParameterError
        It is no function, it uses variables of another function, or its source cannot be read.
    """
    if not inspect.isfunction(function) or function.__closure__:
        raise ParameterError(
            f"extra {name!r} = {function!r} is not allowed; give a function of a Solution, defined on its own in a file"
        )
    try:
        text = "\n".join(_sources(function, set()))
    except OSError as error:
        raise ParameterError(
            f"extra {name!r} has a source that cannot be read, which records are named by; define {function.__name__} "
            "in a file"
        ) from error
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def fingerprints(extra: Extra, taken: Collection[str]) -> dict[str, str]:
    """Return the hash of every function by name; a name must not be `taken`.

    Raises
    ------
    ParameterError
        As `fingerprint`, or a name is taken or none.
    """
    for name in extra:
        if not str(name).isidentifier() or name in taken:
            raise ParameterError(
                f"extra {name!r} is not allowed; give a name of letters, digits and _ that is no axis and no variable "
                "of the dataset"
            )
    return {name: fingerprint(name, function) for name, function in extra.items()}


def meaning(function: Callable[[Solution], float]) -> str:
    """Return the first line of a function's docstring; without, its name."""
    return (inspect.getdoc(function) or function.__name__).partition("\n")[0]
