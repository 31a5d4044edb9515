"""Lepton asymmetries: synchronised oscillations of three active flavours, and resonances that one drives.

Imports potentials, kinetics and below. Start reading at `evolution` (`evolve`), then `precession` for the equation of
three flavours; `front` and `cells`, the equation of a resonance and its populations, stand alone.
"""
