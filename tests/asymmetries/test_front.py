"""Fronts that an asymmetry drives: against the public code LASAGNA, limits, and their own conservation law."""

import numpy as np
import pytest

from boltzmann.asymmetries.front import Course, Fronts, follow, largest_grown
from boltzmann.constants import G_F, M_PLANCK
from boltzmann.parameters.asymmetry import PHOTONS

DEGREES = 10.75
T = np.geomspace(13.3, 1.5, 400)


def course(
    sin2: float, dm2: float = 1e-12, even: float = 0.0, damped: float = 0.0, temperatures: np.ndarray = T
) -> Course:
    """Levels for e+- and three neutrinos at one temperature T = 1/a, dm2 [MeV^2]; ``even``: B/V at T = 1 MeV."""
    hubble = np.sqrt(8 * np.pi**3 * DEGREES / 90) * temperatures**2 / M_PLANCK
    vacuum = dm2 / (2 * temperatures) / hubble
    odd = np.sqrt(2) * G_F * temperatures**3 / hubble
    damping = damped * 0.5 * 0.92 * G_F**2 * temperatures**5 / hubble  # of LASAGNA
    mixing = 0.5 * np.sqrt(sin2) * vacuum
    return Course(-np.log(temperatures), vacuum, even * odd * temperatures**2, odd, mixing, damping)


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
    smoothly = weight_one(0.01, damped=1.0)
    L = at(smoothly, 2.545, "asymmetry") / PHOTONS  # 8.87e-3, without 8.91e-3
    assert pytest.approx(8.68e-3, rel=0.025) == L
    assert at(fronts, 2.545, "asymmetry") / PHOTONS > L


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


def test_conversion_that_is_not_resonant_takes_little_asymmetries():
    """L = 1e-8 has no resonance at 40 to 10 MeV, and what it does to levels is linear in L: an exponential."""
    temperatures = np.geomspace(40.0, 10.0, 200)
    falls = [weight_one(1e-3, L, even=3e-9, damped=1.0, temperatures=temperatures).asymmetry for L in (1e-8, 1e-9)]
    assert falls[0][-1] < 1.1e-3 * falls[0][0]
    shares = [fall[100] / fall[0] for fall in falls]
    assert shares[0] == pytest.approx(shares[1], rel=1e-3)
    assert follow(course(1e-3, even=3e-9, temperatures=temperatures), 1e-8 * PHOTONS).share == 0.0


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


@pytest.mark.parametrize(("temperature", "L"), [(26.0, 4e-6), (10.0, 4e-5), (5.0, 2.5e-4), (1.0, 0.035)])
def test_growth_below_active_states_against_full_equations(temperature: float, L: float) -> None:
    """|L_mu| of a run of both signs, -1 eV^2, |U_mu4|^2 = 1e-5, good to 30 to 50% itself."""
    levels = course(1e-5, -1e-12, temperatures=np.array([1.001, 1.0, 0.999]) * temperature)
    found = largest_grown(levels.vacuum[1], levels.odd[1]) / 2.0 / PHOTONS
    assert 1.0 / 3.0 < L / found < 1.5


def test_growth_ends_where_there_are_no_more_momenta() -> None:
    most = [largest_grown(-vacuum, 1.0) for vacuum in (1.0, 10.0)]
    assert most[0] == most[1]
    assert 0.1 < most[0] / PHOTONS < 0.54  # at the maximum of y q; 0.54 is that of w q
