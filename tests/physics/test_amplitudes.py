"""The amplitudes of the phase-space integrals (tests/phase_space.py) follow from the Lagrangian."""

import numpy as np
import pytest

from boltzmann.constants import G_R
from boltzmann.numerics.momentum import fermi_dirac
from tests.collision_tools import LEFT
from tests.phase_space import Products, electron_processes


def gamma_matrices() -> tuple[np.ndarray, np.ndarray]:
    """gamma^mu (4, 4, 4) in the Dirac representation, and gamma_5."""
    sigma = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    time, space = np.kron(np.diag([1, -1]), np.eye(2)), [np.kron(np.array([[0, 1], [-1, 0]]), s) for s in sigma]
    gamma = np.array([time, *space], complex)
    return gamma, 1j * gamma[0] @ gamma[1] @ gamma[2] @ gamma[3]


METRIC = np.diag([1.0, -1.0, -1.0, -1.0])


def traced_amplitude(p: np.ndarray, mass: float, g_L: float, g_R: float) -> float:
    """Spin-summed |M|^2/(2^5 G_F^2) of nu(1) e-(2) -> nu(3) e-(4), from the Lagrangian by traces.

    L = -2 sqrt2 G_F [nubar gamma^mu P_L nu] [ebar gamma_mu (g_L P_L + g_R P_R) e], so that
    sum |M|^2 = 8 G_F^2 Tr[p3 gamma^mu P_L p1 gamma^nu P_L] Tr[(p4 + m) gamma_mu G (p2 + m) gamma_nu G].
    """
    gamma, gamma5 = gamma_matrices()
    left, right = 0.5 * (np.eye(4) - gamma5), 0.5 * (np.eye(4) + gamma5)
    lower = np.einsum("mn,nab->mab", METRIC, gamma)
    slash = np.einsum("km,mab->kab", p, lower)
    G, m = g_L * left + g_R * right, mass * np.eye(4)
    by_neutrino = np.einsum("ab,mbc,cd,nde,ef,fa->mn", slash[2], gamma @ left, slash[0], gamma, left, np.eye(4))
    by_electron = np.einsum("ab,mbc,cd,nda->mn", slash[3] + m, lower @ G, slash[1] + m, lower @ G)
    return float(8.0 * np.sum(by_neutrino * by_electron).real / 32.0)


def random_scattering(mass: float, seed: int) -> np.ndarray:
    """On-shell momenta p1 + p2 = p3 + p4 (4, 4), neutrinos 1 and 3 massless."""
    rng = np.random.default_rng(seed)
    k, directions = 1.7, rng.normal(size=(2, 3))
    directions *= k / np.linalg.norm(directions, axis=1)[:, None]
    E = np.sqrt(k**2 + mass**2)
    return np.array([[k, *directions[0]], [E, *-directions[0]], [k, *directions[1]], [E, *-directions[1]]])


def products(p: np.ndarray) -> Products:
    """The invariants of four momenta."""
    dots = p @ METRIC @ p.T
    return Products(dots[0, 1], dots[0, 2], dots[0, 3], dots[1, 2], dots[1, 3], dots[2, 3])


@pytest.mark.parametrize("mass", [0.0, 0.8])
@pytest.mark.parametrize("g_L", LEFT)
def test_amplitudes_of_the_phase_space_integrals_follow_from_the_lagrangian(mass: float, g_L: float) -> None:
    # 1e-12: rounding of traces
    scatter, annihilate = electron_processes(g_L, G_R, mass, fermi_dirac, fermi_dirac)
    for seed in range(3):
        p = random_scattering(mass, seed)
        positron = traced_amplitude(p, mass, G_R, g_L)  # charge conjugation exchanges the couplings
        both = traced_amplitude(p, mass, g_L, G_R) + positron
        assert scatter.amplitude(products(p)) == pytest.approx(both, rel=1e-12)
        # nu(1) nubar(2) -> e-(3) e+(4) by crossing: nu(1) e-(-4) -> nu(-2) e-(3), traces are polynomials in momenta
        crossed = traced_amplitude(np.array([p[0], -p[3], -p[1], p[2]]), mass, g_L, G_R)
        assert annihilate.amplitude(products(p)) == pytest.approx(crossed, rel=1e-12)
