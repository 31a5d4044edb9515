"""IceCube, 10.7 years: disappearance of nu_mu in the Earth (Abbasi et al. 2024, arXiv:2405.08070).

No surface is published as numbers. The edge of the 99 % region is typed in ``data/lab/limits.ecsv`` as others digitised
it, second-hand, so that this is in no combination; `icecube` has the released surface of eight years.
"""

from boltzmann.lab import disappearance

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "DM2_MIN", "NAME", "SAME_DATA", "VALIDITY", "VERIFIED", "chi2"]

_LIMIT = disappearance.limit("IceCube 2024")
NAME = "IceCube 10.7 yr"
CITATION = _LIMIT.citation
CHANNEL = _LIMIT.channel
VERIFIED = _LIMIT.verified
SAME_DATA = "icecube"  # eight of the years
DM2_MIN, DM2_MAX = map(float, _LIMIT.dm2_41[[0, -1]])
VALIDITY = (
    "-2 ln L = 9.21 (s/s_99)^2 from the digitised edge of the 99 % region: it has not the preference for (3.5 eV2, "
    "0.16), p = 3.1 %, and is exact on that edge alone; 0.017 to 90 eV2."
)
chi2 = _LIMIT.chi2
