"""One-loop integrals of the potential that sterile neutrinos feel from a light mediator and from themselves.

A sterile neutrino of momentum k in a bath of sterile neutrinos f(p), equal for nu_s and its antiparticle, and mediators
of mass M and f_A(E_q) per polarisation has, with m = M^2/(4k), the potential (strength e_s^2 for a vector)::

    V_s(k) = strength/(4 pi^2 k) { int dp f(p) [2p - m ln|(p+m)/(p-m)|]
                                   + int dq (q/E_q) f_A(E_q) [2q - m ln|(q+m-k)/(q-m+k)|] }

Derived: the forward amplitude of nu_s on each particle of the bath, e.g. for the first term
strength int d^3p/(2 pi)^3 (k.p/(k p)) [f/(2k.p + M^2) + f/(2k.p - M^2)] with k.p = kp (1 - cos), principal values,
where the integral over cos is elementary; the q_mu q_nu/M^2 part of the propagator vanishes between massless spinors on
shell. For thermal f the braces are T_s^2 {I_F(m/T_s) + I_B(k/T_s, M/T_s)}, `fermion_loop` and `boson_loop`.
In the solver f evolves: `loop_operator` is the first integral as a linear map of rho_ss on the momentum grid.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from boltzmann.dark.mediator import LOG_MU
from boltzmann.numerics import cache
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import Grid, fermi_dirac

LOG_M = np.linspace(np.log(1e-8), np.log(1e8), 801)  # comoving m = M^2/(4k) of `loop_operator`
LOG_KAPPA = np.linspace(np.log(1e-2), np.log(1e3), 161)  # kappa = k/T_s of `boson_table`
Occupation = Callable[[Array], Array]  # of the energy

# Double-exponential quadrature (Takahasi & Mori 1974), exact to round-off for logarithms at the ends: of (0, 1) by the
# logistic function of pi sinh(t), which gives 1 - x as exactly as x, and of (0, inf) by exp(t - e^-t).
_STEP = 0.04
_T_IN = np.arange(-75, 76) * _STEP
_IN = 1.0 / (1.0 + np.exp(-np.pi * np.sinh(_T_IN)))
_D_IN = np.pi * np.cosh(_T_IN) * _IN * _IN[::-1] * _STEP
_T_OUT = np.arange(-88, 99) * _STEP
_OUT = np.exp(_T_OUT - np.exp(-_T_OUT))
_D_OUT = _OUT * (1.0 + np.exp(-_T_OUT)) * _STEP
_STENCIL = 6  # nodes that interpolate rho_ss/f_FD
_GAUSS = 20  # points of each half of a panel
_TAIL = np.array([0.0, 3.0, 10.0, 40.0])  # panels above the last node
_BLOCK = 2048  # integrals evaluated at once: a few MB


def _log_excess(t: Array) -> Array:
    """Return ln((1+t)/(1-t)) - 2t for 0 <= t < 0.1, to round-off."""
    square = t * t
    total = np.zeros_like(t)
    for power in range(17, 1, -2):
        total = square * (2.0 / power + total)
    return t * total


def _bracket(x: Array, distance: Array, w: Array, kappa: Array) -> Array:
    """Return 2x - w ln|(x+r)/(x-r)|, r = w - kappa, given ``distance`` = |x - |r||; without cancellation for x << |r|.

    There 2x - 2wx/r = -2x kappa/r has the sign of what remains of the logarithm.
    """
    r = w - kappa
    size = np.maximum(np.abs(r), 1e-100)
    t = x / size
    near = t >= 0.1
    with np.errstate(divide="ignore"):
        logarithm = np.log((x + size) / np.maximum(distance, 1e-300), where=near, out=np.zeros_like(t))
    sign = np.where(r < 0.0, -1.0, 1.0)
    series = -2.0 * x * (kappa / (sign * size)) - sign * w * _log_excess(np.where(near, 0.0, t))
    return np.where(near, 2.0 * x - sign * w * logarithm, series)


def _bose_einstein(energy: Array) -> Array:
    """Return 1/(e^E - 1) for E > 0."""
    return np.asarray(np.exp(-energy) / -np.expm1(-energy))


def _integrate(w: Array, kappa: Array, mu: Array, occupation: Occupation) -> Array:
    """Return int dx (x/E) f(E) bracket of 1-D arrays, split at the singular x = |w - kappa| or where f has ended."""
    w, kappa, mu = w[:, None], kappa[:, None], mu[:, None]
    singular = np.maximum(np.abs(w - kappa), 1e-100)
    end = np.minimum(singular, np.sqrt(45.0 * (45.0 + 2.0 * mu)))  # there E = mu + 45
    scale = 1.0 + np.sqrt(mu)  # of the bath's momenta

    def integrand(x: Array, distance: Array) -> Array:
        energy = np.hypot(x, mu)
        return _bracket(x, distance, w, kappa) * (x / energy) * occupation(energy)

    inner = integrand(end * _IN, (singular - end) + end * _IN[::-1])
    outer = integrand(singular + scale * _OUT, scale * _OUT)
    return np.asarray(end[:, 0] * (inner @ _D_IN) + scale[:, 0] * (outer @ _D_OUT))


def _blockwise(kappa: Array, mu: Array, w: Array, occupation: Occupation) -> Array:
    """Return `_integrate` of arrays of one shape, in blocks."""
    flat_w, flat_kappa, flat_mu, total = w.ravel(), kappa.ravel(), mu.ravel(), np.empty(w.size)
    for start in range(0, w.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        total[block] = _integrate(flat_w[block], flat_kappa[block], flat_mu[block], occupation)
    return total.reshape(w.shape)


def fermion_loop(w: ArrayLike) -> Array:
    """Return I_F(w) = int_0^inf dx [2x - w ln|(x+w)/(x-w)|]/(e^x + 1).

    Parameters
    ----------
    w : array_like
        M^2/(4 k T_s) >= 0, any shape.

    Returns
    -------
    array
        The fermion part of V_s over strength T_s^2/(4 pi^2 k), to 1e-10 of its absolute parts and, where w >> 1, of
        itself. Limits (derived by expanding the bracket): pi^2/6 for w << 1, -7 pi^4/(180 w^2) for w >> 1.
    """
    w = np.asarray(w, float)
    return _blockwise(np.zeros_like(w), np.zeros_like(w), w, fermi_dirac)


def boson_loop(kappa: ArrayLike, mu: ArrayLike) -> Array:
    """Return I_B = int_0^inf dx (x/E) [2x - w ln|(x+w-kappa)/(x-w+kappa)|]/(e^E - 1), w = mu^2/(4 kappa).

    Parameters
    ----------
    kappa, mu : array_like
        k/T_s > 0 and M/T_s > 0, broadcast; E = sqrt(x^2 + mu^2).

    Returns
    -------
    array
        The boson part of V_s over strength T_s^2/(4 pi^2 k), as accurate as `fermion_loop`. Limits (derived):
        pi^2/3 - pi mu for mu << 1, kappa;  -(8 kappa^2/mu^4) int dx x (x/E) (mu^2 + 4x^2/3)/(e^E - 1) for
        w >> kappa, x.
    """
    kappa, mu = np.broadcast_arrays(np.asarray(kappa, float), np.asarray(mu, float))
    return _blockwise(kappa, mu, mu * mu / (4.0 * kappa), _bose_einstein)


def _build_boson() -> cache.Arrays:
    """Return the table of `boson_table`."""
    mu = np.exp(LOG_MU)
    return {"loop": boson_loop(np.exp(LOG_KAPPA)[:, None], mu) * np.exp(mu)}


def boson_table() -> Array:
    """Return I_B e^mu on LOG_KAPPA and `boltzmann.dark.mediator.LOG_MU`, shape (n_kappa, n_mu).

    Cubic in both logarithms it gives I_B with an error below 1.3e-4 (|I_F| + |I_B|), 4e-5 for 99% of the arguments. For
    mu >> 1, I_B varies over d ln kappa = 1/sqrt(mu) around kappa = mu/2: of I_B's own absolute parts the error is 4e-5
    for mu < 4, 2e-4 at mu = 8 and 1e-2 at mu = 60, where I_B ~ e^-mu no longer counts. Beyond the axes, constant, it is
    an exact limit: to 3e-7 (|I_F| + |I_B|) above kappa = 1e3, to 1e-4 below mu = 1e-4; it is none below kappa = 1e-2,
    where I_B falls as kappa^2 if mu^2 >> kappa.
    """
    return np.asarray(cache.tables("boson-loop", (), _build_boson)["loop"])


def _cardinals(p: Array, y: Array) -> Array:
    """Return the Lagrange polynomials of the nodes ``y`` (n,) at ``p``, shape (n, *p.shape)."""
    gaps = p - y.reshape(-1, *np.ones(p.ndim, int))
    each = range(y.size)
    return np.stack([np.prod([gaps[k] / (y[j] - y[k]) for k in each if k != j], axis=0) for j in each])


def _panel(a: float, b: float, m: Array) -> tuple[Array, Array]:
    """Return momenta in [a, b] and weights times f_FD times bracket, each (m.size, 2 n), for p clustered at p = m.

    p = c + (end - c) u^3 from the point c of [a, b] next to m to both ends makes the logarithm smooth enough for Gauss.
    """
    u, du = np.polynomial.legendre.leggauss(_GAUSS)
    u, du = 0.5 * (1.0 + u), 0.5 * du
    m = m[:, None]
    c = np.clip(m, a, b)
    spans = np.concatenate([np.broadcast_to(end - c, (m.size, _GAUSS)) for end in (a, b)], axis=1)
    shift = spans * np.tile(u**3, 2)
    p = c + shift
    weights = np.abs(spans) * np.tile(3.0 * u**2 * du, 2)
    return p, weights * fermi_dirac(p) * _bracket(p, np.abs((c - m) + shift), m, np.zeros_like(m))


def _operator(y: Array) -> Array:
    """Return the weights of `loop_operator` on the nodes ``y``, interval by interval."""
    m = np.exp(LOG_M)
    weights = np.zeros((m.size, y.size))
    for i, (a, b) in enumerate(pairwise([0.0, *y])):
        stencil = slice(first := min(max(i - _STENCIL // 2, 0), y.size - _STENCIL), first + _STENCIL)
        p, dp = _panel(a, b, m)
        weights[:, stencil] += np.einsum("jmp,mp->mj", _cardinals(p, y[stencil]), dp)
    for a, b in pairwise(y[-1] + _TAIL):
        weights[:, -1] += np.sum(_panel(a, b, m)[1], axis=1)
    return weights


def loop_operator(grid: Grid) -> Array:
    """Return (1 + m^2) w_j(m) on LOG_M, shape (n_m, N): the fermion part of V_s for any spectrum.

    With rho_ss = g f_FD and m = M^2/(4k) comoving, V_s(k) = strength/(4 pi^2 k) SUM_j w_j(m) g_j,
    w_j = int_0^inf dp f_FD(p) L_j(p) [2p - m ln|(p+m)/(p-m)|], where L_j are the cardinal functions of the quintic
    interpolation of g between ``grid.y`` (six nearest nodes; extrapolated below the first, constant above the last).

    Parameters
    ----------
    grid : Grid
        Comoving momenta, at least six.

    Returns
    -------
    array
        For cubic interpolation in ln m, whose error is 3e-6 of the integral of |integrand| for the reference spectrum
        and 1e-5 for others, also where the sum crosses zero; beyond LOG_M, constant, it is exact to 1e-8. The
        interpolation of g between the nodes costs more: for a bath at 0.465 of the grid's temperature 1.8e-2, 5e-3,
        1e-3 with N = 14, 20, 30, for z_s = 1.2 below 1.3e-4.
    """
    scale = 1.0 + np.exp(2.0 * LOG_M)[:, None]
    return np.asarray(
        cache.tables("fermion-loop", (grid.y.tobytes(),), lambda: {"loop": scale * _operator(grid.y)})["loop"]
    )
