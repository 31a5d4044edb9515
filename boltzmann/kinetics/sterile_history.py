"""What happened to the sterile state in a run: potential, rates, conversion against expansion, resonances, collisions.

`follow` evaluates the terms of the equation again at the stored points of a run, unscaled; everything else is a pure
function of arrays. Conversion is measured by the stationary rate of the equation (derived; the weak-damping limit is
(D/2) sin^2 2theta_m)::

    R(y) = SUM_a (D_as/2) V_a^2/(D_as^2 + V_a^2 + (H_ss - H_aa)^2),   V_a = 2 |H_as|,   D_as = (R_a + Gamma_s)/2

in d rho_ss/dt = SUM_a R_a (rho_aa - rho_ss). It does not describe the coherent conversion in an adiabatic resonance.
"""

from enum import Enum
from typing import NamedTuple

import numpy as np

from boltzmann.collisions.damping import exact_damping
from boltzmann.constants import HUBBLE_MASS, KELVIN, M_E, NEUTRINO_DENSITY, T_CMB_K
from boltzmann.kinetics.evolution import state_vectors
from boltzmann.kinetics.layout import N_ACTIVE
from boltzmann.kinetics.tables import DarkSector, Tables, workspace
from boltzmann.kinetics.terms import fill_history
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.momentum import Grid
from boltzmann.observables import HUBBLE_100

# Planck 2018 TT,TE,EE+lowE+lensing (arXiv:1807.06209, table 2)
HUBBLE_TODAY = 0.6736 * HUBBLE_100  # [MeV]
OMEGA_M = 0.3153
T_TODAY = T_CMB_K * KELVIN  # [MeV]
SLOW = 0.3  # m/T beyond which the energy of a state is off by more than 1% without its mass
LATE_POINTS = 100  # between the end of a run and today, uniform in ln a: z of free streaming to 2e-5 of 1600 points


class Collisions(Enum):
    """Whether sterile neutrinos collide today; the value is a sentence."""

    COLLISIONAL = "Sterile neutrinos still collide with each other more than once per Hubble time today."
    FREE_STREAMING = "Sterile neutrinos stream freely today."


class DarkHistory(NamedTuple):
    """The bath of sterile neutrinos and mediators along a run; arrays (n_x,).

    Attributes
    ----------
    log_z : array
        ln(T_s a).
    eta : array
        mu_s/T_s.
    energy : array
        Comoving energy density of the mediators.
    """

    log_z: Array
    eta: Array
    energy: Array


class SterileHistory(NamedTuple):
    """The sterile state along a run: (n_x,) or (n_x, N) arrays.

    Attributes
    ----------
    hubble : (n_x,) array
        Hubble rate [MeV].
    potential : (n_x, N) array
        V_s of secret interactions [MeV].
    collisions : (n_x, N) array
        Gamma_s, the rate of all secret collisions of a sterile neutrino [MeV].
    splitting : (n_x, N, 3) array
        H_ss - H_aa [MeV]; without interactions dm2_41 cos 2theta/(2p). It vanishes at resonances.
    rates : (n_x, N) array
        Stationary conversion rate R(y) [MeV].
    conversion : (n_x,) array
        R/H averaged over the number of neutrinos, weight y^2 f_FD(y).
    redshift, collisionality : (n,) arrays
        Redshift, and Gamma_s/H of collisions that change momenta, averaged over the number of sterile neutrinos: along
        the run (at most `boltzmann.dark.bath.MAX_RATE`, as in the equation) and then, with the final spectra and
        comoving bath, until today. Empty without secret interactions.
    thermal_mass : (n_x,) array
        Largest ratio of a mediator's thermal mass to its mass, 0 without.
    """

    hubble: Array
    potential: Array
    collisions: Array
    splitting: Array
    rates: Array
    conversion: Array
    redshift: Array
    collisionality: Array
    thermal_mass: Array


class _Rows(NamedTuple):
    """Terms of the equation at points of a run, over the Hubble rate; (n_x, N) arrays and more."""

    hubble: Array  # (n_x,) [MeV]
    H: Complex  # (n_x, N, 4, 4)
    damping: Array  # D_ab of weak collisions over its coefficient
    sterile: Array  # rho_ss
    potential: Array  # V_s
    secret: Array  # Gamma_s, of all collisions
    changing: Array  # that of collisions that change momenta


def _rows(x: Array, states: Array, tables: Tables) -> _Rows:
    """Return the terms at points ``x`` (n_x,) of a run."""
    work, rows = workspace(tables), np.zeros((5, x.size, tables.grid.y.size))
    hubble, H = np.empty(x.size), np.empty((x.size, *work.H.shape), complex)
    fill_history(np.log(x), states, tables, work, hubble, H, rows)
    return _Rows(hubble, H, *rows)


def _stationary(damping: Array, mixing: Array, splitting: Array) -> Array:
    """Return the stationary rate R (...) of arrays (..., 3) D, V and H_ss - H_aa; zero if all vanish."""
    total = damping**2 + splitting**2 + mixing**2
    return np.asarray((0.5 * damping * mixing**2 / np.where(total > 0.0, total, 1.0)).sum(axis=-1))


def _rates(rows: _Rows, tables: Tables) -> tuple[Array, Array, Array]:
    """Return H_ss - H_aa (n_x, N, 3), R (n_x, N), and R averaged over the number of neutrinos (n_x,)."""
    levels = np.diagonal(rows.H, axis1=2, axis2=3).real
    splitting = levels[..., N_ACTIVE:] - levels[..., :N_ACTIVE]
    weak = rows.damping[..., None] * tables.damping.coefficient[:N_ACTIVE, N_ACTIVE]
    rates = _stationary(weak + 0.5 * rows.secret[..., None], 2.0 * np.abs(rows.H[..., :N_ACTIVE, N_ACTIVE]), splitting)
    weight = tables.grid.w * tables.grid.y**2 * tables.grid.f
    return splitting, rates, rates @ weight / weight.sum()


def _collisionality(rows: _Rows, grid: Grid) -> Array:
    """Return the rate of collisions that change momenta over the Hubble rate, averaged over sterile neutrinos, (n_x,).

    Zero where there are none.
    """
    weight = grid.w * grid.y**2 * np.maximum(rows.sterile, 0.0)
    total = weight.sum(axis=1)
    return np.asarray((weight * rows.changing).sum(axis=1) / np.where(total > 0.0, total, 1.0))


def follow(x: Array, z: Array, rho: Complex, bath: tuple[Array, ...], tables: Tables) -> SterileHistory:
    """Return the history of the sterile state of a run.

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
    # unscaled Hamiltonian, and damping rates also where the full collision matrix was used
    damping = tables.damping if tables.matrix is None else exact_damping(rho.shape[-1])
    unscaled = tables._replace(vacuum=tables.vacuum._replace(fastest=np.inf), matrix=None, damping=damping)
    rows = _rows(x, state_vectors(x, z, rho[:, 0], bath, unscaled), unscaled)
    (splitting, rates, conversion), hubble = _rates(rows, unscaled), rows.hubble[:, None]
    columns = rows.hubble, rows.potential * hubble, rows.secret * hubble, splitting * hubble[..., None], rates * hubble
    if tables.dark is None:
        return SterileHistory(*columns, conversion, np.empty(0), np.empty(0), np.zeros(x.size))
    T, mediators = np.exp(bath[0])[:, None] * M_E / x[:, None], tables.dark.bath
    thermal_mass = np.max(np.sqrt(mediators.debye) * T / mediators.mass, axis=1, initial=0.0)
    end = bath[0][-1:], bath[1][-1:]
    after, collisions = _collisions_until_today(x[-1], z[-1], rho[-1, 0], end, unscaled, tables.dark)
    redshift = after[-1] / np.concatenate([x, after]) - 1.0
    along_run = _collisionality(rows, unscaled.grid)
    return SterileHistory(*columns, conversion, redshift, np.append(along_run, collisions), thermal_mass)


def late_hubble(redshift: Array, neutrinos: float) -> Array:
    """Return the Hubble rate [MeV] of flat LCDM (arXiv:1807.06209) with massless neutrinos, N_eff = ``neutrinos``."""
    radiation = np.pi**2 / 15.0 + NEUTRINO_DENSITY * (4.0 / 11.0) ** (4.0 / 3.0) * neutrinos
    omega_r = radiation * T_TODAY**4 / (HUBBLE_TODAY * HUBBLE_MASS) ** 2
    a = 1.0 / (1.0 + redshift)
    return np.asarray(HUBBLE_TODAY * np.sqrt(omega_r / a**4 + OMEGA_M / a**3 + 1.0 - omega_r - OMEGA_M))


def _collisions_until_today(
    x: float, z: float, rho: Complex, bath: tuple[Array, ...], tables: Tables, sector: DarkSector
) -> tuple[Array, Array]:
    """Return x = m_e a and Gamma_s/H from the run's end until today, with the spectra and T_s a of its end.

    Mediators that are left then go with that T_s; the heat of their decays is neglected.
    """
    today = z * M_E / T_TODAY
    after = np.geomspace(x, today, LATE_POINTS + 1)[1:]
    massless = tables._replace(dark=sector._replace(heavy=0.0, matter=0.0))
    held = tuple(np.broadcast_to(part, after.shape) for part in bath)
    states = state_vectors(
        after, np.full(after.shape, z), np.broadcast_to(rho, (after.size, *rho.shape)), held, massless
    )
    rows = _rows(after, states, massless)
    rates = _collisionality(rows, massless.grid) * rows.hubble
    # the radiation of the run's end: photons and N_eff neutrinos
    density = (rows.hubble[-1] * HUBBLE_MASS * (after[-1] / M_E) ** 2) ** 2 / z**4 - np.pi**2 / 15.0
    neutrinos = density / (NEUTRINO_DENSITY * (4.0 / 11.0) ** (4.0 / 3.0))
    return after, rates / late_hubble(today / after - 1.0, neutrinos)


def crossings(T: Array, values: Array, upwards: bool) -> Array:
    """Return the temperatures at which ``values`` > 0 cross 1 upwards (or downwards) with falling ``T``.

    Interpolated linearly in both logarithms; none where the values begin on the other side.
    """
    with np.errstate(divide="ignore"):
        level = np.maximum(np.log(values), -700.0)
    return _sign_changes(T, level if upwards else -level)


def _sign_changes(T: Array, values: Array) -> Array:
    """Return the temperatures at which ``values`` change from negative to positive, by interpolation in ln T."""
    before = np.flatnonzero((values[:-1] < 0.0) & (values[1:] >= 0.0))
    part = values[before] / (values[before] - values[before + 1])
    return np.asarray(np.exp((1.0 - part) * np.log(T[before]) + part * np.log(T[before + 1])))


def resonances(T: Array, splitting: Array) -> tuple[Array, ...]:
    """Return for each momentum the temperatures, falling, at which ``splitting`` (n_x, N) changes its sign."""
    return tuple(
        np.sort(np.concatenate([_sign_changes(T, column), _sign_changes(T, -column)]))[::-1] for column in splitting.T
    )


def most_mixed(U: Complex) -> int:
    """Return the active flavour with the largest |U_a4|^2."""
    return int(np.argmax(np.abs(U[:N_ACTIVE, -1])))


def large_thermal_mass(T: Array, thermal_mass: Array) -> float:
    """Return the temperature above which M < e_s T_s for a vector, that is a thermal mass of M/sqrt6; NaN if never."""
    found = crossings(T, np.sqrt(6.0) * thermal_mass, upwards=False)
    return float(found[-1]) if found.size else float("nan")


def free_streaming_redshift(redshift: Array, collisionality: Array) -> float:
    """Return the redshift below which ``collisionality`` = Gamma_s/H stays below 1 until today.

    inf if it was below 1 all along, 0 if it is above 1 today.
    """
    if collisionality[-1] >= 1.0:
        return 0.0
    found = crossings(1.0 + redshift, collisionality, upwards=False)
    return float(found[-1]) - 1.0 if found.size else float("inf")


class Facts(NamedTuple):
    """The numbers that the words about a dark sector rest on."""

    sterile_bbn: float  # energy of sterile neutrinos and mediators at T = 1 MeV, in standard neutrinos
    sterile_end: float  # contribution of the sterile flavour to N_eff
    active_end: float  # mean contribution of an active flavour
    mediators_end: float  # contribution of the mediators
    recoupling: tuple[float, ...]  # T_gamma [MeV] at which conversion became faster than the expansion
    T_end: float  # [MeV]
    changing: bool  # whether the run had to end while active and dark sectors exchanged energy
    mass: float  # m_4/T_end
    collisionality: float  # today
    redshift: float  # of free streaming
    thermal_mass: float  # T_gamma [MeV] above which e_s T_s > M, nan if never


def _production(facts: Facts) -> str:
    if np.isnan(facts.sterile_bbn):
        return "The run ended before T = 1 MeV"
    held = f"at T = 1 MeV sterile neutrinos and mediators hold {facts.sterile_bbn:.3f} of a neutrino"
    for limit, words in ((0.3, "was suppressed"), (0.8, "was partial")):
        if facts.sterile_bbn < limit:
            return f"Production before decoupling {words}: {held}"
    return f"The sterile state was thermalised before decoupling: {held}"


def _conversion(facts: Facts) -> str:
    share = facts.sterile_end / facts.active_end
    result = "equilibrated with the active ones" if share > 0.9 else f"reached {share:.2f} of an active flavour"
    if not facts.recoupling:
        return f"Conversion was always slower than the expansion; the sterile state {result}"
    temperatures = ", ".join(f"{T:.3g}" for T in facts.recoupling)
    return f"Conversion became faster than the expansion at T = {temperatures} MeV; the sterile state {result}"


def _today(facts: Facts) -> str:
    if facts.redshift == 0.0:
        return f"Sterile neutrinos still collide today, Gamma_s/H = {facts.collisionality:.2g}"
    if np.isinf(facts.redshift):
        return "Sterile neutrinos streamed freely all along"
    return (
        f"Sterile neutrinos stream freely since redshift {facts.redshift:.2g} (massless; nu_4 scatters less when slow)"
    )


def _remarks(facts: Facts) -> list[str]:
    """Return what limits the validity of the numbers."""
    remarks = []
    if np.isfinite(facts.thermal_mass):
        remarks.append(
            f"Rates are approximate above T = {facts.thermal_mass:.3g} MeV, where the mediator's thermal mass matters"
        )
    if facts.changing:
        remarks.append(f"The run ended at T = {facts.T_end * 1e6:.3g} eV while the sterile state was still changing")
    if facts.mass > SLOW:
        remarks.append(f"There m_4 = {facts.mass:.2g} T: N_eff counts the momenta of nu_4, without its mass")
    return remarks


def describe(facts: Facts) -> str:
    """Return a few sentences on the regime of a dark sector."""
    left = "are left" if facts.mediators_end > 1e-4 else "have gone"
    sentences = [
        _production(facts),
        _conversion(facts),
        f"At the end mediators {left} ({facts.mediators_end:.4f} of N_eff)",
        _today(facts),
        *_remarks(facts),
    ]
    return ". ".join(sentences) + "."
