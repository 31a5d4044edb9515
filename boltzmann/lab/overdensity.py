"""A local overdensity of relic neutrinos off which those of a beam scatter coherently: its potential and its verdict.

For L = g chibar P_L nu phi* + h.c. and a background chi of mass m at rest, unpolarised (derived; the mechanism is that
of arXiv:1712.08019), with y = E/E_R and E_R = (M^2 - m^2)/(2m)::

    V(E) = (g^2/4M^2) [n_chi/(1 + y) - n_chibar (1 - y)/((1 - y)^2 + xi^2)],    xi = M Gamma/(M^2 - m^2)
    Gamma(phi -> chi nu) = g^2 (M^2 - m^2)^2/(16 pi M^3)

Antineutrinos have n_chi and n_chibar exchanged. It acts on all active states alike: what counts is that the sterile one
lacks it. arXiv:2106.13829 excludes it as an explanation of MiniBooNE.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np

from boltzmann.constants import EV
from boltzmann.errors import ParameterError
from boltzmann.lab.oscillation import HBAR_C
from boltzmann.numerics.arrays import Array

__all__ = ["BOUNDS", "RELIC", "NeutrinoOverdensity"]

RELIC = 56.0 * (100.0 * HBAR_C) ** 3  # of one helicity state today, 56 per cm^3 [MeV^3]
#: Largest overdensities of relic neutrinos, in units of their mean.
BOUNDS = {
    "KATRIN (PRL 129, 011806, 95%)": 1.1e11,
    "any cosmic origin (arXiv:2306.12366)": 1e4,
    "gravity and Pauli's principle (arXiv:2207.12413)": 3.5,
}


@dataclass(frozen=True)
class NeutrinoOverdensity:
    """A relic background around us, and a scalar of which it makes a resonance.

    Parameters
    ----------
    coupling : float
        g, above 0, at most 1.
    mass : float
        m of chi [eV].
    resonance : float
        E_R [MeV].
    overdensity : float
        n_chi over 56 per cm^3.
    anti : float, optional
        The same of chibar, by default equal.
    """

    coupling: float
    mass: float
    resonance: float
    overdensity: float
    anti: float | None = None

    def __post_init__(self) -> None:
        for name in ("coupling", "mass", "resonance"):
            value = getattr(self, name)
            if not 0.0 < value < np.inf or (name == "coupling" and value > 1.0):
                most = " and at most 1" if name == "coupling" else ""
                raise ParameterError(f"{name} = {value!r} is not allowed; give a number above 0{most}")
        for name in ("overdensity", "anti"):
            value = getattr(self, name)
            if value is not None and not 0.0 <= value < np.inf:
                raise ParameterError(f"{name} = {value!r} is not allowed; give a number of at least 0")

    @property
    def mediator_mass(self) -> float:
        """M [eV]."""
        return float(np.sqrt(self.mass**2 + 2.0 * self.mass * self.resonance / EV))

    @property
    def half_width(self) -> float:
        """Half the width of the resonance in y, xi."""
        m, M = self.mass, self.mediator_mass
        return float(self.coupling**2 * (M**2 - m**2) / (16.0 * pi * M**2))

    def potential(self, E: float | Array, antineutrino: bool = False) -> Array:
        """Return V [MeV] of active states at the energy ``E`` [MeV]."""
        y, xi = np.asarray(E, float) / self.resonance, self.half_width
        anti = self.overdensity if self.anti is None else self.anti
        direct, crossed = (anti, self.overdensity) if antineutrino else (self.overdensity, anti)
        scale = self.coupling**2 * RELIC / (4.0 * (self.mediator_mass * EV) ** 2)
        return np.asarray(scale * (direct / (1.0 + y) - crossed * (1.0 - y) / ((1.0 - y) ** 2 + xi**2)))

    def in_matter(self, E: Array, density: float, antineutrino: bool, electron_fraction: float) -> Array:  # noqa: ARG002
        """Return the level [MeV] of the sterile state against active ones, which have the potential."""
        return -self.potential(E, antineutrino)

    def needed(self, dm2_41: float) -> float:
        """Return the symmetric overdensity whose V is dm2_41/2E [eV^2] at E_R/2, off the peak."""
        unit = NeutrinoOverdensity(self.coupling, self.mass, self.resonance, 1.0)
        E = 0.5 * self.resonance
        return float(abs(dm2_41) * EV**2 / (2.0 * E) / abs(float(unit.potential(E))))

    def verdict(self, dm2_41: float = 1.0) -> str:
        """Return a sentence: the overdensity that this splitting [eV^2] needs, against published bounds."""
        needed = self.needed(dm2_41)
        broken = [f"{name} allows {most:.2g}" for name, most in BOUNDS.items() if needed > most]
        start = f"dm2_41 = {dm2_41:g} eV2 at E_R = {self.resonance:g} MeV with g = {self.coupling:g}"
        if not broken:
            return f"{start} needs an overdensity of {needed:.2g}, within published bounds."
        return f"{start} needs an overdensity of {needed:.2g}, but {'; '.join(broken)}: excluded."
