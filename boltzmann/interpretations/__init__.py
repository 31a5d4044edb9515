"""The table of interpretations: what each model does to every experiment and to the early Universe, computed.

>>> from boltzmann import interpretations
>>> "visible-decay" in interpretations.models()
True
>>> print(interpretations.table(["visible-decay"]).text())  # doctest: +SKIP

A row is a file in `boltzmann.interpretations.rows` with one `Interpretation`; its points are in
``data/interpretations/points.ecsv``. Start reading at `protocol`, then at `rows.muon_decay`. `words` says what a
cell means. Every cell is a number or a reason; what was typed from a paper is called that.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import cast

from boltzmann.errors import ParameterError
from boltzmann.interpretations import points, store
from boltzmann.interpretations.protocol import Cell, Interpretation, Point
from boltzmann.interpretations.tabulated import Row, Table

__all__ = ["FOOTNOTE", "Cell", "Interpretation", "Point", "Row", "Table", "model", "models", "table"]

# Name -> file in rows/. To add a row: a line here, the file, and its points in the data file.
_MODELS = {
    "3+1": "oscillation",
    "invisible-decay": "invisible_decay",
    "visible-decay": "visible_decay",
    "anomalous-matter": "anomalous_matter",
    "quasi-sterile": "quasi_sterile",
    "muon-decay": "muon_decay",
    "bremsstrahlung": "bremsstrahlung",
    "dipole-decay": "dipole_decay",
    "dark-decay": "dark_decay",
    "vector-upscattering": "vector_upscattering",
    "scalar-upscattering": "scalar_upscattering",
    "dipole-upscattering": "dipole_upscattering",
    "dark-particle": "dark_particle",
    "inverse-primakoff": "inverse_primakoff",
    "seesaw": "seesaw",
}
FOOTNOTE = (
    "The table that is typed by hand in the field comes in two copies that differ: the earlier one, shown here as "
    "'seed', has no tick for LSND at upscattering of neutrinos and by dipoles, the later one has ticks. Its tick for "
    "LSND at flavour-violating muon decays is contradicted by KARMEN (hep-ex/0302017)."
)


def models() -> tuple[str, ...]:
    """Return the names of the models, in the order of the table."""
    return tuple(_MODELS)


def model(name: str) -> Interpretation:
    """Return a model.

    Raises
    ------
    ParameterError
        There is none of that name; the message lists the known ones.
    """
    if name not in _MODELS:
        raise ParameterError(f"model = {name!r} is not known; choose from {', '.join(_MODELS)}")
    module = importlib.import_module(f"boltzmann.interpretations.rows.{_MODELS[name]}")
    return cast(Interpretation, module.MODEL)


def _selected(names: Iterable[str] | None, chosen: Iterable[str] | None) -> list[tuple[Interpretation, Point]]:
    wanted_models = [model(name) for name in (names or models())]
    rows = [(row, point) for row in wanted_models for point in points.names(row.name)]
    if chosen is None:
        return [(row, points.point(row.name, point)) for row, point in rows]
    wanted = list(chosen)
    for point in wanted:
        if point not in {known for _, known in rows}:
            raise ParameterError(
                f"point = {point!r} is not known; choose from {', '.join(dict.fromkeys(p for _, p in rows))}"
            )
    return [(row, points.point(row.name, point)) for row, point in rows if point in wanted]


def table(
    names: Iterable[str] | None = None,
    *,
    chosen: Iterable[str] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Table:
    """Compute the table; rows that were computed before by the same code and data are read from the cache.

    Parameters
    ----------
    names : iterable of str, optional
        Of `models`; all by default.
    chosen : iterable of str, optional
        Names of points; all of the models by default.
    progress : callable, optional
        Called with the share that is done.

    Raises
    ------
    ParameterError
        An unknown model or point.
    """
    selected, rows = _selected(names, chosen), []
    for done, (row, point) in enumerate(selected):
        rows.append(Row(row, point, store.kept(row, point)))
        if progress is not None:
            progress((done + 1) / len(selected))
    return Table(tuple(rows), FOOTNOTE)
