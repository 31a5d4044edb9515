"""The command ``sterile interpret``: the table of interpretations."""

from __future__ import annotations

from pathlib import Path

import click

from boltzmann.cli.commands import _as_json, _bar


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--point", "chosen", multiple=True, metavar="NAME", help="Benchmark point; repeatable.  [default: all]")
@click.option("--list", "listing", is_flag=True, help="List models, their parameters and points, and stop.")
@click.option(
    "--output", type=click.Path(path_type=Path), help="Folder for interpretations.html, .tex, .csv, .json, .md."
)
@_as_json
def interpret(
    models: tuple[str, ...], chosen: tuple[str, ...], listing: bool, output: Path | None, as_json: bool
) -> None:
    """Print what models of short-baseline anomalies do to experiments and to the early Universe, cell by cell."""
    from boltzmann import interpretations

    if listing:
        click.echo("\n".join(_listed(name) for name in interpretations.models()))
        return
    with _bar("interpretations") as (progress, _):
        table = interpretations.table(models or None, chosen=chosen or None, progress=progress)
    click.echo(table.json() if as_json else table.text())
    for path in table.write(output) if output else ():
        click.echo(str(path), err=as_json)


def _listed(name: str) -> str:
    """Return a model with Lagrangian, parameters and points."""
    from boltzmann import interpretations
    from boltzmann.interpretations import points

    model = interpretations.model(name)
    parameters = ", ".join(f"{key} [{p.unit}]" if p.unit else key for key, p in model.parameters.items())
    return f"{name}: {model.lagrangian}\n    parameters: {parameters}\n    points: {', '.join(points.names(name))}"
