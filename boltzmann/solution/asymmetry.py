"""What a run says of its own assumption nu = nubar: whether a small lepton asymmetry would have grown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from boltzmann.kinetics.asymmetry import UNSTABLE

if TYPE_CHECKING:
    from boltzmann.units import Quantity

DECOUPLED = 0.3  # MeV, below which N_eff and the neutron-to-proton ratio no longer follow what neutrinos do


@dataclass(frozen=True)
class AsymmetryGrowth:
    """Growth of a small lepton asymmetry along a run with nu = nubar, see `boltzmann.kinetics.asymmetry`.

    Attributes
    ----------
    exponent : float
        Largest integral of the growth rate over time, until weak collisions end at T = 0.02 MeV: an asymmetry grows by
        e^exponent if it stays small. Far above 25 its value means nothing else.
    temperature : Quantity
        Photon temperature [MeV] at which the exponent passes 25; NaN if it does not.
    """

    exponent: float
    temperature: Quantity

    @property
    def unstable(self) -> bool:
        """Whether the exponent exceeds 25: the primordial asymmetry, 1e-10 or so, has become large."""
        return self.exponent > UNSTABLE

    @property
    def matters(self) -> bool:
        """Whether it did so while N_eff or the neutron-to-proton ratio could feel it, above T = 0.3 MeV."""
        return self.unstable and float(self.temperature.value) > DECOUPLED

    def __str__(self) -> str:
        if not self.unstable:
            return f"growth exponent of lepton asymmetries at most {self.exponent:.2g}: nu = nubar is stable"
        return (
            f"a small lepton asymmetry has grown by e^{UNSTABLE:.0f} at T = {float(self.temperature.value):.3g} MeV, "
            "so that nu = nubar, which is assumed, is unstable"
        )


def stable() -> AsymmetryGrowth:
    """Return the growth of a run in which no asymmetry grows."""
    from boltzmann.units import Quantity

    return AsymmetryGrowth(0.0, Quantity(float("nan"), "MeV"))
