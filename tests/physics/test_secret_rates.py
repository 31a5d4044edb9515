"""Rates and potentials of secret interactions in a bath: averages, resonance, detailed balance, limits."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import zeta

from boltzmann.dark.loops import boson_loop, fermion_loop
from boltzmann.dark.mediator import LOG_MU, LOG_Q, Mediator
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from boltzmann.potentials.secret_vector import annihilation
from boltzmann.units import Quantity
from tests.secret import published_like, published_unlike

MEV = Quantity(1.0, "MeV")


def contact_rate(mediator: Mediator, row: int) -> float:
    """Gamma M^4/(k T_s^4) at q << 1 from the table, Gamma = (T/kappa) q^2 table, q = 4 k T/M^2."""
    return 16.0 * float(mediator.scattering[row, 0])


def test_contact_limit() -> None:
    """(7 pi/108) e_s^4 k T^4/M^4, of which nu nu 7 pi/180 and nu nubar 7 pi/270; thermal average 0.642."""
    e4 = 1e-4**4
    rate = contact_rate(SecretVector(1e-4, "1 GeV").mediator(), 0) / e4
    # 1e-7: q = 1e-12 at the table's end, rounding of sums over 700 nodes
    assert rate == pytest.approx(7 * np.pi / 108, rel=1e-7)
    assert rate == pytest.approx(0.20362, abs=5e-6)
    assert 7 * np.pi / 180 + 7 * np.pi / 270 == pytest.approx(7 * np.pi / 108, rel=1e-14)
    # parts: sigma = c s/M^4 gives Gamma = (c/(16 pi^2)) (64/3) k T^4 (7 pi^4/120); 1e-3: s = 1e-3 has corrections O(s)
    part = 64 / 3 / (16 * np.pi**2) * 7 * np.pi**4 / 120
    assert part * published_like(1e-3) / 1e-3 == pytest.approx(7 * np.pi / 180, rel=2e-3)
    assert part * published_unlike(1e-3, 0.0) / 1e-3 == pytest.approx(7 * np.pi / 270, rel=3e-3)
    mean = 7 * np.pi**4 / (180 * zeta(3))  # <k>/T
    assert rate * mean == pytest.approx(0.642, abs=5e-4)
    # viscosity-weighted: nu nu is isotropic; nu nubar has 6 int x (1 - x)^3 = 3/10 instead of int (1 - x)^2 = 1/3
    weighted = contact_rate(SecretVector(1e-4, "1 GeV").mediator(), 1) / e4
    assert weighted == pytest.approx(7 * np.pi / 180 + 0.9 * 7 * np.pi / 270, rel=1e-7)


def test_light_mediator_is_cut_at_the_debye_mass() -> None:
    """Density times sigma = e_s^4/(4 pi M_T^2), nu nu and nu nubar, M_T^2 = e_s^2 T^2/6: 9 zeta(3)/(4 pi^3)."""
    vector = SecretVector(1e-2, "1 eV")
    rate = vector.scattering_rate(3.15 * MEV, MEV) / vector.e_s**2
    expected = 9 * zeta(3) / (4 * np.pi**3)
    # 1e-4: corrections ln(q)/q with q = 7e5, and M^2 = 1e-12 against e^2 T^2/6 = 2e-5
    assert rate.to_value("MeV") == pytest.approx(expected, rel=1e-4)
    assert expected == pytest.approx(0.087, abs=5e-4)


def thermal_average(q: float, s_sigma: Callable[[float], float], points: list[float]) -> float:
    """Psi by adaptive quadrature over s; F(s/q) = ln(1 + e^(-s/q))."""
    limits = [0.0, *points, 60.0 * q]
    integrand = lambda s: s_sigma(s) * np.log1p(np.exp(-s / q))  # noqa: E731
    pieces = itertools.pairwise(limits)
    return sum(quad(integrand, a, b, epsabs=0, epsrel=1e-9, limit=400)[0] for a, b in pieces)


@pytest.mark.parametrize("e_s", [0.1, 0.3, 1.0])
@pytest.mark.parametrize("index", [225, 240, 266])
def test_breit_wigner_rate(index: int, e_s: float) -> None:
    """Without A' as a species: the published cross section with its width, by adaptive quadrature."""
    q, width = float(np.exp(LOG_Q[index])), e_s**2 / (24 * np.pi)
    s_sigma = lambda s: s * (published_like(s) + published_unlike(s, width))  # noqa: E731
    near = [0.02, 1 - 100 * width, 1 - 5 * width, 1.0, 1 + 5 * width, 1 + 100 * width]
    psi = thermal_average(q, s_sigma, [s for s in near if 0.02 <= s < 60 * q])
    table = SecretVector(e_s, "1 MeV", mediator_in_equilibrium=False).mediator().scattering[0, index]
    ratio = table * 4 * np.pi**2 * q**3 / ((1 + q) * e_s**4 * psi)
    # the table omits width pi/2 (s^2 F)'' next to (pi/width) s^2 F: width^2 (2 + 4/q + 1/q^2)/2, doubled for the rest
    assert ratio == pytest.approx(1.0, rel=max(width**2 * (2 + 4 / q + 1 / q**2), 1e-7))


@pytest.mark.parametrize("index", [220, 235, 240, 260])
def test_finite_part_of_the_resonance(index: int) -> None:
    """With A' as a species: the delta function omitted. Finite part and principal value by Taylor subtraction."""
    q = float(np.exp(LOG_Q[index]))
    tail = lambda s: np.log1p(np.exp(-s / q))  # noqa: E731
    # s sigma = A + B/(s - 1) + C/(s - 1)^2 with C = s^2/(12 pi); FP int C F/(s - 1)^2 = PV int (C F)'/(s - 1)
    smooth = lambda s: s * published_like(s) + ((s + 1) * s - 2 * (s + 1) * np.log1p(s) + s) / (4 * np.pi * s)  # noqa: E731

    def simple(s: float) -> float:  # B F + (C F)', with the series of (s + 1)^2 ln(1 + s) - (3/2) s^2 - s over s
        bracket = sum(2 * (-s) ** (n - 1) / (n * (n - 1) * (n - 2)) for n in range(3, 9))
        if s > 0.02:
            bracket = ((s + 1) ** 2 * np.log1p(s) - 1.5 * s**2 - s) / s
        B = -2 * bracket / (4 * np.pi)
        slope = 2 * s * tail(s) - s**2 / q / (np.exp(s / q) + 1)
        return B * tail(s) + slope / (12 * np.pi)

    end = max(60 * q, 3.0)
    tight = {"epsabs": 1e-13, "epsrel": 1e-10}
    regular = sum(quad(lambda s: smooth(s) * tail(s), a, b, **tight)[0] for a, b in ((3e-4, 1), (1, end)))
    cauchy = quad(simple, 0.0, 2.0, weight="cauchy", wvar=1.0, **tight)[0]
    rest = quad(lambda s: simple(s) / (s - 1), 2.0, end, **tight)[0]
    table = SecretVector(1.0, "1 MeV").mediator().scattering[0, index] * 4 * np.pi**2 * q**3 / (1 + q)
    # 1e-6: the regular part below s = 3e-4, where the closed form cancels, is left out: (s/q)^3 = 3e-8 at q = 0.1
    assert table == pytest.approx(regular + cauchy + rest, rel=1e-6)


@pytest.mark.parametrize("row", [0, 1])
def test_the_resonance_is_counted_once(row: int) -> None:
    """Breit-Wigner scattering is scattering without pole plus inverse decays (without stimulated emission)."""
    e_s, q = 1e-2, np.exp(LOG_Q)
    with_pole = SecretVector(e_s, "1 MeV", mediator_in_equilibrium=False).mediator().scattering[row]
    without = SecretVector(e_s, "1 MeV").mediator()
    # Gamma_ID kappa/T = e_s^2 ln(1 + e^(-1/q))/(2 pi q), as a table times (1 + q)/q^2; weighted: times 0.9
    decays = without.width * np.log1p(np.exp(-1 / q)) / (2 * np.pi * q) * (1 + q) / q**2 * (0.9 if row else 1.0)
    resolved = q > 0.05  # beyond, the tail is continued as a power
    np.testing.assert_allclose((without.scattering[row] + decays)[resolved], with_pole[resolved], rtol=1e-12)


@pytest.mark.parametrize("interaction", [SecretVector, SecretPseudoscalar])
@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize("e_s", [1e-6, 1e-3, 1.0])
def test_rates_are_positive_between_the_nodes_too(interaction: type, present: bool, e_s: float) -> None:
    secret = interaction(e_s, mediator_mass="1 eV", mediator_in_equilibrium=present)
    mediator = secret.mediator()
    assert np.all(mediator.scattering > 0.0)
    T = Quantity(np.exp(np.linspace(np.log(1e-6), np.log(1e3), 20_000)), "eV")
    for relaxation in (False, True):
        assert np.all(secret.scattering_rate(3 * T, T, relaxation).value >= 0.0)


def test_rate_scale_multiplies_all_rates_and_not_the_potential() -> None:
    one, three = (SecretVector(0.01, "1 MeV", secret_rate_factor=scale) for scale in (1.0, 3.0))
    k, T = 2.0 * MEV, MEV
    assert three.potential(k, T) == one.potential(k, T)
    for rate in ("inverse_decay_rate", "scattering_rate"):
        assert (getattr(three, rate)(k, T) / getattr(one, rate)(k, T)).value == pytest.approx(3.0, rel=1e-14)
    assert (three.number_changing_rate(T) / one.number_changing_rate(T)).value == pytest.approx(3.0, rel=1e-14)


@pytest.mark.parametrize(("ratio", "expected"), [(1.0, 2.785e-3), (5.0, 1.351e-2)])
def test_inverse_decay_numbers(ratio: float, expected: float) -> None:
    """physics.md 8.2, at k = 3.15 T_s; e_s small enough for the Debye mass to be nothing."""
    vector = SecretVector(1e-4, ratio * MEV)
    rate = vector.inverse_decay_rate(3.15 * MEV, MEV).to_value("MeV") / 1e-8
    assert rate == pytest.approx(expected, rel=3e-4)  # four digits quoted


def self_energy(k: float, M: float) -> complex:
    """One-loop V_s - (i/2) Gamma at T_s = 1 and e_s = 1 from the covariant form, with M^2 + i 0.

    int d3p/(2 pi)^3 (k.p/(k E)) f [1/(2 k.p + M^2) + 1/(2 k.p - M^2 - i 0)], and the same for A'; the integral over
    X = 2 k.p, from 2 k (E - p) to 2 k (E + p), by hand.
    """
    step = 2e-4
    p = (np.arange(250_000) + 0.5) * step  # to 50 T
    total = 0j
    for mass, occupation in ((0.0, fermi_dirac), (M, lambda E: 1 / np.expm1(E))):
        E = np.hypot(p, mass)
        low, high = 2 * k * mass**2 / (E + p), 2 * k * (E + p)
        for b in (M**2, -(M**2) - 1e-12j):  # int dX X/(X + b)
            angle = high - low - b * (np.log(high + b) - np.log(low + b))
            total += step * np.sum(p * occupation(E) / E * angle) / (16 * np.pi**2 * k**2)
    return complex(total)


@pytest.mark.parametrize(("k", "M"), [(3.15, 1.0), (1.0, 2.0), (3.15, 5.0)])
def test_inverse_decay_rate_is_the_imaginary_part_of_the_potential(k: float, M: float) -> None:
    vector, value = SecretVector(1e-4, M * MEV), self_energy(k, M)
    # the imaginary part sets in with a step in p, located to half of the spacing 2e-4 T: at most 1e-4 T f of ~ T f
    assert vector.inverse_decay_rate(k * MEV, MEV).value / 1e-8 == pytest.approx(2 * abs(value.imag), rel=3e-4)
    # log singularities and the quadratic error of midpoints
    assert vector.potential(k * MEV, MEV).value / 1e-8 == pytest.approx(value.real, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(("interaction", "polarisations"), [(SecretVector, 3), (SecretPseudoscalar, 1)])
@pytest.mark.parametrize("M", [0.5, 3.0])
def test_as_many_decays_as_inverse_decays_in_equilibrium(interaction: type, polarisations: int, M: float) -> None:
    """Gains of nu_s by inverse decays, blocked, against decays counted from A': each gives one nu of either helicity.

    Loss = gain means dN/dt = int d3k/(2 pi)^3 f (1 - f) Gamma_ID, for d f/dt = Gamma (f_eq - f) with gain = Gamma f_eq
    unblocked by 1 - f. Decays: g int d3q/(2 pi)^3 f_A (M/E) width (1/q) int dk (1 - f(k)) (1 - f(E - k)).
    """
    g = 1e-4
    T = (1.0 if polarisations == 3 else 1e-7) * MEV  # pseudoscalars must be light
    secret = interaction(g, mediator_mass=M * T)
    width = g**2 * M / ((24 if polarisations == 3 else 16) * np.pi)
    k = np.exp(np.linspace(np.log(1e-4), np.log(60.0), 4001))
    rate = (secret.inverse_decay_rate(k * T, T) / T).to_value("")
    f = fermi_dirac(k)
    inverse = np.trapezoid(k**3 * f * (1 - f) * rate, np.log(k)) / (2 * np.pi**2)

    def decays(q: float) -> float:
        E = np.hypot(q, M)
        x, w = np.polynomial.legendre.leggauss(40)
        blocked = np.sum(0.5 * w * (1 - fermi_dirac((E + q * x) / 2)) * (1 - fermi_dirac((E - q * x) / 2)))
        return q**2 / (2 * np.pi**2) / np.expm1(E) * M / E * width * blocked

    # 1e-4: trapezoidal rule over 4001 points (2.5e-5); Debye mass g^2/6
    assert inverse == pytest.approx(polarisations * quad(decays, 0, 60, epsrel=1e-9)[0], rel=1e-4, abs=0.0)


@pytest.mark.parametrize("index", [0, 120, 166, 200, 240])
def test_number_changing_table(index: int) -> None:
    """The integral int d3p1 d3p2/(2 pi)^6 e^(-E1 - E2) (1 - cos) sigma, as an integral over E1 + E2 and s.

    d3p1 d3p2 (1 - cos)/(2 pi)^6 -> (1/(32 pi^4)) dp1 dp2 s ds, 0 < s < 4 p1 p2; then over p1 - p2 at fixed sum P:
    sqrt(P^2 - s).
    """
    mu = float(np.exp(LOG_MU[index]))

    def inner(s: float) -> float:  # int dP e^(2 mu - P) sqrt(P^2 - s), P = sqrt(s) + x^2
        root = np.sqrt(s)
        x, w = np.polynomial.legendre.leggauss(80)
        x, w = 3.4 * (1 + x), 3.4 * w
        return float(np.sum(w * 2 * x * np.exp(2 * mu - root - x**2) * x * np.sqrt(2 * root + x**2)))

    def integrand(r: float) -> float:  # s = 4 mu^2 + r^2
        s = 4 * mu**2 + r**2
        return 2 * r * float(annihilation(np.array(s / mu**2))) * inner(s)

    end = np.sqrt(160 * mu + 1600)  # sqrt(s) = 2 mu + 40
    limits = [0.0, min(mu, 0.1), 3.0, end] if mu < 3 else [0.0, np.sqrt(mu), 4 * np.sqrt(mu), end]
    value = sum(quad(integrand, a, b, epsrel=1e-8)[0] for a, b in itertools.pairwise(limits))
    vector = SecretVector(1.0, "1 MeV")
    # 1e-5: both quadratures (K_1 comes out of `inner`)
    assert vector.mediator().number_changing[index] == pytest.approx(value / (32 * np.pi**4), rel=1e-5)


def test_pseudoscalar_rate_to_leading_logarithm() -> None:
    """(g^4 T^2/(64 pi^3 k)) {(pi^2/12) (L - 3) + (pi^2/6) (L + 3/2) + (pi^2/12) 6}, L = <ln(s/m^2)>.

    s sigma = (g^4/(16 pi)) {L - 2, L + 5/2} for a sharp cut |u| > m^2; int dy y/(y + m^2)^2 has L - 1 instead of L.
    """
    g, kappa = 1e-5, 3.15
    # int dp f int ds ln(s): <ln(4 k p)> - 1 over the weights p f; m_c^2 = g^2/8
    x = np.linspace(1e-6, 60, 400_001)
    total = 0.0
    for f, constant, norm in ((fermi_dirac(x), -3 + 6, np.pi**2 / 12), (1 / np.expm1(x), 1.5, np.pi**2 / 6)):
        L = np.trapezoid(x * f * np.log(4 * kappa * x * 8 / g**2), x) / norm - 1
        total += norm * (L + constant)
    expected = total / (64 * np.pi**3 * kappa)
    rate = SecretPseudoscalar(g).scattering_rate(kappa * MEV, MEV).to_value("MeV") / g**4
    assert rate == pytest.approx(expected, rel=1e-4)  # interpolation, and x^2 ln x below the first point
    assert 5e-3 / 4 < rate < 5e-3 * 4  # the estimate of physics.md sec. 9


def test_pseudoscalar_potential_and_start_of_equilibration() -> None:
    secret = SecretPseudoscalar(1e-5)
    potential = secret.potential(3.15 * MEV, MEV).to_value("MeV")
    assert potential == pytest.approx(1e-10 / (16 * 3.15), rel=1e-6, abs=0.0)  # m_phi/T = 1e-9
    paper = SecretPseudoscalar(1e-5, normalisation="paper").potential(3.15 * MEV, MEV).to_value("MeV")
    assert paper == pytest.approx(potential / 2, rel=1e-14, abs=0.0)
    # Gamma(T_s = 0.465 T) = H with g* = 10.75 at T ~ 0.1 MeV, as estimated (factor 3)
    rate = secret.scattering_rate(3.15 * 0.465 * MEV, 0.465 * MEV).to_value("MeV")
    T = rate * 1.22089e22 / (1.66 * np.sqrt(10.75))  # both linear and quadratic in T, at 1 MeV
    assert 0.03 < T < 0.3


def test_fermion_and_boson_parts_of_the_potential() -> None:
    """Without A' in the bath only its own background acts on nu_s: e_s^2 T^2/(24 k) instead of /8 (light A')."""
    full = SecretVector(0.01, "10 eV").potential(2 * MEV, MEV).value / 1e-4
    alone = SecretVector(0.01, "10 eV", mediator_in_equilibrium=False).potential(2 * MEV, MEV).value / 1e-4
    assert full == pytest.approx(1 / 16, rel=1e-4)  # corrections linear in M/T = 1e-5
    assert alone == pytest.approx(1 / 48, rel=1e-4)
    kappa, mu = np.array(2.0), np.array(3.0)
    parts = fermion_loop(mu**2 / (4 * kappa)) + boson_loop(kappa, mu)
    value = SecretVector(0.01, "3 MeV").potential(2 * MEV, MEV).value
    assert value == pytest.approx(1e-4 / (4 * np.pi**2 * 2) * float(parts), rel=1e-12)
