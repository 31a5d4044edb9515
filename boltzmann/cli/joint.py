"""The command ``sterile joint``: laboratory, CMB and primordial abundances together, as a table."""

from __future__ import annotations

import json

import click

from boltzmann.cli.commands import _as_json, _bar


@click.command()
@click.option("--set", "combination", metavar="NAME", help="Laboratory data: 2022, 2025 or 2025-hm.  [default: 2025]")
@_as_json
def joint(combination: str | None, as_json: bool) -> None:
    """Print how laboratory and cosmology agree, with and without abundances and gallium, from data/scans (20 s)."""
    from boltzmann.comparison.decisive import deciding, wrapped
    from boltzmann.comparison.joint_table import joint_rows, table
    from boltzmann.lab import DEFAULT_SET

    with _bar("joint fits") as (progress, _):
        rows = joint_rows(progress, combination or DEFAULT_SET)
    if as_json:
        click.echo(json.dumps([row.plain() for row in rows], indent=2))
    else:
        click.echo("\n".join([*table(rows), "", "what experiments to come would decide", *wrapped(deciding(rows))]))
