"""Runs with both signs that stop on the way: what is known of N_eff then.

Where an asymmetry has grown, or drives a resonance, one node of momenta after the other crosses a level that moves with
what the crossing makes. Such a run may creep: its steps shrink as long as it goes on, and more of them only move its
end (measured: docs/validation/asymmetries.md). It has followed what it followed, and this is said then:

* N_eff if nothing more is produced: an asymmetry moves levels apart and may end conversion;
* N_eff if the rest is that of nu = nubar, from the mean of both signs at the last point: no asymmetry delays it;
* N_eff of nu = nubar throughout.

N_eff is expected between the least and the largest. That is no theorem: a resonance of one sign converts more than no
asymmetry would. It is tested on runs that do come to their end, cut on their way (same page).
"""

from __future__ import annotations

import math
from dataclasses import replace

from boltzmann.constants import M_E
from boltzmann.kinetics.layout import N_ACTIVE
from boltzmann.solution import Solution
from boltzmann.solution.asymmetry import Unfollowed
from boltzmann.solver.sweep import Integrate, after


def known_of(run: Solution, symmetric: float) -> Unfollowed:
    """Return what is known of N_eff from the last point of a run on.

    Parameters
    ----------
    run : Solution
        With both signs.
    symmetric : float
        N_eff of nu = nubar throughout; NaN if that is not known.
    """
    T, onwards = float(run.z[-1] / run.x[-1]) * M_E, after(run)
    known = [N_eff for N_eff in (float(run.N_eff_history[-1]), onwards, symmetric) if not math.isnan(N_eff)]
    return Unfollowed(T, min(known), max(known), math.nan, onwards)


def bounded(run: Solution, integrate: Integrate) -> Solution:
    """Return a run with both signs and a sterile state with what is known of it, if it did not come to its end.

    One that is bounded already (`boltzmann.solver.sweep`) stays as it is, and so does one of a single point.
    """
    stopped = not run.status.ok and run.asymmetry is not None and run.mixing.n_states > N_ACTIVE and run.x.size > 1
    if not stopped or run.unfollowed is not None or (run.sweep is not None and run.sweep.runs_away):
        return run
    return replace(run, unfollowed=known_of(run, _symmetric(run, integrate)))


def _symmetric(run: Solution, integrate: Integrate) -> float:
    """Return N_eff of nu = nubar throughout, NaN if that run fails."""
    if run.branch is not None:
        return run.branch.symmetric
    plain = integrate(run.mixing, run.interactions, run.options)
    return plain.N_eff if plain.status.ok else math.nan
