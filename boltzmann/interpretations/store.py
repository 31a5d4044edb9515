"""Rows that were computed, kept in the cache by the hash of everything they depend on: code, data and the point."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import boltzmann
from boltzmann import datasets
from boltzmann.interpretations.protocol import Cell, Interpretation, Point
from boltzmann.numerics.cache import folder

__all__ = ["contents", "kept"]


@cache
def contents() -> str:
    """Return the hash of the package's code and of the data that cells are made of."""
    code = Path(boltzmann.__file__).parent
    tables = [
        datasets.path(f"{name}").parent for name in ("lab/lsnd.ecsv", "cmb/profile.ecsv", "interpretations/points.ecsv")
    ]
    files = [
        *code.rglob("*.py"),
        *(code / "potentials").rglob("*.py"),
        *(file for place in tables for file in place.glob("*.ecsv")),
    ]
    digest = hashlib.sha256()
    for file in sorted(set(files)):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def kept(model: Interpretation, point: Point) -> dict[str, Cell]:
    """Return all cells of a row, computed at the first call and read from the cache afterwards."""
    key = json.dumps([contents(), model.name, dict(point.values), point.citation], sort_keys=True)
    path = folder("interpretations") / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"
    with suppress(OSError, ValueError, TypeError):
        return {name: Cell(**cell) for name, cell in json.loads(path.read_text(encoding="utf-8")).items()}
    cells = {**model.laboratory(point), "cosmology": model.cosmology(point)}
    scratch = path.with_suffix(f".{os.getpid()}")
    scratch.write_text(json.dumps({name: cell.plain() for name, cell in cells.items()}), encoding="utf-8")
    scratch.replace(path)
    return cells
