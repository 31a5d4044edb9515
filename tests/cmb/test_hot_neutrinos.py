"""Hot neutrinos in the rates of n <-> p: few of one energy, thermal spectra, and two roads to helium beside a third."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module

import numpy as np
import pytest

from boltzmann import Mixing, Solution, solve
from boltzmann.cmb import abundances, hot_neutrinos, neutrons, quasielastic
from boltzmann.constants import G_F, M_E, M_MU
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.potentials import HeavyNeutralLepton
from boltzmann.relics.grid import relic_grid
from boltzmann.units import HBAR
from tests import hot_born

GRID = relic_grid(20, 20.0, 300.0, 0.03)
V_UD = 0.97373  # PDG 2022
LOOPS = (
    1.0390  # radiative corrections of the decay of the neutron, arXiv:1801.08023 sec. III.E: 1.03886 and higher orders
)
FLAVOURS = {"nu_e": 0, "nu_mu": 1}


@cache
def three() -> Solution:
    return solve(Mixing())


@cache
def beside(mass: float, lifetime: float) -> Solution:
    """The channels of a mixing with nu_e, in the plane of lifetimes."""
    fields = {"mass": f"{mass} MeV", "lifetime": f"{lifetime} s", "channels": "nu_e nu nu: 0.63; nu_e e+ e-: 0.37"}
    return solve(Mixing(), HeavyNeutralLepton(T_N_over_T=0.79, **fields))


def thermal_on(y: np.ndarray) -> np.ndarray:
    """Return the density matrices of a run whose neutrinos have the temperature of `hot_neutrinos.thermal`."""
    T, rho = three().T.value, np.zeros((three().x.size, 1, y.size, 3, 3), complex)
    scaled = hot_neutrinos.thermal(T) * three().x / M_E
    rho[:, 0, :, range(3), range(3)] = fermi_dirac(y / scaled[:, None])
    return rho


def on_hard_grid(added: np.ndarray, flavour: int = 0) -> Solution:
    """Return thermal neutrinos on a grid with hard momenta, and some ``added``."""
    rho = thermal_on(GRID.y)
    rho[:, 0, :, flavour, flavour] += added
    return replace(three(), y=GRID.y, weights=GRID.w, rho=rho)


def line(y_0: float, width: float = 0.25) -> np.ndarray:
    return 1e-9 * np.exp(-0.5 * (np.log(GRID.y / y_0) / width) ** 2)


@pytest.mark.parametrize("antineutrino", [False, True])
@pytest.mark.parametrize(("flavour", "energy"), [("nu_e", 40.0), ("nu_e", 100.0), ("nu_mu", 200.0)])
def test_few_of_one_energy(flavour: str, energy: float, antineutrino: bool) -> None:
    """Rate = n sigma, sigma from G_F: 1/tau_n of theory times loops is the measured one to 0.3% (V_ud, g_A).

    The energy is one to 25%. Between momenta, at distances of 3%, its logarithm is on straight lines: (0.03/0.25)^2/12.
    """
    T, s = 1.0, np.interp(0.0, -np.log(three().T.value), np.log(three().x))
    scale = np.exp(s) / M_E
    few = line(energy * scale)
    at, reach = (np.array([s]), np.array([T])), np.full((2, 1), 10.0)
    added, none = (hot_neutrinos.more(on_hard_grid(f, FLAVOURS[flavour]), *at, reach) for f in (few, 0.0 * few))
    found = (added - none)[int(antineutrino), 0] / (neutrons.TAU_N * neutrons.vacuum_decay())
    mass = M_MU if flavour == "nu_mu" else M_E
    strength = G_F**2 * V_UD**2 * (1.0 + 3.0 * quasielastic.G_A**2) / np.pi
    numbers = GRID.w * GRID.y**2 * few / scale**3 / (2.0 * np.pi**2)
    expected = strength * numbers @ quasielastic.section(GRID.y / scale, mass, antineutrino) / HBAR
    attracted = 1.0232 if flavour == "nu_e" and not antineutrino else 1.0  # X/(1 - e^-X) of v = 1
    assert found == pytest.approx(expected * attracted * LOOPS, rel=5e-3)


def test_neutrinos_below_the_reach_only_recoil() -> None:
    """At 25 MeV, which the integrals have: r - 1 of what those beyond have, r."""
    s = np.interp(0.0, -np.log(three().T.value), np.log(three().x))
    scale = np.exp(s) / M_E
    runs = [on_hard_grid(share * line(25.0 * scale, 0.06)) for share in (1.0, 0.0)]
    at = (np.array([s]), np.array([1.0]))
    found = [[hot_neutrinos.more(run, *at, np.full((2, 1), reach))[:, 0] for run in runs] for reach in (45.0, 14.0)]
    below, beyond = (some - none for some, none in found)
    for k, antineutrino in enumerate((False, True)):
        ratio = quasielastic.over_heavy(np.array(25.0), antineutrino)
        assert below[k] / beyond[k] == pytest.approx((ratio - 1.0) / ratio, rel=0.03)  # r - 1 ~ E, of a line 6% wide


def test_nothing_of_a_thermal_spectrum() -> None:
    """That of three neutrinos, on a grid with hard momenta or without: the same rates and the same helium."""
    some = np.flatnonzero(three().T.value < 6.0)
    s, T, run = np.log(three().x[some]), three().T.value[some], on_hard_grid(np.zeros(GRID.y.size))
    added = hot_neutrinos.more(run, s, T, np.array(2 * [30.0 * np.maximum(T, 0.1)]))
    rates = neutrons._rates(T, three().x[some] / M_E, *neutrons._occupations(run, s))
    assert np.abs(added / np.array(rates)).max() < 1e-6 * neutrons.TAU_N * neutrons.vacuum_decay()  # e^-30 above 30 T
    soft = replace(three(), rho=thermal_on(three().y))
    assert np.abs(hot_neutrinos.more(soft, s, T, np.full((2, T.size), 1.0))).max() == 0.0
    assert neutrons.helium_shift(run) == pytest.approx(neutrons.helium_shift(soft), abs=1e-6)
    pytest.importorskip("primat")
    assert abundances(run, backend="primat").Y_p == pytest.approx(abundances(soft, backend="primat").Y_p, abs=1e-5)


def test_three_neutrinos_are_thermal_enough() -> None:
    """With the spectra of three neutrinos instead of f_0 recoil of what differs is 3e-5 of Y_p."""
    run = three()
    hard = replace(run, interactions=(HeavyNeutralLepton(mass="50 MeV", Ue4_sq=1e-3),))
    assert hot_neutrinos.from_decays(hard)
    assert neutrons.helium_shift(hard) == pytest.approx(neutrons.helium_shift(run), abs=5e-5)


@pytest.mark.parametrize(("mass", "lifetime", "shift"), [(100.0, 0.05, 0.0083), (100.0, 0.2, 0.083)])
def test_three_roads(mass: float, lifetime: float, shift: float) -> None:
    """`tests.hot_born` has no attraction of electrons (3%, measured), Born rates no corrections of primat (2e-4)."""
    run = beside(mass, lifetime)
    third = hot_born.helium(run) - hot_born.helium(three())
    assert third == pytest.approx(shift, rel=0.05)
    assert neutrons.helium_shift(run) == pytest.approx(third, abs=2e-4, rel=0.04)
    pytest.importorskip("primat")
    network = abundances(run, backend="primat").Y_p - neutrons.STANDARD_Y_P
    assert network == pytest.approx(neutrons.helium_shift(run), abs=2e-4, rel=0.01)


def moments(distortion: Callable[..., np.ndarray], step: float = 0.4) -> dict[str, Callable[..., np.ndarray]]:
    """Return d^k/dE^k [E^n (f - f_FD)], as primat asks for them, by differences over ``step`` T_nu."""

    def moment(n: int, k: int) -> Callable[..., np.ndarray]:
        def value(E: np.ndarray, x: np.ndarray, x_nu: np.ndarray, direction: int) -> np.ndarray:
            d = step / x_nu
            low, at, high = ((E + s) ** n * distortion(E + s, x, x_nu, direction) for s in (-d, 0.0 * d, d))
            return (at, (high - low) / (2.0 * d), (high - 2.0 * at + low) / d**2)[k]

        return value

    pairs = ((2, 0), (3, 0), (2, 1), (3, 1), (4, 1), (2, 2), (3, 2), (4, 2))
    return {f"e{n}p{k}": moment(n, k) for n, k in pairs}


@pytest.mark.filterwarnings("ignore:.*inverse decays")
def test_first_order_of_primat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recoil of the distortion by primat's Fokker-Planck expansion, with the motion of nucleons, of 14 MeV and less.

    Measured 4e-5, of 1.6e-3 that recoil changes; second orders, (7 E/M)^2, are 1% of it.
    """
    pytest.importorskip("primat")
    api, run = import_module("primat.weak_rates.api"), beside(27.7, 0.149)
    ours, rates = abundances(run, backend="primat").Y_p, api.ComputeWeakRates
    monkeypatch.setattr(hot_neutrinos, "over_heavy", lambda E, _: np.ones_like(E))
    without = abundances(run, backend="primat").Y_p

    def with_moments(temperatures, cfg, dFDneu_func):
        return rates(temperatures, cfg, dFDneu_func=dFDneu_func, dFDneu_moments=moments(dFDneu_func))

    monkeypatch.setattr(api, "ComputeWeakRates", with_moments)
    assert abundances(run, backend="primat").Y_p == pytest.approx(ours, abs=1e-4)
    assert without - ours == pytest.approx(1.6e-3, rel=0.1)
