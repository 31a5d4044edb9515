"""Cobaya: every field of Mixing as a parameter, fixed values that cannot work, nucleosynthesis, what to cite."""

import warnings
from dataclasses import astuple, fields

import numpy as np
import pytest

pytest.importorskip("cobaya")

from cobaya.bib import get_bib_component
from cobaya.log import LoggedError
from cobaya.model import Model, get_model

from boltzmann import Mixing, Options, cmb, lab, solve
from boltzmann.cmb import Abundances, bbn, bbn_chi2, bbn_primat
from boltzmann.cmb.class_bridge import helium_of
from boltzmann.cmb.cobaya_theory import BBN, EmbeddedCMB, Laboratory, SterileClassy, SterileNeutrino
from boltzmann.cmb.cobaya_theory.inputs import ACTIVE, UNITS, mixing_of
from boltzmann.cmb.cobaya_theory.logging import said_once
from boltzmann.parameters import ParameterError, ValidityWarning
from boltzmann.potentials import SecretVector

PREFIX = "boltzmann.cmb.cobaya_theory."
QUICK = {"n_momenta": 10, "rtol": 1e-3}
FREE = {"prior": {"min": -10.0, "max": 10.0}}
POINT = {"dm2_41": 1.0, "Umu4_sq": 1e-3}


def model(likelihood: dict | str, theory: dict | None = None, *, solver: bool = True, **params) -> Model:
    """Return a model of cobaya with one likelihood of ours; ``free`` belongs to an external one."""
    likelihoods = {PREFIX + likelihood: None} if isinstance(likelihood, str) else likelihood
    likelihoods["of_free"] = {"external": lambda free: -0.5 * free**2}
    theories = {PREFIX + "SterileNeutrino": {"solver": QUICK, **(theory or {})}} if solver else {}
    return get_model({"theory": theories, "likelihood": likelihoods, "params": {"free": FREE, **params}})


def derived(of: Model, **values: float) -> dict[str, float]:
    return of.loglikes({"free": 0.0, **values}, as_dict=True)[1]


def sampled(*names: str) -> dict:
    return dict.fromkeys(names, FREE)


# --- fields of Mixing


def test_every_number_of_mixing_is_a_parameter() -> None:
    of_mixing = {f.name for f in fields(Mixing) if "choices" not in f.metadata}
    others = {"m4", "sin2_2theta_ee", "sin2_2theta_mumu", "sin2_2theta_mue", "split", "sum_m_nu"}
    assert set(UNITS) == of_mixing | others
    assert of_mixing >= {"dm2_41", "delta_13"}
    assert (UNITS["dm2_41"], UNITS["theta_24"], UNITS["lightest_mass"], UNITS["Ue4_sq"]) == ("eV2", "rad", "eV", "")
    assert (UNITS["m4"], UNITS["sum_m_nu"], UNITS["sin2_2theta_ee"]) == ("eV", "eV", "")
    assert set(UNITS) >= ACTIVE


@pytest.mark.parametrize(
    ("values", "same"),
    [
        ({"m4": 1.2, "Umu4_sq": 1e-3}, {"m4": "1.2 eV", "Umu4_sq": 1e-3}),
        ({"m4": 1.2, "sin2_2theta_ee": 0.01}, {"m4": "1.2 eV", "sin2_2theta_ee": 0.01}),
        ({"dm2_41": 1.0, "sin2_2theta_mue": 1e-3, "split": 2.0}, {"sin2_2theta_mue": 1e-3, "split": 2.0}),
    ],
)
def test_other_words_for_the_fourth_state(values: dict, same: dict) -> None:
    assert mixing_of(values, {}) == Mixing(**({"dm2_41": "1 eV2"} if "m4" not in same else {}), **same)


@pytest.mark.parametrize("ordering", ["normal", "inverted"])
@pytest.mark.parametrize("fourth", [{"dm2_41": 1.0}, {"m4": 1.0}, {"dm2_41": -0.001}])
def test_sum_of_the_active_masses(ordering: str, fourth: dict) -> None:
    mixing = mixing_of({"sum_m_nu": 0.2, "Ue4_sq": 1e-3, **fourth}, {"ordering": ordering})
    assert mixing.masses[:3].to_value("eV").sum() == pytest.approx(0.2, rel=1e-9)
    assert mixing.ordering == ordering
    if "m4" in fourth:
        assert mixing.m4.to_value("eV") == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sum_m_nu": 0.05}, r"sum_m_nu = 0.05 eV is not allowed; give at least 0.05878 eV"),
        ({"sum_m_nu": 1e3}, r"sum_m_nu = 1000 eV is not allowed.*at most 100 eV"),
        ({"sum_m_nu": 0.1, "lightest_mass": 0.01}, "sum_m_nu and lightest_mass are both given"),
    ],
)
def test_sums_that_there_are_not(values: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        mixing_of({"dm2_41": 1.0, **values}, {})


@pytest.mark.parametrize(
    ("values", "same"),
    [
        ({"theta_24": 0.03, "delta_24": 1.0}, {"theta_24": "0.03 rad", "delta_24": "1.0 rad"}),
        ({"lightest_mass": 0.01, "sin2_theta_12": 0.3}, {"lightest_mass": "0.01 eV", "sin2_theta_12": 0.3}),
        ({"dm2_31": 2.4e-3, "Utau4_sq": 1e-3}, {"dm2_31": "2.4e-3 eV2", "Utau4_sq": 1e-3}),
    ],
)
def test_parameters_are_those_of_mixing(values: dict, same: dict) -> None:
    """The solution is that of the same numbers with their units, bit for bit."""
    chain = model("EmbeddedCMB", **sampled("dm2_41", *values))
    expected = solve(Mixing(dm2_41="1 eV2", **same), options=Options(**QUICK))
    assert derived(chain, dm2_41=1.0, **values)["N_eff"] == expected.N_eff


def test_masses_and_amplitudes_are_sampled() -> None:
    """m_4, sin^2 2theta and the sum of m_1, m_2, m_3 in one chain, with what follows for nu_4 as matter."""
    names = sampled("m4", "sin2_2theta_mumu", "sum_m_nu")
    chain = model("EmbeddedCMB", **names, Omega_4_h2={"latex": r"\Omega_4 h^2"})
    found = chain.loglikes({"free": 0.0, "m4": 1.0, "sin2_2theta_mumu": 1e-3, "sum_m_nu": 0.065}, as_dict=True)
    mixing = mixing_of({"m4": 1.0, "sin2_2theta_mumu": 1e-3, "sum_m_nu": 0.065}, {})
    solution = solve(mixing, options=Options(**QUICK))
    assert found[1]["Omega_4_h2"] == solution.Omega_h2(4)
    assert solution.sum_m_nu.to_value("eV") == pytest.approx(0.065, rel=5e-3)
    expected = -0.5 * cmb.verdict(solution, "planck2018").delta_chi2
    assert found[0][PREFIX + "EmbeddedCMB"] == pytest.approx(expected, rel=1e-12)


def test_laboratory_understands_amplitudes() -> None:
    names = {"experiments": ["gallium"]}
    chain = model({PREFIX + "Laboratory": names}, solver=False, **sampled("m4", "sin2_2theta_ee"))
    found = chain.loglikes({"free": 0.0, "m4": 1.5, "sin2_2theta_ee": 0.2}, as_dict=True)[0][PREFIX + "Laboratory"]
    mixing = Mixing(m4="1.5 eV", sin2_2theta_ee=0.2)
    expected = -0.5 * float(lab.chi2(["gallium"], float(mixing.dm2_41.value), Ue4_sq=mixing.Ue4_sq))
    assert found == pytest.approx(expected, rel=1e-12)


def test_laboratory_understands_angles() -> None:
    """In whatever form the mixing is given, the experiments see |U_a4|^2; none of it is zero in silence."""
    names = {"experiments": ["gallium"]}
    chain = model({PREFIX + "Laboratory": names}, solver=False, **sampled("dm2_41", "theta_14"))
    found = chain.loglikes({"free": 0.0, "dm2_41": 1.5, "theta_14": 0.2}, as_dict=True)[0][PREFIX + "Laboratory"]
    # the angle becomes |U_e4|^2 = sin^2 in another place: rounding
    assert found == pytest.approx(-0.5 * float(lab.chi2(["gallium"], 1.5, Ue4_sq=np.sin(0.2) ** 2)), rel=1e-12)


# --- fixed values that are refused everywhere


@pytest.mark.parametrize(
    ("theory", "params", "message"),
    [
        ({}, {"dm2_41": FREE, "Umu4_sq": 1.5}, "Umu4_sq = 1.5 is not allowed"),
        ({}, {"dm2_41": FREE, "Umu4_sq": 0.6, "Ue4_sq": 0.6}, "= 1.2 is not allowed; U is unitary"),
        ({}, {"dm2_41": FREE, "lightest_mass": 0.3}, "m_1, m_2, m_3 add up to 0.9.* eV, but the table ends at 0.4 eV"),
        (
            {"mixing": {"lightest_mass": "0.3 eV"}},
            {"dm2_41": FREE},
            "m_1, m_2, m_3 add up to 0.9.* eV, but the table ends at 0.4 eV",
        ),
        ({}, {"dm2_41": -1.0, "Umu4_sq": FREE}, "m_1, m_2, m_3 add up to 3 eV, but the table"),
        ({}, {"dm2_41": FREE, "sum_m_nu": 0.5}, "m_1, m_2, m_3 add up to 0.5.* eV, but the table ends at"),
        ({}, {"dm2_41": FREE, "sum_m_nu": 0.03}, "sum_m_nu = 0.03 eV is not allowed"),
        ({}, {"m4": 0.3, "lightest_mass": 0.4, "Umu4_sq": FREE}, "m4 = 0.3 eV is not allowed"),
        ({}, {"dm2_41": FREE, "Umu4_sq": 0.1, "theta_24": FREE}, "theta_24 and .* are both given"),
        ({}, {"Umu4_sq": FREE}, "dm2_41 = None means three states; give dm2_41 or m4 a prior"),
        ({"mixing": {"delta_14": "90 deg"}}, {"dm2_41": FREE, "delta_14": 0.1}, "delta_14 is given in params and in"),
        ({"interaction": "vector"}, {"dm2_41": 1.0, "coupling": -1.0, "mediator_mass": FREE}, "coupling = -1"),
    ],
)
def test_fixed_values_stop_at_the_start(theory: dict, params: dict, message: str) -> None:
    with pytest.raises(LoggedError, match=message):
        model("EmbeddedCMB", theory, **params)


def test_fixed_values_that_work() -> None:
    chain = model("EmbeddedCMB", dm2_41=1.0, Umu4_sq=1e-4, lightest_mass=FREE)
    assert derived(chain, lightest_mass=0.01)["N_eff"] > 3.0
    everything = model("EmbeddedCMB", dm2_41=1.0, Umu4_sq=1e-4)
    assert derived(everything)["N_eff"] > 3.0


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"delta_N_eff": -1.0, "m_eff": FREE}, "delta_N_eff = -1 is not allowed"),
        ({"delta_N_eff": FREE, "m_eff": -0.1}, "m_eff = -0.1 is not allowed"),
        ({"delta_N_eff": 0.01, "m_eff": 2.0}, "N_eff_4 = 0.01 is not allowed"),
    ],
)
def test_fixed_values_of_the_plane(params: dict, message: str) -> None:
    options = {PREFIX + "EmbeddedCMB": {"sterile_neutrino": False}}
    with pytest.raises(LoggedError, match=message):
        model(options, solver=False, **params)


@pytest.mark.filterwarnings("ignore::boltzmann.parameters.ValidityWarning")  # a lower bound
def test_fixed_values_of_the_plane_that_work() -> None:
    """m_eff = 2 eV needs a large delta_N_eff, and there is one."""
    options = {PREFIX + "EmbeddedCMB": {"sterile_neutrino": False}}
    chain = model(options, solver=False, delta_N_eff=FREE, m_eff=2.0)
    assert np.isfinite(chain.loglike({"free": 0.0, "delta_N_eff": 0.5}, return_derived=False))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"dm2_41": FREE, "Ue4_sq": 1.5}, "Ue4_sq = 1.5 is not allowed"),
        ({"dm2_41": 1e3, "Umu4_sq": FREE}, "dm2_41"),
        ({"Umu4_sq": FREE}, "give dm2_41 or m4 a prior"),
    ],
)
def test_fixed_values_of_the_laboratory(params: dict, message: str) -> None:
    with pytest.raises(LoggedError, match=message):
        model({PREFIX + "Laboratory": {"experiments": ["icecube"]}}, solver=False, **params)


# --- nucleosynthesis


def test_nucleosynthesis(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    predicted = Abundances(0.25, 0.249, 2.5e-5, 0.0224, "primat", ())

    def abundances(solution, *, omega_b, backend):
        asked.append((solution.N_eff, omega_b, backend))
        return predicted

    monkeypatch.setattr(cmb, "abundances", abundances)
    monkeypatch.setattr(bbn, "find_spec", lambda _: None)
    monkeypatch.setattr(bbn, "classy", lambda: None)
    of_planck = model("BBN", **sampled("dm2_41"))
    loglikes, numbers = of_planck.loglikes({"free": 0.0, "dm2_41": 1.0}, as_dict=True)
    assert loglikes[PREFIX + "BBN"] == -0.5 * bbn_chi2(predicted).chi2
    assert numbers["chi2__BBN"] == pytest.approx(bbn_chi2(predicted).chi2)
    own = model("BBN", **sampled("dm2_41", "omega_b"))
    loglikes = own.loglikes({"free": 0.0, "dm2_41": 1.0, "omega_b": 0.0221}, as_dict=True)[0]
    assert loglikes[PREFIX + "BBN"] == -0.5 * bbn_chi2(predicted, sigma_omega_b=0.0).chi2
    assert [(omega_b, backend) for _, omega_b, backend in asked] == [(None, "class"), (0.0221, "class")]
    assert asked[0][0] == numbers["N_eff"]


def test_nucleosynthesis_that_class_refuses(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    """Once in the log of a chain, and zero likelihood: not a wrong number."""
    pytest.importorskip("classy")

    def refused(_):
        raise ParameterError("electron neutrinos have 97.0% to 97.5% of their standard energy")

    monkeypatch.setattr(bbn, "check_electron_neutrinos", refused)
    chain = model({PREFIX + "BBN": {"backend": "class"}}, **sampled("dm2_41"))
    for dm2_41 in (1.0, 2.0):
        values = {"free": 0.0, "dm2_41": dm2_41}
        assert chain.loglikes(values, as_dict=True)[0][PREFIX + "BBN"] == -np.inf
    assert caplog.text.count("97.0% to 97.5%") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "alterbbn"}, "backend = 'alterbbn' does not exist"),
        ({"Y_p": "empress"}, "Y_p = 'empress' is not a measurement"),
        ({"backend": "primat"}, "needs the package primat"),
    ],
)
def test_nucleosynthesis_that_cannot_work(options: dict, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent():
        raise bbn.PrimatMissing("backend = 'primat' needs the package primat")

    monkeypatch.setattr(bbn_primat, "primat", absent)
    with pytest.raises(LoggedError, match=message):
        model({PREFIX + "BBN": options}, **sampled("dm2_41"))


def test_helium_of_missing_electron_neutrinos() -> None:
    """The derived Y_p is that of the run's own electron neutrinos: 0.0315 more than a mean N_eff has, by primat."""
    pytest.importorskip("classy")
    point = {"dm2_41": 1.0, "Ue4_sq": 0.01, "coupling": 1e-3, "mediator_mass": 1.0}
    theory = {"interaction": "vector", "solver": {"signs": "same", **QUICK}}
    chain = model("EmbeddedCMB", theory, **sampled("dm2_41", "Ue4_sq", "coupling", "mediator_mass"), Y_p=None)
    Y_p = derived(chain, **point)["Y_p"]
    secret = [SecretVector(point["coupling"], "1 MeV")]
    solution = solve(Mixing(dm2_41="1 eV2", Ue4_sq=0.01), secret, Options(signs="same", **QUICK))
    assert Y_p - helium_of(solution, 0.022383, "mean") == pytest.approx(0.0315, abs=3e-3)
    assert Y_p == helium_of(solution, 0.022383)


def test_each_kind_of_warning_is_said_once(caplog) -> None:
    class Component:
        log = __import__("logging").getLogger("component")

    component = Component()
    for number in (1, 2):
        with said_once(component):
            warnings.warn(f"first {number}", ValidityWarning, stacklevel=1)
            warnings.warn(f"second {number}", ValidityWarning, stacklevel=1)
    assert [record.getMessage() for record in caplog.records] == ["first 1 (said once)", "second 1 (said once)"]


# --- the best fit of the table


def test_numbers_of_the_refit() -> None:
    """H0, sigma8 and Omega_m of the best fit, and a likelihood of H0 that asks for it."""
    theory = {PREFIX + "EmbeddedCMB": {"data": "planck2018+desi"}, "H0.riess2020": None}
    chain = model(theory, **sampled("dm2_41", "Umu4_sq"), H0=None, sigma8=None, Omega_m=None)
    loglikes, found = chain.loglikes({"free": 0.0, **POINT}, as_dict=True)
    solution = solve(Mixing(dm2_41="1 eV2", Umu4_sq=1e-3), options=Options(**QUICK))
    expected = cmb.likelihood.derived(*astuple(cmb.summarise(solution))[:2], "planck2018+desi", solution.N_eff_of(4))
    assert found["H0"] == pytest.approx(100.0 * float(expected.h), abs=0.01)  # N_eff differs at recombination: sums
    assert found["sigma8"] == pytest.approx(float(expected.sigma8), abs=1e-3)
    assert found["Omega_m"] == pytest.approx(float(expected.Omega_m), abs=1e-3)
    assert loglikes["H0.riess2020"] == pytest.approx(-0.5 * ((found["H0"] - 73.2) / 1.3) ** 2)  # arXiv:2012.08534


def test_numbers_of_the_refit_of_one_thermal_state() -> None:
    """LCDM has H_0 = 67.36 +- 0.54, arXiv:1807.06209 table 2; radiation raises it."""
    options = {PREFIX + "EmbeddedCMB": {"sterile_neutrino": False}}
    chain = model(options, solver=False, **sampled("delta_N_eff", "m_eff"), H0=None)
    assert derived(chain, delta_N_eff=0.0, m_eff=0.0)["H0"] == pytest.approx(67.36, abs=0.54)
    assert derived(chain, delta_N_eff=0.5, m_eff=0.0)["H0"] > 69.0


def test_a_point_without_likelihood_has_no_refit() -> None:
    """A likelihood of H0 is not asked where the table refuses."""
    options = {PREFIX + "EmbeddedCMB": {"sterile_neutrino": False}, "H0.riess2020": None}
    chain = model(options, solver=False, **sampled("delta_N_eff", "m_eff"))
    assert chain.loglike({"free": 0.0, "delta_N_eff": -5.0, "m_eff": 0.0}, return_derived=False) == -np.inf


# --- CLASS and citations


def test_table_of_helium_without_its_use() -> None:
    pytest.importorskip("classy")
    with pytest.raises(LoggedError, match=r"sBBN file = .* would not be used"):
        SterileClassy({"extra_args": {"sBBN file": "sBBN_2017.dat"}})


@pytest.mark.parametrize("component", [SterileNeutrino, SterileClassy, EmbeddedCMB, BBN, Laboratory])
def test_cobaya_knows_what_to_cite(component) -> None:
    kind = "theory" if component in (SterileNeutrino, SterileClassy) else "likelihood"
    text = get_bib_component(PREFIX + component.__name__, kind)
    entries = text.count("@")
    assert entries >= 2
    assert text.count("{") == text.count("}")
    assert text.count("title = {") == entries or text.count('title = "{') == entries


def test_citations_are_complete() -> None:
    """Everything that the verdict, the abundances and the experiments cite is in the files."""
    cited = EmbeddedCMB.get_bibtex()
    assert all(number in cited for number in ("1907.12875", "1909.05869", "1807.06210", "1807.06209", "2503.14738"))
    assert all(number in BBN.get_bibtex() for number in ("2601.22238", "1710.11129", "1801.08023"))
    assert all(lab.experiment(name).CITATION in Laboratory.get_bibtex() for name in lab.experiments())
