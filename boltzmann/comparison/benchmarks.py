"""Points of 3+1: published fits of laboratory data (``data/lab/benchmarks.ecsv``), and a user's own beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from boltzmann import ecsv
from boltzmann.errors import ParameterError
from boltzmann.parameters import Mixing

TABLE = "lab/benchmarks.ecsv"
ELEMENTS = ("Ue4_sq", "Umu4_sq", "Utau4_sq")


@dataclass(frozen=True)
class Benchmark:
    """A 3+1 point: name, mixing parameters, whether its numbers were checked, citation, note.

    A user's own has the status "own" and no citation.
    """

    name: str
    mixing: Mixing
    status: str
    citation: str
    note: str


def benchmarks() -> tuple[str, ...]:
    """Return the names of the benchmark points, in the order of ``data/lab/benchmarks.ecsv``."""
    return tuple(row["name"] for row in ecsv.rows(TABLE))


def listing() -> str:
    """Return the benchmark points with their numbers and sources, a line each, for people."""
    shown = ("name", "dm2_41", *ELEMENTS)
    head = f"{'name':<18}{'dm2_41/eV2':>10}{'|U_e4|^2':>10}{'|U_mu4|^2':>10}{'|U_tau4|^2':>11}  source"
    lines = ("{:<18}{:>10}{:>10}{:>10}{:>11}".format(*(row[key] for key in shown)) for row in ecsv.rows(TABLE))
    sources = (f"  {row['citation']}, {row['status']}" for row in ecsv.rows(TABLE))
    return "\n".join([head, *map("".join, zip(lines, sources, strict=True))])


def own_point(mixing: Mixing, name: str) -> Benchmark:
    """Return a user's own point.

    Raises
    ------
    ParameterError
        It has no sterile state, or `name` is no name of a file.
    """
    if mixing.dm2_41 is None:
        raise ParameterError('dm2_41 = None means no sterile state; give dm2_41, for example dm2_41="1 eV2"')
    if not re.fullmatch(r"[\w.+-]*\w[\w.+-]*", name):
        raise ParameterError(
            f"name = {name!r} is not allowed; files are called by it, so give letters, digits and . + - _"
        )
    return Benchmark(name, mixing, "own", "", "")


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
    raise ParameterError(f"benchmark = {name!r} is not known; valid are: {', '.join(benchmarks())}")
