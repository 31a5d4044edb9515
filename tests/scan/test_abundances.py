"""Primordial abundances of the points of a scan: which numbers, by which backend, and that records hold them."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from boltzmann import Mixing, Options, ParameterError
from boltzmann.cmb import bbn, bbn_observed
from boltzmann.scan import abundance_numbers, abundances, scan
from boltzmann.scan.extra import fingerprints
from boltzmann.solution import Solution

QUICK = Options(n_momenta=8, rtol=1e-3, nu_nu=False)
AXES = {"Ue4_sq": [1e-4, 1e-2]}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Backends that were asked; both follow N_eff, and CLASS's table refuses what is thermalised."""
    calls: list[str] = []

    def predicted(solution: Solution, *, backend: bbn.Backend, **_: object) -> bbn.Abundances:
        calls.append(backend)
        if backend == "class" and solution.N_eff > 3.5:
            raise ParameterError("electron neutrinos are missing")
        deuterium = 2.44e-5 if backend == "primat" else None
        return bbn.Abundances(0.247 + 0.013 * (solution.N_eff - 3.0), 0.246, deuterium, 0.0224, backend, ())

    monkeypatch.setattr(bbn, "abundances", predicted)
    monkeypatch.setattr(bbn_observed, "abundances", predicted)
    for function in (abundances._network, abundances._table, bbn_observed.standard_chi2):
        function.cache_clear()
    monkeypatch.setattr(bbn, "installed", lambda _: None)
    return calls


def test_numbers_of_the_network(asked: list[str], tmp_path: Path) -> None:
    def run() -> object:
        given = {"mixing": Mixing(dm2_41="1 eV2"), "options": QUICK, "store": tmp_path, "workers": 1, "error_every": 0}
        return scan(AXES, extra=abundance_numbers("primat"), **given)

    data = run()
    assert asked == ["primat"] * 3  # once for each point, and for three neutrinos
    assert data.Y_p.values == pytest.approx(0.247 + 0.013 * (data.N_eff.values - 3.0))
    assert data.D_H.values == pytest.approx([2.44e-5] * 2)
    assert data.chi2_BBN.values[1] > data.chi2_BBN.values[0]
    assert data.Y_p.attrs["long_name"].endswith("by the nuclear network of primat")
    assert run().equals(data)
    assert len(asked) == 3  # from the store


def test_a_table_says_so_and_has_no_deuterium(asked: list[str]) -> None:
    data = scan(AXES, mixing=Mixing(dm2_41="1 eV2"), options=QUICK, workers=1, extra=abundance_numbers("class"))
    assert "D_H" not in data
    assert "by CLASS's table" in data.Y_p.attrs["long_name"]
    assert np.isfinite(data.Y_p.values).tolist() == (data.N_eff.values <= 3.5).tolist() == [True, False]
    assert np.isnan(data.chi2_BBN.values[1])


def test_backends_have_records_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bbn, "installed", lambda _: None)
    network, table = (fingerprints(abundance_numbers(name), ()) for name in ("primat", "class"))
    assert network["Y_p"] != table["Y_p"]
    with pytest.raises(ParameterError, match="backend = 'alterbbn' does not exist"):
        abundance_numbers("alterbbn")


def test_the_milder_sign_of_an_asymmetry_counts(asked: list[str]) -> None:
    """Helium of 0.2477 is nearer to what is observed than 0.2535; of a known sign nobody asks for the other."""
    near, far = SimpleNamespace(N_eff=3.05), SimpleNamespace(N_eff=3.5)
    for solution, other in ((near, far), (far, near)):
        solution.of_unknown_sign, solution.mirrored = True, other
        assert abundances.milder_abundances(solution).Y_p == pytest.approx(0.247 + 0.013 * 0.05)
    assert asked == ["primat"] * 4
    far.of_unknown_sign = False
    assert abundances.milder_abundances(far, "auto").Y_p == pytest.approx(0.247 + 0.013 * 0.5)
    assert asked[4:] == ["auto"]
