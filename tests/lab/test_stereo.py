"""STEREO: points that the released maps exclude."""

import pytest

from boltzmann.errors import ParameterError
from boltzmann.lab import stereo
from boltzmann.lab.parameters import at_amplitude


@pytest.mark.parametrize(("dm2", "amplitude"), [(3.3, 0.42), (2.4, 0.14), (1.26, 0.04)])
def test_excluded_points(dm2: float, amplitude: float) -> None:
    """The best fits of BEST and of the reactor anomaly and a point of DANSS's valley: 5.99 there, more beyond."""
    point = at_amplitude("ee", dm2, [0.0, amplitude, 1.5 * amplitude])
    values = stereo.chi2(point.dm2_41, point.Ue4_sq)
    assert values == pytest.approx([0.0, 5.99, 2.25 * 5.99], rel=1e-3)


def test_is_no_default_and_ends() -> None:
    assert not stereo.VERIFIED
    with pytest.raises(ParameterError, match=r"dm2_41 = 1 eV2 is not allowed for STEREO; give 1\.26 to 3\.3 eV2"):
        stereo.chi2(1.0, 0.01)
