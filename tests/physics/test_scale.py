"""Where H is slowed down nothing that is asked for may change: potentials of any size, and the limit itself."""

import importlib
from dataclasses import dataclass, replace

import numpy as np
import pytest

from boltzmann import Mixing, Options, solve
from boltzmann.kinetics.potential_terms import Terms
from boltzmann.potentials import SecretVector
from tests.states import NO_MIXING

hamiltonian = importlib.import_module("boltzmann.kinetics.hamiltonian")
QUICK = Options(n_momenta=14, rtol=1e-3)
HIDDEN = Mixing(dm2_41="1 eV2", theta_24="0.1 rad")
SECRET = SecretVector(0.01, "1 MeV")
STERILE, COMMON, TAU = (0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 1.0, 0.0)
# Rounding changes the sequence of steps and of references of nu-nu collisions, and that N_eff by a few hundredths of
# the tolerance of a step.
STEPS = 3e-5


@dataclass(frozen=True)
class Power:
    """A diagonal potential, ``size`` p T^4 [MeV] times ``flavours``; the neutrinos' own is of 1e-21 p T^4."""

    size: float
    flavours: tuple[float, ...]

    def terms(self, T: np.ndarray, p: np.ndarray) -> Terms:
        return Terms(fixed=(self.size * p * T**4)[..., None] * np.array(self.flavours))


@dataclass(frozen=True)
class Constant(Power):
    """The same at all temperatures, ``size`` [MeV]."""

    def terms(self, T: np.ndarray, p: np.ndarray) -> Terms:
        return Terms(fixed=np.full(np.broadcast_shapes(T.shape, p.shape), self.size)[..., None] * self.flavours)


@pytest.fixture(scope="module")
def hidden() -> float:
    return solve(HIDDEN, [SECRET], QUICK).N_eff


@pytest.mark.parametrize("kind", [Power, Constant])
@pytest.mark.parametrize("size", [1e-30, -1e-22, 1e-18, -1e-14, 1e-12])
def test_a_small_potential_beside_a_secret_one_changes_nothing(kind: type, size: float, hidden: float) -> None:
    # V_s is 1e-8 MeV where conversion sets in, at T = 0.3 MeV, and larger before; p T^4 is 1e-2 there
    assert solve(HIDDEN, [SECRET, kind(size, STERILE)], QUICK).N_eff == pytest.approx(hidden, abs=STEPS)


def test_a_large_potential_sets_in_continuously(hidden: float) -> None:
    # proportional to its size while small: 1e-10 is beyond V_s above 10 MeV, where nothing is converted
    shifts = [solve(HIDDEN, [SECRET, Power(size, STERILE)], QUICK).N_eff - hidden for size in (1e-10, 1e-8, 1e-6)]
    assert abs(shifts[0]) < 1e-4
    assert -3e-3 < shifts[1] < -1e-3
    assert -4e-2 < shifts[2] < -1e-2


# With 1e-10 a last bit is 1e-5 of the neutrinos' own potential, other at every step: 18 runs scatter by 1e-5, one on
# another processor was 5e-5 off.
@pytest.mark.parametrize(("size", "off"), [(1e-12, STEPS), (1e-10, 2e-4)])
def test_a_potential_common_to_all_states_changes_nothing(size: float, off: float, hidden: float) -> None:
    assert solve(HIDDEN, [SECRET, Power(size, COMMON)], QUICK).N_eff == pytest.approx(hidden, abs=off)


def test_a_large_potential_of_one_flavour_leaves_the_others_alone() -> None:
    # nu_tau is out of everything with 1e-14 already, 1e7 times its own; without a secret interaction too
    mixing = Mixing(dm2_41="1 eV2", Ue4_sq=1e-3, **NO_MIXING)
    expected = solve(mixing, options=QUICK).N_eff
    for size in (1e-14, 1e-10, 1e-6):
        assert solve(mixing, [Power(size, TAU)], QUICK).N_eff == pytest.approx(expected, abs=STEPS)


@pytest.mark.parametrize("secret", [SECRET, SecretVector(1e-4, "1 MeV"), SecretVector(0.3, "10 keV")])
def test_the_limit_itself_does_not_matter(secret: SecretVector, monkeypatch: pytest.MonkeyPatch) -> None:
    # conversion is faster than the expansion by 1e-3 sin^2 2theta times the limit where it is slowed: 4e5 and more
    results = []
    for limit in (1e10, 1e11, 1e13):
        monkeypatch.setattr(hamiltonian, "fastest", lambda *_, limit=limit: limit)
        results.append(solve(replace(HIDDEN, Umu4_sq=0.01), [secret], QUICK).N_eff)
    assert results == pytest.approx([results[0]] * 3, abs=STEPS)
