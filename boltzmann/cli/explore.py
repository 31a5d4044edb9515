"""The command ``sterile explore``: a page in the browser, live or as one file."""

from __future__ import annotations

import importlib.util
import webbrowser
from pathlib import Path

import click

from boltzmann.cli.commands import _bar
from boltzmann.errors import MissingLibrary


def _need_bokeh() -> None:
    """Raise MissingLibrary if the extra is not installed."""
    if importlib.util.find_spec("bokeh") is None:
        raise MissingLibrary(
            "the explorer needs Bokeh, which is not installed; pip install 'sterile-boltzmann[explore]'"
        )


@click.command()
@click.option("--static", type=click.Path(path_type=Path), help="Write one HTML file from shipped scans instead.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1.  [default: a free one]")
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open the page in the browser.")
def explore(static: Path | None, port: int, browser: bool) -> None:
    """Move a point in the browser and see N_eff, spectra and verdicts follow; Ctrl-C ends it.

    The server listens on 127.0.0.1 only. The file of --static needs no server and no network.
    """
    _need_bokeh()
    from boltzmann.explore.outlines import plane
    from boltzmann.explore.state import PLANES

    if static is not None:
        from boltzmann.explore.static import write
        from boltzmann.figures.output import prepare_file

        prepare_file(static, "static")
        with _bar("explorer") as (_, say):
            write(static, say)
        click.echo(static)
        return
    with _bar("explorer") as (_, say):
        say("lines of the planes (kept in the cache)")
        planes = {name: plane(name) for name in PLANES}
    from boltzmann.explore.live import Site

    site = Site(planes, port)
    click.echo(f"{site.url}   (Ctrl-C ends it)")
    if browser:
        webbrowser.open(site.url)
    site.run()
