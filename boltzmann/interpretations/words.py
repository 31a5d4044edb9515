"""Words of cells and the numbers at which they change.

For an experiment with an anomaly, D is compared with D_max, what the best smooth signal gains: R = D/D_max.

    explains          R >= 0.5
    partly            0.15 <= R < 0.5
    slightly better   D >= 1 and R < 0.15
    no effect         |D| < 1
    slightly worse    -4 <= D <= -1
    contradicts       D < -4

Experiments without an anomaly have "agrees" in place of the first three. Cosmology is judged by Delta chi^2 of the CMB
(Planck 2018, two parameters), of MeV particles with that of Y_p and D/H: "allowed" below 6.18 (2 sigma), "tension"
below 11.83 (3 sigma), "excluded" above, "invisible" where nothing of the new states is left at neutrino decoupling, and
"not computable", with the reason.
"""

from __future__ import annotations

__all__ = ["D_MAX", "WORDS", "cosmology", "laboratory", "signed"]

#: Largest D of any smooth signal: LSND of an energy-independent probability, MiniBooNE of a visible decay with m_phi
#: = 0.8 m_4 and free amplitude, gallium and reactor rates (fluxes of Huber and Mueller; with corrected ones they are no
#: anomaly) of their own best fits (computed in the tests).
D_MAX = {"lsnd": 16.0, "miniboone": 40.0, "gallium": 21.4, "reactors_hm": 10.6}
WORDS = (
    "explains", "partly", "slightly better", "agrees", "no effect", "slightly worse", "contradicts",
    "allowed", "tension", "excluded", "invisible", "not computable", "typed", "-",
)  # fmt: skip
_TWO, _THREE = 6.18, 11.83


def laboratory(experiment: str, D: float) -> str:
    """Return the word for an experiment's D."""
    if abs(D) < 1.0:
        return "no effect"
    if D <= -1.0:
        return "contradicts" if D < -4.0 else "slightly worse"
    if experiment not in D_MAX:
        return "agrees"
    ratio = D / D_MAX[experiment]
    return "explains" if ratio >= 0.5 else "partly" if ratio >= 0.15 else "slightly better"


def signed(D: float) -> str:
    """Return D as text; beyond 1000, where Gaussian errors mean nothing any more, two digits of it."""
    return f"{D:+.1f}" if abs(D) < 1000.0 else f"{float(f'{D:.2g}'):+.0f}"


def cosmology(delta_chi2: float) -> str:
    """Return the word for Delta chi^2 of the CMB."""
    return "allowed" if delta_chi2 < _TWO else "tension" if delta_chi2 < _THREE else "excluded"
