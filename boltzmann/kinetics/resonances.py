"""Resonances of a run whose conversion depends on the momentum grid, and by how much N_eff does.

The sterile level of a momentum crosses a level E_k of the active states, an eigenstate of their block of H, where
H_ss - E_k changes its sign; gamma = 2 pi |H_ks|^2/(d(H_ss - E_k)/dt) is the exponent of Landau and Zener, and
1 - e^-gamma the part converted. A momentum node converts at once what its bin converts while the resonance sweeps over
it. Collisions, which refill the active states, and the neutrinos' own potential see the difference, for which
`boltzmann.kinetics.bins` corrects. Where it is not used, with the full flavour matrix and with decays of nu_4, N_eff
converges like 1/N in the N momenta; not where nothing is left to convert, nor (measured) where conversion is adiabatic.
And where V_s runs away with its own conversion, a front passes momenta faster than bins follow their nodes.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.constants import M_E
from boltzmann.kinetics.evolution import state_vectors
from boltzmann.kinetics.layout import N_ACTIVE
from boltzmann.kinetics.tables import Tables, workspace
from boltzmann.kinetics.terms import fill_hamiltonians
from boltzmann.numerics.arrays import Array, Complex, Index
from boltzmann.observables import effective_number

COLDEST = 3.0  # MeV; below, weak collisions refill little while a resonance crosses a bin, Gamma/H < 10 times 0.05
NOTICEABLE = 1e-3  # of N_eff: what is promised elsewhere
ADIABATIC = 100.0  # exponent beyond which no dependence on the grid was seen
RUNAWAY = (
    5e-3  # of N_eff, where V_s runs away (asymmetric changes from grid to grid; tests/physics/test_convergence.py)
)


class Unresolved(NamedTuple):
    """Resonances that the momentum grid does not resolve.

    Attributes
    ----------
    highest, lowest : float
        Photon temperatures [MeV] between which they are met.
    levels : tuple of int
        Active levels that are crossed, 1 to 3 in the order of their energy at the crossing.
    converted : float
        Energy that they convert, as a contribution to N_eff.
    shift : float
        What twice as many momenta change in N_eff at most, about; see `unresolved`.
    runs_away : bool
        Whether bins are used, and these are the fronts that they cannot follow.
    """

    highest: float
    lowest: float
    levels: tuple[int, ...]
    converted: float
    shift: float
    runs_away: bool


class Crossings(NamedTuple):
    """Crossings of one momentum and one level between two points of a run: arrays (m,)."""

    point: Index  # row after the crossing
    momentum: Index
    level: Index  # 0 to 2
    exponent: Array  # gamma
    contrast: Array  # |rho_kk - rho_ss| before
    passed: Array  # momenta that the front passes per e-fold


def _apart(H: Complex) -> bool:
    """Return whether the sterile level keeps to one side of all levels of the active block (Gershgorin circles)."""
    active = H[..., :N_ACTIVE, :N_ACTIVE]
    centre = np.diagonal(active, axis1=-2, axis2=-1).real
    radius = np.abs(active).sum(axis=-1) - np.abs(centre)
    sterile = H[..., N_ACTIVE, N_ACTIVE].real[..., None]
    return bool(np.all(sterile > centre + radius) or np.all(sterile < centre - radius))


def crossings(s: Array, H: Complex, damping: Array, rho: Complex) -> Crossings:
    """Return the crossings of the sterile with active levels that are narrower than the distance of two momenta.

    Those that are broader, by coupling or by damping, are resolved.

    Parameters
    ----------
    s : (n_x,) array
        ln x of points of a run.
    H, damping : (n_x, N, 4, 4) and (n_x, N) arrays
        Hamiltonian and secret damping of coherences, over the Hubble rate.
    rho : (n_x, N, 4, 4) array
        Density matrices.
    """
    energies, basis = np.linalg.eigh(H[..., :N_ACTIVE, :N_ACTIVE])
    distance = H[..., N_ACTIVE, N_ACTIVE].real[..., None] - energies
    coupling = np.abs(np.einsum("xyak,xya->xyk", basis.conj(), H[..., :N_ACTIVE, N_ACTIVE]))[1:]
    population = np.einsum("xyak,xyab,xybk->xyk", basis.conj(), rho[..., :N_ACTIVE, :N_ACTIVE], basis).real
    contrast = np.abs(population - rho[..., N_ACTIVE, N_ACTIVE].real[..., None])[:-1]
    sweep = np.abs(np.diff(distance, axis=0)) / np.diff(s)[:, None, None]
    apart = np.gradient(distance[1:], axis=1)
    narrow = apart**2 > 0.5 * (4.0 * coupling**2 + damping[1:, :, None] ** 2)
    met = np.nonzero((distance[:-1] * distance[1:] < 0.0) & narrow)
    exponent, passed = 2.0 * np.pi * coupling[met] ** 2 / sweep[met], sweep[met] / np.abs(apart[met])
    return Crossings(met[0] + 1, met[1], met[2], exponent, contrast[met], passed)


def unresolved(x: Array, z: Array, rho: Complex, bath: tuple[Array, ...], tables: Tables) -> Unresolved | None:
    """Return the resonances of a run that its momentum grid does not resolve; None if they matter less than 1e-3.

    The estimate of the shift is empirical: 2/N of the converted energy, and less in proportion where a crossing
    converts less than half. 94 points without a secret interaction, 14 and 28 momenta: see tests/kinetics. Where
    the sterile state comes into equilibrium afterwards they move less, up to a hundred times. With bins, only fronts
    that pass a momentum within 1/K count, and the shift is what a runaway of V_s was seen to leave, `RUNAWAY`.

    Parameters
    ----------
    x, z : (n_x,) arrays
        m_e a and T_gamma a.
    rho : (n_x, 1, N, 4, 4) array
        Density matrices.
    bath : tuple of (n_x,) arrays
        ln z_s and eta of the dark bath; zeros without.
    tables : Tables
        Those of the run.
    """
    T = z / x * M_E
    hot = T >= COLDEST
    s, matrices = np.log(x[hot]), rho[hot, 0]
    states = state_vectors(x[hot], z[hot], matrices, tuple(part[hot] for part in bath), tables)
    H, damping = np.empty(matrices.shape, complex), np.empty(matrices.shape[:2])
    work = workspace(tables)
    fill_hamiltonians(s, states, tables._replace(vacuum=tables.vacuum._replace(fastest=np.inf)), work, H, damping)
    if _apart(H):
        return None
    met, bins = crossings(s, H, damping, matrices), tables.fronts.allowed
    counted = met.passed > tables.fronts.rate if bins else met.exponent < ADIABATIC
    probability = -np.expm1(-met.exponent) * counted
    grid = tables.grid
    energy = (grid.w * grid.y**3 / np.pi**2)[met.momentum] * met.contrast * probability
    share = energy * np.minimum(1.0, 2.0 * probability)
    converted, shift = (float(effective_number(part.sum(), z[-1])) for part in (energy, 2.0 / grid.y.size * share))
    shift = min(converted, RUNAWAY) if bins else shift
    if not shift > NOTICEABLE:
        return None
    counts = share > 1e-3 * share.sum()
    seen = T[hot][met.point[counts]]
    levels = tuple(int(k) + 1 for k in np.unique(met.level[counts]))
    return Unresolved(float(seen.max()), float(seen.min()), levels, converted, shift, bins)
