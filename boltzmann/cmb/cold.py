"""States that are matter for the CMB: thermal mass above 10 eV, beyond the table of refits.

Such a state is part of the dark matter, and omega_cdm is refitted: nothing is left of its density up to that of all
dark matter. Two things are left.

* **Free streaming** smooths the part of the dark matter that nu_4 is. Scores of the table are linear in what disturbs
  them and chi^2 is a quadratic form of them, so that Delta chi^2 = a x + b x^2, with ::

      x = Omega_4 h^2 (m_DW/100 eV)^(-p),      m_DW = m_eff/N_eff_4,

  the velocity of the state being T_nu/m_DW whatever its spectrum (`boltzmann.cmb.thermal`). `RESPONSES` are fitted to
  refits at 12 < m_thermal < 1000 eV, 0.01 < Omega_4 h^2 < 0.1 (data/cmb/warm.ecsv, made by
  scripts/make_warm_table.py): good to 0.4 or 15 % of these, with ACT to 0.55 or 26 %. N_eff_4 = m_eff/m_DW is a part of
  this; as radiation counts what is left of N_eff.
* **Overclosure**, Omega_4 h^2 above the omega_cdm of the best fit: (excess/0.0012)^2, with the error of Planck 2018
  (arXiv:1807.06209 table 1) and up to ten of them, is a lower bound.

Beyond the largest x that was refitted, Delta chi^2 there is a lower bound; so is that of a state inside the table that
is as fast and carries less.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple, TypeVar

import numpy as np

from boltzmann.cmb import likelihood
from boltzmann.cmb.likelihood import LEAST, MOST_MASS, PARAMETERS, Derived, Profile
from boltzmann.cmb.thermal import MOST_THERMAL_MASS, least_N_eff_4
from boltzmann.errors import ValidityWarning
from boltzmann.numerics.arrays import Array
from boltzmann.observables import DARK_MATTER, M_EFF_UNIT

Number = TypeVar("Number", float, Array)
TABLE = "cmb/warm.ecsv"


class Response(NamedTuple):
    """a, b and p of the module docstring."""

    linear: float
    quadratic: float
    power: float

    def disturbance(self, m_eff: Number, N_eff_4: Number) -> Number:
        """Return x of a state; `m_eff` in eV."""
        inverse: Number = (1e2 * N_eff_4 / m_eff) ** self.power
        return m_eff / M_EFF_UNIT * inverse

    def delta_chi2(self, x: Number) -> Number:
        """Return what free streaming adds to Delta chi^2."""
        return self.linear * x + self.quadratic * x**2


#: For each combination of data, as scripts/make_warm_table.py prints them.
RESPONSES = {
    "planck2018": Response(25.47, 147.3, 1.452),
    "planck2018+desi": Response(61.42, 137.6, 1.511),
    "planck+act": Response(42.97, 85.66, 1.647),
    "planck+act+desi": Response(78.33, 141.9, 1.570),
}
MOST_WARM = (0.03, 19.4)  # Omega_4 h^2 and m_DW [eV] of the refit with the largest x
SIGMA_OMEGA = 0.0012  # of omega_cdm, arXiv:1807.06209 table 1
MOST_SIGMAS = 10.0  # of overclosure, beyond which chi^2 is not quadratic and the word does not change
WARM = 0.3  # of Delta chi^2 of `FELT_BY` from free streaming, from which a state is called warm
FELT_BY = "planck2018+desi"
TREATMENT = (
    "the fourth state is part of the dark matter, which is refitted; its free streaming is a fit to refits, good to "
    "0.4 or 15 %, with ACT to 0.55 or 26 % (boltzmann.cmb.cold)"
)
OUTSIDE = (
    "bounds on the free streaming of such matter from the Lyman-alpha forest and the structure of galaxies "
    "(arXiv:1702.01764), and on its decay from X-rays (arXiv:1602.04816), are outside this package"
)


def is_cold(m_eff: float, N_eff_4: float) -> bool:
    """Whether a state's thermal mass m_eff/N_eff_4^(3/4) is above `MOST_THERMAL_MASS`; `m_eff` in eV."""
    return 0.0 < N_eff_4 < float(least_N_eff_4(m_eff))


def word(m_eff: float, N_eff_4: float) -> str:
    """Return "cold", or "warm" if the CMB feels the free streaming."""
    law = RESPONSES[FELT_BY]
    return "warm" if law.delta_chi2(law.disturbance(m_eff, N_eff_4)) > WARM else "cold"


def description(m_eff: float, N_eff_4: float) -> str:
    """Say what a state is as matter."""
    omega = m_eff / M_EFF_UNIT
    share = f"{100.0 * omega / DARK_MATTER:.2g} % of the dark matter"
    if omega > DARK_MATTER:
        share = f"{omega / DARK_MATTER:.2g} times all dark matter: it overcloses the Universe"
    return f"a {word(m_eff, N_eff_4)} fourth state, Omega_4 h^2 = {omega:.3g} ({share}),"


def profile(
    delta_N_eff: float, m_eff: float, data: str, N_eff_4: float, sum_m_nu: float, helium: float = 0.0
) -> Profile:
    """Return Delta chi^2 of a state that `is_cold`; arguments as of `likelihood.profile`, numbers.

    Raises
    ------
    ParameterError
        As `likelihood.profile`.
    """
    rest = likelihood.profile(max(delta_N_eff - N_eff_4, LEAST), 0.0, data, 0.0, sum_m_nu, helium)
    left, law = delta_N_eff - N_eff_4, RESPONSES[data]
    omega, most = MOST_WARM
    x, largest = law.disturbance(m_eff, N_eff_4), omega * (1e-2 * most) ** -law.power
    excess = max(0.0, m_eff / M_EFF_UNIT - _omega_cdm(max(left, LEAST), data))
    value = float(rest.delta_chi2) + law.delta_chi2(min(x, largest)) + min(excess / SIGMA_OMEGA, MOST_SIGMAS) ** 2
    beyond = x > largest
    if beyond:
        value = max(value, _slower_share(delta_N_eff, m_eff, data, N_eff_4, sum_m_nu))
    return Profile(np.asarray(value), np.asarray(bool(rest.lower_bound) or beyond or excess > 0.0))


def derived(delta_N_eff: float, m_eff: float, data: str, N_eff_4: float, sum_m_nu: float) -> Derived:
    """Return h, sigma8 and Omega_m beside a state that `is_cold`: those of the rest, whose dark matter it is a part of.

    Warns
    -----
    ValidityWarning
        The state is warm: its free streaming lowers sigma8 below this.
    """
    if word(m_eff, N_eff_4) == "warm":
        warnings.warn(
            "nu_4 is warm matter; sigma8 is that of cold matter of the same density, an upper bound",
            ValidityWarning,
            stacklevel=2,
        )
    return likelihood.derived(max(delta_N_eff - N_eff_4, LEAST), 0.0, data, 0.0, sum_m_nu)


def _omega_cdm(delta_N_eff: float, data: str) -> float:
    """Return omega_cdm of the best fit beside massless radiation."""
    return float(likelihood.best_fit((delta_N_eff, 0.0, 0.0), data)[PARAMETERS.index("omega_cdm")])


def _slower_share(delta_N_eff: float, m_eff: float, data: str, N_eff_4: float, sum_m_nu: float) -> float:
    """Return Delta chi^2 of a part of the state, as fast as all of it, that lies inside the table; the rest is cold."""
    m_DW = m_eff / N_eff_4
    own = min((MOST_THERMAL_MASS / m_DW) ** 4, MOST_MASS / m_DW, N_eff_4)
    total = max(delta_N_eff - N_eff_4 + own, LEAST)
    return float(likelihood.profile(total, m_DW * own, data, own, sum_m_nu).delta_chi2)
