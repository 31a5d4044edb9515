"""How the density matrices are stored as real numbers.

Per momentum, n^2 components of g = rho/f_FD(y) in the order

    ee, mumu, tautau | Re, Im of (e,mu), (e,tau), (mu,tau) | Re, Im of (e,s), (mu,s), (tau,s) | ss

(three states: the first nine). The first three couple to other momenta through collisions, the first nine do so with
full flavour structure; the rest couples only within its own momentum (but the potential of a secret interaction
depends on ss at all momenta). After the N n^2 components follow

* with a dark sector, the N populations ss averaged over 1/AVERAGING e-folds, of which the potential is made;
* the plasma's comoving energy density E, energy e and charge n of the mediators of secret interactions (constant
  without; instead of e, the energy of decaying matter), and the passive integral q of the traces of the
  energy-momentum tensor, dq/ds = z^4 (R - 3p) + ..., and of what the mass of nu_4 takes from the bath: E + rho_nu + e
  - q is constant, rho_nu without that mass.
"""

from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel

N_ACTIVE = 3
COMPONENTS, STERILE = 16, 15  # of four states, and the place of ss
TAIL = 4  # unknowns at the end
PLASMA, DARK, CHARGE, PASSIVE = 4, 3, 2, 1  # their distance from the end of the state: u[u.size - PLASMA]


def state_size(n_momenta: int, n: int, dark: bool) -> int:
    """Return the number of unknowns for ``n`` states."""
    return n_momenta * (n * n + (1 if dark else 0)) + TAIL


@kernel
def diagonal(a: int) -> int:
    """Return the component of rho_aa."""
    return a if a < 3 else STERILE


@kernel
def off_diagonal(a: int, b: int) -> int:
    """Return the component of Re rho_ab, a < b; Im rho_ab follows it."""
    return 1 + 2 * (a + b) if b < 3 else 9 + 2 * a


@kernel
def unpack(components: Array, f: float, rho: Complex) -> None:
    """Fill ``rho`` (n, n) from the components of one momentum."""
    n = rho.shape[0]
    for a in range(n):
        rho[a, a] = f * components[diagonal(a)]
        for b in range(a + 1, n):
            k = off_diagonal(a, b)
            rho[a, b] = f * complex(components[k], components[k + 1])
            rho[b, a] = f * complex(components[k], -components[k + 1])


@kernel
def pack(rho: Complex, f: float, components: Array) -> None:
    """Fill the components of one momentum from the upper triangle of ``rho`` (n, n)."""
    n, inverse = rho.shape[0], 1.0 / f
    for a in range(n):
        components[diagonal(a)] = rho[a, a].real * inverse
        for b in range(a + 1, n):
            k = off_diagonal(a, b)
            components[k] = rho[a, b].real * inverse
            components[k + 1] = rho[a, b].imag * inverse
