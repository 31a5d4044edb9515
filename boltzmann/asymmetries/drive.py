"""From populations to what turns the asymmetry matrix: moments as functions of its eigenvalues, and its torque."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from boltzmann.asymmetries.electron import basic_integrals
from boltzmann.asymmetries.populations import Scratch, background, weak_scale
from boltzmann.asymmetries.precession import Drive
from boltzmann.asymmetries.problem import G_LEFT, Problem
from boltzmann.constants import G_F, M_E
from boltzmann.numerics.arrays import Array, Complex

NEAR = 3e-4  # relative distance below which levels are near; changes precession by 1e-5 where they are 0.1 apart


class Moment(NamedTuple):
    """What `Drive` is made of, at one time."""

    vacuum: Complex  # (3, 3)
    charged: Array  # (3,)
    rest: Array  # (10,)
    ratio: float  # odd potential over the even part of the Hamiltonian


def _differences(f: Array, a: Array, width: float) -> Array:
    """Return f_1, f_12 and f_123, divided differences of f (3, ...) at the eigenvalues ``a``, (3, ...).

    Where two eigenvalues are nearer than ``width``, at least the rest of the Hamiltonian over the odd potential, the
    potential does not decide what the levels are, and they share the mean. At least `NEAR` times the largest, because
    where levels cross extrapolated populations differ a little elsewhere than eigenvalues.
    """

    def divided(i: int, j: int) -> Array:
        return np.asarray((f[j] - f[i]) * (a[j] - a[i]) / ((a[j] - a[i]) ** 2 + width**2))

    first = divided(0, 1)
    return np.stack([f[0], first, (divided(1, 2) - first) / (a[2] - a[0])])


def _torque(problem: Problem, z: float, rates: Array, r: Array, a: Array, width: float) -> Array:
    """Return t_12, t_13, t_23 of `boltzmann.asymmetries.precession` without tau.

    t = u - ubar + v, each antisymmetrised, from the coefficients c of rho = SUM_a c_a N_a and e = 1 - rho::

        u_ab = SUM_ij w_i w_j (E_j/E_i) R1_ij e_ai c_bj
        v_ab = SUM_ij w_i w_j A1_ij [e_ai ebar_bj/(E_i E_j)^2 - c_ai cbar_bj]
    """
    w, boost = problem.grid.w, np.exp(0.5 * problem.grid.y / z)
    full, empty = [], []
    for sign in range(2):
        c = _differences(r[sign], a, width)
        full.append(w * c)
        empty.append(w * (np.array([[1.0], [0.0], [0.0]]) - c))
    t = empty[0] / boost**2 @ rates[2] @ (empty[1] / boost**2).T - full[0] @ rates[2] @ full[1].T
    for factor, c, e in zip((1.0, -1.0), full, empty, strict=True):
        t = t + factor * (e / boost) @ rates[0] @ (boost * c).T
    return np.asarray((t - t.T)[[0, 0, 1], [1, 2, 2]])


def moment(problem: Problem, s: float, u: Array, work: Scratch) -> Moment:
    """Return what turns A at s in the state u."""
    x, z, rate = background(s, u, problem.grid, problem.plasma)
    v, c = problem.terms(s, u)
    r, w, y = problem.occupations(u), problem.weights, problem.grid.y
    a, total = problem.levels(u), r[0] + r[1]
    odd = np.sqrt(2.0) * G_F * (M_E / x) ** 3 / rate
    even = np.abs(v).max() / 3.0 + 3.0 * np.abs(c).max()
    basic_integrals(x, z, problem.electron, work.flat, work.rates)
    width = max(even / odd, NEAR * np.abs(a).max())
    torque = weak_scale(x, rate) / (2.0 * np.pi**2) * _torque(problem, z, work.rates, r, a, width)
    slow, fast = (_differences(total @ weight, a, width)[1:] for weight in (w / y, w * y))
    return Moment(v, c, np.concatenate([a, slow, fast, torque]), float(odd * np.abs(a).max() / even))


def drive_of(first: Moment, middle: Moment, last: Moment) -> Drive:
    """Return what turns A in a step from three of its times."""
    place = np.unravel_index(np.argmax(np.abs(first.vacuum)), (3, 3))
    growth = [np.log(abs(last.vacuum[place]) / abs(first.vacuum[place]))]
    growth += [np.log(last.charged[a] / first.charged[a]) if first.charged[a] != 0.0 else 0.0 for a in (0, 1)]
    rest = np.stack([first.rest, middle.rest, last.rest])
    return Drive(first.vacuum, np.ascontiguousarray(first.charged), np.array(growth), rest, G_LEFT)
