"""The branch that nature takes: neutrinos and antineutrinos apart where nu = nubar is unstable.

A run with nu = nubar knows whether a small asymmetry grows along it (`boltzmann.kinetics.asymmetry`). Where one does,
and early enough for N_eff or nucleosynthesis to feel it, that run is a solution of the equations to which no initial
condition leads: the baryons alone are an asymmetry of 1e-10. The point is then solved with both signs.

What a referee asks. Which seed? That of baryons; primordial asymmetries of neutrinos of that size and of either sign
are allowed, so that a second run has half of it with the other sign. Where nothing breaks the symmetry of particles and
antiparticles, -1 times the seed gives the mirror image to the last bit, which would test nothing; half of it does: what
the runs differ by is what the size of the seed decides, that is, chaos after the onset. Which sign, then? Either, and
so two values of Y_p; if the asymmetry of nu_e has the sign of the seed in one run only, not even a known seed decides.

An asymmetry that was asked for beside a secret interaction has a known size and sign, and chaos no less: a second run
from a thousandth less says how much of N_eff that is. And nu = nubar is solved beside it: where that is unstable, the
asymmetry must have grown. A method of large steps would damp it, and stay on a branch that nature leaves.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from boltzmann.kinetics.evolution import Progress
from boltzmann.kinetics.layout import N_ACTIVE
from boltzmann.kinetics.odd import AVERAGING, PATIENCE
from boltzmann.kinetics.status import Status
from boltzmann.parameters import Asymmetry, Options
from boltzmann.parameters.asymmetry import BARYONS, PHOTONS
from boltzmann.solution import Solution
from boltzmann.solution.asymmetry import AsymmetryGrowth, Branch, stable
from boltzmann.solver.growing import unfollowed
from boltzmann.solver.stopped import patient
from boltzmann.solver.sweep import Integrate
from boltzmann.solver.tables import odd_potentials, secret

logger = logging.getLogger(__name__)
LESS = 1.0 - 1e-3  # of an asymmetry that was asked for: changes N_eff by itself by less than that of its effect
CHAOTIC = 2e-3  # of N_eff, from which its spread is said
LARGE = 1e-7  # comoving asymmetry that has moved levels: less is left where conversion was stopped by it
GREW = 10.0  # ln of how far an asymmetry has grown at least where its exponent is above 25
SEEDS = Asymmetry(), Asymmetry(eta=-0.5 * BARYONS)
INVISIBLE = 1e-5  # L_e at weak freeze-out; Y_p changes by 4e-6
FINE = 20  # momenta from which the growth exponent is reliable where secret vectors make it
APART = 0.7  # of N_eff, of the branches of fewer momenta, from which both signs are solved again with `FINE`
FRONTS = 28  # and where resonances sweep the momenta
_CAUGHT = (
    "with %d momenta the asymmetry that grows has N_eff = %.4f, far from nu = nubar (%.4f): few momenta can hold "
    "resonances between two of them; solving with %d"
)
_ANNOUNCED = (
    "nu = nubar is unstable from T = %.3g MeV on; solving with both signs, which takes some ten times as long for each "
    "of %d seeds (the first time on a machine, minutes more to compile; signs='same' keeps nu = nubar)"
)


def is_followed(solution: Solution) -> bool:
    """Return whether a run with both signs follows the growth: where secret vectors, and nothing else secret, make it.

    Without them a growing asymmetry drives fronts over the momenta that no grid follows, but cells (`growing`).
    """
    potentials = odd_potentials(solution.interactions)
    vectors = bool(potentials) and all(odd.tadpole > 0.0 and odd.flips is None for odd in potentials)
    return vectors and solution.options.coherence != "matrix" and len(potentials) == len(secret(solution.interactions))


def settle(symmetric: Solution, integrate: Integrate, progress: Progress | None = None, seeds: int = 2) -> Solution:
    """Return the solution on the branch that nature takes: ``symmetric``, if that is stable.

    Parameters
    ----------
    symmetric : Solution
        Solved with nu = nubar, or as it was asked for.
    integrate : callable
        `boltzmann.solver.run.integrate`.
    progress : callable, optional
        Called with the fraction of ln x covered.
    seeds : int
        1 or 2: how many of `SEEDS`. The second says what its size and sign decide.

    Returns
    -------
    Solution
        Of both signs, with `Solution.branch`; or ``symmetric``, with Status.UNSTABLE if it cannot be followed.
    """
    unasked = symmetric.asymmetry is None and symmetric.options.signs == "auto"
    if not (unasked and symmetric.status.ok and symmetric.asymmetry_growth.matters):
        return symmetric
    growth = _reliable_growth(symmetric, integrate)
    if not growth.matters:
        return replace(symmetric, grown=lambda _: growth)
    if not is_followed(symmetric):
        return replace(symmetric, status=Status.UNSTABLE, unfollowed=unfollowed(symmetric, growth, seeds > 1))
    if seeds > 1:
        logger.warning(_ANNOUNCED, growth.T, seeds)
    options = symmetric.options
    runs = _of_seeds(symmetric, options, integrate, progress, seeds)
    if runs[0].status.ok and options.n_momenta < FINE and abs(runs[0].N_eff - symmetric.N_eff) > APART:
        logger.warning(_CAUGHT, options.n_momenta, runs[0].N_eff, symmetric.N_eff, FINE)
        options = replace(options, n_momenta=FINE)
        runs = _of_seeds(symmetric, options, integrate, progress, seeds)
    second = [(run.N_eff, run.L_at_freeze_out, run) for run in runs[1:] if run.status.ok]
    branch = Branch(growth, symmetric.N_eff, *(second[0] if second else ()))
    return replace(runs[0], options=options, branch=branch)


def _of_seeds(
    symmetric: Solution, options: Options, integrate: Integrate, progress: Progress | None, seeds: int
) -> list[Solution]:
    """Return the runs with both signs, first one that came to its end.

    With few momenta a chaotic asymmetry can hold resonances of both signs between two nodes, where nothing converts: at
    (5.9e-5, 1e-4 MeV), 1.7 eV^2, N_eff = 3.574 with 14, 6.466 and 6.468 with 20 and 28 (nu = nubar: 6.475), with an
    asymmetry of 3e-4. Of 638 points of the shipped scans in which both signs were followed with 14 momenta those three
    are further than `APART` from nu = nubar, and none is between 0.7 and 2.8.
    """
    options = patient(options, symmetric.mixing, SEEDS[0])
    runs = [integrate(symmetric.mixing, symmetric.interactions, options, progress, seed) for seed in SEEDS[:seeds]]
    return sorted(runs, key=lambda run: not run.status.ok)  # stable: the first seed that came through


def _reliable_growth(symmetric: Solution, integrate: Integrate) -> AsymmetryGrowth:
    """Return the growth by a grid that is fine enough for it: fewer momenta see instabilities that are not there.

    -1 eV^2, with 16, 20, 24, 28, 40 momenta: |U_mu4|^2 = 1e-3: 214, 1.7, 0.4, 0.1, 0.03; 1e-4: 500, 64, 15, 1.7, 1.5;
    |U_e4|^2 = 1e-4: 158, 7, 3 with 20, 28, 40. An instability that is there does not hang on it: |U_mu4|^2 = 3e-5:
    57000, 52000, 51000 with 20, 28, 40, and 25 is passed at 13.2, 12.8, 12.8 MeV.
    """
    options, least = symmetric.options, FINE if is_followed(symmetric) else FRONTS
    if options.n_momenta >= least:
        return symmetric.asymmetry_growth
    fine = replace(options, n_momenta=least)
    return integrate(symmetric.mixing, symmetric.interactions, fine, None, None).asymmetry_growth


def accompanied(run: Solution, integrate: Integrate, progress: Progress | None = None, seeds: int = 2) -> Solution:
    """Return a run beside a secret interaction, from an asymmetry that was asked for, with nu = nubar beside it.

    And, with two ``seeds``, with what a thousandth less of the asymmetry makes of it. Other runs stay as they are.
    """
    asked = run.asymmetry is not None and run.branch is None and run.mixing.n_states > N_ACTIVE
    if not (asked and run.status.ok and secret(run.interactions)):
        return run
    plain = integrate(run.mixing, run.interactions, run.options)
    symmetric, growth = (plain.N_eff, plain.asymmetry_growth) if plain.status.ok else (math.nan, stable())
    branch = Branch(growth, symmetric, asked=True)
    if seeds > 1 and run.asymmetry is not None:
        other = integrate(run.mixing, run.interactions, run.options, progress, _less(run.asymmetry))
        if other.status.ok:
            branch = replace(branch, N_eff_other=other.N_eff, L_e_other=other.L_at_freeze_out, other=other)
    return replace(run, branch=branch)


def _less(asymmetry: Asymmetry) -> Asymmetry:
    """Return a thousandth less of an asymmetry."""
    return replace(asymmetry, **{name: LESS * getattr(asymmetry, name) for name in ("xi_e", "xi_mu", "xi_tau", "eta")})


def has_grown(run: Solution) -> bool:
    """Return whether the largest asymmetry of a run with both signs was ever e^10 of what it began with."""
    largest = np.abs(run.comoving_asymmetry).max(axis=1)
    begun = max(float(largest[0]), PHOTONS * BARYONS)
    return bool(largest.max() > math.exp(GREW) * begun or largest.max() > LARGE)


def _unexplained(solution: Solution, branch: Branch) -> Iterator[str]:
    """Yield that N_eff has moved where nothing that is understood moves it: upwards, or without growth."""
    above = solution.N_eff - branch.symmetric
    if above > CHAOTIC or (abs(above) > CHAOTIC and not branch.growth.matters):
        why = (
            "a growing asymmetry stops conversion" if branch.growth.matters else "a small asymmetry does not grow there"
        )
        yield (
            f"N_eff is not that of nu = nubar, {branch.symmetric:.4f}, though {why}: resonances of one sign, or "
            "flavours that are unstable (with diagonal asymmetries alone, off-diagonal ones are left out), have moved "
            "it, and nothing else has confirmed it"
        )


def _of_asked(solution: Solution, branch: Branch) -> Iterator[str]:
    """Yield what is to say of a solution whose asymmetry was asked for."""
    if branch.growth.matters and not has_grown(solution):
        yield (
            f"nu = nubar is unstable from T = {branch.growth.T:.3g} MeV on, but the asymmetry of this run has not "
            f"grown: N_eff may be that of the unstable solution ({branch.symmetric:.4f}); give rtol=1e-5"
        )
    if abs(branch.N_eff_other - solution.N_eff) > CHAOTIC:
        yield (
            f"N_eff hangs on the size of the asymmetry: a thousandth less of it gives {branch.N_eff_other:.4f}, which "
            "is chaos after its growth"
        )


def said(solution: Solution) -> Iterator[str]:
    """Yield what is to say of a solution with both signs."""
    branch = solution.branch
    if branch is not None:
        yield from _unexplained(solution, branch)
    if branch is not None and branch.asked:
        yield from _of_asked(solution, branch)
    elif branch is not None:
        yield (
            f"a small lepton asymmetry has grown at T = {branch.growth.T:.3g} MeV: solved with neutrinos and "
            f"antineutrinos apart, from that of baryons; nu = nubar would have N_eff = {branch.symmetric:.4f}"
            f"{_seeds(solution, branch)}"
        )
    if solution.asymmetry is not None and solution.dark is not None and solution.stats.steps > PATIENCE:
        yield (
            f"the odd potential is averaged over {1.0 / AVERAGING[1]:g} e-folds after {PATIENCE} steps: N_eff is good "
            "to 0.01"
        )


def _seeds(solution: Solution, branch: Branch) -> str:
    """Say what the second seed gives."""
    if math.isnan(branch.N_eff_other):
        return ""
    both = f", and half the seed with the other sign gives {branch.N_eff_other:.4f}"
    L = solution.L_at_freeze_out
    if max(abs(L), abs(branch.L_e_other)) < INVISIBLE:
        return both
    sign = "has the sign of the seed" if L * branch.L_e_other < 0.0 else "does not follow the sign of the seed"
    return (
        f"{both}; L_e = {L:.1e} at 0.7 MeV {sign}, which is not known: Y_p has two values, that of this solution and "
        "that of branch.other"
    )
