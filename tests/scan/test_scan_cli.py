"""``sterile scan``: the file, the options, what is printed, exit codes. The solver is replaced by a dummy."""

import errno
import os
import signal
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner, Result

from boltzmann import Mixing, Options, ParameterError
from boltzmann import scan as package
from boltzmann.cli import main
from boltzmann.numerics import files
from boltzmann.potentials import NSI, LowReheating, SecretPseudoscalar, SecretVector, UltralightScalar
from boltzmann.scan import driver
from boltzmann.scan.axes import Model
from boltzmann.scan.point import Outcome
from tests.scan.dummies import outcome, smooth

PLANE = """
[mixing]
Umu4_sq = 1e-2
[options]
n_momenta = 10
[axes]
dm2_41 = {from = "1e-2 eV2", to = "10 eV2", points = 4, scale = "log"}
Ue4_sq = [1e-4, 1e-3, 1e-2]
"""


@pytest.fixture
def solved(monkeypatch: pytest.MonkeyPatch) -> list[Model]:
    """Replace the solver; gives the inputs that it got."""
    models: list[Model] = []

    def evaluate(template, values, checked):
        models.append(template.build(values))
        return smooth(template, values, checked) if len(values) > 1 else outcome(3.3)

    monkeypatch.setattr(driver, "evaluate", evaluate)
    return models


@pytest.fixture
def run(tmp_path: Path):
    """Run ``sterile scan`` on the text of a file."""

    def run_text(text: str, *options: str) -> Result:
        file = tmp_path / "scan.toml"
        file.write_text(text)
        return CliRunner().invoke(main, ["scan", str(file), "--store", str(tmp_path / "store"), *options])

    return run_text


def refused(result: Result) -> str:
    """Check that the input was refused in one line on stderr, and return the line."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_a_file_to_store_and_netcdf(run, solved, tmp_path: Path) -> None:
    output = tmp_path / "out.nc"
    result = run(PLANE, "--output", str(output), "--workers", "1")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"12 of 12 points in {tmp_path / 'store'}\nnetCDF  {output}\n"
    with xr.open_dataset(output) as data:
        assert data.dm2_41.values == pytest.approx([0.01, 0.1, 1.0, 10.0])
        assert data.N_eff.shape == (4, 3)
    assert solved[0] == Model(Mixing(dm2_41="0.01 eV2", Ue4_sq=1e-4, Umu4_sq=1e-2), (), Options(n_momenta=10))
    assert run(PLANE).exit_code == 0
    assert len(solved) == 12
    assert run(PLANE, "--no-resume").exit_code == 0
    assert len(solved) == 24


def test_shards_and_estimate(run, solved) -> None:
    assert run(PLANE, "--shard", "1/2").stdout.startswith("6 of 6 points")
    assert len(solved) == 6
    text = run(PLANE, "--estimate", "--workers", "2").stdout
    # 6 records are too few to judge by
    assert text.startswith("12 points, 10 of them in the store, 4 solved now to measure the time; 0.312 s CPU each")
    assert run(PLANE, "--shard", "2/2").exit_code == 0
    assert len(solved) == 12
    assert "give i/n, for example 1/4" in refused(run(PLANE, "--shard", "first"))
    assert "give i from 1 to n" in refused(run(PLANE, "--shard", "3/2"))


def test_a_shard_beyond_the_points_has_nothing_to_do(run, solved, tmp_path: Path) -> None:
    result = run(PLANE, "--shard", "40/50", "-o", str(tmp_path / "out.nc"))
    assert (result.exit_code, result.stderr, len(solved)) == (0, "", 0)
    assert result.stdout.startswith("0 of 0 points in ")
    with xr.open_dataset(tmp_path / "out.nc") as data:
        assert data.sizes["point"] == 0
    assert run(PLANE, "--shard", "40/50", "--estimate").stdout == "0 points: there is nothing to do\n"


def test_share_of_error_estimates(run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def evaluate(template, values, checked):
        asked.append(checked)
        return smooth(template, values, checked)

    monkeypatch.setattr(driver, "evaluate", evaluate)
    for share, total in (("1/1", 12), ("none", 0), ("0", 0)):
        asked.clear()
        assert run(PLANE, "--no-resume", "--errors", share).exit_code == 0
        assert sum(asked) == total
    for share in ("20", "1/0", "2/20", "1/x", "1/-3", "", "1/2/3"):
        assert f"errors = {share!r} is not allowed; give 1/N" in refused(run(PLANE, "--errors", share))


@pytest.mark.parametrize("place", ["nowhere/out.nc", ".", "file/out.nc", f"{'x' * 250}.nc"])
def test_output_is_made_sure_of_before_the_work(run, solved, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    assert "output = " in refused(run(PLANE, "-o", str(tmp_path / place)))
    assert solved == []


def test_termination_is_one_line_and_the_old_handler_comes_back(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def evaluate(template, values, checked):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)
        return smooth(template, values, checked)

    monkeypatch.setattr(driver, "evaluate", evaluate)
    before = signal.getsignal(signal.SIGTERM)
    result = run(PLANE)
    assert result.exit_code == 143
    assert result.stderr.startswith("Error: stopped; the points that are done are kept in")
    assert signal.getsignal(signal.SIGTERM) is before


SECRET = """
[mixing]
theta_24 = "0.1 rad"
[secret_vector]
xi = 0.3
[axes]
dm2_41 = ["1 eV2"]
e_s = [1e-3, 1e-2]
M = {from = "1 MeV", to = "10 MeV", points = 2}
"""


def test_short_names_of_secret_interactions_are_axes(run, solved) -> None:
    assert run(SECRET, "--workers", "1").exit_code == 0
    interactions = {model.interactions[0] for model in solved}
    assert interactions == {
        SecretVector(e_s, mass, T_s_over_T=0.3) for e_s in (1e-3, 1e-2) for mass in ("1 MeV", "10 MeV")
    }
    assert solved[0].mixing == Mixing(dm2_41="1 eV2", theta_24="0.1 rad")


def test_conventions_and_fields_as_axes(run, solved) -> None:
    scan = '[mixing]\ndm2_41 = "1 eV2"\n[axes]\n'
    assert run(f"{scan}g_X = [0.2]\n[secret_vector]\nmediator_mass = '1 MeV'\n").exit_code == 0
    assert run(f"{scan}m_phi = [0.1]\n[secret_pseudoscalar]\ng_s = 1e-6\n").exit_code == 0
    assert run(f"{scan}mediator_mass = [0.1]\n[secret_vector]\nG_X = 10\n").exit_code == 0
    vector, scalar, contact = (model.interactions[0] for model in solved)
    assert vector == SecretVector(0.2, "1 MeV", convention="g_X")
    assert scalar == SecretPseudoscalar(1e-6, "0.1 eV")  # a bare number: in the unit of the field
    assert contact == SecretVector(10.0, "0.1 MeV", convention="G_X")


def test_reheating_temperatures_are_axes(run, solved) -> None:
    scan = '[mixing]\ndm2_41 = "1 eV2"\n[axes]\nT_RH = {from = "2 MeV", to = "8 MeV", points = 2}\n[low_reheating]\n'
    assert run(scan, "--workers", "1").exit_code == 0
    assert {model.interactions[0] for model in solved} == {LowReheating(T_RH=f"{T} MeV") for T in (2, 8)}


@pytest.mark.parametrize(
    ("axis", "table", "first"),
    [
        ("eps_L_ee = [0.1, 0.2]", "[nsi]", NSI(eps_L_ee=0.1)),
        (
            'mass_shift = ["3 eV", "10 eV"]',
            '[ultralight_scalar]\nm_phi = "1e-20 eV"',
            UltralightScalar("3 eV", "1e-20 eV"),
        ),
    ],
)
def test_other_interactions_are_axes(run, solved, axis: str, table: str, first: object) -> None:
    assert run(f'[mixing]\ndm2_41 = "1 eV2"\n[axes]\n{axis}\n{table}\n', "--workers", "1").exit_code == 0
    assert solved[0].interactions == (first,)


@pytest.mark.parametrize("sample", ["points = 8", 'points = 5\nmethod = "random"\nseed = 3'])
def test_samples(run, solved, sample: str, tmp_path: Path) -> None:
    text = f"""
[axes]
dm2_41 = {{from = "1e-2 eV2", to = "10 eV2", scale = "log"}}
Ue4_sq = {{from = 0, to = 0.1}}
[sample]
{sample}
"""
    assert run(text, "-o", str(tmp_path / "out.nc")).exit_code == 0
    with xr.open_dataset(tmp_path / "out.nc") as data:
        assert data.N_eff.dims == ("point",)
        assert data.sizes["point"] == len(solved) == int(sample[9])


def test_contour(run, solved, tmp_path: Path) -> None:
    fine = '{from = 1e-5, to = 1e-1, points = 33, scale = "log"}'
    text = PLANE.replace("points = 4", "points = 33").replace("[1e-4, 1e-3, 1e-2]", fine)
    text += "[contour]\nlevel = 3.3\ncoarse = 8\n"
    assert run(text, "-o", str(tmp_path / "out.nc")).exit_code == 0
    with xr.open_dataset(tmp_path / "out.nc") as data:
        assert int(np.isfinite(data.N_eff).sum()) == len(solved) < 0.3 * data.N_eff.size
    assert "exclude each other" in refused(run(text, "--shard", "1/2"))


def test_failed_points_are_listed(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def evaluate(template, values, checked):
        return smooth(template, values, checked) if values[1] < 5e-3 else Outcome("TOO_MANY_STEPS", "a sentence")

    monkeypatch.setattr(driver, "evaluate", evaluate)
    result = run(PLANE)
    assert result.exit_code == 0
    assert "8 of 12 points in" in result.stdout
    assert "4 of 12 points failed:" in result.stderr
    assert "  dm2_41 = 0.1 eV2, Ue4_sq = 0.01: TOO_MANY_STEPS: a sentence" in result.stderr
    many = run(PLANE.replace("points = 4", "points = 30"))
    assert "and 10 more, see status and message" in many.stderr
    hopeless = run(PLANE.replace("[1e-4, 1e-3, 1e-2]", "[1e-1]"))
    assert hopeless.exit_code == 1
    assert "no point ended well" in hopeless.stderr


def test_interrupt_is_one_line(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def evaluate(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(driver, "evaluate", evaluate)
    result = run(PLANE)
    assert result.exit_code == 130
    assert result.stderr.startswith("Error: stopped; the points that are done are kept in")
    assert result.stderr.count("\n") == 1


def test_a_store_that_cannot_be_used_is_one_line(run, solved, tmp_path: Path) -> None:
    (tmp_path / "store").touch()
    assert "store cannot be used" in refused(run(PLANE))


def test_an_empty_name_is_no_store(run, solved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Click takes the last of two, so that this is the one."""
    monkeypatch.chdir(tmp_path)
    assert "store = '' is not allowed; give the name of a folder" in refused(run(PLANE, "--store", ""))
    assert [file.name for file in tmp_path.iterdir()] == ["scan.toml"]
    assert run(PLANE, "--store", ".").exit_code == 0


def test_a_full_disk_is_one_line_that_names_the_file(run, solved, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    def full(source, target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "os", SimpleNamespace(replace=full, getpid=os.getpid))
    result = run(PLANE, "-o", str(tmp_path / "out.nc"))
    assert result.exit_code == 2
    assert result.stderr == f"Error: {tmp_path / 'out.nc'} cannot be used: No space left on device\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[axes]", "[axis]", "'axis', which is not allowed; valid are the tables [mixing], [options]"),
        (PLANE, "[mixing]", "has no axes; add a table [axes]"),
        ("scale =", "step =", "axes.dm2_41 = {'from': '1e-2 eV2'"),
        (", points = 4", "", "is not allowed; give from, to, points of from, to, points, scale"),
        ("Ue4_sq =", "U_e4_sq =", "did you mean Ue4_sq?"),
        ("[1e-4, 1e-3, 1e-2]", "3", "axes.Ue4_sq = 3 is not allowed; give a list of values, or from, to and points"),
        ('"log"', '"cubic"', "scale = 'cubic'"),
        ("Umu4_sq = 1e-2", "Umu4_sq = 2", "Umu4_sq = 2 is not allowed"),
        ("[options]", "[contour]\nvalue = 3\n[options]", "contour = {'value': 3} is not allowed; give level"),
        ("[options]", "[sample]\nn = 3\n[options]", "sample = {'n': 3} is not allowed; give points"),
        ("[options]", "[sample]\npoints = 4\nmethod = 'grid'\n[options]", "sample.method = 'grid'"),
        ("[options]", "[sample]\npoints = 4\n[options]", "give from, to of from, to, scale"),
        ("[options]", "[sample]\npoints = 4\nmethod = ['sobol']\n[options]", "sample.method = ['sobol']"),
        ("[options]", "[contour]\nlevel = 'x'\n[options]", "level = 'x' is not allowed; give the number"),
        ("[options]", "[contour]\nlevel = 3\ncoarse = 'x'\n[options]", "coarse = 'x' is not allowed; give an integer"),
        ("[options]", "[contour]\nlevel = 3\nvariable = 1\n[options]", "variable = 1 is not allowed; choose one of"),
        ("[options]", "[contour]\nlevel = 3\ndata = 'wmap'\n[options]", "data = 'wmap' is not allowed; choose one of"),
        ("points = 4", "points = 'x'", "points = 'x' is not allowed; give an integer"),
        ("points = 4", "points = 1_000_000_000", "give an integer from 1 to 100000000"),
    ],
)
def test_bad_files(run, old: str, new: str, message: str) -> None:
    assert message in refused(run(PLANE.replace(old, new)))


def test_help() -> None:
    assert "scan" in CliRunner().invoke(main, ["--help"]).stdout
    assert "--shard I/N" in CliRunner().invoke(main, ["scan", "--help"]).stdout


def test_m4_is_an_axis(run, solved) -> None:
    axes = "m4 = {from = '0.5 eV', to = '1 eV', points = 2}\nsin2_2theta_mumu = [0.01, 0.02]"
    text = f"[mixing]\nUe4_sq = 1e-3\n[axes]\n{axes}"
    assert run(text).exit_code == 0
    assert sorted({round(float(model.mixing.dm2_41.value), 6) for model in solved}) == [0.25, 1.0]
    assert {model.mixing.Ue4_sq for model in solved} == {1e-3}


def test_abundances_are_asked_for(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_, **given):
        raise ParameterError(f"asked for {sorted(given.get('extra', {}))}")

    monkeypatch.setattr(package, "abundance_numbers", lambda: {"Y_p": len})
    monkeypatch.setattr(package, "scan", stop)
    assert "asked for ['Y_p']" in run(PLANE, "--abundances").stderr
    assert "asked for []" in run(PLANE).stderr
