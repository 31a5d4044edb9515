"""Long-lived bosons of meson decays that turn into photons (inverse Primakoff)."""

from __future__ import annotations

from boltzmann.interpretations.meson_portal import Rules
from boltzmann.interpretations.protocol import Interpretation, Parameter

__all__ = ["MODEL"]

MODEL = Interpretation(
    "inverse-primakoff",
    "inverse Primakoff scattering",
    "g_mu phi mubar mu, g_n Z' ubar u, (lambda/4) phi F' F",
    {"mass": Parameter("MeV", 1.1, 200.0, "of the lightest new state")},
    Rules("phi"),
    {"lsnd": "no", "miniboone": "yes", "reactors_hm": "no", "gallium": "no"},
)
