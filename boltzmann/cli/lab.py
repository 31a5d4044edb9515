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


def _chosen(names: tuple[str, ...], combination: str | None) -> tuple[str, ...]:
    """Return the experiments of a combination, or those that are named."""
    from boltzmann import lab as laboratory

    if combination is not None and names:
        raise ParameterError(f"--set {combination} and --experiment are both given; give one of them")
    return laboratory.verified(combination) if combination is not None else names


def _without_each(names: tuple[str, ...], as_json: bool) -> None:
    """Print appearance against disappearance without each experiment, by default of all verified ones."""
    from boltzmann import lab as laboratory
    from boltzmann.comparison.lab_report import tension_numbers
    from boltzmann.lab.tension import evaluate, tension, without_each

    chosen = names or laboratory.verified()
    rows = {"": tension(evaluate(chosen)), **without_each(chosen)}
    if as_json:
        click.echo(json.dumps({name or "none": tension_numbers(row) for name, row in rows.items()}, indent=2))
        return
    lines = [f"{'without':16}{'chi2_PG':>8}{'sigma':>7}   joint best fit: dm2_41 [eV2], |U_e4|^2, |U_mu4|^2"]
    for name, row in rows.items():
        dm2, *elements = row.joint[:3]
        place = f"{dm2:.3g}, {elements[0]:.2g}, {elements[1]:.2g}"
        lines.append(f"{name or 'nothing':16}{row.test.chi2:8.1f}{row.test.sigmas:7.1f}   {place}")
    click.echo("\n".join(lines))


@click.command()
@click.option("--experiment", "names", multiple=True, metavar="NAME", help="Experiment; repeatable. See --list.")
@click.option("--set", "combination", metavar="NAME", help="All experiments of a combination: 2022, 2025 or 2025-hm.")
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
@click.option("--without-each", is_flag=True, help="The tension without each experiment in turn; draws nothing.")
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
    without_each: bool,
    output: Path,
    as_json: bool,
) -> None:
    """Draw allowed regions and limits of laboratory experiments; writes a figure and the contours as ECSV."""
    if listing:
        click.echo(_listing())
        return
    if without_each:
        _without_each(_chosen(names, combination), as_json)
        return
    from boltzmann.comparison.lab_report import Choices, report, tension_report

    names = _chosen(names, combination)
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
