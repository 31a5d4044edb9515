"""One thread that solves for all pages: of each the newest request wins, and what is not wanted any more stops."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

__all__ = ["Superseded", "Worker"]

logger = logging.getLogger(__name__)
Request = TypeVar("Request")
Answer = TypeVar("Answer")
REST = 0.3  # seconds without a newer request after which full precision is worth its time


class Superseded(Exception):
    """A newer request came while one was being answered."""


@dataclass(frozen=True)
class _Job(Generic[Request, Answer]):
    request: Request
    deliver: Callable[[Answer], None]
    due: float
    full: bool = False


class Worker(Generic[Request, Answer]):
    """Answers requests in one thread: at once as a draft, and in full when a page has rested.

    Parameters
    ----------
    solve : callable (request, full, alive) -> answer
        `alive` is called now and then and raises `Superseded` when the answer is of no use any more.
    rest : float
        Seconds between a draft and the full answer in which nothing newer may come.
    """

    def __init__(self, solve: Callable[[Request, bool, Callable[[float], None]], Answer], rest: float = REST) -> None:
        self._solve, self._rest = solve, rest
        self._jobs: dict[Hashable, _Job[Request, Answer]] = {}
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="explorer", daemon=True)
        self._thread.start()

    def submit(self, page: Hashable, request: Request, deliver: Callable[[Answer], None]) -> None:
        """Ask; `deliver` is called in the worker's thread, twice if nothing newer comes."""
        with self._changed:
            self._jobs.pop(page, None)
            self._jobs[page] = _Job(request, deliver, time.monotonic())
            self._changed.notify()

    def forget(self, page: Hashable) -> None:
        """Drop what a page asked for."""
        with self._changed:
            self._jobs.pop(page, None)

    def stop(self) -> None:
        """End the thread after what it is doing."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    def _next(self) -> tuple[Hashable, _Job[Request, Answer]] | None:
        """Wait for the job that is due, drafts first; None: the end."""
        with self._changed:
            while not self._stopped:
                jobs = sorted(self._jobs.items(), key=lambda item: (item[1].full, item[1].due))
                due = [item for item in jobs if item[1].due <= time.monotonic()]
                if due:
                    return due[0]
                soonest = min((job.due for _, job in jobs), default=None)
                self._changed.wait(None if soonest is None else max(soonest - time.monotonic(), 0.0))
        return None

    def _work(self) -> None:
        while (found := self._next()) is not None:
            page, job = found

            def alive(_: float, page: Hashable = page, job: _Job[Request, Answer] = job) -> None:
                newer = self._jobs.get(page) is not job
                draft_waits = job.full and any(not other.full for other in tuple(self._jobs.values()))
                if newer or draft_waits or self._stopped:
                    raise Superseded

            try:
                answer = self._solve(job.request, job.full, alive)
            except Superseded:
                continue
            except Exception:
                logger.exception("the explorer could not answer %s", job.request)
                self._finished(page, job)
                continue
            self._finished(page, job)
            job.deliver(answer)

    def _finished(self, page: Hashable, job: _Job[Request, Answer]) -> None:
        """Replace a draft by the full run that follows, unless something newer came."""
        with self._changed:
            if self._jobs.get(page) is not job:
                return
            if job.full:
                del self._jobs[page]
            else:
                self._jobs[page] = replace(job, full=True, due=time.monotonic() + self._rest)
