"""STEREO: the released maps of phases I and II, at the points that the design quotes and against the maps
themselves.
"""

import gzip

import numpy as np
import pytest

from boltzmann.errors import ParameterError
from boltzmann.lab import stereo
from boltzmann.lab.parameters import at_amplitude
from tests.lab.releases import folder


@pytest.mark.parametrize(
    ("amplitude", "dm2", "delta", "critical"),
    [
        (0.42, 3.3, 108, 6.1),
        (0.34, 1.25, 76, 6.3),
        (0.14, 2.4, 20, 8.4),
        (0.36, 7.2, 8.8, 9.05),
        (0.04, 1.26, 10.9, 10.2),
    ],
)
def test_quoted_points(amplitude: float, dm2: float, delta: float, critical: float) -> None:
    """The readings are at the nearest nodes of the map, up to 4 % away in both directions: 6 % of Delta, 5 % of
    critical.
    """
    point = at_amplitude("ee", dm2, amplitude)
    assert float(stereo.chi2(point.dm2_41, point.Ue4_sq)) == pytest.approx(delta, rel=0.06)
    assert float(stereo.critical(0.95, dm2, amplitude)) == pytest.approx(critical, rel=0.05)


def test_against_the_released_map() -> None:
    """17 amplitudes stand for 100: within 0.35 below Delta = 30, 0.02 at 99 % of the points."""
    with gzip.open(folder("stereo2019") / "Stereo_Chi2Map.csv.gz", "rt", encoding="utf-8") as file:
        rows = np.array([line.split(",") for line in file if line.strip() and line[0].isdigit()], dtype=float)
    amplitude, dm2, delta = rows[(rows[:, 2] < 30.0) & (rows[:, 1] < 9.5)].T
    point = at_amplitude("ee", dm2, amplitude)
    wrong = np.abs(stereo.chi2(point.dm2_41, point.Ue4_sq) - delta)
    assert wrong.max() < 0.4
    assert np.percentile(wrong, 99) < 0.05


def test_ends() -> None:
    with pytest.raises(ParameterError, match=r"dm2_41 = 12 eV2 is not allowed for STEREO; give at most 9\.7"):
        stereo.chi2(12.0, 0.01)
