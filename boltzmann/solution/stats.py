"""What a run cost, and how well it kept what is conserved."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True)
class Stats:
    """Cost and quality of a run.

    Attributes
    ----------
    steps, rejected, rhs_calls : int
        Accepted and rejected steps, evaluations of the equation.
    cpu_seconds : float
        CPU time of the calling thread, compilation included.
    energy_drift : float
        Largest relative violation of comoving energy conservation along the run.
    nu_nu_number_drift, nu_nu_energy_drift : float
        Largest moment of the nu-nu integrals (zero analytically) along the run, relative to that of their loss.
    lowest_population, highest_population : float
        Extremes of the mass-state occupations f/f_FD (positivity; above 1/f_FD would violate Pauli's principle).
    """

    steps: int
    rejected: int
    rhs_calls: int
    cpu_seconds: float
    energy_drift: float
    nu_nu_number_drift: float
    nu_nu_energy_drift: float
    lowest_population: float
    highest_population: float

    def followed_by(self, other: Self) -> Self:
        """Return the sums of counts and time of two parts of a run, and the larger violations."""
        added = {"steps", "rejected", "rhs_calls", "cpu_seconds"}
        both = {f.name: (getattr(self, f.name), getattr(other, f.name)) for f in fields(self)}
        worst = {name: min(pair) if name == "lowest_population" else max(pair) for name, pair in both.items()}
        return type(self)(**{**worst, **{name: sum(both[name]) for name in added}})
