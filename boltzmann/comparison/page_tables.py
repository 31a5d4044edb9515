"""The conclusions of cosmology against laboratory as tables of the report page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from boltzmann.cmb.bbn import RATES
from boltzmann.comparison.confrontation import NAMES
from boltzmann.comparison.joint import CMB_PARAMETERS, Place, Tension
from boltzmann.comparison.joint_table import JointRow, select
from boltzmann.comparison.planes import Least
from boltzmann.comparison.scans import SCENARIOS
from boltzmann.figures.page import Column, Table
from boltzmann.numerics.statistics import significance

__all__ = ["tables"]

_MASS_UNITS = {"plane_vector": "MeV", "plane_pseudoscalar": "eV"}
_JUDGES: dict[str | None, str] = {None: "CMB", "primat": "CMB, BBN (PRIMAT)", "parthenope": "CMB, BBN (PArthENoPE)"}
_PLACE = (Column("Δm²₄₁", "eV²"), Column("|U_e4|²"), Column("|U_μ4|²"))


def _place(place: Place | None) -> list[str]:
    return ["no mixing", "", ""] if place is None else [f"{value:.2g}" for value in place]


def _fit(found: Tension | None) -> list[str]:
    """Return chi^2, sigma and the splitting of the joint best fit."""
    if found is None:
        return ["not computed", "", ""]
    return [f"{found.chi2:.1f}", f"{found.sigmas:.1f}", _place(found.joint_best)[0]]


def _fits(rows: Sequence[JointRow], without: tuple[str, ...]) -> Table:
    """Return chi^2 of the joint fits with one laboratory combination."""
    block = select(rows, without=without)
    keys = dict.fromkeys((row.scenario, row.data) for row in block)
    lines = []
    for scenario, data in keys:
        found = {row.rates: row.tension for row in select(block, scenario=scenario, data=data)}
        fits = [cell for rates in (None, *RATES) for cell in _fit(found.get(rates))]
        lines.append([SCENARIOS[scenario], NAMES[data], *fits])
    columns = [
        column
        for rates in (None, *RATES)
        for column in (Column("χ²_PG", _JUDGES[rates]), Column("σ"), Column("Δm²₄₁", "eV², joint fit"))
    ]
    name = f"laboratory without {', '.join(without)}" if without else "all verified laboratory experiments"
    preference = f"{block[0].tension.lab_preference:.1f}"
    note = (
        "Parameter goodness of fit (hep-ph/0304176), 2 degrees of freedom. The laboratory alone prefers mixing to no "
        f"mixing by {preference}: a joint fit without mixing has this χ². |U_τ4|² = 0; one point of each interaction, "
        "chosen after exploration."
    )
    return Table(f"Tension of laboratory and cosmology, {name}", [Column("scenario"), Column("CMB data"), *columns],
                 lines, note)  # fmt: skip


def _at_laboratory(rows: Sequence[JointRow]) -> Table:
    """Return what the CMB says where the laboratory fits best."""
    first = select(rows, without=(), rates=None)
    lines = [
        [SCENARIOS[row.scenario], NAMES[row.data], *_place(row.tension.lab_best), f"{row.tension.cmb_at_lab_best:+.1f}",
         f"{significance(row.tension.cmb_at_lab_best, CMB_PARAMETERS):.1f}", *_place(row.tension.joint_best)]
        for row in first
    ]  # fmt: skip
    columns = [
        Column("scenario"), Column("CMB data"),
        *_PLACE, Column("Δχ²", "CMB there"), Column("σ", f"{CMB_PARAMETERS} parameters"),
        *(Column(column.name, f"{column.unit} joint fit".strip()) for column in _PLACE),
    ]  # fmt: skip
    return Table("The laboratory's best fit, and the joint one", columns, lines)


def _couplings(found: Mapping[str, Mapping[str, Least]]) -> Table:
    """Return the best points of the planes of secret interactions."""
    lines = [
        [plane.removeprefix("plane_"), NAMES[data], f"{best.delta_chi2:+.1f}", f"{significance(best.delta_chi2):.1f}",
         f"{best.coupling:.2g}", f"{best.mediator_mass:.2g}", _MASS_UNITS[plane]]
        for data, by in found.items()
        for plane, best in by.items()
    ]  # fmt: skip
    columns = [
        Column("interaction"), Column("CMB data"), Column("Δχ²", "at least"), Column("σ", "2 parameters"),
        Column("coupling"), Column("mass"), Column("", "unit"),
    ]  # fmt: skip
    return Table("Secret interactions where the CMB likes them best", columns, lines)


def tables(rows: Sequence[JointRow], leasts: Mapping[str, Mapping[str, Least]]) -> tuple[Table, ...]:
    """Return the tables of the page.

    Parameters
    ----------
    rows : sequence of JointRow
        Of `boltzmann.comparison.joint_table.joint_rows`.
    leasts : mapping
        Combination of CMB data -> plane of couplings -> its best point.
    """
    fits = [_fits(rows, without) for without in dict.fromkeys(row.without for row in rows)]
    return (*fits, _at_laboratory(rows), _couplings(leasts))
