"""Helium by Born rates against primat, against another integration, and its response in the tables of the CMB."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from boltzmann import Mixing, Options, solve
from boltzmann.cmb import abundances, bbn, helium_runs, likelihood, neutrons
from boltzmann.cmb.class_bridge import helium_fraction
from boltzmann.cmb.exact import jacobian
from boltzmann.cmb.nodes import LCDM
from boltzmann.cmb.profile_table import COMPONENTS, Table, helium_of_N_eff, table
from boltzmann.numerics.arrays import Array
from boltzmann.potentials import SecretVector
from boltzmann.solution import Solution
from tests import born

MIXED = Mixing(dm2_41="1 eV2", Ue4_sq=0.01)
CASES = {
    "thermal": (MIXED, []),
    "vector, nu_e": (MIXED, [SecretVector(1e-3, "1 MeV")]),
    "strong vector, nu_e": (MIXED, [SecretVector(0.01, "10 MeV")]),
    "vector, nu_mu": (Mixing(dm2_41="1 eV2", theta_24="0.1 rad"), [SecretVector(1e-3, "100 MeV")]),
}


def solved(name: str) -> Solution:
    return solve(*CASES[name], Options(signs="same"))


def test_three_neutrinos_are_the_reference() -> None:
    """Other roundings and tolerances move 2 X_n by 1e-5; the CMB measures helium to 0.01."""
    assert neutrons.helium_shift(solve(Mixing())) == pytest.approx(0.0, abs=5e-5)


@pytest.mark.parametrize("name", CASES)
def test_primat_has_the_same_shift(name: str) -> None:
    """8% at the worst, the strong vector, 0.0199 for 0.0216; 5e-4 is 0.2 of Delta chi^2 with Planck, 0.5 with ACT."""
    pytest.importorskip("primat")
    solution = solved(name)
    network = abundances(solution, backend="primat").Y_p - neutrons.STANDARD_Y_P
    assert neutrons.helium_shift(solution) == pytest.approx(network, abs=7e-4, rel=0.11)


@pytest.mark.parametrize("name", CASES)
def test_another_integration_has_the_same_shift(name: str) -> None:
    """The equation of X_n by LSODA, all six reactions apart, expansion without finite-temperature QED, 0.072 MeV."""
    shift = born.helium(solved(name)) - born.helium(solve(Mixing()))
    assert neutrons.helium_shift(solved(name)) == pytest.approx(shift, rel=0.02)


def test_detailed_balance_and_the_free_neutron() -> None:
    T, y = np.array([2.0, 1e-3]), np.linspace(0.01, 60.0, 6000)
    thermal = np.array([1.0 / (np.exp(y) + 1.0)] * 2)
    forward, back = neutrons._rates(T, 1.0 / T, y, thermal, thermal)
    assert back[0] / forward[0] == pytest.approx(np.exp(-neutrons.Q / T[0]), rel=1e-6)
    assert forward[1] == pytest.approx(1.0 / neutrons.TAU_N, rel=1e-4)


def test_mass_and_number_of_helium() -> None:
    assert bbn.by_number(bbn.by_mass(0.247)) == pytest.approx(0.247, rel=1e-12)


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
