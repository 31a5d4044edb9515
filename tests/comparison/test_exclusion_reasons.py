"""Reasons of exclusion, one point for each."""

import numpy as np
import pytest

from boltzmann.comparison.exclusion_reasons import REASONS, reasons

LIMIT = 11.83
#: Delta chi^2, delta N_eff, its part at 1 MeV, N_eff_4, N_eff_colliding -> beginning of the reason.
POINTS = [
    (3.0, 0.05, 0.05, 0.05, 0.0, "reconciled"),
    (60.0, 1.0, 1.0, 1.0, 0.0, "radiation: produced"),  # thermalised
    (60.0, 1.2, 0.1, 1.0, 0.0, "radiation: late"),  # a mediator that annihilates after 1 MeV
    (20.0, 0.1, 0.1, 0.1, 0.0, "mass bound: produced"),
    (40.0, 0.1, 0.1, 0.78, 0.0, "mass bound: late"),  # a fourth of N_eff
    (40.0, 0.1, 0.1, 0.78, 3.0, "fluid"),
    (40.0, -0.2, -0.2, 0.7, 0.0, "mass bound: late"),
    (np.nan, np.nan, np.nan, np.nan, np.nan, "no number"),
]


@pytest.mark.parametrize("point", POINTS)
def test_reason(point: tuple[float, float, float, float, float, str]) -> None:
    *numbers, expected = point
    found = reasons(*(np.array([value]) for value in numbers), LIMIT)
    assert REASONS[found[0]].startswith(expected)


def test_radiation_beyond_the_table_is_radiation() -> None:
    far = [np.array([value]) for value in (900.0, 7.0, 7.0, 2.0, 0.0)]
    assert REASONS[reasons(*far, LIMIT)[0]] == "radiation: produced before decoupling"
