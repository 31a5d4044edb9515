"""What a row of the table is: a model with points, and for each point a cell for every experiment and for cosmology."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from boltzmann.errors import ParameterError

__all__ = ["COLUMNS", "TITLES", "Cell", "Interpretation", "Parameter", "Point", "checked"]

#: Columns in order; "elsewhere" has what is known from other experiments and is not computed here.
COLUMNS = (
    "lsnd", "karmen", "miniboone", "microboone", "gallium", "reactors", "reactors_hm", "danss", "prospect", "stereo",
    "dayabay", "icecube", "minos", "elsewhere", "cosmology",
)  # fmt: skip
TITLES = {
    "lsnd": "LSND", "karmen": "KARMEN", "miniboone": "MiniBooNE", "microboone": "MicroBooNE",
    "gallium": "gallium sources", "reactors": "reactor rates", "reactors_hm": "rates, H-M flux", "danss": "DANSS",
    "prospect": "PROSPECT", "stereo": "STEREO", "dayabay": "Daya Bay", "icecube": "IceCube", "minos": "MINOS+",
    "elsewhere": "elsewhere", "cosmology": "cosmology",
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes
    ----------
    word : str
        Of `boltzmann.interpretations.words`.
    number : float or None
        D = -2 ln L without new physics minus that of the point; N_eff for cosmology.
    text : str
        The numbers to show.
    how : str
        How it was computed, or why there is no number.
    source : str
        Citation, if something is not computed.
    """

    word: str
    number: float | None = None
    text: str = ""
    how: str = ""
    source: str = ""

    def plain(self) -> dict[str, Any]:
        """Return the fields, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Parameter:
    """A parameter of a model: unit, allowed range and meaning."""

    unit: str
    low: float
    high: float
    meaning: str


@dataclass(frozen=True)
class Point:
    """Values of a model's parameters, where they come from and whether that was read."""

    model: str
    name: str
    values: Mapping[str, float]
    status: str = "own"
    citation: str = ""
    note: str = ""

    def __getitem__(self, parameter: str) -> float:
        return self.values[parameter]


@dataclass(frozen=True)
class Interpretation:
    """A row of the table; every file in `boltzmann.interpretations.rows` has one, MODEL.

    Attributes
    ----------
    name : str
        As on the command line.
    title : str
    lagrangian : str
    parameters : mapping
        Name -> `Parameter`.
    rules : Rules
        What computes the cells.
    seed : mapping
        Column -> tick of the field's table as the project's brief quotes it.
    """

    name: str
    title: str
    lagrangian: str
    parameters: Mapping[str, Parameter]
    rules: Rules
    seed: Mapping[str, str] = field(default_factory=dict)

    def laboratory(self, point: Point) -> dict[str, Cell]:
        """Return a cell for every column but cosmology."""
        checked(self, point.values)
        return self.rules.laboratory(point)

    def cosmology(self, point: Point) -> Cell:
        """Return what the early Universe says of the point."""
        checked(self, point.values)
        return self.rules.cosmology(point)


class Rules(Protocol):
    """What a file of a model provides."""

    def laboratory(self, point: Point) -> dict[str, Cell]:
        """Return a cell for every column but cosmology."""

    def cosmology(self, point: Point) -> Cell:
        """Return what the early Universe says of the point."""


def checked(model: Interpretation, values: Mapping[str, float]) -> None:
    """Refuse values that the model does not know, lacks, or that are outside its validity.

    Raises
    ------
    ParameterError
        With the name, what came and what is allowed.
    """
    unknown = [name for name in values if name not in model.parameters]
    missing = [name for name in model.parameters if name not in values]
    if unknown or missing:
        wrong = f"{unknown[0]!r} is not known" if unknown else f"{missing[0]!r} is missing"
        raise ParameterError(f"parameter {wrong} of model {model.name!r}; give {', '.join(model.parameters)}")
    for name, parameter in model.parameters.items():
        if not parameter.low <= values[name] <= parameter.high:
            raise ParameterError(
                f"{name} = {values[name]:g} is not allowed for model {model.name!r}; give {parameter.low:g} to "
                f"{parameter.high:g} {parameter.unit}: {parameter.meaning}".replace(" :", ":")
            )
