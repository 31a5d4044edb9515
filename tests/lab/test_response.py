"""Averages of sin^2 over the bins of a detector."""

import numpy as np
import pytest
from scipy.integrate import quad

from boltzmann.errors import ParameterError
from boltzmann.lab import decay_at_rest
from boltzmann.lab.oscillation import PHASE
from boltzmann.lab.response import Response, collected, in_bins
from boltzmann.lab.setups import setup

L = np.linspace(10.0, 12.0, 401)
E = np.linspace(2.0, 8.0, 601)


@pytest.mark.parametrize("dm2", [0.01, 0.3, 2.0, 20.0])
def test_average_over_baselines(dm2: float) -> None:
    """One energy and flat baselines: a closed form."""
    # cells of L/E are filled evenly, their edges are off by half a step of 1/400 in L: 2.5 mm of phase
    found = collected(L, np.array([4.0]), np.ones((1, len(L), 1)), cells=100).mean_sin2(np.array(dm2))
    k = 2.0 * PHASE * dm2 / 4.0
    exact = 0.5 - (np.sin(12.0 * k) - np.sin(10.0 * k)) / (2.0 * k * 2.0)
    assert found == pytest.approx([exact], abs=3e-3)


def test_limits() -> None:
    response = collected(L, E, np.ones((3, len(L), len(E))))
    assert np.all(response.mean_sin2(np.array(0.0)) == 0)
    small = response.mean_sin2(np.array([1e-4, 2e-4]))
    assert small[1] == pytest.approx(4.0 * small[0], rel=1e-5)  # (1.267 dm2 L/E)^2 = 4e-7
    # within each cell the average over fast oscillation is exact: what is left is 1/(phase across the range)
    assert response.mean_sin2(np.array(1e6)) == pytest.approx(0.5, abs=1e-4)


def test_shape_and_repetition() -> None:
    """Every splitting is averaged once, however often it comes and however many there are."""
    response = Response(np.array([1.0, 2.0, 3.0]), np.array([[1.0, 1.0], [0.0, 2.0]]))
    dm2 = np.linspace(0.1, 1.0, 700).reshape(7, 100)
    found = response.mean_sin2(dm2)
    assert found.shape == (7, 100, 2)
    assert response.mean_sin2(np.full((2, 2), dm2[3, 4])) == pytest.approx(np.broadcast_to(found[3, 4], (2, 2, 2)))
    assert response.totals == pytest.approx([2.0, 2.0])


def test_bins_share_all_events() -> None:
    energy = np.array([3.0, 5.0])
    low = np.arange(-10.0, 20.0)[:, None]
    shares = in_bins(energy, low, low + 1.0, 0.3 * np.sqrt(energy))
    assert shares.sum(axis=0) == pytest.approx([1.0, 1.0])
    assert shares[:, 0].argmax() in (12, 13)


def test_spectrum_of_decay_at_rest() -> None:
    """One nubar_mu per muon, with 7/20 of its mass on average (Michel)."""
    number, energy = (
        quad(lambda E, k=k: E**k * decay_at_rest.spectrum(np.array(E)), 0.0, decay_at_rest.ENDPOINT)[0] for k in (0, 1)
    )
    assert number == pytest.approx(1.0, rel=1e-9)
    assert energy == pytest.approx(0.35 * 2.0 * decay_at_rest.ENDPOINT, rel=1e-9)
    assert decay_at_rest.spectrum(np.array([-1.0, 53.0])) == pytest.approx([0.0, 0.0])


def test_unknown_setup() -> None:
    with pytest.raises(ParameterError, match=r"experiment = 'X' has no row in lab/setups.ecsv; those that have: DANSS"):
        setup("X")
