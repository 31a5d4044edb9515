"""Driving the stepper from the initial state to the end of the run, and deciding where that end is.

Without a dark sector a run ends at `Options.x_end`. With one it goes on, half an e-fold at a time, until active and
dark sectors have stopped exchanging energy (`exchange_ended`), or until `coldest`.
"""

from collections.abc import Callable

import numpy as np

from boltzmann.constants import KELVIN, M_E, T_CMB_K
from boltzmann.dark.bath import bath_at, conserved, dark_bath
from boltzmann.kinetics.jacobian import empty_jacobian
from boltzmann.kinetics.layout import CHARGE, DARK, PLASMA, TAIL, diagonal, off_diagonal, state_size
from boltzmann.kinetics.limits import Control
from boltzmann.kinetics.odd import AVERAGING, PATIENCE
from boltzmann.kinetics.qke import rhs
from boltzmann.kinetics.rodas import empty_stages
from boltzmann.kinetics.status import Status
from boltzmann.kinetics.stepper import FINISHED, RUNNING, STEP_TOO_SMALL, TOO_MANY_STEPS, Clock, advance
from boltzmann.kinetics.tables import Tables, Work, workspace
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.momentum import Grid
from boltzmann.parameters import Options
from boltzmann.plasma.background import plasma_at, temperature

Progress = Callable[[float], None]

BATH = 50.0  # tolerance of ln T_s and eta over rtol
CHUNK = 50  # steps between two reports of progress
FIRST_STEP = 1e-4  # in ln x
LONGEST_STEP = 0.16  # in ln x: longer than 0.175, coherences that oscillate fast grow, see `_Run._longest_step`
SMALL_STEP = 0.02  # with both signs and a dark sector: longer ones make 1e-5 of an L of 1e-10 where nothing grows
SEGMENT = 0.5  # in ln x, between two looks at the exchange
RECOMBINATION = 1101.0 * T_CMB_K * KELVIN  # T_gamma [MeV] at redshift 1100
SLOW = 1.0  # m/T_gamma at the end: below, conversion at fixed momentum is wrong by more than a Boltzmann factor
NEGLIGIBLE = 1e-5  # of the neutrinos' energy density: mediators left, or energy exchanged per e-fold
_STATUS = {STEP_TOO_SMALL: Status.STEP_TOO_SMALL, TOO_MANY_STEPS: Status.TOO_MANY_STEPS}


def density_matrices(states: Array, grid: Grid, n: int) -> Complex:
    """Return rho (..., N, n, n) of state vectors (..., size)."""
    N = grid.y.size
    g = states[..., : N * n * n].reshape(*states.shape[:-1], N, n * n)
    rho = np.zeros((*g.shape[:-1], n, n), np.complex128)
    for a in range(n):
        rho[..., a, a] = g[..., diagonal(a)]
        for b in range(a + 1, n):
            k = off_diagonal(a, b)
            rho[..., a, b] = g[..., k] + 1j * g[..., k + 1]
            rho[..., b, a] = rho[..., a, b].conj()
    rho *= grid.f[:, None, None]
    return rho


def state_vectors(x: Array, z: Array, rho: Complex, bath: tuple[Array, ...], tables: Tables) -> Array:
    """Return the unknowns of the equation (n_x, size) along a run, up to the passive integral.

    Parameters
    ----------
    x, z : (n_x,) arrays
        m_e a and T_gamma a.
    rho : (n_x, N, n, n) array
        Density matrices; the averaged sterile populations are set to their momentary ones.
    bath : tuple of (n_x,) arrays
        ln z_s and eta of the dark bath, unused without, and the comoving energy density of decaying matter, likewise.
    tables : Tables
        Those of the run.
    """
    n_x, N, n = rho.shape[0], rho.shape[-3], rho.shape[-1]
    states = np.zeros((n_x, state_size(N, n, tables.dark is not None)))
    g, rows = rho / tables.grid.f[:, None, None], states[:, : N * n * n].reshape(n_x, N, n * n)
    for a in range(n):
        rows[:, :, diagonal(a)] = g[:, :, a, a].real
        for b in range(a + 1, n):
            rows[:, :, off_diagonal(a, b)] = g[:, :, a, b].real
            rows[:, :, off_diagonal(a, b) + 1] = g[:, :, a, b].imag
    states[:, -PLASMA] = [b**4 * plasma_at(a / b, tables.plasma)[0] for a, b in zip(x, z, strict=True)]
    if tables.dark is not None:
        states[:, N * n * n : -TAIL] = rows[:, :, diagonal(3)]
        for u, log_z, eta, a in zip(states, *bath[:2], x, strict=True):
            u[-DARK], u[-CHARGE] = conserved(bath_at(log_z, eta, a, tables.dark.bath))
    if tables.matter.rate > 0.0:
        states[:, -DARK] = bath[2]
    return states


def heavy_energy(states: Array, tables: Tables) -> Array:
    """Return the comoving energy density of the mostly sterile mass state, of state vectors (..., size)."""
    grid, n = tables.grid, tables.n_states
    _, U = np.linalg.eigh(tables.vacuum.mass_matrix)
    column = U[:, np.argmax(np.abs(U[3]))]
    g = density_matrices(states, grid, n)
    population = np.einsum("a,...yab,b->...y", column.conj(), g, column).real
    return np.asarray(population @ (grid.w * grid.y**3) / np.pi**2)


def coldest(heaviest: float) -> float:
    """Return T_gamma [MeV] at which a run with a dark sector ends at the latest: its ``heaviest`` mass.

    It is not after recombination. The equation converts nu_k into nu_s of the same momentum: an equilibrium of nu_k and
    nu_4 with one spectrum f(p), while that of a massive nu_4 is f(E_4). Followed until m_4/3, conversion drains the
    active states of a strongly coupled sector into its mediators (measured: to 0.04 of a neutrino each, for g_s = 1e-6
    to 1e-4 at 1 eV^2); until m_4 the spectra differ by e^-((E_4 - p)/T) > 0.7. What follows is thermodynamics
    (`boltzmann.cmb.fluid`).
    """
    return max(heaviest / SLOW, RECOMBINATION)


def exchange_ended(states: Array, tables: Tables, work: Work, odd: Array | None = None) -> bool:
    """Return whether active and dark sectors, if there is one, have stopped exchanging energy for good.

    That is: no decays of nu_4, which become faster until T ~ m_4; mediators are gone; no resonance is ahead (|V_s|
    below a third of the vacuum splitting for every momentum and falling like T^5); and the energy of the mostly sterile
    mass state has changed by less than 1e-5 of the neutrinos' since half an e-fold ago.

    Parameters
    ----------
    states : (2, 1 + size) array
        s and state half an e-fold ago and now.
    work : Work
        Scratch space, overwritten.
    odd : (m,) array, optional
        The odd block now, if there is one.
    """
    sector, dark = tables.dark, work.dark
    if sector is None or dark is None:
        return True
    s, u = states[1, 0], states[1, 1:].copy()
    if work.odd is not None and odd is not None:
        work.odd.v[:] = odd
    rhs(s, u, tables, work, np.empty_like(u))
    bath = dark_bath(np.exp(s), u[-DARK], u[-CHARGE], sector.bath, dark.hint)
    total = np.trace(work.energy).real
    levels = np.diagonal(work.H, axis1=1, axis2=2).real
    splitting = np.abs((levels[:, 3] - dark.potential)[:, None] - levels[:, :3]).min(axis=1)
    before, after = heavy_energy(states[:, 1:], tables)
    return bool(
        not sector.decays
        and bath.energy < NEGLIGIBLE * total
        and np.all(np.abs(dark.potential) < splitting / 3.0)
        and abs(after - before) < NEGLIGIBLE * total
    )


class _Run:
    """One integration: its state, counters, scratch space and history."""

    def __init__(
        self, u: Array, odd: Array, start: float, tables: Tables, options: Options, progress: Progress | None
    ) -> None:
        self.u, self.tables, self.options = u, tables, options
        self.start, self.progress = start, progress
        self.clock = Clock(np.array([start, FIRST_STEP, 0.0]), np.zeros(3, np.int64))
        self.work = workspace(tables, options.relative_tolerance)
        self.J = empty_jacobian(tables)
        self.stages = empty_stages(tables, self.J.schur.shape[0])
        if self.stages.odd is not None:
            self.stages.odd.v[:] = odd
        self.chunks = [np.concatenate([[start], u, odd])[None]]

    def _report(self) -> None:
        if self.progress is not None:
            covered = (self.clock.time[0] - self.start) / (np.log(self.options.x_end) - self.start)
            self.progress(min(1.0, covered))

    def _hurry(self) -> None:
        """Average longer what the odd potential sees, in a run that creeps."""
        odd, J = self.work.odd, self.J.odd
        if odd is not None and J is not None and self.clock.counts[0] > PATIENCE:
            odd.averaging[0] = J.averaging[0] = AVERAGING[1]

    def _longest_step(self, end: float) -> float:
        """Return the longest step until ``end``.

        A Rosenbrock method of long steps amplifies what the equation damps or turns, for its Jacobian is that of the
        step's start. Coherences turn as c' = i w0 e^(k s) c, k = 3 in vacuum while radiation dominates; RODAS4
        multiplies them for w0 h >> 1 by a number of k h alone, 0.71 with h = 0.16, 1 with 0.175, 1.7 with 0.2 and 120
        with 0.5 (derived: its six stages; tests/kinetics/test_stepper.py). No error norm counts them. An asymmetry that
        is small does not count in errors of populations either (docs/validation/asymmetries.md).
        """
        small = self.work.odd is not None and self.work.dark is not None and end <= np.log(self.options.x_end)
        return min(self.options.max_step, SMALL_STEP if small else LONGEST_STEP)

    def to(self, end: float) -> int:
        """Go on to s = ``end``; return the stepper's status."""
        o, status = self.options, RUNNING
        rtol, atol = o.relative_tolerance, o.absolute_tolerance
        control = Control(rtol, atol, BATH * rtol, self._longest_step(end), o.max_rotation, end, o.max_steps)
        while status == RUNNING:
            history = np.empty((CHUNK, self.chunks[0].shape[1]))
            status, rows = advance(self.u, control, self.clock, self.tables, self.work, self.J, self.stages, history)
            self.chunks.append(history[:rows])
            self._hurry()
            self._report()
        return status

    def until_exchange_ends(self, T_end: float) -> int:
        """Go on by segments until active and dark sectors have stopped exchanging energy, or until ``T_end`` [MeV]."""
        z = temperature(np.exp(self.clock.time[0]), self.u[-PLASMA], self.tables.plasma)
        last, status = np.log(z * M_E / T_end), FINISHED
        while status == FINISHED and self.clock.time[0] < last and not self._exchange_ended():
            status = self.to(min(self.clock.time[0] + SEGMENT, last))
        return status

    def _exchange_ended(self) -> bool:
        history, end = np.concatenate(self.chunks), 1 + self.u.size
        ago = max(0, int(np.searchsorted(history[:, 0], self.clock.time[0] - SEGMENT, side="right")) - 1)
        return exchange_ended(history[[ago, -1], :end], self.tables, self.work, history[-1, end:])


def evolve(
    u: Array,
    odd: Array,
    start: float,
    tables: Tables,
    options: Options,
    T_end: float,
    progress: Progress | None = None,
    until: float = np.inf,
) -> tuple[Array, Clock, Status]:
    """Integrate the state ``u`` (overwritten) from s = ``start`` to the end, at T_gamma = ``T_end`` with a dark sector.

    ``odd`` is the odd block at the start, empty without; s = ``until`` is the end of a run without a dark sector, if
    that is earlier.

    Returns
    -------
    history : (n_x, 1 + size) array
        Rows: s, the state, and the odd block.
    clock : Clock
        Its counters tell the cost.
    status : Status
        How it ended.
    """
    run = _Run(u, odd, start, tables, options, progress)
    status = run.to(min(until, np.log(options.x_end)))
    if status == FINISHED:
        status = run.until_exchange_ends(T_end)
    return np.concatenate(run.chunks), run.clock, _STATUS.get(status, Status.SUCCESS)
