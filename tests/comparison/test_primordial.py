"""Primordial abundances on the grid of a joint fit: interpolation, what is not computed, what is to be computed."""

import numpy as np
import pytest
import xarray as xr

from boltzmann import Mixing, Options, ParameterError
from boltzmann.cmb.bbn_observed import STANDARD_ABUNDANCES, chi2_of
from boltzmann.comparison import planes, reach, scans
from boltzmann.comparison.joint import cells
from boltzmann.comparison.primordial import abundance_delta_chi2_on, computed_on, has_abundances, least
from boltzmann.comparison.reach import ADDED, REACH, corners, with_abundances, within_reach
from boltzmann.comparison.scans import Definition
from boltzmann.solution import Solution
from tests import toy_scans

DM2, ELEMENT = np.geomspace(0.02, 20.0, 7), np.geomspace(1e-5, 0.5, 8)
AXES = [DM2, ELEMENT, ELEMENT]
TOY = toy_scans.cube(DM2, ELEMENT)


def test_least_is_what_three_neutrinos_have() -> None:
    """D/H is 1.8 sigma low with the rates of PRIMAT: 3.8 to gain; 0.2 sigma with those of PArthENoPE."""
    assert least("primat") == pytest.approx(-3.81, abs=0.02)
    assert least("parthenope") == pytest.approx(-0.81, abs=0.02)


@pytest.mark.parametrize("rates", ["primat", "parthenope"])
def test_at_its_own_points_chi2_is_that_of_the_abundances(rates: str) -> None:
    found = abundance_delta_chi2_on(TOY, AXES, rates)
    expected = chi2_of(TOY.Y_p, TOY.D_H, rates=rates) - chi2_of(*STANDARD_ABUNDANCES, rates=rates)
    assert found == pytest.approx(expected, abs=1e-9)
    assert found[0, 0, 0] == pytest.approx(0.0, abs=1.0)  # next to no mixing
    assert found[-1, -1, -1] > 100.0  # a fourth neutrino


def test_what_is_not_computed_is_bounded() -> None:
    few = TOY.copy(deep=True)
    few["Y_p"][3:, 4:, :] = np.nan
    fine = [np.geomspace(axis[0], axis[-1], 41) for axis in AXES]
    found, known = abundance_delta_chi2_on(few, fine), computed_on(few, fine)
    assert (found[~known] == least("primat")).all()
    # cells up to index 2 of the splitting, or up to 3 of |U_e4|^2, have all corners
    high, right, _ = np.meshgrid(fine[0] >= DM2[2], fine[1] >= ELEMENT[3], fine[2] > 0.0, indexing="ij")
    edges = np.isclose(fine[0], DM2[2])[:, None, None] | np.isclose(fine[1], ELEMENT[3])[:, None]
    assert (known == ~(high & right))[~np.broadcast_to(edges, known.shape)].all()
    assert (found[~known] <= abundance_delta_chi2_on(TOY, fine)[~known]).all()


def test_a_failed_run_has_those_of_the_nearest_point() -> None:
    """As it has the CMB's Delta chi^2 of it: no hole in which abundances are only bounded."""
    failed = TOY.copy(deep=True)
    for name in ("N_eff", "Y_p", "D_H"):
        failed[name][3, 4, 2] = np.nan
    assert computed_on(failed, AXES).all()
    found, full = abundance_delta_chi2_on(failed, AXES), abundance_delta_chi2_on(TOY, AXES)
    there = np.zeros(full.shape, bool)
    there[3, 4, 2] = True
    assert found[~there] == pytest.approx(full[~there])
    neighbours = [full[k] for k in ((2, 4, 2), (4, 4, 2), (3, 3, 2), (3, 5, 2), (3, 4, 1), (3, 4, 3))]
    assert min(abs(found[3, 4, 2] - value) for value in neighbours) < 1e-9


def test_a_scan_without_abundances_says_how_to_add_them() -> None:
    bare = toy_scans.cube(DM2, ELEMENT, mass_matters=False)
    assert not has_abundances(bare)
    with pytest.raises(ParameterError, match=r"'a toy' has no primordial abundances; add them with .* --abundances"):
        abundance_delta_chi2_on(bare, AXES)


def test_corners_of_the_cells_that_hold_a_point() -> None:
    coarse = [np.arange(4.0), np.arange(3.0)]
    fine = [np.array([0.5, 1.0, 3.0]), np.array([0.1, 1.9])]
    assert [found.tolist() for found in cells(fine, coarse)] == [[0, 1, 2], [0, 1]]
    inside = np.zeros((3, 2), bool)
    inside[0, 0] = True
    assert np.argwhere(corners(inside, fine, coarse)).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    inside[2, 1] = True  # at the end of an axis, in the last cell
    assert corners(inside, fine, coarse).sum() == 8


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "load", toy_scans.load)
    monkeypatch.setattr(planes, "_STEPS", 21)
    monkeypatch.setattr(planes, "_DM2_POINTS", 12)


def test_within_reach_is_all_that_a_joint_fit_or_a_line_may_need(toys: None) -> None:
    data = toy_scans.load("vector")
    found = within_reach("vector", data)
    assert 0 < found.sum() < found.size
    alone = data.delta_chi2.min("data").values
    assert found[alone <= REACH - 1.0].all()  # interpolation is monotone: a point itself is inside
    assert not found[-1, -1, -1]  # half of nu_e and of nu_mu: excluded by everything
    plane = xr.Dataset(
        {
            "N_eff": ("x", [3.0, np.nan, 4.0]),
            "delta_chi2": (("x", "data"), [[REACH, 99.0], [0.0, 0.0], [REACH + 1.0, 50.0]]),
        }
    )
    assert within_reach("3+1_e", plane).tolist() == [True, False, False]


def test_the_own_best_point_of_an_excluded_scan_and_that_of_the_laboratory_are_within_reach(toys: None) -> None:
    """No mixing wins by more than REACH; what is said of the scenario is about these two points."""
    data = toy_scans.load("vector")
    excluded = data.assign(delta_chi2=data.delta_chi2 + 200.0)
    grid = planes.Planes(("vector",)).grid
    axes, fine = [data[str(axis)].values for axis in data["N_eff"].dims], [grid.dm2_41, grid.element, grid.element]
    total = grid.joint + planes.delta_chi2_on(excluded, "planck2018", fine)
    found = within_reach("vector", excluded)
    for chi2 in (grid.joint, total):
        (corner,) = np.argwhere(corners(chi2 == chi2.min(), fine, axes))[:1]
        assert found[tuple(corner)]
    assert 0 < found.sum() < within_reach("vector", data).sum()


def cheap(solution: Solution) -> float:
    """N_eff again"""
    return solution.N_eff


def test_abundances_are_put_where_they_belong(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """A point of a grid that is solved again has the N_eff of the scan; others are NaN."""
    quick = Options(n_momenta=8, rtol=1e-3, nu_nu=False)
    axes = {"Ue4_sq": [1e-4, 1e-2], "dm2_41": ["0.01 eV2", "0.1 eV2"]}
    small = Definition("four points", axes, Mixing(dm2_41="1 eV2"), (), quick)
    data = scans.make(small, workers=1)
    monkeypatch.setattr(reach, "abundance_numbers", lambda _: dict.fromkeys(ADDED, cheap))
    monkeypatch.setattr(reach, "within_reach", lambda *_: np.array([[True, False], [True, True]]))
    found = with_abundances("3+1_e", data, small, store=tmp_path, workers=1)
    for name in ADDED:
        assert found[name].values[0, 1] != found[name].values[0, 1]
        kept = np.isfinite(found[name].values)
        assert kept.sum() == 3
        assert found[name].values[kept] == pytest.approx(data.N_eff.values[kept], rel=1e-12)
    assert found.Y_p.attrs["long_name"] == "N_eff again; NaN: not computed, beyond the reach of a joint fit"
    assert found.drop_vars(ADDED).equals(data)


def test_a_scan_is_judged_again_from_its_own_numbers() -> None:
    """Shipped numbers are in single precision, which is 2e-7 of N_eff."""
    data = scans.load("3+1_e")
    found = scans.judged_again(data)
    assert tuple(found["data"].values) == scans.DATA
    for name in set(data["data"].values) & set(found["data"].values):
        assert found.delta_chi2.sel(data=name).values == pytest.approx(
            data.delta_chi2.sel(data=name).values, abs=1e-3, rel=1e-4, nan_ok=True
        )
    with pytest.raises(ParameterError, match=r"data = 'wmap' is not in the scan .*; judge it again with .* --judge"):
        planes.delta_chi2_on(data, "wmap", [])
