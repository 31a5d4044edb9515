"""The asymmetry matrix A of three flavours: synchronised oscillations with populations that follow its eigenbasis.

With rho_i = SUM_k r_ki P_k, P_k the eigenprojectors of A, common to nu, nubar and all momenta while the odd potential
sqrt2 G_F A exceeds everything else in the Hamiltonian, the potential drops out of (derived; asymmetry.md sec. 7 of the
design)::

    dA/ds = -i [v, f_-(A)] - i [c, f_+(A)] + T(A),     f_-+(A) = SUM_k P_k SUM_i w_i y_i^(-+1) (r + rbar)_ki

w_i = w y^2/2 pi^2, v and c y the vacuum term at y = 1 and the charged leptons' potential over the Hubble rate. T is
what nu-e collisions do. Written as Newton polynomials in A, N_0 = 1, N_1 = A - a_1, N_2 = (A - a_1)(A - a_2) with the
eigenvalues a_k = SUM_i w_i (r - rbar)_ki, nothing has to be diagonalised::

    f(A) = f_1 + f_12 N_1 + f_123 N_2       (divided differences at a_1, a_2, a_3)
    T(A) = tau SUM_{a<b} t_ab [(N_a G N_b - N_b G N_a) G + h.c.],     G = diag(g_L), t as in `drive`

The terms with g_R and with A2, R2 of `boltzmann.collisions.electron` commute or are anti-Hermitian and drop out;
tr T = 0. Precession leaves the a_k as they are. nu-nu collisions do not appear: they conserve A.
"""

from typing import NamedTuple

import numpy as np

from boltzmann.asymmetries.stages import fill_argument, prepare, solve_stage
from boltzmann.kinetics.rodas import ABSCISSAE
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.linear import eigenbasis

SIZE = 9
SAME = 1e-6  # relative difference below which levels coincide
SMALLEST = 1e-12  # step in ln x below which a run is given up


class Drive(NamedTuple):
    """What turns A during a step: v and c are powers of e^s, the rest quadratic through beginning, middle and end."""

    vacuum: Complex  # (3, 3) v at the beginning
    charged: Array  # (3,) c at the beginning
    growth: Array  # (3,) ln of the ratio of end to beginning: of v, of c_e and of c_mu
    rest: Array  # (3, 10): eigenvalues a_1, a_2, a_3; f_12, f_123 of f_-, then of f_+; tau t_12, tau t_13, tau t_23
    g_left: Array  # (3,)


class Averages(NamedTuple):
    """Time averages over a step, filled by `precess`."""

    content: Array  # (3,) <q_k>, q_k = |W_ek|^2
    pairs: Array  # (3, 3) <q_k q_l>
    projectors: Complex  # (3, 3, 3) <P_k>
    extremes: Array  # (2, 3) least and largest A_aa


@kernel
def pack(m: Complex, out: Array) -> None:
    """Fill ``out`` (9,) with a Hermitian matrix: diagonal, then real and imaginary parts above it."""
    for a in range(3):
        out[a] = m[a, a].real
    out[3], out[4] = m[0, 1].real, m[0, 1].imag
    out[5], out[6] = m[0, 2].real, m[0, 2].imag
    out[7], out[8] = m[1, 2].real, m[1, 2].imag


@kernel
def norm(u: Array) -> float:
    """Return the Frobenius norm of a packed matrix, or of its diagonal (3,)."""
    total = 0.0
    for k in range(u.size):
        total += u[k] ** 2 * (1.0 if k < 3 else 2.0)
    return float(np.sqrt(total))


@kernel
def _unpack(u: Array, m: Complex) -> None:
    for a in range(3):
        m[a, a] = u[a]
    m[0, 1], m[0, 2], m[1, 2] = complex(u[3], u[4]), complex(u[5], u[6]), complex(u[7], u[8])
    m[1, 0], m[2, 0], m[2, 1] = np.conj(m[0, 1]), np.conj(m[0, 2]), np.conj(m[1, 2])


@kernel
def _multiply(a: Complex, b: Complex, out: Complex) -> None:
    for i in range(3):
        for j in range(3):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j]


@kernel
def _add_torque(t01: float, t02: float, t12: float, g: Array, n1: Complex, n2: Complex, out: Complex) -> None:
    """Add SUM_{a<b} t_ab [(N_a G N_b - N_b G N_a) G + h.c.] to ``out`` (3, 3)."""
    for i in range(3):
        for j in range(3):
            x = t01 * (g[i] - g[j]) * n1[i, j] + t02 * (g[i] - g[j]) * n2[i, j]
            for k in range(3):
                x += t12 * g[k] * (n1[i, k] * n2[k, j] - n2[i, k] * n1[k, j])
            out[i, j] += x * g[j]
            out[j, i] += np.conj(x) * g[j]


@kernel
def _interpolate(share: float, drive: Drive, out: Array) -> None:
    """Fill ``out`` (13,) with the ten quantities at a fraction of the step, then the factor of v, and c_e and c_mu."""
    first, middle = (1.0 - share) * (1.0 - 2.0 * share), 4.0 * share * (1.0 - share)
    last = share * (2.0 * share - 1.0)
    for k in range(10):
        out[k] = first * drive.rest[0, k] + middle * drive.rest[1, k] + last * drive.rest[2, k]
    out[10] = np.exp(share * drive.growth[0])
    out[11] = drive.charged[0] * np.exp(share * drive.growth[1])
    out[12] = drive.charged[1] * np.exp(share * drive.growth[2])


@kernel
def slope(now: Array, u: Array, drive: Drive, work: Complex, out: Array) -> None:
    """Fill ``out`` (9,) with dA/ds for what `_interpolate` filled; ``work`` (4, 3, 3) is scratch space."""
    n1, n2, f, total = work[0], work[1], work[2], work[3]
    _unpack(u, n1)
    _unpack(u, f)
    for k in range(3):
        n1[k, k] -= now[0]
        f[k, k] -= now[1]
    _multiply(n1, f, n2)
    for i in range(3):
        for j in range(3):
            f[i, j] = now[10] * (now[3] * n1[i, j] + now[4] * n2[i, j])
    for i in range(3):
        ci = now[11 + i] if i < 2 else 0.0
        for j in range(3):
            cj = now[11 + j] if j < 2 else 0.0
            commutator = (ci - cj) * (now[5] * n1[i, j] + now[6] * n2[i, j])
            for k in range(3):
                commutator += drive.vacuum[i, k] * f[k, j] - f[i, k] * drive.vacuum[k, j]
            total[i, j] = -1j * commutator
    _add_torque(now[7], now[8], now[9], drive.g_left, n1, n2, total)
    pack(total, out)


@kernel
def _jacobian(now: Array, u: Array, F: Array, size: float, drive: Drive, work: Complex, J: Array) -> None:
    """Fill ``J`` (9, 9) by differences away from zero, so that A and -A have the same."""
    moved, changed = np.empty(SIZE), np.empty(SIZE)
    for c in range(SIZE):
        moved[c] = u[c]
    for c in range(SIZE):
        step = 1e-6 * size if u[c] >= 0.0 else -1e-6 * size
        moved[c] = u[c] + step
        slope(now, moved, drive, work, changed)
        for k in range(SIZE):
            J[k, c] = (changed[k] - F[k]) / step
        moved[c] = u[c]


@kernel
def _step(share: float, h: float, span: float, u: Array, size: float, drive: Drive, work: Complex, U: Array) -> None:
    """Make one RODAS4 step of h from u; afterwards U[6] is the new state and U[5] the error."""
    F, time, J, pivot = np.empty(SIZE), np.empty(SIZE), np.empty((SIZE, SIZE)), np.empty(SIZE, np.int64)
    now = np.empty(13)
    _interpolate(share + 1e-3, drive, now)
    slope(now, u, drive, work, time)
    _interpolate(share, drive, now)
    slope(now, u, drive, work, F)
    _jacobian(now, u, F, size, drive, work, J)
    prepare(h, 1e-3 * span, F, time, J, pivot)
    for i in range(6):
        if i > 0:
            fill_argument(i, u, U)
            _interpolate(share + ABSCISSAE[i] * h / span, drive, now)
            slope(now, U[6], drive, work, F)
        solve_stage(i, h, F, time, J, pivot, U)


@kernel
def _resolve(W: Complex, level: Array, size: float, vacuum: Complex) -> None:
    """Turn eigenvectors of A whose levels coincide by the rotation that makes the vacuum term diagonal among them."""
    for k in range(2):
        if level[k + 1] - level[k] > SAME * size:
            continue
        first, second, mixed = 0.0, 0.0, 0.0j
        for a in range(3):
            for b in range(3):
                left, right = np.conj(W[a, k]) * vacuum[a, b], np.conj(W[a, k + 1]) * vacuum[a, b]
                first += (left * W[b, k]).real
                second += (right * W[b, k + 1]).real
                mixed += left * W[b, k + 1]
        angle = 0.5 * np.arctan2(2.0 * abs(mixed), second - first)
        phase = mixed / abs(mixed) if abs(mixed) > 0.0 else 1.0 + 0.0j
        c, s = np.cos(angle), np.sin(angle) * phase
        for a in range(3):
            W[a, k], W[a, k + 1] = c * W[a, k] - np.conj(s) * W[a, k + 1], s * W[a, k] + c * W[a, k + 1]


@kernel
def basis_of(u: Array, level: Array, vacuum: Complex, scratch: Complex, W: Complex) -> None:
    """Fill ``W`` (3, 3) with the eigenvectors of A, eigenvalues ``level`` ascending."""
    _unpack(u, scratch)
    eigenbasis(scratch, W)
    _resolve(W, level, norm(level), vacuum)


@kernel
def _accumulate(weight: float, u: Array, W: Complex, out: Averages) -> None:
    """Add the state u with its basis W to averages, with a weight."""
    for k in range(3):
        q = abs(W[0, k]) ** 2
        out.content[k] += weight * q
        out.extremes[0, k] = min(out.extremes[0, k], u[k])
        out.extremes[1, k] = max(out.extremes[1, k], u[k])
        for other in range(3):
            out.pairs[k, other] += weight * q * abs(W[0, other]) ** 2
        for a in range(3):
            for b in range(3):
                out.projectors[k, a, b] += weight * W[a, k] * np.conj(W[b, k])


@kernel
def precess(u: Array, span: float, first: float, rtol: float, drive: Drive, out: Averages) -> tuple[int, float]:
    """Take A = ``u`` (9,) through a step ``span`` in s, in place, and fill ``out``.

    ``first`` is the step to begin with and ``rtol`` the tolerance of an error over |A|. Returns the number of steps, -1
    if one would be too small, and the step to go on with.
    """
    work, U, W = np.empty((4, 3, 3), np.complex128), np.zeros((7, SIZE)), np.empty((3, 3), np.complex128)
    level = drive.rest[0, :3]
    size = norm(level)
    for k in range(3):
        out.extremes[0, k] = out.extremes[1, k] = u[k]
    basis_of(u, level, drive.vacuum, work[0], W)
    done, h, count, weight, following = 0.0, min(first, span), 0, 0.0, first
    while done < span * (1.0 - 1e-12):
        last = h >= span - done
        h = span - done if last else h
        _step(done / span, h, span, u, size, drive, work, U)
        error = norm(U[5]) / (rtol * size)
        proposed = h * min(4.0, max(0.2, 0.9 / max(error, 1e-12) ** 0.25))
        count += 1
        if not proposed > SMALLEST:
            return -1, h
        if error <= 1.0:
            _accumulate((weight + 0.5 * h) / span, u, W, out)
            weight, done = 0.5 * h, done + h
            for k in range(SIZE):
                u[k] = U[6, k]
            basis_of(u, level, drive.vacuum, work[0], W)
        if not (last and error <= 1.0 and proposed < following):
            following = proposed
        h = proposed
    _accumulate(weight / span, u, W, out)
    return count, following
