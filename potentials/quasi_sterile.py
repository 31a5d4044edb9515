"""Potentials of nu_s in matter (a quasi-sterile neutrino), and in a current of ultralight dark matter.

* `QuasiSterile`, channel "tadpole": a light neutral vector between nu_s and nucleons, V_s = +strength n_B for neutrinos
  and -strength n_B for antineutrinos, strength = g_s g_B/M'^2 (arXiv:2201.00876; there V_s - V_nu = -(g_s - g_nu) g_B
  n/(2 m^2): a factor and a sign that are conventions). Resonance in matter where V_s < V_a: E = dm2 cos 2theta/(2 |V_s
  - V_a|).
* channel "exchange": what mediates turns nu_s into an electron, as the W turns nu_e into one; see below.
* `UltralightCurrent`: i(phi* d_mu phi - h.c.) nubar_s gamma^mu nu_s/Lambda^2, V_s = +-n_phi/Lambda^2 ~ a^-3 (derived).

In the early Universe n_B = eta n_gamma s_plasma/s_gamma, 11/4 more before e+- annihilation: both potentials fall as
a^-3, as that of an asymmetry does, and opposite for antineutrinos. One of them is at a resonance, converts, and so
makes an asymmetry whose potential, 2 sqrt2 G_F n_gamma L_a, works against V_s until both cancel, at L_a = -V_s/(2 sqrt2
G_F n_gamma) (derived; `boltzmann.solver.sweep`). |V_s| = 1.33e-7 MeV^-2 n_B, of MiniBooNE, is balanced by 6e-6, long
before nu_s is made: it hinders nothing. What hinders, 1e-3 or more, is balanced while neutrinos decouple, at the price
of so many nu_s. Runs with ``early`` follow one sign, as if both had it and nothing acted back.

The charge of nu_s itself does the same: with V_s = (g_s/M'^2)(g_B n_B + g_s (n_s - nbar_s)), M'^2 A^0 = -J^0 of a
homogeneous vector (derived in `boltzmann.dark.odd`), n_s - nbar_s = -(g_B/g_s) n_B is enough, which for g_s above 2
sqrt2 G_F n_B/V_s times g_B comes first. Left out here: it is the tadpole of a `SecretVector` of that coupling and mass,
which may stand beside; so that what is here is the most that V_s can hinder. Electrons must not couple (g_e = 0): nu_s
e scattering would keep nu_s in equilibrium down to keV, N_eff >= 4 whatever the potential (derived). The even part of
second order in g_s is a `SecretVector` too.

Exchange with electrons
-----------------------
A mediator of mass M that carries the electron's number has nu_s e -> e nu_s in the crossed channel (u) or nu_s e ->
mediator (s). For electrons and positrons of momentum p, with M^2 - m_e^2 + 2 k.p in the propagator of the crossed
channel and M^2 - m_e^2 - 2 k.p in the direct one, S the strength at zero energy and sigma its sign (derived from
forward scattering; the form of `boltzmann.lab.overdensity`, arXiv:1712.08019)::

    V_s = S SUM_p (k.p/k E_p) [f/(1 + sigma 2 k.p/M^2) - fbar/(1 - sigma 2 k.p/M^2)]

S = g^2/4 M^2 of a scalar, g^2/2 M^2 of a vector; S > 0 if nu_s e exchange it, S < 0 if they annihilate to it. In the
laboratory p = 0 and there are no positrons: V_s = +-S n_e/(1 +- sigma E/E_R), E_R = (M^2 - m_e^2)/(2 m_e). In a
symmetric plasma the first terms cancel, and with <(k.p)^2>/(k E_p) = k E_p (1 + v^2/3)

    V_s = -2 |S| (k/M^2) (rho + P)_{e- + e+},

for neutrinos and antineutrinos alike: the potential of the W on nu_e for S = sqrt2 G_F, M = m_W (Notzold & Raffelt,
Nucl. Phys. B307 (1988) 924), of relative order k T/M^2 and always negative, so that levels may cross. The odd part, of
electrons without a positron, is smaller by 4e-7 (M/GeV)^2 (10 MeV/T)^2 and left out. A *neutral* mediator has no such
part: its momentum transfer is zero.

The same coupling makes nu_s: e+e- -> nu_s nubar_s with g_L^2 + g_R^2 = S^2/(2 G_F^2) fills an empty state at Gamma =
(128 a/pi^5) (S^2/2) T^9/rho_nu, a = 0.884 (arXiv:1812.05605), T^3 times H. The equation has no such term, so that
strengths which make more than `FILLED` of nu_s from 170 MeV on are refused. At that limit, 2.5e-4 G_F, nu_s and e+-
were in equilibrium above 0.5 GeV, of which (10.75/70)^(4/3) = 0.08 of a neutrino is left and not counted either. Who
carries the number of an electron has its charge: colliders allow M > 100 GeV, and then this potential is 1e-4 of that
of nu_e. So the channel moves N_eff only for charged mediators that do not exist; what laboratories need of it
thermalises nu_s.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from boltzmann.constants import G_F, HUBBLE_MASS, M_E, NEUTRINO_DENSITY
from boltzmann.errors import ParameterError
from boltzmann.kinetics.potential_terms import Terms
from boltzmann.numerics.arrays import Array
from boltzmann.parameters.inputs import Input, described, parameter
from boltzmann.plasma.thermo import plasma_energy_density, plasma_entropy
from boltzmann.potentials.thermal import enthalpy
from boltzmann.units import NUCLEONS, from_natural, number

if TYPE_CHECKING:
    from boltzmann.parameters import Mixing
    from boltzmann.units import Quantity

PHOTONS = 2.0 * 1.2020569031595942 / np.pi**2  # n_gamma/T^3
PHOTON_ENTROPY = 4.0 * np.pi**2 / 45.0  # s_gamma/T^3
ETA = 6.1e-10  # baryons per photon today
FILLED = 0.01  # share of nu_s that e+e- may make in a run, which is not in the equation
HOTTEST = 170.0  # T [MeV] at x = 3e-3, where runs begin
NEAR = 0.5  # E/E_R up to which the potential in a laboratory is given: beyond, the width matters
REHEATED = 11.0 / 4.0  # (T_gamma/T_nu)^3 after e+- annihilation, where eta is counted
BEFORE = 10.0  # T [MeV] at which e+- are relativistic and T_gamma a = 1
_SIGN = {None: 0.0, "neutrinos": 1.0, "antineutrinos": -1.0}


def _of_fermi(text: str) -> float:
    """Return the number of a strength in units of G_F."""
    try:
        return float(text.strip().removesuffix("G_F"))
    except ValueError as error:
        raise ParameterError(f'strength = {text!r} cannot be read; give for example "-1.1e4 G_F"') from error


def _entropy(T: Array) -> Array:
    """Return s/T^3 of photons and e+-."""
    return np.asarray(plasma_entropy(M_E / T, muons=False))


def made(strength: float, T: float) -> float:
    """Return the share of nu_s that e+e- make below ``T`` [MeV] by an exchange of a ``strength`` [MeV^-2].

    A third of Gamma/H there, for it falls with T^3; without blocking, and e+- massless.
    """
    filling = 128.0 * 0.884 / np.pi**5 * 0.5 * strength**2 * T**5 / NEUTRINO_DENSITY
    radiation = float(plasma_energy_density(M_E / T, muons=False)) + 3.0 * NEUTRINO_DENSITY
    return float(filling / (3.0 * T**2 * np.sqrt(radiation) / HUBBLE_MASS))


_EARLY = parameter(
    None,
    "sign that a run of the early Universe follows, as if both had it; by default neutrinos and antineutrinos apart",
    choices=("neutrinos", "antineutrinos"),
)


@described
@dataclass(frozen=True, repr=False)
class QuasiSterile(Input):
    """Potential of nu_s in matter, V_s = strength n_B or strength n_e; ``QuasiSterile("-1.1e4 G_F")``.

    channel "tadpole": of baryons, by a neutral mediator. channel "exchange": of electrons, by one of `mediator_mass`
    that carries their number; in the early Universe it is the same for neutrinos and antineutrinos, and ``early`` is
    not needed. In laboratories: `boltzmann.lab.matter.probabilities` takes both as ``sterile_potential``.

    Raises
    ------
    ParameterError
        A value is outside its range or has the wrong unit; the message says which and what to do.
    """

    strength: Any = parameter(
        MISSING,
        "V_s/n_B or V_s/n_e of neutrinos, either sign; also in units of G_F",
        unit="MeV-2",
        example="-1.1e4 G_F",
    )
    early: Literal["neutrinos", "antineutrinos"] | None = _EARLY
    g_e: float = parameter(0.0, "coupling of electrons over that of baryons, of a tadpole", bounds=(-1e10, 1e10))
    channel: Literal["tadpole", "exchange"] = parameter(
        "tadpole", "tadpole: neutral mediator, baryons; exchange: electrons", choices=("tadpole", "exchange")
    )
    mediator_mass: Any = parameter(
        None,
        "mass of what is exchanged",
        unit="MeV",
        bounds=(599.999, 1e12),
        example="1 GeV",
        why="lighter than 30 T at 20 MeV the plasma has mediators, and their potential is another one",
    )

    def __post_init__(self) -> None:
        given = vars(self)["strength"]
        if isinstance(given, str) and given.strip().endswith("G_F"):
            self._set("strength", f"{_of_fermi(given) * G_F!r} MeV-2")
        self._convert()
        exchanged, mass = self.channel == "exchange", self.number("mediator_mass")
        if exchanged != (mass is not None):
            remedy = "give it" if exchanged else "a tadpole has none but that in strength, leave it out"
            raise ParameterError(f"mediator_mass = {mass} does not go with channel = {self.channel!r}; {remedy}")
        if exchanged and (self.early is not None or self.g_e != 0.0):
            name = "g_e" if self.early is None else "early"
            raise ParameterError(
                f"{name} = {getattr(self, name)!r} does not go with channel = 'exchange', which is with electrons "
                "alone and of one sign for neutrinos and antineutrinos in the early Universe; leave it out"
            )

    def in_matter(self, E: Array, density: float, antineutrino: bool, electron_fraction: float = 0.5) -> Array:
        """Return V_s [MeV] at energies ``E`` [MeV] in matter of a ``density`` [g/cm^3].

        Raises
        ------
        ParameterError
            An energy comes near the pole of an exchange, where its width matters.
        """
        sign, S = (-1.0 if antineutrino else 1.0), float(self.number("strength"))
        level = np.full(np.shape(E), sign * S * density * NUCLEONS)
        if self.channel == "tadpole":
            return level
        pole = (self.number("mediator_mass") ** 2 - M_E**2) / (2.0 * M_E)
        y = np.asarray(E, float) / pole
        if np.any(y > NEAR):
            raise ParameterError(
                f"E = {np.max(E):g} MeV is not allowed with mediator_mass = {self.number('mediator_mass'):g} MeV: "
                f"electrons and neutrinos of {pole:.3g} MeV make the mediator; give at most {NEAR * pole:.3g} MeV"
            )
        return np.asarray(electron_fraction * level / (1.0 + sign * np.sign(S) * y))

    def resonance_energy(self, mixing: Mixing, density: float) -> Quantity:
        """Return dm2_41/(2 |V_s|) in matter of a ``density`` [g/cm^3], without the weak potentials [MeV].

        Of an exchange far below its pole, half of the nucleons having electrons.

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

    def odd_level(self, eta: float) -> float:
        """Return V_s (x/m_e)^3 of neutrinos [MeV^-2] for ``eta`` baryons per photon, where both signs are followed."""
        both = self.channel == "tadpole" and self.early is None
        return float(self.number("strength")) * eta * PHOTONS * REHEATED if both else 0.0

    def terms(self, T: Array, p: Array) -> Terms:
        """Return the even potential in the early Universe: of an exchange, or of one sign as if both had it."""
        if self.channel == "exchange":
            return self._exchanged(np.asarray(T, float), np.asarray(p, float))
        if self.g_e != 0.0:
            raise ParameterError(
                f"g_e = {self.g_e} is not allowed in the early Universe: scattering on electrons thermalises nu_s, "
                "N_eff >= 4 whatever the potential; give 0"
            )
        T, p = np.asarray(T, float), np.asarray(p, float)
        baryons = ETA * PHOTONS * T**3 * _entropy(T) / PHOTON_ENTROPY
        return Terms.diagonal(s=_SIGN[self.early] * float(self.number("strength")) * baryons + 0.0 * p)

    def _exchanged(self, T: Array, p: Array) -> Terms:
        """Return the potential of an exchange with electrons and positrons."""
        S, mass = abs(float(self.number("strength"))), self.number("mediator_mass")
        share = made(S, HOTTEST)
        if share > FILLED:
            raise ParameterError(
                f"strength = {S / G_F:.3g} G_F with channel = 'exchange' is not allowed in the early Universe: e+e- "
                f"make {min(share, 1.0):.2g} of nu_s by it, N_eff rises whatever the potential, and that is not "
                f"followed; give at most {0.995 * S / G_F * np.sqrt(FILLED / share):.3g} G_F"
            )
        return Terms.diagonal(s=-2.0 * S / mass**2 * p * enthalpy(M_E, T))

    @property
    def meaning(self) -> str:
        """The strength in units of G_F, and what the run is of."""
        if self.channel == "exchange":
            S = float(self.number("strength"))
            return (
                f"V_s = {S / G_F:.4g} G_F n_e by exchange; e+e- make {made(S, HOTTEST):.1g} of nu_s in a run of the "
                "early Universe, which is left out; with electric charge colliders need M > 100 GeV"
            )
        early = "" if self.early is None else f"; as if all were {self.early}: no asymmetry acts back, no prediction"
        return f"V_s = {float(self.number('strength')) / G_F:.4g} G_F n_B{early}"


@described
@dataclass(frozen=True, repr=False)
class UltralightCurrent(Input):
    """Potential of nu_s in a current of ultralight dark matter, V_s ~ a^-3, opposite for antineutrinos.

    Beyond what an asymmetry of neutrinos can balance (3e-6 eV at T = 1 MeV) the sign with the late resonance fills nu_4
    adiabatically with a whole species of that sign: half of its m_eff remains.

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

    @property
    def _over_entropy(self) -> float:
        """V_s over the entropy density [MeV^-2]."""
        return number(f"{self.number('potential')!r} eV", "MeV", "potential") / float(_entropy(np.array(1.0)))

    def odd_level(self, eta: float) -> float:  # noqa: ARG002, for it has nothing to do with baryons
        """Return V_s (x/m_e)^3 of neutrinos [MeV^-2], where both signs are followed."""
        return self._over_entropy * float(_entropy(np.array(BEFORE))) if self.early is None else 0.0

    def terms(self, T: Array, p: Array) -> Terms:
        """Return the even potential: none, or of one sign as if both had it."""
        T, p = np.asarray(T, float), np.asarray(p, float)
        return Terms.diagonal(s=_SIGN[self.early] * self._over_entropy * T**3 * _entropy(T) + 0.0 * p)
