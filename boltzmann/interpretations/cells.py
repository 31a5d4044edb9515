"""Cells that several models need: signals in LSND, KARMEN and MiniBooNE, oscillation in all experiments, reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from boltzmann import lab
from boltzmann.errors import ParameterError
from boltzmann.interpretations import words
from boltzmann.interpretations.protocol import COLUMNS, TITLES, Cell
from boltzmann.lab import karmen, lsnd, microboone_signal, miniboone_signal
from boltzmann.lab.setups import setup
from boltzmann.numerics.arrays import Array

__all__ = [
    "LABORATORY", "computed", "filled", "gained", "karmen_cell", "lsnd_cell", "microboone_cell", "miniboone_cell",
    "no_effect", "not_computable", "of_the_booster", "oscillation", "typed",
]  # fmt: skip

LABORATORY = tuple(column for column in COLUMNS if column not in {"elsewhere", "cosmology"})
_MINIBOONE_EXCESS = 638.0  # arXiv:2006.16883, abstract, both beams
_BELOW = 9  # bins of E_QE below 1250 MeV


def gained(D: float) -> str:
    """Return D as text."""
    return f"D {words.signed(D)}" if abs(D) >= 0.05 else "D 0"


def computed(experiment: str, D: float, text: str, how: str) -> Cell:
    """Return the cell of a computed D."""
    return Cell(words.laboratory(experiment, D), float(D), text, how)


def no_effect(reason: str) -> Cell:
    """Return the cell of a model that does nothing to an experiment."""
    return Cell("no effect", 0.0, "D 0", reason)


def not_computable(reason: str, source: str = "") -> Cell:
    """Return a cell without number."""
    return Cell("not computable", None, "", reason, source)


def typed(text: str, source: str) -> Cell:
    """Return a cell with a statement of somebody else."""
    return Cell("typed", None, text, "not computed here: a statement of the cited paper", source)


def filled(cells: Mapping[str, Cell], rest: str | Cell) -> dict[str, Cell]:
    """Return a cell for every laboratory column, those that are not given with `rest` (a reason means no effect)."""
    other = no_effect(rest) if isinstance(rest, str) else rest
    elsewhere = cells.get("elsewhere", Cell("-", None, "", "no number of another experiment was read for this row"))
    return {**{column: cells.get(column, other) for column in LABORATORY}, "elsewhere": elsewhere}


def of_the_booster(cells: Mapping[str, Cell], microboone: str) -> dict[str, Cell]:
    """Return the columns of a model that makes rare showers in a beam of the energy of MiniBooNE's, and nothing else.

    Parameters
    ----------
    cells : mapping
        What is known, MiniBooNE among it.
    microboone : str
        Why MicroBooNE has no number.
    """
    rare = no_effect("too rare to take away nu_mu")
    more = {"microboone": not_computable(microboone), "minos": rare, "icecube": rare}
    return filled({**more, **cells}, "the new state is too heavy for muons at rest, reactors and sources")


def lsnd_cell(signal: Array, how: str) -> Cell:
    """Return the cell of signal events (11,)."""
    D = float(lsnd.chi2_of(np.zeros_like(signal)) - lsnd.chi2_of(signal))
    numbers = setup("LSND")
    excess = 86.0 - numbers["beam_off"] - numbers["neutrino_background"]
    return computed("lsnd", D, f"{gained(D)}, {signal.sum():.1f} of {excess:.0f} events", how)


def karmen_cell(signal: Array, how: str) -> Cell:
    """Return the cell of signal events (9,)."""
    D = float(karmen.chi2_of(np.zeros_like(signal)) - karmen.chi2_of(signal))
    return computed("karmen", D, f"{gained(D)}, {signal.sum():.1f} events", how)


def miniboone_cell(signal: Array, how: str, *, within: float = 1.0) -> Cell:
    """Return the cell of signal events (22,); `within` is a factor that the rate is good to."""
    D = float(miniboone_signal.gain(signal))
    beams = signal.reshape(2, -1)[:, :_BELOW].sum(axis=1)
    text = f"{gained(D)}, {beams[0]:.0f}+{beams[1]:.0f} of {_MINIBOONE_EXCESS:.0f} events"
    if within > 1.0:
        text += f", rate within a factor {within:g}"
    return computed("miniboone", D, text, how)


def microboone_cell(signal: Array, how: str) -> Cell:
    """Return the cell of signal events (52,)."""
    D = float(microboone_signal.gain(signal))
    return computed("microboone", D, f"{gained(D)}, {signal.sum():.0f} events", how)


def oscillation(
    dm2_41: float, Ue4_sq: float, Umu4_sq: float, *, decay: float = 0.0, names: Iterable[str] = LABORATORY
) -> dict[str, Cell]:
    """Return the cells of 3+1, with invisible decay if `decay` = m_4 Gamma [eV^2] is not 0."""
    return {name: _oscillation(name, dm2_41, Ue4_sq, Umu4_sq, decay) for name in names}


def _oscillation(name: str, dm2_41: float, Ue4_sq: float, Umu4_sq: float, decay: float) -> Cell:
    module = lab.experiment(name)
    if decay and name not in lab.with_decay():
        return not_computable(f"the table of {TITLES[name]} is that of a stable nu_4")
    low, high = float(getattr(module, "DM2_MIN", 0.0)), float(getattr(module, "DM2_MAX", np.inf))
    used, note = dm2_41, ""
    if not low <= dm2_41 <= high:
        if name not in {"minos", "icecube"} or dm2_41 < low:
            return not_computable(f"{TITLES[name]} is good for {low:g} to {high:g} eV2, this is {dm2_41:g} eV2")
        used, note = high, f"; taken at {high:g} eV2, beyond which oscillations average out"
    try:
        D = float(lab.chi2(name, 0.0 if low == 0.0 else used) - lab.chi2(name, used, Ue4_sq, Umu4_sq, decay=decay))
    except ParameterError as error:
        return not_computable(str(error))
    how = f"boltzmann.lab.{name}.chi2, {module.CITATION}{note}. {module.VALIDITY}"
    return computed(name, D, gained(D), how)
