"""Short-baseline probabilities: published formulas, averages by brute force, wave packets by their definition."""

import numpy as np
import pytest

from boltzmann.errors import ParameterError
from boltzmann.lab.decay import damping, daughters, decay_length, rest_frame_rate
from boltzmann.lab.oscillation import HBAR_C, PHASE, coherence, interference, mean_interference, probability
from boltzmann.lab.parameters import checked

POINT = checked(1.3, 0.02, 0.015, 0.1)
L_OVER_E = np.linspace(0.01, 5.0, 50)


def test_the_famous_number() -> None:
    assert pytest.approx(1.267, abs=1e-4) == PHASE  # PDG, neutrino review
    assert pytest.approx(197.3269804e-15, rel=1e-9, abs=0.0) == HBAR_C  # PDG: hbar c in MeV fm


def test_two_flavour_formulas() -> None:
    sin2 = np.sin(PHASE * 1.3 * L_OVER_E) ** 2
    vacuum = interference(1.3, L_OVER_E)
    assert probability(POINT, "e", "e", vacuum) == pytest.approx(1 - POINT.sin2_2theta_ee * sin2, abs=1e-15)
    assert probability(POINT, "mu", "mu", vacuum) == pytest.approx(1 - POINT.sin2_2theta_mumu * sin2, abs=1e-15)
    assert probability(POINT, "mu", "e", vacuum) == pytest.approx(POINT.sin2_2theta_mue * sin2, abs=1e-15)


def test_unitarity_of_three_flavours() -> None:
    """The sum over active flavours lacks the sterile state: 1 - 4|U_e4|^2 |U_s4|^2 sin^2."""
    total = sum(probability(POINT, "e", end, interference(1.3, L_OVER_E)) for end in ("e", "mu", "tau"))
    sterile = 1 - 0.02 - 0.015 - 0.1
    assert total == pytest.approx(1 - 4 * 0.02 * sterile * np.sin(PHASE * 1.3 * L_OVER_E) ** 2, abs=1e-15)


def test_unknown_flavour() -> None:
    with pytest.raises(ParameterError, match="flavour = 's' is not allowed"):
        probability(POINT, "s", "e", 1.0)


def test_average_against_brute_force() -> None:
    edges = np.array([0.3, 0.5, 0.9, 1.6])
    weights = np.array([2.0, 5.0, 1.0])
    fine = np.linspace(edges[0], edges[-1], 200_001)
    middle = 0.5 * (fine[1:] + fine[:-1])
    density = (weights / np.diff(edges))[np.searchsorted(edges, middle) - 1]
    dm2 = np.array([[0.0, 0.1], [3.0, 300.0]])
    brute = [[np.average(interference(value, middle), weights=density) for value in row] for row in dm2]
    # the brute-force sum is a midpoint rule with 100 points per oscillation at 300 eV^2
    assert mean_interference(dm2, edges[:-1], edges[1:], weights) == pytest.approx(np.array(brute), abs=1e-5)


def test_fast_oscillations_average_out() -> None:
    average = mean_interference(np.array(1e6), np.array([0.3, 0.5]), np.array([0.5, 0.9]), np.ones(2))
    assert probability(POINT, "e", "e", average) == pytest.approx(1 - POINT.sin2_2theta_ee / 2, abs=1e-6)


def test_wave_packets_against_their_definition() -> None:
    """The intensity of a Gaussian packet is the average over its momenta, of spread 1/(2 sigma_x)."""
    dm2, L, E, sigma_x = 1.4, 6.0, 4.0, 67.0
    spread = HBAR_C / (2 * 1e-15 * sigma_x)
    energies = E + spread * np.linspace(-6, 6, 4001)
    weights = np.exp(-0.5 * ((energies - E) / spread) ** 2)
    phase = 2 * PHASE * dm2 * L * (1 / E - (energies - E) / E**2)  # group velocity, no dispersion of the packets
    direct = np.average(np.cos(phase), weights=weights)
    assert direct == pytest.approx(np.cos(2 * PHASE * dm2 * L / E) * coherence(dm2, L, E, sigma_x), abs=1e-9)


def test_coherence_limits() -> None:
    assert coherence(1.0, 10.0, 3.0, "1 m") == 1.0
    assert coherence(1.0, 1e6, 3.0, "1 fm") == 0.0
    L_coh = 4 * np.sqrt(2) * 67e-15 * 3.0**2 / 1e-12  # hep-ph/9711363, in MeV^2 for 1 eV^2
    assert coherence(1.0, L_coh, 3.0, "67 fm") == pytest.approx(np.exp(-1))
    with pytest.raises(ParameterError, match="sigma_x = 0 is not allowed"):
        coherence(1.0, 1.0, 1.0, 0)


def test_decay_limits() -> None:
    vacuum = interference(1.3, L_OVER_E)
    stable = damping(L_OVER_E, decay_length(0.0, "1.14 eV", 1.0))
    assert np.array_equal(
        probability(POINT, "mu", "e", vacuum * stable.interference, stable.survival),
        probability(POINT, "mu", "e", vacuum),
    )
    gone = damping(L_OVER_E, decay_length("1 MeV", "1.14 eV", 1.0))
    assert probability(POINT, "e", "e", vacuum * gone.interference, gone.survival) == pytest.approx((1 - 0.02) ** 2)
    assert probability(POINT, "mu", "e", vacuum * gone.interference, gone.survival) == pytest.approx(0.02 * 0.015)


def test_decay_length() -> None:
    """A lifetime of 1/eV at rest is hbar c/eV = 0.197 micrometres; the boost is E/m4."""
    assert decay_length(1.0, 1.0, 1.0) == pytest.approx(0.1973269804e-6 * 1e6)
    assert rest_frame_rate(np.sqrt(16 * np.pi), "2 eV") == pytest.approx(2.0)
    for rate, mass in ((-1.0, 1.0), (1.0, 0.0)):
        with pytest.raises(ParameterError, match="give a rate of at least 0"):
            decay_length(rate, mass, 1.0)


@pytest.mark.parametrize("same_helicity", [True, False])
def test_no_neutrino_gets_lost_in_visible_decay(same_helicity: bool) -> None:
    """As many daughters as nu_4 that decayed: everything adds up to the source."""
    E, L, element = np.linspace(20.0, 53.0, 12), 30.0, 0.1
    parents = np.linspace(1.0, 2.0, 12)
    length = decay_length(rest_frame_rate(4e-5, 1e5), 1e5, E)  # g m4 = 4 eV, hep-ph/0505216
    factors = damping(L, length)
    born = daughters(parents, E, length, L, np.linspace(0.0, 60.0, 41), element, same_helicity=same_helicity)
    # P_aa + P_as of "mu" mixing alone: 1 - |U|^2 (1 - |kappa|^2), derived by summing |A_ab|^2 over all four flavours
    survivors = parents * (1 - element * (1 - factors.survival))
    assert born.sum() + survivors.sum() == pytest.approx(parents.sum(), rel=1e-14)
    assert 0.1 < born.sum() / (element * parents.sum()) < 0.99
    # mean energy fraction of 2x is 2/3, of 2(1 - x) 1/3; bins of 1.5 MeV resolve it to 1e-2
    mean = born @ np.linspace(0.75, 59.25, 40) / born.sum()
    weights = parents * (1 - factors.survival)
    expected = (2 / 3 if same_helicity else 1 / 3) * np.average(E, weights=weights)
    assert mean == pytest.approx(expected, rel=1e-2)
