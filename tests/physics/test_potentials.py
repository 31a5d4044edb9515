"""Thermal potentials of the Standard Model: physics.md sec. 2 (Notzold & Raffelt 1988), and their tables."""

import numpy as np
import pytest

from boltzmann.constants import G_F, M_E, M_MU, M_W, M_Z
from boltzmann.kinetics.hamiltonian import hamiltonian, tabulate
from boltzmann.numerics.interpolate import lattice
from boltzmann.potentials import Thermal, standard

T, P = np.array(1.0), np.array(3.15)  # MeV
THERMAL_DENSITY = 7 * np.pi**2 / 120  # nu + nubar of one flavour over T^4


def neutral_current(p: np.ndarray, T: np.ndarray) -> np.ndarray:
    """V_NC of a thermal nu_mu background on itself [MeV]."""
    per_energy = np.asarray(Thermal().terms(T, p).per_energy)
    return per_energy[..., 1, 1] * THERMAL_DENSITY * T**4


def test_charged_current_of_electrons_at_one_mev() -> None:
    # physics.md sec. 2, four digits
    assert Thermal().charged_current(T, P)[0] == pytest.approx(-2.401e-20, abs=5e-24)
    hot = Thermal().charged_current(np.array(1e3), np.array(3.15e3))[0] / 1e15  # V ~ p T^4: electrons massless to 1e-7
    assert hot == pytest.approx(-2.469e-20, abs=5e-24)
    # and derived: rho + P = (4/3)(7/8)(pi^2/30) 4 T^4
    derived = -2 * np.sqrt(2) * G_F * 3.15 / M_W**2 * (4 / 3) * (7 / 8) * 4 * np.pi**2 / 30
    assert hot == pytest.approx(derived, rel=1e-6, abs=0.0)


def test_neutral_current_of_one_thermal_flavour_at_one_mev() -> None:
    # physics.md sec. 2, three digits, with m_Z
    assert neutral_current(P, T) == pytest.approx(-9.59e-21, abs=5e-24)


@pytest.mark.parametrize(("temperature", "momentum"), [(0.5, 2.0), (30.0, 150.0)])
def test_one_plus_one_form_of_the_literature(temperature: float, momentum: float) -> None:
    """V_a = -(14 pi^2/(45 sqrt2)) (G_F/m_Z^2) p T^4 A_a, A = 1 (mu, tau), 1 + 2/cos^2 theta_W (e)."""
    T, p = np.array(temperature), np.array(momentum)
    expected = -14 * np.pi**2 / (45 * np.sqrt(2)) * G_F / M_Z**2 * momentum * temperature**4
    massless = -2 * np.sqrt(2) * G_F / M_W**2 * p * (4 / 3) * (7 / 8) * 4 * np.pi**2 / 30 * T**4
    # rounding; on shell cos^2 theta_W = m_W^2/m_Z^2
    assert neutral_current(p, T) == pytest.approx(expected, rel=1e-12, abs=0.0)
    assert neutral_current(p, T) + massless == pytest.approx(expected * (1 + 2 * M_Z**2 / M_W**2), rel=1e-12, abs=0.0)
    # the electron mass lowers rho + P by (15/14 pi^2) r^2 (derived: 7 pi^2/45 - r^2/6): below 0.11 r^2
    charged = Thermal().charged_current(T, p)[0]
    assert charged == pytest.approx(massless, rel=0.11 * (M_E / temperature) ** 2, abs=0.0)


def test_charged_leptons_act_on_their_own_flavour() -> None:
    hot = Thermal().charged_current(np.array(1e5), np.array(3e5))
    assert hot[1] == pytest.approx(hot[0], rel=1e-6)  # muons massless to (m/T)^2/10
    assert hot[2] == hot[3] == 0.0
    # below the muon mass: rho + P of a Boltzmann gas, (4/(2 pi)^1.5) m^4 r^-1.5 e^-r at leading order, 1 + O(10/r)
    cold = Thermal().charged_current(np.array(2.0), np.array(1.0))[1]
    r = M_MU / 2.0
    boltzmann = 4 * M_MU**4 * (2 * np.pi * r) ** -1.5 * np.exp(-r)
    assert cold == pytest.approx(-2 * np.sqrt(2) * G_F / M_W**2 * boltzmann, rel=6 / r, abs=0.0)


@pytest.mark.parametrize("muons", [True, False])
def test_muons_can_be_switched_off(muons: bool) -> None:
    (potential,) = standard(muons)
    values = potential.charged_current(np.array(100.0), np.array(300.0))
    assert bool(values[1] != 0.0) is muons
    assert values[0] == Thermal().charged_current(np.array(100.0), np.array(300.0))[0]


def test_neutral_current_is_flavour_covariant() -> None:
    """V_NC = -(...) G_s E G_s with the full active block of E (physics.md sec. 2), so U V[E] U^+ = V[U E U^+]."""
    rng = np.random.default_rng(1)
    energy = np.zeros((4, 4), complex)
    energy[:3, :3] = np.diag([1.0, 0.7, 0.4])
    U = np.eye(4, dtype=complex)
    U[:3, :3], _ = np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))
    per_energy = np.asarray(Thermal().terms(T, P).per_energy)
    rotated = U @ (per_energy * energy) @ U.conj().T
    # rounding
    np.testing.assert_allclose(per_energy * (U @ energy @ U.conj().T), rotated, atol=1e-14 * np.abs(rotated).max())


@pytest.mark.parametrize(
    ("low", "high", "allowed"),
    [
        # 1e-4: measured 8e-5 where leptons are not Boltzmann suppressed (lattice step 0.17 in ln x)
        (1e-3, 1.2e-2, 1e-4),
        (0.15, 2.0, 1e-4),
        # 1e-3: suppressed muons (T = 4 to 40 MeV), then suppressed e+-, a million times below the vacuum term
        (1.2e-2, 0.15, 1e-3),
        (2.0, 35.0, 1e-3),
    ],
)
def test_tables_between_lattice_points(low: float, high: float, allowed: float) -> None:
    grid, y, n = lattice(), np.array([0.5, 3.0, 18.0]), 4
    table = tabulate(standard(), grid, y, n)
    energy = np.diag([1.1, 1.0, 0.9, 0.5]).astype(complex) * THERMAL_DENSITY
    H, mass = np.empty((3, n, n), complex), np.zeros((n, n), complex)
    rows = np.empty((table.rows.shape[-1] // y.size + 1, y.size))
    middles = np.exp(0.5 * (grid.log_x[1:] + grid.log_x[:-1]))
    for x in middles[(middles > low) & (middles < high)]:
        for z in np.linspace(0.9, 1.44, 7):
            hamiltonian(x, z, energy, y, mass, table, H, rows)
            T, p = np.array(z * M_E / x), y * M_E / x
            terms = Thermal().terms(T, p)
            direct = np.asarray(terms.fixed)[..., None] * np.eye(4) + terms.per_energy * (M_E / x) ** 4 * energy
            np.testing.assert_allclose(H, direct, rtol=allowed)
