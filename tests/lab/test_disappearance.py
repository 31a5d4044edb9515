"""Published limits as squares, and the modules made of them."""

import numpy as np
import pytest

from boltzmann import ecsv, lab
from boltzmann.lab import disappearance, icecube2024, katrin
from boltzmann.lab.parameters import AMPLITUDES, at_amplitude
from boltzmann.parameters import ParameterError


@pytest.mark.parametrize("name", disappearance.limits())
def test_table(name: str) -> None:
    limit = disappearance.limit(name)
    assert limit.channel in AMPLITUDES
    assert np.all(np.diff(limit.dm2_41) > 0)
    assert np.all((limit.sin2_2theta > 0) & (limit.sin2_2theta <= 1))
    assert 0.5 < limit.cl < 1
    assert "arXiv:" in limit.citation
    rows = [row for row in ecsv.rows("lab/limits.ecsv") if row["experiment"] == name]
    assert {row["channel"] for row in rows} == {limit.channel}
    assert len({(row["cl"], row["citation"]) for row in rows}) == 1
    assert {row["status"] for row in rows} <= {"verified", "unverified"}
    assert limit.verified == all(row["status"] == "verified" for row in rows)


@pytest.mark.parametrize("name", disappearance.limits())
def test_threshold_on_the_limit(name: str) -> None:
    """For two parameters: 4.61 at 90 %, 5.99 at 95 %."""
    limit = disappearance.limit(name)
    point = at_amplitude(limit.channel, limit.dm2_41, limit.sin2_2theta)
    threshold = {0.9: 4.605, 0.95: 5.991, 0.99: 9.210}[limit.cl]
    assert limit.chi2(point.dm2_41, point.Ue4_sq, point.Umu4_sq) == pytest.approx(threshold, abs=1e-3)


def test_square_in_the_amplitude() -> None:
    limit = disappearance.limit("KATRIN")
    point = at_amplitude("ee", "20 eV2", [0.0, 0.02, 0.04, 0.08])
    values = limit.chi2(point.dm2_41, Ue4_sq=point.Ue4_sq)
    assert values == pytest.approx(values[1] * np.array([0, 1, 4, 16]))


def test_interpolation_in_logarithms() -> None:
    limit = disappearance.limit("KATRIN")
    between = limit.at(np.sqrt(30.0 * 100.0))
    assert between == pytest.approx(np.sqrt(0.19 * 0.0396))
    assert limit.at(limit.dm2_41) == pytest.approx(limit.sin2_2theta)


@pytest.mark.parametrize(("module", "low", "high"), [(katrin, 10, 1000), (icecube2024, 0.017, 90)])
def test_refuses_beyond_the_rows(module, low: float, high: float) -> None:
    bounds = module.DM2_MIN, module.DM2_MAX
    assert bounds == (low, high)
    for dm2 in (0.99 * low, 1.01 * high):
        with pytest.raises(ParameterError, match=rf"is not allowed for {module.NAME[:5]}.*; give {low} to {high} eV2"):
            module.chi2([low, dm2], 0.01, 0.01)


def test_icecube_2024_is_stronger_than_eight_years() -> None:
    """On the edge of its 99 % region below 1 eV^2, where both exclude; a sum of both is refused."""
    limit = disappearance.limit("IceCube 2024")
    dm2 = np.array([0.2, 0.4, 0.8])
    point = at_amplitude("mumu", dm2, limit.at(dm2))
    assert np.all(lab.chi2("icecube", dm2, 0.0, point.Umu4_sq) - lab.chi2("icecube", dm2) < 9.21)
    with pytest.raises(ParameterError, match="which have the same data; give one of them"):
        lab.check(["icecube", "icecube2024"])


def test_unknown_limit() -> None:
    with pytest.raises(ParameterError, match="experiment = 'NOMAD' has no limit; choose from KATRIN"):
        disappearance.limit("NOMAD")


def test_unverified_limits_are_no_default() -> None:
    assert not {"katrin", "cdhs", "icecube2024"} & {name for names in lab.SETS.values() for name in names}
