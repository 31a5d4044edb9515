"""What the CMB says about a sterile neutrino: Delta chi^2 of a table of refits, interpolated.

`data/cmb/profile.ecsv` holds chi^2 of four combinations of data, minimised over LCDM at nodes of

* delta_N_eff = N_eff - 3.044,
* m_eff = 94.1 eV Omega_4 h^2 of the fourth mass state, kinetic energy included,
* N_eff_4, what this state contributes to N_eff,
* and, at fewer of them, the sum of the masses of the active states, those of normal ordering.

"planck2018" is Planck 2018; "planck+act" has ACT DR6 beside the part of Planck that it does not repeat (TT below
l = 1000, TE and EE below 600); "+desi" adds the BAO of DESI DR2.

Two numbers are enough for a state that oscillations produced, N_eff_4 = delta_N_eff. A secret interaction equilibrates
the four states after they have decoupled: then N_eff_4 is a fourth of N_eff, and the same m_eff comes from a lighter
and faster state. The third number tells the two apart (docs/physics/cmb.md).

Interpolated are the scores s of the whitened residuals at the minimum on their principal components: they are nearly
linear in the numbers, and chi^2 = chi^2(LCDM) + b.s + s.s is a quadratic form of them. Scores are interpolated at a
sum of 0.06 eV by a surface that smooths the noise of CLASS; what another sum adds is a polynomial fitted to nodes with
other sums (`profile_table.sum_terms`).
Delta chi^2 counts from LCDM (delta_N_eff = m_eff = 0, one active state of 0.06 eV) and can be slightly negative.
`scripts/make_cmb_table.py` computed the table from the public files of Planck and ACT, which are not shipped.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from boltzmann.cmb.profile_table import COMPONENTS as COMPONENTS
from boltzmann.cmb.profile_table import DATA as DATA
from boltzmann.cmb.profile_table import DERIVED as DERIVED
from boltzmann.cmb.profile_table import NODE as NODE
from boltzmann.cmb.profile_table import PARAMETERS as PARAMETERS
from boltzmann.cmb.profile_table import Table as Table
from boltzmann.cmb.profile_table import check_data as check_data
from boltzmann.cmb.profile_table import fluid_table as fluid_table
from boltzmann.cmb.profile_table import table as table
from boltzmann.cmb.species import ACTIVE_MASS
from boltzmann.cmb.thermal import MOST_THERMAL_MASS, least_N_eff_4, shared_N_eff_4
from boltzmann.errors import ParameterError, ValidityWarning
from boltzmann.numerics.arrays import Array, Mask
from boltzmann.units import Quantity, in_unit

LEAST, MOST = -0.6, 3.0  # delta_N_eff of the table
MOST_MASS = 4.0  # m_eff of the table [eV]
LIGHT = 0.05  # m_eff [eV] up to which N_eff_4 hardly matters and is moved into its range
LEAST_SUM, MOST_SUM = 0.045, 0.4  # of active masses [eV]; below 0.06 eV the polynomial of the table goes on
MOST_FLUID_SUM = 0.12  # [eV]; the table of fluids has 0.06 eV only
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


class Derived(NamedTuple):
    """What else is known at the minimum, arrays of the points' common shape.

    Attributes
    ----------
    h : array
        H_0/(100 km/s/Mpc).
    sigma8 : array
        Of linear matter today, in spheres of 8 Mpc/h.
    Omega_m : array
        Matter today, massive neutrinos included.
    """

    h: Array
    sigma8: Array
    Omega_m: Array


def most_N_eff_4(delta_N_eff: ArrayLike) -> Array:
    """Return the largest tabulated N_eff_4: all of delta_N_eff or a fourth of N_eff."""
    return np.maximum(delta_N_eff, shared_N_eff_4(np.asarray(delta_N_eff)))


class _Points(NamedTuple):
    """Checked arrays of a common shape, moved to the edge of the table where they lie `beyond` it."""

    sectors: Array  # (..., 3), or (..., 2) of fluids
    sums: Array
    beyond: Mask
    helium: Array

    @property
    def flat(self) -> tuple[Array, Array]:
        """Sectors (n, 3) or (n, 2) and sums (n,)."""
        return self.sectors.reshape(-1, self.sectors.shape[-1]), self.sums.reshape(-1)

    def profile(self, source: Table) -> Profile:
        """Return Delta chi^2 here."""
        value = source.delta_chi2(*self.flat, self.helium.reshape(-1))
        return Profile(value.reshape(self.sums.shape), self.beyond)

    def derived(self, source: Table) -> Derived:
        """Return what else is known here."""
        found = source.at(*self.flat)[:, -len(DERIVED) :]
        return Derived(*(column.reshape(self.sums.shape) for column in found.T))


def _broadcast(*values: Array) -> tuple[Array, ...]:
    try:
        return np.broadcast_arrays(*values)
    except ValueError as error:
        shapes = ", ".join(str(value.shape) for value in values)
        raise ParameterError(
            f"the numbers of a neutrino sector have shapes {shapes}, which do not broadcast; give numbers or arrays "
            "that do"
        ) from error


def _points(
    delta_N_eff: ArrayLike,
    m_eff: Quantity | ArrayLike,
    N_eff_4: ArrayLike | None,
    sum_m_nu: Quantity | ArrayLike,
    helium: ArrayLike = 0.0,
) -> _Points:
    """Return the points of the table; N_eff_4 is delta_N_eff unless given."""
    total = in_unit(delta_N_eff, "", "delta_N_eff")
    own = total if N_eff_4 is None else in_unit(N_eff_4, "", "N_eff_4")
    mass, active = in_unit(m_eff, "eV", "m_eff"), in_unit(sum_m_nu, "eV", "sum_m_nu")
    total, mass, own, active = _broadcast(total, mass, own, active)
    more = np.broadcast_to(in_unit(helium, "", "helium"), total.shape)
    _refuse(mass < 0.0, mass, "m_eff", "at least 0 eV")
    _refuse(total < LEAST, total, "delta_N_eff", f"at least {LEAST:g}, where the table begins")
    _refuse(active < LEAST_SUM, active, "sum_m_nu", f"at least {LEAST_SUM:g} eV; oscillations need 0.0586 eV")
    beyond = (total > MOST) | (mass > MOST_MASS)
    own = np.where(beyond, np.minimum(own, MOST), own)
    total, mass = np.minimum(total, MOST), np.minimum(mass, MOST_MASS)
    sectors = np.stack([total, mass, _own_contribution(total, mass, own)], axis=-1)
    return _Points(sectors, np.minimum(active, MOST_SUM), beyond | (active > MOST_SUM), more)


def _refuse(bad: Mask, values: Array, name: str, allowed: str) -> None:
    """Raise a ParameterError that names the first bad value."""
    if np.any(bad):
        raise ParameterError(
            f"{name} = {values[bad].flat[0]:.4g} is not allowed; the table has {name} of {allowed}. "
            "Use boltzmann.cmb.refit with the Planck data for a state beyond it"
        )


def _own_contribution(total: Array, mass: Array, own: Array) -> Array:
    """Return N_eff_4 inside the table; it is moved there where it hardly matters, and refused elsewhere."""
    least = np.where(mass > 0.0, np.maximum(least_N_eff_4(mass), 0.5 * total), 0.0)
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


def _fluid_points(
    source: Table,
    delta_N_eff: ArrayLike,
    N_eff_colliding: ArrayLike,
    sum_m_nu: Quantity | ArrayLike,
    helium: ArrayLike = 0.0,
) -> _Points:
    """Return the points of the table of fluids."""
    total, fluid, active = _broadcast(
        in_unit(delta_N_eff, "", "delta_N_eff"),
        in_unit(N_eff_colliding, "", "N_eff_colliding"),
        in_unit(sum_m_nu, "eV", "sum_m_nu"),
    )
    more = np.broadcast_to(in_unit(helium, "", "helium"), total.shape)
    allowed = f"{LEAST_SUM:g} to {MOST_FLUID_SUM:g} eV where neutrinos are a fluid"
    _refuse((active < LEAST_SUM) | (active > MOST_FLUID_SUM), active, "sum_m_nu", allowed)
    (least, _), (most, largest) = source.nodes.min(axis=0), source.nodes.max(axis=0)
    _refuse(fluid < 0.0, fluid, "N_eff_colliding", "at least 0")
    _refuse(total < least, total, "delta_N_eff", f"at least {least:g} where neutrinos are a fluid")
    sectors = np.stack([np.minimum(total, most), np.minimum(fluid, largest)], axis=-1)
    return _Points(sectors, np.full(total.shape, ACTIVE_MASS), (total > most) | (fluid > largest), more)


def fluid_profile(
    delta_N_eff: ArrayLike,
    N_eff_colliding: ArrayLike,
    data: str = "planck2018",
    sum_m_nu: Quantity | ArrayLike = ACTIVE_MASS,
    helium: ArrayLike = 0.0,
) -> Profile:
    """Return Delta chi^2 of massless states of which a part is a fluid without anisotropic stress.

    Parameters
    ----------
    delta_N_eff : float or array
        N_eff - 3.044 at recombination, all of it; from -0.2. Above 1.7 a lower bound is returned.
    N_eff_colliding : float or array
        The part of N_eff that collides: no mass, no free streaming. Above 3 a lower bound is returned.
    data : str
        Of `DATA`.
    sum_m_nu : float, array or Quantity
        Sum of active masses [eV], 0.045 to 0.12: the table is of 0.06 eV, and is used for all of these.
    helium : float or array
        As for `profile`.

    Raises
    ------
    ParameterError
        A value below the table or not finite, or unknown `data`.
    """
    source = fluid_table(data)
    return _fluid_points(source, delta_N_eff, N_eff_colliding, sum_m_nu, helium).profile(source)


def fluid_derived(
    delta_N_eff: ArrayLike,
    N_eff_colliding: ArrayLike,
    data: str = "planck2018",
    sum_m_nu: Quantity | ArrayLike = ACTIVE_MASS,
) -> Derived:
    """Return h, sigma8 and Omega_m of the best fit of LCDM beside a fluid; arguments as of `fluid_profile`."""
    source = fluid_table(data)
    return _fluid_points(source, delta_N_eff, N_eff_colliding, sum_m_nu).derived(source)


def profile(
    delta_N_eff: ArrayLike,
    m_eff: Quantity | ArrayLike,
    data: str = "planck2018",
    N_eff_4: ArrayLike | None = None,
    sum_m_nu: Quantity | ArrayLike = ACTIVE_MASS,
    helium: ArrayLike = 0.0,
) -> Profile:
    """Return Delta chi^2 and whether it is a lower bound; see `delta_chi2`.

    ``helium`` is YHe less that of N_eff, which the table has (`profile_table.Response`).
    """
    return _points(delta_N_eff, m_eff, N_eff_4, sum_m_nu, helium).profile(table(data))


def derived(
    delta_N_eff: ArrayLike,
    m_eff: Quantity | ArrayLike,
    data: str = "planck2018",
    N_eff_4: ArrayLike | None = None,
    sum_m_nu: Quantity | ArrayLike = ACTIVE_MASS,
) -> Derived:
    """Return h, sigma8 and Omega_m of the best fit of LCDM beside a neutrino sector; arguments as of `delta_chi2`.

    Beyond the table they are those of its edge.
    """
    return _points(delta_N_eff, m_eff, N_eff_4, sum_m_nu).derived(table(data))


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
        "planck2018", "planck2018+desi", "planck+act" or "planck+act+desi".
    N_eff_4 : float or array, optional
        What the massive state contributes to N_eff (``solution.N_eff_of(4)``). Default delta_N_eff: a thermal state, or
        one produced by oscillations. At m_eff = 0 it only tells how many neutrinos share sum_m_nu.
    sum_m_nu : float, array or Quantity, optional
        Sum of the masses of the active states in normal ordering [eV], default 0.06; from 0.045. Masses of another
        ordering do what a somewhat larger sum does: `boltzmann.cmb.judge.Summary.sum_of_masses`.

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
        delta_N_eff > 3, m_eff > 4 eV or sum_m_nu > 0.4 eV: the value at the edge is returned, a lower
        bound. `profile` says where.
    """
    result = profile(delta_N_eff, m_eff, data, N_eff_4, sum_m_nu)
    if np.any(result.lower_bound):
        warnings.warn(
            f"delta_N_eff above {MOST:g}, m_eff above {MOST_MASS:g} eV or sum_m_nu above {MOST_SUM:g} eV is beyond "
            "the table; Delta chi^2 is that of its edge, a lower bound",
            ValidityWarning,
            stacklevel=2,
        )
    return result.delta_chi2


def best_fit(node: tuple[float, float, float], data: str = "planck2018", sum_m_nu: float = ACTIVE_MASS) -> Array:
    """Return the parameters of LCDM at the minimum for (delta_N_eff, m_eff [eV], N_eff_4), `PARAMETERS`, interpolated.

    Whatever lies beyond the table is moved to its edge: a start for a refit, no result.
    """
    total, mass, own = (np.asarray(value) for value in node)
    nearest = np.clip(total, LEAST, MOST), np.clip(mass, 0.0, MOST_MASS), np.clip(own, 0.0, most_N_eff_4(total))
    found = table(data).at(np.array(nearest)[None], np.clip([sum_m_nu], LEAST_SUM, MOST_SUM))
    return np.asarray(found[0, COMPONENTS + 1 : COMPONENTS + 1 + len(PARAMETERS)])


def fluid_best_fit(delta_N_eff: float, N_eff_colliding: float, data: str = "planck2018") -> Array:
    """Return what `best_fit` does, beside a massless fluid; what lies beyond the table is moved to its edge."""
    source = fluid_table(data)
    nearest = np.clip([[delta_N_eff, N_eff_colliding]], source.nodes.min(axis=0), source.nodes.max(axis=0))
    return np.asarray(source.at(nearest, np.array([ACTIVE_MASS]))[0, COMPONENTS + 1 : COMPONENTS + 1 + len(PARAMETERS)])
