"""From a solution to the data of the early Universe: CLASS, refits and their embedded table, abundances, chains.

Imports `boltzmann.solver` and below, never a laboratory. Start reading at `judge` (`verdict`), `species` (what CLASS
gets), `likelihood` (the table) and `bbn`. Names are imported when they are first used: what ``sterile solve`` says of
the CMB needs `species` alone.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boltzmann.cmb.bbn import Abundances, PrimatMissing, abundances
    from boltzmann.cmb.bbn_observed import Agreement, bbn_chi2
    from boltzmann.cmb.class_bridge import ClassSpectra, ClassyMissing, class_parameters, run_class, spectra
    from boltzmann.cmb.exact import Refit, refit, refits
    from boltzmann.cmb.judge import Summary, Verdict, summarise, verdict
    from boltzmann.cmb.likelihood import Profile, delta_chi2, profile
    from boltzmann.cmb.planck import PlanckLite, planck_lite
    from boltzmann.cmb.species import ClassNeutrinos, neutrinos_for_class
    from boltzmann.numerics.statistics import significance

__all__ = [
    "Abundances",
    "Agreement",
    "ClassNeutrinos",
    "ClassSpectra",
    "ClassyMissing",
    "PlanckLite",
    "PrimatMissing",
    "Profile",
    "Refit",
    "Summary",
    "Verdict",
    "abundances",
    "bbn_chi2",
    "class_parameters",
    "delta_chi2",
    "planck_lite",
    "profile",
    "refit",
    "refits",
    "neutrinos_for_class",
    "run_class",
    "significance",
    "spectra",
    "summarise",
    "verdict",
]

_HOME = {
    "Abundances": "boltzmann.cmb.bbn",
    "Agreement": "boltzmann.cmb.bbn_observed",
    "ClassNeutrinos": "boltzmann.cmb.species",
    "ClassSpectra": "boltzmann.cmb.class_bridge",
    "ClassyMissing": "boltzmann.cmb.class_bridge",
    "PlanckLite": "boltzmann.cmb.planck",
    "PrimatMissing": "boltzmann.cmb.bbn",
    "Profile": "boltzmann.cmb.likelihood",
    "Refit": "boltzmann.cmb.exact",
    "Summary": "boltzmann.cmb.judge",
    "Verdict": "boltzmann.cmb.judge",
    "abundances": "boltzmann.cmb.bbn",
    "bbn_chi2": "boltzmann.cmb.bbn_observed",
    "class_parameters": "boltzmann.cmb.class_bridge",
    "delta_chi2": "boltzmann.cmb.likelihood",
    "neutrinos_for_class": "boltzmann.cmb.species",
    "planck_lite": "boltzmann.cmb.planck",
    "profile": "boltzmann.cmb.likelihood",
    "refit": "boltzmann.cmb.exact",
    "refits": "boltzmann.cmb.exact",
    "run_class": "boltzmann.cmb.class_bridge",
    "significance": "boltzmann.numerics.statistics",
    "spectra": "boltzmann.cmb.class_bridge",
    "summarise": "boltzmann.cmb.judge",
    "verdict": "boltzmann.cmb.judge",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'boltzmann.cmb' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
