"""Relics of MeV mass: leptons that decay, and particles in equilibrium with the plasma or with neutrinos.

Imports kinetics, collisions, plasma and below. Start reading at `equation`; `model` is what the objects of
`boltzmann.potentials` give, `boltzmann.solver.relics` makes a Solution.
"""
