"""A neutrino overdensity: its potential with a pole, limits, and the verdict of published bounds."""

import numpy as np
import pytest

from boltzmann.errors import ParameterError
from boltzmann.lab.matter import probabilities
from boltzmann.lab.overdensity import RELIC, NeutrinoOverdensity
from boltzmann.parameters import Mixing

CASE = NeutrinoOverdensity(coupling=1e-2, mass=0.05, resonance=300.0, overdensity=1e10)
SCALE = CASE.coupling**2 * 1e10 * RELIC / (4.0 * (CASE.mediator_mass * 1e-6) ** 2)


def test_mediator_of_the_resonance() -> None:
    assert CASE.mediator_mass == pytest.approx(5.5e3, rel=0.01)  # 5.5 keV for 0.05 eV and 300 MeV


def test_symmetric_background() -> None:
    """V = -(g^2 n/2M^2) y/(1 - y^2) off the pole: odd in y, changes sign at E_R, falls like 1/y above."""
    y = np.array([1e-3, 0.3, 0.7, 1.5, 30.0])
    V = CASE.potential(300.0 * y)
    np.testing.assert_allclose(V, -2.0 * SCALE * y / (1.0 - y**2), rtol=1e-6)  # xi^2, 4e-12 over (1 - y)^2
    np.testing.assert_allclose(CASE.potential(300.0 * y, antineutrino=True), V)  # the same sign
    assert V[2] < 0.0 < V[3]


def test_one_kind_of_neutrinos_is_odd() -> None:
    one = NeutrinoOverdensity(1e-2, 0.05, 300.0, 1e10, anti=0.0)
    at_rest = [float(one.potential(1e-6, sign)) for sign in (False, True)]
    assert at_rest[0] == pytest.approx(SCALE, rel=1e-6, abs=0.0)
    assert at_rest[1] == pytest.approx(-SCALE, rel=1e-6, abs=0.0)


def test_the_pole_has_the_width_of_the_mediator() -> None:
    """Largest at y = 1 +- xi, and only the direct term is left in between."""
    wide = NeutrinoOverdensity(1.0, 0.05, 300.0, 1e10)
    y = np.linspace(0.9, 1.1, 20001)
    V = wide.potential(300.0 * y)
    assert wide.half_width == pytest.approx(1.0 / (16.0 * np.pi), rel=1e-6)
    assert y[np.argmin(V)] == pytest.approx(1.0 - wide.half_width, abs=1e-3)  # the direct term has a slope
    assert y[np.argmax(V)] == pytest.approx(1.0 + wide.half_width, abs=1e-3)
    assert V[10000] == pytest.approx(0.5 * 1e4 * SCALE, rel=1e-6, abs=0.0)


def test_verdict() -> None:
    # 2.4e15 for V = dm2/2E at 300 MeV with y/(1 - y^2) = 1; at E_R/2 they are twice and 2/3 of that: three times more
    assert CASE.needed(1.0) == pytest.approx(3.0 * 2.4e15, rel=0.05)
    assert "excluded" in CASE.verdict()
    assert "KATRIN (PRL 129, 011806, 95%) allows 1.1e+11" in CASE.verdict()
    assert "within published bounds" in NeutrinoOverdensity(1.0, 0.05, 300.0, 1.0).verdict(1e-13)


def test_in_an_experiment() -> None:
    mixing = Mixing(dm2_41="1 eV2", Ue4_sq=0.01, Umu4_sq=0.01)
    strong = NeutrinoOverdensity(1e-2, 0.05, 300.0, 3e15)
    E = np.array([100.0, 295.0, 305.0, 900.0])
    found = probabilities(mixing, E, 541.0, sterile_potential=strong)
    np.testing.assert_allclose(found.sum(axis=-1), 1.0)
    assert not np.allclose(found, probabilities(mixing, E, 541.0))
    nothing = probabilities(mixing, E, 541.0, sterile_potential=NeutrinoOverdensity(1e-2, 0.05, 300.0, 0.0))
    np.testing.assert_allclose(nothing, probabilities(mixing, E, 541.0))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((0.0, 0.05, 300.0, 1.0), "coupling = 0.0 is not allowed; give a number above 0 and at most 1"),
        ((2.0, 0.05, 300.0, 1.0), "at most 1"),
        ((0.1, -0.05, 300.0, 1.0), "mass = -0.05 is not allowed"),
        ((0.1, 0.05, np.inf, 1.0), "resonance = inf"),
        ((0.1, 0.05, 300.0, -1.0), "overdensity = -1.0 is not allowed; give a number of at least 0"),
    ],
)
def test_bad_input(given: tuple[float, ...], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        NeutrinoOverdensity(*given)
