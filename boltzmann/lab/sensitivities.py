"""What experiments that are built or planned would exclude, ``data/lab/sensitivities.ecsv``, and what that would
decide.

Nodes of published figures, digitised by others, for SBN (arXiv:1503.01520); for JSNS2, its second phase and IsoDAR no
contour is published as numbers, and the nodes are our own estimates of `boltzmann.lab.event_rates`, which
`Reach.status` says. They are no likelihoods.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from boltzmann import ecsv
from boltzmann.errors import ParameterError
from boltzmann.lab.parameters import AMPLITUDES, Point
from boltzmann.numerics.arrays import Array

__all__ = ["Reach", "decides", "experiments", "reaches", "stated_cl"]

_TABLE = "lab/sensitivities.ecsv"
_SIGMAS = {0.9973: "3 sigma", 0.9999994: "5 sigma"}


@dataclass(frozen=True, eq=False)
class Reach:
    """The sensitivity of one experiment in one channel at one confidence level.

    Attributes
    ----------
    experiment, channel : str
    cl : float
    dm2_41, sin2_2theta : (n,) arrays
        Nodes, dm2_41 [eV^2] rising.
    status : str
        "digitised" or "own estimate".
    citation : str
    """

    experiment: str
    channel: str
    cl: float
    dm2_41: Array
    sin2_2theta: Array
    status: str
    citation: str

    def at(self, dm2_41: Any) -> Array:
        """Return the amplitude that would be excluded; NaN beyond the nodes."""
        values = np.log(np.asarray(dm2_41, dtype=np.float64))
        nodes = np.log(self.dm2_41)
        return np.exp(np.interp(values, nodes, np.log(self.sin2_2theta), left=np.nan, right=np.nan))


@cache
def reaches() -> tuple[Reach, ...]:
    """Return all sensitivities, in the order of the table."""
    groups: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for row in ecsv.rows(_TABLE):
        groups.setdefault((row["experiment"], row["channel"], row["cl"]), []).append(row)
    return tuple(_reach(rows) for rows in groups.values())


def _reach(rows: list[dict[str, str]]) -> Reach:
    dm2, amplitude = (np.array([float(row[key]) for row in rows]) for key in ("dm2_41", "sin2_2theta"))
    first = rows[0]
    fixed = first["experiment"], first["channel"], float(first["cl"])
    return Reach(*fixed, dm2, amplitude, first["status"], first["citation"])


def experiments() -> tuple[str, ...]:
    """Return the names of the experiments that have a sensitivity."""
    return tuple(dict.fromkeys(reach.experiment for reach in reaches()))


def stated_cl(cl: float) -> str:
    """Return a confidence level as text."""
    return _SIGMAS.get(cl, f"{100 * cl:g} %")


def decides(point: Point, experiment: str) -> str:
    """Return a sentence: at which confidence levels an experiment would see or exclude a point of 3+1.

    Parameters
    ----------
    point : boltzmann.lab.parameters.Point
        One point, of `boltzmann.lab.parameters.checked`.
    experiment : str
        Of the table.

    Raises
    ------
    ParameterError
        There is no such experiment.
    """
    if experiment not in experiments():
        raise ParameterError(f"experiment = {experiment!r} has no sensitivity; choose from {', '.join(experiments())}")
    own = [reach for reach in reaches() if reach.experiment == experiment]
    parts = []
    for channel in dict.fromkeys(reach.channel for reach in own):
        levels = [reach for reach in own if reach.channel == channel]
        amplitude = float(getattr(point, AMPLITUDES[channel]))
        reached = [reach.cl for reach in levels if amplitude > float(reach.at(point.dm2_41))]
        beyond = all(np.isnan(float(reach.at(point.dm2_41))) for reach in levels)
        seen = f"seen or excluded at {stated_cl(max(reached))}" if reached else "below its reach"
        parts.append(f"{AMPLITUDES[channel]} = {amplitude:.2g} {'at an unknown reach' if beyond else seen}")
    return f"{experiment} ({own[0].status}): {', '.join(parts)}."
