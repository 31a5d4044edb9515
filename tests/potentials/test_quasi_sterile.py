"""Potentials of nu_s in matter: of baryons, one sign at a time in the early Universe, and exchange with electrons."""

from dataclasses import replace

import numpy as np
import pytest

from boltzmann import Asymmetry, Mixing, Options, ParameterError, Solution, solve
from boltzmann.constants import G_F, M_E, M_W
from boltzmann.kinetics.potential_terms import Terms
from boltzmann.kinetics.status import Status
from boltzmann.lab.matter import hamiltonian, probabilities
from boltzmann.lab.overdensity import NeutrinoOverdensity
from boltzmann.parameters.asymmetry import PHOTONS
from boltzmann.plasma.thermo import plasma_energy_density, plasma_entropy
from boltzmann.potentials import LowReheating, QuasiSterile, SecretVector, Thermal, UltralightCurrent
from boltzmann.potentials.quasi_sterile import ETA, HOTTEST, made
from boltzmann.scan import scan
from boltzmann.solver.signs import odd_level, outside
from boltzmann.solver.sweep import drives, swept
from boltzmann.units import NUCLEONS
from tests.solver.test_sweep import both_signs

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
        # twice its uncertainty, and grids: 3.8984, 3.9016, 3.9024 with 20, 40, 60 momenta, where its nodes jumped over
        # the resonance that bins follow here
        (1.33e-6, "antineutrinos", 3.9086, 0.012),
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
    assert QuasiSterile("2 G_F").number("strength") == pytest.approx(2.0 * G_F, rel=1e-6, abs=0.0)
    assert "2 G_F n_B" in QuasiSterile("2 G_F").meaning
    assert "no prediction" in QuasiSterile("2 G_F", early="neutrinos").meaning


@pytest.mark.parametrize(
    ("quasi", "message"),
    [
        (QuasiSterile("1 G_F", g_e=1e-3), "thermalises nu_s, N_eff >= 4"),
        (QuasiSterile("1 G_F", early="neutrinos", g_e=1e-3), "thermalises nu_s, N_eff >= 4"),
        ([QuasiSterile("1 G_F"), LowReheating("4 MeV")], "opposite signs .* which a reheating does not have"),
    ],
)
def test_what_the_early_universe_refuses(quasi: object, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        solve(MUON, quasi, Options(n_momenta=16))


@pytest.mark.parametrize("quasi", [QuasiSterile("1 G_F"), UltralightCurrent("1 eV")])
@pytest.mark.parametrize(("given", "said"), [({"signs": "same"}, "signs='same'"), ({"coherence": "matrix"}, "matrix")])
def test_one_sign_has_to_be_chosen(quasi: object, given: dict[str, str], said: str) -> None:
    with pytest.raises(ParameterError, match=f'{said}.* give early="neutrinos" and early="antineutrinos"'):
        solve(MUON, quasi, Options(**given))


def one_sign_of_both(quasi: QuasiSterile | UltralightCurrent, T: float) -> float:
    """V_s x^3 of the run that follows one sign, as the run of both has it [MeV^-2]."""
    z = float(plasma_entropy(M_E / 10.0) / plasma_entropy(M_E / T)) ** (1.0 / 3.0)  # T_gamma a, 1 at 10 MeV
    level = float(replace(quasi, early="neutrinos").terms(np.array(T), np.array(1.0)).fixed[3])
    return level * z**3 / T**3


@pytest.mark.parametrize("quasi", [QuasiSterile("-2e-7 MeV-2"), UltralightCurrent("1e-7 eV")])
def test_both_signs_have_the_potential_of_one(quasi: QuasiSterile | UltralightCurrent) -> None:
    """Baryons are 11/4 (4/11 of late photons); with QED 0.2% less, eta 6.12e-10 for 6.1e-10."""
    for T in (10.0, 1.0, 0.1):
        assert quasi.odd_level(ETA) == pytest.approx(one_sign_of_both(quasi, T), rel=0.005, abs=0.0)
    assert replace(quasi, early="neutrinos").odd_level(ETA) == 0.0
    assert not np.any(quasi.terms(np.array(1.0), np.array(1.0)).fixed)
    assert exchange("1e-5 G_F").odd_level(ETA) == 0.0


def test_what_balances_the_potential() -> None:
    """2 sqrt2 G_F n_gamma L = V_s: L = 6e-6 for MiniBooNE's 1.33e-7 MeV^-2 n_B."""
    more = outside((QuasiSterile("1.33e-7 MeV-2"),), Asymmetry())
    assert more / PHOTONS == pytest.approx(-1.33e-7 * 6.12e-10 * 11.0 / 4.0 / (np.sqrt(2.0) * G_F), rel=1e-12)
    assert abs(more) / PHOTONS / 2.0 == pytest.approx(6.8e-6, rel=0.01)
    assert outside((QuasiSterile("1.33e-7 MeV-2"),), Asymmetry(eta=-6.12e-10)) == -more  # antimatter
    assert isinstance(odd_level((), Asymmetry()), float)  # an int would compile all kernels of both signs again


def test_three_states_have_none() -> None:
    """No run of both signs for them: nothing to compile, no asymmetry."""
    found = solve(Mixing(), QuasiSterile("1 G_F"), Options(n_momenta=8, rtol=1e-3))
    assert found.asymmetry is None
    assert found.N_eff == solve(Mixing(), (), Options(n_momenta=8, rtol=1e-3)).N_eff


def driven(strength: float, mixing: Mixing = MUON) -> Solution:
    """A sweep with the solver of `tests.solver.test_sweep`, whose two signs are nu = nubar: no kernels of both."""
    quasi = QuasiSterile(f"{strength} MeV-2")
    return swept(mixing, Options(n_momenta=14), Asymmetry(), both_signs, interactions=(quasi,))


@pytest.mark.parametrize(
    ("strength", "hottest", "coldest", "tolerance"), [(1.33e-7, 150.0, 60.0, 0.5), (-1.33e-5, 6.0, 4.0, 0.03)]
)
def test_a_resonance_balances_the_potential(strength: float, hottest: float, coldest: float, tolerance: float) -> None:
    """Of either sign; the estimate goes on without it, and the potential of the cells vanishes with 2 L = V_s.

    A state that is full does not hold L there any more: 0.6 of it is left of the first.
    """
    found = driven(strength)
    known = found.sweep
    assert found.status is Status.LEPTON_RUNAWAY
    assert coldest < known.T < hottest
    balanced = outside((QuasiSterile(f"{strength} MeV-2"),), Asymmetry()) / PHOTONS / 2.0
    assert pytest.approx(-balanced, rel=tolerance) == known.L
    assert "Half of the odd potential is balanced" in found.ending
    assert known.lowest < known.N_eff < known.highest + 1e-9
    assert 0.0 < known.m_eff_lowest < known.m_eff < 1.01


def test_the_potential_of_MiniBooNE_hinders_nothing() -> None:
    """3.635 and 4.053 are the runs of one sign; both together thermalise nu_s."""
    known = driven(1.33e-7).sweep
    assert known.N_eff == pytest.approx(4.0515, abs=2e-3)  # nu = nubar without a potential
    assert known.sterile == pytest.approx(1.0, abs=0.07)


def test_mirror_images_in_the_early_universe() -> None:
    plus, minus = (driven(sign * 1.33e-5).sweep for sign in (1.0, -1.0))
    assert minus.N_eff == pytest.approx(plus.N_eff, abs=1e-4)  # roots begin at the other end: 1.7e-6
    assert pytest.approx(-plus.L, rel=1e-4) == minus.L


def test_a_weak_potential_is_as_none() -> None:
    """|V_s| of L < 1e-8: a run of both signs, no fronts."""
    assert drives(MUON, (QuasiSterile("1e-11 MeV-2"),), Options(), Asymmetry())
    assert driven(1e-11).sweep is None
    assert not drives(MUON, (QuasiSterile("1e-7 MeV-2", early="neutrinos"),), Options(), Asymmetry())
    assert not drives(MUON, (QuasiSterile("1e-7 MeV-2"), SecretVector(0.1, "10 MeV")), Options(), Asymmetry())


def test_bad_strength() -> None:
    with pytest.raises(ParameterError, match="cannot be read; give for example"):
        QuasiSterile("much G_F")
    with pytest.raises(ParameterError, match="cannot be read as a quantity in MeV-2"):
        QuasiSterile("1 MeV")
    with pytest.raises(ParameterError, match="there is no sterile state"):
        QuasiSterile("1 G_F").resonance_energy(Mixing(), 2.7)


WEAKLY = Mixing(dm2_41="1 eV2", Ue4_sq=1e-3)


def exchange(strength: str, mass: str = "1 GeV", **more: object) -> QuasiSterile:
    return QuasiSterile(strength, channel="exchange", mediator_mass=mass, **more)


def level(potential: QuasiSterile, T: np.ndarray, p: np.ndarray) -> np.ndarray:
    return np.asarray(potential.terms(T, p).fixed)[..., 3]


def test_exchange_is_the_potential_of_the_W() -> None:
    """S = sqrt2 G_F and M = m_W give that of nu_e; here 1e-4 of it."""
    T, p = np.array([0.3, 2.0, 20.0])[:, None], np.array([0.1, 1.0, 60.0])
    ours = level(exchange(f"{1e-4 * 2.0**0.5!r} G_F", f"{M_W} MeV"), T, p)
    np.testing.assert_allclose(ours, 1e-4 * Thermal(muons=False).charged_current(*np.broadcast_arrays(T, p))[..., 0])


@pytest.mark.parametrize("T", [0.3, 5.0])
def test_exchange_against_forward_scattering(T: float) -> None:
    """SUM_p of e- and e+ with propagators 1/(1 +- 2 k.p/M^2), without expansion in T/M."""
    k, M, S = 3.15 * T, 1e3, 1e-4 * G_F
    x, weight = np.polynomial.legendre.leggauss(80)
    p, on_p = 20.0 * T * (x + 1.0), 20.0 * T * weight  # to 40 T
    E = np.hypot(p, M_E)
    product = k * (E[:, None] - p[:, None] * x)
    both = 1.0 / (1.0 + 2.0 * product / M**2) - 1.0 / (1.0 - 2.0 * product / M**2)
    density = 2.0 / (2.0 * np.pi) ** 2 * p**2 / (np.exp(E / T) + 1.0)  # two spins, over cos
    V = S * np.sum((on_p * density)[:, None] * weight * product / (k * E[:, None]) * both)
    assert V < 0.0
    # (2 k.p/M^2)^2 = 1e-6 and the quadrature; the table of electrons is good to 1e-5
    assert float(level(exchange("1e-4 G_F"), np.array(T), np.array(k))) == pytest.approx(V, rel=1e-4, abs=0.0)


def test_exchange_in_a_symmetric_plasma_is_of_second_order() -> None:
    """V_s/(S n_e) = -c k T/M^2, the same for both signs of S: a tadpole would have none."""
    T, k = np.array(5.0), np.array(15.0)
    at = {mass: float(level(exchange("1e-5 G_F", f"{mass} GeV"), T, k)) for mass in (1, 2, 10)}
    assert at[1] / at[2] == pytest.approx(4.0)
    assert at[1] / at[10] == pytest.approx(100.0)
    assert float(level(exchange("-1e-5 G_F"), T, k)) == at[1]
    electrons = 2.0 * (3.0 / 2.0 * 1.2020569 / np.pi**2) * 5.0**3  # e- and e+, massless
    enthalpy = 4.0 / 3.0 * (float(plasma_energy_density(0.0, qed_order=0, muons=False)) - np.pi**2 / 15.0) * 5.0**4
    share = at[1] / (1e-5 * G_F * electrons)
    assert share == pytest.approx(-2.0 * 15.0 / 1e6 * enthalpy / electrons, rel=0.01)  # (m_e/T)^2


def test_exchange_in_the_laboratory() -> None:
    """S n_e at low energies, with the pole of what annihilates: the form of a background of neutrinos at rest."""
    strong, E = exchange("1e3 G_F"), np.array([1.0, 1e5, 2e5])
    pole = (1e6 - M_E**2) / (2.0 * M_E)
    low = QuasiSterile("1e3 G_F").in_matter(E[:1], 2.7, False)  # of all nucleons
    assert strong.in_matter(E[:1], 2.7, False, 0.4) == pytest.approx(0.4 * low, rel=1e-5, abs=0.0)  # E/E_R = 1e-6
    background = NeutrinoOverdensity(coupling=1e-3, mass=1.0, resonance=pole, overdensity=1.0, anti=0.0)
    for antineutrino in (False, True):
        ours, theirs = strong.in_matter(E, 2.7, antineutrino), background.potential(E, antineutrino)
        np.testing.assert_allclose(ours / ours[0], theirs / theirs[0], rtol=1e-9)  # width^2, 1e-16
    mirrored = exchange("-1e3 G_F").in_matter(E, 2.7, True)
    np.testing.assert_allclose(mirrored, strong.in_matter(E, 2.7, False))
    found = probabilities(BOTH, 200.0, 541.0, density=2.7, electron_fraction=0.4, sterile_potential=strong)
    there = float(strong.in_matter(np.array(200.0), 2.7, False, 0.4))
    np.testing.assert_allclose(
        found, probabilities(BOTH, 200.0, 541.0, density=2.7, electron_fraction=0.4, sterile_potential=there)
    )


def test_electrons_make_what_the_rate_says() -> None:
    """d(share)/dt = Gamma = 128 a/(2 pi^5) S^2 T^9/rho_nu, stepped down from 170 MeV with H of massless radiation."""
    S, T = 1e-4 * G_F, np.geomspace(HOTTEST, 0.5, 4001)
    rate = 128.0 * 0.884 / (2.0 * np.pi**5) * S**2 * T**5 / (7.0 * np.pi**2 / 120.0)
    hubble = np.sqrt(8.0 * np.pi / 3.0 * 10.75 * np.pi**2 / 30.0) * T**2 / 1.220890e22
    share = np.trapezoid((rate / hubble)[::-1], np.log(T)[::-1])
    assert made(S, HOTTEST) == pytest.approx(share, rel=0.01)  # QED in the radiation; cut at 0.5 MeV


class Lifted:
    """The same difference of levels, by a potential of the active states."""

    def __init__(self, potential: QuasiSterile) -> None:
        self.potential = potential

    def terms(self, T: np.ndarray, p: np.ndarray) -> Terms:
        V = -level(self.potential, T, p)
        return Terms.diagonal(e=V, mu=V, tau=V)


def test_exchange_makes_more_of_nu_s() -> None:
    """V_s < 0 works against V_a < 0: less suppression, then a resonance; only V_s - V_a matters."""
    none, tiny, some = (solve(WEAKLY, i, CAREFUL).N_eff for i in ((), exchange("1e-9 G_F"), exchange("1e-4 G_F")))
    assert tiny == pytest.approx(none, abs=1e-5)  # zero coupling
    assert some > none + 0.05
    assert solve(WEAKLY, Lifted(exchange("1e-4 G_F")), CAREFUL).N_eff == pytest.approx(some, abs=1e-4)  # other tables
    heavy = solve(WEAKLY, exchange("1e-4 G_F", "100 GeV"), CAREFUL).N_eff  # as colliders allow: nothing
    assert heavy == pytest.approx(none, abs=1e-4)


@pytest.mark.filterwarnings("ignore::boltzmann.errors.ValidityWarning")
def test_a_resonance_of_exchange_is_unstable() -> None:
    """That nu = nubar, where levels cross with V_s < 0: an asymmetry grows, and N_eff is not known."""
    found = solve(WEAKLY, exchange("2e-4 G_F", "0.6 GeV"))
    assert found.status is Status.UNSTABLE
    assert "expected between" in " ".join(found.validity)


def test_exchange_is_an_axis() -> None:
    tiny = Options(n_momenta=8, rtol=1e-3)
    axes = {"strength": [f"{S * G_F!r} MeV-2" for S in (1e-9, 1e-4)], "mediator_mass": ["1 GeV", "10 GeV"]}
    data = scan(axes, WEAKLY, (exchange("1e-5 G_F"),), tiny, progress=False, error_every=0)
    N = data["N_eff"].values
    assert N[1, 0] > N[1, 1] > N[0, 1] - 1e-5


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"channel": "crossed"}, "choose one of 'tadpole', 'exchange'"),
        ({"channel": "exchange"}, "mediator_mass = None does not go with channel = 'exchange'; give it"),
        ({"mediator_mass": "1 GeV"}, "does not go with channel = 'tadpole'; a tadpole has none but that in strength"),
        ({"channel": "exchange", "mediator_mass": "0.5 GeV"}, "lighter than 30 T at 20 MeV the plasma has mediators"),
        ({"channel": "exchange", "mediator_mass": "1 eV2"}, "cannot be read"),
        ({"channel": "exchange", "mediator_mass": "1 GeV", "early": "neutrinos"}, "early = 'neutrinos' does not go"),
        ({"channel": "exchange", "mediator_mass": "1 GeV", "g_e": 1.0}, "g_e = 1.0 does not go with channel"),
    ],
)
def test_bad_channels(given: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        QuasiSterile("1e-5 G_F", **given)


def test_a_potential_that_is_left_at_the_end_is_said() -> None:
    """2 p V/dm2_41 at x = 35, p = 46 keV, is 782 with V = 1 keV (T/MeV)^3, 284 with V ~ a^-3; 1e7 times less is not."""
    with pytest.warns(match=r"UltralightCurrent.*: at the end of the run its potential is 2\.[789]e\+02 times"):
        solve(ELECTRON, UltralightCurrent("-1e3 eV", early="neutrinos"), Options(n_momenta=8))
    small = solve(ELECTRON, UltralightCurrent("-1e-4 eV", early="neutrinos"), Options(n_momenta=8))
    assert not any("at the end of the run its potential" in sentence for sentence in small.validity)


def test_an_asymmetry_is_of_both_signs() -> None:
    """A run of one sign gives both the same potential, where nature has opposite ones."""
    one_sign = QuasiSterile("1e3 G_F", early="neutrinos"), UltralightCurrent("1e-10 eV", early="antineutrinos")
    for interaction in one_sign:
        with pytest.raises(ParameterError, match="its run is of one sign, that of an asymmetry of both"):
            solve(WEAKLY, interaction, Options(n_momenta=8), asymmetry=Asymmetry(L=1e-3))


def test_where_exchange_is_refused() -> None:
    with pytest.raises(
        ParameterError, match=r"e\+e- make 1 of nu_s by it, N_eff rises whatever.*give at most 0.000248 G_F"
    ):
        solve(WEAKLY, exchange("-1.1e4 G_F"), Options(n_momenta=8))
    exchange("0.000248 G_F").terms(np.full((1, 1, 1), 2.0), np.ones((1, 1, 1)))  # what the sentence says is allowed
    with pytest.raises(
        ParameterError, match=r"electrons and neutrinos of 9.78e\+05 MeV make the mediator; give at most 4.89e\+05 MeV"
    ):
        exchange("1 G_F").in_matter(np.array([1.0, 9e5]), 2.7, False)


def test_what_an_exchange_means() -> None:
    assert "G_F n_e by exchange; e+e- make 0.002 of nu_s" in exchange("1e-4 G_F").meaning
    assert exchange("1e3 G_F").resonance_energy(BOTH, 2.7).value == pytest.approx(
        2.0 * QuasiSterile("1e3 G_F").resonance_energy(BOTH, 2.7).value, rel=1e-5
    )
