"""The shipped scans: how they are made, what is in them, and the physics that they show."""

import importlib
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from boltzmann import Mixing, Options, ParameterError
from boltzmann.comparison.benchmarks import benchmark
from boltzmann.comparison.exclusion_reasons import REASONS
from boltzmann.comparison.planes import THRESHOLDS, Planes, why_excluded
from boltzmann.comparison.reach import within_reach
from boltzmann.comparison.scans import (
    ABUNDANCES,
    OTHERS,
    POINT,
    SCENARIOS,
    VARIABLES,
    Definition,
    definitions,
    kept,
    load,
    make,
    write,
)
from boltzmann.scan import log

ROOT = Path(__file__).resolve().parents[2]
ALL = tuple(definitions())


def test_a_scan_is_made_written_and_made_again_from_its_store(tmp_path: Path) -> None:
    quick = Options(n_momenta=8, rtol=1e-3, nu_nu=False)
    small = Definition(
        "two points", {"dm2_41": log("0.1 eV2", "1 eV2", 2)}, Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), (), quick
    )
    data = make(small, store=tmp_path / "store", workers=1)
    assert data.attrs["title"] == "two points"
    write(data, tmp_path / "small.nc")
    again = make(small, store=tmp_path / "store", workers=1)
    assert again.equals(data)
    written = tmp_path / "small.nc"
    with xr.open_dataset(written, engine="h5netcdf") as stored:
        assert set(stored.data_vars) == set(VARIABLES)
        assert stored.N_eff.dtype == np.float32
        # single precision has 24 bits
        assert stored.N_eff.values == pytest.approx(data.N_eff.values, rel=1e-7)


@pytest.mark.parametrize("name", ALL)
def test_every_shipped_scan_is_what_its_definition_says(name: str) -> None:
    data, definition = load(name), definitions()[name]
    assert data.attrs["title"] == definition.title
    assert data.attrs["options"] == repr(definition.options)
    assert "code" in data.attrs
    sizes = {axis: len(values) for axis, values in definition.axes.items()}
    assert {axis: data.sizes[axis] for axis in sizes} == sizes
    assert set(kept(definition)) - {"helium"} <= set(data.data_vars)  # which 0.1.0 did not have
    # single points may fail at the edge of what the solver is made for, and are then a status
    # (vectors weaker than the weak interaction, M > 3 MeV: both signs creep at an asymmetry of no consequence)
    assert (data.status == 0).mean() > (0.94 if name in ("plane_vector", "vector") else 0.98)
    assert np.isfinite(data.N_eff_error).any()


def test_errors_of_shipped_scans() -> None:
    """The estimate of the numerical error (two looser runs) is small against what the CMB resolves, 0.1 to 0.2."""
    for name in set(ALL) - {"pseudoscalar", "plane_pseudoscalar"}:
        assert float(np.nanmedian(load(name).N_eff_error)) < 0.02
    # rtol = 1e-2 integrates the energy that the mass of nu_4 takes badly, and the estimate is the error of that run:
    # 0.3; from 14 to 30 momenta N_eff moves by 2e-4 to 5e-4, and with a tenth of the tolerance by 0.01
    for name in ("pseudoscalar", "plane_pseudoscalar"):
        assert float(np.nanmedian(load(name).N_eff_error)) < 0.5


def test_shipped_scans_are_small() -> None:
    sizes = [file.stat().st_size for file in (ROOT / "data" / "scans").glob("*.nc")]
    assert len(sizes) == len(ALL) + len(ABUNDANCES) + len(OTHERS)
    assert sum(sizes) < 1e6


def test_the_wheel_carries_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"] == {"data": "boltzmann/_data"}


def test_an_unknown_scan_lists_those_there_are() -> None:
    with pytest.raises(ParameterError, match=r"scan = 'plane' is not shipped; choose from 3\+1_e, 3\+1_mu"):
        load("plane")


@pytest.mark.parametrize(("old", "new"), [("standard", "3+1"), ("single_tau", "3+1_tau")])
def test_names_of_version_0_1_are_known_and_say_the_new_one(old: str, new: str) -> None:
    with pytest.deprecated_call(match=re.escape(f"scan {old} is an old name; write {new}")):
        assert load(old).identical(load(new))


def test_the_old_module_says_its_new_name() -> None:
    with pytest.deprecated_call(match=r"comparison.shipped is an old name; write boltzmann\.comparison\.scans"):
        shipped = importlib.import_module("boltzmann.comparison.shipped")
    assert shipped.load is load


@pytest.mark.parametrize(("name", "element"), [("3+1_e", "Ue4_sq"), ("3+1_mu", "Umu4_sq"), ("3+1_tau", "Utau4_sq")])
def test_published_limit_of_3_plus_1(name: str, element: str) -> None:
    """Cosmology excludes |U_a4|^2 of 1e-3 and more for every flavour (arXiv:2003.02289, abstract) around 1 eV^2."""
    data = load(name)
    near = data.sel(dm2_41=slice(0.8, 12.0))
    excluded = near.delta_chi2.sel(data="planck2018") > THRESHOLDS[1]
    assert bool(excluded.where(near[element] >= 1e-3, other=True).all())
    # the limit at 1 eV^2 is not far below: mixing of 1e-5 is allowed
    allowed = data.sel(dm2_41=1.0, method="nearest").delta_chi2.sel(data="planck2018") < THRESHOLDS[0]
    assert bool(allowed.where(data[element] <= 1e-5, other=True).all())


def test_thermalisation_of_3_plus_1() -> None:
    """A fourth neutrino with large mixing is as abundant as the others: N_eff = 4.05 (arXiv:1905.11290)."""
    data = load("3+1").sel(dm2_41=1.0, Ue4_sq=0.01, Umu4_sq=0.01, method="nearest")
    assert float(data.N_eff) == pytest.approx(4.05, abs=0.02)


def test_tension_of_laboratory_and_cmb() -> None:
    """Without interaction the CMB leaves no mixing; a vector helps until BAO weigh the mass of nu_4 (data of 2022)."""
    planck, desi = (Planes(combination="2022").tension(data) for data in ("planck2018", "planck2018+desi"))
    assert planck["3+1"].sigmas > 5.0
    assert planck["3+1"].joint_best is None
    assert planck["vector"].chi2 < 0.75 * planck["3+1"].chi2
    assert planck["vector"].sigmas > 3.0
    assert desi["vector"].joint_best is None
    for found in (planck, desi):  # decays of nu_4 let no neutrino stream freely
        assert found["pseudoscalar"].joint_best is None
        assert found["pseudoscalar"].scan_best[1:] != found["pseudoscalar"].lab_best[1:]


def test_nucleosynthesis_of_the_milder_sign_leaves_the_secret_vector() -> None:
    """An asymmetry of nu_e makes up for those that late equilibration took away, 6 sigma in Y_p with nu = nubar."""
    planes = Planes(("vector",), combination="2022")
    alone = planes.tension("planck2018")["vector"]
    assert alone.chi2 < 30.0
    dm2_41, Ue4_sq, Umu4_sq = alone.joint_best
    near = load("vector").sel(dm2_41=dm2_41, Ue4_sq=Ue4_sq, Umu4_sq=Umu4_sq, method="nearest")
    assert float(near.chi2_BBN) < THRESHOLDS[0]
    assert abs(float(near.L_e_freeze_out)) > 1e-3
    for rates in ("primat", "parthenope"):
        found = planes.tension("planck2018", rates)["vector"]
        assert found.joint_best is not None
        assert found.chi2 < alone.chi2 + 5.0  # D/H of three neutrinos is low, which more radiation mends


@pytest.mark.parametrize("name", SCENARIOS)
def test_abundances_are_there_wherever_a_joint_fit_can_reach(name: str) -> None:
    data = load(name)
    missing = within_reach(name, data) & ~np.isfinite(data.Y_p.values)
    assert not missing.any()


def test_the_laboratory_point_in_3_plus_1_is_excluded() -> None:
    mixing = benchmark(POINT).mixing
    data = load("3+1").sel(
        dm2_41=float(mixing.dm2_41.value), Ue4_sq=mixing.Ue4_sq, Umu4_sq=mixing.Umu4_sq, method="nearest"
    )
    assert float(data.delta_chi2.sel(data="planck2018")) > 25.0


def reason_at(name: str, coupling: float, mass: float) -> str:
    """Return why the CMB excludes a point of a plane of couplings, at the laboratory's mixing."""
    content = why_excluded(name, load(name))
    i, j = np.abs(np.log(content.coupling / coupling)).argmin(), np.abs(np.log(content.mass / mass)).argmin()
    return REASONS[content.reason[i, j]]


@pytest.mark.parametrize(
    ("coupling", "mass", "reason"),
    [
        (2e-5, 30.0, "radiation: produced before decoupling"),  # contact interaction weaker than the weak one
        (1e-4, 0.03, "radiation: late recoupling"),  # A' is in equilibrium at 1 MeV, and heats nu_s when it decays
        (0.1, 1.0, "mass bound: late recoupling"),  # hindered until the active neutrinos have decoupled, then shared
        (
            0.2,
            1e3,
            "mass bound: late recoupling",
        ),  # by an asymmetry; nu = nubar would have N_eff = 3.90
    ],
)
def test_boundaries_of_the_vector(coupling: float, mass: float, reason: str) -> None:
    assert reason_at("plane_vector", coupling, mass) == reason


@pytest.mark.parametrize("name", ["plane_vector", "plane_pseudoscalar"])
def test_no_secret_interaction_reconciles_the_laboratory_point_but_some_help(name: str) -> None:
    """nu_4 of 1.3 eV is too heavy wherever it is not too abundant (for vectors: arXiv:1410.1385)."""
    data = load(name)
    standard = 51.0  # Delta chi^2 of Planck 2018 without interaction
    least = float(data.delta_chi2.sel(data="planck2018").min())
    if name == "plane_vector":
        assert THRESHOLDS[1] < least < 0.5 * standard
    else:  # decays make all neutrinos one fluid, which is worse than a thermalised nu_4 (bounds)
        assert least > 1.5 * standard


def test_abundances_exclude_late_recoupling_by_vectors_that_thermalise_nothing() -> None:
    """Electron neutrinos go to nu_4 while they still convert neutrons; N_eff alone would not exclude these points."""
    bbn = load("bbn_vector").chi2_BBN
    assert float(bbn.sel(coupling=0.05, mediator_mass=1.0, method="nearest")) > THRESHOLDS[1]
    assert float(load("bbn_pseudoscalar").chi2_BBN.isel(coupling=-1).max()) < THRESHOLDS[0]


@pytest.mark.parametrize(
    ("coupling", "mass", "reason"),
    [
        (1e-8, 0.1, "radiation: produced before decoupling"),  # too weak to hinder oscillations
        (3e-5, 1e-8, "fluid: no free streaming at recombination"),
    ],
)
def test_boundaries_of_the_pseudoscalar(coupling: float, mass: float, reason: str) -> None:
    assert reason_at("plane_pseudoscalar", coupling, mass) == reason


def test_a_pseudoscalar_hinders_production_from_a_coupling_of_about_1e_6() -> None:
    """As in arXiv:1404.5915: thermalised well below g_s = 1e-6, hardly produced from 1e-5."""
    N_eff = load("plane_pseudoscalar").N_eff.isel(mediator_mass=0)
    assert float(N_eff.sel(coupling=slice(0.0, 5e-7)).min()) > 3.9
    assert float(N_eff.sel(coupling=slice(1e-5, 1.0)).max()) < 3.2
