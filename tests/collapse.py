"""The collapse of an asymmetry of nu_s, with coherences: both signs, thousands of momenta, the odd potential at once.

Where V_z changes its sign inside the spectrum an asymmetry |n_s - nbar_s| that `tests.two_signs` has followed shrinks,
and at last collapses within 1e-5 e-folds. Populations no longer move slowly beside coherences. Here nu_s and the one
active state that it mixes with, sum U_a4 nu_a, are Bloch vectors P = (x, y, f_a - f_s) at each momentum and sign,

    P' = B x P - D (x, y, 0),    B = (V_x, 0, V_z +- C n),    n = n_s - nbar_s,

(active splittings are 1e-3 of V_z over such times, weak collisions too slow), beside secret relaxation. A step turns P
exactly about B at its middle; steps are so short that C n changes by less than a radian in each. ``lag`` averages n
over so many e-folds, as `boltzmann.kinetics.odd` does over 1e-5; the equations have none (A_0 is a constraint).
Momenta must be so close that neighbours stay in phase for 1/D: thousands, or they recur.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from boltzmann.constants import EV
from tests import quasistatic as qs
from tests import two_signs as ts
from tests.quasistatic_rates import NEUTRINO, fermi

SIGN = np.array([[1.0], [-1.0]])
LONGEST, SHORTEST = 1e-7, 2e-9  # steps in ln a


@dataclass(frozen=True)
class Outcome:
    """Energy of nu_s before and after, and n_s - nbar_s after, in units of `ts.History`."""

    before: float
    after: float
    L: float
    T: float  # T_gamma [MeV] at the start


def nodes(n: int, y_max: float = 15.0):
    """Return panels of eight Gauss-Legendre nodes, or one panel; weights as those of `qs.momenta`."""
    if n < 400:
        return qs.momenta(n, y_max)
    u, weight = np.polynomial.legendre.leggauss(8)
    edges = np.linspace(0, y_max, n // 8 + 1)
    half = np.diff(edges)[:, None] / 2
    y = (edges[:-1, None] + half * (u + 1)).ravel()
    return y, (half * weight).ravel() * y**3 / np.pi**2 / NEUTRINO


class Collapse:
    """Bloch vectors that begin with a row of `two_signs`, coherences stationary."""

    def __init__(self, point: ts.Point, run: ts.History, row: int, n: int) -> None:
        model, u = ts.Model(point), run.states[row]
        log_a = qs.log_scale_factor(run.T[row])
        F, z_s = model.frame(log_a, u), model.bath(u[-3:])[0]
        self.y, self.w = nodes(n)
        self.number, self.z = self.w / self.y, run.z[row]
        self.known = model.y
        shares = model.squared[:3, 3] ** 2 / (model.squared[:3, 3] ** 2).sum()
        self.f_a = self.signs(shares @ F.S[:3], shares @ F.d[:3], self.z)
        self.f_s = self.signs(F.S[3], F.d[3], z_s)
        scale = EV**2 / (2 * self.y * np.exp(-log_a) * F.H)
        own = np.diag(model.squared)
        self.V_x = 2 * np.sqrt((model.squared[:3, 3] ** 2).sum()) * scale
        self.V_0 = (own[3] - shares @ own[:3]) * scale - self.finer(shares @ F.V[:3] / model.y) * self.y / F.H
        self.V_s = self.finer(F.V[3] / model.y) * self.y / F.H  # contact: proportional to y and to the energy of nu_s
        self.D = self.finer((shares @ F.D[:3] + F.D[3]) / model.y) * self.y / (2 * F.H)
        self.relaxation = self.number @ (self.finer(F.D[3] / model.y) * self.y * self.f_s[0]) / F.H
        self.relaxation /= self.number @ self.f_s[0]  # one for all momenta: conserves
        self.C = float(F.C.mean() / F.H)
        self.energy = self.w @ self.f_s.mean(0)
        z, V = self.f_a - self.f_s, self.level(self.asymmetry)
        self.P = np.stack([V * self.V_x * z, -self.V_x * self.D * z, z * (self.D**2 + V**2)]) / (self.D**2 + V**2)
        self.total = self.f_a + self.f_s

    def finer(self, values):
        return CubicSpline(self.known, values)(self.y)

    def signs(self, S, d, z):
        shape = fermi(self.known / z)
        even, odd = self.finer(S / shape), self.finer(d / shape)
        return np.stack([even + odd, even - odd]) * fermi(self.y / z)

    @property
    def asymmetry(self) -> float:
        return float(self.number @ (self.f_s[0] - self.f_s[1]) / 2)

    def level(self, seen: float):
        return self.V_0 + self.V_s * (self.w @ self.f_s.mean(0)) / self.energy + SIGN * self.C * seen

    def turn(self, h: float, seen: float) -> None:
        """Turn P about (V_x, 0, V) for h, and damp x and y."""
        V = self.level(seen)
        size = np.sqrt(self.V_x**2 + V**2)
        a, b, cos, sin = self.V_x / size, V / size, np.cos(size * h), np.sin(size * h)
        x, y, z = self.P
        along, kept = (a * x + b * z) * (1 - cos), np.exp(-self.D * h)
        self.P = np.stack([(x * cos - b * y * sin + a * along) * kept, (y * cos + (b * x - a * z) * sin) * kept,
                           z * cos + a * y * sin + b * along])  # fmt: skip
        self.f_s = (self.total - self.P[2]) / 2

    def relax(self, h: float) -> None:
        """Relax f_s at the energy, number and asymmetry that there are."""
        S = self.f_s.mean(0)
        eta_of, log_N = ts.massless()
        E, N = self.w @ S, self.number @ S
        eta = float(eta_of(4 * np.log(N) - 3 * np.log(E)))
        target = 1 / (np.exp(self.y / np.exp((np.log(N) - log_N(eta)) / 3) - eta) + 1)
        shape = target * (1 - target)
        mixed = shape * self.asymmetry / (self.number @ shape)
        move = (1 - np.exp(-self.relaxation * h)) * (target + SIGN * mixed - self.f_s)
        self.f_s, self.total = self.f_s + move, self.total + move
        self.P[2] -= move

    def go(self, length: float, lag: float = 0.0) -> None:
        """Go on for ``length`` in ln a."""
        s = since = slope = 0.0
        h, n = LONGEST, self.asymmetry
        seen = n
        while s < length:
            middle = n + slope * h / 2
            seen = middle + (seen - middle) * np.exp(-h / lag) if lag else middle
            self.turn(h, seen)
            new = self.asymmetry
            slope, n, s, since = (new - n) / h, new, s + h, since + h
            if since * self.relaxation > 0.01:
                self.relax(since)
                n, since = self.asymmetry, 0.0
            h = min(LONGEST, 1.2 * h, max(SHORTEST, np.sqrt(0.3 / (self.C * abs(slope) + 1e-30))))


def collapse(point: ts.Point, run: ts.History, n: int, lag: float = 0.0, size: float = 2.5e-4) -> Outcome:
    """Follow for 4e-4 e-folds, with n momenta, what ``run`` has when its asymmetry has shrunk to ``size``."""
    peak = int(np.argmax(np.abs(run.L[:, 3])))
    row = peak + int(np.argmax(np.abs(run.L[peak:, 3]) < size))
    state = Collapse(point, run, row, n)
    state.go(4e-4, lag)
    species = state.number @ fermi(state.y / state.z)
    energies = np.array([state.energy, state.w @ state.f_s.mean(0)]) / state.z**4
    return Outcome(float(energies[0]), float(energies[1]), state.asymmetry / float(species), float(run.T[row]))
