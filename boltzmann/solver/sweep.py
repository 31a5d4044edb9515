"""Asymmetries that drive a resonance over the momenta: how far nodes follow, and what is known from there on.

With nu_s above the active states an asymmetry L puts a resonance into the spectrum of neutrinos, or of antineutrinos,
which takes L along (`boltzmann.asymmetries.front`). Nodes cannot follow its end: one holds more asymmetry than there is
(L = 1e-5, 1 eV^2: they gave N_eff = 3.565 where there is 3.615). So the front equation is asked first, along a run
without asymmetry, and the run with both signs ends where half of L is gone. The run has then 0.7 to 0.9 left by
itself, and less soon after (L = 3e-5 to 0.01, 14 to 40 momenta); nodes may have taken it before, in one lump.

What is known then. Fronts make no more sterile neutrinos than L pays for. What is left of L goes on falling, and its
potential soon is below the vacuum's at all momenta that matter, so that production is that of nu = nubar: from the mean
of both signs there, one sign is followed to the end, with all flavours. Cells of momentum (`asymmetries.cells`)
go through the collapse, with one: they say what fronts make of energy from there on, what is left of L, and an N_eff
of their own. Production before was that of the run; had L not delayed it, N_eff would be that without asymmetry.

A potential of nu_s that is opposite for antineutrinos and falls as a^-3, of baryons or of a current, drives a resonance
as an asymmetry of other flavours does: l = -V_s/(sqrt2 G_F) has that part, which stays, and the neutrinos that convert
make the rest of it, until l vanishes (derived). Where nu_a have to give much for that, nodes give all at once: the run
is taken until they have given half. Then flavours share the asymmetry: what has to be converted is 1/2 to 3/4 of -V_s/
(sqrt2 G_F), which the estimate does not follow.

Asymmetries too small for that, as those of baryons, may grow all the same: if conversion has made nu_e, the lower
levels, rarer than nu_mu and nu_tau, flavours are unstable as neutrinos around a supernova are (bipolar instability:
gamma^2 = omega (mu s - omega) with omega the splitting of two active levels and mu s = sqrt2 G_F times how many more
there are on the higher; tests/collective.py). The diagonal asymmetry matrix alone has a part of that instability, all
of it has it faster (1e4 to 1e6 per Hubble time), for nu = nubar too. Resolved with all of it, every oscillation
(scripts/collective.py; 0.0243 eV^2, |U_e4|^2 = 2e-3, to 5.4 MeV), flavours share the depletion within it, |L| stays at
some 1e-6, and production is that of nu = nubar to a fifth. With the diagonal alone L grows on, conversion stops, and
N_eff = 3.07 in place of 3.225. A run that this has moved is not shown for one of nature.

What range does that leave? The instability turns active flavours into each other, and no rotation of them changes SUM_a
|H_as|^2: what it can change is whose potential and whose collisions conversion meets. So N_eff is expected between that
of the same sum of |U_a4|^2 in nu_e alone and in nu_mu or nu_tau alone (derived; not shown for potentials that change
as fast as nu_s oscillate): 3.225 to 3.274 at 0.0243 eV^2, 2e-3 and 3.108 to 3.129 at 1 eV^2, 1e-4, up to 27% and 32%
more than with nu_e, of which the two resolved runs have +8% and +20% (`TURBULENT`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from boltzmann import observables
from boltzmann.asymmetries.cells import Passage, pass_through
from boltzmann.asymmetries.front import Course, Fronts, follow
from boltzmann.constants import G_F, M_E
from boltzmann.dark.bath import dark_bath
from boltzmann.dark.odd import HasOddLevel
from boltzmann.kinetics.evolution import Progress, coldest, density_matrices, evolve, state_vectors
from boltzmann.kinetics.layout import CHARGE, DARK, N_ACTIVE, PLASMA
from boltzmann.kinetics.levels import fill_levels
from boltzmann.kinetics.status import Status
from boltzmann.kinetics.tables import Tables
from boltzmann.numerics.arrays import Array
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.parameters.asymmetry import PHOTONS
from boltzmann.plasma.background import temperature
from boltzmann.solution import Solution
from boltzmann.solution.asymmetry import Sweep
from boltzmann.solver.signs import outside
from boltzmann.solver.tables import history_of, masses, secret

SWEEPING = 1e-8  # L of a flavour, ten times that of baryons
WEIGHT = 2.0  # of its own neutrinos in the potential of a flavour (direct and crossed Z exchange)
LOST = 0.25  # of the asymmetry: half of what fronts have left at the end of a run
GROWN = 3.0  # times the largest asymmetry at the start: flavours share what there is, but make no more
SEEN = 2e-3  # of N_eff; a harmless growth at 1 eV^2 changes it by 8e-4
TURBULENT = 0.2  # of what is produced: all of the instability, resolved, has 8% more at 5.4 MeV, at a rate 22% higher
ENDED = 1e-3  # of x, from the end of a run on which nothing happens any more
TOUCHED = 0.01  # share of an asymmetry that matters if fronts take it


class Integrate(Protocol):
    """`boltzmann.solver.run.integrate`."""

    def __call__(  # noqa: D102, as that
        self,
        mixing: Mixing,
        interactions: tuple[Any, ...],
        options: Options,
        progress: Progress | None = None,
        asymmetry: Asymmetry | None = None,
        until: float = np.inf,
    ) -> Solution: ...


def _even(interactions: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return interactions that are the same for neutrinos and antineutrinos."""
    return tuple(i for i in interactions if not (isinstance(i, HasOddLevel) and i.odd_level(1.0) != 0.0))


def drives(mixing: Mixing, interactions: tuple[Any, ...], options: Options, asymmetry: Asymmetry | None) -> bool:
    """Return whether fronts are looked for: an asymmetry, a sterile state above the active ones, nothing else.

    Nothing else but an odd potential of matter outside, which drives them as asymmetries of other flavours do.
    """
    if asymmetry is None or mixing.n_states == N_ACTIVE or _even(interactions) or options.coherence == "matrix":
        return False
    m = masses(mixing)
    return bool(m[-1] > m[:-1].max())


def coupled(mixing: Mixing) -> int:
    """Return the flavour with the largest mixing, whose resonance is followed."""
    return int(np.argmax(np.abs(mixing.U[:N_ACTIVE, N_ACTIVE])))


def flavour_state(a: int) -> Array:
    """Return flavour ``a`` as an active state (3,)."""
    return np.asarray(np.eye(N_ACTIVE)[a])


def course_of(plain: Solution, state: Array) -> Course:
    """Return the levels of an active ``state`` (3,), a flavour or a mixture, along a run without asymmetry."""
    x, z, rho, bath, tables = history_of(plain)
    rising = np.diff(x, prepend=0.0) > 0.0
    x, z, rho, bath = x[rising], z[rising], rho[rising], tuple(part[rising] for part in bath)
    levels = fill_levels(x, z, rho[:, 0], bath, tables, ())
    hubble, M2 = np.sqrt(2.0) * G_F / levels.standard, tables.vacuum.mass_matrix
    per_mass, share, last = (x / (2.0 * M_E * hubble))[:, None], np.abs(state) ** 2, levels.y[-1]
    of_flavours = (M2[N_ACTIVE, N_ACTIVE] - np.diagonal(M2)[:N_ACTIVE]).real * per_mass
    plasma = (last * levels.splitting[..., -1] - of_flavours) / last**2
    vacuum = (M2[N_ACTIVE, N_ACTIVE] - state.conj() @ M2[:N_ACTIVE, :N_ACTIVE] @ state).real * per_mass[:, 0]
    odd = levels.standard * (M_E / x) ** 3
    damping = 0.5 * levels.refill_a[..., -1] / last
    mixing = abs(state.conj() @ M2[:N_ACTIVE, N_ACTIVE]) * per_mass[:, 0]
    return Course(np.log(x), vacuum, np.maximum(plasma @ share, 0.0), odd, mixing, damping @ share)


def _fronts(course: Course, asymmetry: Asymmetry, a: int, more: float) -> Fronts:
    """Return what fronts do to ``asymmetry`` and what is ``more``; below zero they do the same to antineutrinos."""
    potential = PHOTONS * (asymmetry.L[a] + sum(asymmetry.L)) + more
    return follow(course, abs(potential), WEIGHT, math.copysign(1.0, potential) * asymmetry.xi[a])


def _through(course: Course, asymmetry: Asymmetry, a: int, more: float) -> Passage | None:
    """Return what cells of momentum say; None where nu_s, mixed by more than a half, lies below the active state."""
    own, rest = asymmetry.L[a], sum(asymmetry.L) - asymmetry.L[a]
    return pass_through(course, PHOTONS * own, PHOTONS * rest + more) if np.all(course.vacuum > 0.0) else None


def _beside(plain: Solution, asymmetry: Asymmetry, a: int, more: float) -> float:
    """Return N_eff that fronts of other flavours than ``a`` would make, each alone, of those that mix.

    Together they make less: with two flavours of l each, 2 N_a + N_b = 2 N_b + N_a = l when it is gone, l/3 each, where
    one alone has l/2 (derived). So this bounds what the cells of one leave out.
    """
    mixed = np.abs(plain.mixing.U[:N_ACTIVE, N_ACTIVE]) ** 2
    others = [b for b in range(N_ACTIVE) if b != a and mixed[b] > TOUCHED * mixed[a]]
    passages = (_through(course_of(plain, flavour_state(b)), asymmetry, b, more) for b in others)
    return sum(float(passage.swept[-1]) for passage in passages if passage is not None)


def _onwards(run: Solution) -> tuple[Array, Tables] | None:
    """Return the states from the last point of a run on, with nu = nubar, the mean of both signs; None: it fails."""
    x, z, rho, bath, tables = history_of(replace(run, interactions=_even(run.interactions)))
    u = state_vectors(x[-1:], z[-1:], rho[-1:, 0], tuple(part[-1:] for part in bath), tables)[0]
    T_end = coldest(float(masses(run.mixing).max()))
    history, _, status = evolve(u, np.empty(0), float(np.log(x[-1])), tables, run.options, T_end)
    if not status.ok:
        return None
    return history[1:], tables


def after(run: Solution) -> float:
    """Return N_eff of a run that goes on from its last point with nu = nubar, the mean of both signs; NaN: it fails."""
    if run.x[-1] > (1.0 - ENDED) * run.options.x_end:
        return float(observables.effective_number(run.total_density[-1], run.z[-1]))
    later = _onwards(run)
    if later is None:
        return math.nan
    history, tables = later
    end, last = history[-1, 1:], float(np.exp(history[-1, 0]))
    trace = np.trace(density_matrices(end[None], tables.grid, tables.n_states)[0], axis1=-2, axis2=-1).real
    energy = observables.energy_density(tables.grid.y, tables.grid.w, trace)
    if tables.dark is not None:
        energy = energy + dark_bath(last, end[-DARK], end[-CHARGE], tables.dark.bath, np.zeros(2)).energy
    return float(observables.effective_number(energy, temperature(last, end[-PLASMA], tables.plasma)))


def _after(run: Solution) -> Solution | None:
    """Return a run that goes on with the mean of both signs, to the end; None if it does not get there."""
    later = _onwards(run)
    if later is None:
        return None
    history, tables = later
    x, states = np.exp(history[:, 0]), history[:, 1:]
    rho = density_matrices(states, tables.grid, tables.n_states)
    z = np.array([temperature(a, e, tables.plasma) for a, e in zip(x, states[:, -PLASMA], strict=True)])
    joined = {"x": (run.x, x), "z": (run.z, z), "rho": (run.mean_rho[:, None], rho[:, None])}
    parts: dict[str, Any] = {name: np.concatenate(both) for name, both in joined.items()}
    return replace(
        run, **parts, interactions=_even(run.interactions), asymmetry=None, sweep=None, status=Status.SUCCESS
    )


def _mass(run: Solution, occupation: Array, z: float) -> float:
    """Return 94.1 eV Omega h^2 of nu_4 with an ``occupation`` (N,), nu and nubar together, when T_gamma a is ``z``."""
    return float(observables.effective_mass(run.y, occupation, float(run.mixing.masses_in_eV[N_ACTIVE]), z))


def _mass_of(after: Solution | None) -> float:
    """Return the same at the end of a run with nu = nubar, NaN without one."""
    if after is None:
        return math.nan
    return _mass(after, observables.mass_populations(after.rho[-1, 0], after.mixing.U)[:, N_ACTIVE], float(after.z[-1]))


def swept(
    mixing: Mixing,
    options: Options,
    asymmetry: Asymmetry,
    integrate: Integrate,
    progress: Progress | None = None,
    interactions: tuple[Any, ...] = (),
) -> Solution:
    """Return the solution with an asymmetry, or an odd potential of ``interactions``, that `drives` a resonance.

    Returns
    -------
    Solution
        With `Solution.sweep`; Status.LEPTON_RUNAWAY, and the history until then, where half of the asymmetry is gone.
    """
    more = outside(interactions, asymmetry)
    if max(abs(more) / PHOTONS, *map(abs, asymmetry.L)) <= SWEEPING:
        run = integrate(mixing, interactions, options, progress, asymmetry)
        return run if math.isnan(_growth(run)) else _checked(run, integrate(mixing, (), options), integrate)
    plain, a = integrate(mixing, (), options), coupled(mixing)
    if not plain.status.ok:
        return integrate(mixing, interactions, options, progress, asymmetry)
    course = course_of(plain, flavour_state(a))
    fronts = _fronts(course, asymmetry, a, more)
    s = fronts.exhausted if fronts.share > TOUCHED else math.nan
    run = integrate(mixing, interactions, options, progress, asymmetry, np.inf if math.isnan(s) else s)
    if not math.isnan(s) and run.status.ok:
        run = _followed(run, a, more)
        s = min(s, float(np.log(run.x[-1])))
    known = replace(_known(run, plain, fronts, s, mixing.flavours[a]), driven=bool(more != 0.0))
    if known.runs_away:
        known = _with_cells(known, run, plain, _through(course, asymmetry, a, more), s)
        beside = _beside(plain, asymmetry, a, more)
        known = replace(known, beside=beside, uncertainty=known.uncertainty + beside, highest=known.highest + beside)
    status = Status.LEPTON_RUNAWAY if known.runs_away and run.status.ok else run.status
    run = replace(run, sweep=known, status=status)
    # what an odd potential makes of asymmetries grows from nothing, and no instability is needed for it
    settled = known.runs_away or more != 0.0 or math.isnan(_growth(run))
    return run if settled else _checked(run, plain, integrate)


def _followed(run: Solution, a: int, more: float = 0.0) -> Solution:
    """Return a run until nodes take the asymmetry of flavour ``a`` in the potential away before the fronts do.

    They take it in lumps (L = 1e-4, |U_mu4|^2 = 0.01, 28 and 40 momenta: to -12 times what it was; L = 0.01, |U_e4|^2 =
    0.01: to all of nu_e, N_eff 3.25 for 3.06), of a few per cent before the fronts do in T.
    """
    combined = run.comoving_asymmetry[:, a] + run.comoving_asymmetry[:, :N_ACTIVE].sum(axis=1) + more
    lost = np.flatnonzero(combined * combined[0] < LOST * combined[0] ** 2)
    return _until(run, max(2, int(lost[0])) if lost.size else run.x.size)


def compared(run: Solution, integrate: Integrate) -> Solution:
    """Return a run with an asymmetry whose resonances nothing follows: until it matters, if N_eff shows that it does.

    nu_s below active states, or moved by a potential. |L| = 1e-6 to 0.003 at -0.01 to -0.2 eV^2 keep nodes from all
    conversion (N_eff = 3.043 where nu = nubar has 4.07), which may be so; where a run of nodes has the number of nu =
    nubar, the asymmetry is beside the point.
    """
    given = run.asymmetry is not None and run.mixing.n_states > N_ACTIVE and not secret(run.interactions)
    if not (given and run.status.ok):
        return run
    plain = integrate(run.mixing, _even(run.interactions), run.options)
    if plain.status.ok and abs(run.N_eff - plain.N_eff) < SEEN:
        return run
    there = np.interp(np.log(run.x), np.log(np.maximum.accumulate(plain.x)), plain.N_eff_history)
    apart = np.flatnonzero(np.abs(run.N_eff_history - there) > SEEN)
    n = max(2, int(apart[0])) if apart.size else run.x.size
    T, lowest, highest = run.z[n - 1] / run.x[n - 1] * M_E, *sorted((run.N_eff, plain.N_eff))
    lowest, nowhere = min(lowest, float(run.N_eff_history[n - 1])), (math.nan, math.nan)
    flavour = run.mixing.flavours[coupled(run.mixing)]
    known = Sweep(flavour, float(T), nowhere, 0.0, 0.0, plain.N_eff, lowest, highest, differs=True)
    return replace(_until(run, n), sweep=known, status=Status.LEPTON_RUNAWAY)


def _until(run: Solution, n: int) -> Solution:
    """Return the first ``n`` points of a run."""
    return replace(run, x=run.x[:n], z=run.z[:n], rho=run.rho[:n])


def _growth(run: Solution) -> float:
    """Return ln x from which an asymmetry is beyond what there was at the start; NaN if it never is."""
    largest = np.abs(run.comoving_asymmetry).max(axis=1) / PHOTONS
    above = np.flatnonzero(largest > GROWN * largest[0] + SWEEPING)
    return float(np.log(run.x[above[0]])) if above.size else math.nan


def _checked(run: Solution, plain: Solution, integrate: Integrate) -> Solution:
    """Return a run whose asymmetry has grown, until then, if it matters: if N_eff is not that without asymmetry.

    With V_odd of the diagonal asymmetries it matters at small dm2_41 (0.0243 eV^2, |U_e4|^2 = 2e-3: from 6e-10 to 5e-7
    at 9 MeV with steps of 0.01, to 5e-5 with usual ones), at 1 eV^2 it is 3e-7, which nobody sees.
    """
    same = run.status.ok and plain.status.ok and abs(run.N_eff - plain.N_eff) < SEEN
    if same or run.asymmetry is None or not plain.status.ok:
        return run
    ended = integrate(run.mixing, (), run.options, None, run.asymmetry, _growth(run))
    T, flavour = float(ended.T[-1].value), run.mixing.flavours[coupled(run.mixing)]
    share = 0.0 if run.sweep is None else run.sweep.share
    lowest = min(float(ended.N_eff_history[-1]), plain.N_eff)
    highest, none = plain.N_eff + TURBULENT * (plain.N_eff - lowest), (math.nan, math.nan)
    known = Sweep(flavour, T, none, share, 0.0, plain.N_eff, lowest, highest, grown=True)
    return replace(ended, sweep=known, status=Status.LEPTON_RUNAWAY)


def _known(run: Solution, plain: Solution, fronts: Fronts, s: float, flavour: str) -> Sweep:
    """Return what is known of a sweep that ends at ``s``."""
    made = float(observables.effective_number(fronts.energy[-1], plain.z[-1]))
    if math.isnan(s) or not run.status.ok:
        return Sweep(flavour, math.nan, (math.nan, math.nan), fronts.share, made, math.nan, math.nan, math.nan)
    log_T = np.log(plain.z / plain.x * M_E)
    i = int(np.searchsorted(fronts.s, s))
    after, lowest, thermal = _after(run), float(run.N_eff_history[-1]), float(run.mixing.masses_in_eV[-1])
    later = made + (math.nan if after is None else after.N_eff)
    return Sweep(
        flavour=flavour,
        T=float(np.exp(np.interp(s, np.log(plain.x), log_T))),
        y=(float(fronts.low[i - 1]), float(fronts.high[i - 1])),
        share=fronts.share,
        swept=made,
        N_eff=later,
        lowest=min(lowest, later),
        highest=max(plain.N_eff + made, later),
        after=after,
        m_eff=_mass_of(after) + made * thermal,
        m_eff_lowest=_mass(run, run.mean_rho[-1, :, N_ACTIVE, N_ACTIVE].real, float(plain.z[-1])),
    )


def _with_cells(known: Sweep, run: Solution, plain: Solution, passage: Passage | None, s: float) -> Sweep:
    """Return the same with what cells say: energy that fronts make after ``s``, what is left, and how far N_eff is.

    Energies of cells are those of one flavour, over thermal ones without asymmetry, and what they have at the start is
    no change: three flavours have N_eff of three neutrinos and of their xi beside it.
    """
    if passage is None:
        return known
    active, later = passage.active, float(passage.swept[-1] - np.interp(s, passage.s, passage.swept))
    N_eff = known.N_eff - known.swept + later
    asymmetric = sum(30.0 / 7.0 * (xi / np.pi) ** 2 + 15.0 / 7.0 * (xi / np.pi) ** 4 for xi in _xi(run))
    of_cells = plain.reference() + asymmetric + float(passage.sterile[-1] + active[-1] - active[0])
    return replace(
        known,
        N_eff=N_eff,
        m_eff=known.m_eff + (later - known.swept) * float(run.mixing.masses_in_eV[-1]),
        uncertainty=abs(of_cells - N_eff),
        lowest=min(known.lowest, N_eff),
        highest=max(known.highest, N_eff),
        L=float(passage.own[-1]) / PHOTONS,
        sterile=float(passage.sterile[-1]),
    )


def _xi(run: Solution) -> tuple[float, ...]:
    return () if run.asymmetry is None else run.asymmetry.xi


def swept_remarks(solution: Solution) -> Iterator[str]:
    """Yield what is to say of resonances that an asymmetry sweeps over the momenta."""
    given, known = solution.asymmetry, solution.sweep
    if given is None or solution.mixing.n_states == N_ACTIVE or secret(solution.interactions):
        return
    odd = [repr(i) for i in solution.interactions if isinstance(i, HasOddLevel) and i.odd_level(1.0) != 0.0]
    driver = " and ".join([repr(given), *odd])
    if known is None:
        if max(map(abs, given.L)) > SWEEPING:
            yield (
                f"{given!r}: an asymmetry above {SWEEPING:g} sweeps a resonance over the momenta that takes it along, "
                "which nodes of momenta do not follow: L from there on is not computed, and N_eff only where it is "
                "that without asymmetry"
            )
        return
    if known.runs_away:
        yield f"{driver}: {known}"
    elif known.share > TOUCHED:
        yield (
            f"{driver}: {known}; nodes follow what is lost to a half, with n_momenta=40 to a fifth "
            "(measured at 1 eV2, L = 0.01)"
        )
