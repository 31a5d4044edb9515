"""Particles in equilibrium by mass, species and bath: N_eff, what the CMB excludes, and primordial abundances.

While a particle is in equilibrium, its coupling is in no number: the plane has the mass, the states and statistics of
the species, and the bath. ``data/scans/thermal_relics.nc`` has it, made by ``scripts/relic_plane.py --plane species``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from boltzmann.cmb.judge import CITATIONS, LONG_NAMES
from boltzmann.comparison import own_helium
from boltzmann.comparison.relic_planes import at_the_edge, on_grid
from boltzmann.figures.output import Caption
from boltzmann.figures.species import SpeciesCurves
from boltzmann.numerics.arrays import Array
from boltzmann.parameters import Mixing, Options
from boltzmann.potentials import ThermalRelic
from boltzmann.scan import Samples, abundance_numbers, log, scan
from boltzmann.scan.dataset import statuses

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["BATHS", "NAME", "SPECIES", "bounds", "caption", "compute", "figure_data"]

NAME = "thermal_relics"  #: of the shipped scan
MASSES = 0.1, 30.0  # MeV
TWO_SIGMA = 4.0  # Delta chi^2 of one parameter, the mass
#: Species -> statistics and internal states.
SPECIES: dict[str, tuple[Literal["boson", "fermion"], float]] = {
    "real scalar": ("boson", 1.0),
    "complex scalar": ("boson", 2.0),
    "massive vector": ("boson", 3.0),
    "Majorana fermion": ("fermion", 2.0),
    "Dirac fermion": ("fermion", 4.0),
}
#: ``couples_to`` -> what couples.
BATHS = {"e": r"$e^\pm$ and photons", "nu": "neutrinos"}
#: Lower bounds on the mass [MeV] of any particle in equilibrium, 2 sigma (abstract of arXiv:1910.01649).
PUBLISHED = {"1910.01649, BBN": 0.4, "1910.01649, BBN and CMB": 3.7}


def compute(points: int = 20, options: Options | None = None, **running: Any) -> xr.Dataset:
    """Return the plane, computed or read from its store.

    Parameters
    ----------
    points : int
        Masses, for each of `SPECIES` in each of `BATHS`.
    options : Options, optional
        Numerics.
    **running
        Arguments of `boltzmann.scan.scan`: store, workers, progress.

    Returns
    -------
    Dataset
        `relic_planes.VARIABLES` over (couples_to, species, relic.mass), delta_chi2 over data too.

    Raises
    ------
    PrimatMissing
        The package primat is not installed.
    """
    mass = log(*MASSES, points)
    of_species = list(SPECIES.values())
    shape = len(BATHS), len(of_species), points
    bath, species, k = (index.ravel() for index in np.indices(shape))
    samples = Samples(
        {
            "relic.mass": mass[k],
            "relic.couples_to": [list(BATHS)[b] for b in bath],
            "relic.statistics": [of_species[s][0] for s in species],
            "relic.g": [of_species[s][1] for s in species],
        }
    )
    relic, settings = (ThermalRelic(mass="5 MeV"),), options or Options()
    extra = abundance_numbers("primat")
    data = at_the_edge(scan(samples, Mixing(), relic, settings, extra=extra, error_every=0, **running))
    coordinates = {"couples_to": list(BATHS), "species": list(SPECIES), "relic.mass": mass}
    found = on_grid(data, coordinates, ("couples_to", "species", "relic.mass"))
    return found.assign_attrs(title="particles in equilibrium by mass and species")


def figure_data(data: xr.Dataset, bath: str, combination: str = "planck2018") -> SpeciesCurves:
    """Return what the figure shows of one bath.

    Parameters
    ----------
    data : Dataset
        Of `compute`.
    bath : str
        Of `BATHS`.
    combination : str
        Data of the CMB.
    """
    chosen = data.sel(couples_to=bath)
    columns = {
        "N_eff": chosen["N_eff"],
        "abundances": chosen["chi2_BBN"],
        "cmb": chosen["delta_chi2"].sel(data=combination),
    }
    return SpeciesCurves(
        mass=np.asarray(data["relic.mass"], float),
        species=tuple(map(str, data["species"].values)),
        title=f"in equilibrium with {BATHS[bath]}",
        threshold=TWO_SIGMA,
        published=PUBLISHED,
        **{name: np.asarray(values, float) for name, values in columns.items()},
    )


def _largest_excluded(mass: Array, chi2: Array) -> float:
    """Return the mass above which chi^2 stays below the threshold, linear in its logarithm; NaN if there is none."""
    above = np.asarray(chi2) >= TWO_SIGMA
    places = np.flatnonzero(above)
    if not places.size or places[-1] == mass.size - 1 or not np.isfinite(chi2[places[-1] + 1]):
        return float("nan")
    k = int(places[-1])
    share = (chi2[k] - TWO_SIGMA) / (chi2[k] - chi2[k + 1])
    return float(np.exp(np.log(mass[k]) + share * np.log(mass[k + 1] / mass[k])))


def bounds(data: xr.Dataset, combination: str = "planck2018") -> Mapping[tuple[str, str], tuple[float, float]]:
    """Return (bath, species) -> masses [MeV] below which the CMB, and Y_p with D/H, exclude at two sigma.

    Arguments as of `figure_data`. NaN: nothing is excluded, or everything.
    """
    found = {}
    for bath in BATHS:
        curves = figure_data(data, bath, combination)
        for k, species in enumerate(curves.species):
            cmb, abundances = curves.cmb[k], curves.abundances[k]
            found[bath, species] = (_largest_excluded(curves.mass, cmb), _largest_excluded(curves.mass, abundances))
    return found


def caption(data: xr.Dataset, combination: str = "planck2018") -> Caption:
    """Return the caption of the figure; arguments as of `figure_data`."""
    status = statuses(data)
    text = (
        "Particles in equilibrium until they are gone, by mass and species, coupled to e+- and photons (left) or to "
        f"neutrinos (right): N_eff, and chi^2 above that of three neutrinos of the CMB ({combination}, "
        f"{own_helium.sentence(data)}; at the edge of its table, N_eff = 2.44, a lower bound) and of Y_p with D/H, "
        "with Omega_b of LCDM; at "
        f"{TWO_SIGMA:g} (dashed line, one parameter) a mass is excluded at two sigma. Dotted: published lower bounds "
        "for any of them, by nucleosynthesis (0.4 MeV) and with the CMB (3.7 MeV); with their data ours are in "
        "docs/validation/relics.md. A coupling is in no number while it holds equilibrium. "
        f"{int((status != 0).sum())} of {status.size} points without numbers. Numbers: data/scans/{NAME}.nc."
    )
    cmb = f"CMB: {LONG_NAMES[combination]} [{CITATIONS[combination]}]"
    sources = (cmb, "Y_p and D/H: primat, its own rates [arXiv:2601.22238, 1710.11129]", "dotted: arXiv:1910.01649")
    return Caption(text, sources)
