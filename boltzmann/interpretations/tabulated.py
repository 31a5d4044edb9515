"""The finished table, and its forms: text, HTML, LaTeX, CSV, JSON and Markdown."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from boltzmann.interpretations import words
from boltzmann.interpretations.protocol import COLUMNS, TITLES, Cell, Interpretation, Point

__all__ = ["Row", "Table"]

_WIDTH = 16
_COLOURS = {
    "explains": "#c9e7c9", "partly": "#e6f2d5", "slightly better": "#f3f8ea", "agrees": "#f3f8ea", "allowed": "#c9e7c9",
    "slightly worse": "#fbeede", "contradicts": "#f4c9c4", "excluded": "#f4c9c4", "tension": "#fbe2b8",
    "invisible": "#dce8f4",
}  # fmt: skip
_SORT = (
    "document.querySelectorAll('th').forEach((h,i)=>h.onclick=()=>{const b=h.closest('table').tBodies[0];"
    "const k=r=>r.cells[i].dataset.number??r.cells[i].textContent;const s=h.dataset.s=h.dataset.s==='1'?'-1':'1';"
    "[...b.rows].sort((a,c)=>{const x=k(a),y=k(c),d=x-y;return s*(isNaN(d)?x.localeCompare(y):d)})"
    ".forEach(r=>b.append(r))});"
)
_LATEX = {
    "%": r"\%", "&": r"\&", "_": r"\_", "#": r"\#", "$": r"\$", "{": r"\{", "}": r"\}", "^": r"\^{}", "~": r"\~{}",
    "\\": r"\textbackslash{}", "|": r"\textbar{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip
_MEANING = (
    "D is what -2 ln L gains over no new physics: a model explains an anomaly with at least half of the D of the best "
    "smooth signal, partly with 15 %, and contradicts an experiment below -4. Cosmology: Delta chi2 of the CMB (with "
    "Y_p and D/H for particles of MeV mass) below 6.18 is allowed, above 11.83 excluded."
)


@dataclass(frozen=True)
class Row:
    """A model at a point, with a cell for every column."""

    model: Interpretation
    point: Point
    cells: dict[str, Cell]

    def plain(self) -> dict[str, Any]:
        """Return everything, for JSON."""
        return {
            "model": self.model.name,
            "title": self.model.title,
            "lagrangian": self.model.lagrangian,
            "point": self.point.name,
            "parameters": {
                name: {"value": self.point[name], "unit": parameter.unit, "meaning": parameter.meaning}
                for name, parameter in self.model.parameters.items()
            },
            "status": self.point.status,
            "citation": self.point.citation,
            "note": self.point.note,
            "seed": dict(self.model.seed),
            "cells": {name: self.cells[name].plain() for name in COLUMNS},
        }


@dataclass(frozen=True)
class Table:
    """All rows, and a footnote."""

    rows: tuple[Row, ...]
    footnote: str

    def text(self) -> str:
        """Return rows of words, and below each row the numbers and reasons of LSND, MiniBooNE and cosmology."""
        shown = [column for column in COLUMNS if column != "elsewhere"]
        head = f"{'model':<22}{'point':<14}" + "".join(f"{TITLES[column]:<{_WIDTH}}" for column in shown)
        lines = [head]
        for row in self.rows:
            found = "".join(f"{row.cells[column].word:<{_WIDTH}}" for column in shown)
            lines.append(f"{row.model.name:<22}{row.point.name:<14}{found}".rstrip())
            for column in ("lsnd", "miniboone", "cosmology"):
                cell = row.cells[column]
                lines.append(f"    {TITLES[column]}: {cell.text or cell.how}")
        return "\n".join([*lines, "", self.footnote])

    def csv(self) -> str:
        """Return one line for each cell: model, point, status, column, word, number, text, how, source."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["model", "point", "status", "column", "word", "number", "text", "how", "source"])
        for row in self.rows:
            for column in COLUMNS:
                cell = row.cells[column]
                number = "" if cell.number is None else f"{cell.number:.6g}"
                start = [row.model.name, row.point.name, row.point.status, column]
                writer.writerow([*start, cell.word, number, cell.text, cell.how, cell.source])
        return out.getvalue()

    def json(self) -> str:
        """Return everything as JSON."""
        return json.dumps({"rows": [row.plain() for row in self.rows], "footnote": self.footnote}, indent=2)

    def latex(self) -> str:
        """Return a tabular of words with D or N_eff, and what they mean below it; reasons are in the other forms."""
        shown = [column for column in COLUMNS if column != "elsewhere"]
        lines = [r"\begin{tabular}{" + "l" * (len(shown) + 2) + "}", r"\hline"]
        lines.append(" & ".join(["model", "point", *(TITLES[column] for column in shown)]) + r" \\ \hline")
        for row in self.rows:
            cells = [_brief(column, row.cells[column]) for column in shown]
            mark = r"$^\dagger$" if row.point.status == "typed" else ""
            lines.append(" & ".join([_tex(row.model.title), _tex(row.point.name) + mark, *cells]) + r" \\")
        return "\n".join([*lines, r"\hline", _below(self.footnote, len(shown) + 2), r"\end{tabular}", ""])

    def markdown(self) -> str:
        """Return a table of words with D or N_eff."""
        shown = [column for column in COLUMNS if column != "elsewhere"]
        lines = ["| model | point | " + " | ".join(TITLES[column] for column in shown) + " |"]
        lines.append("|" + "---|" * (len(shown) + 2))
        for row in self.rows:
            mark = "†" if row.point.status == "typed" else ""
            cells = [_brief(column, row.cells[column]).replace("$", "") for column in shown]
            lines.append(f"| {row.model.title} | {row.point.name}{mark} | {' | '.join(cells)} |")
        return "\n".join([*lines, "", "†: second-hand or own point.", ""])

    def html(self) -> str:
        """Return a page: columns sort at a click, a cell has word and number, and how it was computed as hover text."""
        heads = "".join(f"<th>{escape(title)}</th>" for title in ("model", "point", *TITLES.values()))
        body = "\n".join(_html_row(row) for row in self.rows)
        style = (
            "body{font:13px sans-serif}table{border-collapse:collapse}"
            "td,th{border:1px solid #bbb;padding:3px 5px;vertical-align:top}"
            "th{cursor:pointer;background:#eee;position:sticky;top:0}small{color:#444}"
        )
        return (
            f"<!doctype html><html lang=en><meta charset=utf-8><title>Interpretations</title><style>{style}</style>"
            "<h1>Interpretations of short-baseline "
            f"anomalies</h1><p>{escape(_MEANING)} A click on a heading sorts; the pointer on a cell says how it was "
            "computed. Seed: the field's table, typed by hand.</p>"
            f"<table><thead><tr>{heads}</tr></thead><tbody>\n{body}\n"
            f"</tbody></table><p>{escape(self.footnote)}</p><script>{_SORT}</script></html>\n"
        )

    def write(self, folder: Path) -> list[Path]:
        """Write interpretations.html, .tex, .csv, .json and .md into a folder, made if necessary; return the files."""
        folder.mkdir(parents=True, exist_ok=True)
        forms = {
            "html": self.html(),
            "tex": self.latex(),
            "csv": self.csv(),
            "json": self.json(),
            "md": self.markdown(),
        }
        paths = [folder / f"interpretations.{ending}" for ending in forms]
        for path, form in zip(paths, forms.values(), strict=True):
            path.write_text(form, encoding="utf-8")
        return paths


def _tex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)


def _below(footnote: str, columns: int) -> str:
    """Return the last row of the tabular: what words, numbers and marks mean."""
    marks = r" In brackets: D or $N_{\rm eff}$; $\dagger$: second-hand or own point. "
    width = r"{p{0.95\linewidth}}"
    return rf"\multicolumn{{{columns}}}{width}{{{_tex(_MEANING)}{marks}{_tex(footnote)}}} \\"


def _brief(column: str, cell: Cell) -> str:
    """Return the word of a cell with its number, for LaTeX and Markdown."""
    if cell.number is None or (column != "cosmology" and abs(cell.number) < 0.05):
        return _tex(cell.word)
    number = f"{cell.number:.2f}" if column == "cosmology" else f"${words.signed(cell.number)}$"
    return f"{_tex(cell.word)} ({number})"


def _html_row(row: Row) -> str:
    hover = f"{row.point.citation} ({row.point.status}). {row.point.note}"
    values = ", ".join(
        f"{name} = {row.point[name]:g} {parameter.unit}".rstrip() for name, parameter in row.model.parameters.items()
    )
    status = "" if row.point.status == "verified" else f" ({row.point.status})"
    first = f'<td title="{escape(row.model.lagrangian)}">{escape(row.model.title)}</td>'
    second = f'<td title="{escape(hover)}">{escape(row.point.name + status)}<br><small>{escape(values)}</small></td>'
    return "<tr>" + first + second + "".join(_html_cell(column, row) for column in COLUMNS) + "</tr>"


def _html_cell(column: str, row: Row) -> str:
    cell = row.cells[column]
    number = "" if cell.number is None else f' data-number="{cell.number:.6g}"'
    colour = f' style="background:{_COLOURS[cell.word]}"' if cell.word in _COLOURS else ""
    seed = row.model.seed.get(column)
    shown = cell.text or ("" if cell.word == "-" else cell.how)
    hover = " ".join(part for part in (cell.how, cell.source) if part)
    tick = f"<br><small>seed: {escape(seed)}</small>" if seed else ""
    return f'<td{number}{colour} title="{escape(hover)}"><b>{escape(cell.word)}</b><br>{escape(shown)}{tick}</td>'
