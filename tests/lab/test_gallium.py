"""Gallium: geometry against published paths and rates, regions against published best fits, broken data files."""

import numpy as np
import pytest

from boltzmann import datasets, ecsv, lab
from boltzmann.errors import ParameterError
from boltzmann.lab import gallium
from boltzmann.lab.oscillation import PHASE
from boltzmann.lab.parameters import at_amplitude

BEST = ("BEST-inner", "BEST-outer")
OLD = ("GALLEX-1", "GALLEX-2", "SAGE-Cr", "SAGE-Ar")
DM2 = np.linspace(0.05, 10.0, 200)
AMPLITUDE = np.linspace(0.2, 0.6, 41)


def grid(names: tuple[str, ...] | None) -> np.ndarray:
    point = at_amplitude("ee", DM2[:, None], AMPLITUDE)
    return gallium.chi2(point.dm2_41, point.Ue4_sq, names=names)


def test_paths_of_best() -> None:
    """Published mean paths 52.03 and 54.41 cm, each with an error of 0.18 cm: they fix tube and level."""
    for name, published in zip(BEST, (0.5203, 0.5441), strict=True):
        assert gallium.paths(name).mean == pytest.approx(published, abs=0.0002)


def test_rates_of_best() -> None:
    """Activity x density x cross section x path gives the rates per day that BEST predicts; 2.1e22 has two digits."""
    per_day = 3.414e6 * 3.7e10 * 2.1e22 * 58.1e-46 * 100 * 86400
    predicted = ecsv.numbers("lab/gallium.ecsv", ["predicted"])["predicted"]
    for name, rate in zip(BEST, predicted[-2:], strict=True):
        assert per_day * gallium.paths(name).mean == pytest.approx(rate, rel=0.003)
    ratios = dict(zip(gallium.data().names, gallium.data().ratio, strict=True))
    assert [ratios[name] for name in BEST] == pytest.approx([0.79, 0.77], abs=0.005)  # abstract of 2109.11482


def test_volume_integral_by_brute_force() -> None:
    """The SAGE tank summed over cells: mean path = integral dV/(4 pi L^2), and its mean sin^2."""
    r = (np.arange(700) + 0.5) * 0.7 / 700
    z = (np.arange(1470) + 0.5) * 1.47 / 1470 - 0.72
    L = np.hypot(r, z[:, None])
    weight = np.broadcast_to(r, L.shape) / L**2
    path = weight.sum() * 1e-3 * 1e-3 / 2
    assert path == pytest.approx(gallium.paths("SAGE-Ar").mean, rel=2e-3)  # cells of 1 mm around the source
    energies, rates = np.array([0.811, 0.813]), np.array([0.902 * 70.1, 0.098 * 70.3])
    sin2 = sum(w * np.sin(PHASE * 2.0 * L / E) ** 2 for E, w in zip(energies, rates / rates.sum(), strict=True))
    point = at_amplitude("ee", 2.0, 0.4)
    expected = 1 - 0.4 * np.average(sin2, weights=weight)
    assert gallium.prediction(point)[3] == pytest.approx(expected, abs=1e-4)


def test_sums_over_lines() -> None:
    """57.5 and 70.1 instead of the totals 58.1 and 70.0 of hep-ph/9710491; only ratios between lines are used."""
    sums = [float((gallium._lines(source)[1]).sum()) for source in ("Cr51", "Ar37")]
    assert sums == pytest.approx([57.494, 70.1196], abs=1e-3)


def test_best_alone() -> None:
    """arXiv:2201.07364: (3.3 +inf -2.3, 0.42 +0.15 -0.17). Two ratios leave a valley of chi^2 = 0 behind."""
    chi2 = grid(BEST)
    published = gallium.chi2(3.3, at_amplitude("ee", 3.3, 0.42).Ue4_sq, names=BEST)
    assert published - chi2.min() < 0.01
    allowed = chi2 < chi2.min() + 1
    assert AMPLITUDE[allowed.any(axis=0)][[0, -1]] == pytest.approx([0.25, 0.57], abs=0.07)  # half an error
    assert DM2[allowed.any(axis=1)][0] == pytest.approx(1.0, abs=0.25)


def test_all_gallium() -> None:
    """arXiv:2109.14654: (1.25 +inf -0.25, 0.34 +0.14 -0.09); 10 % of it is the target."""
    chi2 = grid(None)
    i, j = np.unravel_index(chi2.argmin(), chi2.shape)
    assert DM2[i] == pytest.approx(1.25, rel=0.1)
    assert AMPLITUDE[j] == pytest.approx(0.34, rel=0.1)
    allowed = chi2 < chi2.min() + 1
    assert AMPLITUDE[allowed.any(axis=0)][[0, -1]] == pytest.approx([0.25, 0.48], abs=0.07)  # half an error


def test_mean_ratios() -> None:
    """arXiv:0901.2200 gives 0.87 +- 0.05 for GALLEX and SAGE, without the error of the cross section and before the
    GALLEX results went down with the pulse shapes of arXiv:1001.2731.
    """
    mean, error = gallium.mean_ratio(OLD)
    assert mean == pytest.approx(0.86, abs=0.005)
    assert error == pytest.approx(np.hypot(0.05, 0.032 * 0.86), abs=0.003)
    assert gallium.mean_ratio()[0] == pytest.approx(0.80, abs=0.01)  # arXiv:2109.11482: 0.80 +- 0.05 with all


def test_covariance_is_the_minimum_over_pulls() -> None:
    """Two Gaussian pulls on the predictions, minimised by linear least squares."""
    point = at_amplitude("ee", 1.3, 0.3)
    predicted, data = gallium.prediction(point), gallium.data()
    responses = np.stack([gallium.CROSS_SECTION_ERROR * predicted, data.common * predicted], axis=1)
    rows = np.vstack([responses / data.error[:, None], np.eye(2)])
    target = np.concatenate([(data.ratio - predicted) / data.error, np.zeros(2)])
    _, residual, *_ = np.linalg.lstsq(rows, target)
    assert gallium.chi2(1.3, point.Ue4_sq) == pytest.approx(residual[0], rel=1e-10)


def test_limits() -> None:
    assert gallium.prediction(at_amplitude("ee", 0.0, 0.9)) == pytest.approx(np.ones(6))
    # many oscillations within the tanks: the average over L is 1/2 up to 1/(phase) of about 1e-4
    assert gallium.prediction(at_amplitude("ee", 3e4, 0.4)) == pytest.approx(np.full(6, 0.8), abs=1e-3)
    assert gallium.chi2(1.0, 0.1, 0.2, 0.3) == gallium.chi2(1.0, 0.1)


def test_registered() -> None:
    assert "gallium" in lab.experiments()
    assert lab.chi2("gallium", "1.3 eV2", Ue4_sq=[0.0, 0.1]) == pytest.approx(gallium.chi2(1.3, [0.0, 0.1]))


def test_unknown_measurement() -> None:
    with pytest.raises(ParameterError, match=r"measurement = 'GNO' is not known; choose from GALLEX-1, .*BEST-outer"):
        gallium.chi2(1.0, 0.1, names=["GNO"])


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda text: text.replace("0.812", "0.8l2"), r"gallium.ecsv, line 22: measured = '0.8l2' is no number"),
        (
            lambda text: text.replace("measured,error_up", "error_up"),
            r"gallium.ecsv, line 20: column measured is missing",
        ),
        (lambda text: text[: text.index("GALLEX-1,")], r"gallium.ecsv has no rows below its header"),
        (lambda text: text[: text.index("69.41")], r"gallium.ecsv, line 25: predicted = '' is no number"),
    ],
)
def test_broken_data_file(broken, message: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = datasets.path("lab/gallium.ecsv").read_text()
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "gallium.ecsv").write_text(broken(original))
    monkeypatch.setattr(datasets, "_ROOTS", (tmp_path, *datasets._ROOTS))
    gallium.data.cache_clear()
    with pytest.raises(ParameterError, match=message):
        gallium.chi2(1.0, 0.1)
    gallium.data.cache_clear()
