"""Damping of flavour coherences: the anchors of physics.md sec. 5 and the rates it is half the sum of."""

from collections.abc import Callable

import numpy as np
import pytest

from boltzmann.collisions import matrix
from boltzmann.collisions.damping import (
    C_E,
    C_X,
    Damping,
    common_rate,
    exact_damping,
    loss_function,
    mckellar_damping,
    no_damping,
    rate_coefficient,
)
from boltzmann.constants import G_L_E, G_L_X, G_R, M_E, SIN2_THETA_W
from boltzmann.numerics.momentum import fermi_dirac
from tests.collision_tools import grid, nu_e, nu_nu, tables
from tests.phase_space import electron_processes, neutrino_processes, total_rates

PAIRS = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]


def rate(damping: Damping, a: int, b: int, y: float, z: float) -> float:
    """D_ab in units of I."""
    return float(damping.coefficient[a, b] * common_rate(y, z, damping.exact))


def average(values: np.ndarray, power: int) -> float:
    """Thermal average over int dy y^power f_FD at T = 1."""
    weight = grid(40).w * grid(40).y ** power * grid(40).f
    return float(np.sum(weight * values) / np.sum(weight))


def test_weights_of_electrons_in_the_total_rates() -> None:
    # physics.md sec. 5, three digits
    assert pytest.approx(0.588, abs=5e-4) == C_E
    assert pytest.approx(0.126, abs=5e-4) == C_X
    s2 = SIN2_THETA_W
    assert pytest.approx(2 * s2**2 + s2 + 0.25) == C_E
    assert pytest.approx(2 * s2**2 - s2 + 0.25) == C_X


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("s", "electron", "other", "digit"),
    [
        (0.1, 1.618, 1.147, 1e-3),
        (0.5, 1.468, 1.041, 1e-3),
        (1.0, 1.346, 0.954, 1e-3),
        (2.0, 1.236, 0.876, 1e-3),
        (3.15, 1.2104, 0.8580, 1e-4),
        (5.0, 1.223, 0.867, 1e-3),
        (10.0, 1.258, 0.892, 1e-3),
    ],
)
def test_rate_coefficients_with_pauli_blocking(s: float, electron: float, other: float, digit: float) -> None:
    # half of the last digit in the table of physics.md sec. 5
    assert rate_coefficient(0, s) == pytest.approx(electron, abs=0.5 * digit)
    assert rate_coefficient(1, s) == pytest.approx(other, abs=0.5 * digit)
    assert rate_coefficient(2, s) == rate_coefficient(1, s)


def test_averages_of_the_rate_coefficients() -> None:
    # physics.md sec. 5: number averages in C units, energy averages of d (1 + c_a)
    for flavour, number, energy in ((0, 1.243, 152.5), (1, 0.881, 108.1)):
        coefficient = rate_coefficient(flavour, grid(40).y)
        d = coefficient * (2 * np.pi) ** 3 / 2
        # 1e-3: rounding of the quoted numbers
        assert average(coefficient, 2) == pytest.approx(number, rel=1e-3)
        assert average(d, 2) == pytest.approx({0: 154.2, 1: 109.3}[flavour], rel=1e-3)
        assert average(d, 3) == pytest.approx(energy, rel=1e-3)


@pytest.mark.parametrize(
    ("flavour", "g_L", "opacity", "excess"), [(0, G_L_E, 1.1965, 0.012), (1, G_L_X, 0.8548, 0.004)]
)
def test_opacities_of_the_literature(flavour: int, g_L: float, opacity: float, excess: float) -> None:
    """hep-ph/0612182 at T = 1 MeV, p = 3 MeV, as quoted in physics.md sec. 5: electrons are massive there."""
    processes = neutrino_processes(0, [fermi_dirac] * 3) + electron_processes(g_L, G_R, M_E, fermi_dirac, fermi_dirac)
    massive = sum(total_rates(processes, 3.0)) / 3.0**3 / (8 * np.pi**3)  # C of R = C G_F^2 p T^4
    assert massive == pytest.approx(opacity, abs=1e-4)  # its last digit
    # the damping takes massless electrons: more by the difference
    assert rate_coefficient(flavour, 3.0) / massive - 1.0 == pytest.approx(excess, abs=1e-3)


def test_rate_without_blocking() -> None:
    """C_a = (7 pi/27)(1 + c_a), 1.2935 and 0.9169, which d approaches at high momentum: 28 pi^4/27."""

    def empty(energy: np.ndarray) -> np.ndarray:
        return np.zeros_like(energy)

    for g_L, c, quoted in ((G_L_E, C_E, 1.2935), (G_L_X, C_X, 0.9169)):
        processes = neutrino_processes(0, [fermi_dirac] * 3)
        processes += electron_processes(g_L, G_R, 0.0, fermi_dirac, fermi_dirac)
        loss = 0.0
        for process in processes:
            process.occupations = (process.occupations[0], empty, empty)
            loss += total_rates([process], 2.0)[1]
        coefficient = loss / 2.0**3 / (8 * np.pi**3)  # R = G_F^2/(8 pi^3 y^2) I = C G_F^2 y
        # 1e-8: the integrals are polynomials times f_FD
        assert coefficient == pytest.approx(7 * np.pi / 27 * (1 + c), rel=1e-8)
        assert coefficient == pytest.approx(quoted, abs=1e-4)
    # the fit's 0.25%
    assert loss_function(1e3) == pytest.approx(28 * np.pi**4 / 27, rel=0.0025)


@pytest.mark.parametrize("s", [1e-3, 0.03, 0.3, 1.0, 2.0, 5.0, 10.0, 30.0])
def test_fit_of_the_blocked_rate_against_phase_space(s: float) -> None:
    gain, loss = total_rates(neutrino_processes(1, [fermi_dirac] * 3), s, n=20)
    # accuracy claimed for the fit, 0.25% (arXiv:2012.02726)
    assert loss_function(s) == pytest.approx((gain + loss) / (2 * s**3), rel=0.0025)


@pytest.mark.jit_off
@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_damping_is_half_the_sum_of_the_two_loss_rates(a: int, b: int) -> None:
    y, z = 2.7, 1.3
    exact = exact_damping(4)
    loss = [2 * y**3 * z**4 * loss_function(y / z) * (1 + c) for c in (C_E, C_X, C_X)] + [0.0]
    # rounding
    assert rate(exact, a, b, y, z) == pytest.approx(0.5 * (loss[a] + loss[b]), rel=1e-14)
    assert rate(exact, b, a, y, z) == pytest.approx(rate(exact, a, b, y, z), rel=1e-15)
    # I has dimension seven: a change of units
    assert rate(exact, a, b, 2 * y, 2 * z) == pytest.approx(2**7 * rate(exact, a, b, y, z), rel=1e-14)


@pytest.mark.jit_off
def test_mckellar_thomson_coefficients() -> None:
    y, z, s2 = 1.7, 1.2, SIN2_THETA_W
    unit = 7 * np.pi**4 / 135 * y**3 * z**4
    expected = {
        (0, 1): 15 + 8 * s2**2,
        (0, 2): 15 + 8 * s2**2,
        (1, 2): 7 - 4 * s2 + 8 * s2**2,
        (0, 3): 29 + 12 * s2 + 24 * s2**2,
        (1, 3): 29 - 12 * s2 + 24 * s2**2,
        (2, 3): 29 - 12 * s2 + 24 * s2**2,
    }
    mckellar = mckellar_damping(4)
    for (a, b), coefficient in expected.items():
        assert rate(mckellar, a, b, y, z) == pytest.approx(unit * coefficient, rel=1e-14)
        assert rate(mckellar, b, a, y, z) == rate(mckellar, a, b, y, z)


@pytest.mark.parametrize("kind", [exact_damping, mckellar_damping, no_damping])
def test_populations_are_not_damped_and_three_states_are_the_first_of_four(kind: Callable[[int], Damping]) -> None:
    three, four = kind(3), kind(4)
    assert not np.diagonal(four.coefficient).any()
    np.testing.assert_array_equal(three.coefficient, four.coefficient[:3, :3])
    assert three.exact == four.exact
    assert (kind is no_damping) == (not four.coefficient.any())


@pytest.mark.parametrize(("flavour", "value", "excess"), [(0, 167.0, (0.08, 0.10)), (1, 138.9, (0.27, 0.29))])
def test_mckellar_thomson_overestimates_sterile_damping(
    flavour: int, value: float, excess: tuple[float, float]
) -> None:
    """167.0 and 138.9 against 154.2 ... 152.5 and 109.3 ... 108.1 (physics.md sec. 5)."""
    mckellar = rate(mckellar_damping(4), flavour, 3, 1.0, 1.0)
    assert mckellar == pytest.approx(value, abs=0.05)
    exact = np.array([rate(exact_damping(4), flavour, 3, y, 1.0) / y**3 for y in grid(40).y])
    for power in (2, 3):
        ratio = mckellar / average(exact, power) - 1.0
        assert excess[0] - 0.005 < ratio < excess[1] + 0.005  # percent are quoted


@pytest.mark.parametrize("flavour", [0, 1, 2])
def test_matrix_mode_damps_sterile_coherences_like_the_exact_rates(flavour: int) -> None:
    """-I_as/rho_as at equilibrium from the collision matrix with kink-split rates equals D_as."""
    n, f = 20, grid(20).f
    ratios = matrix.kink_ratios(grid(n), tables(n))
    gain, loss = nu_nu(np.tile(f, (3, 1)))
    by_nu, by_e = gain[flavour] + loss[flavour], np.sum(nu_e(f, min(flavour, 1), 1e-8, 1.0), axis=0)
    out = np.empty((4, 4), complex)
    for i in range(n):
        extra = np.zeros(3)
        extra[flavour] = (ratios.neutrino[i] - 1) * by_nu[i] + (ratios.electron[i] - 1) * by_e[i]
        gained = np.zeros((3, 3), complex)
        gained[flavour, flavour] = by_nu[i] + by_e[i]
        rho = np.zeros((4, 4), complex)
        rho[flavour, 3], rho[3, flavour] = 1.0, 1.0
        matrix.collision_matrix(rho, gained, np.zeros((3, 3), complex), extra, out)
        # fit 0.25%, panels 3e-4
        expected = rate(exact_damping(4), flavour, 3, grid(n).y[i], 1.0)
        assert -out[flavour, 3].real == pytest.approx(expected, rel=0.003)
