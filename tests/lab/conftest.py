"""Small grids, for tests of what is done with the chi^2 rather than of the chi^2."""

from functools import partial

import numpy as np
import pytest

from boltzmann.lab.tension import evaluate


@pytest.fixture
def small_grids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take 25 points in place of 200, and 12 points of simulations."""
    monkeypatch.setattr("boltzmann.lab.statistics.POINTS", 25)
    monkeypatch.setattr("boltzmann.lab_results._FC_POINTS", 12)
    small = partial(evaluate, dm2_41=np.geomspace(0.1, 3.0, 15), steps=25)
    monkeypatch.setattr("boltzmann.lab_report.evaluate", small)
