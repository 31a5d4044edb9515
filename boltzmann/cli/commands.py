"""The commands ``sterile solve`` and ``sterile compare``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from boltzmann.cli.groups import Grouped
from boltzmann.cli.options import (
    ALIASES,
    build,
    build_asymmetry,
    build_interactions,
    from_fields,
    read_config,
    with_interactions,
)
from boltzmann.parameters import Asymmetry, Mixing, Options, ParameterError

if TYPE_CHECKING:
    from boltzmann.comparison.confrontation import Confrontation
    from boltzmann.solution import Solution
    from boltzmann.solver.budget import ErrorBudget

Progress = Callable[[float], None]
Say = Callable[[str], None]
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def _config(tables: str) -> Any:
    return click.option(
        "--config", type=click.Path(path_type=Path), help=f"TOML file with {tables}; options given here override it."
    )


@contextmanager
def _bar(label: str) -> Iterator[tuple[Progress, Say]]:
    """Show a bar on a terminal's stderr when something takes longer than a second, and lines that say what is done.

    What is done within a second need not import tqdm.
    """
    start, drawn = time.time(), ExitStack()

    @cache
    def the_bar() -> Any:
        from boltzmann.numerics.progress import bar

        shape = "{desc} {percentage:3.0f}% |{bar}| {elapsed}"
        result = drawn.enter_context(bar(total=1.0, desc=label, leave=False, bar_format=shape))
        result.start_t = start
        return result

    def show(fraction: float) -> None:
        if time.time() - start > 1.0:
            the_bar().update(fraction - the_bar().n)

    def say(words: str) -> None:
        the_bar().write(f"{label}: {words}", file=sys.stderr)

    with drawn:
        yield show, say


@contextmanager
def _progress(label: str) -> Iterator[Progress]:
    """Show a bar alone."""
    with _bar(label) as (show, _):
        yield show


@click.command(cls=Grouped)
@from_fields(Mixing, Options, Asymmetry)
@with_interactions
@_config(f"tables [mixing], [options], [asymmetry], {', '.join(f'[{table}]' for table in ALIASES)}")
@_as_json
@click.option("--spectra", type=click.Path(path_type=Path), help="Write the final spectra to this ECSV file.")
@click.option("--history", type=click.Path(path_type=Path), help="Write history and spectra to this netCDF file.")
@click.option("--verdict", is_flag=True, help="Say below what CMB, abundances and laboratories think of it.")
@click.option("--budget", is_flag=True, help="Say below what the theoretical error of N_eff is, source by source.")
def solve(
    config: Path | None,
    as_json: bool,
    spectra: Path | None,
    history: Path | None,
    verdict: bool,
    budget: bool,
    **given: Any,
) -> None:
    """N_eff, delta N_eff and m_eff for one set of mixing parameters; without --dm2-41, for three neutrinos."""
    tables = read_config(config, ("mixing", "options", "asymmetry", *ALIASES))
    mixing, options = build("mixing", tables, given), build("options", tables, given)
    interactions, asymmetry = build_interactions(tables, given), build_asymmetry(tables, given)
    from boltzmann import solve as run
    from boltzmann.cli import report
    from boltzmann.figures.output import prepare_file
    from boltzmann.numerics.files import write

    for name, file in (("spectra", spectra), ("history", history)):
        if file is not None:
            prepare_file(file, name)
    start = time.perf_counter()
    with _progress("solving") as progress:
        solution = run(mixing, interactions=interactions, options=options, progress=progress, asymmetry=asymmetry)
    if not solution.status.ok:
        raise click.ClickException(solution.ending)
    result = report.summary(solution, time.perf_counter() - start)
    if spectra:
        write(spectra, lambda file: report.write_spectra(solution, file))
    if history:
        solution.save(history)
    judged = _judged(solution) if verdict else None
    error = _budget(solution) if budget else None
    if as_json:
        more = {"verdict": json.loads(judged.to_json())} if judged else {}
        click.echo(json.dumps({**result, **more, **({"error_budget": error.plain()} if error else {})}, indent=2))
    else:
        click.echo("\n".join([*report.text(result, mixing), *(str(part) for part in (judged, error) if part)]))


def _judged(solution: Solution) -> Confrontation:
    """Ask all judges."""
    from boltzmann.comparison.confrontation import confront

    with _bar("judging") as (_, say):
        say("CMB, abundances and laboratories")
        return confront(solution)


def _budget(solution: Solution) -> ErrorBudget:
    """Ask for the theoretical error."""
    with _bar("error budget") as (progress, say):
        return solution.error_budget(progress, say)


def _point(benchmark: str | None, tables: Mapping[str, Any], given: Mapping[str, Any]) -> str | Mixing:
    """Return the benchmark's name, or the mixing of file and command line.

    Raises ParameterError if both or neither are given.
    """
    own = bool(tables["mixing"]) or any(given.get(name) is not None for name in Mixing.declared())
    if own == (benchmark is not None):
        problem = "both a benchmark and a mixing of your own are given" if own else "no point is given"
        raise ParameterError(f"{problem}; give --benchmark NAME (sterile compare --list), or --dm2-41 and a mixing")
    return benchmark if benchmark is not None else cast(Mixing, build("mixing", tables, given))


@click.command(cls=Grouped)
@click.option("--benchmark", metavar="NAME", help="Benchmark point instead of a mixing of your own; see --list.")
@click.option("--list", "listing", is_flag=True, help="List the benchmark points and stop.")
@click.option("--name", default="point", show_default=True, help="What a point of your own is called, also in files.")
@click.option("--output", type=click.Path(path_type=Path), default=Path(), help="Folder for figure and JSON.")
@click.option(
    "--planck-data",
    type=click.Path(path_type=Path),
    help="Folder with the public Planck 2018 files: LCDM is refitted to them beside the actual spectra.",
)
@from_fields(Mixing, Options)
@with_interactions
@_config(f"tables [mixing], [options], {', '.join(f'[{table}]' for table in ALIASES)}")
@_as_json
def compare(
    benchmark: str | None,
    listing: bool,
    name: str,
    output: Path,
    planck_data: Path | None,
    config: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Take a laboratory point, yours or a benchmark, through the early Universe and CLASS to CMB and abundances."""
    from boltzmann.comparison import benchmarks

    if listing:
        click.echo(benchmarks.listing())
        return
    tables = read_config(config, ("mixing", "options", *ALIASES))
    point = _point(benchmark, tables, given)
    options, interactions = build("options", tables, given), build_interactions(tables, given)
    from boltzmann.comparison.compare import compare as run

    start = time.perf_counter()
    with _bar(benchmark or name) as (progress, say):
        comparison = run(
            point,
            name=name,
            interactions=interactions,
            options=options,
            output=output,
            planck_data=planck_data,
            progress=progress,
            say=say,
        )
    seconds = time.perf_counter() - start
    if as_json:
        files = {"figure": str(comparison.figure), "json": str(comparison.json)}
        click.echo(json.dumps({**files, "verdict": comparison.verdict, "wall_seconds": seconds}, indent=2))
    else:
        click.echo(f"{comparison.verdict}\nfigure  {comparison.figure}\nJSON    {comparison.json}\n{seconds:.1f} s")
