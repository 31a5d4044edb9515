"""What limits the numbers of a run, in sentences: weak interactions, slow states, narrow resonances, asymmetries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from boltzmann.constants import EV, M_E, NEUTRINO_DENSITY
from boltzmann.kinetics.potential_terms import full
from boltzmann.kinetics.resonances import Unresolved, unresolved
from boltzmann.kinetics.sterile_history import SLOW
from boltzmann.parameters import Mixing
from boltzmann.solution import Solution
from boltzmann.solver.asymmetry import flips, instability
from boltzmann.solver.branch import said
from boltzmann.solver.fields import LEFT, is_left, with_field
from boltzmann.solver.flavours import flavour_remarks
from boltzmann.solver.sweep import swept_remarks
from boltzmann.solver.tables import ABSENT, decay_strength, history_of, masses, potentials_of, secret, strength

MIXED, TESTED = 1e-3, 0.3  # differences of xi, and xi
MEAN = 3.15  # y
DOUBTFUL = 30.0  # Gamma/H below which the bath of a secret interaction is not certain


def _weak(interactions: tuple[Any, ...], mixing: Mixing) -> Iterator[str]:
    """Yield what is to say of secret interactions that hold no bath, and of those at the limit."""
    for interaction in secret(interactions):
        largest, T = strength(interaction)
        decays = decay_strength(interaction, mixing)[0]
        if max(largest, decays) >= DOUBTFUL:
            continue
        consequence = (
            "so there is no bath of them: they start from nothing, and mediators are absent"
            if max(largest, decays) < ABSENT
            else "so the equilibrium with mediators that the equation assumes is doubtful, and N_eff with it"
        )
        yield (
            f"{interaction!r}: sterile neutrinos collide at most {largest:.2g} times per Hubble time (at "
            f"T = {T:.2g} MeV), {consequence}; give a larger coupling"
        )


def _open_decays(interactions: tuple[Any, ...], mixing: Mixing) -> Iterator[str]:
    """Yield what is to say of decays into a mediator that no term of the equation follows."""
    m = masses(mixing)
    for interaction in secret(interactions):
        mediator, heaviest = interaction.mediator(), int(np.argmax(m))
        diagonal = getattr(interaction, "couplings", "flavour") != "flavour"
        closed = m[heaviest] <= mediator.mass + m.min()
        if closed or diagonal or (mediator.decay > 0.0 and heaviest == 3):
            continue
        yield (
            f"{interaction!r}: nu_{heaviest + 1} (m = {m[heaviest] * 1e6:.3g} eV) is heavier than the mediator and "
            "decays into it and a lighter neutrino, which is not followed"
        )


def _slow(mixing: Mixing, T: float) -> Iterator[str]:
    """Yield what is to say of a state that is no longer relativistic at the end of the run, T_gamma = ``T`` [MeV]."""
    mass = float(mixing.masses_in_eV.max()) * EV
    if mass > SLOW * T:
        yield (
            f"the heaviest state has m = {mass * 1e3:.3g} keV and the run ends at T = {T * 1e3:.3g} keV, where it is "
            "no longer relativistic: N_eff counts its energy as p, without mass (m_eff has the mass)"
        )


def _unequal(solution: Solution) -> Iterator[str]:
    """Yield what is to say of asymmetries that flavours exchange, and of large ones."""
    given = solution.asymmetry
    if given is None or solution.synchronised is not None:
        return
    if max(given.xi) - min(given.xi) > MIXED:
        yield (
            f"{given!r}: off-diagonal asymmetries, which make unequal ones oscillate together, are left out: how "
            "flavours share them is doubtful"
        )
    if max(map(abs, given.xi)) > TESTED:
        yield f"{given!r}: beyond |xi| = {TESTED:g} nu-nu collisions are approximate; N_eff is 0.006 too low at 0.6"


def find_unresolved(solution: Solution) -> Unresolved | None:
    """Return the resonances of a run that its momentum grid does not resolve; None if they do not matter.

    Without weak collisions each momentum converts for itself, and nothing depends on the grid (measured:
    tests/physics/test_convergence.py).
    """
    if solution.mixing.n_states == 3 or not (solution.status.ok and solution.options.collisions):
        return None
    if not secret(solution.interactions) and solution.options.coherence != "matrix":
        return None  # bins follow, see tests/kinetics/test_resonances.py
    return unresolved(*history_of(solution))


def _narrow(solution: Solution) -> Iterator[str]:
    """Yield what is to say of resonances that the momenta do not follow."""
    found = find_unresolved(solution)
    if found is None:
        return
    where = f"resonances between T = {found.highest:.3g} and {found.lowest:.3g} MeV"
    if found.runs_away:
        yield (
            f"{where} are swept over the momenta by the potential that conversion itself makes, faster than bins of "
            f"momenta follow: N_eff may be off by {found.shift:.1g}"
        )
    else:
        yield (
            f"{where} are narrower than the distance of two momenta, which this collision mode and decays of nu_4 do "
            f"not correct for: N_eff converges like 1/N in the momenta and may be off by {found.shift:.1g}, so compare "
            "with n_momenta=40"
        )


def _shifted(solution: Solution) -> Iterator[str]:
    """Yield what is to say of a field that still gives mass at the end."""
    if is_left(solution.mixing, solution.interactions):
        yield (
            f"{with_field(solution.interactions)[0]!r}: the field still shifts masses at the end of the run: N_eff is "
            "final, but spectra of mass states, N_eff_4 and m_eff are not; an even number of adiabatic crossings "
            "leaves nu_4 with what nu_s has, an odd one fills it"
        )


def _lifted(solution: Solution) -> Iterator[str]:
    """Yield what is to say of potentials that still part the levels at the end, at the mean momentum y = 3.15.

    The energy density that ``per_energy`` multiplies is that of standard neutrinos, of each flavour.
    """
    if solution.mixing.n_states == 3:
        return
    x, T = float(solution.x[-1]), float(solution.z[-1] / solution.x[-1]) * M_E
    p = MEAN * M_E / x
    for interaction in potentials_of(solution.interactions):
        terms = interaction.terms(np.full((1, 1, 1), T), np.full((1, 1, 1), p))
        fixed, per_energy = (full(part, (1, 1, 1))[0, 0, 0] for part in terms)
        levels = np.linalg.eigvalsh(fixed + per_energy * np.eye(4) * NEUTRINO_DENSITY * (M_E / x) ** 4)
        share = 2.0 * p * float(np.ptp(levels)) / abs(float(solution.mixing.mass_squared[3]))
        if share > LEFT:
            yield (
                f"{interaction!r}: at the end of the run its potential is {share:.2g} times the splitting of nu_4: "
                "N_eff is final, but spectra of mass states, N_eff_4 and m_eff are not; where it falls further, levels "
                "that cross exchange what they have"
            )


def remarks(solution: Solution) -> tuple[str, ...]:
    """Return what limits the numbers of a solution, a sentence each."""
    T, mixing, interactions = float(solution.z[-1] / solution.x[-1]) * M_E, solution.mixing, solution.interactions
    slow = _slow(mixing, T) if solution.dark is None else ()  # else the dark story says it
    relic = [s for i in interactions if hasattr(i, "relic") for s in (i.caveats() if hasattr(i, "caveats") else ())]
    before = (*relic, *_weak(interactions, mixing), *_open_decays(interactions, mixing), *slow)
    signs = (*swept_remarks(solution), *_unequal(solution), *flavour_remarks(solution))
    return (
        *before,
        *_shifted(solution),
        *_lifted(solution),
        *_narrow(solution),
        *signs,
        *instability(solution),
        *said(solution),
        *flips(solution),
    )
