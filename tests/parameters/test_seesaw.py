"""Seesaw: Takagi reconstructs, one pair is exact, textures, and what becomes of them as a Mixing."""

import numpy as np
import pytest

from boltzmann.errors import ParameterError
from boltzmann.parameters import Mixing
from boltzmann.parameters.seesaw import Light, minimal_extended, slide, takagi, three_by_n

EPS = np.finfo(float).eps


def rebuilt(light: Light) -> np.ndarray:
    return light.V @ np.diag(light.masses) @ light.V.T


@pytest.mark.parametrize("seed", range(4))
def test_takagi(seed: int) -> None:
    """Any symmetric matrix, to rounding."""
    random = np.random.default_rng(seed)
    A = random.normal(size=(5, 5)) + 1j * random.normal(size=(5, 5))
    A = A + A.T
    light = takagi(A)
    assert np.abs(rebuilt(light) - A).max() < 100 * EPS * np.abs(A).max()
    assert np.abs(light.V @ light.V.conj().T - np.eye(5)).max() < 100 * EPS
    assert np.all(np.diff(light.masses) >= 0.0)


@pytest.mark.parametrize("matrix", [[[0, 1], [1, 0]], [[0, 0], [0, 2]], [[1, 0], [0, -1]]])
def test_degenerate_and_massless(matrix: list[list[float]]) -> None:
    assert rebuilt(takagi(matrix)) == pytest.approx(np.array(matrix, dtype=complex), abs=1e-14)


def test_one_pair() -> None:
    """m3 m4 = m_D^2, m4 - m3 = M, |U_a4|^2 = m3/(m3 + m4)."""
    light = takagi([[0.0, 0.3], [0.3, 2.0]])
    m3, m4 = light.masses
    assert (m3 * m4, m4 - m3) == pytest.approx((0.09, 2.0), rel=1e-13)
    assert light.element_sq(0, 1) == pytest.approx(m3 / (m3 + m4), rel=1e-13)


def example() -> Light:
    masses, heavy = np.array([0.0, 8.66e-3, 0.05]), np.array([100.0, 1000.0, 1.1])
    return three_by_n(Mixing().U @ np.diag(np.sqrt(masses * heavy)), heavy)


def test_three_by_three() -> None:
    """m_4 = 1.148 eV; |U|^2 = m_3/m_4-sized, 8.7e-4 of nu_e with another theta_13 (3 %), mu and tau 1.8e-2 and
    2.1e-2 (2 %).
    """
    light = example()
    assert light.masses[3] == pytest.approx(1.148, abs=5e-4)
    assert light.masses[2] == pytest.approx(0.0479, abs=1e-4)
    elements = [light.element_sq(a, 3) for a in range(3)]
    assert elements[0] == pytest.approx(8.7e-4, rel=0.03)
    assert sorted(elements[1:]) == pytest.approx([1.8e-2, 2.1e-2], rel=0.03)
    assert sum(elements) == pytest.approx(light.masses[2] / (light.masses[2] + light.masses[3]), rel=1e-9)


def test_mixing() -> None:
    mixing = Mixing.from_seesaw(example())
    assert float(mixing.dm2_41.to_value("eV2")) == pytest.approx(1.148**2, rel=1e-3)
    assert mixing.Umu4_sq == pytest.approx(example().element_sq(1, 3))
    with pytest.raises(ParameterError, match="state = 6 is not allowed; give 3 to 5"):
        Mixing.from_seesaw(example(), state=6)


def test_minimal_extended() -> None:
    """The 4 x 4 formula against the full 7 x 7 where that still has digits: corrections are of order (m/M_R)^2 =
    1e-6.
    """
    random = np.random.default_rng(3)
    m_D, m_R, m_S = random.normal(size=(3, 3)), 1e3 * (np.eye(3) + 0.2 * np.ones((3, 3))), 10.0 * random.normal(size=3)
    zero, top = np.zeros((4, 4)), np.vstack([m_D, m_S])
    full = takagi(np.block([[zero, top], [top.T, m_R]]))
    light = minimal_extended(m_D, m_R, m_S)
    assert light.masses[0] < 1e-12
    assert light.masses[1:] == pytest.approx(full.masses[1:4], rel=1e-3)  # (m_S/M_R)^2


def test_slide() -> None:
    """Exact for the 2 x 2 light matrix of rank one."""
    m_s, part = slide(0.2, 1.0, 100.0)
    light = takagi(-np.outer([0.2, 1.0], [0.2, 1.0]) / 100.0)
    assert (light.masses[1], light.element_sq(0, 1)) == pytest.approx((m_s, part), rel=1e-12)
    assert light.masses[0] == 0.0


def test_bad_input() -> None:
    for action, words in (
        (lambda: takagi([[0, 1], [2, 0]]), "not symmetric"),
        (lambda: takagi(np.ones((2, 3))), "give a finite square one"),
        (lambda: three_by_n(np.ones((3, 2)), np.ones(3)), r"have the shapes \(3, 2\) and \(3, 3\)"),
        (lambda: minimal_extended(np.ones((3, 2)), np.eye(3), np.ones(3)), "do not fit"),
        (lambda: slide(1.0, 1.0, 2.0), "ten times more, a seesaw"),
    ):
        with pytest.raises(ParameterError, match=words):
            action()
