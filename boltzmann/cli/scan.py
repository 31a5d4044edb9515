"""The command ``sterile scan``: a TOML file with axes to a store of records and a netCDF file."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any

import click

from boltzmann.cli.options import ALIASES, RELIC, build, build_asymmetry, build_interactions, class_of, read_config
from boltzmann.parameters import Mixing, ParameterError

Values = Mapping[str, Any]

_TABLES = ("mixing", "options", "asymmetry", *ALIASES, "axes", "sample", "contour")
_RANGE = ("from", "to", "points", "scale")
_SHOWN = 20  # failed points that are listed
_SIGNALLED = 128  # exit codes after a signal are this and its number, as those of a shell


class _Folder(click.Path):
    """A folder, of which "" is none: with ``--store "$STORE"`` of an empty variable it would be the current one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path. Raises ParameterError for an empty text."""
        if value == "":
            raise ParameterError("store = '' is not allowed; give the name of a folder, or . for this one")
        return super().convert(value, param, ctx)


class Stopped(click.ClickException):
    """Ctrl-C: one line on stderr."""

    exit_code = _SIGNALLED + signal.SIGINT


class Terminated(Stopped):
    """SIGTERM, by which schedulers end jobs: the same line."""

    exit_code = _SIGNALLED + signal.SIGTERM


@contextmanager
def _stoppable() -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into `Stopped` and `Terminated`."""
    kind = Stopped

    def terminate(*_: Any) -> None:
        nonlocal kind
        kind = Terminated
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except KeyboardInterrupt as error:
        raise kind(str(error) or "stopped") from error
    finally:
        signal.signal(signal.SIGTERM, before)


def _keys(table: str, given: Any, valid: tuple[str, ...], needed: tuple[str, ...]) -> Values:
    """Return a table. Raises ParameterError if it has other keys than ``valid``, or lacks one of ``needed``."""
    if not isinstance(given, dict) or not set(needed) <= set(given) <= set(valid):
        raise ParameterError(f"{table} = {given!r} is not allowed; give {', '.join(needed)} of {', '.join(valid)}")
    return given


def _axis(name: str, given: Any) -> Any:
    """Return the values of an axis of a grid: a list, or evenly spaced ones."""
    from boltzmann.scan import axis

    if isinstance(given, list):
        return given
    if not isinstance(given, dict):
        raise ParameterError(
            f"axes.{name} = {given!r} is not allowed; give a list of values, or from, to and points, or give a value "
            "that all points share in the table of its object, for example [mixing]"
        )
    range_ = _keys(f"axes.{name}", given, _RANGE, ("from", "to", "points"))
    return axis(range_["from"], range_["to"], range_["points"], range_.get("scale", "linear"))


def _samples(axes: Values, given: Values) -> Any:
    """Return the samples that the tables [axes] and [sample] mean."""
    from boltzmann import scan

    _keys("sample", given, ("points", "method", "seed"), ("points",))
    methods = {"sobol": scan.sobol, "random": scan.random}
    method = given.get("method", "sobol")
    if not isinstance(method, str) or method not in methods:
        raise ParameterError(f"sample.method = {method!r} is not allowed; choose one of {', '.join(methods)}")
    ranges = {}
    for name, axis in axes.items():
        table = _keys(f"axes.{name}", axis, ("from", "to", "scale"), ("from", "to"))
        ranges[name] = (table["from"], table["to"], table.get("scale", "linear"))
    return methods[method](ranges, given["points"], given.get("seed", 0))


def _first(axis: Any) -> Any:
    """Return one value of an axis, for the object that all points start from."""
    if isinstance(axis, dict):
        return axis.get("from")
    return axis[0] if isinstance(axis, list) and axis else axis


def _filled(tables: Values) -> dict[str, Any]:
    """Return the tables with a value from the axes where an object cannot be made without one."""
    axes, result = tables["axes"], dict(tables)
    result["mixing"] = {**_firsts(axes, {"dm2_41": "dm2_41", "m4": "m4"}, Mixing), **tables["mixing"]}
    for table, aliases in ALIASES.items():
        needed = [] if table == RELIC else [f.name for f in fields(class_of(table)) if f.default is MISSING]
        names = {**{name: name for name in needed}, **{key: name for key, name in aliases.items() if name in needed}}
        names = _of_relics(axes) if table == RELIC else names
        result[table] = [_completed(axes, names, class_of(table, entry), entry) for entry in tables[table]]
    return result


def _of_relics(axes: Values) -> dict[str, str]:
    """Return axis -> field of axes such as ``"relic.mass"``."""
    return {name: name.partition(".")[2] for name in axes if name.startswith(f"{RELIC}.")}


def _completed(axes: Values, names: Mapping[str, str], cls: type[Any], entry: Values) -> dict[str, Any]:
    """Return the table of an interaction with the first values of its axes under the names of fields."""
    known = {key: field for key, field in names.items() if field in cls.declared()}
    return {**{known[key] if "." in key else key: v for key, v in _firsts(axes, known, cls).items()}, **entry}


def _firsts(axes: Values, names: Mapping[str, str], cls: type[Any]) -> dict[str, Any]:
    """Return the first value of every axis of ``names`` (key -> field of ``cls``), a bare number with its unit."""
    result = {key: _first(axes[key]) for key in names if key in axes}
    units = {key: cls.declared()[names[key]].metadata.get("unit") for key in result}
    return {k: f"{v!r} {units[k]}" if units[k] and not isinstance(v, str) else v for k, v in result.items()}


def read(file: Path) -> tuple[Any, dict[str, Any], Values]:
    """Read the file of a scan.

    Returns
    -------
    axes : mapping or Samples
    inputs : dict
        The arguments mixing, interactions, options and asymmetry of `boltzmann.scan.scan`.
    contour : dict
        The table [contour], empty if there is none.

    Raises
    ------
    ParameterError
        A table, key or value is not allowed, or there are no axes.
    OSError
        The file cannot be read.
    """
    tables = read_config(file, _TABLES)
    axes, contour = tables["axes"], tables["contour"]
    if not axes:
        raise ParameterError(
            f'{file} has no axes; add a table [axes], for example dm2_41 = {{from = "0.01 eV2", to = "10 eV2", '
            'points = 10, scale = "log"}'
        )
    if contour:
        _keys("contour", contour, ("level", "variable", "data", "coarse"), ("level",))
    filled = _filled(tables)
    inputs = {
        "mixing": build("mixing", filled, {}),
        "options": build("options", filled, {}),
        "interactions": build_interactions(filled, dict.fromkeys(ALIASES, ())),
        "asymmetry": build_asymmetry(filled, {}),
    }
    names = {alias: field for table, aliases in ALIASES.items() if tables[table] for alias, field in aliases.items()}
    named = {names.get(name, name): axis for name, axis in axes.items()}
    if tables["sample"]:
        return _samples(named, tables["sample"]), inputs, contour
    return {name: _axis(name, axis) for name, axis in named.items()}, inputs, contour


def _shard(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, int] | None:
    """Return the two numbers of ``i/n``."""
    if text is None:
        return None
    try:
        i, n = (int(part) for part in text.split("/"))
    except ValueError as error:
        raise ParameterError(f"shard = {text!r} is not allowed; give i/n, for example 1/4") from error
    return i, n


def _errors(_: click.Context, __: click.Parameter, text: str) -> int:
    """Return N of ``1/N``; 0 for no error estimates."""
    one, _slash, every = text.partition("/")
    if text in ("0", "none"):
        return 0
    if one != "1" or not every.isdecimal() or int(every) < 1:
        raise ParameterError(f"errors = {text!r} is not allowed; give 1/N, for example 1/20, or none")
    return int(every)


def _report(data: Any, output: Path | None, store: Path) -> None:
    """Say what there is: failed points on stderr, the result on stdout. Exit code 1 if no point succeeded."""
    from boltzmann import scan

    status = data["status"].values
    succeeded, tried = int((status == 0).sum()), int((status != data["status"].attrs["flag_values"][-1]).sum())
    failed = scan.failures(data)
    if failed:
        click.echo(f"{len(failed)} of {tried} points failed:", err=True)
        for line in failed[:_SHOWN]:
            click.echo(f"  {line}", err=True)
        if len(failed) > _SHOWN:
            click.echo(f"  and {len(failed) - _SHOWN} more, see status and message of the dataset", err=True)
    if output is not None:
        scan.write(data, output)
    click.echo(f"{succeeded} of {status.size} points in {store}" + (f"\nnetCDF  {output}" if output else ""))
    if status.size and not succeeded:
        raise click.ClickException("no point ended well; the messages above say why")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--store", required=True, type=_Folder(path_type=Path), help="Folder of the records of all points.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the dataset to this netCDF file.")
@click.option("--workers", type=int, help="Points at a time.  [default: all cores]")
@click.option("--processes", is_flag=True, help="Processes instead of threads.")
@click.option("--shard", callback=_shard, metavar="I/N", help="Every N-th point, from the I-th: for job arrays.")
@click.option("--estimate", is_flag=True, help="Say how long it will take; solves up to 8 points, and keeps them.")
@click.option("--resume/--no-resume", default=True, help="Go on from the records, or compute all points again.")
@click.option(
    "--errors",
    "error_every",
    callback=_errors,
    metavar="1/N",
    default="1/20",
    show_default=True,
    help="Share of the points, but about 8 at least, whose error is estimated by two more runs; or none.",
)
@click.option("--abundances", is_flag=True, help="Add Y_p, D/H and their chi^2: a second more per point with primat.")
def scan(
    file: Path, output: Path | None, estimate: bool, shard: tuple[int, int] | None, abundances: bool, **given: Any
) -> None:
    """Solve a grid or samples: FILE has tables [axes], [mixing], [options], interactions, [sample], [contour]."""
    axes, inputs, contour = read(file)
    if contour and shard:
        raise ParameterError("[contour] and --shard exclude each other: which points it needs depends on the others")
    from boltzmann import scan as package
    from boltzmann.figures.output import prepare_file

    if abundances:
        given["extra"] = package.abundance_numbers()
    if output is not None:
        prepare_file(output)
    imported = time.process_time()  # since the start of the process: parsing and imports
    with _stoppable():
        if estimate:
            found = package.estimate(axes, shard=shard, **inputs, **given)
            click.echo(str(replace(found, fixed_seconds=found.fixed_seconds + imported)))
            return
        if contour:
            data = package.contour(axes, **contour, **inputs, **given)
        else:
            data = package.scan(axes, shard=shard, **inputs, **given)
    _report(data, output, given["store"])
