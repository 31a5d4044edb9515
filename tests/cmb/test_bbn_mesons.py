"""Pions from decays and helium: Born rates, the published bound, and where mesons are counted."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from boltzmann import Mixing, Solution, solve
from boltzmann.cmb import abundances, bbn, bbn_mesons, hot_neutrinos
from boltzmann.cmb.class_bridge import class_parameters, run_class
from boltzmann.cmb.judge import summarise
from boltzmann.cmb.neutrons import STANDARD, helium_factor, helium_shift
from boltzmann.cmb.species import neutrinos_for_class
from boltzmann.parameters import ParameterError
from boltzmann.potentials import HeavyNeutralLepton
from tests import hot_born


def lepton(tau: float) -> HeavyNeutralLepton:
    """300 MeV, 0.3 pions of each charge, 0.15 of the number of a Fermi gas at T_gamma."""
    channels = "e pi: 0.6; nu_e pi0: 0.4"
    fields = {"mass": "300 MeV", "lifetime": f"{tau} s", "T_N_over_T": 0.7, "abundance": 0.15 / 0.7**3}
    return HeavyNeutralLepton(channels=channels, **fields)


@cache
def solution(tau: float) -> Solution:
    return solve(Mixing(), lepton(tau))


def test_coulomb_attraction() -> None:
    """About 1 at high T, growing like 1/velocity at low T."""
    hot, cold = bbn_mesons.coulomb(np.array([100.0, 0.01]))
    assert 1.0 < hot < 1.05
    assert cold == pytest.approx(2.0 * np.pi / 137.036 / (np.sqrt(0.01 / 139.57) + np.sqrt(0.01 / 938.27)), rel=0.1)


def test_pions_raise_helium() -> None:
    """A version of 40 lines with thermal nu_e gave 3.7 % at 0.02 s (prototype); attraction of electrons adds 6 %."""
    assert helium_factor(solution(0.02)) - 1.0 == pytest.approx(0.037, rel=0.1)
    without = HeavyNeutralLepton(mass="100 MeV", lifetime="0.02 s", channels="nu_e gamma")
    assert helium_factor(replace(solution(0.02), interactions=(without,))) == 1.0
    assert helium_factor(solution(0.02), 860.0) != helium_factor(solution(0.02))


@pytest.mark.parametrize("tau", [0.02, 0.05])
def test_rates_of_pions_and_neutrinos_add(tau: float) -> None:
    """By LSODA with the rates of both, without attraction of electrons. Beside thermal nu_e 0.05 s had 4 % more."""
    three = hot_born.helium(solve(Mixing()))
    shift = hot_born.helium(solution(tau), pions=True) - three
    assert helium_shift(solution(tau)) == pytest.approx(shift, rel=0.08 if tau < 0.03 else 0.03)


def test_a_verdict_counts_pions() -> None:
    """The same factor as for the network, 0.0095 of helium beside 0.0008 of neutrinos."""
    run = solution(0.02)
    bare = replace(run, relic=None)
    neutrinos = helium_shift(replace(bare, matter=run.relic.total)) + STANDARD
    assert helium_shift(run) + STANDARD == pytest.approx(helium_factor(run) * neutrinos, rel=1e-9)
    assert summarise(run).helium == pytest.approx(0.0115, abs=1e-3)


def test_the_network_counts_pions() -> None:
    pytest.importorskip("primat")
    run = solution(0.02)
    with_pions, without = (abundances(run, backend="primat", mesons=m) for m in (True, False))
    factor = helium_factor(run)
    assert with_pions.Y_p == pytest.approx(factor * without.Y_p, rel=1e-12)
    assert "pions" in with_pions.caveats[-1]
    # pi0 and stopped pions leave neutrinos of 54 MeV at most in the plasma of T = 3 MeV: few are above 30 T
    assert 0.0 <= hot_neutrinos.share_above(run, 30.0 * run.T.value) < 0.05
    # of int dy y^4 e^-y there is 0.815 above 3, Gamma(5, 3)/24; Fermi-Dirac and z: 3 %
    assert hot_neutrinos.share_above(run, 3.0 * run.T.value) == pytest.approx(0.815, abs=0.05)


def test_the_table_of_class_refuses_pions() -> None:
    with pytest.raises(ParameterError, match="mesons=False"):
        abundances(solution(0.02), backend="class")


def test_neutrinos_with_tails_are_number_and_energy_for_class() -> None:
    run = solution(0.02)
    neutrinos = neutrinos_for_class(run)
    assert sum(s.N_eff for s in neutrinos.species) + neutrinos.N_ur == pytest.approx(run.N_eff, rel=1e-9)
    for species in neutrinos.species:
        assert species.occupation is None
        assert species.omega_h2 == pytest.approx(sum(run.Omega_h2(k) for k in species.states), rel=5e-3)


@pytest.mark.slow
def test_the_published_bound_on_the_lifetime() -> None:
    """Y_p up by 4.35 % at 0.020 s, 0.021 with thermal nu_e (prototype, 200 to 500 MeV); 0.02 s in arXiv:2008.00749."""
    lifetimes = np.array([0.017, 0.02, 0.023])
    factors = [helium_factor(solution(t)) for t in lifetimes]
    assert np.interp(1.0435, factors, lifetimes) == pytest.approx(0.021, abs=0.003)
    assert bbn._with_pions(abundances(solution(0.02), mesons=False), 1.1, 0.2).caveats[-1].endswith("not followed")


@pytest.mark.slow
def test_class_takes_hot_neutrinos() -> None:
    pytest.importorskip("classy")
    with run_class(class_parameters(solution(0.02), output=""), level="background") as run:
        assert float(run.Neff()) == pytest.approx(solution(0.02).N_eff, abs=2e-3)  # momenta of CLASS
