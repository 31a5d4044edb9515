"""nu-e scattering and annihilation with massive electrons and full Pauli blocking.

Because e+- stay thermal, the integrals over their energies are functions of (x, z) and of two neutrino momenta only::

    R1(y1,y3) = e^{(y3-y1)/2z} int dE2 [Pi(1,4) + Pi(1,2)] f(E2) (1 - f(E4)),        R2: the same with m^2 Pi1_sc
    A1(y1,y2) = int dE3 (1/2) [Pi(1,4) + Pi(1,3)] (1 - f(E3)) (1 - f(E4)),           A2: the same with m^2 Pi1_ann

All four are symmetric, so detailed balance is exact on any grid. For flavour a, r = rho_aa, E_j = e^{y_j/2z} (derived
from the amplitudes of hep-ph/9703315, table 5; flavour structure of arXiv:2012.02726)::

    I_a(i) = SUM_j k_ij [E_j r_j (1-r_i)/E_i - E_i r_i (1-r_j)/E_j] + a_ij [(1-r_i)(1-r_j)/(E_i E_j)^2 - r_i r_j]
    k_ij = w_j [2(g_L^2 + g_R^2) R1 - 8 g_L g_R R2],    a_ij = w_j [2(g_L^2 + g_R^2) A1 + 4 g_L g_R A2]
"""

from typing import NamedTuple

import numpy as np

from boltzmann.collisions.dfunctions import allowed, d_functions
from boltzmann.constants import G_L_E, G_L_X, G_R
from boltzmann.numerics import cache
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.interpolate import Lattice, look_up
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.momentum import Grid
from boltzmann.plasma.thermo import electron_mass_shift

PANEL_NODES, PANEL_WEIGHTS = np.polynomial.legendre.leggauss(12)


class Electron(NamedTuple):
    """R1, R2, A1, A2 on a lattice: ``kernels`` (n_x, n_z, 4 N N), last axis in that order."""

    lattice: Lattice
    kernels: Array


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


def electron_tables(grid: Grid, lattice: Lattice) -> Electron:
    """Return the nu-e kernels on ``lattice`` for the momenta of ``grid``, cached on disk."""

    def build() -> cache.Arrays:
        x = np.exp(lattice.log_x)
        out = np.empty((x.size, lattice.z.size, 4, grid.y.size, grid.y.size))
        shift = electron_mass_shift(x[:, None] / lattice.z)
        tabulate_kernels(x, lattice.z, shift, grid.y, PANEL_NODES, PANEL_WEIGHTS, out)
        return {"kernels": out.reshape(x.size, lattice.z.size, -1)}

    key = (grid.y.tobytes(), lattice.log_x.tobytes(), lattice.z.tobytes())
    return Electron(lattice, cache.tables("electron", key, build)["kernels"])


@kernel
def pair_couplings(a: int, b: int) -> tuple[float, float, float]:
    """Return the coefficients of R1 and A1, of R2, and of A2 for the flavour pair (a, b); a = b gives k and a above."""
    left_a, left_b = (G_L_E if a == 0 else G_L_X), (G_L_E if b == 0 else G_L_X)
    return 2.0 * (left_a * left_b + G_R**2), 4.0 * G_R * (left_a + left_b), 2.0 * G_R * (left_a + left_b)


@kernel
def couple(kernels: Array, w: Array, a: int, b: int, scattering: Array, annihilation: Array) -> None:
    """Fill k_ij and a_ij (N, N) of the flavour pair (a, b) from R1, R2, A1, A2 (4, N, N); weights included."""
    c1, c2, c3 = pair_couplings(a, b)
    for i in range(w.size):
        for j in range(w.size):
            scattering[i, j] = w[j] * (c1 * kernels[0, i, j] - c2 * kernels[1, i, j])
            annihilation[i, j] = w[j] * (c1 * kernels[2, i, j] + c3 * kernels[3, i, j])


@kernel
def electron_rates(
    x: float, z: float, w: Array, electron: Electron, flat: Array, scattering: Array, annihilation: Array
) -> None:
    """Fill the interpolated kernels ``flat`` (4 N N) and k, a (2, N, N) for nu_e (first) and nu_mu, nu_tau."""
    look_up(np.log(x), z, electron.lattice, electron.kernels, flat)
    kernels = flat.reshape((4, w.size, w.size))
    for flavour in range(2):
        couple(kernels, w, flavour, flavour, scattering[flavour], annihilation[flavour])


@kernel
def electron_integral(r: Array, boost: Array, k: Array, a: Array, gain: Array, loss: Array) -> None:
    """Fill ``gain`` and ``loss`` (N,) so that I = gain (1 - r) - loss r for one flavour.

    ``boost`` (N,) is E_j = e^{y_j/2z}; ``k``, ``a`` (N, N) the contracted rates.
    """
    n = r.size
    for i in range(n):
        up = down = create = destroy = 0.0
        for j in range(n):
            up += k[i, j] * boost[j] * r[j]
            down += k[i, j] * (1.0 - r[j]) / boost[j]
            create += a[i, j] * (1.0 - r[j]) / boost[j] ** 2
            destroy += a[i, j] * r[j]
        gain[i] = up / boost[i] + create / boost[i] ** 2
        loss[i] = down * boost[i] + destroy


@kernel
def electron_jacobian(r: Array, boost: Array, k: Array, a: Array, gain: Array, loss: Array, out: Array) -> None:
    """Add dI(i)/dr(j) of one flavour to ``out`` (N, N)."""
    n = r.size
    for i in range(n):
        for j in range(n):
            gained = k[i, j] * boost[j] / boost[i] - a[i, j] / (boost[i] * boost[j]) ** 2
            lost = a[i, j] - k[i, j] * boost[i] / boost[j]
            out[i, j] += (1.0 - r[i]) * gained - r[i] * lost
        out[i, i] -= gain[i] + loss[i]
