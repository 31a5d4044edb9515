"""From inputs to a `Solution`: initial state, driver, and what a solution asks of the solver later."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from time import thread_time
from typing import Any

import numpy as np

from boltzmann import observables
from boltzmann.dark.bath import dark_bath
from boltzmann.errors import ParameterError, ValidityWarning
from boltzmann.kinetics import sterile_history
from boltzmann.kinetics.evolution import Progress, coldest, density_matrices, evolve
from boltzmann.kinetics.layout import CHARGE, DARK, PASSIVE, PLASMA
from boltzmann.kinetics.monitors import nu_nu_moments
from boltzmann.kinetics.status import Status
from boltzmann.kinetics.stepper import Clock
from boltzmann.kinetics.sterile_history import DarkHistory
from boltzmann.kinetics.tables import Tables
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.parameters.inputs import outside
from boltzmann.plasma.background import temperature
from boltzmann.solution import Solution, Stats, coherences, files
from boltzmann.solver import fields, reheating
from boltzmann.solver.asymmetry import asymmetry_growth, refuse_one_sign
from boltzmann.solver.branch import accompanied, settle
from boltzmann.solver.budget import ErrorBudget, error_budget
from boltzmann.solver.checks import announce_compilation, checked
from boltzmann.solver.flavours import flavours, oscillate_together
from boltzmann.solver.reheating import course_of, refuse_asymmetry
from boltzmann.solver.relics import evolve as evolve_relics
from boltzmann.solver.relics import refuse, relics, standard_N_eff
from boltzmann.solver.signs import odd_start, seeded
from boltzmann.solver.start import initial_ratio, initial_state
from boltzmann.solver.stopped import MOST_BEYOND, bounded, diagonals, patient
from boltzmann.solver.sweep import compared, drives, swept
from boltzmann.solver.tables import (
    build_tables,
    check_couplings,
    history_of,
    is_delicate,
    is_heavy,
    masses,
    ordinary,
    secret,
)
from boltzmann.solver.validity import remarks

_FACTOR = "secret_rate_factor"  # the field of secret interactions
MOST_DRIFT = 1e-4  # of comoving energy; 1e-10 is usual, and more than this shows in N_eff


def _dark_history(x: Array, states: Array, tables: Tables) -> DarkHistory | None:
    """Return temperature, chemical potential and mediators' energy along a run."""
    if tables.dark is None:
        return None
    hint = np.zeros(2)
    baths = [dark_bath(a, u[-DARK], u[-CHARGE], tables.dark.bath, hint) for a, u in zip(x, states, strict=True)]
    return DarkHistory(*(np.array(column) for column in list(zip(*baths, strict=True))[:3]))


def _stats(states: Array, rho: Complex, occupations: Array, tables: Tables, clock: Clock, cpu: float) -> Stats:
    """Return the cost of a run and how well it kept what is conserved; ``occupations`` of mass states."""
    grid, others, q = tables.grid, states[:, -PLASMA] + states[:, -DARK], states[:, -PASSIVE]
    neutrinos = observables.energy_density(grid.y, grid.w, np.trace(rho, axis1=-2, axis2=-1).real.mean(axis=1))
    number, energy = nu_nu_moments(rho, tables)
    steps, rejected, rhs_calls = (int(count) for count in clock.counts)
    populations = occupations / grid.f[:, None]
    return Stats(
        steps=steps,
        rejected=rejected,
        rhs_calls=rhs_calls,
        cpu_seconds=thread_time() - cpu,
        energy_drift=observables.energy_drift(others, neutrinos, q),
        nu_nu_number_drift=number,
        nu_nu_energy_drift=energy,
        lowest_population=float(populations.min()),
        highest_population=float(populations.max()),
    )


@lru_cache(maxsize=64)
def three_state_N_eff(interactions: tuple[Any, ...], options: Options) -> float:
    """Return N_eff of three states (default active mixing) with the same options: the zero point of delta N_eff."""
    reference = integrate(Mixing(), interactions, options)
    return replace(reference, status=Status.SUCCESS).N_eff  # if it did not end well, neither did the run, which warns


def follow(solution: Solution) -> sterile_history.SterileHistory:
    """Return what the sterile state of ``solution`` went through."""
    return sterile_history.follow(*history_of(solution))


def rescaled_N_eff(solution: Solution, factor: float) -> float:
    """Return N_eff of the same inputs with all secret rates times ``factor``; NaN if that run fails.

    Raises
    ------
    ParameterError
        If a secret interaction has no field ``secret_rate_factor``.
    """
    dark = secret(solution.interactions)
    for interaction in dark:
        if not hasattr(interaction, _FACTOR):
            raise ParameterError(f"{interaction!r} has no field {_FACTOR}, which a change of its rates needs; add it")
    scaled = (replace(i, **{_FACTOR: factor * i.secret_rate_factor}) if i in dark else i for i in solution.interactions)
    result = integrate(solution.mixing, tuple(scaled), solution.options, asymmetry=solution.asymmetry)
    return result.N_eff if result.status.ok else float("nan")


def solve(
    mixing: Mixing,
    interactions: Iterable[Any] | Any | None = (),
    options: Options | None = None,
    progress: Progress | None = None,
    asymmetry: Asymmetry | None = None,
) -> Solution:
    """Solve the quantum kinetic equations through neutrino decoupling.

    Parameters
    ----------
    mixing : Mixing
        Masses and mixing; ``dm2_41=None`` for three states.
    interactions : iterable of potentials and secret interactions, or one of them
        Objects of `boltzmann.potentials` or of your own, added to the Standard Model; potentials and rates add up.
    options : Options, optional
        Numerical choices.
    progress : callable, optional
        Called with the fraction of ln x covered, every 50 steps.
    asymmetry : Asymmetry, optional
        Asymmetries at the start; neutrinos and antineutrinos are then followed apart, for 2 to 10 times the time. By
        default there are none, and nu = nubar unless that is unstable (`boltzmann.solver.branch`).

    Returns
    -------
    Solution
        Also for a run that failed: look at ``solution.status``.

    Raises
    ------
    CacheError
        If the cache folder cannot be written.
    ParameterError
        If an argument is of the wrong kind, or the interactions do not fit each other or the mixing.

    Warns
    -----
    ValidityWarning
        For each sentence of `Solution.validity`: what limits the numbers.
    """
    given, chosen = checked(mixing, interactions, options, asymmetry)
    solution = settled(mixing, given, chosen, asymmetry, progress, seeds=2)
    for sentence in solution.validity:
        warnings.warn(sentence, ValidityWarning, stacklevel=outside())
    return solution


def integrate(
    mixing: Mixing,
    interactions: tuple[Any, ...],
    options: Options,
    progress: Progress | None = None,
    asymmetry: Asymmetry | None = None,
    until: float = np.inf,
) -> Solution:
    """Solve as asked, nu = nubar without an asymmetry, with no check of the arguments' kinds and no warning.

    Until ln x = ``until``, if that is before the end and nothing else is asked for than neutrinos.
    """
    if relics(interactions):
        return _beside_relics(mixing, interactions, options, progress, asymmetry)
    asymmetry = seeded(asymmetry, mixing, interactions, options)
    if asymmetry is not None and oscillate_together(mixing, interactions, options, asymmetry):
        options = options.settled(careful=False, early=False)
        return flavours(mixing, options, asymmetry, progress, _again(interactions, options))
    cpu, ratio = thread_time(), initial_ratio(mixing, interactions)
    announce_compilation()
    refuse_asymmetry(asymmetry, interactions)
    refuse_one_sign(asymmetry, interactions)
    options = fields.settled(reheating.settled(options, mixing, interactions), mixing, interactions, asymmetry)
    options = options.settled(is_delicate(mixing, interactions), is_heavy(mixing, interactions))
    check_couplings(interactions, options, asymmetry)
    tables, start = build_tables(mixing, interactions, options, asymmetry), options.initial_x
    u = initial_state(start, tables, options.muons, ratio, course_of(interactions, options.muons))
    T_end = coldest(float(masses(mixing).max()))
    odd = np.empty(0) if asymmetry is None else odd_start(u, start, asymmetry, tables)
    history, clock, status = evolve(u, odd, float(np.log(start)), tables, options, T_end, progress, until)
    x, states = np.exp(history[:, 0]), history[:, 1 : 1 + u.size]
    rho = _signs(states, history[:, 1 + u.size :], tables)
    occupations = observables.mass_populations(rho, mixing.U)
    stats = _stats(states, rho, occupations, tables, clock, cpu)
    status = _kept(status, stats.energy_drift, np.concatenate([diagonals(rho).ravel(), occupations[-1].ravel()]))
    if tables.fronts.allowed:  # the end, where bins are closed, is as it is: a fault would be seen there
        rho[:-1] = coherences.bounded(rho[:-1])
    return Solution(
        mixing=mixing,
        interactions=interactions,
        options=options,
        x=x,
        y=tables.grid.y,
        weights=tables.grid.w,
        z=np.array([temperature(a, e, tables.plasma) for a, e in zip(x, states[:, -PLASMA], strict=True)]),
        rho=rho,
        dark=_dark_history(x, states, tables),
        status=status,
        stats=stats,
        asymmetry=asymmetry,
        matter=states[:, -DARK] if tables.matter.rate > 0.0 else None,
        **_again(interactions, options),
    )


def _kept(status: Status, drift: float, occupations: Array) -> Status:
    """Return the status of a run that must conserve energy and keep occupations (any shape) from 0 to 1.

    Those of flavours along the run, and of mass states at its end: a coherence of two active states that a step does
    not resolve may be too large in single rows (nu_1 and nu_2 of one node and one sign, -0.5 and 1.5, in 4 rows of 1877
    where an asymmetry of 1e-5 drives a crossing of nu_e and nu_mu past it); it is damped, and moves no energy.
    """
    if status.ok and not drift < MOST_DRIFT:
        return Status.ENERGY_DRIFTED
    if status.ok and not -MOST_BEYOND < occupations.min() <= occupations.max() < 1.0 + MOST_BEYOND:
        return Status.OUT_OF_RANGE
    return status


def settled(
    mixing: Mixing,
    interactions: tuple[Any, ...],
    options: Options,
    asymmetry: Asymmetry | None = None,
    progress: Progress | None = None,
    seeds: int = 1,
) -> Solution:
    """Do what `solve` does, with no check of the arguments' kinds and no warning; one seed for many points."""
    asymmetry = asymmetry if relics(interactions) else seeded(asymmetry, mixing, interactions, options)
    options = patient(options, mixing, asymmetry)
    if drives(mixing, interactions, options, asymmetry) and asymmetry is not None:
        return bounded(swept(mixing, options, asymmetry, integrate, progress, interactions), integrate)
    run = compared(integrate(mixing, interactions, options, progress, asymmetry), integrate)
    run = accompanied(settle(run, integrate, progress, seeds), integrate, progress, seeds)
    return bounded(run, integrate)


def _beside_relics(
    mixing: Mixing, interactions: tuple[Any, ...], options: Options, progress: Progress | None, asymmetry: Any
) -> Solution:
    """Do what `integrate` does for relics of MeV mass."""
    options = options.settled(careful=False, early=is_heavy(mixing))
    refuse(mixing, interactions, options, asymmetry)
    found = evolve_relics([interaction.relic() for interaction in interactions], mixing, options, progress)
    return Solution(
        mixing=mixing,
        interactions=interactions,
        options=options,
        dark=None,
        **found._asdict(),
        **_again_beside_relics(mixing, interactions, options),
    )


def _again_beside_relics(mixing: Mixing, interactions: tuple[Any, ...], options: Options) -> dict[str, Any]:
    """Return what a Solution with relics needs the solver for."""
    reference = partial(standard_N_eff, mixing, options)
    return {**_again(interactions, options), "reference": reference, "budgeted": _no_budget}


def _no_budget(*_: Any) -> ErrorBudget:
    """Refuse."""
    raise ParameterError("an error budget of a run with a relic of MeV mass is not known; compare n_momenta and rtol")


def _signs(states: Array, odd: Array, tables: Tables) -> Complex:
    """Return rho (n_x, 1 or 2, N, n, n): of nu = nubar, or of nu and of nubar."""
    even = density_matrices(states, tables.grid, tables.n_states)
    if not odd.shape[1]:
        return even[:, None]
    difference = density_matrices(odd, tables.grid, tables.n_states)
    return np.stack([even + difference, (even - difference).conj()], axis=1)


def _again(interactions: tuple[Any, ...], options: Options) -> dict[str, Any]:
    """Return what a Solution needs the solver for."""
    reference = partial(three_state_N_eff, ordinary(interactions), options)
    return {
        "reference": reference,
        "follow": follow,
        "rescaled": rescaled_N_eff,
        "examined": remarks,
        "budgeted": partial(error_budget, integrate),
        "grown": asymmetry_growth,
    }


def load_solution(file: str | Path, interactions: Iterable[Any] | None = None) -> Solution:
    """Return the solution that `Solution.save` wrote.

    Parameters
    ----------
    file : str or Path
        A netCDF file.
    interactions : iterable, optional
        The interactions of the run, needed only if some are of classes of your own.

    Raises
    ------
    OSError
        The file cannot be read.
    ParameterError
        It is no file of a solution, or has interactions of your own, which are not given.
    """
    fields = files.load(Path(file), None if interactions is None else tuple(interactions))
    if relics(fields["interactions"]):
        return Solution(**fields, **_again_beside_relics(*(fields[n] for n in ("mixing", "interactions", "options"))))
    return Solution(**fields, **_again(fields["interactions"], fields["options"]))
