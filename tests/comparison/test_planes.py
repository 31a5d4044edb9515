"""Cosmology against laboratory: with toy scans what is computed and written, with the shipped ones the physics."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from boltzmann.cli import main
from boltzmann.cmb.likelihood import DATA
from boltzmann.comparison import planes, planes_report, scans
from boltzmann.comparison.exclusion_reasons import REASONS
from boltzmann.comparison.joint import Cube
from boltzmann.comparison.joint_table import joint_rows, table
from boltzmann.comparison.planes import THRESHOLDS, Planes, cube, least, why_excluded
from boltzmann.comparison.planes_report import PlanesReport, report
from tests import toy_scans


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Toy scans on a coarse grid."""
    monkeypatch.setattr(scans, "load", toy_scans.load)
    monkeypatch.setattr(planes, "_STEPS", 21)
    monkeypatch.setattr(planes, "_DM2_POINTS", 12)
    monkeypatch.setattr("boltzmann.figures.output.DPI", 40)
    return iter(())


def test_thresholds_are_those_of_two_parameters() -> None:
    assert pytest.approx((6.18, 11.83), abs=0.01) == THRESHOLDS


def test_cube_interpolates_delta_chi2() -> None:
    dm2, element = np.geomspace(0.02, 20.0, 31), np.geomspace(1e-5, 0.5, 41)
    coarse = toy_scans.cube(np.geomspace(0.02, 20.0, 9), np.geomspace(1e-5, 0.5, 13))
    exact = toy_scans.cube(dm2, element)["delta_chi2"].sel(data="planck2018").values
    found = cube(coarse, dm2, element).values["delta_chi2"]
    assert found.min() >= 0.0
    # where it matters, around 3 sigma, the position of the contour is good to a tenth of a decade: chi^2 rises by a
    # factor of about 4 per 0.3 decades of mixing there
    near = (exact > 6.0) & (exact < 20.0)
    assert np.abs(np.log(found[near] / exact[near])).max() < 0.5


def test_a_fluid_has_no_m_eff() -> None:
    dm2, element = np.geomspace(0.02, 20.0, 5), np.geomspace(1e-5, 0.5, 6)
    content = cube(toy_scans.cube(dm2, element, mass_matters=False), dm2, element)
    assert np.isnan(content.values["m_eff"]).all()
    assert np.isfinite(content.values["N_eff"]).all()


def test_numbers_of_a_plane_do_not_jump_on_a_plateau_of_bounds() -> None:
    """Delta chi^2 of bounds, here noise about 100, chooses any mixing: N_eff is that of least production."""
    dm2, element = np.geomspace(0.02, 20.0, 5), np.geomspace(1e-5, 0.5, 9)
    delta = 100.0 + np.random.default_rng(1).normal(size=(5, 9, 9))
    N_eff = 3.0 + np.broadcast_to(element[:, None] + element, delta.shape)
    content = Cube(dm2, element, {"delta_chi2": delta, "N_eff": N_eff, "m_eff": N_eff - 3.0})
    found = planes.cosmology("3+1", content, "ee")
    assert found.N_eff == pytest.approx(np.broadcast_to(3.0 + element + element[0], (5, 9)))
    assert found.m_eff == pytest.approx(found.N_eff - 3.0)
    assert np.array_equal(found.delta_chi2, delta.min(axis=2))


def test_tension_orders_the_scenarios(toys: None) -> None:
    found = Planes().tension()
    chi2 = [found[name].chi2 for name in ("3+1", "vector", "pseudoscalar")]
    assert chi2 == sorted(chi2, reverse=True)
    assert all(item.dof == 2 for item in found.values())
    curves = Planes().curves("planck2018", "title")
    for name, item in found.items():  # the least value of a profile is chi^2 of the test, or no mixing is better
        least_of_profiles = [float(values.min()) for values in curves.profiles[name].values()]
        assert least_of_profiles == pytest.approx([least_of_profiles[0]] * 3)
        assert least_of_profiles[0] == pytest.approx(item.scan_chi2)


def test_profiles_with_abundances_end_where_these_are_only_bounded(toys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    full, part = Planes(("3+1",)), Planes(("3+1",))
    few = toy_scans.load("3+1").copy(deep=True)
    few["Y_p"].values[:, 5:, :] = np.nan  # of 8 values of |U_e4|^2 the largest
    monkeypatch.setitem(part.__dict__, "scans", {"3+1": few})
    line, found = (p.curves("planck2018", "", "primat").profiles["3+1"]["Ue4_sq"] for p in (full, part))
    near = full.grid.element < few["Ue4_sq"].values[3]  # the interpolation between 3 and 4 sees the hole
    assert found[near] == pytest.approx(line[near])
    assert np.isnan(found[full.grid.element > few["Ue4_sq"].values[4]]).all()


def test_LCDM_is_the_limit_of_3_plus_1_alone() -> None:
    """The vector keeps its dark sector at any mixing; with BAO the line in the figure ends 13 above LCDM."""
    planes = Planes()
    found = planes.tension("planck2018+desi")
    # Delta chi^2 of the table is good to 0.5, and |U|^2 = 1e-5 at 0.02 eV2 produces next to nothing. Its active states
    # have the 0.0587 eV of the mass splittings, LCDM the 0.06 eV that Planck takes: -0.12 with BAO.
    assert found["3+1"].smallest_mixing == pytest.approx(-0.12, abs=0.1)
    assert found["3+1"].joint_best is None
    vector = found["vector"]
    curve = planes.curves("planck2018+desi", "").profiles["vector"]
    assert vector.joint_best is None
    assert vector.smallest_mixing > 10.0
    assert vector.scan_chi2 == pytest.approx(min(float(line.min()) for line in curve.values()))
    assert vector.scan_chi2 > vector.chi2 + 10.0
    sentence = planes_report._sentence("vector", "planck2018+desi", vector)
    assert (
        "joint best fit LCDM, without mixing and without dark sector, so that chi2 is the laboratory's own" in sentence
    )
    assert "preference for mixing. LCDM is no limit of its scan" in sentence
    assert f"In the scan the least chi2 is {vector.scan_chi2:.1f}, at dm2_41 = 0.02 eV2" in sentence
    assert planes_report._plain("vector", vector)["limit_of_small_mixing"] == {
        "is_LCDM": False,
        "smallest_mixing_delta_chi2": vector.smallest_mixing,
    }
    standard = planes_report._sentence("3+1", "planck2018+desi", found["3+1"])
    assert standard.endswith("Its limit of small mixing is LCDM.")
    assert planes_report._plain("3+1", found["3+1"])["limit_of_small_mixing"]["is_LCDM"]


def test_old_names_say_the_new_ones(toys: None) -> None:
    with pytest.warns(DeprecationWarning, match=r"Planes\.statements is an old name; write tension"):
        assert set(Planes().statements()) == {"3+1", "vector", "pseudoscalar"}
    with pytest.warns(DeprecationWarning, match=r"planes\.discord is an old name; write why_excluded"):
        assert planes.discord is why_excluded
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = planes.nothing


def test_why_excluded_reads_a_plane_whatever_its_order() -> None:
    data = toy_scans.plane("plane_vector")
    content = why_excluded("plane_vector", data.transpose("mediator_mass", ...))
    assert [REASONS[k] for k in content.reason[:, 0]] == [REASONS[k] for k in (0, 1, 2, 3, 4, 5, 6)]
    assert content.N_eff.shape == (content.coupling.size, content.mass.size)


def test_the_best_point_of_a_plane() -> None:
    data = toy_scans.plane("plane_vector")
    data["delta_chi2"][2, 3, 0] = -1.0
    assert least(data) == (-1.0, data.coupling.values[2], data.mediator_mass.values[3])


def test_command_writes_figures_captions_numbers_and_a_page(toys: None, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["confront", "--html", "--output", str(tmp_path / "new")])
    assert result.exit_code == 0, result.output
    assert [line.partition(": ")[2] for line in result.stderr.splitlines()] == [
        "laboratory data and scans on one grid",
        "figures",
        "files",
    ]
    answer = json.loads((tmp_path / "new" / "confront.json").read_text())
    lines = result.stdout.splitlines()
    rows = table(joint_rows())
    assert lines[: len(rows)] == rows
    assert max(map(len, lines)) < 250  # no pages of numbers in words
    files = {Path(line).name for line in lines[-8:]}
    names = ("planes", "numbers", "why-excluded", "signs", "joint", "planes-bbn", "joint-bbn")
    assert files == {*(f"{name}.png" for name in names), "report.html"}
    for name in names:
        assert (tmp_path / "new" / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        caption = (tmp_path / "new" / f"{name}.txt").read_text()
        assert ("arXiv:1703.00860" if name == "signs" else "arXiv:1907.12875") in caption
        assert "eV^2" in caption or "eV2" in caption
    assert set(answer["tension"]) == set(DATA)
    assert len(answer["joint"]) == 14 * len(DATA)
    assert "primordial Y_p and D/H" in (tmp_path / "new" / "joint-bbn.txt").read_text()
    assert "LCDM, 'laboratory alone' at small mixing" in (tmp_path / "new" / "joint.txt").read_text()
    html = (tmp_path / "new" / "report.html").read_text()
    assert html.count("data:image/png;base64,") == 7
    assert "http" not in html.replace("http://www.w3.org", "")
    assert "|U_e4|^2" in html
    for title in ("Tension of laboratory and cosmology", "laboratory without gallium", "Secret interactions where"):
        assert title in html
    assert html.count('<div class="scroll"><table>') == 4
    assert "Planck 2018, DESI DR2 BAO</td>" in html  # not the name of a parameter


def test_command_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    found = PlanesReport((Path("planes.png"),), Path("report.html"), ("a line",), {"tension": {}})
    monkeypatch.setattr("boltzmann.comparison.planes_report.report", lambda *_, **__: found)
    answer = json.loads(CliRunner().invoke(main, ["confront", "--html", "--json"]).stdout)
    assert answer == {"files": ["planes.png", "report.html"], "tension": {}}


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="cannot be written"):
        report(tmp_path / "file" / "new")
