"""From shipped scans and laboratory data to what the comparison figures draw, and to the numbers that they state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from boltzmann import lab
from boltzmann.cmb.likelihood import DATA
from boltzmann.cmb.thermal import STANDARD_N_EFF
from boltzmann.comparison import lab_results, scans
from boltzmann.comparison.exclusion_reasons import REASONS, reasons
from boltzmann.comparison.joint import (
    PLANES,
    Cube,
    Tension,
    delta_root,
    filled,
    interpolated,
    lowest,
    profile,
    tension,
)
from boltzmann.comparison.lab_results import Choices
from boltzmann.comparison.primordial import abundance_delta_chi2_on, computed_on, has_abundances
from boltzmann.comparison.scans import SCENARIOS
from boltzmann.errors import ParameterError
from boltzmann.figures.cosmology import Cosmology, Curves, Plane
from boltzmann.figures.exclusion import Map
from boltzmann.figures.laboratory import Drawing
from boltzmann.figures.signs import SignsPlane
from boltzmann.kinetics.asymmetry import UNSTABLE
from boltzmann.lab import statistics
from boltzmann.lab.tension import Global, evaluate
from boltzmann.numerics.arrays import Array, Mask
from boltzmann.numerics.statistics import delta_chi2_at
from boltzmann.parameters.inputs import deprecated

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["THRESHOLDS", "Least", "Planes", "cube", "delta_chi2_on", "least", "why_excluded"]

#: Delta chi^2 of two parameters at 2 and 3 sigma.
THRESHOLDS = (delta_chi2_at(2.0), delta_chi2_at(3.0))
LAB_CL = 0.99
STANDARD_AT_1_MEV = 3.031  # N_eff of three neutrinos at T_gamma = 1 MeV, as in boltzmann.cmb.class_bridge
_SHOWN = ("N_eff", "m_eff", "N_eff_colliding")
_STEPS = 91  # of |U_a4|^2, from 1e-5 to 0.5 as in boltzmann.lab.tension
_DM2_POINTS = 100


def splittings(data: xr.Dataset) -> Array:
    """Return values of dm2_41 over the whole range of a scan."""
    low, high = (float(data.dm2_41.values[k]) for k in (0, -1))
    return np.geomspace(low, high, _DM2_POINTS)


def _axes(data: xr.Dataset) -> list[Array]:
    return [data[name].values for name in ("dm2_41", "Ue4_sq", "Umu4_sq")]


def _of(data: xr.Dataset, name: str) -> xr.DataArray:
    """Return Delta chi^2 of a scan for one combination of CMB data.

    Raises
    ------
    ParameterError
        The scan was judged by fewer combinations.
    """
    if name not in data["data"].values:
        raise ParameterError(
            f"data = {name!r} is not in the scan {data.attrs.get('title', '')!r}, which has "
            f"{', '.join(data['data'].values)}; judge it again with scripts/make_scans.py --judge"
        )
    return data["delta_chi2"].sel(data=name)


def delta_chi2_on(data: xr.Dataset, name: str, new: Sequence[Array], rates: str | None = None) -> Array:
    """Return Delta chi^2 of cosmology against LCDM on new axes.

    Parameters
    ----------
    data : xarray.Dataset
        Scan of (dm2_41, |U_e4|^2, |U_mu4|^2).
    name : str
        Combination of CMB data.
    new : sequence of arrays
        The new axes.
    rates : str, optional
        Add primordial abundances by these nuclear rates; default: the CMB alone.
    """
    root = interpolated(delta_root(filled(_of(data, name).values)), _axes(data), new)
    alone = root * np.abs(root)
    return np.asarray(alone if rates is None else alone + abundance_delta_chi2_on(data, new, rates))


def cube(data: xr.Dataset, dm2_41: Array, element: Array, name: str = "planck2018", rates: str | None = None) -> Cube:
    """Return Delta chi^2 relative to the best point (at most LCDM), N_eff and m_eff of a scan on a finer grid.

    Parameters
    ----------
    data : xarray.Dataset
        Scan of (dm2_41, |U_e4|^2, |U_mu4|^2).
    dm2_41, element : arrays
        The grid, inside the scan.
    name : str
        Combination of CMB data, of `boltzmann.cmb.likelihood.DATA`.
    rates : str, optional
        Add primordial abundances by these nuclear rates.
    """
    new = [dm2_41, element, element]
    delta = delta_chi2_on(data, name, new, rates)
    N_eff, m_eff, N_eff_colliding = (interpolated(filled(data[v].values), _axes(data), new) for v in _SHOWN)
    free = np.where(N_eff_colliding > 0.0, np.nan, m_eff)  # of a fluid, m_eff has no meaning
    return Cube(dm2_41, element, {"delta_chi2": delta - lowest(delta), "N_eff": N_eff, "m_eff": free})


def cosmology(scenario: str, content: Cube, plane: str) -> Cosmology:
    """Return a scenario on one plane: Delta chi^2 profiled, N_eff and m_eff of the mixing that makes least N_eff.

    Not of the best mixing: where all are excluded far beyond the CMB table Delta chi^2 is a plateau of bounds, and its
    minimum jumps from one mixing to another.
    """
    found, least_production = profile(content, plane), profile(content, plane, "N_eff").values
    values = {**least_production, "delta_chi2": found.values["delta_chi2"]}
    return Cosmology(scenario, SCENARIOS[scenario], found.x, found.dm2_41, **values)


def laboratory(plane: str, grid: Global, combination: str = lab.DEFAULT_SET) -> list[Drawing]:
    """Return what the experiments of a combination say in one plane, at 99 % CL."""
    choices = Choices(levels=(LAB_CL,))
    names = lab.of_channel(plane, lab.verified(combination))
    drawings = [lab_results.shown(statistics.scan(name), choices).drawing for name in names]
    if plane == "mue":
        return [*drawings, lab_results.disappearance(grid, choices).drawing]
    return [replace(d, amplitude=0.5 * (1.0 - np.sqrt(1.0 - d.amplitude))) for d in drawings]  # |U|^2 of sin^2 2theta


class Least(NamedTuple):
    """The point of a plane of couplings that the CMB dislikes least: Delta chi^2 against LCDM, coupling, mass."""

    delta_chi2: float
    coupling: float
    mediator_mass: float


def least(data: xr.Dataset, name: str = "planck2018") -> Least:
    """Return where Delta chi^2 of one combination of CMB data is smallest in a plane of couplings."""
    delta_chi2 = _of(data, name)
    point = delta_chi2.isel(delta_chi2.argmin(...))
    return Least(float(point), float(point["coupling"]), float(point["mediator_mass"]))


@dataclass(frozen=True)
class Planes:
    """Everything that the figures need, from the shipped scans; computed when it is asked for.

    Parameters
    ----------
    scenarios : tuple of str
        Of `boltzmann.comparison.scans.SCENARIOS`.
    without : tuple of str
        Experiments that are left out of the laboratory's data.
    combination : str
        Of `boltzmann.lab.SETS`: the laboratory's data.
    """

    scenarios: tuple[str, ...] = tuple(SCENARIOS)
    without: tuple[str, ...] = ()
    combination: str = lab.DEFAULT_SET

    @cached_property
    def scans(self) -> dict[str, xr.Dataset]:
        """The scans of (dm2_41, |U_e4|^2, |U_mu4|^2)."""
        return {name: scans.load(name) for name in self.scenarios}

    @property
    def experiments(self) -> tuple[str, ...]:
        """The experiments of the combination that are not left out."""
        return tuple(name for name in lab.verified(self.combination) if name not in self.without)

    @property
    def data(self) -> tuple[str, ...]:
        """Combinations of CMB data by which every scan was judged."""
        judged = [data["data"].values for data in self.scans.values()]
        return tuple(name for name in DATA if all(name in names for names in judged))

    @cached_property
    def grid(self) -> Global:
        """Laboratory data of all verified experiments, where the scans of every scenario reach."""
        low = max(float(data.dm2_41.values[0]) for data in self.scans.values())
        high = min(float(data.dm2_41.values[-1]) for data in self.scans.values())
        splitting = np.geomspace(*lab.dm2_range(lab.verified(self.combination), low, high), _DM2_POINTS)
        return evaluate(self.experiments, dm2_41=splitting, steps=_STEPS)

    def with_abundances(self) -> Planes:
        """Return the same for the scenarios whose scans have primordial abundances."""
        return replace(self, scenarios=tuple(name for name, data in self.scans.items() if has_abundances(data)))

    def planes(self, name: str = "planck2018", rates: str | None = None) -> list[Plane]:
        """Return the three planes of mixing for one combination of CMB data, with abundances if there are rates."""
        element = self.grid.element
        cubes = {s: cube(data, splittings(data), element, name, rates) for s, data in self.scans.items()}
        return [
            Plane(
                plane,
                laboratory(plane, self.grid, self.combination),
                [cosmology(s, content, plane) for s, content in cubes.items()],
                lab_results.expected(plane, elements=True),
            )
            for plane in PLANES
        ]

    def on_grid(self, scenario: str, name: str, rates: str | None = None) -> Array:
        """Return Delta chi^2 of cosmology on the laboratory's grid, (n, m, m); arguments as of `tension`."""
        element = self.grid.element
        return delta_chi2_on(self.scans[scenario], name, [self.grid.dm2_41, element, element], rates)

    def tension(self, data: str = "planck2018", rates: str | None = None) -> dict[str, Tension]:
        """Return the tension between laboratory and cosmology in every scenario.

        Parameters
        ----------
        data : str
            Combination of CMB data.
        rates : str, optional
            Add primordial abundances by these nuclear rates, of `boltzmann.cmb.bbn.RATES`; default: the CMB alone.
        """
        return {scenario: tension(self.grid, self.on_grid(scenario, data, rates)) for scenario in self.scenarios}

    def statements(self, name: str = "planck2018") -> dict[str, Tension]:
        """Return `tension`, under the name of earlier versions."""
        deprecated("Planes.statements", "tension")
        return self.tension(name)

    def curves(self, name: str, title: str, rates: str | None = None) -> Curves:
        """Return the profiles of chi^2 of laboratory and cosmology for one combination of CMB data; as `tension`.

        NaN where abundances of the best point were not computed, which only bounds the profile.
        """
        joint = self.grid.joint
        axes = {"dm2_41": self.grid.dm2_41, "Ue4_sq": self.grid.element, "Umu4_sq": self.grid.element}
        found: dict[str, dict[str, Array]] = {}
        for scenario in self.scenarios:
            delta = self.on_grid(scenario, name, rates)
            known = computed_on(self.scans[scenario], [*axes.values()]) if rates else None
            found[scenario] = _profiles(joint + delta, float(joint.min()) + lowest(delta), known)
        return Curves(title, axes, found, _profiles(joint, float(joint.min())), SCENARIOS)


def _profiles(values: Array, reference: float, known: Mask | None = None) -> dict[str, Array]:
    """Return the minimum over the two other parameters, less a constant, for every parameter; NaN where not `known`."""
    found: dict[str, Array] = {}
    for axis, name in enumerate(("dm2_41", "Ue4_sq", "Umu4_sq")):
        rows = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)
        best = rows.argmin(axis=1)[:, None]
        lowest_of = np.take_along_axis(rows, best, axis=1)[:, 0] - reference
        if known is not None:
            there = np.take_along_axis(np.moveaxis(known, axis, 0).reshape(rows.shape), best, axis=1)[:, 0]
            lowest_of = np.where(there, lowest_of, np.nan)
        found[name] = lowest_of
    return found


#: Scan -> labels of the axes, title of the panel.
_MAPS = {
    "plane_vector": ("mediator mass $M$ [MeV]", "coupling $e_s$", "(a) vector"),
    "plane_pseudoscalar": (r"mediator mass $m_\phi$ [eV]", "coupling $g_s$", "(b) pseudoscalar"),
}


def why_excluded(name: str, data: xr.Dataset, bbn: xr.Dataset | None = None, limit: float = THRESHOLDS[1]) -> Map:
    """Return the plane of coupling and mass of a secret interaction, with the reason for every exclusion.

    Parameters
    ----------
    name : str
        "plane_vector" or "plane_pseudoscalar".
    data : xarray.Dataset
        The scan.
    bbn : xarray.Dataset, optional
        Abundances at a few of its points.
    limit : float
        Delta chi^2 against LCDM above which a point is excluded.
    """
    data = data.transpose("coupling", "mediator_mass", ...)
    delta_chi2 = _of(data, "planck2018").values
    excess = data["N_eff_recombination"].values - STANDARD_N_EFF
    N_eff_4, colliding = data["N_eff_4"].values, data["N_eff_colliding"].values
    early = data["N_eff_bbn"].sel(T_bbn=1.0).values - STANDARD_AT_1_MEV
    reason = reasons(delta_chi2, excess, early, N_eff_4, colliding, limit)
    mass_label, coupling_label, title = _MAPS[name]
    return Map(
        data["coupling"].values,
        data["mediator_mass"].values,
        data["N_eff"].values,
        delta_chi2,
        reason,
        REASONS,
        (mass_label, coupling_label),
        title,
        limit,
        None if bbn is None else _abundances(bbn),
    )


def both_signs(data: xr.Dataset) -> SignsPlane:
    """Return where nu = nubar is unstable in a plane of couplings of a secret vector, and what changes there."""
    data = data.transpose("coupling", "mediator_mass", ...)
    return SignsPlane(
        data["coupling"].values,
        data["mediator_mass"].values,
        data["asymmetry_growth"].values,
        (data["N_eff_symmetric"] - data["N_eff"]).values,
        data["nu_e_freeze_out"].values,
        data["status"].values != 0,
        UNSTABLE,
    )


def __getattr__(name: str) -> Any:
    if name != "discord":
        raise AttributeError(f"module 'boltzmann.comparison.planes' has no attribute {name!r}")
    deprecated("boltzmann.comparison.planes.discord", "why_excluded")
    return why_excluded


def _abundances(bbn: xr.Dataset) -> tuple[Array, Array, Array]:
    chi2 = bbn["chi2_BBN"].transpose("coupling", "mediator_mass")
    return bbn["coupling"].values, bbn["mediator_mass"].values, chi2.values
