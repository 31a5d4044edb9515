"""Benchmark points, ``data/interpretations/points.ecsv``."""

from __future__ import annotations

from boltzmann import ecsv
from boltzmann.errors import ParameterError
from boltzmann.interpretations.protocol import Point

__all__ = ["names", "point"]

_TABLE = "interpretations/points.ecsv"


def names(model: str) -> tuple[str, ...]:
    """Return the names of the points of a model."""
    return tuple(dict.fromkeys(row["point"] for row in ecsv.rows(_TABLE) if row["model"] == model))


def point(model: str, name: str) -> Point:
    """Return a point; it is verified if all its numbers are.

    Raises
    ------
    ParameterError
        The model has no such point; the message lists those it has.
    """
    rows = [row for row in ecsv.rows(_TABLE) if row["model"] == model and row["point"] == name]
    if not rows:
        raise ParameterError(f"point = {name!r} of model {model!r} is not known; choose from {', '.join(names(model))}")
    status = "verified" if all(row["status"] == "verified" for row in rows) else "typed"
    notes = "; ".join(row["note"] for row in rows if row["note"])
    citation = ", ".join(dict.fromkeys(row["citation"] for row in rows if row["citation"]))
    return Point(model, name, {row["parameter"]: float(row["value"]) for row in rows}, status, citation, notes)
