"""Three active flavours with unequal asymmetries: from `boltzmann.asymmetries` to a `Solution`."""

from __future__ import annotations

from collections.abc import Iterator
from time import thread_time
from typing import Any

import numpy as np

from boltzmann import observables
from boltzmann.asymmetries.evolution import Run, evolve
from boltzmann.asymmetries.populations import PLASMA
from boltzmann.kinetics.evolution import Progress
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.plasma.background import temperature
from boltzmann.solution import Solution, Stats

TOLERANCE = 1e-5  # of the asymmetry matrix; means of dn change by 1e-4 of the largest at 1e-6, see `Synchronised`
SPREAD = 1e-3  # differences of xi that matter
SMALL, LARGE = 0.05, 1.2  # |xi| between which the averaged treatment was compared with other codes
COHERENT, CHANGED, DOMINANT = 0.1, 0.05, 100.0


def oscillate_together(
    mixing: Mixing, interactions: tuple[Any, ...], options: Options, asymmetry: Asymmetry | None
) -> bool:
    """Return whether a run is one of unequal asymmetries of three flavours, which `flavours` follows."""
    if asymmetry is None or mixing.n_states == 4 or interactions:
        return False
    return bool(np.ptp(asymmetry.xi) > SPREAD) and options.collisions and options.coherence != "matrix"


def flavours(
    mixing: Mixing, options: Options, asymmetry: Asymmetry, progress: Progress | None, again: dict[str, Any]
) -> Solution:
    """Return the solution of three flavours with asymmetries; ``again``: what a Solution needs the solver for.

    It begins at T = 25 MeV, before flavours mix, or at ``options.x_start`` if that is later.
    """
    cpu = thread_time()
    run, told, status = evolve(mixing, asymmetry.xi, options, TOLERANCE, progress)
    x, states = np.array(run.x), np.array(run.states)
    rho = np.array(run.rho)
    rho[:, 1] = rho[:, 1].conj()
    grid, plasma = run.problem.grid, run.problem.plasma
    return Solution(
        mixing=mixing,
        interactions=(),
        options=options,
        x=x,
        y=grid.y,
        weights=grid.w,
        z=np.array([temperature(a, e, plasma) for a, e in zip(x, states[:, -PLASMA], strict=True)]),
        rho=rho,
        dark=None,
        status=status,
        stats=_stats(run, states, rho, mixing, cpu),
        asymmetry=asymmetry,
        synchronised=told,
        **again,
    )


def _stats(run: Run, states: Array, rho: Complex, mixing: Mixing, cpu: float) -> Stats:
    """Return the cost of a run and how well it kept what is conserved; nu-nu collisions keep all by construction."""
    grid = run.problem.grid
    neutrinos = observables.energy_density(grid.y, grid.w, np.trace(rho, axis1=-2, axis2=-1).real.mean(axis=1))
    populations = observables.mass_populations(rho[-1], mixing.U) / grid.f[:, None]
    return Stats(
        steps=len(run.x) - 1,
        rejected=run.rejected,
        rhs_calls=8 * (len(run.x) - 1 + run.rejected),
        cpu_seconds=thread_time() - cpu,
        energy_drift=observables.energy_drift(states[:, -PLASMA], neutrinos, states[:, -1]),
        nu_nu_number_drift=0.0,
        nu_nu_energy_drift=0.0,
        lowest_population=float(populations.min()),
        highest_population=float(populations.max()),
    )


def flavour_remarks(solution: Solution) -> Iterator[str]:
    """Yield what limits a solution of `flavours`."""
    given, told = solution.asymmetry, solution.synchronised
    if given is None or told is None:
        return
    largest = max(map(abs, given.xi))
    if largest > LARGE:
        yield f"{given!r}: beyond |xi| = {LARGE} the averaged treatment of oscillations was not compared with others"
    if largest < SMALL or told.dominance < DOMINANT:
        yield (
            f"{given!r}: below |xi| = {SMALL} the odd potential does not dominate by enough ({told.dominance:.2g} "
            "times the rest at T = 1.5 MeV): how flavours share the asymmetry is good to 15% of the largest"
        )
    if told.coherent > COHERENT:
        yield (
            f"{given!r}: flavours still oscillate together at T = 1.5 MeV, n_e - nbar_e by +-{told.coherent:.0%} of "
            "the largest asymmetry; phases cannot be predicted, and the numbers are those of the mean"
        )
    if not told.changed < CHANGED:
        yield (
            f"{given!r}: the final asymmetries change by {told.changed:.0%} of the largest when the matrix is followed "
            "more accurately: a passage that is not adiabatic makes them chaotic; N_eff is good to 0.02"
        )
