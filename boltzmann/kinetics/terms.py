"""The terms of the quantum kinetic equation, filled into scratch space for one state: what `qke.rhs` adds up.

`Tables` holds what a run keeps, `Work` what one evaluation needs; the Jacobian reads the by-products in `Work`.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.collisions.damping import exact_damping, mckellar_damping
from boltzmann.collisions.electron import Electron, electron_integral, electron_rates
from boltzmann.collisions.matrix import Matrix, electron_matrix, neutrino_matrix, pair_rates
from boltzmann.collisions.neutrino import Neutrino, neutrino_integral
from boltzmann.constants import G_F, M_E
from boltzmann.dark.bath import (
    MAX_RATE,
    Dark,
    dark_bath,
    number_change,
    secret_potential,
    secret_rates,
    thermal_spectrum,
)
from boltzmann.dark.decay import Decay, decay_rates, limit_rates
from boltzmann.kinetics.hamiltonian import Potentials, energy_matrix, hamiltonian
from boltzmann.kinetics.layout import CHARGE, DARK, PLASMA, unpack
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.momentum import Grid
from boltzmann.plasma.background import Plasma, hubble_rate, temperature

FEWEST = 1e-30  # comoving energy and number of sterile neutrinos below which there are none to collide with
BATH_SHARE = 0.01  # of the bath in the spectrum that makes the rates
X_WEAK = 39.5  # end of the collision tables, T = 18 keV: weak rates are 1e-7 of the Hubble rate


class Modes(NamedTuple):
    """Switches of the equation, each chosen by `Options`."""

    weak: bool
    nu_nu: bool
    matrix: bool
    mckellar: bool
    dark: bool
    decays: bool


class Tables(NamedTuple):
    """Everything the equation needs besides the state."""

    grid: Grid
    mass_matrix: Complex
    fastest: float  # speed per Hubble rate beyond which H is scaled down, see `boltzmann.kinetics.hamiltonian.fastest`
    potentials: Potentials
    plasma: Plasma
    electron: Electron
    neutrino: Neutrino
    matrix: Matrix
    dark: Dark
    decay: Decay
    projectors: Complex  # (4, n, n): |nu_k><nu_k| in flavour space, beside a dark sector
    heavy: float  # m_4 [MeV] in the energies of a dark sector
    matter: float  # comoving energy density of baryons and dark matter over x, beside a dark sector
    modes: Modes


class Work(NamedTuple):
    """Scratch space, and by-products of `rhs` that the Jacobian reads. Shapes: N momenta, n states."""

    rho: Complex  # (N, n, n)
    energy: Complex  # (n, n) comoving energy density of nu + nubar
    H: Complex  # (N, n, n) Hamiltonian over Hubble rate
    buffer: Complex  # (2, N n n)
    damping: Array  # (N, n, n) D_ab over Hubble rate
    prefactor: Array  # (N,) turns I into d rho/ds
    boost: Array  # (N,) e^{y/2z}
    flat: Array  # (4 N N) interpolated nu-e kernels
    rates: Array  # (2, 2, N, N) k and a of nu_e (first) and nu_mu, nu_tau
    occupations: Array  # (3, N) active rho_aa
    electron: Array  # (2, 3, N) gain and loss, nu-e
    neutrino: Array  # (2, 3, N) gain and loss, nu-nu; kept when not refreshed
    fourth: Array  # (N, 3, N, N)
    expanded: Array  # (2, 3, N N)
    pair_rates: Array  # (2, 3, N, N) k and a of the pairs ee, ex, xx; matrix mode
    by_electron: Complex  # (2, N, 3, 3) A and B, nu-e; matrix mode
    by_neutrino: Complex  # (2, N, 3, 3) A and B, nu-nu; matrix mode, kept when not refreshed
    active: Complex  # (N, 3, 3) active block of rho; matrix mode
    extra: Array  # (N, 3) kink-split minus node-summed loss rates; matrix mode
    hint: Array  # (2,) ln z_s and eta of the last dark bath: where the search for the next begins
    loop: Array  # (N, N) dV_s(i)/dg_ss(j) over Hubble rate
    potential: Array  # (N,) V_s over Hubble rate; on the way there, the part of the mediators [MeV]
    secret: Array  # (2, N) rates of secret interactions over Hubble rate: all collisions, relaxation
    level: Array  # (N,) comoving energy of nu_4, sqrt(y^2 + m_4^2 a^2)
    target: Array  # (2, N) f_FD of a level and of y at T_s, mu_s and mu = 0: to what nu_s and nu_1 to nu_3 relax
    decay: Array  # (N, 4) rates over Hubble rate at which nu_1, ..., nu_4 relax by decays and inverse decays
    vertex: Complex  # (2, n, n) of one momentum: SUM_k of rate times projector, and times occupation
    created: Array  # (2,) number change over Hubble rate, trace of the mediators: sources of n and e
    collision: Complex  # (n, n)
    change: Complex  # (n, n)


def workspace(n_momenta: int, n: int) -> Work:
    """Return zeroed scratch space for ``n`` states."""
    N = n_momenta
    return Work(
        rho=np.zeros((N, n, n), complex),
        energy=np.zeros((n, n), complex),
        H=np.zeros((N, n, n), complex),
        buffer=np.zeros((2, N * n * n), complex),
        damping=np.zeros((N, n, n)),
        prefactor=np.zeros(N),
        boost=np.zeros(N),
        flat=np.zeros(4 * N * N),
        rates=np.zeros((2, 2, N, N)),
        occupations=np.zeros((3, N)),
        electron=np.zeros((2, 3, N)),
        neutrino=np.zeros((2, 3, N)),
        fourth=np.zeros((N, 3, N, N)),
        expanded=np.zeros((2, 3, N * N)),
        pair_rates=np.zeros((2, 3, N, N)),
        by_electron=np.zeros((2, N, 3, 3), complex),
        by_neutrino=np.zeros((2, N, 3, 3), complex),
        active=np.zeros((N, 3, 3), complex),
        extra=np.zeros((N, 3)),
        hint=np.zeros(2),
        loop=np.zeros((N, N)),
        potential=np.zeros(N),
        secret=np.zeros((2, N)),
        level=np.zeros(N),
        target=np.zeros((2, N)),
        decay=np.zeros((N, 4)),
        vertex=np.zeros((2, n, n), complex),
        created=np.zeros(2),
        collision=np.zeros((n, n), complex),
        change=np.zeros((n, n), complex),
    )


@kernel
def _density_matrices(u: Array, grid: Grid, rho: Complex) -> None:
    """Fill ``rho`` (N, n, n) from the state vector."""
    size = rho.shape[1] ** 2
    for i in range(grid.y.size):
        unpack(u[i * size : (i + 1) * size], grid.f[i], rho[i])


@kernel
def _largest(H: Complex) -> float:
    """Return the largest modulus of a real or imaginary part of ``H`` (n, n)."""
    largest = 0.0
    for a in range(H.shape[0]):
        for b in range(H.shape[0]):
            largest = max(largest, abs(H[a, b].real), abs(H[a, b].imag))
    return largest


@kernel
def _fill_secret_rates(x: float, rate: float, bath_z: float, tables: Tables, work: Work) -> None:
    """Fill the secret rates over the Hubble rate ``rate`` [MeV], after work.target.

    They are those among sterile neutrinos of the Fermi-Dirac spectrum with the energy and number of rho_ss (and, to be
    defined for an empty state, a hundredth of the bath's), which is that of the bath once they are in equilibrium: a
    bath that is still empty cannot tell how fast it is filled. A collision that converts nu_k into nu_4 of its momentum
    needs the energy E_4 - p from the bath, e^-((E_4 - p)/T_s) of them (leading exponential), ``bath_z`` = 1/z_s.
    """
    grid, energy, number = tables.grid, 0.0, 0.0
    bath_energy, bath_number = 0.0, 0.0
    for i in range(grid.y.size):
        weight = grid.w[i] * grid.y[i] ** 2 / np.pi**2
        number += weight * work.rho[i, 3, 3].real
        energy += weight * grid.y[i] * work.rho[i, 3, 3].real
        bath_number += weight * work.target[0, i]
        bath_energy += weight * grid.y[i] * work.target[0, i]
    energy = (max(energy, 0.0) + BATH_SHARE * bath_energy) / (1.0 + BATH_SHARE)
    number = (max(number, 0.0) + BATH_SHARE * bath_number) / (1.0 + BATH_SHARE)
    work.secret[:] = 0.0
    if not (energy > FEWEST and number > FEWEST):
        return
    log_z, eta = thermal_spectrum(energy, number, tables.dark)
    for i in range(grid.y.size):
        total, relaxing = secret_rates(x, log_z, eta, grid.y[i], tables.dark)
        work.secret[0, i] = total / rate * np.exp((grid.y[i] - work.level[i]) * bath_z)
        work.secret[1, i] = min(relaxing / rate, MAX_RATE)


@kernel
def _fill_secret(x: float, rate: float, u: Array, tables: Tables, work: Work) -> None:
    """Fill what the dark bath causes: V_s in MeV, rates and sources over the Hubble rate ``rate`` [MeV]."""
    y = tables.grid.y
    bath = dark_bath(x, u[u.size - DARK], u[u.size - CHARGE], tables.dark, work.hint)
    for i in range(y.size):
        work.target[0, i] = 1.0 / (np.exp(work.level[i] * np.exp(-bath.log_z) - bath.eta) + 1.0)
        work.target[1, i] = 1.0 / (np.exp(y[i] * np.exp(-bath.log_z)) + 1.0)
    _fill_secret_rates(x, rate, np.exp(-bath.log_z), tables, work)
    work.created[0] = number_change(x, bath, rate, tables.dark)
    work.created[1] = bath.trace
    secret_potential(x, bath, y, tables.dark, work.loop, work.potential)


@kernel
def _add_secret_potential(i: int, averaged: Array, work: Work) -> None:
    """Add V_s(y_i) to work.H, and to work.potential what the sterile neutrinos themselves make of it [MeV].

    ``averaged`` (N,): populations of the sterile state, averaged (`boltzmann.kinetics.qke.AVERAGING`).
    """
    for j in range(averaged.size):
        work.potential[i] += work.loop[i, j] * averaged[j]
    work.H[i, 3, 3] += work.potential[i]


@kernel
def _fill_level(x: float, tables: Tables, work: Work) -> float:
    """Fill work.level, and return what the mass of nu_4 adds to the comoving energy density of neutrinos."""
    grid, mass, added = tables.grid, tables.heavy * x / M_E, 0.0
    for i in range(grid.y.size):
        y = grid.y[i]
        work.level[i] = np.sqrt(y**2 + mass**2)
        added += grid.w[i] * y**2 / np.pi**2 * mass**2 / (work.level[i] + y) * work.rho[i, 3, 3].real
    return float(added)


@kernel
def _fill_decays(i: int, x: float, rate: float, tables: Tables, work: Work) -> None:
    """Fill work.decay of momentum i, after work.hint and work.potential [MeV]."""
    log_z, eta, V = work.hint[0], work.hint[1], work.potential[i]
    decay_rates(x, log_z, eta, tables.grid.y[i], work.level[i], V, tables.decay, work.decay[i])
    limit_rates(rate, work.decay[i])


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
def _gap(H: Complex) -> float:
    """Return the smallest distance between the sterile and an active level of ``H`` (4, 4)."""
    gap = np.inf
    for a in range(3):
        gap = min(gap, abs(H[3, 3].real - H[a, a].real))
    return gap


@kernel
def _scale(i: int, vacuum: float, rate: float, tables: Tables, work: Work) -> float:
    """Return the factor that slows H of momentum i down to `fastest`, at most 1; adapt the secret damping to it.

    ``vacuum``: largest element of M^2/(2p) [MeV]. Populations turn at that speed, or where the sterile level is far
    away (by V_s) or overdamped, at vacuum^2 over its distance or damping: it, not the distance, is what is limited.
    Secret damping is left as it is where it is small beside the distance, for conversion then goes with their ratio
    times the damping, and else keeps its ratio to H: conversion stays faster than the expansion by 1e8 sin^2 2theta.
    """
    limit = rate * tables.fastest
    if not tables.modes.dark:
        return min(1.0, limit / vacuum)
    distance, damping = max(vacuum, _gap(work.H[i])), work.secret[0, i]
    factor = float(min(1.0, limit * max(distance, rate * damping) / vacuum**2))
    small = min(damping, 1e-3 * factor * distance / rate)
    work.secret[0, i] = max(small, factor * damping)
    return factor


@kernel
def fill_hamiltonian(s: float, u: Array, tables: Tables, work: Work) -> tuple[float, float, float]:
    """Fill work.rho, work.energy, work.H (over the Hubble rate), secret rates; return x, z, Hubble rate [MeV].

    H is without the level common to all, and scaled down where it is needlessly fast (`_scale`), V_s and its slope too.
    """
    x, total = np.exp(s), u[u.size - PLASMA]
    z = temperature(x, total, tables.plasma)
    _fill_states(u, tables, work)
    energy_matrix(tables.grid, work.rho, work.energy)
    for a in range(work.energy.shape[0]):
        total += work.energy[a, a].real
    if tables.modes.dark:
        total += u[u.size - DARK] + _fill_level(x, tables, work) + tables.matter * x
    rate = hubble_rate(x, total)
    hamiltonian(x, z, work.energy, tables.grid.y, tables.mass_matrix, tables.potentials, work.H, work.buffer)
    if tables.modes.dark:
        _fill_secret(x, rate, u, tables, work)
    components, largest = work.rho.size, _largest(tables.mass_matrix)
    for i in range(work.H.shape[0]):
        if tables.modes.dark:
            _add_secret_potential(i, u[components : components + work.H.shape[0]], work)
            if tables.modes.decays:
                _fill_decays(i, x, rate, tables, work)
        _subtract_common(work.H[i])
        factor = _scale(i, largest * x / (2.0 * M_E * tables.grid.y[i]), rate, tables, work) / rate
        work.H[i] *= factor
        work.potential[i] *= factor
        work.loop[i] *= factor
    return x, z, rate


@kernel
def fill_hamiltonians(s: Array, states: Array, tables: Tables, work: Work, H: Complex, damping: Array) -> None:
    """Fill ``H`` (n_x, N, n, n) and the secret damping of coherences (n_x, N), over the Hubble rate, along a run.

    ``s`` (n_x,) and ``states`` (n_x, size) are its points; see `fill_hamiltonian`.
    """
    for k in range(s.size):
        fill_hamiltonian(s[k], states[k], tables, work)
        H[k] = work.H
        damping[k] = 0.5 * work.secret[0]


@kernel
def _fill_damping(z: float, y: Array, mckellar: bool, work: Work) -> None:
    """Fill work.damping with D_ab over the Hubble rate; zero on the diagonal."""
    n = work.damping.shape[1]
    for i in range(y.size):
        for a in range(n):
            for b in range(a):
                rate = mckellar_damping(a, b, y[i], z) if mckellar else exact_damping(a, b, y[i], z)
                work.damping[i, a, b] = work.damping[i, b, a] = work.prefactor[i] * rate


@kernel
def _fill_rates(x: float, z: float, rate: float, tables: Tables, work: Work) -> None:
    """Fill prefactor, boost, damping and nu-e rates for the plasma at x, z; ``rate`` is the Hubble rate [MeV]."""
    y = tables.grid.y
    weak = 1.0 if tables.modes.weak else 0.0
    for i in range(y.size):
        work.prefactor[i] = weak * (M_E / x) ** 5 * G_F**2 / (8.0 * np.pi**3 * y[i] ** 2 * rate)
        work.boost[i] = np.exp(0.5 * y[i] / z)
    if not tables.modes.matrix:
        _fill_damping(z, y, tables.modes.mckellar, work)
    electron_rates(x, z, tables.grid.w, tables.electron, work.flat, work.rates[0], work.rates[1])


@kernel
def _fill_states(u: Array, tables: Tables, work: Work) -> None:
    """Fill work.rho and work.occupations from the state vector."""
    _density_matrices(u, tables.grid, work.rho)
    for a in range(3):
        for i in range(tables.grid.y.size):
            work.occupations[a, i] = work.rho[i, a, a].real


@kernel
def refresh_nu_nu(u: Array, tables: Tables, work: Work) -> None:
    """Fill the nu-nu integrals, the costly part of the equation; they depend on neither x nor z."""
    if not tables.modes.nu_nu:
        return
    _fill_states(u, tables, work)
    gain, loss = work.neutrino[0], work.neutrino[1]
    neutrino_integral(work.occupations, tables.neutrino, work.fourth, work.expanded, gain, loss)
    if tables.modes.matrix:
        work.active[:] = work.rho[:, :3, :3]
        neutrino_matrix(work.active, tables.neutrino, work.by_neutrino[0], work.by_neutrino[1])


@kernel
def _fill_populations(work: Work) -> None:
    """Fill gain and loss of the active populations by nu-e collisions."""
    for a in range(3):
        kind = 0 if a == 0 else 1
        k, annihilation = work.rates[0, kind], work.rates[1, kind]
        electron_integral(work.occupations[a], work.boost, k, annihilation, work.electron[0, a], work.electron[1, a])


@kernel
def _fill_matrices(tables: Tables, work: Work) -> None:
    """Fill A and B of nu-e collisions in the matrix mode, after `_fill_populations`."""
    work.active[:] = work.rho[:, :3, :3]
    pair_rates(work.flat, tables.grid.w, work.pair_rates)
    electron_matrix(work.active, work.boost, work.pair_rates, work.by_electron[0], work.by_electron[1])
    for i in range(tables.grid.y.size):
        for a in range(3):
            by_electron = work.electron[0, a, i] + work.electron[1, a, i]
            by_neutrino = work.neutrino[0, a, i] + work.neutrino[1, a, i]
            work.extra[i, a] = (tables.matrix.electron[i] - 1.0) * by_electron
            work.extra[i, a] += (tables.matrix.neutrino[i] - 1.0) * by_neutrino


@kernel
def _forget_weak(work: Work) -> None:
    """Zero all weak collisions."""
    work.prefactor[:] = 0.0
    work.damping[:] = 0.0


@kernel
def fill_terms(s: float, u: Array, tables: Tables, work: Work) -> tuple[float, float, float]:
    """Fill every term but the nu-nu integrals (`refresh_nu_nu`) for the state at s = ln x; return x, z, Hubble rate."""
    x, z, rate = fill_hamiltonian(s, u, tables, work)
    if x > X_WEAK:
        _forget_weak(work)
        return x, z, rate
    _fill_rates(x, z, rate, tables, work)
    _fill_populations(work)
    if tables.modes.matrix:
        _fill_matrices(tables, work)
    return x, z, rate
