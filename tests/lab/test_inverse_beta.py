"""The cross-section of inverse beta decay, against the matrix element."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from boltzmann.constants import ALPHA, G_F, M_E
from boltzmann.lab import inverse_beta

M_P, M_N = 938.27208816, 939.56542052  # MeV, CODATA 2018
F1, F2, G1 = 1.0, 3.706, -1.27  # vector, magnetic and axial couplings at zero momentum transfer
COS2_CABIBBO = 0.9746**2
MEV2_CM2 = 3.893794e-22  # (hbar c)^2


def from_matrix_element(E: float) -> float:
    """Total cross-section [1e-43 cm^2]: astro-ph/0302055, eqs. (3), (4), (10), (14), integrated over t."""
    M, delta, s = 0.5 * (M_P + M_N), M_N - M_P, M_P**2 + 2.0 * M_P * E
    nu, e = (s - M_P**2) / (2.0 * math.sqrt(s)), (s - M_N**2 + M_E**2) / (2.0 * math.sqrt(s))  # centre of mass
    ends = [M_E**2 - 2.0 * nu * (e + sign * math.sqrt(e**2 - M_E**2)) for sign in (1.0, -1.0)]

    def slope(t: float) -> float:
        E_e = E - (M_N**2 - M_P**2 - t) / (2.0 * M_P)
        s_minus_u = 2.0 * M_P * (E + E_e) - M_E**2
        A = M**2 * (F1**2 - G1**2) * (t - M_E**2) - M**2 * delta**2 * (F1**2 + G1**2)
        A -= 2.0 * M_E**2 * M * delta * G1 * (F1 + F2)
        squared = A - s_minus_u * t * G1 * (F1 + F2) + s_minus_u**2 * (F1**2 + G1**2) / 4.0
        radiative = 1.0 + ALPHA / math.pi * (6.0 + 1.5 * math.log(M_P / (2.0 * E_e)) + 1.2 * (M_E / E_e) ** 1.5)
        return squared * radiative

    prefactor = G_F**2 * COS2_CABIBBO / (2.0 * math.pi * (s - M_P**2) ** 2)
    return float(prefactor * quad(slope, *ends)[0] * MEV2_CM2 / 1e-43)


@pytest.mark.parametrize("E", [2.5, 4.0, 8.0, 15.0, 30.0, 50.0])
def test_against_the_matrix_element(E: float) -> None:
    # "within a few per mille" of the full result; our expansion leaves out (E/M)^2, 3 per mille at 50 MeV
    assert inverse_beta.cross_section(E) == pytest.approx(from_matrix_element(E), rel=5e-3)


def test_threshold() -> None:
    """The reaction opens when a positron can be made: m_n - m_p + m_e = 1.804 MeV."""
    E = np.array([0.0, 1.0, 1.80, 1.81, 2.0])
    sigma = inverse_beta.cross_section(E)
    assert np.all(sigma[:3] == 0)
    assert np.all(np.diff(sigma[2:]) > 0)
