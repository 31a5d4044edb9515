"""The joint grid against a direct sum, and the tension of toy experiments with a known answer."""

from types import SimpleNamespace

import numpy as np
import pytest

from boltzmann import lab
from boltzmann.errors import ParameterError
from boltzmann.lab.parameters import checked
from boltzmann.lab.tension import evaluate, tension

DM2 = np.geomspace(0.5, 2.0, 5)


def toy(channel: str, centre: float, width: float) -> SimpleNamespace:
    """Gaussian in the logarithm of the element or product, and in ln dm2."""

    def chi2(dm2_41, Ue4_sq=0.0, Umu4_sq=0.0, Utau4_sq=0.0):
        point = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq)
        value = {"ee": point.Ue4_sq, "mumu": point.Umu4_sq, "mue": point.Ue4_sq * point.Umu4_sq}[channel]
        return (np.log(value / centre) / width) ** 2 + (np.log(point.dm2_41) / 0.2) ** 2

    return SimpleNamespace(CHANNEL=channel, chi2=chi2, NAME=channel)


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    modules = {"a": toy("ee", 0.01, 0.3), "b": toy("mumu", 0.01, 0.4), "c": toy("mue", 0.01, 0.5)}
    monkeypatch.setattr(lab, "_MODULES", dict.fromkeys(modules))
    monkeypatch.setattr(lab, "experiment", modules.__getitem__)
    return tuple(modules)


def test_joint_is_the_sum(toys: tuple[str, ...]) -> None:
    grid = evaluate(toys, dm2_41=DM2, steps=30)
    direct = lab.chi2(toys, DM2[:, None, None], grid.element[:, None], grid.element)
    assert grid.joint == pytest.approx(direct, rel=1e-9)
    assert grid.sin2_2theta_mue[[0, -1]] == pytest.approx(4 * grid.element[[0, -1]] ** 2)


def test_tension_of_gaussians(toys: tuple[str, ...]) -> None:
    """Disappearance has ln U_e + ln U_mu = ln 1e-4 +- 0.5, appearance ln 1e-2 +- 0.5."""
    result = tension(evaluate(toys, dm2_41=DM2, steps=200))
    assert result.test.dof == 2
    # a grid with steps of 5 %
    assert result.test.chi2 == pytest.approx(np.log(100) ** 2 / (0.5**2 + 0.3**2 + 0.4**2), rel=5e-3)
    assert result.appearance[0] == result.disappearance[0] == result.joint[0] == pytest.approx(1.0)
    assert result.disappearance[1:3] == pytest.approx((0.01, 0.01), rel=0.06)
    assert result.appearance[1] * result.appearance[2] == pytest.approx(0.01, rel=0.06)
    # weights of the pulls: sigma^2 of each element, times (ln 100)/(sum of sigma^2)
    assert result.joint[1] == pytest.approx(0.01 * 100 ** (0.09 / 0.5), rel=0.06)


def test_disappearance_on_the_axes_of_appearance(toys: tuple[str, ...]) -> None:
    grid = evaluate(toys, dm2_41=DM2, steps=120)
    smallest = grid.smallest_disappearance()
    assert smallest.shape == grid.mue.shape
    # minimum at a fixed product of two independent Gaussians; the difference of the logarithms has steps of 0.18
    expected = (np.log(grid.sin2_2theta_mue / 4 / 1e-4)) ** 2 / (0.3**2 + 0.4**2)
    middle = slice(60, 160)
    at_1 = smallest[2, middle] - 2 * (np.log(DM2[2]) / 0.2) ** 2
    assert at_1 == pytest.approx(expected[middle], abs=0.2)


def test_missing_kind(toys: tuple[str, ...]) -> None:
    with pytest.raises(ParameterError, match="no experiment constrains 'mumu'"):
        tension(evaluate(("a", "c"), dm2_41=DM2, steps=10))
