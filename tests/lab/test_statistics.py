"""Regions and tests against cases with a known answer: paraboloids, independent Gaussians, published thresholds."""

import numpy as np
import pytest

from boltzmann import lab
from boltzmann.errors import ParameterError
from boltzmann.lab.statistics import Compatibility, Scan, compatibility, goodness_of_fit, scan, threshold


def paraboloid(offset: float = 0.0) -> Scan:
    """Delta of two Gaussians in ln dm2 (mean 0, sigma 0.5) and ln amplitude (mean ln 0.1, sigma 0.3)."""
    dm2, amplitude = np.geomspace(0.05, 20, 121), np.geomspace(0.01, 1, 141)
    chi2 = (np.log(dm2)[:, None] / 0.5) ** 2 + (np.log(amplitude / 0.1) / 0.3) ** 2
    return Scan(("gallium",), "ee", dm2, amplitude, chi2 + offset)


def test_thresholds() -> None:
    values = [threshold(cl) for cl in (0.6827, 0.9, 0.95, 0.99, 0.9973)]
    assert values == pytest.approx([2.30, 4.61, 5.99, 9.21, 11.83], abs=0.005)  # PDG, statistics, table 40.2
    assert threshold(0.9, dof=1) == pytest.approx(2.71, abs=0.005)


@pytest.mark.parametrize(("cl", "dof"), [(0.0, 2), (1.0, 2), (90, 2), (0.9, 0)])
def test_threshold_refuses(cl: float, dof: int) -> None:
    with pytest.raises(ParameterError, match=f"cl = {cl}, dof = {dof} is not allowed"):
        threshold(cl, dof)


def test_contour_of_a_paraboloid() -> None:
    example = paraboloid(17.0)
    (line,) = example.contours(0.9)
    radius = np.hypot(np.log(line[:, 1]) / 0.5, np.log(line[:, 0] / 0.1) / 0.3)
    assert radius == pytest.approx(np.full(len(radius), np.sqrt(threshold(0.9))), rel=5e-3)  # linear between points
    assert line[0] == pytest.approx(line[-1])  # closed
    # share of the plane of logarithms: an ellipse of area pi a b; 1 % is the size of a cell against it
    step = np.log(20 / 0.05) / 120 * np.log(100) / 140
    assert example.allowed(0.9).sum() * step == pytest.approx(np.pi * 0.5 * 0.3 * threshold(0.9), rel=0.01)
    assert example.best == pytest.approx((1.0, 0.1, 17.0), abs=1e-3)
    assert not example.is_limit(0.9)


def test_limit() -> None:
    amplitude, dm2 = np.geomspace(1e-3, 1, 50), np.geomspace(0.1, 10, 30)
    exclusion = Scan(("gallium",), "ee", dm2, amplitude, np.broadcast_to((amplitude / 0.05) ** 2, (30, 50)))
    assert exclusion.is_limit(0.95)
    (line,) = exclusion.contours(0.95)
    # interpolated in ln amplitude between points 15 % apart; the minimum is at 1e-3, (1e-3/0.05)^2 above zero
    assert line[:, 0] == pytest.approx(0.05 * np.sqrt(threshold(0.95)), rel=0.01)


def test_goodness_of_fit() -> None:
    assert goodness_of_fit(10.0, 10) == pytest.approx(0.4405, abs=1e-4)  # tables of chi^2
    assert Compatibility(0.0, 1, 0.0455).sigmas == pytest.approx(2.0, abs=1e-3)
    assert Compatibility(0.0, 1, 0.3173).sigmas == pytest.approx(1.0, abs=1e-3)


def test_compatibility_of_two_gaussians() -> None:
    """Two measurements of one number: chi^2_PG = (a - b)^2/(sigma_a^2 + sigma_b^2) with one degree of freedom."""
    x = np.linspace(-5, 8, 130_001)
    first, second = ((x - 1.0) / 0.3) ** 2 + 7.0, ((x - 2.5) / 0.4) ** 2 + 3.0
    result = compatibility((first + second).min(), [first.min(), second.min()], [1, 1], 1)
    assert result.chi2 == pytest.approx(1.5**2 / (0.3**2 + 0.4**2), rel=1e-6)
    assert result.dof == 1
    assert result.sigmas == pytest.approx(3.0, rel=1e-6)


def test_compatibility_refuses_data_sets_without_common_parameter() -> None:
    with pytest.raises(ParameterError, match="leave 0 degrees of freedom for 2 data sets"):
        compatibility(1.0, [0.5, 0.5], [1, 1], 2)


def test_scan_of_gallium() -> None:
    result = scan("gallium", dm2_41=np.geomspace(0.3, 10, 60), amplitude=np.geomspace(0.05, 1, 50))
    assert result.channel == "ee"
    assert not result.is_limit(0.99)  # the anomaly
    assert np.all(result.dm2_41[result.allowed(0.99).any(axis=1)] > 0.4)
    assert result.critical(0.99)[0, 0] == threshold(0.99)


def test_own_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    module = lab.experiment("gallium")
    monkeypatch.setattr(
        module, "critical", lambda cl, dm2, s: np.full(np.broadcast_shapes(dm2.shape, s.shape), 10 * cl), raising=False
    )
    (line,) = paraboloid().contours(0.9)
    radius = np.hypot(np.log(line[:, 1]) / 0.5, np.log(line[:, 0] / 0.1) / 0.3)
    assert radius == pytest.approx(np.full(len(radius), 3.0), rel=5e-3)


def test_default_grid_ends_where_an_experiment_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boltzmann.lab.statistics.POINTS", 7)
    assert scan("gallium").dm2_41[[0, -1]] == pytest.approx([0.01, 100.0])
    monkeypatch.setattr(lab.experiment("gallium"), "DM2_MAX", 3.0, raising=False)
    assert scan("gallium").dm2_41[-1] == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("names", "channel", "message"),
    [
        ("gallium", "mue", r"channel = 'mue' is not allowed with experiment 'gallium', which constrains 'ee'"),
        (["gallium", "lsnd"], None, r"channel = 'ee' is not allowed with experiment 'lsnd', which constrains 'mue'"),
        ("opera", None, "experiment = 'opera' is not known"),
        ([], "ee", "give at least one"),
    ],
)
def test_scan_refuses(names: object, channel: str | None, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        scan(names, channel=channel)
