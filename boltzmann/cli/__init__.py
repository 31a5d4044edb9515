"""The command ``sterile``: parse, call, write; no physics. Nothing imports it. Start reading at `commands`.

This module is all that ``sterile --help`` loads; a command loads the rest when it is called. Results go to stdout,
everything else to stderr. Exit codes: 0 success, 1 the run failed, 2 the input cannot be used.
"""

from __future__ import annotations

import atexit
import difflib
import errno
import gc
import importlib
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import click

from boltzmann.cli.old_names import current
from boltzmann.errors import MissingLibrary, ParameterError, ValidityWarning

_COMMANDS = {
    "solve": "N_eff, m_eff and spectra for one set of mixing parameters.",
    "compare": "One benchmark laboratory point through the early Universe and CLASS: figure and verdict.",
    "scan": "A grid or samples of mixing parameters, secret interactions or options: resumable, netCDF.",
    "lab": "Laboratory experiments: allowed regions, limits, appearance against disappearance.",
    "joint": "Laboratory, CMB and primordial abundances together: a table of joint fits.",
    "interpret": "The table of interpretations: models against experiments and the early Universe.",
    "confront": "Cosmology against laboratory, from the shipped scans: figures, tension, a page.",
    "ways": "Other ways out: which reconcile a laboratory point with cosmology, and why the others do not.",
    "explore": "Move a point in the browser: N_eff, spectra and verdicts follow.",
    "doctor": "What is installed, three reference numbers, what to attach to a bug report.",
    "cite": "BibTeX of the code and of the papers that its parts are built on.",
}
#: Where a command is, if not in boltzmann.cli.commands.
_MODULES = {
    name: f"boltzmann.cli.{name}"
    for name in ("scan", "lab", "joint", "interpret", "confront", "ways", "explore", "doctor", "cite")
}


class InputError(click.ClickException):
    """The input cannot be used: one line on stderr, exit code 2."""

    exit_code = 2


def _sentence(error: Exception) -> str | None:
    """Return what to tell the user about an error that input can cause; None for all others."""
    if isinstance(error, ParameterError):
        return str(error)
    if isinstance(error, OSError) and error.errno != errno.EPIPE:
        return f"{error.filename} cannot be used: {error.strerror}" if error.filename and error.strerror else str(error)
    return str(error) if isinstance(error, MissingLibrary) else None


@contextmanager
def _one_line_warnings() -> Iterator[None]:
    """Show each ValidityWarning and each old name once, as one line on stderr."""
    shown: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("always", ValidityWarning)
        warnings.filterwarnings("always", ".* is an old name; ", DeprecationWarning)
        default = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if not issubclass(category, (ValidityWarning, DeprecationWarning)):
                default(message, category, *where, **more)
            elif str(message) not in shown:
                shown.add(str(message))
                click.echo(f"Warning: {message}", err=True)

        warnings.showwarning = show
        yield


class _Commands(click.Group):
    """Group that imports a command when it is called and turns errors of the input into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = _MODULES.get(cmd_name, "boltzmann.cli.commands")
        return cast(click.Command, getattr(importlib.import_module(module), cmd_name))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, current(args))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = difflib.get_close_matches(args[0], _COMMANDS, n=1)
            if not close:
                raise
            raise click.UsageError(f"{error.message.rstrip('.')}; did you mean {close[0]}?", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _one_line_warnings():
                return super().invoke(ctx)
        except (ParameterError, OSError, ImportError) as error:
            sentence = _sentence(error)
            if sentence is None:
                raise
            raise InputError(sentence) from error


def _print_versions(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    """Print versions and end."""
    if value:
        from boltzmann.cli.doctor import versions

        click.echo(versions())
        ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_versions,
    help="Show the versions of sterile, Python and what the numbers depend on.",
)  # fmt: skip
def main() -> None:
    """Sterile neutrinos in the early Universe: mixing parameters in, N_eff, CMB and verdict out.

    Completion of commands and options in bash: eval "$(_STERILE_COMPLETE=bash_source sterile)"; zsh_source and
    fish_source for these shells.
    """


def console() -> None:
    """Be the process ``sterile``: `main`, then an end that does not take the interpreter apart, which takes 0.3 s.

    What has to happen at an end does: the callbacks of `atexit` (logging, temporary folders, pools), and stdout and
    stderr are flushed. Python's own end comes after an exception, where a stream cannot be flushed, and while other
    threads work. So it does in ``python -m boltzmann``, for profilers and debuggers. Nor is garbage searched for among
    the hundred thousand objects of a start again and again, an eighth of it.
    """
    gc.set_threshold(1_000_000)
    try:
        main(prog_name="sterile")
    except SystemExit as end:
        with suppress(OSError):
            _leave(end.code)
        raise


def _leave(code: Any) -> None:
    """End the process with an exit code, unless other threads work."""
    working = any(thread is not threading.main_thread() and not thread.daemon for thread in threading.enumerate())
    if working:
        return
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)
