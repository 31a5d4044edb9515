"""Regions and limits as files: what is in them, and what is said."""

import re
from pathlib import Path

import numpy as np
import pytest
from astropy.table import QTable

from boltzmann.comparison.lab_report import Report, report, tension_report
from boltzmann.comparison.lab_results import Choices, combined
from boltzmann.errors import ParameterError
from boltzmann.lab import gallium
from boltzmann.lab.parameters import at_amplitude
from boltzmann.lab.statistics import Scan
from tests.lab.conftest import small_grids  # noqa: F401

pytestmark = pytest.mark.usefixtures("small_grids")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, small_grids) -> Report:  # noqa: F811
    """A report of two regions and a limit."""
    return report(["gallium", "karmen", "lsnd"], output=tmp_path_factory.mktemp("lab") / "new")


def test_files_of_regions_and_limits(written: Report) -> None:
    assert sorted(path.name for path in written.figure.parent.iterdir()) == [
        "lab.ecsv",
        "lab.pdf",
        "lab.png",
        "lab.txt",
    ]
    assert "what every reproduction is good for: lab.ecsv" in (written.figure.parent / "lab.txt").read_text()
    assert written.figure.read_bytes().startswith(b"\x89PNG")
    anomaly, karmen, lsnd = written.sentences
    assert "best fit dm2_41" in anomaly
    assert "KARMEN: no oscillation is allowed" in karmen
    assert "at 90 % CL sin2_2theta_mue <" in karmen
    assert "degrees of freedom" in lsnd
    assert written.numbers["gallium"]["delta_no_oscillation"] > 10


def test_table_of_contours(written: Report) -> None:
    table = QTable.read(written.contours, format="ascii.ecsv")
    assert set(table["curve"]) == {"gallium", "karmen", "lsnd"}
    assert set(table["cl"]) == {0.9, 0.99}
    assert table["dm2_41"].unit == "eV2"
    assert set(table["channel"][table["curve"] == "lsnd"]) == {"mue"}
    assert "hep-ex/0104049" in table.meta["experiments"]["lsnd"]["citation"]
    assert "quote regions" in table.meta["experiments"]["gallium"]["validity"]
    rows = table[(table["curve"] == "gallium") & (table["cl"] == 0.99)]
    point = at_amplitude("ee", rows["dm2_41"].value, np.asarray(rows["sin2_2theta"]))
    delta = gallium.chi2(point.dm2_41, point.Ue4_sq) - written.numbers["gallium"]["minimum"]
    # interpolated between 25 points along each axis, a factor 1.5 apart in dm2_41
    assert np.median(delta) == pytest.approx(9.21, abs=2.5)


def test_combination(tmp_path: Path) -> None:
    result = report(["gallium", "danss", "lsnd"], output=tmp_path, choices=Choices(levels=(0.95,), combine=True))
    assert "gallium + danss: best fit" in result.sentences[-1]
    assert "parameter goodness of fit" in result.sentences[-1]
    assert result.numbers["gallium+danss"]["compatibility"]["dof"] == 2
    assert result.numbers["gallium+danss"]["compatibility"]["chi2"] > 3


def test_simulations(tmp_path: Path) -> None:
    seen: list[float] = []
    choices = Choices(simulations=40, seed=5)
    result = report(["gallium"], output=tmp_path, choices=choices, progress=seen.append)
    assert "Feldman-Cousins with 40 simulations per point (seed 5): no oscillation has p < 0.025" in result.sentences[1]
    assert "gallium-feldman-cousins" in set(QTable.read(result.contours, format="ascii.ecsv")["curve"])
    assert len(seen) > 100
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_tension(tmp_path: Path) -> None:
    names = ["gallium", "danss", "lsnd", "karmen", "icecube"]
    result = tension_report(names, output=tmp_path)
    assert "Appearance and disappearance in 3+1: parameter goodness of fit chi2" in result.sentences[0]
    assert result.numbers["tension"]["compatibility"]["dof"] == 2
    assert result.numbers["tension"]["compatibility"]["chi2"] > 4  # 8.5 on the default grid
    table = QTable.read(result.contours, format="ascii.ecsv")
    assert {"appearance", "disappearance", "gallium", "icecube"} <= set(table["curve"])
    assert (tmp_path / "tension.png").exists()


@pytest.mark.parametrize(
    ("names", "channel", "message"),
    [
        (["opera"], None, "experiment = 'opera' is not known; choose from gallium"),
        (["gallium"], "mue", "channel = 'mue' is not allowed with experiment 'gallium', which constrains 'ee'"),
        (["gallium"], "etau", "for 'etau' there are none"),
        ([], None, "give at least one"),
        (["gallium", "gallium"], None, "each only once"),
    ],
)
def test_refuses(names: list[str], channel: str | None, message: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=message):
        report(names, output=tmp_path / "new", channel=channel)
    assert not (tmp_path / "new").exists()


def test_only_gallium_is_simulated(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"experiment 'karmen' cannot be simulated; .* there for: gallium"):
        report(["karmen"], output=tmp_path, choices=Choices(simulations=100))


def test_tension_without_appearance(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no experiment constrains 'mue'"):
        tension_report(["gallium", "icecube"], output=tmp_path)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"levels": (90.0,)}, "cl = 90.0, dof = 2 is not allowed"),
        ({"levels": (0.99, 0.9)}, r"levels = \(0.99, 0.9\) is not allowed"),
        ({"levels": ()}, "give one to three"),
        ({"dof": 0}, "dof = 0 is not allowed"),
        ({"seed": -1}, "seed = -1 is not allowed"),
    ],
)
def test_choices_refuse(choices: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Choices(**choices)


def test_output_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ParameterError, match=r"output = .* cannot be written"):
        report(["gallium"], output=tmp_path / "file")


def test_a_flat_valley_says_so_and_what_its_best_fit_needs() -> None:
    """LSND and MiniBooNE together, on a grid of 200 points in dm2_41: a step is 3 %."""
    names, grid = ("lsnd", "miniboone"), np.geomspace(0.01, 3.0, 200)
    both = combined(names, "mue", Choices(), dm2_41=grid, amplitude=np.geomspace(1e-4, 1.0, 200))
    low, high = both.numbers["valley_eV2"]
    assert (low, high) == pytest.approx((0.036, 0.34), rel=0.05)
    assert both.numbers["flat"]
    assert "; flat: Delta < 2.3 from 0.036 to 0.34 eV2" in both.sentence
    # sin^2 2theta = 4 |U_e4|^2 |U_mu4|^2 with equal elements
    sin2 = both.numbers["sin2_2theta_mue"]
    assert both.numbers["Ue4_sq"] == both.numbers["Umu4_sq"] == pytest.approx(0.5 * np.sqrt(sin2))
    assert both.numbers["Ue4_sq"] > 0.4
    assert re.search(
        r"\(needs \|U_e4\|\^2 = \|U_mu4\|\^2 = 0\.4\d: nu_4 would be 9\d% active, no sterile", both.sentence
    )


def test_a_best_fit_with_small_elements_has_no_warning(written: Report) -> None:
    anomaly = written.sentences[0]
    assert "(needs |U_e4|^2 = 0.12); no oscillation" in anomaly
    assert "no sterile neutrino" not in anomaly


def test_the_valley_ends_at_hills_and_at_the_grid() -> None:
    dm2, amplitude = np.geomspace(0.01, 100.0, 41), np.geomspace(1e-3, 1.0, 11)
    across = np.log10(amplitude / 0.1) ** 2

    def valley(profile: np.ndarray) -> tuple[float, float]:
        return Scan(("lsnd",), "mue", dm2, amplitude, profile[:, None] + across).valley

    parabola = 2.3 * np.log10(dm2) ** 2
    low, high = valley(parabola)
    assert (low, high) == (dm2[11], dm2[29])  # the last points inside 0.1 to 10 eV^2, where it is 2.3
    assert valley(np.where(dm2 > 50.0, -1.0, parabola)) == (dm2[37], dm2[40])  # a second one, which is lower
    assert valley(np.zeros(41)) == (dm2[0], dm2[-1])
