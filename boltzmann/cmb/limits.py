"""One-dimensional limits from the embedded table, with the priors of Planck 2018 (arXiv:1807.06209 sec. 7.5.3).

exp(-Delta chi^2/2) is used as a posterior: LCDM's parameters are profiled instead of integrated over, which is the same
for a Gaussian dependence on them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boltzmann.cmb.likelihood import LEAST, MOST_MASS, delta_chi2
from boltzmann.cmb.thermal import STANDARD_N_EFF, least_N_eff_4
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array


@dataclass(frozen=True)
class Limits:
    """Upper limits on a thermal sterile state.

    Attributes
    ----------
    N_eff, m_eff : float
        Upper limits, each marginalised over the other; m_eff in eV.
    level : float
        Their probability.
    data : str
        Combination of data.
    """

    N_eff: float
    m_eff: float
    level: float
    data: str


def _grid() -> tuple[Array, Array]:
    """Return delta_N_eff and m_eff, denser near zero."""
    u = np.linspace(0.0, 1.0, 161)
    return 1.6 * u**2, MOST_MASS * u**2


def sterile_limits(data: str = "planck2018", level: float = 0.95) -> Limits:
    """Return upper limits on N_eff and m_eff, flat priors in both, N_eff > 3.044, thermal mass below 10 eV.

    Parameters
    ----------
    data : str
        Of `likelihood.DATA`.
    level : float
        Probability below the limit.

    Raises
    ------
    ParameterError
        `level` is not between 0 and 1, or unknown `data`.
    """
    if not 0.0 < level < 1.0:
        raise ParameterError(f"level = {level} is not allowed; give a probability between 0 and 1")
    delta, mass = _grid()
    total, m_eff = np.meshgrid(delta, mass, indexing="ij")
    allowed = total >= least_N_eff_4(m_eff)
    density = np.zeros(total.shape)
    density[allowed] = np.exp(-0.5 * delta_chi2(total[allowed], m_eff[allowed], data))
    return Limits(
        N_eff=STANDARD_N_EFF + _quantile(delta, np.asarray(np.trapezoid(density, mass, axis=1)), level),
        m_eff=_quantile(mass, np.asarray(np.trapezoid(density, delta, axis=0)), level),
        level=level,
        data=data,
    )


def massless_N_eff(data: str = "planck2018") -> tuple[float, float]:
    """Return mean and standard deviation of N_eff without a massive sterile state, flat prior above 2.444."""
    delta = np.linspace(LEAST, 1.6, 441)
    density = np.exp(-0.5 * delta_chi2(delta, 0.0, data))
    mean = np.average(delta, weights=density)
    return STANDARD_N_EFF + float(mean), float(np.sqrt(np.average((delta - mean) ** 2, weights=density)))


def _quantile(x: Array, density: Array, level: float) -> float:
    """Return where the integral of a tabulated density reaches a fraction of its total."""
    steps = 0.5 * (density[1:] + density[:-1]) * np.diff(x)
    total = np.concatenate([[0.0], np.cumsum(steps)])
    return float(np.interp(level * total[-1], total, x))
