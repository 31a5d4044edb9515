"""THE EQUATION and its integration: quantum kinetic equations in ln x for all comoving momenta.

Imports `boltzmann.dark`, `collisions`, `plasma`, `observables`, `parameters` and below; no potential by name. Start
reading at `qke` (the equation), then `terms` (what it adds up), `stepper` (how it is integrated), `evolution` (how
far).
"""
