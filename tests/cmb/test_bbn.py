"""Primordial abundances: conventions, refusals and chi2 by themselves; helium and deuterium by two and three roads."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

from boltzmann import Mixing, solve
from boltzmann import observables as obs
from boltzmann.cmb import Abundances, PrimatMissing, abundances, bbn, bbn_chi2, bbn_observed, bbn_primat
from boltzmann.cmb.class_bridge import HELIUM_WEIGHTS, STANDARD_BBN, helium_fraction, helium_N_eff
from boltzmann.constants import M_E
from boltzmann.kinetics.status import Status
from boltzmann.parameters import ParameterError
from boltzmann.potentials import SecretVector
from tests import born
from tests.solutions import solution_with, solve_same

STERILE = Mixing(dm2_41="1 eV2", Ue4_sq=0.02)  # thermalised
OMEGA_B = 0.02242  # primat's default


@pytest.fixture(scope="module")
def standard():
    return solve(Mixing())


@pytest.fixture(scope="module")
def sterile():
    return solve(STERILE)


@pytest.fixture(scope="module")
def primat():
    return pytest.importorskip("primat.backend")


@pytest.fixture(scope="module")
def primat_standard(primat, standard):
    data = Path(primat.__file__).parent / "data"
    before = sorted(data.rglob("*"))
    result = abundances(standard, omega_b=OMEGA_B, backend="primat")
    assert sorted(data.rglob("*")) == before  # our tables and rates do not stay in primat's own folder
    return result


def depleted(solution, part: float):
    """Move a part of all electron neutrinos to the tau flavour: the same expansion."""
    rho = solution.rho.copy()
    moved = part * rho[..., 0, 0]
    rho[..., 0, 0] -= moved
    rho[..., 2, 2] += moved
    return dataclasses.replace(solution, rho=rho)


# --- conventions


def test_helium_by_number_and_by_mass(primat) -> None:
    # primat converts with its own atomic masses and without the electrons of helium: 1e-5
    result = primat.run_bbn({}, progress=False)
    assert bbn.by_number(result["YPCMB"]) == pytest.approx(result["YPBBN"], rel=1e-5)


def test_helium_number_of_a_history() -> None:
    assert sum(HELIUM_WEIGHTS) == pytest.approx(1.0)
    assert helium_N_eff(STANDARD_BBN) == 3.044
    assert helium_N_eff(obs.BBN(*(N + 0.7 for N in STANDARD_BBN))) == pytest.approx(3.744)
    # more at weak freeze-out counts more
    early, late = (obs.BBN(STANDARD_BBN[0] + a, STANDARD_BBN[1] + b) for a, b in ((0.5, 0.0), (0.0, 0.5)))
    assert helium_N_eff(early) > helium_N_eff(late) > 3.044


def test_standard_numbers_are_those_of_a_run(standard) -> None:
    # written with four decimals; 20 momenta and rtol 1e-4 leave 2e-5
    assert standard.N_eff_bbn == pytest.approx(STANDARD_BBN, abs=1e-4)


# --- what is asked of the backends


def test_class_gets_the_number_of_nucleosynthesis(standard, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(bbn, "helium_fraction", lambda N, omega_b: asked.append((N, omega_b)) or 0.245)
    result = abundances(standard, backend="class")
    assert asked == [(helium_N_eff(standard.N_eff_bbn), 0.022383)]
    assert (result.YHe, result.backend, result.deuterium) == (0.245, "class", None)
    assert result.Y_p == pytest.approx(0.245 * 1.0054, rel=2e-4)  # 4 m_H/m_He = 1.0072, of which 0.75 count
    assert "undistorted electron neutrinos" in result.caveats[0]
    with pytest.raises(ParameterError, match=r'backend = "class" has no D/H.*use backend="primat"'):
        _ = result.D_H


def test_class_does_not_know_missing_electron_neutrinos(standard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bbn, "helium_fraction", lambda *_: 0.245)
    with pytest.raises(ParameterError, match=r"97\.5% to 97\.5% .*more than 2% off.*use backend=\"primat\""):
        abundances(depleted(standard, 0.025), backend="class")
    for part in (0.019, 0.0, -0.019):
        assert abundances(depleted(standard, part), backend="class").backend == "class"
    with pytest.raises(ParameterError, match=r"102\.\d% to 102\.\d% of their standard energy"):
        abundances(depleted(standard, -0.025), backend="class")


def test_standard_energy_of_electron_neutrinos(standard, sterile) -> None:
    # 5e-4 of straight lines between three points; a thermalised fourth takes nothing away before they decouple
    for solution, error in ((standard, 5e-4), (sterile, 1.5e-3)):
        assert bbn._electron_neutrinos(solution) == pytest.approx((1.0, 1.0), abs=error)


def test_two_percent_of_the_electron_neutrinos(primat_standard, standard) -> None:
    """What the threshold of the backend "class" lets pass: one observational error of Y_p, 0.0013."""
    few = abundances(depleted(standard, bbn.MOST_DISTORTION), omega_b=OMEGA_B, backend="primat")
    assert few.Y_p - primat_standard.Y_p == pytest.approx(0.0013, abs=1e-4)


def test_the_network_is_taken_where_it_is(standard, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default is primat if it is installed, else CLASS, which refuses what it does not know."""
    monkeypatch.setattr(bbn, "helium_fraction", lambda *_: 0.245)
    network = Abundances(0.25, 0.249, 2.5e-5, OMEGA_B, "primat", ())
    monkeypatch.setattr(bbn, "_primat", lambda *_: network)
    for found, backend in ((object(), "primat"), (None, "class")):
        monkeypatch.setattr(bbn, "find_spec", lambda _, found=found: found)
        assert abundances(standard).backend == backend
    with pytest.raises(ParameterError, match=r'pip install "sterile-boltzmann\[bbn\]"'):
        abundances(depleted(standard, 0.1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backend": "alterbbn"}, "backend = 'alterbbn' does not exist; use one of: auto, class, primat"),
        ({"omega_b": 0.3}, "omega_b = 0.3 is not allowed"),
        ({"omega_b": float("nan")}, "omega_b = nan is not allowed"),
        ({"rates": "nacre"}, "rates = 'nacre' do not exist; use one of: primat, parthenope"),
        (
            {"tau_n": -878.4},
            "tau_n = -878.4 is not allowed; give the lifetime of the neutron in seconds, from 860 to",
        ),
        ({"tau_n": float("nan")}, "tau_n = nan is not allowed"),
        ({"tau_n": 14.6}, "tau_n = 14.6 is not allowed"),
        ({"tau_n": "878.4 s"}, "tau_n = '878.4 s' is not allowed"),
        ({"backend": "class", "tau_n": 887.7}, 'not for backend = "class", whose table of helium has tau_n = 878.4 s'),
        ({"backend": "class", "rates": "parthenope"}, "rates = 'parthenope' and tau_n = 878.4 are not for"),
    ],
)
def test_refuses(standard, changes, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        abundances(standard, **changes)


def test_refuses_a_run_that_failed() -> None:
    with pytest.raises(ParameterError, match=r"the run did not end well.*max_steps"):
        abundances(solution_with(Mixing(), status=Status.TOO_MANY_STEPS))


def test_without_primat(standard, monkeypatch: pytest.MonkeyPatch) -> None:
    bbn_primat.primat.cache_clear()
    monkeypatch.setitem(sys.modules, "primat.backend", None)
    with pytest.raises(PrimatMissing, match=r'pip install "sterile-boltzmann\[bbn\]"'):
        abundances(standard, backend="primat")


# --- against observations


def test_chi2_of_helium_alone() -> None:
    agreement = bbn_chi2(Abundances(0.2489, 0.2475, None, 0.0224, "class", ("a caveat",)), Y_p="pdg", sigma_omega_b=0.0)
    # 3.9 thousandths over 3, with a theoretical error of 0.1 thousandths
    assert agreement.chi2 == pytest.approx(1.3**2, rel=2e-3)
    assert agreement.pulls == {"Y_p": pytest.approx(1.3, rel=1e-3)}
    assert agreement.sentence == "Y_p = 0.2489 (+1.3 sigma): chi^2 = 1.7, 1 observed (backend class)."
    assert len(agreement.citations) == 1
    assert agreement.caveats == ("a caveat",)


def test_chi2_is_the_marginal_likelihood_over_omega_b() -> None:
    predicted = Abundances(0.2485, 0.247, 2.40e-5, 0.0224, "primat", ())
    agreement = bbn_chi2(predicted)
    omega = np.linspace(-8.0, 8.0, 2001) * 0.00015
    Y_p = predicted.Y_p + bbn_observed.DY_P_DOMEGA_B * omega
    D_H = predicted.D_H * (1.0 + bbn_observed.DLND_H_DLNOMEGA_B * omega / predicted.omega_b)
    sigmas = np.hypot(0.0013, bbn_observed.SIGMA_Y_P), np.hypot(0.030e-5, bbn.RATES["primat"].sigma_D_H)
    chi2 = ((Y_p - 0.2458) / sigmas[0]) ** 2 + ((D_H - 2.527e-5) / sigmas[1]) ** 2 + (omega / 0.00015) ** 2
    # -2 ln of the integral, less what it is for a perfect prediction; both Gaussian, so the trapezoid is exact
    perfect = (
        ((Y_p - predicted.Y_p) / sigmas[0]) ** 2 + ((D_H - predicted.D_H) / sigmas[1]) ** 2 + (omega / 0.00015) ** 2
    )
    marginal = -2.0 * np.log(np.exp(-0.5 * chi2).sum() / np.exp(-0.5 * perfect).sum())
    assert agreement.chi2 == pytest.approx(marginal, rel=1e-6)
    assert list(agreement.pulls) == ["Y_p", "D_H"]
    assert "D/H = 2.4e-05 (-2." in agreement.sentence
    assert ["1710.11129" in c for c in agreement.citations] == [False, True]


def test_chi2_refuses() -> None:
    predicted = Abundances(0.2485, 0.247, 2.40e-5, 0.0224, "primat", ())
    with pytest.raises(ParameterError, match="Y_p = 'empress' is not a measurement; valid are: lbt2026, pdg"):
        bbn_chi2(predicted, Y_p="empress")
    with pytest.raises(ParameterError, match="D_H = 'lbt2026' is not a measurement; valid are: cooke2018, pdg"):
        bbn_chi2(predicted, D_H="lbt2026")
    with pytest.raises(ParameterError, match="sigma_omega_b = -1 is not allowed"):
        bbn_chi2(predicted, sigma_omega_b=-1)


# --- primat


def test_three_neutrinos_are_those_of_primat(primat, primat_standard) -> None:
    """Our decoupling against the tables that come with primat (arXiv:2008.01074): two solutions of one equation."""
    theirs = primat.run_bbn({"Omegabh2": OMEGA_B}, progress=False)
    # its own two ways to find a(T) differ by 1e-5 in D/H, our momentum grid and steps leave 1e-5 of nu_e's distortion
    assert primat_standard.Y_p == pytest.approx(theirs["YPBBN"], rel=5e-5)
    assert primat_standard.YHe == pytest.approx(theirs["YPCMB"], rel=5e-5)
    assert theirs["DoH"] == pytest.approx(primat_standard.D_H, rel=1e-4)


def test_a_thermalised_sterile_neutrino_by_three_roads(primat_standard, standard, sterile) -> None:
    """Network with our expansion, CLASS's table, and Born rates integrated here; measured 0.01259, 0.01264, 0.01262."""
    pytest.importorskip("classy")
    network = abundances(sterile, omega_b=OMEGA_B, backend="primat")
    shift = network.Y_p - primat_standard.Y_p
    four, three = (abundances(solution, omega_b=OMEGA_B, backend="class") for solution in (sterile, standard))
    table = four.Y_p - three.Y_p
    # PArthENoPE and PRIMAT differ by 0.5 % in dY_p/dN, the Born rates by their missing corrections of 2 % of the rates
    assert table == pytest.approx(shift, rel=0.01)
    assert born.helium(sterile) - born.helium(standard) == pytest.approx(shift, rel=0.02)
    # 0.135 = d ln(D/H)/dN of primat for a small constant Delta N; the response bends by 5 % up to Delta N = 1
    assert np.log(network.D_H / primat_standard.D_H) == pytest.approx(0.135 * 1.008, rel=0.07)


def test_the_response_to_N_eff_is_that_of_the_table(primat) -> None:
    pytest.importorskip("classy")
    theirs = [primat.run_bbn({"Omegabh2": OMEGA_B, "DeltaNeff": N}, progress=False)["YPBBN"] for N in (-0.5, 0.5)]
    table = [bbn.by_number(helium_fraction(3.044 + N, OMEGA_B)) for N in (-0.5, 0.5)]
    # independent networks: the two papers agree on Y_p to 2e-4, here 3.5e-4, of which the slope sees a tenth
    assert table[1] - table[0] == pytest.approx(theirs[1] - theirs[0], rel=0.01)
    assert np.mean(table) == pytest.approx(np.mean(theirs), abs=5e-4)


def test_missing_electron_neutrinos_raise_helium(primat_standard, standard) -> None:
    """Two roads again: fewer nu_e convert fewer neutrons (and fewer protons, but these need 1.3 MeV more)."""
    few = abundances(depleted(standard, 0.1), omega_b=OMEGA_B, backend="primat")
    shift = few.Y_p - primat_standard.Y_p
    assert shift == pytest.approx(0.0065, abs=3e-4)
    # corrections of the rates: radiative 3 %, nucleon mass 2 % (both measured by switching them off in primat)
    assert born.helium(depleted(standard, 0.1)) - born.helium(standard) == pytest.approx(shift, rel=0.06)


def test_late_equilibration_takes_electron_neutrinos_away(primat_standard, standard) -> None:
    """Equilibration at 0.4 MeV leaves N_eff = 3.2 but raises Y_p as four thermalised neutrinos would nearly do."""
    secret = solve_same(STERILE, [SecretVector(coupling=0.1, mediator_mass="10 MeV")])
    assert secret.N_eff < 3.25
    shift = abundances(secret, omega_b=OMEGA_B, backend="primat").Y_p - primat_standard.Y_p
    assert shift > 3.0 * 0.0134 * (secret.N_eff - 3.044)
    # corrections of the rates as above; measured 0.0091 both
    assert born.helium(secret) - born.helium(standard) == pytest.approx(shift, rel=0.06)


def test_numbers_of_the_theory(primat) -> None:
    """Responses to omega_b, and the weight of 1 MeV in Y_p, again from primat."""
    base, h = 0.0224, 2e-4
    low, high = (primat.run_bbn({"Omegabh2": base + d}, progress=False) for d in (-h, h))
    assert (high["YPBBN"] - low["YPBBN"]) / (2 * h) == pytest.approx(bbn_observed.DY_P_DOMEGA_B, rel=0.01)
    slope = np.log(high["DoH"] / low["DoH"]) / np.log((base + h) / (base - h))
    assert slope == pytest.approx(bbn_observed.DLND_H_DLNOMEGA_B, rel=0.01)
    logs = np.linspace(np.log(1e-4), np.log(200.0), 2000)
    one = 0.1 * 7.0 / 8.0 * np.pi**2 / 15.0 * (np.exp(logs) / obs.instantaneous_z(M_E / np.exp(logs))) ** 4
    ramp = np.clip(1.0 - logs / np.log(0.07), 0.0, 1.0)
    constant, early = (
        primat.run_bbn({}, extra_rho=[lambda T, e=e: float(np.interp(np.log(T), logs, e))], progress=False)["YPBBN"]
        - primat.run_bbn({}, progress=False)["YPBBN"]
        for e in (one, one * ramp)
    )
    # written with two decimals; interpolating the densities changes 1e-4
    assert early / constant == pytest.approx(HELIUM_WEIGHTS[0], abs=0.006)


def test_two_sets_of_nuclear_rates(standard, sterile) -> None:
    """The conversion of many abundances against the network itself, for three neutrinos and a thermalised fourth."""
    pytest.importorskip("primat.backend")
    for solution in (standard, sterile):
        ours, theirs = (abundances(solution, backend="primat", rates=rates) for rates in ("primat", "parthenope"))
        rates = bbn.RATES["parthenope"]
        assert theirs.rates == "parthenope"
        assert "PArthENoPE" in theirs.caveats[1]
        # written with four decimals, between two values that are 3e-4 apart; Y_p to 2e-6
        assert pytest.approx(rates.D_H, abs=3e-4) == theirs.D_H / ours.D_H
        assert theirs.Y_p - ours.Y_p == pytest.approx(rates.Y_p, abs=3e-6)
        for predicted, name in ((ours, "primat"), (theirs, "parthenope")):
            converted = bbn_observed.chi2_of(ours.Y_p, ours.D_H, rates=name)
            # 3e-4 of D/H is 0.02 of its error, whose pull is 4 at most
            assert converted == pytest.approx(bbn_chi2(predicted).chi2, abs=0.2)


def test_three_neutrinos_by_both_sets_of_rates(standard) -> None:
    """arXiv:2011.13874 and 2011.11537 find D/H of 2.51e-5 at Planck's omega_b, PRIMAT 2.44e-5 (arXiv:2011.11320)."""
    pytest.importorskip("primat.backend")
    ours = abundances(standard, backend="primat")
    assert (ours.Y_p, ours.D_H) == pytest.approx(bbn_observed.STANDARD_ABUNDANCES, rel=3e-5)
    theirs = abundances(standard, backend="primat", rates="parthenope")
    assert pytest.approx(2.44e-5, abs=0.01e-5) == ours.D_H
    assert pytest.approx(2.51e-5, abs=0.01e-5) == theirs.D_H
    chi2 = bbn_chi2(ours).chi2, bbn_chi2(theirs).chi2
    assert chi2 == pytest.approx((3.8, 0.8), abs=0.1)  # only the first rewards radiation
    assert bbn_observed.standard_chi2(standard.options, "primat") == pytest.approx(chi2[0], abs=1e-6)
    assert bbn_observed.delta_chi2_of(ours.Y_p, ours.D_H) == pytest.approx(0.0, abs=0.02)


def test_many_predictions_at_another_baryon_density(standard) -> None:
    """The linear response against the network itself, two errors of Planck away."""
    pytest.importorskip("primat.backend")
    here, there = (abundances(standard, backend="primat", omega_b=omega_b) for omega_b in (0.022383, 0.022683))
    moved = bbn_observed.chi2_of([here.Y_p] * 2, [here.D_H] * 2, omega_b=[0.022383, 0.022683])
    assert moved == pytest.approx([bbn_chi2(found).chi2 for found in (here, there)], abs=0.05)


def test_lifetime_of_the_neutron(standard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two roads: primat, and Born rates here. The power is 0.73."""
    pytest.importorskip("primat.backend")
    low, high = (abundances(standard, backend="primat", tau_n=tau_n) for tau_n in (873.4, 883.4))
    power = np.log(high.Y_p / low.Y_p) / np.log(883.4 / 873.4)
    assert power == pytest.approx(0.73, abs=0.01)
    assert high.tau_n == 883.4
    roads = []
    for tau_n in (873.4, 883.4):
        monkeypatch.setattr(born, "LIFETIME", tau_n)
        roads.append(born.helium(standard))
    # Born: neutrons decay until T = 0.072 MeV whatever the network does: 2 %
    assert np.log(roads[1] / roads[0]) / np.log(883.4 / 873.4) == pytest.approx(power, rel=0.05)
