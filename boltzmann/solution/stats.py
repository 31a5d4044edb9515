"""What a run cost, and how well it kept what is conserved."""

from __future__ import annotations

from dataclasses import dataclass


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
