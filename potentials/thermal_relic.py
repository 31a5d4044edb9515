"""A light particle that reactions keep in equilibrium with e+- and photons, or with neutrinos, until it is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from boltzmann.errors import ParameterError
from boltzmann.parameters.inputs import Dimensional, Input, described, parameter
from boltzmann.relics.model import ThermalModel


@described
@dataclass(frozen=True, repr=False, kw_only=True)
class ThermalRelic(Input):
    """A particle in equilibrium with e+- and photons (``couples_to="e"``) or with neutrinos (``"nu"``), mu = 0.

    It annihilates or decays into its bath when T falls below its mass. mu = 0 is that of decays and annihilation that
    do not conserve a number; X <-> nu nubar alone conserves n_nu + 2 n_X. Neutrinophilic: neutrinos and X share one
    temperature until m/T = 15, then the equation follows momenta. Codes with thermal spectra (``spectra="thermal"``)
    give up to 0.03 more N_eff for an electrophilic particle than the momentum-resolved equation.

    Raises
    ------
    ParameterError
        A value is outside its range or has the wrong unit; the message says which and what to do.
    """

    mass: Dimensional = parameter(
        None,
        "mass",
        unit="MeV",
        example="5 MeV",
        bounds=(0.1, 100),
        why="heavier ones are gone before neutrinos decouple, lighter ones are there during nucleosynthesis",
    )
    statistics: Literal["boson", "fermion"] = parameter("boson", "statistics", choices=("boson", "fermion"))
    g: float = parameter(1.0, "internal states: real scalar 1, Majorana fermion 2, vector 3", bounds=(0, 100))
    couples_to: Literal["e", "nu"] = parameter("e", "its bath: e+- and photons, or neutrinos", choices=("e", "nu"))
    spectra: Literal["resolved", "thermal"] = parameter(
        "resolved",
        "neutrinos: momentum-resolved, or thermal with one temperature as in two-temperature codes",
        choices=("resolved", "thermal"),
    )

    def __post_init__(self) -> None:
        self._convert()
        if self.number("mass") is None:
            raise ParameterError('ThermalRelic needs mass, which the input does not have; add it: mass="5 MeV"')

    def relic(self) -> ThermalModel:
        """Return what the solver needs."""
        return ThermalModel(
            mass=self.number("mass"),
            degrees=self.g,
            fermion=self.statistics == "fermion",
            electrophilic=self.couples_to == "e",
            thermal=self.spectra == "thermal",
        )

    @property
    def meaning(self) -> str:
        """The particle in words."""
        bath = "e+- and photons" if self.couples_to == "e" else "neutrinos"
        mass = self.number("mass")
        return f"X ({self.statistics}, g = {self.g:g}): m = {mass:g} MeV, in equilibrium with {bath}, mu = 0"

    def caveats(self) -> tuple[str, ...]:
        """Return what limits the numbers beyond the assumptions of the class: nothing."""
        return ()
