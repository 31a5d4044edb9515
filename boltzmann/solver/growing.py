"""What is known where a small asymmetry grows in a run with nu = nubar, and no run of both signs follows it.

Without secret vectors that is nu_s below active states. Nodes of momenta say that an asymmetry may grow, and not when:
they have not the profile of the resonance, which holds it back (`boltzmann.asymmetries.growing`; -1 eV^2, |U_mu4|^2 =
1e-5: nodes pass e^25 at 16.4 MeV, and the resonances part at 14.9 MeV). So cells of momentum follow it, with the levels
of that run: the flavour with the largest mixing, or, if nu_s lies between active states, the state of definite mass
above it that it mixes with most; that of 1e-4 eV^2, |U_e4|^2 = 0.01 is nu_3, whose neutrinos are nu_mu and nu_tau.

N_eff is that of nu = nubar, less what cells lack of that with the asymmetry, in units of what they have without. How
sure: by how much cells of twice the width, and with them a seed of a hundredth, change that, and by what cells without
asymmetry are off the run. The seed is the potential of matter, a quarter of the baryons' asymmetry (half of nucleons
are neutrons above 3 MeV, and a potential of 1/2 each); a primordial asymmetry of either sign may be larger.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from boltzmann.asymmetries.front import Course, largest_grown
from boltzmann.asymmetries.growing import SPACING, Grown, grow
from boltzmann.constants import M_E
from boltzmann.kinetics.layout import N_ACTIVE
from boltzmann.numerics.arrays import Array
from boltzmann.parameters.asymmetry import BARYONS, PHOTONS
from boltzmann.solution import Solution
from boltzmann.solution.asymmetry import AsymmetryGrowth, Unfollowed
from boltzmann.solver.sweep import WEIGHT, coupled, course_of, flavour_state
from boltzmann.solver.tables import build_tables, masses

SEED = 0.25 * BARYONS * PHOTONS
FAINT = 0.01  # of it: the other seed
COARSE = 2.0 * SPACING
LATEST = 0.9  # MeV, where cells end


class Level(NamedTuple):
    """An active state (3,) that nu_s crosses, and the weight of its asymmetry in its potential."""

    state: Array
    weight: float


def level_of(symmetric: Solution) -> Level:
    """Return the active state whose resonance makes an asymmetry grow."""
    m = masses(symmetric.mixing)
    if m[-1] <= m[:-1].min():
        return Level(flavour_state(coupled(symmetric.mixing)), WEIGHT)
    M2 = build_tables(symmetric.mixing, (), symmetric.options).vacuum.mass_matrix
    values, states = np.linalg.eigh(M2[:N_ACTIVE, :N_ACTIVE])
    joined = np.where(values > M2[N_ACTIVE, N_ACTIVE].real, np.abs(states.conj().T @ M2[:N_ACTIVE, N_ACTIVE]), 0.0)
    state = states[:, int(np.argmax(joined))]
    return Level(state, 1.0 + float((np.abs(state) ** 4).sum()))


def _below(symmetric: Solution, level: Level) -> Course | None:
    """Return the course of a level until `LATEST`; None if nu_s does not lie below it, or others interact."""
    if symmetric.interactions:
        return None
    course = course_of(symmetric, level.state)
    early = course.s < math.log(M_E / LATEST)
    return Course(*(part[early] for part in course)) if np.all(course.vacuum < 0.0) else None


def _energy(grown: Grown) -> float:
    """Return what nu_s and nu_a have in the end beyond nu_a in equilibrium, of one species."""
    return float(grown.sterile[-1] + grown.active[-1] - grown.active[0])


def _at(grown: Grown, name: str, T: float) -> float:
    return float(np.interp(math.log(M_E / T), grown.s, getattr(grown, name)))


def unfollowed(symmetric: Solution, growth: AsymmetryGrowth, careful: bool = True) -> Unfollowed:
    """Return what is known where an asymmetry grows in a run with nu = nubar and is not followed.

    Parameters
    ----------
    symmetric : Solution
        The run.
    growth : AsymmetryGrowth
        Of it, by nodes of momenta.
    careful : bool
        Whether cells follow the asymmetry (a quarter of a minute); else its size is that of the front equation alone.
    """
    level, between = level_of(symmetric), (symmetric.reference(), symmetric.N_eff)
    course = _below(symmetric, level)
    if course is None:
        return Unfollowed(growth.T, *between, math.nan)
    if not careful:
        s = math.log(M_E)  # T = 1 MeV
        vacuum, odd = (float(np.interp(s, course.s, part)) for part in (course.vacuum, course.odd))
        return Unfollowed(growth.T, *between, largest_grown(vacuum, odd, level.weight) / level.weight / PHOTONS)
    return _followed(course, level.weight, growth, between)


def _followed(course: Course, weight: float, growth: AsymmetryGrowth, between: tuple[float, float]) -> Unfollowed:
    """Return what cells say of an asymmetry that grows."""
    lowest, highest = between
    without, grown = (grow(course, seed, weight) for seed in (0.0, SEED))
    coarse, few, fewer = (grow(course, seed, weight, COARSE) for seed in (0.0, SEED, FAINT * SEED))
    full, signs = _energy(without), {float(np.sign(_at(each, "own", 1.0))) for each in (grown, few, fewer)}
    lacks, other, least = (
        _energy(none) - _energy(each) for none, each in ((without, grown), (coarse, few), (coarse, fewer))
    )
    scale, parted = (highest - lowest) / full, grown.departure
    return Unfollowed(
        T=growth.T if math.isnan(parted) else M_E / math.exp(parted),
        lowest=lowest,
        highest=highest,
        L=abs(_at(grown, "own", 1.0)) / PHOTONS,
        N_eff=highest - scale * lacks,
        uncertainty=scale * max(abs(lacks - other), abs(other - least)) + abs(lacks * (scale - 1.0)),
        sterile=float(grown.sterile[-1]),
        sign=signs.pop() if len(signs) == 1 else math.nan,
    )
