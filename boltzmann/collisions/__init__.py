"""Weak collisions: nu-e tables, nu-nu tables, damping of coherences, and the full flavour structure.

Imports `boltzmann.plasma`, `numerics` and constants; knows nothing of mixing. Start reading at `electron`, then
`neutrino` (populations), `damping` and `matrix` (coherences).

All modules return I in the normalisation (nu-nu: arXiv:hep-ph/9703315 with g_L, g_R of the pair)::

    d rho/ds |_coll = N_x m_e^3 G_F^2 / (8 pi^3 y^2 x^3) I[rho],          s = ln x
"""
