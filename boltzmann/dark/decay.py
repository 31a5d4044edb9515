"""Decays and inverse decays nu_4 <-> nu_k phi: the vertex of a light boson is not diagonal in mass states.

L = g phi nubar_s i gamma5 nu_s has the vertex g |U_s4 U_sk| between nu_4 and nu_k. With massless nu_k, in the rest
frame of nu_4 and both helicities together (as in `boltzmann.lab.decay`; derived: |M|^2 = g^2 |U_s4 U_sk|^2 D)::

    Gamma_0k = c_k (1 - r) D_k/m_4,    c_k = g^2 |U_s4 U_sk|^2/(16 pi),    D_k = m_4^2 - m_k^2 - m_phi^2,

with r = m_phi^2/m_4^2: g^2 |U_s4 U_sk|^2 m_4 (1 - r)^2/(16 pi) where m_k is negligible.

In a thermal bath nu_k relaxes with what it takes and what it gives, f_phi (1 - f_4) + f_4 (1 + f_phi)::

    Gamma_k(p) = (c_k D_k/p^2) int dE_q [f_phi(E_q) + f_4(p + E_q)]  from  D_k/(4 p) + p m_phi^2/D_k  on,

exact for massless nu_k, since 2 p (E_q - q cos) = D fixes the angle (derived; tests/dark/test_decay.py integrates the
matrix element over phase space), and that of nu_4, whose daughters have a flat spectrum between
E_- and E_+ = (1 - r)(E -+ p)/2::

    Gamma_4(p) = SUM_k (c_k D_k/(E p)) int_E-^E+ dE' [1 - f_k(E') + f_phi(E - E')].

Both make detailed balance with mu_4 = mu_k + mu_phi. Sterile neutrinos and phi share mu_s (charge 1), hence mu_k = 0:
the sum N_4 + N_phi is what decays conserve, and it is the charge of the bath; energy is conserved in the exchange.
Soft phi are cut at their thermal mass. In matter |U_sk|^2 is smaller by (D/(D + 2 p V_s))^2, as far as V_s lifts nu_s.
Coherences between mass states turn 1e10 times faster than any of this: the rates act on mass states.

Neglected: the masses of nu_k beside m_4 but in D; that the number of neutrinos, N_k + N_4, is conserved where decays
are fast and nu_4 nu_4 <-> phi phi is not (energy, and N_eff with it, does not depend on it, the heating at T ~ m_4 does
by 1%).
"""

from typing import NamedTuple

import numpy as np

from boltzmann.constants import M_E
from boltzmann.dark.bath import MAX_RATE
from boltzmann.dark.mediator import Mediator
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.records import record


@record
class Decay(NamedTuple):
    """Decays of nu_4 with K mediators; K = 0 if there are none."""

    strength: Array  # (K, 3): c_k
    gap: Array  # (K, 3): D_k [MeV^2]
    boson: Array  # (K,): m_phi^2 [MeV^2]
    share: Array  # (K,): 1 - r
    thermal_mass: Array  # (K,): of phi, over T_s


def gaps(masses: Array, boson: float) -> Array:
    """Return D_k (3,) [MeV^2], at least 0, for the masses of nu_1, ..., nu_4 and of phi [MeV]."""
    closed = masses[:3] + boson >= masses[3]
    return np.asarray(np.where(closed, 0.0, masses[3] ** 2 - masses[:3] ** 2 - boson**2))


def rest_frame_rates(mediator: Mediator, U: Complex, masses: Array) -> Array:
    """Return Gamma_0k (3,) [MeV], the rates of nu_4 -> nu_k phi at rest; zero where they are closed.

    Parameters
    ----------
    mediator : Mediator
        Its ``decay`` is g^2.
    U : (4, 4) array
        Mixing matrix.
    masses : (4,) array
        m_1, ..., m_4 [MeV].
    """
    share = 1.0 - (mediator.mass / masses[3]) ** 2
    return np.asarray(strengths(mediator, U) * share * gaps(masses, mediator.mass) / masses[3])


def strengths(mediator: Mediator, U: Complex) -> Array:
    """Return c_k (3,)."""
    return np.asarray(mediator.decay * np.abs(U[3, 3] * U[3, :3]) ** 2 / (16.0 * np.pi))


def projectors(U: Complex) -> Complex:
    """Return |nu_k><nu_k| (4, n, n) in flavour space for the mixing matrix ``U`` (n, n); zero for k > n."""
    n = U.shape[0]
    result = np.zeros((4, n, n), complex)
    result[:n] = np.einsum("ak,bk->kab", U, U.conj())
    return result


def decay_tables(mediators: tuple[Mediator, ...], U: Complex, masses: Array) -> Decay:
    """Return what the kernels need for the mixing matrix ``U`` (n, n) and ``masses`` (n,) [MeV]."""
    n = masses.size
    able = [m for m in mediators if n == 4 and m.degrees > 0.0 and m.decay * gaps(masses, m.mass).max() > 0.0]
    mass_squared = np.array([m.mass**2 for m in able])
    return Decay(
        strength=np.array([strengths(m, U) for m in able]).reshape(-1, 3),
        gap=np.array([gaps(masses, m.mass) for m in able]).reshape(-1, 3),
        boson=mass_squared,
        share=1.0 - mass_squared / max(masses[-1] ** 2, 1e-300),
        thermal_mass=np.sqrt(np.array([m.debye for m in able])),
    )


@kernel
def fermion_log(xi: float) -> float:
    """Return ln(1 + e^xi), the integral of a Fermi-Dirac occupation from -xi on."""
    return float(max(xi, 0.0) + np.log1p(np.exp(-abs(xi))))


@kernel
def boson_log(xi: float) -> float:
    """Return -ln(1 - e^-xi), the integral of a Bose-Einstein occupation from xi > 0 on."""
    return float(-np.log(-np.expm1(-xi)))


@kernel
def light_integral(kappa: float, least: float, eta: float) -> float:
    """Return int_least dq [f_phi(q) + f_4(kappa + q)] in units of T_s, phi with the fugacity e^eta."""
    return float(np.exp(eta) * boson_log(least) + fermion_log(eta - kappa - least))


@kernel
def heavy_integral(E: float, kappa: float, share: float, least: float, eta: float) -> float:
    """Return int_E-^E+ dE' [1 - f_k(E') + f_phi(E - E')] in units of T_s; phi of at least the energy ``least``."""
    high, low = 0.5 * share * (E + kappa), 0.5 * share * (E - kappa)
    hard = E - low
    soft = min(max(E - high, least), hard)
    spontaneous = fermion_log(high) - fermion_log(low)
    return float(spontaneous + np.exp(eta) * (boson_log(soft) - boson_log(hard)))


@kernel
def decay_rates(
    x: float, log_z: float, eta: float, y: float, energy: float, V: float, decay: Decay, out: Array
) -> None:
    """Fill ``out`` (4,) with the relaxation rates [MeV] of nu_1, ..., nu_4 at comoving momentum ``y``.

    ``energy``: comoving energy of nu_4; ``V``: potential of nu_s [MeV].
    """
    scale, z = M_E / x, np.exp(log_z)
    T, p, E = z * scale, y * scale, energy * scale
    out[:] = 0.0
    for m in range(decay.strength.shape[0]):
        for k in range(3):
            gap = decay.gap[m, k]
            if gap <= 0.0:
                continue
            mixed = gap / (gap + 2.0 * p * max(V, 0.0))
            width = decay.strength[m, k] * gap * mixed**2
            least = np.hypot((0.25 * gap / p + p * decay.boson[m] / gap) / T, decay.thermal_mass[m])
            out[k] += width * T / p**2 * light_integral(y / z, least, eta)
            softest = decay.thermal_mass[m]  # of phi from nu_4; the kinematic end is that of the integral
            out[3] += width * T / (E * p) * heavy_integral(energy / z, y / z, decay.share[m], softest, eta)


@kernel
def limit_rates(hubble: float, out: Array) -> None:
    """Turn the rates ``out`` (4,) [MeV] into rates over the Hubble rate ``hubble``, at most `MAX_RATE`."""
    for k in range(out.size):
        out[k] = min(out[k] / hubble, MAX_RATE)
