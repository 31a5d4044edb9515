"""What a run says of neutrinos and antineutrinos: their mean, their asymmetries, and whether a small one would grow."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from boltzmann.errors import ParameterError
from boltzmann.kinetics.asymmetry import UNSTABLE
from boltzmann.kinetics.status import Status
from boltzmann.numerics.arrays import Array, Complex, frozen
from boltzmann.parameters.asymmetry import PHOTONS, xi_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from boltzmann.parameters import Asymmetry, Mixing
    from boltzmann.solution.run import Solution
    from boltzmann.units import Quantity

WEAK_FREEZE_OUT = 0.7  # MeV
DECOUPLED = 0.3  # MeV, below which N_eff and the neutron-to-proton ratio no longer follow what neutrinos do


@dataclass(frozen=True)
class AsymmetryGrowth:
    """Growth of a small lepton asymmetry along a run with nu = nubar, see `boltzmann.kinetics.asymmetry`.

    Attributes
    ----------
    exponent : float
        Largest integral of the growth rate over time, until weak collisions end at T = 0.02 MeV: an asymmetry grows by
        e^exponent if it stays small. Far above 25 its value means nothing else.
    T : float
        Photon temperature [MeV] at which the exponent passes 25; NaN if it does not. `temperature` has the unit.
    """

    exponent: float
    T: float

    @property
    def temperature(self) -> Quantity:
        """`T` with its unit."""
        from boltzmann.units import Quantity

        return frozen(Quantity(self.T, "MeV"))

    @property
    def unstable(self) -> bool:
        """Whether the exponent exceeds 25: the primordial asymmetry, 1e-10 or so, has become large."""
        return self.exponent > UNSTABLE

    @property
    def matters(self) -> bool:
        """Whether it did so while N_eff or the neutron-to-proton ratio could feel it, above T = 0.3 MeV."""
        return self.unstable and self.T > DECOUPLED

    def __str__(self) -> str:
        if not self.unstable:
            return f"growth exponent of lepton asymmetries at most {self.exponent:.2g}: nu = nubar is stable"
        return (
            f"a small lepton asymmetry has grown by e^{UNSTABLE:.0f} at T = {self.T:.3g} MeV, "
            "so that nu = nubar, which is assumed, is unstable"
        )


@dataclass(frozen=True, eq=False)
class Branch:
    """What is known beside a solution with both signs and a secret interaction.

    Attributes
    ----------
    growth : AsymmetryGrowth
        Of the run with nu = nubar.
    symmetric : float
        N_eff of that run; NaN if it failed.
    N_eff_other, L_e_other : float
        N_eff, and L_e at weak freeze-out, of a run from half the seed with the other sign, or from `asked` asymmetries
        a thousandth smaller; NaN if there is none.
    other : Solution or None
        That run, with which Y_p has a second value; None if there is none, and in what a file holds.
    asked : bool
        Whether the asymmetry was asked for, and is not that of baryons where nu = nubar turned out to be unstable.
    """

    growth: AsymmetryGrowth
    symmetric: float
    N_eff_other: float = float("nan")
    L_e_other: float = float("nan")
    other: Solution | None = None
    asked: bool = False


@dataclass(frozen=True)
class Sweep:
    """What is known of a run whose asymmetry drives a resonance over the momenta (`boltzmann.asymmetries.front`).

    Attributes
    ----------
    flavour : str
        The active flavour whose resonance it is, that with the largest mixing.
    T, y : float
        Photon temperature [MeV] at which half of the asymmetry is gone, or from which it grows, and the momenta that
        the resonances are at; NaN if there is none.
    share : float
        Of the potential's asymmetry, 2 n_a + SUM_others n_b - antineutrinos, that the resonances take, until `T` or the
        end.
    swept : float
        N_eff of the sterile neutrinos that the fronts make.
    N_eff, uncertainty : float
        Estimate: of a run with nu = nubar and no asymmetry from `T` on, with what fronts make after it; NaN if `T` is.
        And how far that of cells of momentum is, which follow one flavour through the collapse to the end
        (`boltzmann.asymmetries.cells`).
    L, sterile : float
        (n - nbar)/n_gamma of that flavour, before e+- annihilate, and energy of nu_s and its antineutrinos over that of
        one species in equilibrium, both at the end of the cells; NaN where there are none.
    m_eff, m_eff_lowest : float
        94.1 eV Omega h^2 of nu_4 [eV] of the estimate, and if nothing is produced after `T`: what fronts make counts
        with its energy, which for a thermal spectrum is its number; NaN where there is no estimate.
    lowest, highest : float
        N_eff if nothing is produced after `T`; and with ``swept`` if no asymmetry had delayed production, or if it had
        grown, with a fifth more production.
    grown : bool
        Whether it grows instead, by a collective instability of flavours (`boltzmann.solver.sweep`).
    beside : float
        N_eff that resonances of other flavours that mix, which cells leave out, make at most; in `uncertainty` already.
    after : Solution or None
        The run to the end with nu = nubar from `T` on, from the mean of both signs there, without what fronts make
        after it: spectra of four states, for nucleosynthesis with an L_e to be added; None in what a file holds.
    differs : bool
        Whether it changes N_eff from `T` on where nothing that follows its resonances is known, nu_s below active
        states or moved by a potential; then N_eff is between that of the run and that of nu = nubar.
    driven : bool
        Whether a potential of what is no neutrino drives the resonance; then "of the asymmetry" means of that.
    """

    flavour: str
    T: float
    y: tuple[float, float]
    share: float
    swept: float
    N_eff: float
    lowest: float
    highest: float
    grown: bool = False
    uncertainty: float = math.nan
    L: float = math.nan
    sterile: float = math.nan
    beside: float = 0.0
    after: Solution | None = field(default=None, compare=False, repr=False)
    differs: bool = False
    m_eff: float = math.nan
    m_eff_lowest: float = math.nan
    driven: bool = False

    @property
    def runs_away(self) -> bool:
        """Whether half of the asymmetry is gone before the end, or it has grown, or changed N_eff unfollowed."""
        return not math.isnan(self.T)

    def __str__(self) -> str:
        if not self.runs_away:
            return f"resonances of nu_{self.flavour} take {self.share:.2g} of the asymmetry"
        between = f"N_eff lies between {self.lowest:.3f} and {self.highest:.3f}; with production as without asymmetry"
        if self.grown:
            return (
                f"The asymmetry grows from T = {self.T:.3g} MeV on: depleted flavours are unstable, and off-diagonal "
                f"asymmetries, which end that early, are left out. {between} it is {self.N_eff:.3f}."
            )
        if self.differs:
            return (
                f"From T = {self.T:.3g} MeV on the asymmetry changes what is produced, by resonances that nodes of "
                f"momenta do not follow. {between} it is {self.N_eff:.3f}."
            )
        places = " and ".join(f"{y:.2g}" for y in self.y if y < 100.0)
        at = f", with the resonance of nu_{self.flavour} at p/T = {places}" if places else ""
        through = (
            ""
            if math.isnan(self.L)
            else f" Through the collapse, one flavour alone: L of nu_{self.flavour} is {self.L:.2g} at the end, "
            f"sterile neutrinos have {self.sterile:.2g} of a species, and N_eff differs by {self.uncertainty:.2g}."
        )
        if self.beside > 0.0:
            through += (
                f" Resonances of other flavours that mix, which are left out, make up to {self.beside:.2g} of it."
            )
        gone = "the odd potential is balanced by what it converts" if self.driven else "the asymmetry is gone"
        return f"Half of {gone} at T = {self.T:.3g} MeV{at}. {between} from then on it is {self.N_eff:.3f}.{through}"


@dataclass(frozen=True, eq=False)
class Unfollowed:
    """What is known of a run whose asymmetry is not followed: Status.UNSTABLE, or both signs that stopped on the way.

    Attributes
    ----------
    T : float
        Photon temperature [MeV] from which nu = nubar means nothing: that at which the resonances of nu and nubar part,
        by cells of momentum; where there are none, that at which the growth exponent of nodes passes 25; or where the
        run stopped.
    lowest, highest : float
        N_eff without any sterile neutrinos, or without more of them than at `T`, and that of nu = nubar: an asymmetry
        moves levels apart, and stops conversion more than it makes it.
    L : float
        |L| at T = 1 MeV of the state that converts, that with the largest mixing: by cells, or by the front equation to
        a factor of 3 (`boltzmann.asymmetries.front`); NaN where other interactions matter.
    N_eff : float
        What cells of momentum make of it (`boltzmann.solver.growing`); of a run that stopped, with nu = nubar from `T`
        on (`boltzmann.solver.stopped`); NaN where that is not known.
    uncertainty : float
        Of cells; NaN where there are none.
    sterile : float
        Energy of nu_s and its antineutrinos at 0.9 MeV over that of one species in equilibrium, by cells.
    sign : float
        1 or -1, that of L over that of the potential of matter, by cells; NaN if cells or seeds of other sizes differ.
    stopped : bool
        Whether it is of a run with both signs that stopped.
    """

    T: float
    lowest: float
    highest: float
    L: float
    N_eff: float = math.nan
    uncertainty: float = math.nan
    sterile: float = math.nan
    sign: float = math.nan
    stopped: bool = False

    def __eq__(self, other: object) -> bool:
        """Whether all is the same, or as unknown."""
        return isinstance(other, Unfollowed) and np.array_equal(astuple(self), astuple(other), equal_nan=True)

    def __str__(self) -> str:
        between = f"From T = {self.T:.3g} MeV on: N_eff is expected between {self.lowest:.3f} and {self.highest:.3f}"
        if self.stopped:
            onwards = "" if math.isnan(self.N_eff) else f"; if nu = nubar from then on it is {self.N_eff:.3f}"
            return f"{between}{onwards}."
        size = "" if math.isnan(self.L) else f", |L| about {self.L:.1g} at 1 MeV"
        cells = "" if math.isnan(self.N_eff) else f" (cells of momentum: {self.N_eff:.3f} +- {self.uncertainty:.2g})"
        sign = (
            "its sign is that of what it grew from, if not of chance, and nobody knows it."
            if math.isnan(self.sign)
            else "its sign is that of what it grew from, baryons or a larger primordial asymmetry, which nobody knows."
        )
        return f"{between}{cells}{size}; {sign}"


def stable() -> AsymmetryGrowth:
    """Return the growth of a run in which no asymmetry grows."""
    return AsymmetryGrowth(0.0, float("nan"))


@dataclass(frozen=True)
class Synchronised:
    """Collective oscillations of three flavours at the end of their time, T = 1.5 MeV (`boltzmann.asymmetries`).

    Attributes
    ----------
    mean, half_range : tuple of three floats
        (n - nbar)/T_nu^3 of e, mu, tau over the last 0.1 e-folds: its mean and half its range.
    changed : float
        Largest change of a mean, over the largest of the means, when the asymmetry matrix is followed ten times more
        accurately.
    dominance : float
        Odd potential over the rest of the Hamiltonian there, times the largest asymmetry: the method needs 100.
    steps : int
        Of the asymmetry matrix.
    """

    mean: tuple[float, float, float]
    half_range: tuple[float, float, float]
    changed: float
    dominance: float
    steps: int

    @property
    def coherent(self) -> float:
        """Half range of n_e - nbar_e over the largest mean: how much phases, which nobody can predict, matter."""
        return self.half_range[0] / max(map(abs, self.mean))


class BothSigns:
    """What a `boltzmann.solution.Solution` says of nu and nubar; where it has one sign, nu = nubar."""

    mixing: Mixing
    y: Array
    weights: Array
    z: Array
    rho: Complex
    asymmetry: Asymmetry | None
    branch: Branch | None
    sweep: Sweep | None
    unfollowed: Unfollowed | None
    status: Status
    grown: Callable[[Any], AsymmetryGrowth]

    @cached_property
    def mean_rho(self) -> Complex:
        """(rho + rhobar*)/2, (n_x, N, n, n): the mean of nu and nubar."""
        mean = self.rho[:, 0] if self.rho.shape[1] == 1 else 0.5 * (self.rho[:, 0] + self.rho[:, 1].conj())
        return frozen(mean)

    def rho_of(self, antineutrino: bool | None) -> Complex:
        """Return rho, rhobar* or (None) their mean, (n_x, N, n, n)."""
        if antineutrino is None:
            return self.mean_rho
        return self.rho[:, -1].conj() if antineutrino and self.rho.shape[1] == 2 else self.rho[:, 0]

    @property
    def comoving_asymmetry(self) -> Array:
        """a^3 (n - nbar) of all flavours along the run, (n_x, n), with a T_nu = 1; zero where nu = nubar."""
        difference = np.diagonal(self.rho[:, 0] - self.rho[:, -1].conj(), axis1=-2, axis2=-1).real
        return frozen(np.einsum("i,xia->xa", self.weights * self.y**2 / (2.0 * np.pi**2), difference))

    @property
    def L(self) -> Array:
        """Asymmetries (n - nbar)/n_gamma of all flavours along the run, (n_x, n); zero where nu = nubar."""
        return frozen(self.comoving_asymmetry / (PHOTONS * self.z[:, None] ** 3))

    def xi(self, flavour: str) -> float:
        """Return mu/T of the final asymmetry of an active flavour, with T_nu = T_gamma (4/11)^(1/3).

        Raises
        ------
        ParameterError
            If there is no such active flavour.
        """
        if flavour not in self.mixing.flavours[:3]:
            raise ParameterError(f"flavour = {flavour!r} has no xi; give one of {', '.join(self.mixing.flavours[:3])}")
        comoving = self.L[-1, self.mixing.flavours.index(flavour)] * float(self.z[-1]) ** 3
        return xi_of(comoving)

    @property
    def of_unknown_sign(self) -> bool:
        """Whether an asymmetry that nobody asked for has grown, so that `mirrored` is as good."""
        return self.branch is not None and not self.branch.asked

    @property
    def mirrored(self) -> Solution:
        """The same with nu and nubar exchanged: what the opposite asymmetry at the start gives, exact for real U."""
        given = self.asymmetry
        opposite = given and replace(
            given, **{name: -getattr(given, name) for name in ("xi_e", "xi_mu", "xi_tau", "eta")}
        )
        this: Any = self
        mirrored: Solution = replace(this, rho=self.rho[:, ::-1].conj(), asymmetry=opposite)
        return mirrored

    @property
    def ending(self) -> str:
        """How the run ended, in sentences: those of `status`, and what is known beyond."""
        known = self.sweep if self.status is Status.LEPTON_RUNAWAY else None if self.status.ok else self.unfollowed
        return self.status.value if known is None else f"{self.status.value} {known}"

    @cached_property
    def asymmetry_growth(self) -> AsymmetryGrowth:
        """How a small lepton asymmetry would have grown along the run with nu = nubar: its largest exponent.

        Above 25 that run is unstable, and `validity` says what that means for the numbers.
        """
        return self.grown(self) if self.branch is None else self.branch.growth
