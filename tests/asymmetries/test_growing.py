"""An asymmetry that grows below active states: linear response by hand, Landau and Zener, mirror images."""

import math
from functools import cache

import numpy as np
import pytest

from boltzmann.asymmetries import growing
from boltzmann.asymmetries.front import Levels, largest_grown
from boltzmann.asymmetries.growing import STEP, Grown, grow
from boltzmann.parameters.asymmetry import PHOTONS
from tests.asymmetries.test_cells import EVEN
from tests.asymmetries.test_front import course

COARSE = 8e-3
BEGIN, END = 30.0, 12.0


def levels(sin2: float, damped: float = 1.0, last: float = END):
    return course(sin2, dm2=-1e-12, even=EVEN, damped=damped, temperatures=np.geomspace(BEGIN, last, 400))


@cache
def grown(sin2: float, L: float, spacing: float = COARSE) -> Grown:
    return grow(levels(sin2), L * PHOTONS, spacing=spacing)


def place(s: float) -> float:
    """y_0 at s."""
    known = levels(4e-5)
    return float(np.interp(s, known.s, np.sqrt(-known.vacuum / known.plasma)))


@cache
def run_until(sin2: float, y: float, spacing: float = 4e-3):
    """Populations of nu = nubar when the resonance is at y, and levels there."""
    known = levels(sin2)
    at = Levels(known)
    edges = np.exp(np.arange(math.log(0.1), math.log(growing.LAST), spacing))
    run = growing._Run(edges, 0.0, 2.0, growing.begins(known))
    while place(run.s) < y:
        run.step(at, STEP * spacing)
    return run, at.at(run.s)


def by_hand(run, now, gamma: float) -> float:
    """What the linear response of stationary coherences makes of l, over l: the formula in `growing`."""
    H, D = now.mixing / run.y, now.damping * run.y
    delta, apart = now.vacuum / run.y + now.plasma * run.y, run.active[0] - run.sterile[0]
    width = D**2 + 4.0 * H**2 + delta**2, (D + gamma) ** 2 + 4.0 * H**2 + delta**2
    summand = H**2 * apart * delta * (2.0 * D + gamma) / (width[0] * width[1])
    return -4.0 * 2.0 * now.odd * float(run.number @ summand)


@pytest.mark.parametrize(("y", "grows"), [(2.0, False), (6.0, True)])
def test_growth_is_that_of_linear_response(y: float, grows: bool) -> None:
    """A step h of an implicit method answers as d/ds = 1/h does: dF/dl = h rate(1/h)."""
    run, now = run_until(4e-5, y)
    run.left = 1e-14
    rates = [(run.growth(h, now), h * by_hand(run, now, 1.0 / h)) for h in growing.TRIED]
    for found, expected in rates:
        assert found == pytest.approx(expected, rel=0.1, abs=0.02)
    assert (max(rates)[0] > 1.0) == grows
    run.left = 0.0


@pytest.mark.parametrize("sin2", [4e-6, 4e-5, 4e-4])
def test_without_asymmetry_as_landau_and_zener(sin2: float) -> None:
    """nu_a is filled again within the passage: 1 - e^-g at all momenta. Coarse cells have up to 7% less: long steps."""
    known = levels(sin2, last=8.0)
    found = grow(known, 0.0, spacing=COARSE)
    slope = 2.0 * np.sqrt(-known.vacuum * known.plasma)
    place_of = np.sqrt(-known.vacuum / known.plasma)
    g = 2.0 * np.pi * (known.mixing / place_of) ** 2 / slope / np.gradient(np.log(place_of), known.s)
    y = np.geomspace(0.1, 20.0, 400)
    f = y**4 / (np.exp(y) + 1.0)
    P = 1.0 - np.exp(-np.interp(y, place_of, g))
    expected = np.trapezoid(P * f, np.log(y)) / np.trapezoid(f, np.log(y))
    assert found.sterile[-1] == pytest.approx(expected, rel=0.1)
    assert np.all(found.asymmetry == 0.0)
    assert math.isnan(found.departure)


def test_growth_stops_conversion() -> None:
    """From y_0 = 3.7 on (20 momenta of nodes: 2.7) antineutrinos, or neutrinos, are not reached any more."""
    found, none = grown(4e-5, 1.5e-10), grown(4e-5, 0.0)
    y = place(found.departure)
    assert 3.0 < y < 5.0
    after = found.s > found.departure
    assert np.ptp(found.sterile[after]) < 0.01
    assert found.sterile[-1] < 0.7 * none.sterile[-1]
    assert found.behind[-1] < 0.5
    assert found.ahead[-1] > 25.0


def test_opposite_seeds_are_mirror_images() -> None:
    plus, minus = grown(4e-5, 1.5e-10), grown(4e-5, -1.5e-10)
    assert np.array_equal(plus.asymmetry, -minus.asymmetry)
    assert np.array_equal(plus.sterile, minus.sterile)


def test_size_of_the_seed_hardly_matters() -> None:
    """Growth by e^10 takes 1e-4 of a Hubble time, once it has begun."""
    times = [grown(4e-5, L).departure for L in (1.5e-8, 1.5e-10, 1.5e-12)]
    assert np.ptp(times) < 0.03
    ends = [grown(4e-5, L).sterile[-1] for L in (1.5e-8, 1.5e-10, 1.5e-12)]
    assert np.ptp(ends) < 0.03


def test_cells_converge() -> None:
    coarse, fine = (grown(4e-5, 1.5e-10, spacing) for spacing in (COARSE, 4e-3))
    assert coarse.departure == pytest.approx(fine.departure, abs=0.03)
    assert coarse.sterile[-1] == pytest.approx(fine.sterile[-1], abs=0.04)


def test_nodes_are_too_early() -> None:
    """Cells as wide as the distance of nodes see growth before the resonance has a profile that holds it back."""
    assert grown(4e-5, 1.5e-10, 0.1).departure < grown(4e-5, 1.5e-10).departure - 0.03


def test_what_is_kept() -> None:
    """L and n_s - nbar_s; and without collisions the number of every cell."""
    found = grown(4e-5, 1.5e-10)
    assert found.asymmetry == pytest.approx(1.5e-10 * PHOTONS + 2.0 * found.own, rel=1e-12, abs=0.0)
    known = levels(4e-5, damped=0.0, last=15.0)
    edges = np.exp(np.arange(math.log(0.1), math.log(20.0), COARSE))
    run = growing._Run(edges, 1e-8 * PHOTONS, 2.0, growing.begins(known))
    number, at = run.active + run.sterile, Levels(known)
    while run.s < known.s[-1]:
        run.step(at, STEP * COARSE)
    assert run.active + run.sterile == pytest.approx(number, rel=1e-10)
    assert run.sterile.max() > 0.01


def test_size_at_the_end_is_that_of_the_front_equation() -> None:
    """|L| that growth drives itself to, to the factor of 3 that is claimed."""
    known = levels(4e-6, last=8.0)
    found = grow(known, 1.5e-10 * PHOTONS, spacing=COARSE)
    expected = largest_grown(float(known.vacuum[-1]), float(known.odd[-1])) / PHOTONS
    assert 1.0 / 3.0 < abs(found.asymmetry[-1]) / PHOTONS / expected < 3.0


def test_levels_above_are_refused() -> None:
    with pytest.raises(ValueError, match="does not lie below nu_a"):
        grow(course(1e-2, even=EVEN), 1e-10)
