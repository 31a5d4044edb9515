"""Why the CMB excludes a point: the boundaries of the plane of a secret interaction, each with its reason."""

from __future__ import annotations

import numpy as np

from boltzmann.cmb import likelihood
from boltzmann.numerics.arrays import Array, Index

__all__ = ["REASONS", "reasons"]

#: What `reasons` counts. "Late" is after the active neutrinos have decoupled from the plasma.
REASONS = (
    "reconciled",
    "radiation: produced before decoupling",
    "radiation: late recoupling",
    "mass bound: produced before decoupling",
    "mass bound: late recoupling",
    "fluid: no free streaming at recombination",
    "no number",
)
_HALF = 0.5


def reasons(
    delta_chi2: Array,
    delta_N_eff: Array,
    early: Array,
    N_eff_4: Array,
    N_eff_colliding: Array,
    limit: float,
    data: str = "planck2018",
) -> Index:
    """Return for every point the position in `REASONS` of what excludes it.

    Too much radiation is what would be excluded without mass and with free streaming; it is late if less than half of
    the excess is there at 1 MeV. Else a fluid is excluded because it does not stream, and a massive state by its mass.
    Energy that nu_4 took before the active neutrinos decoupled was replaced by the plasma and is an excess at 1 MeV;
    later energy is not replaced (derived). So nu_4 was filled late if that excess is less than half of N_eff_4.

    Parameters
    ----------
    delta_chi2 : array
        Of the CMB, relative to LCDM; NaN: none.
    delta_N_eff, early : arrays
        N_eff less that of three neutrinos, at recombination and at 1 MeV.
    N_eff_4, N_eff_colliding : arrays
        Contribution of nu_4, and of what collides at recombination.
    limit : float
        Delta chi^2 above which a point is excluded.
    data : str
        Combination of CMB data, of `boltzmann.cmb.likelihood.DATA`.
    """
    known = np.isfinite(delta_chi2)
    excess = np.clip(np.where(known, delta_N_eff, 0.0), likelihood.LEAST, likelihood.MOST)
    radiation = likelihood.delta_chi2(excess, 0.0, data) > limit
    added_late, filled_late = early < _HALF * delta_N_eff, early < _HALF * N_eff_4
    tests = (~known, delta_chi2 <= limit, radiation & ~added_late, radiation, N_eff_colliding > 0.0, ~filled_late)
    names = (6, 0, 1, 2, 5, 3)
    return np.asarray(np.select(tests, names, default=4), dtype=np.int64)
