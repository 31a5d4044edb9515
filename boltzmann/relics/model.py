"""What a relic is for the solver: what the objects of `boltzmann.potentials` return from their method `relic`."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

from boltzmann.constants import M_E
from boltzmann.relics.channels import Channel, largest_energy, pairs, tables
from boltzmann.relics.decay import Lepton, momenta
from boltzmann.relics.freeze_out import spectrum
from boltzmann.relics.stopped import made
from boltzmann.units import HBAR

RADIATION = 0.74  # t T^2 [s MeV^2] while e+- are relativistic
LIFETIMES, MARGIN = 10.0, 1.15  # until when neutrinos of decays fit on the grid
LEAST_Y = 30.0
GONE = 20.0  # m/T of a particle in equilibrium at the end


class LeptonModel(NamedTuple):
    """A heavy lepton: ``mass`` [MeV], ``lifetime`` [s], ``degrees`` g, decays, and its spectrum at the start.

    That is ``abundance`` times the one of `boltzmann.relics.freeze_out.spectrum`; ``mass_over_T``: m/T_dec;
    ``inverse``: whether inverse decays of two bodies are followed, `boltzmann.relics.inverse`; ``losses``: whether
    muons and pions may be lost before they decay, `boltzmann.relics.stopped`.
    """

    mass: float
    lifetime: float
    degrees: float
    channels: tuple[Channel, ...]
    z_N: float
    mass_over_T: float
    abundance: float
    inverse: bool = False
    losses: bool = False

    def lepton(self) -> Lepton:
        """Return the arrays for the equation."""
        q, w = momenta(self.z_N)
        start = spectrum(q, self.z_N, self.mass_over_T, self.abundance, w)
        moving, stopped = tables(self.channels, self.mass)
        back = pairs(self.channels if self.inverse else (), self.mass)
        charged = made(self.channels) if self.losses else (0.0, 0.0)
        return Lepton(self.mass, HBAR / self.lifetime, self.degrees, q, w, start, moving, stopped, back, charged)

    @property
    def largest_y(self) -> float:
        """The momentum up to which the grid must go: that of neutrinos made after ten lifetimes."""
        T = sqrt(RADIATION / (LIFETIMES * self.lifetime))
        return max(LEAST_Y, MARGIN * largest_energy(self.channels, self.mass) / T)

    @property
    def last_x(self) -> float:
        """The x after twenty lifetimes, when e+- have annihilated: t T^2 = 1.32 s MeV^2, T a = 1.4."""
        return 1.4 * M_E * sqrt(20.0 * self.lifetime / 1.32)


class ThermalModel(NamedTuple):
    """A particle in equilibrium with e+- or with neutrinos: ``mass`` [MeV], ``degrees`` g, and its statistics.

    ``thermal``: neutrinos keep thermal spectra of one temperature to the end, as in two-temperature codes.
    """

    mass: float
    degrees: float
    fermion: bool
    electrophilic: bool
    thermal: bool

    @property
    def last_x(self) -> float:
        """The x at which m/T is `GONE` in either bath, whose T a is at most 1.6: then nothing of it is left."""
        return 1.6 * GONE * M_E / self.mass


Model = LeptonModel | ThermalModel
