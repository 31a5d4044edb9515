"""A Solution as the species that CLASS knows: massive ones, a fluid, and massless radiation.

* **Active states** have their own masses and spectra, as mass eigenstates. Those within `DEGENERATE` of each other are
  one species with the sum of their spectra and the mean of their masses over their numbers, so that Omega h^2 stays.
* **Sterile**: mass eigenstate 4 with its own mass and spectrum.
* A state of at most `MASSLESS`, for instance the lightest one, is massless for CLASS and goes into N_ur; so does one
  that carries less than `NEGLIGIBLE` of N_eff, whatever its mass.
* **Mediators** of secret interactions that are left at the end (massless ones) are free-streaming radiation in N_ur.
* **Colliding states** at recombination, with mediators, are a massless fluid N_idr, where CLASS can follow them at all
  (see `boltzmann.cmb.fluid`); only the other states have masses then.

LCDM, from which Delta chi^2 counts, is the convention of Planck 2018 instead (arXiv:1807.06209): one state of
`ACTIVE_MASS` and two massless ones. Normal ordering with m_1 = 0 has the masses 0, 8.7 and 50 meV.

Spectra
-------
A Fermi-Dirac spectrum times a constant has any number and energy density: its temperature follows from the mean
momentum, the constant (``deg_ncdm``) from the number. Active states whose further moments are those of such a spectrum
within `FERMI_DIRAC_LIKE`, and those with hot neutrinos from decays, are given to CLASS by these two numbers. All
others, and the sterile state, are a file (see `boltzmann.cmb.phase_space`), with T_ncdm chosen so that the mean q is
that of a Fermi-Dirac spectrum. Number and energy density are those of the spectrum that ``Solution.m_eff_of``
integrates, and the active states are scaled by a common factor of their temperatures to what the sterile state leaves
of N_eff: CLASS agrees on both. For Fermi-Dirac CLASS
chooses its momenta, fewer than a file has: C_l are off by 4e-4 (TT), 5e-4 (EE) and 1.5e-3 (lensing), and so are those
of LCDM, against which Delta chi^2 counts. CLASS itself has two branches that differ
by up to 1.2e-3 in EE and 5e-4 in TT, and a change of N_ur by 3e-5 decides which (classy 3.4.1;
tests/cmb/test_species.py, slow).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from boltzmann.cmb import phase_space
from boltzmann.cmb.decaying import TRANSPORT
from boltzmann.cmb.fluid import Secret, fluid_of
from boltzmann.constants import EV, KELVIN, NEUTRINO_DENSITY, T_CMB_K
from boltzmann.kinetics.status import Status
from boltzmann.numerics.arrays import Array
from boltzmann.observables import BBN, CRITICAL_DENSITY, has_hard_nodes, interpolate_spectrum, moment
from boltzmann.parameters import ParameterError
from boltzmann.units import number

if TYPE_CHECKING:
    from boltzmann.units import Quantity

T_NU = (4.0 / 11.0) ** (1.0 / 3.0)  # neutrino to photon temperature after instantaneous decoupling
ACTIVE_MASS = 0.06  # mass of the one massive active state of the reference, LCDM [eV], arXiv:1807.06209
DEGENERATE = 1e-3  # distance of masses up to which active states are one species [eV]
MASSLESS = 1e-3  # a state up to this mass is radiation until redshift ~1 [eV]
# With the same momenta C_l of three neutrinos change by 2e-5 against files (tests/cmb/test_species.py, slow).
FERMI_DIRAC_LIKE = 2e-3  # deviation of the moments of q and q^4 up to which a spectrum is Fermi-Dirac times a constant
NEGLIGIBLE = 1e-6  # contribution to N_eff below which a state needs no spectrum of its own
# Twice all matter that Planck finds (arXiv:1807.06209). CLASS has no H_0 with the angle of Planck above 0.2 to 0.3.
OVERCLOSURE = 0.3  # largest Omega h^2 of all massive neutrinos
# Production by oscillations goes like m_4 (hep-ph/9303287) as long as nu_s is not full: a spectrum of another mass is
# then wrong by up to this factor, and the run for the right mass takes a tenth of a second.
MASS_FACTOR = 2.0  # of the mass that a spectrum belongs to
MATTER_LEFT = 1e-5  # largest energy of matter that has still to decay, in units of N_eff; its share grows with a
_ROUNDING = 1e-9  # of masses, which are roots
_NOTABLE = 0.01  # share of the density from which a species is named


class Neutrinos(Secret, Protocol):
    """What CLASS needs of a Solution."""

    @property
    def status(self) -> Status: ...  # noqa: D102
    @property
    def N_eff_bbn(self) -> BBN: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class Species:
    """One massive species of CLASS.

    Parameters
    ----------
    mass : float
        Mass [eV].
    temperature : float
        T_ncdm, in units of the photon temperature.
    N_eff : float
        Contribution to N_eff.
    states : tuple of int
        Mass states that it is; several where they are degenerate.
    number : float
        int dq q^2 f, per helicity, q in units of the temperature; of all its states.
    degeneracy : float
        Factor of the Fermi-Dirac spectrum; 1 with a spectrum.
    occupation : array, optional
        On `phase_space.Y`, for a file; None for Fermi-Dirac times `degeneracy`.
    """

    mass: float
    temperature: float
    N_eff: float
    states: tuple[int, ...]
    number: float
    degeneracy: float = 1.0
    occupation: Array | None = None

    @cached_property
    def spectrum(self) -> phase_space.PhaseSpace | None:
        """What a file holds; None for Fermi-Dirac times `degeneracy`."""
        return None if self.occupation is None else phase_space.sampled(self.occupation)

    @property
    def omega_h2(self) -> float:
        """Omega h^2 today: mass times number density, without kinetic energy."""
        density = (self.temperature * T_CMB_K * KELVIN) ** 3 * self.number / math.pi**2
        return self.mass * EV * density / CRITICAL_DENSITY


class ClassMass(NamedTuple):
    """What CLASS gets of some states.

    Attributes
    ----------
    states : tuple of int
        Mass states; several degenerate ones are one species, none for massless radiation and the fluid.
    mass : float
        [eV].
    N_eff : float
        Contribution to N_eff.
    """

    states: tuple[int, ...]
    mass: float
    N_eff: float

    def __str__(self) -> str:
        names = ", ".join(f"nu_{k}" for k in self.states)
        return f"{names} {self.mass:.3g} eV (N_eff {self.N_eff:.3f})" if names else f"massless (N_eff {self.N_eff:.3f})"


class Treated:
    """What has a ``class_treatment``, and still answers to the old name of it."""

    class_treatment: str

    @property
    def treatment(self) -> str:
        """The old name of ``class_treatment``, for one version."""
        warnings.warn("treatment is an old name; write class_treatment", DeprecationWarning, stacklevel=2)
        return self.class_treatment


@dataclass(frozen=True)
class ClassNeutrinos(Treated):
    """The neutrinos and mediators of a solution as CLASS gets them.

    Parameters
    ----------
    species : tuple of Species
        Massive ones.
    N_eff_colliding, N_ur : float
        Contributions to N_eff of a massless fluid and of massless free-streaming states.
    class_treatment : str
        What is done with states that collide, in a sentence or two.
    followed : bool
        Whether CLASS can follow these states; if not, `class_treatment` says what is done instead.
    """

    species: tuple[Species, ...]
    N_eff_colliding: float
    N_ur: float
    class_treatment: str
    followed: bool

    @property
    def masses(self) -> tuple[ClassMass, ...]:
        """The massive species one by one, then what is massless: the fluid and N_ur, together."""
        massive = [ClassMass(s.states, s.mass, s.N_eff) for s in self.species]
        return (*massive, ClassMass((), 0.0, self.N_eff_colliding + self.N_ur))

    @property
    def masses_in_words(self) -> str:
        """The masses that CLASS gets in one line, ``nu_3 0.0501 eV (N_eff 1.013), ...``."""
        return ", ".join(map(str, self.masses))

    def check_closure(self) -> None:
        """Raise ParameterError if the massive states are more than `OVERCLOSURE` of matter."""
        total = sum(s.omega_h2 for s in self.species)
        if total > OVERCLOSURE:
            most = [s for s in self.species if s.omega_h2 > _NOTABLE * total]
            shares = " + ".join(f"Omega_{k} h^2" for s in most for k in s.states)
            values = ", ".join(str(ClassMass(s.states, s.mass, s.N_eff)) for s in most)
            raise ParameterError(
                f"{shares} = {total:.3g} ({values}) overcloses the Universe, all of whose matter has 0.143; "
                f"give a smaller mass or less mixing, so that it is at most {OVERCLOSURE:g}"
            )


def neutrinos_for_class(
    solution: Neutrinos, m4: Quantity | str | None = None, transport_power: int = TRANSPORT
) -> ClassNeutrinos:
    """Return how CLASS gets the neutrinos of a solution; CLASS is not needed for that.

    Parameters
    ----------
    solution : Solution
        Of `boltzmann.solve`, three or four states.
    m4 : Quantity or str, optional
        Mass of the fourth mass eigenstate, default ``solution.mixing.m4``. The spectrum stays that of the solution, so
        a mass within a factor `MASS_FACTOR` of its own is allowed (to see what the mass alone does), or "0 eV": the
        energy of the state as massless radiation.
    transport_power : int
        Power of m_4/E in the rate at which decays of nu_4 keep neutrinos from streaming freely, 5 or 3; see
        `boltzmann.cmb.decaying`.

    Raises
    ------
    ParameterError
        `m4` is not a mass of at least 0 eV, does not belong to the spectrum, or is given for three states.
    """
    masses = solution.mixing.masses_in_eV
    if m4 is not None:
        masses[3] = _sterile_mass(m4, masses)
    fluid = fluid_of(solution, masses, transport_power)
    sterile = [_sterile(solution, k, masses[k - 1]) for k in range(4, len(masses) + 1) if k not in fluid.states]
    colliding = sum(solution.N_eff_of(k) for k in fluid.states)
    N_act = solution.N_eff - sum(s.N_eff for s in sterile) - solution.N_eff_of_mediators - colliding
    active = _active_species(solution, masses, N_act, tuple(k for k in (1, 2, 3) if k not in fluid.states))
    species = tuple(s for s in (*active, *sterile) if s.mass > MASSLESS and s.N_eff > NEGLIGIBLE)
    before = colliding + solution.N_eff_of_mediators if fluid.states else 0.0
    N_ur = max(0.0, solution.N_eff - sum(s.N_eff for s in species) - before)
    return ClassNeutrinos(species, fluid.heating * before, N_ur, fluid.treatment, fluid.followed)


def check_finished(solution: Neutrinos) -> None:
    """Raise ParameterError if this is no solution, or the run did not end well, or with matter that has still to decay.

    What is handed over is radiation: N_eff counts photons after all heat, and CLASS has no matter that makes some.
    """
    if not hasattr(solution, "status"):
        raise ParameterError(f"solution = {solution!r} is no Solution; give what boltzmann.solve returns")
    if not solution.status.ok:
        raise ParameterError(f"the run did not end well: {solution.status.value}")
    left = matter_left(solution)
    if left > MATTER_LEFT:
        raise ParameterError(
            f"matter that heats the plasma is still there at the end of the run, as much as N_eff = {left:.2g}: it "
            "lowers N_eff when it decays, which is not followed further; give matter with a larger decay rate, so that "
            f"at most {MATTER_LEFT:g} is left"
        )


def matter_left(solution: Neutrinos) -> float:
    """Return the energy of decaying matter at the end of a run as a contribution to N_eff; 0 without."""
    matter = getattr(solution, "matter", None)
    return 0.0 if matter is None else float(matter[-1] / (NEUTRINO_DENSITY * solution.z[-1] ** 4 * T_NU**4))


def neutrino_species(solution: Neutrinos, m4: Quantity | str | None = None) -> list[Species]:
    """Return the massive species of `neutrinos_for_class`."""
    return list(neutrinos_for_class(solution, m4).species)


def _active_species(solution: Neutrinos, masses: Array, N_act: float, states: tuple[int, ...]) -> list[Species]:
    """Describe the free-streaming active states, which have N_act together."""
    return _rescaled([_active(solution, group, masses) for group in _degenerate(states, masses)], N_act)


def _degenerate(states: tuple[int, ...], masses: Array) -> list[tuple[int, ...]]:
    """Return groups of states whose masses are within `DEGENERATE`, the lightest first."""
    groups: list[tuple[int, ...]] = []
    for state in sorted(states, key=lambda k: masses[k - 1]):
        if groups and masses[state - 1] - masses[groups[-1][0] - 1] <= DEGENERATE:
            groups[-1] += (state,)
        else:
            groups.append((state,))
    return groups


def _rescaled(species: list[Species], N_eff: float) -> list[Species]:
    """Change the temperatures by a common factor, so that the species add up to `N_eff`."""
    ratio = N_eff / sum(s.N_eff for s in species) if species else 1.0
    return [replace(s, temperature=s.temperature * ratio**0.25, N_eff=s.N_eff * ratio) for s in species]


def _sterile_mass(m4: Quantity | str, masses: Array) -> float:
    """Return `m4` [eV], checked against that of the solution, the last of its `masses`."""
    mass = number(m4, "eV", "m4")
    if len(masses) == 3 or mass < 0:
        raise ParameterError(
            f"m4 = {m4} is not allowed for {len(masses)} states; "
            "give a mass of at least 0 eV for four states, or leave it out"
        )
    least, most = masses[3] / MASS_FACTOR, masses[3] * MASS_FACTOR
    if mass and not (1.0 - _ROUNDING) * least <= mass <= (1.0 + _ROUNDING) * most:
        raise ParameterError(
            f"m4 = {m4} is not allowed with the spectrum of m_4 = {masses[3]:.3g} eV; give {least:.3g} to {most:.3g} "
            "eV, or 0 eV for massless radiation of this energy, or solve again for the other mass"
        )
    return mass


def _N_eff(energy: float, z: float) -> float:
    """Return the contribution to N_eff of int dy y^3 f."""
    return energy / math.pi**2 / (NEUTRINO_DENSITY * z**4 * T_NU**4)


def _occupation(solution: Neutrinos, state: int) -> Array:
    """Return the occupation of a mass state on `phase_space.Y`."""
    f = interpolate_spectrum(solution.y, solution.spectrum(state), phase_space.Y, kept=True)
    return phase_space.positive(f)


def _active(solution: Neutrinos, states: tuple[int, ...], masses: Array) -> Species:
    """Describe degenerate mass eigenstates by the sum of their spectra, without a file where two numbers are enough."""
    if has_hard_nodes(solution.y):
        return _by_moments(solution, states, masses)
    spectra = [_occupation(solution, k) for k in states]
    mass = float(np.average([masses[k - 1] for k in states], weights=[phase_space.moment(f, 2) for f in spectra]))
    return _species(solution, states, mass, np.sum(spectra, axis=0), FERMI_DIRAC_LIKE)


def _by_moments(solution: Neutrinos, states: tuple[int, ...], masses: Array) -> Species:
    """Describe states with a tail beyond a file's momenta by the Fermi-Dirac multiple of their number and energy.

    Active states are light: CLASS sees their density while they are slow and their energy while they are fast.
    """
    moments = [[moment(solution.y, solution.spectrum(k), power) for power in (2, 3)] for k in states]
    number, energy = np.sum(moments, axis=0)
    mass = float(np.average([masses[k - 1] for k in states], weights=[each[0] for each in moments]))
    scale, z = energy / number / phase_space.FERMI_DIRAC_MEAN, float(solution.z[-1])
    factor = float(number / (phase_space.FERMI_DIRAC_NUMBER * scale**3))
    total = factor * phase_space.FERMI_DIRAC_NUMBER
    return Species(mass, float(scale) / z, _N_eff(float(energy), z), states, total, factor)


def _sterile(solution: Neutrinos, state: int, mass: float) -> Species:
    """Describe a sterile state by its own spectrum."""
    return _species(solution, (state,), float(mass), _occupation(solution, state), -1.0)


def _species(solution: Neutrinos, states: tuple[int, ...], mass: float, f: Array, tolerance: float) -> Species:
    """Describe states by the sum ``f`` of their spectra; without a file if it is Fermi-Dirac within ``tolerance``."""
    z, like = float(solution.z[-1]), phase_space.fermi_dirac_like(f)
    N_eff, number = _N_eff(like.energy, z), like.factor * phase_space.FERMI_DIRAC_NUMBER
    if like.deviation > tolerance:
        return Species(mass, like.scale / z, N_eff, states, number, occupation=f)
    return Species(mass, like.scale / z, N_eff, states, number, like.factor)
