"""What the other ways out make of a laboratory point: numbers, judges, and one table with the reason of each failure.

Each way is asked where it does best, at the point with the least Delta chi^2 of CMB and abundances together. A
mechanism reconciles if no judge, with or without ACT and DESI, is beyond 2 sigma there (two parameters, the scale of
`boltzmann.cmb.verdict`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from boltzmann.cmb import bbn_observed, judge, likelihood
from boltzmann.cmb.judge import CITATIONS, LONG_NAMES, Summary
from boltzmann.cmb.likelihood import DATA, LEAST
from boltzmann.cmb.species import ACTIVE_MASS
from boltzmann.cmb.thermal import STANDARD_N_EFF
from boltzmann.comparison.ways_out import WAYS, Way
from boltzmann.figures.output import Caption
from boltzmann.figures.ways_out import Line, Panel
from boltzmann.kinetics.asymmetry import UNSTABLE
from boltzmann.lab.overdensity import NeutrinoOverdensity
from boltzmann.numerics.arrays import Array, Mask
from boltzmann.numerics.statistics import delta_chi2_at, stated

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Course", "Row", "caption", "courses", "panels", "rows", "table"]

PLANCK, BAO = "planck2018", "planck2018+desi"
TWO_SIGMA = delta_chi2_at(2.0)
_RESULTS = (
    "N_eff", "N_eff_recombination", "N_eff_colliding", "still_changing", "sum_m_nu", "Y_p", "D_H", "asymmetry_growth",
    "N_eff_symmetric",
)  # fmt: skip
_WIDTH = 116
_ANSWERS = {True: "yes", False: "no", None: "?"}
OVERDENSITY = NeutrinoOverdensity(coupling=0.01, mass=0.05, resonance=300.0, overdensity=1.0)


@dataclass(frozen=True, eq=False)
class Course:
    """Results of a way along its parameter; arrays (n,), NaN where a run did not end well.

    Parameters
    ----------
    way : Way
    value : array
        Of the parameter.
    numbers : dict
        Mean over neutrinos and antineutrinos where they have runs of their own: N_eff, N_4 and m_4 (what nu_4 has in
        the end, m_4 as m_eff [eV]), Y_p, D_H, and what the CMB needs.
    lowest, highest : array
        N_eff of the sectors, or its bounds where runs end in a sweep.
    """

    way: Way
    value: Array
    numbers: dict[str, Array]
    lowest: Array
    highest: Array

    def _summary(self, k: int, mass: float = 1.0) -> Summary:
        """Return what the CMB sees of a point, with its m_eff times ``mass``.

        The table has N_4 of at most a fourth of N_eff, or what is above 3.044; beyond, its edge with the same density.
        """
        of = {name: float(column[k]) for name, column in self.numbers.items()}
        N_eff = of["N_eff_recombination"]
        return Summary(
            N_eff - STANDARD_N_EFF,
            mass * of["m_4"],
            min(of["N_4"], max(0.25 * N_eff, N_eff - STANDARD_N_EFF)),
            of["N_eff_colliding"],
            of["sum_m_nu"],
            of["still_changing"] > 0.0,
        )

    def cmb(self, data: str = PLANCK, mass: float = 1.0) -> Array:
        """Return Delta chi^2 of the CMB against LCDM, with m_eff of nu_4 times ``mass``."""
        done = np.flatnonzero(np.isfinite(self.numbers["N_eff_recombination"]))
        result = np.full(self.value.size, np.nan)
        result[done] = [_delta_chi2(self._summary(int(k), mass), data) for k in done]
        return result

    @cached_property
    def judged(self) -> dict[str, Array]:
        """Delta chi^2 of every combination of CMB data."""
        return {data: self.cmb(data) for data in DATA}

    @cached_property
    def abundances(self) -> Array:
        """chi^2 of Y_p and D/H (primat) above that of three neutrinos."""
        found = bbn_observed.chi2_of(self.numbers["Y_p"], self.numbers["D_H"])
        return np.asarray(found - bbn_observed.chi2_of(*bbn_observed.STANDARD_ABUNDANCES))

    @property
    def mass(self) -> Array:
        """m_eff of nu_4 [eV]; NaN where it is part of a fluid, which has none."""
        return np.asarray(np.where(self.numbers["N_eff_colliding"] > 0.0, np.nan, self.numbers["m_4"]))

    @property
    def allowed(self) -> Mask:
        """Where no combination of CMB data and no abundance is beyond 2 sigma."""
        return np.asarray(np.max([*self.judged.values(), self.abundances], axis=0) <= TWO_SIGMA)

    @property
    def best(self) -> int:
        """Index of the point with the least Delta chi^2 of Planck and abundances together."""
        return int(np.nanargmin(self.judged[PLANCK] + self.abundances))


def _delta_chi2(seen: Summary, data: str) -> float:
    """Return Delta chi^2 of the CMB; below the table, N_eff = 2.44, by the parabola through its last values.

    The profile of N_eff is Gaussian there to a few per cent (2.89 +- 0.18), and what is beyond is excluded anyway.
    """
    if seen.delta_N_eff >= LEAST:
        return float(judge.profile_of(seen, data).delta_chi2)
    nodes = LEAST * np.array([1.0, 0.5, 0.0])
    columns = seen.m_eff, data, min(seen.N_eff_4, 0.25 * (STANDARD_N_EFF + LEAST)), max(seen.sum_of_masses, ACTIVE_MASS)
    parabola = np.polyfit(nodes, [float(likelihood.profile(node, *columns).delta_chi2) for node in nodes], 2)
    return float(np.polyval(parabola, seen.delta_N_eff))


def _mean(data: xr.Dataset, name: str, item: Way) -> Array:
    return np.asarray(np.asarray(data[name], float)[: len(item.sectors), : len(item.values)].mean(axis=0))


def _course(data: xr.Dataset, item: Way) -> Course:
    """Return the results of one way from its part (sector, point) of a dataset."""
    number, mass = ("N_left", "m_left") if item.releases else ("N_eff_4", "m_eff")
    numbers = {name: _mean(data, name, item) for name in _RESULTS}
    numbers |= {"N_4": _mean(data, number, item), "m_4": _mean(data, mass, item)}
    numbers["T_sweep"] = _mean(data, "T_sweep", item)
    value = np.asarray(data["value"], float)[: len(item.values)]
    if item.swept:
        return Course(item, value, numbers, *(_mean(data, f"N_eff_{end}", item) for end in ("lowest", "highest")))
    N_eff = np.asarray(data["N_eff"], float)[: len(item.sectors), : len(item.values)]
    return Course(item, value, numbers, N_eff.min(axis=0), N_eff.max(axis=0))


def courses(data: xr.Dataset) -> tuple[Course, ...]:
    """Return the results of all ways of a dataset of `boltzmann.comparison.ways_out.compute`."""
    return tuple(_course(data.sel(way=item.name), item) for item in WAYS if item.name in data["way"])


@dataclass(frozen=True)
class Row:
    """One way in the table.

    Attributes
    ----------
    title : str
    setting : str
        The parameter where it does best; "" where nothing was computed.
    numbers : dict
        N_eff, N_4, m_eff_eV (not of a fluid), Delta chi^2 of CMB data, chi2_BBN, Y_p, D_H; empty where nothing was
        computed.
    reconciles : bool or None
        None where it was not computed.
    reason : str
        Why not, or what it costs.
    stable, assumes : str
    """

    title: str
    setting: str
    numbers: dict[str, float]
    reconciles: bool | None
    reason: str
    stable: str
    assumes: str

    def plain(self) -> dict[str, Any]:
        """Return it as plain values."""
        return dict(vars(self))


def _cause(course: Course, k: int, numbers: dict[str, float]) -> str:
    """Say what the CMB dislikes of a point."""
    if course.numbers["N_eff_colliding"][k] > 0.0:
        return "collisions of neutrinos at recombination"
    massless = course.cmb(mass=0.0)[k]
    if massless < 0.5 * numbers[PLANCK]:
        return f"the mass of nu_4, m_eff = {numbers['m_eff_eV']:.2g} eV (without it {massless:+.1f})"
    return f"radiation, N_eff = {numbers['N_eff']:.2f}"


def _reason(course: Course, k: int, numbers: dict[str, float]) -> str:
    """Say which judge excludes a point, and by what."""
    said = []
    if numbers[PLANCK] > TWO_SIGMA:
        said.append(f"CMB {stated(numbers[PLANCK])}: {_cause(course, k, numbers)}")
    if numbers["chi2_BBN"] > TWO_SIGMA:
        said.append(f"abundances {stated(numbers['chi2_BBN'])}: Y_p = {numbers['Y_p']:.4f}")
    if said:
        return "; ".join(said)
    worst = max(DATA, key=numbers.__getitem__)
    if numbers[worst] > TWO_SIGMA:
        return f"allowed by Planck and abundances, but {LONG_NAMES[worst]} has {stated(numbers[worst])}: " + _cause(
            course, k, numbers
        )
    values = np.abs(course.value[course.allowed])
    return f"allowed by all CMB data and abundances at points from {values.min():.3g} to {values.max():.3g}"


def _numbers(course: Course, k: int) -> dict[str, float]:
    """Return the numbers of a point."""
    names = ("N_eff", "N_4", "Y_p", "D_H")
    numbers = {"value": float(course.value[k]), **{name: float(course.numbers[name][k]) for name in names}}
    numbers |= {"chi2_BBN": float(course.abundances[k]), **{data: float(course.judged[data][k]) for data in DATA}}
    return numbers if np.isnan(course.mass[k]) else {**numbers, "m_eff_eV": float(course.mass[k])}


def _row(course: Course) -> Row:
    item, k = course.way, course.best
    numbers = _numbers(course, k)
    setting = f"{item.axis} = {numbers['value']:.3g}{' ' * bool(item.unit)}{item.unit}"
    growth = course.numbers["asymmetry_growth"][k]
    stable = f"no, growth exponent {growth:.0f} here: {item.stable}" if growth > UNSTABLE else item.stable
    return Row(item.title, setting, numbers, bool(course.allowed[k]), _reason(course, k, numbers), stable, item.assumes)


def _overdensity() -> Row:
    """Return the row of the way that is no run of the early Universe."""
    return Row(
        "relic overdensity",
        "",
        {},
        False,
        f"{OVERDENSITY.verdict(1.0)} In the early Universe there is no overdensity, and nu_s is made as in 3+1",
        "not asked",
        "a light scalar that couples to neutrinos strongly enough to be a secret interaction of active ones",
    )


def _asymmetry(course: Course) -> Row:
    """Return the row of the way of which bounds of N_eff are known and no spectra."""
    k, item = int(np.argmin(course.numbers["N_eff"])), course.way
    T = course.numbers["T_sweep"][k]
    return Row(
        item.title,
        f"{item.axis} = {course.value[k]:.3g}",
        {},
        None,
        f"half of it is used up at T = {T:.2g} MeV, and N_eff is between {course.lowest[k]:.2f} (nothing is made from "
        f"then on) and {course.highest[k]:.2f}, {course.numbers['N_eff'][k]:.2f} with production as without asymmetry, "
        "which no other L makes lower. Spectra, masses and Y_p need the sweep, which is not followed",
        item.stable,
        item.assumes,
    )


def rows(found: tuple[Course, ...]) -> tuple[Row, ...]:
    """Return the table, the way that does best first; what has no numbers last."""
    whole = [course for course in found if not course.way.swept]
    judged = sorted(map(_row, whole), key=lambda row: row.numbers[PLANCK] + row.numbers["chi2_BBN"])
    return (*judged, *(_asymmetry(course) for course in found if course.way.swept), _overdensity())


def table(given: tuple[Row, ...]) -> list[str]:
    """Return lines of text: one of numbers for each way, and below it reason, stability and assumption."""
    names = f"{'N_eff':>6} {'m_eff/eV':>9} {'Planck':>8} {'+DESI':>8} {'BBN':>7}"
    lines = [f"{'way out, where it does best':<58}{names}  reconciles"]
    for row in given:
        head = f"{row.title}, {row.setting}" if row.setting else row.title
        cells = " " * 42
        if row.numbers:
            n = row.numbers
            mass = f"{n['m_eff_eV']:9.2g}" if "m_eff_eV" in n else f"{'fluid':>9}"
            cells = f"{n['N_eff']:6.3f} {mass} {n[PLANCK]:+8.1f} {n[BAO]:+8.1f} {n['chi2_BBN']:+7.1f}"
        lines.append(f"{head:<58}{cells}  {_ANSWERS[row.reconciles]}")
        for name, text in (("reason", row.reason), ("stable", row.stable), ("assumes", row.assumes)):
            lines += wrap(text, _WIDTH, initial_indent=f"    {name + ':':<9}", subsequent_indent=" " * 13)
    return lines


def panels(found: tuple[Course, ...]) -> list[Panel]:
    """Return what the figure shows: lines of one label share a panel."""
    result: dict[str, list[Course]] = {}
    for course in found:
        result.setdefault(course.way.label, []).append(course)
    return [_panel(label, group) for label, group in result.items()]


def _panel(label: str, group: list[Course]) -> Panel:
    first = group[0]
    lines = [
        Line(np.abs(c.value) if c.way.unit else c.value, c.numbers["N_eff"] - STANDARD_N_EFF, c.mass,
             c.lowest - STANDARD_N_EFF, c.highest - STANDARD_N_EFF,
             c.judged[PLANCK] - TWO_SIGMA, c.judged[BAO] - TWO_SIGMA, c.abundances - TWO_SIGMA)
        for c in group
    ]  # fmt: skip
    log = bool(np.all(first.value > 0.0) or np.all(first.value < 0.0))
    return Panel(first.way.title.partition(",")[0], label, lines, log)


def caption(found: tuple[Course, ...]) -> Caption:
    """Return the caption of the figure."""
    failed = sum(int(np.count_nonzero(~np.isfinite(c.numbers["N_eff"]))) for c in found)
    lost = f" {failed} points without a run that ended well are left out." if failed else ""
    return Caption(
        "Ways out of the conflict between a laboratory point (dm2_41 = 1 eV^2, |U_e4|^2 = 0.01) and cosmology, each "
        "against its one parameter. Orange: N_eff - 3.044; blue, dashed: m_eff = 94.1 eV Omega_4 h^2 of nu_4 in eV (a "
        "fluid has none). Grey: the CMB (Planck 2018) has Delta chi^2 > "
        f"{TWO_SIGMA:.2f} against LCDM, 2 sigma of two parameters; light grey: only with DESI DR2 BAO; red strip "
        "below: Y_p and D/H (primat) are as far above three neutrinos. Orange band: the runs of neutrinos and of "
        "antineutrinos, of which the lines are the "
        "mean: opposite signs make an asymmetry that is not followed. Ultralight scalar, frozen while nu_s is made: "
        "m_eff for positive shift dashed, for negative dotted, where nu_4 ends with what nu_1 had (the grey area is of "
        "positive shift). Lepton asymmetry: N_eff with production as without it once half is used up, and as "
        f"band its bounds; no more is known.{lost} Numbers: `sterile ways`.",
        (f"CMB: {LONG_NAMES[PLANCK]} [{CITATIONS[PLANCK]}]", "abundances: primat, arXiv:2011.11320"),
    )
