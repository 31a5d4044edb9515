"""From inputs to a `Solution`: tables, initial state, driver."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache, partial
from time import thread_time
from typing import Any
from warnings import warn

import numpy as np
from scipy.optimize import brentq

from boltzmann import observables
from boltzmann.collisions.electron import Electron, electron_tables
from boltzmann.collisions.matrix import Matrix, kink_ratios
from boltzmann.collisions.neutrino import Neutrino, neutrino_tables
from boltzmann.constants import M_E, NEUTRINO_DENSITY
from boltzmann.dark.bath import Dark, bath_at, conserved, dark_bath
from boltzmann.dark.equilibrium import strongest
from boltzmann.dark.tables import boson_entropy, dark_tables
from boltzmann.errors import ParameterError, ValidityWarning
from boltzmann.kinetics import hamiltonian, resonances, sterile_history
from boltzmann.kinetics.evolution import Progress, density_matrices, evolve
from boltzmann.kinetics.layout import CHARGE, DARK, N_ACTIVE, PASSIVE, PLASMA, TAIL, diagonal, state_size
from boltzmann.kinetics.monitors import nu_nu_moments
from boltzmann.kinetics.status import Status
from boltzmann.kinetics.stepper import Clock
from boltzmann.kinetics.sterile_history import DarkHistory
from boltzmann.kinetics.terms import Modes, Tables
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.interpolate import Lattice, lattice, wide_lattice
from boltzmann.numerics.momentum import Grid, fermi_dirac, laguerre_grid
from boltzmann.parameters import Mixing, Options
from boltzmann.plasma import background, thermo
from boltzmann.potentials import standard
from boltzmann.solution import Solution, Stats
from boltzmann.units import to_natural

MOST_DRIFT = 1e-4  # of comoving energy; 1e-10 is usual, and more than this shows in N_eff
ABSENT, DOUBTFUL = 3.0, 30.0  # Gamma/H below which a secret interaction holds no bath, or one that is not certain
SLOW = 0.1  # m/(3 T_gamma) at the end beyond which the kinetic energy of a state is off by more than 1%
EMPTY = 0.05  # T_s/T_gamma below which the dark sector starts empty (1e-5 of a neutrino species) ...
EMPTY_BATH = float(np.log(0.5)), -12.0  # ... that is, dilute: ln z_s and eta, 4e-7 of a species


def _lattice(wide: bool) -> Lattice:
    """Return the lattice of all tables of a run; ``wide``: with a dark sector, or without weak collisions."""
    return wide_lattice() if wide else lattice()


@lru_cache(maxsize=8)
def _collision_tables(n_momenta: int, y_max: float, wide: bool) -> tuple[Grid, Electron, Neutrino, Matrix]:
    """Return the momentum grid and everything that depends on it alone; ``wide``: for a large range of z."""
    grid = laguerre_grid(n_momenta, y_max)
    neutrino = neutrino_tables(grid)
    return grid, electron_tables(grid, _lattice(wide)), neutrino, kink_ratios(grid, neutrino)


@lru_cache(maxsize=2)
def _plasma(muons: bool) -> background.Plasma:
    """Return the plasma tables, read once."""
    return background.plasma(muons)


@lru_cache(maxsize=8)
def _potentials(
    potentials: tuple[Any, ...], n_momenta: int, y_max: float, n: int, wide: bool
) -> hamiltonian.Potentials:
    """Return the sum of ``potentials``, tabulated."""
    return hamiltonian.tabulate(potentials, _lattice(wide), laguerre_grid(n_momenta, y_max).y, n)


def secret(interactions: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the interactions that have a mediator; the others are potentials."""
    return tuple(interaction for interaction in interactions if hasattr(interaction, "mediator"))


def _ordinary(interactions: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the interactions that are potentials."""
    return tuple(interaction for interaction in interactions if not hasattr(interaction, "mediator"))


@lru_cache(maxsize=64)
def _strength(interaction: Any) -> tuple[float, float]:
    """Return the largest Gamma/H of a secret interaction and where it is, see `boltzmann.dark.equilibrium`."""
    return strongest(interaction.mediator())


def acting(interactions: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the secret interactions that hold a bath: weaker ones do nothing, and there is no bath to begin with."""
    return tuple(interaction for interaction in secret(interactions) if _strength(interaction)[0] >= ABSENT)


def _warn_of_weak(interactions: tuple[Any, ...]) -> None:
    """Warn of secret interactions that act as if they were absent, and of those at the limit."""
    for interaction in secret(interactions):
        strength, T = _strength(interaction)
        if strength >= DOUBTFUL:
            continue
        held = (
            f"{interaction!r}: sterile neutrinos collide at most {strength:.2g} times per Hubble time (T = {T:.2g} MeV)"
        )
        if strength < ABSENT:
            consequence = "so there is no bath of them and mediators, and it acts as if it were absent"
        else:
            consequence = "so the equilibrium with mediators that the equation assumes is doubtful, and N_eff with it"
        warn(f"{held}, {consequence}; a larger coupling is described", ValidityWarning, stacklevel=3)


def _warn_of_slow(mixing: Mixing, T: float) -> None:
    """Warn of a state that is no longer relativistic at the end of the run, T_gamma = ``T`` [MeV]."""
    mass = float(to_natural(mixing.masses.max(), 1))
    if mass > 3.0 * SLOW * T:
        warn(
            f"the heaviest state has m = {mass * 1e3:.3g} keV and the run ends at T = {T * 1e3:.3g} keV, where it is "
            "no longer relativistic: N_eff counts its energy as p, without mass (m_eff has the mass)",
            ValidityWarning,
            stacklevel=3,
        )


@lru_cache(maxsize=64)
def _dark(interactions: tuple[Any, ...], n_momenta: int, y_max: float) -> Dark:
    """Return the tables of the dark sector."""
    return dark_tables(tuple(i.mediator() for i in interactions), laguerre_grid(n_momenta, y_max))


def build_tables(mixing: Mixing, interactions: tuple[Any, ...], options: Options) -> Tables:
    """Return what the kernels need for one run."""
    dark, weak = acting(interactions), options.collisions != "off"
    wide = bool(dark) or not weak
    grid, electron, neutrino, matrix = _collision_tables(options.n_momenta, options.y_max, wide)
    everything = (*standard(options.muons), *_ordinary(interactions))
    potentials = _potentials(everything, options.n_momenta, options.y_max, mixing.n_states, wide)
    modes = Modes(
        weak=weak,
        nu_nu=options.nu_nu and weak,
        matrix=options.collisions == "matrix",
        mckellar=options.damping == "mckellar",
        dark=bool(dark),
    )
    return Tables(
        grid=grid,
        mass_matrix=hamiltonian.vacuum(mixing.U, mixing.mass_squared),
        fastest=hamiltonian.fastest(mixing.mass_squared, bool(dark)),
        potentials=potentials,
        plasma=_plasma(options.muons),
        electron=electron,
        neutrino=neutrino,
        matrix=matrix,
        dark=_dark(dark, options.n_momenta, options.y_max),
        modes=modes,
    )


def initial_bath(x: float, ratio: float, dark: Dark) -> tuple[float, float]:
    """Return ln z_s and eta at ``x`` of a dark sector in equilibrium that had T_s a = ``ratio`` at massless mediators.

    Entropy conservation of sterile neutrinos and mediators; eta = 0 unless the sector is empty.
    """
    if ratio < EMPTY:
        return EMPTY_BATH
    neutrino = 4.0 / 3.0 * NEUTRINO_DENSITY

    def entropy(z: float, x: float) -> float:
        mediators = zip(dark.mass, dark.degrees, strict=True)
        return float(z**3 * (neutrino + sum(g * boson_entropy(m * x / (M_E * z)) for m, g in mediators)))

    start = entropy(ratio, 0.0)
    return float(np.log(brentq(lambda z: entropy(z, x) - start, 0.9 * ratio, 10.0 * ratio, xtol=1e-12))), 0.0


def initial_state(x: float, tables: Tables, muons: bool = True, ratio: float = 0.0) -> Array:
    """Return the state vector at ``x``: actives in equilibrium with the plasma, no coherence.

    The sterile state is empty, or with a dark sector thermal at T_s = ``ratio`` T_gamma (see `initial_bath`). Without
    weak collisions neutrinos cannot share the heat of muons: they have the spectra that they had after muon
    annihilation, a T_nu = 1, from the start.
    """
    grid, n, coupled = tables.grid, tables.mass_matrix.shape[0], tables.modes.weak
    N, z = grid.y.size, background.initial_z(x, muons, coupled)
    u = np.zeros(state_size(N, n, tables.modes.dark))
    components = u[: N * n * n].reshape(N, n * n)
    components[:, :N_ACTIVE] = (fermi_dirac(grid.y / (z if coupled else 1.0)) / grid.f)[:, None]
    u[-PLASMA] = z**4 * float(thermo.plasma_energy_density(x / z, muons=muons))
    if tables.modes.dark:
        log_z, eta = initial_bath(x, ratio, tables.dark)
        components[:, diagonal(3)] = fermi_dirac(grid.y * np.exp(-log_z) - eta) / grid.f
        u[N * n * n : -TAIL] = components[:, diagonal(3)]
        u[-DARK], u[-CHARGE] = conserved(bath_at(log_z, eta, x, tables.dark))
    return u


def _dark_history(x: Array, states: Array, tables: Tables) -> DarkHistory | None:
    """Return temperature, chemical potential and mediators' energy along a run."""
    if not tables.modes.dark:
        return None
    hint = np.zeros(2)
    baths = [dark_bath(a, u[-DARK], u[-CHARGE], tables.dark, hint) for a, u in zip(x, states, strict=True)]
    return DarkHistory(*(np.array(column) for column in list(zip(*baths, strict=True))[:3]))


def _stats(states: Array, rho: Complex, tables: Tables, U: Complex, clock: Clock, cpu: float) -> Stats:
    """Return the cost of a run and how well it kept what is conserved."""
    grid, others, q = tables.grid, states[:, -PLASMA] + states[:, -DARK], states[:, -PASSIVE]
    neutrinos = observables.energy_density(grid.y, grid.w, np.trace(rho[:, 0], axis1=-2, axis2=-1).real)
    number, energy = nu_nu_moments(rho, tables)
    steps, rejected, rhs_calls = (int(count) for count in clock.counts)
    populations = observables.mass_populations(rho[:, 0], U) / grid.f[:, None]
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


def _temperature_ratio(mixing: Mixing, interactions: tuple[Any, ...]) -> float:
    """Return T_s/T_gamma at the start, common to all secret interactions; 0 without.

    Raises
    ------
    ParameterError
        If there is no sterile state to interact, or the ratios differ.
    """
    ratios = {float(i.temperature_ratio) for i in secret(interactions)}
    if ratios and mixing.n_states == 3:
        raise ParameterError(
            "interactions has a secret interaction of the sterile state, but dm2_41 = None means there is none; "
            'give dm2_41 too, for example dm2_41="1 eV2"'
        )
    if len(ratios) > 1:
        raise ParameterError(
            f"temperature_ratio differs between the secret interactions ({', '.join(map(repr, sorted(ratios)))}), but "
            "they share one bath of sterile neutrinos; give all the same"
        )
    return max(ratios, default=0.0)


@lru_cache(maxsize=64)
def three_state_N_eff(interactions: tuple[Any, ...], options: Options) -> float:
    """Return N_eff of three states (default active mixing) with the same options: the zero point of delta N_eff."""
    return solve(Mixing(), interactions, options).N_eff


def _bath(solution: Solution) -> tuple[Array, Array]:
    """Return ln z_s and eta of the dark bath along a run; zeros without."""
    dark, none = solution.dark, np.zeros(solution.x.size)
    return (none, none) if dark is None else (dark.log_z, dark.eta)


def follow(solution: Solution) -> sterile_history.SterileHistory:
    """Return what the sterile state of ``solution`` went through."""
    tables = build_tables(solution.mixing, solution.interactions, solution.options)
    return sterile_history.follow(solution.x, solution.z, solution.rho, _bath(solution), tables)


def unresolved(solution: Solution) -> resonances.Unresolved | None:
    """Return the resonances of ``solution`` that its momentum grid does not resolve; None if they do not matter."""
    if solution.mixing.n_states == 3:
        return None
    tables = build_tables(solution.mixing, solution.interactions, solution.options)
    return resonances.unresolved(solution.x, solution.z, solution.rho, _bath(solution), tables)


def rescaled_N_eff(solution: Solution, factor: float) -> float:
    """Return N_eff of the same inputs with all secret rates times ``factor``; NaN if that run fails.

    Raises
    ------
    ParameterError
        If a secret interaction has no field ``rate_scale``.
    """
    dark = secret(solution.interactions)
    for interaction in dark:
        if not hasattr(interaction, "rate_scale"):
            raise ParameterError(f"{interaction!r} has no field rate_scale, which a change of its rates needs; add it")
    scaled = (replace(i, rate_scale=i.rate_scale * factor) if i in dark else i for i in solution.interactions)
    result = solve(solution.mixing, scaled, solution.options)
    return result.N_eff if result.status.ok else float("nan")


def solve(
    mixing: Mixing, interactions: Iterable[Any] = (), options: Options | None = None, progress: Progress | None = None
) -> Solution:
    """Solve the quantum kinetic equations through neutrino decoupling.

    Parameters
    ----------
    mixing : Mixing
        Masses and mixing; ``dm2_41=None`` for three states.
    interactions : iterable of potentials and secret interactions
        Objects of the package ``potentials``, added to the Standard Model; potentials and rates of several add up.
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
    ParameterError
        If the interactions do not fit each other or the mixing.
    """
    cpu, options, extra = thread_time(), options or Options(), tuple(interactions)
    ratio = _temperature_ratio(mixing, extra)
    _warn_of_weak(extra)
    tables, start = build_tables(mixing, extra, options), options.initial_x(mixing.n_states)
    u = initial_state(start, tables, options.muons, ratio)
    history, clock, status = evolve(u, float(np.log(start)), tables, options, progress)
    x, states = np.exp(history[:, 0]), history[:, 1:]
    rho = density_matrices(states, tables.grid, mixing.n_states)[:, None]
    stats = _stats(states, rho, tables, mixing.U, clock, cpu)
    if status.ok and not stats.energy_drift < MOST_DRIFT:
        status = Status.ENERGY_DRIFTED
    z = np.array([background.temperature(a, e, tables.plasma) for a, e in zip(x, states[:, -PLASMA], strict=True)])
    _warn_of_slow(mixing, float(z[-1] / x[-1] * M_E))
    return Solution(
        mixing=mixing,
        interactions=extra,
        options=options,
        x=x,
        y=tables.grid.y,
        weights=tables.grid.w,
        z=z,
        rho=rho,
        dark=_dark_history(x, states, tables),
        status=status,
        stats=stats,
        reference=partial(three_state_N_eff, _ordinary(extra), options),
        follow=follow,
        rescaled=rescaled_N_eff,
    )
