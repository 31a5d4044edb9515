"""What judges say about one solution, as data, and their statements as a table of text or HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import NamedTuple

from boltzmann.cmb.judge import WORDS

__all__ = [
    "UNDECIDED", "CMB", "Abundances", "Experiment", "Judge", "Laboratory", "Row", "Silent", "html_table", "row",
    "text_table", "worst",
]  # fmt: skip

HEAD = ("judge", "Delta chi^2", "sigma", "word", "")
_ORDER = (*(word for _, word in WORDS), "excluded")
UNDECIDED = "undecided"  # the word where nothing is against a point, but not all judges that were asked have a number
_WIDTH = 118  # of a line of text


def _signed(value: float) -> str:
    """Return one decimal with sign, and no -0.0."""
    return f"{round(value, 1) + 0.0:+.1f}"


@dataclass(frozen=True)
class Judge:
    """A statement against three neutrinos.

    Attributes
    ----------
    name : str
    delta_chi2 : float
        chi^2 minus that of three neutrinos.
    sigmas : float
        What Delta chi^2 of so many parameters is worth, 0 where it is negative (`boltzmann.cmb.significance`).
    parameters : int
    word : str
        "allowed", "disfavoured", "strongly disfavoured" or "excluded", as in `boltzmann.cmb.verdict`.
    """

    name: str
    delta_chi2: float
    sigmas: float
    parameters: int
    word: str

    @property
    def comment(self) -> str:
        """What else there is to say."""
        return ""


@dataclass(frozen=True)
class CMB(Judge):
    """One combination of CMB data.

    Attributes
    ----------
    data : str
        Of `boltzmann.cmb.likelihood.DATA`.
    lower_bound : bool
        Whether the true Delta chi^2 is larger.
    radiation : float
        Delta chi^2 of the same N_eff without mass, with free streaming and the helium of this N_eff.
    rest : float
        What is left of Delta chi^2.
    cause : str
        Of the larger part of the rest: "mass", "collisions at recombination", or "helium" of the run's nucleosynthesis.
    caveats : tuple of str
        What the verdict leaves out.
    """

    data: str
    lower_bound: bool
    radiation: float
    rest: float
    cause: str
    caveats: tuple[str, ...] = ()

    @property
    def driver(self) -> str:
        """What makes the larger part of Delta chi^2: "radiation", or the cause of the rest."""
        return "radiation" if self.radiation >= self.rest else self.cause

    @property
    def comment(self) -> str:
        """The parts of Delta chi^2, the larger one first."""
        parts = sorted({"radiation": self.radiation, self.cause: self.rest}.items(), key=lambda part: -part[1])
        bound = "at least; " if self.lower_bound else ""
        return bound + ", ".join(f"{name} {_signed(value)}" for name, value in parts)


@dataclass(frozen=True)
class Abundances(Judge):
    """Primordial helium and deuterium.

    Attributes
    ----------
    pulls : dict
        Of each quantity, (predicted - observed)/sigma.
    sentence : str
        The predictions against observations.
    caveats : tuple of str
    """

    pulls: dict[str, float]
    sentence: str
    caveats: tuple[str, ...]

    @property
    def comment(self) -> str:
        """Predictions and pulls."""
        return self.sentence.partition(":")[0]


@dataclass(frozen=True)
class Experiment(Judge):
    """A laboratory experiment, or several together.

    Attributes
    ----------
    above_best : float
        -2 ln L above that of the best fit.
    sigmas_above_best : float
        What this is worth; for an experiment with thresholds of its own scaled so that its 99 % is that of Wilks.
    best_dm2_41_eV2, best_Ue4_sq, best_Umu4_sq : float
        The best fit; if only a product is determined, with equal elements.
    """

    above_best: float
    sigmas_above_best: float
    best_dm2_41_eV2: float
    best_Ue4_sq: float
    best_Umu4_sq: float

    @property
    def comment(self) -> str:
        """How far the best fit is, and at which splitting."""
        distance = f"{self.above_best:.1f} ({self.sigmas_above_best:.1f} sigma)"
        return f"{distance} above the best fit, at {self.best_dm2_41_eV2:.2g} eV2"


@dataclass(frozen=True)
class Silent:
    """A judge that has no number for this solution, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Laboratory:
    """Short-baseline experiments.

    Attributes
    ----------
    together : Experiment
        The sum of those that cover the splitting.
    experiments : tuple
        Each `Experiment`, or `Silent` where the splitting is beyond it.
    caveats : tuple of str
    """

    together: Experiment
    experiments: tuple[Experiment | Silent, ...]
    caveats: tuple[str, ...]


class Row(NamedTuple):
    """A line of the table: the texts below `HEAD`."""

    name: str
    delta_chi2: str
    sigmas: str
    word: str
    comment: str


def row(judge: Judge | Silent, indent: str = "") -> Row:
    """Return the line of one judge."""
    if isinstance(judge, Silent):
        return Row(indent + judge.name, "", "", "no number", judge.reason)
    return Row(indent + judge.name, _signed(judge.delta_chi2), f"{judge.sigmas:.1f}", judge.word, judge.comment)


def worst(judges: Iterable[Judge]) -> Judge:
    """Return the judge with the worst word, of several the one with most standard deviations."""
    return max(judges, key=lambda judge: (_ORDER.index(judge.word), judge.sigmas))


def text_table(rows: Sequence[Row]) -> list[str]:
    """Return aligned lines; long comments go on below each other."""
    columns = list(zip(HEAD, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns[:-1]]
    start = sum(widths) + 2 * len(widths)
    lines = []
    for name, delta, sigma, word, comment in [HEAD, *rows]:
        first = f"{name:<{widths[0]}}  {delta:>{widths[1]}}  {sigma:>{widths[2]}}  {word:<{widths[3]}}  "
        parts = wrap(comment, max(_WIDTH - start, 30)) or [""]
        lines += [f"{first}{parts[0]}".rstrip(), *(" " * start + part for part in parts[1:])]
    return lines


def html_table(rows: Sequence[Row]) -> str:
    """Return the table as HTML."""

    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell.strip())}</{tag}>" for cell in cells) + "</tr>"

    return f"<table>{line(HEAD, 'th')}{''.join(line(cells, 'td') for cells in rows)}</table>"
