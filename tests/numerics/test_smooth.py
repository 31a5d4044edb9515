"""Interpolation between the steps of a run."""

import numpy as np
import pytest

from boltzmann.numerics.smooth import along


def test_a_smooth_quantity_is_known_between_steps() -> None:
    # steps of 0.16 of 1.4 - 0.4 e^-s, like z during annihilation: a line errs by h^2/8 times the second derivative
    x, at = np.arange(0.0, 2.0, 0.16), np.linspace(0.3, 1.6, 301)
    exact = 1.4 - 0.4 * np.exp(-at)
    assert np.abs(along(at, x, 1.4 - 0.4 * np.exp(-x)) - exact).max() < 2e-4
    assert np.abs(np.interp(at, x, 1.4 - 0.4 * np.exp(-x)) - exact).max() > 5e-4


def test_steps_do_not_overshoot_and_ends_are_kept() -> None:
    x, step = np.arange(5.0), np.array([0.0, 0.0, 1.0, 1.0, 1.0])
    found = along(np.linspace(-1.0, 6.0, 71), x, np.column_stack([step, 2.0 * step]))
    assert found.shape == (71, 2)
    assert found.min() >= 0.0
    assert found.max() <= 2.0
    assert np.array_equal(found[0], [0.0, 0.0])
    assert np.array_equal(found[-1], [1.0, 2.0])


@pytest.mark.filterwarnings("error")
def test_occupations_of_nothing_are_no_warning() -> None:
    assert along(np.array([0.5]), np.arange(4.0), np.array([3e-310, 1e-310, 0.0, 0.0]))[0] < 1e-300
