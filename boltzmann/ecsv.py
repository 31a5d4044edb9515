"""Rows of the small ECSV tables in ``data/``: comma-separated text below a ``#`` header (astropy APE 6).

Read without astropy, which only `boltzmann.units` imports.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from boltzmann import datasets
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a data file as dictionaries of text, in the order of the file.

    Parameters
    ----------
    name : str
        Path below ``data/``, e.g. ``"lab/benchmarks.ecsv"``.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    """
    lines = datasets.path(name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def header(name: str) -> dict[str, Any]:
    """Return what the header of a data file says besides its columns (``meta``).

    Raises
    ------
    FileNotFoundError
        There is no such file.
    """
    lines = datasets.path(name).read_text(encoding="utf-8").splitlines()
    comments = [line[2:] for line in lines if line.startswith("# ") and not line.startswith("# %")]
    return dict(yaml.safe_load("\n".join(comments)).get("meta", {}))


def numbers(name: str, columns: Sequence[str]) -> dict[str, Array]:
    """Return columns of numbers of a data file.

    Parameters
    ----------
    name : str
        Path below ``data/``.
    columns : sequence of str
        Their names.

    Returns
    -------
    dict
        Column -> float array, one element per row; NaN where the file says ``nan``.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ParameterError
        A column is missing, an entry is no number, or there are no rows; the message names file and line.
    """
    path = datasets.path(name)
    lines = path.read_text(encoding="utf-8").splitlines()
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if not line.startswith("#") and line]
    if len(numbered) < 2:
        raise ParameterError(f"{path} has no rows below its header; restore the file")
    header = next(csv.reader([numbered[0][1]]))
    missing = [column for column in columns if column not in header]
    if missing:
        raise ParameterError(f"{path}, line {numbered[0][0]}: column {', '.join(missing)} is missing; restore the file")
    table = [
        _numbers(path, number, dict(zip(header, next(csv.reader([line])), strict=False)), columns)
        for number, line in numbered[1:]
    ]
    return {column: np.array([row[i] for row in table]) for i, column in enumerate(columns)}


def _numbers(path: Path, line: int, row: dict[str, str], columns: Sequence[str]) -> list[float]:
    """Return the numbers of one row."""
    result = []
    for column in columns:
        try:
            result.append(float(row[column]))
        except (KeyError, ValueError) as error:
            entry = row.get(column, "nothing")
            raise ParameterError(f"{path}, line {line}: {column} = {entry!r} is no number; restore the file") from error
    return result
