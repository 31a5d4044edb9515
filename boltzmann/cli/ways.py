"""The command ``sterile ways``: the other ways out, which of them reconcile a laboratory point with cosmology."""

from __future__ import annotations

import json
from pathlib import Path

import click

from boltzmann.cli.commands import _as_json


@click.command()
@click.option("--output", type=click.Path(path_type=Path), help="Folder for the figure ways-out.png and its caption.")
@click.option(
    "--store", type=click.Path(path_type=Path), help="Compute again instead of reading data/scans; resumable."
)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Points at a time, with --store.")
@_as_json
def ways(output: Path | None, store: Path | None, workers: int, as_json: bool) -> None:
    """Print which ways out reconcile (1 eV^2, |U_e4|^2 = 0.01) with CMB and abundances, and why the others do not.

    With --store the points are computed (5 minutes of CPU time, more to compile kernels) and ways_out.nc is written to
    --output.
    """
    from boltzmann.comparison import scans, ways_out, ways_verdict
    from boltzmann.figures.output import prepare, save_figure
    from boltzmann.figures.ways_out import ways_figure

    if output is not None:
        prepare(output)
    data = scans.load(ways_out.NAME) if store is None else ways_out.compute(store=store, workers=workers)
    found = ways_verdict.courses(data)
    rows = ways_verdict.rows(found)
    files = []
    if output is not None:
        figure, caption = ways_figure(ways_verdict.panels(found)), ways_verdict.caption(found)
        files.append(save_figure(figure, output / "ways-out", caption))
        if store is not None:
            scans.write(data, output / f"{ways_out.NAME}.nc")
            files.append(output / f"{ways_out.NAME}.nc")
    if as_json:
        click.echo(json.dumps([row.plain() for row in rows], indent=2))
    else:
        click.echo("\n".join([*ways_verdict.table(rows), *map(str, files)]))
