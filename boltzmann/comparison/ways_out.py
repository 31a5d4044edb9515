"""The other ways out: mechanisms against one parameter each, at the point that laboratories like.

Each `Way` is a line of runs at (1 eV^2, |U_e4|^2 = 0.01); a `boltzmann.scan` computes it, and
``data/scans/ways_out.nc`` has all of them. `boltzmann.comparison.ways_verdict` says what comes out of it.

A primordial asymmetry, or a potential that is opposite for antineutrinos, holds nu_s back until a resonance has used
up half of it, which is where its runs end (`boltzmann.solver.sweep`). What is known then are three numbers each of
N_eff and m_eff, the sectors of such a way: with nothing made from there on; the estimate, with production as without
asymmetry from there on, and what the fronts make; and above that its uncertainty, with what cells of momentum find in
nu_s. Of electron neutrinos it is known that their asymmetry is at most what the potential can make of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from boltzmann.comparison.ways_remnant import REMNANT
from boltzmann.errors import ParameterError
from boltzmann.kinetics.status import Status
from boltzmann.numerics.arrays import Array
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.parameters.asymmetry import PHOTONS
from boltzmann.potentials import (
    NSI,
    LowReheating,
    QuasiSterile,
    SecretPseudoscalar,
    SecretVector,
    UltralightCurrent,
    UltralightScalar,
)
from boltzmann.scan import abundance_numbers, scan
from boltzmann.scan.dataset import SEEN
from boltzmann.scan.point import MISSING, STATUSES, code_version
from boltzmann.solution import Solution
from boltzmann.solver import settled
from boltzmann.solver.signs import outside

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["MIXING", "NAME", "VARIABLES", "WAYS", "Way", "compute"]

NAME = "ways_out"  #: of the shipped scan
MIXING = Mixing(dm2_41="1 eV2", Ue4_sq=0.01)
NUMBER = 0.75  # nu and nubar of a species, per photon
MOST_L = 0.375  # of nu_e or its antineutrinos, all of them gone
ENDS = "lowest", "estimate", "highest"  #: sectors of ways that end in a sweep


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
    interactions : tuple
        Of a run.
    releases : bool
        Whether nu_4 has another spectrum at last than in the run, because an ultralight field lets go of it.
    signs : {"auto", "same"}
        Of `Options`.
    swept : bool
        Whether runs end in a sweep, of an asymmetry ("L") or of a potential.
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
    interactions: tuple[Any, ...]
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
        (UltralightScalar(f"{sign} eV", "1e-17 eV", treatment="frozen"),),
        "yes: nu_s lies above the active states throughout",
        f"m_phi < 1e-15 eV (else nu_s is filled), and the number of later zeros of m_eff, all adiabatic, is {filled}",
        releases=True,
    )


WAYS: tuple[Way, ...] = (
    Way(
        "low_reheating",
        "low reheating",
        "T_RH",
        "MeV",
        r"$T_\mathrm{RH}$ [MeV]",
        (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 8.0, 10.0, 14.0, 20.0),
        (LowReheating(T_RH="4 MeV"),),
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
        (NSI(eps_L_ee=0.1),),
        "yes: no level crosses another",
        "a charged mediator as heavy as a W, and eps far beyond what electron scattering allows",
    ),
    _scalar("scalar", 1),
    _scalar("scalar_negative", -1),
    Way(
        "quasi_sterile",
        "quasi-sterile, baryons",
        "strength",
        "MeV-2",
        r"$|V_s|/n_B$ [MeV$^{-2}$]",
        _log(1e-7, 1e-3, 13),
        (QuasiSterile("1e-7 MeV-2"),),
        "a resonance of one sign makes an asymmetry that balances the potential",
        "electrons have no coupling (else they thermalise nu_s), and nu_s next to none: one like that of baryons "
        "lets 1e-9 of nu_s balance the potential, and nothing is hindered",
        swept=True,
    ),
    Way(
        "current",
        "ultralight current",
        "potential",
        "eV",
        r"$|V_s|$ at 1 MeV [eV]",
        _log(1e-9, 1e-4, 11),
        (UltralightCurrent("1e-7 eV"),),
        "a resonance of one sign makes an asymmetry that balances the potential, or fills nu_4 if it cannot",
        "the field carries a conserved charge, so that V_s falls as a^-3 from before 100 MeV on",
        swept=True,
    ),
    Way(
        "vector",
        "secret vector, 1 MeV",
        "coupling",
        "",
        r"$e_s$ ($M$ = 1 MeV)",
        (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0),
        (SecretVector(0.1, "1 MeV"),),
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
        (SecretVector(0.1, "10 MeV"),),
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
        (SecretPseudoscalar(1e-5, "1e-9 eV"),),
        "yes: its odd potential vanishes",
        "couplings diagonal in flavour, so that nu_4 decays; diagonal in mass, another model is needed",
    ),
    Way(
        "asymmetry",
        "lepton asymmetry",
        "L",
        "",
        r"$L$ of each flavour",
        (1e-4, 3e-4, 1e-3, 3e-3, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2),
        (),
        "a resonance of one sign uses the asymmetry up while neutrinos decouple or later, and nu_s is made after all",
        "asymmetries 1e5 to 3e8 times that of baryons; off-diagonal ones are left out beside a sterile state",
        swept=True,
    ),
)


#: Numbers of a point that are kept.
VARIABLES = (
    "N_eff", *SEEN, *REMNANT, "Y_p", "D_H", "asymmetry_growth", "N_eff_symmetric", "L_e_freeze_out",
    "T_sweep", "L_e_least", "L_e_most", "N_eff_bound",
)  # fmt: skip


def _line(item: Way, options: Options, running: dict[str, Any]) -> xr.Dataset:
    """Return the scan of a way."""
    extra = {**abundance_numbers("primat"), **(REMNANT if item.releases else {})}
    axes, options = {item.axis: item.column()}, replace(options, signs=item.signs)
    return scan(axes, MIXING, item.interactions, options, extra=extra, error_every=0, **running)


#: Of ways that end in a sweep: unit and meaning.
_MEANT = {
    "N_eff": ("1", "effective number of neutrinos"),
    "N_eff_recombination": ("1", "the same at recombination"),
    "N_eff_colliding": ("1", "of it colliding"),
    "still_changing": ("1", "whether the run ended while states were changing"),
    "sum_m_nu": ("eV", "sum of active masses"),
    "N_eff_4": ("1", "effective number of nu_4"),
    "m_eff": ("eV", "94.1 eV Omega h^2 of nu_4"),
    "T_sweep": ("MeV", "photon temperature at which half of the asymmetry or potential is used up"),
    "L_e_least": ("1", "least (n - nbar)/n_gamma of nu_e that is possible after it"),
    "L_e_most": ("1", "largest (n - nbar)/n_gamma of nu_e that is possible after it"),
    "N_eff_bound": ("1", "N_eff if the asymmetry or potential had delayed nothing"),
}


def _ends(run: Solution, L: tuple[float, float], shared: float) -> list[dict[str, float]]:
    """Return the numbers of a run that may end in a sweep: lowest, estimate and highest, equal if it does not.

    ``L``: least and largest L_e after a sweep; ``shared``: number, of a species, that is converted besides when
    flavours share the asymmetry of nu_e, so that what balances is SUM L + L_e = 4/3 SUM L instead of 2 L_e.
    """
    known, m_4 = run.sweep, float(run.mixing.masses_in_eV[3])
    common = {"N_eff_colliding": 0.0, "still_changing": 0.0, "sum_m_nu": float(run.mixing.masses_in_eV[:3].sum())}
    if run.status.ok:
        pairs, L = [(run.N_eff, float(run.m_eff.value))] * 3, (run.L_at_freeze_out, run.L_at_freeze_out)
        more = {"N_eff_bound": run.N_eff}
    elif known is None or math.isnan(known.N_eff) or math.isnan(known.m_eff):
        raise ParameterError(
            f"{run.interactions} ended with {run.status.name}, without an estimate; give another range"
        )
    else:
        above = known.N_eff + (0.0 if math.isnan(known.uncertainty) else known.uncertainty)
        masses = known.m_eff_lowest, known.m_eff, float(np.nanmax([known.m_eff, known.sterile * m_4]))
        pairs = list(zip((known.lowest, known.N_eff), masses[:2], strict=True))
        pairs.append((above + shared, masses[2] + shared * m_4))
        more = {"T_sweep": known.T, "N_eff_bound": known.highest}
    more |= {"L_e_least": float(L[0]), "L_e_most": float(L[1])}
    return [{"N_eff": N, "N_eff_recombination": N, "m_eff": m, "N_eff_4": m / m_4, **more, **common} for N, m in pairs]


MORE = 0, 4, 8  # momenta besides those that were asked for, tried in turn


def _followed(interactions: tuple[Any, ...], options: Options, asymmetry: Asymmetry | None = None) -> Solution:
    """Solve a point; where one momentum is caught at a level that it moves itself, with some momenta more.

    Whether that happens hangs on rounding: of QuasiSterile with 20 momenta 2.154e-6 MeV^-2 is caught, 1e-6, 2.2e-6,
    4.642e-6 and 1e-5 are not.
    """
    for extra in MORE:
        run = settled(MIXING, interactions, replace(options, n_momenta=options.n_momenta + extra), asymmetry)
        if run.status is not Status.TOO_MANY_STEPS:
            break
    return run


def _driven(item: Way, value: float, options: Options) -> list[dict[str, float]]:
    """Return the numbers of one point of a way that ends in a sweep."""
    if item.axis == "L":
        given = Asymmetry.from_mapping({"L": value})
        # nu_e end with -L, and then share: 2 L are converted, or 3 L
        return _ends(_followed((), options, given), (-value, value), value / NUMBER)
    (one,) = item.interactions
    one = replace(one, **{item.axis: f"{value:.6g} {item.unit}"})
    # L_e + SUM L balances it: a half where nu_e alone have an asymmetry, a quarter when flavours have shared it
    most = -0.5 * outside((one,), Asymmetry()) / PHOTONS
    least, most = sorted([0.0, math.copysign(min(abs(most), MOST_L), most)])
    return _ends(_followed((one,), options), (least, most), 0.5 * max(abs(least), most) / NUMBER)


def _swept(item: Way, options: Options) -> list[xr.Dataset]:
    """Return what is known of runs that end in a sweep, `ENDS`; a second of CPU time each, so that they are not stored.

    Raises
    ------
    ParameterError
        A run ends without an estimate.
    """
    import xarray as xr

    points = [_driven(item, value, options) for value in item.values]
    done = np.full(len(points), STATUSES.index("SUCCESS"), np.int8)
    result = []
    for k in range(len(ENDS)):
        data = xr.Dataset()
        for name, (unit, text) in _MEANT.items():
            values = np.array([ends[k].get(name, np.nan) for ends in points])
            data[name] = item.axis, values, {"units": unit, "long_name": text}
        data["status"] = item.axis, done
        result.append(data)
    return result


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
        Ways that end in a sweep have three sectors, `ENDS`; their status is that there are numbers.

    Raises
    ------
    PrimatMissing
        The package primat is not installed.
    """
    chosen = tuple(ways)
    options = options or Options()
    lines = [_swept(item, options) if item.swept else [_line(item, options, running)] for item in chosen]
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
