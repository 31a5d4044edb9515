"""The error band of a Planck-like experiment."""

import math

import numpy as np
import pytest

from boltzmann.cmb.knox import planck_like_error


def test_planck_like_error() -> None:
    ell = np.arange(2, 2509)
    TT = 1e4 / (ell * (ell + 1.0)) * np.exp(-((ell / 1200.0) ** 2))
    centre, error = planck_like_error(ell, TT)
    assert centre[0] == 16.5
    assert np.all(np.diff(centre) == 30)
    # cosmic variance alone: sqrt(2/((2l + 1) f_sky width)), exact when 2l + 1 is averaged over the bin
    assert error[5] == pytest.approx(math.sqrt(2 / ((2 * centre[5] + 1) * 0.57 * 30)), rel=1e-3)
    assert error[-1] > 10 * error[40]  # noise behind the beam
