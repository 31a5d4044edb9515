"""The files of data/cmb from a plan whose residuals are linear."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.table import Table as AstropyTable

from boltzmann.cmb import act, gauss_newton, tables
from boltzmann.cmb.gauss_newton import ROWS
from boltzmann.cmb.linear import START, STEPS, Estimate, estimate
from boltzmann.cmb.nodes import LCDM, fluid_nodes, held_out, nodes
from boltzmann.cmb.planck import FILES
from boltzmann.cmb.profile_table import COMPONENTS, DATA, PARAMETERS
from boltzmann.cmb.tables import principal_scores, write_all
from boltzmann.errors import ParameterError
from tests.linear import EXPANSION, SLOPE, STRUCTURE, run_of
from tests.planck import write_act, write_planck

TODO = [*nodes()[:20], *fluid_nodes()[:14], *held_out(4)]


@pytest.fixture(scope="module")
def plan() -> SimpleNamespace:
    points = {node: run_of(node, tuple(START)).point for node in TODO}
    estimates = {node: {data: estimate([point], EXPANSION, data) for data in DATA} for node, point in points.items()}
    return SimpleNamespace(todo=[*TODO, *nodes()[20:]], estimates=estimates, slopes=SLOPE, non_linear=STRUCTURE)


@pytest.fixture
def data_dir(tmp_path: Path) -> str:
    return str(write_act(write_planck(tmp_path / "data")))


def test_scores_give_chi2(plan) -> None:
    """What a node adds is linear and has few components: the quadratic form of the scores is nearly exact."""
    found = {node: plan.estimates[node] for node in nodes()[:20]}
    for data in DATA:
        scores, linear = principal_scores(found, data)
        assert scores.shape == (20, COMPONENTS)
        assert scores[0] == pytest.approx(np.zeros(COMPONENTS))
        expected = [e[data].chi2 - found[LCDM][data].chi2 for e in found.values()]
        assert scores @ linear + np.sum(scores**2, axis=1) == pytest.approx(expected, abs=0.05)


def test_written_tables(plan, tmp_path: Path, data_dir: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "version", lambda _: "1.0")
    write_all(plan, tmp_path, data_dir)
    table = AstropyTable.read(tmp_path / "profile.ecsv")
    assert len(table) == 20
    assert set(table.meta["sha256"]) == {*FILES.values(), *(f"{act.FOLDER}/{file}" for file in act.FILES.values())}
    assert table.meta["class_precision"]["l_max_scalars"] == 3200
    row = table[(table["delta_N_eff"] == 0) & (table["m_eff"] == 0) & (table["sum_m_nu"] == 0.06)]
    best: Estimate = plan.estimates[LCDM]["planck+act"]
    assert row["chi2 planck+act"][0] == pytest.approx(best.chi2, abs=1e-3)
    assert row["sigma8 planck+act"][0] == pytest.approx(best.values[ROWS + 1], abs=1e-5)
    assert row["P_act planck+act"][0] == pytest.approx(best.theta[-1], abs=1e-6)
    fluids = AstropyTable.read(tmp_path / "profile_fluid.ecsv")
    assert len(fluids) == len(set(fluid_nodes()) & set(TODO))
    held = AstropyTable.read(tmp_path / "profile_held_out.ecsv")
    assert len(held) == 4
    assert "s0 planck2018" not in held.colnames
    written = AstropyTable.read(tmp_path / "lcdm_jacobian.ecsv")
    for k, name in enumerate(PARAMETERS):
        assert written[name] * STEPS[k] == pytest.approx(SLOPE[:ROWS, k] * STEPS[k], abs=1e-5)
    assert len(written) == gauss_newton.ROWS
    assert written["non_linear"] == pytest.approx(STRUCTURE[:ROWS], abs=1e-5)


def test_nothing_computed(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="the runs for the derivatives at LCDM are not there yet"):
        write_all(SimpleNamespace(slopes=None), tmp_path, "")


def test_too_few_nodes(plan, tmp_path: Path, data_dir: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "version", lambda _: "1.0")
    few = {node: plan.estimates[node] for node in nodes()[:5]}
    with pytest.raises(ParameterError, match="profile has 5 nodes so far, too few for a table"):
        write_all(
            SimpleNamespace(todo=TODO, estimates=few, slopes=plan.slopes, non_linear=plan.non_linear),
            tmp_path,
            data_dir,
        )
