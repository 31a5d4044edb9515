"""Runs with both signs that stop on the way: what is known of N_eff then.

Where an asymmetry has grown, or drives a resonance, one node of momenta after the other crosses a level that moves with
what the crossing makes, and the odd potential turns over as fast as that node oscillates: 1e-7 to 1e-5 e-folds, while
N_eff stands still. Such a run may creep from one burst to the next, with a vector mostly below 2.5 MeV, where refilling
ends (measured: docs/validation/asymmetries.md). More steps move its end a little, longer averages of the odd potential
help one in three. It has followed what it followed, and this is said then:

* N_eff if nothing more is produced: an asymmetry moves levels apart and may end conversion;
* N_eff if the rest is that of nu = nubar, from the mean of both signs at the last point: no asymmetry delays it;
* and without a secret interaction, where nodes may have missed what resonances did before, nu = nubar throughout.

N_eff is expected between the least and the largest. That is no theorem: a resonance of one sign converts more than no
asymmetry would. It was tried on runs that do come to their end, cut on their way (same page).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from boltzmann.constants import M_E
from boltzmann.kinetics.layout import N_ACTIVE
from boltzmann.kinetics.sterile_history import DarkHistory
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.solution import Solution
from boltzmann.solution.asymmetry import Unfollowed
from boltzmann.solver.sweep import Integrate, after
from boltzmann.solver.tables import secret

MOST_STEPS = 4000  # what needs more creeps to the end of any patience (600 to 2500 are usual)
_USUAL_STEPS = Options().max_steps
MOST_BEYOND = 0.05  # of occupations below 0 or above 1; 1e-8 is usual


def patient(options: Options, mixing: Mixing, asymmetry: Asymmetry | None) -> Options:
    """Return options whose default number of steps is that after which a run with both signs creeps."""
    creeps = asymmetry is not None and mixing.n_states > N_ACTIVE
    return replace(options, max_steps=MOST_STEPS) if creeps and options.max_steps == _USUAL_STEPS else options


def diagonals(rho: Complex) -> Array:
    """Return the occupations of flavours, of density matrices (..., n, n): shape (..., n)."""
    return np.asarray(np.diagonal(rho, axis1=-2, axis2=-1).real)


def sensible(run: Solution) -> Solution:
    """Return a run until occupations of flavours leave the range from 0 to 1, two points at least."""
    populations = diagonals(run.rho).reshape(run.x.size, -1)
    beyond = (populations.min(axis=1) < -MOST_BEYOND) | (populations.max(axis=1) > 1.0 + MOST_BEYOND)
    n = max(2, int(np.argmax(beyond))) if beyond.any() else run.x.size
    dark = None if run.dark is None else DarkHistory(*(part[:n] for part in run.dark))
    matter = None if run.matter is None else run.matter[:n]
    return replace(run, x=run.x[:n], z=run.z[:n], rho=run.rho[:n], dark=dark, matter=matter)


def known_of(run: Solution, symmetric: float = math.nan) -> Unfollowed:
    """Return what is known of N_eff from the last point of a run on, or the last one that is `sensible`.

    Parameters
    ----------
    run : Solution
        With both signs.
    symmetric : float
        N_eff of nu = nubar throughout, if the run so far is in doubt; NaN if not, or if that is not known.
    """
    run = sensible(run)
    T, onwards = float(run.z[-1] / run.x[-1]) * M_E, after(run)
    known = [N_eff for N_eff in (float(run.N_eff_history[-1]), onwards, symmetric) if not math.isnan(N_eff)]
    return Unfollowed(T, min(known), max(known), math.nan, onwards, stopped=True)


def bounded(run: Solution, integrate: Integrate) -> Solution:
    """Return a run with both signs and a sterile state with what is known of it, if it did not come to its end.

    One that is bounded already (`boltzmann.solver.sweep`) stays as it is, and so does one of a single point.
    """
    stopped = not run.status.ok and run.asymmetry is not None and run.mixing.n_states > N_ACTIVE and run.x.size > 1
    if not stopped or run.unfollowed is not None or (run.sweep is not None and run.sweep.runs_away):
        return run
    return replace(run, unfollowed=known_of(run, _symmetric(run, integrate)))


def _symmetric(run: Solution, integrate: Integrate) -> float:
    """Return N_eff of nu = nubar throughout; NaN if that run fails, or beside a secret interaction."""
    if secret(run.interactions):
        return math.nan
    plain = integrate(run.mixing, run.interactions, run.options)
    return plain.N_eff if plain.status.ok else math.nan
