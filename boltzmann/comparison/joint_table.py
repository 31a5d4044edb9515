"""The joint statement: laboratory against cosmology, with and without abundances, with and without gallium.

`joint_rows` profiles chi^2_lab + chi^2_CMB + chi^2_BBN for every scenario and combination of CMB data; `table` prints
them. A joint fit without mixing costs what the laboratory prefers mixing by, whatever cosmology says: this number is
printed beside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from boltzmann.cmb.bbn import RATES
from boltzmann.comparison.joint import Tension, largest_splitting, tension
from boltzmann.comparison.planes import Planes
from boltzmann.comparison.primordial import abundance_delta_chi2_on, has_abundances
from boltzmann.comparison.scans import SCENARIOS
from boltzmann.lab import DEFAULT_SET

__all__ = ["GALLIUM", "JointRow", "joint_rows", "select", "table"]

GALLIUM = ("gallium",)
_COLUMNS: tuple[str | None, ...] = (None, *RATES)
_HEADS = {None: "CMB", "primat": "CMB, BBN (PRIMAT)", "parthenope": "CMB, BBN (PArthENoPE)"}
_WIDTH = 30


@dataclass(frozen=True)
class JointRow:
    """One joint fit.

    Attributes
    ----------
    scenario : str
        Of `boltzmann.comparison.scans.SCENARIOS`.
    data : str
        Combination of CMB data.
    without : tuple of str
        Experiments left out.
    rates : str or None
        Nuclear rates of the abundances; None: the CMB alone.
    tension : Tension
    most_dm2_41 : float or None
        `boltzmann.comparison.joint.largest_splitting` of cosmology alone [eV^2], where the laboratory's data reach.
    """

    scenario: str
    data: str
    without: tuple[str, ...]
    rates: str | None
    tension: Tension
    most_dm2_41: float | None

    @property
    def label(self) -> str:
        """What makes it differ from a joint fit of the CMB and all experiments."""
        primordial = (
            "" if self.rates is None else f"with abundances ({RATES[self.rates].source.partition(',')[0]} rates)"
        )
        return ", ".join(filter(None, (f"without {' and '.join(self.without)}" if self.without else "", primordial)))

    def plain(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return asdict(self)


def joint_rows(progress: Callable[[float], None] | None = None, combination: str = DEFAULT_SET) -> list[JointRow]:
    """Return all joint fits of the shipped scans; a scenario without abundances has those of the CMB alone.

    Parameters
    ----------
    progress : callable, optional
        Called with the fraction done, in [0, 1].
    combination : str
        Of `boltzmann.lab.SETS`: the laboratory's data.

    Raises
    ------
    ParameterError
        There is no combination of that name.
    """
    laboratories = [Planes(without=without, combination=combination) for without in ((), GALLIUM)]
    rows: list[JointRow] = []
    for k, scenario in enumerate(SCENARIOS):
        rows += _of_scenario(scenario, laboratories)
        if progress:
            progress((k + 1) / len(SCENARIOS))
    return rows


def _of_scenario(scenario: str, laboratories: Sequence[Planes]) -> list[JointRow]:
    """Return the joint fits of one scenario; the grids of all laboratories are the same."""
    first = laboratories[0]
    scan, new = first.scans[scenario], [first.grid.dm2_41, first.grid.element, first.grid.element]
    names = RATES if has_abundances(scan) else ()
    primordial: dict[str | None, Any] = {None: 0.0}
    primordial |= {rates: abundance_delta_chi2_on(scan, new, rates) for rates in names}
    cmb = {data: first.on_grid(scenario, data) for data in first.data}
    found = {(data, rates): cmb[data] + primordial[rates] for data in cmb for rates in primordial}
    most = {key: largest_splitting(first.grid.dm2_41, delta) for key, delta in found.items()}
    return [
        JointRow(scenario, data, planes.without, rates, tension(planes.grid, delta), most[data, rates])
        for planes in laboratories
        for (data, rates), delta in found.items()
    ]


def select(rows: Iterable[JointRow], **wanted: Any) -> list[JointRow]:
    """Return the rows whose fields have the values that are given."""
    return [row for row in rows if all(getattr(row, name) == value for name, value in wanted.items())]


def cell(found: Tension) -> str:
    """Return chi^2, sigma and joint best fit as text."""
    place = f"{found.joint_best[0]:.2g} eV2" if found.joint_best else "no mixing"
    return f"{found.chi2:.1f} ({found.sigmas:.1f} sigma), {place}"


def table(rows: Sequence[JointRow]) -> list[str]:
    """Return the lines of a table: a block for each laboratory, a line for each scenario and combination of data."""
    lines: list[str] = []
    for without in dict.fromkeys(row.without for row in rows):
        block = select(rows, without=without)
        name = f"without {', '.join(without)}" if without else "all verified experiments"
        lines += [
            f"laboratory, {name}: prefers mixing to no mixing by {block[0].tension.lab_preference:.1f}: chi2 of a "
            "joint fit without mixing",
            _line("scenario", "CMB data", [_HEADS[rates] for rates in _COLUMNS]),
        ]
        lines += _block(block, lambda row: cell(row.tension))
        lines.append("")
    alone = select(rows, without=())
    return [*lines, "cosmology alone, 3 sigma: limit on dm2_41 at any mixing", *_block(alone, limit), "", *_NOTES]


def limit(row: JointRow) -> str:
    """Return the largest dm2_41 that cosmology accepts as text."""
    if row.most_dm2_41 is None:
        return "none up to 3 eV2"  # where the laboratory's data end
    return f"{row.most_dm2_41:.2g} eV2" if row.most_dm2_41 else "excluded at any mass"


def _block(block: Sequence[JointRow], text: Callable[[JointRow], str]) -> list[str]:
    """Return a line for each scenario and combination of data."""
    keys = dict.fromkeys((row.scenario, row.data) for row in block)
    return [_line(*key, _cells(block, *key, text)) for key in keys]


def _cells(block: Sequence[JointRow], scenario: str, data: str, text: Callable[[JointRow], str]) -> list[str]:
    found = {row.rates: text(row) for row in select(block, scenario=scenario, data=data)}
    return [found.get(rates, "not computed") for rates in _COLUMNS]


def _line(scenario: str, data: str, cells: Sequence[str]) -> str:
    return f"{scenario:<14}{data:<18}{''.join(f'{text:<{_WIDTH}}' for text in cells)}".rstrip()


_NOTES = (
    "chi2 of the parameter goodness of fit (hep-ph/0304176) for 2 degrees of freedom, sigma, dm2_41 of the joint fit.",
    "One point for each interaction, chosen after exploration: no trials factor. |U_tau4|^2 = 0.",
    "BBN: Y_p and D/H (arXiv:2601.22238, 1710.11129) by primat, with its own nuclear rates or those of PArthENoPE 3.0.",
)
