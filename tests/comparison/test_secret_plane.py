"""The plane of coupling and mass: what a point's numbers mean, and a file of results that survives being stopped."""

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from boltzmann import Mixing, Options, ParameterError, solve
from boltzmann.comparison import secret_plane, secret_plots
from boltzmann.comparison.secret_plane import Plane, Table, compute, latest_recoupling, measure, table
from boltzmann.potentials import SecretVector

QUICK = Options(n_momenta=8, rtol=1e-3, nu_nu=False)
MU = Mixing(dm2_41="1 eV2", theta_24="0.1 rad")
SMALL = Plane(points=2, e_s=(1e-3, 1e-2), mass=(1.0, 10.0), options=QUICK)
REGION = {"e_s": (1e-6, 0.1), "mass": (1e-2, 100.0)}


@pytest.mark.parametrize("mass", ["1 MeV", "10 MeV"])
def test_energy_received_is_what_the_actives_lost(mass: str) -> None:
    """Without weak collisions the comoving energy of the active neutrinos changes only by conversion."""
    options = Options(n_momenta=8, collisions=False)
    solution = solve(MU, [SecretVector(1e-2, mass)], options)
    active = sum(solution.energy_density(state) for state in ("e", "mu", "tau"))
    received = secret_plane.energy_received(solution)
    assert received.max() > 0.1
    # Simpson's rule for rho - 3P of the mediators over the stored points, h <= 0.15 in ln x: h^4/180 of 0.5, a few 1e-6
    assert received == pytest.approx(active[0] - active, abs=2e-5)


def test_recoupling_temperature_of_a_given_history() -> None:
    T = np.geomspace(10.0, 0.01, 301)
    received = 0.6 / (1.0 + (T / 0.5) ** 4)
    # the curve is 0.3 at 0.5 MeV; interpolation over 2.3% in T is good to its square
    assert secret_plane.recoupling_temperature(T, received) == pytest.approx(0.5, rel=1e-3)
    assert secret_plane.late_share(T, received) == pytest.approx(1.0 - 1.0 / (1.0 + 0.2**4), rel=0.02)
    given_back = np.where(T < 0.05, 0.4 * received, received)
    # its largest value is at 0.05 MeV, 1e-4 below the end of the other
    assert secret_plane.recoupling_temperature(T, given_back) == pytest.approx(0.5, rel=1e-3)
    assert np.isnan(secret_plane.recoupling_temperature(T, 0.01 * received))
    assert np.isnan(secret_plane.late_share(T, 0.01 * received))


def test_a_stopped_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, calls = tmp_path / "new" / "results.jsonl", []
    compute(SMALL, file, 1, lambda *call: calls.append(call))
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
    lines = file.read_text().splitlines()
    assert len(lines) == 5
    before = table(file)
    file.write_text("\n".join(lines[:4]) + "\n" + lines[4][:30])  # killed while writing the last line
    assert np.isnan(table(file).values["N_eff"]).sum() == 1
    asked = []
    monkeypatch.setattr(secret_plane, "measure", lambda *a: asked.append(a[1:]) or measure(*a))
    compute(SMALL, file, 1)
    last = json.loads(lines[4])
    assert asked == [(last["i"], last["j"])]
    after = table(file)
    for name in secret_plane.NUMBERS:  # a run depends on its arguments alone
        assert np.array_equal(after.values[name], before.values[name])
    compute(SMALL, file, 1)
    assert len(asked) == 1


def test_results_of_another_plane_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    file.write_text(json.dumps({**SMALL.header(), "T_s_over_T": 0.3}) + "\n")
    with pytest.raises(ParameterError, match="other values of T_s_over_T; give another --output"):
        compute(SMALL, file, 1)


def test_a_failed_point_is_recorded(tmp_path: Path) -> None:
    few = Plane(points=2, options=Options(n_momenta=8, max_steps=5))
    assert measure(few, 0, 0)["status"] == "TOO_MANY_STEPS"
    refused = measure(Plane(points=2, e_s=(1e-3, 2.0), options=QUICK), 1, 0)
    assert refused["status"].startswith("ParameterError: ")
    file = tmp_path / "results.jsonl"
    compute(few, file, 1)
    results = table(file)
    assert results.failed.all()
    FigureCanvasAgg(secret_plots.plane_figure(results, REGION)).draw()


def test_bad_input(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="points = 1 is not allowed"):
        Plane(points=1)
    with pytest.raises(ParameterError, match="no sterile state"):
        Plane(mixing=Mixing())
    (tmp_path / "empty").touch()
    with pytest.raises(ParameterError, match="has no results of a plane"):
        table(tmp_path / "empty")


def synthetic(T: np.ndarray) -> Table:
    n = len(T)
    couplings, masses = np.geomspace(1e-6, 0.5, n), np.geomspace(1e-3, 1e3, n)
    values = {"N_eff_1MeV": 3.1 + T / 5, "N_eff": 3.2 + T / 5, "T_recoupling_MeV": T, "late_share": 0.1 / T}
    return Table(Plane(points=n).header(), couplings, masses, values, np.zeros((n, n), bool))


def test_latest_recoupling() -> None:
    T = np.full((10, 10), 2.0)
    T[0, 0] = 0.01  # e_s = 1e-6, M = 1 keV: outside
    T[5, 5] = 0.3
    late = latest_recoupling(synthetic(T), **REGION)
    results = synthetic(T)
    assert late[:3] == (0.3, results.couplings[5], results.masses[5])
    assert late.share == pytest.approx(0.1 / 0.3)
    assert (late.points, late.below) == (8 * 6, 0)  # e_s = 1e-6 to 0.027 in steps of 4.3, M = 22 keV to 46 MeV
    assert np.isnan(latest_recoupling(synthetic(np.full((3, 3), np.nan)), **REGION).temperature)


def test_plane_figure() -> None:
    x = np.linspace(-1.3, 1.2, 12)
    figure = secret_plots.plane_figure(synthetic(10 ** np.add.outer(-x, x)), REGION)
    FigureCanvasAgg(figure).draw()  # warnings are errors
    a, b, c, *bars = figure.axes
    assert [ax.get_title(loc="left")[:3] for ax in (a, b, c)] == ["(a)", "(b)", "(c)"]
    assert all("MeV" in ax.get_xlabel() for ax in (a, b, c))
    assert "e_s" in a.get_ylabel()
    assert len(bars) == 2
    assert {"3.5", "4"} <= {text.get_text() for text in b.texts}
    assert {"0.5", "1"} <= {text.get_text() for text in c.texts}
    assert sum(type(patch).__name__ == "Rectangle" for patch in c.patches) == 1
    caption = " ".join(figure.get_supxlabel().split())
    assert "0.00997" in caption  # sin^2(0.1), the mixing assumed
    assert "0.1 MeV: vermilion line" in caption
    assert "arXiv:1605.06506" in caption
    assert "failed" not in caption


def test_figure_without_late_recoupling_says_so() -> None:
    results = synthetic(np.full((4, 4), 2.0))
    results.failed[1, 2] = True
    caption = " ".join(secret_plots.plane_figure(results, REGION).get_supxlabel().split())
    assert "0.1 MeV: nowhere in the plane" in caption
    assert "1 points failed" in caption
