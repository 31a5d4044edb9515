"""The plane of coupling and mass: what a point's numbers mean, the scan that has them, and the figure of it."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg

from boltzmann import Mixing, Options, ParameterError
from boltzmann.comparison import recoupling
from boltzmann.comparison.recoupling import caption, compute, energy_received, figure_data, latest
from boltzmann.figures.secret import plane_figure
from boltzmann.potentials import SecretVector
from tests.solutions import solve_same as solve

QUICK = Options(n_momenta=8, rtol=1e-3, nu_nu=False)
MU = Mixing(dm2_41="1 eV2", theta_24="0.1 rad")
REGION = {"e_s": (1e-6, 0.1), "mass": (1e-2, 100.0)}
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("mass", ["1 MeV", "10 MeV"])
def test_energy_received_is_what_the_actives_lost(mass: str) -> None:
    """Without weak collisions the comoving energy of the active neutrinos changes only by conversion."""
    options = Options(n_momenta=8, collisions=False)
    solution = solve(MU, [SecretVector(1e-2, mass)], options)
    active = sum(solution.energy_density(state) for state in ("e", "mu", "tau"))
    received = energy_received(solution)
    assert received.max() > 0.1
    # Simpson's rule for rho - 3P of the mediators over the stored points, h <= 0.15 in ln x: h^4/180 of 0.5, a few 1e-6
    assert received == pytest.approx(active[0] - active, abs=2e-5)


def test_recoupling_temperature_of_a_given_history() -> None:
    T = np.geomspace(10.0, 0.01, 301)
    received = 0.6 / (1.0 + (T / 0.5) ** 4)
    # the curve is 0.3 at 0.5 MeV; interpolation over 2.3% in T is good to its square
    assert recoupling.half_received(T, received) == pytest.approx(0.5, rel=1e-3)
    assert recoupling.received_below(T, received, 0.1) == pytest.approx(1.0 - 1.0 / (1.0 + 0.2**4), rel=0.02)
    given_back = np.where(T < 0.05, 0.4 * received, received)
    # its largest value is at 0.05 MeV, 1e-4 below the end of the other
    assert recoupling.half_received(T, given_back) == pytest.approx(0.5, rel=1e-3)
    assert np.isnan(recoupling.half_received(T, 0.01 * received))
    assert np.isnan(recoupling.received_below(T, 0.01 * received, 0.1))


def test_a_scan_has_the_numbers_of_its_points_and_is_drawn(tmp_path: Path) -> None:
    data = compute(2, store=tmp_path, options=QUICK, workers=1)
    assert data["T_recoupling_MeV"].dims == ("coupling", "mediator_mass")
    assert data["late_share"].attrs["long_name"].startswith("Share of the energy of the dark sector")
    run = solve(MU, [SecretVector(0.5, "1e-3 MeV")], QUICK)
    point = data.isel(coupling=1, mediator_mass=0)
    assert float(point["T_recoupling_MeV"]) == recoupling.recoupling_temperature(run)
    assert float(point["late_share"]) == recoupling.late_share(run)
    FigureCanvasAgg(plane_figure(figure_data(data, REGION))).draw()  # warnings are errors


def test_one_point_makes_no_figure() -> None:
    with pytest.raises(ParameterError, match="points = 1 is not allowed"):
        compute(1)


def synthetic(T: np.ndarray) -> xr.Dataset:
    n = len(T)
    axes = {"coupling": np.geomspace(1e-6, 0.5, n), "mediator_mass": np.geomspace(1e-3, 1e3, n)}
    early = np.stack([3.1 + T / 5, 3.1 + T / 5], axis=-1)
    columns = {"N_eff": 3.2 + T / 5, "T_recoupling_MeV": T, "late_share": 0.1 / T, "status": np.zeros((n, n), int)}
    values = {name: (tuple(axes), column) for name, column in columns.items()}
    return xr.Dataset({**values, "N_eff_bbn": ((*axes, "T_bbn"), early)}, {**axes, "T_bbn": [1.0, 0.07]})


def test_latest_recoupling() -> None:
    T = np.full((10, 10), 2.0)
    T[0, 0] = 0.01  # e_s = 1e-6, M = 1 keV: outside
    T[5, 5] = 0.3
    data = synthetic(T)
    late = latest(data.transpose("mediator_mass", ...), REGION)
    assert late[:3] == (0.3, data.coupling[5], data.mediator_mass[5])
    assert late.share == pytest.approx(0.1 / 0.3)
    assert (late.points, late.below) == (8 * 6, 0)  # e_s = 1e-6 to 0.027 in steps of 4.3, M = 22 keV to 46 MeV
    assert np.isnan(latest(synthetic(np.full((3, 3), np.nan)), REGION).temperature)


def test_plane_figure() -> None:
    x = np.linspace(-1.3, 1.2, 12)
    data = synthetic(10 ** np.add.outer(-x, x))
    figure = plane_figure(figure_data(data, REGION))
    FigureCanvasAgg(figure).draw()  # warnings are errors
    a, b, c, *bars = figure.axes
    assert [ax.get_title(loc="left")[:3] for ax in (a, b, c)] == ["(a)", "(b)", "(c)"]
    assert all("MeV" in ax.get_xlabel() for ax in (a, b, c))
    assert "e_s" in a.get_ylabel()
    assert len(bars) == 2
    assert {"3.5", "4"} <= {text.get_text() for text in b.texts}
    assert {"0.5", "1"} <= {text.get_text() for text in c.texts}
    assert sum(type(patch).__name__ == "Rectangle" for patch in c.patches) == 1
    words = caption(data).text
    assert "0.00997" in words  # sin^2(0.1), the mixing assumed
    assert "0.1 MeV: vermilion line" in words
    assert "arXiv:1605.06506" in words
    assert "failed" not in words


def test_figure_without_late_recoupling_says_so() -> None:
    data = synthetic(np.full((4, 4), 2.0))
    data["status"][1, 2] = 1
    words = caption(data).text
    assert "0.1 MeV: nowhere in the plane" in words
    assert "1 points failed" in words


def test_figure_of_a_plane_without_recoupling() -> None:
    data = synthetic(np.full((4, 4), 2.0))
    data["T_recoupling_MeV"][:] = np.nan
    figure = plane_figure(figure_data(data, REGION))
    FigureCanvasAgg(figure).draw()
    assert "none was found" in caption(data).text


def test_script_goes_on_from_its_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    spec = importlib.util.spec_from_file_location("secret_plane", ROOT / "scripts" / "secret_plane.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    asked = []

    def scan(points, *, store, workers):
        asked.append((points, store, workers))
        return synthetic(np.full((points, points), 2.0))

    monkeypatch.setattr(script, "compute", scan)
    monkeypatch.setattr(script, "failures", lambda _: [])
    monkeypatch.setattr("boltzmann.figures.output.DPI", 40)
    output = tmp_path / "new"
    monkeypatch.setattr(sys, "argv", ["secret_plane.py", "--output", str(output), "--points", "5", "--workers", "2"])
    assert script.main() == 0
    assert asked == [(5, output / "store", 2)]
    assert {file.name for file in output.iterdir()} == {f"plane.{suffix}" for suffix in ("nc", "pdf", "png", "txt")}
    assert "0 of 12 points below 0.1 MeV" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["secret_plane.py", "--output", str(output / "plane.nc")])
    assert script.main() == 2
    assert "cannot be written" in capsys.readouterr().err
