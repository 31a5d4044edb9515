"""From a relic of MeV mass to a `Solution`: grid, tables, initial state, and the run of `boltzmann.relics`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from time import thread_time
from typing import Any, NamedTuple

import numpy as np

from boltzmann import observables
from boltzmann.collisions.damping import exact_damping
from boltzmann.collisions.electron import Electron, electron_tables
from boltzmann.collisions.pairs import Pairs, pair_tables
from boltzmann.constants import M_E
from boltzmann.errors import ParameterError
from boltzmann.kinetics import hamiltonian
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
from boltzmann.relics.rosenbrock import Integrator, Outcome
from boltzmann.solution import Stats
from boltzmann.solution.relic import RelicHistory

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


class _Run(NamedTuple):
    """An integration: tables, s and state at the start, energy of a neutrinophilic relic before it."""

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
    return grid, pair_tables(grid), hard_tables(grid, n)


@lru_cache(maxsize=8)
def _potentials(n: int, y_soft: float, y_max: float, muons: bool) -> hamiltonian.Potentials:
    return hamiltonian.tabulate(standard(muons), wide_lattice(), relic_grid(n, y_soft, y_max).y, 3)


def relics(interactions: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the interactions that are relics of MeV mass."""
    return tuple(interaction for interaction in interactions if hasattr(interaction, "relic"))


def refuse(mixing: Mixing, interactions: tuple[Any, ...], options: Options, asymmetry: Any) -> None:
    """Raise ParameterError for what the equation with a relic does not know."""
    if len(interactions) > 1:
        others = ", ".join(repr(i) for i in interactions[1:])
        raise ParameterError(f"interactions has {others} beside a relic of MeV mass; give one relic alone")
    if mixing.n_states == 4:
        raise ParameterError("dm2_41 is given beside a relic of MeV mass, which is not followed; leave dm2_41 out")
    if asymmetry is not None:
        raise ParameterError("asymmetry is given beside a relic of MeV mass, which has nu = nubar; leave it out")
    wrong = {"coherence": "exact", "collisions": True, "nu_nu": True}
    for name, value in wrong.items():
        if getattr(options, name) != value:
            raise ParameterError(f"{name} = {getattr(options, name)!r} is not allowed with a relic; give {value!r}")


def largest_y(model: LeptonModel) -> float:
    """Return the largest momentum of a grid, rounded up to powers of 1.3 so that few grids serve a plane."""
    steps = np.ceil(np.log(model.largest_y / 30.0) / np.log(1.3) - 1e-9)
    return float(min(MOST_Y, 30.0 * 1.3 ** max(0.0, float(steps))))


def _tables(mixing: Mixing, options: Options, y_max: float, plasma: background.Plasma, model: Any) -> RelicTables:
    """Return the tables of a run."""
    from boltzmann.solver.tables import vacuum

    n, y_soft = options.n_momenta, options.y_max
    grid, pairs, hard = _grid_tables(n, y_soft, y_max)
    term = vacuum(mixing, False)
    return RelicTables(
        grid=grid,
        soft=n,
        mass_matrix=term.mass_matrix,
        fastest=term.fastest,
        potentials=_potentials(n, y_soft, y_max, options.muons),
        plasma=plasma,
        electron=_soft_tables(n, y_soft)[1],
        damping=exact_damping(3),
        pairs=pairs,
        hard=hard,
        lepton=model.lepton() if isinstance(model, LeptonModel) else None,
    )


def _start(equation: Equation, x: float, z: float, z_nu: float) -> Array:
    """Return the state at x: thermal neutrinos of T_nu a = ``z_nu``, plasma at ``z``, and N."""
    tables, u = equation.tables, np.zeros(equation.size)
    occupied = fermi_dirac(tables.grid.y / z_nu) / tables.grid.f
    u[: 9 * equation.N].reshape(-1, 9)[:, :3] = occupied[:, None]
    if tables.lepton is not None:
        energy = np.sqrt(tables.lepton.q**2 + (tables.lepton.mass * x / M_E) ** 2)
        u[9 * equation.N : -2] = energy * tables.lepton.start
    u[-2] = z**4 * background.plasma_at(x / z, tables.plasma)[0]
    return u


def _integrate(
    tables: RelicTables, options: Options, start: tuple[float, float, float], x_end: float, progress: Any
) -> _Run:
    """Integrate from ``start``, x, z and z_nu."""
    equation, lattice = Equation(tables), tables.electron.lattice
    z_range = lattice.z_min, lattice.z_max
    integrator = Integrator(equation, options.relative_tolerance, z_range, options.max_step)
    u = _start(equation, *start)
    return _Run(tables, integrator.run(np.log(start[0]), u, np.log(x_end), options.max_steps, progress), equation)


def _found(run: _Run, cpu: float) -> Found:
    """Return the result of an integration."""
    tables, equation, history = run.tables, run.equation, run.outcome.history
    x, states, grid = np.exp(history[:, 0]), history[:, 1:], tables.grid
    matrix = [matrices(u[: 9 * equation.N].reshape(-1, 9)) for u in states]
    rho = np.asarray(np.array(matrix) * grid.f[:, None, None], np.complex128)
    energy = np.array([equation.lepton_energy(u) for u in states])
    number = np.array([equation.lepton_number(a, u) for a, u in zip(x, states, strict=True)])
    z = np.array([equation.temperature(s, u) for s, u in zip(history[:, 0], states, strict=True)])
    neutrinos = observables.energy_density(grid.y, grid.w, np.trace(rho, axis1=-2, axis2=-1).real)
    drift = observables.energy_drift(states[:, -2] + energy, neutrinos, states[:, -1])
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
    return Found(x, grid.y, grid.w, z, rho[:, None], RelicHistory(energy, number), status, stats)


def _decaying(model: LeptonModel, mixing: Mixing, options: Options, progress: Any) -> Found:
    cpu, x = thread_time(), options.initial_x
    tables = _tables(mixing, options, largest_y(model), background.plasma(options.muons), model)
    z = background.initial_z(x, options.muons)
    return _found(_integrate(tables, options, (x, z, z), max(options.x_end, model.last_x), progress), cpu)


def _in_equilibrium(model: ThermalModel, mixing: Mixing, options: Options, progress: Any) -> Found:
    cpu = thread_time()
    both = thermal.baths(model, options.muons)
    tables = _tables(mixing, options, 0.0, both.plasma, None)
    if model.electrophilic and not model.thermal:
        return _found(_integrate(tables, options, (thermal.start(model), 1.0, 1.0), options.x_end, progress), cpu)
    before = thermal.evolve(model, both, tables.grid, tables.electron, options.x_end)
    shared = _shared(before, tables.grid, cpu)
    if model.thermal or before.x[-1] >= options.x_end * (1.0 - 1e-9):
        return shared
    after = _integrate(tables, options, (before.x[-1], before.z[-1], before.z_nu[-1]), options.x_end, progress)
    return _joined(shared, _found(after, cpu))


def _shared(before: thermal.Thermal, grid: Grid, cpu: float) -> Found:
    """Return the result of a run in which neutrinos are thermal throughout."""
    f = fermi_dirac(grid.y / before.z_nu[:, None])
    rho = (f[..., None, None] * np.eye(3)).astype(complex)
    stats = Stats(
        before.x.size - 1,
        0,
        before.calls,
        thread_time() - cpu,
        0.0,
        0.0,
        0.0,
        float((f / grid.f).min()),
        float((f / grid.f).max()),
    )
    history = RelicHistory(before.energy, np.zeros(before.x.size))
    return Found(before.x, grid.y, grid.w, before.z, rho[:, None], history, Status.SUCCESS, stats)


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
    """Return N_eff without a relic by the same equation: the zero point of delta N_eff."""
    x = options.initial_x
    z = background.initial_z(x, options.muons)
    tables = _tables(mixing, options, 0.0, background.plasma(options.muons), None)
    found = _found(_integrate(tables, options, (x, z, z), options.x_end, None), 0.0)
    density = observables.energy_density(found.y, found.weights, np.trace(found.rho[-1, 0], axis1=-2, axis2=-1).real)
    return float(observables.effective_number(density, found.z[-1]))


def evolve(model: Model, mixing: Mixing, options: Options, progress: Callable[[float], None] | None = None) -> Found:
    """Return the history of neutrinos, plasma and a relic.

    Parameters
    ----------
    model : LeptonModel or ThermalModel
        Of the method ``relic`` of an interaction.
    mixing : Mixing
        Three states.
    options : Options
        Of the run; its momenta are the soft ones.
    progress : callable, optional
        Called with the fraction of ln x covered, every 50 steps.
    """
    if isinstance(model, LeptonModel):
        return _decaying(model, mixing, options, progress)
    return _in_equilibrium(model, mixing, options, progress)
