"""Scans with the layout of the shipped ones and formulas in place of a solver."""

import numpy as np
import xarray as xr

from boltzmann.cmb.bbn_observed import STANDARD_ABUNDANCES
from boltzmann.cmb.likelihood import DATA
from boltzmann.comparison import scans
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
        "N_eff_colliding": fluid,
        "N_eff": 3.044 + delta,
        "m_eff": mass,
        **(abundances(delta) if mass_matters else {}),
    }
    result = xr.Dataset({name: (tuple(axes), value) for name, value in values.items()}, axes, {"title": "a toy"})
    return with_chi2(result, chi2)


def abundances(delta: np.ndarray) -> dict[str, np.ndarray]:
    """Y_p and D/H with about the response of the real ones to Delta N_eff, 0.0134 and 13 %."""
    Y_p, D_H = STANDARD_ABUNDANCES
    return {"Y_p": Y_p + 0.0134 * delta, "D_H": D_H * (1.0 + 0.13 * delta)}


def with_chi2(data: xr.Dataset, chi2: np.ndarray) -> xr.Dataset:
    """Add Delta chi^2, with DESI twice that of Planck alone."""
    factors = 2.0 ** np.arange(len(DATA))
    both = chi2[..., None] * factors
    dims = (*data["N_eff"].dims, "data")
    return data.assign_coords(data=list(DATA)).assign(delta_chi2=(dims, both))


def plane(name: str) -> xr.Dataset:
    """A plane of coupling and mass with one point of every reason along the coupling."""
    definition = scans.definitions()[name]
    model = Model(definition.mixing, definition.interactions, definition.options)
    coupling, mass = (column[:7] for column in space(definition.axes, model).columns.values())
    rows = {
        "chi2": [5.0, 25.0, 25.0, 25.0, 25.0, 25.0, np.nan],
        "excess": [0.1, 1.0, 1.0, 0.2, 0.1, 0.1, np.nan],
        "early": [0.1, 1.0, 0.1, 0.2, 0.1, 0.1, np.nan],
        "N_eff_4": [0.1, 1.0, 0.5, 0.2, 0.8, 0.8, np.nan],
        "N_eff_colliding": [0.0, 0.0, 0.0, 0.0, 0.0, 2.0, np.nan],
    }
    full = {key: np.repeat(np.array(row)[:, None], 7, axis=1) for key, row in rows.items()}
    early, chi2 = full.pop("early") + 3.031, full.pop("chi2")
    full["N_eff"] = full["N_eff_recombination"] = 3.044 + full.pop("excess")
    full["asymmetry_growth"], full["nu_e_freeze_out"] = 50.0 * full["N_eff_4"], 1.0 - 0.3 * full["N_eff_4"]
    full["N_eff_symmetric"], full["status"] = full["N_eff"] + 0.1, np.where(np.isfinite(chi2), 0.0, 2.0)
    dims = ("coupling", "mediator_mass")
    data = {key: (dims, value) for key, value in full.items()}
    data["N_eff_bbn"] = ((*dims, "T_bbn"), np.stack([early, early], axis=-1))
    coordinates = {"coupling": coupling, "mediator_mass": mass, "T_bbn": [1.0, 0.07]}
    return with_chi2(xr.Dataset(data, coordinates, {"title": "a toy"}), chi2)


def load(name: str) -> xr.Dataset:
    """In place of `boltzmann.comparison.scans.load`."""
    if name in scans.ABUNDANCES:
        few = plane(scans.ABUNDANCES[name][0])["delta_chi2"].isel(coupling=[0, 3, 6], mediator_mass=[1, 5], data=0)
        return few.drop_vars("data").to_dataset(name="chi2_BBN").assign_attrs(title="a toy")
    if name.startswith("plane"):
        return plane(name)
    suppression = {"3+1": 1.0, "vector": 0.5, "pseudoscalar": 0.1}[name]
    return cube(np.geomspace(0.02, 20.0, 7), np.geomspace(1e-5, 0.5, 8), suppression, name != "pseudoscalar")
