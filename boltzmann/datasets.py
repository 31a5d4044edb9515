"""Where the files of ``data/`` are, in an installed package or in a checkout: the one accessor of them."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# a wheel carries data/ as boltzmann/_data; an editable install and a checkout have data/ beside boltzmann/
_ROOTS = (_PACKAGE / "_data", _PACKAGE.parent / "data")


def path(name: str) -> Path:
    """Return the location of a data file.

    Parameters
    ----------
    name : str
        Path below ``data/``, with forward slashes, e.g. ``"lab/benchmarks.ecsv"``.

    Raises
    ------
    FileNotFoundError
        No such file; the message lists the files of that folder.
    """
    for root in _ROOTS:
        if (root / name).is_file():
            return root / name
    folder = Path(name).parent
    siblings = sorted({file.name for root in _ROOTS for file in (root / folder).glob("*") if file.is_file()})
    listing = ", ".join(siblings) or "no files"
    raise FileNotFoundError(f"data file {name!r} does not exist; {folder.as_posix()}/ of the data has: {listing}")
