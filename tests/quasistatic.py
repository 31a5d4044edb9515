"""A second road to the secret vector interaction: momentum by momentum, but without coherences.

One active flavour mixes with nu_s; the coherence is stationary, so that populations follow

    d f_s/dt = c (f_a - f_s) + Gamma_s [f_FD(T_s) - f_s],     d f_a/dt = c (f_s - f_a) + R_a [f_FD(T_gamma) - f_a],
    c = (1/2) D V_x^2/(D^2 + V_z^2 + V_x^2),     D = (R_a + Gamma_s)/2

(derived: the fast coherence of the 1+1 Bloch equations eliminated). T_s is the temperature at which nu_s and A' in
equilibrium have the energy of the dark sector, which is followed on its own. Nothing here comes from the kernels or
from ``potentials``.

Units are MeV, a T_gamma = 1 long before e+- annihilation; y = k a. Energies inside are a^4 rho.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

from boltzmann.constants import EV, G_F, M_E, M_PLANCK, M_W, M_Z, SIN2_THETA_W
from tests.quasistatic_rates import (
    NEUTRINO,
    bath_temperature,
    deviation_weights,
    fermi,
    inverse_decay,
    mediator,
    scattering,
    thermal_potential,
)

PLASMA = 11 * np.pi**2 / 60  # the same of photons and massless e+-
T_REFILL = 1.345  # MeV: weak collisions refill the actives above, not below
T_END = 0.018  # MeV
CAP = 1e4  # rates of populations, in units of H, beyond which they are as good as instantaneous


@dataclass(frozen=True)
class Point:
    """A secret vector interaction e_s nubar_s gamma^mu P_L nu_s A'_mu and the mixing of nu_s with one flavour."""

    e_s: float
    M: float  # mass of A' [MeV]
    dm2: float = 1.0  # [eV^2]
    theta_0: float = 0.1  # vacuum mixing angle
    flavour: str = "mu"  # or "e"
    xi: float = 0.465  # T_s/T_gamma at T = max(100 MeV, 10 M)
    boson: bool = True  # False: no A' background in V_s
    decoherence: bool = True  # False: no secret collisions in D, "V only"

    @property
    def T_start(self) -> float:
        return max(100.0, 10 * self.M)


@dataclass(frozen=True)
class Result:
    """History; energies are a^4 rho over that of one neutrino with a T = 1: expansion of massless states keeps them."""

    T_gamma: np.ndarray  # [MeV]
    z: np.ndarray  # a T_gamma
    dark: np.ndarray  # nu_s and A'
    mediator: np.ndarray  # A' alone
    actives: np.ndarray  # all three
    trace: np.ndarray  # rho - 3 P of A': d(total)/d(ln a) without weak collisions
    T_s: np.ndarray  # [MeV]
    y: np.ndarray
    f_a: np.ndarray  # (time, y)
    f_s: np.ndarray
    T_equilibrium: float  # T_gamma [MeV] where nu_s reach half the number of nu_a; nan: never

    ENERGIES = ("dark", "mediator", "actives", "total")

    @property
    def total(self) -> np.ndarray:
        return self.actives + self.dark

    @property
    def ratio(self) -> np.ndarray:
        """T_s/T_gamma."""
        return self.T_s / self.T_gamma

    def at(self, T: float) -> dict[str, float]:
        """Energies in units of one neutrino of temperature T_gamma = T [MeV], for T < 0.1 of (4/11)^(1/3) T; T_s/T."""
        values = {name: float(np.interp(-T, -self.T_gamma, getattr(self, name))) for name in self.ENERGIES}
        unit = np.interp(-T, -self.T_gamma, self.z) ** 4 * ((4 / 11) ** (4 / 3) if T < 0.1 else 1.0)
        ratio = float(np.interp(-T, -self.T_gamma, self.ratio))
        return {name: float(value / unit) for name, value in values.items()} | {"ratio": ratio}


# --- momenta and plasma ----------------------------------------------------------------------------------------------


@cache
def momenta(n: int = 48, y_max: float = 22.0):
    """Gauss-Legendre nodes y; weights of (1/pi^2) int dy y^3, the energy of nu + nubar, over that of one neutrino."""
    u, w = np.polynomial.legendre.leggauss(n)
    y = y_max * (u + 1) / 2
    return y, w * y_max / 2 * y**3 / np.pi**2 / NEUTRINO


@cache
def plasma():
    """Splines in ln a of [ln T_gamma, z, energy / T^4, enthalpy of e+- / T^4], and of ln a in -ln T_gamma."""
    log_T = np.linspace(np.log(3000.0), np.log(0.5 * T_END), 2500)
    u, w = np.polynomial.legendre.leggauss(120)
    u, w = 25 * (u + 1), 25 * w  # p/T up to 50
    E = np.sqrt(u**2 + (M_E * np.exp(-log_T[:, None])) ** 2)
    energy = 2 / np.pi**2 * (w * u**2 * E * fermi(E)).sum(1)
    pressure = 2 / (3 * np.pi**2) * (w * u**4 / E * fermi(E)).sum(1)
    z = (4 / 3 * PLASMA / (4 * np.pi**2 / 45 + energy + pressure)) ** (1 / 3)  # entropy is conserved
    log_a = np.log(z) - log_T
    table = np.stack([log_T, z, np.pi**2 / 15 + energy, energy + pressure], axis=1)
    return CubicSpline(log_a, table), CubicSpline(-log_T, log_a)


def log_scale_factor(T: float) -> float:
    return float(plasma()[1](-np.log(T)))


# --- standard rates and potentials -----------------------------------------------------------------------------------


def opacity(s):
    """d(s) of the loss rate of one neutrino, a fit (arXiv:2012.02726)."""
    log = np.log(s)
    fraction = (90.7332 - 48.4473 * log + 20.1219 * log**2) / (1 - 0.529157 * log + 0.20649 * log**2)
    slow, fast = np.exp(-0.01 * s), np.exp(-1.01 * s)
    return 129.875 * fast + 100.999 * (1 - slow) + (slow - fast) * fraction


def weak_rate(T, k, flavour: str):
    """R_a = (1 + c_a) 2 d(k/T)/(2 pi)^3 G_F^2 k T^4, c_a = g_L^2 + g_R^2."""
    g_L = SIN2_THETA_W + (0.5 if flavour == "e" else -0.5)
    return (1 + g_L**2 + SIN2_THETA_W**2) * 2 * opacity(k / T) / (2 * np.pi) ** 3 * G_F**2 * k * T**4


def weak_potential(T, k, enthalpy, flavour: str):
    """Thermal potential of one flavour (Notzold & Raffelt 1988): neutrinos of temperature T, and e+- for nu_e."""
    neutral = -8 * np.sqrt(2) * G_F / (3 * M_Z**2) * NEUTRINO
    charged = -2 * np.sqrt(2) * G_F / M_W**2 * enthalpy if flavour == "e" else 0.0
    return (neutral + charged) * k * T**4


# --- evolution in ln a -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Model:
    """Right-hand side and Jacobian for the state u = [f_a(y), f_s(y), dark energy]."""

    point: Point
    refill: bool  # weak collisions on
    cap: float = CAP

    @cached_property
    def spectators(self):
        """Energy of the other two flavours as a spline in ln a."""
        return spectator_energy(self.point.flavour, self.point.T_start)

    def bath(self, log_a: float, u):
        """Return a T_s, the energy of A' and a^4 (rho_A - 3 P_A)."""
        aM = np.exp(log_a) * self.point.M
        z_s = bath_temperature(u[-1], aM)
        return z_s, *(z_s**4 * mediator(aM / z_s))

    def hubble(self, log_a: float, u) -> float:
        neutrinos = momenta()[1] @ u[: momenta()[0].size] + self.spectators(log_a) + u[-1]
        z, plasma_energy = plasma()[0](log_a)[1:3]
        rho = (plasma_energy * z**4 + NEUTRINO * neutrinos) * np.exp(-4 * log_a)
        return float(np.sqrt(8 * np.pi * rho / 3) / M_PLANCK)

    def potential(self, log_a: float, u, z_s: float):
        """V_s [MeV]: thermal at T_s, plus the deviation of nu_s from it."""
        p, y, a = self.point, momenta()[0], np.exp(log_a)
        thermal = thermal_potential(y / z_s, a * p.M / z_s, p.boson) * z_s / a
        deviation = deviation_weights(y, a * p.M) @ (u[y.size : -1] - fermi(y / z_s)) / (4 * np.pi**2 * y * a)
        return p.e_s**2 * (thermal + deviation)

    def secret_rate(self, log_a: float, z_s: float):
        p, a, y = self.point, np.exp(log_a), momenta()[0]
        mu = np.sqrt((a * p.M / z_s) ** 2 + p.e_s**2 / 6)  # Debye mass of A'
        return (p.e_s**2 * inverse_decay(y / z_s, mu) + p.e_s**4 * scattering(y / z_s, mu)) * z_s / a

    def rates(self, log_a: float, u):
        """Return conversion, its derivative by V_z [1/MeV], relaxation and refill rates over H, and a T_s."""
        p, y, H = self.point, momenta()[0], self.hubble(log_a, u)
        log_T, _, _, enthalpy = plasma()[0](log_a)
        T, k, z_s = np.exp(log_T), y / np.exp(log_a), self.bath(log_a, u)[0]
        weak, secret = weak_rate(T, k, p.flavour), self.secret_rate(log_a, z_s)
        vacuum = p.dm2 * EV**2 / (2 * k)
        V_x = vacuum * np.sin(2 * p.theta_0)
        V_z = vacuum * np.cos(2 * p.theta_0) + self.potential(log_a, u, z_s) - weak_potential(T, k, enthalpy, p.flavour)
        D = (weak + secret * p.decoherence) / 2
        width = D**2 + V_x**2 + V_z**2
        c = D * V_x**2 / (2 * width) / H
        slope = -2 * V_z / width * c / (1 + c / self.cap) ** 2
        relax, refill = limit(secret / H, 10 * self.cap), limit(weak * self.refill / H, self.cap)
        return limit(c, self.cap), slope, relax, refill, z_s

    def rhs(self, log_a: float, u):
        y, w = momenta()
        f_a, f_s = u[: y.size], u[y.size : -1]
        c, _, relax, weak, z_s = self.rates(log_a, u)
        gain = c * (f_a - f_s)
        z = plasma()[0](log_a)[1]
        return np.concatenate([
            weak * (fermi(y / z) - f_a) - gain,
            gain + relax * (fermi(y / z_s) - f_s),
            [w @ gain + self.bath(log_a, u)[2]],
        ])  # fmt: skip

    def jacobian(self, log_a: float, u):
        """Derivatives of ``rhs``; those of H are left out, the last column is a difference."""
        y, w = momenta()
        n = y.size
        c, slope, relax, weak, _ = self.rates(log_a, u)
        a = np.exp(log_a)
        dV = self.point.e_s**2 * deviation_weights(y, a * self.point.M) / (4 * np.pi**2 * y * a)[:, None]
        gain = np.hstack([np.diag(c), (slope * (u[:n] - u[n:-1]))[:, None] * dV - np.diag(c)])
        J = np.zeros((2 * n + 1, 2 * n + 1))
        J[:n, :-1], J[n:-1, :-1], J[-1, :-1] = -gain, gain, w @ gain
        J[np.arange(n), np.arange(n)] -= weak
        J[np.arange(n, 2 * n), np.arange(n, 2 * n)] -= relax
        step = np.zeros(2 * n + 1)
        step[-1] = 1e-5 * u[-1]
        J[:, -1] = (self.rhs(log_a, u + step) - self.rhs(log_a, u - step)) / (2 * step[-1])
        return J

    def start(self):
        p, y = self.point, momenta()[0]
        log_a = log_scale_factor(p.T_start)
        z = plasma()[0](log_a)[1]
        z_s = p.xi * z
        dark = z_s**4 * (1 + mediator(np.exp(log_a) * p.M / z_s)[0])
        return log_a, np.concatenate([fermi(y / z), fermi(y / z_s), [dark]])


def limit(rate, cap: float):
    return rate / (1 + rate / cap)


@cache
def spectator_energy(flavour: str, T_start: float):
    """Return a spline in ln a of the energy of the two flavours that do not mix, refilled until T_REFILL."""
    log_a = np.linspace(log_scale_factor(T_start), log_scale_factor(T_END) + 0.1, 3000)
    log_T, z, energy, _ = plasma()[0](log_a).T[..., None]
    T, k = np.exp(log_T), momenta()[0] / np.exp(log_a)[:, None]
    H = np.sqrt(8 * np.pi / 3 * (energy + 3.1 * NEUTRINO * z**-4)) * T**2 / M_PLANCK  # dark sector: 0.1 neutrinos
    target, total = fermi(momenta()[0] / z), 0.0
    for other in ("mu", "mu") if flavour == "e" else ("e", "mu"):
        kept = np.exp(-weak_rate(T, k, other) / H * (log_a[1] - log_a[0]) * (T > T_REFILL))
        f = [target[0]]
        for goal, fraction in zip(target[1:], kept[1:], strict=True):
            f.append(goal + (f[-1] - goal) * fraction)
        total = total + np.array(f) @ momenta()[1]
    return CubicSpline(log_a, total)


def evolve(point: Point, rtol: float = 1e-5, cap: float = CAP) -> Result:
    """Integrate from T = max(100 MeV, 10 M) to T_END; weak collisions stop at T_REFILL."""
    log_a, u = Model(point, True).start()
    scale = np.append(np.full(u.size - 1, 1e-3), 1e-2)  # of f and of the dark energy
    times, states = [np.array([log_a])], [u[:, None]]
    for refill, T in ((True, T_REFILL), (False, T_END)):
        model, span = Model(point, refill, cap), (times[-1][-1], log_scale_factor(T))
        options = {"jac": model.jacobian, "rtol": rtol, "atol": rtol * scale, "max_step": 0.05}
        part = solve_ivp(model.rhs, span, states[-1][:, -1], "Radau", **options)
        if not part.success:
            raise RuntimeError(f"{point}: {part.message}")
        times.append(part.t[1:])
        states.append(part.y[:, 1:])
    return result(Model(point, False), np.concatenate(times), np.hstack(states).T)


def result(model: Model, log_a, states) -> Result:
    y, w = momenta()
    log_T, z = plasma()[0](log_a)[:, :2].T
    z_s, energy, trace = np.array([model.bath(t, u) for t, u in zip(log_a, states, strict=True)]).T
    f_a, f_s, dark = states[:, : y.size], states[:, y.size : -1], states[:, -1]
    half = np.flatnonzero(f_s @ (w / y) > 0.5 * f_a @ (w / y))
    T_equilibrium = float(np.exp(log_T[half[0]])) if half.size else np.nan
    actives = f_a @ w + model.spectators(log_a)
    T_s = z_s * np.exp(-log_a)
    return Result(np.exp(log_T), z, dark, energy, actives, trace, T_s, y, f_a, f_s, T_equilibrium)
