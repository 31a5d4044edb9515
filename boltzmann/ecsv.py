"""Rows of the small ECSV tables in ``data/``: comma-separated text below a ``#`` header (astropy APE 6).

Read without astropy, which only `boltzmann.units` imports.
"""

from __future__ import annotations

import csv
from typing import Any

import yaml

from boltzmann import datasets


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
