"""Writing netCDF files whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr


def write(data: xr.Dataset, path: Path) -> None:
    """Write a dataset: aside first, so that readers see the old file or the whole new one.

    Raises
    ------
    OSError
        The file cannot be written; the message names it.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        data.to_netcdf(aside, engine="h5netcdf")
        os.replace(aside, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
