"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr


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
