"""Regions, limits and the tension of laboratory experiments as files: a figure, and the contours as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import boltzmann
from boltzmann import lab
from boltzmann.comparison.lab_results import (
    Choices,
    Shown,
    appearance,
    check_simulated,
    combined,
    disappearance,
    expected,
    plain,
    shown,
    simulated,
    verdict,
)
from boltzmann.figures import laboratory
from boltzmann.figures.laboratory import Drawing, Panel
from boltzmann.figures.output import Caption, prepare, save_figure
from boltzmann.lab import statistics
from boltzmann.lab.parameters import AMPLITUDES
from boltzmann.lab.tension import Tension, evaluate, tension
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.files import write
from boltzmann.units import Quantity, write_table

__all__ = ["Choices", "Report", "report", "tension_numbers", "tension_report"]

Progress = Callable[[float], None]
_RASTER = "Limits of disappearance are for one degree of freedom, at given dm2_41 and with the best |U_a4|^2."


@dataclass(frozen=True)
class Report:
    """What was written, and what to say about it.

    Parameters
    ----------
    figure, contours : Path
        PNG, with PDF and caption of the same name beside it; ECSV.
    sentences : tuple of str
        One for each experiment, combination or test.
    numbers : dict
        The same as plain values, by experiment or test.
    """

    figure: Path
    contours: Path
    sentences: tuple[str, ...]
    numbers: dict[str, Any]


def _silent(_: float) -> None:
    """Report progress to nobody."""


def _table(path: Path, shown: Sequence[Shown], names: Sequence[str], choices: Choices) -> None:
    """Write the edges of all regions: one row per point."""
    columns: dict[str, list[Any]] = {key: [] for key in ("curve", "channel", "cl", "line")}
    points: list[Array] = []
    for item in shown:
        for level, height in zip(choices.levels, item.drawing.heights, strict=True):
            for number, line in enumerate(statistics.edges(item.drawing.amplitude, item.drawing.dm2_41, height)):
                points.append(line)
                for key, value in zip(columns, (item.name, item.channel, level, number), strict=True):
                    columns[key] += [value] * len(line)
    together = np.concatenate(points) if points else np.empty((0, 2))
    filled: dict[str, Any] = {key: np.array(values) for key, values in columns.items()}
    descriptions = {
        "curve": "experiment, or names joined by +",
        "channel": "which amplitude: ee, mue or mumu",
        "cl": f"confidence level; Delta chi2 with {choices.dof} degrees of freedom unless the experiment has its own",
        "line": "number of the line; the points of a line are in order",
        "sin2_2theta": "amplitude of the channel",
    }
    header = {
        "title": "edges of confidence regions of laboratory experiments",
        "cite": f"sterile-boltzmann {boltzmann.__version__}",
        "experiments": {name: _source(name) for name in names},
    }
    values = {**filled, "sin2_2theta": together[:, 0], "dm2_41": Quantity(together[:, 1], "eV2")}
    write(path, lambda file: write_table(file, values, descriptions, header))


def _source(name: str) -> dict[str, str]:
    module = lab.experiment(name)
    return {"name": module.NAME, "citation": module.CITATION, "validity": module.VALIDITY}


def _levels(choices: Choices) -> str:
    return ", ".join(f"{100 * level:.4g}" for level in choices.levels)


def _caption(stem: str, names: Sequence[str], choices: Choices, first: str) -> Caption:
    text = (
        f"{first} Filled: regions (outlines where no mixing is inside), lines with ticks: limits, at "
        f"{_levels(choices)} % CL (Delta chi^2 for {choices.dof} degrees of freedom, unless an experiment has its own "
        "thresholds); stars: best fits; triangles: lines go on "
        "where a reproduction ceases to be good; thin dark lines: what experiments to come would exclude "
        "(SBN: arXiv:1503.01520, digitised; *: own estimates). Contours, and what every reproduction is good for: "
        f"{stem}.ecsv."
    )
    return Caption(text, tuple(f"{m.NAME} [{m.CITATION}]" for m in map(lab.experiment, names)))


def _written(
    stem: str,
    panels: Sequence[Panel],
    shown: Sequence[Shown],
    first: str,
    names: Sequence[str],
    choices: Choices,
    output: Path,
) -> tuple[Path, Path]:
    """Write figure, caption with these first words, and table; return the places of figure and table."""
    table = output / f"{stem}.ecsv"
    _table(table, shown, names, choices)
    return save_figure(laboratory.figure(panels), output / stem, _caption(stem, names, choices, first)), table


def report(
    names: Sequence[str],
    *,
    output: str | Path,
    channel: str | None = None,
    choices: Choices | None = None,
    progress: Progress | None = None,
) -> Report:
    """Compute regions and limits of experiments; write ``lab`` as ``.png``, ``.pdf``, ``.txt`` and ``.ecsv``.

    Parameters
    ----------
    names : sequence of str
        Experiments, of any channels: there is one panel for each channel.
    output : str or Path
        Folder, created if necessary.
    channel : {"ee", "mue", "mumu"}, optional
        All experiments must have it.
    choices : Choices, optional
        What is drawn.
    progress : callable, optional
        Called with the fraction done, in [0, 1].

    Raises
    ------
    ParameterError
        An unknown experiment, one without that channel or that cannot be simulated, a broken data file, or a folder
        that cannot be written.
    """
    choices, progress, output = choices or Choices(), progress or _silent, Path(output)
    _check(names, channel)
    for name in names if choices.simulations else ():
        check_simulated(name)
    prepare(output)
    drawn = _drawn(names, channel, choices, progress)
    panels = [
        Panel(kind, [item.drawing for item in drawn if item.channel == kind], expected=expected(kind))
        for kind in ("mue", "ee", "mumu")
        if any(item.channel == kind for item in drawn)
    ]
    panels[0] = replace(panels[0], levels=f"{_levels(choices)} % CL")
    png, table = _written("lab", panels, drawn, "Laboratory experiments in 3+1.", names, choices, output)
    progress(1.0)
    return Report(png, table, tuple(item.sentence for item in drawn), {item.name: item.numbers for item in drawn})


def _drawn(names: Sequence[str], channel: str | None, choices: Choices, progress: Progress) -> list[Shown]:
    """Compute all that is drawn."""
    share = 0.1 if choices.simulations else 0.9
    scans = []
    for k, name in enumerate(names):
        scans.append(statistics.scan(name, channel=channel))
        progress((k + 1) / len(names) * share)
    drawn = [shown(scan, choices) for scan in scans]
    for k, scan in enumerate(scans if choices.simulations else ()):
        drawn.append(simulated(scan, choices, partial(_part, progress, k, len(scans))))
    if choices.combine:
        groups = {kind: lab.of_channel(kind, names) for kind in AMPLITUDES}
        drawn += [combined(group, kind, choices) for kind, group in groups.items() if len(group) > 1]
    return drawn


def _part(progress: Progress, k: int, n: int, fraction: float) -> None:
    """Report the progress of simulation `k` of `n`."""
    progress(0.1 + 0.8 * (k + fraction) / n)


def _check(names: Sequence[str], channel: str | None) -> None:
    """Refuse unknown names, repetitions and wrong channels before any work."""
    lab.check(names)
    for name in names:
        statistics.channel_of([name], channel)


def tension_report(
    names: Sequence[str] | None = None,
    *,
    output: str | Path,
    choices: Choices | None = None,
    progress: Progress | None = None,
) -> Report:
    """Compare appearance and disappearance; write ``tension`` as ``.png``, ``.pdf``, ``.txt`` and ``.ecsv``.

    Parameters
    ----------
    names : sequence of str, optional
        Experiments, at least one each of ee, mue and mumu; by default all whose numbers are verified.
    output, choices, progress
        As for `report`.

    Raises
    ------
    ParameterError
        As for `report`, or experiments of one kind are missing.
    """
    choices, progress, output = choices or Choices(), progress or _silent, Path(output)
    chosen = lab.verified() if names is None else tuple(names)
    _check(chosen, None)
    prepare(output)
    grid = evaluate(chosen)
    progress(0.3)
    result = tension(grid)
    drawn = [shown(statistics.scan(name), choices) for name in chosen]
    progress(0.7)
    both = [appearance(grid, choices), disappearance(grid, choices)]
    own = [_line(item.drawing) for item in drawn if item.channel == "mue"]
    title = f"appearance and disappearance: p = {result.test.p:.1g} ({result.test.sigmas:.1f}$\\sigma$)"
    panels = [
        Panel("mue", [*(item.drawing for item in both), *own], title, f"{_levels(choices)} % CL", expected("mue"))
    ]
    kinds = {kind: [item.drawing for item in drawn if item.channel == kind] for kind in ("ee", "mumu")}
    panels += [Panel(kind, drawings, expected=expected(kind)) for kind, drawings in kinds.items()]
    first = f"{_verdict(result)} {_RASTER}"
    png, table = _written("tension", panels, [*both, *drawn], first, chosen, choices, output)
    progress(1.0)
    sentences = (_verdict(result), *(item.sentence for item in drawn))
    numbers = {"tension": tension_numbers(result), **{item.name: item.numbers for item in drawn}}
    return Report(png, table, sentences, numbers)


def _line(drawing: Drawing) -> Drawing:
    """Return a region as lines, beside those that are filled; a limit keeps its ticks."""
    return replace(drawing, style="limit" if drawing.style == "limit" else "outline", best=None)


def tension_numbers(result: Tension) -> dict[str, Any]:
    """Return a tension as plain values."""
    keys = ("dm2_41_eV2", "Ue4_sq", "Umu4_sq", "minimum")
    fits = {
        name: dict(zip(keys, getattr(result, name), strict=True)) for name in ("appearance", "disappearance", "joint")
    }
    return {"compatibility": plain(result.test), **fits}


def _verdict(result: Tension) -> str:
    dm2, Ue4_sq, Umu4_sq, _ = result.joint
    return (
        f"Appearance and disappearance in 3+1: {verdict(result.test)}; joint best fit dm2_41 = {dm2:.3g} eV2, "
        f"|U_e4|^2 = {Ue4_sq:.2g}, |U_mu4|^2 = {Umu4_sq:.2g}."
    )
