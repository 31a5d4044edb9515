"""What the other ways out make of a laboratory point: numbers, judges, and one table with the reason of each failure.

Each way is asked where it does best, at the point with the least Delta chi^2 of CMB and abundances together. A
mechanism reconciles if no judge, with or without ACT and DESI, is beyond 2 sigma there (two parameters, the scale of
`boltzmann.cmb.verdict`). Of a way that ends in a sweep two ends are known, and it has an answer where both have the
same.
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
from boltzmann.comparison.ways_out import ENDS, WAYS, Way
from boltzmann.figures.output import Caption
from boltzmann.figures.ways_out import Line, Panel
from boltzmann.kinetics.asymmetry import UNSTABLE
from boltzmann.lab.overdensity import NeutrinoOverdensity
from boltzmann.numerics.arrays import Array, Mask
from boltzmann.numerics.statistics import delta_chi2_at, stated
from boltzmann.parameters.asymmetry import xi_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Course", "Row", "caption", "courses", "panels", "rows", "table"]

PLANCK, BAO, BBN = "planck2018", "planck2018+desi", "BBN"
JUDGES = (*DATA, BBN)
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
        N_eff, N_4 and m_4 (what nu_4 has in the end, m_4 as m_eff [eV]), Y_p, D_H, and what the CMB needs; of a way
        that ends in a sweep the estimate, with Y_p and D_H of the middle of the asymmetries that nu_e may have.
    ends : tuple of Course
        Of a way that ends in a sweep: lowest and highest numbers, each with the least and the largest asymmetry of
        electron neutrinos that is possible.
    """

    way: Way
    value: Array
    numbers: dict[str, Array]
    ends: tuple[Course, ...] = ()

    @property
    def lowest(self) -> Array:
        """Least N_eff that is possible."""
        return np.asarray(np.min([each.numbers["N_eff"] for each in (self, *self.ends)], axis=0))

    @property
    def highest(self) -> Array:
        """Largest N_eff that is possible."""
        return np.asarray(np.max([each.numbers["N_eff"] for each in (self, *self.ends)], axis=0))

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

    def least(self, judge_of: str) -> Array:
        """Return the least Delta chi^2 of ``judge_of``, of `DATA` or "BBN", that is possible."""
        return self._extreme(judge_of, np.min)

    def most(self, judge_of: str) -> Array:
        """Return the largest one."""
        return self._extreme(judge_of, np.max)

    def _extreme(self, judge_of: str, extreme: Any) -> Array:
        values = [each.abundances if judge_of == BBN else each.judged[judge_of] for each in (self, *self.ends)]
        return np.asarray(extreme(values, axis=0))

    @cached_property
    def allowed(self) -> Mask:
        """Where no combination of CMB data and no abundance is beyond 2 sigma, at either end."""
        return np.asarray(np.max([self.most(name) for name in JUDGES], axis=0) <= TWO_SIGMA)

    @cached_property
    def excluded(self) -> Mask:
        """Where one of them is beyond 2 sigma at both ends; neither `allowed` nor this where ends differ."""
        return np.asarray(np.max([self.least(name) for name in JUDGES], axis=0) > TWO_SIGMA)

    @property
    def best(self) -> int:
        """Index of the point with the least Delta chi^2 of Planck and abundances; of a sweep of the worst of all."""
        if self.ends:
            return int(np.nanargmin(np.max([self.most(name) for name in JUDGES], axis=0)))
        return int(np.nanargmin(self.judged[PLANCK] + self.abundances))

    def verdict(self, k: int) -> bool | None:
        """Return whether a point reconciles; None where ends differ."""
        return bool(self.allowed[k]) if self.allowed[k] or self.excluded[k] else None


def _delta_chi2(seen: Summary, data: str) -> float:
    """Return Delta chi^2 of the CMB; below the table, N_eff = 2.44, by the parabola through its last values.

    Low reheating alone comes there. Refits with its own helium, which damps what fewer neutrinos do not, have less (8.9
    for three states at 3 MeV, 2.13, where the parabola has 18); abundances exclude all of that.
    """
    if seen.delta_N_eff >= LEAST:
        return float(judge.profile_of(seen, data).delta_chi2)
    nodes = LEAST * np.array([1.0, 0.5, 0.0])
    columns = seen.m_eff, data, min(seen.N_eff_4, 0.25 * (STANDARD_N_EFF + LEAST)), max(seen.sum_of_masses, ACTIVE_MASS)
    parabola = np.polyfit(nodes, [float(likelihood.profile(node, *columns).delta_chi2) for node in nodes], 2)
    return float(np.polyval(parabola, seen.delta_N_eff))


def _numbers_of(data: xr.Dataset, item: Way, sector: int = 0) -> dict[str, Array]:
    """Return the numbers of a sector of a way."""
    number, mass = ("N_left", "m_left") if item.releases else ("N_eff_4", "m_eff")
    names = {**{name: name for name in _RESULTS}, "N_4": number, "m_4": mass}
    return {name: np.asarray(data[stored], float)[sector, : len(item.values)] for name, stored in names.items()}


def _with_helium(numbers: dict[str, Array], xi: Array) -> dict[str, Array]:
    """Return the numbers with Y_p and D/H of their N_eff and of electron neutrinos with mu/T = ``xi``.

    Y_p ~ N^0.163 e^(-0.96 xi), D/H ~ N^0.395 e^(-0.53 xi): arXiv:1912.01132 eqs. 13 and 14 for N, arXiv:1706.01705 for
    xi. Where nu_4 takes from electron neutrinos after they have decoupled, 2% of them are 0.0013 in Y_p.
    """
    Y_p, D_H = bbn_observed.STANDARD_ABUNDANCES
    N = numbers["N_eff"] / STANDARD_N_EFF
    return {**numbers, "Y_p": Y_p * N**0.163 * np.exp(-0.96 * xi), "D_H": D_H * N**0.395 * np.exp(-0.53 * xi)}


def _of_a_sweep(data: xr.Dataset, item: Way, value: Array) -> Course:
    """Return a way that ends in a sweep, with its ends."""
    bounds = [np.asarray(data[name], float)[0, : len(item.values)] for name in ("L_e_least", "L_e_most")]
    tilts = [np.array([xi_of(float(L)) for L in bound]) for bound in bounds]
    low, middle, high = (_numbers_of(data, item, k) for k in range(len(ENDS)))
    ends = tuple(Course(item, value, _with_helium(end, xi)) for end in (low, high) for xi in tilts)
    return Course(item, value, _with_helium(middle, 0.5 * (tilts[0] + tilts[1])), ends)


def _course(data: xr.Dataset, item: Way) -> Course:
    """Return the results of one way from its part (sector, point) of a dataset."""
    value = np.asarray(data["value"], float)[: len(item.values)]
    found = _of_a_sweep(data, item, value) if item.swept else Course(item, value, _numbers_of(data, item))
    for name in ("T_sweep", "N_eff_bound"):
        found.numbers[name] = np.asarray(data[name], float)[0, : len(item.values)]
    return found


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
    ends = item.swept and not np.isnan(course.numbers["T_sweep"][k])
    reason = _of_ends(course, k, numbers) if ends else _reason(course, k, numbers)
    return Row(item.title, setting, numbers, course.verdict(k), reason, stable, item.assumes)


def _of_ends(course: Course, k: int, numbers: dict[str, float]) -> str:
    """Say what is known of a point that ends in a sweep, and who excludes which of its ends."""
    T, mass = course.numbers["T_sweep"][k], [each.mass[k] for each in (course, *course.ends)]
    known = (
        f"half is used up at T = {T:.2g} MeV; N_eff {course.lowest[k]:.3f} to {course.highest[k]:.3f} (estimate "
        f"{numbers['N_eff']:.3f}), m_eff {min(mass):.2g} to {max(mass):.2g} eV"
    )
    ends = {name: (float(course.least(name)[k]), float(course.most(name)[k])) for name in JUDGES}
    against = {name: (low, high) for name, (low, high) in ends.items() if high > TWO_SIGMA}
    values = np.abs(course.value[course.allowed])
    if not against:
        return f"{known}: allowed by all at both ends, at points from {values.min():.3g} to {values.max():.3g}"
    certain = {name: pair for name, pair in against.items() if pair[0] > TWO_SIGMA}
    names = {**{name: LONG_NAMES[name] for name in DATA}, BBN: "abundances"}
    who = max(certain or against, key=lambda name: against[name][0])
    low, high = against[who]
    how = "exclude both ends" if certain else "allow one end and exclude the other"
    return f"{known}; {names[who]}: Delta chi^2 {low:+.1f} to {high:+.1f}, which {how}"


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


def rows(found: tuple[Course, ...]) -> tuple[Row, ...]:
    """Return the table, the way that does best first; what has no numbers last."""
    judged = sorted(map(_row, found), key=lambda row: row.numbers[PLANCK] + row.numbers["chi2_BBN"])
    return (*judged, _overdensity())


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
             c.least(PLANCK) - TWO_SIGMA, c.least(BAO) - TWO_SIGMA, c.least(BBN) - TWO_SIGMA,
             np.max([c.most(name) for name in JUDGES], axis=0) - TWO_SIGMA)
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
        "below: Y_p and D/H (primat) are as far above three neutrinos. Ultralight scalar, frozen while nu_s is made: "
        "m_eff for positive shift dashed, for negative dotted, where nu_4 ends with what nu_1 had (the grey area is of "
        "positive shift). Quasi-sterile, current, asymmetry: lines are N_eff and m_eff with production as without "
        "them once half is used up, the band is N_eff from nothing made after that to the estimate and its "
        f"uncertainty; grey where both ends are excluded, hatched where one is, ACT counted.{lost} Numbers: `sterile "
        "ways`.",
        (f"CMB: {LONG_NAMES[PLANCK]} [{CITATIONS[PLANCK]}]", "abundances: primat, arXiv:2011.11320"),
    )
