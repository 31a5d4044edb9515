"""Dark particles of meson decays that upscatter in the detector."""

from __future__ import annotations

from boltzmann.interpretations.meson_portal import Rules
from boltzmann.interpretations.protocol import Interpretation, Parameter

__all__ = ["MODEL"]

MODEL = Interpretation(
    "dark-particle",
    "upscattering of dark particles",
    "pi, K -> chi chi A', chi N -> chi' N",
    {"mass": Parameter("MeV", 1.1, 200.0, "of the lightest new state")},
    Rules("chi and A'"),
    {"lsnd": "no", "miniboone": "yes", "reactors_hm": "no", "gallium": "no"},
)
