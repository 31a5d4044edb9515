"""Amplitudes of secret interactions from their Lagrangians by two-component spinors, and their cross sections."""

from collections.abc import Callable

import numpy as np
import pytest

from boltzmann.potentials import SecretVector
from boltzmann.potentials.scattering import collision_density
from boltzmann.potentials.secret_pseudoscalar import _annihilation, _compton, _exchange
from boltzmann.potentials.secret_vector import _elastic, annihilation
from tests.secret import published_like, published_unlike

PAULI = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], complex)
METRIC = np.array([1.0, -1.0, -1.0, -1.0])
SIGMA_BAR = PAULI * METRIC[:, None, None]  # upper index: (1, -sigma)
EPSILON = np.array([[0.0, 1.0], [-1.0, 0.0]])


def spinor(E: float, theta: float) -> np.ndarray:
    """Left-handed massless spinor in the x-z plane: of a neutrino, and of the antineutrino of that momentum."""
    return np.sqrt(2.0 * E) * np.array([-np.sin(theta / 2), np.cos(theta / 2)], complex)


def current(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a^+ sigma_bar^mu b."""
    return np.einsum("i,mij,j->m", a.conj(), SIGMA_BAR, b)


def contract(a: np.ndarray, b: np.ndarray) -> complex:
    return complex(np.sum(a * METRIC * b))


def four_neutrinos(s: float, theta: float) -> tuple[list[np.ndarray], float, float]:
    """Spinors of 1, 2 (along z) and 3, 4 (at theta), and t, u."""
    E = np.sqrt(s) / 2
    angles = (0.0, np.pi, theta, theta + np.pi)
    return [spinor(E, angle) for angle in angles], -s * np.sin(theta / 2) ** 2, -s * np.cos(theta / 2) ** 2


def vector_like(s: float, theta: float) -> float:
    """|M|^2/e_s^4 of nu nu -> nu nu."""
    (a, b, c, d), t, u = four_neutrinos(s, theta)
    direct = contract(current(c, a), current(d, b)) / (t - 1)
    return abs(direct - contract(current(d, a), current(c, b)) / (u - 1)) ** 2


def vector_unlike(s: float, theta: float) -> float:
    """|M|^2/e_s^4 of nu(1) nubar(2) -> nu(3) nubar(4)."""
    (a, b, c, d), t, _ = four_neutrinos(s, theta)
    direct = contract(current(c, a), current(b, d)) / (t - 1)
    return abs(direct - contract(current(b, a), current(c, d)) / (s - 1)) ** 2


def angular(s: float, amplitude: Callable[[float, float], float], power: int) -> float:
    """Return s sigma, with the weight (3/2) sin^2(theta) to the ``power`` 0 or 1; Gauss-Legendre in cos(theta)."""
    c, w = np.polynomial.legendre.leggauss(120)
    values = np.array([amplitude(s, np.arccos(x)) for x in c]) * (1.5 * (1 - c**2)) ** power
    return float(np.sum(w * values) / (32 * np.pi))


@pytest.mark.parametrize("s", [0.01, 0.7, 3.0, 40.0])
def test_vector_cross_sections_follow_from_the_lagrangian(s: float) -> None:
    """Matrix elements from two-component spinors, integrated over the angle."""
    for weighted in (0, 1):
        by_spinors = 0.5 * angular(s, vector_like, weighted) + angular(s, vector_unlike, weighted)
        # 1e-10: both quadratures are converged (1e-12), rounding of the resonance's denominator
        assert collision_density(_elastic, np.array([s]))[weighted, 0] == pytest.approx(by_spinors, rel=1e-10)


@pytest.mark.parametrize("s", [0.05, 0.5, 2.0, 1e3, 1e8])
def test_vector_cross_sections_have_the_published_closed_form(s: float) -> None:
    total = s * (published_like(s) + published_unlike(s, 0.0))
    # 1e-9: the closed form cancels three orders of s, 1e-16/s^2 at s = 0.05 (1e-12), and more in its logarithms
    assert collision_density(_elastic, np.array([s]))[0, 0] == pytest.approx(total, rel=1e-9)


def polarisations(k: np.ndarray, theta: float, M: float) -> list[np.ndarray]:
    """Three polarisation vectors of a boson in the x-z plane at angle theta."""
    p, E = np.linalg.norm(k[1:]), k[0]
    direction = np.array([np.sin(theta), 0, np.cos(theta)])
    return [
        np.array([0, 0, 1, 0], complex),
        np.array([0, np.cos(theta), 0, -np.sin(theta)], complex),
        np.array([p, *(E * direction)], complex) / M,
    ]


def vector_decay() -> float:
    """Sum of |M|^2/e_s^2 of A' -> nu nubar over nine configurations, M = 1, divided by three polarisations."""
    nu, antinu = spinor(0.5, 0.7), spinor(0.5, 0.7 + np.pi)
    rest = np.array([1.0, 0, 0, 0])
    axes = [np.array([0, *axis], complex) for axis in np.eye(3)]
    assert rest @ (METRIC * axes[0]) == 0
    return sum(abs(contract(current(nu, antinu), e)) ** 2 for e in axes) / 3


def test_width() -> None:
    """|M|^2/(16 pi M)."""
    width = vector_decay() / (16 * np.pi)
    assert width == pytest.approx(1 / (24 * np.pi), rel=1e-12)  # rounding
    assert SecretVector(0.1, "10 MeV").width.to_value("MeV") == pytest.approx(0.1**2 * 10 * width, rel=1e-12)


def slash_bar(p: np.ndarray) -> np.ndarray:
    return np.einsum("m,mij->ij", p * METRIC, SIGMA_BAR)


def slash(p: np.ndarray) -> np.ndarray:
    return np.einsum("m,mij->ij", p * METRIC, PAULI)


def pair_amplitude(s: float, theta: float) -> float:
    """|M|^2/e_s^4 of nu(1) nubar(2) -> A'(3) A'(4), summed over polarisations, by spinors; M = 1."""
    E, p = np.sqrt(s) / 2, np.sqrt(s / 4 - 1)
    first, second = spinor(E, 0.0), spinor(E, np.pi)
    p1 = E * np.array([1.0, 0, 0, 1])
    k3 = np.array([E, p * np.sin(theta), 0, p * np.cos(theta)])
    k4 = np.array([E, *(-k3[1:])])
    t, u = contract(p1 - k3, p1 - k3).real, contract(p1 - k4, p1 - k4).real
    total = 0.0
    for e3 in polarisations(k3, theta, 1.0):
        for e4 in polarisations(k4, theta + np.pi, 1.0):
            matrix = (
                slash_bar(e4) @ slash(p1 - k3) @ slash_bar(e3) / t + slash_bar(e3) @ slash(p1 - k4) @ slash_bar(e4) / u
            )
            total += abs(second.conj() @ matrix @ first) ** 2
    return total


@pytest.mark.parametrize("s", [4.4, 10.0, 200.0])
def test_pair_annihilation_follows_from_the_lagrangian(s: float) -> None:
    """Amplitude by spinors and its angular integral (1/2 for identical A'), against the closed forms."""
    beta = np.sqrt(1 - 4 / s)
    theta = 0.8
    t = 1 - s / 2 * (1 - beta * np.cos(theta))
    u = 2 - s - t
    published = 4 * (t / u + u / t + 4 * s / (t * u) - 1 / t**2 - 1 / u**2)
    assert pair_amplitude(s, theta) == pytest.approx(published, rel=1e-10)  # rounding of longitudinal cancellations
    x, w = np.polynomial.legendre.leggauss(200)  # cos(theta) = tanh(14 x): poles lie just beyond cos = +-1
    terms = [14 / np.cosh(14 * a) ** 2 * pair_amplitude(s, 2 * np.arctan(np.exp(-14 * a))) for a in x]
    s_sigma = 0.5 * beta * np.sum(w * terms) / (32 * np.pi)
    # 1e-8: 4 e^-28 of the angles left out, at s = 200 with an amplitude 5e4 above its mean
    assert annihilation(np.array(s)) == pytest.approx(s_sigma, rel=1e-8)


def test_pair_annihilation_at_high_energy() -> None:
    """|M|^2 = 4 (t/u + u/t), sigma = (e_s^4/(2 pi s)) [ln(s/M^2) - 1]; 1e-7: corrections O(ln(s)/s), s = 1e8."""
    assert annihilation(np.array(1e8)) == pytest.approx((np.log(1e8) - 1) / (2 * np.pi), rel=1e-7)


def scalar_pair(s: float, theta: float) -> float:
    """|M|^2/g^4 of nu(1) nubar(2) -> phi phi, one helicity, massless."""
    E = np.sqrt(s) / 2
    first, second = spinor(E, 0.0), spinor(E, np.pi)
    p1 = E * np.array([1.0, 0, 0, 1])
    k3 = E * np.array([1.0, np.sin(theta), 0, np.cos(theta)])
    k4 = np.array([E, *(-k3[1:])])
    t, u = contract(p1 - k3, p1 - k3).real, contract(p1 - k4, p1 - k4).real
    return abs(second.conj() @ (slash_bar(p1 - k3) / t + slash_bar(p1 - k4) / u) @ first) ** 2


def scalar_compton(s: float, theta: float) -> float:
    """|M|^2/g^4 of nu(1) phi(2) -> nu(3) phi(4), massless."""
    E = np.sqrt(s) / 2
    first, third = spinor(E, 0.0), spinor(E, theta)
    p1 = E * np.array([1.0, 0, 0, 1])
    k4 = E * np.array([1.0, -np.sin(theta), 0, -np.cos(theta)])
    total = np.array([2 * E, 0, 0, 0])
    u = contract(p1 - k4, p1 - k4).real
    return abs(third.conj() @ (slash_bar(total) / s + slash_bar(p1 - k4) / u) @ first) ** 2


def bracket(a: np.ndarray, b: np.ndarray) -> complex:
    return complex(a @ EPSILON @ b)


def scalar_exchange(s: float, theta: float, m2: float) -> float:
    """1/2 nu nu -> nu nu, 1/2 nu nu -> nubar nubar, nu nubar -> nu nubar; the last with u of nu to nubar."""
    (a, b, c, d), t, u = four_neutrinos(s, theta)
    elastic = abs(bracket(a, b) * bracket(c, d).conjugate() / (s - m2)) ** 2
    flip = bracket(a, b) * bracket(c, d) / (s - m2) + bracket(a, c) * bracket(d, b) / (t - m2)
    flip += bracket(a, d) * bracket(b, c) / (u - m2)
    unlike = abs(bracket(a, d) * bracket(b, c).conjugate() / (u - m2)) ** 2
    return 0.5 * elastic + 0.5 * abs(flip) ** 2 + unlike


def test_pseudoscalar_amplitudes_follow_from_the_lagrangian() -> None:
    s, theta = 1e9, 1.1  # so large that the thermal masses (1 and 1.5) are nothing: 1e-8 below
    y, rest = s * np.sin(theta / 2) ** 2, s * np.cos(theta / 2) ** 2
    folded = _annihilation(np.array(s), np.array(y)) + _annihilation(np.array(s), np.array(rest))
    assert folded == pytest.approx(2 * 0.5 * scalar_pair(s, theta), rel=3e-8)
    assert scalar_pair(s, theta) == pytest.approx((y - rest) ** 2 / (y * rest), rel=1e-12)  # 2 helicities: physics.md
    assert _compton(np.array(s), np.array(rest)) == pytest.approx(scalar_compton(s, theta), rel=3e-8)
    assert _exchange(np.array(s), np.array(rest)) == pytest.approx(scalar_exchange(s, theta, 0.0), rel=3e-8)
    assert scalar_exchange(s, theta, 0.0) == pytest.approx(6.0, rel=1e-12)
    # heavy phi: four identical neutrinos have no contact term
    (a, b, c, d), _, _ = four_neutrinos(2.0, theta)
    contact = bracket(a, b) * bracket(c, d) + bracket(a, c) * bracket(d, b) + bracket(a, d) * bracket(b, c)
    assert abs(contact) < 1e-14
