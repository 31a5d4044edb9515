"""The scale of Delta chi^2 against tables, Gaussians of one parameter, and its own inverse."""

import math

import numpy as np
import pytest

from boltzmann.errors import ParameterError
from boltzmann.numerics.statistics import delta_chi2_at, sigmas_of, significance, stated, threshold


def test_table_of_the_particle_data_group() -> None:
    """Review of Particle Physics, statistics, table 40.2: 68.27, 95.45, 99.73 % are 1, 2, 3 sigma."""
    table = {1: (1.00, 4.00, 9.00), 2: (2.30, 6.18, 11.83), 3: (3.53, 8.02, 14.16)}
    for dof, values in table.items():
        # written with two decimals
        assert [delta_chi2_at(s, dof) for s in (1, 2, 3)] == pytest.approx(values, abs=6e-3)
        assert [threshold(cl, dof) for cl in (0.6827, 0.9545, 0.9973)] == pytest.approx(values, abs=6e-3)


@pytest.mark.parametrize("value", [1e-4, 1.0, 5.7, 400.0, 999.0, 1001.0, 2500.0, 1e6])
def test_one_parameter_is_the_root(value: float) -> None:
    # the expansion from 1000 on leaves 3/(4 x^2) of the probability: 1e-6 of ln p = -500
    assert significance(value, 1) == pytest.approx(math.sqrt(value), rel=1e-7)


@pytest.mark.parametrize("dof", [1, 2, 3, 5])
def test_inverse_and_continuity(dof: int) -> None:
    for sigmas in (0.5, 1.9, 5.0, 29.0):
        assert significance(delta_chi2_at(sigmas, dof), dof) == pytest.approx(sigmas, rel=1e-9)
    below, above = significance(1000.0 - 1e-9, dof), significance(1000.0, dof)
    # neglected: (a - 1)(a - 2)/x^2 < 4e-6 of the probability, times d sigma/d ln p = 1/31
    assert above == pytest.approx(below, abs=2e-7)


def test_two_parameters_are_an_exponential() -> None:
    for value in (0.3, 6.18, 11.83):
        assert significance(value) == pytest.approx(sigmas_of(np.exp(-0.5 * value)), rel=1e-12)
    assert significance(-3.0) == significance(0.0) == 0.0
    assert significance(5.7) == pytest.approx(1.9, abs=0.005)


def test_in_words() -> None:
    assert stated(5.7) == "+5.7 (1.9 sigma, 2 parameters)"
    assert stated(5.7, 1) == "+5.7 (2.4 sigma, 1 parameter)"
    assert stated(-0.3) == "-0.3 (0.0 sigma, 2 parameters)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: significance(1.0, 0), "dof = 0 is not allowed"),
        (lambda: significance(float("nan")), "delta_chi2 = nan"),
        (lambda: delta_chi2_at(-1.0), "sigmas = -1.0 is not allowed"),
        (lambda: delta_chi2_at(2.0, 0), "dof = 0 is not allowed"),
        (lambda: threshold(1.0), "cl = 1.0, dof = 2 is not allowed"),
    ],
)
def test_refuses(call, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        call()
