"""Resonances that a lepton asymmetry drives over the momenta and that use it up: the equation of their fronts.

Where nu_s lies above the active states, neutrinos of the sign of an asymmetry find it on their own level. With one
active flavour, over the Hubble rate H,

    Delta(y) = A/y + B y - V l,     l = SUM_b w_b l_b,   l_b = a^3 (n_b - nbar_b),   w_b = 1, own flavour 2

A from the vacuum (~ x^3), B from the plasma's even potential (~ x^-3), V = sqrt2 G_F/(a^3 H) (~ 1/x). Delta vanishes at
y_low ~ A/(V l) and y_high ~ V l/B, if V l > 2 sqrt(A B). Both fronts go up in y, with v = dln y/ds, s = ln x, and leave
behind what they convert (derived; Landau-Zener, with D = dDelta/dln y of a front)::

    v = (E + V u)/(-D),   E = A'/y + B' y - V' l,   u = -dl/ds = w SUM_fronts q(y) P v
    P = 1 - e^(-G/v),     G = 2 pi |H_as|^2/|D|,    q = y^3 f/(2 pi^2)

u is a scalar root: P v rises to G, so that it exists. Collisions faster than the passage give the same P where |H_as|
is below the damping, int R ds = 2 pi |H_as|^2/|D v|, and P = 1 where it is above.

For B = 0 this is v (1 - kappa P) = 4 with kappa = w q/l: from kappa = 1 on the front runs away, because what it
converts drives it on. l is then used up within 0.02 e-folds, and y_low runs to the end of the spectrum. Where y_high
matters (L below 1e-4 or so) it goes slower with every neutrino that it takes, v (1 + kappa P) = 2: it stays where
kappa P ~ 1, and l falls like x^-2.

Besides, conversion that is not resonant takes l, because it is the faster for the sign whose levels are nearer::

    u += w int dln y q [R(Delta) - R(Delta + 2 V l)],   R = (D_as/2) (2 H_as)^2/(D_as^2 + (2 H_as)^2 + Delta^2)

with Delta^2 at least (D/4)^2 of a front in its neighbourhood, which P counts. This is smooth, and nodes follow it.

Every neutrino that a front converts lowers l by w: they make at most l/w of sterile neutrinos.

Left out: refilling of what a front has emptied, sterile neutrinos that are there already, further flavours that mix.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from boltzmann.numerics.arrays import Array

STEP = 0.005  # in s; half and twice move the collapse by less than 1e-3
_SHARE = 0.01  # of the asymmetry in a step
_LEAST = 1e-3  # of the asymmetry, of which nothing depends
LAST = 25.0  # y, beyond which there are no neutrinos
GONE = 0.5  # of the asymmetry: it is exhausted, what is left follows within 0.02 e-folds where the low front takes it
_Y = np.geomspace(0.02, 20.0, 50)
_NEUTRINOS = np.gradient(np.log(_Y)) * _Y**3 / (2.0 * np.pi**2 * (np.exp(_Y) + 1.0))


class Course(NamedTuple):
    """Levels of one flavour along a run, over the Hubble rate, at s (n,)."""

    s: Array
    vacuum: Array  # A
    plasma: Array  # B; 0: none
    odd: Array  # V, per unit of l
    mixing: Array  # y |H_as|
    damping: Array  # D_as/y of weak collisions


@dataclass(frozen=True)
class Fronts:
    """What the fronts did, at points s of their own (n,).

    Attributes
    ----------
    s : array
        ln x.
    asymmetry : array
        l, as comoving number density with a T_nu = 1.
    low, high : array
        y of both fronts; NaN where there is no resonance, infinite beyond the spectrum.
    number, energy : array
        Comoving number and energy density of the sterile neutrinos that they have made, a T_nu = 1.
    weight : float
        w.
    """

    s: Array
    asymmetry: Array
    low: Array
    high: Array
    number: Array
    energy: Array
    weight: float

    @property
    def share(self) -> float:
        """Of the asymmetry at the start, what fronts have taken when it is `exhausted`, or at the end."""
        s = self.s[-1] if math.isnan(self.exhausted) else self.exhausted
        taken = self.weight * float(np.interp(s, self.s, self.number))
        return taken / float(self.asymmetry[0]) if taken > 0.0 else 0.0

    @property
    def exhausted(self) -> float:
        """Of the points, that at which half of the asymmetry is gone, ln x; NaN if it is not."""
        gone = np.flatnonzero(self.asymmetry < GONE * self.asymmetry[0])
        if gone.size == 0:
            return float("nan")
        i = int(gone[0])
        return float(np.interp(-GONE * self.asymmetry[0], -self.asymmetry[i - 1 : i + 1], self.s[i - 1 : i + 1]))


class Front(NamedTuple):
    """One front now: momentum, its neutrinos per dln y times w, D, E, and G."""

    y: float
    weighted: float
    slope: float
    drift: float
    strength: float


class Now(NamedTuple):
    """Levels now, and their derivatives over s."""

    vacuum: float
    plasma: float
    odd: float
    mixing: float
    damping: float
    vacuum_rate: float
    plasma_rate: float
    odd_rate: float


class Levels:
    """Interpolates a course: values, and derivatives by differences."""

    def __init__(self, course: Course) -> None:
        values = np.array(course[1:])
        self.s, self.rows = course.s, np.concatenate([values, np.gradient(values[:3], course.s, axis=1)])

    def at(self, s: float) -> Now:
        """Return the levels at s, linear between points."""
        i = min(max(int(np.searchsorted(self.s, s)), 1), self.s.size - 1)
        t = (s - self.s[i - 1]) / (self.s[i] - self.s[i - 1])
        return Now(*((1.0 - t) * self.rows[:, i - 1] + t * self.rows[:, i]).tolist())


def _density(y: float, xi: float) -> float:
    """Return neutrinos per dln y, a T_nu = 1."""
    return y**3 / (2.0 * math.pi**2 * (math.exp(min(y - xi, 700.0)) + 1.0))


def _front(y: float, asymmetry: float, now: Now, weight: float, xi: float) -> Front:
    """Return the front at y."""
    slope = now.plasma * y - now.vacuum / y
    return Front(
        y=y,
        weighted=weight * _density(y, xi),
        slope=slope,
        drift=now.vacuum_rate / y + now.plasma_rate * y - now.odd_rate * asymmetry,
        strength=2.0 * math.pi * (now.mixing / y) ** 2 / abs(slope),
    )


def places(asymmetry: float, now: Now) -> tuple[float, float]:
    """Return y of both resonances, NaN if there is none."""
    level = now.odd * asymmetry
    left = level**2 - 4.0 * now.vacuum * now.plasma
    if left <= 0.0:
        return math.nan, math.nan
    total = level + math.sqrt(left)
    return 2.0 * now.vacuum / total, total / (2.0 * now.plasma) if now.plasma > 0.0 else math.inf


def _smooth(fronts: list[Front], asymmetry: float, now: Now, weight: float) -> float:
    """Return what conversion that is not resonant takes, -dl/ds."""
    shift = now.odd * asymmetry
    even = now.vacuum / _Y + now.plasma * _Y
    least = min([0.25 * abs(each.slope) for each in fronts], default=0.0)
    width = (now.damping * _Y) ** 2 + 4.0 * (now.mixing / _Y) ** 2
    difference = 1.0 / (width + np.maximum((even - shift) ** 2, least**2)) - 1.0 / (width + (even + shift) ** 2)
    rate = 2.0 * now.damping * now.mixing**2 / _Y * difference
    return float(weight * (_NEUTRINOS @ rate))


def converted(front: Front, v: float) -> float:
    """Return w q P v of a front at speed v; downwards it meets what it has converted already."""
    return front.weighted * v * -math.expm1(-front.strength / v) if v > 0.0 else 0.0


def loss(fronts: list[Front], smooth: float, now: Now) -> float:
    """Return u = -dl/ds, the root of the equation above; ``smooth``: of conversion that is not resonant."""

    def excess(u: float) -> float:
        return u - smooth - sum(converted(each, -(each.drift + now.odd * u) / each.slope) for each in fronts)

    most = smooth + 1.001 * sum(max(0.0, each.weighted) * each.strength for each in fronts)  # P v < G
    least = smooth + 1.001 * sum(min(0.0, each.weighted) * each.strength for each in fronts)  # what comes back
    from scipy.optimize import brentq

    return float(brentq(excess, least, most, rtol=1e-10, xtol=1e-300)) if least < most else smooth


def follow(course: Course, asymmetry: float, weight: float = 2.0, xi: float = 0.0) -> Fronts:
    """Return what fronts do to an asymmetry l > 0.

    Parameters
    ----------
    course : Course
        The levels.
    asymmetry : float
        l at the start: the combination that is in the potential, as comoving number density with a T_nu = 1.
    weight : float
        w of the flavour that converts: 2 in nature; 1 compares with codes whose l is the potential's and the number.
    xi : float
        mu/T of neutrinos before they convert.
    """
    levels, s, left = Levels(course), float(course.s[0]), asymmetry
    number = energy = 0.0
    rows = []
    while s < course.s[-1] and left >= _LEAST * asymmetry:
        now = levels.at(s)
        at = places(left, now)
        rows.append((s, left, *at, number, energy))
        fronts = [_front(y, left, now, weight, xi) for y in at if y < LAST]
        smooth = max(0.0, _smooth(fronts, left, now, weight))
        u = loss(fronts, smooth, now)
        speeds = [-(each.drift + now.odd * u) / each.slope for each in fronts]
        h = min([STEP, *(2.0 * _SHARE / abs(v) for v in speeds if v), *([_SHARE * left / u] if u > 0.0 else [])])
        h = min(max(h, 1e-12), float(course.s[-1]) - s + 1e-15)
        made = [converted(each, v) / weight for each, v in zip(fronts, speeds, strict=True)]
        number += h * sum(made)
        energy += h * sum(each.y * rate for each, rate in zip(fronts, made, strict=True))
        s, left = s + h, left - h * u
    points, asymmetries, low, high, numbers, energies = np.array(rows).T
    return Fronts(points, asymmetries, low, high, numbers, energies, weight)


def largest_grown(vacuum: float, odd: float, weight: float = 2.0) -> float:
    """Return the |l| to which an asymmetry that grows below active states (A < 0) drives itself at one time.

    Where nu_s lies below the active states, an asymmetry that has outgrown the even potential puts the resonance of one
    sign at y = |A|/(V l), among momenta that it has not converted: it goes down as l grows, and feeds it, dl/ds = - w q
    P v. With v = 4 - dln l/ds (|A|/V ~ x^4) that is v (1 - kappa P) = 4, kappa = w q/l: down where kappa P > 1. Growth
    stops at kappa = 1, y w q(y) = |A|/V, and goes on as |A|/V rises; beyond the maximum of y w q it has ended there
    (derived). Cells of momentum (`boltzmann.asymmetries.growing`) have 0.6 of this at 1 MeV (-1 eV^2, |U_mu4|^2 =
    1e-5): a factor of 3 is to be allowed.

    Parameters
    ----------
    vacuum, odd : float
        A and V of the module, over the same rate.
    weight : float
        w.
    """
    y = np.geomspace(1e-3, 20.0, 2000)
    taken = weight * y**3 / (2.0 * np.pi**2 * (np.exp(y) + 1.0))
    rising = slice(0, int(np.argmax(y * taken)) + 1)
    place = np.interp(abs(vacuum) / odd, (y * taken)[rising], y[rising])
    return float(np.interp(place, y, taken))
