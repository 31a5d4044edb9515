"""The program behind the profile table, with CLASS replaced by linear residuals."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table as AstropyTable

from boltzmann.cmb import gauss_newton, tabulate
from boltzmann.cmb.gauss_newton import ROWS, Evaluation
from boltzmann.cmb.likelihood import COMPONENTS, DATA, PARAMETERS, most_N_eff_4
from boltzmann.cmb.planck import FILES
from boltzmann.cmb.tabulate import LCDM, Record, compute, derivatives, held_out, nodes, principal_scores, read, run
from boltzmann.cmb.thermal import least_N_eff_4
from boltzmann.errors import ParameterError
from tests.planck import spectra, write_planck

RANDOM = np.random.default_rng(11)
SLOPE = RANDOM.normal(size=(ROWS, 7)) / tabulate.STEPS
DIRECTIONS = RANDOM.normal(size=(ROWS, 3))
OFFSET = RANDOM.normal(size=ROWS)


@pytest.fixture
def linear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace CLASS: residuals are linear in the node and in the parameters. The node is hidden in the neutrinos."""

    def evaluator(_, neutrinos):
        node = neutrinos["node"]

        def evaluate(theta):
            if node[1] == 0.666:
                raise ParameterError("CLASS stopped: no reason")
            r = OFFSET + DIRECTIONS @ node + SLOPE @ (theta - tabulate.START)
            return Evaluation(theta, r, spectra())

        return evaluate

    monkeypatch.setattr(gauss_newton, "evaluator", evaluator)
    monkeypatch.setattr(tabulate, "thermal_neutrinos", lambda *node: {"node": np.array(node)})
    monkeypatch.setattr(tabulate, "_planck", lambda _: None)
    monkeypatch.setattr(tabulate, "pool", ThreadPoolExecutor)


def exact(node: tuple[float, float, float], data: str) -> float:
    chosen = gauss_newton.rows(data)
    A, b = SLOPE[chosen], (OFFSET + DIRECTIONS @ np.array(node))[chosen]
    return float(np.sum((b - A @ np.linalg.lstsq(A, b, rcond=None)[0]) ** 2))


def test_nodes_cover_the_table_once() -> None:
    points = nodes()
    assert points[0] == LCDM
    assert len(set(points)) == len(points)
    total, mass, own = np.array(points).T
    assert (total.min(), total.max(), mass.max()) == (-0.6, 3.0, 4.0)
    massive = mass > 0
    assert np.all(own[massive] > 0.99 * least_N_eff_4(mass[massive]))  # rounded to four digits
    assert np.all(own <= most_N_eff_4(total) + 1e-3)


def test_held_out_points_lie_between_nodes() -> None:
    points = held_out(12)
    assert len(points) == 12
    assert not set(points) & set(nodes())
    assert points == held_out(16)[:12]


def test_compute_one_node(linear) -> None:
    record = compute((0.3, 0.2, 0.3), (tabulate.START + tabulate.STEPS).tolist(), SLOPE, "")
    for data in DATA:
        assert record.chi2[data] == pytest.approx(exact(record.node, data), rel=1e-9)
        assert np.sum(np.square(record.residuals[data])) == pytest.approx(record.chi2[data], rel=1e-4)
    assert record.calls <= 3


def test_failure_is_a_record(linear, tmp_path: Path) -> None:
    store = tmp_path / "results.jsonl"
    todo = [LCDM, (0.1, 0.666, 0.1)]
    records = list(run(todo, store, "", SLOPE, workers=1))
    assert sorted(r.error for r in records) == ["", "CLASS stopped: no reason"]
    assert [r.node for r in run(todo, store, "", SLOPE, workers=1)] == [todo[1]]  # failed ones are tried again


def test_a_run_goes_on(linear, tmp_path: Path) -> None:
    store, todo = tmp_path / "results.jsonl", nodes()[:12]
    first = list(run(todo[:9], store, "", SLOPE, workers=2))
    with store.open("a") as file:
        file.write('{"node": [0.1, 0')  # a line cut off by a kill
    assert len(first) == len(list(read(store))) == 9
    store.write_text(store.read_text() + "\n")
    assert {r.node for r in run(todo, store, "", SLOPE, workers=2)} == set(todo[9:])
    assert list(run(todo, store, "", SLOPE, workers=2)) == []


def test_derivatives(linear) -> None:
    assert derivatives("", 2) == pytest.approx(SLOPE, rel=1e-6)


def test_scores_give_chi2(linear) -> None:
    """Linear residuals have three components: the quadratic form of the scores is exact."""
    records = [compute(node, tabulate.START.tolist(), SLOPE, "") for node in nodes()[:30]]
    for data in DATA:
        scores, linear_part = principal_scores(records, data)
        assert scores.shape == (30, COMPONENTS)
        found = scores @ linear_part + np.sum(scores**2, axis=1)
        expected = [r.chi2[data] - records[0].chi2[data] for r in records]
        assert found == pytest.approx(expected, abs=1e-2)  # residuals are stored with five digits


def test_written_tables(linear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabulate, "version", lambda _: "1.0")
    data_dir = write_planck(tmp_path)
    records = [compute(node, tabulate.START.tolist(), SLOPE, "") for node in nodes()[:20]]
    failed = Record(LCDM, {}, {}, {}, {}, {}, 0, "failed")
    tabulate.write_profile([*records, failed], tmp_path / "profile.ecsv", str(data_dir))
    table = AstropyTable.read(tmp_path / "profile.ecsv")
    assert len(table) == 20
    assert set(table.meta["sha256"]) == set(FILES.values())
    row = table[(table["delta_N_eff"] == 0) & (table["m_eff"] == 0)]
    assert row["chi2 planck2018"][0] == pytest.approx(records[0].chi2["planck2018"], abs=1e-3)
    tabulate.write_profile(records[1:4], tmp_path / "held_out.ecsv", str(data_dir), scored=False)
    assert "s0 planck2018" not in AstropyTable.read(tmp_path / "held_out.ecsv").colnames
    tabulate.write_jacobian(SLOPE, tmp_path / "jacobian.ecsv", str(data_dir))
    written = AstropyTable.read(tmp_path / "jacobian.ecsv")
    scale = np.abs(SLOPE).max(axis=0)
    for k, name in enumerate(PARAMETERS):
        assert written[name] / scale[k] == pytest.approx(SLOPE[:, k] / scale[k], abs=1e-5)
