"""The odd part of a secret potential: what an asymmetry of sterile neutrinos does to nu_s, and inversely to nubar_s.

With delta(p) = f(p) - fbar(p), the occupations of nu_s minus those of its antiparticle, the level of nu_s is shifted
by +, that of its antiparticle by - ::

    V_odd(k) = int d^3p/(2 pi)^3 delta(p) [tadpole + exchange phi(4 k p/M^2)],    phi(t) = -ln|1 - t^2|/t^2.

Derived, for massless neutrinos.

**Tadpole** of a vector, L = e_s nubar_s gamma^mu P_L nu_s A'_mu. Of Proca's equation d_mu F^(mu nu) + M^2 A^nu = -e_s
J^nu the time component has no d_t A^0: in a homogeneous bath M^2 A^0 = -e_s J^0, exactly and at once, whatever T_s/M.
H = -e_s J^0 A^0 shifts nu_s by + (e_s^2/M^2)(n - nbar): tadpole = e_s^2/M^2. The Debye mass does not enter, for it is
the response to a charge at rest at a wave number, and a homogeneous one has none. A pseudoscalar has no tadpole: the
mean of nubar gamma5 nu vanishes in a bath of massless neutrinos, and is odd under parity.

**Exchange.** A second neutrino p shifts the level of k by the second-order energy that k and p have together and not
alone. Through an intermediate boson of momentum k + p (k and p annihilate; and the pair creation that k and p block)
that is + |h|^2 2E/((k + p)^2 - E^2) = |h|^2 2E/(2 k.p - M^2); through one of momentum k - p (k -> p and p -> k,
blocked) |h|^2 2E/(2 k.p + M^2), where k.p = k p (1 - cos) and |h|^2 = coupling^2 k.p/(4 k p E) times 2 for the vector,
1 for the pseudoscalar. The even part, half the sum over f and fbar, is `boltzmann.dark.loops`. A vector keeps
helicity: nu nubar annihilate, nu and nu exchange, and the odd part is

    int d^3p/(2 pi)^3 (delta/2) e_s^2 (k.p/kp) [1/(2 k.p + M^2) - 1/(2 k.p - M^2)]
        = (e_s^2/M^2) int d^3p/(2 pi)^3 delta phi(4kp/M^2),

because int_0^2 dc c [1/(2kpc + M^2) - 1/(2kpc - M^2)] = (4/M^2) phi(4kp/M^2), principal value; exchange = e_s^2/M^2.
phi -> 1 for t -> 0 (Fierz: twice the tadpole, the 2 sqrt2 G_F of the Standard Model with sqrt2 G_F -> e_s^2/M^2), and
is negative and small above t = sqrt2. tadpole + exchange <phi> is positive for any T_s/M.

A pseudoscalar **flips** helicity: nu nu annihilate to phi, nu and nubar exchange it. Both terms change places, with
half the strength: exchange = -(g_s^2/2)/M^2, of the opposite sign. At T_s << M it damps an asymmetry where V_s < 0 is
larger than the vacuum term, where a vector makes it grow, and makes it grow where the vacuum term is larger. But
n_s - nbar_s, of a Majorana neutrino no lepton number, is destroyed by nu nu -> nubar nubar, through real phi too.

The mediator itself is real and has no asymmetry: its background has no odd part.
"""

from functools import lru_cache
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from boltzmann.dark.mediator import LOG_Q
from boltzmann.numerics.arrays import Array, frozen
from boltzmann.numerics.momentum import fermi_dirac

_LOG_U = np.linspace(np.log(1e-4), np.log(1e5), 1001)  # u = 4 k T_s/M^2 of `thermal_phi`
_BINS = np.linspace(0.0, 45.0, 3001)  # of p/T_s
_KAPPA = 3.15  # mean p/T_s
_SMALL = 1e-2  # t below which the primitive is its series, t + t^3/6, to t^5/15


class OddPotential(NamedTuple):
    """The odd part of one mediator.

    Attributes
    ----------
    mass : float
        M [MeV].
    tadpole, exchange : float
        Coefficients of the number density of nu_s minus nubar_s [MeV^-2], see the module.
    flips : (n_q,) array or None
        Phi (1 + q)/q^2 on LOG_Q of collisions nu nu -> nubar nubar, as `boltzmann.dark.mediator.Mediator.scattering`.
    """

    mass: float
    tadpole: float
    exchange: float
    flips: Array | None = None


@runtime_checkable
class HasOddPotential(Protocol):
    """A secret interaction whose odd part is known; one without this method has none."""

    def odd_potential(self) -> OddPotential:
        """Return the odd part."""
        ...


@runtime_checkable
class HasOddLevel(Protocol):
    """A potential of nu_s made by what is no neutrino, opposite for antineutrinos, that falls as a^-3."""

    def odd_level(self, eta: float) -> float:
        """Return V_s (x/m_e)^3 of neutrinos [MeV^-2] for ``eta`` baryons per photon; 0 where a run needs one sign."""
        ...


@runtime_checkable
class OfOneSign(Protocol):
    """An odd potential whose runs follow one sign, as if neutrinos and antineutrinos both had it.

    One without this method follows what Nature has. In a run of one sign no asymmetry grows.
    """

    def of_one_sign(self) -> bool:
        """Return whether a run of the early Universe follows one sign."""
        ...


def phi(t: Array) -> Array:
    """Return phi(t) = -ln|1 - t^2|/t^2 for t > 0."""
    return np.asarray(-np.log(np.abs(1.0 - t * t)) / t**2)


def phi_integral(t: Array) -> Array:
    """Return int_0^t phi = ln|1 - t^2|/t + ln|(1 + t)/(1 - t)|, which continues through t = 1, where it is 2 ln 2."""
    t = np.asarray(t, float)
    small, one = t < _SMALL, t == 1.0
    safe = np.where(small | one, 0.5, t)
    # (1/t + 1) ln(1 + t) + (1/t - 1) ln|1 - t|: the logarithms at t = 1 cancel
    closed = (1.0 / safe + 1.0) * np.log1p(safe) + (1.0 / safe - 1.0) * np.log(np.abs(1.0 - safe))
    return np.where(small, t + t**3 / 6.0, np.where(one, 2.0 * np.log(2.0), closed))


def mean_phi(u: Array, edges: Array) -> Array:
    """Return phi(u p) averaged over bins of p: shape (*u.shape, edges.size - 1).

    Parameters
    ----------
    u : array
        4 k/M^2 in the inverse of the unit of ``edges``, above zero.
    edges : (n + 1,) array
        Rising edges of the bins.
    """
    u = np.asarray(u, float)[..., None]
    return np.asarray(np.diff(phi_integral(u * edges), axis=-1) / (u * np.diff(edges)))


@lru_cache(maxsize=1)
def _thermal_table() -> Array:
    """Return <phi> (1 + u^2) on _LOG_U."""
    p = 0.5 * (_BINS[1:] + _BINS[:-1])
    weight = p**2 * fermi_dirac(p) * fermi_dirac(-p)
    u = np.exp(_LOG_U)
    rows = [mean_phi(u[k : k + 50], _BINS) @ weight for k in range(0, u.size, 50)]
    return frozen(np.concatenate(rows) / weight.sum() * (1.0 + u**2))


def thermal_phi(u: Array) -> Array:
    """Return <phi(u p/T_s)> over a thermal asymmetry, delta ~ f(1 - f) without chemical potential; u = 4 k T_s/M^2.

    To 1e-3 of its largest value. Beyond u = 1e5, where it is -2 ln(u)/u^2 times a number, it is continued as u^-2.
    """
    u = np.asarray(u, float)
    return np.asarray(np.interp(np.log(u), _LOG_U, _thermal_table()) / (1.0 + u**2))


def odd_coefficient(odd: OddPotential, k: Array, T_s: Array) -> Array:
    """Return V_odd(k)/(n_s - nbar_s) [MeV^-2] of a thermal asymmetry.

    Parameters
    ----------
    odd : OddPotential
        Of one mediator.
    k, T_s : array
        Momentum and temperature of the bath [MeV]; they broadcast.
    """
    return np.asarray(odd.tadpole + odd.exchange * thermal_phi(4.0 * k * T_s / odd.mass**2))


def flip_rate(odd: OddPotential, T_s: Array) -> Array:
    """Return the rate [MeV] at which collisions destroy n_s - nbar_s, at the mean momentum without chemical potential.

    Twice the rate of nu nu -> nubar nubar, for a flip takes two of n_s - nbar_s.
    """
    if odd.flips is None:
        return np.zeros_like(T_s)
    q = 4.0 * _KAPPA * T_s**2 / odd.mass**2
    return np.asarray(2.0 * T_s / _KAPPA * np.interp(np.log(q), LOG_Q, odd.flips) * q**2 / (1.0 + q))
