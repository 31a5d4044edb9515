"""Odd potentials of nu_s: from baryons (a quasi-sterile neutrino), and from a current of ultralight dark matter.

* `QuasiSterile`: a light vector between nu_s and nucleons, V_s = +strength n_B for neutrinos and -strength n_B for
  antineutrinos, strength = g_s g_B/M'^2 (arXiv:2201.00876; there V_s - V_nu = -(g_s - g_nu) g_B n/(2 m^2): a factor and
  a sign that are conventions). Resonance in matter where V_s < V_a: E = dm2 cos 2theta/(2 |V_s - V_a|).
* `UltralightCurrent`: i(phi* d_mu phi - h.c.) nubar_s gamma^mu nu_s/Lambda^2, V_s = +-n_phi/Lambda^2 ~ a^-3 (derived).

In the early Universe n_B = eta n_gamma s_plasma/s_gamma, 11/4 more before e+- annihilation. There neutrinos and
antineutrinos have opposite potentials, and the asymmetry that they make of it acts back: this is not followed. A run
may follow one sign, as if both had it: each bounds its sector, and the mean is no prediction. Electrons must not couple
(g_e = 0): nu_s e scattering would keep nu_s in equilibrium down to keV, N_eff >= 4 whatever the potential (derived).
The even part of second order in g_s is a `SecretVector`.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from boltzmann.constants import G_F, M_E
from boltzmann.errors import ParameterError
from boltzmann.kinetics.potential_terms import Terms
from boltzmann.numerics.arrays import Array
from boltzmann.parameters.inputs import Input, described, parameter
from boltzmann.plasma.thermo import plasma_entropy
from boltzmann.units import NUCLEONS, from_natural, number

if TYPE_CHECKING:
    from boltzmann.parameters import Mixing
    from boltzmann.units import Quantity

PHOTONS = 2.0 * 1.2020569031595942 / np.pi**2  # n_gamma/T^3
PHOTON_ENTROPY = 4.0 * np.pi**2 / 45.0  # s_gamma/T^3
ETA = 6.1e-10  # baryons per photon today
_SIGN = {"neutrinos": 1.0, "antineutrinos": -1.0}


def _one_sign(owner: Any) -> float:
    """Return +1 or -1 for the run of one sign that was asked for."""
    if owner.early is None:
        raise ParameterError(
            f"{owner!r} has opposite signs for neutrinos and antineutrinos in the early Universe, which make an "
            'asymmetry that is not followed; give early="neutrinos" and early="antineutrinos" for runs as if both had '
            "one sign: they bound the two sectors"
        )
    return _SIGN[owner.early]


def _of_fermi(text: str) -> float:
    """Return the number of a strength in units of G_F."""
    try:
        return float(text.strip().removesuffix("G_F"))
    except ValueError as error:
        raise ParameterError(f'strength = {text!r} cannot be read; give for example "-1.1e4 G_F"') from error


def _entropy(T: Array) -> Array:
    """Return s/T^3 of photons and e+-."""
    return np.asarray(plasma_entropy(M_E / T, muons=False))


_EARLY = parameter(
    None,
    "sign that a run of the early Universe follows, as if neutrinos and antineutrinos both had it",
    choices=("neutrinos", "antineutrinos"),
)


@described
@dataclass(frozen=True, repr=False)
class QuasiSterile(Input):
    """Potential of nu_s in baryons, V_s = strength n_B; ``QuasiSterile("-1.1e4 G_F")``.

    In laboratories: `boltzmann.lab.matter.probabilities` takes it as ``sterile_potential``.

    Raises
    ------
    ParameterError
        A value is outside its range or has the wrong unit; the message says which and what to do.
    """

    strength: Any = parameter(
        MISSING, "V_s/n_B of neutrinos, either sign; also in units of G_F", unit="MeV-2", example="-1.1e4 G_F"
    )
    early: Literal["neutrinos", "antineutrinos"] | None = _EARLY
    g_e: float = parameter(0.0, "coupling of electrons over that of baryons", bounds=(-1e10, 1e10))

    def __post_init__(self) -> None:
        given = vars(self)["strength"]
        if isinstance(given, str) and given.strip().endswith("G_F"):
            self._set("strength", f"{_of_fermi(given) * G_F!r} MeV-2")
        self._convert()

    def in_matter(self, E: Array, density: float, antineutrino: bool) -> Array:
        """Return V_s [MeV] at energies ``E`` [MeV] in matter of a ``density`` [g/cm^3]."""
        level = (-1.0 if antineutrino else 1.0) * float(self.number("strength")) * density * NUCLEONS
        return np.full(np.shape(E), level)

    def resonance_energy(self, mixing: Mixing, density: float) -> Quantity:
        """Return dm2_41/(2 |V_s|) in matter of a ``density`` [g/cm^3], without the weak potentials [MeV].

        It is one of neutrinos for a negative strength, else of antineutrinos.

        Raises
        ------
        ParameterError
            There is no sterile state.
        """
        if mixing.n_states == 3:
            raise ParameterError("dm2_41 = None means that there is no sterile state; give dm2_41 too")
        splitting = float(mixing.mass_squared[3])
        return from_natural(abs(splitting / (2.0 * float(self.in_matter(np.array(1.0), density, False)))), "MeV")

    def of_one_sign(self) -> bool:
        """Return True where a run of the early Universe follows one sign."""
        return self.early is not None

    def terms(self, T: Array, p: Array) -> Terms:
        """Return the potential of one sign in the early Universe."""
        if self.g_e != 0.0:
            raise ParameterError(
                f"g_e = {self.g_e} is not allowed in the early Universe: scattering on electrons thermalises nu_s, "
                "N_eff >= 4 whatever the potential; give 0"
            )
        T, p = np.asarray(T, float), np.asarray(p, float)
        baryons = ETA * PHOTONS * T**3 * _entropy(T) / PHOTON_ENTROPY
        return Terms.diagonal(s=_one_sign(self) * float(self.number("strength")) * baryons + 0.0 * p)

    @property
    def meaning(self) -> str:
        """The strength in units of G_F, and what the run is of."""
        early = "" if self.early is None else f"; as if all were {self.early}: a bound of one sector, no prediction"
        return f"V_s = {float(self.number('strength')) / G_F:.4g} G_F n_B{early}"


@described
@dataclass(frozen=True, repr=False)
class UltralightCurrent(Input):
    """Potential of nu_s in a current of ultralight dark matter, V_s ~ a^-3, for runs of one sign.

    It cures N_eff, but the sign with the late resonance (V_s < 0) fills nu_4 adiabatically with a whole species: half
    of its m_eff remains.

    Raises
    ------
    ParameterError
        A value is outside its range or has the wrong unit; the message says which and what to do.
    """

    potential: Any = parameter(MISSING, "V_s of neutrinos at T = 1 MeV, either sign", unit="eV", example="1.6e-7 eV")
    early: Literal["neutrinos", "antineutrinos"] | None = _EARLY

    def __post_init__(self) -> None:
        self._convert()

    def of_one_sign(self) -> bool:
        """Return True where a run of the early Universe follows one sign."""
        return self.early is not None

    def terms(self, T: Array, p: Array) -> Terms:
        """Return the potential of one sign."""
        T, p = np.asarray(T, float), np.asarray(p, float)
        at_one = number(f"{self.number('potential')!r} eV", "MeV", "potential") / float(_entropy(np.array(1.0)))
        return Terms.diagonal(s=_one_sign(self) * at_one * T**3 * _entropy(T) + 0.0 * p)
