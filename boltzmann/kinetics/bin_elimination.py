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

from boltzmann.kinetics.bins import AHEAD, COHERENCES, DELTA, DELTA_S, TAKEN, BinRates
from boltzmann.kinetics.layout import COMPONENTS, STERILE
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel


@kernel
def _slopes(component: int, i: int, shift: float, K: float, bins: BinRates) -> tuple[float, float, float]:
    """Return dN/dc, dq/dc and dP/dc."""
    more = K * (bins.own[component, i] - 1.0)
    taken = 1.0 / (shift + bins.forget[i])
    ahead = (1.0 - more * taken) / (shift + K)
    return taken, ahead, K * ahead + more * taken


@kernel
def changed_block(i: int, shift: float, K: float, bins: BinRates, L: Array, out: Array) -> None:
    """Fill ``out`` (16, 16) with L' of momentum i, from ``L`` of its node."""
    for row in range(COMPONENTS):
        for column in range(COMPONENTS):
            out[row, column] = L[row, column]
    for m in range(3, STERILE):
        out[STERILE, m] = 0.0
    for a in range(3):
        flow = _slopes(a, i, shift, K, bins)[2]
        delta, sterile = (1.0 - flow) / (shift + bins.relax[a, i]), (1.0 - flow) / (shift + bins.secret[i])
        for k in range(3, STERILE):
            factor = delta * L[k, a] - sterile * L[k, STERILE]
            for m in range(3, STERILE):
                out[k, m] += factor * L[a, m]
        for m in range(3, STERILE):
            out[a, m] = flow * L[a, m]
            out[STERILE, m] -= flow * L[a, m]


@kernel
def _from_rest(component: int, i: int, shift: float, K: float, bins: BinRates, r: Array) -> tuple[float, float, float]:
    """Return N, q and P at c = 0 for the right-hand sides ``r`` (ROWS, N)."""
    more = K * (bins.own[component, i] - 1.0)
    taken = r[TAKEN + component, i] / (shift + bins.forget[i])
    ahead = (r[AHEAD + component, i] - more * taken) / (shift + K)
    return taken, ahead, K * ahead + more * taken


@kernel
def condense_bins(shift: float, K: float, bins: BinRates, local: Array, r: Array, b: Array) -> None:
    """Change the right-hand side ``b`` of the density matrices by that of the block, ``r`` (ROWS, N)."""
    for i in range(local.shape[0]):
        first, L, total = COMPONENTS * i, local[i], 0.0
        for a in range(3):
            flow = _from_rest(a, i, shift, K, bins, r)[2]
            delta = (r[DELTA + a, i] - flow) / (shift + bins.relax[a, i])
            for k in range(3, STERILE):
                b[first + k] -= L[k, a] * delta
            b[first + a] -= flow
            total += flow
        sterile = (r[DELTA_S, i] + total) / (shift + bins.secret[i])
        for k in range(3, STERILE):
            b[first + k] -= L[k, STERILE] * sterile
        b[first + STERILE] += total


@kernel
def expand_bins(shift: float, K: float, bins: BinRates, local: Array, b: Array, r: Array) -> None:
    """Overwrite ``r`` (ROWS, N) with the solution, for the solution ``b`` of the density matrices."""
    for i in range(local.shape[0]):
        first, L, total = COMPONENTS * i, local[i], 0.0
        for a in range(3):
            c = 0.0
            for m in range(3, STERILE):
                c -= L[a, m] * b[first + m]
            flow = _solve_component(a, i, c, shift, K, bins, r)
            r[DELTA + a, i] = (r[DELTA + a, i] + c - flow) / (shift + bins.relax[a, i])
            total += c - flow
        r[DELTA_S, i] = (r[DELTA_S, i] - total) / (shift + bins.secret[i])
        for component in range(3, 9):
            rate, c = bins.damping[component, i], 0.0
            for m in range(COMPONENTS):
                node = b[first + m]
                if m < 3:
                    node -= r[DELTA + m, i]
                elif m == STERILE:
                    node -= r[DELTA_S, i]
                c -= (L[component, m] + (rate if m == component else 0.0)) * node
            flow = _solve_component(component, i, c, shift, K, bins, r)
            row = COHERENCES + component - 3
            r[row, i] = (r[row, i] - flow) / (shift + rate)


@kernel
def _solve_component(component: int, i: int, c: float, shift: float, K: float, bins: BinRates, r: Array) -> float:
    """Overwrite N and q of a component in ``r`` with their solution for ``c``; return P."""
    taken0, ahead0, flow0 = _from_rest(component, i, shift, K, bins, r)
    taken1, ahead1, flow1 = _slopes(component, i, shift, K, bins)
    r[TAKEN + component, i], r[AHEAD + component, i] = taken0 + taken1 * c, ahead0 + ahead1 * c
    return flow0 + flow1 * c
