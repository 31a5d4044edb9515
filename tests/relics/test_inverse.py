"""Inverse decays: detailed balance, what they conserve, how many N they make, and what is said where they are not."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import kn

from boltzmann import Mixing, Options, solve
from boltzmann.constants import M_E
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.plasma import background
from boltzmann.potentials import HeavyNeutralLepton
from boltzmann.relics import inverse
from boltzmann.relics.equation import Equation
from boltzmann.solver import relics

PAIRS = {"mass": "20 MeV", "lifetime": "0.1 s", "channels": "nu_e gamma: 0.5; nu_mu X(5 MeV): 0.5", "T_N_over_T": 0.79}


def equation(**fields: object) -> Equation:
    model = HeavyNeutralLepton(**{**PAIRS, **fields}).relic()
    return Equation(relics.tables_of(Mixing(), Options(), background.plasma(), [model]))


def in_equilibrium(eq: Equation, x: float, z: float) -> np.ndarray:
    """Neutrinos and N at the temperature of the plasma."""
    u, (lepton,) = relics.start_of(eq, relics.Begin(x, z, z)), eq.tables.leptons
    u[eq.eps] = lepton.energies(x) * fermi_dirac(lepton.energies(x) / z)
    return u


@pytest.mark.parametrize("z", [0.9, 1.02, 1.4])
def test_decays_and_inverse_decays_balance_in_equilibrium(z: float) -> None:
    """For every momentum of N, at any temperature; by node the hats of decays are exact, those of Gauss points not."""
    eq, x = equation(), 0.03
    u, (lepton,) = in_equilibrium(eq, x, z), eq.tables.leptons
    source, decline, _, made, given, _ = eq._decays(x, z, 1e-20, eq.populations(u), u[eq.eps])
    redshift = (lepton.mass * x / M_E / lepton.energies(x)) ** 2
    assert made == pytest.approx(-(decline - redshift) * u[eq.eps], rel=1e-10)
    net = np.tensordot(u[eq.eps], source, 1) + given
    y = eq.tables.grid.y
    assert net.sum(axis=1) == pytest.approx(0.0, abs=1e-10 * np.abs(given).sum())
    assert net @ y == pytest.approx(0.0, abs=1e-10 * np.abs(given @ y).sum())
    assert np.abs(net).max() < 0.05 * np.abs(given).max()


def test_energy_is_kept() -> None:
    eq = equation()
    u = in_equilibrium(eq, 0.03, 1.02)
    u[eq.eps] *= 0.3
    du, rates = eq(np.log(0.03), u)
    assert rates.made.max() > 0.0
    total = du[-2] + eq.energy @ du[eq.diagonal] + eq.lepton_energies(du).sum() - du[-1]
    assert abs(total) < 1e-11 * np.abs(eq.energy * du[eq.diagonal]).sum()


def test_how_many_are_made() -> None:
    """Few: INT x^3 K_1 = 3 pi/2, so 2.61 K of a relativistic gas (1 % lost to the ends of the range)."""
    K = inverse.strength(20.0, 10.0)
    assert inverse.made(20.0, 10.0, 1.0) == pytest.approx(2.61 * K, rel=0.01)
    assert inverse.made(20.0, 10.0, 0.1) == pytest.approx(26.1 * K, rel=0.01)
    x = np.geomspace(1e-3, 60.0, 4000)
    assert np.trapezoid(x**3 * kn(1, x), x) == pytest.approx(1.5 * np.pi, rel=1e-4)


@pytest.mark.filterwarnings("ignore:.*inverse decays")
def test_a_run_makes_them() -> None:
    """From next to nothing, against `made` of Maxwell-Boltzmann: FD, BE and blocking are worth 15 %."""
    fields = {**PAIRS, "channels": "nu_e gamma"}
    from_nothing = solve(Mixing(), HeavyNeutralLepton(**fields, abundance=1e-4))
    full = solve(Mixing(), HeavyNeutralLepton(**fields, inverse_decays=False))
    assert from_nothing.relic is not None
    assert full.relic is not None
    numbers = [np.interp(0.3, s.x, s.relic.number[:, 0]) for s in (from_nothing, full)]  # T = m/12
    expected = inverse.made(20.0, 0.1, 0.79**3)
    assert numbers[0] / numbers[1] == pytest.approx(expected, rel=0.3)
    assert from_nothing.stats.energy_drift < 1e-9
    # more than as many that were there: those made at 3 to 5 MeV take neutrinos that are not filled up completely;
    # 1.5 times, with 30 momenta and at a tenth of the tolerance too
    alike = solve(Mixing(), HeavyNeutralLepton(**fields, inverse_decays=False, abundance=numbers[0] / numbers[1]))
    assert 2.0 * alike.delta_N_eff < from_nothing.delta_N_eff < alike.delta_N_eff < 0.0


def number_in_equilibrium(mass: float, x: float, z: float) -> float:
    """Return the comoving number of a Majorana lepton at the temperature of the plasma."""
    y = np.linspace(0.0, 40.0 * z, 4001)
    occupied = fermi_dirac(np.hypot(y, mass * x / M_E) / z)
    return float(np.trapezoid(y**2 * occupied, y) / np.pi**2)


def test_fast_decays_keep_equilibrium() -> None:
    """K = 28: N lags behind by dln n_eq/dln x over the rate of decays, 5/(28 x^2), x = m/T: 0.7 % at x = 5."""
    quick = Options(n_momenta=14, rtol=1e-3)
    found = solve(Mixing(), HeavyNeutralLepton(mass="20 MeV", lifetime="1.3e-4 s", channels="nu_e gamma"), quick)
    assert found.relic is not None
    T = found.T.value
    at = np.flatnonzero((T < 20.0 / 3.0) & (T > 20.0 / 6.0))  # colder neutrinos are not full
    assert at.size > 5
    expected = [number_in_equilibrium(20.0, found.x[k], found.z[k]) for k in at]
    assert found.relic.number[at, 0] == pytest.approx(np.array(expected), rel=0.03)
    assert found.delta_N_eff == pytest.approx(-2e-3, abs=1e-3)  # gone before neutrinos decouple
    assert not found.validity


def test_nothing_happens_where_equilibrium_begins() -> None:
    """At K = 1 (3.83 MeV, 0.1 s) N_eff falls by 0.04 a MeV, of the number that is made."""
    quick = Options(n_momenta=14, rtol=1e-3)
    below, above = (
        solve(Mixing(), HeavyNeutralLepton(mass=f"{mass} MeV", lifetime="0.1 s", channels="nu_e gamma"), quick).N_eff
        for mass in (3.80, 3.85)
    )
    assert inverse.strength(3.80, 0.1) > inverse.EQUILIBRIUM > inverse.strength(3.85, 0.1)
    assert above - below == pytest.approx(-0.002, abs=1e-3)


def test_what_is_not_followed_is_said() -> None:
    def said(**fields: object) -> str:
        return " ".join(HeavyNeutralLepton(**{**PAIRS, **fields}).caveats())

    assert said() == ""
    assert said(inverse_decays=False) == ""  # as asked for
    assert "would make 0.2" in said(channels="nu_e e+ e-")
    assert "in equilibrium until it is gone" in said(mass="2 MeV", lifetime="0.01 s", channels="nu_e gamma")
    assert said(mass="2 MeV", lifetime="0.02 s", channels="nu_e gamma") == ""  # followed
    assert "are 1.8 times faster" in said(mass="2 MeV", lifetime="0.1 s", channels="nu_e gamma: 0.5; nu nu: 0.5")
    strong = HeavyNeutralLepton(**{**PAIRS, "mass": "2 MeV", "lifetime": "0.01 s", "channels": "nu_e gamma"})
    assert not strong.relic().inverse
    assert replace(strong, lifetime="10 s").relic().inverse
    mixes = HeavyNeutralLepton(mass="60 MeV", Ue4_sq=1e-4)
    assert not any("inverse" in sentence for sentence in mixes.caveats())
