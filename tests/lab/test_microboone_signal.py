"""MicroBooNE's chi^2 of any signal: against the release, the table of oscillation, and limits of decay."""

import numpy as np
import pytest

from boltzmann.errors import ParameterError
from boltzmann.interpretations import points
from boltzmann.lab import microboone, microboone_release, microboone_signal, quasi_sterile, visible_decay
from boltzmann.lab.microboone_signal import gain, oscillated
from boltzmann.lab.quasi_sterile import QuasiSterile
from boltzmann.lab.visible_decay import VisibleDecay, electron_share
from tests.lab.releases import folder

POINTS = [(1.2, 0.003), (0.2, 0.05), (5.0, 1e-3), (0.043, 0.807), (60.0, 1e-3)]  # dm2_41/eV2, sin^2 2theta_mue


def elements(amplitude: float) -> tuple[float, float]:
    return 0.5 * np.sqrt(amplitude), 0.5 * np.sqrt(amplitude)


def test_projection_is_the_release() -> None:
    """Conditioning is exact: chi^2 of 364 bins and of 52 differ by a constant; six digits are shipped."""
    release = microboone_release.release(folder("microboone2025"))
    own = microboone_signal.project(release)
    for dm2, amplitude in POINTS:
        full = release.chi2(dm2, np.array([0.0, amplitude]))
        signal = amplitude * release.signal(dm2)
        assert full[0] - full[1] == pytest.approx(float(own.chi2(np.zeros(52)) - own.chi2(signal)), abs=1e-8)
        assert full[0] - full[1] == pytest.approx(float(gain(amplitude * oscillated(dm2))), abs=1e-3)


@pytest.mark.parametrize(("dm2", "amplitude"), POINTS)
def test_table_of_oscillation(dm2: float, amplitude: float) -> None:
    """The spline of the table is good to 0.02 or 1 %."""
    table = float(microboone.chi2(dm2) - microboone.chi2(dm2, *elements(amplitude)))
    assert float(gain(amplitude * oscillated(dm2))) == pytest.approx(table, abs=0.02, rel=0.01)


def test_slow_decay_is_oscillation() -> None:
    """The two roads agree as the table does with its source; broadcasts; prompt decay leaves a quarter of the mean."""
    dm2 = np.array([[0.5], [2.0]])
    for stable, slow in zip(
        microboone.chi2(dm2, 0.01, [0.01, 0.02]).ravel(),
        microboone.chi2(dm2, 0.01, [0.01, 0.02], decay=1e-9).ravel(),
        strict=True,
    ):
        assert slow == pytest.approx(stable, abs=0.02, rel=0.01)
    # kappa = 0: P = |U_e4|^2 |U_mu4|^2, half of averaged oscillation
    assert oscillated(1.0, 1e4) == pytest.approx(0.5 * oscillated(1e5), rel=1e-2)
    with pytest.raises(ParameterError, match="Umu4_sq = 2"):
        microboone.chi2(1.0, 0.1, 2.0, decay=1.0)


@pytest.mark.parametrize("name", ["all", "no-cosmology", "no-lsnd"])
def test_visible_decay_is_excluded(name: str) -> None:
    """As arXiv:2406.04401 finds (abstract): what explains MiniBooNE by a visible decay contradicts MicroBooNE."""
    at = points.point("visible-decay", name)
    share = electron_share(at["Ue4_sq"], at["Umu4_sq"])
    point = VisibleDecay(at["rate"], at["Umu4_sq"], at["Ue4_sq"], share, at["ratio"], phi_decays=True)
    events = visible_decay.microboone_events(point)
    assert events.shape == (52,)
    assert float(gain(events)) < -4.0


def test_quasi_sterile_without_potential_is_oscillation() -> None:
    """To the averages over bins of 50 MeV: 1 %."""
    events = quasi_sterile.microboone_events(QuasiSterile(1.2, 0.02, 0.03, 0.0))
    assert events.sum() == pytest.approx((4.0 * 0.02 * 0.03 * oscillated(1.2)).sum(), rel=0.01)
