"""The comparison of cosmology and laboratory as files: figures, each with its caption beside it, numbers, a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boltzmann import lab
from boltzmann.cmb.judge import CITATIONS, LONG_NAMES
from boltzmann.comparison import scans
from boltzmann.comparison.benchmarks import benchmark
from boltzmann.comparison.captions import interactions_text, point_text
from boltzmann.comparison.decisive import deciding, wrapped
from boltzmann.comparison.joint import CMB_PARAMETERS, Place, Tension
from boltzmann.comparison.joint_table import JointRow, cell, joint_rows, select, table
from boltzmann.comparison.lab_results import plain, verdict
from boltzmann.comparison.page_tables import tables
from boltzmann.comparison.planes import LAB_CL, THRESHOLDS, Least, Planes, both_signs, least, why_excluded
from boltzmann.comparison.scans import POINT, SCENARIOS
from boltzmann.figures import cosmology, exclusion, page, signs
from boltzmann.figures.cosmology import M_EFF_LEVELS, N_EFF_LEVELS
from boltzmann.figures.output import Caption, prepare, save_figure
from boltzmann.numerics.files import write_text
from boltzmann.numerics.statistics import stated

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Illustration", "PlanesReport", "report"]

Progress = Callable[[float], None]
Say = Callable[[str], None]
#: Plane of couplings -> dataset of abundances at some of its points.
SCAN_AXES = ("dm2_41", "Ue4_sq", "Umu4_sq")
MAPS = {plane: name for name, (plane, _) in scans.ABUNDANCES.items()}


@dataclass(frozen=True, eq=False)
class Illustration:
    """A figure with the name of its files and its caption."""

    name: str
    figure: Figure
    caption: Caption


@dataclass(frozen=True)
class PlanesReport:
    """What was written, and what to say about it.

    Parameters
    ----------
    figures : tuple of Path
        PNG files, with PDF and caption of the same name beside them.
    page : Path or None
        The HTML page, if one was asked for.
    lines : tuple of str
        The table of joint fits, and the best points of the planes of couplings in words.
    numbers : dict
        The same as plain values, with the provenance of the scans.
    """

    figures: tuple[Path, ...]
    page: Path | None
    lines: tuple[str, ...]
    numbers: dict[str, Any]


def _experiments() -> tuple[str, ...]:
    modules = [lab.experiment(name) for name in lab.verified()]
    return tuple(f"{module.NAME}: {module.CITATION}" for module in modules)


def _scenarios() -> str:
    found = {text: scans.definitions()[name].interactions for name, text in SCENARIOS.items()}
    return "; ".join(f"{text}: {interactions_text(given)}" for text, given in found.items() if given)


def _points() -> str:
    sizes = {text: [scans.load(name).sizes[axis] for axis in SCAN_AXES] for name, text in SCENARIOS.items()}
    return "; ".join(f"{text}: {' x '.join(map(str, size))}" for text, size in sizes.items())


def _point() -> str:
    return f"the laboratory point {POINT} ({point_text(benchmark(POINT).mixing)}; arXiv:1703.00860)"


def _captioned(text: str, data: str = "planck2018", *sources: str) -> Caption:
    """Return a caption with the sources of the CMB and of the scans."""
    cmb = f"CMB: {LONG_NAMES[data]} [{CITATIONS[data]}], interpolated between refits of LCDM"
    return Caption(f"{text} |U_tau4|^2 = 0.", (*sources, cmb, "scans of data/scans"))


def _with_primordial(caption: Caption) -> Caption:
    text = (
        f"{caption.text} Cosmology is the sum of CMB and primordial Y_p and D/H, computed within 3 sigma of "
        "the best points; beyond, their chi^2 is a lower bound in planes, and profiles end."
    )
    return Caption(text, (*caption.sources, _PRIMORDIAL))


_PRIMORDIAL = "Y_p and D/H: primat, its own rates [arXiv:2601.22238, 1710.11129]"


_BOTH = "CMB+BBN"


def _planes_caption() -> Caption:
    two, three = THRESHOLDS
    return _captioned(
        "Cosmology against laboratory in the planes of (a) sin^2 2theta_mue = 4|U_e4|^2|U_mu4|^2, (b) |U_e4|^2 and "
        "(c) |U_mu4|^2 against dm2_41 [eV^2]. Lines: Delta chi^2 of the CMB, profiled over what a plane does not show, "
        f"{two:.2f} (thin) and {three:.2f} (thick, ticks to what is excluded) above its smallest value, at most that "
        f"of LCDM: 2 and 3 sigma, two parameters. Scenarios: {_scenarios()}. Areas and lines with ticks: regions and "
        f"limits of laboratory data at {100 * LAB_CL:g} % CL, two parameters; disappearance in (a) at given dm2_41; "
        "triangles: lines go on beyond what is computed or good; thin dark lines: what SBN (arXiv:1503.01520, "
        "digitised), JSNS2 and IsoDAR (*: own estimates) would exclude.",
        "planck2018",
        *_experiments(),
    )


def _numbers_caption() -> Caption:
    N_eff, m_eff = (", ".join(f"{level:g}" for level in levels) for levels in (N_EFF_LEVELS, M_EFF_LEVELS))
    return _captioned(
        f"N_eff (colour, white lines: {N_eff}) and m_eff = 94.1 eV Omega_4 h^2 (dotted: {m_eff} eV; a fluid has none), "
        "the least that what a plane does not show allows, and Delta chi^2 of the CMB at 2 and 3 sigma (thin and "
        f"thick), the best that it allows; dm2_41 in eV^2. {_scenarios()}. Monotone cubic between the points of the "
        f"scans ({_points()} of dm2_41, |U_e4|^2 and |U_mu4|^2): islands as narrow as their distance are not physics."
    )


def _leasts(names: tuple[str, ...]) -> dict[str, dict[str, Least]]:
    """Return the best point of every plane of couplings, by combination of data."""
    return {data: {name: least(scans.load(name), data) for name in MAPS} for data in names}


def _least_sentences(found: dict[str, dict[str, Least]]) -> tuple[str, ...]:
    units = dict(zip(MAPS, ("MeV", "eV"), strict=True))
    return tuple(
        f"{name.removeprefix('plane_')} at {POINT}, {data}: Delta chi^2 of the CMB against LCDM is at least "
        f"{stated(best.delta_chi2)}, at coupling {best.coupling:.2g} and mass {best.mediator_mass:.2g} {units[name]}."
        for data, by in found.items()
        for name, best in by.items()
    )


def _sizes() -> str:
    """Return the sizes of the planes of couplings."""
    shapes = [[len(values) for values in scans.definitions()[name].axes.values()] for name in MAPS]
    return " and ".join(" x ".join(map(str, shape)) for shape in shapes)


def _why_excluded_caption() -> Caption:
    return _captioned(
        f"Whether a secret interaction reconciles {_point()} with the CMB, or why not. "
        f"Dashed: Delta chi^2 of Planck 2018 against LCDM (thick: {THRESHOLDS[1]:.2f}), black: N_eff. Radiation: out "
        "even without mass; mass bound: excluded by m_4; fluid: m_phi < 1e-3 eV (above, nu_4 streams with its mass, "
        "and its annihilation is left out); late: nu_4 takes its energy from active neutrinos that have decoupled. "
        f"Circles: primordial Y_p and D/H, full where their chi^2 is more than {THRESHOLDS[1]:.2f} above that of three "
        f"neutrinos. Colours are those of {_sizes()} points: edges are known to a step. The least Delta chi^2 of every "
        "plane and combination of data: confront.json.",
        "planck2018+desi",
        _PRIMORDIAL,
        "potential and rates: arXiv:1310.6337 (vector), 1404.5915 (pseudoscalar)",
    )


def _signs_caption() -> Caption:
    return Caption(
        f"Secret vector at {_point()}. (a) Largest exponent with which a small lepton asymmetry grows along a run with "
        "nu = nubar; above 25 (orange line in all panels), where the asymmetry of baryons has become large, points are "
        "solved with neutrinos and antineutrinos apart. (b) Difference of N_eff of both solutions. (c) Energy of nu_e "
        "+ nubar_e at T_gamma = 0.7 MeV over that of a neutrino with T_gamma. Crosses: runs that did not end within "
        "their steps.",
        ("scans of data/scans",),
    )


def _joint_caption(data: str = "CMB") -> Caption:
    return _captioned(
        f"Profiles of chi^2_lab + chi^2_{data} over dm2_41 [eV^2], |U_e4|^2 and |U_mu4|^2, relative to the sum of both "
        "minima, that of cosmology being LCDM unless a scenario does better. The least value of a line is chi^2 of the "
        "parameter goodness of fit in that scan; LCDM, 'laboratory alone' at small mixing, may be better, and is no "
        f"limit of a scan with a dark sector, which stays at any mixing. {_scenarios()}. Tensions, best fits, and what "
        "changes with abundances or without an experiment: confront.json and `sterile joint`.",
        "planck2018+desi",
        *_experiments(),
        "parameter goodness of fit: hep-ph/0304176",
    )


def _at(place: Place) -> str:
    return "dm2_41 = {:.2g} eV2, |U_e4|^2 = {:.2g}, |U_mu4|^2 = {:.2g}".format(*place)


def _reaches_LCDM(scenario: str) -> bool:
    """Whether small mixing leads to LCDM; a dark sector stays at any mixing."""
    return not scans.definitions()[scenario].interactions


def _limit(scenario: str, found: Tension) -> str:
    """Say what the limit of small mixing of a scenario is, and what the scan has where LCDM fits best."""
    if _reaches_LCDM(scenario):
        return "Its limit of small mixing is LCDM."
    limit = (
        "LCDM is no limit of its scan, because the dark sector stays at any mixing: at the smallest, Delta chi^2 of "
        f"the CMB against LCDM is {found.smallest_mixing:+.1f} or more."
    )
    if found.joint_best:
        return limit
    return f"{limit} In the scan the least chi2 is {found.scan_chi2:.1f}, at {_at(found.scan_best)}."


def _sentence(scenario: str, data: str, found: Tension) -> str:
    if found.joint_best:
        joint = _at(found.joint_best)
    else:
        joint = (
            "LCDM, without mixing and without dark sector, so that chi2 is the laboratory's own preference for mixing"
        )
    return (
        f"{SCENARIOS[scenario]}, {data}: {verdict(found)}; Delta chi^2 of the CMB is "
        f"{stated(found.cmb_at_lab_best, CMB_PARAMETERS)} at the best fit of the laboratory; joint best fit {joint}. "
        f"{_limit(scenario, found)}"
    )


def _others(rows: Sequence[JointRow]) -> str:
    """Say how the joint fit changes with abundances and without some experiments."""
    changed = "; ".join(f"{row.label} {cell(row.tension)}" for row in rows if row.label)
    at_best = "; ".join(
        f"{row.label}, at {_at(row.tension.lab_best)}: {row.tension.cmb_at_lab_best:.1f}" for row in rows if row.label
    )
    return f" Chi2 and joint best fit {changed}. Delta chi^2 of cosmology at the laboratory's best fit {at_best}."


def _sentences(rows: Sequence[JointRow]) -> tuple[str, ...]:
    """Return what is to say of every scenario and combination of data."""
    result = []
    for key in dict.fromkeys((row.scenario, row.data) for row in rows):
        own = select(rows, scenario=key[0], data=key[1])
        (first,) = (row for row in own if not row.label)
        result.append(_sentence(*key, first.tension) + _others(own))
    return tuple(result)


def _place(place: Place | None) -> dict[str, float] | None:
    return place and dict(zip(("dm2_41_eV2", "Ue4_sq", "Umu4_sq"), place, strict=True))


def _plain(scenario: str, found: Tension) -> dict[str, Any]:
    """Return a tension as plain values."""
    places = {name: _place(getattr(found, name)) for name in ("lab_best", "joint_best", "scan_best")}
    limit = {"is_LCDM": _reaches_LCDM(scenario), "smallest_mixing_delta_chi2": found.smallest_mixing}
    numbers = {"cmb_at_lab_best": found.cmb_at_lab_best, "scan_chi2": found.scan_chi2}
    return {**plain(found), **numbers, **places, "limit_of_small_mixing": limit}


def _provenance() -> dict[str, dict[str, str]]:
    names = (*SCENARIOS, *MAPS, *MAPS.values())
    return {name: {k: str(v) for k, v in scans.load(name).attrs.items()} for name in names}


def _illustrations(planes: Planes, progress: Progress) -> list[Illustration]:
    """Draw all figures."""
    drawn = planes.planes()
    progress(0.5)
    maps = [why_excluded(name, scans.load(name), scans.load(bbn)) for name, bbn in MAPS.items()]
    curves = [planes.curves(data, LONG_NAMES[data]) for data in planes.data]
    progress(0.7)
    return [
        Illustration("planes", cosmology.planes_figure(drawn, THRESHOLDS), _planes_caption()),
        Illustration("numbers", cosmology.numbers_figure(drawn, THRESHOLDS), _numbers_caption()),
        Illustration("why-excluded", exclusion.why_excluded_figure(maps), _why_excluded_caption()),
        Illustration("signs", signs.signs_figure(both_signs(scans.load("plane_vector"))), _signs_caption()),
        Illustration("joint", cosmology.joint_figure(curves), _joint_caption()),
        *_with_abundances(planes.with_abundances()),
    ]


def _with_abundances(planes: Planes) -> list[Illustration]:
    """Draw planes and profiles again with primordial abundances; none if no scan has any."""
    if not planes.scenarios:
        return []
    drawn = cosmology.planes_figure(planes.planes(rates="primat"), THRESHOLDS)
    curves = [planes.curves(data, f"{LONG_NAMES[data]}, abundances", rates="primat") for data in planes.data]
    return [
        Illustration("planes-bbn", drawn, _with_primordial(_planes_caption())),
        Illustration(
            "joint-bbn", cosmology.joint_figure(curves, _BOTH), _with_primordial(_joint_caption(f"({_BOTH})"))
        ),
    ]


def _numbers(rows: Sequence[JointRow], best: dict[str, dict[str, Least]]) -> dict[str, Any]:
    """Return what the sentences say as plain values, with the provenance of the scans."""
    tension: dict[str, dict[str, Any]] = {}
    for row in rows:
        if not row.label:
            tension.setdefault(row.data, {})[row.scenario] = _plain(row.scenario, row.tension)
    return {
        "tension": tension,
        "joint": [row.plain() for row in rows],
        "least_disfavoured_couplings": {data: {k: v._asdict() for k, v in by.items()} for data, by in best.items()},
        "provenance": _provenance(),
    }


def _silent(_: object) -> None:
    """Report to nobody."""


def report(
    output: str | Path, *, html: bool = False, progress: Progress | None = None, say: Say | None = None
) -> PlanesReport:
    """Draw all comparisons from the shipped scans: figures with captions, ``confront.json`` and perhaps a page.

    Parameters
    ----------
    output : str or Path
        Folder, created if necessary.
    html : bool
        Also write ``report.html``, self-contained.
    progress : callable, optional
        Called with the fraction done, in [0, 1].
    say : callable, optional
        Called with what is done next, a few words, before each step.

    Raises
    ------
    ParameterError
        The folder cannot be written.
    """
    output, progress, say = Path(output), progress or _silent, say or _silent
    prepare(output)
    planes = Planes()
    say("laboratory data and scans on one grid")
    rows = joint_rows()
    progress(0.3)
    sentences, best = _sentences(rows), _leasts(planes.data)
    leasts, coming = _least_sentences(best), deciding(rows)
    say("figures")
    items = _illustrations(planes, progress)
    say("files")
    figures = tuple(save_figure(item.figure, output / item.name, item.caption) for item in items)
    numbers = {**_numbers(rows, best), "to_come": coming}
    write_text(output / "confront.json", json.dumps(numbers, indent=2) + "\n")
    place = output / "report.html" if html else None
    if place:
        shown = [(png, str(item.caption)) for png, item in zip(figures, items, strict=True)]
        words = (*sentences, *leasts, *coming)
        write_text(
            place,
            page.page("Cosmology against laboratory", tables(rows, best), shown, words, numbers["provenance"]),
        )
    progress(1.0)
    return PlanesReport(figures, place, (*table(rows), "", *leasts, *wrapped(coming)), numbers)
