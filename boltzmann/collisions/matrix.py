"""Collisions with their full flavour structure, the reference mode ``coherence="matrix"``.

Gain and loss become 3 x 3 matrices A and B of the active block (Sigl & Raffelt, Nucl. Phys. B406 (1993) 423; form of
arXiv:2012.02726)::

    I = (1/2) [(1 - rho) A - rho B + h.c.]        rho the full density matrix, so that
    I_as = -(1/2) SUM_b (A + B)^+_ab rho_bs

nu-e, with k and a of `boltzmann.collisions.electron` for the couplings of the pair (a, b)::

    A_ab = SUM_j k^ab_ij (E_j/E_i) rho_ab(j) + a^ab_ij (1 - rho(j))_ab/(E_i E_j)^2
    B_ab = SUM_j k^ab_ij (E_i/E_j) (1 - rho(j))_ab + a^ab_ij rho_ab(j)

nu-nu: X = r2 r4, V = r4 r3, K = Ks + Kp::

    A = (1/2) SUM r3 [K r4 - Ks X - Kp X^+ + K tr(r4 - X)] + Kp (1 - r2)(V + tr V)
    B = (1/2) SUM (1 - r3)[K r2 - Ks X - Kp X^+ + K tr(r2 - X)] + Kp r2 [W + tr W],     W = 1 - r3 - r4 + V

For diagonal rho both reduce to the population integrals. The kernels of nu-e collisions have kinks at equal momenta, so
that sums over the nodes overestimate the loss rates (by 3% at N = 20; those of nu-nu collisions are corrected for them,
`boltzmann.collisions.neutrino`). Gain and loss share that error in the populations, but the active-sterile coherences
see the loss alone: there the rates are rescaled, momentum by momentum, by the ratio of a kink-split quadrature to the
node sum, both in equilibrium (`kink_ratios`).
"""

from typing import NamedTuple

import numpy as np

from boltzmann.collisions.electron import (
    PANEL_NODES,
    PANEL_WEIGHTS,
    annihilation_integrals,
    couple,
    electron_integral,
    electron_kernels,
    pair_couplings,
    scattering_integrals,
)
from boltzmann.collisions.neutrino import Neutrino, massless_amplitudes, neutrino_integral
from boltzmann.numerics import cache
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel, reduction_kernel
from boltzmann.numerics.momentum import Grid
from boltzmann.numerics.records import record


@record
class Matrix(NamedTuple):
    """Ratios (N,) of kink-split to node-summed equilibrium loss rates, nu-nu and nu-e."""

    neutrino: Array
    electron: Array


@kernel
def _equilibrium(y: float) -> float:
    return float(1.0 / (np.exp(y) + 1.0))


@kernel
def _panel_sum_third(y1: float, y2: float, start: float, end: float, nodes: Array, weights: Array) -> float:
    """Integrate the equilibrium nu-nu loss and gain over y3 in [start, end]."""
    total, f2 = 0.0, _equilibrium(y2)
    for q in range(nodes.size):
        y3 = start + 0.5 * (end - start) * (1.0 + nodes[q])
        scatter, pair = massless_amplitudes(y1, y2, y3, y1 + y2 - y3)
        f3, f4 = _equilibrium(y3), _equilibrium(y1 + y2 - y3)
        blocked = f3 * f4 * (1.0 - f2) + (1.0 - f3) * (1.0 - f4) * f2
        total += 0.5 * weights[q] * (end - start) * 2.0 * (scatter + 2.0 * pair) * blocked
    return total


@kernel
def neutrino_loss(y1: float, nodes: Array, weights: Array) -> float:
    """Return gain plus loss of nu-nu collisions in equilibrium (T = 1, three flavours), panels split at every kink."""
    total = 0.0
    edges = (0.0, y1, y1 + 10.0, y1 + 45.0)
    for panel in range(3):
        width = edges[panel + 1] - edges[panel]
        for q in range(nodes.size):
            y2 = edges[panel] + 0.5 * width * (1.0 + nodes[q])
            low, high = min(y1, y2), max(y1, y2)
            inner = _panel_sum_third(y1, y2, 0.0, low, nodes, weights)
            inner += _panel_sum_third(y1, y2, low, high, nodes, weights)
            inner += _panel_sum_third(y1, y2, high, y1 + y2, nodes, weights)
            total += 0.5 * weights[q] * width * inner
    return total


@kernel
def electron_loss(y1: float, nodes: Array, weights: Array, couplings: tuple[float, float, float]) -> float:
    """Return gain plus loss of nu-e collisions in equilibrium (T = 1, massless e+-), split at the kink.

    ``couplings``: `boltzmann.collisions.electron.pair_couplings`.
    """
    total, (c1, c2, c3) = 0.0, couplings
    edges = (0.0, y1, y1 + 10.0, y1 + 45.0)
    for panel in range(3):
        width = edges[panel + 1] - edges[panel]
        for q in range(nodes.size):
            y2 = edges[panel] + 0.5 * width * (1.0 + nodes[q])
            r1, r2 = scattering_integrals(y1, y2, 0.0, 1.0, nodes, weights)
            a1, a2 = annihilation_integrals(y1, y2, 0.0, 1.0, nodes, weights)
            k, a = c1 * r1 - c2 * r2, c1 * a1 + c3 * a2
            f, ratio = _equilibrium(y2), np.exp(0.5 * (y2 - y1))
            rate = k * (ratio * f + (1.0 - f) / ratio) + a * ((1.0 - f) * np.exp(-y1 - y2) + f)
            total += 0.5 * weights[q] * width * rate
    return total


def _node_losses(grid: Grid, neutrino: Neutrino) -> tuple[Array, Array]:
    """Return the node sums that `neutrino_loss` and `electron_loss` refine, (N,) each."""
    n = grid.y.size
    gain, loss, kernels = np.empty((3, n)), np.empty((3, n)), np.empty((4, n, n))
    neutrino_integral(np.tile(grid.f, (3, 1)), neutrino, np.zeros((n, 3, n, n)), np.empty((2, 3, n * n)), gain, loss)
    electron_kernels(grid.y, 0.0, 1.0, PANEL_NODES, PANEL_WEIGHTS, kernels)
    up, down, (k, a) = np.empty(n), np.empty(n), couple(kernels, 0, 0)
    electron_integral(grid.f, grid.w, np.exp(0.5 * grid.y), k, a, np.empty((4, n)), up, down)
    return gain[0] + loss[0], up + down


def kink_ratios(grid: Grid, neutrino: Neutrino) -> Matrix:
    """Return the rescaling of active-sterile loss rates for ``grid``, cached on disk."""

    def build() -> cache.Arrays:
        by_nu, by_e = _node_losses(grid, neutrino)
        exact_nu = [neutrino_loss(y, PANEL_NODES, PANEL_WEIGHTS) for y in grid.y]
        exact_e = [electron_loss(y, PANEL_NODES, PANEL_WEIGHTS, pair_couplings(0, 0)) for y in grid.y]
        return {"neutrino": np.array(exact_nu) / by_nu, "electron": np.array(exact_e) / by_e}

    return Matrix(**cache.tables("matrix", (grid.y.tobytes(),), build))


def _mixed_share() -> tuple[float, float]:
    """Return by which factors k and a of (e,e) and of (x,x) add up to those of (e,x): all are made of two integrals."""
    (e1, e2, _), (m1, m2, _), (x1, x2, _) = pair_couplings(0, 0), pair_couplings(0, 1), pair_couplings(1, 1)
    determinant = e1 * x2 - x1 * e2
    return (m1 * x2 - x1 * m2) / determinant, (e1 * m2 - m1 * e2) / determinant


SHARE_E, SHARE_X = _mixed_share()


@kernel
def pair_rates(single: Array, w: Array, rates: Array) -> None:
    """Fill ``rates`` (2, 3, N, N), k and a of the pairs (e,e), (e,x), (x,x), from k_e, a_e, k_x, a_x (4, N, N).

    Weights are included.
    """
    for kind in range(2):
        for i in range(w.size):
            for j in range(w.size):
                by_e, by_x = w[j] * single[kind, i, j], w[j] * single[2 + kind, i, j]
                rates[kind, 0, i, j], rates[kind, 2, i, j] = by_e, by_x
                rates[kind, 1, i, j] = SHARE_E * by_e + SHARE_X * by_x


@kernel
def pair_kind(a: int, b: int) -> int:
    """Return the index of the pair (a, b) in `pair_rates`."""
    return (1 if a > 0 else 0) + (1 if b > 0 else 0)


@kernel
def electron_matrix(rho: Complex, boost: Array, rates: Array, gain: Complex, loss: Complex) -> None:
    """Fill A and B (N, 3, 3) of nu-e collisions."""
    for i in range(boost.size):
        for a in range(3):
            for b in range(a, 3):
                k, annihilation = rates[0, pair_kind(a, b), i], rates[1, pair_kind(a, b), i]
                up, down = 0.0j, 0.0j
                for j in range(boost.size):
                    r = rho[j, a, b]
                    empty = (1.0 if a == b else 0.0) - r
                    up += k[j] * boost[j] / boost[i] * r + annihilation[j] / (boost[i] * boost[j]) ** 2 * empty
                    down += k[j] * boost[i] / boost[j] * empty + annihilation[j] * r
                gain[i, a, b], gain[i, b, a] = up, np.conj(up)
                loss[i, a, b], loss[i, b, a] = down, np.conj(down)


@kernel
def _components(rho: Complex, out: Array) -> None:
    """Fill ``out`` (10,) with the diagonal, Re and Im of (0,1), (0,2), (1,2) of a Hermitian (3, 3) matrix, and 1."""
    for a in range(3):
        out[a] = rho[a, a].real
        for b in range(a + 1, 3):
            k = 1 + 2 * (a + b)
            out[k], out[k + 1] = rho[a, b].real, rho[a, b].imag
    out[9] = 1.0


@kernel
def _add_hermitian(factor: complex, components: Array, out: Complex) -> None:
    """Add ``factor`` times the matrix with ``components`` to ``out`` (3, 3)."""
    for a in range(3):
        out[a, a] += factor * components[a]
        for b in range(a + 1, 3):
            k = 1 + 2 * (a + b)
            out[a, b] += factor * complex(components[k], components[k + 1])
            out[b, a] += factor * complex(components[k], -components[k + 1])


@kernel
def _add_product(factor: complex, a: Complex, b: Complex, out: Complex) -> None:
    """Add ``factor`` a b to ``out``, all (3, 3)."""
    for m in range(3):
        for n in range(3):
            out[m, n] += factor * (a[m, 0] * b[0, n] + a[m, 1] * b[1, n] + a[m, 2] * b[2, n])


@kernel
def _add_unit(value: complex, out: Complex) -> None:
    """Add ``value`` to the diagonal of ``out`` (3, 3)."""
    for a in range(3):
        out[a, a] += value


@kernel
def _trace(a: Complex) -> complex:
    return complex(a[0, 0] + a[1, 1] + a[2, 2])


@reduction_kernel
def _correlate(i: int, j: int, r: Array, neutrino: Neutrino, r4: Array, scatter: Array, pair: Array) -> None:
    """Fill SUM_k Ks r4^m r3^n and SUM_k Kp r4^m r3^n, (10, 12) on components (m, n).

    ``r`` (N, 12) holds the components of all nodes, two zeros added for vectorisation; ``r4`` (10,) is scratch space.
    """
    scatter[:] = 0.0
    pair[:] = 0.0
    weight = neutrino.weight[i, j]
    for k in range(neutrino.start[i, j], neutrino.stop[i, j]):
        first, w0, w1, w2, w3 = neutrino.node[i, j, k], weight[0, k], weight[1, k], weight[2, k], weight[3, k]
        for n in range(9):
            r4[n] = w0 * r[first, n] + w1 * r[first + 1, n] + w2 * r[first + 2, n] + w3 * r[first + 3, n]
        ks, kp = neutrino.scatter[i, j, k], neutrino.pair[i, j, k]
        for m in range(10):
            by_scatter, by_pair = ks * r4[m], kp * r4[m]
            for n in range(12):
                scatter[m, n] += by_scatter * r[k, n]
                pair[m, n] += by_pair * r[k, n]


@kernel
def _with_fourth(c: int, d: int, correlation: Array, out: Complex) -> None:
    """Fill ``out`` (3, 3) with SUM_k K r3 (r4)_cd, c <= d, from the ``correlation`` (10, 12)."""
    out[:] = 0.0
    if c == d:
        _add_hermitian(1.0, correlation[c], out)
    else:
        _add_hermitian(1.0, correlation[1 + 2 * (c + d)], out)
        _add_hermitian(1.0j, correlation[2 + 2 * (c + d)], out)


@kernel
def _adjoin(a: Complex) -> None:
    """Replace ``a`` (3, 3) by its adjoint."""
    for m in range(3):
        a[m, m] = np.conj(a[m, m])
        for n in range(m + 1, 3):
            a[m, n], a[n, m] = np.conj(a[n, m]), np.conj(a[m, n])


@kernel
def _add_element(r2: Complex, c: int, d: int, by_scatter: Complex, by_pair: Complex, m: Complex) -> None:
    """Add the terms with (r4)_cd to ``m``; see `_fill_products`."""
    for a in range(3):
        m[0, a, d] += by_scatter[a, 0] * r2[0, c] + by_scatter[a, 1] * r2[1, c] + by_scatter[a, 2] * r2[2, c]
        m[1, a, d] += by_scatter[a, c] + by_pair[a, c]
        m[2, a, d] += by_pair[a, c]
        m[3, c, a] += by_pair[d, a]
        for b in range(3):
            both = by_scatter[a, b] + by_pair[a, b]
            m[4, a, b] += r2[d, c] * both
            if c == d:
                m[5, a, b] += both


@kernel
def _fill_products(r2: Complex, scatter: Array, pair: Array, m: Complex) -> None:
    """Fill six (3, 3) sums over k: r3 (Ks r2 r4 + Kp r4 r2), K r3 r4, Kp r3 r4, Kp r4 r3, K r3 tr r2 r4, K r3 tr r4."""
    m[:] = 0.0
    by_scatter, by_pair = m[6], m[7]
    for c in range(3):
        for d in range(c, 3):
            _with_fourth(c, d, scatter, by_scatter)
            _with_fourth(c, d, pair, by_pair)
            _add_element(r2, c, d, by_scatter, by_pair, m)
            if c < d:
                _adjoin(by_scatter)
                _adjoin(by_pair)
                _add_element(r2, d, c, by_scatter, by_pair, m)
    _add_product(1.0, m[2], r2, m[0])


@kernel
def _add_scattering(r2: Complex, scatter: Array, pair: Array, m: Complex, gain: Complex, loss: Complex) -> None:
    """Add the terms with r3 or 1 - r3 in front to A and B (3, 3); m[:6] as filled by `_fill_products`."""
    for a in range(3):
        for b in range(3):
            gain[a, b] += m[1, a, b] - m[0, a, b] + m[5, a, b] - m[4, a, b]
            loss[a, b] += m[0, a, b] + m[4, a, b]
    empty, by_scatter, by_pair = m[5], m[6], m[7]
    m[5:] = 0.0
    _add_hermitian(1.0, scatter[:, 9], by_scatter)
    _add_hermitian(1.0, pair[:, 9], by_pair)
    _add_product(-1.0, r2, by_scatter, loss)
    _add_product(-1.0, by_pair, r2, loss)
    by_scatter += by_pair
    for a in range(3):
        _add_unit(-(r2[a, 0] * by_scatter[0, a] + r2[a, 1] * by_scatter[1, a] + r2[a, 2] * by_scatter[2, a]), loss)
    _add_unit(scatter[9, 9] + pair[9, 9], empty)
    _add_hermitian(-1.0, scatter[9], empty)
    _add_hermitian(-1.0, pair[9], empty)
    _add_product(1.0, empty, r2, loss)
    trace = _trace(r2)
    for a in range(3):
        for b in range(3):
            loss[a, b] += trace * empty[a, b]


@kernel
def _add_pairs(r2: Complex, pair: Array, m: Complex, gain: Complex, loss: Complex) -> None:
    """Add Kp (1 - r2)(V + tr V) to A and Kp r2 (W + tr W) to B (3, 3), W = 1 - r3 - r4 + V; m[3] is SUM Kp V."""
    v, w = m[3], m[6]
    w[:] = v
    _add_unit(pair[9, 9], w)
    _add_hermitian(-1.0, pair[9], w)
    _add_hermitian(-1.0, pair[:, 9], w)
    _add_unit(_trace(v), v)
    _add_unit(_trace(w), w)
    gain += v
    _add_product(-1.0, r2, v, gain)
    _add_product(1.0, r2, w, loss)


@kernel
def neutrino_matrix(rho: Complex, neutrino: Neutrino, gain: Complex, loss: Complex) -> None:
    """Fill A and B (N, 3, 3) of nu-nu collisions.

    They are linear in r3 and in r4, so for each (i, j) only the correlations SUM_k K r4 r3 are summed over k.
    """
    n = rho.shape[0]
    r, r4, m = np.zeros((n, 12)), np.ones(10), np.empty((8, 3, 3), np.complex128)
    scatter, pair = np.empty((10, 12)), np.empty((10, 12))
    gain[:] = 0.0
    loss[:] = 0.0
    for i in range(n):
        _components(rho[i], r[i])
    for i in range(n):
        for j in range(n):
            _correlate(i, j, r, neutrino, r4, scatter, pair)
            _fill_products(rho[j], scatter, pair, m)
            _add_scattering(rho[j], scatter, pair, m, gain[i], loss[i])
            _add_pairs(rho[j], pair, m, gain[i], loss[i])
    gain *= 0.5
    loss *= 0.5


@kernel
def collision_matrix(rho: Complex, gain: Complex, loss: Complex, extra: Array, out: Complex) -> None:
    """Fill the upper triangle of ``out`` (n, n) with (1/2)[(1 - rho) A - rho B + h.c.] for one momentum.

    ``extra`` (3,) is added to the diagonal of A + B where it acts on active-sterile coherences.
    """
    n = rho.shape[0]
    out[:] = 0.0
    for a in range(3):
        for b in range(3):
            total = gain[a, b]
            for c in range(3):
                total -= rho[a, c] * (gain[c, b] + loss[c, b])
            out[a, b] += 0.5 * total
            out[b, a] += 0.5 * np.conj(total)
    if n > 3:
        for a in range(3):
            total = extra[a] * rho[a, 3]
            for c in range(3):
                total += np.conj(gain[c, a] + loss[c, a]) * rho[c, 3]
            out[a, 3] = -0.5 * total
