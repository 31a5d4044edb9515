"""Command-line options made from the fields of `Mixing` and `Options`, and the TOML file that says the same."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from boltzmann.parameters import Mixing, Options, ParameterError

Command = TypeVar("Command", bound=Callable[..., Any])
Values = Mapping[str, Any]
_TABLES: dict[str, type[Mixing] | type[Options]] = {"mixing": Mixing, "options": Options}


def _kind(field: Field[Any]) -> Any:
    """Return the click type of a field, from its metadata and default."""
    if "choices" in field.metadata:
        return click.Choice(field.metadata["choices"])
    if "unit" in field.metadata:
        return str
    return int if isinstance(field.default, int) else float


def _help(field: Field[Any]) -> str:
    """Return the help text, with an example for a quantity and the default if there is one."""
    text = str(field.metadata["help"])
    if "example" in field.metadata:
        text += f', e.g. "{field.metadata["example"]}"'
    return text if field.default is None else f"{text}  [default: {field.default}]"


def _option(field: Field[Any]) -> Callable[[Command], Command]:
    name = "--" + field.name.lower().replace("_", "-")
    if isinstance(field.default, bool):
        return click.option(f"{name}/--no-{name[2:]}", field.name, default=None, help=_help(field))
    return click.option(name, field.name, type=_kind(field), default=None, help=_help(field))


def from_fields(*inputs: type[Mixing] | type[Options]) -> Callable[[Command], Command]:
    """Decorate a command with one option for every field of `inputs`, in their order; absent options are None."""

    def decorate(command: Command) -> Command:
        for field in reversed([field for cls in inputs for field in fields(cls)]):
            command = _option(field)(command)
        return command

    return decorate


def read_config(file: Path | None, tables: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Read the tables of a TOML file.

    Parameters
    ----------
    file : Path or None
        None: as if the file were empty.
    tables : tuple of str
        Tables that are allowed, of "mixing" and "options".

    Raises
    ------
    ParameterError
        The file is no TOML, or has a table or key of its own.
    OSError
        The file cannot be read.
    """
    if file is None:
        return {name: {} for name in tables}
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:  # broken TOML or no UTF-8
        raise ParameterError(f"{file} is not valid TOML: {error}; see https://toml.io") from error
    for name, value in content.items():
        if name not in tables or not isinstance(value, dict):
            allowed = ", ".join(f"[{table}]" for table in tables)
            raise ParameterError(f"{file} has {name!r}, which is not allowed; valid are the tables {allowed}")
    return {name: content.get(name, {}) for name in tables}


def build(table: str, config: Values, given: Values) -> Any:
    """Return the `Mixing` ("mixing") or `Options` ("options") of file and command line, which overrides the file."""
    cls = _TABLES[table]
    names = {field.name for field in fields(cls)}
    override = {name: value for name, value in given.items() if name in names and value is not None}
    return cls.from_mapping({**config[table], **override})
