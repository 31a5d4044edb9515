"""When a secret vector interaction turns active neutrinos into sterile ones again: the plane of coupling and mass.

The plane is a `boltzmann.scan` with two numbers more per point, `EXTRA`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.integrate import cumulative_simpson

from boltzmann.comparison.captions import point_text
from boltzmann.constants import M_E, NEUTRINO_DENSITY
from boltzmann.dark.tables import boson_thermodynamics
from boltzmann.errors import ParameterError
from boltzmann.figures.output import Caption
from boltzmann.figures.secret import LATE, CouplingPlane, Region
from boltzmann.numerics.arrays import Array
from boltzmann.parameters import Mixing, Options
from boltzmann.potentials import SecretVector
from boltzmann.scan import log, scan
from boltzmann.solution import Solution
from boltzmann.solver import secret

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "EXTRA",
    "Late",
    "caption",
    "compute",
    "energy_received",
    "figure_data",
    "late_share",
    "latest",
    "recoupling_temperature",
]

NOTHING = 0.01  # energy received, in standard neutrinos, below which there is no recoupling
MIXING = Mixing(dm2_41="1 eV2", theta_24="0.1 rad")
COUPLINGS, MASSES = (1e-6, 0.5), ("1e-3 MeV", "1e3 MeV")
_INTERACTION = SecretVector(COUPLINGS[1], MASSES[1])  # of which coupling and mass are the axes


def _trace(solution: Solution) -> Array:
    """Return the mediators' comoving rho - 3P, (n_x,): what expansion adds to their comoving energy per ln a."""
    dark, total = solution.dark, np.zeros_like(solution.x)
    if dark is None:
        return total
    for interaction in secret(solution.interactions):
        mediator = interaction.mediator()
        mu = mediator.mass * solution.x / M_E * np.exp(-dark.log_z)
        energy, pressure = boson_thermodynamics(mu)[:, :2].T
        total += (
            mediator.degrees * np.exp(mediator.charge * dark.eta + 4.0 * dark.log_z - mu) * (energy - 3.0 * pressure)
        )
    return total


def energy_received(solution: Solution) -> Array:
    """Return the energy that the dark sector has received from the active neutrinos since the start, (n_x,).

    The comoving energy of sterile neutrinos and mediators without what expansion adds to massive mediators, rho - 3P
    per ln a; in standard neutrinos before e+- annihilation. The actives' refill by the plasma does not enter.
    """
    sterile = solution.energy_density("s")
    mediators = np.zeros_like(sterile) if solution.dark is None else solution.dark.energy / NEUTRINO_DENSITY
    grown = cumulative_simpson(_trace(solution), x=np.log(solution.x), initial=0.0) / NEUTRINO_DENSITY
    return np.asarray(sterile + mediators - grown - (sterile + mediators)[0])


def half_received(T: Array, received: Array) -> float:
    """Return the temperature below which more than half of the largest energy had been received; NaN if below 0.01.

    The largest, because a mediator that turns non-relativistic later in equilibrium gives part of it back.

    Parameters
    ----------
    T : (n_x,) array
        Photon temperatures, falling.
    received : (n_x,) array
        `energy_received`.
    """
    top = int(np.argmax(received))
    if received[top] < NOTHING:
        return float("nan")
    level = received[: top + 1] / received[top] - 0.5
    k = int(np.flatnonzero(level < 0.0)[-1])
    part = level[k] / (level[k] - level[k + 1])
    return float(T[k] ** (1.0 - part) * T[k + 1] ** part)


def received_below(T: Array, received: Array, limit: float) -> float:
    """Return the share of the largest energy that was received below T_gamma = `limit`; NaN as above."""
    if received.max() < NOTHING:
        return float("nan")
    before = float(np.interp(-np.log(limit), -np.log(T), received))
    return max(0.0, float(received[limit > T].max(initial=before)) - before) / float(received.max())


def recoupling_temperature(solution: Solution) -> float:
    """Photon temperature [MeV] below which more than half of the energy of the dark sector had been received."""
    return half_received(solution.T.value, energy_received(solution))


def late_share(solution: Solution) -> float:
    """Share of the energy of the dark sector that was received below a photon temperature of 0.1 MeV."""
    return received_below(solution.T.value, energy_received(solution), LATE)


#: What `compute` asks of every point, besides the numbers of every scan.
EXTRA = {"T_recoupling_MeV": recoupling_temperature, "late_share": late_share}


def compute(
    points: int = 60,
    *,
    store: str | Path | None = None,
    workers: int | None = None,
    mixing: Mixing = MIXING,
    options: Options | None = None,
) -> xr.Dataset:
    """Scan e_s from 1e-6 to 0.5 and M from 1 keV to 1 GeV, with T_s/T_gamma = 0.465.

    Parameters
    ----------
    points : int
        Couplings, and as many masses; logarithmic.
    store, workers, options
        As for `boltzmann.scan.scan`, which this calls.
    mixing : Mixing
        Of every run. By default the sterile state mixes with nu_mu: theta_24 = 0.1 rad, dm2_41 = 1 eV2.

    Returns
    -------
    xarray.Dataset
        Over ``coupling`` and ``mediator_mass`` [MeV], with `EXTRA`.

    Raises
    ------
    ParameterError
        As `boltzmann.scan.scan`, or there are fewer than 2 points, of which no figure can be drawn.
    """
    if points < 2:
        raise ParameterError(f"points = {points} is not allowed; a figure needs at least 2 in each direction")
    axes = {"coupling": log(*COUPLINGS, points), "mediator_mass": log(*MASSES, points)}
    return scan(axes, mixing, [_INTERACTION], options, store, workers, error_every=0, extra=EXTRA)


class Late(NamedTuple):
    """How late sterile neutrinos recouple in a region of the plane."""

    temperature: float  # lowest recoupling temperature [MeV]
    e_s: float  # of that point
    mass: float  # of that point [MeV]
    share: float  # largest share of the energy received below 0.1 MeV
    points: int  # with a recoupling temperature
    below: int  # of these: below 0.1 MeV


def latest(data: xr.Dataset, region: Region) -> Late:
    """Return how late recoupling is for couplings ``e_s`` and masses ``mass`` [MeV] in these ranges, ends included."""
    rounding = 1.0 + 1e-9
    ranges = {"coupling": region["e_s"], "mediator_mass": region["mass"]}
    inside = {name: slice(low / rounding, high * rounding) for name, (low, high) in ranges.items()}
    part = data.sel(inside).transpose("coupling", "mediator_mass", ...)
    T = part["T_recoupling_MeV"].values
    known = np.isfinite(T)
    if not known.any():
        nan = float("nan")
        return Late(nan, nan, nan, nan, 0, 0)
    i, j = np.unravel_index(np.nanargmin(T), T.shape)
    at = float(part["coupling"][i]), float(part["mediator_mass"][j])
    share = float(np.nanmax(part["late_share"].values))
    return Late(float(T[i, j]), *at, share, int(known.sum()), int(np.count_nonzero(T[known] < LATE)))


def figure_data(data: xr.Dataset, region: Region) -> CouplingPlane:
    """Return what the figure of a scan by `compute` shows, with the frame of a region."""
    data = data.transpose("coupling", "mediator_mass", ...)
    arrays = {
        "N_eff_1MeV": data["N_eff_bbn"].sel(T_bbn=1.0).values,
        "N_eff": data["N_eff"].values,
        "T_recoupling": data["T_recoupling_MeV"].values,
        "failed": data["status"].values != 0,
    }
    return CouplingPlane(data["coupling"].values, data["mediator_mass"].values, region=region, **arrays)


def _lowest(T: Array) -> str:
    if not np.isfinite(T).any():
        return "none was found"
    lowest = float(np.nanmin(T))
    contour = "vermilion line" if lowest < LATE else "nowhere in the plane"
    return f"its minimum is {lowest:.2g} MeV; {LATE:g} MeV: {contour}"


def caption(data: xr.Dataset, mixing: Mixing = MIXING) -> Caption:
    """Return the caption of the figure of a scan by `compute`."""
    failed = int(np.count_nonzero(data["status"].values))
    gaps = f" {failed} points failed (crosses)." if failed else ""
    T = data["T_recoupling_MeV"].values
    return Caption(
        "Sterile neutrino with a secret vector boson A' that couples to nu_s with e_s; "
        f"{point_text(mixing)}, dark sector at T_s/T_gamma = {_INTERACTION.T_s_over_T:g} after muon annihilation, no "
        "lepton asymmetry. (a) N_eff at T_gamma = 1 MeV in units of a neutrino with T_nu = T_gamma, A' included; (b) "
        "at the end of the run, all states relativistic. (c) Photon temperature at which half of the largest energy "
        f"transfer from active neutrinos to the dark sector has happened; {_lowest(T)}; dashed: where none below 0.1 "
        "MeV is expected (cf. arXiv:1605.06506). Hatched: M < e_s T_gamma at T_gamma = 1 MeV, where rates, with a "
        f"thermal mass of A', are approximate.{gaps} {T.shape[0]} x {T.shape[1]} points: plane.nc.",
        ("potential: arXiv:1310.6337",),
    )
