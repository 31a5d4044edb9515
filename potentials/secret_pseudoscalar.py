"""Sterile neutrinos that interact through a light pseudoscalar phi, with the vertex g_s gamma5 (arXiv:1404.5915).

Populations are those of one Majorana neutrino: nu of negative and nubar of positive helicity. Its vertex is g_s gamma5
if L = (g_s/2) phi nubar_s i gamma5 nu_s, as that of a Dirac neutrino if L = g_s phi nubar_s i gamma5 nu_s. A vertex
flips the helicity, so that exchange of phi has no forward peak. Amplitudes per helicity for massless particles, t from
the first to the third (derived; by traces for those with two phi, by helicity spinors for four neutrinos)::

    nu nubar -> phi phi      g^4 (u - t)^2/(t u),  identical particles
    nu phi -> nu phi         g^4 (s - u)^2/(-s u)
    nu nu -> nu nu           g^4 [s/(s - m^2)]^2,  identical particles
    nu nu -> nubar nubar     g^4 [s/(s - m^2) + t/(t - m^2) + u/(u - m^2)]^2,  identical particles
    nu nubar -> nu nubar     g^4 [u/(u - m^2)]^2

Poles of an exchanged neutrino are cut at its asymptotic thermal mass^2, 2 k V_s = g^2 T_s^2/8 = 3/2 of that of phi,
those of phi at its own. What is resonant in the s channel is an inverse decay and counted as that; where phi is no
species, by its width (`potentials.scattering`), if its mass is no thermal one. Of a phi with a mass, nu nubar -> phi
phi is (derived, by traces)

    g^4 (t u - M^4) (u - t)^2/(t u)^2.
"""

from dataclasses import MISSING, dataclass
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np

from boltzmann.dark.mediator import LOG_MU, Mediator
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.parameters.inputs import described, parameter
from boltzmann.potentials.scattering import (
    S,
    average,
    boson_tail,
    collision_density,
    fermion_tail,
    pair_density,
    rate_table,
    resonance,
)
from boltzmann.potentials.secret import SecretInput

_CUT = 1.5  # thermal mass^2 of the neutrino over that of phi
_POLE = 1.0 / (16.0 * np.pi)  # coefficient of 1/(s - 1)^2 in s sigma: two channels of 1/2 each
LIGHT = 1e-6  # MeV; decays phi -> nu nu of heavier phi change the sum of nu and phi during a run
_LOOP = {"derived": 0.5, "paper": 0.25}


def _annihilation(s: Array, y: Array) -> Array:
    """Return |M|^2/g^4 of nu nubar -> phi phi, with its 1/2, folded by t <-> u; y = -t, masses in units of M_T."""
    return (s - 2.0 * y) ** 2 * y * (s - y) / ((y + _CUT) ** 2 * (s - y + _CUT) * (s + 2.0 * _CUT))


def _compton(s: Array, y: Array) -> Array:
    """Return |M|^2/g^4 of nu phi -> nu phi; y = -u."""
    return (s + y) ** 2 * s * y / ((s + _CUT) ** 2 * (y + _CUT) ** 2)


def _exchange(s: Array, y: Array) -> Array:
    """Return |M|^2/g^4 of the three processes of four neutrinos; y = -u (identical particles: with 1/2)."""
    in_s, in_t, in_u = s / (s - 1.0), (s - y) / (s - y + 1.0), y / (y + 1.0)
    return 0.5 * (in_s**2 + (in_s + in_t + in_u) ** 2) + in_u**2


def _crossed(s: Array, y: Array) -> Array:
    """Return |M|^2/g^4 of `_exchange` without the s channel."""
    in_t, in_u = (s - y) / (s - y + 1.0), y / (y + 1.0)
    return 0.5 * (in_t + in_u) ** 2 + in_u**2


@lru_cache(maxsize=1)
def _psi() -> tuple[Array, Array]:
    """Return Psi/g^4 on LOG_Q of neutrinos on neutrinos without the delta function, and of reactions with phi."""
    alone = average(collision_density(_exchange, S)[0], fermion_tail) + resonance(np.array(_POLE))
    # negative at q = 0.2 to 0.8, where inverse decays, of order g^2, are everything: a tenth of the t and u channels
    alone = np.maximum(alone, 0.1 * average(collision_density(_crossed, S)[0], fermion_tail))
    with_phi = average(collision_density(_annihilation, S)[0], fermion_tail)
    return alone, with_phi + average(collision_density(_compton, S)[0], boson_tail)


def annihilation(s: Array) -> Array:
    """Return s sigma/g^4 of nu nubar -> phi phi above s = 4, in units of M.

    (beta/(16 pi)) [L (3 A - 1)/2 - 3] with beta^2 = 1 - 4/s, A = 1 + 4/(s beta)^2 and L = ln[(sqrt A + 1)/(sqrt A -
    1)]/sqrt A: the amplitude of the module docstring is 2 c^2 (1 - c^2)/(A - c^2)^2 of c = cos theta, with its 1/2
    (derived).
    """
    beta = np.sqrt(1.0 - 4.0 / s)
    excess = 4.0 / (s * beta) ** 2  # A - 1
    A = 1.0 + excess
    root = np.sqrt(A)
    L = np.log((root + 1.0) ** 2 / excess) / root
    series = 4.0 / (15.0 * A**2)  # of A >> 1, where the bracket cancels
    bracket = np.where(excess < 1e3, L * (3.0 * A - 1.0) / 2.0 - 3.0, series)
    return np.asarray(beta / (16.0 * np.pi) * bracket)


@lru_cache(maxsize=1)
def _pair_annihilation() -> Array:
    """Return e^(2 mu) gamma/(g^4 T_s^4) on LOG_MU of nu nubar <-> phi phi, see `potentials.scattering.pair_density`."""
    return pair_density(annihilation)


@described
@dataclass(frozen=True, repr=False)
class SecretPseudoscalar(SecretInput):
    """Light pseudoscalar phi between sterile neutrinos, L = g_s phi nubar_s i gamma5 nu_s.

    For a Majorana neutrino that vertex is L = (g_s/2) phi nubar_s i gamma5 nu_s. The potential is V_s = + g_s^2
    T_s^2/(16 k) ("derived"); arXiv:1404.5915 has half of it ("paper"), as if g_s were smaller by sqrt 2. Rates do not
    depend on that choice. They are good to a factor 2: to leading logarithm (T_s >> m_phi, g_s << 1), without blocking
    and stimulated emission. Where they cannot hold phi and nu_s together (`boltzmann.dark.equilibrium`; g_s below 1e-6
    for m_phi << 1e-5 eV, 3e-8 for 1e-3 eV), a solution is that without the interaction and without its bath.

    Raises
    ------
    ParameterError
        A value is outside its range or has the wrong unit; the message says which and what to do.
    """

    coupling: float = parameter(MISSING, "g_s", bounds=(0, 1e30), example="1e-5")
    mediator_mass: Any = parameter("1e-3 eV", "mass of phi, 1e-12 eV to 100 MeV", unit="eV", example="0.1 eV")
    T_s_over_T: float = parameter(0.465, "T_s/T_gamma after muon annihilation; 0: empty dark sector", bounds=(0, 1))
    normalisation: Literal["derived", "paper"] = parameter(
        "derived", "potential: derived, or half as large as in arXiv:1404.5915", choices=("derived", "paper")
    )
    mediator_in_equilibrium: bool = parameter(
        True, "phi is a species of the dark sector (off: no background of phi, neutrinos scatter on neutrinos only)"
    )
    couplings: Literal["flavour", "mass-diagonal"] = parameter(
        "flavour",
        "of phi to mass states: flavour, g_s U_si U_sj as the Lagrangian says, with decays nu_4 -> nu_k phi; or "
        "mass-diagonal, phi nu_4 nu_4 alone, as in a majoron model made for it",
        choices=("flavour", "mass-diagonal"),
    )
    secret_rate_factor: float = parameter(1.0, "factor on all secret rates, not on the potential", bounds=(1e-10, 1e10))

    MASS_RANGE: ClassVar[tuple[str, str, str]] = (
        "1e-12 eV",
        "100 MeV",
        "heavier phi act as four-fermion terms do, and like a vector with half its potential",
    )

    def __post_init__(self) -> None:
        self._check()
        if not self.coupling > 0.0:
            raise ParameterError("coupling = 0 is not allowed; give more than 0, or leave the interaction out")
        if self.coupling > 1.0:
            raise ParameterError(
                f"coupling = {self.coupling:g} is not perturbative: potential and rates are of lowest order; "
                "give g_s of at most 1"
            )

    def mediator(self) -> Mediator:
        """Return the numbers and tables for the kernels; each value has its source here.

        * strength: gamma5 pslash gamma5 = -pslash is half of gamma^mu pslash gamma_mu = -2 pslash, hence g^2/2.
        * width: -2 Im of the same self-energy; phi decays with g^2 M/(16 pi) to nu nu and nubar nubar together. With
          M_T instead of M this is of order g^4 T_s, like scattering, and as uncertain.
        * debye: mass g phi gives two fermion states the free energy g^2 phi^2 T^2/24 (m^2 T^2/48 each), which is
          M_phi^2 phi^2/2 with M_phi^2 = g^2 T^2/12; a Dirac neutrino would give g^2 T^2/6.
        * charge: of a light phi 1, from nu nubar <-> phi phi; changing the sum of nu and phi needs 2 <-> 3, of order
          g^6, for phi -> nu nu is closed by thermal masses while M < g T_s. Above 1 eV 2, from phi <-> nu nu, which is
          faster than the expansion below T = 0.4 MeV (g/3e-6)^(2/3) (M/10 eV)^(2/3); phi phi <-> nu nubar changes it.
        * scattering: `potentials.scattering`; relaxation equals decoherence, for nothing is peaked forward, and phi is
          in equilibrium when it takes a neutrino's momentum.
        """
        g2, present, light = self.coupling**2, self.mediator_in_equilibrium, self._mass <= LIGHT
        alone, with_phi = _psi()
        psi = alone + with_phi if present else alone
        if not (present or light):
            psi = psi + resonance(np.array(_POLE), g2 / (16.0 * np.pi)) - resonance(np.array(_POLE))
        table = rate_table(psi, self.secret_rate_factor * g2**2)
        return Mediator(
            mass=self._mass,
            degrees=1.0 if present else 0.0,
            charge=1.0 if light else 2.0,
            strength=_LOOP[self.normalisation] * g2,
            width=self.secret_rate_factor * 0.5 * g2,
            debye=g2 / 12.0,
            scattering=np.stack([table, table]),
            number_changing=(
                np.zeros(LOG_MU.size) if light else present * self.secret_rate_factor * g2**2 * _pair_annihilation()
            ),
            decay=g2 if self.couplings == "flavour" else 0.0,
        )
