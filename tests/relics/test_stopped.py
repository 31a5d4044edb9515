"""Muons and pions that stop: which share decays, against bound states, limits, and the energy of neutrinos."""

import numpy as np
import pytest

from boltzmann import Mixing, Solution, solve
from boltzmann.constants import ALPHA, M_E, M_MU
from boltzmann.potentials import HeavyNeutralLepton
from boltzmann.relics import stopped
from boltzmann.relics.channels import M_PI, PION_LINE, parsed
from boltzmann.relics.inverse import _RELATIVISTIC
from boltzmann.units import HBAR
from tests.relics.rows import ROWS

PIONS = "nu_e pi0: 0.4; e pi: 0.5; mu pi: 0.1"


def at_origin(mass: float) -> float:
    """Return |psi(0)|^2 of two particles of ``mass`` bound by their charges."""
    return (ALPHA * mass / 2.0) ** 3 / np.pi


def test_pions_annihilate_as_in_pionium() -> None:
    """Its lifetime is 3.15 +0.28 -0.26 fs (DIRAC, arXiv:1109.0569)."""
    lifetime = HBAR / (stopped.annihilation("pi") * at_origin(M_PI))
    assert lifetime == pytest.approx(3.15e-15, abs=0.26e-15)


def test_muons_annihilate_as_in_positronium() -> None:
    """Para-positronium: alpha^5 m/2 to two photons; a quarter of pairs is in a singlet; e+ e- on top, as much."""
    assert 0.5 * stopped.annihilation("mu") * 4.0 * at_origin(M_MU) == pytest.approx(ALPHA**5 * M_MU / 2.0)


@pytest.mark.parametrize("kind", ["mu", "pi"])
def test_what_decays_annihilates_and_is_captured_is_what_is_made(kind: str) -> None:
    T, made = 3.0, 1e-20
    free = HBAR / stopped.LIFETIMES[kind]
    n = float(stopped.decaying(kind, T, made)) * made / free
    captured = 0.5 * stopped.BARYONS * T**3 * stopped.ON_NUCLEONS * n if kind == "pi" else 0.0
    pairs = stopped.annihilation(kind) * float(stopped.attraction(kind, T)) * n**2
    assert free * n + captured + pairs == pytest.approx(made, rel=1e-12, abs=0.0)


def test_few_decay_and_many_annihilate() -> None:
    """Beside few N all muons decay; beside many p falls like the inverse root. Pions are captured at 4 MeV."""
    assert float(stopped.decaying("mu", 1.0, 1e-30)) == pytest.approx(1.0, abs=1e-5)
    ratio = stopped.decaying("mu", 1.0, 1e-18) / stopped.decaying("mu", 1.0, 4e-18)
    assert float(ratio) == pytest.approx(2.0, rel=0.01)
    assert float(stopped.decaying("pi", 1.0, 0.0)) == pytest.approx(0.98, abs=0.01)
    assert float(stopped.decaying("pi", 4.0, 0.0)) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(("kind", "expected"), [("mu", 4e3), ("pi", 3e2)])
def test_pairs_meet_before_they_decay(kind: str, expected: float) -> None:
    """The design's estimates: thermal abundance at 3 MeV, tau = 0.03 s, half a pion; mu+ mu- -> e+ e- alone."""
    made = 0.5 * 0.79**3 * 2.0 * _RELATIVISTIC * 27.0 * HBAR / 0.03
    cross_section = stopped.annihilation(kind) * float(stopped.attraction(kind, 3.0)) * (0.5 if kind == "mu" else 1.0)
    assert cross_section * made * (stopped.LIFETIMES[kind] / HBAR) ** 2 == pytest.approx(expected, rel=0.6)


def test_rows_lose_what_is_lost() -> None:
    """A pion that is lost takes the neutrinos of its muon with it; rows without losses are the same object."""
    lepton = HeavyNeutralLepton(mass="300 MeV", lifetime="0.03 s", channels=PIONS).relic().lepton()
    pions, muons = stopped.made(parsed(PIONS))
    assert (pions, muons) == pytest.approx((0.3, 0.05))
    rare = stopped.decayed(lepton, 1.0, 0.05, 1e-30)
    assert rare == pytest.approx(lepton.stopped, rel=1e-4)
    many = stopped.decayed(lepton, M_E / 3.0, 3.0, 10.0)
    line = many[:, 0] == PION_LINE
    left = many[:, 1:].sum(axis=1) / lepton.stopped[:, 1:].sum(axis=1)
    assert left[~line] == pytest.approx(left[~line][0])
    assert left[~line][0] < left[line][0] < 0.3
    kept = lepton._replace(charged=(0.0, 0.0))
    assert stopped.decayed(kept, M_E / 3.0, 3.0, 10.0) is kept.stopped


def run(**fields: object) -> Solution:
    return solve(Mixing(), HeavyNeutralLepton(**{**ROWS["hnlpi_200_0p03"][0], **fields}))


@pytest.mark.slow
def test_losses_lower_n_eff_by_at_most_what_they_take() -> None:
    """The prototype: 2.9732 where all decay, 2.9646 where all annihilate; their difference must be ours to a tenth."""
    decays, lost = run(), run(losses=True)
    bracket = run(channels="nu_e pi0: 0.4; e+ e-: 0.6")
    assert lost.stats.energy_drift < 1e-9
    assert bracket.N_eff - decays.N_eff == pytest.approx(2.9646 - 2.9732, rel=0.1)
    assert bracket.N_eff < lost.N_eff < decays.N_eff
