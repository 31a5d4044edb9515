"""What the CMB says about a sterile neutrino: Delta chi^2 of a table of refits, interpolated.

`data/cmb/profile.ecsv` holds chi^2 of Planck 2018, without and with the BAO of DESI DR2, minimised over LCDM at nodes
of

* delta_N_eff = N_eff - 3.044,
* m_eff = 94.1 eV Omega_4 h^2 of the fourth mass state, kinetic energy included,
* N_eff_4, what this state contributes to N_eff.

Two numbers are enough for a state that oscillations produced, N_eff_4 = delta_N_eff. A secret interaction equilibrates
the four states after they have decoupled: then N_eff_4 is a fourth of N_eff, and the same m_eff comes from a lighter
and faster state. The third number tells the two apart (README).

Interpolated are the scores s of the whitened residuals at the minimum on their principal components: they are nearly
linear in the three numbers, and chi^2 = chi^2(LCDM) + b.s + s.s is a quadratic form of them. Delta chi^2 counts from
LCDM (delta_N_eff = m_eff = 0, one state of 0.06 eV) and can be slightly negative. `scripts/make_cmb_table.py` computed
the table from the public Planck files, which are not shipped.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import RBFInterpolator

from boltzmann import ecsv
from boltzmann.cmb.species import ACTIVE_MASS
from boltzmann.cmb.thermal import MOST_THERMAL_MASS, least_N_eff_4, shared_N_eff_4
from boltzmann.errors import ParameterError, ValidityWarning
from boltzmann.numerics.arrays import Array, Mask
from boltzmann.units import Quantity, in_unit

TABLE, FLUID_TABLE = "cmb/profile.ecsv", "cmb/profile_fluid.ecsv"
DATA = ("planck2018", "planck2018+desi")
NODE, FLUID_NODE = ("delta_N_eff", "m_eff", "N_eff_4"), ("delta_N_eff", "N_eff_colliding")
PARAMETERS = ("omega_b", "omega_cdm", "100*theta_s", "ln10^{10}A_s", "n_s", "tau_reio", "A_planck")
COMPONENTS = 10  # scores of each combination of data
LEAST, MOST = -0.6, 3.0  # delta_N_eff of the table
MOST_MASS = 4.0  # m_eff of the table [eV]
LIGHT = 0.05  # m_eff [eV] up to which N_eff_4 hardly matters and is moved into its range
LEAST_SUM = 0.055  # of active masses [eV]
MARGIN = 0.05  # by which N_eff_4 may exceed the nodes


class Profile(NamedTuple):
    """Interpolated table, arrays of the points' common shape.

    Attributes
    ----------
    delta_chi2 : array
        Relative to LCDM.
    lower_bound : array of bool
        Whether the point lies beyond the table on its excluded side, so that the value at its edge is a lower bound.
    """

    delta_chi2: Array
    lower_bound: Mask


@dataclass(frozen=True)
class Table:
    """Nodes of a table of refits to one combination of data, and what was found there.

    Attributes
    ----------
    nodes : (n, 3) or (n, 2) array
        delta_N_eff, m_eff [eV], N_eff_4; or delta_N_eff, N_eff_colliding.
    chi2 : (n,) array
        Minimum over LCDM.
    scores : (n, COMPONENTS) array
        Residuals at the minimum, less those of LCDM, on their principal components.
    theta : (n, 7) array
        Parameters at the minimum, in the order of `PARAMETERS`.
    linear : (COMPONENTS,) array
        b of chi^2 = chi^2(LCDM) + b.s + s.s.
    """

    nodes: Array
    chi2: Array
    scores: Array
    theta: Array
    linear: Array

    @property
    def reference(self) -> float:
        """chi^2 of LCDM."""
        return float(self.chi2[np.flatnonzero(~self.nodes.any(axis=1))[0]])

    @cached_property
    def surface(self) -> RBFInterpolator:
        """Scores, what their quadratic form leaves of chi^2, and parameters as functions of the `coordinates`."""
        rest = self.chi2 - self.reference - self.quadratic(self.scores)
        values = np.column_stack([self.scores, rest, self.theta])
        return RBFInterpolator(coordinates(self.nodes), values, kernel="quintic", degree=2)

    def delta_chi2(self, points: Array) -> Array:
        """Return Delta chi^2 of points inside the table."""
        found = self.surface(coordinates(points))
        return self.quadratic(found[:, :COMPONENTS]) + found[:, COMPONENTS]

    def best_fit(self, point: Array) -> Array:
        """Return the parameters at the minimum for one point, `PARAMETERS`."""
        return np.asarray(self.surface(coordinates(point[None]))[0, COMPONENTS + 1 :])

    def quadratic(self, scores: Array) -> Array:
        """Return Delta chi^2 of scores (n, COMPONENTS)."""
        return np.asarray(scores @ self.linear + np.sum(scores**2, axis=-1))


def coordinates(points: Array) -> Array:
    """Return (n, 3) numbers in which scores vary alike over one unit; pairs as they are.

    delta_N_eff, 1.5 sqrt(m_eff/eV + 0.02) and 2 sqrt(N_eff_4) m_eff/(m_eff + 0.07 eV), chosen by leave-one-out errors:
    BAO respond to the lightest masses most steeply, and what distinguishes states of one m_eff, their free streaming,
    sets in steeply at small N_eff_4 and vanishes with m_eff.
    """
    if points.shape[1] == len(FLUID_NODE):
        return points
    total, mass, own = points.T
    return np.column_stack([total, 1.5 * np.sqrt(mass + 0.02), 2.0 * np.sqrt(own) * mass / (mass + 0.07)])


def most_N_eff_4(delta_N_eff: ArrayLike) -> Array:
    """Return the largest tabulated N_eff_4: all of delta_N_eff or a fourth of N_eff."""
    return np.maximum(delta_N_eff, shared_N_eff_4(np.asarray(delta_N_eff)))


def table(data: str) -> Table:
    """Return the table of free-streaming states for one combination of data.

    Raises
    ------
    ParameterError
        `data` is not one of `DATA`.
    """
    return _read(TABLE, NODE, data)


def check_data(data: str) -> None:
    """Raise ParameterError if `data` is not one of `DATA`."""
    if data not in DATA:
        raise ParameterError(f"data = {data!r} is not a combination of data; valid are: {', '.join(DATA)}")


@cache
def _read(file: str, node: tuple[str, ...], data: str) -> Table:
    check_data(data)
    chi2, scores = [f"chi2 {data}"], [f"s{k} {data}" for k in range(COMPONENTS)]
    theta = [f"{name} {data}" for name in PARAMETERS]
    numbers = ecsv.numbers(file, [*node, *chi2, *scores, *theta])

    def columns(names: Iterable[str]) -> Array:
        return np.column_stack([numbers[name] for name in names])

    return Table(
        nodes=columns(node),
        chi2=columns(chi2)[:, 0],
        scores=columns(scores),
        theta=columns(theta),
        linear=np.array(ecsv.header(file)[f"linear {data}"]),
    )


def fluid_profile(delta_N_eff: ArrayLike, N_eff_colliding: ArrayLike, data: str = "planck2018") -> Profile:
    """Return Delta chi^2 of massless states of which a part is a fluid without anisotropic stress.

    Parameters
    ----------
    delta_N_eff : float or array
        N_eff - 3.044 at recombination, all of it; from -0.2. Above 1.7 a lower bound is returned.
    N_eff_colliding : float or array
        The part of N_eff that collides: no mass, no free streaming. Above 3 a lower bound is returned.
    data : str
        "planck2018" or "planck2018+desi".

    Raises
    ------
    ParameterError
        A value below the table or not finite, or unknown `data`.
    """
    source = _read(FLUID_TABLE, FLUID_NODE, data)
    total, fluid = np.broadcast_arrays(
        in_unit(delta_N_eff, "", "delta_N_eff"), in_unit(N_eff_colliding, "", "N_eff_colliding")
    )
    (least, _), (most, largest) = source.nodes.min(axis=0), source.nodes.max(axis=0)
    _refuse(fluid < 0.0, fluid, "N_eff_colliding", "at least 0")
    _refuse(total < least, total, "delta_N_eff", f"at least {least:g} where neutrinos are a fluid")
    points = np.stack([np.minimum(total, most), np.minimum(fluid, largest)], axis=-1)
    beyond = (total > most) | (fluid > largest)
    return Profile(source.delta_chi2(points.reshape(-1, 2)).reshape(total.shape), beyond)


def _points(delta_N_eff: ArrayLike, m_eff: Quantity | ArrayLike, N_eff_4: ArrayLike | None) -> tuple[Array, ...]:
    """Return checked arrays of a common shape; N_eff_4 is delta_N_eff unless given."""
    total, mass = in_unit(delta_N_eff, "", "delta_N_eff"), in_unit(m_eff, "eV", "m_eff")
    own = total if N_eff_4 is None else in_unit(N_eff_4, "", "N_eff_4")
    try:
        total, mass, own = np.broadcast_arrays(total, mass, own)
    except ValueError as error:
        raise ParameterError(
            f"delta_N_eff, m_eff and N_eff_4 have shapes {total.shape}, {mass.shape} and {own.shape}, "
            "which do not broadcast; give numbers or arrays that do"
        ) from error
    _refuse(mass < 0.0, mass, "m_eff", "at least 0 eV")
    _refuse(total < LEAST, total, "delta_N_eff", f"at least {LEAST:g}, where the table begins")
    return total, mass, own


def _refuse(bad: Mask, values: Array, name: str, allowed: str) -> None:
    """Raise a ParameterError that names the first bad value."""
    if np.any(bad):
        raise ParameterError(
            f"{name} = {values[bad].flat[0]:.4g} is not allowed; the table has {name} of {allowed}. "
            "Use boltzmann.cmb.refit with the Planck data for a state beyond it"
        )


def _own_contribution(total: Array, mass: Array, own: Array) -> Array:
    """Return N_eff_4 inside the table; it is moved there where it hardly matters, and refused elsewhere."""
    least = np.maximum(least_N_eff_4(mass), 0.5 * total)
    most = most_N_eff_4(total)
    inside, light = np.clip(own, least, most), mass <= LIGHT
    _refuse(
        ~light & (own < least - MARGIN),
        own,
        "N_eff_4",
        f"at least half of delta_N_eff, and so much that the state is lighter than {MOST_THERMAL_MASS:g} eV",
    )
    _refuse(~light & (own > most + MARGIN), own, "N_eff_4", "at most delta_N_eff or a fourth of N_eff")
    return inside


def profile(
    delta_N_eff: ArrayLike,
    m_eff: Quantity | ArrayLike,
    data: str = "planck2018",
    N_eff_4: ArrayLike | None = None,
    sum_m_nu: Quantity | ArrayLike = ACTIVE_MASS,
) -> Profile:
    """Return Delta chi^2 and whether it is a lower bound; see `delta_chi2`."""
    source = table(data)
    active = in_unit(sum_m_nu, "eV", "sum_m_nu")
    _refuse(active < LEAST_SUM, active, "sum_m_nu", f"at least {LEAST_SUM:g} eV")
    total, mass, own = _points(delta_N_eff, m_eff, N_eff_4)
    beyond = (total > MOST) | (mass > MOST_MASS)
    own = np.where(beyond, np.minimum(own, MOST), own)
    total, mass = np.minimum(total, MOST), np.minimum(mass, MOST_MASS)
    points = np.stack([total, mass, _own_contribution(total, mass, own)], axis=-1)
    return Profile(source.delta_chi2(points.reshape(-1, 3)).reshape(total.shape), beyond)


def delta_chi2(
    delta_N_eff: ArrayLike,
    m_eff: Quantity | ArrayLike,
    data: str = "planck2018",
    N_eff_4: ArrayLike | None = None,
    sum_m_nu: Quantity | ArrayLike = ACTIVE_MASS,
) -> Array:
    """Return chi^2 of the CMB minus that of LCDM, both minimised over LCDM's parameters; interpolated.

    Parameters
    ----------
    delta_N_eff : float or array
        N_eff - 3.044, from -0.6.
    m_eff : float, array or Quantity
        94.1 eV Omega_4 h^2 of the sterile state [eV].
    data : str
        "planck2018" or "planck2018+desi".
    N_eff_4 : float or array, optional
        What the massive state contributes to N_eff (``solution.N_eff_of(4)``). Default delta_N_eff: a thermal state, or
        one produced by oscillations. Without meaning at m_eff = 0.
    sum_m_nu : float, array or Quantity, optional
        Sum of the masses of the active states [eV], default 0.06.

    Returns
    -------
    array
        Of the common shape, 0-dimensional for numbers.

    Raises
    ------
    ParameterError
        A value is not finite or outside the table, other than on its excluded side; unknown `data`.

    Warns
    -----
    ValidityWarning
        delta_N_eff > 3 or m_eff > 4 eV: the value at the edge is returned, a lower bound. `profile` says where.
    """
    result = profile(delta_N_eff, m_eff, data, N_eff_4, sum_m_nu)
    if np.any(result.lower_bound):
        warnings.warn(
            f"delta_N_eff above {MOST:g} or m_eff above {MOST_MASS:g} eV is beyond the table; "
            "Delta chi^2 is that of its edge, a lower bound",
            ValidityWarning,
            stacklevel=2,
        )
    return result.delta_chi2


def best_fit(node: tuple[float, float, float], data: str = "planck2018") -> Array:
    """Return the parameters of LCDM at the minimum (delta_N_eff, m_eff [eV], N_eff_4), `PARAMETERS`, interpolated."""
    total, mass, own = (np.asarray(value) for value in node)
    nearest = np.clip(total, LEAST, MOST), np.clip(mass, 0.0, MOST_MASS), np.clip(own, 0.0, most_N_eff_4(total))
    return table(data).best_fit(np.array(nearest))
