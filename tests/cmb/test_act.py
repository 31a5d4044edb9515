"""The reader of ACT DR6: made-up files everywhere, and the real ones with the test that ships with them."""

import os
import shutil
import zipfile
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest

from boltzmann.cmb import act
from boltzmann.cmb.act import FILES, FOLDER, WHEEL, act_dr6
from boltzmann.cmb.observables import L_MAX, CMBObservables
from boltzmann.errors import ParameterError
from tests.planck import spectra, write_act

#: Where the wheel is; it is not shipped.
REAL = Path(os.environ.get("STERILE_ACT_DATA", "/tmp/candl"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_act(tmp_path_factory.mktemp("act"))


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(folder / FOLDER, tmp_path / FOLDER)
    return tmp_path


def _zipped(folder: Path, wheel: Path) -> Path:
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in FILES.values():
            archive.write(folder / FOLDER / file, f"candl/data/{FOLDER}/{file}")
    return wheel


def test_data_made_from_a_theory_fit_it(folder: Path) -> None:
    assert act_dr6(folder).whitened(spectra(), 1.0, 0.95) == pytest.approx(np.zeros(135), abs=1e-9)


def test_calibration(folder: Path) -> None:
    """Spectra that are 1.01^2 too high belong to A = 1.01."""
    data = act_dr6(folder)
    assert data.whitened(spectra(1.01**2), 1.01, 0.95) == pytest.approx(np.zeros(135), abs=1e-9)
    theory = spectra()
    bands = data.bandpowers(theory, 1.0, 2.0) / data.bandpowers(theory)
    assert bands == pytest.approx(np.repeat([1.0, 0.5, 0.25], 45))


def test_chi2_of_a_shift(folder: Path) -> None:
    data = act_dr6(folder)
    w = data.whitened(spectra(1.01), 1.0, 0.95)
    offset = 0.01 * data.spectra.data
    assert w @ w == pytest.approx(offset @ np.linalg.solve(data.spectra.covariance, offset), rel=1e-9)


def test_fitted_bands(folder: Path) -> None:
    """Whole bands up to the last multipole of the theory, marginalised over the others."""
    everything = act_dr6(folder)
    fitted = everything.below(L_MAX)
    assert fitted.spectra.data.size == act.ROWS
    chosen = np.concatenate([45 * k + np.arange(37) for k in range(3)])
    assert np.array_equal(fitted.spectra.covariance, everything.spectra.covariance[np.ix_(chosen, chosen)])
    assert fitted.bandpowers(spectra()) == pytest.approx(everything.bandpowers(spectra())[chosen])
    assert all(window.shape[1] == L_MAX + 1 for window in fitted.windows)


def test_ways_to_give_the_data(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = act_dr6(folder).spectra.data
    wheel = _zipped(folder, tmp_path / WHEEL)
    package = tmp_path / "site" / "candl"
    shutil.copytree(folder / FOLDER, package / "data" / FOLDER)
    spec = ModuleSpec("candl", None, is_package=True)
    spec.submodule_search_locations = [str(package)]
    monkeypatch.setattr(act, "find_spec", lambda _: spec)
    for place in (folder / FOLDER, str(folder), wheel, tmp_path, tmp_path / "site"):
        assert np.array_equal(act_dr6(place).spectra.data, expected)


def test_nothing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(act, "find_spec", lambda _: None)
    with pytest.raises(ParameterError, match=r"no ACT DR6 data: .* has neither ACT_DR6_CMB_only_v0/ .* pip download"):
        act_dr6(tmp_path)


def test_wheel_of_another_version(folder: Path, tmp_path: Path) -> None:
    _zipped(folder, tmp_path / "candl_like-2.0.0-py3-none-any.whl")
    with pytest.raises(ParameterError, match=r"candl_like-2.0.0.* is not the wheel that holds the ACT DR6 data"):
        act_dr6(tmp_path)


def test_damaged_wheel(folder: Path, tmp_path: Path) -> None:
    wheel = _zipped(folder, tmp_path / WHEEL)
    wheel.write_bytes(wheel.read_bytes()[:2000])
    with pytest.raises(ParameterError, match=r"candl_like-1.8.2.* cannot be read \(File is not a zip file\)"):
        act_dr6(wheel)
    with pytest.raises(ParameterError, match=r"cannot be read \(.*No such file"):
        act_dr6(tmp_path / "elsewhere" / WHEEL)


def test_wheel_without_the_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / WHEEL, "w") as archive:
        archive.writestr("candl/__init__.py", "")
    with pytest.raises(ParameterError, match=f"has no file {FILES['bandpowers']}"):
        act_dr6(tmp_path)


@pytest.mark.parametrize("name", ["covariance", "windows TE"])
def test_missing_file(copied: Path, name: str) -> None:
    (copied / FOLDER / FILES[name]).unlink()
    with pytest.raises(ParameterError, match=f"has no file {FILES[name]}"):
        act_dr6(copied)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("bandpowers", "1\n2\n", "has 2 rows and 1 columns, but 135 rows of 1 finite"),
        ("covariance", "one\n", "cannot be read as numbers"),
        ("windows EE", "1 2\n" * 4000, "has 4000 rows and 2 columns, but 3125 rows of 46"),
        ("windows EE", (" ".join(["1"] * 46) + "\n") * 4000, "is no table of 45 windows over consecutive multipoles"),
    ],
)
def test_broken_tables(copied: Path, name: str, text: str, message: str) -> None:
    (copied / FOLDER / FILES[name]).write_text(text)
    with pytest.raises(ParameterError, match=message):
        act_dr6(copied)


def test_truncated_file(copied: Path) -> None:
    path = copied / FOLDER / FILES["windows TT"]
    path.write_text(path.read_text()[: path.stat().st_size // 2])
    with pytest.raises(ParameterError, match="download it again"):
        act_dr6(copied)


@pytest.mark.slow
@pytest.mark.skipif(not (REAL / WHEEL).is_file(), reason=f"no {WHEEL} in STERILE_ACT_DATA")
def test_published_test_value() -> None:
    """chi^2 of the spectra that ship with the likelihood, A = 1.01 and P = 0.95, without priors."""
    with zipfile.ZipFile(REAL / WHEEL) as archive, archive.open("candl/tests/ACT_DR6_TTTEEE_test_spec.txt") as file:
        ell, *D = np.loadtxt(file).T[:4]
    C = [np.concatenate([[0.0, 0.0], spectrum * 2.0 * np.pi / (ell * (ell + 1.0))]) for spectrum in D]
    theory = CMBObservables(*C, np.zeros(C[0].size), np.ones(7), np.ones(7), 0.7, 3.0, 0.8, 0.3)
    data = act_dr6(REAL)
    w = data.whitened(theory, 1.01, 0.95)
    assert w @ w == pytest.approx(695.5870410399649, abs=1e-8)
    edges = [(row.indices.min(), row.indices.max()) for row in (data.windows[0][[k]] for k in (0, 36, 44))]
    assert edges == [(576, 625), (2926, L_MAX), (5926, 6325)]
