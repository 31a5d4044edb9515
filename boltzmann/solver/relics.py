"""From relics of MeV mass to a `Solution`: grid, tables, initial state, and the run of `boltzmann.relics`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from time import thread_time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from boltzmann import observables
from boltzmann.collisions.damping import exact_damping
from boltzmann.collisions.electron import Electron, electron_tables
from boltzmann.collisions.pairs import Pairs, pair_tables
from boltzmann.errors import ParameterError
from boltzmann.kinetics import hamiltonian
from boltzmann.kinetics.evolution import LONGEST_STEP
from boltzmann.kinetics.layout import N_ACTIVE
from boltzmann.kinetics.status import Status
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.interpolate import wide_lattice
from boltzmann.numerics.momentum import Grid, fermi_dirac, laguerre_grid
from boltzmann.parameters import Mixing, Options
from boltzmann.plasma import background
from boltzmann.potentials import standard
from boltzmann.relics import thermal
from boltzmann.relics.equation import Equation, RelicTables, matrices
from boltzmann.relics.grid import MOST_Y, relic_grid
from boltzmann.relics.hard import Hard, hard_tables
from boltzmann.relics.model import LeptonModel, Model, ThermalModel
from boltzmann.solution import Stats
from boltzmann.solution.relic import RelicHistory

if TYPE_CHECKING:
    from boltzmann.relics.rosenbrock import Outcome

_STATUS = {
    "": Status.SUCCESS,
    "small": Status.STEP_TOO_SMALL,
    "many": Status.TOO_MANY_STEPS,
    "hot": Status.HEATED,
}
MOST_DRIFT = 1e-5  # of comoving energy; 1e-11 is usual


class Found(NamedTuple):
    """What a run gives to a `Solution`, by the names of its fields."""

    x: Array
    y: Array
    weights: Array
    z: Array
    rho: Complex
    relic: RelicHistory
    status: Status
    stats: Stats


class Begin(NamedTuple):
    """The start of a run: x, z = T_gamma a, z_nu = T_nu a, and eps_k of leptons; None: as they decoupled."""

    x: float
    z: float
    z_nu: float
    eps: Array | None = None


class Run(NamedTuple):
    """An integration."""

    tables: RelicTables
    outcome: Outcome
    equation: Equation


@lru_cache(maxsize=4)
def _soft_tables(n: int, y_max: float) -> tuple[Grid, Electron]:
    grid = laguerre_grid(n, y_max)
    return grid, electron_tables(grid, wide_lattice())


@lru_cache(maxsize=8)
def _grid_tables(n: int, y_soft: float, y_max: float) -> tuple[Grid, Pairs, Hard]:
    """Return the grid and what depends on it alone."""
    grid = relic_grid(n, y_soft, y_max)
    return grid, pair_tables(grid, n), hard_tables(grid, n)


@lru_cache(maxsize=8)
def _potentials(n: int, y_soft: float, y_max: float, muons: bool, states: int) -> hamiltonian.Potentials:
    return hamiltonian.tabulate(standard(muons), wide_lattice(), relic_grid(n, y_soft, y_max).y, states)


def relics(interactions: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the interactions that are relics of MeV mass."""
    return tuple(interaction for interaction in interactions if hasattr(interaction, "relic"))


def refuse(mixing: Mixing, interactions: tuple[Any, ...], options: Options, asymmetry: Any) -> None:
    """Raise ParameterError for what the equation with relics does not know."""
    others = ", ".join(repr(i) for i in interactions if not hasattr(i, "relic"))
    if others:
        raise ParameterError(f"interactions has {others} beside a relic of MeV mass; give relics alone")
    if mixing.n_states == 4 and mixing.masses_in_eV[3] < mixing.masses_in_eV[:3].max():
        raise ParameterError(
            "dm2_41 makes nu_4 lighter than an active state beside a relic of MeV mass: resonances sweep the momenta, "
            "which hard ones do not follow; give a dm2_41 that makes it the heaviest, or leave the relic out"
        )
    if asymmetry is not None:
        raise ParameterError("asymmetry is given beside a relic of MeV mass, which has nu = nubar; leave it out")
    wrong = {"coherence": "exact", "collisions": True, "nu_nu": True}
    for name, value in wrong.items():
        if getattr(options, name) != value:
            raise ParameterError(f"{name} = {getattr(options, name)!r} is not allowed with a relic; give {value!r}")
    _refuse_spectra(mixing, [i.relic() for i in interactions])


def _refuse_spectra(mixing: Mixing, models: Sequence[Model]) -> None:
    """Raise ParameterError where neutrinos would have thermal spectra that something else does not let them have."""
    held = [isinstance(model, ThermalModel) and (model.thermal or not model.electrophilic) for model in models]
    if mixing.n_states > N_ACTIVE and any(held):
        raise ParameterError(
            "dm2_41 is given beside a relic that holds neutrinos at one temperature (couples_to = 'nu', or spectra = "
            "'thermal'): momenta, and with them oscillations, are not followed until it is gone; leave dm2_41 out"
        )
    asked = [isinstance(model, ThermalModel) and model.thermal for model in models]
    if any(asked) and not all(asked):
        raise ParameterError(
            "spectra = 'thermal' of a relic needs it of all of them, and neutrinos from decays have no temperature; "
            "leave it out"
        )


def largest_y(leptons: Sequence[LeptonModel]) -> float:
    """Return the largest momentum of a grid, rounded up to powers of 1.3 so that few grids serve a plane.

    0 without leptons: then there are soft nodes alone.
    """
    if not leptons:
        return 0.0
    most = max(model.largest_y for model in leptons)
    steps = np.ceil(np.log(most / 30.0) / np.log(1.3) - 1e-9)
    return float(min(MOST_Y, 30.0 * 1.3 ** max(0.0, float(steps))))


def tables_of(
    mixing: Mixing, options: Options, plasma: background.Plasma, leptons: Sequence[LeptonModel]
) -> RelicTables:
    """Return the tables of a run."""
    from boltzmann.solver.tables import vacuum

    n, y_soft, y_max = options.n_momenta, options.y_max, largest_y(leptons)
    grid, pairs, hard = _grid_tables(n, y_soft, y_max)
    term = vacuum(mixing, False)
    return RelicTables(
        grid=grid,
        soft=n,
        mass_matrix=term.mass_matrix,
        fastest=term.fastest,
        potentials=_potentials(n, y_soft, y_max, options.muons, mixing.n_states),
        plasma=plasma,
        electron=_soft_tables(n, y_soft)[1],
        damping=exact_damping(mixing.n_states),
        pairs=pairs,
        hard=hard,
        leptons=tuple(model.lepton() for model in leptons),
    )


def start_of(equation: Equation, begin: Begin) -> Array:
    """Return the state at the start: thermal neutrinos, no sterile ones, the plasma, and every N."""
    tables, u = equation.tables, np.zeros(equation.size)
    occupied = fermi_dirac(tables.grid.y / begin.z_nu) / tables.grid.f
    u[equation.active] = np.tile(occupied, N_ACTIVE)
    at_start = [N.energies(begin.x) * N.start for N in tables.leptons]
    u[equation.eps] = np.concatenate([np.zeros(0), *at_start]) if begin.eps is None else begin.eps
    u[-2] = begin.z**4 * background.plasma_at(begin.x / begin.z, tables.plasma)[0]
    return u


def run(tables: RelicTables, options: Options, begin: Begin, x_end: float, progress: Any) -> Run:
    """Integrate."""
    from boltzmann.relics.rosenbrock import (
        Integrator,
    )  # here, because scipy.linalg takes longer to import than most runs

    equation, lattice = Equation(tables), tables.electron.lattice
    z_range = lattice.z_min, lattice.z_max
    longest = min(options.max_step, LONGEST_STEP)
    integrator = Integrator(equation, options.relative_tolerance, z_range, longest)
    outcome = integrator.run(np.log(begin.x), start_of(equation, begin), np.log(x_end), options.max_steps, progress)
    return Run(tables, outcome, equation)


def found_in(run: Run, models: Sequence[Model], cpu: float) -> Found:
    """Return the result of an integration; particles in equilibrium are part of the plasma, or gone."""
    tables, equation, history = run.tables, run.equation, run.outcome.history
    x, states, grid = np.exp(history[:, 0]), history[:, 1:], tables.grid
    leptons = [equation.lepton_energies(u) for u in states]
    numbers = [equation.lepton_numbers(a, u) for a, u in zip(x, states, strict=True)]
    matrix = [matrices(u[: equation.first].reshape(-1, equation.c)) for u in states]
    rho = np.asarray(np.array(matrix) * grid.f[:, None, None], np.complex128)
    z = np.array([equation.temperature(s, u) for s, u in zip(history[:, 0], states, strict=True)])
    neutrinos = observables.energy_density(grid.y, grid.w, np.trace(rho, axis1=-2, axis2=-1).real)
    relic = RelicHistory(_columns(models, np.array(leptons)), _columns(models, np.array(numbers)))
    drift = observables.energy_drift(states[:, -2] + relic.total, neutrinos, states[:, -1])
    populations = np.diagonal(rho, axis1=-2, axis2=-1).real / grid.f[:, None]
    stats = Stats(
        steps=run.outcome.steps,
        rejected=run.outcome.rejected,
        rhs_calls=equation.calls,
        cpu_seconds=thread_time() - cpu,
        energy_drift=drift,
        nu_nu_number_drift=0.0,  # to round-off by construction, see `boltzmann.collisions.pairs`
        nu_nu_energy_drift=0.0,
        lowest_population=float(populations.min()),
        highest_population=float(populations.max()),
    )
    status = _STATUS[run.outcome.status]
    if status.ok and not drift < MOST_DRIFT:
        status = Status.ENERGY_DRIFTED
    return Found(x, grid.y, grid.w, z, rho[:, None], relic, status, stats)


def _columns(models: Sequence[Model], leptons: Array) -> Array:
    """Return ``leptons`` (n_x, L) as columns of all relics (n_x, n), zero for those in equilibrium."""
    out = np.zeros((len(leptons), len(models)))
    out[:, [isinstance(model, LeptonModel) for model in models]] = leptons
    return out


def _begin(options: Options, early: bool, thermals: Sequence[ThermalModel], both: Any) -> Begin:
    """Return where a run starts: every X in equilibrium; ``early``: before leptons decay or nu_s are made."""
    x = options.initial_x
    if not thermals:
        z = background.initial_z(x, options.muons)
        return Begin(x, z, z)
    settled = thermal.start(thermals)
    if not early or settled <= x:
        return Begin(settled, 1.0, 1.0)
    z = thermal.initial_z(x, settled, both)
    return Begin(x, z, z)


def _shared(
    before: thermal.Thermal, setting: thermal.Setting, grid: Grid, models: Sequence[Model], cpu: float
) -> Found:
    """Return the result of a stage in which neutrinos are thermal."""
    f = fermi_dirac(grid.y / before.z_nu[:, None])
    rho = (f[..., None, None] * np.eye(N_ACTIVE)).astype(complex)
    stats = Stats(
        steps=before.x.size - 1,
        rejected=0,
        rhs_calls=before.calls,
        cpu_seconds=thread_time() - cpu,
        energy_drift=before.drift,
        nu_nu_number_drift=0.0,
        nu_nu_energy_drift=0.0,
        lowest_population=float((f / grid.f).min()),
        highest_population=float((f / grid.f).max()),
    )
    status = Status.HEATED if before.hot else Status.SUCCESS
    relic = _history_of_stage(before, setting, models)
    return Found(before.x, grid.y, grid.w, before.z, rho[:, None], relic, status, stats)


def _history_of_stage(before: thermal.Thermal, setting: thermal.Setting, models: Sequence[Model]) -> RelicHistory:
    """Return energies and numbers of all relics while neutrinos share one temperature with some of them."""
    sizes = np.cumsum([0, *(N.q.size for N in setting.leptons)])
    parts = [before.eps[:, a:b] for a, b in pairwise(sizes)]
    energies = [eps @ N.weights for N, eps in zip(setting.leptons, parts, strict=True)]
    numbers = [
        np.array([row / N.energies(a) @ N.weights for a, row in zip(before.x, eps, strict=True)])
        for N, eps in zip(setting.leptons, parts, strict=True)
    ]
    none = np.zeros((before.x.size, 0))
    energy, number = (_columns(models, np.column_stack([none, *found])) for found in (energies, numbers))
    thermals = [model for model in models if isinstance(model, ThermalModel)]
    for k, model in enumerate(models):
        if isinstance(model, ThermalModel):
            energy[:, k] = before.energy * thermal.shares(model, thermals, before.x / before.z_nu)
    return RelicHistory(energy, number)


def _joined(first: Found, second: Found) -> Found:
    """Return two runs, the second of which begins where the first ends, as one."""

    def both(a: Any, b: Any) -> Any:
        return np.concatenate([a, b[1:]])

    return second._replace(
        x=both(first.x, second.x),
        z=both(first.z, second.z),
        rho=both(first.rho, second.rho),
        relic=RelicHistory(*map(both, first.relic, second.relic)),
        stats=first.stats.followed_by(second.stats),
    )


@lru_cache(maxsize=64)
def standard_N_eff(mixing: Mixing, options: Options) -> float:
    """Return N_eff without a relic, of three states, by the same equation: the zero point of delta N_eff."""
    found = evolve((), mixing if mixing.n_states == N_ACTIVE else Mixing(), options)
    density = observables.energy_density(found.y, found.weights, np.trace(found.rho[-1, 0], axis1=-2, axis2=-1).real)
    return float(observables.effective_number(density, found.z[-1]))


def evolve(
    models: Sequence[Model], mixing: Mixing, options: Options, progress: Callable[[float], None] | None = None
) -> Found:
    """Return the history of neutrinos, plasma and relics.

    While a particle couples to neutrinos, these share its temperature; then, and without one, momenta are followed.

    Parameters
    ----------
    models : sequence of LeptonModel or ThermalModel
        Of the method ``relic`` of interactions; results have them in this order.
    mixing : Mixing
        Three states, or four, the sterile one the heaviest.
    options : Options
        Of the run; its momenta are the soft ones.
    progress : callable, optional
        Called with the fraction of ln x covered, every 50 steps.
    """
    cpu = thread_time()
    leptons = [model for model in models if isinstance(model, LeptonModel)]
    thermals = [model for model in models if isinstance(model, ThermalModel)]
    both = thermal.baths(thermals, options.muons) if thermals else None
    tables = tables_of(mixing, options, background.plasma(options.muons) if both is None else both.plasma, leptons)
    early = bool(leptons) or mixing.n_states > N_ACTIVE
    begin, x_end = _begin(options, early, thermals, both), max([options.x_end, *(m.last_x for m in models)])
    if both is None or all(model.electrophilic and not model.thermal for model in thermals):
        return found_in(run(tables, options, begin, x_end, progress), models, cpu)
    soft, electron = _soft_tables(options.n_momenta, options.y_max)
    setting = thermal.Setting(both, soft, electron, tables.leptons)
    before = thermal.evolve(thermals, setting, (begin.x, begin.z), x_end)
    shared = _shared(before, setting, tables.grid, models, cpu)
    if thermals[0].thermal or before.hot or before.x[-1] >= x_end * (1.0 - 1e-9):
        return shared
    begin = Begin(before.x[-1], before.z[-1], before.z_nu[-1], before.eps[-1])
    return _joined(shared, found_in(run(tables, options, begin, x_end, progress), models, cpu))
