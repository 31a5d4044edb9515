"""The collective flavour instability that depleted electron neutrinos have, by an independent linear calculation."""

import numpy as np
import pytest

from boltzmann import Mixing, Options
from boltzmann.solver import integrate
from tests.collective import DIAGONAL, EVEN, FULL, NONE, Background, at, growth

MIXING = Mixing(dm2_41="0.0243 eV2", Ue4_sq=2e-3)


@pytest.mark.parametrize(("mu_s", "grows"), [(30.0, True), (0.5, False), (-30.0, False)])
def test_bipolar_instability(mu_s: float, grows: bool) -> None:
    """Two flavours, one momentum: gamma^2 = omega (mu s - omega), odd and even; diagonal A alone does nothing here."""
    omega, tilt = 1.0, 0.3
    higher = np.array([np.sin(0.5 * tilt), np.cos(0.5 * tilt)])
    projector = np.outer(higher, higher)
    state = Background(
        P=omega * projector[None], S=projector[None], W=np.ones(1), mu=mu_s, loss=np.zeros((1, 2)), shape=np.ones(1)
    )
    expected = np.sqrt(omega * (mu_s - omega)) if grows else 0.0
    for kind in (FULL, EVEN):
        assert growth(state, kind) == pytest.approx(expected, abs=1e-6)
    # V of diagonal A is that of Re d without what is off-diagonal: mu sin^2(tilt) in place of mu
    partial = np.sqrt(max(omega * (mu_s * np.sin(tilt) ** 2 - omega), 0.0))
    assert growth(state, DIAGONAL) == pytest.approx(partial, abs=1e-6)
    assert growth(state, NONE) < 1e-6


@pytest.fixture(scope="module")
def states() -> dict[float, Background]:
    """States of a run with nu = nubar at some temperatures [MeV]."""
    run = integrate(MIXING, (), Options(n_momenta=14))
    return {T: at(run, T) for T in (25.0, 16.0, 7.0, 4.0, 2.0)}


def test_conversion_of_electron_neutrinos_is_unstable(states: dict[float, Background]) -> None:
    """0.0243 eV^2: nu_e, the lower levels, are fewer than nu_mu and nu_tau below 11.6 MeV.

    Nothing grows before; then 1e4 to 1e6 times in a Hubble time, with full A faster than with its diagonal, so that
    leaving out the rest of A is not why the equation with both signs is unstable. 20 momenta have 5.3e4, 3.6e4, 2.8e4
    at 7.2 MeV and 7.6e5, 7.2e5, 7.4e5 at 2.5 MeV (full, diagonal, even).
    """
    for T, state in states.items():
        rates = {kind: growth(state, kind) for kind in (NONE, DIAGONAL, FULL, EVEN)}
        assert rates[NONE] < 1.0
        if T > 12.0:
            assert max(rates.values()) < 1.0
        else:
            assert rates[FULL] > 1.02 * rates[DIAGONAL] > 1e4
            assert rates[FULL] > rates[EVEN] > 1e4
            assert rates[FULL] < 2e6


@pytest.mark.parametrize(("ordering", "grows"), [("normal", False), ("inverted", True)])
def test_three_states(ordering: str, grows: bool) -> None:
    """Decoupling fills nu_e most: the lower levels in normal ordering, below 3 MeV, the higher ones in inverted.

    Rates 3e5 to 1e6 in 14 momenta (nu_e more numerous by 1e-4).
    """
    run = integrate(Mixing(ordering=ordering), (), Options(n_momenta=14))
    for T in (2.0, 1.0):
        for kind in (FULL, EVEN):
            rate = growth(at(run, T), kind)
            assert (rate > 1e5) if grows else (rate < 100.0)


@pytest.mark.parametrize("T", [7.0, 4.0, 2.0])
def test_equal_flavours_end_it(states: dict[float, Background], T: float) -> None:
    """With active populations made equal at every momentum it is slower by 38, 400, 200."""
    state = states[T]
    S = state.S.copy()
    S[:, :3, :3] = np.trace(S[:, :3, :3], axis1=1, axis2=2)[:, None, None] / 3.0 * np.eye(3)
    assert growth(state._replace(S=S), FULL) < 0.05 * growth(state, FULL)
