"""Potential and collision rates of a secret vector interaction, its A' as a gas: integrals of the quasi-static road.

Derived from L = e_s nubar_s gamma^mu P_L nu_s A'_mu independently of ``potentials``: piecewise-linear spectra with
exact antiderivatives, one-dimensional integrals over s. Dimensionless arguments kappa = k/T_s, mu = M/T_s.
"""

from functools import cache

import numpy as np
from scipy.interpolate import CubicSpline, RectBivariateSpline

NEUTRINO = 7 * np.pi**2 / 120  # energy density of nu + nubar of one flavour at T = 1


def fermi(x):
    return np.exp(-x) / (1 + np.exp(-x))


# --- potential of the dark sector ------------------------------------------------------------------------------------
#
# V_s(k) = (e_s^2/(4 pi^2 k)) { int dp f (2p - m ln|(p+m)/(p-m)|) + int dq (q/E) f_A (2q - m ln|(q+m-k)/(q-m+k)|) },
# m = M^2/(4k): one-loop self-energy of nu_s on shell (derived). In units of T_s: kappa = k/T_s, mu = M/T_s, w = m/T_s.

KNOTS = np.append(0.0, np.geomspace(1e-5, 50.0, 1500))  # p/T_s of the thermal integrals


def moment_weights(x, n: int):
    """Return W with sum_j W_j g_j = int dx x^n g, g linear between the knots x; n = 0, 1 exactly, else trapezoids."""
    before, after = np.append(x[0], x[:-1]), np.append(x[1:], x[-1])
    return (after - before) / 2 * ((before + x + after) / 3 if n == 1 else x**n)


def log_weights(x, c):
    """Return W with sum_j W_cj g_j = int dx g ln|(x + c)/(x - c)|, g linear between the knots x; exact."""
    u, v = x + np.asarray(c)[..., None], x - np.asarray(c)[..., None]
    log_u, log_v = np.log(np.abs(u) + 1e-300), np.log(np.abs(v) + 1e-300)
    once = u * log_u - v * log_v - (u - v)
    twice = u**2 * (log_u / 2 - 0.75) - v**2 * (log_v / 2 - 0.75)
    rise = np.diff(twice) / np.diff(x)
    W = np.zeros(u.shape)
    W[..., :-1] += rise
    W[..., 1:] -= rise
    W[..., -1] += once[..., -1]
    W[..., 0] -= once[..., 0]
    return W


def fermion_integral(w):
    """Return int dx f [2x - w ln|(x+w)/(x-w)|] at T_s = 1; moments beyond w = 100, where the difference cancels."""
    w, g = np.atleast_1d(w), fermi(KNOTS)
    near = 2 * moment_weights(KNOTS, 1) @ g - w * (log_weights(KNOTS, np.minimum(w, 100.0)) @ g)
    far = -2 * sum(moment_weights(KNOTS, 2 * n + 1) @ g / ((2 * n + 1) * w ** (2.0 * n)) for n in (1, 2, 3))
    return np.where(w < 100, near, far)


def boson_integral(kappa, mu):
    """Return int dx (x/E) f_A [2x - w ln|(x+w-kappa)/(x-w+kappa)|] at T_s = 1 for an array kappa."""
    E = np.sqrt(KNOTS**2 + mu**2)
    g = KNOTS / E / np.expm1(E)
    w = mu**2 / (4 * np.asarray(kappa))
    return 2 * moment_weights(KNOTS, 1) @ g - w * (log_weights(KNOTS, w - kappa) @ g)


@cache
def potential_tables():
    """Splines of the fermion integral times 1 + w^2 in ln w, and of the boson integral in (ln mu, ln kappa)."""
    log_w = np.linspace(np.log(1e-10), np.log(1e8), 500)
    w = np.exp(log_w)
    mu, kappa = np.geomspace(1e-3, 60, 160), np.geomspace(5e-3, 60, 160)
    boson = np.array([boson_integral(kappa, m) for m in mu])
    return CubicSpline(log_w, fermion_integral(w) * (1 + w**2)), RectBivariateSpline(np.log(mu), np.log(kappa), boson)


def thermal_potential(kappa, mu, boson: bool = True):
    """V_s/(e_s^2 T_s) of a thermal dark sector."""
    fermion, table = potential_tables()
    w = np.clip(mu**2 / (4 * kappa), 1e-10, 1e8)
    braces = fermion(np.log(w)) / (1 + w**2)
    if boson and mu < 60:
        braces = braces + table(np.log(max(mu, 1e-3)), np.log(np.clip(kappa, 5e-3, 60)), grid=False)
    return braces / (4 * np.pi**2 * kappa)


def deviation_weights(k, M):
    """Return W [MeV] with sum_j W_ij (f_s - thermal)_j = 4 pi^2 k_i/e_s^2 times what a non-thermal nu_s adds to V_s."""
    x = np.concatenate([[0.0], k, [2 * k[-1] - k[-2]]])  # constant below the first node, zero beyond the last
    m = (M**2 / (4 * k))[:, None]
    near = 2 * moment_weights(x, 1) - m * log_weights(x, np.minimum(m[:, 0], 20 * x[-1]))
    far = -2 * sum(moment_weights(x, 2 * n + 1) / ((2 * n + 1) * m ** (2 * n)) for n in (1, 2, 3))
    W = np.where(m < 20 * x[-1], near, far)
    W[:, 1] += W[:, 0]
    return W[:, 1:-1]


# --- secret collisions -----------------------------------------------------------------------------------------------


def inverse_decay(kappa, mu):
    """Gamma_ID/(e_s^2 T_s) of nu_s nubar_s <-> A', on-shell A' (derived: -2 Im of the self-energy)."""
    w = mu**2 / (4 * kappa)
    return mu**2 / (8 * np.pi * kappa**2) * (np.log1p(np.exp(-w)) - np.log1p(-np.exp(-w - kappa)))


def cross_section_parts(x):
    """Return sigma M^2/e_s^4 at s = x M^2 in three parts: regular, and the numerators of PV 1/(x-1) and of 1/(x-1)^2.

    From |M|^2 = 4 e^4 s^2 [1/(t-M^2) + 1/(u-M^2)]^2 (nu nu) and 4 e^4 u^2 |1/(t-M^2) + 1/(s-M^2)|^2 (nu nubar).
    """
    L = np.log1p(x)
    same = (2 * x / (1 + x) + 4 * L / (x + 2)) / (8 * np.pi)
    exchange = (x + 2) * x - 2 * (x + 1) * L
    interference = -2 * ((x + 1) ** 2 * L - 1.5 * x**2 - x)
    return same + exchange / (4 * np.pi * x**2), interference / (4 * np.pi * x**2), x / (12 * np.pi)


def _flux(x, w):
    """Return x ln(1 + e^(-w x)), the weight of x = s/M^2 in a thermal bath."""
    return x * np.log1p(np.exp(-w * x))


@cache
def _panels():
    """Nodes and weights in (0, 1): eight panels of 64."""
    t, w = np.polynomial.legendre.leggauss(64)
    return ((t + 1) / 16 + np.arange(8)[:, None] / 8).ravel(), np.tile(w / 16, 8)


def _collision_integral(w: float) -> float:
    """Return int dx x ln(1 + e^(-w x)) sigma(x) M^2/e_s^4 without the on-shell A': principal value, finite part."""
    t, weight = _panels()
    out = 0.0
    for low, high in ((1e-3 / (1 + w), 0.5), (1.5, max(60 / w, 2.0))):  # logarithmic in x
        x = low * (high / low) ** t
        a, b, c = cross_section_parts(x)
        out += np.log(high / low) * weight @ (x * _flux(x, w) * (a + b / (x - 1) + c / (x - 1) ** 2))
    up, down, pole = (np.array(cross_section_parts(x)) * _flux(x, w) for x in (1 + t / 2, 1 - t / 2, np.ones(1)))
    even = up[0] + down[0] + 2 * (up[1] - down[1]) / t + 4 * (up[2] + down[2] - 2 * pole[2]) / t**2
    return float(out + weight @ even / 2 - 4 * pole[2, 0])


@cache
def scattering_table():
    """Spline of ln [Gamma_sc 16 pi^2 k^2/(e_s^4 T_s M^2)] in ln w, w = M^2/(4 k T_s)."""
    log_w = np.linspace(np.log(1e-8), np.log(3e3), 300)
    return CubicSpline(log_w, np.log([_collision_integral(w) for w in np.exp(log_w)]))


def scattering(kappa, mu):
    """Gamma_sc/(e_s^4 T_s): int d3p/(2 pi)^3 f (1-cos) sigma = (T/(16 pi^2 k^2)) int ds s sigma ln(1 + e^(-s/4kT))."""
    w = mu**2 / (4 * kappa)
    full = np.exp(scattering_table()(np.log(np.clip(w, 1e-8, 3e3)))) * mu**2 / (16 * np.pi**2 * kappa**2)
    return np.where(w < 3e3, full, 7 * np.pi / 108 * kappa / mu**4)


# --- the gas of A' ------------------------------------------------------------------------------------------------


@cache
def mediator_tables():
    """Splines in ln mu of [rho_A, rho_A - 3 P_A] per T^4 and neutrino, and of ln mu in -ln[(1 + rho_A)/mu^4]."""
    log_mu = np.linspace(np.log(1e-4), np.log(100.0), 400)
    u, w = np.polynomial.legendre.leggauss(200)
    x, w = np.exp(6 * u - 2), 6 * w * np.exp(6 * u - 2)  # 3e-4 < p/T < 55
    E = np.sqrt(x**2 + np.exp(2 * log_mu[:, None]))
    n = 3 / (2 * np.pi**2) / NEUTRINO * w * x**2 / np.expm1(np.minimum(E, 500.0))
    energy, trace = (n * E).sum(1), (n / E).sum(1) * np.exp(2 * log_mu)
    table = CubicSpline(log_mu, np.stack([energy, trace], axis=1))
    return table, CubicSpline(4 * log_mu - np.log1p(energy), log_mu)


def mediator(mu: float):
    """Return rho_A and rho_A - 3 P_A of three polarisations at T_s = 1, mu = M/T_s, over the energy of one neutrino."""
    return mediator_tables()[0](np.log(max(mu, 1e-4))) if mu < 100 else np.zeros(2)


def bath_temperature(dark: float, aM: float) -> float:
    """Return a T_s of nu_s and A' in equilibrium with energy ``dark``, mu_s = 0."""
    key = 4 * np.log(aM) - np.log(dark)
    if key > 4 * np.log(99.0):  # no A' left
        return float(dark**0.25)
    return float(aM / np.exp(mediator_tables()[1](max(key, -36.0))))
