"""The projected statistic is that of the release for any signal, and D_max of the words."""

import numpy as np
import pytest

from boltzmann.interpretations.words import D_MAX
from boltzmann.lab import gallium, lsnd, miniboone, miniboone_release, miniboone_signal, reactors_hm, visible_decay
from boltzmann.lab.miniboone_signal import gain, oscillated
from boltzmann.lab.parameters import at_amplitude
from boltzmann.lab.visible_decay import VisibleDecay
from tests.lab.releases import folder

POINTS = [(0.043, 0.807), (0.3, 0.02), (1.2, 0.003)]


@pytest.mark.parametrize(("dm2", "amplitude"), POINTS)
def test_against_the_table(dm2: float, amplitude: float) -> None:
    """The table is good to 0.3, the response in bins of energy to 0.1."""
    point = at_amplitude("mue", dm2, amplitude)
    table = miniboone.chi2(dm2) - miniboone.chi2(point.dm2_41, point.Ue4_sq, point.Umu4_sq)
    assert float(gain(amplitude * oscillated(dm2))) == pytest.approx(float(table), abs=0.4)


def test_against_the_release() -> None:
    """Conditioning on nu_mu is exact: 1e-9 from the release, 1e-4 with the six digits of the shipped numbers."""
    release = miniboone_release.release(folder("miniboone2020"))
    own = miniboone_signal.project(release)
    for dm2, amplitude in POINTS:
        signal = amplitude * release.signal(dm2).ravel()
        exact = float(release.minus_two_ln_L(0.0, 0.0) - release.minus_two_ln_L(dm2, amplitude))
        projected = float(own.minus_two_ln_L(np.zeros(22)) - own.minus_two_ln_L(signal))
        assert projected == pytest.approx(exact, abs=1e-9)
        assert float(gain(signal)) == pytest.approx(exact, abs=1e-3)


def test_published_points_with_decay() -> None:
    """D of Moulai, Diaz and Diaz' stable point by other code: 11.1, 22.5, 10.8; 0.15."""
    for dm2, e, mu, rate, D in (
        (1.35, 0.238, 0.105, 1.35**0.5 / 4.5, 11.1), (0.21, 0.428, 0.180, 0.21**0.5 / 1.96, 22.5), (1.32, 0.116,
        0.135, 0.0, 10.8)
    ):  # fmt: skip
        assert float(gain(4.0 * e**2 * mu**2 * oscillated(dm2, rate))) == pytest.approx(D, abs=0.15)


def test_photon_efficiency() -> None:
    assert miniboone_signal.photon_efficiency(np.array([50.0, 150.0, 1950.0, 5000.0])) == pytest.approx(
        [0.0, 0.089, 0.026, 0.0]
    )


def test_largest_gains() -> None:
    """`D_MAX`: LSND of a constant probability, MiniBooNE of visible decay with r = 0.8, own best fits of the
    others (0.2; 0.5).
    """
    amplitude = np.linspace(0.0, 0.02, 401)[:, None]
    flat = lsnd.chi2_of(amplitude * lsnd.expected(np.array(2e4)))
    assert flat[0] - flat.min() == pytest.approx(D_MAX["lsnd"], abs=0.2)
    events = visible_decay.miniboone_events(VisibleDecay(0.02, 1.0, ratio=0.8))
    assert gain(np.geomspace(1e-2, 1.0, 200)[:, None] * events).max() == pytest.approx(D_MAX["miniboone"], abs=0.5)
    point = at_amplitude("ee", np.geomspace(0.1, 20.0, 120)[:, None], np.linspace(0.01, 0.6, 60))
    for name, module in (("gallium", gallium), ("reactors_hm", reactors_hm)):
        assert module.chi2(0.0) - module.chi2(point.dm2_41, point.Ue4_sq).min() == pytest.approx(D_MAX[name], abs=0.3)
