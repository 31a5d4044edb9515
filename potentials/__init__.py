"""Potentials and secret interactions of neutrinos in the early Universe: one file per physical effect.

Imports only what a potential is made of: constants, units, parameters, tables, `boltzmann.kinetics.potential_terms`.
Start reading at `thermal` (the Standard Model) or at `secret_vector`; a new potential is a new file here.

The folder is ``potentials/`` of a checkout, where ``boltzmann/potentials`` is a link to it, and is imported as
``boltzmann.potentials`` everywhere; the name ``potentials`` alone works in a checkout for one more version.
"""

import sys
import warnings

from boltzmann.kinetics.potential_terms import Terms
from boltzmann.potentials.heavy_lepton import HeavyNeutralLepton
from boltzmann.potentials.low_reheating import LowReheating
from boltzmann.potentials.nsi import NSI
from boltzmann.potentials.quasi_sterile import QuasiSterile, UltralightCurrent
from boltzmann.potentials.secret import sin2_2theta_matter
from boltzmann.potentials.secret_pseudoscalar import SecretPseudoscalar
from boltzmann.potentials.secret_vector import SecretVector
from boltzmann.potentials.thermal import Thermal
from boltzmann.potentials.thermal_relic import ThermalRelic
from boltzmann.potentials.ultralight_scalar import UltralightScalar

__all__ = [
    "HeavyNeutralLepton",
    "NSI",
    "LowReheating",
    "QuasiSterile",
    "SecretPseudoscalar",
    "SecretVector",
    "Terms",
    "Thermal",
    "ThermalRelic",
    "UltralightCurrent",
    "UltralightScalar",
    "sin2_2theta_matter",
    "standard",
]


def standard(muons: bool = True) -> tuple[Thermal, ...]:
    """Return the potentials of the Standard Model without lepton asymmetry, always present in a solution."""
    return (Thermal(muons),)


if __name__ == "potentials":  # the old name: the same modules, said once
    warnings.warn(
        "the name potentials is that of another package on the index; write from boltzmann.potentials import ...",
        DeprecationWarning,
        stacklevel=2,
    )
    for _name in [name for name in sys.modules if f"{name}.".startswith("boltzmann.potentials.")]:
        sys.modules[_name.removeprefix("boltzmann.")] = sys.modules[_name]
