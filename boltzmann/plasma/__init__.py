"""The electromagnetic plasma: photons, e+-, mu+- and finite-temperature QED, and the Hubble rate.

Imports `boltzmann.numerics` and units. Start reading at `thermo` (equation of state), then `background` (its tables).
"""
