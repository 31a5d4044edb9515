"""What the early Universe does with a new particle of MeV mass, by the momentum-resolved relics of `boltzmann.solve`.

Two cases, by the rate of its decays and their inverse over the Hubble rate at T = m. Above 1 the particle keeps the
number of equilibrium, e^(-m/T), until nothing is left: `ThermalRelic` in the bath that it belongs to. Below 1 it lives
beyond T = m and decays out of equilibrium: `HeavyNeutralLepton` with its lifetime and the number of a relic that
decoupled while relativistic, between 200 GeV and muon annihilation (T_N/T = 0.465 to 1), the bracket of the cell. A
boson has then the number of a boson and the momenta of a fermion, 17 % larger, which does not matter where it decays.
Words follow from the CMB and, with primat, Y_p and D/H together.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal, NamedTuple

from boltzmann import Solution
from boltzmann.cmb import abundances
from boltzmann.cmb.bbn_observed import delta_chi2_of
from boltzmann.errors import MissingLibrary, ParameterError
from boltzmann.interpretations import words
from boltzmann.interpretations.cells import not_computable
from boltzmann.interpretations.early_universe import N_EFF, judged
from boltzmann.interpretations.protocol import Cell
from boltzmann.kinetics.status import Status
from boltzmann.parameters import Mixing
from boltzmann.potentials import HeavyNeutralLepton, ThermalRelic
from boltzmann.potentials.heavy_lepton import EARLY_RATIO
from boltzmann.relics.freeze_out import hubble
from boltzmann.solver import solve
from boltzmann.units import HBAR

__all__ = ["Fate", "decaying", "equilibrium", "fate", "of_boson", "of_fates", "of_lepton"]

GONE = 100.0  # [MeV], where `ThermalRelic` ends: e^(-m/T) is e^(-43) at neutrino decoupling
SHORTEST = 1e-5  # [s], where `HeavyNeutralLepton` begins: T = 300 MeV
VISIBLE = 0.02  # of N_eff: a change below it is that of nothing


class Fate(NamedTuple):
    """What a relic left: ``N_eff``, ``Y_p`` (None: no backend), ``cmb`` and ``bbn``, their Delta chi^2.

    Of a run that left the tables of the plasma, HEATED, all are infinite.
    """

    N_eff: float
    Y_p: float | None
    cmb: float
    bbn: float


@cache
def fate(relic: ThermalRelic | HeavyNeutralLepton) -> Fate:
    """Return what a relic leaves, by the solver.

    Raises
    ------
    ParameterError
        The solver does not know such a relic, or the run did not end.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        solution = solve(Mixing(), relic)
    if solution.status is Status.HEATED:
        return Fate(float("inf"), None, float("inf"), float("inf"))
    if not solution.status.ok:
        raise ParameterError(f"the run with {relic!r} did not end well: {solution.status.value}")
    N_eff, (Y_p, bbn) = float(solution.N_eff), _primordial(solution)
    return Fate(N_eff, Y_p, judged(N_eff), bbn)


def _primordial(solution: Solution) -> tuple[float | None, float]:
    """Return Y_p, and Delta chi^2 of Y_p and D/H against three neutrinos; None and 0 without primat."""
    try:
        found = abundances(solution, backend="primat")
    except MissingLibrary:
        return None, 0.0
    return found.Y_p, float(delta_chi2_of(found.Y_p, found.D_H))


def of_fates(fates: Sequence[Fate], how: str) -> Cell:
    """Return the cell of a relic between two cases (or of one): the milder verdict of both."""
    best = min(fates, key=lambda one: one.cmb + one.bbn)
    numbers = sorted(one.N_eff for one in fates)
    if numbers[0] == float("inf"):
        return Cell("excluded", None, "entropy grows more than four times", f"{how}. {Status.HEATED.value.rstrip('.')}")
    word = words.cosmology(best.cmb + best.bbn)
    if word == "allowed" and max(abs(number - N_EFF) for number in numbers) < VISIBLE:
        word = "invisible"
    Y_p = "" if best.Y_p is None else f", Y_p {best.Y_p:.4f}, Delta chi2 of abundances {best.bbn:.1f}"
    text = f"N_eff {_between(numbers)}, Delta chi2 {best.cmb:.1f}{Y_p}"
    return Cell(word, best.N_eff, text, f"MeV relic, momentum-resolved (boltzmann.relics): {how}")


def _between(numbers: Sequence[float]) -> str:
    """Return the range of N_eff as text."""
    low, high = numbers[0], numbers[-1]
    if high == float("inf"):
        return f"{low:.3f} to entropy times four"
    return f"{low:.3f} to {high:.3f}" if high - low > 5e-4 else f"{high:.3f}"


def equilibrium(
    mass: float, degrees: float, statistics: Literal["boson", "fermion"], baths: Sequence[Literal["e", "nu"]]
) -> tuple[Fate, ...]:
    """Return what a particle [MeV] that keeps its equilibrium leaves, for each bath that it may belong to."""
    common: dict[str, Any] = {"mass": f"{mass!r} MeV", "statistics": statistics, "g": float(degrees)}
    return tuple(fate(ThermalRelic(couples_to=bath, **common)) for bath in baths)


def decaying(mass: float, lifetime: float, channels: str, fermions: float) -> tuple[Fate, ...]:
    """Return what a particle [MeV] that decays late [s] leaves, for early and late decoupling.

    ``fermions``: its number as that of so many fermionic states, up to 4.
    """
    common: dict[str, Any] = {"mass": f"{mass!r} MeV", "lifetime": f"{lifetime!r} s", "channels": channels}
    dirac = fermions > 2.0
    share = fermions / (4.0 if dirac else 2.0)
    return tuple(
        fate(HeavyNeutralLepton(T_N_over_T=ratio, majorana=not dirac, abundance=share, **common))
        for ratio in (EARLY_RATIO, 1.0)
    )


def of_boson(mass: float, degrees: int, *, neutrinos: bool, lifetime: float) -> Cell:
    """Return the cell of a boson [MeV] that decays after `lifetime` [s] into neutrinos, or into e+e- or photons."""
    bath: Literal["e", "nu"] = "nu" if neutrinos else "e"
    channel = "nu nu" if neutrinos else "gamma gamma"
    ratio = float("inf") if lifetime <= 0.0 else HBAR / lifetime / hubble(mass)
    what = f"boson of {mass:g} MeV, {degrees} states, {'neutrinos' if neutrinos else 'e, gamma'}, tau {lifetime:.1e} s"
    return _cell(
        mass,
        lifetime,
        ratio,
        what,
        lambda: equilibrium(mass, degrees, "boson", (bath,)),
        lambda: decaying(mass, lifetime, channel, 4.0 / 3.0 * degrees),  # zeta(3) against 3/4 zeta(3)
    )


def of_lepton(mass: float, lifetime: float, ratio: float, channels: str, how: str) -> Cell:
    """Return the cell of a Dirac lepton [MeV] that decays after `lifetime` [s] through `channels`.

    ``ratio``: Gamma/H of its processes at T = m. In equilibrium it belongs to both baths, which the two `ThermalRelic`
    bracket.
    """
    return _cell(
        mass,
        lifetime,
        ratio,
        f"{how}; lepton of {mass:g} MeV, tau {lifetime:.1e} s",
        lambda: equilibrium(mass, 4.0, "fermion", ("e", "nu")),
        lambda: decaying(mass, lifetime, channels, 4.0),
    )


def _cell(mass: float, lifetime: float, ratio: float, what: str, together: Any, late: Any) -> Cell:
    """Return the cell of a particle in equilibrium at T = m (`ratio` above 1), or of one that decays later."""
    how = f"{what}, Gamma/H = {ratio:.2g} at T = m"
    if (ratio > 1.0 and mass > GONE) or (ratio <= 1.0 and lifetime < SHORTEST):
        return Cell("invisible", N_EFF, f"N_eff {N_EFF}: gone long before neutrinos decouple", how)
    try:
        return of_fates(together() if ratio > 1.0 else late(), how)
    except ParameterError as error:
        return not_computable(f"{how}; {error}")
