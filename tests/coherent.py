"""Neutrinos of all momenta as rotating vectors, through the collapse of an asymmetry: no front, no Landau and Zener.

P = (f_a - f_s) rotates about (2H, 0, Delta) without collisions, and antineutrinos, far from their resonance, follow
their levels. l = base - w (n_s - nbar_s). Steps turn each vector exactly and move l by ``SHARE``.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.asymmetries.front import Course, Levels

SHARE = 5e-4  # of l, in a step
LONGEST = 1e-4  # in s


class Collapse(NamedTuple):
    """State when l is down to what was asked for: s, and energy of nu_s without antineutrinos, a T_nu = 1."""

    s: float
    energy: float


class _Neutrinos:
    def __init__(self, n: int) -> None:
        edges = np.geomspace(0.05, 25.0, n + 1)
        self.y = np.sqrt(edges[1:] * edges[:-1])
        self.number = np.diff(edges**3) / (6.0 * np.pi**2)
        self.f = 1.0 / (np.exp(self.y) + 1.0)

    def axis(self, left: float, now, sign: float):
        """Return 2H and Delta."""
        return 2.0 * now.mixing / self.y, now.vacuum / self.y + now.plasma * self.y - sign * now.odd * left

    def aligned(self, left: float, now) -> np.ndarray:
        """Return vectors on their levels: nu_s where the resonance has been, nu_a above."""
        H, delta = self.axis(left, now, 1.0)
        # Delta > 0 where the front has passed, and nu_s is full; P lies along -(2H, 0, Delta) on both sides
        return -self.f * np.stack([H, np.zeros_like(H), delta]) / np.hypot(H, delta)

    def sterile(self, P: np.ndarray) -> np.ndarray:
        return 0.5 * (self.f - P[2])

    def antineutrinos(self, left: float, now) -> float:
        """Return nbar_s of levels that mix in matter."""
        H, delta = self.axis(left, now, -1.0)
        return float(self.number @ (0.5 * self.f * (1.0 - delta / np.hypot(H, delta))))


def _turn(P: np.ndarray, H: np.ndarray, delta: np.ndarray, h: float) -> np.ndarray:
    """Return vectors turned about (H, 0, delta) by its length times h (Rodrigues)."""
    length = np.hypot(H, delta)
    x, z, c, s = H / length, delta / length, np.cos(length * h), np.sin(length * h)
    along = (x * P[0] + z * P[2]) * (1.0 - c)
    turned = np.stack([-z * P[1], z * P[0] - x * P[2], x * P[1]])
    return P * c + turned * s + along * np.stack([x, np.zeros_like(x), z])


def collapse(course: Course, s: float, left: float, until: float, weight: float = 1.0, n: int = 1200) -> Collapse:
    """Follow an asymmetry ``left`` from s, where its front moves slowly still, until it is ``until``."""
    neutrinos, levels = _Neutrinos(n), Levels(course)
    now = levels.at(s)
    P, slope = neutrinos.aligned(left, now), -4.0 * left
    number = neutrinos.number

    def taken(P: np.ndarray, left: float, now) -> float:
        return weight * (float(number @ neutrinos.sterile(P)) - neutrinos.antineutrinos(left, now))

    base = left + taken(P, left, now)
    while left > until and s < course.s[-1]:
        h = min(LONGEST, SHARE * left / max(abs(slope), 4.0 * left))
        middle, half = left + 0.5 * h * slope, levels.at(s + 0.5 * h)
        for _ in range(2):
            Q = _turn(P, *neutrinos.axis(middle, half, 1.0), h)
            after = base - taken(Q, middle, levels.at(s + h))
            middle = 0.5 * (left + after)
        slope = 0.5 * (slope + (after - left) / h)
        P, left, s = Q, after, s + h
    return Collapse(s, float(number @ (neutrinos.y * neutrinos.sterile(P))))
