"""A solution as a JSON object, as text for people, and as a table of spectra."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields
from math import degrees
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

import boltzmann
from boltzmann.cmb.species import neutrinos_for_class
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.solution import masses
from boltzmann.solver.tables import holds_a_bath, secret
from boltzmann.units import write_table

if TYPE_CHECKING:
    from boltzmann.solution import Solution

CITATION = f"sterile-boltzmann {boltzmann.__version__} (see CITATION.cff); method and sources in the docstrings"


def states(mixing: Mixing) -> list[str | int]:
    """Return the flavour states, then the mass states."""
    return [*mixing.flavours, *range(1, mixing.n_states + 1)]


def _plain(value: Any) -> Any:
    """Return a value that JSON and YAML know: a Python number for one of numpy."""
    return value.item() if isinstance(value, np.generic) else value


def inputs(
    mixing: Mixing, options: Options, interactions: tuple[Any, ...] = (), asymmetry: Asymmetry | None = None
) -> dict[str, Any]:
    """Return every input as plain values: quantities as text with unit, active parameters as used."""
    shown = {field.name: _plain(mixing.given(field)) for field in fields(mixing)}
    for name, value in mixing.active._asdict().items():
        shown[name] = f"{value!r} eV2" if name.startswith("dm2") else value
    for name, angle in zip(("theta_14", "theta_24", "theta_34"), mixing.angles_in_rad, strict=True):
        shown[name] = f"{angle} rad"
    used = {"rtol": options.relative_tolerance, "atol": options.absolute_tolerance, "x_start": options.initial_x}
    numerics = {**asdict(options), **used}
    extra = {"interactions": [repr(interaction) for interaction in interactions]} if interactions else {}
    apart = {} if asymmetry is None else {"asymmetry": asdict(asymmetry)}
    return {"mixing": shown, "options": numerics, **extra, **apart}


def _sterile_state(interactions: tuple[Any, ...]) -> list[str]:
    """Return what is assumed of the sterile state."""
    dark = [interaction for interaction in secret(interactions) if holds_a_bath(interaction)]
    if not dark:
        return ["sterile state: empty at the start, relativistic while it is produced"]
    ratio = dark[0].T_s_over_T
    start = f"with its mediators in a bath with T_s/T_gamma = {ratio:g}" if ratio else "next to empty"
    return [
        f"sterile state: {start} at the start, relativistic but for its energy in the bath",
        "dark sector: mediators in equilibrium with the sterile neutrinos at T_s and mu_s; energy is conserved",
    ]


def assumptions(
    mixing: Mixing, options: Options, interactions: tuple[Any, ...] = (), asymmetry: Asymmetry | None = None
) -> list[str]:
    """Return what the numbers rest on, a sentence each."""
    given = [name for name in mixing.active._fields if getattr(mixing, name) is not None]
    source = f"NuFIT 6.0 (arXiv:2410.05380){' except ' + ', '.join(given) if given else ''}"
    coherence = {
        "exact": "damping with momentum-dependent exact rates",
        "mckellar": "damping with McKellar-Thomson averaged rates",
        "matrix": "full matrix structure",
    }
    weak = f"off-diagonal collision terms: {coherence[options.weak_coherence]}"
    nu_nu = options.nu_nu and options.collisions
    return [
        f"active mixing: {source}, {mixing.ordering} ordering, delta_13 = {degrees(mixing.number('delta_13')):.4g} deg",
        "no lepton asymmetry: neutrinos and antineutrinos have the same density matrix"
        if asymmetry is None
        else f"neutrinos and antineutrinos apart: {asymmetry!r}; their odd potentials without off-diagonal asymmetries",
        *([f"interaction: {i!r}" for i in interactions] or ["no interactions beyond the Standard Model and mixing"]),
        weak if options.collisions else "no collisions at all: every state evolves freely",
        f"neutrino-neutrino collision integrals: {'on' if nu_nu else 'off'}",
        "plasma: photons, electrons, muons, finite-temperature QED to O(e^3)",
        *(_sterile_state(interactions) if mixing.n_states == 4 else []),
    ]


def _finite(value: float) -> float | None:
    """Return ``value``, or None for infinity, which JSON does not know."""
    return value if np.isfinite(value) else None


def dark_sector(solution: Solution) -> dict[str, Any]:
    """Return what is to say of the dark sector as plain values; ``free_streaming_redshift`` None: all along."""
    recoupling, decoupling = solution.recoupling_temperatures, solution.decoupling_temperatures
    bbn = solution.N_eff_bbn
    return {
        "N_eff_1_MeV": bbn.weak_freeze_out,
        "N_eff_0.07_MeV": bbn.nucleosynthesis,
        "T_s_over_T": float(solution.T_s_over_T[-1]),
        "recoupling_temperatures_MeV": recoupling.to_value("MeV").tolist(),
        "decoupling_temperatures_MeV": decoupling.to_value("MeV").tolist(),
        "resonances": {
            "y": solution.y.tolist(),
            "T_MeV": [temperatures.to_value("MeV").tolist() for temperatures in solution.resonances],
        },
        "number_density_nu_4": solution.number_density_of(4),
        "collisions_per_hubble_time_today": solution.collisionality_today,
        "regime_today": solution.regime_today.value,
        "free_streaming_redshift": _finite(solution.free_streaming_redshift),
        "N_eff_number_conserved_energy_not": solution.N_eff_number_conserved,
        "regime": solution.regime,
    }


def matter(solution: Solution) -> dict[str, float]:
    """Return what the fourth state is as matter."""
    return {
        "Omega_4_h2": solution.Omega_h2(4),
        "share_of_dark_matter": solution.dark_matter_share,
        "m_thermal_eV": masses.m_thermal(solution),
        "m_DW_eV": masses.m_DW(solution),
    }


def relic(solution: Solution) -> dict[str, Any]:
    """Return what is to say of a relic of MeV mass as plain values."""
    weak, late = solution.N_eff_bbn
    said = " ".join(i.meaning for i in solution.interactions if hasattr(i, "meaning"))
    return {"N_eff_1_MeV": weak, "N_eff_0.07_MeV": late, "meaning": said, "regime": solution.dark_story.regime}


def _asymmetries(solution: Solution) -> dict[str, Any]:
    """Return the final asymmetries of a run that follows them."""
    if solution.asymmetry is None:
        return {}
    found: dict[str, Any] = {"L": dict(zip(solution.mixing.flavours, solution.L[-1].tolist(), strict=True))}
    if solution.branch is not None:
        found["both_signs"] = {
            "growth_exponent_of_nu_equal_nubar": solution.branch.growth.exponent,
            "unstable_below_T_MeV": _finite(solution.branch.growth.T),
            "N_eff_of_nu_equal_nubar": _finite(solution.branch.symmetric),
            "N_eff_of_the_other_seed": _finite(solution.branch.N_eff_other),
            "L_e_at_0.7_MeV": [solution.L_at_freeze_out, _finite(solution.branch.L_e_other)],
        }
    return found


def summary(solution: Solution, seconds: float) -> dict[str, Any]:
    """Return the numbers of a run as one JSON object."""
    mixing, options, interactions = solution.mixing, solution.options, solution.interactions
    return {
        "N_eff": float(solution.N_eff),
        "delta_N_eff": float(solution.delta_N_eff),
        "m_eff_eV": masses.m_eff(solution),
        "m_eff_of_eV": {f"nu_{k}": masses.m_eff_of(solution, k) for k in range(1, mixing.n_states + 1)},
        "sum_m_nu_eV": masses.sum_m_nu(solution),
        **(matter(solution) if mixing.n_states == 4 else {}),
        "z_fin": float(solution.z[-1]),
        "status": solution.status.name,
        "contributions": {f"nu_{state}": float(solution.N_eff_of(state)) for state in states(mixing)},
        "masses_for_the_CMB": neutrinos_for_class(solution).masses_in_words,
        **({"dark_sector": dark_sector(solution)} if solution.dark is not None else {}),
        **({"relic": relic(solution)} if solution.relic is not None else {}),
        **_asymmetries(solution),
        "limits": list(solution.validity),
        "inputs": inputs(mixing, options, interactions, solution.asymmetry),
        "assumptions": assumptions(mixing, options, interactions, solution.asymmetry),
        "stats": {name: _plain(value) for name, value in asdict(solution.stats).items()},
        "version": boltzmann.__version__,
        "wall_seconds": seconds,
    }


def _contributions(numbers: dict[str, float], names: list[str]) -> str:
    return "   ".join(f"{name} {numbers[name]:.4f}" for name in names)


def _dark_text(dark: dict[str, Any]) -> Iterator[str]:
    """Yield the lines on the dark sector."""
    yield f"N_eff at BBN  {dark['N_eff_1_MeV']:.4f} at 1 MeV, {dark['N_eff_0.07_MeV']:.4f} at 0.07 MeV"
    yield f"T_s/T_gamma   {dark['T_s_over_T']:.4f}   (at the end)"
    yield from fill(dark["regime"], 110, initial_indent="dark sector   ", subsequent_indent=" " * 14).splitlines()


def _relic_text(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines on a relic."""
    yield f"N_eff at BBN  {found['N_eff_1_MeV']:.4f} at 1 MeV, {found['N_eff_0.07_MeV']:.4f} at 0.07 MeV"
    for name in ("meaning", "regime"):
        yield from fill(found[name], 110, initial_indent="relic         ", subsequent_indent=" " * 14).splitlines()


def _matter_text(result: dict[str, Any]) -> Iterator[str]:
    """Yield the lines on masses: m_eff of each state, and what nu_4 is as matter."""
    yield "m_eff of      " + "   ".join(f"{name} {m_eff:.4g} eV" for name, m_eff in result["m_eff_of_eV"].items())
    if "Omega_4_h2" in result:
        yield (
            f"Omega_4 h^2   {result['Omega_4_h2']:.4g}   ({result['share_of_dark_matter']:.2g} of the dark matter; "
            f"m_thermal {result['m_thermal_eV']:.4g} eV, m_DW {result['m_DW_eV']:.4g} eV)"
        )


def text(result: dict[str, Any], mixing: Mixing) -> Iterator[str]:
    """Yield the lines of a summary for people."""
    yield f"N_eff         {result['N_eff']:.4f}"
    three = result["N_eff"] - result["delta_N_eff"]
    against = f"against three neutrinos with the same options, reheating and NSI: {three:.4f}"
    yield f"delta N_eff   {result['delta_N_eff']:+.4f}   ({against})"
    yield f"m_eff         {result['m_eff_eV']:.4g} eV"
    yield from _matter_text(result)
    names = [f"nu_{state}" for state in states(mixing)]
    yield f"N_eff of      {_contributions(result['contributions'], names[: mixing.n_states])}"
    yield f"              {_contributions(result['contributions'], names[mixing.n_states :])}"
    yield f"CMB sees      {result['masses_for_the_CMB']}"
    yield f"T_gamma a     {result['z_fin']:.5f}   (initially 1)"
    if "dark_sector" in result:
        yield from _dark_text(result["dark_sector"])
    if "relic" in result:
        yield from _relic_text(result["relic"])
    if "L" in result:
        yield "L at the end  " + "   ".join(f"nu_{name} {L:.3g}" for name, L in result["L"].items())
    yield "assumed"
    yield from (f"  - {sentence}" for sentence in result["assumptions"])
    stats = result["stats"]
    yield f"{result['wall_seconds']:.2f} s, {stats['steps']} steps, energy drift {stats['energy_drift']:.1e}"


def write_spectra(solution: Solution, file: Path) -> None:
    """Write the final occupation numbers of all states as ECSV. Raises OSError if that is not possible."""
    shown = states(solution.mixing)
    kinds = ["mass eigenstate" if isinstance(state, int) else "flavour, decohered" for state in shown]
    signs = {"": None} if solution.asymmetry is None else {"nu": False, "nubar": True}
    words = {"": "per helicity, the same for antineutrinos", "nu": "of neutrinos", "nubar": "of antineutrinos"}
    columns, described = {}, {}
    for state, kind in zip(shown, kinds, strict=True):
        for sign, antineutrino in signs.items():
            name = "_".join(part for part in ("f", str(state), sign) if part)
            columns[name] = solution.spectrum(state, antineutrino)
            described[name] = f"occupation number of nu_{state} ({kind}), {words[sign]}"
    header = {
        "title": "final neutrino spectra",
        "N_eff": float(solution.N_eff),
        "T_gamma_a": float(solution.z[-1]),
        "cite": CITATION,
        "inputs": inputs(solution.mixing, solution.options, solution.interactions, solution.asymmetry),
    }
    momentum = "comoving momentum y = p a; today p/T_gamma = y/T_gamma_a, y = p/T before e+- annihilation"
    write_table(file, {"y": solution.y, **columns}, {"y": momentum, **described}, header)
