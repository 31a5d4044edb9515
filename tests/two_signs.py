"""A second road to the growth of a lepton asymmetry and to what follows it: both signs, without coherences.

Populations of nu_e, nu_mu, nu_tau and nu_s at each momentum, f = S + d and f - 2 d of the two signs, exchange by pairs,

    dS_q/dt = c_e (S_p - S_q) + c_o (d_p - d_q),    dd_q/dt = c_o (S_p - S_q) + c_e (d_p - d_q),    -1 times it for p,
    c(V) = (1/2) D V_x^2/(D^2 + V_x^2 + V^2),    c_e, c_o = [c(V_z + V_o) +- c(V_z - V_o)]/2,

(derived as in `tests.quasistatic`: the fast coherence of a pair eliminated; c_o is a difference formula). V_o is
C(k) (n_s - nbar_s) of nu_s, C = (e_s^2/M^2)(1 + <phi>), and that of the Z of the actives. Left out: what coherences do
beside that (crossings are not followed adiabatically where V_x > D, interference of three levels, off-diagonal
asymmetries), the asymmetry of electrons and baryons, and A', which must have gone at the start.

Secret collisions relax to f_FD(y/z_s - eta) and, d, to zeta f_FD (1 - f_FD): energy, number and n_s - nbar_s are
unknowns of their own, and conserved. Weak collisions are of four kinds (`Weak`). Nothing here comes from the package's
kernels; units are those of `tests.quasistatic`. Integrated by Radau's method, with d in the norm of errors.
"""

from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import NamedTuple

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


# --- weak collisions -------------------------------------------------------------------------------------------------


def strength(flavour: str) -> float:
    """g_L^2 + g_R^2."""
    g_L = SIN2_THETA_W + (0.5 if flavour == "e" else -0.5)
    return g_L**2 + SIN2_THETA_W**2


class Weak:
    """Relaxation by weak collisions at one time; states are (3, N).

    The loss rate R_a = (1 + G_a) r, G_a = g_L^2 + g_R^2, of `quasistatic.weak_rate` is shared as massless cross
    sections times densities are, in units of 3/10 r: scattering on e+- 8 G_a/3, annihilation into e+- 2 G_a/3,
    scattering among neutrinos 3, annihilation into another flavour's 1/6 each. Scattering on e+- relaxes to
    f_FD(T_gamma) with the number that there is, scattering among neutrinos to f + f (1 - f)(alpha_a + beta y), which
    keeps numbers and the sum of energies; annihilation is driven by the product of the densities of both signs. No L_a
    is changed. Derived; good to 10% or so of what refills.
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
        others = (m**2).sum() - m**2
        by_pairs = self.pairs * (self.f - S * n) + self.flavours * (self.f * others - 2 * S * m)
        return self.kept(self.electrons, self.f, S) + by_pairs + self.among_neutrinos(S)

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


# --- evolution in ln a -----------------------------------------------------------------------------------------------


@cache
def massless():
    """Splines of eta in ln(N^4/E^3) and of ln N in eta, with E, N the sums of `momenta` at T = 1."""
    eta = np.linspace(-12, 3, 400)
    u, w = np.polynomial.legendre.leggauss(200)
    x, w = 30 * (u + 1), 30 * w
    f = 1 / (np.exp(x - eta[:, None]) + 1)
    E, N = f @ (w * x**3) / np.pi**2 / NEUTRINO, f @ (w * x**2) / np.pi**2 / NEUTRINO
    return CubicSpline(4 * np.log(N) - 3 * np.log(E), eta), CubicSpline(eta, np.log(N))


@dataclass(frozen=True)
class History:
    """At each time; four columns are nu_e, nu_mu, nu_tau, nu_s, units of energy and number those of T_gamma."""

    T: np.ndarray  # T_gamma [MeV]
    z: np.ndarray  # a T_gamma
    energy: np.ndarray  # (time, 4) of both signs, over that of one neutrino
    L: np.ndarray  # (time, 4) n - nbar over n of one species
    inert: np.ndarray  # the energy of nu_s without conversion
    states: np.ndarray

    def at(self, T: float, name: str) -> np.ndarray:
        values = getattr(self, name)
        return np.array([np.interp(-T, -self.T, column) for column in values.reshape(self.T.size, -1).T]).squeeze()

    def leaving(self, size: float = 1e-4) -> float:
        """T_gamma at which |n_s - nbar_s| first exceeds a share ``size`` of a species."""
        return float(self.T[np.argmax(np.abs(self.L[:, 3]) > size)])


@cache
def exchange():
    """Return ln u and <phi(u p)>, u = 4 k T_s/M^2."""
    log_u = np.linspace(-15, 12, 300)
    return log_u, phi_average(np.exp(log_u))


class Frame(NamedTuple):
    """What rates are made of at one time: potentials and D of the four states in MeV, relaxation over H."""

    H: float
    scale: float  # T^5/H, to which weak rates are proportional at z = 1
    k: np.ndarray
    S: np.ndarray
    d: np.ndarray
    V: np.ndarray  # (4, N)
    V_o: np.ndarray  # (4, N) odd, of neutrinos
    D: np.ndarray  # (4, N)
    dV: np.ndarray  # (N, N) dV_s/dS_s
    C: np.ndarray  # (N,) dV_o/dn of nu_s
    Z: float  # dV_o/dL of actives, twice for the own flavour
    weak: "Weak"
    relaxation: np.ndarray  # by secret collisions, to
    target: np.ndarray  # and, d, to
    mixed: np.ndarray


class Model:
    """Right-hand side and Jacobian of u = [S (4, N), d (4, N), E, N, n] of nu_s; n = n_s - nbar_s."""

    def __init__(self, point: Point, odd: bool = True) -> None:
        self.point, self.odd = point, odd
        self.y, self.w = qs.momenta(point.n)
        self.number = self.w / self.y
        self.squared = np.array(point.squared)
        self.log_u, self.phi = exchange()
        unit = Weak(1.0, self.y, 1.0, self.y, self.w, 1.0)
        X = np.tile(unit.f, (3, 1))
        self.weak_even, self.weak_odd = Weak.matrix(unit.even, X), Weak.matrix(unit.odd, X)

    def split(self, u):
        n = self.y.size
        return u[: 4 * n].reshape(4, n), u[4 * n : 8 * n].reshape(4, n), u[8 * n :]

    def bath(self, scalars):
        eta_of, log_N = massless()
        eta = float(eta_of(4 * np.log(scalars[1]) - 3 * np.log(scalars[0])))
        z_s = float(np.exp((np.log(scalars[1]) - log_N(eta)) / 3))
        target = 1 / (np.exp(self.y / z_s - eta) + 1)
        shape = target * (1 - target)
        return z_s, target, shape * scalars[2] / (self.number @ shape)

    def secret(self, a, S, scalars, z_s):
        """Return rate and V_s [MeV], dV_s/dS_s; the rate is that at the same energy, as sigma ~ s has it (M >> T_s)."""
        p, z_e = self.point, scalars[0] ** 0.25
        mu = np.sqrt((a * p.M / z_e) ** 2 + p.e_s**2 / 6)  # Debye mass of A'
        rate = (p.e_s**2 * inverse_decay(self.y / z_e, mu) + p.e_s**4 * scattering(self.y / z_e, mu)) * z_e / a
        dV = p.e_s**2 * deviation_weights(self.y, a * p.M) / (4 * np.pi**2 * self.y * a)[:, None]
        V = p.e_s**2 * thermal_potential(self.y / z_s, a * p.M / z_s, False) * z_s / a
        return rate, V + dV @ (S[3] - fermi(self.y / z_s)), dV

    def frame(self, log_a, u) -> Frame:
        p, (S, d, scalars), a = self.point, self.split(u), np.exp(log_a)
        log_T, z, energy, enthalpy = qs.plasma()[0](log_a)
        T, k = np.exp(log_T), self.y / a
        rho = (energy * z**4 + NEUTRINO * ((self.w @ S[:3].T).sum() + scalars[0])) / a**4
        H = float(np.sqrt(8 * np.pi * rho / 3) / M_PLANCK)
        z_s, target, mixed = self.bath(scalars)
        rate, V_s, dV = self.secret(a, S, scalars, z_s)
        V = np.vstack([[qs.weak_potential(T, k, enthalpy, flavour) for flavour in FLAVOURS], [V_s]])
        Z = np.sqrt(2) * G_F * NEUTRINO / a**3 * self.odd
        phi = np.interp(np.log(4 * k * z_s / a / p.M**2), self.log_u, self.phi)
        C = p.e_s**2 / p.M**2 * (1 + phi) * NEUTRINO / a**3 * self.odd
        L = d[:3] @ self.number
        V_o = np.vstack([np.outer(Z * (L + L.sum()), np.ones(k.size)), C * scalars[2]])
        weak = Weak(T, k, z, self.y, self.w, H)
        D = np.vstack([weak.total * H, rate])
        return Frame(H, T**5 / H, k, S, d, V, V_o, D, dV, C, Z, weak, limit(rate / H), target, mixed)

    def pairs(self, F: Frame):
        """Yield p, q, c_e, c_o and the derivatives of c_e by V_z and V_o, over H; those of c_o are these exchanged."""
        vacuum = self.squared[:, :, None] * EV**2 / (2 * F.k)
        for p, q in combinations(range(4), 2):
            D, V_x = (F.D[p] + F.D[q]) / 2, 2 * vacuum[p, q]
            V = vacuum[q, q] - vacuum[p, p] + F.V[q] - F.V[p]
            V_o = F.V_o[q] - F.V_o[p]
            base, top = D**2 + V_x**2, D * V_x**2 / (2 * F.H)
            plus, minus = base + (V + V_o) ** 2, base + (V - V_o) ** 2
            c_e, c_o = top * (base + V**2 + V_o**2) / (plus * minus), -2 * top * V * V_o / (plus * minus)
            up, down = -2 * top * (V + V_o) / plus**2, -2 * top * (V - V_o) / minus**2
            yield p, q, c_e, c_o, (up + down) / 2, (up - down) / 2

    def rhs(self, log_a, u):
        F = self.frame(log_a, u)
        dS, dd = np.zeros_like(F.S), np.zeros_like(F.d)
        for p, q, c_e, c_o, *_ in self.pairs(F):
            X, x = F.S[p] - F.S[q], F.d[p] - F.d[q]
            for rate, flow in ((dS, c_e * X + c_o * x), (dd, c_o * X + c_e * x)):
                rate[p] -= flow
                rate[q] += flow
        scalars = [self.w @ dS[3], self.number @ dS[3], self.number @ dd[3]]
        dS[3] += F.relaxation * (F.target - F.S[3])
        dd[3] += F.relaxation * (F.mixed - F.d[3])
        dS[:3] += F.weak.even(F.S[:3])
        dd[:3] += F.weak.odd(F.d[:3])
        return np.concatenate([dS.ravel(), dd.ravel(), scalars])

    def fill_pair(self, F, rows, pair, sign, i, J):
        """Add what a pair does to population i, to the derivatives."""
        p, q, c_e, c_o, e, o = pair
        X, x = F.S[p] - F.S[q], F.d[p] - F.d[q]
        for r, even, odd, by_V, by_V_o in (
            (rows[i], c_e, c_o, e * X + o * x, o * X + e * x),
            (rows[4 + i], c_o, c_e, o * X + e * x, e * X + o * x),
        ):
            for j, s in ((p, sign), (q, -sign)):
                J[r, rows[j]] += s * even
                J[r, rows[4 + j]] += s * odd
            for b in range(3):
                slope = F.Z * ((q < 3) * (1 + (q == b)) - (1 + (p == b)))
                J[np.ix_(r, rows[4 + b])] += np.outer(sign * by_V_o * slope, self.number)
            if q == 3:
                J[np.ix_(r, rows[3])] += sign * by_V[:, None] * F.dV
                J[r, -1] += sign * by_V_o * F.C

    def jacobian(self, log_a, u):
        """Return derivatives of ``rhs``: without those of H, by differences for E and N, weak ones at equilibrium."""
        F, n = self.frame(log_a, u), self.y.size
        J = np.zeros((u.size, u.size))
        rows = np.arange(8 * n).reshape(8, n)
        for pair in self.pairs(F):
            for i, sign in ((pair[0], -1), (pair[1], 1)):
                self.fill_pair(F, rows, pair, sign, i, J)
        J[-3:] = self.w @ J[rows[3]], self.number @ J[rows[3]], self.number @ J[rows[7]]
        for i in (3, 7):
            J[rows[i], rows[i]] -= F.relaxation
        shape = F.target * (1 - F.target)
        J[rows[7], -1] += F.relaxation * shape / (self.number @ shape)
        J[: 3 * n, : 3 * n] += F.scale * self.weak_even
        J[4 * n : 7 * n, 4 * n : 7 * n] += F.scale * self.weak_odd
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
        shape = f * (1 - f)
        d[np.argmax(np.abs(self.squared[:3, 3]))] = p.seed * (self.number @ f) * shape / (self.number @ shape)
        return log_a, np.concatenate([S.ravel(), d.ravel(), [self.w @ f_s, self.number @ f_s, 0.0]])


def limit(rate, cap: float = CAP):
    return rate / (1 + rate / cap)


def evolve(point: Point, T_end: float, odd: bool = True, rtol: float = 1e-3) -> History:
    """Integrate down to T_gamma = ``T_end`` [MeV]; without ``odd`` potentials nu = nubar."""
    model, n, small = Model(point, odd), point.n, 1e-3 * abs(point.seed)
    start, u = model.start()
    atol = np.concatenate([np.full(4 * n, 1e-3 * rtol), np.full(4 * n, small), [1e-3 * rtol, 1e-3 * rtol, small]])
    options = {"jac": model.jacobian, "rtol": rtol, "atol": atol, "max_step": 0.05}
    run = solve_ivp(model.rhs, (start, qs.log_scale_factor(T_end)), u, "Radau", **options)
    if not run.success:
        raise RuntimeError(f"{point}: {run.message}")
    return history(model, run.t, run.y.T)


def history(model: Model, log_a, states) -> History:
    log_T, z = qs.plasma()[0](log_a)[:, :2].T
    n = model.y.size
    S, d = states[:, : 8 * n].reshape(-1, 2, 4, n).swapaxes(0, 1)
    species = model.number @ fermi(model.y) * z**3
    L = np.column_stack([d[:, :3] @ model.number, states[:, -1]])
    inert = (model.point.dark * z[0] / z) ** 4
    return History(np.exp(log_T), z, S @ model.w / z[:, None] ** 4, L / species[:, None], inert, states)
