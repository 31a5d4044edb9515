"""Lepton asymmetries: synchronised oscillations of three active flavours, and resonances that one drives (`front`).

Imports potentials, kinetics and below. Start reading at `evolution` (`evolve`), then `precession` for the equation of
three flavours; `front` stands alone.
"""
