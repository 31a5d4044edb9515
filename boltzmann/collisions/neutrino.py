"""nu-nu scattering and pair processes between flavours, diagonal part, with their analytic Jacobian.

With particles 1 (node i), 2 (j), 3 (k) and y4 = y1 + y2 - y3, Ks = Pi(1,2) w_j w_k, Kp = Pi(1,4) w_j w_k, K = Ks + Kp,
and X_b = r4b (1-r2b), Y_b = r2b (1-r4b), U_b = r3b r4b, V_b = (1-r3b)(1-r4b) (amplitudes of hep-ph/9703315,
flavour structure of arXiv:2012.02726)::

    I_a = G_a (1 - r1a) - L_a r1a
    G_a = (1/2) SUM_jk  K r3a (X_a + SUM_b X_b) + Kp (1 - r2a)(U_a + SUM_b U_b)
    L_a = (1/2) SUM_jk  K (1 - r3a)(Y_a + SUM_b Y_b) + Kp r2a (V_a + SUM_b V_b)

r4 is the cubic interpolation of r/f_FD at y4: linear interpolation does not conserve energy and
raises N_eff by 1e-3 to 3e-3.
Triples whose y4 falls off the grid are dropped; for given (i, j) the others are a contiguous range of k.

The amplitudes have kinks: dPi/dy3 falls by KINK (y1 y2)^2 at y3 = y1, and that of Pi(1,2) also at y3 = y2 (derived: the
terms of D1, D2 and D3 with |y3 - y1| and |y3 - y2|). They lie at nodes, which count too much there, like 1/N^2: 3% of
all rates at N = 20. Within a flavour nothing happens at equal momenta; but what flavours of different spectra exchange
was too much, by 7e-3 of N_eff where a secret interaction takes nu_mu. Ks and Kp are without that excess (`_excess`): it
is an exchange of flavours at fixed momenta, so that number and energy stay what they are. Rates are then right to 3e-4
at N = 20 and y > 1.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.collisions.dfunctions import allowed, d_functions
from boltzmann.numerics import cache
from boltzmann.numerics.arrays import Array, Index
from boltzmann.numerics.jit import kernel, reduction_kernel
from boltzmann.numerics.momentum import Grid, fermi_dirac
from boltzmann.numerics.records import record

KINK = 32.0  # fall of dPi/dy3 over (y1 y2)^2


@record
class Neutrino(NamedTuple):
    """nu-nu tables of one grid.

    ``scatter`` Ks and ``pair`` Kp (N, N, N) on (i, j, k), less the excess of kinks, zero where y4 is off the grid;
    ``start``, ``stop`` (N, N) the range of k inside; ``node`` (N, N, N) and ``weight`` (N, N, 4, N) with r(y4) =
    SUM_m weight_m r(node + m); ``carried`` (2, N, N, N) on (i, j, n): SUM_k (Ks + Kp) carried to the nodes n that
    interpolate y4, and Kp itself plus SUM_k Kp carried likewise.
    """

    scatter: Array
    pair: Array
    start: Index
    stop: Index
    node: Index
    weight: Array
    carried: Array


@kernel
def massless_amplitudes(y1: float, y2: float, y3: float, y4: float) -> tuple[float, float]:
    """Return Pi(1,2) and Pi(1,4) for four massless particles."""
    if not allowed(y1, y2, y3, y4):
        return 0.0, 0.0
    d1, d3, d12, d34, d14, d23, _, _ = d_functions(y1, y2, y3, y4)
    common = y1 * y2 * y3 * y4 * d1 + d3
    scatter = 2.0 * (common - y1 * y2 * d34 - y3 * y4 * d12)
    pair = 2.0 * (common + y2 * y3 * d14 + y1 * y4 * d23)
    return scatter, pair


@kernel
def _excess(amplitude: float, fall: float) -> float:
    """Return what a node counts too much where an amplitude has a kink; ``fall`` is that of its slope times the weight.

    Euler & Maclaurin: a twelfth of ``fall``. Where the amplitude ends behind the kink, nearer than the next node (at
    momenta below the distance of nodes), half of it. The sum of cubes joins both; measured by the integrals over y3,
    which are (32/3)(y1 y2)^3 of Pi(1,2) and (32/9)(y1 y2)^3 of Pi(1,4).
    """
    return float(fall * amplitude / np.cbrt((12.0 * amplitude) ** 3 + (2.0 * fall) ** 3))


@kernel
def tabulate_amplitudes(y: Array, w: Array, scatter: Array, pair: Array) -> None:
    """Fill Ks and Kp (N, N, N), less the excess of kinks; zero where y4 is off the grid."""
    n = y.size
    for i in range(n):
        for j in range(n):
            for k in range(n):
                y4 = y[i] + y[j] - y[k]
                if 0.0 < y4 <= y[n - 1]:
                    s, p = massless_amplitudes(y[i], y[j], y[k], y4)
                    fall, own, other = KINK * (y[i] * y[j]) ** 2 * w[k], int(k == i), int(k == j)
                    scatter[i, j, k] = (s - (own + other) * _excess(s, fall)) * w[j] * w[k]
                    pair[i, j, k] = (p - own * _excess(p, fall)) * w[j] * w[k]


def cubic_basis(y: Array, at: Array) -> tuple[Index, Array]:
    """Return the first of four nodes around ``at`` and the Lagrange weights, shapes (...) and (..., 4)."""
    node = np.clip(np.searchsorted(y, at) - 2, 0, y.size - 4)
    nodes = y[node[..., None] + np.arange(4)]
    weights = np.ones_like(nodes)
    for m in range(4):
        for k in set(range(4)) - {m}:
            weights[..., m] *= (at - nodes[..., k]) / (nodes[..., m] - nodes[..., k])
    return node, weights


def _carried(kernel_k: Array, node: Index, weight: Array) -> Array:
    """Return SUM_k kernel(i, j, k) weight_m(i, j, k) collected at node + m, shape (N, N, N)."""
    out = np.zeros_like(kernel_k)
    i, j, _ = np.indices(node.shape)
    for m in range(4):
        np.add.at(out, (i, j, node + m), kernel_k * weight[:, :, m])
    return out


def _build(grid: Grid) -> cache.Arrays:
    y, n = grid.y, grid.y.size
    scatter, pair = np.zeros((n, n, n)), np.zeros((n, n, n))
    tabulate_amplitudes(y, grid.w, scatter, pair)
    y4 = y[:, None, None] + y[None, :, None] - y
    inside = (y4 > 0.0) & (y4 <= y[-1])
    node, weight = cubic_basis(y, y4)
    weight *= (fermi_dirac(y4)[..., None] / grid.f[node[..., None] + np.arange(4)]) * inside[..., None]
    weight = np.ascontiguousarray(np.moveaxis(weight, -1, 2))
    start = inside.argmax(axis=2)
    carried = np.stack([_carried(scatter + pair, node, weight), _carried(pair, node, weight) + pair])
    names = Neutrino._fields
    return dict(zip(names, (scatter, pair, start, start + inside.sum(axis=2), node, weight, carried), strict=True))


def neutrino_tables(grid: Grid) -> Neutrino:
    """Return the nu-nu tables for the momenta of ``grid``, cached on disk."""
    return Neutrino(**cache.tables("neutrino", (grid.y.tobytes(),), lambda: _build(grid)))


@kernel
def _fourth_rows(
    r: Array, node: Index, weight: Array, start: int, stop: int, out0: Array, out1: Array, out2: Array
) -> None:
    """Fill three rows (N,) over k with the flavours' occupations at y4, interpolated from r (3, N)."""
    for k in range(start, stop):
        n, w0, w1, w2, w3 = node[k], weight[0, k], weight[1, k], weight[2, k], weight[3, k]
        out0[k] = w0 * r[0, n] + w1 * r[0, n + 1] + w2 * r[0, n + 2] + w3 * r[0, n + 3]
        out1[k] = w0 * r[1, n] + w1 * r[1, n + 1] + w2 * r[1, n + 2] + w3 * r[1, n + 3]
        out2[k] = w0 * r[2, n] + w1 * r[2, n + 1] + w2 * r[2, n + 2] + w3 * r[2, n + 3]


@kernel
def fourth_occupation(r: Array, neutrino: Neutrino, r4: Array) -> None:
    """Fill ``r4`` (N, 3, N, N) on (i, flavour, j, k) with the interpolated occupations of particle 4; r is (3, N)."""
    for i in range(r.shape[1]):
        for j in range(i + 1):
            start, stop = neutrino.start[i, j], neutrino.stop[i, j]
            node, weight = neutrino.node[i, j], neutrino.weight[i, j]
            _fourth_rows(r, node, weight, start, stop, r4[i, 0, j], r4[i, 1, j], r4[i, 2, j])
            for b in range(3):
                for k in range(start, stop):
                    r4[j, b, i, k] = r4[i, b, j, k]


@kernel
def _expand(r: Array, second: Array, third: Array) -> None:
    """Fill r at particle 2 and at particle 3 over the flattened pairs (j, k), both (3, N N)."""
    n = r.shape[1]
    for b in range(3):
        for j in range(n):
            second[b, j * n : (j + 1) * n] = r[b, j]
            third[b, j * n : (j + 1) * n] = r[b]


@reduction_kernel
def _total(ks: Array, kp: Array, s: Array, a: Array, b: Array) -> tuple[float, float, float, float, float, float]:
    """Return gain of e, mu, tau, then loss, summed over flattened pairs (j, k); s, a, b (3, N N): r2, r3, r4."""
    g0 = g1 = g2 = l0 = l1 = l2 = 0.0
    for t in range(ks.size):
        pair = kp[t]
        both = ks[t] + pair
        s0, s1, s2, a0, a1, a2, b0, b1, b2 = (
            s[0, t],
            s[1, t],
            s[2, t],
            a[0, t],
            a[1, t],
            a[2, t],
            b[0, t],
            b[1, t],
            b[2, t],
        )
        x0, x1, x2 = b0 * (1.0 - s0), b1 * (1.0 - s1), b2 * (1.0 - s2)
        y0, y1, y2 = s0 * (1.0 - b0), s1 * (1.0 - b1), s2 * (1.0 - b2)
        u0, u1, u2 = a0 * b0, a1 * b1, a2 * b2
        v0, v1, v2 = (1.0 - a0) * (1.0 - b0), (1.0 - a1) * (1.0 - b1), (1.0 - a2) * (1.0 - b2)
        x, y, u, v = x0 + x1 + x2, y0 + y1 + y2, u0 + u1 + u2, v0 + v1 + v2
        g0 += both * a0 * (x0 + x) + pair * (1.0 - s0) * (u0 + u)
        g1 += both * a1 * (x1 + x) + pair * (1.0 - s1) * (u1 + u)
        g2 += both * a2 * (x2 + x) + pair * (1.0 - s2) * (u2 + u)
        l0 += both * (1.0 - a0) * (y0 + y) + pair * s0 * (v0 + v)
        l1 += both * (1.0 - a1) * (y1 + y) + pair * s1 * (v1 + v)
        l2 += both * (1.0 - a2) * (y2 + y) + pair * s2 * (v2 + v)
    return g0, g1, g2, l0, l1, l2


@kernel
def neutrino_integral(r: Array, neutrino: Neutrino, r4: Array, expanded: Array, gain: Array, loss: Array) -> None:
    """Fill ``gain`` and ``loss`` (3, N), I_a = gain (1 - r) - loss r, from the occupations r (3, N).

    ``r4`` (N, 3, N, N) and ``expanded`` (2, 3, N N) are scratch space; ``r4`` must be finite off the grid.
    """
    n = r.shape[1]
    fourth_occupation(r, neutrino, r4)
    _expand(r, expanded[0], expanded[1])
    flat = n * n
    for i in range(n):
        ks, kp = neutrino.scatter[i].reshape(flat), neutrino.pair[i].reshape(flat)
        sums = _total(ks, kp, expanded[0], expanded[1], r4[i].reshape((3, flat)))
        for a in range(3):
            gain[a, i] = 0.5 * sums[a]
            loss[a, i] = 0.5 * sums[3 + a]


@kernel
def _carry(
    both: Array,
    pair: Array,
    r: Array,
    node: Index,
    weight: Array,
    start: Index,
    stop: Index,
    by_scatter: Array,
    by_pair: Array,
) -> None:
    """Add SUM_k K r3b and SUM_k Kp r3b, carried to the nodes of y4, to arrays (3, N, N) on (b, j, node)."""
    for j in range(start.size):
        for k in range(start[j], stop[j]):
            n, w0, w1, w2, w3 = node[j, k], weight[j, 0, k], weight[j, 1, k], weight[j, 2, k], weight[j, 3, k]
            for b in range(3):
                u, v = both[j, k] * r[b, k], pair[j, k] * r[b, k]
                by_scatter[b, j, n] += w0 * u
                by_scatter[b, j, n + 1] += w1 * u
                by_scatter[b, j, n + 2] += w2 * u
                by_scatter[b, j, n + 3] += w3 * u
                by_pair[b, j, n] += w0 * v
                by_pair[b, j, n + 1] += w1 * v
                by_pair[b, j, n + 2] += w2 * v
                by_pair[b, j, n + 3] += w3 * v


@kernel
def _carried_products(
    i: int, r: Array, neutrino: Neutrino, r4: Array, both: Array, by_scatter: Array, by_pair: Array
) -> None:
    """Fill, (3, N, N) on (b, j, node), K r3b carried to the nodes of y4, and Kp r4b plus Kp r3b carried likewise."""
    pair = neutrino.pair[i]
    by_scatter[:] = 0.0
    for b in range(3):
        by_pair[b] = pair * r4[b]
    start, stop = neutrino.start[i], neutrino.stop[i]
    _carry(both, pair, r, neutrino.node[i], neutrino.weight[i], start, stop, by_scatter, by_pair)


@reduction_kernel
def _times(matrix: Array, vector: Array, out: Array) -> None:
    """Fill ``out`` (N,) with the product of ``matrix`` (N, N) and ``vector`` (N,)."""
    for j in range(out.size):
        total = 0.0
        for n in range(vector.size):
            total += matrix[j, n] * vector[n]
        out[j] = total


@kernel
def _second_sums(i: int, r: Array, neutrino: Neutrino, both: Array, by_pair: Array, sums: Array) -> None:
    """Fill ``sums`` (15, N) with what `_add_second` needs; rows over b: K r3b, K r4b, u_b, v_b, then K, Kp and scratch.

    u_b = SUM_k Kp r3b r4b, v_b = SUM_k Kp (1 - r3b)(1 - r4b). Sums over r4 are products of carried kernels with r.
    """
    ones = np.ones(r.shape[1])
    _times(both, ones, sums[12])
    _times(neutrino.pair[i], ones, sums[13])
    for b in range(3):
        _times(both, r[b], sums[b])
        _times(neutrino.carried[0, i], r[b], sums[3 + b])
        _times(by_pair[b], r[b], sums[6 + b])
        _times(neutrino.carried[1, i], r[b], sums[9 + b])
        sums[6 + b] *= 0.5
        sums[9 + b] = sums[13] - sums[9 + b] + sums[6 + b]


@kernel
def _add_second(a: int, b: int, c: float, d: float, r: Array, by_scatter: Array, sums: Array, out: Array) -> None:
    """Add dI_a(i)/dr2b to ``out`` (N,) over node j."""
    occupied, factor = sums[14], 2.0 if a == b else 1.0
    _times(by_scatter[a], r[b], occupied)
    for j in range(out.size):
        empty = sums[12, j] - sums[a, j] - sums[3 + b, j] + occupied[j]
        out[j] -= factor * (c * occupied[j] + d * empty)
        if a == b:
            for f in range(3):
                out[j] -= (2.0 if f == a else 1.0) * (c * sums[6 + f, j] + d * sums[9 + f, j])


@kernel
def _add_own_third(a: int, c: float, d: float, both: Array, r: Array, r4: Array, out: Array) -> None:
    """Add the derivative with respect to r3a of the explicit factor r3a in I_a to ``out`` (N,)."""
    for j in range(out.size):
        e0 = d * (r[a, j] + r[0, j] + r[1, j] + r[2, j])
        ea, e1, e2, e3 = c - 0.5 * r[a, j], c - 0.5 * r[0, j], c - 0.5 * r[1, j], c - 0.5 * r[2, j]
        for k in range(out.size):
            own = e0 + ea * r4[a, j, k] + e1 * r4[0, j, k] + e2 * r4[1, j, k] + e3 * r4[2, j, k]
            out[k] += both[j, k] * own


@kernel
def _add_third_and_fourth(
    factor: float,
    c: float,
    d: float,
    ra: Array,
    rb: Array,
    carried: Array,
    pairs: Array,
    by_scatter: Array,
    by_pair: Array,
    out: Array,
) -> None:
    """Add the other derivatives with respect to r3b and r4b, the latter carried to the nodes, to ``out`` (N,)."""
    for j in range(out.size):
        c1, c2 = factor * d * ra[j], factor * (c - 0.5 * ra[j])
        c3, c4 = factor * d * rb[j], factor * (c - 0.5 * rb[j])
        for n in range(out.size):
            out[n] += c1 * pairs[j, n] + c2 * by_pair[j, n] + c3 * carried[j, n] + c4 * by_scatter[j, n]


@kernel
def _jacobian_row(
    i: int,
    r: Array,
    neutrino: Neutrino,
    r4: Array,
    both: Array,
    by_scatter: Array,
    by_pair: Array,
    sums: Array,
    out: Array,
) -> None:
    """Add dI_a(i)/dr_b(node) through particles 2, 3 and 4 to ``out`` (3, 3, N) on (a, b, node)."""
    carried, pairs = neutrino.carried[0, i], neutrino.carried[1, i]
    _second_sums(i, r, neutrino, both, by_pair, sums)
    for a in range(3):
        c, d = 0.5 * (1.0 - r[a, i]), 0.5 * r[a, i]
        for b in range(3):
            factor = 2.0 if a == b else 1.0
            _add_second(a, b, c, d, r, by_scatter, sums, out[a, b])
            _add_third_and_fourth(factor, c, d, r[a], r[b], carried, pairs, by_scatter[a], by_pair[b], out[a, b])
        _add_own_third(a, c, d, both, r, r4, out[a, a])


@kernel
def neutrino_jacobian(r: Array, neutrino: Neutrino, r4: Array, gain: Array, loss: Array, out: Array) -> None:
    """Fill ``out`` (N, 3, 3, N) with dI_a(i)/dr_b(j) on (i, a, b, j), after `neutrino_integral` filled the rest."""
    n = r.shape[1]
    out[:] = 0.0
    by_scatter, by_pair, sums = np.empty((3, n, n)), np.empty((3, n, n)), np.empty((15, n))
    for i in range(n):
        both = neutrino.scatter[i] + neutrino.pair[i]
        _carried_products(i, r, neutrino, r4[i], both, by_scatter, by_pair)
        _jacobian_row(i, r, neutrino, r4[i], both, by_scatter, by_pair, sums, out[i])
        for a in range(3):
            out[i, a, a, i] -= gain[a, i] + loss[a, i]
