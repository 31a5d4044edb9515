"""Tables of numbers in the files of a collaboration's data release, which lie in the user's own folder."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array


def numbers(path: Path, columns: int, rows: int | None = None) -> Array:
    """Read a file of numbers separated by blanks, ``#`` starting a comment.

    Parameters
    ----------
    path : Path
        File of a data release.
    columns : int
        Numbers in every line.
    rows : int, optional
        Lines that there must be; any number above 0 if not given.

    Returns
    -------
    (rows, columns) array

    Raises
    ------
    ParameterError
        No such file, a line that has another length or something else than finite numbers, or too few or too many
        lines; the message names file and line.
    """
    try:
        with warnings.catch_warnings():  # NumPy warns of an empty file, which is refused below
            warnings.simplefilter("ignore", UserWarning)
            table = np.loadtxt(path, ndmin=2)
    except OSError as error:
        raise ParameterError(
            f"release file {path} cannot be read ({error.strerror or 'no such file'}); "
            "give the folder that holds the unpacked data release"
        ) from error
    except ValueError as error:
        raise _fault(path, columns) or _advised(path, str(error)) from error
    if table.shape[1] != columns or not np.all(np.isfinite(table)):
        raise _fault(path, columns) or _advised(path, "it is empty")
    if rows not in (None, len(table)):
        raise _advised(path, f"it has {len(table)} lines of numbers, {rows} belong there")
    return np.asarray(table)


def _fault(path: Path, columns: int) -> ParameterError | None:
    """Return what is wrong with the first bad line."""
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        words = line.split("#")[0].split()
        if words and len(words) != columns:
            return _advised(path, f"line {number} has {len(words)} numbers, {columns} belong there")
        bad = [word for word in words if not _finite(word)]
        if bad:
            return _advised(path, f"line {number} has {bad[0]!r} where a finite number belongs")
    return None


def _finite(word: str) -> bool:
    try:
        return bool(np.isfinite(float(word)))
    except ValueError:
        return False


def _advised(path: Path, fault: str) -> ParameterError:
    return ParameterError(f"release file {path} is broken: {fault}; take it from the data release again")
