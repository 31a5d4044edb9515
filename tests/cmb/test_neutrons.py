"""Helium by Born rates against primat, against another integration, and its response in the tables of the CMB."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boltzmann import Asymmetry, Mixing, Options, solve
from boltzmann.cmb import abundances, helium_runs, likelihood, neutrons
from boltzmann.cmb.class_bridge import helium_fraction
from boltzmann.cmb.exact import jacobian
from boltzmann.cmb.nodes import LCDM
from boltzmann.cmb.profile_table import COMPONENTS, Table, helium_of_N_eff, table
from boltzmann.constants import M_E
from boltzmann.numerics.arrays import Array
from boltzmann.potentials import LowReheating, SecretVector, ThermalRelic
from boltzmann.solution import Solution
from tests import born
from tests.solutions import solution_with

MIXED = Mixing(dm2_41="1 eV2", Ue4_sq=0.01)
CASES = {
    "thermal": (MIXED, []),
    "vector, nu_e": (MIXED, [SecretVector(1e-3, "1 MeV")]),
    "strong vector, nu_e": (MIXED, [SecretVector(0.01, "10 MeV")]),
    "vector, nu_mu": (Mixing(dm2_41="1 eV2", theta_24="0.1 rad"), [SecretVector(1e-3, "100 MeV")]),
}
BESIDE = {
    "reheating, 3 MeV": LowReheating(T_RH="3 MeV"),
    "of e+-": ThermalRelic(mass="5 MeV", g=1.0, couples_to="e", statistics="boson"),
    "of neutrinos": ThermalRelic(mass="1 MeV", g=1.0, couples_to="nu", statistics="boson"),
}


def solved(name: str) -> Solution:
    if name in BESIDE:
        return solve(Mixing(), BESIDE[name])
    return solve(*CASES[name], Options(signs="same"))


def reheated(T_RH: float) -> Solution:
    return solve(Mixing(), LowReheating(T_RH=f"{T_RH} MeV"))


def test_three_neutrinos_are_the_reference() -> None:
    """Other roundings and tolerances move 2 X_n by 1e-5; the CMB measures helium to 0.01."""
    assert neutrons.helium_shift(solve(Mixing())) == pytest.approx(0.0, abs=5e-5)


@pytest.mark.parametrize("name", [*CASES, *BESIDE])
def test_primat_has_the_same_shift(name: str) -> None:
    """9e-4 at the worst, both vectors with nu_e; 5e-4 is 0.2 of Delta chi^2 with Planck, 0.5 with ACT.

    The relic of e+- has slower expansion and fewer nu_e, -0.004 and +0.004: 0.0007 is 8% of each.
    """
    pytest.importorskip("primat")
    solution = solved(name)
    network = abundances(solution, backend="primat").Y_p - neutrons.STANDARD_Y_P
    assert neutrons.helium_shift(solution) == pytest.approx(network, abs=7e-4, rel=0.06)


def test_freeze_out_before_the_run() -> None:
    """At T_RH = 0.5 MeV a run begins at 1.5 MeV; from there alone, in equilibrium, it were 0.019 for primat's 0.037.

    26% are left, 20% at 1 MeV, 10% at 2 MeV: nu_e are so few that e+- convert alone, whose rates have most of what Born
    rates leave out.
    """
    pytest.importorskip("primat")
    solution = reheated(0.5)
    network = abundances(solution, backend="primat").Y_p - neutrons.STANDARD_Y_P
    assert neutrons.helium_shift(solution) == pytest.approx(network, rel=0.3)
    assert neutrons.helium_shift(solution) > 0.025
    assert neutrons.past_of(solution).log_x.size > 50


@pytest.mark.parametrize("T_RH", [0.5, 2.0, 30.0])
def test_the_start_is_forgotten(T_RH: float) -> None:
    """Whatever X_n is at 6 MeV: e^-11 of it are left at the end at T_RH = 0.5 MeV, e^-191 without a reheating."""
    road = neutrons._road(reheated(T_RH), neutrons.END, 300)
    depth = np.trapezoid((road.forward + road.back) / road.hubble, road.s)
    assert np.exp(-depth) < 2e-5


def test_matter_counts_in_the_expansion() -> None:
    """H ~ T^4 while matter heats the plasma (derived: rho_m a^3 and T a^(3/8) const), T^2 of radiation."""
    for T_RH, power in ((1.0, 4.0), (30.0, 2.0)):
        road = neutrons._road(reheated(T_RH), neutrons.END, 300)
        k = np.searchsorted(-road.T, -4.0)
        slope = np.log(road.hubble[0] / road.hubble[k]) / np.log(road.T[0] / road.T[k])
        assert slope == pytest.approx(power, abs=0.2)  # radiation is 4% of the matter at 6 MeV, 10% at 4 MeV


def test_neutrinos_and_antineutrinos_pull_apart() -> None:
    """nu_e make protons, nubar_e neutrons: 1% fewer of one or the other are +0.0013 and -0.0011, of both +0.0002."""
    three = solve(Mixing())
    shifts = []
    for share in ((0.99, 1.0), (1.0, 0.99), (0.99, 0.99)):
        rho = np.concatenate([share[0] * three.rho, share[1] * three.rho], axis=1)
        shifts.append(neutrons.helium_shift(replace(three, rho=rho)))
    assert shifts[0] > 1e-3
    assert shifts[1] < -1e-3
    assert shifts[2] == pytest.approx(shifts[0] + shifts[1], abs=1e-5)  # linear


def test_an_asymmetry_of_either_sign() -> None:
    """By e^-xi in n/p at freeze-out: -0.24 xi in Y_p (tests/cmb/test_bbn_asymmetry.py), opposite for the mirror."""
    run = solve(Mixing(), asymmetry=Asymmetry(xi_e=0.02, xi_mu=0.02, xi_tau=0.02), options=Options(n_momenta=12))
    found = [neutrons.helium_shift(sign) for sign in (run, run.mirrored)]
    assert 0.5 * (found[0] - found[1]) / 0.02 == pytest.approx(-0.24, abs=0.02)
    assert abs(found[0] + found[1]) < 2e-4  # N_eff and the second order


def test_who_has_helium_of_its_own() -> None:
    assert neutrons.own_helium(solution_with(Mixing())) is None  # three points
    three = solve(Mixing())
    assert neutrons.own_helium(three) == pytest.approx(0.0, abs=5e-5)
    late = three.T.value < 2.0
    assert neutrons.own_helium(replace(three, x=three.x[late], z=three.z[late], rho=three.rho[late])) is None


def test_attraction_of_the_electron() -> None:
    """Phase space of the decay over m_e^5: 1.6887 with the Fermi function (Wilkinson 1982, in hep-ph/0406324).

    1.636 without. Here the attraction is that of slow electrons, and the proton has no size: 0.2%.
    """
    assert neutrons.vacuum_decay() / M_E**5 == pytest.approx(1.6887, rel=2e-3)


@pytest.mark.parametrize("name", CASES)
def test_another_integration_has_the_same_shift(name: str) -> None:
    """The equation of X_n by LSODA, all six reactions apart, expansion without finite-temperature QED, 0.072 MeV.

    And without the attraction of electrons, which is 0.4% (thermal) to 4% (vectors with nu_e).
    """
    shift = born.helium(solved(name)) - born.helium(solve(Mixing()))
    assert neutrons.helium_shift(solved(name)) == pytest.approx(shift, rel=0.05)


def test_detailed_balance_and_the_free_neutron() -> None:
    T, y = np.array([2.0, 1e-3]), np.linspace(0.01, 60.0, 6000)
    thermal = np.array([1.0 / (np.exp(y) + 1.0)] * 2)
    forward, back = neutrons._rates(T, 1.0 / T, y, thermal, thermal)
    assert back[0] / forward[0] == pytest.approx(np.exp(-neutrons.Q / T[0]), rel=1e-6)
    assert forward[1] == pytest.approx(1.0 / neutrons.TAU_N, rel=1e-4)


def test_mass_and_number_of_helium() -> None:
    assert neutrons.by_number(neutrons.by_mass(0.247)) == pytest.approx(0.247, rel=1e-12)


def test_helium_of_classs_table() -> None:
    """A spline through every half neutrino; the table of CLASS is one itself."""
    pytest.importorskip("classy")
    assert helium_of_N_eff(3.25) == pytest.approx(helium_fraction(3.25, 0.022383), abs=3e-6)
    assert helium_of_N_eff(9.0) == helium_of_N_eff(6.0)


@pytest.mark.parametrize("data", likelihood.DATA)
@pytest.mark.parametrize("source", [likelihood.table, likelihood.fluid_table])
def test_slopes_that_were_not_fitted(source: Callable[[str], Table], data: str) -> None:
    """A law linear in the scores predicts each node from the others: by 40, 0.1 of chi^2 for 0.0025 of helium.

    Measured: 15 to 24. Runs of CLASS scatter by 0.1 in a residual, slopes by 2 x 0.1 sqrt(7000 to 12000) = 17 to 22.
    """
    full = source(data)
    missed = []
    for k, row in enumerate(full.helium):
        other = type(full)(**{**vars_of(full), "helium": np.delete(full.helium, k, axis=0)})
        score = other.at(row[None, :-2], np.array([0.06]))[:, :COMPONENTS]
        missed.append(other.response.constant + float(score[0] @ other.response.weights) - row[-2])
    assert np.sqrt(np.mean(np.square(missed))) < 40.0
    assert np.std(full.helium[:, -2]) > 4.0 * np.sqrt(np.mean(np.square(missed)))


def vars_of(full: Table) -> dict[str, Array]:
    return {name: getattr(full, name) for name in type(full).__dataclass_fields__}


def test_weights_are_those_of_unit_vectors() -> None:
    """w_k = 2 v_k.u of orthonormal v: at most 2 |u|; they are fitted, and shrunk by little."""
    for data in likelihood.DATA:
        law = table(data).response
        assert np.linalg.norm(law.weights) < 2.0 * 1.2 * np.sqrt(law.curvature)


def test_a_response_from_residuals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Residuals that are quadratic by construction: what the parameters can follow does not count."""
    node, rng = LCDM, np.random.default_rng(1)
    J = jacobian()
    r, u = rng.normal(size=len(J)), rng.normal(size=len(J))
    moved = 0.3 * J[:, 0] / np.linalg.norm(J[:, 0])
    known = {
        (node, added): helium_runs.HeliumRun(node, added, list(r + (u + moved) * added))
        for added in (0.0, helium_runs.STEP)
    }
    without = {k: helium_runs.HeliumRun(node, k[1], list(r + u * k[1])) for k in known}
    found, expected = (helium_runs.responses(runs, node) for runs in (known, without))
    for data in likelihood.DATA:
        assert found[data] == pytest.approx(expected[data], rel=1e-6)


def test_a_store_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there is not computed again; a line that was cut off is."""
    nodes = helium_runs.helium_nodes()[:1]
    monkeypatch.setattr(helium_runs, "helium_nodes", lambda: nodes)
    store = tmp_path / "helium.jsonl"
    line = '{"node": [0.0, 0.0, 0.0, 0.0, 0.06], "added": %s, "values": [1.0]}\n'
    store.write_text(line % "0.0" + line % "0.01" + '{"node": [0.0, 0.0', encoding="utf-8")
    *_, known = helium_runs.run(store, "nowhere", workers=1)
    assert known.keys() == {(nodes[0], 0.0), (nodes[0], 0.01)}
