"""An answer as HTML: the headline, the table of judges, notes. Text only, escaped; no Bokeh."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from boltzmann.comparison.confrontation import Confrontation
from boltzmann.comparison.judgements import UNDECIDED, Judge, Silent
from boltzmann.explore.answer import Answer, Refused

__all__ = ["COLOURS", "bar", "headline", "judges", "notes", "row", "status"]

#: Word of a judge -> colour; the word is always written too.
COLOURS = {
    "allowed": "#00664b", "disfavoured": "#8a5a00", "strongly disfavoured": "#b34700", "excluded": "#a3001b",
    UNDECIDED: "#4d4d4d",
}  # fmt: skip
_WIDEST = 25.0  # Delta chi^2 of a full bar


def headline(answer: Answer | Refused) -> str:
    """Return the numbers in large type."""
    if isinstance(answer, Refused):
        return f'<p class="problem" role="alert">{escape(answer.sentence)}</p>'
    found = answer.confrontation
    return _headline(f"{found.N_eff:.4f}", f"{found.m_eff_eV:.3g} eV", found.word)


def _headline(N_eff: str, m_eff: str, word: str) -> str:
    return (
        f'<p class="numbers">N<sub>eff</sub> = <b id="N_eff">{N_eff}</b> &ensp; m<sub>eff</sub> = <b>{m_eff}</b></p>'
        f'<p class="word" style="background:{COLOURS[word]}">{word}</p>'
    )


def bar(delta_chi2: float) -> str:
    """Return Delta chi^2 as a bar from the middle: to the right, worse than three neutrinos."""
    share = 50.0 * min(abs(delta_chi2) / _WIDEST, 1.0)
    left, colour = (50.0, "#a3001b") if delta_chi2 > 0.0 else (50.0 - share, "#00664b")
    return f'<span class="bar"><i style="left:{left:.0f}%;width:{share:.0f}%;background:{colour}"></i></span>'


def row(name: str, delta_chi2: float, word: str) -> str:
    """Return the line of one judge."""
    cells = f"<td>{delta_chi2:+.1f}</td><td>{bar(delta_chi2)}</td>"
    return f'<tr><td>{escape(name)}</td>{cells}<td style="color:{COLOURS[word]}">{word}</td></tr>'


def _line(judge: Judge | Silent) -> str:
    if isinstance(judge, Silent):
        return f'<tr class="silent"><td>{escape(judge.name)}</td><td colspan="3">{escape(judge.reason)}</td></tr>'
    return row(judge.name, judge.delta_chi2, judge.word)


def _lines(found: Confrontation, full: bool) -> Iterator[str]:
    """Yield CMB, abundances, laboratory."""
    yield from map(_line, found.cmb)
    if full:
        yield _line(found.abundances)
    else:
        yield _line(Silent("helium and deuterium", "when the point rests"))
    yield _line(found.laboratory.together)
    yield from map(_line, found.laboratory.experiments)


def judges(answer: Answer | Refused) -> str:
    """Return the table of judges, and the abundances."""
    if isinstance(answer, Refused):
        return ""
    found = answer.confrontation
    abundances = "" if isinstance(found.abundances, Silent) else f"<p>{escape(found.abundances.sentence)}</p>"
    head = "<tr><th>judge</th><th>Δχ²</th><th>better | worse</th><th></th></tr>"
    return f"<table>{head}{''.join(_lines(found, answer.full))}</table>{abundances}"


def notes(answer: Answer | Refused) -> str:
    """Return what limits the numbers, folded away, and what is known of nu = nubar, which is not."""
    if isinstance(answer, Refused):
        return ""
    limits = "".join(f"<li>{escape(note)}</li>" for note in answer.notes)
    stability = f'<p class="{"problem" if answer.ask_both else "quiet"}">{escape(answer.stability)}.</p>'
    folded = f"<details><summary>limits of these numbers</summary><ul>{limits}</ul></details>" if limits else ""
    return (stability if answer.stability else "") + folded


def status(answer: Answer | Refused) -> str:
    """Return which precision is shown."""
    if isinstance(answer, Refused):
        return "no answer at this point"
    words = "full precision" if answer.full else "draft; full precision when the point rests"
    return f"{words} (solver: {answer.seconds:.2f} s)"
