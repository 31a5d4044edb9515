"""The reader of the Planck files: synthetic files everywhere, the real ones and cobaya's reader where they exist."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boltzmann.cmb import thermal
from boltzmann.cmb.class_bridge import PLANCK_2018
from boltzmann.cmb.observables import CMBObservables, observe
from boltzmann.cmb.planck import BINS, CUT, CUT_BINS, FILES, L_MAX, cut_bins, planck_lite
from boltzmann.errors import ParameterError
from tests.planck import REAL, spectra, write_planck

needs_data = pytest.mark.skipif(not (REAL / FILES["covariance"]).is_file(), reason="no Planck data on this machine")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_planck(tmp_path_factory.mktemp("planck"))


def test_data_made_from_a_theory_fit_it(folder: Path) -> None:
    # text files keep 18 digits; bandpowers are means, so that only rounding is left
    assert planck_lite(folder).log_likelihood(spectra()) == pytest.approx(0.0, abs=1e-6)


def test_chi2_of_a_scaled_spectrum(folder: Path) -> None:
    """A common factor 1.01 moves each high-l band by one sigma: chi^2 is the sum of the inverse correlation matrix."""
    planck = planck_lite(folder)
    n = sum(BINS)
    correlation = np.eye(n) + 0.3 * (np.eye(n, k=1) + np.eye(n, k=-1))
    expected = -0.5 * np.linalg.solve(correlation, np.ones(n)).sum()
    found = planck.log_likelihood(spectra(1.01), low_ell=False, lensing=False)
    assert found == pytest.approx(expected, rel=1e-9)


def test_calibration_divides_the_spectra(folder: Path) -> None:
    planck = planck_lite(folder)
    assert planck.log_likelihood(spectra(1.01), np.sqrt(1.01)) == pytest.approx(0.0, abs=1e-6)


def test_lensing_alone(folder: Path) -> None:
    planck, theory = planck_lite(folder), spectra()
    changed = replace(theory, PP=1.1 * theory.PP)
    sigma = np.sqrt(np.diag(planck.lensing.covariance))
    expected = -0.5 * np.sum((0.1 * planck.lensing.data / sigma) ** 2)
    assert planck.log_likelihood(changed) == pytest.approx(expected, rel=1e-6)
    assert planck.log_likelihood(changed, lensing=False) == pytest.approx(0.0, abs=1e-6)


def test_cut_beside_act(folder: Path) -> None:
    """Whole bins below the cut, with their own covariance: chi^2 of a common shift by one sigma as in the full test."""
    planck = planck_lite(folder)
    ends = planck.binning.indices[planck.binning.indptr[1:] - 1] % (L_MAX + 1)
    for spectrum, (last, count) in enumerate(zip(CUT, CUT_BINS, strict=True)):
        first = sum(BINS[:spectrum])
        assert np.count_nonzero(ends[first : first + BINS[spectrum]] <= last) == count
    kept = cut_bins()
    assert kept.size == sum(CUT_BINS) == 252
    n = sum(BINS)
    correlation = (np.eye(n) + 0.3 * (np.eye(n, k=1) + np.eye(n, k=-1)))[np.ix_(kept, kept)]
    w = planck.whitened_cut(spectra(1.01))
    assert w @ w == pytest.approx(np.linalg.solve(correlation, np.ones(kept.size)).sum(), rel=1e-9)
    assert planck.whitened_cut(spectra(1.01), np.sqrt(1.01)) == pytest.approx(np.zeros(252), abs=1e-6)


@needs_data
@pytest.mark.slow
def test_cut_of_the_real_bins() -> None:
    binning = planck_lite(REAL).binning
    ends = binning.indices[binning.indptr[1:] - 1] % (L_MAX + 1)
    for spectrum, (last, count) in enumerate(zip(CUT, CUT_BINS, strict=True)):
        first = sum(BINS[:spectrum])
        assert np.count_nonzero(ends[first : first + BINS[spectrum]] <= last) == count


@pytest.mark.parametrize("name", ["covariance", "weights", "low bandpowers", "lensing window 3"])
def test_missing_file(tmp_path: Path, name: str) -> None:
    (write_planck(tmp_path) / FILES[name]).unlink()
    with pytest.raises(ParameterError, match=f"data_dir = .* has no file {FILES[name]}"):
        planck_lite(tmp_path)


def test_truncated_covariance(tmp_path: Path) -> None:
    path = write_planck(tmp_path) / FILES["covariance"]
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ParameterError, match=r"c_matrix_plik_v22.dat has 3006060 bytes.*download the file again"):
        planck_lite(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("bandpowers", "1 2 3\n", "has 1 rows and 3 columns, but 613 rows"),
        ("weights", "one\n", "cannot be read as numbers"),
        ("low bandpowers", "8 nan 1\n22 1 1\n", "finite numbers are expected"),
        ("lensing window 1", "1 2 3\n", "is no window with two columns"),
    ],
)
def test_broken_tables(tmp_path: Path, name: str, text: str, message: str) -> None:
    (write_planck(tmp_path) / FILES[name]).write_text(text)
    with pytest.raises(ParameterError, match=message):
        planck_lite(tmp_path)


def test_covariance_that_is_none(tmp_path: Path) -> None:
    np.savetxt(write_planck(tmp_path) / FILES["lensing covariance"], -np.eye(9))
    with pytest.raises(ParameterError, match="Planck 2018 lensing: the covariance is no positive definite matrix"):
        planck_lite(tmp_path)


def test_spectra_that_cannot_be_compared() -> None:
    theory = spectra()
    broken = theory.TE.copy()
    broken[700] = np.nan
    with pytest.raises(ParameterError, match="TE is nan at multipole 700"):
        replace(theory, TE=broken)
    with pytest.raises(ParameterError, match="EE ends at multipole 1999"):
        replace(theory, EE=theory.EE[:2000])


def _standard() -> CMBObservables:
    pytest.importorskip("classy")
    return observe({**PLANCK_2018, **thermal.SPECTRA, **thermal.thermal_neutrinos(0.0, 0.0, 0.0)})


@needs_data
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # cobaya leaves a file open
def test_agrees_with_the_reader_of_cobaya(tmp_path: Path) -> None:
    """Two roads: cobaya reads the same files with its own code; log-likelihoods agree to 1e-3."""
    pytest.importorskip("cobaya")
    from cobaya.likelihoods.base_classes import CMBlikes, PlanckPlikLite
    from getdist import IniFile

    theory = _standard()
    planck = planck_lite(REAL)
    ell = np.arange(L_MAX + 1)
    D = ell * (ell + 1) / (2 * np.pi)
    files = {
        "use_cl": "tt te ee", "nbintt": 215, "nbinte": 199, "nbinee": 199, "lmax": 2508, "bin_lmin_offset": 30,
        "data": FILES["bandpowers"], "blmin": FILES["first"], "blmax": FILES["last"], "weights": FILES["weights"],
        "cov_file_binary": FILES["covariance"], "calibration_param": "A_planck",
    }  # fmt: skip
    description = tmp_path / "lite.dataset"
    description.write_text(
        "".join(f"{key} = {REAL / value if '/' in str(value) else value}\n" for key, value in files.items())
    )
    lite = object.__new__(PlanckPlikLite)  # without the search for installed data
    lite.init_params(IniFile(str(description)))
    theirs = -0.5 * lite.get_chi_squared(0, *(D * C[: L_MAX + 1] for C in (theory.TT, theory.TE, theory.EE)), 1.001)
    ours = planck.log_likelihood(theory, 1.001, low_ell=False, lensing=False)
    assert ours == pytest.approx(theirs, abs=1e-3)
    dataset = next((REAL / "planck2018_lensing").glob("*_CMBmarged.dataset"))
    lensing = object.__new__(CMBlikes)
    lensing.init_params(IniFile(str(dataset)))
    PP = (ell * (ell + 1.0)) ** 2 / (2 * np.pi) * theory.PP[: L_MAX + 1]
    both = planck.log_likelihood(theory, low_ell=False)
    alone = both - planck.log_likelihood(theory, low_ell=False, lensing=False)
    assert alone == pytest.approx(lensing.log_likelihood({"pp": PP}), abs=1e-3)


@needs_data
@pytest.mark.slow
def test_planck_best_fit() -> None:
    """At the published best fit chi^2 is about 587 for the 613 high-l bands (calibration 1)."""
    value = -2 * planck_lite(REAL).log_likelihood(_standard(), low_ell=False, lensing=False)
    assert value == pytest.approx(587, abs=1)  # the quoted number is rounded
