"""PROSPECT: spectra at 6.7 to 9.3 m from a research reactor (Andriamirado et al. 2021, arXiv:2006.11210).

`chi2` interpolates ``data/lab/prospect2021.ecsv``, our own chi^2 of the collaboration's release
(`boltzmann.lab.prospect_release`), made by ``scripts/make_surface_tables.py``. It depends on ratios of spectra at
different baselines alone, not on the flux or spectrum of the reactor.
"""

from __future__ import annotations

from boltzmann.lab.surface import Tabulated

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "NAME", "VALIDITY", "VERIFIED", "chi2"]

NAME = "PROSPECT"
CITATION = "Andriamirado et al. (PROSPECT) 2021, arXiv:2006.11210, and its data release"
CHANNEL = "ee"
VERIFIED = True
DM2_MAX = 20.0  # [eV^2]
VALIDITY = (
    "Own analysis of the released spectra, covariance and responses, up to 20 eV2, good to 3 in Delta where that is "
    "below 100; the paper's contours are calibrated by simulation, these are not. Not the final data "
    "(arXiv:2406.10408)."
)
chi2 = Tabulated(NAME, "lab/prospect2021.ecsv", "sin2_2theta_ee").chi2
