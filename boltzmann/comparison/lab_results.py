"""What is drawn and said of laboratory experiments: each one, sums, simulated regions, both sides of the tension."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from boltzmann import lab
from boltzmann.errors import ParameterError
from boltzmann.figures.laboratory import Drawing, Expected
from boltzmann.lab import feldman_cousins, sensitivities, statistics
from boltzmann.lab.parameters import AMPLITUDES, at_amplitude
from boltzmann.lab.statistics import Scan
from boltzmann.lab.tension import Global
from boltzmann.numerics.arrays import Array

__all__ = [
    "Choices",
    "Shown",
    "appearance",
    "check_simulated",
    "combined",
    "disappearance",
    "expected",
    "plain",
    "shown",
    "simulated",
    "verdict",
]

_FC_POINTS = 40  # of the grid of simulations, along each axis
_FLAT = 3.0  # a valley whose ends are farther apart is flat: half a decade of dm2_41
_ACTIVE = 0.5  # sum of |U_a4|^2 from which nu_4 is more active than sterile
_NEEDED = {"ee": ("Ue4_sq",), "mue": ("Ue4_sq", "Umu4_sq"), "mumu": ("Umu4_sq",)}
_SMALLEST_MUE = 1e-4  # sin^2 2theta_mue where the axis of the tension begins


@dataclass(frozen=True)
class Choices:
    """What is computed and drawn.

    Parameters
    ----------
    levels : tuple of float
        Confidence levels, increasing, at most three.
    dof : int
        Degrees of freedom of Delta: 2 for regions in the plane, 1 for limits at given dm2_41.
    combine : bool
        Add the sum of the experiments of each channel.
    simulations : int
        Data sets per point for the regions of Feldman and Cousins, of experiments that can be simulated; 0: none.
    seed : int
        Of the simulations.

    Raises
    ------
    ParameterError
        A value is not allowed.
    """

    levels: tuple[float, ...] = (0.9, 0.99)
    dof: int = 2
    combine: bool = False
    simulations: int = 0
    seed: int = 1

    def __post_init__(self) -> None:
        if not 1 <= len(self.levels) <= 3 or list(self.levels) != sorted(set(self.levels)):
            raise ParameterError(f"levels = {self.levels} is not allowed; give one to three different ones, increasing")
        for level in self.levels:
            statistics.threshold(level, self.dof)
        if self.seed < 0:
            raise ParameterError(f"seed = {self.seed} is not allowed; give an integer of at least 0")


@dataclass(frozen=True, eq=False)
class Shown:
    """A drawing with what the table and the text say about it."""

    name: str
    channel: str
    drawing: Drawing
    sentence: str
    numbers: dict[str, Any]


def shown(scan: Scan, choices: Choices) -> Shown:
    """Describe one experiment: a region with its best fit, or a limit where no oscillation is allowed."""
    name, module, best = scan.names[0], lab.experiment(scan.names[0]), scan.best
    amplitude, null = AMPLITUDES[scan.channel], float(scan.delta[:, 0].min())
    heights = [scan.height(level, choices.dof) for level in choices.levels]
    numbers = {**_best_numbers(scan), "delta_no_oscillation": null}
    quality = _quality(scan, numbers)
    if scan.is_limit(choices.levels[0], choices.dof):
        drawing = Drawing(module.NAME, scan.amplitude, scan.dm2_41, heights, "limit")
        sentence = f"{module.NAME}: no oscillation is allowed, {null:.1f} above the best fit in -2 ln L"
        return Shown(name, scan.channel, drawing, f"{sentence}{_reach(drawing, amplitude, choices)}{quality}", numbers)
    drawing = Drawing(module.NAME, scan.amplitude, scan.dm2_41, heights, "region", (best.amplitude, best.dm2_41))
    sentence = f"{module.NAME}: best fit {_best_text(scan)}; no oscillation is {null:.1f} above it in -2 ln L"
    return Shown(name, scan.channel, drawing, f"{sentence}{quality}", numbers)


def _elements(scan: Scan) -> dict[str, float]:
    """Return the |U_a4|^2 that the best fit needs, the smaller solution; of "mue", a product, equal ones."""
    point = at_amplitude(scan.channel, scan.best.dm2_41, scan.best.amplitude)
    return {name: float(getattr(point, name)) for name in _NEEDED[scan.channel]}


def _best_numbers(scan: Scan) -> dict[str, Any]:
    """Return the best fit as plain values: where it is, what it needs, and how far its valley reaches."""
    low, high = scan.valley
    return {
        "dm2_41_eV2": scan.best.dm2_41,
        AMPLITUDES[scan.channel]: scan.best.amplitude,
        **_elements(scan),
        "minimum": scan.best.chi2,
        "valley_eV2": [low, high],
        "flat": high > _FLAT * low,
    }


def _best_text(scan: Scan) -> str:
    """Return the best fit as text; with a warning if its valley is flat or no sterile neutrino could have it."""
    best, (low, high), elements = scan.best, scan.valley, _elements(scan)
    names = " = ".join(f"|U_{name[1:-4]}4|^2" for name in elements)
    text = f"dm2_41 = {best.dm2_41:.3g} eV2, {AMPLITUDES[scan.channel]} = {best.amplitude:.3g}"
    active = sum(elements.values())
    what = f"{names} = {next(iter(elements.values())):.2g}"
    if active >= _ACTIVE:
        what += f": nu_4 would be {active:.0%} active, no sterile neutrino"
    valley = f"; flat: Delta < 2.3 from {low:.2g} to {high:.2g} eV2" if high > _FLAT * low else ""
    return f"{text} (needs {what}){valley}"


def _reach(drawing: Drawing, amplitude: str, choices: Choices) -> str:
    """Return the smallest amplitude at the first level's limit as text."""
    lines = statistics.edges(drawing.amplitude, drawing.dm2_41, drawing.heights[0])
    if not lines:
        return ""
    points = np.concatenate(lines)
    sin2, dm2 = points[points[:, 0].argmin()]
    return (
        f"; at {100 * choices.levels[0]:.4g} % CL {amplitude} < {sin2:.2g} at dm2_41 = {dm2:.2g} eV2, where it is best"
    )


def _quality(scan: Scan, numbers: dict[str, Any]) -> str:
    """Return the goodness of fit as text, and add it to `numbers`, where chi2 is an absolute one."""
    n_data = getattr(lab.experiment(scan.names[0]), "N_DATA", None)
    if n_data is None:
        return ""
    dof = n_data - 2
    p = statistics.goodness_of_fit(scan.best.chi2, dof)
    numbers.update(dof=dof, goodness_of_fit=p)
    return f"; chi2 = {scan.best.chi2:.1f} for {dof} degrees of freedom (p = {p:.2g})"


def combined(
    names: Sequence[str], channel: str, choices: Choices, *, dm2_41: Array | None = None, amplitude: Array | None = None
) -> Shown:
    """Describe the sum of experiments of one channel, and how well they agree, on a grid of `statistics.scan`."""
    together = statistics.scan(names, dm2_41=dm2_41, amplitude=amplitude)
    alone = [statistics.scan(name, dm2_41=together.dm2_41, amplitude=together.amplitude) for name in names]
    minima = [scan.best.chi2 for scan in alone]
    best = together.best
    test = statistics.compatibility(best.chi2, minima, [2] * len(names), 2)
    heights = [together.delta - statistics.threshold(level, choices.dof) for level in choices.levels]
    label = f"{len(names)} experiments together"
    mark = (best.amplitude, best.dm2_41)
    drawing = Drawing(label, together.amplitude, together.dm2_41, heights, "outline", mark)
    sentence = f"{' + '.join(names)}: best fit {_best_text(together)}; {verdict(test)}"
    numbers = {**_best_numbers(together), "compatibility": plain(test)}
    return Shown("+".join(names), channel, drawing, sentence, numbers)


class Test(Protocol):
    """A parameter goodness of fit."""

    @property
    def chi2(self) -> float: ...
    @property
    def dof(self) -> int: ...
    @property
    def p(self) -> float: ...
    @property
    def sigmas(self) -> float: ...


def verdict(test: Test) -> str:
    """Return the parameter goodness of fit as text."""
    return (
        f"parameter goodness of fit chi2 = {test.chi2:.1f} for {test.dof} degrees of freedom, "
        f"p = {test.p:.2g} ({test.sigmas:.1f} sigma)"
    )


def plain(test: Test) -> dict[str, float]:
    """Return a test as plain values."""
    return {"chi2": test.chi2, "dof": test.dof, "p": test.p, "sigmas": test.sigmas}


def check_simulated(name: str) -> None:
    """Refuse an experiment that does not offer what simulations need.

    Raises
    ------
    ParameterError
        It has no ``prediction``, ``covariance`` and ``data``.
    """
    if not hasattr(lab.experiment(name), "covariance"):
        can = [other for other in lab.experiments() if hasattr(lab.experiment(other), "covariance")]
        raise ParameterError(
            f"experiment {name!r} cannot be simulated; leave out Feldman-Cousins, which is there for: {', '.join(can)}"
        )


def simulated(scan: Scan, choices: Choices, progress: Callable[[float], None]) -> Shown:
    """Describe the regions of Feldman and Cousins of one experiment."""
    module: Any = lab.experiment(scan.names[0])
    dm2 = np.geomspace(0.05, 30.0, _FC_POINTS)
    amplitude = np.geomspace(0.02, 1.0, _FC_POINTS)
    with_null = np.append(np.broadcast_to(amplitude, (_FC_POINTS, _FC_POINTS)).ravel(), 0.0)
    point = at_amplitude(scan.channel, np.append(np.repeat(dm2, _FC_POINTS), 1.0), with_null)
    predicted = module.prediction(point)
    outcome = feldman_cousins.region(
        module.data().ratio,
        predicted,
        module.covariance(predicted),
        cl=choices.levels[0],
        simulations=choices.simulations,
        seed=choices.seed,
        progress=progress,
    )
    p = outcome.p[:-1].reshape(_FC_POINTS, _FC_POINTS)
    heights = [(1.0 - level) - p for level in choices.levels]
    drawing = Drawing(f"{module.NAME}, Feldman-Cousins", amplitude, dm2, heights, "outline")
    null = float(outcome.p[-1])
    sentence = (
        f"{module.NAME}, Feldman-Cousins with {choices.simulations} simulations per point (seed {choices.seed}): "
        f"no oscillation has p {'=' if null else '<'} {null or 1 / choices.simulations:.2g}"
    )
    numbers = {"p_no_oscillation": null, "simulations": choices.simulations, "seed": choices.seed}
    return Shown(f"{scan.names[0]}-feldman-cousins", scan.channel, drawing, sentence, numbers)


def appearance(grid: Global, choices: Choices) -> Shown:
    """Describe the sum of all appearance experiments."""
    seen = grid.sin2_2theta_mue >= _SMALLEST_MUE
    delta = grid.mue[:, seen] - grid.mue.min()
    heights = [delta - statistics.threshold(level, choices.dof) for level in choices.levels]
    drawing = Drawing("appearance, together", grid.sin2_2theta_mue[seen], grid.dm2_41, heights)
    return Shown("appearance", "mue", drawing, "", {})


def disappearance(grid: Global, choices: Choices) -> Shown:
    """Describe the limits of disappearance at given dm2_41, with the best elements for every product.

    Relative to the minimum at that dm2_41, with one degree of freedom: nu_e disappearance prefers some splittings so
    much that relative to the overall minimum only islands are left.
    """
    values = grid.smallest_disappearance()
    seen = grid.sin2_2theta_mue >= _SMALLEST_MUE
    delta = (values - values.min(axis=1, keepdims=True))[:, seen]
    heights = [delta - statistics.threshold(level, 1) for level in choices.levels]
    label = r"disappearance, at given $\Delta m^2_{41}$"
    return Shown(
        "disappearance", "mue", Drawing(label, grid.sin2_2theta_mue[seen], grid.dm2_41, heights, "limit"), "", {}
    )


def expected(channel: str, *, elements: bool = False) -> list[Expected]:
    """Return what experiments to come would exclude in a channel, SBN at 3 sigma, the others at their only level.

    With `elements`, |U_a4|^2 in place of the amplitudes of "ee" and "mumu". A star marks our own estimates.
    """
    lines = []
    for reach in sensitivities.reaches():
        if reach.channel == channel and reach.cl in {0.9973, *_single_levels(reach.experiment)}:
            star = "*" if reach.status == "own estimate" else ""
            s = reach.sin2_2theta
            x = 0.5 * (1.0 - np.sqrt(1.0 - s)) if elements and channel != "mue" else s
            label = f"{reach.experiment}{star}, {sensitivities.stated_cl(reach.cl)}"
            lines.append(Expected(label.replace("sigma", r"$\sigma$"), np.asarray(x), reach.dm2_41))
    return lines


def _single_levels(experiment: str) -> set[float]:
    """Return the level of an experiment that has one."""
    levels = {reach.cl for reach in sensitivities.reaches() if reach.experiment == experiment}
    return levels if len(levels) == 1 else set()
