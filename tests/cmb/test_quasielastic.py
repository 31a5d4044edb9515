"""Cross sections of neutrinos on nucleons: against traces of Dirac matrices, a published fit, and heavy nucleons."""

import numpy as np
import pytest

from boltzmann.cmb import quasielastic as qe
from boltzmann.constants import G_F, M_E, M_MU

V_UD = 0.9746  # arXiv:astro-ph/0302055
CM2 = 3.8937937e-22  # 1/MeV^2

ETA = np.diag([1.0, -1.0, -1.0, -1.0])
_PAULI = [np.array(s) for s in ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]])]
GAMMA = [np.kron(np.diag([1, -1]), np.eye(2)), *(np.kron(np.array([[0, 1], [-1, 0]]), s) for s in _PAULI)]
G5 = 1j * GAMMA[0] @ GAMMA[1] @ GAMMA[2] @ GAMMA[3]
ONE = np.eye(4)


def slash(p):
    return sum(ETA[a, a] * p[a] * GAMMA[a] for a in range(4))


def sigma(a, b):
    return 0.5j * (GAMMA[a] @ GAMMA[b] - GAMMA[b] @ GAMMA[a])


def barred(vertex):
    return GAMMA[0] @ vertex.conj().T @ GAMMA[0]


def current(q, t):
    """The nucleons' p -> n: f1 gamma + g1 gamma gamma5 + i f2 sigma q/2M + g2 q gamma5/M, q = p_n - p_p."""
    M, k = qe._M, t / (4.0 * qe._M**2)
    dipole = (1.0 - t / qe.M_V_SQ) ** -2 / (1.0 - k)
    f1, f2, g1 = dipole * (1.0 - (1.0 + qe.XI) * k), dipole * qe.XI, -qe.G_A * (1.0 - t / qe.M_A_SQ) ** -2
    g2 = 2.0 * M**2 * g1 / (qe.M_PI**2 - t)
    lower = [ETA[b, b] * q[b] for b in range(4)]
    return [
        f1 * GAMMA[a] + g1 * GAMMA[a] @ G5 + 0.5j * f2 / M * sum(sigma(a, b) * lower[b] for b in range(4))
        + g2 / M * q[a] * G5
        for a in range(4)
    ]  # fmt: skip


def by_traces(E: float, cosine: float, m: float, antineutrino: bool) -> tuple[float, float, float]:
    """Return t, s - u and the product of both traces; ``E`` of a nucleon at rest, ``cosine`` where momenta cancel."""
    before, after = (qe.M_P, qe.M_N) if antineutrino else (qe.M_N, qe.M_P)
    s = before**2 + 2.0 * before * E
    k = (s - before**2) / (2.0 * np.sqrt(s))
    El = (s + m * m - after**2) / (2.0 * np.sqrt(s))
    pl = np.sqrt(El**2 - m * m)
    neutrino, nucleon = np.array([k, 0, 0, k]), np.array([np.sqrt(s) - k, 0, 0, -k])
    lepton = np.array([El, pl * np.sqrt(1 - cosine**2), 0, pl * cosine])
    other = neutrino + nucleon - lepton
    left = [g @ (ONE - G5) for g in GAMMA]
    q = other - nucleon if antineutrino else nucleon - other
    t = float(q @ ETA @ q)
    hadron = current(q, t) if antineutrino else [barred(v) for v in current(q, t)]
    # nubar: vbar(nubar) G v(l+); nu: ubar(l) G u(nu)
    charged = slash(lepton) + (-m if antineutrino else m) * ONE
    first, last = (slash(neutrino), charged) if antineutrino else (charged, slash(neutrino))
    lower = [ETA[a, a] for a in range(4)]
    total = 0.0
    for a in range(4):
        for b in range(4):
            L = np.trace(first @ left[a] @ last @ barred(left[b]))
            H = np.trace((slash(other) + after * ONE) @ hadron[a] @ (slash(nucleon) + before * ONE) @ barred(hadron[b]))
            total += lower[a] * lower[b] * L * H
    u = before**2 + after**2 + m * m - s - t
    return t, s - u, float(total.real)


@pytest.mark.parametrize("m", [M_E, M_MU])
@pytest.mark.parametrize("antineutrino", [True, False])
def test_traces_of_dirac_matrices(m: float, antineutrino: bool) -> None:
    """|M|^2 of either reaction: G_F^2/2 by traces, 1/2 of spins and 1/(16 pi) are 1/32 of G_F^2/(2 pi)."""
    for E in (125.0, 300.0):
        for cosine in (-0.7, 0.4, 0.9):
            t, apart, traced = by_traces(E, cosine, m, antineutrino)
            A, B, C = qe._structure(np.array(t), m)
            assert A + apart * (-B if antineutrino else B) + apart**2 * C == pytest.approx(traced / 32.0, rel=1e-6)


def test_a_published_fit_of_antineutrinos() -> None:
    """arXiv:astro-ph/0302055 eq. 25, per mille below 300 MeV; it has radiative corrections, added here as there.

    Their g_A is 1.270, which is 0.4% in the cross section; 1% in all.
    """
    for E in (5.0, 10.0, 30.0, 60.0, 100.0, 150.0):
        e = E - (qe.M_N - qe.M_P)
        L = np.log(E)
        fit = 1e-43 * np.sqrt(e**2 - M_E**2) * e * E ** (-0.07056 + 0.02018 * L - 0.001953 * L**3)
        ours = float(qe.section(np.array([E]), M_E, True)[0]) * G_F**2 * V_UD**2 * (1 + 3 * qe.G_A**2) / np.pi * CM2
        loops = 1.0 + (6.0 + 1.5 * np.log(qe.M_P / (2.0 * e)) + 1.2 * (M_E / e) ** 1.5) / 137.036 / np.pi
        assert ours * loops == pytest.approx(fit, rel=0.01)


def heavier(monkeypatch: pytest.MonkeyPatch, scale: float) -> None:
    """Make nucleons heavier, as far apart as they are, and their form factors wider."""
    proton, delta = qe.M_P * scale, qe.M_N - qe.M_P
    for name, value in {"M_P": proton, "M_N": proton + delta, "_M": proton + 0.5 * delta}.items():
        monkeypatch.setattr(qe, name, value)
    for name in ("M_V_SQ", "M_A_SQ"):
        monkeypatch.setattr(qe, name, getattr(qe, name) * scale**2)


@pytest.mark.parametrize("antineutrino", [True, False])
def test_heavy_nucleons(monkeypatch: pytest.MonkeyPatch, antineutrino: bool) -> None:
    """p_e E_e, to 1e-5 E/M; the table is `section`."""
    E = np.array([3.0, 10.0, 40.0])
    ratio = qe.section(E, M_E, antineutrino) / qe.heavy(E, antineutrino)
    assert qe.over_heavy(E, antineutrino) == pytest.approx(ratio, rel=1e-5)
    heavier(monkeypatch, 1e4)
    assert qe.section(E, M_E, antineutrino) == pytest.approx(qe.heavy(E, antineutrino), rel=1e-4)


@pytest.mark.parametrize("antineutrino", [True, False])
def test_first_order_of_recoil(monkeypatch: pytest.MonkeyPatch, antineutrino: bool) -> None:
    """[-(2 + 10 g^2) -+ 4 g (1 + xi)]/(1 + 3 g^2) E/M of nubar_e, nu_e: -7.2 and 1.0; -7.1, 1.1 in astro-ph/0109209.

    Derived: massless leptons, t from -4 E^2 (1 - 2E/M) to 0, s - u = 4ME + t, A = M^2 (1 - g^2) t, B = -g (1 + xi) t,
    C = (1 + g^2)/4. Here second orders, 20 (E/M)^2, are 0.02, and Delta/E = 1e-3 is 0.01.
    """
    heavier(monkeypatch, 1000.0)
    E, g = np.array([940.0]), qe.G_A
    sign = -1.0 if antineutrino else 1.0
    slope = (-(2.0 + 10.0 * g**2) + sign * 4.0 * g * (1.0 + qe.XI)) / (1.0 + 3.0 * g**2)
    found = (qe.section(E, M_E, antineutrino) / qe.heavy(E, antineutrino) - 1.0) * qe._M / E
    assert found == pytest.approx(slope, abs=0.03)


def test_muons_open() -> None:
    """nu_mu n at 110.2 MeV, nubar_mu p at 113.0; the table is that of `section`; without recoil like p_mu E_mu."""
    for antineutrino, threshold in ((False, 110.2), (True, 113.0)):
        E = np.array([threshold - 0.1, threshold + 0.2, 150.0, 240.0])
        found = qe.of_muons(E, antineutrino)
        assert found[0] == 0.0
        assert found[1] > 0.0
        assert found == pytest.approx(qe.section(E, M_MU, antineutrino), rel=1e-3)
