"""The theoretical error of N_eff of one solution: what changes when approximations and numerics change.

Each source is a run more with one thing changed. What the run has, but might be left out (nu-nu collisions, muons), is
shown and not counted; where the run leaves it out, it counts in full. The start of the run cannot be earlier than
x = 1e-3, so that a later start is tried: an upper limit where production ends after it. Runs with both signs are
chaotic once an asymmetry has grown: every run more is another seed too, and the second seed that `solve` has tried is a
line of its own. So is what their lack of bins (`boltzmann.kinetics.bins`) does, measured with nu = nubar.

QED that is not in the equations, the momentum-dependent logarithm of O(e^2) and radiative corrections of the weak
rates, cannot be switched on. It is taken from the published error of three neutrinos, N_eff = 3.0440 +- 0.0002
(arXiv:2008.01074, 2012.02726); rates change N_eff by 1e-5 of itself or less (arXiv:2402.18481), which is disputed
(-7e-4: arXiv:2306.05460).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from boltzmann.errors import ParameterError
from boltzmann.parameters import Asymmetry, Options
from boltzmann.solution import Solution
from boltzmann.solver.sweep import Integrate
from boltzmann.solver.tables import secret

__all__ = ["ErrorBudget", "Source", "error_budget", "variations"]

QED_LEFT_OUT = 2e-4
FINER, TIGHTER, LATER = 1.5, 0.1, 2.0  # momenta; tolerance and rotation per step; start
MOST_MOMENTA, LATEST_START, LATEST_END = 80, 0.1, 39.0
RATE_FACTORS = (0.5, 2.0)  # of secret interactions: their rates are good to a factor of order one


class Variation(NamedTuple):
    """One thing that is changed.

    Attributes
    ----------
    source, change : str
        For people.
    options : Options
        Of the run.
    counted : bool
        Whether the shift is an error, not the size of an effect that is in the result.
    cost : float
        CPU time over that of the run itself (measured).
    """

    source: str
    change: str
    options: Options
    counted: bool
    cost: float


@dataclass(frozen=True)
class Source:
    """One line of the budget.

    Attributes
    ----------
    name, change : str
        Where the error comes from, and what was done.
    delta_N_eff : float
        By how much N_eff changes; NaN: that run did not end well.
    counted : bool
        Whether it is part of the total.
    """

    name: str
    change: str
    delta_N_eff: float
    counted: bool = True


@dataclass(frozen=True)
class ErrorBudget:
    """Theoretical error of N_eff; printed as a table.

    Attributes
    ----------
    N_eff : float
    sources : tuple of Source
    """

    N_eff: float
    sources: tuple[Source, ...]

    @property
    def total(self) -> float:
        """Sum in quadrature of what counts; runs that failed are left out, see `complete`."""
        return math.sqrt(sum(s.delta_N_eff**2 for s in self.sources if s.counted and math.isfinite(s.delta_N_eff)))

    @property
    def complete(self) -> bool:
        """Whether all runs ended well; else the total is a lower limit."""
        return all(math.isfinite(source.delta_N_eff) for source in self.sources)

    @property
    def quoted(self) -> str:
        """N_eff and its error as they are to be quoted, the error with one digit."""
        decimals = min(max(-math.floor(math.log10(self.total)), 0), 6) if self.total > 0.0 else 6
        bound = "" if self.complete else " or more: not all runs ended well"
        return f"N_eff = {self.N_eff:.{decimals}f} +- {self.total:.{decimals}f} (theory{bound})"

    def plain(self) -> dict[str, Any]:
        """Return everything as plain values; None for a run that failed."""
        rows = [asdict(source) for source in self.sources]
        for row in rows:
            row["delta_N_eff"] = row["delta_N_eff"] if math.isfinite(row["delta_N_eff"]) else None
        return {"N_eff": self.N_eff, "total": self.total, "complete": self.complete, "sources": rows}

    def __str__(self) -> str:
        lines = [f"{'source':<30}{'what was changed':<58}{'delta N_eff':>12}"]
        lines += [_line(source) for source in self.sources]
        return "\n".join([*lines, f"{'total, in quadrature':<88}{self.total:>12.1e}", self.quoted])


def _line(source: Source) -> str:
    shift = f"{source.delta_N_eff:+.1e}" if math.isfinite(source.delta_N_eff) else "failed"
    return f"{source.name:<30}{source.change:<58}{shift:>12}{'' if source.counted else '   not counted'}"


def variations(options: Options) -> Iterator[Variation]:
    """Yield what is changed of numerical and physical choices.

    Parameters
    ----------
    options : Options
        Of the run.
    """
    n, start = options.n_momenta, options.initial_x
    if options.collisions and options.coherence != "matrix":
        matrix = replace(options, coherence="matrix")
        yield Variation("off-diagonal collisions", "full flavour matrix instead of damping", matrix, True, 8.0)
    finer = min(round(FINER * n), MOST_MOMENTA)
    if finer > n:
        yield Variation(
            "momentum grid", f"{finer} instead of {n} momenta", replace(options, n_momenta=finer), True, 2.3
        )
    yield Variation("tolerance and steps", "rtol/10, half the rotation per step", _tighter(options), True, 2.0)
    later = replace(options, x_start=min(LATER * start, LATEST_START))
    yield Variation("start", f"at x = {later.x_start:g} instead of {start:g}", later, True, 1.0)
    if options.x_end < LATEST_END:
        end = replace(options, x_end=LATEST_END)
        yield Variation("end", f"at x = {LATEST_END:g} instead of {options.x_end:g}", end, True, 1.0)
    if options.collisions:
        nu_nu = replace(options, nu_nu=not options.nu_nu)
        yield Variation("neutrino-neutrino collisions", _without(options.nu_nu), nu_nu, not options.nu_nu, 1.0)
    muons = replace(options, muons=not options.muons)
    yield Variation("muons", _without(options.muons), muons, not options.muons, 1.0)


def _without(inside: bool) -> str:
    """Say what happens to something that is in the run, or is not."""
    return "without them" if inside else "with them, which the run leaves out"


def _tighter(options: Options) -> Options:
    """Return options with a tenth of the tolerances and half of the rotation per step, as far as is allowed."""
    atol = None if options.atol is None else max(TIGHTER * options.atol, 1e-14)
    rotation = max(0.5 * options.max_rotation, 1e-3)
    return replace(options, rtol=max(TIGHTER * options.relative_tolerance, 1e-10), atol=atol, max_rotation=rotation)


def error_budget(
    integrate: Integrate,
    solution: Solution,
    progress: Callable[[float], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> ErrorBudget:
    """Return the theoretical error of N_eff of a solution, from a run for each source.

    Parameters
    ----------
    integrate : callable
        `boltzmann.solver.run.integrate`.
    solution : Solution
        Finished.
    progress : callable, optional
        Called with the fraction done, in [0, 1].
    say : callable, optional
        Called once with how long it takes.

    Raises
    ------
    ParameterError
        The run did not end well.
    """
    if not solution.status.ok:
        raise ParameterError(f"an error budget needs a run that ended well, but: {solution.status.value}")
    wanted = list(variations(solution.options))
    factors = RATE_FACTORS if secret(solution.interactions) else ()
    costs = [*(v.cost for v in wanted), *(1.0 for _ in factors)]
    if say:
        say(f"{len(costs)} runs, about {sum(costs) * solution.stats.cpu_seconds:.0f} s CPU")
    sources: list[Source] = []
    for variation in wanted:
        shift = _shift(integrate, solution, variation.options)
        sources.append(Source(variation.source, variation.change, shift, variation.counted))
        _report(progress, len(sources), costs)
    if factors:
        sources.append(_secret_rates(solution, factors))
        _report(progress, len(costs), costs)
    sources += [*_seeds(solution), *_bins(integrate, solution)]
    published = "published error of three neutrinos (arXiv:2012.02726)"
    return ErrorBudget(solution.N_eff, (*sources, Source("QED that is left out", published, QED_LEFT_OUT)))


def _shift(integrate: Integrate, solution: Solution, options: Options) -> float:
    """Return by how much other options change N_eff, NaN if a run fails; of nu = nubar where both signs have none."""
    one_sign = solution.asymmetry is not None and options.coherence == "matrix"
    asymmetry = None if one_sign else solution.asymmetry
    run = integrate(solution.mixing, solution.interactions, options, asymmetry=asymmetry)
    here = integrate(solution.mixing, solution.interactions, solution.options) if one_sign else solution
    return run.N_eff - here.N_eff if run.status.ok and here.status.ok else math.nan


def _secret_rates(solution: Solution, factors: tuple[float, ...]) -> Source:
    """Return the larger shift by a change of all secret rates."""
    shifts = [solution.rescaled(solution, factor) - solution.N_eff for factor in factors]
    worst = max(shifts, key=lambda shift: math.inf if math.isnan(shift) else abs(shift))
    return Source("secret rates", f"times {' and '.join(f'{f:g}' for f in factors)}, the larger shift", worst)


def _seeds(solution: Solution) -> list[Source]:
    """Return what another seed of the asymmetry changes, chaos after its growth: a run that the solution has made."""
    branch = solution.branch
    if branch is None or math.isnan(branch.N_eff_other):
        return []
    change = "a thousandth less of it" if branch.asked else "half of it with the other sign"
    return [Source("seed of the asymmetry", change, branch.N_eff_other - solution.N_eff)]


def _bins(integrate: Integrate, solution: Solution) -> list[Source]:
    """Return what bins of momenta would change, which runs with both signs do without: what they do to nu = nubar.

    The equation of both signs without any asymmetry keeps d = 0 exactly, and is that of nu = nubar on nodes.
    """
    if solution.asymmetry is None or solution.mixing.n_states == 3 or not solution.options.collisions:
        return []
    inputs = solution.mixing, solution.interactions, solution.options
    nodes, bins = integrate(*inputs, asymmetry=Asymmetry(eta=0.0)), integrate(*inputs)
    shift = bins.N_eff - nodes.N_eff if nodes.status.ok and bins.status.ok else math.nan
    return [Source("momenta as nodes", "bins of momenta instead, with nu = nubar", shift)]


def _report(progress: Callable[[float], None] | None, done: int, costs: list[float]) -> None:
    if progress:
        progress(sum(costs[:done]) / sum(costs))
