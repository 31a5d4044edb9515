"""A heavy neutral lepton N of MeV mass that decays before or during nucleosynthesis.

It has a lifetime and channels, or they follow from mixing with active neutrinos or from a transition dipole
(`boltzmann.relics.widths`). Its abundance is that of relativistic decoupling unless it follows from mixing
(`boltzmann.relics.freeze_out`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from boltzmann.errors import ParameterError
from boltzmann.parameters.inputs import Dimensional, Input, described, parameter
from boltzmann.relics import channels as decays
from boltzmann.relics.freeze_out import ELECTROWEAK, REFERENCE, Decoupling, decouple
from boltzmann.relics.inverse import EQUILIBRIUM, FOLLOWED, made, strength
from boltzmann.relics.model import LeptonModel
from boltzmann.relics.widths import by_mixing, dipole_width
from boltzmann.units import HBAR, from_natural, number

if TYPE_CHECKING:
    from boltzmann.units import Quantity

MOST_NEUTRINO = 1000.0  # MeV
NOTABLE = 0.02  # of the number of N: 0.003 of delta N_eff = 0.15
WELL_KNOWN = 300.0  # MeV, above which channels are missing in widths from mixing
EARLY_RATIO = (REFERENCE / ELECTROWEAK) ** (1.0 / 3.0)  # T_N/T of decoupling above the electroweak scale
HADRONIC = 150.0  # MeV, above which degrees of freedom are those of the lattice


def _text(channels: Any) -> str:
    """Return channels as text; a mapping is name -> branching ratio, or -> {"branching": ..., "mass": ...}."""
    if not isinstance(channels, Mapping):
        return str(channels)
    parts = []
    for name, value in channels.items():
        share = value.get("branching") if isinstance(value, Mapping) else value
        mass = f"({value['mass']})" if isinstance(value, Mapping) and "mass" in value else ""
        unknown = set(value) - {"branching", "mass"} if isinstance(value, Mapping) else ()
        if unknown:
            raise ParameterError(f"channels has {sorted(unknown)[0]!r} in {name!r}; valid are: branching, mass")
        parts.append(f"{name}{mass}: {share}")
    return "; ".join(parts)


@described
@dataclass(frozen=True, repr=False, kw_only=True)
class HeavyNeutralLepton(Input):
    """A heavy neutral lepton N that decays: by ``lifetime`` and ``channels``, or by mixing, |U_a4|^2.

    Channels are a text, ``"nu_e gamma: 0.5; nu_mu X(30 MeV): 0.5"``, or a mapping. X and pi0 decay to e+- or photons at
    once. Inverse decays of nu_a gamma, nu_a X and nu_a pi0 are followed (`boltzmann.relics.inverse`), X being a boson,
    up to Gamma/H = 1 at T = m; beyond, and for other channels, a sentence says what they would do.

    Raises
    ------
    ParameterError
        A value is outside its range or has the wrong unit, lifetime and mixing are both given or both missing, or a
        channel is closed; the message says which and what to do.
    """

    mass: Dimensional = parameter(
        None,
        "mass of N",
        unit="MeV",
        example="100 MeV",
        bounds=(1, 2000),
        why="lighter ones are states of Mixing, and of heavier ones channels and stopping are not known",
    )
    lifetime: Dimensional = parameter(
        None,
        "lifetime at rest, with channels; without: from mixing",
        unit="s",
        example="0.1 s",
        bounds=(1e-5, 1e4),
        why="later decays destroy nuclei, which is not followed (use ACROPOLIS)",
    )
    channels: str | None = parameter(None, 'decay channels and branching ratios, e.g. "nu_e gamma: 1.0"')
    Ue4_sq: float = parameter(0.0, "|U_e4|^2", bounds=(0, 1))
    Umu4_sq: float = parameter(0.0, "|U_mu4|^2", bounds=(0, 1))
    Utau4_sq: float = parameter(0.0, "|U_tau4|^2", bounds=(0, 1))
    majorana: bool = parameter(True, "N is its own antiparticle: 2 states and twice the width; off: 4 states (Dirac)")
    abundance: float = parameter(1.0, "factor on the number of N at decoupling", bounds=(0, 1))
    inverse_decays: bool = parameter(
        True, "inverse decays of nu_a gamma, nu_a X and nu_a pi0 make N (off to compare with codes without)"
    )
    losses: bool = parameter(
        True,
        "muons and pions that stop annihilate, or meet nucleons, before they decay (off to compare with codes without)",
    )
    T_N_over_T: float | None = parameter(
        None,
        "T_N/T_gamma after muon annihilation; default: from mixing, else 0.465 of a decoupling above 200 GeV",
        bounds=(0.01, 1),
    )

    def __post_init__(self) -> None:
        if self.channels is not None:
            self._set("channels", decays.written(decays.parsed(_text(self.channels))))
        self._convert()
        if self.number("mass") is None:
            raise ParameterError('HeavyNeutralLepton needs mass, which the input does not have; add it: mass="100 MeV"')
        self._check_decays()

    def _check_decays(self) -> None:
        """Raise ParameterError unless there is one origin of lifetime and channels, and they are possible."""
        tau, mixing = self.number("lifetime"), any(self.elements)
        if mixing == (tau is not None or self.channels is not None):
            raise ParameterError(
                "lifetime with channels, and mixing |U_a4|^2, are "
                f"{'both' if mixing else 'neither'} given, but each follows from the other; give one of them"
            )
        if not mixing and (tau is None or self.channels is None):
            raise ParameterError("lifetime and channels belong together; give both, or |U_a4|^2 alone")
        if sum(self.elements) > 1.0:
            raise ParameterError(f"Ue4_sq + Umu4_sq + Utau4_sq = {sum(self.elements):g} is not allowed; give at most 1")
        decays.check(self.decay_channels, self.number("mass"))
        least, most = type(self).__dataclass_fields__["lifetime"].metadata["bounds"]
        if not least <= self._tau <= most:
            raise ParameterError(
                f"|U_a4|^2 = {self.elements} is not allowed for mass = {self.number('mass'):g} MeV: the lifetime is "
                f"{self._tau:.3g} s; give a mixing for which it is {least:g} to {most:g} s"
            )
        hardest = decays.largest_energy(self.decay_channels, self.number("mass"))
        if hardest > MOST_NEUTRINO:
            raise ParameterError(
                f"mass = {self.number('mass'):g} MeV is not allowed with these channels: neutrinos of {hardest:.0f} "
                f"MeV make muon pairs, which is not followed; give a mass for which they have at most {MOST_NEUTRINO:g}"
            )

    @classmethod
    def from_dipole(
        cls,
        *,
        mass: Quantity | str,
        d: Quantity | str,
        flavour: str,
        convention: str,
        T_N_over_T: float | None = None,
        majorana: bool = True,
    ) -> Self:
        """Return a lepton that decays to nu gamma by a transition dipole.

        Parameters
        ----------
        mass, d : Quantity or str
            For example ``"100 MeV"``, ``"1e-9 GeV-1"``.
        flavour : str
            "e", "mu" or "tau".
        convention : str
            "d": L = d nubar_L sigma N F + h.c.; "mu": L = (mu/2) nubar sigma N F, d = mu/2.
        T_N_over_T : float, optional
            Temperature of N; production by a dipole is fastest at the highest temperatures, so that it depends on the
            reheating temperature. Default 0.465, as if N decoupled above 200 GeV.
        majorana : bool
            Whether N is its own antiparticle.

        Raises
        ------
        ParameterError
            A value is not allowed, or the lifetime is outside 1e-5 to 1e4 s.
        """
        m, strength = number(mass, "MeV", "mass"), number(d, "MeV-1", "d")
        width = dipole_width(m, strength, convention, majorana)
        if not width > 0.0:
            raise ParameterError(f'd = {d} is not allowed; give a dipole above zero, for example "1e-9 GeV-1"')
        return cls(
            mass=f"{m!r} MeV",
            lifetime=f"{HBAR / width!r} s",
            channels=f"nu_{flavour} gamma",
            majorana=majorana,
            T_N_over_T=T_N_over_T,
        )

    @property
    def elements(self) -> tuple[float, float, float]:
        """|U_e4|^2, |U_mu4|^2, |U_tau4|^2."""
        return self.Ue4_sq, self.Umu4_sq, self.Utau4_sq

    @cached_property
    def _from_mixing(self) -> tuple[float, tuple[decays.Channel, ...]]:
        return by_mixing(self.number("mass"), self.elements, self.majorana)

    @property
    def decay_channels(self) -> tuple[decays.Channel, ...]:
        """The channels with their branching ratios."""
        return decays.parsed(self.channels) if self.channels is not None else self._from_mixing[1]

    @property
    def branching_ratios(self) -> dict[str, float]:
        """Channel -> branching ratio."""
        return {str(channel): channel.branching for channel in self.decay_channels}

    @property
    def _tau(self) -> float:
        """Lifetime [s]."""
        tau = self.number("lifetime")
        return HBAR / self._from_mixing[0] if tau is None else float(tau)

    @property
    def tau(self) -> Quantity:
        """Lifetime at rest [s], given or from mixing."""
        from boltzmann.units import Quantity

        return Quantity(self._tau, "s")

    @cached_property
    def _decoupling(self) -> Decoupling | None:
        return decouple(self.number("mass"), self.elements) if any(self.elements) else None

    @property
    def T_decoupling(self) -> Quantity | None:
        """Temperature [MeV] at which N decouples, from mixing; None where it is not known."""
        return None if self._decoupling is None else from_natural(self._decoupling.T, "MeV")

    def relic(self) -> LeptonModel:
        """Return what the solver needs."""
        found, mass = self._decoupling, self.number("mass")
        z_N = self.T_N_over_T or (EARLY_RATIO if found is None else found.z_N)
        cold = found is not None and self.T_N_over_T is None
        return LeptonModel(
            mass=mass,
            lifetime=self._tau,
            degrees=2.0 if self.majorana else 4.0,
            channels=self.decay_channels,
            z_N=z_N,
            mass_over_T=mass / found.T if cold and found is not None else 0.0,
            abundance=self.abundance * (found.dilution if cold and found is not None else 1.0),
            inverse=self.inverse_decays and strength(mass, self._tau) < FOLLOWED,
            losses=self.losses,
        )

    @property
    def meaning(self) -> str:
        """Lifetime, channels and temperature that are used, in words."""
        model = self.relic()
        ratios = ", ".join(f"{name} {share:.3g}" for name, share in self.branching_ratios.items())
        where = "" if self._decoupling is None else f", T_dec = {self._decoupling.T:.3g} MeV"
        kind = "Majorana" if self.majorana else "Dirac"
        return (
            f"N ({kind}): m = {model.mass:g} MeV, tau = {model.lifetime:.4g} s, {ratios}; T_N/T = {model.z_N:.3g}, "
            f"abundance {model.abundance:.3g}{where}"
        )

    def caveats(self) -> tuple[str, ...]:
        """Return what limits the numbers, a sentence each."""
        return tuple(self._caveats())

    def _caveats(self) -> list[str]:
        mass, result = self.number("mass"), []
        if any(self.elements) and mass > WELL_KNOWN:
            result.append(
                f"{self!r}: above {WELL_KNOWN:g} MeV decays to nu mu e, nu mu mu, l K, nu eta, rho and several pions "
                "are missing in the width from mixing; give lifetime and channels"
            )
        if self._decoupling is not None and self._decoupling.T > HADRONIC and self.T_N_over_T is None:
            result.append(
                f"{self!r}: N decouples at {self._decoupling.T:.3g} MeV, where degrees of freedom are those of the "
                "lattice and the rate is that of leptons; T_N_over_T overrides"
            )
        return [*result, *self._unfollowed_inverse()]

    def _unfollowed_inverse(self) -> Iterator[str]:
        """Yield what inverse decays that are not followed would do, if that is notable."""
        model = self.relic()
        if (
            any(self.elements) or not self.inverse_decays
        ):  # scattering keeps N in equilibrium far longer, see `boltzmann.relics.inverse`
            return
        share = 1.0 - float(decays.pairs(model.channels, model.mass)[:, 1:].sum()) if model.inverse else 1.0
        K = share * strength(model.mass, model.lifetime)
        if K > EQUILIBRIUM:
            yield (
                f"{self!r}: decays and inverse decays are {K:.2g} times faster than the expansion at T = m, and keep N "
                "in equilibrium until it is gone, which is not followed: ThermalRelic in either bath brackets it"
            )
            return
        more = share * made(model.mass, model.lifetime, model.abundance * model.z_N**3) if share > 0.0 else 0.0
        if more > NOTABLE:
            yield (
                f"{self!r}: inverse decays that are not followed would make {more:.2g} of the number of N, and change "
                "delta N_eff by about that share"
            )
