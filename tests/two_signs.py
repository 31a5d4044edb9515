"""A second road to the growth of a lepton asymmetry and to what follows it: both signs, without coherences.

Populations of nu_e, nu_mu, nu_tau and nu_s at each momentum, f = S + d and f - 2 d of the two signs, exchange by pairs,

    dS_q/dt = c_e (S_p - S_q) + c_o (d_p - d_q),    dd_q/dt = c_o (S_p - S_q) + c_e (d_p - d_q),    and -1 times it for p,
    c(V) = (1/2) D V_x^2/(D^2 + V_x^2 + V^2),    c_e, c_o = [c(V_z + V_o) +- c(V_z - V_o)]/2,

(derived as in `tests.quasistatic`: the fast coherence of a pair eliminated; c_o by a difference formula, so that the
equations are odd or even to the last bit). V_o is C(k) (n_s - nbar_s) of nu_s, C = (e_s^2/M^2)(1 + <phi>), and that of the
Z for the actives. Left out: coherences that move as fast as they decay (crossings are not followed adiabatically),
interference of three levels, electrons' and baryons' asymmetry, off-diagonal asymmetries, A' (start when it has gone).

Secret collisions relax to f_FD(y/z_s - eta) and, d, to zeta f_FD(1 - f_FD): energy, number and n_s - nbar_s are unknowns
of their own. Weak collisions of four kinds relax each with its share of the rate: see `Weak`. Nothing here comes from
the package's kernels; units are those of `tests.quasistatic`.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

from boltzmann.constants import EV, G_F, M_PLANCK, SIN2_THETA_W
from tests import quasistatic as qs
from tests.quasistatic_rates import (
    NEUTRINO,
    deviation_weights,
    fermi,
    inverse_decay,
    scattering,
    thermal_potential,
)
from tests.two_helicity import phi_average

FLAVOURS = ("e", "mu", "tau")
CAP = 1e7  # of rates over H


@dataclass(frozen=True)
class Point:
    """A secret vector, and mixing as the matrix M^2 [eV^2] of nu_e, nu_mu, nu_tau, nu_s."""

    e_s: float
    M: float  # [MeV]
    squared: tuple[tuple[float, ...], ...]
    T_start: float  # [MeV], where A' has gone
    xi: float = 0.465  # T_s/T_gamma while A' is relativistic
    seed: float = 1e-9  # n_a - nbar_a of the flavour that mixes most, of a species
    n: int = 40

    @property
    def dark(self) -> float:
        """T_s/T_gamma at the start: entropy of nu_s and A' is conserved."""
        return self.xi * (1 + 3 / (2 * 7 / 8)) ** (1 / 3)


def rotation(i: int, j: int, s2: float) -> np.ndarray:
    R = np.eye(4)
    R[i, i] = R[j, j] = np.sqrt(1 - s2)
    R[i, j], R[j, i] = np.sqrt(s2), -np.sqrt(s2)
    return R


def mass_matrix(dm2: float, e: float = 0.0, mu: float = 0.0, actives: bool = True) -> tuple[tuple[float, ...], ...]:
    """M^2 of |U_e4|^2 = e, |U_mu4|^2 = mu; with the mixing of the active states (normal ordering, no CP violation)."""
    s12, s13, s23 = (0.307, 0.022, 0.54) if actives else (0.0, 0.0, 0.0)
    U = rotation(1, 3, mu / (1 - e)) @ rotation(0, 3, e)
    U = U @ rotation(1, 2, s23) @ rotation(0, 2, s13) @ rotation(0, 1, s12)
    masses = np.array([0.0, 7.4e-5, 2.5e-3, dm2]) * np.array([actives, actives, actives, True])
    return tuple(map(tuple, (U * masses) @ U.T))


# --- weak collisions ---------------------------------------------------------------------------------------------------


def strength(flavour: str) -> float:
    """g_L^2 + g_R^2."""
    g_L = SIN2_THETA_W + (0.5 if flavour == "e" else -0.5)
    return g_L**2 + SIN2_THETA_W**2


class Weak:
    """Relaxation by weak collisions at one time; states are (3, N).

    The loss rate R_a = (1 + G_a) r, G_a = g_L^2 + g_R^2, of `quasistatic.weak_rate` is shared as massless cross sections
    times densities are (derived, in units of 3/10 r): scattering on e+- 8 G_a/3, annihilation into e+- 2 G_a/3, scattering
    among neutrinos 3, annihilation into another flavour's 1/6 each. Scattering on e+- relaxes to f_FD(T_gamma) with the
    number that there is, scattering among neutrinos to f + f (1 - f)(alpha_a + beta y), which keeps numbers and the sum of
    energies; annihilation is driven by the product of the densities of both signs. No L_a is changed.
    """

    def __init__(self, T, k, z, y, w, H):
        self.y, self.w, self.N = y, w, y.size
        self.f = fermi(y / z)
        r = np.array([qs.weak_rate(T, k, "mu")]) / (1 + strength("mu")) / H * 0.3
        G = np.array([strength(a) for a in FLAVOURS])[:, None]
        self.electrons, self.pairs, self.neutrinos, self.flavours = 8 / 3 * G * r, 2 / 3 * G * r, 3 * r, r / 6
        self.number = w / y
        self.total = (1 + G) * r / 0.3
        self.h = self.f * (1 - self.f)

    def kept(self, rate, shape, X):
        """Relaxation of X towards ``shape`` with the same number."""
        weight = self.number * rate
        return rate * (shape * (weight * X).sum(-1, keepdims=True) / (weight @ shape).reshape(-1, 1) - X)

    def excess(self, rate, X):
        return (self.number * rate * X).sum(-1, keepdims=True) / (self.number * rate * self.f).sum(-1, keepdims=True)

    def among_neutrinos(self, S):
        X, rate = S - self.f, np.broadcast_to(self.neutrinos, S.shape)
        wn, we = self.number * rate * self.h, self.w * rate * self.h
        A = np.zeros((4, 4))
        A[np.arange(3), np.arange(3)], A[:3, 3] = wn.sum(1), (wn * self.y).sum(1)
        A[3, :3], A[3, 3] = we.sum(1), (we * self.y).sum()
        b = np.append((self.number * rate * X).sum(1), (self.w * rate * X).sum())
        *alpha, beta = np.linalg.solve(A, b)
        return rate * (self.h * (np.array(alpha)[:, None] + beta * self.y) - X)

    def even(self, S):
        n = self.excess(self.pairs, S)
        m = self.excess(np.broadcast_to(self.flavours, S.shape), S)
        made = m**2
        exchange = self.flavours * (self.f * (made.sum() - made) - 2 * S * m)
        return self.kept(self.electrons, self.f, S) + self.pairs * (self.f - S * n) + exchange + self.among_neutrinos(S)

    def odd(self, d):
        return self.kept(self.total, self.h, d)

    @staticmethod
    def matrix(apply, X):
        """Derivative of ``apply`` by X (3, N), by differences; nearly linear."""
        size, base = X.size, apply(X)
        out = np.empty((size, size))
        for j in range(size):
            moved = X.copy().ravel()
            moved[j] += 1e-4
            out[:, j] = (apply(moved.reshape(X.shape)) - base).ravel() / 1e-4
        return out


# --- evolution in ln a -------------------------------------------------------------------------------------------------


@cache
def massless():
    """Splines of eta and ln z_s in ln(E^3/N^4), with E, N those of nu_s with temperature z_s over w, w/y sums at 1."""
    eta = np.linspace(-12, 3, 400)
    u, w = np.polynomial.legendre.leggauss(200)
    x, w = 30 * (u + 1), 30 * w
    f = 1 / (np.exp(x - eta[:, None]) + 1)
    E, N = f @ (w * x**3) / np.pi**2 / NEUTRINO, f @ (w * x**2) / np.pi**2 / NEUTRINO
    key = -(3 * np.log(E) - 4 * np.log(N))
    return CubicSpline(key[::-1], eta[::-1]) if key[0] > key[-1] else CubicSpline(key, eta), CubicSpline(eta, np.log(N))


@dataclass(frozen=True)
class History:
    """At each time: T_gamma [MeV], energies of e, mu, tau, s (time, 4) over that of one neutrino with T_gamma, asymmetry."""

    T: np.ndarray
    energy: np.ndarray
    n_s: np.ndarray  # (n_s - nbar_s)/n of a species of temperature T_gamma
    L: np.ndarray  # (time, 3) the same of the actives
    inert: np.ndarray  # energy that nu_s would have without conversion

    def at(self, T: float, values: np.ndarray) -> np.ndarray:
        return np.array([np.interp(-T, -self.T, v) for v in np.atleast_2d(values.T)]).squeeze()


class Model:
    """Right-hand side and Jacobian of u = [S (4, N), d (4, N), E, N, n] of nu_s; n = n_s - nbar_s."""

    def __init__(self, point: Point, odd: bool = True) -> None:
        self.point, self.odd = point, odd
        self.y, self.w = qs.momenta(point.n)
        self.number = self.w / self.y
        self.squared = np.array(point.squared)
        self.log_u = np.linspace(-15, 12, 300)
        unit = Weak(1.0, self.y, 1.0, self.y, self.w, 1.0)
        X = np.tile(unit.f, (3, 1))
        self.weak_even, self.weak_odd = Weak.matrix(unit.even, X), Weak.matrix(unit.odd, X)

    @cached_property
    def phi(self):
        return phi_average(np.exp(self.log_u))

    def split(self, u):
        n = self.y.size
        return u[: 4 * n].reshape(4, n), u[4 * n : 8 * n].reshape(4, n), u[8 * n :]

    def bath(self, scalars):
        eta_of, log_N = massless()
        eta = float(eta_of(-(3 * np.log(scalars[0]) - 4 * np.log(scalars[1]))))
        z_s = float(np.exp((np.log(scalars[1]) - log_N(eta)) / 3))
        target = 1 / (np.exp(self.y / z_s - eta) + 1)
        shape = target * (1 - target)
        return z_s, target, shape * scalars[2] / (self.number @ shape)

    def frame(self, log_a, u):
        """Everything that rates are made of at one time."""
        p, (S, d, scalars), a = self.point, self.split(u), np.exp(log_a)
        log_T, z, energy, enthalpy = qs.plasma()[0](log_a)
        T, k = np.exp(log_T), self.y / a
        rho = (energy * z**4 + NEUTRINO * ((self.w @ S[:3].T).sum() + scalars[0])) / a**4
        H = float(np.sqrt(8 * np.pi * rho / 3) / M_PLANCK)
        z_s, target, mixed = self.bath(scalars)
        mu = np.sqrt((a * p.M / z_s) ** 2 + p.e_s**2 / 6)
        secret = (p.e_s**2 * inverse_decay(self.y / z_s, mu) + p.e_s**4 * scattering(self.y / z_s, mu)) * z_s / a
        V = np.array([qs.weak_potential(T, k, enthalpy, "e" if x == "e" else "mu") for x in FLAVOURS] + [0 * k])
        deviation = deviation_weights(self.y, a * p.M) / (4 * np.pi**2 * self.y * a)[:, None]
        V[3] = p.e_s**2 * (
            thermal_potential(self.y / z_s, a * p.M / z_s, False) * z_s / a + deviation @ (S[3] - fermi(self.y / z_s))
        )
        phi = np.interp(np.log(4 * k * z_s / a / p.M**2), self.log_u, self.phi)
        volume = NEUTRINO / a**3 * self.odd
        C = p.e_s**2 / p.M**2 * (1 + phi) * volume
        L = d[:3] @ self.number
        V_o = np.vstack([np.outer(np.sqrt(2) * G_F * volume * (L + L.sum()), np.ones(k.size)), C * scalars[2]])
        weak = Weak(T, k, z, self.y, self.w, H)
        D = np.vstack([weak.total * H, secret])
        return {
            "a": a, "T": T, "z": z, "H": H, "k": k, "S": S, "d": d, "secret": limit(secret / H), "target": target,
            "mixed": mixed, "V": V, "V_o": V_o, "C": C, "D": D, "weak": weak, "dV": p.e_s**2 * deviation,
            "Z": np.sqrt(2) * G_F * volume,
        }  # fmt: skip

    def pairs(self, F):
        """Yield p, q, c_e, c_o and derivatives (dc_e, dc_o) by V_z and by V_o of each pair that mixes, over H."""
        vacuum = self.squared[:, :, None] * EV**2 / (2 * F["k"])
        for p in range(4):
            for q in range(p + 1, 4):
                if self.squared[p, q] == 0:
                    continue
                D, V_x = (F["D"][p] + F["D"][q]) / 2, 2 * vacuum[p, q]
                V = vacuum[q, q] - vacuum[p, p] + F["V"][q] - F["V"][p]
                V_o = F["V_o"][q] - F["V_o"][p]
                base, top = D**2 + V_x**2, D * V_x**2 / (2 * F["H"])
                plus, minus = base + (V + V_o) ** 2, base + (V - V_o) ** 2
                c_e, c_o = top * (base + V**2 + V_o**2) / (plus * minus), -2 * top * V * V_o / (plus * minus)
                up, down = -2 * top * (V + V_o) / plus**2, -2 * top * (V - V_o) / minus**2
                yield p, q, c_e, c_o, (up + down) / 2, (up - down) / 2

    def rhs(self, log_a, u):
        F = self.frame(log_a, u)
        S, d = F["S"], F["d"]
        dS, dd, gain, mixed = np.zeros_like(S), np.zeros_like(d), 0.0, 0.0
        for p, q, c_e, c_o, *_ in self.pairs(F):
            X, x = S[p] - S[q], d[p] - d[q]
            even, odd = c_e * X + c_o * x, c_o * X + c_e * x
            dS[p] -= even
            dS[q] += even
            dd[p] -= odd
            dd[q] += odd
        gain, mixed = dS[3].copy(), dd[3].copy()
        dS[3] += F["secret"] * (F["target"] - S[3])
        dd[3] += F["secret"] * (F["mixed"] - d[3])
        dS[:3] += F["weak"].even(S[:3])
        dd[:3] += F["weak"].odd(d[:3])
        return np.concatenate([dS.ravel(), dd.ravel(), [self.w @ gain, self.number @ gain, self.number @ mixed]])

    def jacobian(self, log_a, u):
        """Derivatives of ``rhs``; those of H are left out."""
        F = self.frame(log_a, u)
        S, d, n = F["S"], F["d"], self.y.size
        J = np.zeros((u.size, u.size))
        rows = [np.arange(i * n, (i + 1) * n) for i in range(8)]
        for p, q, c_e, c_o, e, o in self.pairs(F):
            X, x = S[p] - S[q], d[p] - d[q]
            for i, sign in ((p, -1), (q, 1)):
                for r, c, c2 in ((rows[i], c_e, c_o), (rows[4 + i], c_o, c_e)):
                    for j, s in ((p, 1), (q, -1)):
                        J[r, rows[j]] += sign * s * c
                        J[r, rows[4 + j]] += sign * s * c2
                if q == 3:  # potential of nu_s: of S_s, even, and of n, odd
                    J[np.ix_(rows[i], rows[3])] += sign * (e * X + o * x)[:, None] * F["dV"]
                    J[np.ix_(rows[4 + i], rows[3])] += sign * (o * X + e * x)[:, None] * F["dV"]
                    J[rows[i], -1] += sign * (o * X + e * x) * F["C"]
                    J[rows[4 + i], -1] += sign * (e * X + o * x) * F["C"]
                for b in range(3):
                    slope = F["Z"] * ((1 + (q == b)) * (q < 3) - (1 + (p == b)))
                    J[np.ix_(rows[i], rows[4 + b])] += np.outer(sign * (o * X + e * x) * slope, self.number)
                    J[np.ix_(rows[4 + i], rows[4 + b])] += np.outer(sign * (e * X + o * x) * slope, self.number)
        gains = slice(3 * n, 4 * n), slice(7 * n, 8 * n)
        J[-3], J[-2], J[-1] = self.w @ J[gains[0]], self.number @ J[gains[0]], self.number @ J[gains[1]]
        for i in (3, 7):
            J[rows[i], rows[i]] -= F["secret"]
        J[rows[7], -1] += F["secret"] * F["mixed"] / (u[-1] or 1.0)
        scale = F["T"] ** 5 / F["H"]
        J[: 3 * n, : 3 * n] += scale * self.weak_even
        J[4 * n : 7 * n, 4 * n : 7 * n] += scale * self.weak_odd
        for j in (-3, -2):
            step = np.zeros(u.size)
            step[j] = 1e-5 * u[j]
            J[:, j] = (self.rhs(log_a, u + step) - self.rhs(log_a, u - step)) / (2 * step[j])
        return J

    def start(self):
        p = self.point
        log_a = qs.log_scale_factor(p.T_start)
        z = float(qs.plasma()[0](log_a)[1])
        f, f_s = fermi(self.y / z), fermi(self.y / (p.dark * z))
        S, d = np.vstack([f, f, f, f_s]), np.zeros((4, self.y.size))
        mixing = np.abs(self.squared[:3, 3])
        shape = f * (1 - f)
        d[int(np.argmax(mixing))] = p.seed * shape / (self.number @ shape)
        return log_a, np.concatenate([S.ravel(), d.ravel(), [self.w @ f_s, self.number @ f_s, 0.0]])


def limit(rate, cap: float = CAP):
    return rate / (1 + rate / cap)


def evolve(point: Point, T_end: float, odd: bool = True, rtol: float = 1e-4, growth: float = 1e-12) -> History:
    """Integrate; ``growth`` is the absolute tolerance of d, which must be less than the seed."""
    model = Model(point, odd)
    start, u = model.start()
    n = point.n
    atol = np.concatenate([np.full(4 * n, 1e-3 * rtol), np.full(4 * n, growth), [1e-3 * rtol, 1e-3 * rtol, growth]])
    options = {"jac": model.jacobian, "rtol": rtol, "atol": atol, "max_step": 0.05}
    run = solve_ivp(model.rhs, (start, qs.log_scale_factor(T_end)), u, "Radau", **options)
    if not run.success:
        raise RuntimeError(run.message)
    return history(model, run.t, run.y.T), run


def history(model: Model, log_a, states) -> History:
    log_T, z = qs.plasma()[0](log_a)[:, :2].T
    n = model.y.size
    S = states[:, : 4 * n].reshape(-1, 4, n)
    d = states[:, 4 * n : 8 * n].reshape(-1, 4, n)
    energy = S @ model.w
    species = model.number @ fermi(model.y) * z**3
    return History(
        np.exp(log_T), energy / z[:, None] ** 4, states[:, -1] / species, d[:, :3] @ model.number / species[:, None],
        model.point.dark**4 * (z[0] / z) ** 4,
    )  # fmt: skip
