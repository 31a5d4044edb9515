"""What experiments to come would decide: joint best fits against the reach of each."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from boltzmann.comparison.joint import Place
from boltzmann.comparison.joint_table import JointRow, select
from boltzmann.lab import sensitivities
from boltzmann.lab.parameters import checked

__all__ = ["decided", "deciding", "wrapped"]

_WIDTH = 120  # of a terminal


def decided(place: Place) -> str:
    """Return what all experiments with a sensitivity make of a mixing: dm2_41 [eV^2], |U_e4|^2, |U_mu4|^2."""
    point = checked(*place)
    return " ".join(sensitivities.decides(point, name) for name in sensitivities.experiments())


def deciding(rows: Sequence[JointRow]) -> list[str]:
    """Return a sentence for the laboratory's best fit and for every different joint best fit of all experiments.

    Parameters
    ----------
    rows : sequence of JointRow
        Of `boltzmann.comparison.joint_table.joint_rows`; those without all experiments or with abundances are left out.
    """
    used = select(rows, without=(), rates=None)
    whose: dict[Place | None, list[str]] = {}
    for row in used:
        whose.setdefault(row.tension.joint_best, []).append(f"{row.scenario} with {row.data}")
    lines = [_line("laboratory alone", used[0].tension.lab_best)]
    return lines + [_line(f"laboratory and {', '.join(names)}", place) for place, names in whose.items()]


def wrapped(sentences: Sequence[str]) -> list[str]:
    """Return sentences as lines of a terminal, those that go on indented."""
    return [line for sentence in sentences for line in textwrap.wrap(sentence, _WIDTH, subsequent_indent="  ")]


def _line(who: str, place: Place | None) -> str:
    if place is None:
        return f"{who}: the joint best fit is no mixing, so that no experiment should see anything."
    return f"{who}, best fit ({place[0]:.2g} eV2, {place[1]:.2g}, {place[2]:.2g}): {decided(place)}"
