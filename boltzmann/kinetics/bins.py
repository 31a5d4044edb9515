"""Nodes cross, bins convert: resonances that are narrower than the distance of two momenta.

A momentum node stands for a bin of width dy ~ y/7. It crosses a resonance within 1e-3 e-folds, its bin takes 0.05: with
the node's populations for those of the bin, all neutrinos of the bin change hands at once. Collisions cannot refill
the active states while the front crosses, and the potential that neutrinos make themselves jumps: N_eff converges like
1/N. The transition of a node is right; what others see of it is corrected (derived; measured in
tests/physics/test_convergence.py). While a front, a zero of H_ss - E_k with a level E_k of the active states, lies
within the grid, every momentum has besides the density matrix of its node (`boltzmann.kinetics.layout`), whose
populations are then those of the **bin**, b_a and G,

    delta_a, delta_s    bin minus node: rho_aa(node) = b_a - delta_a, rho_ss(node) = G - delta_s
    N_A                 what the commutator took out of the node's component A since the block was opened
    q_A                 N_A minus the same of the bin
    B_A                 active coherences of the bin

with A = ee, mumu, tautau and Re, Im of emu, etau, mutau; all over f_FD. With c_A = i [H, rho(node)]_A::

    C_A   = K (q_A + S_A - N_A)               what goes over to the sterile state of the bin, instead of c_A
    N_A'  = c_A - Gamma N_A                   q_A' = c_A - C_A              B_A' = -C_A - D_A B_A
    delta_a' = c_a - C_a - gamma_a delta_a    delta_s' = -SUM_a (c_a - C_a) - Gamma_s delta_s
    b_a'  = I_a(b) - C_a                      G' = SUM_a C_a + Gamma_s (target - G)

gamma_a are gain plus loss of weak collisions, Gamma_s the relaxation by secret ones, Gamma at least that. Collisions
and energies are made of b, G and B: C leaves b and enters G, so that energy is conserved to rounding. Without fronts
delta and q decay and the equations are those of the nodes.

S_A (`fill_fronts`) is N_A of the bin: of the node, but where a front lies within the bin, the part behind the front
has what the neighbour behind it has, and the part before it what the neighbour ahead has. The blend into the node's own
value is such that S does not depend on the node while it crosses, and that dS/ds is smooth there. Fronts are those of
the eigenvalues of the active block where m_4 lies between the masses of the active states; else of its diagonal, where
those of two levels can lie in one bin. Several in a bin count by |V_ak V_bk| |H_ks|^2 and their distance from its edge.

Not with the matrix mode, nor with decays of nu_4, whose terms know one density matrix only: there a node is its bin.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.kinetics.layout import COMPONENTS, off_diagonal
from boltzmann.numerics.arrays import Array, Complex, Index
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.linear import update_eigenbasis
from boltzmann.numerics.momentum import Grid
from boltzmann.numerics.records import record

DELTA, DELTA_S, TAKEN, AHEAD, COHERENCES = 0, 3, 4, 13, 22  # first rows of the block
ROWS = 28
PAIR = np.array([[0, 0], [1, 1], [2, 2], [0, 1], [0, 1], [0, 2], [0, 2], [1, 2], [1, 2]])  # flavours of component A
RATE, RATE_DARK = 300.0, 1000.0  # K, without and with a dark sector
OWN = 1e-9  # weight of the node's own value where fronts are in a bin
DIABATIC = 1e-3  # exponent of Landau and Zener over the distance of two nodes below which a front is ignored
BROAD = 0.5  # squared distance of two levels over that of two nodes from which a front is resolved
BEGUN, BEYOND = 0.1, 1.02  # part of a step below which an edge is behind it; how far a step goes to be beyond it
SMALL = 1e-4  # of q: below, without a front, the block is closed


@record
class Fronts(NamedTuple):
    """How a run treats resonances."""

    allowed: bool  # four states, without matrix mode and decays
    rate: float  # K
    by_mass: bool  # levels are eigenvalues of the active block, else its diagonal


@record
class BinRates(NamedTuple):
    """What the block's linear system is made of; N momenta."""

    on: Array  # (1,): 1 while the block is open
    own: Array  # (9, N) dS_A/dN_A
    relax: Array  # (3, N) gamma_a
    secret: Array  # (N,) Gamma_s
    forget: Array  # (N,) Gamma
    damping: Array  # (9, N) D_A


@record
class Bins(NamedTuple):
    """The block of a run, and what one evaluation leaves; N momenta."""

    rates: BinRates
    v: Array  # (ROWS, N) unknowns of the present evaluation
    slope: Array  # (ROWS, N) dv/ds
    flow: Array  # (9, N) C_A
    distance: Array  # (3, N) H_ss - E_k
    coupling: Array  # (3, N) |H_ks|^2
    basis: Complex  # (N, 3, 3) V: levels of the active block
    edge: Array  # (3, N) of `until_edge`
    near: Array  # (3,) r of one momentum, see `_find_fronts`
    side: Index  # (3,)
    scratch: Complex  # (2, 3, 3)


def empty_rates(N: int) -> BinRates:
    """Return those of a closed block."""
    return BinRates(np.zeros(1), np.ones((9, N)), np.zeros((3, N)), np.zeros(N), np.zeros(N), np.zeros((9, N)))


def empty_bins(N: int) -> Bins:
    """Return a closed block."""
    return Bins(
        rates=empty_rates(N),
        v=np.zeros((ROWS, N)),
        slope=np.zeros((ROWS, N)),
        flow=np.zeros((9, N)),
        distance=np.zeros((3, N)),
        coupling=np.zeros((3, N)),
        basis=np.tile(np.eye(3, dtype=complex), (N, 1, 1)),
        edge=np.zeros((3, N)),
        near=np.ones(3),
        side=np.ones(3, np.int64),
        scratch=np.zeros((2, 3, 3), complex),
    )


@kernel
def fill_levels(H: Complex, by_mass: bool, bins: Bins) -> None:
    """Fill the distance of the sterile level from active ones, their coupling and their basis, for ``H`` (N, n, n)."""
    own, scratch = bins.scratch[0], bins.scratch[1]
    for i in range(H.shape[0]):
        V = bins.basis[i]
        if by_mass:
            for a in range(3):
                for b in range(3):
                    own[a, b] = H[i, a, b]
            update_eigenbasis(own, V, scratch)
        for k in range(3):
            level = own[k, k].real if by_mass else H[i, k, k].real
            coupling = 0.0j
            for a in range(3):
                coupling += np.conj(V[a, k]) * H[i, a, 3]
            bins.distance[k, i] = H[i, 3, 3].real - level
            bins.coupling[k, i] = coupling.real**2 + coupling.imag**2


@kernel
def _is_crossed(k: int, i: int, bins: Bins) -> bool:
    """Return whether a front of level k that is not diabatic lies between nodes i and i + 1, after `fill_levels`."""
    before, after = bins.distance[k, i], bins.distance[k, i + 1]
    coupling = max(bins.coupling[k, i], bins.coupling[k, i + 1])
    return bool(before * after < 0.0 and 2.0 * np.pi * coupling > DIABATIC * abs(after - before))


@kernel
def has_front(H: Complex, damping: Array, by_mass: bool, bins: Bins) -> bool:
    """Return whether a front of ``H`` (N, n, n) lies between two nodes that is neither diabatic nor broader than that.

    ``damping`` (N,): that of active-sterile coherences.
    """
    fill_levels(H, by_mass, bins)
    for i in range(H.shape[0] - 1):
        for k in range(3):
            apart = bins.distance[k, i + 1] - bins.distance[k, i]
            coupling = max(bins.coupling[k, i], bins.coupling[k, i + 1])
            narrow = apart**2 > BROAD * (4.0 * coupling + damping[i] ** 2)
            if narrow and _is_crossed(k, i, bins):
                return True
    return False


@kernel
def _middle(k: int, i: int, bins: Bins) -> float:
    """Return twice H_ss - E_k in the middle of nodes i and i + 1."""
    return float(bins.distance[k, i] + bins.distance[k, i + 1])


@kernel
def until_edge(before: Complex, after: Complex, fronts: Fronts, bins: Bins) -> float:
    """Return the part of a step from H = ``before`` to ``after`` (N, n, n) until a front leaves its bin, else 1.

    There S_A has a kink, which a step should end at. It is where H_ss - E_k of two nodes are opposite, by linear
    interpolation; a step that has just begun there goes on.
    """
    last, start, part = before.shape[0] - 1, bins.edge, 1.0
    fill_levels(before, fronts.by_mass, bins)
    for i in range(last):
        for k in range(3):
            start[k, i] = _middle(k, i, bins)
    fill_levels(after, fronts.by_mass, bins)
    for i in range(last):
        for k in range(3):
            end = _middle(k, i, bins)
            if start[k, i] * end < 0.0 and _is_crossed(k, i, bins):
                share = start[k, i] / (start[k, i] - end)
                if share > BEGUN:
                    part = min(part, BEYOND * share)
    return part


@kernel
def _find_fronts(i: int, bins: Bins) -> bool:
    """Fill bins.near and bins.side for the fronts of bin i; return whether there are any.

    Of level k they hold r, the zero of H_ss - E_k over half the distance of the next node (1 without a front), and 1 or
    -1, the side on which it lies.
    """
    found, distance = False, bins.distance
    for k in range(3):
        bins.near[k], bins.side[k] = 1.0, 1
        d = distance[k, i]
        up, down = distance[k, i + 1] - d, d - distance[k, i - 1]
        if up * down <= 0.0:
            continue
        above = up * d < 0.0
        r = abs(d) / (0.5 * abs(up if above else down))
        if r < 1.0:
            bins.near[k], bins.side[k], found = r, (1 if above else -1), True
    return found


@kernel
def _front_average(component: int, i: int, bins: Bins) -> tuple[float, float]:
    """Return S_A of momentum i, after `_find_fronts`, and its derivative by the node's own N_A."""
    v, row, a, b, V = bins.v, TAKEN + component, PAIR[component, 0], PAIR[component, 1], bins.basis
    total, weights, own, largest = 0.0, 0.0, 0.0, 0.0
    for k in range(3):
        r, side = bins.near[k], bins.side[k]
        if r >= 1.0:
            continue
        weight = abs(V[i, a, k]) * abs(V[i, b, k]) * bins.coupling[k, i] * (1.0 - r)
        behind, ahead = 0.5 * (1.0 + r), 0.5 * (1.0 - r)
        near, far = v[row, i - side], v[row, i + side]
        total += weight * (behind * ((1.0 - r * r) * near + r * r * v[row, i]) + ahead * far)
        own += weight * behind * r * r
        weights += weight
        largest = max(largest, weight)
    if not weights > 0.0:
        return v[row, i], 1.0
    rest = OWN * largest
    return (total + rest * v[row, i]) / (weights + rest), (own + rest) / (weights + rest)


@kernel
def _rate_at_fronts(bins: Bins) -> float:
    """Return Gamma_s at the fronts, interpolated in its logarithm, their mean by coupling; 0 without."""
    total, weights, rate = 0.0, 0.0, bins.rates.secret
    for i in range(rate.size - 1):
        for k in range(3):
            before, after = bins.distance[k, i], bins.distance[k, i + 1]
            if before * after < 0.0 and rate[i] * rate[i + 1] > 0.0:
                t = before / (before - after)
                weight = (1.0 - t) * bins.coupling[k, i] + t * bins.coupling[k, i + 1]
                total += weight * ((1.0 - t) * np.log(rate[i]) + t * np.log(rate[i + 1]))
                weights += weight
    return float(np.exp(total / weights)) if weights > 0.0 else 0.0


@kernel
def _fill_forgetting(bins: Bins) -> None:
    """Fill Gamma: Gamma_s, but of momenta where that is less than at the front, what it is there.

    So the node behind the front and that whose bin it crosses forget alike, and nodes ahead what they exchange in the
    equilibrium of fast collisions.
    """
    front = _rate_at_fronts(bins)
    for i in range(bins.rates.secret.size):
        bins.rates.forget[i] = max(bins.rates.secret[i], front)


@kernel
def fill_fronts(H: Complex, fronts: Fronts, bins: Bins) -> None:
    """Fill the flow C_A, the own weights and Gamma of all momenta for the block's present unknowns."""
    fill_levels(H, fronts.by_mass, bins)
    _fill_forgetting(bins)
    N, v = H.shape[0], bins.v
    for i in range(N):
        found = 0 < i < N - 1 and _find_fronts(i, bins)
        for component in range(9):
            taken, own = v[TAKEN + component, i], 1.0
            average = taken
            if found:
                average, own = _front_average(component, i, bins)
            bins.flow[component, i] = fronts.rate * (v[AHEAD + component, i] + average - taken)
            bins.rates.own[component, i] = own


@kernel
def open_bins(u: Array, v: Array) -> None:
    """Fill the block's unknowns ``v`` (ROWS, N) at the state ``u``: bins are as their nodes."""
    for i in range(v.shape[1]):
        for row in range(COHERENCES):
            v[row, i] = 0.0
        for k in range(6):
            v[COHERENCES + k, i] = u[COMPONENTS * i + 3 + k]


@kernel
def may_close(v: Array) -> bool:
    """Return whether all nodes have given to their bins what they took, or nearly."""
    for a in range(3):
        for i in range(v.shape[1]):
            if abs(v[AHEAD + a, i]) > SMALL:
                return False
    return True


@kernel
def to_node(v: Array, i: int, f: float, rho: Complex) -> None:
    """Turn the populations of ``rho`` (n, n), f times those of bin i, into those of its node."""
    for a in range(3):
        rho[a, a] -= f * v[DELTA + a, i]
    rho[3, 3] -= f * v[DELTA_S, i]


@kernel
def bin_energy(grid: Grid, v: Array, energy: Complex) -> None:
    """Turn the comoving energy-density matrix (n, n) of the nodes into that of the bins."""
    for i in range(grid.y.size):
        weight = grid.w[i] * grid.y[i] ** 3 * grid.f[i] / np.pi**2
        for a in range(3):
            energy[a, a] += weight * v[DELTA + a, i]
        energy[3, 3] += weight * v[DELTA_S, i]
    for a in range(3):
        for b in range(a + 1, 3):
            k, total = COHERENCES + off_diagonal(a, b) - 3, 0.0j
            for i in range(grid.y.size):
                weight = grid.w[i] * grid.y[i] ** 3 * grid.f[i] / np.pi**2
                total += complex(weight * v[k, i], weight * v[k + 1, i])
            energy[a, b], energy[b, a] = total, np.conj(total)


@kernel
def convert(i: int, f: float, bins: Bins, change: Complex) -> None:
    """Turn ``change`` (n, n) of node i by the commutator into that of its bin, populations only; fill dv/ds."""
    v, rate, rates, given, left = bins.v, bins.slope, bins.rates, 0.0, 0.0
    for component in range(9):
        a, b, C = PAIR[component, 0], PAIR[component, 1], bins.flow[component, i]
        imaginary = component > 2 and component % 2 == 0
        c = -(change[a, b].imag if imaginary else change[a, b].real) / f
        rate[TAKEN + component, i] = c - rates.forget[i] * v[TAKEN + component, i]
        rate[AHEAD + component, i] = c - C
        if component < 3:
            rate[DELTA + a, i] = c - C - rates.relax[a, i] * v[DELTA + a, i]
            left += c - C
            given += C
            change[a, a] = complex(-f * C, 0.0)
        else:
            row = COHERENCES + component - 3
            rate[row, i] = -C - rates.damping[component, i] * v[row, i]
    rate[DELTA_S, i] = -left - rates.secret[i] * v[DELTA_S, i]
    change[3, 3] = complex(f * given, 0.0)
