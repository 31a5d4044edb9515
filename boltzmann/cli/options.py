"""Command-line options made from the fields of `Mixing` and `Options`, and the TOML file that says the same.

Interactions are given as ``--secret-vector "e_s=1e-2,M=10 MeV"`` or as a table ``[secret_vector]`` with the same keys:
the fields of the class and the short names of `ALIASES`.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import Field
from pathlib import Path
from typing import Any, TypeVar

import click

from boltzmann.parameters import Asymmetry, Mixing, Options, ParameterError
from boltzmann.parameters.inputs import Input, deprecated, describe
from boltzmann.parameters.mixing import overridden

Command = TypeVar("Command", bound=Callable[..., Any])
Values = Mapping[str, Any]
_TABLES: dict[str, type[Mixing] | type[Options] | type[Asymmetry]] = {
    "mixing": Mixing,
    "options": Options,
    "asymmetry": Asymmetry,
}

RELIC = "relic"
CONVENTIONS = ("e_s", "g_X", "G_X")  # keys that give a coupling and say in which convention
_EQUILIBRIUM = {"couples_to", "statistics", "spectra", "g"}  # fields of a ThermalRelic alone
_COMMON = {"M": "mediator_mass"}
#: Short names of earlier versions; xi is the degeneracy of neutrinos everywhere else.
_OLD = {"xi": "T_s_over_T", "T_ratio": "T_s_over_T"}
#: Short names of the fields of interactions, for the command line and TOML alike; every interaction has its entry.
ALIASES: dict[str, dict[str, str]] = {
    "secret_vector": {**dict.fromkeys(CONVENTIONS, "coupling"), **_COMMON},
    "secret_pseudoscalar": {"g_s": "coupling", "m_phi": "mediator_mass", **_COMMON},
    RELIC: {"tau": "lifetime"},
    "low_reheating": {},
    "nsi": {"M": "mediator_mass"},
    "ultralight_scalar": {"mu": "mass_shift"},
    "quasi_sterile": {"M": "mediator_mass"},
    "ultralight_current": {},
}
_EXAMPLES = {
    "secret_vector": "e_s=1e-2,M=10 MeV",
    "secret_pseudoscalar": "g_s=1e-5,m_phi=0.1 eV",
    RELIC: "mass=100 MeV,lifetime=0.1 s,channels=nu_e gamma",
    "low_reheating": "T_RH=4 MeV",
    "nsi": "eps_L_ee=0.1,eps_R_tautau=-0.1",
    "ultralight_scalar": "mu=100 eV,m_phi=1e-16 eV",
    "quasi_sterile": "strength=-1.1e4 G_F,early=neutrinos",
    "ultralight_current": "potential=1.6e-7 eV,early=neutrinos",
}


def _kind(field: Field[Any]) -> Any:
    """Return the click type of a field, from its metadata and default."""
    if "choices" in field.metadata:
        return click.Choice(field.metadata["choices"])
    if "unit" in field.metadata:
        return str
    return int if isinstance(field.default, int) else float


def _help(field: Field[Any]) -> str:
    """Return the help text with the default if there is one."""
    return describe(field) if field.default is None else f"{describe(field)}  [default: {field.default}]"


def _option(field: Field[Any]) -> Callable[[Command], Command]:
    name = _flag(field.name)
    if isinstance(field.default, bool):
        return click.option(f"{name}/--no-{name[2:]}", field.name, default=None, help=_help(field))
    return click.option(name, field.name, type=_kind(field), default=None, help=_help(field))


def from_fields(*inputs: type[Mixing] | type[Options] | type[Asymmetry]) -> Callable[[Command], Command]:
    """Decorate a command with one option for every field of `inputs`, in their order; absent options are None."""

    def decorate(command: Command) -> Command:
        for field in reversed([field for cls in inputs for field in cls.declared().values()]):
            if "only_in_code" not in field.metadata:
                command = _option(field)(command)
        return command

    return decorate


def with_interactions(command: Command) -> Command:
    """Decorate a command with a repeatable option such as ``--secret-vector`` for every interaction."""
    for table, aliases in reversed(ALIASES.items()):
        keys = f"{', '.join(aliases)} and the fields" if aliases else "the fields"
        text = f'{_words(table)}, e.g. "{_EXAMPLES[table]}"; repeatable. Keys: {keys} of {_class_name(table)}.'
        flag, metavar = _flag(table), "KEY=VALUE,..."
        command = click.option(flag, table, multiple=True, metavar=metavar, help=text)(command)
    return command


def _class_name(table: str) -> str:
    if table == RELIC:
        return "HeavyNeutralLepton or ThermalRelic"
    return "NSI" if table == "nsi" else "".join(part.capitalize() for part in table.split("_"))


def _words(table: str) -> str:
    if table == RELIC:
        return "Relic of MeV mass: a lepton that decays, or with couples_to a particle in equilibrium"
    if table == "nsi":
        return "Non-standard interactions (NSI)"
    kind = f"{table} interaction" if table.startswith("secret_") else table
    return kind.replace("_", " ").capitalize()


def _flag(name: str) -> str:
    return "--" + name.lower().replace("_", "-")


def _is_table(name: str, value: Any) -> bool:
    """Return whether `value` is a table, or for an interaction a table or an array of tables."""
    several = name in ALIASES and isinstance(value, list)
    return all(isinstance(item, dict) for item in (value if several else [value]))


def read_config(file: Path | None, tables: tuple[str, ...]) -> dict[str, Any]:
    """Read the tables of a TOML file.

    Parameters
    ----------
    file : Path or None
        None: as if the file were empty.
    tables : tuple of str
        Tables that are allowed, of "mixing", "options", "asymmetry" and the keys of `ALIASES`.

    Returns
    -------
    dict
        One dictionary for each of `tables`; a list of dictionaries for an interaction.

    Raises
    ------
    ParameterError
        The file is no TOML, or has a table or key of its own.
    OSError
        The file cannot be read.
    """
    if file is None:
        return {name: [] if name in ALIASES else {} for name in tables}
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:  # broken TOML or no UTF-8
        raise ParameterError(f"{file} is not valid TOML: {error}; see https://toml.io") from error
    for name, value in content.items():
        if name not in tables or not _is_table(name, value):
            allowed = ", ".join(f"[{table}]" for table in tables)
            raise ParameterError(f"{file} has {name!r}, which is not allowed; valid are the tables {allowed}")
    return {name: _listed(content.get(name, [])) if name in ALIASES else content.get(name, {}) for name in tables}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def build(table: str, config: Values, given: Values) -> Any:
    """Return the `Mixing` ("mixing") or `Options` ("options") of file and command line, which overrides the file."""
    cls = _TABLES[table]
    override = {name: value for name, value in given.items() if name in cls.declared() and value is not None}
    return cls.from_mapping(overridden(config[table], override))


def build_asymmetry(config: Values, given: Values) -> Asymmetry | None:
    """Return the `Asymmetry` of file and command line; None if neither says anything: then nu = nubar."""
    named = any(given.get(name) is not None for name in Asymmetry.declared())
    if not named and config["asymmetry"] == {}:
        return None
    asymmetry: Asymmetry = build("asymmetry", config, given)
    return asymmetry


def class_of(table: str, keys: Collection[str] = ()) -> type[Input]:
    """Return the class of an interaction with ``keys``; imported here because most commands need none."""
    from boltzmann import potentials

    if table == RELIC:
        return potentials.ThermalRelic if _EQUILIBRIUM & set(keys) else potentials.HeavyNeutralLepton
    found: type[Input] = getattr(potentials, _class_name(table))
    return found


def parse_interaction(table: str, text: str) -> dict[str, Any]:
    """Return the keys and values of ``"e_s=1e-2,M=10 MeV"``; `table` is a key of `ALIASES`.

    Raises
    ------
    ParameterError
        A part is not key=value, or a key comes twice.
    """
    given: dict[str, str] = {}
    for part in text.split(","):
        key, _, value = (piece.strip() for piece in part.partition("="))
        if not key or not value or key in given:
            problem = "comes twice" if key in given else "is not of the form key=value"
            raise ParameterError(
                f"{_flag(table)} {text!r}: {part.strip()!r} {problem}; "
                f'give pairs separated by commas, for example {_flag(table)} "{_EXAMPLES[table]}"'
            )
        given[key] = value
    cls = class_of(table, given)
    names = {**ALIASES[table], **_OLD, **cls.RENAMED}
    return {key: _plain(cls, names.get(key, key), value) for key, value in given.items()}


def _plain(cls: type[Input], name: str, text: str) -> Any:
    """Return the value of a field as its type wants it; text that is none of these is left to the field's check."""
    field = cls.__dataclass_fields__.get(name)
    if field is None or "unit" in field.metadata or "choices" in field.metadata:
        return text
    if isinstance(field.default, bool):
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        return float(text)
    except ValueError:
        return text


def _field_names(table: str, values: Values) -> dict[str, Any]:
    """Return `values` under the names of fields; a key of `CONVENTIONS` adds the convention.

    Raises
    ------
    ParameterError
        A key is neither field nor short name, or two keys contradict each other.
    """
    cls, aliases = class_of(table, values), ALIASES[table]
    valid = [*aliases, *cls.declared()]
    result: dict[str, Any] = {}
    for given, value in values.items():
        key = _current(cls, given)
        if key not in valid:
            close = difflib.get_close_matches(str(key), valid, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise ParameterError(f"{table} has no parameter {key!r}; {hint}valid are: {', '.join(valid)}")
        for name, item in {aliases.get(key, key): value, **({"convention": key} if key in CONVENTIONS else {})}.items():
            if name in result and result[name] != item:
                raise ParameterError(
                    f"{table}: {key} = {value!r} contradicts {name} = {result[name]!r}, which is given too; give one"
                )
            result[name] = item
    return result


def _current(cls: type[Input], key: str) -> str:
    """Return the name of today of a key, with a warning if it was an old one."""
    new = {**_OLD, **cls.RENAMED}.get(key, key)
    if new != key:
        deprecated(key, new)
    return new


def build_interactions(config: Values, given: Values) -> tuple[Input, ...]:
    """Return the interactions of file and command line, which replaces those of the same kind in the file.

    Parameters
    ----------
    config : mapping
        What `read_config` returned.
    given : mapping
        Table -> texts of the command line.

    Raises
    ------
    ParameterError
        A key or value is not allowed, or a necessary one is missing.
    """
    result: list[Input] = []
    for table in ALIASES:
        entries = [parse_interaction(table, text) for text in given[table]] or config[table]
        result += [class_of(table, entry).from_mapping(_field_names(table, entry)) for entry in entries]
    return tuple(result)
