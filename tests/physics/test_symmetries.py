"""Transformations that must leave N_eff as it is, and what breaks them."""

from dataclasses import dataclass

import numpy as np
import pytest

from boltzmann import Mixing, Options, solve
from boltzmann.kinetics.potential_terms import Terms
from boltzmann.potentials import Thermal
from tests.states import NO_MIXING

# With zero active mixing nu_mu is mass state 2 and nu_tau state 3: their splittings to state 4 must be alike as well.
ALIKE = {**NO_MIXING, "dm2_21": "1e-9 eV2", "dm2_31": "2e-9 eV2"}
ALL = {"Ue4_sq": 0.01, "Umu4_sq": 0.01, "Utau4_sq": 0.01}


def N_eff(mixing: Mixing, interactions: tuple = (), **options: object) -> float:
    solution = solve(mixing, interactions, Options(**options))
    assert solution.status.ok
    return solution.N_eff


@dataclass(frozen=True)
class NoMuonPotential:
    """Removes the charged-current potential of muons, leaving them in the plasma."""

    def terms(self, T: np.ndarray, p: np.ndarray) -> Terms:
        return Terms(fixed=Thermal(False).charged_current(T, p) - Thermal(True).charged_current(T, p))


@pytest.mark.parametrize("dm2_41", ["0.1 eV2", "-0.1 eV2"])
@pytest.mark.parametrize("options", [{}, {"coherence": "matrix", "n_momenta": 8}], ids=["damping", "matrix"])
def test_mu_and_tau_are_alike_without_muons(dm2_41: str, options: dict) -> None:
    # The equation with two flavours exchanged; splittings differ by 1e-8 of dm2_41, N_eff - 3 goes as its square root.
    # Steps chosen differently change N_eff by its tolerance error, a few 1e-6 here (docs/validation: 3e-5 at most).
    by_mu, by_tau = (
        N_eff(Mixing(dm2_41=dm2_41, **{k: 1e-3}, **ALIKE), muons=False, **options) for k in ("Umu4_sq", "Utau4_sq")
    )
    assert by_mu == pytest.approx(by_tau, abs=1e-5)


def test_muons_tell_mu_from_tau_through_their_potential() -> None:
    # Production peaks near T = 15 MeV at 1 eV^2, where the few muons left (m_mu/T = 7) still add to the potential of
    # nu_mu and suppress its mixing in matter: -0.025. Without that potential the two are alike, although muons are in
    # the plasma: it cancels to rounding, which can decide on a step; that is worth a tenth of rtol = 3e-4 at most.
    by_mu, by_tau = (Mixing(dm2_41="1.29 eV2", **{name: 1e-3}, **ALIKE) for name in ("Umu4_sq", "Utau4_sq"))
    assert -0.05 < N_eff(by_mu) - N_eff(by_tau) < -0.01
    without = NoMuonPotential()
    assert N_eff(by_mu, (without,)) == pytest.approx(N_eff(by_tau, (without,)), abs=3e-5)


@pytest.mark.parametrize("dm2_41", ["1 eV2", "3e-3 eV2"])
def test_cp_conjugation(dm2_41: str) -> None:
    # U -> U* exchanges neutrinos and antineutrinos, which the solver takes as equal. Their populations differ by T-odd
    # interference only, which damping (of coherences between equally populated flavours) leaves no room for: N_eff
    # of both is the same within the errors of the steps, 1e-4 at the default rtol of 1e-4 and a tenth of it here.
    one, other = (
        N_eff(
            Mixing(dm2_41=dm2_41, **ALL, delta_13=f"{s * 90} deg", delta_14=f"{s * 60} deg", delta_24=f"{s * 90} deg"),
            rtol=1e-5,
        )
        for s in (1, -1)
    )
    assert one == pytest.approx(other, abs=3e-5)


@pytest.mark.parametrize(("phase", "without"), [("delta_14", "Ue4_sq"), ("delta_24", "Umu4_sq")])
def test_phase_of_an_unmixed_flavour_is_without_effect(phase: str, without: str) -> None:
    # the rotation whose phase it is, is the identity: U is the same to the bit
    elements = {**ALL, without: 0.0}
    assert N_eff(Mixing(dm2_41="0.1 eV2", **elements, **{phase: "77 deg"})) == N_eff(
        Mixing(dm2_41="0.1 eV2", **elements)
    )


def test_phases_do_have_an_effect_where_flavours_share_the_sterile() -> None:
    # interference of nu_e and nu_mu components in active mixing: between rtol and 1e-2
    elements = {"Ue4_sq": 1e-3, "Umu4_sq": 2e-3, "Utau4_sq": 1e-3}
    shift = N_eff(Mixing(dm2_41="0.1 eV2", **elements, delta_24="140 deg")) - N_eff(
        Mixing(dm2_41="0.1 eV2", **elements)
    )
    assert 1e-3 < abs(shift) < 1e-2


def test_mass_ordering_is_hardly_seen_by_three_neutrinos() -> None:
    # all oscillate long before decoupling in either ordering; the mixing angles differ, worth 3e-6 (oscillations as a
    # whole are worth 6e-4)
    assert N_eff(Mixing(ordering="inverted")) == pytest.approx(N_eff(Mixing()), abs=2e-5)


def test_sterile_states_of_nu_e_are_held_back_by_its_potential() -> None:
    # e+- shift nu_e further from nu_s than nu_mu; its stronger damping makes up for a part only
    assert (
        N_eff(Mixing(dm2_41="0.1 eV2", Ue4_sq=1e-3)) < N_eff(Mixing(dm2_41="0.1 eV2", Umu4_sq=1e-3), muons=False) - 0.02
    )
