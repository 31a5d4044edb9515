"""What the equation is made of: `Tables`, kept by a run, and `Work`, the scratch space of one evaluation, by term.

Parts that a run does without (a dark sector, the matrix mode) are None: kernels of such a term take its
part as an argument of their own and are compiled only for runs that have it (`optional_kernel`).
"""

from typing import NamedTuple

import numpy as np

from boltzmann.collisions.damping import Damping
from boltzmann.collisions.electron import Electron
from boltzmann.collisions.lagged import FULL_RTOL, Lagged, empty_lagged
from boltzmann.collisions.matrix import Matrix
from boltzmann.collisions.neutrino import Neutrino
from boltzmann.dark.bath import Dark
from boltzmann.dark.decay import Decay
from boltzmann.kinetics.bins import Bins, Fronts, empty_bins
from boltzmann.kinetics.field import Field
from boltzmann.kinetics.hamiltonian import Potentials
from boltzmann.kinetics.matter import Matter
from boltzmann.kinetics.odd import OddTables, OddWork, empty_odd
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.momentum import Grid
from boltzmann.numerics.records import record
from boltzmann.plasma.background import Plasma


@record
class Modes(NamedTuple):
    """Switches of the equation, chosen by `Options`."""

    weak: bool
    nu_nu: bool


@record
class Vacuum(NamedTuple):
    """The vacuum term of H."""

    mass_matrix: Complex  # (n, n) [MeV^2]
    largest: float  # modulus of a real or imaginary part of it
    fastest: float  # speed per Hubble rate beyond which H is scaled down, see `boltzmann.kinetics.hamiltonian.fastest`


@record
class DarkSector(NamedTuple):
    """The bath of sterile neutrinos and mediators, and the mass of nu_4 in it."""

    bath: Dark
    projectors: Complex  # (4, n, n): |nu_k><nu_k| in flavour space
    heavy: float  # m_4 [MeV] in the energies of the sector
    matter: float  # comoving energy density of baryons and dark matter over x
    decay: Decay
    decays: bool  # whether nu_4 does


@record
class Tables(NamedTuple):
    """Everything the equation needs besides the state."""

    grid: Grid
    vacuum: Vacuum
    field: Field
    potentials: Potentials
    plasma: Plasma
    electron: Electron
    neutrino: Neutrino
    damping: Damping
    matrix: Matrix | None
    dark: DarkSector | None
    matter: Matter
    fronts: Fronts
    modes: Modes
    odd: OddTables | None  # if neutrinos and antineutrinos are apart

    @property
    def n_states(self) -> int:
        """Number of states."""
        return int(self.vacuum.mass_matrix.shape[0])


@record
class WeakWork(NamedTuple):
    """nu-e collisions and damping; N momenta, P = N(N+1)/2."""

    prefactor: Array  # (N,) turns I into d rho/ds
    boost: Array  # (N,) e^{y/2z}
    damping: Array  # (N,) D_ab over Hubble rate and coefficient, see `boltzmann.collisions.damping`
    flat: Array  # (4 P,) interpolated nu-e rates, or more, see `boltzmann.collisions.electron.Electron`
    rates: Array  # (4, N, N) k_e, a_e, k_x, a_x
    source: Array  # (4, N)
    gain: Array  # (3, N)
    loss: Array  # (3, N)


@record
class MatrixWork(NamedTuple):
    """Collisions with full flavour structure."""

    rates: Array  # (2, 3, N, N) k and a of the pairs ee, ex, xx
    gain: Complex  # (N, 3, 3) A, nu-e
    loss: Complex  # (N, 3, 3) B, nu-e
    extra: Array  # (N, 3) present kink-split loss rates minus those in A and B
    change: Complex  # (n, n)


@record
class DecayWork(NamedTuple):
    """Decays of nu_4 and inverse decays."""

    rates: Array  # (N, 4) over Hubble rate, at which nu_1, ..., nu_4 relax
    vertex: Complex  # (2, n, n) of one momentum: SUM_k of rate times projector, and times occupation


@record
class DarkWork(NamedTuple):
    """The dark sector."""

    hint: Array  # (2,) ln z_s and eta of the last bath: where the search for the next begins
    loop: Array  # (N, N) dV_s(i)/dg_ss(j) over Hubble rate
    potential: Array  # (N,) V_s over Hubble rate; on the way there, the part of the mediators [MeV]
    secret: Array  # (2, N) rates of secret interactions over Hubble rate: all collisions, relaxation
    level: Array  # (N,) comoving energy of nu_4, sqrt(y^2 + m_4^2 a^2)
    reference: Array  # (N,) the same at the start of a step, with which e is charged; zeros: now
    start: Array  # (N,) number of nu_4 at the start of a step
    energy: Array  # (1,) comoving energy of mediators: e less what those that came since then have gained
    target: Array  # (2, N) f_FD of a level and of y at T_s, mu_s and mu = 0: to what nu_s and nu_1 to nu_3 relax
    created: Array  # (2,) number change over Hubble rate, trace of the mediators: sources of n and e
    given: Array  # (3,) energy without mass, number and mass that neutrinos got from the sector
    decays: DecayWork


@record
class Work(NamedTuple):
    """Scratch space, and by-products of `rhs` that the Jacobian reads. Shapes: N momenta, n states."""

    rho: Complex  # (N, n, n)
    occupations: Array  # (3, N) active rho_aa, of bins where there are any
    sterile: Array  # (N,) rho_ss, likewise
    energy: Complex  # (n, n) comoving energy density of nu + nubar
    mass: Complex  # (n, n) M^+M [MeV^2]
    H: Complex  # (N, n, n) Hamiltonian over Hubble rate
    rows: Array  # (R + 1, N) interpolated potentials
    change: Complex  # (n, n) d rho/ds of one momentum, upper triangle
    weak: WeakWork
    nu_nu: Lagged
    bins: Bins
    matrix: MatrixWork | None
    dark: DarkWork | None
    odd: OddWork | None


def _weak(N: int, size: int) -> WeakWork:
    """Return scratch space for ``size`` stored rates."""
    return WeakWork(
        prefactor=np.zeros(N),
        boost=np.zeros(N),
        damping=np.zeros(N),
        flat=np.zeros(size),
        rates=np.zeros((2 * size // (N * (N + 1)), N, N)),
        source=np.zeros((4, N)),
        gain=np.zeros((3, N)),
        loss=np.zeros((3, N)),
    )


def _matrix(N: int, n: int) -> MatrixWork:
    return MatrixWork(
        rates=np.zeros((2, 3, N, N)),
        gain=np.zeros((N, 3, 3), complex),
        loss=np.zeros((N, 3, 3), complex),
        extra=np.zeros((N, 3)),
        change=np.zeros((n, n), complex),
    )


def _dark(N: int, n: int) -> DarkWork:
    return DarkWork(
        hint=np.zeros(2),
        loop=np.zeros((N, N)),
        potential=np.zeros(N),
        secret=np.zeros((2, N)),
        level=np.zeros(N),
        reference=np.zeros(N),
        start=np.zeros(N),
        energy=np.zeros(1),
        target=np.zeros((2, N)),
        created=np.zeros(2),
        given=np.zeros(3),
        decays=DecayWork(np.zeros((N, 4)), np.zeros((2, n, n), complex)),
    )


def workspace(tables: Tables, rtol: float = FULL_RTOL) -> Work:
    """Return zeroed scratch space for steps of tolerance ``rtol``."""
    N, n, dark = tables.grid.y.size, tables.n_states, tables.dark
    return Work(
        rho=np.zeros((N, n, n), complex),
        occupations=np.zeros((3, N)),
        sterile=np.zeros(N),
        energy=np.zeros((n, n), complex),
        mass=np.zeros((n, n), complex),
        H=np.zeros((N, n, n), complex),
        rows=np.zeros((tables.potentials.rows.shape[-1] // N + 1, N)),
        change=np.zeros((n, n), complex),
        weak=_weak(N, tables.electron.rates.shape[-1]),
        nu_nu=empty_lagged(tables.grid, tables.matrix is not None, rtol),
        bins=empty_bins(N),
        matrix=_matrix(N, n) if tables.matrix is not None else None,
        dark=_dark(N, n) if dark is not None else None,
        odd=empty_odd(N, n, dark is not None) if tables.odd is not None else None,
    )
