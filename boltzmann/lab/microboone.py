"""MicroBooNE 2025: nu_e from nu_mu in the Booster beam (HEPData 10.17182/hepdata.166435).

`chi2` interpolates ``data/lab/microboone2025.ecsv``, our own appearance-only chi^2 of the release
(`boltzmann.lab.microboone_release`), made by ``scripts/make_surface_tables.py``.
"""

from __future__ import annotations

from boltzmann.lab.surface import Tabulated

__all__ = ["CHANNEL", "CITATION", "DM2_MAX", "NAME", "VALIDITY", "VERIFIED", "chi2"]

NAME = "MicroBooNE"
CITATION = "MicroBooNE 2025, HEPData 10.17182/hepdata.166435; response of arXiv:2210.10216"
CHANNEL = "mue"
VERIFIED = True
DM2_MAX = 100.0  # [eV^2]
VALIDITY = (
    "Appearance in the Booster beam alone; neither disappearance of intrinsic nu_e nor the NuMI beam. 95 % limits "
    "within 25 % of the curve of 2022 (arXiv:2210.10216, appearance only) at 0.2 to 5 eV2. Up to 100 eV2."
)
chi2 = Tabulated(NAME, "lab/microboone2025.ecsv", "sin2_2theta_mue", power=4).chi2
