"""Decays and inverse decays: rates against integrals of the matrix element, detailed balance, limits, laboratory."""

import numpy as np
import pytest
from scipy.integrate import quad

from boltzmann import lab
from boltzmann.constants import EV, M_E
from boltzmann.dark.decay import decay_rates, decay_tables, gaps, heavy_integral, light_integral, rest_frame_rates
from boltzmann.dark.mediator import Mediator
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.parameters import Mixing
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from boltzmann.units import to_natural

MIXING = Mixing(dm2_41="1 eV2", Umu4_sq=1e-3)
MASSES = np.asarray(to_natural(MIXING.masses, 1))
PHI = SecretPseudoscalar(3e-6, "1e-9 eV").mediator()


def mediator(mass: float = 1e-15, g: float = 3e-6) -> Mediator:
    """Return a boson of some mass [MeV] without thermal mass."""
    return PHI._replace(mass=mass, decay=g**2, debye=0.0)


def rates(T: float, y: float, eta: float = 0.0, V: float = 0.0, boson: float = 1e-15) -> np.ndarray:
    """Return the rates at T_s [MeV] and the momentum y T_s."""
    out = np.empty(4)
    tables = decay_tables((mediator(boson),), MIXING.U, MASSES)
    decay_rates(M_E / T, 0.0, eta, y, float(np.hypot(y, MASSES[3] / T)), V, tables, out)
    return out


def bose(E: float) -> float:
    return 1.0 / np.expm1(E)


@pytest.mark.parametrize(("least", "kappa", "eta"), [(1e-4, 3.0, 0.0), (0.7, 0.4, -1.0), (6.0, 10.0, -3.0)])
def test_integrals_against_quadrature(least: float, kappa: float, eta: float) -> None:
    def gained(q: float) -> float:
        return float(np.exp(eta) * bose(q) + fermi_dirac(kappa + q - eta))

    expected = quad(gained, least, least + 60, limit=300, points=[least + 1])[0]
    assert light_integral(kappa, least, eta) == pytest.approx(expected, rel=1e-7)  # quad's own accuracy
    E, share = np.hypot(kappa, 1.3), 0.8
    low, high = 0.5 * share * (E - kappa), 0.5 * share * (E + kappa)

    def lost(e: float) -> float:
        boson = float(np.exp(eta) * bose(E - e)) if E - e > least else 0.0
        return float(1.0 - fermi_dirac(np.array(e))) + boson

    edge = [e for e in (E - least,) if low < e < high]
    expected = quad(lost, low, high, limit=300, points=edge or None)[0]
    assert heavy_integral(E, kappa, share, least, eta) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("boson", [1e-9, 0.5])
def test_inverse_decay_against_the_matrix_element(boson: float) -> None:
    # Gamma = (1/2p) int d3q/[(2 pi)^3 2 E] f_phi g^2 U^2 D 2 pi delta(2 p E - 2 p q c - D), over angles first, in eV
    T, y, k = 2.0, 1.5, 2
    p, mass = y * T, boson
    D = gaps(MASSES, mass * EV)[k] / EV**2
    U2 = float(np.abs(MIXING.U[3, 3] * MIXING.U[3, k]) ** 2)

    def over_energy(q: float) -> float:
        E = np.hypot(q, mass)
        cos = (2.0 * p * E - D) / (2.0 * p * q)
        occupied = bose(E / T) + float(fermi_dirac(np.array((p + E) / T)))
        return q**2 / (2.0 * E) * occupied / (2.0 * p * q) if abs(cos) <= 1.0 else 0.0

    least = D / (4.0 * p) + p * mass**2 / D
    start = np.sqrt(max(least**2 - mass**2, 0.0))
    total = sum(quad(over_energy, a * 1.0000001, b, limit=400)[0] for a, b in ((start, start + 1), (start + 1, 90.0)))
    expected = PHI.decay * U2 * D / (2.0 * p) / (4.0 * np.pi**2) * 2.0 * np.pi * total
    # the edge of the integrand is met to 1e-6
    assert rates(T * EV, y, boson=mass * EV)[k] / EV == pytest.approx(expected, rel=1e-5, abs=0.0)


def test_detailed_balance() -> None:
    # f_4 (1 - f_k)(1 + f_phi) = f_k f_phi (1 - f_4) where mu_4 = mu_k + mu_phi: then what nu_k takes and gives balance,
    # and f_4 (1 + f_phi)/(f_phi + f_4) is the occupation that nu_k relaxes to
    p, q, mu_phi, mu_k = 0.7, 1.9, -0.3, 0.0
    f_4, f_k = (float(fermi_dirac(np.array(v))) for v in (p + q - mu_phi - mu_k, p - mu_k))
    f_phi = bose(q - mu_phi)
    assert f_4 * (1 - f_k) * (1 + f_phi) == pytest.approx(f_k * f_phi * (1 - f_4), rel=1e-13)
    assert f_4 * (1 + f_phi) / (f_phi + f_4) == pytest.approx(f_k, rel=1e-13)


@pytest.mark.parametrize(("T", "within"), [(0.1, 0.01), (0.3, 3e-3), (1.0, 2e-3), (1e2, 1e-3)])  # of the bath over m_4
def test_both_directions_are_as_frequent(T: float, within: float) -> None:
    # In equilibrium int d3p Gamma_k (1 - f_k) f_k counts the reactions of nu_k, int d3p Gamma_4 (1 - f_4) f_4 those of
    # nu_4: relaxing parts of the same reactions. (f (1 - f) Gamma is the rate of gain in equilibrium, by detailed
    # balance.) Sum over k. 1e-3: steps of the sum over momenta; colder, m_k of up to 0.05 m_4, which is in D but not in
    # the energy of nu_k, counts as exp(m_k^2/m_4 T): 6e-4, 2e-3, 6e-3 at 1, 0.3, 0.1 m_4.
    grid = np.geomspace(1e-4, 50.0, 4000)
    ln, total = np.log(grid), np.zeros(2)
    for_k, for_4 = np.zeros(grid.size), np.zeros(grid.size)
    t = T * MASSES[3]
    for i, y in enumerate(grid):
        found = rates(t, float(y))
        E = np.hypot(y, MASSES[3] / t)
        f, f_4 = fermi_dirac(np.array(y)), fermi_dirac(np.array(E))
        for_k[i] = y**3 * found[:3].sum() * f * (1 - f)
        for_4[i] = y**3 * found[3] * f_4 * (1 - f_4)
    total = np.trapezoid(for_k, ln), np.trapezoid(for_4, ln)
    assert total[0] == pytest.approx(total[1], rel=within, abs=0.0)


def test_at_rest_and_in_the_laboratory() -> None:
    found = rest_frame_rates(mediator(), MIXING.U, MASSES)
    # cold and without a bath: Gamma_4 -> SUM Gamma_0k; blocking by f_k(m_4/2) is e^-500
    assert rates(1e-3 * MASSES[3], 1e-3)[3] == pytest.approx(found.sum(), rel=1e-5, abs=0.0)  # <1/gamma> of y = 1e-3
    # the laboratory has g^2 m_4/16 pi with the coupling of the vertex; m_k^2/m_4^2 is up to 2.5e-3
    coupling = 3e-6 * np.abs(MIXING.U[3, 3] * MIXING.U[3, :3])
    expected = [float(lab.decay.rest_frame_rate(g, MIXING.m4)) for g in coupling]
    assert found / EV == pytest.approx(expected, rel=3e-3, abs=0.0)


def test_closed_where_the_boson_or_a_daughter_is_heavier() -> None:
    assert rest_frame_rates(mediator(1.1 * MASSES[3]), MIXING.U, MASSES) == pytest.approx(0.0)
    assert not decay_tables((mediator(1.1 * MASSES[3]),), MIXING.U, MASSES).strength.size
    inverted = Mixing(dm2_41="-1 eV2", Umu4_sq=1e-3)  # nu_4 is the lightest
    assert not decay_tables((mediator(),), inverted.U, np.asarray(to_natural(inverted.masses, 1))).strength.size
    # phase space (1 - r)^2
    half = rest_frame_rates(mediator(np.sqrt(0.5) * MASSES[3]), MIXING.U, MASSES)
    assert half / rest_frame_rates(mediator(), MIXING.U, MASSES) == pytest.approx(0.25, rel=3e-3)  # m_k^2/m_4^2


def test_vertex_of_each_interaction() -> None:
    assert SecretPseudoscalar(1e-5, couplings="mass-diagonal").mediator().decay == 0.0
    assert SecretPseudoscalar(1e-5).mediator().decay == pytest.approx(1e-10)
    # nu_4 -> nu_k A' is closed for M > m_4, which is where the vector is allowed (boltzmann.solver.checks)
    assert SecretVector(1e-2, "10 MeV").mediator().decay == 0.0


def test_a_potential_closes_inverse_decays() -> None:
    # |U_sk|^2 is smaller by (D/(D + 2 p V))^2
    T, y = 1e3 * MASSES[3], 2.0
    V = 3.0 * MASSES[3] ** 2 / (2.0 * y * T)
    assert rates(T, y, V=V) / rates(T, y) == pytest.approx(1.0 / 16.0, rel=6e-3)  # D = m_4^2 to 2.5e-3
