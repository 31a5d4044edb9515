"""Computing many points: looked up in the store first, then given to threads, processes or a cluster.

All three are executors of `concurrent.futures`; a ``dask.distributed`` client has one too. A window of a few tasks per
worker is in flight, so memory does not grow with the number of points, and every point is stored where it is computed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array, Index
from boltzmann.numerics.processes import pool
from boltzmann.scan.axes import Space
from boltzmann.scan.point import (
    MISSING,
    NUMBERS,
    STATUSES,
    SUCCESS,
    Outcome,
    Template,
    code_version,
    helium_version,
    is_checked,
    key,
)
from boltzmann.scan.store import Store

logger = logging.getLogger(__name__)
Evaluate: TypeAlias = Callable[[Template, tuple[Any, ...], bool], Outcome]
Progress: TypeAlias = Callable[[int, int], None]  # points of the store, points computed
Values: TypeAlias = tuple[Any, ...]

IN_FLIGHT = 4  # tasks per worker
CLUSTER_CHUNK = 16  # points per task of a cluster, whose scheduler takes about a millisecond for each


class WorkerLost(OSError):
    """A worker process ended without a result."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C or what the caller made a KeyboardInterrupt, with a sentence on what is kept."""


@dataclass(frozen=True)
class Job:
    """How a point is computed, for workers anywhere; picklable.

    Parameters
    ----------
    template : Template
        Makes the inputs of a point.
    evaluate : callable
        Computes it: `point.evaluate`.
    code : str
        `point.code_version` of the process that started the scan.
    store : str
        Folder of the records, "" for none.
    resume : bool
        Whether records are used.
    error_every : int
        One in so many points gets an error estimate; 0: none.
    extra : dict
        Name of a number of the user's own -> hash of its function.
    """

    template: Template
    evaluate: Evaluate
    code: str
    store: str
    resume: bool
    error_every: int
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The numbers of an outcome."""
        return (*NUMBERS, *self.extra)

    def key(self, values: Values) -> tuple[dict[str, Any], str]:
        """Return the inputs of a point and the key of its record."""
        inputs = self.template.inputs(values)
        if self.extra:
            inputs["extra"] = dict(self.extra)
        return inputs, key(inputs, self.code)


def _outcome(record: dict[str, Any] | None, names: tuple[str, ...], needs_error: bool) -> Outcome | None:
    """Return the outcome that a record holds; None if it holds none, or lacks the error estimate that is asked for.

    Helium of another `helium_version`, and of records that have none, is NaN: the CMB has that of N_eff there.
    """
    if record is None:
        return None
    try:
        other = {} if record.get("helium_version") == helium_version() else {"helium": None}
        known = {**record["numbers"], **other}
        numbers = tuple(_or_nan(known[name]) for name in names)
        outcome, checked = Outcome(_known(record["status"]), str(record["message"]), numbers), record["checked"]
    except (KeyError, TypeError, ValueError) as error:
        logger.warning("the record %s is damaged (%r); it is computed again", record["key"], error)
        return None
    return None if needs_error and outcome.ok and not checked else outcome


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _known(status: str) -> str:
    return STATUSES[STATUSES.index(status)]


def look_up(job: Job, values: Values) -> Outcome | None:
    """Return what the store has of a point; None if it must be computed."""
    if not job.store or not job.resume:
        return None
    _, name = job.key(values)
    return _outcome(_store(job.store).get(name), job.names, is_checked(name, job.error_every))


_stores: dict[str, Store] = {}


def _store(folder: str) -> Store:
    """Return the store of a folder, opened once per process."""
    if folder not in _stores:
        _stores[folder] = Store(Path(folder))
    return _stores[folder]


def compute_point(job: Job, values: Values, insist: bool = True) -> Outcome | None:
    """Return the outcome of a point, from the store if another scan was faster, else computed and stored.

    None, unless this scan insists, if another one is at the point.
    """
    inputs, name = job.key(values)
    shared = _store(job.store) if job.store and job.resume else None
    mine = shared is None or shared.claim(name)
    found = look_up(job, values)  # after the claim: another scan may have put it just before
    if shared is not None and mine and found is not None:
        shared.release(name)
    if found is not None or not (mine or insist):
        return found
    checked = is_checked(name, job.error_every)
    outcome = job.evaluate(job.template, values, checked)
    if job.store:
        stored = {n: v if np.isfinite(v) else None for n, v in zip(job.names, outcome.numbers, strict=True)}
        record = {"code": job.code, "helium_version": helium_version(), "inputs": inputs, "status": outcome.status}
        _store(job.store).put(name, {**record, "message": outcome.message, "checked": checked, "numbers": stored})
    return outcome


def compute_points(job: Job, points: list[Values], insist: bool = True) -> list[Outcome | None]:
    """Return the outcomes of some points, as `compute_point` does: one task of an executor.

    Raises
    ------
    ParameterError
        The worker runs other code than the process that started the scan, which the keys of records stand for.
    """
    if code_version() != job.code:
        raise ParameterError(f"a worker has the code {code_version()}, not {job.code}; install one version everywhere")
    return [compute_point(job, values, insist) for values in points]


@dataclass(frozen=True, eq=False)
class Results:
    """Outcomes as arrays.

    Attributes
    ----------
    numbers : (size, len(Job.names)) array
        NaN where there is none.
    status : (size,) int array
        Positions in `STATUSES`.
    messages : dict
        Index -> message, of points that failed.
    """

    numbers: Array
    status: Index
    messages: dict[int, str] = field(default_factory=dict)

    @classmethod
    def empty(cls, size: int, numbers: int = len(NUMBERS)) -> Results:
        """Return the results of ``size`` points of which none is computed."""
        return cls(np.full((size, numbers), np.nan), np.full(size, STATUSES.index(MISSING)))

    def put(self, index: int, outcome: Outcome) -> None:
        """Enter the outcome of a point."""
        self.numbers[index], self.status[index] = outcome.numbers, STATUSES.index(outcome.status)
        if outcome.message:
            self.messages[index] = outcome.message


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Workers:
    """Where points are computed.

    Parameters
    ----------
    number : int, optional
        Threads or processes of this machine; default: all cores.
    processes : bool
        Processes instead of threads.
    client : dask.distributed.Client, optional
        A cluster; the other two do not count then.
    """

    number: int | None = None
    processes: bool = False
    client: Any = None

    def __post_init__(self) -> None:
        n = self.number
        if n is not None and (isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1):
            raise ParameterError(f"workers = {n!r} is not allowed; give an integer of at least 1")

    @property
    def count(self) -> int:
        """Points computed at a time; a cluster may grow and shrink."""
        if self.client is not None:
            return max(1, int(sum(self.client.nthreads().values())))
        return self.number or cores()

    @property
    def chunk(self) -> int:
        """Points per task."""
        return 1 if self.client is None else CLUSTER_CHUNK

    @contextmanager
    def executor(self) -> Iterator[Executor]:
        """Give an executor; on leaving, tasks that have not begun are given up, and the others end."""
        executor = self._executor()
        try:
            yield executor
        finally:
            if self.client is not None:
                executor.shutdown(wait=False)  # of these tasks alone; dask knows no cancel_futures, and cancels here
            else:
                executor.shutdown(wait=True, cancel_futures=True)

    def _executor(self) -> Executor:
        if self.client is not None:
            executor: Executor = self.client.get_executor(pure=False)  # pure: dask would keep results of equal tasks
            return executor
        if self.processes:
            return pool(self.count)
        return ThreadPoolExecutor(self.count)


def _chunks(indices: Index, size: int) -> Iterator[Index]:
    yield from (indices[k : k + size] for k in range(0, indices.size, size))


def _completed(
    executor: Executor, workers: Workers, task: Callable[[Index], tuple[Any, ...]], chunks: Iterable[Index]
) -> Iterator[tuple[Index, list[Outcome | None]]]:
    """Yield chunks as they are completed. The first is computed alone, so that kernels are compiled once."""
    pending: dict[Future[list[Outcome | None]], Index] = {}
    limit = 1
    for chunk in chunks:
        pending[executor.submit(*task(chunk))] = chunk
        while len(pending) >= limit:
            yield from _ended(pending)
            limit = IN_FLIGHT * workers.count
    while pending:
        yield from _ended(pending)


def _ended(pending: dict[Future[list[Outcome | None]], Index]) -> list[tuple[Index, list[Outcome | None]]]:
    """Wait until at least one task has ended, and take those that have out of ``pending``."""
    done, _ = wait(pending, return_when=FIRST_COMPLETED)
    return [(pending.pop(future), future.result()) for future in done]


def compute(
    job: Job, points: Space, indices: Index, results: Results, workers: Workers, progress: Progress | None = None
) -> None:
    """Enter the outcomes of the points ``indices`` in ``results``.

    What another scan is at is left to it, and looked for at the end; what is then missing is computed all the same.

    Raises
    ------
    StoreError
        The store cannot be used, for example because the disk is full.
    WorkerLost
        A worker process was killed.
    Interrupted
        Ctrl-C. In all three cases the store has the points that were done.
    """
    progress = progress or (lambda *_: None)
    missing = _from_store(job, points, indices, results, progress)

    def enter(executor: Executor, wanted: Index, insist: bool) -> Index:
        def task(chunk: Index) -> tuple[Any, ...]:
            return compute_points, job, [points.values(int(k)) for k in chunk], insist

        left = []
        for chunk, outcomes in _completed(executor, workers, task, _chunks(wanted, workers.chunk)):
            for index, outcome in zip(chunk, outcomes, strict=True):
                if outcome is None:
                    left.append(index)
                else:
                    results.put(int(index), outcome)
            progress(0, sum(outcome is not None for outcome in outcomes))
        return np.array(left, np.int64)

    try:
        with workers.executor() as executor:
            enter(executor, enter(executor, missing, insist=False), insist=True)
    except BrokenProcessPool as error:
        raise WorkerLost(f"a worker process was killed, perhaps for lack of memory; {_kept(job)}") from error
    except KeyboardInterrupt as error:
        raise Interrupted(f"stopped; {_kept(job)}") from error


def _kept(job: Job) -> str:
    """Return what remains of a scan that was stopped."""
    if not job.store:
        return "nothing is kept, because no store was given"
    return f"the points that are done are kept in {job.store}, and the same scan goes on from them"


def _from_store(job: Job, points: Space, indices: Index, results: Results, progress: Progress) -> Index:
    """Enter what the store has; return the indices of the others."""
    missing = np.ones(indices.size, bool)
    for k, index in enumerate(indices):
        outcome = look_up(job, points.values(int(index)))
        if outcome is not None:
            results.put(int(index), outcome)
            missing[k] = False
            progress(1, 0)
    _say_without_helium(job, results, indices[~missing])
    return indices[missing]


def _say_without_helium(job: Job, results: Results, stored: Index) -> None:
    """Log how many finished points of the store have no helium of their own."""
    finished = results.status[stored] == SUCCESS
    without = int((finished & np.isnan(results.numbers[stored, NUMBERS.index("helium")])).sum())
    if without:
        logger.warning(
            "%d of %d points in store = %s have no helium by today's nucleosynthesis (boltzmann.cmb.neutrons), as they "
            "are of another version: delta_chi2 has the helium of N_eff there; resume=False computes them again",
            without,
            stored.size,
            job.store,
        )
