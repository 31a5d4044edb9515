"""Sterile neutrinos in the early Universe: from mixing parameters to N_eff, the CMB and laboratory data.

Example
-------
>>> from boltzmann import Mixing, solve
>>> solution = solve(Mixing(dm2_41="1.3 eV2", Ue4_sq=0.01))
>>> print(f"N_eff = {solution.N_eff:.2f}, m_eff = {solution.m_eff:.2f}")
N_eff = 4.05, m_eff = 1.15 eV

The way of the data: `parameters` (Mixing, Asymmetry, Options) and `potentials` -> `solver` (the equation is in
`kinetics.qke`) -> `solution` -> `cmb`, `lab`, `scan` -> `comparison` -> `figures`, `cli`. Names are imported when they
are first used, so that ``import boltzmann`` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boltzmann.comparison.confrontation import confront
    from boltzmann.errors import ParameterError, UnfinishedWarning, ValidityWarning
    from boltzmann.numerics.cache import CacheError
    from boltzmann.parameters import Asymmetry, Mixing, Options
    from boltzmann.solution import Solution
    from boltzmann.solver import load_solution, solve
    from boltzmann.units import Quantity

__version__ = "0.2.0"
__all__ = [
    "Asymmetry", "CacheError", "Mixing", "Options", "ParameterError", "Quantity", "Solution", "UnfinishedWarning",
    "ValidityWarning", "confront", "load_solution", "solve",
]  # fmt: skip

_HOME = {
    "Asymmetry": "boltzmann.parameters",
    "CacheError": "boltzmann.numerics.cache",
    "Mixing": "boltzmann.parameters",
    "Options": "boltzmann.parameters",
    "ParameterError": "boltzmann.errors",
    "Quantity": "boltzmann.units",
    "Solution": "boltzmann.solution",
    "UnfinishedWarning": "boltzmann.errors",
    "ValidityWarning": "boltzmann.errors",
    "confront": "boltzmann.comparison.confrontation",
    "load_solution": "boltzmann.solver",
    "solve": "boltzmann.solver",
}


#: Packages for users; the other rooms are for those who work on them.
_PACKAGES = ("cmb", "comparison", "interpretations", "lab", "potentials", "scan")


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return importlib.import_module(f"boltzmann.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'boltzmann' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*__all__, *_PACKAGES, "__version__"]
