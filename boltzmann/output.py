"""Result files: a folder that can be written is made sure of before any work, and files appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from boltzmann.errors import ParameterError


def prepare(output: Path) -> None:
    """Create a folder if necessary and make sure files can be written to it.

    Raises
    ------
    ParameterError
        It cannot be written.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=output):
            pass
    except OSError as error:
        raise ParameterError(
            f"output = {output} cannot be written ({error.strerror}); give a folder you may write to"
        ) from error


def write(path: Path, save: Callable[[Path], Any]) -> None:
    """Let `save` write beside `path`, then put the result in place: readers see the old file or the whole new one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        save(aside)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
