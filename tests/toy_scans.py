"""Scans with the layout of the shipped ones and formulas in place of a solver."""

import numpy as np
import xarray as xr

from boltzmann.comparison import shipped
from boltzmann.scan.axes import Model, space


def _delta_N_eff(dm2: np.ndarray, mixing: np.ndarray) -> np.ndarray:
    """Rises from 0 to 1 around mixing^2 dm2 = 1e-6 eV^2, about as the real one."""
    return 1.0 - np.exp(-mixing * np.sqrt(dm2) / 1e-3)


def cube(dm2: np.ndarray, element: np.ndarray, suppression: float = 1.0, mass_matters: bool = True) -> xr.Dataset:
    """A scan of (dm2_41, |U_e4|^2, |U_mu4|^2); production is suppressed by a factor."""
    axes = {"dm2_41": dm2, "Ue4_sq": element, "Umu4_sq": element}
    grid = np.meshgrid(*axes.values(), indexing="ij")
    delta = suppression * _delta_N_eff(grid[0], grid[1] + grid[2])
    mass = delta * np.sqrt(grid[0])
    chi2 = 25.0 * delta**2 + (30.0 * mass if mass_matters else 0.0)
    fluid = np.full(delta.shape, 0.0 if mass_matters else 1.0)
    values = {
        "N_fluid": fluid,
        "N_eff": 3.044 + delta,
        "m_eff": mass,
        "delta_chi2_CMB": chi2,
        "delta_chi2_CMB_DESI": 2.0 * chi2,
    }
    return xr.Dataset({name: (tuple(axes), value) for name, value in values.items()}, axes, {"title": "a toy"})


def plane(name: str) -> xr.Dataset:
    """A plane of coupling and mass with one point of every reason along the coupling."""
    definition = shipped.definitions()[name]
    model = Model(definition.mixing, definition.interactions, definition.options)
    coupling, mass = (column[:7] for column in space(definition.axes, model).columns.values())
    rows = {
        "delta_chi2_CMB": [5.0, 25.0, 25.0, 25.0, 25.0, 25.0, np.nan],
        "delta_N_eff_CMB": [0.1, 1.0, 1.0, 0.2, 0.1, 0.1, np.nan],
        "early": [0.1, 1.0, 0.1, 0.2, 0.1, 0.1, np.nan],
        "N_eff_4": [0.1, 1.0, 0.5, 0.2, 0.8, 0.8, np.nan],
        "N_fluid": [0.0, 0.0, 0.0, 0.0, 0.0, 2.0, np.nan],
    }
    rows["delta_chi2_CMB_DESI"] = [2.0 * value for value in rows["delta_chi2_CMB"]]
    full = {key: np.repeat(np.array(row)[:, None], 7, axis=1) for key, row in rows.items()}
    early = full.pop("early") + 3.031
    dims = ("coupling", "mediator_mass")
    data = {key: (dims, value) for key, value in {**full, "N_eff": 3.044 + full["delta_N_eff_CMB"]}.items()}
    data["N_eff_bbn"] = ((*dims, "T_bbn"), np.stack([early, early], axis=-1))
    return xr.Dataset(data, {"coupling": coupling, "mediator_mass": mass, "T_bbn": [1.0, 0.07]}, {"title": "a toy"})


def load(name: str) -> xr.Dataset:
    """In place of `boltzmann.comparison.shipped.load`."""
    if name in shipped.ABUNDANCES:
        few = plane(shipped.ABUNDANCES[name][0])[["delta_chi2_CMB"]].isel(coupling=[0, 3, 6], mediator_mass=[1, 5])
        return few.rename(delta_chi2_CMB="chi2_BBN").drop_vars("T_bbn", errors="ignore").assign_attrs(title="a toy")
    if name.startswith("plane"):
        return plane(name)
    suppression = {"standard": 1.0, "vector": 0.5, "pseudoscalar": 0.1}[name]
    return cube(np.geomspace(0.02, 20.0, 7), np.geomspace(1e-5, 0.5, 8), suppression, name != "pseudoscalar")
