"""Cobaya (arXiv:2005.05290): sterile neutrinos as a theory, and likelihoods. The only importer of cobaya.

In the yaml of a chain, every class by its full name; its options and their defaults are in the yaml file of its name::

    theory:
      boltzmann.cmb.cobaya_theory.SterileNeutrino:  # solves; N_eff, m_eff, ... as derived parameters
      boltzmann.cmb.cobaya_theory.SterileClassy:    # cobaya's classy with the spectra of SterileNeutrino
    likelihood:
      boltzmann.cmb.cobaya_theory.EmbeddedCMB:      # table of the package; needs no SterileClassy
      boltzmann.cmb.cobaya_theory.BBN:              # chi^2 of primordial Y_p and D/H
      boltzmann.cmb.cobaya_theory.Laboratory:       # chi^2 of oscillation experiments

A point that has no solution (a run that failed, a value outside its range) has zero likelihood and a line in the log; a
setup that cannot work, also by a fixed value, stops the run with a sentence.
"""

from boltzmann.cmb.cobaya_theory.likelihoods import BBN, EmbeddedCMB, Laboratory
from boltzmann.cmb.cobaya_theory.theories import SterileClassy, SterileNeutrino

__all__ = ["BBN", "EmbeddedCMB", "Laboratory", "SterileClassy", "SterileNeutrino"]
