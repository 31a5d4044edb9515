"""Published limits as approximate likelihoods: experiments of which no data can be typed.

An experiment that sees nothing measures the amplitude s at a given dm2_41 as 0 with a Gaussian error sigma, which does
not depend on s while the effect is linear in s. Then -2 ln L = s^2/sigma^2, and its published limit s_CL is where that
reaches the quantile of chi^2 for two parameters, t = -2 ln(1 - CL): sigma^2 = s_CL^2/t, so

    -2 ln L = t (s/s_CL)^2.

It is exactly t on the limit. Elsewhere it is an approximation: true data fluctuate, so the published limit is stronger
or weaker than the sensitivity, and a preference for s > 0 cannot appear. s_CL is interpolated in logarithms between the
rows of ``data/lab/limits.ecsv``; beyond them there is no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from boltzmann import ecsv
from boltzmann.errors import ParameterError
from boltzmann.lab.parameters import AMPLITUDES, checked
from boltzmann.numerics.arrays import Array

__all__ = ["Limit", "limit", "limits"]

_TABLE = "lab/limits.ecsv"


@dataclass(frozen=True, eq=False)
class Limit:
    """The upper limit of one experiment on the amplitude of its channel.

    Attributes
    ----------
    experiment : str
    channel : {"ee", "mue", "mumu"}
    dm2_41 : (n,) array [eV^2]
        Rising.
    sin2_2theta : (n,) array
        The limit.
    cl : float
    verified : bool
        Every row was read in the paper or its abstract.
    citation : str
    """

    experiment: str
    channel: str
    dm2_41: Array
    sin2_2theta: Array
    cl: float
    verified: bool
    citation: str

    def at(self, dm2_41: Any) -> Array:
        """Return the limit on the amplitude.

        Raises
        ------
        ParameterError
            A splitting [eV^2] is beyond the rows of the table.
        """
        values = np.asarray(dm2_41, dtype=np.float64)
        low, high = self.dm2_41[[0, -1]]
        bad = ~((values >= low) & (values <= high))
        if np.any(bad):
            raise ParameterError(
                f"dm2_41 = {values[bad].flat[0]:g} eV2 is not allowed for {self.experiment}; "
                f"give {low:g} to {high:g} eV2, where its limit is known"
            )
        return np.exp(np.interp(np.log(values), np.log(self.dm2_41), np.log(self.sin2_2theta)))

    def chi2(self, dm2_41: Any, Ue4_sq: Any = 0.0, Umu4_sq: Any = 0.0, Utau4_sq: Any = 0.0) -> Array:
        """Return -2 ln L = t (s/s_CL)^2, see the module; all four broadcast.

        Raises
        ------
        ParameterError
            A parameter is not allowed, or dm2_41 [eV^2] is beyond the rows of the table.
        """
        point = checked(dm2_41, Ue4_sq, Umu4_sq, Utau4_sq)
        amplitude = getattr(point, AMPLITUDES[self.channel])
        return np.asarray(-2.0 * np.log1p(-self.cl) * (amplitude / self.at(point.dm2_41)) ** 2)


def limits() -> tuple[str, ...]:
    """Return the names of the experiments with a limit."""
    return tuple(dict.fromkeys(row["experiment"] for row in ecsv.rows(_TABLE)))


@cache
def limit(experiment: str) -> Limit:
    """Return the limit of an experiment.

    Raises
    ------
    ParameterError
        There is none of that name; the message lists those there are.
    """
    rows = [row for row in ecsv.rows(_TABLE) if row["experiment"] == experiment]
    if not rows:
        raise ParameterError(f"experiment = {experiment!r} has no limit; choose from {', '.join(limits())}")
    dm2_41, sin2 = (np.array([float(row[key]) for row in rows]) for key in ("dm2_41", "sin2_2theta"))
    verified = all(row["status"] == "verified" for row in rows)
    return Limit(experiment, rows[0]["channel"], dm2_41, sin2, float(rows[0]["cl"]), verified, rows[0]["citation"])
