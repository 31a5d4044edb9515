"""The page as a file: its tables against the solver, and in a real browser."""

import numpy as np
import pytest

pytest.importorskip("bokeh", reason="the page needs Bokeh: pip install 'sterile-boltzmann[explore]'")

from scipy.interpolate import RegularGridInterpolator

from boltzmann import Mixing, lab, solve
from boltzmann.explore import static
from boltzmann.explore.state import KNOBS_OF
from tests.explore.chromium import BROWSER, DRIVER, MISSING, Chromium

UP = "\ue013"


def table(found, values):
    """Return the linear interpolation that the page does."""
    axes = [np.log(axis) for axis in found["axes"]]
    return RegularGridInterpolator(axes, np.asarray(values, float).reshape([axis.size for axis in axes]))


@pytest.fixture(scope="module")
def cube():
    return static.grid("none")


def test_tables_are_near_the_solver(cube) -> None:
    interpolated = table(cube, cube["N_eff"])
    for dm2, e, mu in [(1.3, 0.01, 0.01), (0.3, 2e-4, 5e-4), (0.05, 3e-3, 1e-4), (5.0, 3e-5, 7e-5)]:
        N_eff = solve(Mixing(dm2_41=f"{dm2} eV2", Ue4_sq=e, Umu4_sq=mu)).N_eff
        # two decimals are shown; cubic between 17 x 13 x 13 points (two parameters, 18 x 18: 5e-3 at most)
        assert float(interpolated(np.log([dm2, e, mu]))[0]) == pytest.approx(N_eff, abs=0.015)


@pytest.mark.parametrize("kind", list(KNOBS_OF))
def test_tables_are_complete(kind: str) -> None:
    found = static.grid(kind)
    size = int(np.prod([len(axis) for axis in found["axes"]]))
    assert found["N_eff"].shape == found["m_eff"].shape == (size,)
    assert np.isfinite(found["N_eff"]).all()
    assert all(values.shape == (size,) and np.isfinite(values).all() for _, values in found["data"])
    assert len(found["names"]) == len(found["axes"])


def test_experiments_are_those_of_the_laboratory() -> None:
    found = {item["name"]: item for item in static.experiments()}
    assert set(found) == {lab.experiment(name).NAME for name in lab.verified()}
    gallium = found[lab.gallium.NAME]
    grid = {"axes": [np.geomspace(0.01, 100.0, 81), gallium["amplitude"]]}
    value = float(table(grid, gallium["table"])(np.log([1.3, 0.01]))[0])
    wanted = float(lab.gallium.chi2(1.3, 0.01) - lab.gallium.chi2(1.3))
    assert value == pytest.approx(wanted, abs=0.05)  # linear between 81 points of four decades


@pytest.fixture(scope="module")
def file(tmp_path_factory, toy_planes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(static, "plane", toy_planes.__getitem__)
        path = tmp_path_factory.mktemp("page") / "explorer.html"
        static.write(path)
    return path


def test_the_file_stands_alone(file) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text) < 4e6
    assert "<script src=" not in text
    assert 'rel="stylesheet"' not in text


@pytest.mark.skipif(not (BROWSER and DRIVER), reason=MISSING)
def test_in_chromium_the_file_answers_without_a_server(file, cube) -> None:
    with Chromium() as browser:
        browser.open(file.as_uri())
        browser.wait(lambda: "N_eff" in browser.text("headline"))
        browser.press(UP, UP)
        browser.wait(lambda: "dm2_41" in browser.run("return location.hash"))
        browser.run("explorer.at(1e-5, 0.3)")
        element = 0.5 * np.sqrt(1e-5)
        wanted = float(table(cube, cube["N_eff"])(np.log([0.3, element, element]))[0])
        browser.wait(lambda: f">{wanted:.2f}<" in browser.text("headline"))
        link = browser.run("return location.href")
        browser.run("explorer.move({plane: 'vector'})")
        assert "--secret-vector" in browser.text("command")
        assert {url for url in browser.requested() if not url.startswith("data:")} == {file.as_uri()}
        assert [entry for entry in browser.log("browser") if entry["level"] == "SEVERE"] == []
        assert "dm2_41=0.3" in link
