"""Muons that decay into nubar_e: spectra, LSND's branching ratio, KARMEN's published limits."""

import numpy as np
import pytest

from boltzmann.errors import ParameterError
from boltzmann.lab import decay_at_rest, karmen, lsnd, muon_decay
from boltzmann.lab.parameters import at_amplitude


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.75])
def test_norm(rho: float) -> None:
    E = np.linspace(0.0, decay_at_rest.ENDPOINT, 20001)
    assert np.trapezoid(muon_decay.spectrum(E, rho), E) == pytest.approx(1.0, abs=2e-4)  # a step at the end


def test_rho_of_the_standard_spectrum() -> None:
    E = np.linspace(0.0, 60.0, 301)
    assert muon_decay.spectrum(E, 0.75) == pytest.approx(decay_at_rest.spectrum(E), abs=1e-15)


def test_cross_sections() -> None:
    """9.66e-41 and 7.46e-41 cm^2 by other code: 0.3 %."""
    assert muon_decay.cross_section(0.75) == pytest.approx(9.66e-41, rel=3e-3, abs=0.0)
    assert muon_decay.cross_section(0.0) == pytest.approx(7.46e-41, rel=3e-3, abs=0.0)


def test_branching_ratio_is_a_probability() -> None:
    """With rho = 3/4 it is fast oscillation of amplitude 2 BR: the same events to the averages over L/E, 1 %."""
    events = lsnd.appeared(lambda L, E: 2.6e-3 * muon_decay.spectrum(E, 0.75) * np.ones_like(L))
    assert events == pytest.approx(2.0 * 2.6e-3 * lsnd.expected(np.array(2e4)), rel=0.01)


@pytest.mark.parametrize(
    ("rho", "best", "low", "high", "gain"),
    [(0.75, 2.27e-3, 1.63e-3, 2.97e-3, 16.0), (0.0, 3.13e-3, 2.24e-3, 4.15e-3, 15.0)],
)
def test_lsnd(rho: float, best: float, low: float, high: float, gain: float) -> None:
    """Best branching ratio and 1 sigma by other code with slightly other pulls: 2 %; how much better than none: 0.1."""
    found = muon_decay.interval("lsnd", rho)
    assert [found.best, found.low, found.high] == pytest.approx([best, low, high], rel=0.02)
    assert found.gain == pytest.approx(gain, abs=0.1)


def test_karmen() -> None:
    """The published 0.9e-3 fixes the share; then 1.7e-3 of the other spectrum is a prediction, within 5 %."""
    assert muon_decay.limit("karmen", 0.75) == pytest.approx(0.9e-3, rel=0.01)
    assert muon_decay.limit("karmen", 0.0) == pytest.approx(1.7e-3, rel=0.05)


def test_karmen_contours() -> None:
    """The published 90 % limit at large dm2, 1.7e-3, fixes `CALIBRATION`; that at full mixing, 0.055 eV2, follows
    within 10 %.
    """
    ends = []
    for dm2, s in ((100.0, np.geomspace(1e-3, 3e-3, 2001)), (np.geomspace(0.04, 0.08, 2001), 1.0)):
        point = at_amplitude("mue", dm2, s)
        delta = karmen.chi2(point.dm2_41, point.Ue4_sq, point.Umu4_sq)
        least = min(float(karmen.chi2(1.0)), float(delta.min()))
        varied = np.broadcast_to(s if np.ndim(s) else dm2, delta.shape)
        ends.append(float(varied[np.argmax(delta - least > karmen.critical(0.9, dm2, s))]))
    assert ends == pytest.approx([1.7e-3, 0.055], rel=0.1)


def test_bad_input() -> None:
    with pytest.raises(ParameterError, match=r"rho = 1 is not allowed; give 0 to 0\.75"):
        muon_decay.spectrum(10.0, 1)
    with pytest.raises(ParameterError, match="experiment = 'danss' has no muons at rest here; choose lsnd or karmen"):
        muon_decay.chi2("danss", 1e-3)
