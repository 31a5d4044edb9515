"""Reactor rates and the spectra behind them."""

import numpy as np
import pytest
from scipy.stats import chi2 as chi2_distribution

from boltzmann import ecsv
from boltzmann.errors import ParameterError
from boltzmann.lab import reactor_flux, reactors, reactors_hm
from boltzmann.lab.parameters import at_amplitude
from boltzmann.numerics.arrays import Array

AMPLITUDES = np.linspace(0.0, 0.4, 161)


def fit(dm2: Array | float, amplitude: Array | float, flux_model: str = "huber-mueller") -> Array:
    point = at_amplitude("ee", dm2, amplitude)
    return reactors.chi2(point.dm2_41, point.Ue4_sq, flux_model=flux_model)


def test_yields() -> None:
    """Spectra times cross-section give the published cross-sections per fission (arXiv:1101.2755, table I)."""
    published = [float(row["yield"]) for row in ecsv.rows("lab/huber_mueller.ecsv")]
    # 0.7 %: their neutron lifetime, and the tail above the 8 MeV of the fits
    assert reactor_flux.yields("huber-mueller") == pytest.approx(published, rel=7e-3)


def test_kurchatov_yields() -> None:
    """U235 over Pu239 is 1.45 +- 0.03 (abstract of arXiv:2103.01684)."""
    u235, u238, pu239, _ = reactor_flux.yields("kurchatov")
    assert u235 / pu239 == pytest.approx(1.45, abs=0.01)
    assert u238 == pytest.approx(reactor_flux.yields("huber-mueller")[1] / 1.054)


def test_rate_of_a_mixture() -> None:
    fractions = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]])
    u235, _, pu239, pu241 = reactor_flux.yields()
    assert reactor_flux.expected_rate(fractions) == pytest.approx([u235, 0.5 * (pu239 + pu241)])


def test_covariance() -> None:
    """The total errors are those of a second compilation, but for the rows that say so."""
    data = reactors.rates("huber-mueller")
    assert np.all(np.linalg.eigvalsh(data.covariance) > 0)
    total = 100.0 * np.sqrt(np.diag(data.covariance)) / data.ratio
    for row, error in zip(ecsv.rows("lab/reactor_rates.ecsv"), total, strict=True):
        if row["status"] == "verified":
            assert error == pytest.approx(float(row["error_2"]), rel=0.05)
    common = 1e4 * data.covariance / np.outer(data.ratio, data.ratio)
    index = data.names.index
    assert common[index("Gosgen-38"), index("Gosgen-65")] == pytest.approx(4.8**2, rel=2e-3)  # as before decomposition
    assert common[index("Krasnoyarsk-33"), index("Krasnoyarsk-92")] == pytest.approx(4.84 * 4.76, rel=2e-3)


def test_two_readings_of_the_ratios_agree() -> None:
    ratios = [float(row["ratio_2"]) / float(row["ratio"]) for row in ecsv.rows("lab/reactor_rates.ecsv")]
    assert ratios[:19] == pytest.approx([1.0107] * 19, abs=1.1e-3)  # rounding to three digits


@pytest.mark.parametrize(("flux_model", "mean"), [("huber-mueller", 0.936), ("kurchatov", 0.975)])
def test_mean_ratio(flux_model: str, mean: float) -> None:
    """0.936 +- 0.024 and 0.975 +- 0.022 (arXiv:2110.06820)."""
    assert reactors.mean_ratio(flux_model)[0] == pytest.approx(mean, abs=0.002)


def test_best_fit() -> None:
    """(0.46, 0.134) with 12.0, no oscillation 22.6 (laboratory.md); the flux error is common, hence not deeper."""
    dm2 = np.geomspace(0.01, 10.0, 121)
    values = fit(dm2[:, None], AMPLITUDES)
    i, j = np.unravel_index(values.argmin(), values.shape)
    assert dm2[i] == pytest.approx(0.46, rel=0.06)  # grid step
    assert AMPLITUDES[j] == pytest.approx(0.134, abs=0.006)
    assert values.min() == pytest.approx(12.0, abs=0.2)
    assert reactors_hm.chi2(0.0) == pytest.approx(22.6, abs=0.1)
    assert chi2_distribution.sf(values.min(), reactors.N_DATA - 2) > 0.5


def test_newer_flux_halves_the_anomaly() -> None:
    old, new = (
        fit(0.0, 0.0, model) - fit(np.geomspace(0.1, 5.0, 60)[:, None], AMPLITUDES, model).min()
        for model in reactor_flux.FLUX_MODELS
    )
    assert old > 10
    assert new < 0.5 * old


def test_the_corrected_flux_is_the_default() -> None:
    """Reactors and reactors_hm are the same rates with two fluxes."""
    assert reactors.chi2(0.5, 0.03) == fit(0.5, 4.0 * 0.03 * 0.97, "kurchatov")
    assert reactors_hm.chi2(0.5, 0.03) == fit(0.5, 4.0 * 0.03 * 0.97)
    assert reactors.mean_ratio()[0] == reactors.mean_ratio("kurchatov")[0]


def test_pull_of_the_flux() -> None:
    """The profiled error is the same as adding it to the covariance of the prediction."""
    data = reactors.rates()
    point = at_amplitude("ee", 1e5, 0.1)  # fast oscillation: every rate is 1 - 0.05
    predicted = np.full(reactors.N_DATA, 0.95)
    covariance = data.covariance + 0.024**2 * np.outer(predicted, predicted)
    missing = data.ratio - predicted
    expected = missing @ np.linalg.solve(covariance, missing)
    # the far detectors, 2 m of 410 m wide, average to 1/2 within 1e-4
    assert reactors.chi2(point.dm2_41, point.Ue4_sq) == pytest.approx(expected, abs=0.02)


def test_no_mixing_leaves_the_data() -> None:
    assert reactors.chi2(1.0, 0.0, 0.3) == pytest.approx(float(reactors.chi2(0.0)))
    assert fit(np.array([[0.1], [1.0]]), np.array([0.0, 0.1])).shape == (2, 2)


def test_refuses() -> None:
    message = "flux_model = 'X' is not known; choose one of 'huber-mueller', 'kurchatov'"
    with pytest.raises(ParameterError, match=message):
        reactors.chi2(1.0, flux_model="X")
    with pytest.raises(ParameterError, match=r"Ue4_sq = 1\.5"):
        reactors.chi2(1.0, 1.5)
