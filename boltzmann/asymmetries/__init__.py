"""Lepton asymmetries of three active flavours: synchronised oscillations with averaged populations.

Imports potentials, kinetics and below. Start reading at `evolution` (`evolve`), then `precession` for the equation.
"""
