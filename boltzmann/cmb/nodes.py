"""Where the table of refits has its nodes, and where it is checked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import qmc

from boltzmann.cmb.likelihood import most_N_eff_4
from boltzmann.cmb.species import ACTIVE_MASS
from boltzmann.cmb.thermal import STANDARD_N_EFF, least_N_eff_4, shared_N_eff_4


class Node(NamedTuple):
    """A neutrino sector, see `thermal.thermal_neutrinos`.

    Attributes
    ----------
    delta_N_eff : float
        N_eff - 3.044.
    m_eff : float
        94.1 eV Omega_4 h^2 [eV].
    N_eff_4 : float
        Contribution of the massive state to N_eff; 0 at m_eff = 0.
    N_eff_colliding : float
        Contribution of a massless fluid.
    sum_m_nu : float
        Sum of active masses [eV].
    """

    delta_N_eff: float
    m_eff: float = 0.0
    N_eff_4: float = 0.0
    N_eff_colliding: float = 0.0
    sum_m_nu: float = ACTIVE_MASS


LCDM = Node(0.0)
_MASSLESS = (0.0, 0.1, 0.2, -0.2, 0.5, 1.0, -0.1, 0.35, 0.75, -0.4, 1.4, 2.0, 3.0, -0.6)
SUMS = (0.10, 0.15, 0.25, 0.40)  # of active masses [eV], besides ACTIVE_MASS


def contributions(delta_N_eff: float, m_eff: float) -> list[float]:
    """Return the values of N_eff_4 at which a pair is tabulated.

    Half of delta_N_eff (the rest is a light mediator), all of it (produced by oscillations), a fourth of everything
    (equilibrated after decoupling), and between the last two.
    """
    least, shared = float(least_N_eff_4(m_eff)), float(shared_N_eff_4(delta_N_eff))
    low = max(least, 0.5 * delta_N_eff)
    thermal = max(least, delta_N_eff)
    values = sorted({round(v, 4) for v in (low, thermal, 0.5 * (thermal + shared), shared)})
    return [v for k, v in enumerate(values) if k == 0 or v - values[k - 1] > 0.06 * (1.0 + delta_N_eff)]


def _massive(splittings: tuple[float, ...], masses: tuple[float, ...]) -> list[Node]:
    return [Node(d, m, n) for d in splittings for m in masses for n in contributions(d, m)]


def everything() -> list[Node]:
    """Return the nodes of both tables in the order of computing: first a coarse grid that spans all, then the rest."""
    coarse = [
        *(Node(d) for d in _MASSLESS),
        *_massive((0.0, 0.2, 1.0), (0.3, 1.0)),
        *fluid_nodes()[::3],
        *_massive((0.5,), (0.1, 0.6, 1.6)),
        *summed_nodes()[1::2],
        *_massive((3.0, -0.6, 1.0), (0.5, 4.0)),
    ]
    return list(dict.fromkeys([*coarse, *nodes(), *fluid_nodes()]))


def nodes() -> list[Node]:
    """Return the nodes of the table, the most important ones first."""
    result = [
        *(Node(d) for d in _MASSLESS),
        *_massive((0.0, 0.2, 0.5, 1.0), (0.1, 0.3, 0.6, 1.0, 1.6, 2.6)),
        *summed_nodes(),
        *_massive((-0.2, 0.1, 0.35, 0.75), (0.1, 0.3, 0.6, 1.0, 1.6, 2.6)),
        *_massive((2.0, 3.0, -0.6, 0.0, 1.0), (0.5, 1.5, 4.0)),
        *_massive((0.0, 0.05, 0.2, 0.5), (0.05, 0.2, 0.45)),
        *_massive((0.05, 0.35), (0.8, 1.3)),
        *_massive((-0.1, 0.25), (0.1, 0.25, 0.45, 0.8)),
        *_massive((0.6, 0.85), (0.2, 0.45)),
        *_massive((-0.4,), (0.3, 1.0, 1.6)),
        *slow_nodes(),
    ]
    return list(dict.fromkeys(result))


def slow_nodes() -> list[Node]:
    """Return nodes of slow states without more radiation, where `contributions` leaves the widest gap.

    N_eff_4 is the geometric mean of the slowest and the next node.
    """
    pairs = [(-0.4, 1.0), *((d, m) for d in (-0.2, 0.0) for m in (0.6, 1.0, 1.6))]
    return [Node(d, m, round(float(np.sqrt(np.prod(contributions(d, m)[:2]))), 4)) for d, m in pairs]


def summed_nodes() -> list[Node]:
    """Return the nodes with other sums of active masses; each has a partner of the same sector at `ACTIVE_MASS`.

    LCDM has all sums; other sectors have two, 0.10 and 0.25 or 0.15 and 0.40 eV, so that every region has both ends.
    """
    massive = [(0.2, 0.3), (0.5, 0.6), (0.0, 0.3), (1.0, 1.0), (-0.2, 0.6), (0.2, 1.0), (0.0, 1.0), (0.5, 0.1)]
    massive += [(1.0, 0.3), (2.0, 1.5), (0.35, 1.6), (-0.2, 0.1), (0.2, 0.1)]
    sectors = [Node(d) for d in (0.2, -0.2, 0.5, 1.0, -0.6, 2.0)]
    for k, (d, m) in enumerate(massive):
        own = contributions(d, m)
        sectors.append(Node(d, m, own[0] if k % 2 else own[-1]))
    sums = [(SUMS[k % 2], SUMS[2 + k % 2]) for k in range(len(sectors))]
    pairs = [(LCDM, SUMS), *zip(sectors, sums, strict=True)]
    return [node._replace(sum_m_nu=total) for node, totals in pairs for total in totals]


def fluid_nodes() -> list[Node]:
    """Return the nodes of the table of massless states of which some are a fluid: m_eff and N_eff_4 are zero."""
    pairs = [(0.0, 0.0), *((d, n) for d in (0.0, 0.2, 0.5, 1.0, -0.2, 1.7) for n in (0.15, 0.4, 0.8, 1.3, 2.0, 3.0))]
    result = [Node(d, N_eff_colliding=n) for d, n in pairs if n < STANDARD_N_EFF + d - 0.1]
    return result + [Node(d) for d in (-0.2, 0.2, 0.5, 1.0, 1.7)]


def held_out(count: int) -> list[Node]:
    """Return points between the nodes where Delta chi^2 is moderate, Sobol-distributed, for checks of interpolation.

    delta_N_eff from -0.3 to 1.1, m_eff from 0 to 1.2 eV, N_eff_4 over its whole range; the sum of active masses is
    0.06 eV in half of them and up to 0.36 eV in the others.
    """
    result = []
    for u in qmc.Sobol(4, seed=2018).random_base2(int(np.ceil(np.log2(max(count, 1)))))[:count]:
        total, mass = -0.3 + 1.4 * u[0], 1.2 * u[1]
        least = max(float(least_N_eff_4(mass)), 0.5 * total)
        own = least + u[2] * (float(most_N_eff_4(total)) - least)
        active = ACTIVE_MASS + max(0.0, 0.6 * (u[3] - 0.5))
        result.append(Node(*(round(float(value), 4) for value in (total, mass, own, 0.0, active))))
    return result
