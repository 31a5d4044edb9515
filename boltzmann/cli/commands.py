"""The commands ``sterile solve`` and ``sterile compare``."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from boltzmann.cli.options import ALIASES, build, build_secret, from_fields, read_config, secret_interactions
from boltzmann.parameters import Mixing, Options

Progress = Callable[[float], None]
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def _config(tables: str) -> Any:
    return click.option(
        "--config", type=click.Path(path_type=Path), help=f"TOML file with {tables}; options given here override it."
    )


@contextmanager
def _progress(label: str) -> Iterator[Progress]:
    """Show a bar on a terminal's stderr when something takes longer than a second."""
    from boltzmann.numerics.progress import bar

    shape = "{desc} {percentage:3.0f}% |{bar}| {elapsed}"
    with bar(total=1.0, desc=label, delay=1, leave=False, bar_format=shape) as drawn:

        def show(fraction: float) -> None:
            drawn.update(fraction - drawn.n)

        yield show


@click.command()
@from_fields(Mixing, Options)
@secret_interactions
@_config("tables [mixing], [options], [secret_vector] and [secret_pseudoscalar]")
@_as_json
@click.option("--spectra", type=click.Path(path_type=Path), help="Write the final spectra to this ECSV file.")
def solve(config: Path | None, as_json: bool, spectra: Path | None, **given: Any) -> None:
    """N_eff, delta N_eff and m_eff for one set of mixing parameters; without --dm2-41, for three neutrinos."""
    tables = read_config(config, ("mixing", "options", *ALIASES))
    mixing, options = build("mixing", tables, given), build("options", tables, given)
    interactions = build_secret(tables, given)
    from boltzmann import solve as run
    from boltzmann.cli import report

    start = time.perf_counter()
    with _progress("solving") as progress:
        solution = run(mixing, interactions=interactions, options=options, progress=progress)
    if not solution.status.ok:
        raise click.ClickException(solution.status.value)
    result = report.summary(solution, time.perf_counter() - start)
    if spectra:
        report.write_spectra(solution, spectra)
    click.echo(json.dumps(result, indent=2) if as_json else "\n".join(report.text(result, mixing)))


@click.command()
@click.option("--point", required=True, metavar="NAME", help="Benchmark point of data/lab/benchmarks.ecsv.")
@click.option("--output", type=click.Path(path_type=Path), default=Path(), help="Folder for figure and JSON.")
@click.option(
    "--planck-data",
    type=click.Path(path_type=Path),
    help="Folder with the public Planck 2018 files: LCDM is refitted to them beside the actual spectra.",
)
@from_fields(Options)
@secret_interactions
@_config("tables [options], [secret_vector] and [secret_pseudoscalar]")
@_as_json
def compare(
    point: str, output: Path, planck_data: Path | None, config: Path | None, as_json: bool, **given: Any
) -> None:
    """Run a benchmark laboratory point through the early Universe and CLASS, against CMB and abundances."""
    tables = read_config(config, ("options", *ALIASES))
    options, interactions = build("options", tables, given), build_secret(tables, given)
    from boltzmann.comparison.compare import compare as run

    start = time.perf_counter()
    with _progress(point) as progress:
        comparison = run(
            point,
            interactions=interactions,
            options=options,
            output=output,
            planck_data=planck_data,
            progress=progress,
        )
    seconds = time.perf_counter() - start
    if as_json:
        files = {"figure": str(comparison.figure), "json": str(comparison.json)}
        click.echo(json.dumps({**files, "verdict": comparison.verdict, "wall_seconds": seconds}, indent=2))
    else:
        click.echo(f"{comparison.verdict}\nfigure  {comparison.figure}\nJSON    {comparison.json}\n{seconds:.1f} s")
