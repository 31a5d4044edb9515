"""How the density matrices are stored as real numbers.

Per momentum, n^2 components of g = rho/f_FD(y) in the order

    ee, mumu, tautau | Re, Im of (e,mu), (e,tau), (mu,tau) | Re, Im of (e,s), (mu,s), (tau,s) | ss

(three states: the first nine). The first three couple to other momenta through collisions, the first nine do so with
full flavour structure; the rest couples only within its own momentum. After the N n^2 components follow the plasma's
comoving energy density E and the passive integral q, dq/ds = z^4 (R - 3p): E + rho_nu - q is constant.
"""

from boltzmann.arrays import Array, Complex
from boltzmann.jit import kernel

N_ACTIVE = 3


@kernel
def diagonal(a: int) -> int:
    """Return the component of rho_aa."""
    return a if a < 3 else 15


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
    n = rho.shape[0]
    for a in range(n):
        components[diagonal(a)] = rho[a, a].real / f
        for b in range(a + 1, n):
            k = off_diagonal(a, b)
            components[k] = rho[a, b].real / f
            components[k + 1] = rho[a, b].imag / f
