"""`scan`, `contour` and `estimate`: points in, dataset out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np

from boltzmann.cmb.likelihood import DATA
from boltzmann.errors import ParameterError
from boltzmann.numerics import progress
from boltzmann.numerics.arrays import Array, Index
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.scan import dataset
from boltzmann.scan.axes import Axes, Model, Space, asymmetry_of, space
from boltzmann.scan.extra import Extra, fingerprints
from boltzmann.scan.point import MISSING, NUMBERS, STATUSES, Template, code_version, evaluate
from boltzmann.scan.refine import refine, say_if_none
from boltzmann.scan.run import Evaluate, Job, Progress, Results, Workers, compute, look_up
from boltzmann.scan.store import opened
from boltzmann.solver import checked

if TYPE_CHECKING:
    import xarray as xr

ERROR_EVERY = 20
LEAST_CHECKED = 8  # points, about, that get an error estimate: for 4 to be near the others
SAMPLE = 8  # points that an estimate of the time needs
CHECK = (
    1.5  # cost of an error estimate in runs: fewer momenta 0.75, looser tolerances 0.75 (measured at 20 and 14 momenta)
)
CPU, ERROR = NUMBERS.index("cpu_seconds"), NUMBERS.index("N_eff_error")


class Arguments(TypedDict, total=False):
    """The arguments that `scan`, `contour` and `estimate` share; see `scan`."""

    mixing: Mixing | None
    interactions: Iterable[Any]
    options: Options | None
    asymmetry: Asymmetry | None
    store: str | Path | None
    workers: int | None
    client: Any
    resume: bool
    progress: bool
    processes: bool
    error_every: int
    extra: Extra | None


@dataclass(frozen=True, eq=False)
class _Scan:
    """A scan that can begin: checked, with its store open."""

    model: Model
    points: Space
    job: Job
    workers: Workers
    progress: bool
    extra: Extra

    def empty(self) -> Results:
        """Return results of which none is computed."""
        return Results.empty(self.points.size, len(self.job.names))

    def compute(self, indices: Index, results: Results, show: Progress | None = None) -> None:
        """Enter the outcomes of some points; with a bar of their own unless ``show`` is one."""
        if show is None:
            with _bar(indices.size, self.progress) as show:
                return self.compute(indices, results, show)
        return compute(self.job, self.points, indices, results, self.workers, show)

    def dataset(self, results: Results) -> xr.Dataset:
        """Return the dataset of all points."""
        return dataset.dataset(self.model, self.points, results, self.job.code, self.extra)


def _prepare(
    axes: Axes,
    mixing: Mixing | None = None,
    interactions: Iterable[Any] = (),
    options: Options | None = None,
    store: str | Path | None = None,
    workers: int | None = None,
    client: Any = None,
    resume: bool = True,
    progress: bool = True,
    processes: bool = False,
    error_every: int = ERROR_EVERY,
    extra: Extra | None = None,
    solver: Evaluate | None = None,
    asymmetry: Asymmetry | None = None,
) -> _Scan:
    """Check the arguments of `scan`; ``solver`` computes a point, by default `point.evaluate`."""
    if isinstance(error_every, bool) or not isinstance(error_every, int) or error_every < 0:
        raise ParameterError(f"error_every = {error_every!r} is not allowed; give 0 (no estimates) or an integer above")
    mixing = mixing or Mixing()
    asymmetry = asymmetry_of(axes) if asymmetry is None else asymmetry
    model = Model(mixing, *checked(mixing, interactions, options, asymmetry), asymmetry)
    points, place = space(axes, model), Workers(workers, processes, client)
    template = Template.of(model, points)
    template.inputs(points.values(0))  # refuses interactions whose parameters cannot be told
    folder = opened(store)
    own = extra or {}
    hashes = fingerprints(own, (*points.columns, *dataset.RESERVED))
    solver = solver or (partial(evaluate, extra=own) if own else evaluate)
    every = min(error_every, max(1, points.size // LEAST_CHECKED))
    job = Job(template, solver, code_version(), folder, resume, every, hashes)
    return _Scan(model, points, job, place, progress, own)


@contextmanager
def _bar(total: int | None, visible: bool) -> Iterator[Progress]:
    """Show points done, rate and time left on a terminal's stderr."""
    # the rate is that of the points that are computed: those of the store do not count
    with progress.bar(shown=None if visible else False, total=total, unit="point", smoothing=0.05) as bar:

        def show(stored: int, computed: int) -> None:
            if bar.disable:
                return
            bar.initial += stored
            bar.n += stored
            bar.update(computed)

        yield show


def _own(points: Space, shard: tuple[int, int] | None) -> Index:
    """Return the indices of a shard: every n-th, so that all shards cost about the same; none if there are fewer.

    Raises ParameterError if there is no such shard.
    """
    if shard is not None and not (isinstance(shard, tuple) and len(shard) == 2):
        raise ParameterError(f"shard = {shard!r} is not allowed; give (i, n), for example (1, 4) to (4, 4)")
    i, n = shard or (1, 1)
    if not (isinstance(i, int) and isinstance(n, int) and 1 <= i <= n):
        raise ParameterError(f"shard = {i}/{n} is not allowed; give i from 1 to n, for example 1/4 to 4/4")
    return np.arange(i - 1, points.size, n, dtype=np.int64)


def scan(
    axes: Axes,
    mixing: Mixing | None = None,
    interactions: Iterable[Any] = (),
    options: Options | None = None,
    store: str | Path | None = None,
    workers: int | None = None,
    client: Any = None,
    resume: bool = True,
    progress: bool = True,
    *,
    processes: bool = False,
    error_every: int = ERROR_EVERY,
    extra: Extra | None = None,
    shard: tuple[int, int] | None = None,
    asymmetry: Asymmetry | None = None,
) -> xr.Dataset:
    """Solve many points.

    Parameters
    ----------
    axes : mapping or Samples
        Field of `Mixing`, `Options`, `Asymmetry` or an interaction -> its values: a Quantity array, a list of texts
        with unit, or numbers in the unit of the field (eV2, rad, eV, MeV). A mapping spans a grid; `sobol` and `random`
        give samples.
    mixing, interactions, options
        What all points share, as for `boltzmann.solve`; axes override their fields. An axis theta_14, theta_24 or
        theta_34 keeps the other two angles of `mixing`.
    store : path, optional
        Folder with one record per point. Points that are there are not computed again.
    workers : int, optional
        Points at a time, default all cores.
    client : dask.distributed.Client, optional
        Compute on its cluster; the store must be a folder that all workers see.
    resume : bool
        False: compute all points again and replace their records.
    progress : bool
        Show a bar, if stderr is a terminal.
    processes : bool
        Processes instead of threads.
    error_every : int
        One in so many points, chosen by its key, gets an error estimate, which takes two more runs; 0: none, 1: all.
        Of small scans it is more of them, about 8.
    extra : mapping, optional
        Name -> function of the `Solution` of a point that returns a number, NaN where there is none: a variable more.
        Records are named by the source of the function and of what it uses of its own file. With `processes` or a
        `client` workers must be able to import it.
    shard : (int, int), optional
        (i, n): compute every n-th point, from the i-th = 1, ..., n; the result has these points alone, as rows, and
        none at all if the scan has fewer than i.
    asymmetry : Asymmetry, optional
        What all points share, as for `boltzmann.solve`; with an axis xi_e, xi_mu, xi_tau, xi or L by default that of
        baryons.

    Returns
    -------
    xarray.Dataset
        Dimensions are the axes, or ``point``; variables and units as in `dataset.VARIABLES`. A point that failed has
        NaN, a status (flag_meanings says which) and a message.

    Raises
    ------
    ParameterError
        An argument cannot be used. Values of single points that cannot be used do not raise: they are a status.
    StoreError
        The store cannot be written, for example because the disk is full.
    KeyboardInterrupt
        Ctrl-C; the points in flight are finished and stored.
    """
    given = mixing, interactions, options, store, workers, client, resume, progress, processes, error_every, extra
    plan = _prepare(axes, *given, asymmetry=asymmetry)
    return _run(plan, shard)


def _run(plan: _Scan, shard: tuple[int, int] | None = None) -> xr.Dataset:
    """Compute a scan, or one shard of it as rows."""
    if shard is not None:
        plan = replace(plan, points=plan.points.rows(_own(plan.points, shard)))
    results = plan.empty()
    plan.compute(np.arange(plan.points.size, dtype=np.int64), results)
    return plan.dataset(results)


def contour(
    axes: Axes,
    level: float,
    variable: str = "N_eff",
    coarse: int = 16,
    data: str = "planck2018",
    **arguments: Unpack[Arguments],
) -> xr.Dataset:
    """Solve only the points of a plane that one contour needs, see `refine`.

    Parameters
    ----------
    axes : mapping
        Two axes of a grid, at the resolution that the contour is to have.
    level : float
        Value of the contour.
    variable : str
        A name of `point.NUMBERS` or of ``extra``, or "delta_chi2".
    coarse : int
        Distance of the first points, in points of the axes; what is smaller can be missed.
    data : str
        Combination of CMB data that delta_chi2 is of, of `boltzmann.cmb.likelihood.DATA`.
    **arguments
        As for `scan`.

    Returns
    -------
    xarray.Dataset
        The whole grid, NaN and status NOT_COMPUTED where no point was needed. Every cell that the contour passes has
        its four corners, so that plotting programs draw the line from it as it is.
    """
    return _contour(_prepare(axes, **arguments), level, variable, coarse, data)


def _check_contour(plan: _Scan, level: Any, variable: Any, coarse: Any, data: Any) -> None:
    """Raise ParameterError if there is no such contour."""
    points = plan.points
    if not points.grid or len(points.shape) != 2 or min(points.shape) < 2:
        raise ParameterError(
            f"a contour needs a grid of two axes with at least two values each; axes have {points.shape} points"
        )
    if isinstance(level, bool) or not isinstance(level, (int, float, np.number)) or not np.isfinite(level):
        raise ParameterError(f"level = {level!r} is not allowed; give the number at which the contour is")
    if isinstance(coarse, bool) or not isinstance(coarse, int) or coarse < 1:
        raise ParameterError(f"coarse = {coarse!r} is not allowed; give an integer of at least 1")
    for name, value, allowed in (("variable", variable, (*plan.job.names, "delta_chi2")), ("data", data, DATA)):
        if value not in allowed:
            raise ParameterError(f"{name} = {value!r} is not allowed; choose one of {', '.join(allowed)}")


def _contour(plan: _Scan, level: float, variable: str, coarse: int, data: str = DATA[0]) -> xr.Dataset:
    """Compute the points that a contour needs."""
    points, results = plan.points, plan.empty()
    _check_contour(plan, level, variable, coarse, data)
    with _bar(None, plan.progress) as show:

        def values(indices: Index) -> Array:
            plan.compute(indices, results, show)
            if variable in plan.job.names:
                return np.asarray(results.numbers[indices, plan.job.names.index(variable)])
            return dataset.judged(results, indices, data).delta_chi2

        found = refine((points.shape[0], points.shape[1]), level, values, coarse)
    say_if_none(found, level, variable)
    return plan.dataset(results)


@dataclass(frozen=True)
class Estimate:
    """How long a scan will take.

    Attributes
    ----------
    points, stored, solved : int
        All points, those that the store has, and those that were computed for this estimate.
    cpu_seconds : array
        CPU time of some points without error estimate, from the store or else measured.
    workers : int
        Points computed at a time.
    error_every : int
        One in so many points gets an error estimate; 0: none.
    fixed_seconds : float
        Time that does not depend on the workers: start-up, and the CMB's verdict on all points.
    """

    points: int
    stored: int
    solved: int
    cpu_seconds: Array
    workers: int
    error_every: int
    fixed_seconds: float

    @property
    def point_seconds(self) -> float:
        """Mean CPU time of a point with its share of the error estimates [s]."""
        return float(np.mean(self.cpu_seconds)) * (1.0 + (CHECK / self.error_every if self.error_every else 0.0))

    @property
    def seconds(self) -> float:
        """Time of the scan: that of the points that are missing over the number of workers, and what is fixed [s]."""
        return (self.points - self.stored) * self.point_seconds / self.workers + self.fixed_seconds

    def __str__(self) -> str:
        if not self.points:
            return "0 points: there is nothing to do"
        low, high = np.min(self.cpu_seconds), np.max(self.cpu_seconds)
        solved = f", {self.solved} solved now to measure the time" if self.solved else ""
        return (
            f"{self.points} points, {self.stored} of them in the store{solved}; {self.point_seconds:.3g} s CPU each "
            f"({low:.3g} to {high:.3g} in {self.cpu_seconds.size} points, without error estimates); about "
            f"{_duration(self.seconds)} with {self.workers} workers, "
            f"{_duration(self.fixed_seconds)} of it for start-up and CMB"
        )


def _duration(seconds: float) -> str:
    for size, unit in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2.0 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} seconds"


def estimate(axes: Axes, *, shard: tuple[int, int] | None = None, **arguments: Unpack[Arguments]) -> Estimate:
    """Say how many points a scan has and how long it will take; arguments as for `scan`.

    The cost of a point is that of records in the store. If it has fewer than 8, 8 points spread over the scan are
    computed, and kept in the store. The dearest of the points does not count, because it may be the one for which the
    kernels were compiled or loaded; for computed points, the latter is part of the fixed time.
    """
    return _estimate(_prepare(axes, **arguments), shard)


def _estimate(plan: _Scan, shard: tuple[int, int] | None = None) -> Estimate:
    """Count and time the points of a scan."""
    plan = replace(plan, points=plan.points.rows(_own(plan.points, shard)))
    points, results = plan.points, plan.empty()
    for k in range(points.size):
        if (outcome := look_up(plan.job, points.values(k))) is not None:
            results.put(k, outcome)
    known = np.flatnonzero(results.status != STATUSES.index(MISSING))
    stored, sample, start_up = known.size, np.zeros(0, np.int64), 0.0
    if stored < min(SAMPLE, points.size):
        wanted = np.unique(np.linspace(0, points.size - 1, SAMPLE).round().astype(np.int64))
        sample = np.setdiff1d(wanted, known)
        plan.compute(sample, results)
        known = np.union1d(known, sample)
    costs = results.numbers[known, CPU] / np.where(np.isfinite(results.numbers[known, ERROR]), 1.0 + CHECK, 1.0)
    costs = np.sort(costs)
    ordinary = costs[: max(1, costs.size - 1)]
    if sample.size:
        start_up = float(costs[-1] - ordinary.mean())
    fixed = start_up + _judging(results, known) * points.size
    kept = stored + (sample.size if plan.job.store else 0)
    return Estimate(points.size, kept, sample.size, ordinary, plan.workers.count, plan.job.error_every, fixed)


def _judging(results: Results, known: Index) -> float:
    """Return the time of the CMB's verdict on a point [s]."""
    if not known.size:
        return 0.0
    for name in DATA:
        dataset.judged(results, known[:1], name)  # reads the tables
    start = time.process_time()
    for name in DATA:
        dataset.judged(results, known[:SAMPLE], name)
    return (time.process_time() - start) / min(SAMPLE, known.size)
