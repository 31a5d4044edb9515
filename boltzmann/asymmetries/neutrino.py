"""nu-nu collisions of nu and nubar apart, for populations of levels that all momenta have in common.

The interaction is the same for all flavours, so that levels take the place of flavours. With particles 1 (node i),
2 (j), 3 (k) and 4 at y_1 + y_2 - y_3, occupations r of the sign of particle 1 and rbar of the other (flavour structure
of `boltzmann.collisions.neutrino`, its sum over signs taken apart; nu_a nu_b -> nu_a nu_b has the amplitude Ks,
processes with one antineutrino Kp)::

    G_a = (1/2) SUM  Ks r3a (X_a + SUM_b X_b) + Kp r3a (Xbar_a + SUM_b Xbar_b) + Kp (1 - rbar2a)(U_a + SUM_b U_b)
    L_a = (1/2) SUM  Ks (1 - r3a)(Y_a + SUM_b Y_b) + Kp (1 - r3a)(Ybar_a + ...) + Kp rbar2a (V_a + SUM_b V_b)
    X_b = r4b (1 - r2b),  Y_b = r2b (1 - r4b),  U_b = r3b rbar4b,  V_b = (1 - r3b)(1 - rbar4b)

The asymmetry of each level, number and energy are conserved up to the interpolation at y_4; what is left of their
changes is taken out (`conserve`), so that the asymmetry matrix is not touched.
"""

import numpy as np

from boltzmann.collisions.neutrino import Neutrino
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel


@kernel
def _fourth(r: Array, n: int, first: int, weight: Array, k: int, r4: Array) -> None:
    """Fill ``r4`` (2, 3) with the occupations at particle 4 from r (2, 3N)."""
    for s in range(2):
        for a in range(3):
            m = a * n + first
            r4[s, a] = (
                weight[0, k] * r[s, m]
                + weight[1, k] * r[s, m + 1]
                + weight[2, k] * r[s, m + 2]
                + weight[3, k] * r[s, m + 3]
            )


@kernel
def _products(s: int, n: int, j: int, k: int, r: Array, r4: Array, out: Array) -> None:
    """Fill ``out`` (6, 4) with X, Xbar, Y, Ybar, U, V of three levels and of their sum."""
    o = 1 - s
    for kind in range(6):
        out[kind, 3] = 0.0
    for b in range(3):
        r2, q2, r3 = r[s, b * n + j], r[o, b * n + j], r[s, b * n + k]
        out[0, b], out[1, b] = r4[s, b] * (1.0 - r2), r4[o, b] * (1.0 - q2)
        out[2, b], out[3, b] = r2 * (1.0 - r4[s, b]), q2 * (1.0 - r4[o, b])
        out[4, b], out[5, b] = r3 * r4[o, b], (1.0 - r3) * (1.0 - r4[o, b])
        for kind in range(6):
            out[kind, 3] += out[kind, b]


@kernel
def _add_level(
    a: int, s: int, i: int, j: int, k: int, first: int, ks: float, kp: float,
    weight: Array, r: Array, r4: Array, p: Array, sums: Array, J: Array,
) -> None:  # fmt: skip
    """Add what one triple gives level a of sign s: gain and loss to ``sums`` (2,), derivatives to row ``J`` (6N,)."""
    m, o = r.shape[1], 1 - s
    n = m // 3
    r1, q2, r3 = r[s, a * n + i], r[o, a * n + j], r[s, a * n + k]
    e1, e3 = 1.0 - r1, 1.0 - r3
    into = ks * (p[0, a] + p[0, 3]) + kp * (p[1, a] + p[1, 3])
    out = ks * (p[2, a] + p[2, 3]) + kp * (p[3, a] + p[3, 3])
    created, destroyed = kp * (p[4, a] + p[4, 3]), kp * (p[5, a] + p[5, 3])
    sums[0] += r3 * into + (1.0 - q2) * created
    sums[1] += e3 * out + q2 * destroyed
    J[s * m + a * n + k] += into * e1 + out * r1
    J[o * m + a * n + j] -= created * e1 + destroyed * r1
    for b in range(3):
        c = 2.0 if a == b else 1.0
        r2, p2, f4, g4 = r[s, b * n + j], r[o, b * n + j], r4[s, b], r4[o, b]
        t3 = r[s, b * n + k]
        by_same = c * ks * (r3 * (1.0 - r2) * e1 + e3 * r2 * r1)
        by_other = c * kp * (r3 * (1.0 - p2) * e1 + e3 * p2 * r1)
        by_other += c * kp * ((1.0 - q2) * t3 * e1 + q2 * (1.0 - t3) * r1)
        J[s * m + b * n + j] -= c * ks * (r3 * f4 * e1 + e3 * (1.0 - f4) * r1)
        J[o * m + b * n + j] -= c * kp * (r3 * g4 * e1 + e3 * (1.0 - g4) * r1)
        J[s * m + b * n + k] += c * kp * ((1.0 - q2) * g4 * e1 + q2 * (1.0 - g4) * r1)
        for t in range(4):
            J[s * m + b * n + first + t] += by_same * weight[t, k]
            J[o * m + b * n + first + t] += by_other * weight[t, k]


@kernel
def neutrino_reference(r: Array, neutrino: Neutrino, gain: Array, loss: Array, J: Array) -> None:
    """Fill ``gain`` and ``loss`` (2, 3N) and ``J`` (6N, 6N) = dI/dr of nu-nu collisions at r (2, 3N)."""
    m = r.shape[1]
    n = m // 3
    r4, p, sums = np.empty((2, 3)), np.empty((6, 4)), np.zeros((2, 3, 2))
    J[:] = 0.0
    for i in range(n):
        sums[:] = 0.0
        for j in range(n):
            weight = neutrino.weight[i, j]
            for k in range(neutrino.start[i, j], neutrino.stop[i, j]):
                ks, kp, first = 0.5 * neutrino.scatter[i, j, k], 0.5 * neutrino.pair[i, j, k], neutrino.node[i, j, k]
                _fourth(r, n, first, weight, k, r4)
                for s in range(2):
                    _products(s, n, j, k, r, r4, p)
                    for a in range(3):
                        row = J[s * m + a * n + i]
                        _add_level(a, s, i, j, k, first, ks, kp, weight, r, r4, p, sums[s, a], row)
        for s in range(2):
            for a in range(3):
                own = a * n + i
                gain[s, own], loss[s, own] = sums[s, a, 0], sums[s, a, 1]
                J[s * m + own, s * m + own] -= sums[s, a, 0] + sums[s, a, 1]


def conserved_moments(y: Array, w: Array) -> Array:
    """Return the moments of I (2, 3N flattened) that nu-nu collisions conserve, (5, 6N): n_k - nbar_k, n, energy."""
    level = np.kron(np.eye(3), w)
    number, energy = np.tile(w, 6), np.tile(w * y, 6)
    return np.vstack([np.hstack([level, -level]), number, energy])


def conserve(moments: Array, r: Array, total: Array, y: Array, integral: Array, J: Array) -> None:
    """Take out of ``integral`` (6N,) and ``J`` (6N, 6N), in place, what changes conserved ``moments`` (5, 6N).

    The correction has the shape of the moments times total r (1 - r), where ``total`` (6N,) is gain plus loss: where
    collisions act, and never of a sign that would fill or empty a state by itself.
    """
    m = integral.size // 2
    sign, ones = np.repeat([1.0, -1.0], m), np.tile(y, 6)
    levels = np.kron(np.eye(3), np.ones(y.size))
    shapes = np.vstack([np.hstack([levels, levels]) * sign, np.ones(2 * m), ones]) * (total * r * (1.0 - r))
    solved = np.linalg.solve(moments @ shapes.T, moments @ np.column_stack([integral, J]))
    integral -= shapes.T @ solved[:, 0]
    J -= shapes.T @ solved[:, 1:]
