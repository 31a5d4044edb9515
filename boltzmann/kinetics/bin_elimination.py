"""The block of `boltzmann.kinetics.bins` in the linear systems of a step, eliminated momentum by momentum.

With sigma = 1/(h gamma) and P_A the change of C_A, its rows of M x = r read, for components A and flavours a::

    (sigma + Gamma) N - c = r_N                       P = K q + K (own - 1) N
    (sigma + K) q + K (own - 1) N - c = r_q           (sigma + D) B + P = r_B
    (sigma + gamma) delta - c + P = r_delta           (sigma + Gamma_s) delta_s + SUM_a (c - P) = r_s

where c_A = -SUM_l L_Al x_l: all of the block hangs on the density matrix by c alone. Inserted, N = N0 + N1 c, and so on
for q, P, delta and delta_s, what is left is a system like that without the block, of a changed L::

    L'_kl = L_kl + SUM_a [delta1_a L_ka - (1 - P1_a)/(sigma + Gamma_s) L_ks] L_al          coherences k, l
    L'_al = P1_a L_al,     L'_sl = -SUM_a P1_a L_al

and a changed right-hand side. Left out are neighbours' N in S, dS/dDelta, d gamma/db and d(c, C)/d(scalars), the flow C
in all rows alike: G - delta_s - SUM N_a, which the flow leaves as it is, is kept by every step to rounding. What they
do along the way of the solution is in the derivative by s (`boltzmann.kinetics.drift`). From rtol = 1e-4 to 1e-5 N_eff
moves by 3e-5 at (-1 eV^2, |U_mu4|^2 = 1e-5), by 2e-4 at (1e-4 eV^2, |U_e4|^2 = 0.01), by 4e-4 with the vector of few
collisions (scripts/accuracy.py).
"""

from typing import NamedTuple

import numpy as np

from boltzmann.kinetics.bins import AHEAD, COHERENCES, DELTA, DELTA_S, TAKEN, BinRates
from boltzmann.kinetics.layout import COMPONENTS, STERILE
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.linear import dot_row
from boltzmann.numerics.records import record


@record
class BinFactors(NamedTuple):
    """What the elimination is made of for one sigma; N momenta."""

    own: Array  # (9, N) K (own - 1)
    taken: Array  # (9, N) dN/dc
    ahead: Array  # (9, N) dq/dc
    flow: Array  # (9, N) dP/dc
    kept: Array  # (9, N) 1/(sigma + gamma_a), of coherences 1/(sigma + D_A)
    sterile: Array  # (N,) 1/(sigma + Gamma_s)
    rate: Array  # (2,) K, 1/(sigma + K)
    node: Array  # (16,) components of one node, scratch space


def empty_factors(N: int, K: float) -> BinFactors:
    """Return storage for a flow of rate K."""
    own, taken, ahead, flow, kept = np.zeros((5, 9, N))
    return BinFactors(own, taken, ahead, flow, kept, np.zeros(N), np.array([K, 0.0]), np.zeros(COMPONENTS))


@kernel
def fill_factors(shift: float, bins: BinRates, out: BinFactors) -> None:
    """Fill ``out`` for sigma = ``shift``."""
    K, inverse = out.rate[0], 1.0 / (shift + out.rate[0])
    out.rate[1] = inverse
    for component in range(9):
        for i in range(bins.forget.size):
            own, taken = K * (bins.own[component, i] - 1.0), 1.0 / (shift + bins.forget[i])
            ahead = (1.0 - own * taken) * inverse
            decay = bins.relax[component, i] if component < 3 else bins.damping[component, i]
            out.own[component, i], out.taken[component, i] = own, taken
            out.ahead[component, i], out.flow[component, i] = ahead, K * ahead + own * taken
            out.kept[component, i] = 1.0 / (shift + decay)
    for i in range(bins.secret.size):
        out.sterile[i] = 1.0 / (shift + bins.secret[i])


@kernel
def changed_block(i: int, factors: BinFactors, L: Array, out: Array) -> None:
    """Fill ``out`` (16, 16) with L' of momentum i, from ``L`` of its node."""
    for row in range(COMPONENTS):
        for column in range(COMPONENTS):
            out[row, column] = L[row, column]
    for m in range(3, STERILE):
        out[STERILE, m] = 0.0
    for a in range(3):
        flow = factors.flow[a, i]
        delta, sterile = (1.0 - flow) * factors.kept[a, i], (1.0 - flow) * factors.sterile[i]
        for k in range(3, STERILE):
            factor = delta * L[k, a] - sterile * L[k, STERILE]
            for m in range(3, STERILE):
                out[k, m] += factor * L[a, m]
        for m in range(3, STERILE):
            out[a, m] = flow * L[a, m]
            out[STERILE, m] -= flow * L[a, m]


@kernel
def _from_rest(component: int, i: int, factors: BinFactors, r: Array) -> tuple[float, float, float]:
    """Return N, q and P at c = 0 for the right-hand sides ``r`` (ROWS, N)."""
    own, K, inverse = factors.own[component, i], factors.rate[0], factors.rate[1]
    taken = r[TAKEN + component, i] * factors.taken[component, i]
    ahead = (r[AHEAD + component, i] - own * taken) * inverse
    return taken, ahead, K * ahead + own * taken


@kernel
def condense_bins(factors: BinFactors, local: Array, r: Array, b: Array) -> None:
    """Change the right-hand side ``b`` of the density matrices by that of the block, ``r`` (ROWS, N)."""
    for i in range(local.shape[0]):
        first, L, total = COMPONENTS * i, local[i], 0.0
        for a in range(3):
            flow = _from_rest(a, i, factors, r)[2]
            delta = (r[DELTA + a, i] - flow) * factors.kept[a, i]
            for k in range(3, STERILE):
                b[first + k] -= L[k, a] * delta
            b[first + a] -= flow
            total += flow
        sterile = (r[DELTA_S, i] + total) * factors.sterile[i]
        for k in range(3, STERILE):
            b[first + k] -= L[k, STERILE] * sterile
        b[first + STERILE] += total


@kernel
def fill_node(i: int, v: Array, w: Array, node: Array) -> None:
    """Fill the components (16,) of node i; those of ``v`` (size,) are of its bin, ``w`` (ROWS, N) is the block."""
    for m in range(COMPONENTS):
        node[m] = v[COMPONENTS * i + m]
    for a in range(3):
        node[a] -= w[DELTA + a, i]
    node[STERILE] -= w[DELTA_S, i]


@kernel
def expand_bins(factors: BinFactors, bins: BinRates, local: Array, b: Array, r: Array) -> None:
    """Overwrite ``r`` (ROWS, N) with the solution, for the solution ``b`` of the density matrices."""
    node = factors.node
    for i in range(local.shape[0]):
        L, components, total = local[i], b[COMPONENTS * i : COMPONENTS * (i + 1)], 0.0
        for a in range(3):
            c = -dot_row(L, a, components, 3, STERILE)
            flow = _solve_component(a, i, c, factors, r)
            r[DELTA + a, i] = (r[DELTA + a, i] + c - flow) * factors.kept[a, i]
            total += c - flow
        r[DELTA_S, i] = (r[DELTA_S, i] - total) * factors.sterile[i]
        fill_node(i, b, r, node)
        for component in range(3, 9):
            c = -dot_row(L, component, node, 0, COMPONENTS) - bins.damping[component, i] * node[component]
            flow, row = _solve_component(component, i, c, factors, r), COHERENCES + component - 3
            r[row, i] = (r[row, i] - flow) * factors.kept[component, i]


@kernel
def _solve_component(component: int, i: int, c: float, factors: BinFactors, r: Array) -> float:
    """Overwrite N and q of a component in ``r`` with their solution for ``c``; return P."""
    taken, ahead, flow = _from_rest(component, i, factors, r)
    r[TAKEN + component, i] = taken + factors.taken[component, i] * c
    r[AHEAD + component, i] = ahead + factors.ahead[component, i] * c
    return float(flow + factors.flow[component, i] * c)
