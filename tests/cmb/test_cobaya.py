"""Cobaya: theories, likelihoods, their options and failures, through cobaya's own get_model."""

import re
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("cobaya")

from cobaya.component import ComponentNotInstalledError
from cobaya.log import LoggedError
from cobaya.model import Model, get_model
from cobaya.yaml import yaml_load_file

from boltzmann import Mixing, Options, solve
from boltzmann import cmb as boltzmann_cmb
from boltzmann import lab as boltzmann_lab
from boltzmann.cmb import class_bridge, phase_space
from boltzmann.cmb.cobaya_theory import BBN, EmbeddedCMB, Laboratory, SterileClassy, SterileNeutrino, theories
from boltzmann.numerics.cache import CacheError
from boltzmann.parameters import ParameterError, ValidityWarning
from boltzmann.potentials import SecretPseudoscalar, SecretVector

PREFIX = "boltzmann.cmb.cobaya_theory."
SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
QUICK = {"n_momenta": 10, "rtol": 1e-3}
OPTIONS = Options(**QUICK)
POINT = {"dm2_41": 1.0, "Umu4_sq": 1e-3}
COSMOLOGY = {"omega_b": 0.0224, "omega_cdm": 0.12, "h": 0.67}


def table(delta_N_eff, m_eff, data="planck2018"):
    """Stand in for the embedded table: any function of its arguments."""
    if data not in ("planck2018", "planck2018+desi"):
        raise ParameterError(f"data = {data!r} is not allowed")
    if m_eff > 4.0:
        raise ParameterError(f"m_eff = {m_eff} is outside the table")
    if delta_N_eff > 3.0:
        warnings.warn("delta_N_eff above 3", ValidityWarning, stacklevel=1)
    return np.asarray(3.0 * delta_N_eff + 5.0 * m_eff + len(data))


def verdict(solution, data):
    """Stand in for the verdict of the CMB on a solution."""
    return SimpleNamespace(delta_chi2=table(solution.delta_N_eff, solution.m_eff.to_value("eV"), data))


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boltzmann_cmb, "delta_chi2", table)
    monkeypatch.setattr(boltzmann_cmb, "verdict", verdict)


def model(theory=None, likelihood=None, classy=None, **params) -> Model:
    """Return a model of cobaya; parameters are those of POINT, with flat priors, and `params`."""
    sampled = {name: {"prior": {"min": -200.0, "max": 200.0}} for name in POINT}
    blocks = {PREFIX + "SterileNeutrino": {"solver": QUICK, **(theory or {})}}
    if classy is not None:
        blocks[PREFIX + "SterileClassy"] = classy
    likelihood = {PREFIX + "EmbeddedCMB": None} if likelihood is None else likelihood
    return get_model({"theory": blocks, "likelihood": likelihood, "params": {**sampled, **params}})


def evaluate(of: Model, **values: float) -> tuple[float, dict[str, float]]:
    """Return ln L and the derived parameters, at POINT or elsewhere."""
    result = of.loglikes({**POINT, **values}, as_dict=True)
    return sum(result[0].values()), result[1]


def test_derived_parameters_are_those_of_a_direct_solution(embedded: None) -> None:
    names = ("N_eff_4", "T_recoupling")
    loglike, derived = evaluate(model(**dict.fromkeys(names)))
    solution = solve(Mixing(dm2_41="1 eV2", Umu4_sq=1e-3), options=OPTIONS)
    assert {name: derived[name] for name in ("N_eff", "delta_N_eff", "m_eff", *names)} == {
        "N_eff": solution.N_eff,
        "delta_N_eff": solution.delta_N_eff,
        "m_eff": solution.m_eff.to_value("eV"),
        "N_eff_4": solution.N_eff_of(4),
        "T_recoupling": 0.0,  # conversion is never faster than the expansion here
    }
    assert solution.recoupling_temperatures.size == 0
    chi2 = table(solution.delta_N_eff, solution.m_eff.to_value("eV"))
    assert loglike == -chi2 / 2
    assert derived["chi2__CMB"] == pytest.approx(chi2, rel=1e-15)


def test_embedded_table() -> None:
    chain = model(likelihood={PREFIX + "EmbeddedCMB": {"data": "planck2018+desi"}})
    solution = solve(Mixing(dm2_41="1 eV2", Umu4_sq=1e-3), options=OPTIONS)
    chi2 = boltzmann_cmb.verdict(solution, "planck2018+desi").delta_chi2
    assert evaluate(chain)[0] == -chi2 / 2
    assert chi2 > 9.0  # delta N_eff = 0.57 is three standard deviations by itself, and m_eff = 0.57 eV
    assert (
        evaluate(chain, dm2_41=-1.0)[0] < -30.0
    )  # active masses of 3 eV: the bound of the table, which ends at 0.4 eV


@pytest.mark.parametrize(
    ("kind", "interaction", "mass"),
    [
        ("vector", SecretVector(1e-3, "10 MeV", T_s_over_T=0.3), 10.0),
        ("pseudoscalar", SecretPseudoscalar(1e-3, "0.1 eV", T_s_over_T=0.3), 0.1),
    ],
)
def test_secret_interaction(embedded: None, kind: str, interaction, mass: float) -> None:
    theory = {"interaction": kind, "interaction_options": {"T_s_over_T": 0.3}}
    _, derived = evaluate(model(theory, coupling=1e-3, mediator_mass=mass, T_recoupling=None))
    solution = solve(Mixing(dm2_41="1 eV2", Umu4_sq=1e-3), [interaction], OPTIONS)
    assert derived["N_eff"] == solution.N_eff
    assert derived["T_recoupling"] == solution.recoupling_temperatures.to_value("MeV").max()


def test_fixed_mixing(embedded: None) -> None:
    theory = {"mixing": {"ordering": "inverted", "lightest_mass": "0.01 eV"}}
    _, derived = evaluate(model(theory, Ue4_sq=2e-3))
    mixing = Mixing(dm2_41="1 eV2", Ue4_sq=2e-3, Umu4_sq=1e-3, ordering="inverted", lightest_mass="0.01 eV")
    assert derived["N_eff"] == solve(mixing, options=OPTIONS).N_eff
    assert derived["m_eff"] == solve(mixing, options=OPTIONS).m_eff.to_value("eV")


def test_logarithmic_prior_and_cache(embedded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    solved = []

    def counting(mixing, *rest):
        solved.append(mixing.dm2_41.value)
        return solve(mixing, *rest)

    monkeypatch.setattr(theories, "solve", counting)
    logarithm = {"prior": {"min": -3, "max": 2}, "drop": True}
    chain = model(log10_dm2_41=logarithm, dm2_41={"value": "lambda log10_dm2_41: 10**log10_dm2_41"})
    for log in (0.0, 0.0, -1.0, 0.0):
        chain.loglike({"log10_dm2_41": log, "Umu4_sq": 1e-3})
    assert solved == [1.0, 0.1]


@pytest.mark.parametrize(
    ("theory", "values", "message"),
    [
        ({"solver": {**QUICK, "max_steps": 10}}, {}, "raise max_steps"),
        ({}, {"Umu4_sq": 0.6, "Ue4_sq": 0.6}, "Ue4_sq \\+ Umu4_sq \\+ Utau4_sq = 1.2 is not allowed"),
        ({}, {"dm2_41": 0.0}, "dm2_41 = 0 eV2 is not allowed"),
    ],
)
def test_points_without_solution(embedded: None, caplog, theory, values, message: str) -> None:
    priors = {name: {"prior": {"min": 0.0, "max": 1.0}} for name in values if name not in POINT}
    loglike, derived = evaluate(model(theory, **priors), **values)
    assert loglike == -np.inf
    assert np.isnan(derived["N_eff"])
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert re.search(f"No solution at .*, so zero likelihood: .*{message}", line)


def test_bad_cache_folder_stops(embedded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_):
        raise CacheError("folder /nowhere cannot be written")

    monkeypatch.setattr(theories, "solve", refused)
    with pytest.raises(LoggedError, match="/nowhere cannot be written"):
        evaluate(model())


def test_validity_is_said_once(embedded: None, caplog) -> None:
    chain = model()
    for dm2_41 in (110.0, 120.0):
        evaluate(chain, dm2_41=dm2_41, Umu4_sq=1e-6)
    assert caplog.text.count("is beyond 100 eV2") == 1


def test_points_outside_the_table_are_named_once(embedded: None, caplog) -> None:
    chain = model()
    for dm2_41 in (30.0, 40.0):
        assert evaluate(chain, dm2_41=dm2_41, Umu4_sq=0.01)[0] == -np.inf
    assert caplog.text.count("is outside the table") == 1


@pytest.mark.parametrize(
    ("theory", "message"),
    [
        ({"interaction": "scalar"}, "interaction = 'scalar' is not allowed; choose one of none, vector, pseudoscalar"),
        ({"solver": {"n_moments": 10}}, "no parameter 'n_moments'; did you mean n_momenta"),
        ({"solver": {"rtol": 1.0}}, "rtol = 1.0 is not allowed"),
        ({"mixing": {"Ue4_sq": 0.1}}, "mixing has Ue4_sq, which belongs into the block params"),
        ({"mixing": {"theta_24": "8 deg"}}, "mixing has theta_24, which belongs into the block params"),
        ({"mixing": {"order": "normal"}}, "no parameter 'order'"),
        ({"interaction_options": {"secret_rate_factor": 2.0}}, "without an interaction"),
        ({"interaction": "vector", "interaction_options": {"coupling": 2.0}}, "has coupling, which belongs"),
        ({"interaction": "vector", "interaction_options": {"ratio": 2.0}}, "no parameter 'ratio'"),
        ({"interacton": "vector"}, "interacton"),
    ],
)
def test_bad_options(embedded: None, theory, message: str) -> None:
    with pytest.raises(LoggedError, match=message):
        model(theory)


@pytest.mark.parametrize(
    ("theory", "params"), [({}, {"Umu4sq": 0.1}), ({}, {"coupling": 0.1}), ({"interaction": "vector"}, {})]
)
def test_bad_parameters(embedded: None, theory, params) -> None:
    """A misspelt parameter, one of an interaction that is not there, and an interaction without its parameters."""
    with pytest.raises(LoggedError, match=next(iter(params), "coupling|mediator_mass")):
        model(theory, **params)


def test_helium_needs_class(embedded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class_bridge.classy.cache_clear()
    monkeypatch.setitem(sys.modules, "classy", None)
    with pytest.raises(LoggedError, match="Y_p: CLASS is needed"):
        model(Y_p=None)


def test_embedded_without_solver(embedded: None, caplog) -> None:
    """The plane of delta_N_eff and m_eff itself, as in published contours."""
    prior = {"prior": {"min": 0.0, "max": 9.0}}
    likelihood = {PREFIX + "EmbeddedCMB": {"sterile_neutrino": False, "data": "planck2018+desi"}}
    plane = get_model({"likelihood": likelihood, "params": {"delta_N_eff": prior, "m_eff": prior}})
    inside, outside = (plane.loglike({"delta_N_eff": 0.5, "m_eff": m}, return_derived=False) for m in (0.2, 4.5))
    assert inside == -table(0.5, 0.2, "planck2018+desi") / 2
    assert outside == -np.inf
    for total in (5.0, 6.0):
        plane.loglike({"delta_N_eff": total, "m_eff": 0.0}, return_derived=False)
    assert caplog.text.count("delta_N_eff above 3 (said once)") == 1


def test_unknown_data(embedded: None) -> None:
    with pytest.raises(LoggedError, match="data = 'planck' is not allowed"):
        model(likelihood={PREFIX + "EmbeddedCMB": {"data": "planck"}})


def laboratory(monkeypatch: pytest.MonkeyPatch) -> list:
    """Stand in for the package of experiments; return what it is asked."""
    asked = []

    def chi2(names, dm2_41, **elements):
        if "nowhere" in names:
            raise ParameterError("experiment = 'nowhere' is not known")
        asked.append((names, dm2_41, elements))
        return np.asarray(8.0)

    monkeypatch.setattr(boltzmann_lab, "chi2", chi2)
    monkeypatch.setattr(boltzmann_lab, "verified", lambda: ("first", "second"))
    return asked


def test_real_laboratory() -> None:
    """The package's own experiments through cobaya."""
    params = {name: {"prior": {"min": 0.0, "max": 2.0}} for name in ("dm2_41", "Ue4_sq")}
    alone = get_model({"likelihood": {PREFIX + "Laboratory": {"experiments": ["gallium"]}}, "params": params})
    expected = -0.5 * float(boltzmann_lab.chi2(["gallium"], 1.5, Ue4_sq=0.02))
    assert alone.loglike({"dm2_41": 1.5, "Ue4_sq": 0.02}, return_derived=False) == pytest.approx(expected)


@pytest.mark.parametrize(("experiments", "names"), [(None, ("first", "second")), (["third"], ("third",))])
def test_laboratory(monkeypatch: pytest.MonkeyPatch, experiments, names) -> None:
    asked = laboratory(monkeypatch)
    likelihood = {PREFIX + "Laboratory": {"experiments": experiments}}
    params = {name: {"prior": {"min": 0.0, "max": 2.0}} for name in ("dm2_41", "Ue4_sq")}
    alone = get_model({"likelihood": likelihood, "params": params})
    assert alone.loglike({"dm2_41": 1.5, "Ue4_sq": 0.02}, return_derived=False) == -4.0
    assert asked[-1] == (names, 1.5, {"Ue4_sq": 0.02, "Umu4_sq": 0.0, "Utau4_sq": 0.0})


def test_laboratory_and_cmb_share_the_mixing(embedded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = laboratory(monkeypatch)
    both = model(likelihood={PREFIX + "Laboratory": None, PREFIX + "EmbeddedCMB": None})
    loglikes = both.loglikes(POINT, as_dict=True)[0]
    assert loglikes[PREFIX + "Laboratory"] == -4.0
    assert asked[-1][1:] == (1.0, {"Ue4_sq": 0.0, "Umu4_sq": 1e-3, "Utau4_sq": 0.0})


def test_unknown_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    laboratory(monkeypatch)
    with pytest.raises(LoggedError, match="experiment = 'nowhere' is not known"):
        Laboratory({"experiments": ["nowhere"]})


@pytest.mark.parametrize("component", [SterileNeutrino, SterileClassy, EmbeddedCMB, BBN, Laboratory])
def test_defaults_come_with_the_package(component) -> None:
    annotated = {name for name in component.__annotations__ if not name.startswith("_")}
    assert annotated <= set(component.get_defaults())
    assert component.get_qualified_class_name() == PREFIX + component.__name__


@pytest.fixture
def background() -> Model:
    """CLASS without spectra: background and helium."""
    pytest.importorskip("classy")
    derived = dict.fromkeys(("Neff", "YHe", "Y_p"))
    return model({"omega_b": COSMOLOGY["omega_b"]}, {"one": None}, {}, **COSMOLOGY, **derived)


def test_class_gets_the_solution(background: Model) -> None:
    """Also after a point that has more species: CLASS forgets the point before."""
    for values in ({}, {"Umu4_sq": 1e-11}, {"dm2_41": 10.0}):
        _, derived = evaluate(background, **values)
        assert derived["Neff"] == pytest.approx(derived["N_eff"], rel=5e-6)  # tests/physics/test_class_neff.py
        assert derived["YHe"] == derived["Y_p"]


def test_class_does_not_keep_files(background: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    written, write = [], phase_space.write
    monkeypatch.setattr(phase_space, "write", lambda *a: written.append(write(*a)) or written[-1])
    evaluate(background)
    assert [path.name[:4] for path in written] == ["psd-"]
    assert not any(path.parent.exists() for path in written)


@pytest.mark.parametrize(
    ("classy", "params", "message"),
    [
        ({"extra_args": {"N_ur": 2.0}}, COSMOLOGY, "N_ur is given, but neutrinos come from SterileNeutrino"),
        ({}, {**COSMOLOGY, "m_ncdm": 0.06}, "m_ncdm is given, but"),
        ({}, {"omega_cdm": 0.12, "h": 0.67}, "omega_b .* is missing"),
    ],
)
def test_class_refuses_what_contradicts(classy, params, message: str) -> None:
    pytest.importorskip("classy")
    with pytest.raises(LoggedError, match=message):
        evaluate(model(None, {"one": None}, classy, **params, Neff=None))


def test_class_cannot_follow(background: Model, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    def refused(*_, **__):
        raise errors.pop()

    errors = [CacheError("no space"), ParameterError("this state is not described")]
    monkeypatch.setattr(class_bridge, "class_parameters", refused)
    assert evaluate(background)[0] == -np.inf
    assert "so zero likelihood: this state is not described" in caplog.text
    with pytest.raises(LoggedError, match="no space"):
        evaluate(background)


def test_helium_can_be_a_parameter() -> None:
    pytest.importorskip("classy")
    chain = model(None, {"one": None}, {}, **COSMOLOGY, YHe={"prior": {"min": 0.2, "max": 0.3}}, H0=None)
    chain.loglike({**POINT, "YHe": 0.26})
    assert chain.theory[PREFIX + "SterileClassy"].get_param("YHe") == 0.26


def test_place_of_class_among_the_packages() -> None:
    assert SterileClassy.get_path("/packages") == "/packages/code/classy"


def test_example_of_the_embedded_table(embedded: None) -> None:
    info = yaml_load_file(str(SCRIPTS / "cobaya_embedded.yaml"))
    chain = get_model(info)
    loglike, derived = chain.loglike({"log10_dm2_41": 0.0, "log10_Umu4_sq": -3.0})
    values = dict(zip(chain.parameterization.derived_params(), derived, strict=True))
    assert loglike == -0.5 * values["chi2__CMB"]
    assert values["log10_m_eff"] == np.log10(values["m_eff"])


def test_example_of_planck() -> None:
    pytest.importorskip("classy")
    info = yaml_load_file(str(SCRIPTS / "cobaya_planck.yaml"))
    chain = get_model({**info, "likelihood": {"one": None}})
    point = {name: value["ref"]["loc"] for name, value in info["params"].items() if value and "ref" in value}
    loglike, derived = chain.loglike(point)
    values = dict(zip(chain.parameterization.derived_params(), derived, strict=True))
    assert loglike == 0.0
    assert 0.24 < values["YHe"] < 0.27
    assert 60.0 < values["H0"] < 80.0


@pytest.mark.slow  # cobaya compiles something on import of these likelihoods
def test_example_of_planck_says_how_to_install_the_data() -> None:
    info = yaml_load_file(str(SCRIPTS / "cobaya_planck.yaml"))
    with pytest.raises(ComponentNotInstalledError, match=r"To install it, run `cobaya-install planck_2018_lowl\.TT`"):
        get_model({**info, "packages_path": "/nowhere"})
