"""Coherent upscattering: limits of the cross-sections, kinematics, and MiniBooNE's numbers by other code."""

import numpy as np
import pytest

from boltzmann.errors import ParameterError
from boltzmann.lab import miniboone_signal, upscattering
from boltzmann.lab.upscattering import ALPHA, CARBON, Dipole, Nucleus, Scalar, Vector, total_cross_section


def test_massless_dipole() -> None:
    """Equal to alpha mu^2 Z^2 (1/E_R - 1/E) with mu = 2 d."""
    Q2 = np.array([10.0, 1e3, 1e5])
    R = Q2 / (2.0 * CARBON.M)
    expected = ALPHA * (2e-6) ** 2 * 36 * (1.0 / R - 1.0 / 500.0) / (2.0 * CARBON.M)
    assert Dipole(1e-3, 1e-6).shape(500.0, Q2, CARBON) == pytest.approx(expected, rel=1e-9, abs=0.0)


def test_rutherford() -> None:
    """For m -> 0, M -> infinity: dsigma/dQ^2 = C^2/4 pi times cos^2(theta/2), with C = g^2 Z/Q^2 (Mott)."""
    heavy = Nucleus(6, 12, 1e9, 2.470)
    Q2 = np.array([100.0, 1e4])
    C = 1e-3 * 6 / (Q2 + 30.0**2)
    # 2 C^2 [2 s0^2 - Q^2 2 M^2]/(16 pi s0^2) = C^2/4 pi (1 - Q^2/4 E^2), with s0 = 2 M E: the cos^2(theta/2) of Mott
    expected = C**2 / (4.0 * np.pi) * (1.0 - Q2 / (4.0 * 500.0**2))
    assert Vector(1e-3, 30.0, 1e-3).shape(500.0, Q2, heavy) == pytest.approx(expected, rel=1e-5, abs=0.0)


def test_scalar_flips_helicity() -> None:
    """No forward scattering of massless states: proportional to Q^2."""
    shape = Scalar(1e-6, 1e4, 1e-3).shape(500.0, np.array([1.0, 100.0]), CARBON)
    assert shape[1] / shape[0] == pytest.approx(100.0, rel=1e-3)


def test_range_of_transfer() -> None:
    """Threshold m + m^2/2M; the ends are those of two-body kinematics, where cos theta* = +-1, checked by
    invariants.
    """
    m, M = 400.0, CARBON.M
    assert upscattering.transfer_range(0.999 * (m + m**2 / (2 * M)), m, M) == (0.0, 0.0)
    E = 800.0
    low, high = upscattering.transfer_range(E, m, M)
    for Q2 in (low, high):
        E_N = E - Q2 / (2.0 * M)
        p_N = np.sqrt(E_N**2 - m**2)
        cosine = (2.0 * E * E_N - m**2 - Q2) / (2.0 * E * p_N)
        assert abs(cosine) == pytest.approx(1.0, abs=1e-6)
    assert low < m**4 / (4.0 * E**2) * 1.5  # close to the infinitely heavy nucleus


def test_form_factor() -> None:
    """1 at 0, 1 - Q^2 r^2/6 with the measured r, and the first zero where electrons see it, 1.84/fm (2 %)."""
    Q2 = np.array([1e-6, 400.0])
    F = upscattering.form_factor(Q2, CARBON)
    assert F[0] == pytest.approx(1.0, abs=1e-6)
    radius = np.sqrt(6.0 * (1.0 - F[1]) / Q2[1]) * 197.327
    assert radius == pytest.approx(2.470, abs=0.01)  # Q^4 r^4/120 of 1e-2
    Q = np.linspace(1.6, 2.1, 1000)
    zero = Q[np.argmin(np.abs(upscattering.form_factor((197.327 * Q) ** 2, CARBON)))]
    assert zero == pytest.approx(1.84, rel=0.02)


def test_width() -> None:
    """376 MeV, 2.8e-7/GeV: 2.0e-9 s."""
    assert 6.582e-22 / Dipole(376.0, 2.8e-10).width == pytest.approx(2.0e-9, rel=0.02)


def squared_amplitude(cosine: float) -> float:
    """Return SUM |M|^2 of N -> nu_L gamma for m = d = 1, spin up, the photon at an angle, by Dirac matrices."""
    pauli = [np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.array([[1, 0], [0, -1]])]
    one, zero = np.eye(2), np.zeros((2, 2))
    gamma = [np.block([[zero, one], [one, zero]])] + [np.block([[zero, s], [-s, zero]]) for s in pauli]
    lowered = [gamma[0], *(-g for g in gamma[1:])]
    sine = np.sqrt(1.0 - cosine**2)
    photon, daughter = 0.5 * np.array([1.0, sine, 0.0, cosine]), 0.5 * np.array([1.0, -sine, 0.0, -cosine])
    slash = sum(p * g for p, g in zip(daughter, lowered, strict=True))
    up = np.array([0.0, 0.0, 1.0, 0.0])  # P_R u, u = (1, 0, 1, 0)
    total = 0.0
    for polarisation in ([0.0, cosine, 0.0, -sine], [0.0, 0.0, 1.0, 0.0]):
        q, e = (sum(p * g for p, g in zip(v, lowered, strict=True)) for v in (photon, polarisation))
        state = 1j * (q @ e - e @ q) @ up  # 2 sigma^ab q_a e_b
        total += float((state.conj() @ gamma[0] @ slash @ state).real)
    return total


def test_photons_of_a_polarised_dirac_state() -> None:
    """d^2 m^3/4 pi, and 1 - cos theta for a spin along the flight, as angular momentum has it; to rounding."""
    cosines = np.array([-1.0, -0.3, 0.4, 0.9])
    assert [squared_amplitude(c) for c in cosines] == pytest.approx(4.0 * (1.0 - cosines), rel=1e-9)
    width = 4.0 / (16.0 * np.pi)  # the mean of |M|^2 over 16 pi m
    assert width == pytest.approx(Dipole(1.0, 1.0).width)


@pytest.fixture
def lewin_smith(monkeypatch) -> None:
    """Give carbon the radius of Lewin and Smith, c = 1.23 A^(1/3) - 0.6 and a = 0.52 fm, which the other code has."""
    R2 = (1.23 * 12 ** (1 / 3) - 0.6) ** 2 + 7 / 3 * np.pi**2 * 0.52**2 - 5 * 0.9**2
    monkeypatch.setattr(upscattering, "CARBON", CARBON._replace(radius=float(np.sqrt(0.6 * R2 + 3 * 0.9**2))))


@pytest.mark.usefixtures("lewin_smith")
def test_upscatters() -> None:
    """335 (dipole) and 9.1e3 (vector of arXiv:1807.09877) in the neutrino run, by other code with another flux
    table: 3 %.
    """
    assert upscattering.carbon_upscatters(Dipole(376.0, 2.8e-10)) == pytest.approx(335, rel=0.03)
    strength = np.sqrt(4 * np.pi * ALPHA) * np.sqrt(2e-10 / ALPHA) * np.sqrt(4 * np.pi * 0.25) * np.sqrt(9e-7)
    assert upscattering.carbon_upscatters(Vector(420.0, 30.0, float(strength))) == pytest.approx(9.1e3, rel=0.03)


@pytest.mark.usefixtures("lewin_smith")
@pytest.mark.parametrize(
    ("mass", "d", "neutrinos", "antineutrinos", "D", "best"),
    [(376.0, 2.8e-10, 26, 8, 3.8, 20.2), (394.0, 3.6e-10, 38, 11, 5.4, None), (469.0, 1.25e-9, 193, 53, 18.3, 21.5)],
)
def test_miniboone(mass: float, d: float, neutrinos: float, antineutrinos: float, D: float, best: float | None) -> None:
    """Photons below 1250 MeV (rounded there: 3 %), D (0.2) and the best D of any amplitude (0.2), by other code."""
    dipole = Dipole(mass, d)
    photons = upscattering.miniboone_photons(dipole, dipole.width)
    assert photons.events.reshape(2, -1)[:, :9].sum(axis=1) == pytest.approx([neutrinos, antineutrinos], rel=0.04)
    assert float(miniboone_signal.gain(photons.events)) == pytest.approx(D, abs=0.2)
    assert 0.6 < photons.forward < 0.94
    if best is not None:
        amplitudes = np.linspace(0.0, 20.0, 401)[:, None]
        assert miniboone_signal.gain(amplitudes * photons.events).max() == pytest.approx(best, abs=0.2)


def test_nothing_below_threshold() -> None:
    assert total_cross_section(Dipole(2000.0, 1e-9), 500.0) == 0.0
    assert upscattering.miniboone_photons(Dipole(6000.0, 1e-9), 1e-12).events.sum() == 0.0
    with pytest.raises(ParameterError, match="give an energy above 0"):
        total_cross_section(Dipole(1.0, 1e-9), 0.0)
