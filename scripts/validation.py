"""Measure the numbers that docs/validation states, compare, and write the tables of the pages and of README.md.

    python scripts/validation.py            measure all groups and write; three minutes of CPU time, kernels compiled
    python scripts/validation.py --check    measure, write nothing, end with 1 if a number differs; CI does that without
                                            the groups that have `ci = false`
    python scripts/validation.py --write    write the tables from statements.toml and from what was measured last
    python scripts/validation.py GROUP ...  these groups alone

A stated number that differs from the measured one is never changed by this command: find out why, then change it.
"""

import argparse
import json
import re
import sys
import time
import tomllib
import warnings
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import boltzmann

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "validation"
RESULTS = FOLDER / "results.json"
README = ROOT / "README.md"
MARKS = "<!-- headlines: written by scripts/validation.py -->\n", "<!-- end of headlines -->"


MEASURED = """# What is measured, and when it was last

Written by `python scripts/validation.py`. Each table is on the page it belongs to; `scripts/test.sh` measures them
again and fails if a number is off by more than its tolerance.

"""
SLOW = """
## Not regenerated in CI

These take minutes to hours. Their commands print them; many are tests with the mark `slow`.

| numbers | where | command | takes | stated since |
"""


class Cell(NamedTuple):
    """One stated number and the measured one."""

    group: str
    row: str
    column: str
    stated: float
    measured: float
    tolerance: float

    @property
    def ratio(self) -> float:
        """Difference over tolerance."""
        return abs(self.measured - self.stated) / self.tolerance


def statements() -> dict[str, dict[str, Any]]:
    """Return the groups."""
    return tomllib.loads((FOLDER / "statements.toml").read_text(encoding="utf-8"))


def number(cell: str) -> float:
    """Return the number with which a cell begins."""
    return float(cell.split()[0])


def compared(name: str, group: Mapping[str, Any], measured: Iterable[tuple[float, ...]]) -> list[Cell]:
    """Return the measured cells of a group beside the stated ones."""
    cells = []
    for row, values in zip(group["rows"], measured, strict=True):
        stated = dict(zip(group["columns"], row, strict=True))
        for column, value in zip(group["measured"], values, strict=True):
            tolerance = group.get("tolerances", {}).get(column, group["tolerance"])
            cells.append(Cell(name, row[0], column, number(stated[column]), float(value), tolerance))
    return cells


def measure(name: str, group: Mapping[str, Any]) -> tuple[list[Cell], dict[str, Any]]:
    """Return the cells of a group, and what is kept of the measurement."""
    import measurements

    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", boltzmann.ValidityWarning)
        cells = compared(name, group, getattr(measurements, name.replace("-", "_"))())
    worst = max(cells, key=lambda cell: cell.ratio)
    kept = {
        "date": date.today().isoformat(),
        "version": boltzmann.__version__,
        "seconds": round(time.process_time() - start, 1),
        "cells": len(cells),
        "largest": float(f"{worst.ratio:.2g}"),
        "where": f"{worst.row}, {worst.column}",
    }
    return cells, kept


def row(*cells: str) -> str:
    """Return one line of a Markdown table."""
    return "| " + " | ".join(cells) + " |\n"


def table(group: Mapping[str, Any]) -> str:
    """Return the table of a group as the pages have it."""
    rule = "|" + "---|" * len(group["columns"]) + "\n"
    return row(*(column.strip() for column in group["columns"])) + rule + "".join(row(*line) for line in group["rows"])


def overview(groups: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """Return the page of what was measured."""
    head = row("table", "numbers", "tolerance", "largest difference over it", "date, version", "CPU s")
    lines = [
        row(
            f"[{group['title']}]({group['page']}.md)",
            str(results[name]["cells"]),
            f"{group['tolerance']:g}: {group['why']}" + ("" if group.get("ci", True) else "; not in CI"),
            f"{results[name]['largest']:g} ({results[name]['where']})",
            f"{results[name]['date']}, {results[name]['version']}",
            f"{results[name]['seconds']:g}",
        )
        for name, group in groups.items()
        if name in results
    ]
    slow = [
        row(item["what"], f"[page]({item['page']}.md)", f"`{item['command']}`", item["takes"], item["date"])
        for item in groups["slow"]["items"]
    ]
    return "".join([MEASURED, head, "|---|---|---|---|---|---|\n", *lines, SLOW, "|---|---|---|---|---|\n", *slow])


def headlines(groups: Mapping[str, Any]) -> str:
    """Return the table of README.md."""
    lines = [row("quantity", "here", "reference", "command"), "|---|---|---|---|\n"]
    for item in groups["headlines"]["items"]:
        group = groups[item["group"]]
        stated = dict(zip(group["columns"], group["rows"][item["row"]], strict=True))
        here = ", ".join(stated[column] + unit for column, unit in item["columns"].items())
        beside = item.get("reference") or stated[item["beside"]]
        lines.append(row(item["quantity"], here, beside, f"`{item['command']}`"))
    return "".join(lines)


def texts(groups: Mapping[str, Any], results: Mapping[str, Any]) -> dict[Path, str]:
    """Return every text that is written, by file."""
    written = {FOLDER / "tables" / f"{name}.md": table(group) for name, group in groups.items() if "rows" in group}
    readme = README.read_text(encoding="utf-8")
    start, end = (re.escape(mark) for mark in MARKS)
    filled = re.sub(f"(?<={start}).*?(?={end})", lambda _: headlines(groups), readme, flags=re.DOTALL)
    return {**written, FOLDER / "measured.md": overview(groups, results), README: filled}


def judged(cells: Iterable[Cell]) -> int:
    """Print what differs; return the exit code."""
    wrong = [cell for cell in cells if not cell.ratio <= 1.0]
    for cell in wrong:
        print(
            f"{cell.group}: {cell.row}, {cell.column}: stated {cell.stated:g}, measured {cell.measured:.6g}, "
            f"tolerance {cell.tolerance:g}"
        )
    return int(bool(wrong))


def main() -> int:
    """Measure, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("group", nargs="*", help="groups of docs/validation/statements.toml; default all")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--write", action="store_true", help="measure nothing, write the tables")
    arguments = parser.parse_args()
    groups = statements()
    names = [name for name, group in groups.items() if "rows" in group]
    if unknown := set(arguments.group) - set(names):
        parser.error(f"{', '.join(sorted(unknown))} is no group; choose from {', '.join(names)}")
    results: dict[str, Any] = {}
    cells: list[Cell] = []
    default = [name for name in names if groups[name].get("ci", True) or not arguments.check]
    for name in [] if arguments.write else arguments.group or default:
        found, results[name] = measure(name, groups[name])
        cells += found
        kept = results[name]
        print(f"{name}: {kept['cells']} numbers, {kept['seconds']} s, largest {kept['largest']}", flush=True)
    if not arguments.check:
        results = {**(json.loads(RESULTS.read_text()) if RESULTS.exists() else {}), **results}
        RESULTS.write_text(json.dumps({name: results[name] for name in names if name in results}, indent=2) + "\n")
        for file, text in texts(groups, results).items():
            file.write_text(text, encoding="utf-8")
    return judged(cells)


if __name__ == "__main__":
    sys.exit(main())
