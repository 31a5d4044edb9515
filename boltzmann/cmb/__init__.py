"""From a solution to the data of the early Universe: CLASS, refits and their embedded table, abundances, chains.

Imports `boltzmann.solver` and below, never a laboratory. Start reading at `judge` (`verdict`), `species` (what CLASS
gets), `likelihood` (the table) and `bbn`.
"""

from boltzmann.cmb.bbn import Abundances, PrimatMissing, abundances
from boltzmann.cmb.bbn_observed import Agreement, bbn_chi2
from boltzmann.cmb.class_bridge import ClassSpectra, ClassyMissing, class_parameters, run_class, spectra
from boltzmann.cmb.exact import Refit, refit
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
    "neutrinos_for_class",
    "run_class",
    "significance",
    "spectra",
    "summarise",
    "verdict",
]
