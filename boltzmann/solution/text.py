"""A solution as text: what ``print`` and a notebook show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from textwrap import fill, indent
from typing import TYPE_CHECKING

from boltzmann.kinetics.status import Status

if TYPE_CHECKING:
    from boltzmann.solution.run import Solution


def _m_eff(numbers: Solution) -> str:
    """Return m_eff [eV] of the active states."""
    return ", ".join(f"{numbers.m_eff_of(k).value:.3g}" for k in (1, 2, 3))


def _asymmetries(numbers: Solution) -> str:
    """Return the final asymmetries of the active flavours."""
    return ", ".join(f"{L:.3g}" for L in numbers.L[-1, :3])


def _dark_matter(numbers: Solution) -> Iterator[str]:
    """Yield what nu_4 is as matter, if it has a mass."""
    if numbers.m_eff.value > 0.0:
        yield (
            f"Omega_4 h^2 = {numbers.Omega_h2(4):.3g} ({numbers.dark_matter_share:.2g} of the dark matter), "
            f"m_thermal = {numbers.m_thermal:.3g}, m_DW = {numbers.m_DW:.3g}"
        )


def _dark_lines(solution: Solution) -> Iterator[str]:
    """Yield what is to say of the dark sector of a finished run."""
    if solution.dark is None or not solution.status.ok:
        return
    bbn = ", ".join(f"{N:.4f}" for N in solution.N_eff_bbn)
    yield f"N_eff at 1 and 0.07 MeV: {bbn}; T_s/T_gamma = {solution.dark_story.T_s_over_T[-1]:.4f} at the end"
    yield fill(solution.dark_story.regime, 118)


def _relic_lines(solution: Solution) -> Iterator[str]:
    """Yield what is to say of a relic in a finished run."""
    if solution.relic is not None and solution.status.ok:
        yield fill(solution.dark_story.regime, 118)


def _late_growth(solution: Solution) -> Iterator[str]:
    """Yield that nu = nubar became unstable late, if it did; earlier, `Solution.validity` says it."""
    growth = solution.asymmetry_growth
    if growth.unstable and not growth.matters:
        yield f"{growth}; by then N_eff and the neutron-to-proton ratio no longer follow what neutrinos do"


def _lines(solution: Solution, numbers: Solution) -> Iterator[str]:
    """Yield the lines below the first."""
    yield repr(solution.mixing)
    yield f"{solution.options!r}, interactions {list(solution.interactions)}"
    yield from (i.meaning for i in solution.interactions if hasattr(i, "meaning"))
    yield f"z = {solution.z[-1]:.5f} at x = {solution.x[-1]:g}, m_eff = {numbers.m_eff:.4g}"
    yield f"m_eff of nu_1, nu_2, nu_3: {_m_eff(numbers)} eV"
    yield from _dark_matter(numbers)
    if solution.asymmetry is not None:
        yield f"{solution.asymmetry!r}; L_e, L_mu, L_tau at the end: {_asymmetries(numbers)}"
    yield from _dark_lines(solution)
    yield from _relic_lines(solution)
    told = (solution.dark is not None or solution.relic is not None) and solution.status.ok
    yield from () if told else solution.validity
    yield from _late_growth(solution)
    yield f"{solution.stats.steps} steps, {solution.stats.cpu_seconds:.3f} s CPU"
    yield f"{solution.status.name}: {solution.ending}"


def _as_it_is(solution: Solution) -> Solution:
    """Return a solution whose numbers warn nobody, for texts that say how the run ended."""
    return solution if solution.status.ok else replace(solution, status=Status.SUCCESS)


def _title(solution: Solution) -> str:
    return "Solution" if solution.status.ok else f"Solution, unfinished at T = {solution.T[-1]:.4g}"


def plain(solution: Solution) -> str:
    """Return a solution as text; its last line says how the run ended."""
    numbers = _as_it_is(solution)
    parts = ", ".join(f"{flavour} {numbers.N_eff_of(flavour):.4f}" for flavour in solution.mixing.flavours)
    last = numbers.N_eff_history[-1]  # before e+- have annihilated, N_eff of what is there means nothing
    energy = f"N_eff = {numbers.N_eff:.4f} ({parts})" if solution.status.ok else f"N_eff_at that T is {last:.4f}"
    first = f"{_title(solution)}: {energy}"
    return "\n".join([first, *(indent(line, "  ") for line in _lines(solution, numbers))])


def _row(name: str, value: str) -> str:
    return f"<tr><th style='text-align:left'>{name}</th><td style='text-align:left'>{escape(value)}</td></tr>"


def html(solution: Solution) -> str:
    """Return a solution as an HTML table."""
    numbers, flavours = _as_it_is(solution), solution.mixing.flavours
    states = (*flavours, *range(1, len(flavours) + 1))
    rows = {
        "N<sub>eff</sub>": f"{numbers.N_eff:.4f}",
        "of": ", ".join(f"nu_{state} {numbers.N_eff_of(state):.4f}" for state in states),
        "m<sub>eff</sub>": f"{numbers.m_eff:.4g}; of nu_1, nu_2, nu_3: {_m_eff(numbers)} eV",
        **dict(zip(("nu_4 as matter",), _dark_matter(numbers), strict=False)),
        "mixing": repr(solution.mixing),
        "interactions": ", ".join(map(repr, solution.interactions)) or "none",
        "options": repr(solution.options),
        **({"dark sector": " ".join(_dark_lines(solution))} if solution.dark is not None else {}),
        **({"relic": " ".join(_relic_lines(solution))} if solution.relic is not None else {}),
        **({"asymmetry": late} if (late := " ".join(_late_growth(solution))) else {}),
        "status": f"{solution.status.name}: {solution.ending}",
    }
    body = "".join(_row(name, value) for name, value in rows.items())
    return f"<table><caption>{_title(solution)}</caption>{body}</table>"
