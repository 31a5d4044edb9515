"""The command ``sterile``: options, files, output, exit codes. Physics is tested elsewhere."""

import dataclasses
import importlib
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
from astropy.table import QTable
from click.testing import CliRunner, Result

import boltzmann
from boltzmann import load_solution
from boltzmann.cli import main, report
from boltzmann.cli.old_names import current
from boltzmann.cli.options import ALIASES
from boltzmann.errors import ValidityWarning
from boltzmann.numerics.cache import CacheError
from boltzmann.parameters import Mixing, Options, ParameterError
from boltzmann.potentials import (
    NSI,
    LowReheating,
    QuasiSterile,
    SecretPseudoscalar,
    SecretVector,
    UltralightCurrent,
    UltralightScalar,
)
from boltzmann.solution import Solution

ROOT = Path(__file__).resolve().parents[2]
TINY = ["--n-momenta", "8", "--rtol", "1e-3", "--no-nu-nu"]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Solution]:
    """Record what the solver returns to the command."""
    solver = importlib.import_module("boltzmann.solver")
    solve, solutions = solver.solve, []

    def recorded(*arguments, **options):
        solutions.append(solve(*arguments, **options))
        return solutions[-1]

    monkeypatch.setattr(solver, "solve", recorded)
    return solutions


def sterile(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def refused(result: Result) -> str:
    """Check that the input was refused in one line on stderr without traceback, and return the line."""
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_help_lists_the_commands_and_version_prints() -> None:
    assert "solve" in sterile("--help").stdout
    assert "compare" in sterile("-h").stdout
    assert sterile("--version").stdout.startswith("sterile, version 0.")
    assert "No such command 'sovle'; did you mean solve?" in sterile("sovle").stderr
    assert "No such command 'what'." in sterile("what").stderr


@pytest.mark.parametrize("cls", [Mixing, Options])
def test_every_field_is_an_option_with_help(cls: type) -> None:
    text = sterile("solve", "--help").stdout
    for field in cls.declared().values():
        assert f"--{field.name.lower().replace('_', '-')} " in text


def test_options_reach_the_solver(runs) -> None:
    arguments = ["--dm2-41", "1.3 eV2", "--theta-14", "1 deg", "--ordering", "inverted", "--no-nu-nu", "--x-end", "38"]
    assert sterile("solve", *arguments, "--n-momenta", "8").exit_code == 0
    assert runs[0].mixing == Mixing(dm2_41="1.3 eV2", theta_14="1 deg", ordering="inverted")
    assert runs[0].options == Options(
        n_momenta=8, nu_nu=False, x_end=38, rtol=3e-4, x_start=3e-3, coherence="exact"
    )  # as used


def test_text_output(runs) -> None:
    result = sterile("solve", "--dm2-41", "1 eV2", "--ue4-sq", "1e-3", *TINY)
    assert f"N_eff         {runs[0].N_eff:.4f}" in result.stdout
    assert f"nu_s {runs[0].N_eff_of('s'):.4f}" in result.stdout
    assert f"m_eff         {runs[0].m_eff.value:.4g} eV" in result.stdout
    assert "NuFIT 6.0 (arXiv:2410.05380), normal ordering, delta_13 = 0 deg" in result.stdout
    assert "sterile state: empty at the start" in result.stdout
    assert f"{runs[0].stats.steps} steps" in result.stdout
    assert "CMB sees      nu_2 0.00865 eV" in result.stdout
    assert f"m_eff of      nu_1 0 eV   nu_2 {runs[0].m_eff_of(2).value:.4g} eV" in result.stdout
    assert f"Omega_4 h^2   {runs[0].Omega_h2(4):.4g}   (" in result.stdout
    assert f"m_thermal {runs[0].m_thermal.value:.4g} eV, m_DW {runs[0].m_DW.value:.4g} eV)" in result.stdout


def test_three_neutrinos_by_default(runs) -> None:
    result = sterile("solve", *TINY)
    assert "delta N_eff   +0.0000" in result.stdout
    assert "sterile" not in result.stdout


def test_json_output_is_one_object_with_every_input(runs) -> None:
    options = ["--sin2-theta-12", "0.3", *TINY]
    result = json.loads(sterile("solve", "--dm2-41", "1 eV2", "--ue4-sq", "1e-3", "--json", *options).stdout)
    numbers = {name: result[name] for name in ("N_eff", "delta_N_eff", "m_eff_eV", "z_fin")}
    solution = runs[0]
    assert list(numbers.values()) == [solution.N_eff, solution.delta_N_eff, solution.m_eff.value, solution.z[-1]]
    assert list(result["contributions"]) == [f"nu_{s}" for s in ("e", "mu", "tau", "s", 1, 2, 3, 4)]
    assert sum(list(result["contributions"].values())[:4]) == pytest.approx(solution.N_eff, abs=1e-6)
    assert result["status"] == "SUCCESS"
    assert result["stats"] == dataclasses.asdict(solution.stats)
    assert set(result["inputs"]["mixing"]) == {field.name for field in dataclasses.fields(Mixing)}
    assert result["inputs"]["mixing"]["dm2_31"] == "0.002513 eV2"
    assert set(result["inputs"]["options"]) == {field.name for field in dataclasses.fields(Options)}
    assert result["inputs"]["options"]["x_start"] == 3e-3
    assert "active mixing: NuFIT 6.0 (arXiv:2410.05380) except sin2_theta_12" in result["assumptions"][0]
    assert result["version"] == boltzmann.__version__
    assert result["wall_seconds"] > 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (Options(coherence="mckellar"), "damping with McKellar-Thomson averaged rates"),
        (Options(coherence="exact"), "damping with momentum-dependent exact rates"),
        (Options(coherence="matrix"), "full matrix structure"),
        (Options(nu_nu=False), "neutrino-neutrino collision integrals: off"),
        (Options(collisions=False), "neutrino-neutrino collision integrals: off"),
        (Options(collisions=False), "no collisions at all"),
    ],
)
def test_assumptions_follow_the_options(options: Options, sentence: str) -> None:
    assert any(sentence in line for line in report.assumptions(Mixing(), options))


def test_spectra_file(runs, tmp_path: Path) -> None:
    file = tmp_path / "spectra.ecsv"
    assert sterile("solve", "--dm2-41", "1 eV2", *TINY, "--spectra", str(file)).exit_code == 0
    table = QTable.read(file, format="ascii.ecsv")
    assert table.colnames == ["y", "f_e", "f_mu", "f_tau", "f_s", "f_1", "f_2", "f_3", "f_4"]
    assert list(table["f_s"]) == list(runs[0].spectrum("s"))
    assert "per helicity" in table["f_4"].info.description
    assert table.meta["inputs"]["mixing"]["dm2_41"] == "1.0 eV2"
    assert "sterile-boltzmann" in table.meta["cite"]


CONFIG = """
[mixing]
dm2_41 = "1.3 eV2"
Ue4_sq = 0.01
[options]
n_momenta = 8
nu_nu = false
"""


def test_config_file_and_command_line_over_it(runs, tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text(CONFIG)
    assert sterile("solve", "--config", str(file), "--ue4-sq", "0.02").exit_code == 0
    assert runs[0].mixing == Mixing(dm2_41="1.3 eV2", Ue4_sq=0.02)
    assert runs[0].options == Options(n_momenta=8, nu_nu=False, rtol=3e-4, x_start=3e-3, coherence="exact")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[mixing]\ndm2_14 = '1 eV2'", "no parameter 'dm2_14'; did you mean dm2_41? valid are: dm2_41"),
        ("[options]\nn_momentum = 20", "no parameter 'n_momentum'; did you mean n_momenta?"),
        ("[mixin]\ndm2_41 = '1 eV2'", "'mixin', which is not allowed; valid are the tables [mixing], [options]"),
        ("dm2_41 = '1 eV2'", "'dm2_41', which is not allowed; valid are the tables"),
        ("mixing = 3", "'mixing', which is not allowed"),
        ("[mixing\n", "is not valid TOML"),
        ("[mixing]\ndm2_41 = 1.3", "dm2_41 = 1.3 has no unit"),
    ],
)
def test_bad_config_file(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "run.toml"
    file.write_text(content)
    assert message in refused(sterile("solve", "--config", str(file)))


def test_config_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_bytes(b"\xff\xfe\x00")
    assert "is not valid TOML" in refused(sterile("solve", "--config", str(file)))


def test_missing_config_file() -> None:
    assert "nowhere.toml cannot be used: No such file" in refused(sterile("solve", "--config", "nowhere.toml"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dm2-41", "1 eV2", "--ue4-sq", "-0.1"], "Ue4_sq = -0.1"),
        (["--dm2-41", "1 eV2", "--ue4-sq", "1.1"], "Ue4_sq = 1.1"),
        (["--dm2-41", "1 eV2", "--ue4-sq", "nan"], "Ue4_sq = nan"),
        (["--dm2-41", "1 eV2", "--ue4-sq", "0.6", "--umu4-sq", "0.6"], "sum of at most 1"),
        (["--dm2-41", "1.3 eV"], "dm2_41 = '1.3 eV'"),
        (["--dm2-41", "1.3"], "dm2_41 = '1.3'"),
        (["--dm2-41", "nan eV2"], "dm2_41 = 'nan eV2'"),
        (["--n-momenta", "7"], "n_momenta = 7"),
        (["--ue4-sq", "0.1"], "give dm2_41 too"),
    ],
)
def test_bad_values_exit_2_with_one_line(arguments: list[str], message: str) -> None:
    assert message in refused(sterile("solve", *arguments))


def test_unknown_option_exits_2() -> None:
    result = sterile("solve", "--dm2-14", "1 eV2")
    assert result.exit_code == 2
    assert "No such option '--dm2-14'" in result.stderr.replace(": --dm2-14", " '--dm2-14'")


def test_validity_warning_is_one_line_and_the_run_goes_on(runs) -> None:
    result = sterile("solve", "--dm2-41", "200 eV2", *TINY)
    assert result.exit_code == 0
    assert result.stderr.count("Warning: dm2_41 = 200 eV2 is beyond 100 eV2") == 1
    assert result.stderr.count("\n") == 1


def test_repeated_and_other_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    solver = importlib.import_module("boltzmann.solver")
    real = solver.solve

    def solve(mixing, **options):
        dataclasses.replace(mixing)
        warnings.warn("of another kind", UserWarning, stacklevel=2)
        return real(mixing, **options)

    monkeypatch.setattr(solver, "solve", solve)
    with pytest.warns(UserWarning, match="of another kind"):
        result = sterile("solve", "--dm2-41", "200 eV2", *TINY)
    assert result.stderr.count("Warning: dm2_41 = 200 eV2") == 1


def test_failed_run_exits_1_with_its_sentence() -> None:
    result = sterile("solve", "--json", "--max-steps", "5", *TINY)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: The run used max_steps steps")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["spectra", "history"])
def test_files_that_cannot_be_written_are_refused_before_the_work(runs, tmp_path: Path, name: str) -> None:
    assert "cannot be written" in refused(sterile("solve", *TINY, f"--{name}", str(tmp_path / "no" / "file")))
    assert "is a folder" in refused(sterile("solve", *TINY, f"--{name}", str(tmp_path)))
    assert not runs


def test_unwritable_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise CacheError("cache folder: /nowhere cannot be written; set STERILE_CACHE_DIR")

    monkeypatch.setattr("boltzmann.solver.run.build_tables", refuse)
    assert "set STERILE_CACHE_DIR" in refused(sterile("solve"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["--x-fin", "38"], Options(x_end=38)),
        (["--h-max=0.1"], Options(max_step=0.1)),
        (["--damping=mckellar"], Options(coherence="mckellar")),
        (["--collisions", "off"], Options(collisions=False)),
        (["--collisions=matrix"], Options(coherence="matrix")),
        (["--collisions", "damping", "--rotation", "0.2"], Options(max_rotation=0.2)),
    ],
)
def test_old_options_are_understood_and_said(runs, old: list[str], new: Options) -> None:
    result = sterile("solve", *old, *TINY, "--max-steps", "2")
    tiny = {"n_momenta": 8, "rtol": 1e-3, "nu_nu": False, "max_steps": 2, "x_start": 3e-3}
    assert runs[0].options == dataclasses.replace(new, **tiny, coherence=new.weak_coherence)  # as used
    assert "is an old name; write --" in result.stderr.splitlines()[0]


def test_old_words_of_all_commands() -> None:
    assert current(["scan", "f", "--dry-run", "--error-every", "5"]) == ["scan", "f", "--estimate", "--errors", "1/5"]
    assert current(["scan", "--error-every=0"]) == ["scan", "--errors", "0"]
    assert current(["planes", "--output", "planes"]) == ["confront", "--output", "planes"]
    assert current(["compare", "--point", "gallium"]) == ["compare", "--benchmark", "gallium"]
    assert current(["solve", "--collisions", "--muons"]) == ["solve", "--collisions", "--muons"]
    assert current([]) == []


def test_old_keys_of_a_file_are_understood_and_said(runs, tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text(
        "[mixing]\ndm2_41 = '1 eV2'\nUmu4_sq = 0.01\n[options]\nn_momenta = 8\ncollisions = 'off'\nmax_steps = 2\n"
        "[secret_vector]\ne_s = 0.01\nM = '10 MeV'\nxi = 0.3\nrate_scale = 2.0"
    )
    said = sterile("solve", "--config", str(file)).stderr
    assert runs[0].interactions == (SecretVector(0.01, "10 MeV", T_s_over_T=0.3, secret_rate_factor=2.0),)
    assert not runs[0].options.collisions
    for words in (
        "xi is an old name; write T_s_over_T",
        "rate_scale is an old name",
        "collisions='off' is an old name",
    ):
        assert said.count(words) == 1


def test_old_keys_on_the_command_line_are_numbers_too(runs) -> None:
    value = "e_s=0.01,M=10 MeV,temperature_ratio=0.3,rate_scale=2"
    said = sterile("solve", *MIXED, "--secret-vector", value, *TINY, "--max-steps", "2").stderr
    assert runs[0].interactions == (SecretVector(0.01, "10 MeV", T_s_over_T=0.3, secret_rate_factor=2.0),)
    assert "temperature_ratio is an old name; write T_s_over_T" in said


def test_amplitudes_and_mass_on_the_command_line_replace_those_of_the_file(runs, tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("[mixing]\ndm2_41 = '1 eV2'\nUmu4_sq = 0.01\n[options]\nn_momenta = 8\nmax_steps = 2\n")
    sterile("solve", "--config", str(file), "--sin2-2theta-mumu", "0.05", "--m4", "2 eV")
    assert runs[0].mixing.sin2_2theta_mumu == pytest.approx(0.05, rel=1e-14)
    assert runs[0].mixing.dm2_41.value == pytest.approx(4.0, rel=1e-14)


def test_unwritable_cache_folder_as_a_process(tmp_path: Path) -> None:
    """A file where the folder should be cannot be written even by root."""
    (tmp_path / "file").touch()
    done = run_process("solve", STERILE_CACHE_DIR=str(tmp_path / "file"))
    assert done.returncode == 2
    assert "STERILE_CACHE_DIR" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_error_of_ours_is_not_disguised(monkeypatch: pytest.MonkeyPatch) -> None:
    def solve(*_, **__):
        raise ImportError("a library is broken")

    monkeypatch.setattr(importlib.import_module("boltzmann.solver"), "solve", solve)
    assert isinstance(sterile("solve").exception, ImportError)


SAME = ("--signs", "same")  # kernels of both signs take minutes to compile
MIXED = ["--dm2-41", "1 eV2", "--theta-24", "0.1 rad", *TINY]


def test_secret_interactions_reach_the_solver(runs) -> None:
    vectors = ["--secret-vector", "e_s=1e-2, M=10 MeV", "--secret-vector", "coupling=0.2,mediator_mass=1 GeV,xi=0.465"]
    scalar = ["--secret-pseudoscalar", "g_s=1e-5,m_phi=0.1 eV,normalisation=paper,mediator_in_equilibrium=false"]
    assert sterile("solve", *MIXED, *scalar, *vectors, *SAME).exit_code == 0
    assert runs[0].interactions == (
        SecretVector(1e-2, "10 MeV"),
        SecretVector(0.2, "1 GeV"),
        SecretPseudoscalar(1e-5, "0.1 eV", normalisation="paper", mediator_in_equilibrium=False),
    )


@pytest.mark.parametrize("convention", ["e_s", "g_X", "G_X"])
def test_names_of_couplings_are_conventions(runs, convention: str) -> None:
    assert sterile("solve", *MIXED, "--secret-vector", f"{convention}=0.02,M=10 MeV,T_ratio=0", *SAME).exit_code == 0
    expected = SecretVector(0.02, "10 MeV", T_s_over_T=0.0, convention=convention)
    assert runs[0].interactions == (expected,)


@pytest.mark.parametrize(
    ("table", "cls"), [("secret_vector", SecretVector), ("secret_pseudoscalar", SecretPseudoscalar)]
)
def test_short_names_mean_fields(table: str, cls: type) -> None:
    assert set(ALIASES[table].values()) <= {field.name for field in dataclasses.fields(cls)}
    text = sterile("solve", "--help").stdout
    assert all(name in text for name in ALIASES[table])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("e_s", "'e_s' is not of the form key=value; give pairs separated by commas"),
        ("e_s=", "'e_s=' is not of the form key=value"),
        ("", "is not of the form key=value"),
        ("e_s=1e-2,e_s=1e-3", "'e_s=1e-3' comes twice"),
        (
            "e_S=1e-2,M=1 MeV",
            "no parameter 'e_S'; did you mean e_s? valid are: e_s, g_X, G_X, M, coupling",
        ),
        ("g_s=1e-2,M=1 MeV", "secret_vector has no parameter 'g_s'"),
        ("e_s=1e-2,g_X=2e-2,M=1 MeV", "contradicts"),
        ("e_s=1e-2,M=1 MeV,convention=g_X", "contradicts convention = 'e_s'"),
        ("e_s=1e-2", "SecretVector needs mediator_mass"),
        ("e_s=1e-2,M=10", "mediator_mass = '10' cannot be read as a quantity"),
        ("e_s=much,M=10 MeV", "coupling = 'much' is not allowed; give a number"),
        ("e_s=2,M=10 MeV", "not perturbative"),
        ("e_s=1e-2,M=10 MeV,T_s_over_T=2", "T_s_over_T = 2.0 is not allowed"),
        ("e_s=1e-2,M=10 MeV,mediator_in_equilibrium=maybe", "choose one of True, False"),
    ],
)
def test_bad_secret_interactions(value: str, message: str) -> None:
    assert message in refused(sterile("solve", *MIXED, "--secret-vector", value))


def test_low_reheating_reaches_the_solver(runs, tmp_path: Path) -> None:
    result = sterile("solve", "--low-reheating", "T_RH=20 MeV", "--n-momenta", "16")
    assert result.exit_code == 0
    assert f"with the same options, reheating and NSI: {runs[0].N_eff:.4f})" in result.stdout
    file = tmp_path / "run.toml"
    file.write_text('[options]\nn_momenta = 16\n[low_reheating]\nT_RH = "25 MeV"\n')
    assert sterile("solve", "--config", str(file)).exit_code == 0
    assert [run.interactions for run in runs] == [(LowReheating(T_RH="20 MeV"),), (LowReheating(T_RH="25 MeV"),)]
    assert "LowReheating needs T_RH" in refused(sterile("solve", "--config", str(_empty_table(tmp_path))))
    assert "give 0.5 to 30 MeV" in refused(sterile("solve", "--low-reheating", "T_RH=40 MeV"))


@pytest.mark.parametrize(
    ("option", "text", "expected"),
    [
        ("--nsi", "eps_L_ee=0.1,eps_R_tautau=-0.1", NSI(eps_L={"ee": 0.1}, eps_R={"tautau": -0.1})),
        ("--ultralight-scalar", "mu=10 eV,m_phi=1e-20 eV,treatment=frozen",
         UltralightScalar("10 eV", "1e-20 eV", treatment="frozen")),
        ("--quasi-sterile", "strength=-1e3 G_F,early=neutrinos", QuasiSterile("-1e3 G_F", early="neutrinos")),
        ("--quasi-sterile", "strength=1e-5 G_F,channel=exchange,M=1 GeV",
         QuasiSterile("1e-5 G_F", channel="exchange", mediator_mass="1 GeV")),
        ("--ultralight-current", "potential=1e-8 eV,early=antineutrinos",
         UltralightCurrent("1e-8 eV", early="antineutrinos")),
    ],
)  # fmt: skip
def test_other_interactions_reach_the_solver(runs, option: str, text: str, expected: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValidityWarning)  # the scalar is still there at the end
        assert sterile("solve", "--dm2-41", "1 eV2", "--ue4-sq", "1e-4", *TINY, option, text).exit_code == 0
    assert runs[0].interactions == (expected,)


def _empty_table(folder: Path) -> Path:
    file = folder / "empty.toml"
    file.write_text("[low_reheating]\n")
    return file


def test_secret_interaction_without_sterile_state() -> None:
    assert "give dm2_41 too" in refused(sterile("solve", "--secret-vector", "e_s=1e-2,M=10 MeV", *TINY))


SECRET_CONFIG = """
[mixing]
dm2_41 = "1 eV2"
Umu4_sq = 0.01
[options]
n_momenta = 8
[[secret_vector]]
e_s = 0.01
M = "10 MeV"
[[secret_vector]]
g_X = 0.2
mediator_mass = "1 MeV"
[secret_pseudoscalar]
g_s = 1e-6
"""


def test_secret_interactions_of_a_file_and_command_line_over_them(runs, tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text(SECRET_CONFIG)
    assert sterile("solve", "--config", str(file), *SAME).exit_code == 0
    assert sterile("solve", "--config", str(file), "--secret-vector", "e_s=0.1,M=5 MeV", *SAME).exit_code == 0
    scalar = SecretPseudoscalar(1e-6)
    second = SecretVector(0.2, "1 MeV", convention="g_X")
    first, over = (run.interactions for run in runs if run.mixing.n_states == 4)  # others: zero of delta N_eff
    assert first == (SecretVector(0.01, "10 MeV"), second, scalar)
    assert over == (SecretVector(0.1, "5 MeV"), scalar)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[secret_vector]\ne_s = 0.01\nM = 10", "mediator_mass = 10 has no unit"),
        ("[secret_vector]\ne_s = '0.01'\nM = '1 MeV'", "coupling = '0.01' is not allowed"),
        ("[secret_vector]", "SecretVector needs coupling and mediator_mass"),
        ("[secret_vector]\nmass = '1 MeV'", "secret_vector has no parameter 'mass'"),
        ("secret_vector = 'e_s=1'", "'secret_vector', which is not allowed; valid are the tables [mixing], [options]"),
        ("secret_vector = [1]", "'secret_vector', which is not allowed"),
        ("[[mixing]]\ndm2_41 = '1 eV2'", "'mixing', which is not allowed"),
    ],
)
def test_bad_secret_interactions_of_a_file(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "run.toml"
    file.write_text(content)
    assert message in refused(sterile("solve", "--config", str(file)))


@pytest.fixture
def comparisons(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Options, Path]]:
    """Replace the comparison by one that returns at once; gives the list of what was asked for."""
    asked = []

    def compare(point, *, name, interactions, options, output, planck_data, progress, say):
        if point == "nowhere":
            raise ParameterError("point = 'nowhere' is not known; valid are: somewhere")
        asked.append((point, options, output))
        say("something that takes long")
        progress(1.0)
        return SimpleNamespace(figure=output / "a.png", json=output / "a.json", verdict=f"{name}: disfavoured.")

    monkeypatch.setattr(importlib.import_module("boltzmann.comparison.compare"), "compare", compare)
    return asked


def test_compare(comparisons) -> None:
    result = sterile("compare", "--benchmark", "somewhere", "--output", "there", "--n-momenta", "10")
    assert result.exit_code == 0
    assert comparisons == [("somewhere", Options(n_momenta=10), Path("there"))]
    assert result.stdout.splitlines()[:2] == ["point: disfavoured.", f"figure  {Path('there') / 'a.png'}"]
    assert result.stderr == "somewhere: something that takes long\n"


def test_compare_a_point_of_ones_own(comparisons, tmp_path: Path) -> None:
    result = sterile("compare", "--m4", "1 eV", "--sin2-2theta-ee", "0.1", "--name", "mine", "--json")
    assert json.loads(result.stdout)["verdict"] == "mine: disfavoured."
    assert comparisons[0][0] == Mixing(m4="1 eV", sin2_2theta_ee=0.1)
    file = tmp_path / "run.toml"
    file.write_text(CONFIG)
    assert sterile("compare", "--config", str(file)).exit_code == 0
    assert comparisons[1][0].dm2_41 is not None


def test_compare_lists_its_benchmarks() -> None:
    assert "dentler2018-nue" in sterile("compare", "--list").stdout


def test_compare_json(comparisons) -> None:
    result = json.loads(sterile("compare", "--benchmark", "somewhere", "--json").stdout)
    assert (result["json"], result["verdict"]) == ("a.json", "point: disfavoured.")


def test_compare_refuses(comparisons, tmp_path: Path) -> None:
    assert "valid are: somewhere" in refused(sterile("compare", "--benchmark", "nowhere"))
    assert "no point is given; give --benchmark NAME" in refused(sterile("compare"))
    assert "both a benchmark and a mixing" in refused(sterile("compare", "--benchmark", "gallium", "--ue4-sq", "0.1"))


@pytest.mark.filterwarnings("ignore::boltzmann.errors.ValidityWarning")
def test_the_verdict_stands_below_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Judged:
        def __str__(self) -> str:
            return "Planck 2018: excluded"

        def to_json(self) -> str:
            return '{"word": "excluded"}'

    module = importlib.import_module("boltzmann.comparison.confrontation")
    monkeypatch.setattr(module, "confront", lambda solution: Judged() if solution.status.ok else None)
    result = sterile("solve", "--dm2-41", "1 eV2", "--ue4-sq", "1e-3", *TINY, "--verdict")
    assert result.stdout.splitlines()[-1] == "Planck 2018: excluded"
    assert "judging" in result.stderr
    as_json = json.loads(sterile("solve", "--dm2-41", "1 eV2", *TINY, "--verdict", "--json").stdout)
    assert as_json["verdict"] == {"word": "excluded"}


def test_history_file(runs, tmp_path: Path) -> None:
    file = tmp_path / "run.nc"
    assert sterile("solve", *TINY, "--history", str(file)).exit_code == 0
    assert load_solution(file).N_eff == runs[0].N_eff


def test_compare_without_classy(monkeypatch: pytest.MonkeyPatch) -> None:
    cmb = importlib.import_module("boltzmann.cmb")

    def compare(*_, **__):
        raise cmb.ClassyMissing('classy is not installed; pip install "sterile-boltzmann[cmb]"')

    monkeypatch.setattr(importlib.import_module("boltzmann.comparison.compare"), "compare", compare)
    assert "sterile-boltzmann[cmb]" in refused(sterile("compare", "--benchmark", "somewhere"))


def run_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "boltzmann", *arguments]
    variables = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)


def test_a_real_run_as_a_process() -> None:
    done = run_process("solve", "--json", "--dm2-41", "1 eV2", "--ue4-sq", "1e-4", *TINY)
    assert done.returncode == 0, done.stderr
    assert 3.0 < json.loads(done.stdout)["N_eff"] < 3.3


def test_bad_input_as_a_process_has_no_traceback() -> None:
    done = run_process("solve", "--dm2-41", "1.3 eV", *TINY)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
