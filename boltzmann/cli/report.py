"""A solution as a JSON object, as text for people, and as a table of spectra."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import boltzmann
from boltzmann.parameters import Mixing, Options
from boltzmann.units import Quantity, write_table

if TYPE_CHECKING:
    from boltzmann.solution import Solution

CITATION = f"sterile-boltzmann {boltzmann.__version__} (see CITATION.cff); method and sources in the docstrings"


def states(mixing: Mixing) -> list[str | int]:
    """Return the flavour states, then the mass states."""
    return [*mixing.flavours, *range(1, mixing.n_states + 1)]


def _plain(value: Any) -> Any:
    """Return a value that JSON and YAML know: text for a quantity, a Python number for one of numpy."""
    if isinstance(value, Quantity):
        return str(value)
    return value.item() if isinstance(value, np.generic) else value


def inputs(mixing: Mixing, options: Options) -> dict[str, dict[str, Any]]:
    """Return every input as plain values: quantities as text with unit, active parameters as used."""
    shown = {field.name: _plain(getattr(mixing, field.name)) for field in fields(mixing)}
    for name, value in mixing.active._asdict().items():
        shown[name] = f"{value!r} eV2" if name.startswith("dm2") else value
    for name, angle in zip(("theta_14", "theta_24", "theta_34"), mixing.angles, strict=True):
        shown[name] = str(angle)
    numerics = {**asdict(options), "atol": options.absolute_tolerance, "x_in": options.initial_x(mixing.n_states)}
    return {"mixing": shown, "options": numerics}


def assumptions(mixing: Mixing, options: Options) -> list[str]:
    """Return what the numbers rest on, a sentence each."""
    given = [name for name in mixing.active._fields if getattr(mixing, name) is not None]
    source = f"NuFIT 6.0 (arXiv:2410.05380){' except ' + ', '.join(given) if given else ''}"
    damping = "momentum-dependent exact rates" if options.damping == "exact" else "McKellar-Thomson averaged rates"
    collisions = {
        "damping": f"off-diagonal collision terms: damping with {damping}",
        "matrix": "off-diagonal collision terms: full matrix structure",
        "off": "no collisions at all: every state evolves freely",
    }
    nu_nu = options.nu_nu and options.collisions != "off"
    return [
        f"active mixing: {source}, {mixing.ordering} ordering, delta_13 = {Quantity(mixing.delta_13).to('deg'):.4g}",
        "no lepton asymmetry: neutrinos and antineutrinos have the same density matrix",
        "no interactions beyond the Standard Model and mixing",
        collisions[options.collisions],
        f"neutrino-neutrino collision integrals: {'on' if nu_nu else 'off'}",
        "plasma: photons, electrons, muons, finite-temperature QED to O(e^3)",
        *(["sterile state: empty at the start, relativistic while it is produced"] if mixing.n_states == 4 else []),
    ]


def summary(solution: Solution, seconds: float) -> dict[str, Any]:
    """Return the numbers of a run as one JSON object."""
    mixing, options = solution.mixing, solution.options
    return {
        "N_eff": float(solution.N_eff),
        "delta_N_eff": float(solution.delta_N_eff),
        "m_eff_eV": float(solution.m_eff.to_value("eV")),
        "z_fin": float(solution.z[-1]),
        "status": solution.status.name,
        "contributions": {f"nu_{state}": float(solution.N_eff_of(state)) for state in states(mixing)},
        "inputs": inputs(mixing, options),
        "assumptions": assumptions(mixing, options),
        "stats": {name: _plain(value) for name, value in asdict(solution.stats).items()},
        "version": boltzmann.__version__,
        "wall_seconds": seconds,
    }


def _contributions(numbers: dict[str, float], names: list[str]) -> str:
    return "   ".join(f"{name} {numbers[name]:.4f}" for name in names)


def text(result: dict[str, Any], mixing: Mixing) -> Iterator[str]:
    """Yield the lines of a summary for people."""
    yield f"N_eff         {result['N_eff']:.4f}"
    yield f"delta N_eff   {result['delta_N_eff']:+.4f}   (against three neutrinos with the same options)"
    yield f"m_eff         {result['m_eff_eV']:.4g} eV"
    names = [f"nu_{state}" for state in states(mixing)]
    yield f"N_eff of      {_contributions(result['contributions'], names[: mixing.n_states])}"
    yield f"              {_contributions(result['contributions'], names[mixing.n_states :])}"
    yield f"T_gamma a     {result['z_fin']:.5f}   (initially 1)"
    yield "assumed"
    yield from (f"  - {sentence}" for sentence in result["assumptions"])
    stats = result["stats"]
    yield f"{result['wall_seconds']:.2f} s, {stats['steps']} steps, energy drift {stats['energy_drift']:.1e}"


def write_spectra(solution: Solution, file: Path) -> None:
    """Write the final occupation numbers of all states as ECSV. Raises OSError if that is not possible."""
    shown = states(solution.mixing)
    kinds = ["mass eigenstate" if isinstance(state, int) else "flavour, decohered" for state in shown]
    columns = {f"f_{state}": solution.spectrum(state) for state in shown}
    described = {
        f"f_{state}": f"occupation number of nu_{state} ({kind}), per helicity, the same for antineutrinos"
        for state, kind in zip(shown, kinds, strict=True)
    }
    header = {
        "title": "final neutrino spectra",
        "N_eff": float(solution.N_eff),
        "T_gamma_a": float(solution.z[-1]),
        "cite": CITATION,
        "inputs": inputs(solution.mixing, solution.options),
    }
    momentum = "comoving momentum y = p a; today p/T_gamma = y/T_gamma_a, y = p/T before e+- annihilation"
    write_table(file, {"y": solution.y, **columns}, {"y": momentum, **described}, header)
