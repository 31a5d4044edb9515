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

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from boltzmann.kinetics.levels import Levels, at_points, conversion, of_mixed
from boltzmann.kinetics.terms import X_WEAK
from boltzmann.numerics.arrays import Array, Mask

UNSTABLE = 25.0  # exponent from which an asymmetry of 1e-10 or less, as that of baryons, has become large
_SPACING = 0.08  # in ln x, of the points of a run that are looked at where no resonance sweeps momenta
_SWEPT = 0.004  # likewise where one does
_TRIED = np.geomspace(0.1, 1e8, 10)  # growth rates over the Hubble rate between which the root is looked for
_STEP = float(_TRIED[1] / _TRIED[0])
_FLAT = 1e-6  # of V, least that it changes by from one momentum to the next
_BLOCK = 128  # points at a time, whose arrays fit into a core's cache: four fifths of the time of all at once


class _Parts(NamedTuple):
    """What does not hang on gamma; axes as of `Levels`, with one segment less than momenta."""

    dy: Array  # (m - 1,)
    damping: Array  # (n_x, f, m) D
    width: Array  # (n_x, f, m) of a resonance where nothing grows, sqrt(D^2 + V_a^2)
    mixing_squared: Array  # (n_x, f, m) V_a^2
    rate: Array  # (n_x, f, m) R_a
    refill_a: Array  # (n_x, f, m)
    refill_s: Array  # (n_x, 1, m)
    contrast: Array  # (n_x, f, m)
    shape_a: Array  # (n_x, m)
    shape_s: Array  # (n_x, m)
    secret: Array  # (n_x, m)
    standard: Array  # (n_x,)
    flips: Array  # (n_x,)
    first: Array  # (n_x, f, m - 1) V at the lower end of a segment
    change: Array  # (n_x, f, m - 1) of V


def _parts(levels: Levels) -> _Parts:
    """Return what does not hang on gamma."""
    damping, V = 0.5 * (levels.refill_a + levels.refill_s), levels.splitting
    squared, first, change = levels.mixing**2, V[..., :-1].copy(), np.diff(V)
    least = _FLAT * np.abs(V[..., 1:]) + 1e-300
    return _Parts(
        dy=np.diff(levels.y),
        damping=damping,
        width=np.sqrt(damping**2 + squared),
        mixing_squared=squared,
        rate=conversion(damping, squared, V),
        refill_a=levels.refill_a,
        refill_s=levels.refill_s,
        contrast=levels.contrast,
        shape_a=levels.shape_a,
        shape_s=levels.shape_s,
        secret=levels.secret,
        standard=levels.standard,
        flips=levels.flips,
        first=first,
        change=np.where(np.abs(change) < least, least, change),
    )


def _some(parts: _Parts, chosen: NDArray[Any]) -> _Parts:
    """Return the parts of some points of a run."""
    return _Parts(parts.dy, *(part[chosen] for part in parts[1:]))


def _integrals(dy: Array, first: Array, change: Array, W: Array) -> tuple[Array, Array]:
    """Return weights of int dy A/(W^2 + V^2) and int dy 2 A V/(W^2 + V^2)^2 as sums over A, (n_x, f, m) each.

    V, from ``first`` on, and A are linear in y on each segment and W is constant, (n_x, f, m - 1) each: closed forms,
    for resonances may be narrower than segments.
    """
    last, square, scale = first + change, W * W, dy / change
    below, above, arc = square + first * first, square + last * last, W * change
    angle = np.arctan2(arc, square + first * last) / arc  # of the arcs tangent of V/W
    rise = change * (first + last)  # from below to above: of their ratio, near 1 or 0, the logarithm would lose digits
    logarithm = np.copysign(np.log1p(np.abs(rise) / np.minimum(below, above)), rise)
    part = (0.5 * logarithm / change - first * angle) / change
    shape = (*W.shape[:-1], W.shape[-1] + 1)
    area, odd = np.zeros(shape), np.zeros(shape)
    area[..., :-1] = dy * (angle - part)
    area[..., 1:] += dy * part
    odd[..., :-1] = scale * (1.0 / below - angle)
    odd[..., 1:] -= scale * (1.0 / above - angle)
    return area, odd


def _matrix(parts: _Parts, gamma: float, yielding: bool = True) -> tuple[Array, Array]:
    """Return K over the Hubble rate for growth at ``gamma``: what is in every column, and on the diagonal besides.

    (n_x, f) each, rows a of K_ab. Without ``yielding``, f_a - f_s does not give way.
    """
    width = 0.5 * (parts.width + np.sqrt((parts.damping + gamma) ** 2 + parts.mixing_squared))
    response = (0.5 * parts.damping + 0.25 * gamma) * parts.mixing_squared
    if yielding:
        response /= 1.0 + parts.rate / (parts.refill_a + (1.0 + gamma)) + parts.rate / (parts.refill_s + (1.0 + gamma))
    area, odd = _integrals(parts.dy, parts.first, parts.change, 0.5 * (width[..., 1:] + width[..., :-1]))
    area *= response
    odd *= response
    odd *= parts.contrast
    from_a, from_s = (np.einsum("xay,xy->xa", area, shape) for shape in (parts.shape_a, parts.shape_s))
    by_secret = -np.einsum("xay,xy->xa", odd, parts.secret)
    by_standard = -odd.sum(axis=-1) * parts.standard[:, None]
    kept = (gamma + _TRIED[0]) / (gamma + _TRIED[0] + parts.flips)[:, None]
    return kept * (2.0 * by_secret - from_s) + 2.0 * by_standard, 2.0 * by_standard - from_a


def _largest(shared: Array, own: Array) -> Array:
    """Return the largest real part of an eigenvalue of K = shared_a + own_a delta_ab, (n_x,)."""
    if own.shape[1] == 0:  # nothing mixes
        return np.zeros(own.shape[0])
    if own.shape[1] == 1:
        return np.asarray((shared + own)[:, 0])
    K = shared[..., None] + own[..., None] * np.eye(own.shape[1])
    return np.asarray(np.linalg.eigvals(K).real.max(axis=1))


def _at_most(shared: Array, own: Array) -> Array:
    """Return what the largest real part of an eigenvalue of K is at most, (n_x,).

    Eigenvalues k have SUM_a shared_a/(k - own_a) = 1; beyond the largest own_a, real parts of 1/(k - own_a) are from 0
    to 1/(Re k - own_a), so that Re k <= max own_a + SUM max(shared_a, 0) (derived).
    """
    return np.asarray(own.max(axis=1, initial=0.0) + np.maximum(shared, 0.0).sum(axis=1))


def _is_damped(levels: Levels) -> Mask:
    """Return where no asymmetry can grow at any gamma, (n_x,): nowhere V < 0 and f_a > f_s, or the reverse (derived).

    And nowhere its product with C. By `_at_most`, for what is then in K is below zero: the weights of `_integrals` of A
    and V that do not change their signs on a segment have the sign of V.
    """
    damped = np.ones(levels.standard.size, bool)
    for contrast in (levels.contrast, levels.contrast * levels.secret[:, None]):
        same, other = ((levels.splitting * sign >= 0.0) & (contrast * sign >= 0.0) for sign in (1.0, -1.0))
        whole = (same[..., 1:] & same[..., :-1]) | (other[..., 1:] & other[..., :-1])
        damped &= whole.all(axis=(1, 2))
    return damped


def might_grow(levels: Levels) -> Mask:
    """Return where a small lepton asymmetry might grow, (n_x,)."""
    return ~_is_damped(of_mixed(levels))


def _is_tried(parts: _Parts) -> Mask:
    """Return where an asymmetry might grow at `_TRIED`: nowhere, if it does not with f_a - f_s as it is, (n_x,)."""
    shared, own = _matrix(parts, 0.0, yielding=False)
    return np.asarray(np.abs(shared).sum(axis=1) + np.abs(own).sum(axis=1) > _TRIED[0])


def _first_tried(levels: Levels) -> NDArray[np.int_]:
    """Return the index of `_TRIED` from which on rate(gamma) is below gamma for certain, (n_x,).

    With W >= D + gamma/2 and 2 V/(W^2 + V^2)^2 <= 0.65/W^3, and 1/(W^2 + V^2) <= 1/W^2, the sum of the moduli of K is
    at most 1.3 Q/gamma^2 + P/gamma (derived), Q and P as here; on a segment all of it counts with its larger end.
    """
    most, squared = 2.0 * np.abs(levels.secret) + 4.0 * levels.standard[:, None], levels.mixing**2
    at = squared * np.abs(levels.contrast) * most[:, None]
    shapes = squared * (levels.shape_a + levels.shape_s)[:, None]
    Q, P = (np.maximum(part[..., 1:], part[..., :-1]).sum(axis=1) @ np.diff(levels.y) for part in (at, shapes))
    above = 1.3 * Q / _TRIED[:, None] ** 2 + P / _TRIED[:, None] >= _TRIED[:, None]
    return np.asarray(np.minimum(above.sum(axis=0), _TRIED.size - 1))  # the bound over gamma falls


def _excess(gamma: float, shared: Array, own: Array) -> Array:
    """Return ln(rate/gamma), (n_x,); far below zero where the rate is not above zero."""
    return np.asarray(np.log(np.maximum(_largest(shared, own), 1e-300) / gamma))


def _largest_roots(parts: _Parts, first: NDArray[np.int_]) -> Array:
    """Return the largest root of gamma = rate(gamma), (n_x,), NaN where there is none above the first of `_TRIED`.

    From that of `_TRIED` with the index ``first`` (n_x,) down, until a rate is above it: between the two ln(rate/gamma)
    is linear in ln gamma.
    """
    root, before = np.full(first.size, np.nan), np.zeros((2, *parts.rate.shape[:2]))  # K at the gamma tried before
    due, some = np.arange(first.size), parts
    for j, gamma in reversed(list(enumerate(_TRIED.tolist()))):
        now = np.flatnonzero(np.isnan(root) & (j <= first))
        due, some = now, some if np.array_equal(now, due) else _some(parts, now)
        K = np.stack(_matrix(some, gamma))
        doubtful = np.flatnonzero(_at_most(*K) > gamma)
        here = _excess(gamma, *K[:, doubtful])
        found = due[doubtful[here > 0.0]]
        here, there = here[here > 0.0], _excess(gamma * _STEP, *before[:, found])
        share = np.where(first[found] == j, 0.0, here / (here - there))
        root[found], before[:, due] = gamma * _STEP**share, K
    return root


def _rates(levels: Levels) -> Array:
    """Return what `growth_rate` does, for few points at a time."""
    parts = _parts(levels)
    tried = _is_tried(parts) & ~_is_damped(levels)
    rate, fast = np.full(tried.size, np.nan), np.flatnonzero(tried)
    rate[fast] = _largest_roots(_some(parts, fast), _first_tried(at_points(levels, fast)))
    slow = np.flatnonzero(np.isnan(rate))
    stationary = _largest(*_matrix(_some(parts, slow), 0.0))
    rate[slow] = np.where(tried[slow], np.minimum(stationary, _TRIED[0]), stationary)
    return rate


def growth_rate(levels: Levels) -> Array:
    """Return the rate over the Hubble rate at which a small lepton asymmetry grows (below zero: is damped), (n_x,)."""
    mixed, n = of_mixed(levels), levels.standard.size
    return np.concatenate([_rates(at_points(mixed, slice(i, i + _BLOCK))) for i in range(0, n, _BLOCK)])


def looked_at(x: Array, swept: Mask | None = None) -> Array:
    """Return the indices of points of a run that `growth_rate` need be known at: until weak collisions have ended.

    A few, but where a resonance sweeps momenta (``swept``, see `is_swept`) all that are not nearer than _SWEPT. With
    all of them the exponent is 22.5 for 22.4 at -1 eV^2, |U_e4|^2 = 0.01, and moves by less than 5e-4 of itself at
    eight other points; a momentum takes ten times as long to pass.
    """
    s, found = np.log(x), [0]
    for i in range(1, x.size):
        least = _SPACING if swept is None or not swept[i] else _SWEPT if swept[i - 1] else 0.0
        if x[i] < X_WEAK and s[i] - s[found[-1]] >= least:
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
