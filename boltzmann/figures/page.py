"""One HTML page that needs nothing else: tables of numbers with units, figures, provenance folded away."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

__all__ = ["Column", "Table", "page"]

_STYLE = Path(__file__).with_suffix(".css")
_NUMBER = re.compile(r"[<>]?\s?[+-]?\d[\d.,]*(e[+-]?\d+)?")


@dataclass(frozen=True)
class Column:
    """The head of a column: its name, and below it the unit or what else numbers are of."""

    name: str
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the page.

    Parameters
    ----------
    title : str
    columns : sequence of Column
    rows : sequence of sequences of str
        One text for each column; what is a number stands to the right.
    note : str
        What is said below it.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    note: str = ""

    @property
    def html(self) -> str:
        """The table as HTML."""
        names = "".join(f"<th{_align(self, k)}>{_head(column)}</th>" for k, column in enumerate(self.columns))
        lines = (
            "".join(f"<td{_align(self, k)}>{escape(cell)}</td>" for k, cell in enumerate(cells)) for cells in self.rows
        )
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        note = f'<p class="note">{escape(self.note)}</p>' if self.note else ""
        return (
            f'<div class="scroll"><table><caption>{escape(self.title)}</caption><thead><tr>{names}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>{note}"
        )


def _head(column: Column) -> str:
    return escape(column.name) + (f"<small>{escape(column.unit)}</small>" if column.unit else "")


def _align(table: Table, k: int) -> str:
    """Return the class of a column, by whether its cells are numbers."""
    cells = [row[k] for row in table.rows if row[k]]
    return ' class="number"' if any(_NUMBER.fullmatch(cell) for cell in cells) else ""


def _figure(png: Path, caption: str) -> str:
    encoded = base64.b64encode(png.read_bytes()).decode("ascii")
    image = f'<img alt="{escape(png.stem)}" src="data:image/png;base64,{encoded}">'
    return f'<figure id="{escape(png.stem)}">{image}<figcaption>{escape(caption)}</figcaption></figure>'


def _inputs(rows: Mapping[str, str]) -> str:
    lines = (f"<tr><th>{escape(key)}</th><td><code>{escape(value)}</code></td></tr>" for key, value in rows.items())
    return f'<table class="inputs">{"".join(lines)}</table>'


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{content}</details>"


def page(
    title: str,
    tables: Sequence[Table],
    figures: Sequence[tuple[Path, str]],
    sentences: Sequence[str],
    provenance: Mapping[str, Mapping[str, str]],
) -> str:
    """Return the page; light or dark as the reader's system is, and black on white on paper.

    Parameters
    ----------
    title : str
    tables : sequence of Table
        What is concluded.
    figures : sequence of (Path, str)
        PNG file and caption.
    sentences : sequence of str
        The same conclusions in words, folded away.
    provenance : mapping
        Dataset -> attribute -> value, folded away.
    """
    words = _folded("The same in words", "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences))
    sources = "".join(_folded(name, _inputs(rows)) for name, rows in provenance.items())
    links = "".join(f'<a href="#{name.lower()}">{name}</a>' for name in ("Numbers", "Figures", "Provenance"))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE.read_text(encoding='utf-8')}</style></head><body><h1>{escape(title)}</h1><nav>{links}</nav>"
        f'<h2 id="numbers">Numbers</h2>{"".join(table.html for table in tables)}{words if sentences else ""}'
        f'<h2 id="figures">Figures</h2>{"".join(_figure(*item) for item in figures)}'
        f'<h2 id="provenance">Provenance</h2>{sources}</body></html>\n'
    )
