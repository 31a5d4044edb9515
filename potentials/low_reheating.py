"""Reheating at a low temperature: the Universe was dominated by matter that decayed while neutrinos decoupled.

A non-relativistic parent (an inflaton, a modulus) decays into photons and e+-; whatever was there before is diluted,
and weak collisions have to make neutrinos anew. Below a reheating temperature of some MeV they do not fill them, and
sterile ones even less (astro-ph/0403323, 1511.00672, 2003.13302, 2501.01369). Decays into neutrinos or hadrons are left
out.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass
from math import pi, sqrt
from typing import Any

from boltzmann.constants import HUBBLE_MASS
from boltzmann.kinetics.matter import Matter
from boltzmann.parameters.inputs import Input, described, parameter

DEGREES = 10.75  # of the radiation that defines T_RH: photons, e+- and three neutrinos


@described
@dataclass(frozen=True, repr=False)
class LowReheating(Input):
    """Decaying matter that reheats the plasma to T_RH, defined by Gamma = 3 H(T_RH).

    H(T) is that of radiation with g = 10.75, so that T_RH = 0.70 MeV (Gamma s)^(1/2), as in astro-ph/0002127; papers
    with Gamma = H(T_RH) have a T_RH larger by sqrt(3).

    A run begins at T = 3 T_RH, at most 60 MeV, with active neutrinos in equilibrium and no sterile ones; it does not
    depend on either. `Options.x_start` and ``coherence`` follow from T_RH unless given: below 8 MeV,
    beside a sterile state above the active ones below 20 MeV, flavours are so unequal that the damping approximation is
    off by up to 0.01, and the default is ``coherence="matrix"``.

    Raises
    ------
    ParameterError
        A value is outside its range or has the wrong unit; the message says which and what to do.
    """

    T_RH: Any = parameter(
        MISSING,
        "reheating temperature, Gamma = 3 H(T_RH)",
        unit="MeV",
        bounds=(0.5 - 1e-9, 30.0),
        example="4 MeV",
        why="below no neutrinos are left, above the history is the standard one, so leave the interaction out",
    )

    def __post_init__(self) -> None:
        self._convert()

    @property
    def rate(self) -> float:
        """Gamma [MeV]."""
        T: float = self.number("T_RH")
        return 3.0 * sqrt(DEGREES * pi**2 / 30.0) * T**2 / HUBBLE_MASS

    @property
    def meaning(self) -> str:
        """T_RH with its convention, in words."""
        return f"T_RH = {self.number('T_RH'):g} MeV by Gamma = 3 H(T_RH), g = 10.75: Gamma = {self.rate:.4g} MeV"

    def matter(self) -> Matter:
        """Return what decays, for the kernels."""
        return Matter(self.rate)
