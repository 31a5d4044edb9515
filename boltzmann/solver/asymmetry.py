"""The growth of a small lepton asymmetry along a solved run, and what it means for the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from boltzmann.constants import M_E
from boltzmann.dark.odd import OfOneSign
from boltzmann.errors import ParameterError
from boltzmann.kinetics.asymmetry import UNSTABLE, growth_exponent, growth_rate, looked_at, might_grow, passing
from boltzmann.kinetics.levels import at_points, fill_levels, is_swept, majorana_flips
from boltzmann.parameters import Asymmetry
from boltzmann.solution import Solution
from boltzmann.solution.asymmetry import AsymmetryGrowth, stable
from boltzmann.solver.tables import history_of, masses, odd_potentials, secret

FLIPS = 0.1  # per Hubble time, that would be seen in n_s - nbar_s


def _of_one_sign(interactions: tuple[Any, ...]) -> list[Any]:
    """Return the interactions for which a run is one of neutrinos, or of antineutrinos, alone."""
    return [i for i in interactions if isinstance(i, OfOneSign) and i.of_one_sign()]


def refuse_one_sign(asymmetry: Asymmetry | None, interactions: tuple[Any, ...]) -> None:
    """Raise ParameterError for an asymmetry, whose runs follow both signs, beside a potential of one sign."""
    found = _of_one_sign(interactions)
    if asymmetry is not None and found:
        raise ParameterError(
            f"{asymmetry!r} does not go with {found[0]!r}: its run is of one sign, that of an asymmetry of both; leave "
            "one of them out"
        )


def _no_resonance(solution: Solution) -> bool:
    """Return whether the sterile level lies above all active ones at any temperature: no asymmetry grows."""
    m = masses(solution.mixing)
    if _of_one_sign(solution.interactions):
        return True
    shifted = any(hasattr(i, "terms") or hasattr(i, "mediator") for i in solution.interactions)
    lifted = any(hasattr(i, "mass_term") for i in solution.interactions)  # above the active ones but at zeros of m_eff
    return lifted or (not shifted and bool(m[-1] > m[:-1].max()))


def asymmetry_growth(solution: Solution) -> AsymmetryGrowth:
    """Return how a small lepton asymmetry grows along a run, see `boltzmann.kinetics.asymmetry`.

    None grows unseen in a run that follows both signs.

    The odd potentials are those of the Standard Model and of the interactions that have a method ``odd_potential``.
    """
    if solution.mixing.n_states == 3 or solution.asymmetry is not None or _no_resonance(solution):
        return stable()
    x, z, rho, bath, tables = history_of(solution)
    odd = odd_potentials(solution.interactions)
    levels = fill_levels(x, z, rho[:, 0], bath, tables, odd)
    if not might_grow(levels).any():
        return stable()
    i = looked_at(x, is_swept(levels))
    s, log_T = np.log(x[i]), np.log(z[i] / x[i] * M_E)
    rate = growth_rate(at_points(levels, i))
    exponent = growth_exponent(s, rate)
    temperature = np.exp(np.interp(passing(s, rate, exponent, UNSTABLE), s, log_T))
    return AsymmetryGrowth(float(exponent.max()), float(temperature))


def instability(solution: Solution) -> Iterator[str]:
    """Yield what is to say of a run whose nu = nubar is unstable while its numbers follow what neutrinos do.

    Solved with both signs (a prototype; e_s = 1e-3 to 0.1, M = 10 to 1000 MeV, 1 and 1.7 eV^2), ten points with a
    secret vector have N_eff 0.00 to 0.06 above that of a dark sector without conversion, and at most 0.003 above that
    of nu = nubar, of which they lie up to 0.6 below; without secret interactions -1 eV^2 and |U_mu4|^2 = 1e-5 has 3.34
    instead of 3.64, by cells of momentum (`boltzmann.solver.growing`).
    """
    growth = solution.asymmetry_growth
    if solution.asymmetry is not None or not growth.matters:
        return
    potentials = odd_potentials(solution.interactions)
    if potentials and all(odd.tadpole > 0.0 for odd in potentials):
        yield (
            f"{growth}: an asymmetry stops conversion, so that N_eff is expected between that of a dark sector without "
            "conversion and this value; electron neutrinos at weak freeze-out, and Y_p, differ too; "
            "signs='auto' follows both signs"
        )
    else:
        known = solution.unfollowed
        yield f"{growth}: N_eff is not computed. " + (
            "With the asymmetry it is expected between that without conversion and this value"
            if known is None
            else str(known)
        )


def flips(solution: Solution) -> Iterator[str]:
    """Yield what is to say of a run with both signs if nu_4 were a Majorana particle, whose helicity flips matter."""
    if solution.asymmetry is None or not secret(solution.interactions):
        return
    x, z, rho, bath, tables = history_of(solution)
    T, branch = z / x * M_E, solution.branch
    grown = branch.growth.T if branch is not None and branch.growth.unstable else np.inf
    later = np.flatnonzero((grown > T) & (np.diff(x, prepend=0.0) > 0.0))
    if later.size == 0:
        return
    levels = fill_levels(x[later], z[later], rho[later, 0], tuple(part[later] for part in bath), tables, ())
    rate = majorana_flips(levels, x[later], float(masses(solution.mixing).max()))
    largest = int(np.argmax(rate))
    if rate[largest] > FLIPS:
        yield (
            "neutrinos and antineutrinos are followed as Dirac particles: of a Majorana nu_4, secret collisions would "
            f"turn nu_s into nubar_s, {rate[largest]:.2g} times per Hubble time at T = {T[later][largest]:.3g} MeV (to "
            "a factor of four), and destroy n_s - nbar_s"
        )
