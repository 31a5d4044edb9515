"""A resonance that an asymmetry drives, through its collapse to the end: populations in cells of momentum.

Nodes of momenta hold more asymmetry each than there is, and stall or go wrong where fronts run away
(`boltzmann.asymmetries.front`). Here nu_a and nu_s of both signs fill cells of y, and fronts go through the cells
continuously: what lies between two places of a front is transferred by the analytic P = 1 - e^(-G/v). One active
flavour converts; what the others have of the asymmetry stays.

A population is that of a level in matter, nu_s or nu_a where it is far from a resonance (derived)::

    f_s' = R (f_a - f_s),   f_a' = -R (f_a - f_s) + Gamma (target - f_a),   Gamma = 2 D
    R = (D/2) (2H)^2/(W^2 + Delta^2) [1 - (D/W) c^2/(c^2 + Delta^2)],   W^2 = D^2 + (2H)^2,   c = (A/y + B y)/4

The bracket takes out of R what the front has: where D exceeds H, int R ds over the passage is the exponent of P. Where
H exceeds D, a passage is coherent, and collisions within it are R's. The target keeps the asymmetry of nu_a and, but
for the share `NUMBER_CHANGING` of the rate, the number of each sign.

Mixing in matter dresses a level: nu_s holds sin^2 theta_m (f_a - f_s) more, cos 2 theta_m = |Delta|/sqrt(Delta^2 +
(2H)^2), less what collisions interrupt, (Delta^2 + (2H)^2)/(Delta^2 + W^2). Before the collapse of LASAGNA's run
(1 eV^2, sin^2 2theta = 0.01, L = 0.01) that is three tenths of rho_s, and two per cent of l. A front that has run away
is not adiabatic: from v = `RUNAWAY` on the dressing stays what it was.

With the potential's asymmetry l, weights and v as in `front`, l follows from the populations, and a step is one of the
front's equation. Conversion that is not resonant pulls small l to where the rates of both signs agree, faster than a
step: l is then the root of l = l_0 - h u(l).

A front that runs away (v of 1e5 to 1e8) is taken from place to place: l is (A/y + B y)/V there, which says how many
neutrinos it has to convert, P and v. So l stays where the front is, and cells of half the width change energies by 1%.

A coherent calculation of all momenta without P (`tests/coherent.py`, steps of 1e-10) goes through the collapse as this
does: the same T to 0.5%, energy at a tenth of l to 10%; when l is gone it has 10 to 25% less, because the collapse is
as fast as oscillations.

Left out: sterile neutrinos of other flavours' mixing, fronts that go down (nothing is converted back), T_nu other than
that of the plasma in the target.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from boltzmann.asymmetries.front import Course, Front, Levels, Now, loss, places
from boltzmann.numerics.arrays import Array
from boltzmann.parameters.asymmetry import PHOTONS, xi_of

CELLS = 300
FIRST, LAST = 0.01, 25.0  # y; beyond are 1e-7 and 5e-9 of the neutrinos
STEP = 0.01  # in s
SHARE = 0.5  # of a cell, that a front passes in a step
SMALLEST = 1e-13  # step in s
RUNAWAY = 50.0  # v; 4 without feedback. 20 and 200 move the collapse by 1e-4
#: Of the rate: annihilation, about a tenth, the rest is elastic (asymmetry.md sec. 1 of the design); 1 for 0.1 changes
#: rho_s of LASAGNA's run by 0.5%, and what nu_a lacks at 1 MeV from 0.015 to 0.004.
NUMBER_CHANGING = 0.1
CONTRACTING = 0.5  # of two iterations for l with its dressing
FAST = 0.01  # of l, changed by conversion that is not resonant in a step, beyond which it is implicit
ONE = 7.0 * np.pi**2 / 120.0  # energy of one species, nu and nubar, a T_nu = 1
_SIGN = np.array([[1.0], [-1.0]])


class Cells(NamedTuple):
    """Cells of y: edges (n + 1,), middles (n,) and weights (n,) of number and energy density of one sign."""

    edges: Array
    y: Array
    number: Array
    energy: Array


def cells_between(edges: Array) -> Cells:
    """Return cells with the given ``edges`` (n + 1,)."""
    cubes, fourths = np.diff(edges**3), np.diff(edges**4)
    return Cells(edges, 0.75 * fourths / cubes, cubes / (6.0 * np.pi**2), fourths / (8.0 * np.pi**2))


def cells(n: int = CELLS) -> Cells:
    """Return logarithmic cells from `FIRST` to `LAST`."""
    return cells_between(np.geomspace(FIRST, LAST, n + 1))


@dataclass(frozen=True)
class Passage:
    """What became of an asymmetry and of the populations, at points s of their own (n,).

    Attributes
    ----------
    s : array
        ln x.
    asymmetry : array
        l of the potential, as comoving number density with a T_nu = 1.
    own : array
        The part of the flavour that converts, n - nbar.
    low : array
        y of the lower front; NaN without.
    speed : array
        dln y/ds of it; 0 without.
    sterile, active : array
        Energies of nu_s and nu_a with their antineutrinos over that of one species in equilibrium without asymmetry.
    swept : array
        What fronts have given to nu_s until then, of the same.
    """

    s: Array
    asymmetry: Array
    own: Array
    low: Array
    speed: Array
    sterile: Array
    active: Array
    swept: Array

    @property
    def collapse(self) -> float:
        """Place ln x at which the front has run away; NaN if it has not."""
        fast = np.flatnonzero(self.speed > 20.0 * RUNAWAY)
        return float(self.s[fast[0]]) if fast.size else math.nan


@dataclass
class _Run:
    """Populations under way; ``fresh`` is those of the part of a cell that its front has not reached."""

    cells: Cells
    own: float  # l_a at the start
    rest: float
    weight: float
    refill: float
    s: float
    active: Array  # (2, n) of nu and nubar
    sterile: Array
    fresh: tuple[Array, Array]
    reach: list[float] = field(default_factory=lambda: [math.nan, math.nan])
    dressed: tuple[float, float] = (0.0, 0.0)  # asymmetry and energy of nu_s by mixing in matter
    away: bool = False
    swept: float = 0.0
    left: float = 0.0  # l now

    def taken(self) -> float:
        """Return n_s - nbar_s, mixing in matter included."""
        return float(self.cells.number @ (self.sterile[0] - self.sterile[1])) + self.dressed[0]

    def distance(self, left: float, now: Now) -> Array:
        """Return Delta of nu and nubar, (2, n)."""
        y = self.cells.y
        return np.asarray(now.vacuum / y + now.plasma * y - _SIGN * now.odd * left)

    def rates(self, left: float, now: Now) -> Array:
        """Return R, (2, n)."""
        y, distance = self.cells.y, self.distance(left, now)
        D, mixing, near = now.damping * y, 2.0 * now.mixing / y, 0.25 * (now.vacuum / y + now.plasma * y)
        width = D**2 + mixing**2 + distance**2
        counted = D / np.sqrt(D**2 + mixing**2) * near**2 / (near**2 + distance**2)
        return np.asarray(0.5 * D * mixing**2 / width * (1.0 - counted))

    def smooth(self, left: float, now: Now) -> float:
        """Return -dl/ds of conversion that is not resonant."""
        flow = self.rates(left, now) * (self.active - self.sterile)
        return self.weight * float(self.cells.number @ (flow[0] - flow[1]))

    def settled(self, h: float, now: Now) -> float:
        """Return l after ``h`` of conversion that is not resonant; implicit where it is fast."""
        u = self.smooth(self.left, now)
        if abs(h * u) < FAST * abs(self.left):
            return self.left - h * u

        def excess(left: float) -> float:
            return left - self.left + h * self.smooth(left, now)

        # what pulls l back to where the rates of both signs agree is less there than here; l itself may be anything
        explicit = self.left - h * u
        from scipy.optimize import brentq

        if excess(explicit) * excess(self.left) >= 0.0:
            return explicit
        return float(brentq(excess, explicit, self.left, xtol=1e-6 * abs(self.left) + 1e-300))

    def front(self, m: int, y: float, now: Now) -> Front:
        """Return front m at y, with the neutrinos that it has before it; nothing where it has been."""
        k = 0 if self.left >= 0.0 else 1
        j = min(int(np.searchsorted(self.cells.edges, max(y, self.reach[m]), side="right")) - 1, self.cells.y.size - 1)
        before = self.fresh[0][k, j] - self.fresh[1][k, j] if y >= self.reach[m] else 0.0
        slope = now.plasma * y - now.vacuum / y
        drift = now.vacuum_rate / y + now.plasma_rate * y - now.odd_rate * abs(self.left)
        weighted = self.weight * y**3 / (2.0 * np.pi**2) * float(before)
        return Front(y, weighted, slope, drift, 2.0 * math.pi * (now.mixing / y) ** 2 / abs(slope))

    def fronts(self, now: Now) -> dict[int, Front]:
        """Return the fronts that are among the cells; one that is new begins where it is."""
        found = {}
        for m, y in enumerate(places(abs(self.left), now)):
            if not FIRST < y < LAST * (1.0 - 1e-9):
                if not math.isnan(self.reach[m]):
                    self.fresh, self.reach[m] = (self.active.copy(), self.sterile.copy()), math.nan
                continue
            if math.isnan(self.reach[m]):
                self.reach[m] = y
            found[m] = self.front(m, y, now)
        return found

    def between(self, m: int, y: float) -> Array:
        """Return what part of each cell lies between the place of front m and y, (n,)."""
        cubes = np.clip(self.cells.edges, self.reach[m], max(self.reach[m], y)) ** 3
        return np.asarray(np.diff(cubes) / np.diff(self.cells.edges**3))

    def pass_over(self, m: int, y: float, P: float) -> None:
        """Take front m up to y: transfer the share P of what lies between."""
        k, y = 0 if self.left >= 0.0 else 1, min(y, LAST * (1.0 - 1e-9))
        moved = P * self.between(m, y) * (self.fresh[0][k] - self.fresh[1][k])
        self.active[k] -= moved
        self.sterile[k] += moved
        self.swept += float(self.cells.energy @ moved) / ONE
        passed = self.cells.edges[1:] <= y
        for fresh, mean in zip(self.fresh, (self.active, self.sterile), strict=True):
            fresh[k, passed] = mean[k, passed]
        self.reach[m] = max(self.reach[m], y)

    def leap(self, front: Front, width: float, now: Now) -> float:
        """Take the lower front, which runs away, on by ``width`` in ln y; return the step in s that this takes.

        It lies where l is (A/y + B y)/V, so that what it has to transfer is known, and P and v with it.
        """
        y, k = min(front.y * math.exp(width), LAST * (1.0 - 1e-9)), 0 if self.left >= 0.0 else 1
        there = float(self.cells.number @ (self.between(0, y) * (self.fresh[0][k] - self.fresh[1][k])))
        needed = (abs(self.left) - (now.vacuum / y + now.plasma * y) / now.odd) / self.weight
        P = min(max(needed / there, 0.0), 1.0 - 1e-12) if there > 0.0 else 1.0 - 1e-12
        self.pass_over(0, y, P)
        return width * -math.log1p(-P) / front.strength

    def dress(self, now: Now) -> None:
        """Enter what mixing in matter gives to nu_s; once l hangs on that more than on itself, it stays what it was."""
        kept, before = self.dressed, self.left
        moved = []
        for _ in range(2):
            share = self.share(now) * (self.active - self.sterile)
            odd, energy = self.cells.number @ (share[0] - share[1]), self.cells.energy @ share.sum(axis=0)
            self.dressed = float(odd), float(energy) / ONE
            self.update()
            moved.append(abs(self.left - before))
            before = self.left
        if moved[1] > CONTRACTING * moved[0]:
            self.away, self.dressed = True, kept
            self.update()

    def share(self, now: Now) -> Array:
        """Return sin^2 theta_m less what collisions interrupt, (2, n)."""
        distance, mixing = self.distance(self.left, now), 2.0 * now.mixing / self.cells.y
        square = distance**2 + mixing**2
        interrupted = square / (square + (now.damping * self.cells.y) ** 2)
        return np.asarray(0.5 * (1.0 - np.abs(distance) / np.sqrt(square)) * interrupted)

    def update(self) -> None:
        """Enter l, from what is left of the flavour's own asymmetry."""
        self.left = self.weight * (self.own - self.taken()) + self.rest

    def collide(self, h: float, left: float, now: Now) -> None:
        """Convert what is not resonant, and fill nu_a again."""
        moved = -0.5 * np.expm1(-2.0 * h * self.rates(left, now))
        rate = 2.0 * now.damping * self.cells.y
        full = 1.0 / (np.exp(self.cells.y - _SIGN * xi_of((self.own - self.taken()) / PHOTONS)) + 1.0)
        weight = self.cells.number * self.cells.y
        kept = (self.active @ weight) / (full @ weight)
        target = (self.refill + (1.0 - self.refill) * kept)[:, None] * full
        back = -np.expm1(-h * rate)
        for active, sterile in ((self.active, self.sterile), self.fresh):
            lost = moved * (active - sterile)
            active -= lost
            sterile += lost
            active += back * (target - active)

    def step(self, levels: Levels, largest: float) -> dict[int, tuple[float, float]]:
        """Make a step of at most ``largest``; return y and dln y/ds of the fronts at its beginning."""
        now, width = levels.at(self.s), SHARE * math.log(LAST / FIRST) / self.cells.y.size
        fronts = self.fronts(now)
        h = largest
        for _ in range(2):  # the second time with the step that the fronts allow
            later = self.settled(h, now)
            smooth = (abs(self.left) - math.copysign(1.0, self.left) * later) / h
            u = loss(list(fronts.values()), smooth, now)
            speeds = {m: -(each.drift + now.odd * u) / each.slope for m, each in fronts.items()}
            h = max(SMALLEST, min([h, *(width / abs(v) for v in speeds.values() if v)]))
        if speeds.get(0, 0.0) > RUNAWAY and u > 2.0 * smooth:  # the front itself drives it, not what pulls l
            self.away, h = True, max(SMALLEST, self.leap(fronts[0], width, now))
        else:
            self.sweep(h, u, fronts, speeds, levels.at(self.s + h))
        self.s += h
        self.collide(h, later, now)
        self.update()
        if fronts and not self.away:
            self.dress(levels.at(self.s))
        return {m: (each.y, speeds[m]) for m, each in fronts.items()}

    def sweep(self, h: float, u: float, fronts: dict[int, Front], speeds: dict[int, float], then: Now) -> None:
        """Take fronts to where they are ``h`` later, when l has fallen by ``h`` u."""
        for m, y in enumerate(places(max(0.0, abs(self.left) - h * u), then)):
            if m in fronts and speeds[m] > 0.0:
                end = fronts[m].y * math.exp(speeds[m] * h) if math.isnan(y) else y
                self.pass_over(m, end, -math.expm1(-fronts[m].strength / speeds[m]))

    def row(self, low: tuple[float, float]) -> tuple[float, ...]:
        """Return what a `Passage` has of the present, without what is made of s."""
        sterile, active = (float(self.cells.energy @ f.sum(axis=0)) / ONE for f in (self.sterile, self.active))
        more = self.dressed[1]
        return self.s, self.left, self.own - self.taken(), *low, sterile + more, active - more, self.swept


def pass_through(
    course: Course, own: float, rest: float = 0.0, weight: float = 2.0, refill: float = NUMBER_CHANGING, n: int = CELLS
) -> Passage:
    """Return what becomes of an asymmetry that drives a resonance, to the end of a course.

    Parameters
    ----------
    course : Course
        The levels; nu_s above nu_a (A > 0).
    own : float
        n - nbar of the flavour that converts at the start, comoving with a T_nu = 1.
    rest : float
        What l has of other flavours.
    weight : float
        w of ``own`` in l; 1 compares with codes whose l is the potential's and the number.
    refill : float
        Share of the collision rate that changes the number of nu_a; 1 compares with such codes.
    n : int
        Cells.

    Raises
    ------
    ValueError
        If nu_s does not lie above nu_a.
    """
    if not np.all(course.vacuum > 0.0):
        raise ValueError("nu_s lies below nu_a: an asymmetry grows there, and cells do not follow it")
    levels, places_of_y = Levels(course), cells(n)
    full = 1.0 / (np.exp(places_of_y.y - _SIGN * xi_of(own / PHOTONS)) + 1.0)
    run = _Run(
        places_of_y,
        own,
        rest,
        weight,
        refill,
        float(course.s[0]),
        full,
        np.zeros_like(full),
        (full.copy(), np.zeros_like(full)),
    )
    run.update()
    rows, end = [run.row((math.nan, 0.0))], float(course.s[-1])
    while run.s < end - SMALLEST:
        rows.append(run.row(run.step(levels, min(STEP, end - run.s)).get(0, (math.nan, 0.0))))
    return Passage(*np.array(rows).T)
