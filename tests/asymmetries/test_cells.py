"""Cells of momentum through the collapse of an asymmetry: public code LASAGNA, coherent momenta, limits."""

from functools import cache

import numpy as np
import pytest

from boltzmann.asymmetries.cells import ONE, RUNAWAY, Passage, cells, pass_through
from boltzmann.constants import M_Z
from boltzmann.parameters.asymmetry import PHOTONS
from tests import coherent
from tests.asymmetries.test_front import course

# of nu_mu and its antineutrinos, -(7 sqrt2 pi^2/45) 2 G_F/M_Z^2 p T^4 (hep-ph/9803304; LASAGNA): B/V at T = 1 MeV
EVEN = 14.0 * np.pi**2 / (45.0 * np.sqrt(2.0)) / M_Z**2 / np.sqrt(2.0)


def levels(sin2: float, first: float, last: float):
    return course(sin2, even=EVEN, damped=1.0, temperatures=np.geomspace(first, last, 600))


@cache
def lasagna(sin2: float, L: float, first: float, last: float = 1.0, n: int = 300) -> Passage:
    """1 eV^2, with what that code has: one number in the potential and as asymmetry, nu_a filled up to equilibrium."""
    return pass_through(levels(sin2, first, last), L * PHOTONS, weight=1.0, refill=1.0, n=n)


def at(passage: Passage, T: float, name: str) -> float:
    return float(np.interp(-np.log(T), passage.s, getattr(passage, name)))


def test_sweep_against_lasagna() -> None:
    """Its three settings have L = 8.65 to 8.72e-3 and rho_s = 2.60 to 2.81e-4 at 2.545 MeV; then it stalls."""
    found = lasagna(1e-2, 1e-2, 13.3)
    assert at(found, 2.545, "asymmetry") / PHOTONS == pytest.approx(8.68e-3, rel=0.02)
    assert at(found, 2.545, "sterile") == pytest.approx(2.7e-4, rel=0.06)
    for T, y in ((3.4, 0.09), (2.8, 0.21), (2.545, 0.34)):
        assert at(found, T, "low") == pytest.approx(y, rel=0.05)  # two digits are known
    assert np.exp(-found.collapse) == pytest.approx(2.475, rel=0.01)  # front equation; it stalls at 2.5


@pytest.mark.parametrize(("sin2", "rho"), [(1e-4, 0.02316), (1e-3, 0.20895), (1e-2, 0.9046)])
def test_without_asymmetry_as_lasagna(sin2: float, rho: float) -> None:
    """Energies at 1 MeV from 40 MeV on; its g*(T) is not 10.75, and rates here are quasi-static: 3%."""
    assert lasagna(sin2, 1e-12, 40.0).sterile[-1] == pytest.approx(rho, rel=0.03)


def test_little_asymmetry_is_as_none() -> None:
    """L = 1e-5, nu_s above: as L = 0 to 1e-3."""
    few, none = (lasagna(1e-3, L, 60.0).sterile[-1] for L in (1e-5, 1e-12))
    assert few == pytest.approx(none, rel=1e-3)


def test_collapse_of_less() -> None:
    """L = 1e-4 without even potential and collisions: 11.63 MeV by the front equation, to 5%."""
    found = pass_through(course(1e-2, temperatures=np.geomspace(40.0, 5.0, 400)), 1e-4 * PHOTONS, weight=1.0)
    assert np.exp(-found.collapse) == pytest.approx(11.63, rel=0.05)
    assert abs(found.asymmetry[-1]) < 0.05 * found.asymmetry[0]


@pytest.mark.parametrize(
    ("sin2", "last", "rho"), [(1e-2, 1e-3, 0.10), pytest.param(1e-3, 2.5e-4, 0.25, marks=pytest.mark.slow)]
)
def test_collapse_against_coherent_momenta(sin2: float, last: float, rho: float) -> None:
    """No Landau and Zener there. T of the collapse to 0.5%, energy to 10% at a tenth of L, to 25% at its end.

    The state at the beginning, a sharp front without refilling, makes a part of that, and oscillations of all momenta
    at the end: 4.2e-3 here, 4.7e-3 from populations of cells at the beginning, and 5.1e-3 of cells.
    """
    cell, began = lasagna(sin2, 1e-2, 13.3, n=600), 9.0
    i = int(np.flatnonzero(cell.speed > began)[0])
    found = coherent.collapse(levels(sin2, 13.3, 2.3), cell.s[i], cell.asymmetry[i], last * PHOTONS)
    assert found.s == pytest.approx(cell.collapse, abs=5e-3)
    j = int(np.flatnonzero(cell.asymmetry < last * PHOTONS)[0])
    assert found.energy / ONE == pytest.approx(cell.sterile[j], rel=rho)


@pytest.mark.parametrize(("L", "first"), [(1e-2, 13.3), (1e-3, 30.0)])
def test_cells_converge(L: float, first: float) -> None:
    coarse, fine = lasagna(1e-2, L, first), lasagna(1e-2, L, first, n=600)
    assert coarse.sterile[-1] == pytest.approx(fine.sterile[-1], rel=0.01)
    assert coarse.collapse == pytest.approx(fine.collapse, abs=3e-3)


def test_front_runs_out_of_the_spectrum() -> None:
    """What has run away is gone: l lies where the front does, until there are no more neutrinos."""
    found = lasagna(1e-2, 1e-2, 13.3)
    assert found.speed.max() > 1e3 * RUNAWAY
    end = int(np.flatnonzero((found.s > found.collapse) & np.isnan(found.low))[0])
    assert found.low[end - 1] > 15.0
    assert abs(found.asymmetry[end]) < 0.02 * found.asymmetry[0]
    assert found.sterile[end] == pytest.approx(0.0054, rel=0.2)  # design: front equation
    assert found.swept[-1] == found.swept[end]
    assert 0.9 * found.swept[end] < found.sterile[end] - 1.5e-4  # a tenth is not resonant, 1.5e-4 is mixing in matter


def test_opposite_asymmetries_are_mirror_images() -> None:
    plus, minus = lasagna(1e-2, 1e-2, 13.3), lasagna(1e-2, -1e-2, 13.3)
    assert minus.asymmetry[-1] == pytest.approx(-plus.asymmetry[-1], rel=1e-6)
    assert minus.sterile[-1] == pytest.approx(plus.sterile[-1], rel=1e-6)


def test_energy_that_goes_comes_back() -> None:
    """Full refilling brings nu_a back to equilibrium; a tenth of the rate does not, below 3 MeV."""
    lasting = pass_through(levels(1e-2, 13.3, 1.0), 1e-2 * PHOTONS, weight=1.0)
    full = lasagna(1e-2, 1e-2, 13.3)
    lost = [1.0 - each.active[-1] / each.active[0] for each in (full, lasting)]
    assert 0.0 < lost[0] < lost[1] < lasting.sterile[-1]  # what nu_s has, some of which came from e+-


def test_other_flavours_keep_what_they_have() -> None:
    """nu_mu without asymmetry in a potential of others: their neutrinos convert, and make the opposite one of nu_mu."""
    found = pass_through(levels(1e-2, 13.3, 1.0), 0.0, rest=1e-2 * PHOTONS)
    assert found.own[0] == 0.0
    assert found.asymmetry[-1] == pytest.approx(2.0 * found.own[-1] + 1e-2 * PHOTONS, rel=1e-12)
    assert found.own[-1] == pytest.approx(-0.5e-2 * PHOTONS, rel=0.05)


@pytest.mark.parametrize("rest", [-1.36e-5, -4e-6])
def test_an_asymmetry_that_passes_zero_stays_small(rest: float) -> None:
    """Rates of both signs pull l back; an explicit step from l = 1e-4 of the first made it 13 times the first."""
    found = pass_through(levels(1e-2, 150.0, 1.0), 0.0, rest * PHOTONS)
    assert np.abs(found.asymmetry).max() == abs(found.asymmetry[0])
    assert abs(found.asymmetry[-1]) < 0.03 * abs(found.asymmetry[0])  # 0.017, 0.016
    assert found.sterile[-1] == pytest.approx(0.899, rel=0.01)  # without asymmetry, rest = 1e-12


def test_nothing_without_mixing() -> None:
    still = pass_through(levels(1e-18, 13.3, 1.0), 1e-2 * PHOTONS)
    assert still.sterile[-1] < 1e-8
    assert still.asymmetry[-1] == pytest.approx(still.asymmetry[0], rel=1e-5)
    assert np.isnan(still.collapse)


def test_weights_of_cells() -> None:
    places = cells()
    f = 1.0 / (np.exp(places.y) + 1.0)
    assert 2.0 * places.number @ f == pytest.approx(0.75 * PHOTONS, rel=1e-3)  # nu and nubar are 3/4 of photons
    assert 2.0 * places.energy @ f == pytest.approx(ONE, rel=1e-3)


def test_levels_below_are_refused() -> None:
    with pytest.raises(ValueError, match="below nu_a"):
        pass_through(course(1e-2, dm2=-1e-12), 1e-2 * PHOTONS)
