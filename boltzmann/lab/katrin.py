"""KATRIN: the kink of nu_4 in the spectrum of tritium beta decay, at m_4 below the end point (arXiv:2503.18667).

No oscillation: what is limited is |U_e4|^2 as a function of m_4^2, which is dm2_41 where the lightest neutrino has no
mass. The limit is typed in ``data/lab/limits.ecsv`` as sin^2 2theta_ee.
"""

from boltzmann.lab import disappearance

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "DM2_MIN", "NAME", "VALIDITY", "VERIFIED", "chi2"]

_LIMIT = disappearance.limit("KATRIN")
NAME = "KATRIN"
CITATION = _LIMIT.citation
CHANNEL = _LIMIT.channel
VERIFIED = _LIMIT.verified
DM2_MIN, DM2_MAX = map(float, _LIMIT.dm2_41[[0, -1]])
VALIDITY = (
    "-2 ln L = 5.99 (s/s_95)^2 from a limit of few points quoted second-hand, good to a factor of two; 10 to 1000 eV2, "
    "with m_4^2 = dm2_41. Amplitudes above the limit are excluded in truth faster or slower than this square."
)
chi2 = _LIMIT.chi2
