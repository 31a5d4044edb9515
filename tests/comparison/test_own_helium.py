"""Helium of each point's own nucleosynthesis: a scan says what a single run says, and files get it from their Y_p."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from boltzmann import Asymmetry, Mixing, Options, solve
from boltzmann.cmb import judge, verdict
from boltzmann.cmb.likelihood import DATA, LEAST, profile
from boltzmann.cmb.neutrons import STANDARD_Y_P, by_mass
from boltzmann.cmb.profile_table import helium_of_N_eff
from boltzmann.comparison import asymmetry_planes, own_helium, relic_planes, scans
from boltzmann.potentials import SecretVector, ThermalRelic
from boltzmann.scan import Samples, scan
from boltzmann.solution import Solution

MIXED = Mixing(dm2_41="1 eV2", Ue4_sq=0.01)
SAME = Options(signs="same")
XI = {"xi_e": 0.02, "xi_mu": 0.02, "xi_tau": 0.02}
FEW = Options(n_momenta=12)
CASES = {
    "vector": ({"coupling": [1e-3]}, MIXED, (SecretVector(1e-3, "1 MeV"),), SAME, None),
    "relic": ({"relic.mass": ["8 MeV"]}, Mixing(), (ThermalRelic(mass="8 MeV", couples_to="e"),), Options(), None),
    "asymmetry": (Samples({name: [xi] for name, xi in XI.items()}), Mixing(), (), FEW, Asymmetry(**XI)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_point_of_a_scan_is_judged_as_a_single_run(name: str, tmp_path: Path) -> None:
    """Bit by bit, from the store too; without helium the vector has 10 less with ACT, the others another number too."""
    axes, mixing, interactions, options, asymmetry = CASES[name]
    single = solve(mixing, interactions, options, asymmetry=asymmetry)
    expected = [verdict(single, data).delta_chi2 for data in DATA]
    for _ in range(2):
        point = scan(axes, mixing, interactions, options, store=tmp_path, workers=1, error_every=0)
        assert float(point.helium.item()) == judge.summarise(single).helium
        assert point.delta_chi2.values.ravel().tolist() == expected
    without = [float(judge.profile_of(_without_helium(single), data).delta_chi2) for data in DATA]
    assert np.abs(np.subtract(expected, without)).max() > 0.3
    again = scans.judged_again(point)
    assert again.delta_chi2.values.ravel() == pytest.approx(expected, abs=1e-9)
    forgotten = scans.judged_again(point.drop_vars("helium"))
    assert np.isnan(forgotten.helium).all()
    assert forgotten.delta_chi2.values.ravel() == pytest.approx(without, abs=1e-9)


def _without_helium(solution: Solution) -> judge.Summary:
    return replace(judge.summarise(solution), helium=0.0)


def hand_made(N_eff: list[float], Y_p: list[float]) -> xr.Dataset:
    """Return a scan of three states as files of before have it: chi^2 with the helium of N_eff, or at the edge."""
    more = np.maximum(np.array(N_eff) - 3.044, LEAST)
    chi2 = np.stack([profile(more, 0.0, data).delta_chi2 for data in DATA], axis=-1)
    columns = {"N_eff": ("m", N_eff), "Y_p": ("m", Y_p), "delta_chi2": (("m", "data"), chi2)}
    return xr.Dataset(columns, {"data": list(DATA)})


def test_files_get_helium_from_their_abundances() -> None:
    N_eff, Y_p = [3.3, 2.8, 3.044, 3.3], [0.26, 0.247, STANDARD_Y_P, float("nan")]
    old = hand_made(N_eff, Y_p)
    new = scans.judged_again(old)
    helium = by_mass(np.array(Y_p)) - by_mass(STANDARD_Y_P) - helium_of_N_eff(N_eff) + helium_of_N_eff(3.044)
    assert new.helium.values == pytest.approx(helium, nan_ok=True)
    for k, data in enumerate(DATA):
        assert float(new.delta_chi2[0, k]) == pytest.approx(float(profile(0.256, 0.0, data, 0.0, helium=helium[0])[0]))
        assert float(new.delta_chi2[2, k]) == pytest.approx(float(old.delta_chi2[2, k]), abs=1e-9)
        assert float(new.delta_chi2[3, k]) == float(old.delta_chi2[3, k])  # no abundances, helium of N_eff
    assert scans.judged_again(new).identical(new)
    assert own_helium.with_helium(old.drop_vars("Y_p")).identical(old.drop_vars("Y_p"))


def test_at_the_edge_Y_p_is_that_of_the_point() -> None:
    """N_eff = 2 with the Y_p of 2.444 is judged as 2.444 with its own helium: nothing is added."""
    edge = helium_of_N_eff(3.044 + LEAST) - helium_of_N_eff(2.0)
    more, helium = own_helium.at_edge([-1.044, -0.5], [edge, 0.001])
    assert more.tolist() == [LEAST, -0.5]
    assert helium == pytest.approx([0.0, 0.001], abs=1e-12)


def test_captions_say_which_helium_it_is() -> None:
    old = hand_made([3.3], [0.26])
    assert own_helium.sentence(old) == "helium there is that of N_eff alone"
    assert own_helium.sentence(own_helium.with_helium(old)) == "with helium of each point's nucleosynthesis"
    for module in (relic_planes, asymmetry_planes):
        assert "helium" in module.VARIABLES


def test_what_helium_adds_hardly_depends_on_masses() -> None:
    """Which files of relics do not keep: those of normal ordering, 0.0587 eV, and down to 0.045 eV of fewer neutrinos.

    Measured: 2% between them at delta N_eff = 0.5.
    """
    for data in DATA:
        added = [
            float(profile(0.5, 0.0, data, 0.0, m, 0.01)[0] - profile(0.5, 0.0, data, 0.0, m, 0.0)[0])
            for m in (0.045, 0.0587)
        ]
        assert added[0] == pytest.approx(added[1], rel=0.05)
