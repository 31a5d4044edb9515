"""Potentials that act on neutrinos in the early Universe: one file per physical effect."""

from potentials.thermal import Thermal

__all__ = ["Thermal", "standard"]


def standard(muons: bool = True) -> tuple[Thermal, ...]:
    """Return the potentials of the Standard Model without lepton asymmetry, always present in a solution."""
    return (Thermal(muons),)
