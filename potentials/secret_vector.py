"""Sterile neutrinos that interact through a vector boson A', L = e_s nubar_s gamma^mu P_L nu_s A'_mu.

Amplitudes, with masses in units of M, t = -y and u = y - s (derived by traces; crossings of each other)::

    nu nu -> nu nu           4 e_s^4 s^2 [1/(t - 1) + 1/(u - 1)]^2,  identical particles
    nu nubar -> nu nubar     4 e_s^4 u^2 [1/(t - 1) + 1/(s - 1)]^2,  resonance of width e_s^2/(24 pi)
    nu nubar -> A' A'        4 e_s^4 [t/u + u/t + 4 s/(t u) - 1/t^2 - 1/u^2],  identical particles
"""

from dataclasses import MISSING, dataclass
from functools import lru_cache
from math import pi, sqrt
from typing import Any, ClassVar, Literal

import numpy as np

from boltzmann.constants import G_F
from boltzmann.dark.mediator import Mediator
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.parameters.inputs import described, parameter
from boltzmann.potentials.scattering import (
    S,
    average,
    collision_density,
    fermion_tail,
    pair_density,
    rate_table,
    resonance,
)
from boltzmann.potentials.secret import SecretInput
from boltzmann.units import Quantity, from_natural

_POLE = np.array([1.0 / 3.0, 3.0 / 10.0]) / (4.0 * pi)  # coefficient of 1/(s - 1)^2 in s sigma, plain and weighted


def _elastic(s: Array, y: Array) -> Array:
    """Return |M|^2/e_s^4 of nu nu (with its 1/2, folded by t <-> u) plus nu nubar elastic scattering."""
    like = 4.0 * s**2 * (1.0 / (1.0 + y) ** 2 + 2.0 / ((s + 2.0) * (1.0 + y)))
    unlike = 4.0 * (s - y) ** 2 * (1.0 / (s - 1.0) - 1.0 / (1.0 + y)) ** 2
    return like + unlike


@lru_cache(maxsize=1)
def _finite_part() -> Array:
    """Return Psi/e_s^4 on LOG_Q without the delta function of the resonance, (2, n_q); positive."""
    return average(collision_density(_elastic, S), fermion_tail) + resonance(_POLE)


def annihilation(s: Array) -> Array:
    """Return s sigma/e_s^4 of nu nubar -> A' A' above s = 4, in units of M.

    (1/(2 pi)) {ln[(1 + beta)/(1 - beta)] (1 + 4/s^2)/(1 - 2/s) - beta}, beta^2 = 1 - 4/s: derived; the form of
    e+ e- -> Z Z (Brown & Mikaelian, Phys. Rev. D 19 (1979) 922) for one chirality.
    """
    beta = np.sqrt(1.0 - 4.0 / s)
    log = 2.0 * np.log(0.5 * np.sqrt(s) * (1.0 + beta))
    return np.asarray((log * (1.0 + 4.0 / s**2) / (1.0 - 2.0 / s) - beta) / (2.0 * pi))


@lru_cache(maxsize=1)
def _pair_annihilation() -> Array:
    """Return e^(2 mu) gamma/(e_s^4 T_s^4) on LOG_MU of nu nubar <-> A' A', see `potentials.scattering.pair_density`."""
    return pair_density(annihilation)


@described
@dataclass(frozen=True, repr=False)
class SecretVector(SecretInput):
    """Vector boson A' between sterile neutrinos, L = e_s nubar_s gamma^mu P_L nu_s A'_mu.

    Papers define the coupling in several ways; a factor 2 is a factor 4 in the potential and 16 in contact rates.
    ``convention`` says what `coupling` is, and `e_s` is what it means: "e_s", as above (arXiv:1310.6337, 1505.02795);
    "g_X", with G_X/sqrt2 = g_X^2/(8 M^2) (arXiv:1410.1385 and followers), so that e_s = g_X/2; "G_X", the contact
    strength in units of G_F, sqrt2 G_X = e_s^2/M^2.

    Below e_s = 1.3e-10 sqrt(M/MeV) inverse decays cannot hold A' and nu_s together (`boltzmann.dark.equilibrium`): a
    solution is then that without the interaction and without the bath that `T_s_over_T` means.

    Raises
    ------
    ParameterError
        A value is outside its range or has the wrong unit; the message says which and what to do.
    """

    coupling: float = parameter(MISSING, "coupling, in the sense of convention", bounds=(0, 1e30), example="0.01")
    mediator_mass: Any = parameter(MISSING, "mass of A', 1 eV to 100 GeV", unit="MeV", example="10 MeV")
    T_s_over_T: float = parameter(
        0.465, "T_s/T_gamma between muon annihilation and that of A'; 0: empty dark sector", bounds=(0, 1)
    )
    convention: Literal["e_s", "g_X", "G_X"] = parameter(
        "e_s", "what coupling is: e_s, g_X = 2 e_s, or e_s^2/(sqrt2 M^2) in G_F", choices=("e_s", "g_X", "G_X")
    )
    mediator_in_equilibrium: bool = parameter(
        True, "A' is a species of the dark sector (off: no background of A', resonant scattering instead of decays)"
    )
    secret_rate_factor: float = parameter(1.0, "factor on all secret rates, not on the potential", bounds=(1e-10, 1e10))

    MASS_RANGE: ClassVar[tuple[str, str, str]] = (
        "1 eV", "100 GeV", "lighter A' are present beyond the end of a run, heavier ones act as four-fermion terms do"
    )  # fmt: skip

    def __post_init__(self) -> None:
        self._check()
        given = f"coupling = {self.coupling:g} in the convention {self.convention!r}"
        if not self.e_s > 0.0:
            raise ParameterError(f"{given} is not allowed; give more than 0, or leave the interaction out")
        if self.e_s > 1.0:
            raise ParameterError(
                f"{given} means e_s = {self.e_s:.4g}, which is not perturbative: potential and rates are of lowest "
                "order in e_s; give e_s of at most 1"
            )

    @property
    def e_s(self) -> float:
        """The coupling of the Lagrangian."""
        if self.convention == "G_X":
            return self._mass * sqrt(sqrt(2.0) * G_F * self.coupling)
        return self.coupling / 2.0 if self.convention == "g_X" else self.coupling

    @property
    def G_X(self) -> float:
        """Contact strength e_s^2/(sqrt2 M^2), in units of G_F."""
        return self.e_s**2 / (sqrt(2.0) * G_F * self._mass**2)

    @property
    def width(self) -> Quantity:
        """Decay width of A' to nu_s nubar_s, e_s^2 M/(24 pi) [MeV]."""
        return from_natural(self.e_s**2 * self._mass / (24.0 * pi), "MeV")

    @property
    def meaning(self) -> str:
        """The coupling in its three conventions, in words."""
        return f"e_s = {self.e_s:.4g}, M = {self.mediator_mass}, G_X/G_F = {self.G_X:.4g}"

    def mediator(self) -> Mediator:
        """Return the numbers and tables for the kernels; each value has its source here.

        * strength: V_s (derived; the limits agree with arXiv:1310.6337).
        * width: -2 Im of the same self-energy, e_s^2 M^2 T_s/(8 pi k^2) [...]; A' decays e_s^2 M/(24 pi).
        * debye: longitudinal mass^2 e_s^2 T_s^2/6 of one Weyl fermion, half the e^2 T^2/3 of QED's Dirac electron.
        * charge: 2, from A' <-> nu nubar; A' A' <-> nu nubar changes it.
        * scattering: `potentials.scattering`. A resonant collision is an inverse decay and a decay. It is counted once:
          as such when A' is a species, else in the Breit-Wigner cross section.
        """
        e2, present = self.e_s**2, self.mediator_in_equilibrium
        psi = _finite_part()
        if not present:
            psi = psi + resonance(_POLE, e2 / (24.0 * pi)) - resonance(_POLE)
        return Mediator(
            mass=self._mass,
            degrees=3.0 if present else 0.0,
            charge=2.0,
            strength=e2,
            width=self.secret_rate_factor * e2,
            debye=e2 / 6.0,
            scattering=rate_table(psi, self.secret_rate_factor * e2**2),
            number_changing=present * self.secret_rate_factor * e2**2 * _pair_annihilation(),
        )
