"""Potentials and secret interactions of neutrinos in the early Universe: one file per physical effect."""

from potentials.secret import sin2_2theta_matter
from potentials.secret_pseudoscalar import SecretPseudoscalar
from potentials.secret_vector import SecretVector
from potentials.thermal import Thermal

__all__ = ["SecretPseudoscalar", "SecretVector", "Thermal", "sin2_2theta_matter", "standard"]


def standard(muons: bool = True) -> tuple[Thermal, ...]:
    """Return the potentials of the Standard Model without lepton asymmetry, always present in a solution."""
    return (Thermal(muons),)
