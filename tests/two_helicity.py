"""A second road to the growth of a lepton asymmetry: both signs, momentum by momentum, but without coherences.

The symmetric state is that of `tests.quasistatic`, with its own momenta, plasma, rates and potential. Of both signs,
f = S + d and f - 2 d, the difference obeys (derived: the rate equations of nu minus those of nubar, linear in d)

    d d_s/dt = c (d_a - d_s) + (dc/dV_z) w (f_a - f_s) + secret relaxation,     w = C(k) (n_s - nbar_s),
    d d_a/dt = the opposite of conversion + weak relaxation,

both relaxations towards f (1 - f) at the temperature of their bath, without change of number. Integrated by implicit
Euler steps, with the size of d divided out at each.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.integrate import solve_ivp

from boltzmann.constants import EV, G_F
from tests import quasistatic as qs
from tests.quasistatic_rates import NEUTRINO, fermi

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
        phi = np.interp(np.log(4 * k * z_s / a / p.M**2), self.log_u, self.phi)
        C = p.e_s**2 / p.M**2 * (1 + phi) + 2 * np.sqrt(2) * G_F
        slope = -2 * V_z * c / width * (u[:n] - u[n : 2 * n]) * C / a**3
        gain = np.hstack([np.diag(c), -np.diag(c) + np.outer(slope, 2 * self.number)]) / H
        A = np.vstack([-gain, gain])
        A[:n, :n] += self.relaxation(qs.limit(weak / H, FAST), z)
        A[n:, n:] += self.relaxation(qs.limit(secret / H, FAST), z_s)
        return A


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
