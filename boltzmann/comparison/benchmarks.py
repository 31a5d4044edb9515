"""Published 3+1 fits of laboratory data: the points of ``data/lab/benchmarks.ecsv``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from boltzmann import ecsv
from boltzmann.errors import ParameterError
from boltzmann.parameters import Mixing

TABLE = "lab/benchmarks.ecsv"
ELEMENTS = ("Ue4_sq", "Umu4_sq", "Utau4_sq")


@dataclass(frozen=True)
class Benchmark:
    """A published 3+1 fit: name, mixing parameters, whether its numbers were checked, citation, note."""

    name: str
    mixing: Mixing
    status: str
    citation: str
    note: str


def benchmarks() -> tuple[str, ...]:
    """Return the names of the benchmark points, in the order of ``data/lab/benchmarks.ecsv``."""
    return tuple(row["name"] for row in ecsv.rows(TABLE))


def benchmark(name: str) -> Benchmark:
    """Return one benchmark point.

    Raises
    ------
    ParameterError
        There is no point of that name.
    """
    for row in ecsv.rows(TABLE):
        if row["name"] == name:
            elements: dict[str, Any] = {key: float(row[key]) for key in ELEMENTS}
            mixing = Mixing(dm2_41=f"{row['dm2_41']} eV2", **elements)
            return Benchmark(name, mixing, row["status"], row["citation"], row["note"])
    raise ParameterError(f"point = {name!r} is not a benchmark; valid are: {', '.join(benchmarks())}")
