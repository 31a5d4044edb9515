"""An asymmetry that grows where nu_s lies below the active states: density matrices in cells finer than the resonance.

With A < 0 (`boltzmann.asymmetries.front`) neutrinos and antineutrinos have one resonance each, at

    y_+- = [+-V l + sqrt((V l)^2 + 4 |A| B)]/(2 B),     y_0 = sqrt(|A|/B) ~ x^3 for l = 0

Both go up together, and leave the share P = 1 - e^-g, g = 2 pi |H_as|^2/(3 |S|), of nu_a as nu_s, S = |A|/y + B y.

What a small l does is slow or fast. Slowly, it moves the resonances apart, so that one meets what is fresh, and this
holds l back. Fast, all momenta answer together: coherences follow the levels, and what mixing in matter gives to nu_s,
|H_as|^2/Delta^2 of f_a - f_s, is of both signs of Delta. With d/ds = gamma (derived, linear in l, |H_as| << D)::

    gamma = - 4 w V SUM_y |H|^2 (f_a - f_s) Delta (2 D + gamma)/[(D^2 + Delta^2) ((D + gamma)^2 + Delta^2)]

Momenta that the resonance has not passed (Delta > 0) hold l, those behind it (Delta < 0), of which the share 1 - P is
left, make it grow, with gamma of 1e5 per e-fold. Where one outweighs the other hangs on the profile of f_a - f_s at the
resonance, 1e-2 in ln y wide: nodes of momenta, ten times as far apart, have it smooth, and growth too early.

So populations and coherences of both signs fill cells of d ln y = `SPACING`::

    c' = -(D + i Delta) c - i H (f_a - f_s),   f_s' = -2 H Im c,   f_a' = 2 H Im c + 2 D (target - f_a)

in implicit Euler steps, which follow what is slower than a step, and damp the rest. l at the end of a step is a scalar
root, l = F(l). Damping as fast as 1e7 is no matter then. Growth that is faster than a step would be damped, too: dF/dl
> 0 shows it, and steps become short. Opposite seeds give mirror images, no seed gives no asymmetry, to the last bit.

Left out: further flavours, off-diagonal asymmetries, the cooling of the plasma that fills nu_a again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from boltzmann.asymmetries.cells import NUMBER_CHANGING, ONE, cells_between
from boltzmann.asymmetries.front import Course, Levels, Now
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.parameters.asymmetry import PHOTONS, xi_of

SPACING = 4e-3  # in ln y
FIRST, LAST = 0.02, 25.0  # y
STEP = 0.2  # cells in ln x: y_0 passes three times that
GROWTH = 0.2  # of l in a step
MOVED = 0.5  # of the width, by which a resonance moves in a step that l makes
DAMPED = 0.02  # of l, that a step may always change
ROUND = 1e-6  # of l, to which its root is known
TRIED = (1e-4, 1e-5, 1e-6)  # steps in s that show growth
SMALLEST = 1e-12  # step in s
BEGIN = 0.05  # y_0 at which it begins
_SIGN = np.array([[1.0], [-1.0]])


@dataclass(frozen=True)
class Grown:
    """What became of an asymmetry below active states, at points s of their own (n,).

    Attributes
    ----------
    s : array
        ln x.
    asymmetry : array
        l of the potential, as comoving number density with a T_nu = 1.
    own : array
        n - nbar of the flavour that converts.
    behind, ahead : array
        y of the resonance of the sign that l holds back, and of the other.
    sterile, active : array
        Energies of nu_s and nu_a with their antineutrinos over that of one species in equilibrium.
    """

    s: Array
    asymmetry: Array
    own: Array
    behind: Array
    ahead: Array
    sterile: Array
    active: Array

    @property
    def departure(self) -> float:
        """Place ln x from which both resonances are apart by a factor of e; NaN if they are not."""
        apart = np.flatnonzero(self.ahead > math.e * self.behind)
        return float(self.s[apart[0]]) if apart.size else math.nan


@dataclass
class _Run:
    """Populations of nu and nubar under way, (2, n)."""

    edges: Array
    rest: float
    weight: float
    s: float
    active: Array = field(init=False)
    sterile: Array = field(init=False)
    coherence: Complex = field(init=False)
    left: float = field(init=False)  # l now

    def __post_init__(self) -> None:
        _, self.y, self.number, self.energy = cells_between(self.edges)
        self.active = np.tile(1.0 / (np.exp(self.y) + 1.0), (2, 1))
        self.sterile, self.coherence = np.zeros_like(self.active), np.zeros(self.active.shape, complex)
        self.left = self.rest

    @property
    def own(self) -> float:
        """N - nbar of nu_a."""
        return float(self.number @ (self.sterile[1] - self.sterile[0]))

    def moved(self, left: float, h: float, now: Now) -> tuple[Array, Complex]:
        """Return what goes from nu_a to nu_s in a step ``h`` if l is ``left`` in the end, and c then, (2, n)."""
        H, D = now.mixing / self.y, now.damping * self.y
        delta = now.vacuum / self.y + now.plasma * self.y - _SIGN * (now.odd * left)
        q = 1.0 / (1.0 + h * D + 1j * h * delta)
        c, turned = q * self.coherence, h * H * q
        apart = (self.active - self.sterile + 4.0 * h * H * c.imag) / (1.0 + 4.0 * h * H * turned.real)
        c -= 1j * turned * apart
        return -2.0 * h * H * c.imag, c

    def later(self, left: float, h: float, now: Now) -> float:
        """Return F, l after a step ``h`` in which it is ``left``."""
        made = self.moved(left, h, now)[0]
        return self.left - self.weight * float(self.number @ (made[0] - made[1]))

    def growth(self, h: float, now: Now) -> float:
        """Return dF/dl for a step ``h``: above 1, where what small l gain in it is more than they are."""
        less = 1e-3 * self.left
        return (self.later(self.left + less, h, now) - self.later(self.left, h, now)) / less

    def seen(self, h: float, now: Now) -> float:
        """Return ``h``, or a step that shows growth which is faster; once the resonances are apart it is not fast."""
        if abs(now.odd * self.left) > 2.0 * math.sqrt(-now.vacuum * now.plasma):
            return h
        return min([h, *(each for each in TRIED if each < h and self.growth(each, now) > 1.0)])

    def settled(self, h: float, now: Now) -> tuple[float, float]:
        """Return l at the end of a step, and the step, ``h`` or less: what growth and resonances on the move allow."""
        if self.left == 0.0:
            return 0.0, h
        delta = now.vacuum / self.y + now.plasma * self.y + abs(now.odd * self.left)
        y = self.y[int(np.argmin(np.abs(delta)))]
        width = math.hypot(now.damping * y, 2.0 * now.mixing / y)
        most, h = max(MOVED * width / now.odd, DAMPED * abs(self.left)), self.seen(h, now)
        while h > SMALLEST:
            growth = self.growth(h, now)
            if growth > GROWTH:
                h *= max(0.02, 0.8 * GROWTH / growth)
                continue
            found = self.root(self.left + (self.later(self.left, h, now) - self.left) / (1.0 - growth), h, now)
            if abs(found - self.left) <= most:
                return found, h
            h *= 0.5
        return self.left, h

    def root(self, guess: float, h: float, now: Now) -> float:
        """Return l = F(l) from a ``guess``, by secants; infinite if there is none near."""
        before, here = self.left, guess
        miss = before - self.later(before, h, now)
        for _ in range(20):
            excess = here - self.later(here, h, now)
            if excess == miss or abs(here - before) <= ROUND * abs(here):
                return here
            before, here, miss = here, here - excess * (here - before) / (excess - miss), excess
        return math.inf

    def collide(self, h: float, now: Now) -> None:
        """Fill nu_a again, up to equilibrium with its asymmetry; most of the rate keeps the number of each sign."""
        full = 1.0 / (np.exp(self.y - _SIGN * xi_of(self.own / PHOTONS)) + 1.0)
        weight = self.number * self.y
        kept = (self.active @ weight) / (full @ weight)
        target = (NUMBER_CHANGING + (1.0 - NUMBER_CHANGING) * kept)[:, None] * full
        self.active -= np.expm1(-2.0 * h * now.damping * self.y) * (target - self.active)

    def step(self, levels: Levels, largest: float) -> None:
        """Make a step of at most ``largest``."""
        now = levels.at(self.s + 0.5 * largest)
        left, h = self.settled(largest, now)
        made, self.coherence = self.moved(left, h, now)
        self.active -= made
        self.sterile += made
        self.left = self.rest + self.weight * self.own
        self.collide(h, now)
        self.s += h

    def row(self, now: Now) -> tuple[float, ...]:
        """Return what `Grown` has of the present."""
        shift = abs(now.odd * self.left)
        root = shift + math.sqrt(shift**2 - 4.0 * now.vacuum * now.plasma)
        places = -2.0 * now.vacuum / root, root / (2.0 * now.plasma) if now.plasma > 0.0 else math.inf
        sterile, active = (float(self.energy @ f.sum(axis=0)) / ONE for f in (self.sterile, self.active))
        return self.s, self.left, self.own, *places, sterile, active


def begins(course: Course) -> float:
    """Return ln x at which the resonance without asymmetry is at `BEGIN`."""
    place = np.sqrt(np.abs(course.vacuum) / np.maximum(course.plasma, 1e-300))
    return float(course.s[max(0, int(np.argmax(place > BEGIN)) - 1)])


def grow(course: Course, seed: float, weight: float = 2.0, spacing: float = SPACING) -> Grown:
    """Return what becomes of a small asymmetry that may grow, to the end of a course.

    Parameters
    ----------
    course : Course
        The levels; nu_s below nu_a (A < 0).
    seed : float
        l of the potential at the start, that of matter or other flavours; nu_a itself has none. 0: nu = nubar.
    weight : float
        w of the asymmetry of nu_a in l.
    spacing : float
        Of cells in ln y.

    Raises
    ------
    ValueError
        If nu_s does not lie below nu_a.
    """
    if not np.all(course.vacuum < 0.0):
        raise ValueError("nu_s does not lie below nu_a: cells.pass_through follows that")
    levels, edges = Levels(course), np.exp(np.arange(math.log(FIRST), math.log(LAST) + spacing, spacing))
    run = _Run(edges, seed, weight, begins(course))
    rows, end, largest = [run.row(levels.at(run.s))], float(course.s[-1]), STEP * spacing
    while run.s < end - SMALLEST:
        run.step(levels, min(largest, end - run.s))
        rows.append(run.row(levels.at(run.s)))
    return Grown(*np.array(rows).T)
