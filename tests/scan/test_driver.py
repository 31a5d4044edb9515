"""Scans, contours and estimates: the dataset, its units and attributes, netCDF, failed points."""

import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from boltzmann import Mixing, Options, ParameterError
from boltzmann.errors import MissingLibrary
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from boltzmann.scan import Samples, contour, dataset, driver, estimate, failures, log, scan, sobol, write
from boltzmann.scan.axes import Model, space
from boltzmann.scan.driver import _contour, _estimate, _run
from boltzmann.scan.point import MISSING, STATUSES, Outcome, code_version
from boltzmann.scan.refine import straddling
from tests.scan.dummies import AXES, MU, Counting, prepared, smooth

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
    assert set(data.data_vars) == {*dataset.VARIABLES, "status", "message"}
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
    assert np.array_equal(np.isnan(data.delta_chi2_CMB), beyond)
    assert np.array_equal(data.delta_chi2_CMB.values[~beyond], 10.0 * data.delta_N_eff.values[~beyond])
    assert np.array_equal(data.delta_chi2_CMB_DESI.values[~beyond], 20.0 * data.delta_N_eff.values[~beyond])
    reasons = data.message.values[beyond.values]
    assert all("delta_chi2_CMB: delta_N_eff = 0.9" in reason for reason in reasons)
    assert (data.status == 0).all()
    assert failures(data) == []


def test_failed_points_have_status_and_message_and_are_listed() -> None:
    data = _run(prepared(solver=failing))
    assert STATUSES[int(data.status.sel(dm2_41=1.0, Ue4_sq=0.1))] == "TOO_MANY_STEPS"
    assert data.status.attrs["flag_meanings"].split() == list(STATUSES)
    assert np.isnan(data.delta_chi2_CMB.sel(Ue4_sq=0.1)).all()
    assert failures(data)[1] == "dm2_41 = 1 eV2, Ue4_sq = 0.1: TOO_MANY_STEPS: a sentence"
    assert len(failures(data)) == 3


def test_provenance() -> None:
    data = _run(prepared(options=QUICK, interactions=[SecretVector(1e-2, "10 MeV")]))
    assert data.attrs["version"] == "0.1.0"
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


@pytest.mark.parametrize("shard", [(0, 2), (3, 2), (1, 0)])
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


def test_missing_library_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(MissingLibrary, match=r'xarray is not installed, .* pip install "sterile-boltzmann\[scan\]"'):
        scan(AXES)


@pytest.mark.parametrize("variable", ["N_eff", "delta_chi2_CMB"])
def test_contour_is_that_of_the_full_grid(tmp_path: Path, variable: str) -> None:
    axes = {"dm2_41": log(0.01, 10.0, 41), "Ue4_sq": log(1e-5, 0.1, 41)}
    level = {"N_eff": 3.3, "delta_chi2_CMB": 3.0}[variable]
    counting = Counting()
    data = _contour(prepared(axes, solver=counting, store=tmp_path), level, variable, 8)
    full = _run(prepared(axes, store=tmp_path))
    assert len(counting.asked) < 0.25 * full.N_eff.size
    assert int((data.status == 0).sum()) == len(counting.asked)
    assert np.array_equal(np.isnan(data.N_eff), data.status == STATUSES.index(MISSING))
    expected = straddling(full[variable].values, level)
    assert np.array_equal(straddling(data[variable].values, level), expected)
    again = _contour(prepared(axes, solver=counting, store=tmp_path), level, variable, 8)
    assert again.identical(data)


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
        (AXES, (3.3, "N_eff", 0), "coarse = 0"),
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
    for store, stored in ((None, 0), (tmp_path, 8), (tmp_path, 8)):
        result = _estimate(prepared(axes, solver=counting, store=store, workers=2))
        assert (result.points, result.stored) == (101, stored)
        assert result.cpu_seconds == pytest.approx(np.full(7, 0.125))
        assert result.seconds == pytest.approx((101 - stored) * 0.125 / 2)
    assert len(counting.asked) == 16  # the third found what it needed
    assert str(result) == (
        "101 points, 8 of them in the store; 0.125 s CPU each (0.125 to 0.125 in 7 points); about 6 seconds "
        "with 2 workers"
    )


def test_estimate_of_a_few_points_and_of_a_shard() -> None:
    assert _estimate(prepared({"Ue4_sq": [1e-3], "dm2_41": [1.0]})).points == 1
    assert _estimate(prepared(), (2, 5)).points == 3


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
        scan(AXES, interactions=[object()])


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
