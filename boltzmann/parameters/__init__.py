"""The inputs of a run, frozen and validated: `Mixing` and `Asymmetry` (nature) and `Options` (numerics).

Imports units and errors only. Start reading at `mixing`; `inputs` is what they and the interactions share.
"""

from boltzmann.errors import ParameterError, ValidityWarning
from boltzmann.parameters.asymmetry import Asymmetry
from boltzmann.parameters.mixing import ActiveSector, Mixing
from boltzmann.parameters.options import Options

__all__ = ["ActiveSector", "Asymmetry", "Mixing", "Options", "ParameterError", "ValidityWarning"]
