"""The table of refits to the CMB as an interpolator: scores of residuals on principal components, best fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline, RBFInterpolator

from boltzmann import ecsv
from boltzmann.cmb.species import ACTIVE_MASS
from boltzmann.cmb.thermal import STANDARD_N_EFF
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array, Mask

TABLE, FLUID_TABLE, HELIUM_TABLE = "cmb/profile.ecsv", "cmb/profile_fluid.ecsv", "cmb/helium.ecsv"
DATA = ("planck2018", "planck2018+desi", "planck+act", "planck+act+desi")
NODE, FLUID_NODE = ("delta_N_eff", "m_eff", "N_eff_4"), ("delta_N_eff", "N_eff_colliding")
PARAMETERS = ("omega_b", "omega_cdm", "100*theta_s", "ln10^{10}A_s", "n_s", "tau_reio", "A_planck", "A_act", "P_act")
DERIVED = ("h", "sigma8", "Omega_m")
COMPONENTS = 12  # scores of each combination of data
# Of the surface through the nodes, whose chi^2 scatter by 0.1 to 0.2 with the noise of CLASS. Chosen by leave-one-out
# errors, which are twice as large without; the surface leaves the nodes by as much as they scatter.
SMOOTHING = 3e-4
# (0.2 |u|)^2 over 4 |u|^2/COMPONENTS: what the noise of CLASS, 0.1 in a residual, makes of a slope 2 r.u (see
# `helium_runs`), and what one component has of 4 |u|^2, the most that weights of orthonormal components can have.
RIDGE = 0.12
ONSET = 0.02  # above ACTIVE_MASS [eV], where three states have taken over what LCDM gives to one


class Response(NamedTuple):
    """How chi^2 changes with YHe: slope(LCDM) and its weights of scores, (COMPONENTS,), and the curvature."""

    constant: float
    weights: Array
    curvature: float

    def delta_chi2(self, scores: Array, helium: Array) -> Array:
        """Return what ``helium`` (n,) more than the table has does to chi^2."""
        return np.asarray((self.constant + scores @ self.weights) * helium + self.curvature * helium**2)


@dataclass(frozen=True)
class Table:
    """Nodes of a table of refits to one combination of data, and what was found there.

    Attributes
    ----------
    nodes : (n, 3) or (n, 2) array
        delta_N_eff, m_eff [eV], N_eff_4; or delta_N_eff, N_eff_colliding.
    sums : (n,) array
        Sum of active masses [eV].
    chi2 : (n,) array
        Minimum over LCDM.
    scores : (n, COMPONENTS) array
        Residuals at the minimum, less those of LCDM, on their principal components.
    theta : (n, 9) array
        Parameters at the minimum, in the order of `PARAMETERS`.
    derived : (n, 3) array
        `DERIVED` there.
    linear : (COMPONENTS,) array
        b of chi^2 = chi^2(LCDM) + b.s + s.s.
    helium : (k, 4) or (k, 5) array
        Nodes at which the `response` to helium was computed, slope and curvature there.
    """

    nodes: Array
    sums: Array
    chi2: Array
    scores: Array
    theta: Array
    derived: Array
    linear: Array
    helium: Array

    @property
    def reference(self) -> float:
        """chi^2 of LCDM."""
        return float(self.chi2[np.flatnonzero(self.standard & ~self.nodes.any(axis=1))[0]])

    @property
    def standard(self) -> Mask:
        """Which nodes have the active mass of LCDM."""
        return np.asarray(self.sums == ACTIVE_MASS)

    @cached_property
    def values(self) -> Array:
        """Scores, what their quadratic form leaves of chi^2, parameters, and `DERIVED`, for each node."""
        rest = self.chi2 - self.reference - self.quadratic(self.scores)
        return np.column_stack([self.scores, rest, self.theta, self.derived])

    @cached_property
    def surface(self) -> RBFInterpolator:
        """`values` at the standard sum of active masses as functions of the `coordinates`; those of LCDM are met."""
        nodes = self.nodes[self.standard]
        smoothing = np.where(nodes.any(axis=1), SMOOTHING, 0.0)
        values = self.values[self.standard]
        return RBFInterpolator(coordinates(nodes), values, smoothing=smoothing, kernel="quintic", degree=2)

    @cached_property
    def sum_slopes(self) -> Array:
        """Coefficients of `sum_terms`, fitted to what the other nodes have beyond the `surface`."""
        others = ~self.standard
        terms = sum_terms(self.nodes[others], self.sums[others])
        added = self.values[others] - self.surface(coordinates(self.nodes[others]))
        return np.asarray(np.linalg.lstsq(terms, added, rcond=None)[0])

    def at(self, points: Array, sums: Array) -> Array:
        """Return interpolated `values` for points (n, 3) and sums of active masses (n,)."""
        found = self.surface(coordinates(points))
        if np.all(sums == ACTIVE_MASS):
            return np.asarray(found)
        return np.asarray(found + sum_terms(points, sums) @ self.sum_slopes)

    @cached_property
    def response(self) -> Response:
        """Slope of chi^2 with helium, linear in the scores as 2 r.u is; fitted to the nodes that have one."""
        points, slope, curvature = self.helium[:, :-2], self.helium[:, -2], self.helium[:, -1]
        scores = self.at(points, np.full(len(points), ACTIVE_MASS))[:, :COMPONENTS]
        terms = np.column_stack([np.ones(len(points)), scores])
        shrunk = np.diag([0.0, *np.full(COMPONENTS, RIDGE)])
        constant, *weights = np.linalg.solve(terms.T @ terms + shrunk, terms.T @ slope)
        return Response(float(constant), np.array(weights), float(curvature.mean()))

    def delta_chi2(self, points: Array, sums: Array, helium: Array | float = 0.0) -> Array:
        """Return Delta chi^2 of points inside the table, with so much more YHe than that of their N_eff."""
        found = self.at(points, sums)
        scores = found[:, :COMPONENTS]
        value = self.quadratic(scores) + found[:, COMPONENTS]
        return value + self.response.delta_chi2(scores, np.asarray(helium)) if np.any(helium) else value

    def quadratic(self, scores: Array) -> Array:
        """Return Delta chi^2 of scores (n, COMPONENTS)."""
        return np.asarray(scores @ self.linear + np.sum(scores**2, axis=-1))


def sum_terms(points: Array, sums: Array) -> Array:
    """Return the terms (n, k) of the polynomial by which a sum of active masses changes the `values`.

    What the CMB and BAO see of the sum is its density: with the sum less 0.06 eV times the number of active neutrinos,
    (N_eff - N_eff_4)^(3/4) in units of three neutrinos, its first order times 1, the three `coordinates` and
    delta_N_eff^2, and its second order; and 1 from `ONSET` on, because above 0.06 eV three states share the mass that
    LCDM gives to one. Chosen by leave-one-out errors.
    """
    total, _, own = points.T
    at = coordinates(points)
    excess = ((sums - ACTIVE_MASS) * (1.0 + (total - own) / STANDARD_N_EFF) ** 0.75)[:, None]
    factors = np.column_stack([np.ones(len(at)), at, at[:, 0] ** 2])
    return np.column_stack([excess * factors, excess**2, np.clip((sums - ACTIVE_MASS) / ONSET, 0.0, 1.0)])


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


def table(data: str) -> Table:
    """Return the table of free-streaming states for one combination of data.

    Raises
    ------
    ParameterError
        `data` is not one of `DATA`.
    """
    return _read(TABLE, NODE, data)


def fluid_table(data: str) -> Table:
    """Return the table of massless states of which a part is a fluid for one combination of data.

    Raises
    ------
    ParameterError
        `data` is not one of `DATA`.
    """
    return _read(FLUID_TABLE, FLUID_NODE, data)


def check_data(data: str) -> None:
    """Raise ParameterError if `data` is not one of `DATA`."""
    if data not in DATA:
        raise ParameterError(f"data = {data!r} is not a combination of data; valid are: {', '.join(DATA)}")


@cache
def _read(file: str, node: tuple[str, ...], data: str) -> Table:
    check_data(data)
    scores, linear = [f"s{k} {data}" for k in range(COMPONENTS)], f"linear {data}"
    theta, derived = ([f"{name} {data}" for name in names] for names in (PARAMETERS, DERIVED))
    numbers = ecsv.numbers(file, [*node, "sum_m_nu", f"chi2 {data}", *scores, *theta, *derived])

    def columns(names: Iterable[str]) -> Array:
        return np.column_stack([numbers[name] for name in names])

    return Table(
        nodes=columns(node),
        sums=numbers["sum_m_nu"],
        chi2=numbers[f"chi2 {data}"],
        scores=columns(scores),
        theta=columns(theta),
        derived=columns(derived),
        linear=np.array(ecsv.header(file)[linear]),
        helium=_helium(node, data, float(numbers[node[0]].min()), float(numbers[node[0]].max())),
    )


def _helium(node: tuple[str, ...], data: str, least: float, most: float) -> Array:
    """Return nodes from `least` to `most` delta_N_eff, slopes and curvatures; massless states belong to both tables."""
    names = [*NODE, "N_eff_colliding", f"slope {data}", f"curvature {data}"]
    numbers = ecsv.numbers(HELIUM_TABLE, names)
    other = numbers["m_eff" if node == FLUID_NODE else "N_eff_colliding"]
    chosen = (other == 0.0) & (numbers["delta_N_eff"] >= least) & (numbers["delta_N_eff"] <= most)
    return np.asarray(np.column_stack([numbers[name] for name in (*node, *names[-2:])])[chosen])


@cache
def _helium_of_N_eff() -> CubicSpline:
    return CubicSpline(*np.array(ecsv.header(HELIUM_TABLE)["YHe of N_eff"]).T)


def helium_of_N_eff(N_eff: ArrayLike) -> Array:
    """Return YHe of standard nucleosynthesis with ``N_eff`` by CLASS's table, at the baryon density of Planck.

    Beyond the last N_eff of that table it is that of the last one, as Delta chi^2 is.
    """
    known = _helium_of_N_eff()
    return np.asarray(known(np.clip(N_eff, known.x[0], known.x[-1])))
