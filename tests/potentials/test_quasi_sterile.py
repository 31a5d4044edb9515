"""Odd potentials of nu_s: baryons in laboratories and, one sign at a time, in the early Universe."""

import numpy as np
import pytest

from boltzmann import Mixing, Options, ParameterError, solve
from boltzmann.constants import G_F
from boltzmann.lab.matter import hamiltonian, probabilities
from boltzmann.potentials import QuasiSterile, UltralightCurrent
from boltzmann.units import NUCLEONS

MUON = Mixing(dm2_41="1 eV2", Umu4_sq=0.01)
ELECTRON = Mixing(dm2_41="1 eV2", Ue4_sq=0.01)
BOTH = Mixing(dm2_41="1 eV2", Ue4_sq=0.01, Umu4_sq=0.01)
CAREFUL = Options(rtol=1e-4)
LEVEL = -1.6e-15  # MeV, in 2.7 g/cm3: the resonance at 300 MeV


@pytest.mark.parametrize(
    ("E", "antineutrino", "P"),
    [(200, False, 0.02115), (400, False, 0.00544), (200, True, 0.00063), (400, True, 0.00049)],
)
def test_appearance_in_matter(E: float, antineutrino: bool, P: float) -> None:
    # a prototype on the same Hamiltonian, five digits
    quasi = QuasiSterile(f"{LEVEL / (2.7 * NUCLEONS)!r} MeV-2")
    for potential in (LEVEL, quasi):
        found = probabilities(BOTH, E, 541.0, density=2.7, antineutrino=antineutrino, sterile_potential=potential)
        assert found[1, 0] == pytest.approx(P, abs=2e-5)
        assert found.sum(axis=-1) == pytest.approx(np.ones(4))


def test_resonance_energy() -> None:
    quasi = QuasiSterile("-1.098e4 G_F")
    assert quasi.resonance_energy(BOTH, 2.7).value == pytest.approx(
        300.0, rel=0.05
    )  # |V_s - V_a| there, V_s alone here
    E = np.linspace(200.0, 450.0, 500)
    bare = Mixing(dm2_41="1 eV2", Umu4_sq=0.01, sin2_theta_13=0.0)
    _, states = np.linalg.eigh(hamiltonian(bare, E, density=2.7, sterile_potential=quasi))
    purest = np.max(np.abs(states[:, 3]) ** 2, axis=-1)  # nu_s belongs to two states alike at the resonance
    assert E[np.argmin(purest)] == pytest.approx(quasi.resonance_energy(bare, 2.7).value, rel=0.05)


def test_both_signs_are_mirror_images() -> None:
    V = {sign: QuasiSterile(f"{sign}1e-7 MeV-2").in_matter(np.ones(2), 2.7, antineutrino=False) for sign in "+-"}
    np.testing.assert_allclose(V["+"], -V["-"])
    np.testing.assert_allclose(V["-"], QuasiSterile("1e-7 MeV-2").in_matter(np.ones(2), 2.7, antineutrino=True))


def test_potentials_may_depend_on_energy() -> None:
    E = np.array([200.0, 400.0])
    found = probabilities(BOTH, E, 541.0, density=2.7, sterile_potential=np.array([LEVEL, 0.0]))
    assert found[0, 1, 0] == pytest.approx(0.02115, abs=2e-5)
    np.testing.assert_allclose(found[1], probabilities(BOTH, 400.0, 541.0, density=2.7))


def test_no_potential_without_a_sterile_state() -> None:
    with pytest.raises(ParameterError, match="not allowed without a fourth state"):
        probabilities(Mixing(), 300.0, 541.0, sterile_potential=1e-15)


@pytest.mark.parametrize(
    ("strength", "early", "N_eff", "tolerance"),
    [
        # a prototype with 20 momenta, one sign; larger where a resonance passes the momenta
        (1.33e-9, "neutrinos", 4.0513, 0.002),
        (1.33e-8, "neutrinos", 4.0345, 0.002),
        (1.33e-7, "neutrinos", 3.6354, 0.002),
        (1.33e-6, "neutrinos", 3.1609, 0.002),
        (1.33e-9, "antineutrinos", 4.0516, 0.005),
        (1.33e-8, "antineutrinos", 4.0515, 0.005),
        (1.33e-7, "antineutrinos", 4.0526, 0.005),
    ],
)
def test_one_sign_in_the_early_universe(strength: float, early: str, N_eff: float, tolerance: float) -> None:
    quasi = QuasiSterile(f"{strength} MeV-2", early=early)
    assert solve(MUON, quasi, CAREFUL).N_eff == pytest.approx(N_eff, abs=tolerance)


def current(r: float) -> UltralightCurrent:
    return UltralightCurrent(f"{r / 6.3e6!r} eV", early="neutrinos")


@pytest.mark.parametrize(("r", "N_eff", "nu_4"), [(1, 3.0445, 0.0036), (10, 3.0435, 0.0007), (-10, 3.0528, 0.998)])
def test_currents_of_ultralight_matter(r: float, N_eff: float, nu_4: float) -> None:
    found = solve(ELECTRON, current(r), CAREFUL)
    assert found.N_eff == pytest.approx(N_eff, abs=1e-3)  # prototype
    assert found.energy_density(4)[-1] == pytest.approx(nu_4, abs=5e-3)


def test_baryons_are_diluted_by_annihilation() -> None:
    """n_B/n_gamma is 11/4 larger while e+- are there."""
    early, late = (
        float(QuasiSterile("1 MeV-2", early="neutrinos").terms(np.array(T), np.array(1.0)).fixed[3]) / T**3
        for T in (10.0, 0.01)
    )
    assert early / late == pytest.approx(11.0 / 4.0, rel=0.005)  # QED, m_e


def test_units() -> None:
    assert QuasiSterile("2 G_F").number("strength") == pytest.approx(2.0 * G_F)
    assert "2 G_F n_B" in QuasiSterile("2 G_F").meaning
    assert "no prediction" in QuasiSterile("2 G_F", early="neutrinos").meaning


@pytest.mark.parametrize(
    ("quasi", "message"),
    [
        (QuasiSterile("1 G_F"), 'give early="neutrinos" and early="antineutrinos"'),
        (UltralightCurrent("1 eV"), "make an asymmetry that is not followed"),
        (QuasiSterile("1 G_F", early="neutrinos", g_e=1e-3), "thermalises nu_s, N_eff >= 4"),
    ],
)
def test_what_the_early_universe_refuses(quasi: object, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        solve(MUON, quasi, Options(n_momenta=8))


def test_bad_strength() -> None:
    with pytest.raises(ParameterError, match="cannot be read; give for example"):
        QuasiSterile("much G_F")
    with pytest.raises(ParameterError, match="cannot be read as a quantity in MeV-2"):
        QuasiSterile("1 MeV")
    with pytest.raises(ParameterError, match="there is no sterile state"):
        QuasiSterile("1 G_F").resonance_energy(Mixing(), 2.7)
