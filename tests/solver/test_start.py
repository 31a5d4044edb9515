"""The initial state of a run: the temperature of a bath against the root that scipy finds."""

import numpy as np
import pytest
from scipy.optimize import brentq

from boltzmann.constants import M_E, NEUTRINO_DENSITY
from boltzmann.dark.tables import boson_thermodynamics, dark_tables
from boltzmann.numerics.momentum import laguerre_grid
from boltzmann.solver.start import EMPTY, EMPTY_BATH, initial_bath
from tests.states import Secret


@pytest.mark.parametrize("x", [1e-3, 0.1])
@pytest.mark.parametrize("ratio", [EMPTY, 0.465, 1.0])
@pytest.mark.parametrize("mu", [(), (0.0,), (1.0,), (7.0,), (60.0,), (6.0, 6.0, 6.0), (1e3,)])
def test_bath_has_the_entropy_that_it_had_with_massless_mediators(
    x: float, ratio: float, mu: tuple[float, ...]
) -> None:
    """mu: masses of the mediators over the T_s that they would have without mass."""
    dark = dark_tables(
        tuple(Secret(1e-3, m * ratio * M_E / x).mediator() for m in mu), laguerre_grid(8, 20.0), loops=False
    )

    def entropy(z: float, x: float) -> float:
        a, p = boson_thermodynamics(dark.mass * x / (M_E * z))[:, :2].T if mu else np.zeros((2, 0))
        bosons = dark.degrees * np.exp(-dark.mass * x / (M_E * z)) * (a + p)
        return float(z**3 * (4 / 3 * NEUTRINO_DENSITY + bosons.sum()))

    z = brentq(lambda z: entropy(z, x) - entropy(ratio, 0.0), 0.9 * ratio, 10.0 * ratio, xtol=1e-14)
    assert initial_bath(x, ratio, dark) == (pytest.approx(np.log(z), rel=1e-12, abs=1e-13), 0.0)


def test_an_empty_sector_is_dilute() -> None:
    assert initial_bath(1e-3, 0.0, dark_tables((), laguerre_grid(8, 20.0))) == EMPTY_BATH
