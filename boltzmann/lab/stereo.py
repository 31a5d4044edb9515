"""STEREO, spectra at 9 to 11 m from a research reactor: Almazan et al. 2020, arXiv:1912.06582, as excluded points."""

from boltzmann.lab import disappearance

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "DM2_MIN", "NAME", "VALIDITY", "VERIFIED", "chi2"]

_LIMIT = disappearance.limit("STEREO")
NAME = "STEREO"
CITATION = _LIMIT.citation
CHANNEL = _LIMIT.channel
VERIFIED = _LIMIT.verified
DM2_MIN, DM2_MAX = map(float, _LIMIT.dm2_41[[0, -1]])
VALIDITY = (
    "-2 ln L = 5.99 (s/s_95)^2 with three points that the released maps of phase I+II exclude in place of the limit, "
    "which is lower there; 1.26 to 3.3 eV2. Between the points the limit oscillates, which this does not follow."
)
chi2 = _LIMIT.chi2
