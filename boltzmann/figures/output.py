"""Result files: a folder that can be written is made sure of before any work, and files appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boltzmann.errors import ParameterError

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

DPI = 300  # of PNG files


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


def prepare_file(path: Path, name: str = "output") -> None:
    """Make sure that a file can be written, before the work whose result it is to have.

    Parameters
    ----------
    path : Path
        The file; an existing one is not touched.
    name : str
        The option that it was given as, for the message.

    Raises
    ------
    ParameterError
        It is a folder, or its folder does not exist or cannot be written.
    """
    if path.is_dir():
        raise ParameterError(f"{name} = {path} is a folder; give the name of a file, for example {path / 'result'}")
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    except OSError as error:
        raise ParameterError(
            f"{name} = {path} cannot be written ({error.strerror}); give a file in a folder that exists and that you "
            "may write to"
        ) from error


def save_figure(figure: Figure, stem: Path) -> Path:
    """Write a figure as PNG and PDF beside each other; return the path of the PNG."""
    png, pdf = (stem.with_name(f"{stem.name}.{suffix}") for suffix in ("png", "pdf"))
    write(png, lambda file: figure.savefig(file, format="png", dpi=DPI))
    write(pdf, lambda file: figure.savefig(file, format="pdf"))
    return png


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8."""
    write(path, lambda file: file.write_text(text, encoding="utf-8"))


def write_dataset(path: Path, data: xr.Dataset) -> None:
    """Write a dataset as netCDF; made in memory, because the library of HDF5 does not outlive a full disk."""
    content: Any = data.to_netcdf(engine="h5netcdf")
    write(path, lambda aside: aside.write_bytes(content))


def write(path: Path, save: Callable[[Path], Any]) -> None:
    """Let `save` write beside `path`, then put the result in place: readers see the old file or the whole new one.

    Raises
    ------
    OSError
        The disk does not let it, for example because it is full; it names `path`.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        save(aside)
        os.replace(aside, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
