"""Scans, contours and estimates: the dataset, its units and attributes, netCDF, failed points."""

import errno
import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

import boltzmann
from boltzmann import Mixing, Options, ParameterError
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from boltzmann.scan import Samples, contour, dataset, driver, estimate, failures, log, scan, sobol, write
from boltzmann.scan.axes import Model, space
from boltzmann.scan.driver import _contour, _estimate, _run
from boltzmann.scan.point import MISSING, NUMBERS, STATUSES, Outcome, code_version
from boltzmann.scan.refine import straddling
from tests.scan.dummies import AXES, MU, Counting, prepared, smooth

ROOT = Path(__file__).resolve().parents[2]
QUICK = Options(n_momenta=10, rtol=1e-3, nu_nu=False)


def failing(template, values, checked):
    """Fail for large mixing."""
    return Outcome("TOO_MANY_STEPS", "a sentence") if values[1] > 0.05 else smooth(template, values, checked)


def test_dims_units_and_variables() -> None:
    data = _run(prepared())
    assert data.N_eff.dims == ("dm2_41", "Ue4_sq")
    assert data.N_eff_bbn.dims == ("dm2_41", "Ue4_sq", "T_bbn")
    assert data.coords["dm2_41"].attrs["units"] == "eV2"
    assert data.coords["T_bbn"].values.tolist() == [1.0, 0.07]
    assert data.m_eff.attrs["units"] == "eV"
    flags = {"status", "message", "delta_chi2_is_lower_bound", "N_eff_error_estimated"}
    assert set(data.data_vars) == {*dataset.VARIABLES, *flags}
    for index, (i, j) in enumerate(np.ndindex(3, 4)):
        point = prepared().points.values(index)
        assert point == (AXES["dm2_41"][i], AXES["Ue4_sq"][j])
        expected = smooth(None, point, False).numbers[0]
        assert data.N_eff.sel(dm2_41=point[0], Ue4_sq=point[1]) == expected
        assert data.N_eff_bbn[i, j].values == pytest.approx([expected - 0.2, expected - 0.1])


def test_likelihood_and_where_it_does_not_reach() -> None:
    data = _run(prepared())
    beyond = data.delta_N_eff > 0.9
    assert 0 < beyond.sum() < beyond.size
    assert data.delta_chi2.dims == ("dm2_41", "Ue4_sq", "data")
    for name, factor in (("planck2018", 10.0), ("planck2018+desi", 20.0)):
        chi2 = data.delta_chi2.sel(data=name)
        assert np.array_equal(np.isnan(chi2), beyond)
        # N_eff - 3.044 is computed from N_eff_recombination, which is stored: two roundings of numbers of order 3
        assert chi2.values[~beyond] == pytest.approx(factor * data.delta_N_eff.values[~beyond], abs=factor * 2e-15)
        bound = data.delta_chi2_is_lower_bound.sel(data=name)
        assert np.array_equal(bound == 1, (data.delta_N_eff > 0.8) & ~beyond)
    reasons = data.message.values[beyond.values]
    assert all("delta_chi2 (planck2018): delta_N_eff = 0.9" in reason for reason in reasons)
    assert (data.status == 0).all()
    assert failures(data) == []


def test_failed_points_have_status_and_message_and_are_listed() -> None:
    data = _run(prepared(solver=failing))
    assert STATUSES[int(data.status.sel(dm2_41=1.0, Ue4_sq=0.1))] == "TOO_MANY_STEPS"
    assert data.status.attrs["flag_meanings"].split() == list(STATUSES)
    assert np.isnan(data.delta_chi2.sel(Ue4_sq=0.1)).all()
    assert failures(data)[1] == "dm2_41 = 1 eV2, Ue4_sq = 0.1: TOO_MANY_STEPS: a sentence"
    assert len(failures(data)) == 3


def test_provenance() -> None:
    data = _run(prepared(options=QUICK, interactions=[SecretVector(1e-2, "10 MeV")]))
    assert data.attrs["version"] == boltzmann.__version__
    assert data.attrs["code"] == code_version()
    assert data.attrs["options"] == repr(QUICK)
    assert "cmb/profile.ecsv" in json.loads(data.attrs["data_hashes"])


def test_parameters_are_a_file_that_gives_the_same_inputs() -> None:
    interactions = (SecretVector(0.3, "10 MeV", convention="g_X"), SecretPseudoscalar(1e-6, "0.1 eV"))
    mixing = Mixing(dm2_41="1 eV2", Ue4_sq=0.1, Umu4_sq=0.02, delta_14="90 deg", ordering="inverted")
    model = Model(mixing, interactions, QUICK)
    text = dataset.parameters_toml(model, space({"Ue4_sq": [0.1], "SecretVector.coupling": [0.3]}, model))
    tables = tomllib.loads(text)
    assert "Ue4_sq" not in tables["mixing"]
    assert Mixing.from_mapping({**tables["mixing"], "Ue4_sq": 0.1}) == mixing
    assert Options.from_mapping(tables["options"]) == QUICK
    (vector,), (scalar,) = tables["secret_vector"], tables["secret_pseudoscalar"]
    assert SecretVector.from_mapping({**vector, "coupling": 0.3}) == interactions[0]
    assert SecretPseudoscalar.from_mapping(scalar) == interactions[1]


def test_samples_and_shards_are_rows() -> None:
    axes = sobol({"dm2_41": (0.01, 10.0, "log"), "Ue4_sq": (1e-4, 0.1, "log")}, 16)
    data = _run(prepared(axes))
    assert data.N_eff.dims == ("point",)
    assert np.array_equal(data.Ue4_sq, axes.columns["Ue4_sq"])
    assert data.dm2_41.attrs["units"] == "eV2"
    assert failures(_run(prepared(Samples({"dm2_41": [1.0], "Ue4_sq": [0.1]}), solver=failing))) == [
        "dm2_41 = 1 eV2, Ue4_sq = 0.1: TOO_MANY_STEPS: a sentence"
    ]


def test_shards_share_the_points_of_a_grid(tmp_path: Path) -> None:
    counting, sizes = Counting(), []
    for i in (1, 2, 3, 4, 5):
        shard = _run(prepared(solver=counting, store=tmp_path), (i, 5))
        assert shard.N_eff.dims == ("point",)
        sizes.append(shard.sizes["point"])
    assert sizes == [3, 3, 2, 2, 2]
    assert len(counting.asked) == len(set(counting.asked)) == 12
    whole = _run(prepared(solver=counting, store=tmp_path))
    assert len(counting.asked) == 12
    assert whole.N_eff.equals(_run(prepared()).N_eff)


@pytest.mark.parametrize("shard", [(0, 2), (3, 2), (1, 0), (1.0, 2), (1, "2")])
def test_shards_that_do_not_exist(shard) -> None:
    with pytest.raises(ParameterError, match="give i from 1 to n"):
        _run(prepared(), shard)


def test_netcdf_is_the_dataset(tmp_path: Path) -> None:
    axes = {**AXES, "nu_nu": [True, False], "ordering": ["normal", "inverted"], "n_momenta": [10, 20]}
    data = _run(prepared(axes, solver=failing))
    write(data, tmp_path / "scan.nc")
    with xr.open_dataset(tmp_path / "scan.nc", engine="h5netcdf") as stored:
        loaded = stored.load()
    assert loaded.identical(data)
    assert [file.name for file in tmp_path.iterdir()] == ["scan.nc"]
    with pytest.raises(OSError, match="No such file"):
        write(data, tmp_path / "nowhere" / "scan.nc")


def test_importing_scans_does_not_load_xarray() -> None:
    """It takes a second, and neither reading a scan file nor a store needs it."""
    code = "import sys, boltzmann.scan, boltzmann.comparison.scans; sys.exit('xarray' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("variable", "data", "level"),
    [("N_eff", "planck2018", 3.3), ("delta_chi2", "planck2018", 3.0), ("delta_chi2", "planck2018+desi", 3.0)],
)
def test_contour_is_that_of_the_full_grid(tmp_path: Path, variable: str, data: str, level: float) -> None:
    axes = {"dm2_41": log(0.01, 10.0, 41), "Ue4_sq": log(1e-5, 0.1, 41)}
    counting = Counting()
    part = _contour(prepared(axes, solver=counting, store=tmp_path), level, variable, 8, data)
    full = _run(prepared(axes, store=tmp_path))
    assert len(counting.asked) < 0.25 * full.N_eff.size
    assert int((part.status == 0).sum()) == len(counting.asked)
    assert np.array_equal(np.isnan(part.N_eff), part.status == STATUSES.index(MISSING))
    line, expected = (straddling(whole.sel(data=data)[variable].values, level) for whole in (part, full))
    assert expected.any()
    assert np.array_equal(line, expected)
    again = _contour(prepared(axes, solver=counting, store=tmp_path), level, variable, 8, data)
    assert again.identical(part)


@pytest.mark.slow
def test_real_contour_is_that_of_the_full_grid(tmp_path: Path) -> None:
    axes = {"dm2_41": log("0.01 eV2", "10 eV2", 33), "Ue4_sq": log(1e-5, 1e-1, 33)}
    arguments = {"options": QUICK, "store": tmp_path, "progress": False, "error_every": 0}
    data = contour(axes, 3.3, coarse=8, **arguments)
    computed = int((data.status == 0).sum())
    full = scan(axes, **arguments)
    assert np.array_equal(straddling(data.N_eff.values, 3.3), straddling(full.N_eff.values, 3.3))
    assert computed < 0.4 * full.N_eff.size  # the share falls like one over the resolution


@pytest.mark.parametrize(
    ("axes", "arguments", "message"),
    [
        ({"Ue4_sq": [0.1, 0.2]}, (3.3, "N_eff", 4), "a grid of two axes"),
        ({"Ue4_sq": [0.1, 0.2], "dm2_41": [1.0]}, (3.3, "N_eff", 4), "at least two values each"),
        *((AXES, (3.3, "N_eff", coarse), f"coarse = {coarse!r}") for coarse in (0, 2.5, True, "x", None)),
        *((AXES, (level, "N_eff", 4), f"level = {level!r}") for level in ("x", True, np.nan, np.inf, None, [3.3])),
        *((AXES, (3.3, name, 4), f"variable = {name!r} is not") for name in (3, None, ["N_eff"], "delta_chi2_CMB")),
        *((AXES, (3.3, "delta_chi2", 4, name), f"data = {name!r} is not") for name in (3, None, ["N_eff"], "planck")),
        (AXES, (3.3, "n_eff", 4), "variable = 'n_eff' is not allowed; choose one of N_eff"),
        (Samples({"Ue4_sq": [0.1], "dm2_41": [1.0]}), (3.3, "N_eff", 4), "a grid of two axes"),
    ],
)
def test_bad_contours(axes, arguments, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        _contour(prepared(axes), *arguments)
    assert message in str(caught.value)


def test_estimate_from_a_sample_and_from_records(tmp_path: Path) -> None:
    counting = Counting()
    axes = {"Ue4_sq": [1e-3], "dm2_41": log(0.01, 10.0, 101)}
    each = 0.125 * (1.0 + driver.CHECK / 12)  # of 101 points more than one in 20 is checked, for there to be about 8
    for store, stored, solved in ((None, 0, 8), (tmp_path, 8, 8), (tmp_path, 8, 0)):
        result = _estimate(prepared(axes, solver=counting, store=store, workers=2))
        assert (result.points, result.stored, result.solved) == (101, stored, solved)
        assert result.cpu_seconds == pytest.approx(np.full(7, 0.125))
        assert result.seconds == pytest.approx((101 - stored) * each / 2 + result.fixed_seconds)
        assert result.fixed_seconds < 60.0  # the dummy takes no time, the CMB's verdict on 101 points a little
    assert len(counting.asked) == 16  # the third found what it needed
    assert str(replace(result, fixed_seconds=5.0)) == (
        "101 points, 8 of them in the store; 0.141 s CPU each (0.125 to 0.125 in 7 points, without error estimates); "
        "about 12 seconds with 2 workers, 5 seconds of it for start-up and CMB"
    )
    assert "8 of them in the store, 8 solved now to measure the time; " in str(replace(result, solved=8))


def test_estimate_counts_runs_and_not_their_error_estimates(tmp_path: Path) -> None:
    """A record of 0.25 s with an estimate in it is one of a run of 0.1 s; what the first takes more is start-up."""
    costs = iter([3.1] + [0.1] * 7)

    def checking(template, values, checked):
        assert checked
        cost = next(costs) * (1.0 + driver.CHECK)
        numbers = dict(zip(NUMBERS, smooth(template, values, checked).numbers, strict=True))
        return Outcome("SUCCESS", "", tuple({**numbers, "N_eff_error": 1e-4, "cpu_seconds": cost}.values()))

    axes = {"dm2_41": [1.0], "Ue4_sq": log(1e-5, 1e-2, 8)}
    plan = prepared(axes, solver=checking, store=tmp_path, error_every=1, workers=1)
    found = _estimate(plan)
    assert found.cpu_seconds == pytest.approx(np.full(7, 0.1))
    assert found.point_seconds == pytest.approx(0.1 * (1.0 + driver.CHECK))
    assert found.seconds == found.fixed_seconds == pytest.approx(3.0, abs=1.0)  # the verdict on 8 points is below 1 s
    assert _estimate(replace(plan, job=replace(plan.job, error_every=0))).point_seconds == pytest.approx(0.1)


def test_estimate_of_a_few_points_and_of_a_shard() -> None:
    assert _estimate(prepared({"Ue4_sq": [1e-3], "dm2_41": [1.0]})).points == 1
    assert _estimate(prepared(), (2, 5)).points == 3
    assert str(_estimate(prepared(), (14, 15))) == "0 points: there is nothing to do"


def test_a_shard_beyond_the_points_has_none(tmp_path: Path) -> None:
    counting = Counting()
    data = _run(prepared(solver=counting), (40, 50))
    assert counting.asked == []
    assert (data.sizes["point"], data.N_eff.size, failures(data)) == (0, 0, [])
    write(data, tmp_path / "none.nc")
    with xr.open_dataset(tmp_path / "none.nc", engine="h5netcdf") as stored:
        assert set(stored.data_vars) == set(data.data_vars)


def with_errors(errors: dict[tuple, float]):
    """Return a solver that estimates the error of these points."""

    def solver(template, values, checked):
        numbers = dict(zip(NUMBERS, smooth(template, values, checked).numbers, strict=True))
        return Outcome("SUCCESS", "", tuple({**numbers, "N_eff_error": errors.get(values, np.nan)}.values()))

    return solver


def test_errors_are_estimated_at_some_points_and_taken_over_by_their_neighbours() -> None:
    errors = {(0.1, 1e-4): 1.0, (1.0, 1e-3): 3.0, (10.0, 1e-1): 2.0, (0.1, 1e-1): 5.0, (10.0, 1e-4): 4.0}
    data = _run(prepared(solver=with_errors(errors)))
    for (dm2, element), error in errors.items():
        assert float(data.N_eff_error.sel(dm2_41=dm2, Ue4_sq=element)) == error
    assert int(data.N_eff_error_estimated.sum()) == 5
    # places are (0, 1/2, 1) x (0, 1/3, 2/3, 1): farthest from (10, 1e-3), and so left out, is (0.1, 1e-1)
    assert float(data.N_eff_error.sel(dm2_41=10.0, Ue4_sq=1e-3)) == 4.0
    assert float(data.N_eff_error.sel(dm2_41=0.1, Ue4_sq=1e-2)) == 5.0
    assert float(data.N_eff_error.min()) == 1.0


def test_errors_of_samples_and_of_points_that_failed() -> None:
    splittings = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    axes = Samples({"dm2_41": splittings, "Ue4_sq": [0.1] * 6})
    errors = {(dm2, 0.1): dm2 for dm2 in splittings[:4]}

    def run(estimates):
        good = with_errors(estimates)
        return _run(prepared(axes, solver=lambda *a: Outcome("ERROR", "why") if a[1][0] == 6.0 else good(*a)))

    data = run(errors)
    assert data.N_eff_error.values[:5].tolist() == [1.0, 2.0, 3.0, 4.0, 4.0]
    assert np.isnan(data.N_eff_error.values[5])
    assert data.N_eff_error_estimated.values.tolist() == [1, 1, 1, 1, 0, 0]
    del errors[1.0, 0.1]  # from three estimates nothing is concluded for other points
    assert np.isfinite(run(errors).N_eff_error.values).tolist() == [False, True, True, True, False, False]


@pytest.mark.parametrize(
    ("points", "given", "every"), [(12, 20, 1), (100, 20, 12), (1000, 20, 20), (12, 0, 0), (40, 3, 3)]
)
def test_of_small_scans_a_larger_share_is_checked(points: int, given: int, every: int) -> None:
    assert prepared({"Ue4_sq": log(1e-5, 0.1, points)}, error_every=given).job.error_every == every


def test_a_full_disk_is_one_sentence_that_names_the_file(tmp_path: Path) -> None:
    """As a full disk refuses it, while it is written; HDF5 itself would not outlive that."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    (tmp_path / f".scan.nc.{os.getpid()}").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device") as caught:
        write(_run(prepared()), tmp_path / "scan.nc")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / "scan.nc"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.0, "3 seconds"), (300.0, "5.0 minutes"), (9000.0, "2.5 hours"), (2e6, "23.1 days")]
)
def test_duration(seconds: float, text: str) -> None:
    assert driver._duration(seconds) == text


def test_public_functions_take_the_same_arguments() -> None:
    arguments = {"mixing": MU, "options": QUICK, "progress": False, "error_every": 0, "workers": 1}
    axes = {"Ue4_sq": [1e-3, 2e-3], "dm2_41": ["1 eV2", "2 eV2"]}
    data = scan(axes, **arguments)
    assert contour(axes, float(data.N_eff.mean()), **arguments).N_eff.equals(data.N_eff)
    assert estimate(axes, **arguments).points == 4


def test_bad_arguments() -> None:
    with pytest.raises(ParameterError, match="error_every = -1"):
        scan(AXES, error_every=-1)
    with pytest.raises(ParameterError, match="is no dataclass"):
        scan(AXES, interactions=[type("Own", (), {"terms": None})()])
    with pytest.raises(ParameterError, match="make SimpleNamespace a frozen dataclass"):
        scan(AXES, interactions=[SimpleNamespace(terms=None)])
    with pytest.raises(ParameterError, match="neither a potential"):
        scan(AXES, interactions=[object()])


@pytest.mark.parametrize("axes", [None, [1, 2], "Ue4_sq", 0.1])
def test_what_has_no_fields_is_no_axes(axes) -> None:
    with pytest.raises(ParameterError, match=r"is not allowed; give a dict of fields"):
        scan(axes)


@pytest.mark.parametrize(
    "given", [{"store": 3}, {"store": ""}, {"workers": "two"}, {"workers": 1.5}, {"shard": 3}, {"shard": (1, 2, 3)}]
)
def test_arguments_of_another_kind_are_a_sentence(given) -> None:
    name, value = next(iter(given.items()))
    with pytest.raises(ParameterError, match=re.escape(f"{name} = {value!r} is not allowed; give ")):
        scan(AXES, mixing=MU, progress=False, **given)


class Terminal:
    """A stream that says that it is a terminal."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_bar_counts_all_points_and_rates_those_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with driver._bar(12, visible=True) as show:
        show(4, 0)
        show(0, 8)
    assert "12/12" in terminal.text
    terminal.text = ""
    with driver._bar(12, visible=False) as show:
        show(4, 8)
    assert terminal.text == ""


def test_statuses_of_files_are_those_of_the_version_that_wrote_them() -> None:
    data = _run(prepared(solver=failing))
    today = data.status.values.copy()
    data["status"].attrs["flag_meanings"] = " ".join(reversed(STATUSES))
    data["status"].values[...] = len(STATUSES) - 1 - today
    assert np.array_equal(dataset.statuses(data), today)
    assert ": TOO_MANY_STEPS: a sentence" in failures(data)[0]
    data["status"].attrs["flag_meanings"] = "SUCCESS EATEN"
    with pytest.raises(ParameterError, match="the scan has the status EATEN, which this version does not know"):
        dataset.statuses(data)
