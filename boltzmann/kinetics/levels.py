"""What the growth rate of a lepton asymmetry is made of: levels, rates, populations along a run, between momenta too.

The equations are those of `boltzmann.kinetics.asymmetry`.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from boltzmann.collisions.damping import Damping, exact_damping, loss_function
from boltzmann.constants import G_F, HUBBLE_MASS, M_E
from boltzmann.dark.odd import OddPotential, flip_rate, odd_coefficient
from boltzmann.kinetics.evolution import state_vectors
from boltzmann.kinetics.layout import DARK, N_ACTIVE, PLASMA
from boltzmann.kinetics.tables import Tables, workspace
from boltzmann.kinetics.terms import X_WEAK, fill_hamiltonians
from boltzmann.numerics import spline
from boltzmann.numerics.arrays import Array, Complex, Mask
from boltzmann.numerics.momentum import Grid, fermi_dirac
from boltzmann.observables import energy_density

_PARTS = 3  # segments between two momenta
_BELOW = 2.0 ** np.arange(-6.0, -0.25, 0.5)  # momenta over the first node: resonances come from there, or go there
_EQUAL = 3e-3  # of f_FD: no larger asymmetry comes of a smaller f_a - f_s, and 0.003 in N_eff is not seen
_UNMIXED = 1e-6  # of the largest mixing: rounding
_BLOCKED = np.linspace(np.log(1e-3), np.log(100.0), 400)  # ln(p/T) of the table of the weak rate


class Levels(NamedTuple):
    """What the rates are made of at points of a run (n_x,), on momenta k_j (m,), over the Hubble rate.

    Axes: points, active flavours f, momenta.
    """

    y: Array  # (m,)
    splitting: Array  # (n_x, f, m) V
    mixing: Array  # (n_x, f, m) V_a
    refill_a: Array  # (n_x, f, m) R_a
    refill_s: Array  # (n_x, 1, m) Gamma_s
    contrast: Array  # (n_x, f, m) (f_a - f_s) times the number of states per dy [MeV^3]
    shape_a: Array  # (n_x, m) spectrum of l_a per dy, integral 1
    shape_s: Array  # (n_x, m) spectrum of n_s - nbar_s per dy, integral 1
    secret: Array  # (n_x, m) C [MeV^-3 of H]
    standard: Array  # (n_x,) sqrt2 G_F, likewise
    flips: Array  # (n_x,) rate at which secret collisions destroy n_s - nbar_s


@lru_cache(maxsize=1)
def _blocked_rate() -> Array:
    """Return d(p/T) of `boltzmann.collisions.damping` on _BLOCKED."""
    return np.array([loss_function(float(p)) for p in np.exp(_BLOCKED)])


def _weak_rates(x: Array, z: Array, hubble: Array, y: Array, tables: Tables) -> Array:
    """Return R_a of weak collisions over the Hubble rate, (n_x, 3, N): twice the damping D_as."""
    damping: Damping = tables.damping if tables.matrix is None else exact_damping(tables.n_states)
    blocked = np.interp(np.log(y / z[:, None]), _BLOCKED, _blocked_rate()) if damping.exact else 1.0
    on = tables.modes.weak * (x < X_WEAK)
    common = on * (M_E / x) ** 5 * z**4 * G_F**2 / (8.0 * np.pi**3 * hubble)
    rate = common[:, None] * y * blocked
    return np.asarray(2.0 * rate[:, None] * damping.coefficient[:N_ACTIVE, N_ACTIVE, None])


def _points(grid: Grid) -> Array:
    """Return momenta: `_BELOW` under the first node, and `_PARTS` segments between two nodes."""
    between = np.linspace(grid.y[:-1], grid.y[1:], _PARTS, endpoint=False).T.ravel()
    return np.concatenate([_BELOW * grid.y[0], between, grid.y[-1:]])


def _levels_matrix(nodes: Array, y: Array) -> Array:
    """Return the matrix that takes y V at the nodes to y V at ``y``: a spline, below the first node linear in y^2.

    There y V is a vacuum term and a potential linear in y.
    """
    matrix = spline.matrix(nodes, y).copy()
    below = y < nodes[0]
    share = (nodes[1] ** 2 - y[below] ** 2) / (nodes[1] ** 2 - nodes[0] ** 2)
    matrix[below] = 0.0
    matrix[below, 0], matrix[below, 1] = share, 1.0 - share
    return matrix


def _density(y: Array, level: Array) -> Array:
    """Return the spectrum per dy of an asymmetry f(1 - f) at y/z = ``level`` (n_x, m), with integral 1."""
    shape = y**2 * fermi_dirac(level) * fermi_dirac(-level)
    middle = 0.5 * (shape[:, 1:] + shape[:, :-1])
    return np.asarray(shape / (middle @ np.diff(y) + 1e-300)[:, None])


def _on(matrix: Array, nodes: Array) -> Array:
    """Return ``nodes`` (n_x, f, N) times a ``matrix`` (N, m) that takes them to other momenta, (n_x, f, m)."""
    return np.asarray((nodes.reshape(-1, nodes.shape[-1]) @ matrix).reshape(*nodes.shape[:-1], -1))


def _contrast(rho: Complex, f: Array) -> Array:
    """Return (f_a - f_s)/f_FD, less what does not count, (n_x, 3, N)."""
    g = np.diagonal(rho, axis1=2, axis2=3).real.swapaxes(1, 2) / f
    contrast = g[:, :N_ACTIVE] - g[:, N_ACTIVE:]
    return np.asarray(np.sign(contrast) * np.maximum(np.abs(contrast) - _EQUAL, 0.0))


def fill_levels(
    x: Array, z: Array, rho: Complex, bath: tuple[Array, ...], tables: Tables, odd: tuple[OddPotential, ...]
) -> Levels:
    """Return `Levels` along a run.

    Parameters
    ----------
    x, z : (n_x,) arrays
        m_e a and T_gamma a.
    rho : (n_x, N, 4, 4) array
        Density matrices.
    bath : tuple of (n_x,) arrays
        ln z_s and eta of the dark bath; zeros without.
    tables : Tables
        Those of the run.
    odd : tuple of OddPotential
        Those of the mediators; that of the Standard Model is always there.
    """
    grid, states = tables.grid, state_vectors(x, z, rho, bath, tables)
    H, secret = np.empty(rho.shape, complex), np.empty(rho.shape[:2])
    unscaled = tables._replace(vacuum=tables.vacuum._replace(fastest=np.inf))
    fill_hamiltonians(np.log(x), states, unscaled, workspace(unscaled), H, secret)
    neutrinos = energy_density(grid.y, grid.w, np.trace(rho, axis1=-2, axis2=-1).real)
    hubble = (M_E / x) ** 2 * np.sqrt(states[:, -PLASMA] + states[:, -DARK] + neutrinos) / HUBBLE_MASS
    y, diagonal = _points(grid), np.diagonal(H, axis1=2, axis2=3).real.swapaxes(1, 2)
    smooth = (_levels_matrix(grid.y, y) * grid.y / y[:, None]).T  # by y times levels
    linear = np.stack([np.interp(y, grid.y, row) for row in np.eye(grid.y.size)])
    over_y = linear / grid.y[:, None] * y
    states_per_y = (M_E / x)[:, None] ** 3 * y**2 * fermi_dirac(y) / (2.0 * np.pi**2)
    T_s = np.exp(bath[0]) * M_E / x
    k = y * M_E / x[:, None]
    C = sum((odd_coefficient(each, k, T_s[:, None]) for each in odd), np.zeros(k.shape))
    found = Levels(
        y=y,
        splitting=_on(smooth, diagonal[:, N_ACTIVE:] - diagonal[:, :N_ACTIVE]),
        mixing=_on(smooth, 2.0 * np.abs(H[..., :N_ACTIVE, N_ACTIVE]).swapaxes(1, 2)),
        refill_a=_on(over_y, _weak_rates(x, z, hubble, grid.y, tables)),
        refill_s=_on(over_y, 2.0 * secret[:, None]),
        contrast=states_per_y[:, None] * _on(linear, _contrast(rho, grid.f)),
        shape_a=_density(y, y / z[:, None]),
        shape_s=_density(y, y * np.exp(-bath[0])[:, None] - bath[1][:, None]),
        secret=C / hubble[:, None],
        standard=np.sqrt(2.0) * G_F / hubble,
        flips=sum((flip_rate(each, T_s) for each in odd), np.zeros(x.size)) * np.exp(bath[1]) / hubble,
    )
    return found._replace(contrast=found.contrast * _left_below(found))


def conversion(damping: Array, mixing_squared: Array, splitting: Array) -> Array:
    """Return the stationary rate R_a."""
    return 0.5 * damping * mixing_squared / (damping**2 + mixing_squared + splitting**2)


def _left_below(levels: Levels) -> Array:
    """Return f_a - f_s below the first node over that at the node: what refilling and expansion leave of it."""
    damping = 0.5 * (levels.refill_a + levels.refill_s)
    rate, first = conversion(damping, levels.mixing**2, levels.splitting), _BELOW.size
    left = np.asarray(1.0 / (1.0 + rate / (1.0 + levels.refill_a)))
    left[..., :first] /= left[..., first : first + 1]
    left[..., first:] = 1.0
    return left


def at_points(levels: Levels, chosen: NDArray[Any] | slice) -> Levels:
    """Return the levels of some points of a run: ``chosen`` are their indices, a mask or a slice."""
    return Levels(levels.y, *(part[chosen] for part in levels[1:]))


def of_mixed(levels: Levels) -> Levels:
    """Return the levels of the flavours that mix."""
    largest = levels.mixing.max(axis=(0, 2))
    mixed = largest > _UNMIXED * largest.max()
    if mixed.all():
        return levels
    of_flavours = ("splitting", "mixing", "refill_a", "contrast")
    return levels._replace(**{name: getattr(levels, name)[:, mixed] for name in of_flavours})


def is_swept(levels: Levels) -> Mask:
    """Return where along a run a resonance lies among the momenta, (n_x,).

    There the rate changes with every momentum that the resonance passes: of -1 eV^2, |U_e4|^2 = 0.01 it jumps between
    12 and 140 Hubble rates from one step to the next, and an integral over points 0.08 apart in ln x was 12, or 33 with
    another rounding that moved the points; over all steps 17.6 and 18.2, and 18.5, 17.8, 17.9 with 24, 28, 40 momenta.
    """
    V = of_mixed(levels).splitting
    return np.asarray(((V.min(axis=-1) < 0.0) & (V.max(axis=-1) > 0.0)).any(axis=-1))


def majorana_flips(levels: Levels, x: Array, mass: float) -> Array:
    """Return how often per Hubble time helicity flips destroy n_s - nbar_s of a Majorana nu_4, (n_x,).

    Its negative helicity is nu_s, its positive one nubar_s, and a vertex that keeps chirality joins both with the
    amplitude m/2k of the wrong chirality (of a free Dirac spinor, to first order in m/k), at either end: collisions
    flip with a probability of (m_4/2k)^2, to a factor of four, and each takes two of n_s - nbar_s (derived)::

        2 <Gamma_s(k) (m_4/2k)^2>,     the mean over a thermal asymmetry

    Parameters
    ----------
    levels : Levels
        At ``x`` (n_x,).
    mass : float
        m_4 [MeV].
    """
    k = levels.y * M_E / x[:, None]
    integrand = 2.0 * levels.refill_s[:, 0] * (0.5 * mass / k) ** 2 * levels.shape_s
    return np.asarray(np.trapezoid(integrand, levels.y, axis=1))
