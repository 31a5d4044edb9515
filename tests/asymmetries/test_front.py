"""Fronts that an asymmetry drives: against the public code LASAGNA, limits, and their own conservation law."""

import numpy as np
import pytest

from boltzmann.asymmetries.front import Course, Fronts, follow
from boltzmann.constants import G_F, M_PLANCK
from boltzmann.parameters.asymmetry import PHOTONS

DEGREES = 10.75
T = np.geomspace(13.3, 1.5, 400)


def course(sin2: float, dm2: float = 1e-12, even: float = 0.0, temperatures: np.ndarray = T) -> Course:
    """Levels for e+- and three neutrinos at one temperature T = 1/a, dm2 [MeV^2]; ``even``: B/V at T = 1 MeV."""
    hubble = np.sqrt(8 * np.pi**3 * DEGREES / 90) * temperatures**2 / M_PLANCK
    vacuum = dm2 / (2 * temperatures) / hubble
    odd = np.sqrt(2) * G_F * temperatures**3 / hubble
    return Course(-np.log(temperatures), vacuum, even * odd * temperatures**2, odd, 0.5 * np.sqrt(sin2) * vacuum)


def at(fronts: Fronts, temperature: float, name: str) -> float:
    return float(np.interp(-np.log(temperature), fronts.s, getattr(fronts, name)))


def weight_one(sin2: float, L: float = 1e-2, **given) -> Fronts:
    """The same number in the potential and as asymmetry, as LASAGNA has it."""
    return follow(course(sin2, **given), L * PHOTONS, weight=1.0)


def test_sweep_against_lasagna():
    """Run of the public code: 1 eV^2, sin^2 2theta = 0.01, L = 0.01. Its g*(T) is not 10.75, and it refills."""
    fronts = weight_one(0.01)
    for temperature, y in ((3.4, 0.09), (2.8, 0.21), (2.545, 0.34)):
        assert at(fronts, temperature, "low") == pytest.approx(y, rel=0.05)  # two digits are known
    assert at(fronts, 2.545, "asymmetry") / PHOTONS == pytest.approx(8.68e-3, rel=0.03)


@pytest.mark.parametrize("sin2", [1e-4, 1e-3, 1e-2])
def test_collapse_does_not_hang_on_mixing(sin2: float):
    """2.475 MeV: the front equation in another program, v > 1e3; LASAGNA stalls at 2.5 MeV."""
    fronts = weight_one(sin2)
    assert np.exp(-fronts.exhausted) == pytest.approx(2.475, rel=0.02)
    fast = np.diff(np.log(fronts.low)) > 1e3 * np.diff(fronts.s)
    first = int(np.argmax(fast))
    assert np.exp(-fronts.s[first]) == pytest.approx(2.475, rel=0.01)
    assert fronts.low[first] == pytest.approx(0.45, rel=0.05)
    assert at(fronts, 2.3, "asymmetry") < 0.05 * fronts.asymmetry[0]


def test_collapse_of_less():
    fronts = weight_one(0.01, 1e-4, temperatures=np.geomspace(40.0, 5.0, 400))
    assert np.exp(-fronts.exhausted) == pytest.approx(11.63, rel=0.05)


def test_front_stands_where_theory_puts_it_before_the_collapse():
    """Y = A/(V l) ~ x^4 while it takes nothing."""
    fronts = weight_one(1e-3)
    i, j = np.searchsorted(fronts.s, [-np.log(12.0), -np.log(6.0)])
    assert np.log(fronts.low[j] / fronts.low[i]) == pytest.approx(4.0 * (fronts.s[j] - fronts.s[i]), rel=2e-3)


def test_every_sterile_neutrino_costs_the_asymmetry_its_weight():
    for weight in (1.0, 2.0):
        fronts = follow(course(1e-2), 1e-2 * PHOTONS, weight)
        np.testing.assert_allclose(
            fronts.asymmetry + weight * fronts.number, fronts.asymmetry[0], rtol=1e-9
        )  # sums of the same terms
        assert np.all(np.diff(fronts.energy) >= 0.0)
    assert fronts.energy[-1] < 30.0 * fronts.number[-1]


def test_nothing_without_mixing_or_resonance():
    still = weight_one(1e-16)
    assert np.isnan(still.exhausted)
    assert still.asymmetry[-1] > 0.99 * still.asymmetry[0]
    none = weight_one(1e-2, 1e-9, even=1e-8)
    assert np.all(np.isnan(none.low))
    assert none.asymmetry[-1] == none.asymmetry[0]


def test_high_front_takes_the_asymmetry_slowly():
    """V (1 + kappa P) = 2: pinned where kappa P is one, the asymmetry falls no faster than x^-2."""
    fronts = weight_one(1e-3, 1e-5, even=3e-9, temperatures=np.geomspace(120.0, 30.0, 400))
    i, j = np.searchsorted(fronts.s, [-np.log(60.0), -np.log(40.0)])
    fall = -np.log(fronts.asymmetry[j] / fronts.asymmetry[i]) / (fronts.s[j] - fronts.s[i])
    assert 0.5 < fall < 2.1
    assert fronts.high[j] < 1.1 * fronts.high[i] * np.exp(2.0 * (fronts.s[j] - fronts.s[i]))
    assert np.isfinite(fronts.exhausted)
