"""A benchmark point end to end, with solver and CLASS replaced by quick stand-ins; one real run is marked slow."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boltzmann import ecsv
from boltzmann.cmb import Abundances, bbn, class_bridge
from boltzmann.cmb.class_bridge import ClassSpectra, ClassyMissing
from boltzmann.cmb.exact import Bandpowers, Refit
from boltzmann.comparison.benchmarks import benchmark, benchmarks, listing
from boltzmann.comparison.captions import interaction_text, point_text
from boltzmann.comparison.compare import compare
from boltzmann.comparison.compare_record import relative_densities
from boltzmann.kinetics.status import Status
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.parameters import Mixing, Options, ParameterError
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from tests.solutions import solution_with

POINT = "dentler2018-nue"


def fake_spectra(solution, **_) -> ClassSpectra:
    ell = np.arange(2, 2509)
    TT = 5000.0 / (ell * (ell + 1.0)) * np.exp(-((ell / 1000.0) ** 2) * solution.N_eff / 3)
    nothing = np.empty(0)
    return ClassSpectra(
        ell, TT, 0.1 * TT, 0.01 * TT, 1e-9 * TT, nothing, nothing, 0.8, solution.N_eff, 0.0006, 0.67, {"N_ur": 2.03}
    )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch):
    """Replace solver and CLASS; return what the solver was asked for."""
    asked = []

    def solve(mixing, *, interactions, options, progress):
        asked.append((mixing, interactions, options))
        progress(0.5)
        return solution_with(mixing)

    monkeypatch.setattr("boltzmann.comparison.compare.solve", solve)
    monkeypatch.setattr("boltzmann.comparison.compare_record._versions", lambda: {"classy": "0"})
    helium = Abundances(0.26, 0.259, None, 0.0224, "class", ("a stand-in",))
    monkeypatch.setattr("boltzmann.comparison.compare.bbn.abundances", lambda _, **__: helium)
    monkeypatch.setattr(class_bridge, "classy", lambda: None)
    monkeypatch.setattr(class_bridge, "spectra", fake_spectra)
    return asked


def test_table_of_benchmarks() -> None:
    assert POINT in benchmarks()
    assert len(set(benchmarks())) == len(benchmarks()) >= 8
    for row in ecsv.rows("lab/benchmarks.ecsv"):
        assert row["status"] in ("verified", "unverified")
        assert "arXiv:" in row["citation"]
        assert row["note"]


@pytest.mark.parametrize("name", benchmarks())
def test_every_benchmark_can_be_run(name: str) -> None:
    point = benchmark(name)
    assert point.mixing.n_states == 4
    assert 0 < point.mixing.Ue4_sq + point.mixing.Umu4_sq < 0.2


@pytest.mark.parametrize(
    ("name", "amplitude", "value"),
    [
        ("gallium", "sin2_2theta_ee", 0.34),
        ("best2022", "sin2_2theta_ee", 0.42),
        ("barinov2021", "sin2_2theta_ee", 0.38),
        ("neutrino4", "sin2_2theta_ee", 0.36),
        ("reactor2011", "sin2_2theta_ee", 0.14),
        ("icecube2024", "sin2_2theta_mumu", 0.16),
    ],
)
def test_elements_follow_the_published_amplitude(name: str, amplitude: str, value: float) -> None:
    assert getattr(benchmark(name).mixing, amplitude) == pytest.approx(value, abs=5e-4)


def test_unknown_point(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=f"benchmark = 'nowhere' is not known; valid are: .*{POINT}"):
        compare("nowhere", output=tmp_path)


def test_writes_figure_and_record(quick, tmp_path: Path) -> None:
    seen: list[float] = []
    result = compare(POINT, options=Options(n_momenta=10), output=tmp_path / "new", progress=seen.append)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        f"{POINT}.{s}" for s in ("json", "pdf", "png", "txt")
    ]
    assert result.figure.read_bytes().startswith(b"\x89PNG")
    record = json.loads(result.json.read_text())
    for verdict in record["verdicts"].values():
        assert verdict["sentence"] in result.verdict
        assert verdict["delta_chi2"] > 25  # thermalised
        assert "excluded" in verdict["sentence"]
    assert record["nucleosynthesis"]["four"]["sentence"] in result.verdict
    assert record["refit"] is None
    assert record["point"]["citation"].startswith("Dentler")
    assert record["options"]["n_momenta"] == 20  # of the stand-in solution
    assert record["delta_N_eff"] == pytest.approx(1.007, abs=1e-3)
    assert sum(record["N_eff_of_flavours"].values()) == pytest.approx(record["N_eff"])
    assert sum(record["N_eff_of_mass_states"].values()) == pytest.approx(record["N_eff"])
    assert record["C_l_TT_ratio_minus_1"]["2000"] < 0
    assert record["runs"]["three"]["status"] == "SUCCESS"
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.05, 1.0)
    (four, _, options), (three, none, same) = quick
    assert none == ()
    assert (four.n_states, three.n_states) == (4, 3)
    assert three.active == four.active
    assert options == same == Options(n_momenta=10)


def test_the_list_has_every_benchmark_with_its_numbers() -> None:
    head, *lines = listing().splitlines()
    assert head.split()[:2] == ["name", "dm2_41/eV2"]
    assert [line.split()[0] for line in lines] == list(benchmarks())
    assert lines[0].split()[1:5] == ["1.3", "0.01", "0", "0"]
    assert "arXiv:1803.10661" in lines[0]


def test_a_point_of_ones_own(quick, tmp_path: Path) -> None:
    """A mixing takes the place of a name; what is being done is said before it is done."""
    said: list[str] = []
    mixing = Mixing(dm2_41="0.5 eV2", Ue4_sq=0.02, Umu4_sq=0.01)
    result = compare(mixing, name="my-point", output=tmp_path, say=said.append)
    assert quick[0][0] == mixing
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"my-point.{s}" for s in ("json", "pdf", "png", "txt")]
    record = json.loads(result.json.read_text())
    assert record["point"]["name"] == "my-point"
    assert record["point"]["status"] == "own"
    assert record["point"]["dm2_41_eV2"] == 0.5
    assert said == [
        "kinetic equations with the sterile neutrino",
        "kinetic equations of three neutrinos",
        "nucleosynthesis",
        "CLASS with three neutrinos",
        "CLASS with the sterile neutrino",
        "drawing and writing",
    ]


@pytest.mark.parametrize(
    ("mixing", "name", "message"),
    [
        (Mixing(), "point", "dm2_41 = None means no sterile state"),
        (Mixing(dm2_41="1 eV2"), "../x", r"name = '\.\./x' is not allowed"),
        (Mixing(dm2_41="1 eV2"), "..", r"name = '\.\.' is not allowed"),
    ],
)
def test_an_own_point_that_cannot_be(quick, mixing: Mixing, name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=message):
        compare(mixing, name=name, output=tmp_path)
    assert not quick


def test_inputs_in_the_words_of_a_caption() -> None:
    """No representation of Python, with # and quotes, in a caption."""
    vector = SecretVector(0.1, "10 MeV")
    assert interaction_text(vector) == "secret vector, coupling 0.1, mediator mass 10 MeV"
    half = SecretPseudoscalar(1e-5, mediator_mass="0.1 eV", T_s_over_T=0.5)
    assert interaction_text(half) == "secret pseudoscalar, coupling 1e-05, mediator mass 0.1 eV, T_s/T 0.5"
    assert interaction_text(object()) == "object"
    assert point_text(Mixing()) == "three neutrinos"
    assert point_text(Mixing(dm2_41="1 eV2", Utau4_sq=0.01)) == "dm2_41 = 1 eV2, |U_tau4|^2 = 0.01"


def test_energy_densities_are_relative_to_three_neutrinos() -> None:
    three = solution_with(Mixing())
    four = solution_with(benchmark(POINT).mixing, [fermi_dirac] * 3 + [lambda y: 0.5 * fermi_dirac(y)])
    densities = relative_densities(four, three)
    assert densities["e"] == pytest.approx([1, 1, 1], abs=0.03)
    assert densities["s"] == pytest.approx([0, 0.25, 0.5], abs=0.03)


def test_secret_interaction_and_refit(quick, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The interactions reach the run with four states only; the refit is in record, sentence and caption."""

    def refit(solution, planck, progress):
        progress(0.5)
        bands = Bandpowers(*(np.linspace(30.0, 2500.0, 613) for _ in range(4)))
        return Refit("planck2018", 12.3, 610.0, {"lensing": 9.0}, {"h": 0.67}, 0.01, 4, None, bands, None, {})

    monkeypatch.setattr("boltzmann.comparison.compare.planck_lite", lambda folder: folder)
    monkeypatch.setattr("boltzmann.comparison.compare.exact.refit", refit)
    seen: list[float] = []
    secret = (SecretVector(0.1, "10 MeV"),)
    result = compare(POINT, interactions=secret, output=tmp_path, planck_data="planck", progress=seen.append)
    assert [interactions for _, interactions, _ in quick] == [secret, ()]
    record = json.loads(result.json.read_text())
    assert record["refit"]["delta_chi2"] == 12.3
    assert record["interactions"] == [str(secret[0])]
    caption = (tmp_path / f"{POINT}.txt").read_text()
    assert "With secret vector, coupling 0.1, mediator mass 10 MeV." in caption
    assert "#" not in caption
    assert f"{POINT}.json" in caption
    assert "plik-lite" in (tmp_path / f"{POINT}-refit.txt").read_text()
    assert result.verdict.startswith("Refitted to its actual spectra it is strongly disfavoured by Planck 2018")
    assert seen == sorted(seen)
    assert (tmp_path / f"{POINT}-refit.png").read_bytes().startswith(b"\x89PNG")


def test_point_that_the_table_does_not_cover(quick, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The reason takes the place of the verdict; everything else is still written."""

    def thin(mixing: Mixing, **_):
        return solution_with(mixing, [lambda y: 0.5 * fermi_dirac(y)] * mixing.n_states)

    monkeypatch.setattr("boltzmann.comparison.compare.solve", thin)
    result = compare(POINT, output=tmp_path)
    assert "no verdict, because delta_N_eff = -1.03 is not allowed" in result.verdict
    assert result.figure.is_file()


def test_active_masses_beyond_the_table(quick, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """dm2_41 < 0 lifts three states by 1 eV: a lower bound, which is said."""
    point = benchmark(POINT)
    heavy = replace(point, mixing=Mixing(dm2_41="-1 eV2", Ue4_sq=0.01))
    monkeypatch.setattr("boltzmann.comparison.compare.benchmark", lambda _: heavy)
    result = compare(POINT, output=tmp_path)
    assert "and active masses of 2.99 eV" in result.verdict
    assert "Delta chi^2 = at least +" in result.verdict
    assert result.figure.is_file()


def test_point_whose_helium_nobody_knows(quick, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without primat the table of CLASS refuses missing electron neutrinos: said, and nothing else is lost."""
    known = bbn.abundances

    def refused(solution):
        if solution.mixing.n_states == 4:
            raise ParameterError("electron neutrinos are missing; use primat")
        return known(solution)

    monkeypatch.setattr(bbn, "abundances", refused)
    result = compare(POINT, output=tmp_path)
    sentence = "Y_p: no verdict, because electron neutrinos are missing; use primat."
    assert sentence in result.verdict
    record = json.loads(result.json.read_text())
    assert record["nucleosynthesis"]["four"] == sentence
    assert record["nucleosynthesis"]["three"]["chi2"] > 0.0


def test_failed_run(quick, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        "boltzmann.comparison.compare.solve", lambda mixing, **_: solution_with(mixing, status=Status.TOO_MANY_STEPS)
    )
    with pytest.raises(ParameterError, match=r"did not end well: .*raise max_steps"):
        compare(POINT, output=tmp_path)
    assert not list(tmp_path.iterdir())


def test_output_that_is_no_folder(quick, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ParameterError, match=r"output = .* cannot be written"):
        compare(POINT, output=tmp_path / "file")
    assert not quick


def test_classy_is_missed_before_any_work(quick, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    class_bridge.classy.cache_clear()
    monkeypatch.setitem(sys.modules, "classy", None)
    monkeypatch.setattr("boltzmann.comparison.compare.solve", lambda *_, **__: pytest.fail("the solver ran"))
    with pytest.raises(ClassyMissing, match="C compiler"):
        compare(POINT, output=tmp_path)


def test_versions() -> None:
    from boltzmann.comparison.compare_record import _versions

    pytest.importorskip("classy")
    assert {"sterile-boltzmann", "python", "numpy", "scipy", "numba", "classy"} == set(_versions())


@pytest.mark.slow
def test_a_real_point(tmp_path: Path) -> None:
    """The thermalised point of Dentler et al.: FortEPiaNO gives N_eff = 4.052 to 4.056 at (1.29 eV2, 0.01)."""
    pytest.importorskip("classy")
    record = json.loads(compare(POINT, output=tmp_path).json.read_text())
    assert record["N_eff"] == pytest.approx(4.0537, abs=0.004)
    for run in record["runs"].values():
        assert run["status"] == "SUCCESS"
    assert record["runs"]["four"]["CLASS"]["N_eff"] == pytest.approx(record["N_eff"], abs=1e-4)
    active = record["runs"]["three"]["CLASS"]["omega_ncdm"]
    m_eff = 94.1 * (record["runs"]["four"]["CLASS"]["omega_ncdm"] - active)
    assert m_eff == pytest.approx(record["m_eff_eV"], rel=1e-3)  # the 0.06 eV species differ slightly
    assert -0.12 < record["C_l_TT_ratio_minus_1"]["2000"] < -0.07
