"""Neutrinos and antineutrinos apart: the odd half of the quantum kinetic equation.

With rhobar* the complex conjugate of the antineutrinos' density matrix (their transpose),

    S = (rho + rhobar*)/2,    d = (rho - rhobar*)/2

S is what the state vector of `boltzmann.kinetics.layout` holds, d the **odd block** beside it. Vacuum mixing and all
even potentials act as H on rho and as H* on rhobar*, the odd potential as V and -V* (derived: CP turns U into U* and
charges around). With P = Re H and Q = i Im H + V, V diagonal and real::

    dS/ds = -i [P, S] - i [Q, d] + ...,        dd/ds = -i [P, d] - i [Q, S] + ...

Every term of dd/ds is a difference formula, proportional to d or to Q, so that d has relative precision: without CP
violation and seed d stays exactly zero and S is what one sign would be, and the seeds d and -d give mirror images bit
by bit. With nu and nubar one after the other rounding alone makes asymmetries of 1e-7 (measured with a prototype).
The even potentials are those of (rho + rhobar)/2 = Re S + i Im d.

**Potential** (over the Hubble rate)::

    V = sqrt2 G_F { N_l + G_s A G_s + G_s Tr[G_s A] - n_n G_s/2 } + (V_s + W) |s><s|,     G_s = diag(1, 1, 1, 0)
    A_aa = (m_e/x)^3 L_a,     L_a = (1/2 pi^2) int dy y^2 (rho - rhobar)_aa = (1/pi^2) int dy y^2 d_aa

N_l: electrons, n_e- - n_e+ = n_p by neutrality; n_n = n_B - n_p in weak equilibrium until it freezes out; the
asymmetries of muons vanish where neutrino asymmetries do not force them. The off-diagonal A = SUM w (Re d + i Im S) is
left out, its real part here and its imaginary part, which acts on both signs alike, of P: it makes unequal asymmetries
oscillate together, and depleted flavours unstable, 1e4 to 1e6 times in a Hubble time, which no step of an implicit
method follows (tests/collective.py, docs/physics/asymmetry.md). A secret vector couples to n_s - nbar_s by its tadpole,
exactly and at any M/T_s (Proca equation, homogeneous: M^2 A^0 = -e_s J^0), and by exchange::

    V_s(k) = (e_s^2/M^2) (m_e/x)^3 (1/2 pi^2) int dy y^2 [1 + phi(4 k p/M^2)] (rho - rhobar)_ss

with phi(t) = -ln|1 - t^2|/t^2. W (m_e/x)^-3 is a constant of the run: what a charge of baryons or of ultralight matter
does to nu_s (`boltzmann.potentials.quasi_sterile`).

The potential is made of L_a and of d_ss averaged over 1/AVERAGE and 1/AVERAGING[0] e-folds, so that the linear systems
stay sparse. The first lag is invisible; the second must be short, for a coherently driven front overshoots what it sees
late (N_eff of a prototype moves by 0.1 between 1e3 and 1e5, by 0.003 from there on; at M = 1 GeV by 0.07 here, where a
collapse of the asymmetry hangs on it: docs/validation/asymmetries.md). A run that creeps after PATIENCE
steps goes on with AVERAGING[1] (which moves N_eff of that prototype by up to 0.03, where it is asked for all along).

**Collisions.** nu-e integrals are bilinear in their own sign (scattering) and in both (annihilation) and exact. Those
of neutrinos among themselves are made of the mean occupation r0, logit r0 = (logit r + logit rbar)/2, whose gain G and
loss L balance where all are thermal, with any xi: rbar and r are driven to G/(G + L e^{+-xi})::

    nu: q G (1 - r) - L r/q,      nubar: G (1 - rbar)/q - q L rbar,       t = (q^2 - 1)/(q^2 + 1) = tanh(xi/2)

where t is such that no flavour's asymmetry is changed (derived; exact to first order in xi out of equilibrium, and in
equilibrium at any). Secret collisions relax rho_ss to f_FD(a - zeta) and rhobar_ss to f_FD(a + zeta), with zeta such
that n_s - nbar_s is conserved: they, decays to mediators included, conserve it for Dirac neutrinos (Majorana masses
violate it by the helicity flip (m_4/2E)^2, negligible for M >= 10 MeV).
"""

from typing import NamedTuple

import numpy as np

from boltzmann.kinetics.layout import N_ACTIVE, unpack
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.momentum import Grid
from boltzmann.numerics.records import record

AVERAGING = 1e5, 1e4  # e-folds^-1, of d_ss in V_s: usual, and of runs that creep
PATIENCE = 2500  # steps; others have a thousand or less
AVERAGE = 1e4  # e-folds^-1, of L_a
SMALL = 1e-2  # t below which phi's primitive is its series


@record
class OddTables(NamedTuple):
    """What the odd half needs besides the state."""

    baryons: float  # comoving number density n_B (a/m_e)^3 ...
    outside: float  # W (x/m_e)^3 [MeV^-2]
    own: float  # strength of A in V: 1; 0 to compare with calculations that leave it out
    tadpole: Array  # (K,) of secret interactions [MeV^-2], see `boltzmann.dark.odd`
    exchange: Array  # (K,)
    mass: Array  # (K,) M [MeV]
    edges: Array  # (N + 1,) of the bins of y


@record
class OddWork(NamedTuple):
    """The odd block of the present evaluation, and its terms; N momenta, n states."""

    v: Array  # unknowns: (N n^2,) components of d/f_FD, (N,) averaged d_ss with a dark sector, (3,) averaged L_a
    slope: Array  # dv/ds
    d: Complex  # (N, n, n)
    Q: Complex  # (N, n, n) over Hubble rate
    scale: Array  # (N,) what turns MeV into that
    loop: Array  # (N, N) dV_s(i)/d(averaged d_ss/f)(j) over Hubble rate
    own: Array  # (3, 3) dV_aa/dL_b [MeV]
    mean: Array  # (3, N) r0
    gain: Array  # (3, N) by nu-e, of d
    loss: Array  # (3, N)
    balance: Array  # (3,) t
    source: Array  # (2, N)
    relaxed: Array  # (3, N) (f_FD(a - zeta) - f_FD(a + zeta))/2, its derivative by zeta, and that of their mean
    stiffness: Array  # (1,) SUM w y^2 Gamma_s times the latter
    change: Complex  # (n, n)
    averaging: Array  # (1,) of AVERAGING


@record
class OddStages(NamedTuple):
    """The odd block in a step; m unknowns."""

    v: Array  # (m,) at the start
    U: Array  # (6, m)
    argument: Array  # (m,)


@record
class OddControl(NamedTuple):
    """Scratch space of the controls of a step for both signs; N momenta, n states."""

    H: Complex  # (2, N, n, n) of nu and nubar at the start of the step
    basis: Complex  # (2, 2, N, n, n) of nu and nubar: eigenvectors at start and end
    node: Complex  # (n, n)


def odd_size(N: int, n: int, dark: bool) -> int:
    """Return the number of unknowns of the odd block."""
    return N * n * n + (N if dark else 0) + N_ACTIVE


def empty_odd(N: int, n: int, dark: bool) -> OddWork:
    """Return zeroed scratch space."""
    size = odd_size(N, n, dark)
    return OddWork(
        v=np.zeros(size),
        slope=np.zeros(size),
        d=np.zeros((N, n, n), complex),
        Q=np.zeros((N, n, n), complex),
        scale=np.zeros(N),
        loop=np.zeros((N, N)),
        own=np.zeros((N_ACTIVE, N_ACTIVE)),
        mean=np.zeros((3, N)),
        gain=np.zeros((3, N)),
        loss=np.zeros((3, N)),
        balance=np.zeros(3),
        source=np.zeros((2, N)),
        relaxed=np.zeros((3, N)),
        stiffness=np.zeros(1),
        change=np.zeros((n, n), complex),
        averaging=np.array([AVERAGING[0]]),
    )


def empty_odd_stages(N: int, n: int, dark: bool) -> OddStages:
    """Return zeroed scratch space for a step."""
    size = odd_size(N, n, dark)
    return OddStages(np.zeros(size), np.zeros((6, size)), np.zeros(size))


def empty_odd_control(N: int, n: int) -> OddControl:
    """Return scratch space for the controls of a step."""
    basis = np.tile(np.eye(n, dtype=complex), (2, 2, N, 1, 1))
    return OddControl(np.zeros((2, N, n, n), complex), basis, np.zeros((n, n), complex))


def bin_edges(y: Array) -> Array:
    """Return the edges (N + 1,) of bins around nodes ``y``: half-way between them."""
    middle = 0.5 * (y[1:] + y[:-1])
    return np.array([0.0, *middle, 2.0 * y[-1] - middle[-1]])


@kernel
def _primitive(t: float) -> float:
    """Return int_0^t phi, phi(t) = -ln|1 - t^2|/t^2."""
    if t < SMALL:
        return float(t + t**3 / 6.0)
    gap = abs(1.0 - t)
    gap = max(gap, 1e-14)  # phi is integrable there
    return float(np.log(gap * (1.0 + t)) / t + np.log((1.0 + t) / gap))


@kernel
def fill_exchange(k: float, edges: Array, mass: float, out: Array) -> None:
    """Fill ``out`` (N,) with phi(4 k p/M^2) averaged between ``edges`` (N + 1,) of p, all in the units of ``mass``."""
    last, value = 4.0 * k * edges[0] / mass**2, _primitive(4.0 * k * edges[0] / mass**2)
    for j in range(out.size):
        first, before = last, value
        last = 4.0 * k * edges[j + 1] / mass**2
        value = _primitive(last)
        out[j] = (value - before) / (last - first)


@kernel
def _mean_occupation(S: float, d: float) -> float:
    """Return r0, logit r0 = (logit(S + d) + logit(S - d))/2."""
    filled, empty = S * S - d * d, (1.0 - S) ** 2 - d * d
    if not (filled > 0.0 and empty > 0.0):
        return S
    return float(np.sqrt(filled) / (np.sqrt(filled) + np.sqrt(empty)))


@optional_kernel("odd")
def fill_odd_states(grid: Grid, occupations: Array, odd: OddWork) -> None:
    """Fill the matrices d from the unknowns, and the mean occupations; ``occupations`` (3, N) are those of S."""
    n = odd.change.shape[0]
    for i in range(grid.y.size):
        unpack(odd.v[i * n * n : (i + 1) * n * n], grid.f[i], odd.d[i])
        for a in range(N_ACTIVE):
            odd.mean[a, i] = _mean_occupation(occupations[a, i], odd.d[i, a, a].real)


@kernel
def _of_one_sign(occupations: Array, odd: None) -> Array:
    return occupations


@optional_kernel("odd", otherwise=_of_one_sign)
def of_nu_nu(occupations: Array, odd: OddWork) -> Array:
    """Return the occupations (3, N) of which nu-nu integrals are made."""
    return odd.mean


@optional_kernel("odd")
def odd_energy(grid: Grid, energy: Complex, odd: OddWork) -> None:
    """Turn the energy matrix (n, n) of S into that of (rho + rhobar)/2 = Re S + i Im d."""
    for a in range(energy.shape[0]):
        for b in range(a + 1, energy.shape[0]):
            total = 0.0
            for i in range(grid.y.size):
                total += grid.w[i] * grid.y[i] ** 3 * odd.d[i, a, b].imag
            energy[a, b] = complex(energy[a, b].real, total / np.pi**2)
            energy[b, a] = np.conj(energy[a, b])


@optional_kernel("odd")
def keep_scale(i: int, scale: float, odd: OddWork) -> None:
    """Keep what turned H of momentum i from MeV into what is integrated."""
    odd.scale[i] = scale
