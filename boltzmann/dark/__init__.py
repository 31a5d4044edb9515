"""What a secret interaction brings: mediators, their bath with the sterile neutrinos, and the loops of V_s.

Imports `boltzmann.plasma` and below; the equation reads it, it never reads the equation. Start reading at `bath`.
"""
