"""The terms of the dark sector: bath, potential V_s, secret collisions, decays, the mass of nu_4.

They are compiled for runs with a dark sector only; without, each is nothing or zero.
"""

import numpy as np

from boltzmann.constants import M_E
from boltzmann.dark.bath import MAX_RATE, dark_bath, number_change, secret_potential, secret_rates, thermal_spectrum
from boltzmann.dark.decay import decay_rates, limit_rates
from boltzmann.kinetics.layout import CHARGE, DARK, PASSIVE
from boltzmann.kinetics.tables import DarkSector, DarkWork, DecayWork
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.momentum import Grid

FEWEST = 1e-30  # comoving energy and number of sterile neutrinos below which there are none to collide with
BATH_SHARE = 0.01  # of the bath in the spectrum that makes the rates
MASSIVE = 3e-4  # m_4 a over m_e, from which energies of nu_4 are charged as those at the start of a step
LEAST = 1e-8  # comoving energy of mediators, likewise
AVERAGING = 1e3  # e-folds^-1, see `boltzmann.kinetics.qke`


@kernel
def _expectation(M: Complex, A: Complex) -> float:
    """Return Tr(M A) of hermitian matrices, of ``A`` (n, n) the upper triangle."""
    total = 0.0
    for a in range(A.shape[0]):
        total += M[a, a].real * A[a, a].real
        for b in range(a + 1, A.shape[0]):
            total += 2.0 * (np.conj(M[a, b]) * A[a, b]).real
    return total


@kernel
def _charged(i: int, dark: DarkWork) -> float:
    """Return the energy that e is charged with for a new nu_4 of momentum i."""
    return float(dark.reference[i] if dark.reference[i] > 0.0 else dark.level[i])


@kernel
def _come(i: int, rho: Complex, sector: DarkSector, dark: DarkWork) -> float:
    """Return how many nu_4 of momentum i have come since the start of the step; 0 outside of steps."""
    if not dark.reference[i] > 0.0:
        return 0.0
    return _expectation(sector.projectors[3], rho[i]) - float(dark.start[i])


@kernel
def gain(i: int, y: float, dark: DarkWork) -> float:
    """Return dE/ds of a nu_4 of momentum i."""
    return float((dark.level[i] ** 2 - y**2) / dark.level[i])


@optional_kernel("dark")
def begin_energy(x: float, rho: Complex, sector: DarkSector, dark: DarkWork) -> None:
    """Charge e with the energies of nu_4 of the last evaluation, of which ``rho`` is, until `end_energy`.

    Fast decays and secret collisions keep an equilibrium that stages of a step are not near to. Charged with energies
    at each stage, what they take and give back would not cancel: N_eff of a pseudoscalar fell by 0.004 between 50 and
    10 eV (rtol = 1e-3; 0.00002 in truth). So e of a step is e + SUM w (E(s) - E(s_0)) (n_4 - n_4(s_0)), and likewise q:
    both are what they were at its start, and change by what changes slowly (derived from both derivatives). Not while
    m_4 is nothing beside T, nor where mediators have gone: rounding of that sum would be more than e.
    """
    if not (sector.heavy * x / M_E > MASSIVE and dark.energy[0] > LEAST):
        return
    for i in range(rho.shape[0]):
        dark.reference[i], dark.start[i] = dark.level[i], _expectation(sector.projectors[3], rho[i])


@optional_kernel("dark")
def forget_energy(dark: DarkWork) -> None:
    """Charge e with the energies of each evaluation again."""
    for i in range(dark.reference.size):
        dark.reference[i] = 0.0


@optional_kernel("dark")
def end_energy(u: Array, dark: DarkWork) -> None:
    """Turn e and q at the end of a step, where dark.energy is known, into those of the energies there."""
    u[u.size - PASSIVE] += dark.energy[0] - u[u.size - DARK]
    u[u.size - DARK] = dark.energy[0]
    forget_energy(dark)


@optional_kernel("dark", otherwise=0.0)
def dark_energy(
    x: float, u: Array, grid: Grid, rho: Complex, sterile: Array, sector: DarkSector, dark: DarkWork
) -> float:
    """Fill dark.level and dark.energy; return the comoving energy of mediators, matter, and of the mass of nu_4."""
    mass, total, grown = sector.heavy * x / M_E, sector.matter * x, 0.0
    for i in range(grid.y.size):
        y, weight = grid.y[i], grid.w[i] * grid.y[i] ** 2 / np.pi**2
        dark.level[i] = np.sqrt(y**2 + mass**2)
        total += weight * mass**2 / (dark.level[i] + y) * sterile[i]
        grown += weight * (dark.level[i] - _charged(i, dark)) * _come(i, rho, sector, dark)
    dark.energy[0] = u[u.size - DARK] - grown
    return float(total + dark.energy[0])


@kernel
def _fill_secret_rates(
    x: float, rate: float, bath_z: float, grid: Grid, sterile: Array, sector: DarkSector, dark: DarkWork
) -> None:
    """Fill the secret rates over the Hubble rate ``rate`` [MeV], after dark.target.

    They are those among sterile neutrinos of the Fermi-Dirac spectrum with the energy and number of rho_ss (and, to be
    defined for an empty state, a hundredth of the bath's), which is that of the bath once they are in equilibrium: a
    bath that is still empty cannot tell how fast it is filled. A collision that converts nu_k into nu_4 of its momentum
    needs the energy E_4 - p from the bath, e^-((E_4 - p)/T_s) of them (leading exponential), ``bath_z`` = 1/z_s.
    """
    energy, number, bath_energy, bath_number = 0.0, 0.0, 0.0, 0.0
    for i in range(grid.y.size):
        weight = grid.w[i] * grid.y[i] ** 2 / np.pi**2
        number += weight * sterile[i]
        energy += weight * grid.y[i] * sterile[i]
        bath_number += weight * dark.target[0, i]
        bath_energy += weight * grid.y[i] * dark.target[0, i]
        dark.secret[0, i] = dark.secret[1, i] = 0.0
    energy = (max(energy, 0.0) + BATH_SHARE * bath_energy) / (1.0 + BATH_SHARE)
    number = (max(number, 0.0) + BATH_SHARE * bath_number) / (1.0 + BATH_SHARE)
    if not (energy > FEWEST and number > FEWEST):
        return
    log_z, eta = thermal_spectrum(energy, number, sector.bath)
    for i in range(grid.y.size):
        total, relaxing = secret_rates(x, log_z, eta, grid.y[i], sector.bath)
        dark.secret[0, i] = total / rate * np.exp((grid.y[i] - dark.level[i]) * bath_z)
        dark.secret[1, i] = min(relaxing / rate, MAX_RATE)


@optional_kernel("dark")
def fill_sector(
    x: float, rate: float, u: Array, grid: Grid, sterile: Array, sector: DarkSector, dark: DarkWork
) -> None:
    """Fill what the dark bath causes: V_s in MeV, rates and sources over the Hubble rate ``rate`` [MeV]."""
    y = grid.y
    bath = dark_bath(x, dark.energy[0], u[u.size - CHARGE], sector.bath, dark.hint)
    for i in range(y.size):
        dark.target[0, i] = 1.0 / (np.exp(dark.level[i] * np.exp(-bath.log_z) - bath.eta) + 1.0)
        dark.target[1, i] = 1.0 / (np.exp(y[i] * np.exp(-bath.log_z)) + 1.0)
    _fill_secret_rates(x, rate, np.exp(-bath.log_z), grid, sterile, sector, dark)
    dark.created[0] = number_change(x, bath, rate, sector.bath)
    dark.created[1] = bath.trace
    secret_potential(x, bath, y, sector.bath, dark.loop, dark.potential)


@optional_kernel("dark")
def add_potential(u: Array, H: Complex, dark: DarkWork) -> None:
    """Add V_s to ``H`` (N, n, n), and to dark.potential what the sterile neutrinos themselves make of it [MeV].

    It is made of the averaged populations of the sterile state (`boltzmann.kinetics.qke`).
    """
    N, components = H.shape[0], H.size
    for i in range(N):
        for j in range(N):
            dark.potential[i] += dark.loop[i, j] * u[components + j]
        H[i, 3, 3] += dark.potential[i]


@optional_kernel("dark")
def fill_decay_rates(x: float, rate: float, grid: Grid, sector: DarkSector, dark: DarkWork) -> None:
    """Fill the rates of decays, after dark.hint and dark.potential [MeV], over the Hubble rate ``rate`` [MeV]."""
    log_z, eta, decays = dark.hint[0], dark.hint[1], dark.decays
    for i in range(grid.y.size if sector.decays else 0):
        decay_rates(x, log_z, eta, grid.y[i], dark.level[i], dark.potential[i], sector.decay, decays.rates[i])
        limit_rates(rate, decays.rates[i])


@kernel
def _gap(H: Complex) -> float:
    """Return the smallest distance between the sterile and an active level of ``H`` (4, 4)."""
    gap = np.inf
    for a in range(3):
        gap = min(gap, abs(H[3, 3].real - H[a, a].real))
    return gap


@kernel
def _vacuum_speed(i: int, vacuum: float, rate: float, fastest: float, H: Complex, dark: None) -> float:
    return min(1.0, rate * fastest / vacuum)


@optional_kernel("dark", otherwise=_vacuum_speed)
def speed(i: int, vacuum: float, rate: float, fastest: float, H: Complex, dark: DarkWork) -> float:
    """Return the factor that slows H of momentum i down to ``fastest``, at most 1; adapt the secret damping to it.

    ``vacuum``: largest element of M^2/(2p) [MeV]. Populations turn at that speed, or where the sterile level is far
    away (by V_s) or overdamped, at vacuum^2 over its distance or damping: it, not the distance, is what is limited.
    Secret damping is left as it is where it is small beside the distance, for conversion then goes with their ratio
    times the damping, and else keeps its ratio to H: conversion stays faster than the expansion by 1e8 sin^2 2theta.
    """
    distance, damping = max(vacuum, _gap(H[i])), dark.secret[0, i]
    factor = float(min(1.0, rate * fastest * max(distance, rate * damping) / vacuum**2))
    small = min(damping, 1e-3 * factor * distance / rate)
    dark.secret[0, i] = max(small, factor * damping)
    return factor


@optional_kernel("dark")
def scale_potential(i: int, factor: float, dark: DarkWork) -> None:
    """Scale V_s of momentum i, and its slope, like H."""
    dark.potential[i] *= factor
    for j in range(dark.loop.shape[1]):
        dark.loop[i, j] *= factor


@optional_kernel("dark", otherwise=0.0)
def secret_damping(i: int, dark: DarkWork) -> float:
    """Return the damping of active-sterile coherences of momentum i by secret collisions, over the Hubble rate."""
    return float(0.5 * dark.secret[0, i])


@optional_kernel("dark", otherwise=0.0)
def secret_relaxation(i: int, dark: DarkWork) -> float:
    """Return the rate at which secret collisions relax momentum i, over the Hubble rate."""
    return float(dark.secret[1, i])


@kernel
def _add_secret(i: int, rho: Complex, sterile: Array, change: Complex, dark: DarkWork) -> float:
    """Add secret collisions at node i to ``change``; return the change of rho_ss."""
    for a in range(3):
        change[a, 3] -= 0.5 * dark.secret[0, i] * rho[i, a, 3]
    relaxed = float(dark.secret[1, i] * (dark.target[0, i] - sterile[i]))
    change[3, 3] += relaxed
    return relaxed


@kernel
def fill_vertex(i: int, sector: DarkSector, dark: DarkWork, decays: DecayWork) -> None:
    """Fill decays.vertex at node i: SUM_k Gamma_k P_k and SUM_k Gamma_k f_k P_k."""
    n = decays.vertex.shape[1]
    for a in range(n):
        for b in range(n):
            everything, occupied = 0.0j, 0.0j
            for k in range(4):
                projected = decays.rates[i, k] * sector.projectors[k, a, b]
                everything += projected
                occupied += (dark.target[0, i] if k == 3 else dark.target[1, i]) * projected
            decays.vertex[0, a, b], decays.vertex[1, a, b] = everything, occupied


@kernel
def _add_decays(
    i: int, rho: Complex, change: Complex, sector: DarkSector, dark: DarkWork, decays: DecayWork
) -> tuple[float, float]:
    """Add decays at node i to ``change``; return the changes of the number of all neutrinos, and of nu_4."""
    fill_vertex(i, sector, dark, decays)
    n, G = change.shape[0], decays.vertex[0]
    for a in range(n):
        for b in range(a, n):
            total = 0.0j
            for c in range(n):
                total += G[a, c] * rho[i, c, b] + rho[i, a, c] * G[c, b]
            change[a, b] += decays.vertex[1, a, b] - 0.5 * total
    everything, heavy = 0.0, 0.0
    for k in range(4):
        target = dark.target[0, i] if k == 3 else dark.target[1, i]
        heavy = decays.rates[i, k] * (target - _expectation(sector.projectors[k], rho[i]))
        everything += heavy
    return everything, heavy


@optional_kernel("dark")
def begin_exchange(dark: DarkWork) -> None:
    """Forget what neutrinos got from the sector."""
    for k in range(3):
        dark.given[k] = 0.0


@optional_kernel("dark")
def add_dark(
    i: int,
    u: Array,
    grid: Grid,
    rho: Complex,
    sterile: Array,
    change: Complex,
    sector: DarkSector,
    dark: DarkWork,
    out: Array,
) -> None:
    """Add secret collisions and decays at node i to ``change``, and the averaged population to ``out``, du/ds.

    dark.given counts what neutrinos get of energy without mass and of the charge, and what the mass of nu_4 adds.
    """
    averaged, y = rho.size + i, grid.y[i]
    out[averaged] = AVERAGING * (sterile[i] / grid.f[i] - u[averaged])
    relaxed = _add_secret(i, rho, sterile, change, dark)
    decayed, heavy = 0.0, 0.0
    if sector.decays:
        decayed, heavy = _add_decays(i, rho, change, sector, dark, dark.decays)
    weight = grid.w[i] * y**2 / np.pi**2
    dark.given[0] += weight * y * (relaxed + decayed)
    dark.given[1] += weight * (relaxed + heavy)
    dark.given[2] += weight * (_charged(i, dark) - y) * _expectation(sector.projectors[3], change)
    dark.given[2] -= weight * gain(i, y, dark) * _come(i, rho, sector, dark)


@optional_kernel("dark", otherwise=0.0)
def close_exchange(dark: DarkWork, out: Array) -> float:
    """Fill the rows of e and n of ``out``, du/ds; return what the sector adds to the passive integral."""
    out[out.size - DARK] = dark.created[1] - dark.given[0] - dark.given[2]
    out[out.size - CHARGE] = dark.created[0] - dark.given[1]
    return float(dark.created[1] - dark.given[2])
