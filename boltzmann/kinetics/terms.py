"""The terms of the quantum kinetic equation, filled into scratch space for one state: what `qke.rhs` adds up.

Those of a dark sector are in `boltzmann.kinetics.dark_terms`. The Jacobian reads the by-products in `Work`.
"""

import numpy as np

from boltzmann.collisions.damping import common_rate
from boltzmann.collisions.dressed import dressed_matrix
from boltzmann.collisions.electron import Electron, electron_integral, electron_rates, restore
from boltzmann.collisions.lagged import is_stale, renew, set_change
from boltzmann.collisions.matrix import Matrix, electron_matrix, pair_rates
from boltzmann.constants import G_F, M_E
from boltzmann.kinetics.bins import PAIR, bin_energy, fill_fronts, to_node
from boltzmann.kinetics.dark_terms import (
    add_potential,
    dark_energy,
    fill_decay_rates,
    fill_sector,
    scale_potential,
    secret_damping,
    secret_relaxation,
    speed,
)
from boltzmann.kinetics.field import fill_mass
from boltzmann.kinetics.hamiltonian import energy_matrix, hamiltonian
from boltzmann.kinetics.layout import PLASMA, unpack
from boltzmann.kinetics.matter import matter_energy
from boltzmann.kinetics.odd import OddWork, fill_odd_states, keep_scale, odd_energy, of_nu_nu
from boltzmann.kinetics.odd_potential import split_signs
from boltzmann.kinetics.odd_terms import fill_odd_bath, fill_odd_rates
from boltzmann.kinetics.tables import DarkWork, MatrixWork, Tables, Work
from boltzmann.numerics.arrays import Array, Complex, Index
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.momentum import Grid
from boltzmann.plasma.background import hubble_rate, temperature

X_WEAK = 39.5  # end of the collision tables, T = 18 keV: weak rates are 1e-7 of the Hubble rate


@kernel
def _fill_states(u: Array, grid: Grid, work: Work) -> None:
    """Fill work.rho and work.occupations from the state vector."""
    rho, occupations, bins, n = work.rho, work.occupations, work.bins, work.change.shape[0]
    for i in range(grid.y.size):
        unpack(u[i * n * n : (i + 1) * n * n], grid.f[i], rho[i])
        for a in range(3):
            occupations[a, i] = rho[i, a, a].real
        if n == 4:
            work.sterile[i] = rho[i, 3, 3].real
            if bins.rates.on[0] > 0.0:
                to_node(bins.v, i, grid.f[i], rho[i])
    fill_odd_states(grid, occupations, work.odd)


@kernel
def _subtract_common(H: Complex) -> None:
    """Subtract the second lowest level from all levels of ``H`` (n, n): a common one has no effect but rounding."""
    lowest, second = np.inf, np.inf
    for a in range(H.shape[0]):
        level = H[a, a].real
        lowest, second = min(lowest, level), min(second, max(lowest, level))
    for a in range(H.shape[0]):
        H[a, a] -= second


@kernel
def _scale(factor: float, H: Complex) -> None:
    """Multiply ``H`` (n, n) by a number."""
    for a in range(H.shape[0]):
        for b in range(H.shape[0]):
            H[a, b] = complex(factor * H[a, b].real, factor * H[a, b].imag)


@kernel
def _finish(
    x: float,
    rate: float,
    y: Array,
    largest: float,
    fastest: float,
    H: Complex,
    dark: DarkWork | None,
    odd: OddWork | None,
) -> None:
    """Turn ``H`` (N, n, n) from MeV into a Hamiltonian over the Hubble rate, slowed down to `fastest`.

    ``largest``: modulus of an element of M^+M [MeV^2].
    """
    for i in range(y.size):
        _subtract_common(H[i])
        factor = speed(i, largest * x / (2.0 * M_E * y[i]), rate, fastest, H, dark) / rate
        _scale(factor, H[i])
        scale_potential(i, factor, dark)
        keep_scale(i, factor, odd)


@kernel
def fill_hamiltonian(s: float, u: Array, tables: Tables, work: Work) -> tuple[float, float, float]:
    """Fill work.rho, work.energy, work.H (over the Hubble rate), secret rates; return x, z, Hubble rate [MeV].

    H is without the level common to all, and scaled down where it is needlessly fast (`speed`), V_s and its slope too.
    """
    x, total = np.exp(s), u[u.size - PLASMA]
    z = temperature(x, total, tables.plasma)
    _fill_states(u, tables.grid, work)
    energy_matrix(tables.grid, work.rho, work.energy)
    odd_energy(tables.grid, work.energy, work.odd)
    if work.bins.rates.on[0] > 0.0:
        bin_energy(tables.grid, work.bins.v, work.energy)
    for a in range(work.energy.shape[0]):
        total += work.energy[a, a].real
    dark = dark_energy(x, u, tables.grid, work.rho, work.sterile, tables.dark, work.dark)
    total += dark + matter_energy(u, tables.matter)
    rate = hubble_rate(x, total)
    vacuum = tables.vacuum
    largest = fill_mass(s, vacuum.mass_matrix, vacuum.largest, tables.field, work.mass)
    hamiltonian(x, z, work.energy, tables.grid.y, work.mass, tables.potentials, work.H, work.rows)
    fill_sector(x, rate, u, tables.grid, work.sterile, tables.dark, work.dark)
    fill_odd_bath(tables.grid, work.dark, work.odd)
    add_potential(u, work.H, work.dark)
    fill_decay_rates(x, rate, tables.grid, tables.dark, work.dark)
    _finish(x, rate, tables.grid.y, largest, vacuum.fastest, work.H, work.dark, work.odd)
    split_signs(x, z, tables.grid, work.H, work.dark, tables.odd, work.odd)
    return x, z, rate


@kernel
def fill_hamiltonians(s: Array, states: Array, tables: Tables, work: Work, H: Complex, damping: Array) -> None:
    """Fill ``H`` (n_x, N, n, n) and the secret damping of coherences (n_x, N), over the Hubble rate, along a run.

    ``s`` (n_x,) and ``states`` (n_x, size) are its points; see `fill_hamiltonian`.
    """
    for k in range(s.size):
        fill_hamiltonian(s[k], states[k], tables, work)
        H[k] = work.H
        for i in range(damping.shape[1]):
            damping[k, i] = secret_damping(i, work.dark)


@kernel
def _fill_rates(x: float, z: float, rate: float, tables: Tables, work: Work) -> None:
    """Fill prefactor, boost, damping and nu-e rates for the plasma at x, z; ``rate`` is the Hubble rate [MeV]."""
    grid, weak = tables.grid, work.weak
    common = (M_E / x) ** 5 * G_F**2 / (8.0 * np.pi**3 * rate) if tables.modes.weak else 0.0
    for i in range(grid.y.size):
        y = grid.y[i]
        weak.prefactor[i] = common / y**2
        weak.boost[i] = np.exp(0.5 * y / z)
        weak.damping[i] = weak.prefactor[i] * common_rate(y, z, tables.damping.exact)
    electron_rates(x, z, tables.electron, weak.flat, weak.rates)
    if tables.electron.lattice.logarithmic:
        restore(weak.boost, weak.rates)


@kernel
def refresh_nu_nu(u: Array, tables: Tables, work: Work) -> None:
    """Renew the reference of nu-nu collisions if it is out of date; they depend on neither x nor z.

    Whether it is depends on the rates of the last evaluation of `fill_terms`.
    """
    if not tables.modes.nu_nu:
        return
    _fill_states(u, tables.grid, work)
    occupations = of_nu_nu(work.occupations, work.odd)
    if is_stale(occupations, work.rho, work.weak.prefactor, work.nu_nu):
        renew(occupations, work.rho, tables.neutrino, work.nu_nu)


@kernel
def _fill_populations(grid: Grid, kind: Index, work: Work) -> None:
    """Fill gain and loss of the active populations by nu-e collisions; ``kind`` as of `Electron`."""
    weak = work.weak
    for a in range(3):
        k, annihilation = weak.rates[2 * kind[a]], weak.rates[2 * kind[a] + 1]
        r, gain, loss = work.occupations[a], weak.gain[a], weak.loss[a]
        electron_integral(r, grid.w, weak.boost, k, annihilation, weak.source, gain, loss)


@optional_kernel("matrix")
def _fill_matrices(w: Array, electron: Electron, ratios: Matrix, work: Work, matrix: MatrixWork) -> None:
    """Fill A and B of nu-e collisions in the matrix mode, after `_fill_populations`."""
    rates, boost = work.weak.rates, work.weak.boost
    pair_rates(rates, w, matrix.rates)
    if electron.mixed:
        dressed_matrix(work.rho, boost, w, rates[6:], electron.left, electron.right, matrix.gain, matrix.loss)
    else:
        electron_matrix(work.rho, boost, matrix.rates, matrix.gain, matrix.loss)
    for i in range(w.size):
        for a in range(3):
            by_electron = work.weak.gain[a, i] + work.weak.loss[a, i]
            by_neutrino = work.nu_nu.gain[a, i] + work.nu_nu.loss[a, i]
            matrix.extra[i, a] = (ratios.electron[i] - 1.0) * by_electron
            matrix.extra[i, a] += ratios.neutrino[i] * by_neutrino - work.nu_nu.total[a, i]


@kernel
def fill_terms(s: float, u: Array, tables: Tables, work: Work) -> tuple[float, float, float]:
    """Fill every term for the state at s = ln x, after `refresh_nu_nu`; return x, z, Hubble rate."""
    x, z, rate = fill_hamiltonian(s, u, tables, work)
    if x > X_WEAK:
        for i in range(tables.grid.y.size):
            work.weak.prefactor[i] = work.weak.damping[i] = 0.0
        return x, z, rate
    _fill_rates(x, z, rate, tables, work)
    _fill_populations(tables.grid, tables.electron.kind, work)
    if tables.modes.nu_nu:
        set_change(of_nu_nu(work.occupations, work.odd), tables.neutrino, work.nu_nu)
    fill_odd_rates(tables.grid, work.occupations, work.weak, work.nu_nu, work.odd)
    _fill_matrices(tables.grid.w, tables.electron, tables.matrix, work, work.matrix)
    return x, z, rate


@optional_kernel("dark")
def _note_secret(k: int, dark: DarkWork, rows: Array) -> None:
    """Copy V_s and the rates of secret collisions, of all and of those that change momenta, to point ``k``."""
    for i in range(rows.shape[2]):
        rows[2, k, i] = dark.potential[i]
        rows[3, k, i] = dark.secret[0, i]
        rows[4, k, i] = dark.secret[1, i]


@kernel
def fill_history(s: Array, states: Array, tables: Tables, work: Work, hubble: Array, H: Complex, rows: Array) -> None:
    """Fill the Hubble rate (n_x,) [MeV], and ``H`` (n_x, N, 4, 4) and ``rows`` (5, n_x, N) over it, along a run.

    ``s`` (n_x,) and ``states`` (n_x, size) are its points. Rows: damping by weak collisions, see
    `boltzmann.collisions.damping`; rho_ss; and if there is a dark sector those of `_note_secret`.
    """
    for k in range(s.size):
        hubble[k] = fill_terms(s[k], states[k], tables, work)[2]
        H[k] = work.H
        for i in range(rows.shape[2]):
            rows[0, k, i] = work.weak.damping[i]
            rows[1, k, i] = work.rho[i, 3, 3].real
        _note_secret(k, work.dark, rows)


@kernel
def fill_bins(tables: Tables, work: Work) -> None:
    """Fill the rates of the block of `boltzmann.kinetics.bins` and its fronts, after `fill_terms`."""
    rates, weak, damping = work.bins.rates, work.weak, tables.damping.coefficient
    for i in range(tables.grid.y.size):
        rates.secret[i] = secret_relaxation(i, work.dark)
        for a in range(3):
            collisions = weak.gain[a, i] + weak.loss[a, i] + work.nu_nu.total[a, i]
            rates.relax[a, i] = weak.prefactor[i] * collisions
        for component in range(9):
            rates.damping[component, i] = weak.damping[i] * damping[PAIR[component, 0], PAIR[component, 1]]
    fill_fronts(work.H, tables.fronts, work.bins)
