"""Whether the solution nu = nubar is stable against a lepton asymmetry: the rate at which a small one grows.

A run follows one sign, nu = nubar, which is always a solution. An asymmetry l_a = n_a - nbar_a of the active flavours,
and n_s - nbar_s = -SUM l_a (weak and secret collisions and mixing conserve the sum), shifts the levels of neutrinos and
antineutrinos apart; the sterile level, relative to that of flavour a, by +w_a for nu and -w_a for nubar::

    w_a(k) = C(k) (n_s - nbar_s) - sqrt2 G_F (l_a + SUM_b l_b)

with C of the secret interaction (`boltzmann.dark.odd`) and the neutrinos' own Z exchange: direct with all flavours,
crossed with their own (Notzold & Raffelt, Nucl. Phys. B307 (1988) 924). Linearised, with the stationary conversion
rate R_a of `boltzmann.kinetics.sterile_history`, V = H_ss - H_aa (derived)::

    d l_a/dt = - int d^3k/(2 pi)^3 [2 w_a (dR_a/dV) (f_a - f_s) + R_a (delta f_a - delta f_s)] = SUM_b K_ab l_b

where delta f have the spectra to which collisions relax them. The growth rate is the largest real part of an
eigenvalue of K. For one flavour it is 2 (C + 2 sqrt2 G_F) int (dR/dV)(f_a - f_s) - 2 <R>. dR/dV = -2 V R/(D^2 + V_a^2
+ V^2): an asymmetry grows where V < 0 and f_a > f_s. At a resonance the two sides of V = 0 cancel up to the slope.

An asymmetry that grows as fast as coherences are damped finds them not stationary. With d/dt = gamma in the linearised
equations of both signs (derived: Bloch vectors, sigma_z relaxing like sigma_x)::

    dR/dV -> - (V_a^2/2) V (2 D + gamma)/[(D^2 + V_a^2 + V^2)((D + gamma)^2 + V_a^2 + V^2)]

more by 1 + gamma/2D far from resonance, where levels are followed adiabatically, and less in it. The product is
replaced by [W^2 + V^2]^2 with W the mean of both widths: exact in the wings, and in the integral over a resonance that
is linear in V. And f_a - f_s of momenta that convert faster than they are refilled gives way: what flows changes by

    delta[R (f_a - f_s)] = delta R (f_a - f_s)/[1 + R/(gamma + R_a + H) + R/(gamma + Gamma_s + H)]

(derived, from the linearised rate equations of f_a and f_s at their momentum; H stands for the expansion, which moves
levels), and R (delta f_a - delta f_s) likewise. The growth rate is then the largest root of gamma = rate(gamma).

Where secret collisions destroy n_s - nbar_s at a rate Gamma (a pseudoscalar's), it is not -SUM l_a but gamma/(gamma +
Gamma) of that (derived: its rate equation, growing at gamma), and what is proportional to it is as much smaller.

Not followed: coherent conversion while a resonance crosses a momentum (R is that of a state at rest), flavour
coherences of the asymmetry, and the spectrum below the first node, where f_a - f_s is what refilling leaves of it.
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
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.momentum import Grid, fermi_dirac
from boltzmann.observables import energy_density

UNSTABLE = 25.0  # exponent from which an asymmetry of 1e-10 or less, as that of baryons, has become large
_SPACING = 0.08  # in ln x, of the points of a run that are looked at where no resonance sweeps momenta
_PARTS = 3  # segments between two momenta
_BELOW = 2.0 ** np.arange(-6.0, -0.25, 0.5)  # momenta over the first node: resonances come from there, or go there
_TRIED = np.geomspace(0.1, 1e8, 10)  # growth rates over the Hubble rate between which the root is looked for
_EQUAL = 3e-3  # of f_FD: no larger asymmetry comes of a smaller f_a - f_s, and 0.003 in N_eff is not seen
_UNMIXED = 1e-6  # of the largest mixing: rounding
_BLOCKED = np.linspace(np.log(1e-3), np.log(100.0), 400)  # ln(p/T) of the table of the weak rate


class Levels(NamedTuple):
    """What the rates are made of, on momenta k_j (m,) at points of a run (n_x,), over the Hubble rate.

    Last axis: active flavours.
    """

    y: Array  # (m,)
    splitting: Array  # (n_x, m, 3) V
    mixing: Array  # (n_x, m, 3) V_a
    refill_a: Array  # (n_x, m, 3) R_a
    refill_s: Array  # (n_x, m, 1) Gamma_s
    contrast: Array  # (n_x, m, 3) (f_a - f_s) times the number of states per dy [MeV^3]
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
    """Return R_a of weak collisions over the Hubble rate, (n_x, N, 3): twice the damping D_as."""
    damping: Damping = tables.damping if tables.matrix is None else exact_damping(tables.n_states)
    blocked = np.interp(np.log(y / z[:, None]), _BLOCKED, _blocked_rate()) if damping.exact else 1.0
    on = tables.modes.weak * (x < X_WEAK)
    common = on * (M_E / x) ** 5 * z**4 * G_F**2 / (8.0 * np.pi**3 * hubble)
    rate = common[:, None] * y * blocked
    return np.asarray(2.0 * rate[..., None] * damping.coefficient[:N_ACTIVE, N_ACTIVE])


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
    weak = _weak_rates(x, z, hubble, grid.y, tables)
    y, levels = _points(grid), np.diagonal(H, axis1=2, axis2=3).real
    smooth = _levels_matrix(grid.y, y) / y[:, None]  # of y times levels
    linear = np.stack([np.interp(y, grid.y, row) for row in np.eye(grid.y.size)], axis=1)
    g = np.diagonal(rho, axis1=2, axis2=3).real / grid.f[:, None]
    contrast = g[..., :N_ACTIVE] - g[..., N_ACTIVE:]
    contrast = np.sign(contrast) * np.maximum(np.abs(contrast) - _EQUAL, 0.0)
    states_per_y = (M_E / x)[:, None] ** 3 * y**2 * fermi_dirac(y) / (2.0 * np.pi**2)
    T_s = np.exp(bath[0]) * M_E / x
    k = y * M_E / x[:, None]
    C = sum((odd_coefficient(each, k, T_s[:, None]) for each in odd), np.zeros(k.shape))
    weight = grid.y[:, None]
    found = Levels(
        y=y,
        splitting=smooth @ (weight * (levels[..., N_ACTIVE:] - levels[..., :N_ACTIVE])),
        mixing=smooth @ (weight * 2.0 * np.abs(H[..., :N_ACTIVE, N_ACTIVE])),
        refill_a=y[:, None] * (linear @ (weak / weight)),
        refill_s=y[:, None] * (linear @ (2.0 * secret[..., None] / weight)),
        contrast=states_per_y[..., None] * (linear @ contrast),
        shape_a=_density(y, y / z[:, None]),
        shape_s=_density(y, y * np.exp(-bath[0])[:, None] - bath[1][:, None]),
        secret=C / hubble[:, None],
        standard=np.sqrt(2.0) * G_F / hubble,
        flips=sum((flip_rate(each, T_s) for each in odd), np.zeros(x.size)) * np.exp(bath[1]) / hubble,
    )
    return found._replace(contrast=found.contrast * _left_below(found))


def _rate(levels: Levels) -> Array:
    """Return R_a over the Hubble rate, (n_x, m, 3)."""
    damping = 0.5 * (levels.refill_a + levels.refill_s)
    return 0.5 * damping * levels.mixing**2 / (damping**2 + levels.mixing**2 + levels.splitting**2)


def _left_below(levels: Levels) -> Array:
    """Return f_a - f_s below the first node over that at the node: what refilling and expansion leave of it."""
    left = np.asarray(1.0 / (1.0 + _rate(levels) / (1.0 + levels.refill_a)))
    first = _BELOW.size
    left[:, :first] /= left[:, first : first + 1]
    left[:, first:] = 1.0
    return left


def _integrals(y: Array, V: Array, width: Array) -> tuple[Array, Array]:
    """Return weights of int dy A/(W^2 + V^2) and int dy 2 A V/(W^2 + V^2)^2 as sums over A at ``y``, (n_x, m, 3) each.

    V and A are linear in y on each segment and W is constant: closed forms, for resonances may be narrower than
    segments.
    """
    W, first, dV = 0.5 * (width[:, 1:] + width[:, :-1]), V[:, :-1], np.diff(V, axis=1)
    least = 1e-7 * np.hypot(W, V[:, 1:])
    dV = np.where(np.abs(dV) < least, least, dV)
    last = first + dV
    below, above = W**2 + first**2, W**2 + last**2
    angle = np.arctan2(W * dV, W**2 + first * last) / (W * dV)  # of the arcs tangent of V/W
    part = (0.5 * np.log(above / below) / dV - first * angle) / dV
    scale = np.diff(y)[:, None] / dV
    area, odd = np.zeros(V.shape), np.zeros(V.shape)
    area[:, :-1] = scale * dV * (angle - part)
    area[:, 1:] += scale * dV * part
    odd[:, :-1] = scale * (1.0 / below - angle)
    odd[:, 1:] -= scale * (1.0 / above - angle)
    return area, odd


def _matrix(levels: Levels, gamma: float, yielding: bool = True) -> tuple[Array, Array]:
    """Return K over the Hubble rate for growth at ``gamma``: what is in every column, and on the diagonal besides.

    (n_x, flavours) each, rows a of K_ab. Without ``yielding``, f_a - f_s does not give way.
    """
    damping, mixing = 0.5 * (levels.refill_a + levels.refill_s), levels.mixing
    width = 0.5 * (np.hypot(damping, mixing) + np.hypot(damping + gamma, mixing))
    response = 0.5 * (damping + 0.5 * gamma) * mixing**2
    if yielding:
        rate = _rate(levels)
        response /= 1.0 + rate / (1.0 + gamma + levels.refill_a) + rate / (1.0 + gamma + levels.refill_s)
    area, odd = (response * weights for weights in _integrals(levels.y, levels.splitting, width))
    odd *= levels.contrast
    from_a, from_s = (np.einsum("xya,xy->xa", area, shape) for shape in (levels.shape_a, levels.shape_s))
    by_secret = -np.einsum("xya,xy->xa", odd, levels.secret)
    by_standard = -odd.sum(axis=1) * levels.standard[:, None]
    kept = (gamma + _TRIED[0]) / (gamma + _TRIED[0] + levels.flips)[:, None]
    return kept * (2.0 * by_secret - from_s) + 2.0 * by_standard, 2.0 * by_standard - from_a


def _largest(levels: Levels, gamma: float) -> Array:
    """Return the largest real part of an eigenvalue of K for growth at ``gamma``, over the Hubble rate, (n_x,)."""
    shared, own = _matrix(levels, gamma)
    if own.shape[1] == 0:  # nothing mixes
        return np.zeros(own.shape[0])
    if own.shape[1] == 1:
        return np.asarray((shared + own)[:, 0])
    K = shared[..., None] + own[..., None] * np.eye(own.shape[1])
    return np.asarray(np.linalg.eigvals(K).real.max(axis=1))


def _might_grow(levels: Levels) -> NDArray[np.bool_]:
    """Return where an asymmetry might grow at `_TRIED`: nowhere, if it does not with f_a - f_s as it is, (n_x,)."""
    shared, own = _matrix(levels, 0.0, yielding=False)
    return np.asarray(np.abs(shared).sum(axis=1) + np.abs(own).sum(axis=1) > _TRIED[0])


def at_points(levels: Levels, chosen: NDArray[Any]) -> Levels:
    """Return the levels of some points of a run: ``chosen`` are their indices, or a mask."""
    return Levels(levels.y, *(part[chosen] for part in levels[1:]))


def _first_tried(levels: Levels) -> NDArray[np.int_]:
    """Return the index of `_TRIED` from which on rate(gamma) is below gamma for certain, (n_x,).

    With W >= D + gamma/2 and 2 V/(W^2 + V^2)^2 <= 0.65/W^3, and 1/(W^2 + V^2) <= 1/W^2, the sum of the moduli of K is
    at most 1.3 Q/gamma^2 + P/gamma (derived), Q and P as here; on a segment all of it counts with its larger end.
    """
    most = 2.0 * np.abs(levels.secret) + 4.0 * levels.standard[:, None]
    at = levels.mixing**2 * np.abs(levels.contrast) * most[..., None]
    shapes = (levels.shape_a + levels.shape_s)[..., None] * levels.mixing**2
    Q, P = (np.diff(levels.y) @ np.maximum(part[:, 1:], part[:, :-1]).sum(axis=2).T for part in (at, shapes))
    above = 1.3 * Q / _TRIED[:, None] ** 2 + P / _TRIED[:, None] >= _TRIED[:, None]
    return np.asarray(np.minimum(above.sum(axis=0), _TRIED.size - 1))  # the bound over gamma falls


def _largest_roots(levels: Levels) -> Array:
    """Return the largest root of gamma = rate(gamma), (n_x,), NaN where there is none above the first of `_TRIED`.

    From the largest of `_TRIED` that may matter down, until a rate is above it: between the two ln(rate/gamma) is
    linear in ln gamma.
    """
    root, first = np.full(levels.standard.size, np.nan), _first_tried(levels)
    beyond = np.full(root.size, np.nan)  # ln(rate/gamma) at the gamma tried before
    for j in range(_TRIED.size - 1, -1, -1):
        due = np.flatnonzero(np.isnan(root) & (j <= first))
        here = np.log(np.maximum(_largest(at_points(levels, due), float(_TRIED[j])), 1e-300) / _TRIED[j])
        found = here > 0.0
        before, beyond[due] = beyond[due][found], here
        share = np.where(np.isnan(before), 0.0, here[found] / (here[found] - before))
        root[due[found]] = _TRIED[j] * (_TRIED[1] / _TRIED[0]) ** share
    return root


def _of_mixed(levels: Levels) -> Levels:
    """Return the levels of the flavours that mix."""
    largest = levels.mixing.max(axis=(0, 1))
    mixed = largest > _UNMIXED * largest.max()
    of_flavours = ("splitting", "mixing", "refill_a", "contrast")
    return levels._replace(**{name: getattr(levels, name)[..., mixed] for name in of_flavours})


def growth_rate(levels: Levels) -> Array:
    """Return the rate over the Hubble rate at which a small lepton asymmetry grows (below zero: is damped), (n_x,)."""
    levels = _of_mixed(levels)
    rate, fast = np.full(levels.standard.size, np.nan), np.flatnonzero(_might_grow(levels))
    rate[fast] = _largest_roots(at_points(levels, fast))
    slow = np.flatnonzero(np.isnan(rate))
    stationary = _largest(at_points(levels, slow), 0.0)
    rate[slow] = np.where(np.isin(slow, fast), np.minimum(stationary, _TRIED[0]), stationary)
    return rate


def is_swept(levels: Levels) -> NDArray[np.bool_]:
    """Return where along a run a resonance lies among the momenta, (n_x,).

    There the rate changes with every momentum that the resonance passes: of -1 eV^2, |U_e4|^2 = 0.01 it jumps between
    12 and 140 Hubble rates from one step to the next, and an integral over points 0.08 apart in ln x was 12, or 33 with
    another rounding that moved the points; over all steps 17.6 and 18.2, and 18.5, 17.8, 17.9 with 24, 28, 40 momenta.
    """
    V = _of_mixed(levels).splitting
    return np.asarray(((V.min(axis=1) < 0.0) & (V.max(axis=1) > 0.0)).any(axis=-1))


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
    integrand = 2.0 * levels.refill_s[..., 0] * (0.5 * mass / k) ** 2 * levels.shape_s
    return np.asarray(np.trapezoid(integrand, levels.y, axis=1))


def looked_at(x: Array, swept: NDArray[np.bool_] | None = None) -> Array:
    """Return the indices of points of a run that `growth_rate` need be known at: until weak collisions have ended.

    All where a resonance sweeps momenta (``swept``, see `is_swept`), elsewhere a few.
    """
    s, found = np.log(x), [0]
    for i in range(1, x.size):
        is_due = s[i] - s[found[-1]] >= _SPACING or (swept is not None and swept[i])
        if x[i] < X_WEAK and is_due:
            found.append(i)
    return np.array(found)


def _step(before: float, after: float, h: float) -> float:
    """Return the integral over a step of a rate that is exponential, or linear where it changes its sign."""
    if before > 0.0 and after > 0.0 and abs(after / before - 1.0) > 1e-6:
        return h * (after - before) / float(np.log(after / before))
    return 0.5 * h * (before + after)


def growth_exponent(s: Array, rate: Array) -> Array:
    """Return the exponent along a run: the largest integral of ``rate`` over any time until now, at least 0.

    An asymmetry is never below what drives it (baryons, charged leptons, earlier conversion): damping leads back to
    that, so that E(s) = max over s_0 <= s of int_(s_0)^s rate ds, by E_i+1 = max(0, E_i + step).

    Parameters
    ----------
    s : (n_x,) array
        ln x.
    rate : (n_x,) array
        Over the Hubble rate; between points it is exponential in s, or linear where it changes its sign.
    """
    total = np.zeros(s.size)
    for i in range(1, s.size):
        total[i] = max(0.0, total[i - 1] + _step(rate[i - 1], rate[i], s[i] - s[i - 1]))
    return total


def passing(s: Array, rate: Array, exponent: Array, value: float) -> float:
    """Return s at which the exponent first passes ``value``, NaN if it does not; arguments of `growth_exponent`."""
    above = np.flatnonzero(exponent > value)
    if above.size == 0:
        return float("nan")
    i = int(above[0])
    low, high = 0.0, 1.0
    for _ in range(40):
        t = 0.5 * (low + high)
        both_grow = rate[i - 1] > 0.0 and rate[i] > 0.0
        now = rate[i - 1] * (rate[i] / rate[i - 1]) ** t if both_grow else rate[i - 1] + t * (rate[i] - rate[i - 1])
        reached = exponent[i - 1] + _step(rate[i - 1], now, t * (s[i] - s[i - 1]))
        low, high = (t, high) if reached < value else (low, t)
    return float(s[i - 1] + high * (s[i] - s[i - 1]))
