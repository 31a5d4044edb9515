"""nu-nu collisions of pairs of nodes, conserving number and energy to round-off for any spectrum, hard tails included.

The nodal kernel (`boltzmann.collisions.neutrino`) interpolates r/f_FD at y4, which loses energy where a spectrum has a
tail: closed by conservation, the plasma then gets it. Here every collision takes two neutrinos from nodes i and j and
gives two to the momenta y3 and y4 = y_i + y_j - y3, each shared by its two neighbouring nodes as hat functions do
(derived; amplitudes and flavour factors of `boltzmann.collisions.neutrino`). For each pair i >= j (half for i = j) and
Gauss points y3, with S = (1/2) int dy3 [Pi(1,2) + Pi(1,4)] and P = (1/2) int dy3 Pi(1,4)::

    a b -> a b          (1 + d_ab) S w_i w_j [r_a(i) r_b(j) (1-r_a(3)) (1-r_b(4)) - (1-r_a(i)) (1-r_b(j)) r_a(3) r_b(4)]
    a abar -> b bbar    (1 + d_ab) P w_i w_j [r_a(i) r_a(j) (1-r_b(3)) (1-r_b(4)) - ...]

Half of each is what w y^2 dr/ds gets, in units of C = (m_e/x)^5 G_F^2/(8 pi^3 H): every process is met twice, as the
forward one of (1, 2) and as the reverse one of (3, 4).

Where a hard neutrino goes in and another comes out, the whole forward process is taken instead, and no reverse one. A
reverse one takes neutrinos at an interpolated momentum from both nodes beside it, so from one that is empty where a
sharp line of decays sweeps over the grid: populations became negative there, and 600 steps came to x = 0.34 where 470
finish (367 MeV, 0.4 s, nu_tau pi0). Forward ones take from full nodes alone. Both ways have the same limit: at 60 MeV,
0.1 s, thermal abundance N_eff is 3.0935, 3.0922, 3.0914 on finer and finer grids, with halves everywhere 3.0922,
3.0911, 3.0911. Detailed balance is needed, and exact, among soft nodes.

r(3) and r(4): ln[r/(1 - r)] is linear between soft nodes, exact for f_FD(y/z) at any z, so that detailed balance is
exact; r itself is linear where a node of the bin is hard, because a logarithm next to an empty node has an infinite
slope. Below the first node both the logarithm and the hats go on linearly. What would leave the grid is left out.
"""

from typing import NamedTuple, TypeAlias

import numpy as np

from boltzmann.collisions.neutrino import massless_amplitudes
from boltzmann.numerics import cache
from boltzmann.numerics.arrays import Array, Index
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.momentum import Grid

PANEL, GROWTH = 8.0, 0.4  # widest panel in y3, or this share of the smaller of y3 and y4
HARD_ORDER = (
    2  # Gauss points per panel of pairs of two hard nodes: N_eff within 1e-5 of that of 3, two thirds of points
)
EMPTY = 1e-26  # product of occupations of a hard pair below which it is left out: 1e-10 of y^3 w r beside soft ones
LEAST, MOST = 1e-280, 0.99  # occupations whose logarithm is taken; in equilibrium they are below 1/2


Three: TypeAlias = tuple[float, float, float]  # one number for each flavour


class Pairs(NamedTuple):
    """Points of the quadrature: ``nodes`` (m, 4) i, j and the bins of y3 and y4; ``values`` (m, 5).

    ``values``: the fractions of y3 and y4 in their bins, then S and P with all weights, the half of i = j and that of
    two ways in which a process is met, and which share of the reverse process is taken, 1 or 0.
    """

    nodes: Index
    values: Array


def panels(y1: float, y2: float, most: float) -> Array:
    """Return the edges of panels in y3 between max(0, y1 + y2 - most) and min(most, y1 + y2), split at y1 and y2."""
    total = y1 + y2
    low, high = max(0.0, total - most), min(most, total)
    corners = np.unique(np.clip([low, y1, y2, high], low, high))
    edges = [float(corners[0])]
    for corner in corners[1:]:
        while edges[-1] < corner:
            width = max(PANEL, GROWTH * min(edges[-1], total - edges[-1]))
            edges.append(float(corner) if corner - edges[-1] < 1.5 * width else edges[-1] + width)
    return np.array(edges)


def gauss_points(y1: float, y2: float, most: float, order: int) -> tuple[Array, Array]:
    """Return Gauss points y3 and weights on `panels`."""
    t, w = np.polynomial.legendre.leggauss(order)
    edges = panels(y1, y2, most)
    half = 0.5 * np.diff(edges)[:, None]
    return (edges[:-1, None] + half * (1.0 + t)).ravel(), (half * w).ravel()


def place(y: Array, at: Array) -> tuple[Index, Array]:
    """Return the bins of momenta ``at`` and the fractions in them; below the first node the first bin goes on."""
    k = np.clip(np.searchsorted(y, at, side="right") - 1, 0, y.size - 2)
    return k, (at - y[k]) / (y[k + 1] - y[k])


@kernel
def amplitudes(y1: float, y2: float, y3: Array, out: Array) -> None:
    """Fill ``out`` (2, m) with Pi(1,2) and Pi(1,4) at y4 = y1 + y2 - y3."""
    for k in range(y3.size):
        out[0, k], out[1, k] = massless_amplitudes(y1, y2, y3[k], y1 + y2 - y3[k])


def _pair(grid: Grid, soft: int, i: int, j: int, order: int) -> tuple[Index, Array]:
    """Return nodes and values of the points of one pair."""
    y, w = grid.y, grid.w
    y3, weight = gauss_points(y[i], y[j], y[-1], order)
    amplitude = np.empty((2, y3.size))
    amplitudes(y[i], y[j], y3, amplitude)
    weight = weight * w[i] * w[j] * (0.25 if i == j else 0.5)
    k3, t3 = place(y, y3)
    k4, t4 = place(y, y[i] + y[j] - y3)
    nodes = np.stack([np.full_like(k3, i), np.full_like(k3, j), k3, k4], axis=-1)
    both, pair = 0.5 * weight * amplitude.sum(axis=0), 0.5 * weight * amplitude[1]
    forward = (max(i, j) >= soft) & (np.maximum(k3, k4) + 1 >= soft)
    factor = np.where(forward, 2.0, 1.0)
    return nodes, np.stack([t3, t4, factor * both, factor * pair, 2.0 - factor], axis=-1)


def pair_tables(grid: Grid, soft: int, order: int = 3) -> Pairs:
    """Return the points of a grid with ``soft`` soft nodes, cached on disk.

    ``order``: Gauss points per panel where a soft node is in the pair, at most `HARD_ORDER` where none is.
    """

    def build() -> cache.Arrays:
        orders = [order if j < soft else min(order, HARD_ORDER) for j in range(grid.y.size)]
        found = [_pair(grid, soft, i, j, orders[j]) for i in range(grid.y.size) for j in range(i + 1)]
        return {"nodes": np.concatenate([n for n, _ in found]), "values": np.concatenate([v for _, v in found])}

    stored = cache.tables("pairs", (grid.y.tobytes(), grid.w.tobytes(), soft, order), build)
    return Pairs(np.ascontiguousarray(stored["nodes"], dtype=np.int64), stored["values"])


@kernel
def fill_logits(r: Array, out: Array) -> None:
    """Fill ``out`` with ln[r/(1 - r)], of occupations between 0 and 1 exclusive."""
    for a in range(r.shape[0]):
        for i in range(r.shape[1]):
            value = min(max(r[a, i], LEAST), MOST)
            out[a, i] = np.log(value / (1.0 - value))


@kernel
def _occupation(r: Array, logit: Array, k: int, t: float, soft: int) -> float:
    """Return r at the fraction ``t`` of bin ``k`` from its values (N,) at the nodes, ``soft`` of which are soft."""
    if k + 1 < soft:
        return float(1.0 / (1.0 + np.exp(-(1.0 - t) * logit[k] - t * logit[k + 1])))
    return float((1.0 - t) * r[k] + t * r[k + 1])


@kernel
def _occupations(r: Array, logit: Array, k: int, t: float, soft: int) -> Three:
    """Return `_occupation` of the three flavours."""
    return (
        _occupation(r[0], logit[0], k, t, soft),
        _occupation(r[1], logit[1], k, t, soft),
        _occupation(r[2], logit[2], k, t, soft),
    )


@kernel
def _room(r: Three) -> Three:
    return 1.0 - r[0], 1.0 - r[1], 1.0 - r[2]


@kernel
def _times(a: Three, b: Three) -> Three:
    return a[0] * b[0], a[1] * b[1], a[2] * b[2]


@kernel
def _plus(a: Three, b: Three) -> Three:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


@kernel
def _with_all(rate: float, a: Three, b: Three) -> Three:
    """Return ``rate`` a_c SUM_d (1 + d_cd) b_d of the three flavours c."""
    total = b[0] + b[1] + b[2]
    return rate * a[0] * (total + b[0]), rate * a[1] * (total + b[1]), rate * a[2] * (total + b[2])


@kernel
def _flows(S: float, P: float, there: tuple[Three, Three], room: tuple[Three, Three]) -> tuple[Three, ...]:
    """Return what 1 and 2 lose, and 3 and 4 get, by flavour, from what is ``there`` (1, 2) and has ``room`` (3, 4)."""
    along, across = _times(there[0], room[0]), _times(there[1], room[1])  # 1 -> 3 and 2 -> 4 of one flavour each
    pair, free = _times(there[0], there[1]), _times(room[0], room[1])
    first, second = _with_all(S, along, across), _with_all(S, across, along)
    lost, made = _with_all(P, pair, free), _with_all(P, free, pair)
    return _plus(first, lost), _plus(second, lost), _plus(first, made), _plus(second, made)


@kernel
def _add(amount: float, flow: Three, k: int, out: Array) -> None:
    """Add ``amount`` of a flow by flavour to node ``k`` of ``out`` (3, N)."""
    out[0, k] += amount * flow[0]
    out[1, k] += amount * flow[1]
    out[2, k] += amount * flow[2]


@kernel
def _add_flows(
    sign: float, flows: tuple[Three, ...], at: tuple[int, int, int, int], t: tuple[float, float], out: Array
) -> None:
    """Take the flows from nodes 1 and 2 and give them to the bins of 3 and 4; ``t``: fractions in these."""
    _add(-sign, flows[0], at[0], out)
    _add(-sign, flows[1], at[1], out)
    _add(sign * (1.0 - t[0]), flows[2], at[2], out)
    _add(sign * t[0], flows[2], at[2] + 1, out)
    _add(sign * (1.0 - t[1]), flows[3], at[3], out)
    _add(sign * t[1], flows[3], at[3] + 1, out)


@kernel
def pair_change(r: Array, logit: Array, soft: int, nodes: Index, values: Array, out: Array) -> None:
    """Fill ``out`` (3, N) with w y^2 dr/ds over C of occupations ``r`` (3, N); ``logit`` as `fill_logits`."""
    most = np.empty(r.shape[1])
    out[:] = 0.0
    for i in range(most.size):
        most[i] = max(r[0, i], r[1, i], r[2, i])
    for m in range(nodes.shape[0]):
        i, j, k3, k4 = nodes[m, 0], nodes[m, 1], nodes[m, 2], nodes[m, 3]
        t3, t4, S, P, reverse = values[m, 0], values[m, 1], values[m, 2], values[m, 3], values[m, 4]
        if reverse == 0.0 and most[i] * most[j] < EMPTY:
            continue
        one, two = (r[0, i], r[1, i], r[2, i]), (r[0, j], r[1, j], r[2, j])
        third, fourth = _occupations(r, logit, k3, t3, soft), _occupations(r, logit, k4, t4, soft)
        forward = _flows(S, P, (one, two), (_room(third), _room(fourth)))
        _add_flows(1.0, forward, (i, j, k3, k4), (t3, t4), out)
        if reverse > 0.0:
            back = _flows(S, P, (_room(one), _room(two)), (third, fourth))
            _add_flows(-reverse, back, (i, j, k3, k4), (t3, t4), out)


@kernel
def _slopes(r: Array, k: int, t: float, value: float, soft: int) -> tuple[float, float]:
    """Return the derivatives of r at the fraction ``t`` of bin ``k``, ``value``, by r at its two nodes."""
    if k + 1 < soft:
        own = value * (1.0 - value)
        low, high = max(r[k] * (1.0 - r[k]), LEAST), max(r[k + 1] * (1.0 - r[k + 1]), LEAST)
        return (1.0 - t) * own / low, t * own / high
    return 1.0 - t, t


@kernel
def pair_jacobian(r: Array, logit: Array, soft: int, nodes: Index, values: Array, same: Array, other: Array) -> None:
    """Add d(w y^2 dr_a/ds)/dr_b over C to ``same`` (N, N), a = b, and ``other`` (N, N), a != b, for equal flavours.

    ``r`` (N,) is the mean of the flavours: where collisions are stiff, they are equal.
    """
    places, columns = np.empty(6, np.int64), np.empty((2, 6))
    shares, slope = np.empty((2, 6)), np.empty(4)
    for m in range(nodes.shape[0]):
        i, j, k3, k4 = nodes[m, 0], nodes[m, 1], nodes[m, 2], nodes[m, 3]
        t3, t4, S, P, reverse = values[m, 0], values[m, 1], values[m, 2], values[m, 3], values[m, 4]
        r1, r2 = r[i], r[j]
        r3, r4 = _occupation(r, logit, k3, t3, soft), _occupation(r, logit, k4, t4, soft)
        # d(forward - back) by r1, ..., r4 of one pair of flavours: the same for both processes
        slope[0] = r2 * (1.0 - r3) * (1.0 - r4) + reverse * (1.0 - r2) * r3 * r4
        slope[1] = r1 * (1.0 - r3) * (1.0 - r4) + reverse * (1.0 - r1) * r3 * r4
        slope[2] = -r1 * r2 * (1.0 - r4) - reverse * (1.0 - r1) * (1.0 - r2) * r4
        slope[3] = -r1 * r2 * (1.0 - r3) - reverse * (1.0 - r1) * (1.0 - r2) * r3
        a3, b3 = _slopes(r, k3, t3, r3, soft)
        a4, b4 = _slopes(r, k4, t4, r4, soft)
        places[0], places[1], places[2], places[3], places[4], places[5] = i, j, k3, k3 + 1, k4, k4 + 1
        columns[0, 0], columns[0, 1] = slope[0], slope[1]
        columns[0, 2], columns[0, 3] = slope[2] * a3, slope[2] * b3
        columns[0, 4], columns[0, 5] = slope[3] * a4, slope[3] * b4
        shares[0, 0], shares[0, 1] = -1.0, -1.0
        shares[0, 2], shares[0, 3], shares[0, 4], shares[0, 5] = 1.0 - t3, t3, 1.0 - t4, t4
        for row in range(6):
            first = row == 0 or row == 2 or row == 3
            before = row < 2
            for column in range(6):
                along = (column == 0 or column == 2 or column == 3) == first
                within = (column < 2) == before
                value = shares[0, row] * columns[0, column]
                same[places[row], places[column]] += value * (
                    S * (4.0 if along else 2.0) + P * (4.0 if within else 2.0)
                )
                other[places[row], places[column]] += value * (
                    S * (0.0 if along else 1.0) + P * (0.0 if within else 1.0)
                )
