"""Compute the table of refits: CLASS runs at the nodes, as few as the minima of chi^2 of all combinations of data need.

One run serves all combinations: `linear` says where their minima lie and how much below the run. First come the runs
that this needs, then one run at each node, at the mean of the expected minima, then further runs where the predicted
gain is large beside Delta chi^2. What all runs show of second derivatives corrects the minima (`second_order`). A run
is a JSON line of the store, in the order in which they end, so that a program that was stopped goes on.
`scripts/make_cmb_table.py` is the command, `nodes` has the nodes, and `tables` writes the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import RBFInterpolator

from boltzmann.cmb import gauss_newton, linear, second_order
from boltzmann.cmb.gauss_newton import Measurements
from boltzmann.cmb.likelihood import best_fit
from boltzmann.cmb.linear import Estimate, Point
from boltzmann.cmb.nodes import LCDM, Node
from boltzmann.cmb.profile_table import DATA, DERIVED
from boltzmann.cmb.thermal import NON_LINEAR, SPECTRA, thermal_neutrinos
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.processes import pool

GAIN = 15.0  # predicted fall of chi^2 that is subtracted without a further run; 2% of it is the error
GAIN_SHARE = 0.3  # and of what chi^2 is above that of LCDM
EXACT_GAIN = 0.5  # the same of LCDM, from which all is counted
FEW_RUNS, MOST_RUNS = 3, 8  # of one node
FEW = 8  # nodes from which best fits are interpolated

Task = tuple[Node, tuple[float, ...], bool]  # the last: whether structure is non-linear


@dataclass(frozen=True)
class Run:
    """One CLASS run.

    Attributes
    ----------
    node : Node
        The neutrino sector.
    theta : tuple
        Parameters, in the order of `PARAMETERS`.
    values : list
        Whitened residuals of all data, and `DERIVED`.
    error : str
        Why it failed, "" if it did not.
    non_linear : bool
        Whether structure is non-linear; that of linear theory by default.
    """

    node: Node
    theta: tuple[float, ...]
    values: list[float]
    error: str = ""
    non_linear: bool = False

    @property
    def point(self) -> Point:
        """Parameters and values as arrays."""
        return Point(np.array(self.theta), np.array(self.values))


@cache
def measured(data_dir: str) -> Measurements:
    """Read the data, once in each process."""
    return gauss_newton.measurements(data_dir, with_act=True)


def evaluate(node: Node, theta: tuple[float, ...], non_linear: bool, data_dir: str) -> Run:
    """Run CLASS; a failure is a run too."""
    settings = {**thermal_neutrinos(*node), **SPECTRA, **(NON_LINEAR if non_linear else {})}
    try:
        evaluator = gauss_newton.evaluator(measured(data_dir), settings)
        _, residuals, theory = evaluator(np.array(theta))
    except ParameterError as error:
        return Run(node, theta, [], str(error), non_linear)
    derived = [float(getattr(theory, name)) for name in DERIVED]
    return Run(node, theta, [*(round(float(r), 5) for r in residuals), *derived], non_linear=non_linear)


def stored(store: Path) -> Iterator[tuple[Node, dict[str, Any]]]:
    """Yield node and other fields of each line of a store; a line that was cut off by a stop is left out."""
    if not store.is_file():
        return
    for line in store.read_text(encoding="utf-8").splitlines():
        try:
            fields: dict[str, Any] = json.loads(line)
        except json.JSONDecodeError:
            continue
        yield Node(*fields.pop("node")), fields


def read(store: Path) -> Iterator[Run]:
    """Yield the runs of a store."""
    for node, fields in stored(store):
        yield Run(node, tuple(fields.pop("theta")), **fields)


class Plan:
    """What is known of some nodes, and which run comes next.

    Attributes
    ----------
    todo : list of Node
        The first ones are computed first.
    estimates : dict
        Node -> combination of data -> Estimate, for the nodes that have a run.
    slopes : (VALUES, 9) array or None
        Derivatives at LCDM, as soon as their runs are there.
    non_linear : (VALUES,) array
        What non-linear structure adds to the values of LCDM, as soon as its run is there; added to those of all runs.
    """

    def __init__(self, todo: Iterable[Node], runs: Iterable[Run], data: Measurements) -> None:
        self.todo = list(todo)
        self.estimates: dict[Node, dict[str, Estimate]] = {}
        self._runs: dict[Node, list[Run]] = {}
        self._data = data
        self.slopes: Array | None = None
        self.non_linear = np.zeros(linear.VALUES)
        self._fit: second_order.Fit | None = None
        self._tried: set[Node] = set()
        self._structure: Run | None = None
        for run in runs:
            if not run.error:
                self._take(run)
        self._derive()

    def _take(self, run: Run) -> None:
        if run.non_linear:
            self._structure = run
        else:
            self._runs.setdefault(run.node, []).append(run)

    def add(self, run: Run) -> None:
        """Take a further run into account; a node that failed is left alone."""
        if run.error:
            self._tried.add(run.node)
            return
        self._take(run)
        if self.slopes is None:
            self._derive()
        else:
            self._estimate(run.node)

    def next(self, running: set[Task]) -> Task | None:
        """Return the run that is needed most and is not running, or None."""
        if self.slopes is None:
            return self._next_for_slopes(running)
        busy = {node for node, _, _ in running} | self._tried
        free = [node for node in self.todo if node not in busy]
        if LCDM in free and self.excess(LCDM) > 1.0 and len(self._runs[LCDM]) < self._most_runs(LCDM):
            return LCDM, self._target(LCDM), False
        new = next((node for node in free if node not in self.estimates), None)
        if new is not None:
            return new, tuple(map(float, self.start(new))), False
        short = [n for n in free if self.excess(n) > 1.0 and len(self._runs[n]) < self._most_runs(n)]
        again = max(short, key=self.excess, default=None)
        return None if again is None else (again, self._target(again), False)

    def _next_for_slopes(self, running: set[Task]) -> Task | None:
        """Return a run of LCDM that the derivatives or the effect of non-linear structure need."""
        points = [tuple(map(float, theta)) for theta in linear.stencil()]
        needed = [(LCDM, points[0], True), *((LCDM, point, False) for point in points)]
        have = {(LCDM, run.theta, False) for run in self._runs.get(LCDM, ())} | running
        if self._structure is not None:
            have.add(needed[0])
        return next((task for task in needed if task not in have), None)

    def _most_runs(self, node: Node) -> int:
        return MOST_RUNS + (len(linear.stencil()) if node == LCDM else 0)

    def excess(self, node: Node) -> float:
        """Return the largest predicted gain of a node over what is subtracted without a run."""
        return max(self._excesses(node).values())

    def _excesses(self, node: Node) -> dict[str, float]:
        found = self.estimates[node]
        if node == LCDM:
            return {data: minimum.gain / EXACT_GAIN for data, minimum in found.items()}
        above = {data: max(0.0, minimum.chi2 - self.estimates[LCDM][data].chi2) for data, minimum in found.items()}
        return {d: minimum.gain / (GAIN + GAIN_SHARE * above[d]) for d, minimum in found.items()}

    def _target(self, node: Node) -> tuple[float, ...]:
        """Return where the worst combination has its minimum, at first the mean with those on the same side of DESI."""
        excess = self._excesses(node)
        worst = max(excess, key=excess.__getitem__)
        alike = [d for d in DATA if excess[d] > 1.0 and d.endswith("desi") == worst.endswith("desi")]
        alike = alike if len(self._runs[node]) < FEW_RUNS else [worst]
        mean = np.mean([self.estimates[node][data].theta for data in alike], axis=0)
        return tuple(map(float, mean))

    def start(self, node: Node) -> Array:
        """Return where CLASS runs first, (9,): the mean of the expected best fits to all combinations of data.

        They are those of the shipped table, corrected by what the nodes computed so far have found instead.
        """
        known = list(self.estimates)
        found = np.array([np.mean([e.theta for e in self.estimates[n].values()], axis=0) for n in known])
        missed = found - np.array([shipped(n) for n in known])
        if len(known) < FEW:
            return np.asarray(shipped(node) + missed.mean(axis=0))
        at = np.array(known)
        spread = np.maximum(np.ptp(at, axis=0), 0.3)  # the first node in a new direction is near the others
        surface = RBFInterpolator(at / spread, missed, kernel="linear", degree=0)
        return np.asarray(shipped(node) + surface(np.array([node]) / spread)[0])

    def _derive(self) -> None:
        """Make the derivatives if their runs are there, and all estimates with them."""
        found = {run.theta: run.point.values for run in self._runs.get(LCDM, ())}
        points = [tuple(map(float, theta)) for theta in linear.stencil()]
        if self._structure is not None and all(point in found for point in points):
            self.slopes = linear.slopes([found[point] for point in points], self._data)
            residuals = (self._structure.point.values - found[points[0]])[: gauss_newton.ROWS]
            self.non_linear[: gauss_newton.ROWS] = residuals
            self.learn()

    def learn(self) -> None:
        """Fit the expansion of residuals to all runs, and make all estimates with it."""
        assert self.slopes is not None
        pairs = [pair for node, runs in self._runs.items() for pair in self._pairs(node, runs)]
        self._fit = second_order.Fit(pairs, self.slopes)
        for node in self._runs:
            self._estimate(node)

    def _pairs(self, node: Node, runs: list[Run]) -> Iterator[second_order.Pair]:
        """Yield the first run of a node with each other one."""
        assert self.slopes is not None
        first, *others = (run.point for run in runs)
        for other in others:
            missed = other.values - first.values - self.slopes @ (other.theta - first.theta)
            yield second_order.Pair(node, first.theta - linear.START, other.theta - linear.START, missed)

    def _estimate(self, node: Node) -> None:
        assert self._fit is not None
        points = [Point(run.point.theta, run.point.values + self.non_linear) for run in self._runs[node]]
        expansion = self._fit.at(node)
        self.estimates[node] = {data: linear.estimate(points, expansion, data) for data in DATA}


@cache
def shipped(node: Node) -> Array:
    """Return the mean of the best fits of the shipped table to all combinations of data, (9,)."""
    sector = node.delta_N_eff, node.m_eff, node.N_eff_4
    return np.asarray(np.mean([best_fit(sector, data) for data in DATA], axis=0))


def run(todo: list[Node], store: Path, data_dir: str, workers: int = 2) -> Iterator[Plan]:
    """Compute what the store does not have yet; yield the plan after each run has been stored, and at the end."""
    plan = Plan(todo, read(store), measured(data_dir))
    with pool(workers) as executor, store.open("a", encoding="utf-8") as file:
        running: dict[Future[Run], Task] = {}
        while True:
            while len(running) < workers and (task := plan.next(set(running.values()))) is not None:
                running[executor.submit(evaluate, *task, data_dir)] = task
            if not running:
                plan.learn()
                if plan.next(set()) is None:
                    yield plan
                    return
                continue
            yield plan
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                running.pop(future)
                result = future.result()
                file.write(json.dumps(asdict(result)) + "\n")
                file.flush()
                plan.add(result)
