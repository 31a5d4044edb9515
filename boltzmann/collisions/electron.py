"""nu-e scattering and annihilation with massive electrons and full Pauli blocking.

Because e+- stay thermal, the integrals over their energies are functions of (x, z) and of two neutrino momenta only::

    R1(y1,y3) = e^{(y3-y1)/2z} int dE2 [Pi(1,4) + Pi(1,2)] f(E2) (1 - f(E4)),        R2: the same with m^2 Pi1_sc
    A1(y1,y2) = int dE3 (1/2) [Pi(1,4) + Pi(1,3)] (1 - f(E3)) (1 - f(E4)),           A2: the same with m^2 Pi1_ann

All four are symmetric, so detailed balance is exact on any grid. For flavour a, r = rho_aa, E_j = e^{y_j/2z} (derived
from the amplitudes of hep-ph/9703315, table 5; flavour structure of arXiv:2012.02726)::

    I_a(i) = SUM_j k_ij [E_j r_j (1-r_i)/E_i - E_i r_i (1-r_j)/E_j] + a_ij [(1-r_i)(1-r_j)/(E_i E_j)^2 - r_i r_j]
    k_ij = w_j [2(g_L^2 + g_R^2) R1 - 8 g_L g_R R2],    a_ij = w_j [2(g_L^2 + g_R^2) A1 + 4 g_L g_R A2]

The kernels below hold k_ij/w_j and a_ij/w_j, which are symmetric.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.collisions.couplings import Couplings, standard
from boltzmann.collisions.dfunctions import allowed, d_functions
from boltzmann.constants import G_L_E, G_L_X, G_R
from boltzmann.numerics import cache
from boltzmann.numerics.arrays import Array, Complex, Index
from boltzmann.numerics.interpolate import Lattice, look_up
from boltzmann.numerics.jit import kernel, reduction_kernel
from boltzmann.numerics.momentum import Grid
from boltzmann.numerics.records import record
from boltzmann.plasma.thermo import electron_mass_shift

PANEL_NODES, PANEL_WEIGHTS = np.polynomial.legendre.leggauss(12)


@record
class Electron(NamedTuple):
    """k and a of nu_e, then of nu_mu and nu_tau, without weights, on a lattice.

    ``rates`` (n_x, n_z, 4 N(N+1)/2), single precision: k_e, a_e, k_x, a_x on pairs i >= j. Other couplings than the
    standard ones have k and a of three flavours, and after them R1, A1, R2, A2. Stored once for (i, j) and
    (j, i), they stay symmetric, and detailed balance exact, whatever the rounding. k goes like e^{-|y_i - y_j|/2z}, by
    many orders of magnitude where z varies: on a logarithmic lattice tables hold k without this factor (`restore`).
    """

    lattice: Lattice
    rates: Array
    kind: Index  # (3,): which k and a are those of a flavour
    left: Complex  # (3, 3): G_L
    right: Complex  # (3, 3): G_R
    mixed: bool  # whether the couplings are not the standard ones: the matrix mode needs R1 to A2


@kernel
def _blocked(energy: float, z: float) -> float:
    """Return 1 - f(E)."""
    return float(1.0 / (1.0 + np.exp(-energy / z)))


@kernel
def _scattering(y1: float, y3: float, E2: float, m2: float, z: float) -> tuple[float, float]:
    """Return the integrands of R1 and R2 at electron energy E2, without f's symmetric factor pulled out."""
    E4 = E2 + y1 - y3
    p2, p4 = np.sqrt(max(E2 * E2 - m2, 0.0)), np.sqrt(max(E4 * E4 - m2, 0.0))
    if not allowed(y1, p2, y3, p4):
        return 0.0, 0.0
    d1, d3, d12, d34, d14, d23, d13, _ = d_functions(y1, p2, y3, p4)
    common = y1 * E2 * y3 * E4 * d1 + d3
    both = 2.0 * (2.0 * common - y1 * E2 * d34 - y3 * E4 * d12 + E2 * y3 * d14 + y1 * E4 * d23)
    occupation = np.exp(-0.5 * (E2 + E4) / z) * _blocked(E2, z) * _blocked(E4, z)
    return both * occupation, m2 * (y1 * y3 * d1 + d13) * occupation


@kernel
def _annihilation(y1: float, y2: float, difference: float, m2: float, z: float) -> tuple[float, float]:
    """Return the integrands of A1 and A2 at E3 - E4 = ``difference``."""
    E3, E4 = 0.5 * (y1 + y2 + difference), 0.5 * (y1 + y2 - difference)
    p3, p4 = np.sqrt(max(E3 * E3 - m2, 0.0)), np.sqrt(max(E4 * E4 - m2, 0.0))
    if not allowed(y1, y2, p3, p4):
        return 0.0, 0.0
    d1, d3, d12, _, d14, d23, d13, d24 = d_functions(y1, y2, p3, p4)
    common = y1 * y2 * E3 * E4 * d1 + d3
    both = 2.0 * common + y2 * E3 * d14 + y1 * E4 * d23 + y1 * E3 * d24 + y2 * E4 * d13
    blocking = _blocked(E3, z) * _blocked(E4, z)
    return both * blocking, m2 * (y1 * y2 * d1 - d12) * blocking


@kernel
def _scattering_panel(
    y1: float, y3: float, m2: float, z: float, start: float, end: float, squared: bool, nodes: Array, weights: Array
) -> tuple[float, float]:
    """Integrate over E2 in [start, end]; ``squared`` clusters the nodes at ``start`` (square-root threshold)."""
    total1 = total2 = 0.0
    if end <= start:
        return total1, total2
    for q in range(nodes.size):
        t = 0.5 * (1.0 + nodes[q])
        jacobian = 0.5 * weights[q] * (end - start) * (2.0 * t if squared else 1.0)
        value1, value2 = _scattering(y1, y3, start + (end - start) * (t * t if squared else t), m2, z)
        total1 += jacobian * value1
        total2 += jacobian * value2
    return total1, total2


@kernel
def scattering_integrals(
    y1: float, y3: float, m2: float, z: float, nodes: Array, weights: Array
) -> tuple[float, float]:
    """Return R1, R2: three panels in E2, split at the only kink p2 + p4 = y1 + y3."""
    m = np.sqrt(m2)
    low = max(m, m - (y1 - y3))
    kink = 0.5 * ((y1 + y3) * np.sqrt(1.0 + m2 / (y1 * y3)) - (y1 - y3))
    a1, a2 = _scattering_panel(y1, y3, m2, z, low, kink, True, nodes, weights)
    b1, b2 = _scattering_panel(y1, y3, m2, z, kink, kink + 8.0 * z, False, nodes, weights)
    c1, c2 = _scattering_panel(y1, y3, m2, z, kink + 8.0 * z, max(low, kink) + 45.0 * z, False, nodes, weights)
    return a1 + b1 + c1, a2 + b2 + c2


@kernel
def _annihilation_panel(
    y1: float, y2: float, m2: float, z: float, start: float, end: float, nodes: Array, weights: Array
) -> tuple[float, float]:
    """Integrate over E3 - E4 in [start, end], nodes clustered at ``end`` where the slower lepton comes to rest."""
    total1 = total2 = 0.0
    for q in range(nodes.size):
        t = 0.5 * (1.0 - nodes[q])
        jacobian = weights[q] * (end - start) * t
        value1, value2 = _annihilation(y1, y2, end - (end - start) * t * t, m2, z)
        total1 += jacobian * value1
        total2 += jacobian * value2
    return total1, total2


@kernel
def annihilation_integrals(
    y1: float, y2: float, m2: float, z: float, nodes: Array, weights: Array
) -> tuple[float, float]:
    """Return A1, A2; both vanish below threshold, y1 y2 <= m^2."""
    if y1 * y2 <= m2:
        return 0.0, 0.0
    kink = abs(y1 - y2) * np.sqrt(1.0 - m2 / (y1 * y2))
    a1, a2 = _annihilation_panel(y1, y2, m2, z, 0.0, kink, nodes, weights)
    b1, b2 = _annihilation_panel(y1, y2, m2, z, kink, y1 + y2 - 2.0 * np.sqrt(m2), nodes, weights)
    return a1 + b1, a2 + b2


@kernel
def electron_kernels(y: Array, m2: float, z: float, nodes: Array, weights: Array, out: Array) -> None:
    """Fill ``out`` (4, N, N) with R1, R2, A1, A2 for comoving electron mass squared ``m2`` and z = T_gamma a."""
    for i in range(y.size):
        for j in range(i + 1):
            r1, r2 = scattering_integrals(y[i], y[j], m2, z, nodes, weights)
            a1, a2 = annihilation_integrals(y[i], y[j], m2, z, nodes, weights)
            out[0, i, j] = out[0, j, i] = r1
            out[1, i, j] = out[1, j, i] = r2
            out[2, i, j] = out[2, j, i] = a1
            out[3, i, j] = out[3, j, i] = a2


@kernel
def tabulate_kernels(x: Array, z: Array, shift: Array, y: Array, nodes: Array, weights: Array, out: Array) -> None:
    """Fill ``out`` (n_x, n_z, 4, N, N); ``shift`` (n_x, n_z) is the thermal mass shift dm_e^2/T^2."""
    for i in range(x.size):
        for j in range(z.size):
            electron_kernels(y, x[i] ** 2 + shift[i, j] * z[j] ** 2, z[j], nodes, weights, out[i, j])


def _kernels(grid: Grid, lattice: Lattice) -> Array:
    """Return R1, R2, A1, A2 (n_x, n_z, 4, N, N) on ``lattice`` for the momenta of ``grid``."""
    x = np.exp(lattice.log_x)
    out = np.empty((x.size, lattice.z.size, 4, grid.y.size, grid.y.size))
    shift = electron_mass_shift(x[:, None] / lattice.z)
    tabulate_kernels(x, lattice.z, shift, grid.y, PANEL_NODES, PANEL_WEIGHTS, out)
    if lattice.logarithmic:
        out[:, :, :2] *= np.exp(0.5 * np.abs(grid.y[:, None] - grid.y) / lattice.z[:, None, None, None])
    return out


def _stored(rates: list[Array], grid: Grid) -> Array:
    """Return k and a (n_x, n_z, N, N) as `Electron` has them."""
    pairs = np.tril_indices(grid.y.size)
    stacked = np.stack([rate[..., pairs[0], pairs[1]] for rate in rates], axis=2)
    return stacked.reshape(*stacked.shape[:2], -1).astype(np.float32)


def electron_tables(grid: Grid, lattice: Lattice, couplings: Couplings | None = None) -> Electron:
    """Return the nu-e rates on ``lattice`` for the momenta of ``grid``; the integrals are cached on disk.

    ``couplings``: by default the standard ones.
    """
    key = (grid.y.tobytes(), lattice.log_x.tobytes(), lattice.z.tobytes())
    if couplings is None:

        def build() -> cache.Arrays:
            kernels = _kernels(grid, lattice)
            return {"rates": _stored([rate for flavour in (0, 1) for rate in couple(kernels, flavour, flavour)], grid)}

        return Electron(lattice, cache.tables("electron", key, build)["rates"], np.array([0, 1, 1]), *standard(), False)
    kernels = cache.tables("kernels", key, lambda: {"kernels": _kernels(grid, lattice)})["kernels"]
    left, right = couplings.single
    rates = [rate for a in range(3) for rate in _coupled(kernels, _pair(left[a], left[a], right[a], right[a]))]
    rates += [kernels[:, :, k] for k in (0, 2, 1, 3)]
    return Electron(lattice, _stored(rates, grid), np.arange(3), *couplings, True)


def _pair(left_a: float, left_b: float, right_a: float, right_b: float) -> tuple[float, float, float]:
    """Return the coefficients of R1 and A1, of R2, and of A2 for a pair of flavours."""
    mixed = left_a * right_b + right_a * left_b
    return 2.0 * (left_a * left_b + right_a * right_b), 4.0 * mixed, 2.0 * mixed


def pair_couplings(a: int, b: int) -> tuple[float, float, float]:
    """Return the coefficients of R1 and A1, of R2, and of A2 for the flavour pair (a, b); a = b gives k and a above."""
    left_a, left_b = (G_L_E if a == 0 else G_L_X), (G_L_E if b == 0 else G_L_X)
    return 2.0 * (left_a * left_b + G_R**2), 4.0 * G_R * (left_a + left_b), 2.0 * G_R * (left_a + left_b)


def _coupled(kernels: Array, coefficients: tuple[float, float, float]) -> tuple[Array, Array]:
    c1, c2, c3 = coefficients
    r1, r2, a1, a2 = np.moveaxis(kernels, -3, 0)
    return c1 * r1 - c2 * r2, c1 * a1 + c3 * a2


def couple(kernels: Array, a: int, b: int) -> tuple[Array, Array]:
    """Return k_ij/w_j and a_ij/w_j (..., N, N) of the flavour pair (a, b) from R1, R2, A1, A2 (..., 4, N, N)."""
    return _coupled(kernels, pair_couplings(a, b))


@kernel
def electron_rates(x: float, z: float, electron: Electron, flat: Array, rates: Array) -> None:
    """Fill ``rates`` (4, N, N) with k_e, a_e, k_x, a_x without weights (or more); ``flat`` is scratch space."""
    look_up(np.log(x), z, electron.lattice, electron.rates, flat)
    t = 0
    for kind in range(rates.shape[0]):
        for i in range(rates.shape[1]):
            for j in range(i + 1):
                rates[kind, i, j] = rates[kind, j, i] = flat[t]
                t += 1


@kernel
def restore(boost: Array, rates: Array) -> None:
    """Multiply every k in ``rates`` (4, N, N), tabulated without it, by e^{-|y_i - y_j|/2z}; boost = e^{y/2z}."""
    for kind in range(0, rates.shape[0], 2):
        for i in range(boost.size):
            for j in range(boost.size):
                rates[kind, i, j] *= boost[min(i, j)] / boost[max(i, j)]


@reduction_kernel
def _sums(k: Array, a: Array, source: Array) -> tuple[float, float, float, float]:
    """Return up, down, create and destroy of one momentum, see `electron_integral`; ``source`` (4, N)."""
    up = down = create = destroy = 0.0
    for j in range(k.size):
        up += k[j] * source[0, j]
        down += k[j] * source[1, j]
        create += a[j] * source[2, j]
        destroy += a[j] * source[3, j]
    return up, down, create, destroy


@kernel
def electron_integral(
    r: Array, w: Array, boost: Array, k: Array, a: Array, source: Array, gain: Array, loss: Array
) -> None:
    """Fill ``gain`` and ``loss`` (N,) so that I = gain (1 - r) - loss r for one flavour.

    ``boost`` (N,) is E_j = e^{y_j/2z}; ``k``, ``a`` (N, N) the rates without weights; ``source`` (4, N) scratch space.
    """
    n = r.size
    for j in range(n):
        empty = w[j] * (1.0 - r[j]) / boost[j]
        source[0, j], source[1, j] = w[j] * boost[j] * r[j], empty
        source[2, j], source[3, j] = empty / boost[j], w[j] * r[j]
    for i in range(n):
        up, down, create, destroy = _sums(k[i], a[i], source)
        gain[i] = up / boost[i] + create / boost[i] ** 2
        loss[i] = down * boost[i] + destroy


@kernel
def electron_jacobian(
    r: Array, w: Array, boost: Array, k: Array, a: Array, gain: Array, loss: Array, out: Array
) -> None:
    """Add dI(i)/dr(j) of one flavour to ``out`` (N, N)."""
    n = r.size
    for i in range(n):
        for j in range(n):
            ratio, both = boost[j] / boost[i], boost[i] * boost[j]
            gained = k[i, j] * ratio - a[i, j] / both**2
            lost = a[i, j] - k[i, j] / ratio
            out[i, j] += w[j] * ((1.0 - r[i]) * gained - r[i] * lost)
        out[i, i] -= gain[i] + loss[i]
