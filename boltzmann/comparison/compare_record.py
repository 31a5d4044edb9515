"""What `boltzmann.comparison.compare` writes of its result: the arrays and captions of figures, and the JSON file."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator

import boltzmann
from boltzmann.cmb import bbn_observed, class_bridge, exact, judge, knox
from boltzmann.cmb.planck import BINS
from boltzmann.comparison.benchmarks import ELEMENTS, Benchmark
from boltzmann.comparison.captions import interactions_text, point_text
from boltzmann.figures import style
from boltzmann.figures.output import Caption
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.solution import Solution

QUOTED_ELL = (10, 30, 100, 220, 500, 800, 1000, 1500, 2000, 2500)
ASSUMPTIONS = (
    "no lepton asymmetry, neutrinos and antineutrinos alike",
    "CP phases and the mass of the lightest neutrino are zero; active parameters are NuFIT 6.0, normal ordering",
    "an element |U_a4|^2 that a published fit does not give is zero",
    "in panel (c) omega_b, omega_cdm, 100*theta_s, A_s, n_s and tau are fixed at the Planck 2018 best fit; "
    "Delta chi^2 is relative to LCDM with both sides refitted",
    "Y_p in CLASS is that of nucleosynthesis with the expansion of each run; with the extra `bbn` also with its "
    "electron neutrinos",
    "in CLASS: active neutrinos are one Fermi-Dirac species of 0.06 eV and massless ones; "
    "the fourth mass eigenstate has its own spectrum",
)


@dataclass(frozen=True)
class Result:
    """A point with its two runs of solver and CLASS (four and three neutrinos), and what the data say about the first.

    Attributes
    ----------
    point : Benchmark
    interactions : tuple
        Secret interactions of the run with four states.
    four, three : Solution
    spectra, reference : ClassSpectra
        Of four and of three neutrinos.
    verdicts : dict
        For each combination of data a `Verdict`, or the sentence that says why there is none.
    nucleosynthesis, standard : Agreement
        Primordial abundances of four and of three neutrinos against observations; of four also the sentence that says
        why there is none.
    refitted : Refit or None
        The exact path, if the Planck data are at hand.
    """

    point: Benchmark
    interactions: tuple[Any, ...]
    four: Solution
    three: Solution
    spectra: class_bridge.ClassSpectra
    reference: class_bridge.ClassSpectra
    verdicts: dict[str, judge.Verdict | str]
    nucleosynthesis: bbn_observed.Agreement | str
    standard: bbn_observed.Agreement
    refitted: exact.Refit | None

    @property
    def delta_N_eff(self) -> float:
        """N_eff minus that of three neutrinos."""
        return self.four.N_eff - self.three.N_eff

    @property
    def sentences(self) -> list[str]:
        """What the CMB and nucleosynthesis say, for people."""
        by_table = [v if isinstance(v, str) else v.sentence for v in self.verdicts.values()]
        by_refit = [] if self.refitted is None else [judge.refit_sentence(self.refitted)]
        four = self.nucleosynthesis if isinstance(self.nucleosynthesis, str) else self.nucleosynthesis.sentence
        abundances = f"{four} (Three neutrinos: chi^2 = {self.standard.chi2:.1f}.)"
        return [*by_refit, *by_table, abundances]


def figure_data(result: Result) -> style.Comparison:
    """Collect the arrays of the figure."""
    four, reference = result.four, result.reference
    temperature = class_bridge.T_NU * four.z[-1]  # comoving
    y = np.linspace(four.y[0], 12.0 * temperature, 300)
    momenta = y / temperature
    centre, error = knox.planck_like_error(reference.ell, reference.TT)
    return style.Comparison(
        T=four.T.to_value("MeV"),
        densities=relative_densities(four, result.three),
        momenta=momenta,
        occupations={state: four.spectrum_at(state, y) / fermi_dirac(momenta) for state in four.mixing.flavours},
        ell=result.spectra.ell,
        ratio=result.spectra.TT / reference.TT - 1.0,
        centre=centre,
        error=error,
    )


def refit_figure_data(refitted: exact.Refit) -> style.Refit:
    """Collect the arrays of the figure of a refit."""
    bands = refitted.bandpowers
    return style.Refit(ell=bands.ell, residuals=(bands.measured - bands.theory) / bands.sigma, sizes=BINS)


def refit_caption(result: Result, refitted: exact.Refit) -> Caption:
    """Return the caption of the figure of a refit."""
    return Caption(
        f"{result.point.name}: bandpowers of plik-lite less the best fit of LCDM beside the spectra of this solution; "
        f"line: means of five bandpowers, band: their 1 sigma if uncorrelated. {judge.refit_sentence(refitted)} "
        f"Contributions to chi^2: {result.point.name}.json.",
        ("plik-lite: arXiv:1907.12875",),
    )


def relative_densities(four: Solution, three: Solution) -> dict[str, Array]:
    """Return each flavour's energy density over the mean of three neutrinos at the same photon temperature, (n_x,).

    Outside the temperatures of the run with three neutrinos the ratio is held: above they are in equilibrium, below
    they stream freely.
    """
    standard = sum(three.energy_density(state) for state in three.mixing.flavours) / 3.0 / three.z**4
    log_T = np.log(three.T.to_value("MeV"))[::-1]
    at = np.clip(np.log(four.T.to_value("MeV")), log_T[0], log_T[-1])
    reference = PchipInterpolator(log_T, standard[::-1])(at) * four.z**4
    return {state: four.energy_density(state) / reference for state in four.mixing.flavours}


def caption(result: Result) -> Caption:
    """Return the caption of the figure of a point."""
    point, four = result.point, result.four
    source = f" [{point.citation}; {point.status}]" if point.citation else ""
    secret = f" With {interactions_text(result.interactions)}." if result.interactions else ""
    return Caption(
        f"{point.name}: {point_text(point.mixing)}{source}.{secret} N_eff = {four.N_eff:.4f}, Delta N_eff = "
        f"{result.delta_N_eff:.4f}, m_eff = {four.m_eff.to_value('eV'):.3f} eV. (a) Energy densities relative to the "
        "mean flavour of three neutrinos at the same photon temperature. (b) Final spectra relative to Fermi-Dirac. "
        "(c) Lensed temperature spectrum at fixed omega_b, omega_c, theta_s, A_s, n_s and tau; Planck-like band: "
        f"cosmic variance on {knox.PLANCK_SKY:.0%} of the sky and {knox.PLANCK_NOISE:g} μK arcmin of noise behind a "
        f"{knox.PLANCK_BEAM:g}′ beam. Verdicts of CMB and abundances, all inputs and versions: {point.name}.json.",
        tuple(_sources(result)),
    )


def _sources(result: Result) -> list[str]:
    """Return the citations of all data, the longest list of the CMB first."""
    citations = [v.citation for v in result.verdicts.values() if not isinstance(v, str)]
    return [*citations[-1:], *result.standard.citations]


def record(result: Result) -> dict[str, Any]:
    """Return everything that was put in and came out, for the JSON file; units are in the names."""
    four, mixing, primordial = result.four, result.four.mixing, result.nucleosynthesis
    return {
        "point": _point(result.point),
        "interactions": [str(interaction) for interaction in result.interactions],
        "options": asdict(four.options),
        "N_eff": four.N_eff,
        "N_eff_three_neutrinos": result.three.N_eff,
        "N_eff_bbn": {"1_MeV": four.N_eff_bbn.weak_freeze_out, "0.07_MeV": four.N_eff_bbn.nucleosynthesis},
        "delta_N_eff": result.delta_N_eff,
        "m_eff_eV": float(four.m_eff.to_value("eV")),
        "masses_eV": [float(mass) for mass in mixing.masses.to_value("eV")],
        "N_eff_of_flavours": {state: four.N_eff_of(state) for state in mixing.flavours},
        "N_eff_of_mass_states": {str(k): four.N_eff_of(k) for k in range(1, mixing.n_states + 1)},
        "verdicts": {data: v if isinstance(v, str) else asdict(v) for data, v in result.verdicts.items()},
        "refit": None if result.refitted is None else _refit(result.refitted),
        "nucleosynthesis": {
            "four": primordial if isinstance(primordial, str) else asdict(primordial),
            "three": asdict(result.standard),
        },
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


def _refit(refitted: exact.Refit) -> dict[str, Any]:
    names = ("data", "delta_chi2", "chi2", "parts", "best_fit", "gain", "calls")
    return {name: getattr(refitted, name) for name in names}


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
