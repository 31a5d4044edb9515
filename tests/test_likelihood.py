"""The one-dimensional Planck verdict, and the error band of a Planck-like experiment."""

import math

import numpy as np
import pytest

from boltzmann.cmb.likelihood import n_eff_verdict, planck_like_error, planck_n_eff
from boltzmann.parameters import ParameterError


def test_planck_value() -> None:
    planck = planck_n_eff()
    assert planck.mean == 2.92
    assert planck.sigma == pytest.approx(0.365 / 1.96, rel=1e-3)  # 95 % interval +0.36 -0.37, arXiv:1807.06209
    assert "arXiv:1807.06209" in planck.citation


def test_verdict_on_three_neutrinos() -> None:
    verdict = n_eff_verdict(3.044)
    assert verdict.delta_chi2 == 0
    assert verdict.sigmas == pytest.approx(0.67, abs=0.01)
    assert "allowed" in verdict.sentence
    assert "Gaussian" in verdict.sentence
    assert "mass" in verdict.caveat


def test_thermalised_sterile_neutrino() -> None:
    """Planck 2018 sec. 7.5.3: one thermalised sterile neutrino is excluded at about 6 sigma whatever its mass."""
    verdict = n_eff_verdict(4.044)
    assert verdict.sigmas == pytest.approx(6, abs=0.3)
    assert verdict.delta_chi2 == pytest.approx(6.04**2 - 0.666**2, abs=0.2)
    assert "excluded: 6.0 standard deviations above" in verdict.sentence


@pytest.mark.parametrize(
    ("N_eff", "word"), [(2.9, "allowed"), (3.4, "disfavoured"), (3.7, "strongly disfavoured"), (1.9, "excluded")]
)
def test_words(N_eff: float, word: str) -> None:
    assert f" {word}: " in n_eff_verdict(N_eff).sentence


def test_below() -> None:
    assert "below 2.92" in n_eff_verdict(2.5).sentence


@pytest.mark.parametrize("N_eff", [math.nan, math.inf, -0.1])
def test_refuses(N_eff: float) -> None:
    with pytest.raises(ParameterError, match=f"N_eff = {N_eff} is not allowed"):
        n_eff_verdict(N_eff)


def test_planck_like_error() -> None:
    ell = np.arange(2, 2509)
    TT = 1e4 / (ell * (ell + 1.0)) * np.exp(-((ell / 1200.0) ** 2))
    centre, error = planck_like_error(ell, TT)
    assert centre[0] == 16.5
    assert np.all(np.diff(centre) == 30)
    # cosmic variance alone: sqrt(2/((2l + 1) f_sky width)), exact when 2l + 1 is averaged over the bin
    assert error[5] == pytest.approx(math.sqrt(2 / ((2 * centre[5] + 1) * 0.57 * 30)), rel=1e-3)
    assert error[-1] > 10 * error[40]  # noise behind the beam
