"""States that are matter for the CMB."""

from __future__ import annotations

from boltzmann.cmb.thermal import MOST_THERMAL_MASS, least_N_eff_4


def is_cold(m_eff: float, N_eff_4: float) -> bool:
    return m_eff > 0.0 and N_eff_4 < float(least_N_eff_4(m_eff))
