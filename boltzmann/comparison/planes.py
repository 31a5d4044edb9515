"""From shipped scans and laboratory data to what the comparison figures draw, and to the numbers that they state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from boltzmann import lab
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
from boltzmann.comparison.scans import SCENARIOS
from boltzmann.figures.cosmology import Cosmology, Curves, Plane
from boltzmann.figures.exclusion import Map
from boltzmann.figures.laboratory import Drawing
from boltzmann.lab import statistics
from boltzmann.lab.tension import Global, evaluate
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.statistics import delta_chi2_at
from boltzmann.parameters.inputs import deprecated

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["THRESHOLDS", "Least", "Planes", "cube", "least", "why_excluded"]

#: Delta chi^2 of two parameters at 2 and 3 sigma.
THRESHOLDS = (delta_chi2_at(2.0), delta_chi2_at(3.0))
LAB_CL = 0.99
STANDARD_AT_1_MEV = 3.031  # N_eff of three neutrinos at T_gamma = 1 MeV, as in boltzmann.cmb.class_bridge
_SHOWN = ("N_eff", "m_eff", "N_eff_colliding")
_STEPS = 91  # of |U_a4|^2, from 1e-5 to 0.5 as in boltzmann.lab.tension
_DM2_POINTS = 100


def _splittings(data: xr.Dataset) -> Array:
    """Return values of dm2_41 over the whole range of a scan."""
    low, high = (float(data.dm2_41.values[k]) for k in (0, -1))
    return np.geomspace(low, high, _DM2_POINTS)


def _axes(data: xr.Dataset) -> list[Array]:
    return [data[name].values for name in ("dm2_41", "Ue4_sq", "Umu4_sq")]


def _of(data: xr.Dataset, name: str) -> xr.DataArray:
    """Return Delta chi^2 of a scan for one combination of CMB data."""
    return data["delta_chi2"].sel(data=name)


def _delta_chi2(data: xr.Dataset, name: str, new: Sequence[Array]) -> Array:
    """Return Delta chi^2 against LCDM on new axes."""
    root = interpolated(delta_root(filled(_of(data, name).values)), _axes(data), new)
    return np.asarray(root * np.abs(root))


def cube(data: xr.Dataset, dm2_41: Array, element: Array, name: str = "planck2018") -> Cube:
    """Return Delta chi^2 relative to the best point (at most LCDM), N_eff and m_eff of a scan on a finer grid.

    Parameters
    ----------
    data : xarray.Dataset
        Scan of (dm2_41, |U_e4|^2, |U_mu4|^2).
    dm2_41, element : arrays
        The grid, inside the scan.
    name : str
        Combination of CMB data, of `boltzmann.cmb.likelihood.DATA`.
    """
    new = [dm2_41, element, element]
    delta = _delta_chi2(data, name, new)
    N_eff, m_eff, N_eff_colliding = (interpolated(filled(data[v].values), _axes(data), new) for v in _SHOWN)
    free = np.where(N_eff_colliding > 0.0, np.nan, m_eff)  # of a fluid, m_eff has no meaning
    return Cube(dm2_41, element, {"delta_chi2": delta - lowest(delta), "N_eff": N_eff, "m_eff": free})


def cosmology(scenario: str, content: Cube, plane: str) -> Cosmology:
    """Return a scenario profiled on one plane."""
    found = profile(content, plane)
    return Cosmology(scenario, SCENARIOS[scenario], found.x, found.dm2_41, **found.values)


def laboratory(plane: str, grid: Global) -> list[Drawing]:
    """Return what the verified experiments say in one plane, at 99 % CL."""
    choices = Choices(levels=(LAB_CL,))
    drawings = [
        lab_results.shown(statistics.scan(name), choices).drawing for name in lab.of_channel(plane, lab.verified())
    ]
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
    """

    scenarios: tuple[str, ...] = tuple(SCENARIOS)

    @cached_property
    def scans(self) -> dict[str, xr.Dataset]:
        """The scans of (dm2_41, |U_e4|^2, |U_mu4|^2)."""
        return {name: scans.load(name) for name in self.scenarios}

    @cached_property
    def grid(self) -> Global:
        """Laboratory data of all verified experiments, where the scans of every scenario reach."""
        low = max(float(data.dm2_41.values[0]) for data in self.scans.values())
        high = min(float(data.dm2_41.values[-1]) for data in self.scans.values())
        names = lab.verified()
        splitting = np.geomspace(*lab.dm2_range(names, low, high), _DM2_POINTS)
        return evaluate(names, dm2_41=splitting, steps=_STEPS)

    def planes(self, name: str = "planck2018") -> list[Plane]:
        """Return the three planes of mixing for one combination of CMB data."""
        element = self.grid.element
        cubes = {scenario: cube(data, _splittings(data), element, name) for scenario, data in self.scans.items()}
        return [
            Plane(plane, laboratory(plane, self.grid), [cosmology(s, content, plane) for s, content in cubes.items()])
            for plane in PLANES
        ]

    def _on_grid(self, scenario: str, name: str) -> Array:
        element = self.grid.element
        return _delta_chi2(self.scans[scenario], name, [self.grid.dm2_41, element, element])

    def tension(self, data: str = "planck2018") -> dict[str, Tension]:
        """Return the tension between laboratory and one combination of CMB data in every scenario."""
        return {scenario: tension(self.grid, self._on_grid(scenario, data)) for scenario in self.scenarios}

    def statements(self, name: str = "planck2018") -> dict[str, Tension]:
        """Return `tension`, under the name of earlier versions."""
        deprecated("Planes.statements", "tension")
        return self.tension(name)

    def curves(self, name: str, title: str) -> Curves:
        """Return the profiles of chi^2_lab + chi^2_CMB for one combination of CMB data."""
        joint = self.grid.joint
        axes = {"dm2_41": self.grid.dm2_41, "Ue4_sq": self.grid.element, "Umu4_sq": self.grid.element}
        found: dict[str, dict[str, Array]] = {}
        for scenario in self.scenarios:
            delta = self._on_grid(scenario, name)
            found[scenario] = _profiles(joint + delta, float(joint.min()) + lowest(delta))
        return Curves(title, axes, found, _profiles(joint, float(joint.min())), SCENARIOS)


def _profiles(values: Array, reference: float) -> dict[str, Array]:
    """Return the minimum over the two other parameters, less a constant, for every parameter."""
    return {
        name: values.min(axis=tuple(k for k in range(3) if k != axis)) - reference
        for axis, name in enumerate(("dm2_41", "Ue4_sq", "Umu4_sq"))
    }


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


def __getattr__(name: str) -> Any:
    if name != "discord":
        raise AttributeError(f"module 'boltzmann.comparison.planes' has no attribute {name!r}")
    deprecated("boltzmann.comparison.planes.discord", "why_excluded")
    return why_excluded


def _abundances(bbn: xr.Dataset) -> tuple[Array, Array, Array]:
    chi2 = bbn["chi2_BBN"].transpose("coupling", "mediator_mass")
    return bbn["coupling"].values, bbn["mediator_mass"].values, chi2.values
