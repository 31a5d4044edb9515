"""What solver and judges say about a state: numbers, spectra, history; or the sentence of why not."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from boltzmann.comparison.confrontation import Confrontation, confront
from boltzmann.errors import ParameterError, UnfinishedWarning, ValidityWarning
from boltzmann.explore.state import State
from boltzmann.numerics.arrays import Array
from boltzmann.solution import Solution
from boltzmann.solver import solve

__all__ = ["Answer", "Refused", "answer"]


@dataclass(frozen=True)
class Refused:
    """A state that has no answer.

    Attributes
    ----------
    state : State
    full : bool
        Whether full precision was asked for.
    sentence : str
        Why not, and what to do.
    """

    state: State
    full: bool
    sentence: str


@dataclass(frozen=True, eq=False)
class Answer:
    """What the page shows of a state.

    Attributes
    ----------
    state : State
    full : bool
        Whether it has the precision of `State.options`, and abundances, or that of `State.draft`.
    seconds : float
        CPU time of the solver.
    confrontation : Confrontation
        N_eff, m_eff and all judges.
    stability : str
        Whether nu = nubar, where it is assumed, is stable.
    ask_both : bool
        Whether a run with both signs may say something else.
    notes : tuple of str
        What limits the numbers.
    y : array (n,)
        Comoving momentum.
    spectra : dict
        Flavour -> occupation number over that of a massless thermal neutrino, (n,).
    T : array (m,)
        Photon temperature along the run [MeV].
    N_eff_history : array (m,)
    """

    state: State
    full: bool
    seconds: float
    confrontation: Confrontation
    stability: str
    ask_both: bool
    notes: tuple[str, ...]
    y: Array
    spectra: dict[str, Array]
    T: Array
    N_eff_history: Array


def answer(state: State, full: bool, progress: Callable[[float], None] | None = None) -> Answer | Refused:
    """Return the answer to a state.

    Parameters
    ----------
    state : State
    full : bool
        `State.options` and primordial abundances (a second with primat), or the draft options and none.
    progress : callable, optional
        As for `solve`; may raise to end the run.
    """
    options = state.options if full else state.draft
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ValidityWarning)  # said on the page: Solution.validity
            warnings.simplefilter("ignore", UnfinishedWarning)
            solution = solve(state.mixing, state.interactions, options, progress=progress, asymmetry=state.asymmetry)
            if progress is not None:
                progress(1.0)
            return _answer(state, full, solution, confront(solution, abundances=full))
    except ParameterError as error:
        return Refused(state, full, str(error))


def _answer(state: State, full: bool, solution: Solution, confrontation: Confrontation) -> Answer:
    growth: Any = solution.asymmetry_growth if solution.asymmetry is None else None
    spectra = {a: solution.spectrum(a) * (np.exp(solution.y) + 1.0) for a in solution.mixing.flavours}
    return Answer(
        state=state,
        full=full,
        seconds=solution.stats.cpu_seconds,
        confrontation=confrontation,
        stability="" if growth is None else str(growth),
        ask_both=growth is not None and growth.matters and state.signs == "same",
        notes=tuple(solution.validity),
        y=np.asarray(solution.y),
        spectra=spectra,
        T=np.asarray(solution.T.to_value("MeV")),
        N_eff_history=np.asarray(solution.N_eff_history),
    )
