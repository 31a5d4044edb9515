"""One benchmark laboratory point against the early Universe: quantum kinetic equations, CLASS, figure, verdict."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

import boltzmann
from boltzmann import ecsv, plots
from boltzmann.cmb import class_bridge, likelihood
from boltzmann.momentum import fermi_dirac
from boltzmann.output import prepare, write
from boltzmann.parameters import Mixing, Options, ParameterError
from boltzmann.solution import Solution
from boltzmann.solve import solve

Array = NDArray[np.float64]
Progress = Callable[[float], None]

TABLE = "lab/benchmarks.ecsv"
ELEMENTS = ("Ue4_sq", "Umu4_sq", "Utau4_sq")
QUOTED_ELL = (10, 30, 100, 220, 500, 800, 1000, 1500, 2000, 2500)
ASSUMPTIONS = (
    "no lepton asymmetry, neutrinos and antineutrinos alike, no new interaction of the sterile state",
    "CP phases and the mass of the lightest neutrino are zero; active parameters are NuFIT 6.0, normal ordering",
    "an element |U_a4|^2 that the fit does not give is zero",
    "omega_b, omega_cdm, 100*theta_s, A_s, n_s and tau are fixed at the Planck 2018 best fit, not refitted",
    "Y_p follows standard nucleosynthesis at the N_eff of each run",
    "in CLASS: active neutrinos are one Fermi-Dirac species of 0.06 eV and massless ones; "
    "the fourth mass eigenstate has its own spectrum",
)


@dataclass(frozen=True)
class Benchmark:
    """A published 3+1 fit: name, mixing parameters, whether its numbers were checked, citation, note."""

    name: str
    mixing: Mixing
    status: str
    citation: str
    note: str


@dataclass(frozen=True)
class Comparison:
    """What `compare` wrote: the figure (PNG, with a PDF of the same name beside it), the JSON file, and its verdict."""

    figure: Path
    json: Path
    verdict: str


def benchmarks() -> tuple[str, ...]:
    """Return the names of the benchmark points, in the order of ``data/lab/benchmarks.ecsv``."""
    return tuple(row["name"] for row in ecsv.rows(TABLE))


def benchmark(name: str) -> Benchmark:
    """Return one benchmark point.

    Raises
    ------
    ParameterError
        There is no point of that name.
    """
    for row in ecsv.rows(TABLE):
        if row["name"] == name:
            elements: dict[str, Any] = {key: float(row[key]) for key in ELEMENTS}
            mixing = Mixing(dm2_41=f"{row['dm2_41']} eV2", **elements)
            return Benchmark(name, mixing, row["status"], row["citation"], row["note"])
    raise ParameterError(f"point = {name!r} is not a benchmark; valid are: {', '.join(benchmarks())}")


def compare(
    name: str, *, options: Options | None = None, output: str | Path, progress: Progress | None = None
) -> Comparison:
    """Take a benchmark point through the early Universe and CLASS, beside three neutrinos; write figure and JSON.

    Parameters
    ----------
    name : str
        One of `benchmarks`.
    options : Options, optional
        Numerical choices, for both runs.
    output : str or Path
        Folder, created if necessary, that receives ``<name>.png``, ``<name>.pdf`` and ``<name>.json``.
    progress : callable, optional
        Called with the fraction done, in [0, 1].

    Returns
    -------
    Comparison

    Raises
    ------
    ParameterError
        Unknown point, unwritable folder, or a run that did not end well (the message says why).
    ClassyMissing
        CLASS is not installed; raised before any work.
    CacheError
        The cache folder cannot be written.
    """
    point = benchmark(name)
    class_bridge.classy()
    output = Path(output)
    prepare(output)
    progress = progress or _silent
    result = _compute(point, options or Options(), progress)
    figure = plots.comparison_figure(_figure_data(result))
    png, pdf, record = (output / f"{name}.{suffix}" for suffix in ("png", "pdf", "json"))
    write(png, lambda file: figure.savefig(file, format="png", dpi=300))
    write(pdf, lambda file: figure.savefig(file, format="pdf"))
    text = json.dumps(_record(result), indent=2, allow_nan=False)
    write(record, lambda file: file.write_text(text + "\n", encoding="utf-8"))
    progress(1.0)
    return Comparison(png, record, result.verdict.sentence)


@dataclass(frozen=True)
class _Result:
    """A point with its two runs of solver and CLASS (four and three neutrinos) and the verdict on the first."""

    point: Benchmark
    four: Solution
    three: Solution
    spectra: class_bridge.ClassSpectra
    reference: class_bridge.ClassSpectra
    verdict: likelihood.Verdict

    @property
    def delta_N_eff(self) -> float:
        """N_eff minus that of three neutrinos."""
        return self.four.N_eff - self.three.N_eff


def _silent(_: float) -> None:
    """Report progress to nobody."""


def _compute(point: Benchmark, options: Options, progress: Progress) -> _Result:
    """Run everything; the shares of the progress are measured ones."""
    four = _solved(point.mixing, options, lambda fraction: progress(0.10 * fraction))
    three = _solved(_without_sterile(point.mixing), options, lambda fraction: progress(0.10 + 0.05 * fraction))
    reference = class_bridge.spectra(three)
    progress(0.40)
    spectra = class_bridge.spectra(four)
    progress(0.95)
    return _Result(point, four, three, spectra, reference, likelihood.n_eff_verdict(four.N_eff))


def _without_sterile(mixing: Mixing) -> Mixing:
    """Return the same active neutrinos without the sterile state."""
    return replace(mixing, dm2_41=None, Ue4_sq=0.0, Umu4_sq=0.0, Utau4_sq=0.0, delta_14="0 deg", delta_24="0 deg")


def _solved(mixing: Mixing, options: Options, progress: Progress) -> Solution:
    solution = solve(mixing, options=options, progress=progress)
    if not solution.status.ok:
        raise ParameterError(f"{mixing} with {options}: the run did not end well: {solution.status.value}")
    return solution


def _figure_data(result: _Result) -> plots.Comparison:
    """Collect the arrays of the figure."""
    four, reference = result.four, result.reference
    temperature = class_bridge.T_NU * four.z[-1]  # comoving
    y = np.linspace(four.y[0], 12.0 * temperature, 300)
    momenta = y / temperature
    centre, error = likelihood.planck_like_error(reference.ell, reference.TT)
    return plots.Comparison(
        T=four.T.to_value("MeV"),
        densities=_relative_densities(four, result.three),
        momenta=momenta,
        occupations={state: four.spectrum_at(state, y) / fermi_dirac(momenta) for state in four.mixing.flavours},
        ell=result.spectra.ell,
        ratio=result.spectra.TT / reference.TT - 1.0,
        centre=centre,
        error=error,
        caption=_caption(result),
    )


def _relative_densities(four: Solution, three: Solution) -> dict[str, Array]:
    """Return each flavour's energy density over the mean of three neutrinos at the same photon temperature, (n_x,).

    Above the highest temperature of the run with three neutrinos they are in equilibrium: the ratio is held.
    """
    standard = sum(three.energy_density(state) for state in three.mixing.flavours) / 3.0 / three.z**4
    log_T = np.log(three.T.to_value("MeV"))[::-1]
    at = np.clip(np.log(four.T.to_value("MeV")), log_T[0], log_T[-1])
    reference = PchipInterpolator(log_T, standard[::-1])(at) * four.z**4
    return {state: four.energy_density(state) / reference for state in four.mixing.flavours}


def _caption(result: _Result) -> str:
    point, four, verdict = result.point, result.four, result.verdict
    elements = {"e": point.mixing.Ue4_sq, r"{\mu}": point.mixing.Umu4_sq, r"{\tau}": point.mixing.Utau4_sq}
    mixed = ", ".join(rf"$|U_{{{flavour}4}}|^2$ = {value:g}" for flavour, value in elements.items() if value)
    sentence = verdict.sentence.replace("N_eff", r"$N_\mathrm{eff}$")
    return (
        rf"{point.name}: $\Delta{{m}}^2_{{41}}$ = {four.mixing.dm2_41.value:g} eV$^2$, {mixed} "
        rf"[{point.citation}; {point.status}]. $N_\mathrm{{eff}}$ = {four.N_eff:.4f}, "
        rf"$\Delta{{N}}_\mathrm{{eff}}$ = {result.delta_N_eff:.4f}, "
        rf"$m_\mathrm{{eff}}$ = {four.m_eff.to_value('eV'):.3f} eV. "
        "(a) Energy densities relative to the mean flavour of three neutrinos at the same photon temperature. "
        "(b) Final spectra relative to Fermi-Dirac. (c) Lensed temperature spectrum at fixed "
        r"$\omega_b,\omega_c,\theta_s,A_s,n_s,\tau$; Planck-like band: cosmic variance on "
        f"{likelihood.PLANCK_SKY:.0%} of the sky and {likelihood.PLANCK_NOISE:g} μK arcmin of noise behind a "
        f"{likelihood.PLANCK_BEAM:g}′ beam. {sentence} [{verdict.citation}]"
    )


def _record(result: _Result) -> dict[str, Any]:
    """Return everything that was put in and came out, for the JSON file; units are in the names."""
    four, mixing = result.four, result.four.mixing
    return {
        "point": _point(result.point),
        "options": asdict(four.options),
        "N_eff": four.N_eff,
        "N_eff_three_neutrinos": result.three.N_eff,
        "delta_N_eff": result.delta_N_eff,
        "m_eff_eV": float(four.m_eff.to_value("eV")),
        "masses_eV": [float(mass) for mass in mixing.masses.to_value("eV")],
        "N_eff_of_flavours": {state: four.N_eff_of(state) for state in mixing.flavours},
        "N_eff_of_mass_states": {str(k): four.N_eff_of(k) for k in range(1, mixing.n_states + 1)},
        "verdict": asdict(result.verdict),
        "C_l_TT_ratio_minus_1": _quoted_ratios(result.spectra, result.reference),
        "runs": {"four": _run(four, result.spectra), "three": _run(result.three, result.reference)},
        "assumptions": list(ASSUMPTIONS),
        "versions": _versions(),
    }


def _point(point: Benchmark) -> dict[str, Any]:
    """Describe the input."""
    mixing = point.mixing
    elements = {name: getattr(mixing, name) for name in ELEMENTS}
    texts = {name: getattr(point, name) for name in ("status", "citation", "note")}
    return {"name": point.name, "dm2_41_eV2": float(mixing.dm2_41.value), **elements, **texts}


def _quoted_ratios(spectra: class_bridge.ClassSpectra, reference: class_bridge.ClassSpectra) -> dict[str, float]:
    """Return the change of the temperature spectrum at some multipoles."""
    ratio = spectra.TT / reference.TT - 1.0
    return {str(ell): float(value) for ell, value in zip(spectra.ell, ratio, strict=True) if ell in QUOTED_ELL}


def _run(solution: Solution, spectra: class_bridge.ClassSpectra) -> dict[str, Any]:
    """Describe one run of the solver and of CLASS."""
    outcome = {"N_eff": spectra.N_eff, "omega_ncdm": spectra.omega_ncdm, "h": spectra.h}
    return {
        "status": solution.status.name,
        "message": solution.status.value,
        "stats": asdict(solution.stats),
        "CLASS": {"parameters": spectra.parameters, **outcome},
    }


def _versions() -> dict[str, str]:
    """Return the versions of everything that computed a number."""
    return {
        "sterile-boltzmann": boltzmann.__version__,
        "python": platform.python_version(),
        **{package: version(package) for package in ("numpy", "scipy", "numba", "classy")},
    }
