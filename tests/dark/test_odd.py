"""The odd part of secret potentials: closed forms against quadrature, and amplitudes of explicit spinors."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from boltzmann.constants import G_F
from boltzmann.dark.mediator import LOG_Q
from boltzmann.dark.odd import flip_rate, mean_phi, odd_coefficient, phi, phi_integral, thermal_phi
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from boltzmann.potentials.scattering import S, average, collision_density, fermion_tail, rate_table
from boltzmann.potentials.secret_pseudoscalar import _exchange

KAPPA = 3.15  # k/T_s
# M/T_s -> exchange over tadpole of a thermal asymmetry, a separate derivation and quadrature of the project
KNOWN = {30.0: 1.001, 10.0: 1.16, 5.0: 0.48, 2.0: -0.064, 0.5: -0.0009}


def exchange_by_quadrature(mu: float) -> float:
    """M^2 times the odd part of nu exchange and annihilation per coupling^2 and asymmetry, angle by angle; T_s = 1."""

    def angular(p: float) -> float:
        a, pole = 2 * KAPPA * p, mu**2 / (2 * KAPPA * p)
        crossed = quad(lambda c: c / (a * c + mu**2), 0, 2)[0]
        if pole < 2:
            return crossed - quad(lambda c: c / a, 0, 2, weight="cauchy", wvar=pole)[0]
        return crossed - quad(lambda c: c / (a * c - mu**2), 0, 2)[0]

    def shape(p: float) -> float:
        return p**2 * float(fermi_dirac(p) * fermi_dirac(-p))

    edge = mu**2 / (4 * KAPPA)  # logarithm
    parts = [0.0, *([edge] if edge < 40 else []), 45.0]
    pieces = [quad(lambda p: shape(p) * angular(p), a, b, epsrel=1e-6, limit=200)[0] for a, b in pairwise(parts)]
    return mu**2 * sum(pieces) / 4 / quad(shape, 0, 45)[0]


@pytest.mark.parametrize("mu", KNOWN)
def test_exchange_over_tadpole_by_two_roads(mu):
    closed = float(thermal_phi(np.array(4 * KAPPA / mu**2)))
    assert closed == pytest.approx(KNOWN[mu], rel=0.02 if mu == 0.5 else 0.01)  # one digit is known of the last
    assert closed == pytest.approx(exchange_by_quadrature(mu), rel=2e-3, abs=2e-6)  # bins of p: 0.015 T_s


def test_primitive():
    t = np.array([1e-3, 0.0099, 0.0101, 0.5, 0.999, 1.001, 3.0, 100.0])
    step = 1e-6 * t
    slope = (phi_integral(t + step) - phi_integral(t - step)) / (2 * step)
    np.testing.assert_allclose(slope, phi(t), rtol=2e-4, atol=1e-8)  # differences of 1e-6 next to the logarithm
    assert phi_integral(np.array(1.0)) == pytest.approx(2 * np.log(2))
    np.testing.assert_allclose(phi_integral(np.array([1 - 1e-9, 1 + 1e-9])), 2 * np.log(2), atol=1e-7)


def test_bins_average_over_the_logarithm():
    edges = np.array([0.5, 0.9, 1.1, 2.0])
    direct = [quad(phi, a, b, points=[1.0] if a < 1 < b else None)[0] / (b - a) for a, b in pairwise(edges)]
    np.testing.assert_allclose(mean_phi(np.array(1.0), edges), direct, rtol=1e-6)


def test_limits_of_a_vector():
    """Contact: the Standard Model's 2 sqrt2 G_F with sqrt2 G_F -> e_s^2/M^2. Light: the tadpole alone."""
    odd = SecretVector(coupling=0.1, mediator_mass="100 MeV").odd_potential()
    contact = 1e-2 / 100.0**2
    T = np.array([0.01, 1e5])
    np.testing.assert_allclose(odd_coefficient(odd, KAPPA * T, T) / contact, [2.0, 1.0], rtol=1e-4)
    T = np.geomspace(1e-2, 1e4, 200)
    for kappa in (0.01, 0.3, 3.15, 20.0):
        assert np.all(odd_coefficient(odd, kappa * T, T) > 0.0)
    like_weak = SecretVector(coupling=1.0, mediator_mass="1 GeV", convention="G_X").odd_potential()
    assert odd_coefficient(like_weak, np.array(1e-3), np.array(1e-3)) == pytest.approx(2 * np.sqrt(2) * G_F, rel=1e-6)


# --- amplitudes of explicit spinors ----------------------------------------------------------------------------------

SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
ZERO, ONE = np.zeros((2, 2)), np.eye(2)
GAMMA = [np.block([[ZERO, ONE], [ONE, ZERO]]), *(np.block([[ZERO, s], [-s, ZERO]]) for s in SIGMA)]  # chiral basis
GAMMA_5 = np.diag([-1.0, -1.0, 1.0, 1.0])
CHARGE = 1j * GAMMA[2] @ GAMMA[0]
METRIC = np.array([1.0, -1.0, -1.0, -1.0])
LEFT = 0.5 * (np.eye(4) - GAMMA_5)


def spinor(p: np.ndarray, helicity: int) -> np.ndarray:
    """u(p) of a massless neutrino: of negative helicity left-handed, of positive right-handed."""
    size = np.linalg.norm(p)
    xi = np.linalg.eigh(np.einsum("iab,i->ab", SIGMA, p / size))[1][:, 0 if helicity < 0 else 1]
    return np.sqrt(2 * size) * np.concatenate([xi, 0 * xi] if helicity < 0 else [0 * xi, xi])


def bar(u: np.ndarray) -> np.ndarray:
    return u.conj() @ GAMMA[0]


def conjugate(u: np.ndarray) -> np.ndarray:
    """v(p) of a Majorana field."""
    return CHARGE @ bar(u)


MOMENTA = [
    (np.array([0.0, 0.0, 2.0]), np.array([0.3, -0.8, 0.5])),
    (np.array([1.0, 0.2, -0.1]), np.array([-3.0, 1, 2])),
]
MASS = 0.7


def invariants(k: np.ndarray, p: np.ndarray) -> tuple[float, float, float]:
    a, b = np.linalg.norm(k), np.linalg.norm(p)
    return a, b, a * b - k @ p


@pytest.mark.parametrize(("k", "p"), MOMENTA)
def test_shift_by_a_pseudoscalar_from_perturbation_theory(k, p):
    """Second-order energies that two neutrinos have together and not alone, state by state; g = 1.

    Compared with the integrand of the self-energy, (1/2)(k.p/kp)/(2k.p +- M^2): + for opposite helicities.
    """
    a, b, kp = invariants(k, p)
    u = {h: spinor(k, h) for h in (-1, 1)}, {h: spinor(p, h) for h in (-1, 1)}
    scale = 2 * a * 2 * b
    # same helicity: annihilation to phi of momentum k + p, and the vacuum fluctuation that both block
    E = np.hypot(np.linalg.norm(k + p), MASS)
    h2 = abs(bar(conjugate(u[1][-1])) @ GAMMA_5 @ u[0][-1]) ** 2 / (scale * 2 * E)
    same = h2 / (a + b - E) - h2 / (a + b + E)
    assert same == pytest.approx(0.5 * kp / (a * b) / (2 * kp - MASS**2), rel=1e-10)
    # opposite: k -> p phi and p -> k phi are blocked
    E = np.hypot(np.linalg.norm(k - p), MASS)
    h2 = abs(bar(u[1][1]) @ GAMMA_5 @ u[0][-1]) ** 2 / (scale * 2 * E)
    opposite = -h2 / (a - b - E) - h2 / (b - a - E)
    assert opposite == pytest.approx(0.5 * kp / (a * b) / (2 * kp + MASS**2), rel=1e-10)
    # helicity is flipped: the other two vertices vanish
    assert abs(bar(conjugate(u[1][1])) @ GAMMA_5 @ u[0][-1]) < 1e-12
    assert abs(bar(u[1][-1]) @ GAMMA_5 @ u[0][-1]) < 1e-12


@pytest.mark.parametrize(("k", "p"), MOMENTA)
def test_shift_by_a_vector_from_the_exchange_amplitude(k, p):
    """Of current-current energy e^2 J.J/(2 (M^2 - q^2)): direct at q = 0, exchanged at q = k - p with a minus sign."""
    a, b, kp = invariants(k, p)
    u, v = spinor(k, -1), spinor(p, -1)
    direct = sum(g * (bar(u) @ m @ LEFT @ u) * (bar(v) @ m @ LEFT @ v) for g, m in zip(METRIC, GAMMA, strict=True))
    crossed = sum(g * (bar(v) @ m @ LEFT @ u) * (bar(u) @ m @ LEFT @ v) for g, m in zip(METRIC, GAMMA, strict=True))
    scale = 2 * a * 2 * b
    # the spatial currents of an isotropic bath average out of the direct term: 1/M^2
    assert (direct / scale).real == pytest.approx(kp / (a * b), rel=1e-10)
    assert (-crossed / scale / (2 * kp + MASS**2)).real == pytest.approx(kp / (a * b) / (2 * kp + MASS**2), rel=1e-10)


def test_pseudoscalar_has_no_tadpole_and_the_opposite_exchange():
    odd = SecretPseudoscalar(coupling=0.1, mediator_mass="10 MeV").odd_potential()
    vector = SecretVector(coupling=0.1, mediator_mass="10 MeV").odd_potential()
    assert odd.tadpole == 0.0
    assert odd.exchange == pytest.approx(-0.5 * vector.exchange)
    half = SecretPseudoscalar(coupling=0.1, mediator_mass="10 MeV", normalisation="paper").odd_potential()
    assert half.exchange == pytest.approx(0.5 * odd.exchange)
    u = spinor(np.array([0.1, 0.2, 0.3]), -1)
    assert abs(bar(u) @ GAMMA_5 @ u) < 1e-12  # the tadpole's vertex


def test_flips_of_a_pseudoscalar():
    """Share of nu nu -> nubar nubar in the scattering of neutrinos where phi is light, and its fall where it is heavy.

    s/(s - m^2) = t/(t - m^2) = u/(u - m^2) = 1: squares 9/2 of 9/2 + 1/2 + 1. Of heavy phi the three cancel at lowest
    order, for s + t + u = 0, so that flips fall like T^8, two powers of T^2/M^2 faster than scattering, times T.
    """
    light = SecretPseudoscalar(coupling=1e-3, mediator_mass="1 MeV", mediator_in_equilibrium=False)
    odd, hot = light.odd_potential(), np.array([3e3])
    # the resonance, of order 1/(g^2 q), is 1e-7 of both there
    whole = rate_table(average(collision_density(_exchange, S)[0], fermion_tail), light.coupling**4)[LOG_Q > 30.0]
    assert odd.flips is not None
    assert odd.flips[LOG_Q > 30.0] == pytest.approx(0.75 * whole, rel=1e-3, abs=0.0)
    fall = flip_rate(odd, np.array([1e-3, 2e-3]))
    assert fall[1] / fall[0] == pytest.approx(2.0**9, rel=0.02)
    assert not flip_rate(SecretVector(coupling=0.1, mediator_mass="1 MeV").odd_potential(), hot).any()
