"""Sensitivities: the nodes, their ratios, an independent estimate of SBN's, and the sentences."""

import numpy as np
import pytest

from boltzmann.errors import ParameterError
from boltzmann.lab import miniboone_signal, sensitivities
from boltzmann.lab.oscillation import PHASE
from boltzmann.lab.parameters import checked


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


def test_sbn_by_event_rates() -> None:
    """Three detectors with the MiniBooNE flux scaled by 1/L^2, quasi-elastic-like rates, errors as published: within
    50 % at 0.5 to 2 eV2.

    0.75e-38 E (1 - exp(-(E/0.45)^2)) cm^2 for each nucleon (all charged currents), 80 %, intrinsic nu_e 0.6 % of
    nu_mu, 15 % flux
    times cross section in common, 2.5 % for each detector; one amplitude, 1.64 = Delta chi^2 at 90 % one-sided.
    """
    L, mass = np.array([110.0, 470.0, 600.0]), np.array([112e6, 86e6, 476e6])
    protons = np.array([6.6e20, 13.2e20, 6.6e20])
    E, flux, _ = miniboone_signal.flux("neutrino")
    use = (E > 200.0) & (E < 3000.0)
    E, flux = E[use], flux[use]
    sigma = 0.75e-38 * E / 1e3 * -np.expm1(-((E / 450.0) ** 2))
    targets = mass * 6.022e23  # nucleons
    nu_mu = 0.8 * flux * 50.0 * sigma * (541.0 / L[:, None]) ** 2 * (targets * protons)[:, None]
    background = 0.006 * nu_mu
    bins = np.add.reduceat(np.arange(len(E)), range(0, len(E), 4))  # 200 MeV

    def summed(x: np.ndarray) -> np.ndarray:
        return np.add.reduceat(x, range(0, len(E), 4), axis=1).ravel()

    b = summed(background)
    common = np.outer(b, b) * 0.15**2
    per_detector = np.kron(np.eye(3), np.ones((len(bins), len(bins)))) * np.outer(b, b) * 0.025**2
    inverse = np.linalg.inv(np.diag(b) + common + per_detector)
    for dm2 in (0.5, 1.0, 2.0):
        s = summed(nu_mu * np.sin(PHASE * dm2 * L[:, None] / E) ** 2)
        limit = np.sqrt(1.64 / (s @ inverse @ s))
        assert limit == pytest.approx(float(reach("SBN", "mue", 0.9).at(dm2)), rel=0.5)


def test_sentences() -> None:
    """LSND's best fit is decided by SBN and JSNS2; IsoDAR knows nu_e alone."""
    lsnd = checked(1.2, 0.0274, 0.0274)
    assert "sin2_2theta_mue = 0.003 decided at 0.9999994" in sensitivities.decides(lsnd, "SBN")
    own = sensitivities.decides(lsnd, "JSNS2")
    assert own.startswith("JSNS2 (own estimate): sin2_2theta_mue = 0.003 decided at 0.9")
    assert "not decided" in sensitivities.decides(checked(1.0, 1e-6, 1e-6), "IsoDAR")
    assert "unknown at this dm2_41" in sensitivities.decides(checked(90.0, 0.01, 0.01), "IsoDAR")
    with pytest.raises(ParameterError, match="experiment = 'DUNE' has no sensitivity; choose from SBN, JSNS2"):
        sensitivities.decides(lsnd, "DUNE")
