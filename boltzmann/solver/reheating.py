"""The start of a run with decaying matter, from a thermal calculation of the whole reheating.

Photons, e+- and matter are followed with neutrinos of one common temperature::

    dE/ds = z^4 (R - 3p) - q + (Gamma/H) m,    dm/ds = m - (Gamma/H) m,    d rho_nu/ds = q
    q H = (G_F^2/pi^5) (m_e/x)^5 4 SUM_a (g_La^2 + g_Ra^2) F(z, z_nu)
    F(z, y) = 32 a (z^9 - y^9) + 56 b z^4 y^4 (z - y),    a = 0.884, b = 0.829

(arXiv:1812.05605, 2001.04466, whose a and b are the reductions by Fermi-Dirac statistics; massless e+-). It begins on
the attractor rho_rad = (2/5)(Gamma/H) rho_m, for a T^(8/3) = const (derived), at a temperature at which neutrinos are
in equilibrium, and fixes what the momentum-dependent run cannot know: how much matter there is, the temperature of the
neutrinos (at T_RH = 1 MeV they are not in equilibrium at 3 T_RH any more, which would be 0.01 in N_eff), and the scale
factor, normalised such that z -> 1.398 in the end. N_eff of the run depends on none of them (measured: 2e-4).
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from boltzmann.collisions.damping import C_E, C_X
from boltzmann.constants import G_F, HUBBLE_MASS, M_E, NEUTRINO_DENSITY
from boltzmann.errors import ParameterError
from boltzmann.kinetics.layout import N_ACTIVE
from boltzmann.kinetics.matter import Matter
from boltzmann.numerics.arrays import Array
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.plasma import background

SPECIES = 3.0 * NEUTRINO_DENSITY
LATE_Z = 1.398  # T_gamma a after e+- annihilation, by which the scale factor is normalised
EARLIEST, COLDEST, HOTTEST = 8.0, 80.0, 120.0  # start of the thermal calculation: in T_RH, at least and most [MeV]
SETTLING = 50  # steps until it is on the attractor, which neglects radiation in H
LAST, STEP = 0.01, 0.02  # its end [MeV] if T a grew by (8/3 - 1)/(8/3) of ln x until T_RH only; steps in ln x
START, HOT = 3.0, 60.0  # start of a run, likewise
LEAST_START = 1.2  # in T_RH: a later start misses what is to be followed
LEAST_MOMENTA = 16  # with fewer the lowest momentum is too high for z = 0.13: populations become negative
UNEQUAL = 8.0  # T_RH [MeV] below which flavours are so unequal that the default is the collision matrix
# Likewise beside nu_s above the active states: damping is off by 5e-3 to 7e-3 at 8 MeV, by 1e-3 at 20
# (docs/physics/other.md). Below them bins at resonances, which the matrix does not have, matter more.
UNEQUAL_BESIDE = 20.0
#: Of that default. Steps of 3e-4 and 3e-6 take 1.7 times as long, and N_eff moves by at most 3e-4 (0.5 to 7 MeV, three
#: and four states): as much as 20 momenta are off.
COARSE = {"rtol": 1e-3, "atol": 1e-4}


class Course(NamedTuple):
    """A reheating in the thermal calculation; (n,) arrays."""

    log_x: Array
    z: Array
    matter: Array  # comoving energy density m
    z_nu: Array  # T_nu a

    def start(self, T: float) -> float:
        """Return x at the photon temperature ``T`` [MeV]."""
        return float(np.exp(np.interp(-np.log(T), -np.log(self.z * M_E) + self.log_x, self.log_x)))

    def at(self, x: float) -> tuple[float, float, float]:
        """Return z, T_nu a and m at ``x``."""
        columns = self.z, self.z_nu, np.maximum(self.matter, 1e-300)
        z, z_nu, m = (float(np.exp(np.interp(np.log(x), self.log_x, np.log(column)))) for column in columns)
        return z, z_nu, m


def _transfer(z: float, neutrinos: float) -> float:
    """Return q H in units of (m_e/x)^5 G_F^2/pi^5, of plasma at ``z`` to neutrinos with that energy density."""
    y = (neutrinos / SPECIES) ** 0.25
    F = 32.0 * 0.884 * (z**9 - y**9) + 56.0 * 0.829 * z**4 * y**4 * (z - y)
    return float(4.0 * (C_E + 2.0 * C_X) * F)


def _slopes(s: float, values: Array, rate: float, plasma: background.Plasma) -> Array:
    """Return the derivatives by s of ln E, ln m and ln rho_nu."""
    x, (E, m, neutrinos) = np.exp(s), np.exp(values)
    hubble = background.hubble_rate(x, E + m + neutrinos)
    z = background.temperature(x, E, plasma)
    R, p, _ = background.plasma_at(x / z, plasma)
    q = G_F**2 / np.pi**5 * (M_E / x) ** 5 * _transfer(z, neutrinos) / hubble
    heat = rate / hubble * m
    return np.array([(z**4 * (R - 3.0 * p) - q + heat) / E, 1.0 - rate / hubble, q / neutrinos])


@lru_cache(maxsize=64)
def course(rate: float, T_RH: float, muons: bool) -> Course:
    """Return the reheating by matter of a decay ``rate`` [MeV], from 8 ``T_RH``, 80 to 120 MeV, until e+- have gone."""
    from scipy.integrate import solve_ivp  # here, because it takes longer to import than to solve most runs

    plasma, T = background.plasma(muons), min(max(EARLIEST * T_RH, COLDEST), HOTTEST)
    radiation = float(background.plasma_at(M_E / T, plasma)[0]) + SPECIES
    # the scale factor is arbitrary here: z = 0.1 at the start
    matter = (radiation * T**2 / (0.4 * rate * HUBBLE_MASS)) ** 2
    first = 4.0 * np.log(0.1) + np.log([radiation - SPECIES, matter, SPECIES])
    s = np.arange(np.log(0.1 * M_E / T), np.log(M_E / LAST) + np.log(T / T_RH) * 5.0 / 3.0, STEP)
    slopes = partial(_slopes, rate=rate, plasma=plasma)
    found = solve_ivp(slopes, (float(s[0]), float(s[-1])), first, "LSODA", s, rtol=1e-7, atol=1e-7, max_step=0.1)
    s, (E, m, neutrinos) = s[SETTLING:], np.exp(found.y[:, SETTLING:])
    z = np.array([background.temperature(a, e, plasma) for a, e in zip(np.exp(s), E, strict=True)])
    scale = LATE_Z / z[-1]
    return Course(s + np.log(scale), z * scale, m * scale**4, (neutrinos / SPECIES) ** 0.25 * scale)


def reheated(interactions: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the interactions that have decaying matter."""
    return tuple(interaction for interaction in interactions if hasattr(interaction, "matter"))


def course_of(interactions: tuple[Any, ...], muons: bool) -> Course | None:
    """Return the course of the reheating; None without."""
    found = reheated(interactions)
    return course(found[0].matter().rate, float(found[0].number("T_RH")), muons) if found else None


def matter_of(interactions: tuple[Any, ...]) -> Matter:
    """Return what decays in a run, with the rate 0 if nothing does."""
    found = reheated(interactions)
    return found[0].matter() if found else Matter(0.0)


def least_momenta(interactions: tuple[Any, ...], usual: int) -> int:
    """Return how many momenta a run needs at least."""
    return LEAST_MOMENTA if reheated(interactions) else usual


def settled(options: Options, mixing: Mixing, interactions: tuple[Any, ...]) -> Options:
    """Return ``options`` with what a reheating makes the default: its start, and the collision matrix.

    The matrix below 8 MeV, beside a sterile state above the active ones below 20 MeV. With it steps are `COARSE` by
    default.

    Raises
    ------
    ParameterError
        Options do not go with a reheating, or there are two.
    """
    found = reheated(interactions)
    if not found:
        return options
    _check(options, found, interactions)
    T_RH, along = float(found[0].number("T_RH")), course_of(interactions, options.muons)
    assert along is not None
    unequal = {"coherence": "matrix"} if _is_unequal(T_RH, mixing) else {}
    options = options.filled(x_start=along.start(min(START * T_RH, HOT)), **unequal)
    return options.filled(**COARSE) if options.coherence == "matrix" and options.rtol is None else options


def _is_unequal(temperature: float, mixing: Mixing) -> bool:
    """Return whether the collision matrix is the default after a reheating to this T_RH [MeV]."""
    m = mixing.masses_in_eV
    beside = mixing.n_states > N_ACTIVE and m[-1] > m[:-1].max()
    return temperature < (UNEQUAL_BESIDE if beside else UNEQUAL)


def _check(options: Options, found: tuple[Any, ...], interactions: tuple[Any, ...]) -> None:
    """Refuse what does not go with a reheating."""
    if len(found) > 1:
        raise ParameterError(f"interactions has {', '.join(map(repr, found))}; there is one last reheating, give one")
    mine = found[0]
    if any(hasattr(interaction, "mediator") for interaction in interactions):
        raise ParameterError(
            f"{mine!r} does not go with a secret interaction: its dark sector is older than the reheating, which "
            "dilutes it, and making it anew is not followed; leave one of them out"
        )
    if not options.collisions:
        raise ParameterError(f"{mine!r} needs weak collisions, which make its neutrinos; use collisions=True")
    if options.n_momenta < LEAST_MOMENTA:
        raise ParameterError(
            f"n_momenta = {options.n_momenta} is too few for {mine!r}, whose plasma is ten times colder than later at "
            f"the same momenta; give at least {LEAST_MOMENTA}"
        )
    latest = LEAST_START * float(mine.number("T_RH"))
    along = course_of(interactions, options.muons)
    if along is not None and options.x_start is not None and options.x_start > along.start(latest):
        raise ParameterError(
            f"x_start = {options.x_start:g} is too late for {mine!r}; give at most {along.start(latest):.3g}, where "
            f"T = {LEAST_START:g} T_RH, or leave it out"
        )


def refuse_asymmetry(asymmetry: Asymmetry | None, interactions: tuple[Any, ...]) -> None:
    """Raise ParameterError for an asymmetry together with a reheating."""
    if asymmetry is not None and reheated(interactions):
        raise ParameterError(
            f"{asymmetry!r} does not go with {reheated(interactions)[0]!r}: asymmetries older than the reheating are "
            "diluted; leave one of them out"
        )
