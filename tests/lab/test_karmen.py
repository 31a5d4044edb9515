"""KARMEN2: the published numbers of the sample and limits."""

import numpy as np
import pytest
from scipy.stats import chi2 as chi2_distribution

from boltzmann import ecsv
from boltzmann.errors import ParameterError
from boltzmann.lab import karmen, lsnd
from boltzmann.lab.parameters import at_amplitude
from boltzmann.numerics.arrays import Array

AMPLITUDES = np.geomspace(1e-5, 1.0, 401)


def fit(dm2: Array | float, amplitude: Array | float) -> Array:
    point = at_amplitude("mue", dm2, amplitude)
    return karmen.chi2(point.dm2_41, point.Ue4_sq, point.Umu4_sq)


def test_sums_of_the_sample() -> None:
    """15 candidates, 15.8 +- 0.5 expected (abstract); one public transcription drops a bin."""
    rows = ecsv.rows("lab/karmen.ecsv")
    assert sum(int(row["events"]) for row in rows) == 15
    assert sum(float(row["background"]) for row in rows) == pytest.approx(15.8, abs=0.05)
    for row in rows:
        assert float(row["background"]) == pytest.approx(float(row["background_2"]), abs=0.06)


def test_full_mixing() -> None:
    """2913 events for sin^2 2theta = 1 and large dm2 (table IV)."""
    assert karmen.expected(np.array(1e5)).sum() == pytest.approx(2913, rel=1e-3)


def test_limit_at_large_splitting() -> None:
    """90 %, two parameters: sin^2 2theta < 1.7e-3 (abstract); bins instead of events come within 1.0 - 2.0e-3."""
    least = fit(np.geomspace(0.01, 300.0, 120)[:, None], AMPLITUDES).min()
    for row in fit(np.array([100.0, 200.0, 300.0])[:, None], AMPLITUDES):
        assert 1.0e-3 < AMPLITUDES[row - least < 4.61][-1] < 2.0e-3


def test_limit_at_full_mixing() -> None:
    """90 %: dm2 < 0.055 eV^2 at sin^2 2theta = 1 (abstract)."""
    dm2 = np.geomspace(0.01, 0.2, 60)
    excluded = dm2[fit(dm2, 1.0) - fit(0.01, AMPLITUDES).min() > 4.61]
    assert excluded[0] == pytest.approx(0.055, rel=0.2)  # dm2 goes as the root of the limit: 10 to 30 % in amplitude


def test_goodness_of_fit() -> None:
    """Nine bins without signal: 6.9."""
    assert chi2_distribution.sf(karmen.chi2(0.0), karmen.N_DATA) > 0.5


def test_no_mixing_leaves_the_data() -> None:
    assert karmen.chi2(0.0) == pytest.approx(6.87, abs=0.01)
    assert karmen.chi2(2.0, Umu4_sq=0.2) == pytest.approx(float(karmen.chi2(0.0)))


def test_compatible_with_lsnd() -> None:
    """Parameter goodness of fit with LSND, two parameters: 5 to 20 %, as bins instead of events find less tension."""
    dm2 = np.geomspace(0.01, 100.0, 121)[:, None]
    amplitude = np.geomspace(1e-4, 1.0, 121)
    point = at_amplitude("mue", dm2, amplitude)
    one, two = (module.chi2(point.dm2_41, point.Ue4_sq, point.Umu4_sq) for module in (lsnd, karmen))
    tension = (one + two).min() - one.min() - two.min()
    assert 0.05 < chi2_distribution.sf(tension, 2) < 0.20


def test_refuses() -> None:
    with pytest.raises(ParameterError, match=r"Ue4_sq = -0\.1"):
        karmen.chi2(1.0, -0.1)
