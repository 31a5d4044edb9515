"""The other ways out: mechanisms against one parameter each, at the point that laboratories like.

Each `Way` is a line of runs at (1 eV^2, |U_e4|^2 = 0.01); a `boltzmann.scan` computes it, and
``data/scans/ways_out.nc`` has all of them. `boltzmann.comparison.ways_verdict` says what comes out of it.

Where neutrinos and antineutrinos have opposite potentials there are two runs, each as if both had its sign; what the
CMB sees is taken from their mean. The asymmetry that the two make acts back and is not followed: no prediction.

A primordial asymmetry holds nu_s back until a resonance has used it up, which is where its runs end
(`boltzmann.solver.sweep`): N_eff is known between two numbers, the spectra are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from boltzmann.constants import EV
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.observables import effective_mass, effective_number, mass_populations
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.potentials import (
    NSI,
    LowReheating,
    QuasiSterile,
    SecretPseudoscalar,
    SecretVector,
    UltralightCurrent,
    UltralightScalar,
)
from boltzmann.potentials.ultralight_scalar import mass_matrix
from boltzmann.scan import abundance_numbers, scan
from boltzmann.scan.dataset import SEEN
from boltzmann.scan.point import MISSING, STATUSES, code_version
from boltzmann.solution import Solution
from boltzmann.solver import settled

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["MIXING", "NAME", "VARIABLES", "WAYS", "Way", "compute"]

NAME = "ways_out"  #: of the shipped scan
MIXING = Mixing(dm2_41="1 eV2", Ue4_sq=0.01)
_Sign = Literal["neutrinos", "antineutrinos"]
_SIGNS: tuple[_Sign, ...] = ("neutrinos", "antineutrinos")


@dataclass(frozen=True)
class Way:
    """One mechanism with the one parameter that is varied.

    Parameters
    ----------
    name, title : str
        Key, and what tables and figures call it.
    axis, unit, label : str
        Field that is varied, its unit, and a mathtext label.
    values : tuple of float
        In that unit.
    sectors : tuple
        Interactions of a run; two where neutrinos and antineutrinos have one each.
    releases : bool
        Whether nu_4 has another spectrum at last than in the run, because an ultralight field lets go of it.
    signs : {"auto", "same"}
        Of `Options`.
    swept : bool
        Whether the parameter is an asymmetry whose runs end in a sweep.
    stable : str
        Whether the solution is the one that Nature takes.
    assumes : str
        What a referee would attack.
    """

    name: str
    title: str
    axis: str
    unit: str
    label: str
    values: tuple[float, ...]
    sectors: tuple[tuple[Any, ...], ...]
    stable: str
    assumes: str
    releases: bool = False
    signs: Literal["auto", "same"] = "auto"
    swept: bool = False

    def column(self) -> Any:
        """Return the axis as a scan takes it."""
        return [f"{value:.6g} {self.unit}" for value in self.values] if self.unit else list(self.values)


def _log(low: float, high: float, points: int) -> tuple[float, ...]:
    return tuple(float(f"{value:.4g}") for value in np.geomspace(low, high, points))


def _scalar(name: str, sign: int) -> Way:
    filled = "odd, so that nu_4 ends with what nu_1 had" if sign < 0 else "even, so that nu_4 ends with what was made"
    return Way(
        name,
        f"ultralight scalar, {'negative' if sign < 0 else 'positive'} shift",
        "mass_shift",
        "eV",
        r"$|\lambda\phi_i|$ [eV]",
        tuple(sign * value for value in _log(0.3, 1000.0, 12)),
        ((UltralightScalar(f"{sign} eV", "1e-17 eV", treatment="frozen"),),),
        "yes: nu_s lies above the active states throughout",
        f"m_phi < 1e-15 eV (else nu_s is filled), and the number of later zeros of m_eff, all adiabatic, is {filled}",
        releases=True,
    )


def _odd(name: str, title: str, make: Callable[[_Sign], Any], **others: Any) -> Way:
    return Way(name, title, sectors=tuple((make(sign),) for sign in _SIGNS), **others)


WAYS: tuple[Way, ...] = (
    Way(
        "low_reheating",
        "low reheating",
        "T_RH",
        "MeV",
        r"$T_\mathrm{RH}$ [MeV]",
        (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 8.0, 10.0, 14.0, 20.0),
        ((LowReheating(T_RH="4 MeV"),),),
        "yes: no level crosses another",
        "the parent decays to photons and e+- alone, hadrons raise helium more; baryons are made later still",
    ),
    Way(
        "nsi",
        "NSI of electrons",
        "eps_L_ee",
        "",
        r"$\epsilon^L_{ee}$",
        (-0.7, -0.5, -0.3, -0.15, 0.0, 0.15, 0.3, 0.5, 0.8),
        ((NSI(eps_L_ee=0.1),),),
        "yes: no level crosses another",
        "a charged mediator as heavy as a W, and eps far beyond what electron scattering allows",
    ),
    _scalar("scalar", 1),
    _scalar("scalar_negative", -1),
    _odd(
        "quasi_sterile",
        "quasi-sterile, baryons",
        lambda sign: QuasiSterile("1e-7 MeV-2", early=sign),
        axis="strength",
        unit="MeV-2",
        label=r"$|V_s|/n_B$ [MeV$^{-2}$]",
        values=_log(1e-9, 1e-3, 13),
        stable="not known: opposite signs make an asymmetry that acts back, and is not followed",
        assumes="electrons have no coupling (g_e = 0): else nu_s e scattering thermalises nu_s at once",
    ),
    _odd(
        "current",
        "ultralight current",
        lambda sign: UltralightCurrent("1e-7 eV", early=sign),
        axis="potential",
        unit="eV",
        label=r"$|V_s|$ at 1 MeV [eV]",
        values=_log(1e-9, 1e-4, 11),
        stable="not known: opposite signs make an asymmetry that acts back, and is not followed",
        assumes="the field carries a conserved charge, so that V_s falls as a^-3 from before 100 MeV on",
    ),
    Way(
        "vector",
        "secret vector, 1 MeV",
        "coupling",
        "",
        r"$e_s$ ($M$ = 1 MeV)",
        (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0),
        ((SecretVector(0.1, "1 MeV"),),),
        "an asymmetry grows at large e_s, and from M = 10 MeV on early enough to matter (`Options.signs`)",
        "nu = nubar here; the dark sector starts with T_s/T = 0.465; secret rates good to a factor of order one",
        signs="same",
    ),
    Way(
        "vector_10",
        "secret vector, 10 MeV",
        "coupling",
        "",
        r"$e_s$ ($M$ = 10 MeV)",
        (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0),
        ((SecretVector(0.1, "10 MeV"),),),
        "nu and nubar are followed apart from the asymmetry of baryons where an asymmetry grows in time to matter",
        "the dark sector starts with T_s/T = 0.465; secret rates good to a factor of order one; abundances of the "
        "milder sign of an asymmetry that has grown",
    ),
    Way(
        "pseudoscalar",
        "secret pseudoscalar",
        "coupling",
        "",
        r"$g_s$ ($m_\phi$ = 1e-9 eV)",
        _log(1e-7, 1e-3, 7),
        ((SecretPseudoscalar(1e-5, "1e-9 eV"),),),
        "yes: its odd potential vanishes",
        "couplings diagonal in flavour, so that nu_4 decays; diagonal in mass, another model is needed",
    ),
    Way(
        "asymmetry",
        "lepton asymmetry",
        "L",
        "",
        r"$L$ of each flavour",
        (1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.02, 0.05, 0.1, 0.2),
        ((),),
        "a resonance of one sign uses the asymmetry up while neutrinos decouple or later, and nu_s is made after all",
        "asymmetries 1e5 to 3e8 times that of baryons; off-diagonal ones are left out beside a sterile state",
        swept=True,
    ),
)


def _left(solution: Solution) -> Array:
    """Return the occupation that nu_4 has when an ultralight field has let go of it, (N,), of a frozen run.

    All later zeros of m_eff = m_s + mu Phi are adiabatic (kappa >> 1, `boltzmann.potentials.ultralight_scalar`). An
    even number of them, m_eff > 0 now, gives back the heaviest state of today; an odd one what is the lightest now.
    """
    (field,) = solution.interactions
    M = mass_matrix(solution.mixing)
    M[3, 3] += field.number("mass_shift") * EV
    _, states = np.linalg.eigh(M.conj().T @ M)
    populations = mass_populations(solution.mean_rho[-1], states)
    return np.asarray(populations[:, 3 if M[3, 3].real > 0.0 else 0])


def _N_left(solution: Solution) -> float:
    """N_eff of nu_4 after the field has let go of it"""
    return float(effective_number(solution.comoving_density(_left(solution)), float(solution.z[-1])))


def _m_left(solution: Solution) -> float:
    """94.1 eV times Omega h^2 of nu_4 after the field has let go of it"""
    m_4 = float(solution.mixing.masses_in_eV[3])
    return effective_mass(solution.y, _left(solution), m_4, float(solution.z[-1]))


#: Of ultralight scalars, whose frozen runs end before m_4 is what it is today.
_REMNANT = {"N_left": _N_left, "m_left": _m_left}
#: Numbers of a point that are kept.
VARIABLES = (
    "N_eff", *SEEN, *_REMNANT, "Y_p", "D_H", "asymmetry_growth", "N_eff_symmetric", "L_e_freeze_out",
    "N_eff_lowest", "N_eff_highest", "T_sweep",
)  # fmt: skip


def _line(item: Way, sector: int, options: Options, running: dict[str, Any]) -> xr.Dataset:
    """Return the scan of one sector of a way."""
    extra = {**abundance_numbers("primat"), **(_REMNANT if item.releases else {})}
    axes, options = {item.axis: item.column()}, replace(options, signs=item.signs)
    return scan(axes, MIXING, item.sectors[sector], options, extra=extra, error_every=0, **running)


def _swept(item: Way, options: Options) -> xr.Dataset:
    """Return what is known of runs that end in a sweep: an estimate of N_eff, its bounds, and where half of L is gone.

    A second of CPU time each, so that they are not stored.
    """
    import xarray as xr

    runs = [settled(MIXING, (), options, Asymmetry.from_mapping({"L": value})) for value in item.values]
    known = [run.sweep for run in runs if run.sweep is not None and run.sweep.runs_away]
    if len(known) < len(runs):
        raise ParameterError(f"{item.name}: an asymmetry of {item.values} is not used up; give another range")
    meant = {
        "N_eff": ("N_eff", "1", "effective number of neutrinos, with production as without asymmetry after the sweep"),
        "N_eff_lowest": ("lowest", "1", "N_eff if nothing is made after the sweep"),
        "N_eff_highest": ("highest", "1", "N_eff if the asymmetry had delayed nothing"),
        "T_sweep": ("T", "MeV", "photon temperature at which half of the asymmetry is used up"),
    }
    data = xr.Dataset()
    for name, (field, unit, text) in meant.items():
        values = np.array([getattr(sweep, field) for sweep in known])
        data[name] = item.axis, values, {"units": unit, "long_name": text}
    data["status"] = item.axis, np.array([STATUSES.index(run.status.name) for run in runs], np.int8)
    return data


def compute(ways: Iterable[Way] = WAYS, options: Options | None = None, **running: Any) -> xr.Dataset:
    """Return all points of some ways out, computed or read from their store.

    Parameters
    ----------
    ways : iterable of Way
        Default all.
    options : Options, optional
        Numerics.
    **running
        Arguments of `boltzmann.scan.scan`: store, workers, progress.

    Returns
    -------
    Dataset
        `VARIABLES`, ``value`` and ``status`` over (way, sector, point); NaN where there is no such sector or point.

    Raises
    ------
    PrimatMissing
        The package primat is not installed.
    """
    chosen = tuple(ways)
    options = options or Options()
    lines = [
        [_swept(item, options) if item.swept else _line(item, k, options, running) for k in range(len(item.sectors))]
        for item in chosen
    ]
    return _together(chosen, lines)


def _together(ways: tuple[Way, ...], lines: list[list[xr.Dataset]]) -> xr.Dataset:
    """Return one dataset of scans of different axes."""
    import xarray as xr

    points = max(len(item.values) for item in ways)
    shape = len(ways), max(map(len, lines)), points
    numbers: dict[str, Array] = {name: np.full(shape, np.nan) for name in VARIABLES}
    status = np.full(shape, STATUSES.index(MISSING), np.int8)
    value = np.full((len(ways), points), np.nan)
    for k, (item, sectors) in enumerate(zip(ways, lines, strict=True)):
        value[k, : len(item.values)] = item.values
        for j, data in enumerate(sectors):
            status[k, j, : len(item.values)] = data["status"].values
            for name in set(VARIABLES) & set(data):
                numbers[name][k, j, : len(item.values)] = data[name].values
    attrs = {name: data[name].attrs for sectors in lines for data in sectors for name in set(VARIABLES) & set(data)}
    dims = ("way", "sector", "point")
    columns: dict[str, Any] = {name: (dims, array, attrs.get(name, {})) for name, array in numbers.items()}
    columns["value"] = (dims[::2], value, {"long_name": "the parameter that is varied, in the unit of its way"})
    columns["status"] = (dims, status, lines[0][0]["status"].attrs)
    coordinates = {"way": [item.name for item in ways]}
    attributes = {"title": "ways out at 1 eV^2, |U_e4|^2 = 0.01", "code": code_version()}
    return xr.Dataset(columns, coordinates, attributes)
