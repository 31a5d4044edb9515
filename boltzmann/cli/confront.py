"""The command ``sterile confront``: cosmology against laboratory, from the shipped scans."""

from __future__ import annotations

import json
from pathlib import Path

import click

from boltzmann.cli.commands import _as_json, _bar


@click.command()
@click.option("--output", type=click.Path(path_type=Path), default=Path(), help="Folder for figures and captions.")
@click.option("--html", is_flag=True, help="Also write report.html, one page with everything in it.")
@_as_json
def confront(output: Path, html: bool, as_json: bool) -> None:
    """Draw cosmology over laboratory data, planes of secret interactions, and the tension of both, from data/scans."""
    from boltzmann.comparison.planes_report import report

    with _bar("cosmology against laboratory") as (progress, say):
        result = report(output, html=html, progress=progress, say=say)
    files = [str(path) for path in (*result.figures, *([result.page] if result.page else []))]
    if as_json:
        click.echo(json.dumps({"files": files, **result.numbers}, indent=2))
    else:
        click.echo("\n".join([*result.lines, *files]))
