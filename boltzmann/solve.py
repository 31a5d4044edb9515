"""From inputs to a `Solution`: tables, initial state, driver."""

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from time import thread_time
from typing import Any

import numpy as np

from boltzmann import background, hamiltonian, observables, thermo
from boltzmann.arrays import Array, Complex
from boltzmann.collisions.electron import Electron, electron_tables
from boltzmann.collisions.matrix import Matrix, kink_ratios
from boltzmann.collisions.neutrino import Neutrino, neutrino_tables
from boltzmann.interpolate import lattice
from boltzmann.jacobian import empty_jacobian
from boltzmann.layout import N_ACTIVE
from boltzmann.momentum import Grid, fermi_dirac, laguerre_grid
from boltzmann.monitors import nu_nu_moments
from boltzmann.parameters import Mixing, Options
from boltzmann.solution import Solution, Stats, Status
from boltzmann.stepper import RUNNING, STEP_TOO_SMALL, TOO_MANY_STEPS, Clock, Control, advance, empty_stages
from boltzmann.terms import Modes, Tables, workspace
from potentials import standard

Progress = Callable[[float], None]

CHUNK = 50  # steps between two reports of progress
FIRST_STEP = 1e-4  # in ln x
_STATUS = {STEP_TOO_SMALL: Status.STEP_TOO_SMALL, TOO_MANY_STEPS: Status.TOO_MANY_STEPS}


@lru_cache(maxsize=8)
def _collision_tables(n_momenta: int, y_max: float) -> tuple[Grid, Electron, Neutrino, Matrix]:
    """Return the momentum grid and everything that depends on it alone."""
    grid = laguerre_grid(n_momenta, y_max)
    neutrino = neutrino_tables(grid)
    return grid, electron_tables(grid, lattice()), neutrino, kink_ratios(grid, neutrino)


@lru_cache(maxsize=2)
def _plasma(muons: bool) -> background.Plasma:
    """Return the plasma tables, read once."""
    return background.plasma(muons)


@lru_cache(maxsize=8)
def _potentials(potentials: tuple[Any, ...], n_momenta: int, y_max: float, n: int) -> hamiltonian.Potentials:
    """Return the sum of ``potentials``, tabulated."""
    return hamiltonian.tabulate(potentials, lattice(), laguerre_grid(n_momenta, y_max).y, n)


def build_tables(mixing: Mixing, interactions: tuple[Any, ...], options: Options) -> Tables:
    """Return what the kernels need for one run."""
    grid, electron, neutrino, matrix = _collision_tables(options.n_momenta, options.y_max)
    everything = (*standard(options.muons), *interactions)
    potentials = _potentials(everything, options.n_momenta, options.y_max, mixing.n_states)
    mass_matrix = hamiltonian.vacuum(mixing.U, mixing.mass_squared)
    fastest = hamiltonian.fastest(mixing.mass_squared)
    modes = Modes(
        weak=options.collisions != "off",
        nu_nu=options.nu_nu and options.collisions != "off",
        matrix=options.collisions == "matrix",
        mckellar=options.damping == "mckellar",
    )
    return Tables(grid, mass_matrix, fastest, potentials, _plasma(options.muons), electron, neutrino, matrix, modes)


def initial_state(x: float, grid: Grid, n: int, muons: bool = True) -> Array:
    """Return the state vector at ``x``: actives in equilibrium with the plasma, no coherence, sterile state empty."""
    z = background.initial_z(x, muons)
    u = np.zeros(grid.y.size * n * n + 2)
    components = u[:-2].reshape(grid.y.size, n * n)
    components[:, :N_ACTIVE] = (fermi_dirac(grid.y / z) / grid.f)[:, None]
    u[-2] = z**4 * float(thermo.plasma_energy_density(x / z, muons=muons))
    return u


def _integrate(
    u: Array, tables: Tables, mixing: Mixing, options: Options, progress: Progress | None
) -> tuple[Array, Clock, Status]:
    """Run the stepper; return the history (rows: s, state), the counters and the status."""
    n, start = mixing.n_states, np.log(options.initial_x(mixing.n_states))
    end, matrix = np.log(options.x_fin), tables.modes.matrix
    control = Control(options.rtol, options.absolute_tolerance, options.h_max, options.rotation, end, options.max_steps)
    clock = Clock(np.array([start, FIRST_STEP, 0.0]), np.zeros(3, np.int64))
    work, J = workspace(options.n_momenta, n), empty_jacobian(options.n_momenta, n, matrix)
    stages, chunks, status = empty_stages(options.n_momenta, n, matrix), [np.append(start, u)[None]], RUNNING
    while status == RUNNING:
        history = np.empty((CHUNK, u.size + 1))
        status, rows = advance(u, control, clock, tables, work, J, stages, history)
        chunks.append(history[:rows])
        if progress is not None:
            progress((clock.time[0] - start) / (end - start))
    return np.concatenate(chunks), clock, _STATUS.get(status, Status.SUCCESS)


def _density_matrices(history: Array, grid: Grid, n: int) -> Complex:
    """Return rho[x, sign, y, i, j] of a history of state vectors."""
    g = history[:, :-2].reshape(len(history), grid.y.size, n * n)
    rho = np.zeros((len(history), 1, grid.y.size, n, n), np.complex128)
    for a in range(n):
        rho[:, 0, :, a, a] = g[..., a if a < N_ACTIVE else 15]
        for b in range(a + 1, n):
            k = 1 + 2 * (a + b) if b < N_ACTIVE else 9 + 2 * a
            rho[:, 0, :, a, b] = g[..., k] + 1j * g[..., k + 1]
            rho[:, 0, :, b, a] = rho[:, 0, :, a, b].conj()
    return rho * grid.f[:, None, None]


def _stats(states: Array, rho: Complex, tables: Tables, U: Complex, clock: Clock, cpu: float) -> Stats:
    """Return the cost of a run and how well it kept what is conserved."""
    grid, plasma, q = tables.grid, states[:, -2], states[:, -1]
    neutrinos = observables.energy_density(grid.y, grid.w, np.trace(rho[:, 0], axis1=-2, axis2=-1).real)
    number, energy = nu_nu_moments(rho, tables)
    steps, rejected, rhs_calls = (int(count) for count in clock.counts)
    populations = observables.mass_populations(rho[:, 0], U) / grid.f[:, None]
    return Stats(
        steps=steps,
        rejected=rejected,
        rhs_calls=rhs_calls,
        cpu_seconds=thread_time() - cpu,
        energy_drift=observables.energy_drift(plasma, neutrinos, q),
        nu_nu_number_drift=number,
        nu_nu_energy_drift=energy,
        lowest_population=float(populations.min()),
        highest_population=float(populations.max()),
    )


@lru_cache(maxsize=64)
def three_state_N_eff(interactions: tuple[Any, ...], options: Options) -> float:
    """Return N_eff of three states (default active mixing) with the same options: the zero point of delta N_eff."""
    return solve(Mixing(), interactions, options).N_eff


def solve(
    mixing: Mixing, interactions: Iterable[Any] = (), options: Options | None = None, progress: Progress | None = None
) -> Solution:
    """Solve the quantum kinetic equations through neutrino decoupling.

    Parameters
    ----------
    mixing : Mixing
        Masses and mixing; ``dm2_41=None`` for three states.
    interactions : iterable of potentials
        Non-standard potentials (objects of the package ``potentials``), added to the Standard Model's.
    options : Options, optional
        Numerical choices.
    progress : callable, optional
        Called with the fraction of ln x covered, every 50 steps.

    Returns
    -------
    Solution
        Also for a run that failed: look at ``solution.status``.

    Raises
    ------
    CacheError
        If the cache folder cannot be written.
    """
    cpu, options, extra = thread_time(), options or Options(), tuple(interactions)
    tables = build_tables(mixing, extra, options)
    u = initial_state(options.initial_x(mixing.n_states), tables.grid, mixing.n_states, options.muons)
    history, clock, status = _integrate(u, tables, mixing, options, progress)
    x, states = np.exp(history[:, 0]), history[:, 1:]
    rho = _density_matrices(states, tables.grid, mixing.n_states)
    return Solution(
        mixing=mixing,
        interactions=extra,
        options=options,
        x=x,
        y=tables.grid.y,
        weights=tables.grid.w,
        z=np.array([background.temperature(a, e, tables.plasma) for a, e in zip(x, states[:, -2], strict=True)]),
        rho=rho,
        status=status,
        stats=_stats(states, rho, tables, mixing.U, clock, cpu),
        reference=partial(three_state_N_eff, extra, options),
    )
