"""From a solution to the cosmic microwave background: CLASS, and what Planck says about the result."""

from boltzmann.cmb.bbn import Abundances, Agreement, PrimatMissing, abundances, bbn_chi2
from boltzmann.cmb.class_bridge import ClassSpectra, ClassyMissing, class_parameters, run_class, spectra
from boltzmann.cmb.likelihood import Verdict, n_eff_verdict
from boltzmann.cmb.species import ClassNeutrinos, neutrinos_for_class

__all__ = [
    "Abundances",
    "Agreement",
    "ClassNeutrinos",
    "ClassSpectra",
    "ClassyMissing",
    "PrimatMissing",
    "Verdict",
    "abundances",
    "bbn_chi2",
    "class_parameters",
    "n_eff_verdict",
    "neutrinos_for_class",
    "run_class",
    "spectra",
]
