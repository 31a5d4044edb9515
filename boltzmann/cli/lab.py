"""The command ``sterile lab``: regions, limits and the tension of laboratory experiments."""

from __future__ import annotations

import json
from pathlib import Path

import click

from boltzmann.cli.commands import _as_json, _progress
from boltzmann.errors import ParameterError


def _listing() -> str:
    """Return the experiments with channel, status, citation and validity, for people."""
    from boltzmann import lab as laboratory

    lines = []
    for name in laboratory.experiments():
        module = laboratory.experiment(name)
        status = "verified" if module.VERIFIED else "unverified"
        lines.append(f"{name:16}{module.CHANNEL:6}{status:12}{module.CITATION}\n{'':34}{module.VALIDITY}")
    return "\n".join(lines)


@click.command()
@click.option("--experiment", "names", multiple=True, metavar="NAME", help="Experiment; repeatable. See --list.")
@click.option("--set", "combination", metavar="NAME", help="All experiments of a combination: 2022 or 2025.")
@click.option("--list", "listing", is_flag=True, help="List the experiments and stop.")
@click.option("--channel", help="Require this channel of all experiments: ee, mue or mumu.")
@click.option("--cl", "levels", type=float, multiple=True, help="Confidence level; repeatable.  [default: 0.9 0.99]")
@click.option("--dof", type=int, default=2, show_default=True, help="Degrees of freedom of Delta chi2.")
@click.option("--combine", is_flag=True, help="Add the sum of the experiments of each channel.")
@click.option("--simulations", type=int, default=0, help="Feldman-Cousins regions with so many data sets per point.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the simulations.")
@click.option(
    "--tension", is_flag=True, help="Appearance against disappearance; by default of all verified experiments."
)
@click.option("--output", type=click.Path(path_type=Path), default=Path(), help="Folder for figure and contours.")
@_as_json
def lab(
    names: tuple[str, ...],
    combination: str | None,
    listing: bool,
    channel: str | None,
    levels: tuple[float, ...],
    dof: int,
    combine: bool,
    simulations: int,
    seed: int,
    tension: bool,
    output: Path,
    as_json: bool,
) -> None:
    """Draw allowed regions and limits of laboratory experiments; writes a figure and the contours as ECSV."""
    if listing:
        click.echo(_listing())
        return
    from boltzmann import lab as laboratory
    from boltzmann.comparison.lab_report import Choices, report, tension_report

    if combination is not None and names:
        raise ParameterError(f"--set {combination} and --experiment are both given; give one of them")
    names = laboratory.verified(combination) if combination is not None else names
    choices = Choices(tuple(sorted(levels)) or Choices.levels, dof, combine, simulations, seed)
    with _progress("laboratory") as progress:
        if tension:
            result = tension_report(names or None, output=output, choices=choices, progress=progress)
        else:
            result = report(names, output=output, channel=channel, choices=choices, progress=progress)
    if as_json:
        files = {"figure": str(result.figure), "contours": str(result.contours)}
        click.echo(json.dumps({**files, "results": result.numbers}, indent=2))
    else:
        click.echo("\n".join([*result.sentences, f"figure    {result.figure}", f"contours  {result.contours}"]))
