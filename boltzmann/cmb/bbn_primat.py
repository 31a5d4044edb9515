"""From a Solution to the nuclear network of primat. The only importer of primat.

PRIMAT (arXiv:1801.08023, 2011.11320; package primat) integrates the nuclear network in our Universe. It reads the
history of neutrino decoupling from tables: the scale factor x = m_e a and z = T_gamma a, temperatures of the three
flavours, and f_e(y)/f_FD(y) - 1 of the electron neutrinos. We write these tables from the solution, in the same
variables, into a temporary copy of its data folder. T_mu and T_tau carry the energy of their flavours. T_e is that of
the mean energy of nu_e: f_e alone decides the weak rates, but corrections for the nucleon mass see T_e only, and a
depleted spectrum is better described by a lower number than by a lower temperature (13 % of its effect on Y_p,
measured). What is missing of rho_e then, sterile neutrinos, mediators, decaying relics and matter enter the Friedmann
equation as an extra energy density.

Where electron neutrinos and antineutrinos differ, or some are hot, the rates n <-> p are made here, by primat's own
integrals with a distortion for each of the two, at all temperatures, and written where primat looks for rates that it
knows already. Beside decaying leptons what `boltzmann.cmb.hot_neutrinos` says is added, above 30 T, where these
integrals end, and for the mass of nucleons below; T_e is then `thermal`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cache
from importlib import import_module
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator, RegularGridInterpolator

from boltzmann.cmb.hot_neutrinos import from_decays, more, thermal
from boltzmann.cmb.neutrons import Q, begins, past_of, vacuum_decay
from boltzmann.constants import KELVIN, M_E, NEUTRINO_DENSITY
from boltzmann.errors import MissingLibrary
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.observables import interpolate_hard
from boltzmann.solution import Solution

Y = np.linspace(0.0, 25.0, 126)  # momenta of the distortion; primat interpolates linearly between them
REACH = 30.0  # E/T to which primat integrates the weak rates
MOST_Y, MORE = 66.0, 124  # y = 30 z at z = 2.2; primat takes at most 250 momenta
STEP = 0.0125  # in ln x, of the tables; half of it changes Y_p by 2e-7 and D/H by 1e-5 of itself
RATES_PER_DECADE = 20  # temperatures of the weak rates; primat's own 80 change Y_p by 1e-7 and D/H by 3e-6 of itself
_DENSITIES = 4000  # of the extra density; linear between them, which leaves 1e-7 of it
LEAST_L_E = 1e-5  # (n - nbar)/n_gamma of nu_e
LATEST = 1e3  # x of the last row: 0.7 keV, below the 1 keV at which primat ends


class PrimatMissing(MissingLibrary):
    """The Python package primat is not installed."""


@cache
def primat() -> Any:
    """Import and return the module ``primat.backend``.

    Raises
    ------
    PrimatMissing
        It is not installed.
    """
    try:
        return import_module("primat.backend")
    except ImportError as error:
        raise PrimatMissing(
            f'backend = "primat" needs the package primat, which cannot be imported ({error}); '
            'install it with: pip install "sterile-boltzmann[bbn]", or use backend="class"'
        ) from error


def network(solution: Solution, omega_b: float, tau_n: float, reactions: str) -> tuple[float, float, float]:
    """Return Y_p, rho_He/rho_b and D/H of the nuclear network.

    Parameters
    ----------
    solution : Solution
        Finished.
    omega_b : float
        Baryon density Omega_b h^2.
    tau_n : float
        Lifetime of the neutron [s], to which the weak rates are normalised.
    reactions : str
        Network of primat: which nuclear reactions, with whose rates.

    Raises
    ------
    PrimatMissing
        It is not installed.
    """
    backend = primat()
    with tempfile.TemporaryDirectory() as folder:
        _write_tables(solution, Path(backend.__file__).parent / "data", Path(folder))
        settings = {
            "Omegabh2": omega_b,
            "tau_n": tau_n,
            "network": reactions,
            "data_dir": folder,
            "external_scale_factor": True,
            "weak_rate_cache": False,
            "save_nTOp": False,
            "sampling_nTOp_per_decade": RATES_PER_DECADE,
        }
        if asymmetric(solution) or from_decays(solution):
            settings |= {"weak_rate_cache": True, "cache_dir": str(Path(folder) / "rates")}
            _write_rates(solution, settings, Path(folder) / "rates" / "weak")
        result = backend.run_bbn(settings, extra_rho=[_extra_density(solution)], progress=False)
    return result["YPBBN"], result["YPCMB"], result["DoH"]


def asymmetric(solution: Solution) -> bool:
    """Return whether electron neutrinos and antineutrinos differ enough for Y_p: by 2e-6 of it."""
    return solution.rho.shape[1] == 2 and bool(np.abs(solution.L[:, 0]).max() > LEAST_L_E)


def _write_rates(solution: Solution, settings: dict[str, Any], folder: Path) -> None:
    """Write the rates n <-> p of nu_e and nubar_e, and of hot ones, into ``folder``, where primat finds them."""
    api, names = import_module("primat.weak_rates.api"), import_module("primat.weak_rates.cache")
    cfg, background = import_module("primat.config").PRIMATConfig(settings), _background(solution)
    x, z, T_e = background[::-1, :3].T  # by rising temperature
    table = np.array(api.ComputeWeakRates([z / x * M_E, T_e / x * M_E], cfg, dFDneu_func=_signed_distortion(solution)))
    T = table[0] * KELVIN
    table[1:] += _hot(solution, np.interp(np.log(T), np.log(z / x * M_E), np.log(x)), T)
    digest = import_module("primat.cache_utils").fingerprint_hash(names.weak_rate_fingerprint(cfg))
    folder.mkdir(parents=True)
    np.savetxt(folder / f"nTOp_{digest}.txt", table.T)


def _signed_distortion(solution: Solution) -> Any:
    """Return f - f_FD(T_e) as primat asks for it, vectorised: of (E/m_e, m_e/T_gamma, m_e/T_e, +-1).

    +1 is n -> p, -1 p -> n. Positive energies are absorbed, neutrinos by n and antineutrinos by p; negative ones are
    emitted, antineutrinos by n and neutrinos by p, and blocked: 1 - f (arXiv:1801.08023 eq. 81).
    """
    (x, z), momenta = _background(solution)[:, :2].T, _momenta(solution)
    ratios = (1.0 + _distortion(solution, nubar) for nubar in (False, True))
    tables = [RegularGridInterpolator((np.log(x), momenta), ratio) for ratio in ratios]

    def distortion(energy: Array, x_gamma: Array, x_nu: Array, direction: int) -> Array:
        log_a = np.interp(np.log(x_gamma), np.log(x / z), np.log(x))
        y = np.abs(energy) * np.exp(log_a)
        at = np.stack(np.broadcast_arrays(log_a, np.minimum(y, momenta[-1])), axis=-1)
        nu, nubar = (table(at) * fermi_dirac(y) - fermi_dirac(np.abs(energy) * x_nu) for table in tables)
        return np.where((energy > 0.0) == (direction > 0), nu, nubar) * np.sign(energy)

    vectorised: Any = distortion
    vectorised.vectorized = True
    return vectorised


def _hot(solution: Solution, s: Array, T: Array) -> Array:
    """Return what hot neutrinos add to the rates at ln x and T (n,) [MeV], over that of the free neutron, (2, n).

    primat integrates over momenta of electrons up to 30 T, at least to 7 m_e.
    """
    electron = np.hypot(np.maximum(REACH * T, 7.0 * M_E), M_E)
    return more(solution, s, T, np.array([electron - Q, electron + Q])) / vacuum_decay()


def _extra_density(solution: Solution) -> Any:
    """Return the energy [MeV^4] of nu_s, mediators, decaying matter and rho_e - rho_FD(T_e), of T_gamma [MeV]."""
    density = solution.energy_density("e") - _electron_temperature(solution) ** 4
    if solution.mixing.n_states == 4:
        density = density + solution.energy_density("s")
    past, first = past_of(solution), begins(solution)
    logs = np.concatenate([np.log(past.z * M_E) - past.log_x, np.log(solution.T.value[first:])])
    others = solution.other_density if solution.matter is None else solution.matter
    density = ((NEUTRINO_DENSITY * density + others) / solution.z**4)[first:]
    logs, rows = np.unique(logs, return_index=True)  # rising; steps of 1e-9 do not change T
    ratio = _through(solution, logs, np.concatenate([past.matter / past.z**4, density])[rows])
    at = np.linspace(logs[0], logs[-1], _DENSITIES)  # primat asks 4000 times, and a spline takes 30 microseconds
    table = ratio(at)
    return lambda T: float(np.interp(log(T), at, table)) * T**4


def _electron_temperature(solution: Solution) -> Array:
    """Return T_e a of a Fermi-Dirac spectrum with the mean momentum of nu_e, (n_x,); beside decays `thermal`.

    Few neutrinos of decays, hot or cold, change the mean of all: corrections for the nucleon mass would be those of a
    thermal spectrum that nobody has.
    """
    if from_decays(solution):
        return thermal(solution.T.value) * solution.x / M_E
    f, weight = solution.mean_rho[:, :, 0, 0].real, solution.weights * solution.y**2
    standard = fermi_dirac(solution.y)
    return np.asarray(
        (f @ (weight * solution.y)) / (f @ weight) * (standard @ weight) / (standard @ (weight * solution.y))
    )


def _write_tables(solution: Solution, shipped: Path, folder: Path) -> None:
    """Make ``folder`` a data folder of primat with our neutrinos; everything else is linked to the shipped one."""
    for entry in os.scandir(shipped):
        if entry.name != "NEVO":
            (folder / entry.name).symlink_to(entry.path)
    (folder / "NEVO").mkdir()
    background, distortion = _background(solution), _distortion(solution)
    unused = np.zeros((len(background), 2))  # heating of the neutrinos, which we give by x, and energy conservation
    thermo, spectra = np.hstack([background, unused]), np.hstack([background, unused[:, :1], distortion])
    tables = {"NEVOPRIMAT_col_1_7": thermo, "NEVOPRIMAT": spectra, "NEVOGrid": _momenta(solution)}
    for name, table in tables.items():
        lines = (",".join(map(repr, row)) for row in np.atleast_2d(table.T).T.tolist())  # in a tenth of savetxt's time
        (folder / "NEVO" / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="ascii")


def _through(solution: Solution, at: Array, values: Array) -> Callable[[Array], Array]:
    """Return a curve through ``values``, first axis, at rising ``at``.

    A spline; monotone between points where both signs are followed, whose steps of 1e-9 in ln x let a spline overshoot.
    """
    curve: Any = CubicSpline if solution.rho.shape[1] == 1 else PchipInterpolator
    through: Callable[[Array], Array] = curve(at, values)
    return through


def _spline(solution: Solution, past: Array, during: Array) -> Callable[[Array], Array]:
    """Return a quantity of the past (`neutrons.past_of`) and of the run, first axis, as a function of ln x."""
    first = begins(solution)
    log_x = np.concatenate([past_of(solution).log_x, np.log(solution.x[first:])])
    return _through(solution, log_x, np.concatenate([past, during[first:]]))


def _rows(solution: Solution) -> Array:
    """Return ln x of the rows of a table."""
    first = float(np.append(past_of(solution).log_x, np.log(solution.x[begins(solution)]))[0])
    last = np.log(min(float(solution.x[-1]), LATEST))
    return np.linspace(first, last, int((last - first) / STEP) + 2)


def _background(solution: Solution) -> Array:
    """Return columns x, z, and T a of the three flavours."""
    rows, past = _rows(solution), past_of(solution)
    others = (solution.energy_density(a) ** 0.25 for a in ("mu", "tau"))
    columns = [_spline(solution, past.z, solution.z)(rows)]
    columns += [_spline(solution, past.z_nu, T)(rows) for T in (_electron_temperature(solution), *others)]
    return np.column_stack([np.exp(rows), *columns])


def _momenta(solution: Solution) -> Array:
    """Return the momenta of the distortion: more where neutrinos of decays have a tail."""
    if not from_decays(solution):
        return Y
    return np.concatenate([Y, np.linspace(Y[-1], min(float(solution.y[-1]), MOST_Y), MORE + 1)[1:]])


def _distortion(solution: Solution, antineutrino: bool | None = None) -> Array:
    """Return f_e/f_FD - 1, rows of a table times `Y`: a spline between the nodes, constant beyond, as everywhere.

    Of nu_e, nubar_e or (None) their mean.
    """
    nodes, f = solution.y, solution.rho_of(antineutrino)[:, :, 0, 0].real
    if from_decays(solution):
        at, rows = _momenta(solution), _rows(solution)
        log = PchipInterpolator(np.log(solution.x), np.log(interpolate_hard(nodes, f, at) / fermi_dirac(at)))
        return np.exp(log(rows)) - 1.0  # which does not overshoot where nodes fill up
    ratio = f / fermi_dirac(nodes)
    wide = np.maximum(CubicSpline(nodes, ratio, axis=1)(np.clip(Y, nodes[0], nodes[-1])), 0.0)
    before = fermi_dirac(Y / past_of(solution).z_nu[:, None]) / fermi_dirac(Y)
    return np.maximum(_spline(solution, before, wide)(_rows(solution)), 0.0) - 1.0
