"""How the scripts of a checkout end: as ``sterile`` does, with one line for what input can cause."""

from __future__ import annotations

import functools
from collections.abc import Callable

import click

from boltzmann.cli import _sentence

__all__ = ["script"]


def script(work: Callable[[], None]) -> Callable[[], int]:
    """Return the ``main`` of a script: it does the work and returns the exit code.

    Bad input, files that cannot be used and missing libraries are a line on stderr and code 2; Ctrl-C is code 130.
    """

    @functools.wraps(work)
    def main() -> int:
        try:
            work()
        except (ValueError, OSError, ImportError) as error:
            sentence = _sentence(error)
            if sentence is None:
                raise
            click.echo(f"Error: {sentence}", err=True)
            return 2
        except KeyboardInterrupt as stopped:
            click.echo(str(stopped) or "Stopped.", err=True)
            return 130
        return 0

    return main
