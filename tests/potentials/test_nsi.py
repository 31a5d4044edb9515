"""Non-standard interactions with electrons: couplings in collisions and damping, potential, symmetries, input."""

import numpy as np
import pytest

from boltzmann import Mixing, Options, ParameterError, solve
from boltzmann.collisions.couplings import Couplings, standard
from boltzmann.collisions.dressed import dressed_matrix
from boltzmann.collisions.matrix import electron_matrix, pair_rates
from boltzmann.constants import G_F, M_E, M_W
from boltzmann.parameters import Asymmetry
from boltzmann.plasma.thermo import plasma_energy_density
from boltzmann.potentials import NSI, LowReheating, Terms, Thermal
from boltzmann.solver.tables import build_tables
from tests.collision_tools import grid, kernels

THREE = Mixing()
ELECTRON = Mixing(dm2_41="1 eV2", Ue4_sq=1e-3)
CAREFUL = Options(rtol=1e-4)
MATRIX = Options(rtol=1e-4, coherence="matrix")


def without_potential(**eps: float) -> NSI:
    return NSI(channel="neutral", **eps)


@pytest.mark.parametrize(
    ("eps", "N_eff"),
    [
        # a prototype, 20 momenta, rtol 1e-4; its uncertainty is 3e-4
        ({"eps_L_ee": 0.3}, 3.0560),
        ({"eps_R_ee": 0.3}, 3.0500),
        ({"eps_L_tautau": 0.3}, 3.0422),
        ({"eps_L_tautau": -0.3}, 3.0502),
        ({"eps_R_tautau": 0.3}, 3.0496),
    ],
)
def test_three_neutrinos_agree_with_the_prototype(eps: dict[str, float], N_eff: float) -> None:
    assert solve(THREE, without_potential(**eps), CAREFUL).N_eff == pytest.approx(N_eff, abs=3e-4)


@pytest.mark.parametrize(
    ("eps", "N_eff"), [({"eps_L_emu": 0.3}, 3.0486), ({"eps_R_mutau": 0.3}, 3.0486), ({"eps_L_ee": 0.3}, 3.0558)]
)
def test_matrix_mode_agrees_with_the_prototype(eps: dict[str, float], N_eff: float) -> None:
    assert solve(THREE, without_potential(**eps), MATRIX).N_eff == pytest.approx(N_eff, abs=4e-4)  # its uncertainty


def test_collisions_fill_a_sterile_state_that_mixes() -> None:
    # prototype; ten times the effect on three neutrinos
    assert solve(ELECTRON, without_potential(eps_L_ee=0.3), CAREFUL).N_eff == pytest.approx(3.6512, abs=1e-3)


class Strengthened:
    """The potential of electrons as NSI(eps_ee = 0.5) has it, alone."""

    def terms(self, T: np.ndarray, p: np.ndarray) -> Terms:
        return NSI(eps_L_ee=0.5).terms(T, p)


def test_the_potential_alone_moves_a_sterile_state_that_mixes() -> None:
    assert solve(ELECTRON, Strengthened(), CAREFUL).N_eff == pytest.approx(3.4812, abs=1e-3)  # prototype


def test_nothing_changes_without_eps() -> None:
    """Diagonal: the tables hold the same rates, bit by bit; matrix mode: other sums, rounding of 1e-7 in the tables."""
    assert solve(ELECTRON, NSI(), CAREFUL).N_eff == solve(ELECTRON, (), CAREFUL).N_eff
    assert solve(THREE, NSI(), MATRIX).N_eff == pytest.approx(solve(THREE, (), MATRIX).N_eff, abs=2e-6)


@pytest.mark.parametrize("options", [CAREFUL, MATRIX])
def test_the_sign_of_both_couplings_does_not_matter(options: Options) -> None:
    left, right = standard()
    pairs = ("ee", "mumu", "tautau")
    flipped = {f"eps_L_{pair}": -2.0 * left[a, a].real for a, pair in enumerate(pairs)}
    flipped |= {f"eps_R_{pair}": -2.0 * right[a, a].real for a, pair in enumerate(pairs)}
    # rounding of the flipped couplings reaches the tables, which are of single precision
    expected = solve(THREE, NSI(), options).N_eff
    assert solve(THREE, without_potential(**flipped), options).N_eff == pytest.approx(expected, abs=2e-6)


def test_a_rotation_of_equal_flavours_changes_nothing() -> None:
    """Without active mixing nu_mu and nu_tau may be rotated into each other: eps diagonal or flavour-changing."""
    none = {"sin2_theta_12": 0.0, "sin2_theta_13": 0.0, "sin2_theta_23": 0.0}
    unmixed = Mixing(**none, dm2_21="1e-15 eV2", dm2_31="1e-14 eV2")
    size = 0.3
    diagonal = without_potential(eps_L_mumu=size, eps_L_tautau=-size)
    rotated = without_potential(eps_L_mutau=size)  # by 45 degrees
    ours, theirs = (
        solve(unmixed, nsi, Options(rtol=1e-4, coherence="matrix", muons=False)) for nsi in (diagonal, rotated)
    )
    # J is exact for diagonal eps only, so that steps differ: tolerance of the steps
    assert ours.N_eff == pytest.approx(theirs.N_eff, abs=1e-3)


def test_larger_couplings_keep_neutrinos_with_the_plasma() -> None:
    weak, strong = (solve(THREE, without_potential(eps_L_ee=e, eps_L_mumu=-e, eps_L_tautau=-e)) for e in (0.5, 5.0))
    assert 3.044 < weak.N_eff < strong.N_eff


def test_sandwiches_are_the_flavour_pairs_of_diagonal_couplings() -> None:
    n, z = 8, 1.1
    y, w, boost = grid(n).y, grid(n).w, np.exp(0.5 * grid(n).y / z)
    raw = kernels(n, 0.3, z)
    random = np.random.default_rng(1)
    rho = random.normal(size=(n, 3, 3)) + 1j * random.normal(size=(n, 3, 3))
    rho = 0.1 * (rho + rho.conj().swapaxes(1, 2))
    from boltzmann.collisions.electron import couple

    single = np.stack([rate for flavour in (0, 1) for rate in couple(raw, flavour, flavour)])
    rates = np.zeros((2, 3, n, n))
    pair_rates(single, w, rates)
    ours, theirs = (np.zeros((2, n, 3, 3), complex) for _ in range(2))
    electron_matrix(rho, boost, rates, *theirs)
    dressed_matrix(rho, boost, w, np.ascontiguousarray(raw[[0, 2, 1, 3]]), *standard(), *ours)
    assert y.size == n
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12 * np.abs(theirs).max())  # rounding


def test_sandwiches_turn_with_flavour() -> None:
    """U G U^+ and U rho U^+ give U A U^+."""
    n = 6
    w, boost, raw = grid(n).w, np.exp(0.5 * grid(n).y), np.ascontiguousarray(kernels(n, 0.3, 1.0)[[0, 2, 1, 3]])
    random = np.random.default_rng(2)
    U = np.linalg.qr(random.normal(size=(3, 3)) + 1j * random.normal(size=(3, 3)))[0]
    rho = random.normal(size=(n, 3, 3)) + 0j
    rho = rho + rho.conj().swapaxes(1, 2)
    left, right = standard()
    turned = [np.ascontiguousarray(U @ matrix @ U.conj().T) for matrix in (left, right)]
    plain, other = (np.zeros((2, n, 3, 3), complex) for _ in range(2))
    dressed_matrix(rho, boost, w, raw, left, right, *plain)
    dressed_matrix(np.ascontiguousarray(U @ rho @ U.conj().T), boost, w, raw, *turned, *other)
    np.testing.assert_allclose(other, U @ plain @ U.conj().T, atol=1e-12 * np.abs(plain).max())  # rounding


def test_damping_has_the_strength_of_the_couplings() -> None:
    nsi = NSI(eps_L_ee=0.2, eps_R_tautau=0.4)
    tables = build_tables(ELECTRON, (nsi,), Options().settled(False, False))
    e, mu, tau = nsi.couplings_to_electrons().strength
    np.testing.assert_allclose(tables.damping.coefficient[3, :3], 1.0 + np.array([e, mu, tau]))
    assert e == pytest.approx((0.23121 + 0.7) ** 2 + 0.23121**2)


def test_potential_of_charged_and_neutral_mediators() -> None:
    T, p = np.array([5.0]), np.array([10.0])
    charged = NSI(eps_L={"ee": 0.2, "etau": 0.1}, eps_R={"ee": 0.1}).terms(T, p).fixed[0]
    electron = Thermal(muons=False).charged_current(T, p)[0, 0]
    np.testing.assert_allclose(charged[0, 0], 0.3 * electron)
    np.testing.assert_allclose(charged[0, 2], 0.1 * electron)
    massless = plasma_energy_density(0.0, qed_order=0, muons=False) - np.pi**2 / 15.0
    relativistic = -2.0 * np.sqrt(2.0) * G_F / M_W**2 * 10.0 * 4.0 / 3.0 * massless * 5.0**4
    assert charged[0, 0] / 0.3 == pytest.approx(relativistic, rel=0.01, abs=0.0)  # (m_e/T)^2
    lighter = NSI(eps_L_ee=0.3, mediator_mass="8.0379 GeV").terms(T, p).fixed[0]
    assert lighter[0, 0] == pytest.approx(100.0 * charged[0, 0], rel=1e-6, abs=0.0)
    assert not np.any(NSI(eps_L_ee=0.3, channel="neutral").terms(T, p).fixed)
    assert M_E < 1.0


def test_mappings_and_fields_are_the_same() -> None:
    nsi = NSI(eps_L={"ee": 0.1, "etau": 0.05}, eps_R={"ee": -0.1})
    assert nsi == NSI(eps_L_ee=0.1, eps_L_etau=0.05, eps_R_ee=-0.1)
    assert isinstance(nsi.couplings_to_electrons(), Couplings)
    assert "g" not in repr(NSI())
    assert "0.2" in repr(NSI(eps_R_mutau=0.2))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"eps_L": {"es": 0.1}}, "eps_L has the pair 'es', which does not exist; valid are: ee, mumu"),
        ({"eps_L": 0.1}, "is no mapping; give for example"),
        ({"eps_L": {"ee": 0.1}, "eps_L_ee": 0.2}, "is given twice"),
        ({"eps_L_ee": 11.0}, "eps_L_ee = 11.0 is not allowed; give a number from -10 to 10"),
        ({"eps_L_emu": 0.1j}, "give a real number"),
        ({"eps_R": {"ee": 0.1j}}, "eps_R_ee = 0.1j is not allowed; give a real number: diagonal eps are real"),
        ({"mediator_mass": "0.5 GeV"}, "the contact form fails"),
        ({"channel": "scalar"}, "choose one of 'charged', 'neutral'"),
        ({"eps_L_ee": -0.73121, "eps_R_ee": -0.23121}, "leaves a flavour with g_L"),
        ({"eps_ee": 0.1}, "has no parameter 'eps_ee'"),
    ],
)
def test_bad_input(given: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        NSI(**given)


@pytest.mark.parametrize(
    ("interactions", "options", "message"),
    [
        ([NSI(eps_L_emu=0.1)], Options(), "flavour-changing couplings need coherence='matrix'"),
        ([NSI(eps_L_ee=0.1)], Options(coherence="mckellar"), "constants of the Standard Model"),
        ([NSI(eps_L_ee=0.1), NSI(eps_L_mumu=0.1)], Options(), "add their couplings up in one"),
    ],
)
def test_what_does_not_go_together(interactions: list[NSI], options: Options, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        solve(ELECTRON, interactions, options)


def test_no_asymmetries_with_other_couplings() -> None:
    with pytest.raises(ParameterError, match="nu = nubar only"):
        solve(ELECTRON, NSI(eps_L_ee=0.1), asymmetry=Asymmetry())


def test_with_a_low_reheating() -> None:
    """Stronger collisions make more neutrinos."""
    options = Options(coherence="exact")
    low = LowReheating(T_RH="2 MeV")
    assert solve(THREE, [low, without_potential(eps_L_ee=0.3)], options).N_eff > solve(THREE, low, options).N_eff + 0.1
