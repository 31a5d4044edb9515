"""Rates of reactor experiments relative to the fluxes of Huber and Mueller: `reactors` with the anomaly of 2011.

An experiment of its own so that combinations (`lab.SETS`), commands and tables can name it; its data are those of
`reactors`, so that a sum may have one of the two.
"""

from __future__ import annotations

from functools import partial

from boltzmann.lab import reactors
from boltzmann.lab.reactors import CHANNEL, CITATION, N_DATA, VERIFIED

__all__ = ["CHANNEL", "CITATION", "NAME", "N_DATA", "SAME_DATA", "VALIDITY", "VERIFIED", "chi2"]

NAME = "reactor rates (Huber-Mueller)"
SAME_DATA = "reactors"
VALIDITY = f"as `reactors`, with the fluxes of Huber and Mueller: {reactors.VALIDITY}"

#: `reactors.chi2` with its default flux model replaced.
chi2 = partial(reactors.chi2, flux_model="huber-mueller")
