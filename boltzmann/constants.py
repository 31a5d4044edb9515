"""Physical constants in powers of MeV (hbar = c = k_B = 1).

CODATA 2018 and PDG 2022; the unit of every name stands in its comment.
"""

from math import pi, sqrt

M_E = 0.51099895  # electron mass [MeV], CODATA 2018
M_MU = 105.6583755  # muon mass [MeV], CODATA 2018
G_F = 1.1663787e-11  # Fermi constant [MeV^-2], PDG 2022
M_W = 80379.0  # W mass [MeV], PDG 2022
M_Z = 91187.6  # Z mass [MeV], PDG 2022
SIN2_THETA_W = 0.23121  # weak mixing angle, MS-bar at M_Z, PDG 2022
ALPHA = 1.0 / 137.035999  # fine-structure constant, CODATA 2018
E_SQUARED = 4.0 * pi * ALPHA  # electric charge squared
M_PLANCK = 1.22089e22  # Planck mass [MeV], H^2 = 8 pi energy density/(3 M_PLANCK^2)

T_CMB_K = 2.7255  # photon temperature today [K], arXiv:0911.1955
KELVIN = 8.617333262e-11  # one kelvin [MeV], exact SI definition
EV = 1e-6  # one electronvolt [MeV]
ZETA_3 = 1.2020569031595942  # Riemann zeta(3)

# Effective couplings of nu_e (first) and of nu_mu, nu_tau to electrons, tree level.
G_L_E = SIN2_THETA_W + 0.5
G_L_X = SIN2_THETA_W - 0.5
G_R = SIN2_THETA_W

#: Energy density of one neutrino species (nu + nubar) at temperature 1: (7/8)(pi^2/15).
NEUTRINO_DENSITY = 7.0 * pi**2 / 120.0
#: Comoving Hubble prefactor: H = (M_E^2/x^2) sqrt(rho_bar)/HUBBLE_MASS, i.e. M_PLANCK sqrt(3/8 pi) [MeV].
HUBBLE_MASS = M_PLANCK * sqrt(3.0 / (8.0 * pi))
