"""Sterile neutrinos in the early Universe."""

__version__ = "0.1.0"
