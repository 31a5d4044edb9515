"""MINOS and MINOS+: disappearance of nu_mu between 1 and 735 km (arXiv:2002.00301), as a typed limit."""

from boltzmann.lab import disappearance

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "DM2_MIN", "NAME", "VALIDITY", "VERIFIED", "chi2"]

_LIMIT = disappearance.limit("MINOS+")
NAME = "MINOS+"
CITATION = _LIMIT.citation
CHANNEL = _LIMIT.channel
VERIFIED = _LIMIT.verified
DM2_MIN, DM2_MAX = map(float, _LIMIT.dm2_41[[0, -1]])
VALIDITY = (
    "-2 ln L = 4.61 (s/s_90)^2 from the weaker end of a range quoted second-hand, good to a factor of three; "
    "0.1 to 3 eV2. The published limit depends on how the errors of the near detector are treated."
)
chi2 = _LIMIT.chi2
