"""Published cross sections of the secret vector interaction, in units of the mediator's mass and e_s^4."""

import numpy as np


def published_like(s: float, a: float = 1.0) -> float:
    """sigma(nu nu)/e_s^4 in closed form (physics.md 8.2)."""
    return (2 * s / (a * (s + a)) + 4 * np.log1p(s / a) / (s + 2 * a)) / (8 * np.pi)


def published_unlike(s: float, width: float, a: float = 1.0) -> float:
    """sigma(nu nubar)/e_s^4 with the Breit-Wigner resonance in closed form (physics.md 8.2)."""
    L, D = np.log1p(s / a), (s - a) ** 2 + a * width**2
    interference = -2 * ((s + a) ** 2 * L - 1.5 * s**2 - s * a) * (s - a) / D
    return ((s + a) * s / a - 2 * (s + a) * L + s + interference + s**3 / (3 * D)) / (4 * np.pi * s**2)
