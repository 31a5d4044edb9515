"""CDHS: muon ranges, the likelihood in its limits, and the published limit."""

import numpy as np
import pytest

from boltzmann.lab import cdhs
from boltzmann.lab.parameters import at_amplitude


def chi2(dm2_41, sin2):
    point = at_amplitude("mumu", dm2_41, sin2)
    return cdhs.chi2(point.dm2_41, Umu4_sq=point.Umu4_sq)


def test_stopping_power() -> None:
    """Iron's minimum is 1.451 MeV cm^2/g (PDG, atomic and nuclear properties), at a momentum near 0.36 GeV."""
    E = np.geomspace(110.0, 1e5, 2000)
    loss = cdhs.stopping_power(E)
    assert loss.min() == pytest.approx(1.451, rel=1e-3)
    assert E[loss.argmin()] == pytest.approx(np.hypot(360.0, 105.66), rel=0.05)


def test_range_of_fast_muons() -> None:
    """Between 1 and 3 m of iron the loss is nearly constant, 1.5 to 1.75 MeV cm^2/g along a path 1.148 times longer."""
    low, high = cdhs._muon_energy(np.array([100.0, 300.0]))
    assert (high - low) / (200.0 * 7.874 * 1.148) == pytest.approx(1.65, abs=0.12)
    assert np.isinf(cdhs._muon_energy(np.array([np.inf])))


def test_without_oscillation() -> None:
    """14.7 for 15 ratios; slow and unmixed neutrinos alike."""
    null = chi2(1.0, 0.0)
    assert null == pytest.approx(14.74, abs=0.01)
    assert chi2([0.0, 1e-4], 1.0) == pytest.approx(np.full(2, null), abs=1e-3)


def test_fast_oscillation_cancels() -> None:
    """Both detectors see 1 - s/2 when all phases are averaged out."""
    assert chi2(1e5, [0.1, 0.9]) == pytest.approx(chi2(1.0, [0.0, 0.0]), abs=0.05)


def test_two_detectors_at_fixed_energy(monkeypatch: pytest.MonkeyPatch) -> None:
    """One energy and no spread: the ratio of two survival probabilities, with chi^2 minimised over their scale."""
    bins = cdhs._Bins(np.full(15, 1.0), np.full(15, 0.1), np.array([1000.0]), np.ones((15, 1)))
    monkeypatch.setattr(cdhs, "_bins", lambda: bins)
    monkeypatch.setattr(cdhs, "_FAR", (885.0, 885.0))
    monkeypatch.setattr(cdhs, "_NEAR", (130.0, 130.0))
    far, near = (1 - 0.2 * np.sin(1.266933 * 1.3 * L / 1000.0) ** 2 for L in (885.0, 130.0))
    scales = np.linspace(0.9, 1.3, 40001)
    expected = (15 * (1 - scales * far / near) ** 2 / 0.01 + (scales - 1) ** 2 / 0.025**2).min()
    assert chi2(1.3, 0.2) == pytest.approx(expected, abs=1e-4)  # steps of 1e-5 in the scale


def test_published_limit() -> None:
    """Full mixing is excluded from 0.23-0.26 to 90-100 eV^2, best 0.053 at 2.5 eV^2 (Dydak et al., quoted second-hand).

    At 90 % against no oscillation, two parameters. 35 % for the edges: spectrum, cross section and resolution are
    schematic, and the lower edge goes with the square root of a small effect.
    """
    splittings = np.geomspace(0.05, 300.0, 300)
    excluded = splittings[chi2(splittings, 1.0) - chi2(1.0, 0.0) > 4.61]
    assert excluded.min() == pytest.approx(0.25, rel=0.4)
    assert excluded.max() == pytest.approx(95.0, rel=0.35)
    sin2 = np.linspace(0.0, 0.2, 201)
    weakest = sin2[np.argmax(chi2(2.5, sin2) - chi2(1.0, 0.0) > 4.61)]
    assert weakest == pytest.approx(0.053, rel=0.35)


def test_shape() -> None:
    assert cdhs.chi2(np.ones((4, 1)), 0.1, np.linspace(0, 0.1, 3)).shape == (4, 3)
