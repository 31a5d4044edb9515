"""One laboratory point against the early Universe: kinetic equations, CLASS, data, figure, verdict."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from boltzmann.cmb import bbn, bbn_observed, class_bridge, exact, judge, likelihood
from boltzmann.cmb.planck import PlanckLite, planck_lite
from boltzmann.comparison.benchmarks import Benchmark, benchmark, own_point
from boltzmann.comparison.compare_record import Result, caption, figure_data, record, refit_caption, refit_figure_data
from boltzmann.errors import ParameterError
from boltzmann.figures import style
from boltzmann.figures.output import prepare, save_figure
from boltzmann.numerics.files import write_text
from boltzmann.parameters import Mixing, Options
from boltzmann.solution import Solution
from boltzmann.solver import solve

Progress = Callable[[float], None]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Comparison:
    """What `compare` wrote: the figure (PNG; PDF and caption have its name), the JSON file, and its verdict."""

    figure: Path
    json: Path
    verdict: str


def compare(
    point: str | Mixing,
    *,
    name: str = "point",
    interactions: Iterable[Any] = (),
    options: Options | None = None,
    output: str | Path,
    planck_data: str | Path | None = None,
    progress: Progress | None = None,
    say: Say | None = None,
) -> Comparison:
    """Take a point through the early Universe and CLASS, beside three neutrinos; write figure and JSON.

    Parameters
    ----------
    point : str or Mixing
        One of `benchmarks`, or a point of your own.
    name : str
        What a point of your own is called, in texts and as the name of files; a benchmark has its own.
    interactions : iterable, optional
        Secret interactions of the sterile state.
    options : Options, optional
        Numerical choices, for both runs.
    output : str or Path
        Folder, created if necessary, that receives ``<name>`` as ``.png``, ``.pdf``, ``.txt`` and ``.json``, and with
        `planck_data` the residuals in ``<name>-refit.png`` and ``.pdf``.
    planck_data : str or Path, optional
        Folder with the public Planck files, for a refit of LCDM to the actual spectra (see `boltzmann.cmb.refit`).
    progress : callable, optional
        Called with the fraction done, in [0, 1].
    say : callable, optional
        Called with what is done next, a few words, before each step.

    Returns
    -------
    Comparison

    Raises
    ------
    ParameterError
        Unknown point, a point without sterile state, an unusable name, unwritable folder, unusable data, or a run that
        did not end well (the message says why).
    ClassyMissing
        CLASS is not installed; raised before any work.
    CacheError
        The cache folder cannot be written.
    """
    chosen = own_point(point, name) if isinstance(point, Mixing) else benchmark(point)
    class_bridge.classy()
    output = Path(output)
    prepare(output)
    planck = None if planck_data is None else planck_lite(planck_data)
    progress, say = progress or _silent, say or _silent
    result = _compute(chosen, tuple(interactions), options or Options(), planck, progress, say)
    say("drawing and writing")
    stem = output / chosen.name
    png = save_figure(style.comparison_figure(figure_data(result)), stem, caption(result))
    file = output / f"{chosen.name}.json"
    if (refitted := result.refitted) is not None:
        figure = style.refit_figure(refit_figure_data(refitted))
        save_figure(figure, output / f"{chosen.name}-refit", refit_caption(result, refitted))
    write_text(file, json.dumps(record(result), indent=2, allow_nan=False) + "\n")
    progress(1.0)
    return Comparison(png, file, "\n".join(result.sentences))


def _silent(_: object) -> None:
    """Report to nobody."""


def _compute(
    point: Benchmark,
    interactions: tuple[Any, ...],
    options: Options,
    planck: PlanckLite | None,
    progress: Progress,
    say: Say,
) -> Result:
    """Run everything; the shares of the progress are measured ones, scaled when there is a refit."""
    share = 0.35 if planck else 1.0
    say("kinetic equations with the sterile neutrino")
    four = _solved(point.mixing, interactions, options, lambda fraction: progress(share * 0.10 * fraction))
    say("kinetic equations of three neutrinos")
    three = _solved(_without_sterile(point.mixing), (), options, lambda f: progress(share * (0.10 + 0.05 * f)))
    say("nucleosynthesis")
    primordial, standard = _primordial(four), bbn.abundances(three)
    progress(share * 0.20)
    say("CLASS with three neutrinos")
    reference = class_bridge.spectra(three, matter=False, YHe=standard.YHe)
    progress(share * 0.45)
    say("CLASS with the sterile neutrino")
    helium: dict[str, Any] = {} if isinstance(primordial, str) else {"YHe": primordial.YHe}
    spectra = class_bridge.spectra(four, matter=False, **helium)
    progress(share * 0.95)
    verdicts = {data: _verdict(four, data) for data in likelihood.DATA}
    nucleosynthesis = primordial if isinstance(primordial, str) else bbn_observed.bbn_chi2(primordial)
    refitted = None
    if planck is not None:
        say("LCDM refitted beside the actual spectra, about four runs of CLASS")
        refitted = exact.refit(four, planck, progress=lambda fraction: progress(share + (0.98 - share) * fraction))
    alone = bbn_observed.bbn_chi2(standard)
    return Result(point, interactions, four, three, spectra, reference, verdicts, nucleosynthesis, alone, refitted)


def _primordial(solution: Solution) -> bbn.Abundances | str:
    """Return the abundances, or why there are none: CLASS's table, without primat, does not see electron neutrinos."""
    try:
        return bbn.abundances(solution)
    except ParameterError as error:
        return f"Y_p: no verdict, because {error}."


def _verdict(solution: Solution, data: str) -> judge.Verdict | str:
    """Return the verdict of the table, or why it has none."""
    try:
        return judge.verdict(solution, data)
    except ParameterError as error:
        return f"{judge.LONG_NAMES[data]}: no verdict, because {error}"


def _without_sterile(mixing: Mixing) -> Mixing:
    """Return the same active neutrinos without the sterile state."""
    return replace(mixing, dm2_41=None, Ue4_sq=0.0, Umu4_sq=0.0, Utau4_sq=0.0, delta_14="0 deg", delta_24="0 deg")


def _solved(mixing: Mixing, interactions: tuple[Any, ...], options: Options, progress: Progress) -> Solution:
    solution = solve(mixing, interactions=interactions, options=options, progress=progress)
    if not solution.status.ok:
        raise ParameterError(f"{mixing} with {options}: the run did not end well: {solution.status.value}")
    return solution
