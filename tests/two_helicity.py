"""A second road to the growth of a lepton asymmetry: both signs, momentum by momentum, but without coherences.

The symmetric state is that of `tests.quasistatic`, with its own momenta, plasma, rates and potential. Of both signs,
f = S + d and f - 2 d, the difference obeys (derived: the rate equations of nu minus those of nubar, linear in d)

    d d_s/dt = c (d_a - d_s) + (dc/dV_z) w (f_a - f_s) + secret relaxation,     w = C(k) (n_s - nbar_s),
    d d_a/dt = the opposite of conversion + weak relaxation,

both relaxations towards f (1 - f) at the temperature of their bath, without change of number. Integrated by implicit
Euler steps, with the size of d divided out at each (`grow`).

`follow` goes on where the asymmetry is no longer small: f = S +- d of both signs convert at c(V_z +- w), S relaxes as
in `tests.quasistatic` and d as above (good as long as |n_s - nbar_s| is a few percent of a species).
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.integrate import solve_ivp

from boltzmann.constants import EV, G_F
from tests import quasistatic as qs
from tests.quasistatic_rates import NEUTRINO, deviation_weights, fermi

FAST = 1e5  # relaxation over H that is as good as instantaneous


@dataclass(frozen=True)
class Growth:
    """ln of the asymmetry that a seed at the start of the run has become, and temperatures [MeV]."""

    T: np.ndarray
    log: np.ndarray

    def temperature(self, exponent: float) -> float:
        """T_gamma at which the asymmetry has grown by e^exponent from its least value."""
        grown = self.log - np.minimum.accumulate(self.log)
        return float(self.T[np.argmax(grown > exponent)])


def phi_average(u: np.ndarray) -> np.ndarray:
    """<phi(u p)> with phi = -ln|1 - t^2|/t^2 over p^2 f (1 - f): midpoints, fine enough for the logarithm to 1%."""
    p = (np.arange(20000) + 0.5) * 45 / 20000
    weight = p**2 * fermi(p) * (1 - fermi(p))
    t = u[:, None] * p
    return (-np.log(np.abs(1 - t**2)) / t**2) @ weight / weight.sum()


class Asymmetry:
    """The linear equations of d."""

    def __init__(self, point: qs.Point, model: qs.Model) -> None:
        self.point, self.model = point, model
        self.number = qs.momenta()[1] / qs.momenta()[0] * NEUTRINO / 2  # one helicity
        self.log_u = np.linspace(-15, 12, 300)
        self.phi = phi_average(np.exp(self.log_u))

    def relaxation(self, rate: np.ndarray, z: float) -> np.ndarray:
        y = qs.momenta()[0]
        shape, weight = fermi(y / z) * (1 - fermi(y / z)), self.number * rate
        return np.outer(rate * shape / (weight @ shape), weight) - np.diag(rate)

    def matrix(self, log_a: float, u: np.ndarray) -> np.ndarray:
        p, model, (y, _) = self.point, self.model, qs.momenta()
        n, a, H = y.size, np.exp(log_a), model.hubble(log_a, u)
        log_T, z, _, enthalpy = qs.plasma()[0](log_a)
        T, k, z_s = np.exp(log_T), y / a, model.bath(log_a, u)[0]
        weak, secret = qs.weak_rate(T, k, p.flavour), model.secret_rate(log_a, z_s)
        vacuum = p.dm2 * EV**2 / (2 * k)
        V_x = vacuum * np.sin(2 * p.theta_0)
        V_z = vacuum * np.cos(2 * p.theta_0) + model.potential(log_a, u, z_s)
        V_z = V_z - qs.weak_potential(T, k, enthalpy, p.flavour)
        D = (weak + secret) / 2
        width = D**2 + V_x**2 + V_z**2
        c = D * V_x**2 / (2 * width)
        slope = -2 * V_z * c / width * (u[:n] - u[n : 2 * n]) * self.coupling(log_a, z_s)
        gain = np.hstack([np.diag(c), -np.diag(c) + np.outer(slope, 2 * self.number)]) / H
        A = np.vstack([-gain, gain])
        A[:n, :n] += self.relaxation(qs.limit(weak / H, FAST), z)
        A[n:, n:] += self.relaxation(qs.limit(secret / H, FAST), z_s)
        return A

    def coupling(self, log_a: float, z_s: float) -> np.ndarray:
        """C(k) per comoving n_s - nbar_s [MeV], with the Z exchange of nu_a, whose asymmetry is the opposite."""
        p, a = self.point, np.exp(log_a)
        phi = np.interp(np.log(4 * qs.momenta()[0] * z_s / a**2 / p.M**2), self.log_u, self.phi)
        return (p.e_s**2 / p.M**2 * (1 + phi) + 2 * np.sqrt(2) * G_F) / a**3


def grow(point: qs.Point, T_end: float, steps: int = 1500) -> Growth:
    """Follow an asymmetry from the start of the run to T_gamma = ``T_end`` [MeV], above the end of refilling."""
    model = qs.Model(point, True)
    start, u = model.start()
    end = qs.log_scale_factor(T_end)
    scale = np.append(np.full(u.size - 1, 1e-3), 1e-2)
    options = {"jac": model.jacobian, "rtol": 1e-4, "atol": 1e-4 * scale, "max_step": 0.05, "dense_output": True}
    symmetric = solve_ivp(model.rhs, (start, end), u, "Radau", **options).sol
    odd, y = Asymmetry(point, model), qs.momenta()[0]
    shape = fermi(y) * (1 - fermi(y))
    d = np.concatenate([-shape, shape])
    times = np.linspace(max(start, qs.log_scale_factor(6 * T_end)), end, steps + 1)
    size, log = odd.number @ shape, [0.0]
    for before, now in pairwise(times):
        d = np.linalg.solve(np.eye(d.size) - (now - before) * odd.matrix(now, symmetric(now)), d)
        grown = odd.number @ d[y.size :]
        log.append(log[-1] + np.log(abs(grown) / size))
        d, size = d / abs(grown), 1.0
    return Growth(np.exp(qs.plasma()[0](times)[:, 0]), np.array(log))


class Followed(NamedTuple):
    """Both signs along a run; energies in units of one neutrino with a T = 1."""

    T: np.ndarray  # [MeV]
    sterile: np.ndarray  # energy of nu_s and its antineutrinos
    difference: np.ndarray  # n_s - nbar_s over the number of a thermal species, nu and nubar, at T_gamma


class Signs:
    """The equations of S_a, S_s, the dark energy, d_a and d_s: 4 n + 1 unknowns."""

    def __init__(self, point: qs.Point, refill: bool) -> None:
        self.model, self.odd, self.n = qs.Model(point, refill), Asymmetry(point, qs.Model(point, refill)), 48

    def parts(self, log_a: float, u: np.ndarray):
        """Return of each sign f_a - f_s, c and its slope, of both refill and relaxation rates and a T_s."""
        n, mean = self.n, u[: 2 * self.n + 1]
        d_a, d_s = u[2 * n + 1 : 3 * n + 1], u[3 * n + 1 :]
        z_s = self.model.bath(log_a, mean)[0]
        shift = self.odd.coupling(log_a, z_s) * 2 * (self.odd.number @ d_s)
        signs = []
        for sign in (1, -1):
            c, slope, relax, weak, _ = self.model.rates(log_a, mean, sign * shift)
            signs.append((u[:n] - u[n : 2 * n] + sign * (d_a - d_s), c, slope))
        return signs, relax, weak, z_s

    def rhs(self, log_a: float, u: np.ndarray) -> np.ndarray:
        n, (y, w) = self.n, qs.momenta()
        (plus, minus), relax, weak, z_s = self.parts(log_a, u)
        gains = plus[1] * plus[0], minus[1] * minus[0]
        mean, half, z = (gains[0] + gains[1]) / 2, (gains[0] - gains[1]) / 2, qs.plasma()[0](log_a)[1]
        return np.concatenate([
            weak * (fermi(y / z) - u[:n]) - mean,
            mean + relax * (fermi(y / z_s) - u[n : 2 * n]),
            [w @ mean + self.model.bath(log_a, u[: 2 * n + 1])[2]],
            self.odd.relaxation(weak, z) @ u[2 * n + 1 : 3 * n + 1] - half,
            half + self.odd.relaxation(relax, z_s) @ u[3 * n + 1 :],
        ])  # fmt: skip

    def jacobian(self, log_a: float, u: np.ndarray) -> np.ndarray:
        """Derivatives of ``rhs``; those of H are left out, the column of the dark energy is a difference."""
        n, (y, w), a = self.n, qs.momenta(), np.exp(log_a)
        point, z = self.model.point, qs.plasma()[0](log_a)[1]
        signs, relax, weak, z_s = self.parts(log_a, u)
        even = point.e_s**2 * deviation_weights(y, a * point.M) / (4 * np.pi**2 * y * a)[:, None]
        odd = np.outer(self.odd.coupling(log_a, z_s), 2 * self.odd.number)
        rows = []  # of gains of both signs: derivatives by S_a, S_s, d_a, d_s
        for sign, (difference, c, slope) in zip((1, -1), signs, strict=True):
            driven = (slope * difference)[:, None]
            rows.append([np.diag(c), driven * even - np.diag(c), sign * np.diag(c), sign * (driven * odd - np.diag(c))])
        mean, half = ([(p + f * m) / 2 for p, m in zip(*rows, strict=True)] for f in (1, -1))
        J, places = np.zeros((4 * n + 1, 4 * n + 1)), (0, n, 2 * n + 1, 3 * n + 1)
        for column, m, h in zip(places, mean, half, strict=True):
            J[:n, column : column + n], J[n : 2 * n, column : column + n] = -m, m
            J[2 * n, column : column + n] = w @ m
            J[2 * n + 1 : 3 * n + 1, column : column + n], J[3 * n + 1 :, column : column + n] = -h, h
        J[np.arange(n), np.arange(n)] -= weak
        J[np.arange(n, 2 * n), np.arange(n, 2 * n)] -= relax
        J[2 * n + 1 : 3 * n + 1, 2 * n + 1 : 3 * n + 1] += self.odd.relaxation(weak, z)
        J[3 * n + 1 :, 3 * n + 1 :] += self.odd.relaxation(relax, z_s)
        step = np.zeros(u.size)
        step[2 * n] = 1e-5 * u[2 * n]
        J[:, 2 * n] = (self.rhs(log_a, u + step) - self.rhs(log_a, u - step)) / (2 * step[2 * n])
        return J


def follow(point: qs.Point, T_end: float, seed: float, rtol: float = 1e-4) -> Followed:
    """Follow both signs from an asymmetry of nu_a, ``seed`` in f over f (1 - f), until T_gamma = ``T_end`` [MeV].

    Refilling goes on to the end, which is to be above 1.3 MeV.
    """
    signs, (y, w) = Signs(point, True), qs.momenta()
    start, mean = signs.model.start()
    shape = fermi(y) * (1 - fermi(y))
    u = np.concatenate([mean, seed * shape, np.zeros(y.size)])
    least = np.concatenate([np.full(2 * y.size, 1e-3), [1e-2], np.full(2 * y.size, 1e-2 * abs(seed) + 1e-300)])
    options = {"jac": signs.jacobian, "rtol": rtol, "atol": rtol * least, "max_step": 0.05}
    found = solve_ivp(signs.rhs, (start, qs.log_scale_factor(T_end)), u, "Radau", **options)
    if not found.success:
        raise RuntimeError(f"{point}: {found.message}")
    log_T, z = qs.plasma()[0](found.t)[:, :2].T
    S_s, d_s = found.y[y.size : 2 * y.size], found.y[3 * y.size + 1 :]
    thermal = 2 * (signs.odd.number @ fermi(y)) * z**3
    return Followed(np.exp(log_T), w @ S_s, 2 * (signs.odd.number @ d_s) / thermal)
