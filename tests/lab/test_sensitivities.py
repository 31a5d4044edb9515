"""Sensitivities: the nodes, their ratios, an independent estimate of SBN's, and the sentences."""

import numpy as np
import pytest

from boltzmann.errors import ParameterError
from boltzmann.lab import event_rates, sensitivities
from boltzmann.lab.parameters import checked
from tests.lab.releases import folder


def reach(experiment: str, channel: str, cl: float) -> sensitivities.Reach:
    (found,) = [r for r in sensitivities.reaches() if (r.experiment, r.channel, r.cl) == (experiment, channel, cl)]
    return found


def test_levels_are_gaussian() -> None:
    """90 %, 3 sigma and 5 sigma of SBN are at sqrt(1.64 : 7.74 : 23.4) of an amplitude that is measured: readings
    to 15 %.
    """
    for channel in ("mue", "mumu"):
        low, middle, high = (reach("SBN", channel, cl) for cl in (0.9, 0.9973, 0.9999994))
        assert middle.at(low.dm2_41) / low.sin2_2theta == pytest.approx(np.sqrt(7.74 / 1.64), rel=0.15)
        assert high.at(high.dm2_41) / middle.at(high.dm2_41) == pytest.approx(np.sqrt(23.4 / 7.74), rel=0.15)


def test_nodes_and_beyond() -> None:
    own = reach("JSNS2", "mue", 0.9)
    assert own.at(own.dm2_41) == pytest.approx(own.sin2_2theta)
    assert np.isnan(own.at(100.0))
    assert own.status == "own estimate"


@pytest.mark.parametrize("cl", [0.9, 0.9973, 0.9999994])
def test_sbn_by_event_rates(cl: float) -> None:
    """Within 30 % of the proposal's curves at all nodes from 0.1 to 5 eV2; the estimate was not adjusted to them."""
    published = reach("SBN", "mue", cl)
    for dm2, amplitude in zip(published.dm2_41, published.sin2_2theta, strict=True):
        if dm2 <= 5.0:
            assert event_rates.limit("SBN", float(dm2), cl) == pytest.approx(amplitude, rel=0.3)


@pytest.mark.parametrize(("file", "cl"), [("nue90", 0.9), ("nue3s", 0.9973), ("nue5s", 0.9999994)])
def test_sbn_against_all_published_points(file: str, cl: float) -> None:
    """Within 30 % (0.85 to 1.29) all along the digitised curves from 0.1 to 5 eV2."""
    lines = (folder("sbn2015") / f"{file}.txt").read_text(encoding="utf-8").splitlines()[1:]
    points = np.array([line.split(",") for line in lines if "," in line], float)
    used = points[(points[:, 1] > 0.1) & (points[:, 1] < 5.0)]
    used = used[:: max(1, len(used) // 30)]
    own = [event_rates.limit("SBN", float(dm2), cl) for dm2 in used[:, 1]]
    assert len(used) > 20
    assert own == pytest.approx(used[:, 0], rel=0.3)


@pytest.mark.parametrize(
    ("name", "channel", "cl"), [("JSNS2", "mue", 0.9), ("JSNS2-II", "mue", 0.9), ("IsoDAR", "ee", 0.95)]
)
def test_own_estimates_are_those_of_the_code(name: str, channel: str, cl: float) -> None:
    """Three digits are kept."""
    own = reach(name, channel, cl)
    found = [event_rates.limit(name, float(dm2), cl) for dm2 in own.dm2_41]
    assert found == pytest.approx(own.sin2_2theta, rel=6e-3)


def test_another_estimate() -> None:
    """By other code, with other bins: JSNS2, its second phase and IsoDAR; all good to a factor of 1.5."""
    for name, cl, numbers in (
        ("JSNS2", 0.9, {0.5: 4.5e-3, 1.0: 1.3e-3, 2.0: 5.2e-4, 10.0: 1.6e-3}),
        ("JSNS2-II", 0.9, {0.2: 6.8e-3, 0.5: 1.3e-3, 1.0: 5.2e-4, 2.0: 4.0e-4}),
        ("IsoDAR", 0.95, {0.2: 9.9e-3, 1.0: 4.4e-3, 2.0: 4.6e-3, 5.0: 6.5e-3}),
    ):
        for dm2, amplitude in numbers.items():
            assert 1 / 1.5 < event_rates.limit(name, dm2, cl) / amplitude < 1.5


def test_refused_estimates() -> None:
    with pytest.raises(ParameterError, match="experiment = 'DUNE' has no estimate; choose from SBN"):
        event_rates.limit("DUNE", 1.0, 0.9)
    with pytest.raises(ParameterError, match=r"cl = 0\.95 is not allowed for SBN; choose from 0\.9"):
        event_rates.limit("SBN", 1.0, 0.95)


def test_sentences() -> None:
    """LSND's best fit is decided by SBN and JSNS2; IsoDAR knows nu_e alone."""
    lsnd = checked(1.2, 0.0274, 0.0274)
    assert "sin2_2theta_mue = 0.003 seen or excluded at 5 sigma" in sensitivities.decides(lsnd, "SBN")
    own = sensitivities.decides(lsnd, "JSNS2")
    assert own.startswith("JSNS2 (own estimate): sin2_2theta_mue = 0.003 seen or excluded at 90 %")
    assert "below its reach" in sensitivities.decides(checked(1.0, 1e-6, 1e-6), "IsoDAR")
    assert "at an unknown reach" in sensitivities.decides(checked(90.0, 0.01, 0.01), "IsoDAR")
    with pytest.raises(ParameterError, match="experiment = 'DUNE' has no sensitivity; choose from SBN, JSNS2"):
        sensitivities.decides(lsnd, "DUNE")
