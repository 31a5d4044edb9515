"""The program behind the tables, with CLASS replaced by linear residuals."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from boltzmann.cmb import gauss_newton, linear, tabulate
from boltzmann.cmb.linear import STEPS
from boltzmann.cmb.nodes import LCDM, Node, nodes
from boltzmann.cmb.profile_table import DATA
from boltzmann.cmb.tabulate import MOST_RUNS, Plan, Run, evaluate, read, run
from boltzmann.errors import ParameterError
from tests.linear import SLOPE, STRUCTURE, run_of, structure_of
from tests.planck import spectra

STENCIL = [tuple(map(float, theta)) for theta in linear.stencil()]


@pytest.fixture
def simple(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace CLASS and the data: residuals are linear in the node and in the parameters."""

    def fake(node, theta, non_linear, _):
        if non_linear:
            return structure_of(node, theta)
        if node[1] == 0.666:
            return Run(node, theta, [], "CLASS stopped: no reason")
        return run_of(node, theta)

    monkeypatch.setattr(tabulate, "evaluate", fake)
    monkeypatch.setattr(tabulate, "measured", lambda _: None)
    monkeypatch.setattr(tabulate, "shipped", lambda _: np.full(9, 0.1) * STEPS + linear.START)
    monkeypatch.setattr(linear, "recalibrated", lambda *given: np.array(run_of(LCDM, given[2]).values))
    monkeypatch.setattr(tabulate, "pool", ThreadPoolExecutor)


def finished(todo: list[Node], store: Path, workers: int = 1) -> Plan:
    *_, plan = run(todo, store, "", workers)
    return plan


def exact(node: Node, data: str) -> float:
    chosen, free = gauss_newton.rows(data), gauss_newton.free(data)
    A, b = (
        SLOPE[np.ix_(chosen, free)] * STEPS[free],
        (np.array(run_of(node, tuple(linear.START)).values) + STRUCTURE)[chosen],
    )
    return float(np.sum((b - A @ np.linalg.lstsq(A, b, rcond=None)[0]) ** 2))


def test_one_run_for_each_node(simple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First the derivatives, then LCDM until it is exact, then the nodes in their order."""
    monkeypatch.setattr(tabulate, "GAIN", 1000.0)  # made-up data of the combinations have distant minima
    todo, store = nodes()[:6], tmp_path / "runs.jsonl"
    plan = finished(todo, store)
    done = list(read(store))
    assert [r.non_linear for r in done] == [True] + [False] * (len(done) - 1)
    assert [r.theta for r in done[1:14]] == STENCIL
    assert all(r.node == LCDM for r in done[:14])
    later = [r.node for r in done if r.node != LCDM]
    assert later == todo[1:]
    for node in todo:
        for data in DATA:
            assert plan.estimates[node][data].chi2 == pytest.approx(
                exact(node, data), abs=1e-2
            )  # five digits of values


def test_further_runs_where_the_gain_is_large(simple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabulate, "shipped", lambda node: linear.START + 3.0 * node.m_eff * STEPS)
    todo = [LCDM, Node(0.1), Node(0.2, 1.0, 0.2)]
    plan = finished(todo, tmp_path / "runs.jsonl")
    count = [r.node for r in read(tmp_path / "runs.jsonl")].count(todo[2])
    assert 1 < count <= MOST_RUNS
    assert all(plan.excess(node) <= 1.0 for node in todo)


def test_failure_is_a_run(simple, tmp_path: Path) -> None:
    store, bad = tmp_path / "runs.jsonl", Node(0.1, 0.666, 0.1)
    plan = finished([LCDM, bad], store)
    assert bad not in plan.estimates
    assert [r.error for r in read(store) if r.node == bad] == ["CLASS stopped: no reason"]
    finished([LCDM, bad], store)
    assert len([r for r in read(store) if r.node == bad]) == 2  # failed ones are tried again, once


def test_a_run_goes_on(simple, tmp_path: Path) -> None:
    store, todo = tmp_path / "runs.jsonl", nodes()[:12]
    plans = run(todo[:9], store, "", 2)
    for _ in range(14):
        next(plans)
    plans.close()
    before = len(list(read(store)))
    with store.open("a") as file:
        file.write('{"node": [0.1, 0\n')  # a line cut off by a kill
    plan = finished(todo, store, workers=2)
    assert set(plan.estimates) == set(todo)
    runs = [(r.node, r.theta, r.non_linear) for r in read(store)]
    assert 0 < before < len(runs) == len(set(runs))
    finished(todo, store)
    assert len(list(read(store))) == len(runs)


def test_start_follows_what_was_found(simple, tmp_path: Path) -> None:
    """The mean of the best fits of the neighbours, relative to the shipped table."""
    plan = finished(nodes()[:12], tmp_path / "runs.jsonl")
    known = plan.todo[5]
    found = np.mean([e.theta for e in plan.estimates[known].values()], axis=0)
    assert (plan.start(known) - found) / STEPS == pytest.approx(np.zeros(9), abs=1e-6)


def test_evaluate(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def evaluator(_, parameters):
        asked.append(parameters)
        return lambda theta: gauss_newton.Evaluation(theta, np.zeros(gauss_newton.ROWS), spectra())

    monkeypatch.setattr(tabulate, "measured", lambda _: None)
    monkeypatch.setattr(gauss_newton, "evaluator", evaluator)
    theta = tuple(linear.START)
    result = evaluate(Node(0.0, sum_m_nu=0.15), theta, False, "")
    assert (result.theta, result.error, result.non_linear) == (theta, "", False)
    assert result.values[-3:] == [0.7, 0.8, 0.3]
    assert asked[0]["deg_ncdm"] == "2,1"
    assert "non_linear" not in asked[0]
    assert evaluate(LCDM, theta, True, "").non_linear
    assert asked[1]["non_linear"] == "hmcode"
    assert json.loads(json.dumps(result.values)) == result.values

    def failing(*_):
        raise ParameterError("CLASS stopped")

    monkeypatch.setattr(gauss_newton, "evaluator", failing)
    assert evaluate(LCDM, theta, False, "").error == "CLASS stopped"
