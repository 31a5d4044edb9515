"""Small grids, for tests of what is done with the chi^2 rather than of the chi^2."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

from boltzmann.lab.tension import evaluate


@pytest.fixture(scope="module")
def small_grids() -> Iterator[None]:
    """Take 25 points in place of 200, 12 points of simulations, and coarse pictures."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("boltzmann.lab.statistics.POINTS", 25)
        monkeypatch.setattr("boltzmann.comparison.lab_results._FC_POINTS", 12)
        monkeypatch.setattr("boltzmann.figures.output.DPI", 50)
        small = partial(evaluate, dm2_41=np.geomspace(0.1, 3.0, 15), steps=25)
        monkeypatch.setattr("boltzmann.comparison.lab_report.evaluate", small)
        yield
