"""Defaults of CLASS and what takes their place, in the dictionary and in CLASS itself."""

import pytest

from boltzmann.cmb import class_bridge, class_input
from boltzmann.cmb.class_bridge import class_parameters, run_class
from boltzmann.cmb.class_input import PLANCK_2018, ROLES, merged
from boltzmann.errors import ParameterError
from boltzmann.parameters import Mixing
from tests.solutions import solution_with

THREE = solution_with(Mixing())
REPLACEMENTS = [
    ("omega_b", {"Omega_b": 0.05}),
    ("omega_cdm", {"Omega_cdm": 0.26}),
    ("omega_cdm", {"Omega_m": 0.31}),
    ("omega_cdm", {"omega_m": 0.143}),
    ("100*theta_s", {"theta_s_100": 1.0418}),
    ("100*theta_s", {"h": 0.67}),
    ("100*theta_s", {"H0": 67.0}),
    ("ln10^{10}A_s", {"A_s": 2.1e-9}),
    ("ln10^{10}A_s", {"ln_A_s_1e10": 3.04}),
    ("ln10^{10}A_s", {"sigma8": 0.81}),
    ("ln10^{10}A_s", {"S8": 0.83}),
    ("tau_reio", {"z_reio": 7.7}),
    ("tau_reio", {"reio_parametrization": "reio_none"}),
]


@pytest.mark.parametrize(("default", "given"), REPLACEMENTS)
def test_one_form_replaces_the_other(default: str, given: dict) -> None:
    parameters = merged("", given)
    assert parameters == {name: value for name, value in PLANCK_2018.items() if name != default} | given


def test_every_form_is_tried() -> None:
    tried = {(default, next(iter(given))) for default, given in REPLACEMENTS}
    assert {(default, name) for default, names in ROLES.items() for name in names} <= tried


@pytest.mark.parametrize(("default", "given"), REPLACEMENTS)
def test_class_accepts_what_replaces(default: str, given: dict) -> None:
    """CLASS itself refuses two forms of one parameter and parameters that it does not use."""
    pytest.importorskip("classy")
    parameters = class_parameters(THREE, output="", YHe=0.25, **given)
    with run_class(parameters, "background") as run:
        assert 0.6 < run.h() < 0.75


def test_other_reionisation_with_an_optical_depth_keeps_it() -> None:
    assert merged("", {"reio_parametrization": "reio_half_tanh"})["tau_reio"] == PLANCK_2018["tau_reio"]


@pytest.mark.parametrize("name", [*PLANCK_2018, "lensing", "l_max_scalars"])
def test_none_drops_a_default(name: str) -> None:
    everything = merged("tCl,lCl", {})
    assert everything.keys() - merged("tCl,lCl", {name: None}).keys() == {name}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"h": 0.67, "H0": 67.0}, "h and H0 decide the same thing; give one of 100\\*theta_s, theta_s_100, h, H0"),
        ({"omega_b": 0.022, "Omega_b": 0.05}, "omega_b and Omega_b decide the same thing"),
        ({"k_pivot": None}, "k_pivot = None is not allowed, for it has no default to drop; .* omega_b, .*, YHe"),
        ({"N_ur": 3.0}, "N_ur = 3.0 is not allowed: the neutrinos come from the solution"),
        ({"sBBN file": "t.dat"}, 'sBBN file = .t.dat. would not be used, .*; give YHe="BBN" too'),
        ({"sBBN file": "t.dat", "YHe": 0.24}, "sBBN file = .t.dat. would not be used"),
    ],
)
def test_refuses(given: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        merged("", given)


@pytest.mark.parametrize(
    ("output", "more"),
    [
        ("", {}),
        ("mPk", {}),
        ("dTk,vTk", {}),
        ("nCl,mPk", {}),
        ("lCl", {"l_max_scalars": 2508}),
        ("tCl,mPk", {"l_max_scalars": 2508}),
        ("pCl,lCl", {"l_max_scalars": 2508, "lensing": "yes"}),
        ("tCl,pCl,lCl,mPk", {"l_max_scalars": 2508, "lensing": "yes"}),
    ],
)
def test_output(output: str, more: dict) -> None:
    expected = {**({"output": output} if output else {}), **more}
    assert class_input.output_parameters(output) == expected


@pytest.mark.parametrize(("output", "level"), [("mPk", "fourier"), ("dTk,vTk", "perturbations"), ("sCl", "transfer")])
def test_class_computes_what_is_not_a_spectrum_of_the_cmb(output: str, level: str) -> None:
    pytest.importorskip("classy")
    with run_class(class_parameters(THREE, output=output, YHe=0.25), level) as run:
        assert run.h() == pytest.approx(0.673, abs=5e-3)
        if output == "mPk":
            assert run.sigma8() == pytest.approx(0.81, abs=0.01)  # arXiv:1807.06209 table 1: 0.8120


@pytest.mark.parametrize("helium", ["BBN", None])
def test_helium_of_class_itself(helium: str | None) -> None:
    """Y_p from CLASS's table during the run, not a number of ours; another table changes it."""
    pytest.importorskip("classy")
    found = []
    for more in ({}, {"sBBN file": "/external/bbn/sBBN_2017.dat"}):
        parameters = class_parameters(THREE, output="", YHe=helium, **more)
        assert parameters.get("YHe") == helium
        with run_class(parameters, "thermodynamics") as run:
            found.append(run.get_current_derived_parameters(["YHe"])["YHe"])
    # CLASS counts from 3.046 in a table that begins at 3.044, which `helium_fraction` mends
    ours = class_bridge.helium_fraction(THREE.N_eff - 0.002, PLANCK_2018["omega_b"])
    assert found[0] == pytest.approx(ours, abs=2e-6)  # CLASS's N_eff is that of its own quadrature: 5e-5
    assert 1e-5 < abs(found[1] - found[0]) < 1e-3


@pytest.mark.parametrize("given", [{"Omega_b": 0.0493}, {"Omega_b": 0.0493, "H0": 67.37}, {"omega_b": None}])
def test_helium_knows_the_baryons_in_every_form(given: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("classy")
    asked = []
    monkeypatch.setattr(class_bridge, "helium_fraction", lambda *values: asked.append(values) or 0.245)
    parameters = class_parameters(THREE, output="", helium="mean", **given)
    with run_class(parameters, "background") as run:
        assert asked[0][1] == pytest.approx(run.omega_b(), rel=1e-6)  # the tolerance of CLASS's search for h
