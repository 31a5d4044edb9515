"""Planes of relics of MeV mass: mass against lifetime, mixing, or number of states, with N_eff, CMB and abundances.

A plane is a `boltzmann.scan` with Y_p and D/H of every point; `SHIPPED` ones are in ``data/scans``, made by
``scripts/relic_plane.py``. Planes of mixings have points at the same lifetimes for every mass, which is where something
happens: their mixings fall like m^-5. Boundaries of others are drawn over it, from their abstracts: lifetimes, which
widths turn into mixings. Particles in equilibrium by mass and species: `boltzmann.comparison.species_planes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from boltzmann.cmb.judge import CITATIONS, LONG_NAMES
from boltzmann.cmb.likelihood import LEAST_SUM, profile
from boltzmann.comparison import own_helium
from boltzmann.errors import ParameterError
from boltzmann.figures.output import Caption
from boltzmann.figures.relics import RelicPlane
from boltzmann.kinetics.status import Status
from boltzmann.numerics.arrays import Array
from boltzmann.parameters import Mixing, Options
from boltzmann.potentials import HeavyNeutralLepton, ThermalRelic
from boltzmann.relics.channels import FLAVOURS
from boltzmann.relics.widths import by_mixing
from boltzmann.scan import Samples, abundance_numbers, log, scan
from boltzmann.scan.dataset import SEEN, statuses, summary_of
from boltzmann.scan.point import STATUSES
from boltzmann.units import HBAR

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["KINDS", "SHIPPED", "at_the_edge", "caption", "compute", "figure_data", "kept", "on_grid"]

#: Plane -> second axis: field, range (of planes of mixings that of lifetimes), label.
KINDS: dict[str, tuple[str, tuple[Any, Any], str]] = {
    "lifetime": ("relic.lifetime", ("1e-3 s", "100 s"), r"lifetime $\tau_N$ [s]"),
    "mixing-e": ("relic.Ue4_sq", ("0.01 s", "30 s"), r"$|U_{e4}|^2$"),
    "mixing-mu": ("relic.Umu4_sq", ("0.01 s", "30 s"), r"$|U_{\mu4}|^2$"),
    "mixing-tau": ("relic.Utau4_sq", ("0.01 s", "30 s"), r"$|U_{\tau4}|^2$"),
    "electrophilic": ("relic.g", (1.0, 4.0), "internal states g"),
    "neutrinophilic": ("relic.g", (1.0, 4.0), "internal states g"),
}
#: Plane -> name of its scan in ``data/scans``; that of lifetimes has the channels of mixing with nu_e below the pion.
SHIPPED = {"lifetime": "relic_lifetime", "mixing-e": "relic_mixing_e"}
VARIABLES = ("N_eff", "N_eff_bbn", "Y_p", "D_H", "chi2_BBN", "helium", "delta_chi2", "status")  #: that are shipped
MASSES = {"lifetime": ("3 MeV", "500 MeV"), "philic": ("0.3 MeV", "20 MeV"), "mixing": ("20 MeV", "300 MeV")}
FINE = 100  # masses of a line
TWO_SIGMA = 6.18  # Delta chi^2 of two parameters
#: Lifetimes [s] excluded above, of leptons that mix and were in equilibrium: arXiv:2006.07387 and 2008.00749.
PUBLISHED = (
    ("2006.07387, 0.03 to 0.05 s", np.array([3.0, 1000.0]), np.array([0.04, 0.04])),
    ("2008.00749, pions", np.array([140.0, 1000.0]), np.array([0.02, 0.02])),
)


def _relic(kind: str, channels: str | None, statistics: str) -> Any:
    """Return the relic whose mass and second field are axes."""
    field, (low, _), _ = KINDS[kind]
    name = field.partition(".")[2]
    if kind == "lifetime":
        return HeavyNeutralLepton(mass="100 MeV", lifetime="1 s", channels=channels or "nu nu", T_N_over_T=0.79)
    if kind.startswith("mixing"):
        return HeavyNeutralLepton.from_mapping({"mass": "100 MeV", name: 1e-5})
    bath = "e" if kind == "electrophilic" else "nu"
    return ThermalRelic.from_mapping({"mass": "5 MeV", "g": low, "couples_to": bath, "statistics": statistics})


def _mixings(kind: str, masses: Array, lifetime: float) -> Array:
    """Return |U_a4|^2 of Majorana leptons of ``masses`` [MeV] that live ``lifetime`` [s]."""
    elements = tuple(float(a == kind.partition("-")[2]) for a in FLAVOURS)
    widths = [by_mixing(float(m), (elements[0], elements[1], elements[2]), True)[0] for m in masses]
    return np.asarray(HBAR / lifetime / np.array(widths))


def _published(kind: str, masses: Array) -> Sequence[tuple[str, Array, Array]]:
    """Return boundaries of others in a plane: their lifetimes, or the mixings that mean them."""
    if not kind.startswith("mixing"):
        return PUBLISHED if kind == "lifetime" else ()
    fine = np.geomspace(masses[0], masses[-1], FINE)
    found = []
    for label, ends, lifetimes in PUBLISHED:
        m = fine[(fine >= ends[0]) & (fine <= ends[-1])]
        found.append((label, m, _mixings(kind, m, float(lifetimes[0]))))
    return found


def _masses(kind: str) -> tuple[str, str]:
    return next(ends for name, ends in MASSES.items() if name in kind)


def compute(
    kind: str, points: int, channels: str | None = None, statistics: str = "boson", **running: Any
) -> xr.Dataset:
    """Return a plane, computed or read from its store.

    Parameters
    ----------
    kind : str
        Of `KINDS`.
    points : int
        Masses, and as many values of the second axis.
    channels : str, optional
        Of the plane of lifetimes, default "nu nu".
    statistics : str
        "boson" or "fermion", of the planes of thermal relics.
    **running
        Arguments of `boltzmann.scan.scan`: store, workers, options.

    Raises
    ------
    ParameterError
        There is no such plane, or channels are closed for all masses.
    """
    if kind not in KINDS:
        raise ParameterError(f"plane = {kind!r} does not exist; use one of: {', '.join(KINDS)}")
    field, (low, high), _ = KINDS[kind]
    mass, other = log(*_masses(kind), points), log(low, high, points)
    axes: Any = {"relic.mass": mass, field: other}
    if kind.startswith("mixing"):
        elements = np.stack([_mixings(kind, mass.value, float(tau)) for tau in other.value], axis=-1)
        axes = Samples({"relic.mass": np.repeat(mass, points), field: elements.ravel()})
    options = running.pop("options", None) or Options()
    interactions = (_relic(kind, channels, statistics),)
    extra = abundance_numbers("primat")
    data = at_the_edge(scan(axes, Mixing(), interactions, options, extra=extra, error_every=0, **running))
    if not kind.startswith("mixing"):
        return data
    coordinates = {"relic.mass": mass.value, "lifetime": other.value, field: (("relic.mass", "lifetime"), elements)}
    return on_grid(data, coordinates, ("relic.mass", "lifetime"))


def at_the_edge(data: xr.Dataset) -> xr.Dataset:
    """Return a scan with Delta chi^2 of the CMB at the edge of its table where points have none.

    N_eff is below the table there: a lower bound. Neutrinos of decays are few for their energy, so that SUM m n may be
    below it, too, as in `boltzmann.cmb.judge`.
    """
    found = np.array(data["delta_chi2"], float)
    where = (statuses(data) == STATUSES.index(Status.SUCCESS.name)) & ~np.isfinite(found).any(axis=-1)
    for place in zip(*np.nonzero(where), strict=True):
        seen = summary_of({name: float(data[name].values[place]) for name in SEEN})
        (more, helium), masses = own_helium.at_edge(seen.delta_N_eff, seen.helium), max(seen.sum_of_masses, LEAST_SUM)
        for k, combination in enumerate(data["data"].values):
            found[(*place, k)] = profile(more, 0.0, str(combination), 0.0, masses, helium).delta_chi2
    return data.assign(delta_chi2=(data["delta_chi2"].dims, found, data["delta_chi2"].attrs))


def on_grid(data: xr.Dataset, coordinates: dict[str, Any], dims: Sequence[str]) -> xr.Dataset:
    """Return `VARIABLES` of samples on a grid whose last dimension varies fastest; ``coordinates`` have those of dims.

    Parameters
    ----------
    data : Dataset
        Of samples.
    coordinates : dict
        Name -> values, or dimensions and values.
    dims : sequence of str
    """
    import xarray as xr

    shape = [len(coordinates[name]) for name in dims]
    columns = {}
    for name in VARIABLES:
        values, more = data[name].values, data[name].dims[1:]
        columns[name] = ((*dims, *more), values.reshape(*shape, *values.shape[1:]), data[name].attrs)
    others = {name: data[name] for name in ("data", "T_bbn") if name in data.coords}
    return xr.Dataset(columns, {**coordinates, **others}, data.attrs)


def figure_data(data: xr.Dataset, kind: str, combination: str = "planck2018") -> RelicPlane:
    """Return what the figure of a plane shows.

    Parameters
    ----------
    data : Dataset
        Of `compute`.
    kind : str
        Of `KINDS`.
    combination : str
        Data of the CMB.
    """
    field, _, label = KINDS[kind]
    status = statuses(data)
    return RelicPlane(
        mass=np.asarray(data["relic.mass"], float),
        other=np.asarray(data[field], float),
        N_eff=np.asarray(data["N_eff"], float),
        cmb=np.asarray(data["delta_chi2"].sel(data=combination), float),
        abundances=np.asarray(data["chi2_BBN"], float),
        heated=status == STATUSES.index(Status.HEATED.name),
        label=label,
        threshold=TWO_SIGMA,
        published=_published(kind, np.asarray(data["relic.mass"], float)),
    )


def kept(data: xr.Dataset, kind: str) -> xr.Dataset:
    """Return what is shipped of a plane."""
    return data[list(VARIABLES)].assign_attrs(title=f"relics of MeV mass, plane {kind}")


def caption(data: xr.Dataset, kind: str, combination: str = "planck2018") -> Caption:
    """Return the caption of the figure of a plane; arguments as of `figure_data`."""
    status = statuses(data)
    counted = ", ".join(f"{int((status == k).sum())} {name}" for k, name in enumerate(STATUSES) if (status == k).any())
    about = _ABOUT.get(kind.partition("-")[0], "")
    text = (
        f"N_eff of a relic, plane {kind}. Lines: Delta chi^2 = {TWO_SIGMA} (two parameters) against three neutrinos, "
        f"of the CMB ({combination}, {own_helium.sentence(data)}; at the edge of its table where N_eff or masses are "
        f"below it, a lower bound at N_eff < 2.44) and of Y_p with D/H; hatched: excluded. {about}Points: {counted}; "
        "colours end where points have none."
    )
    cmb = f"CMB: {LONG_NAMES[combination]} [{CITATIONS[combination]}]"
    return Caption(text, (cmb, "Y_p and D/H: primat, its own rates [arXiv:2601.22238, 1710.11129]", *_SOURCES[kind]))


_BOUNDARIES = "lifetimes [arXiv:2006.07387, 2008.00749]"
_SOURCES = {kind: (_BOUNDARIES,) if kind == "lifetime" or "mixing" in kind else () for kind in KINDS}
_ABOUT = {
    "lifetime": "Light leptons give nu_e, which lower Y_p, and speed, which raises it: between the red areas the two "
    "cancel, in a strip that is narrower than the distance of points where it breaks. T_N/T = 0.79, abundance of "
    "relativistic decoupling. Dashed: lifetimes beyond which others exclude leptons that mix; the first is 0.03 to "
    "0.05 s by flavour and mass. ",
    "mixing": "Majorana, lifetimes of 0.01 to 30 s; abundance and channels follow from mixing. Dashed: the mixings of "
    "lifetimes beyond which others exclude them; the first is 0.03 to 0.05 s by flavour and mass. ",
}
