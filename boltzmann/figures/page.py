"""One HTML page that needs nothing else: figures embedded, numbers and provenance as tables."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

__all__ = ["page"]

_STYLE = """
body { font-family: Georgia, serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #111; }
figure { margin: 2.5rem 0; } img { width: 100%; height: auto; }
figcaption, table { font-size: 0.85rem; line-height: 1.4; } code { font-size: 0.8rem; white-space: pre-wrap; }
td, th { text-align: left; vertical-align: top; padding: 0.2rem 0.8rem 0.2rem 0; overflow-wrap: anywhere; }
"""


def _figure(png: Path, caption: str) -> str:
    encoded = base64.b64encode(png.read_bytes()).decode("ascii")
    image = f'<img alt="{escape(png.stem)}" src="data:image/png;base64,{encoded}">'
    return f'<figure id="{escape(png.stem)}">{image}<figcaption>{escape(caption)}</figcaption></figure>'


def _table(rows: Mapping[str, str]) -> str:
    lines = (f"<tr><th>{escape(key)}</th><td><code>{escape(value)}</code></td></tr>" for key, value in rows.items())
    return f"<table>{''.join(lines)}</table>"


def page(
    title: str,
    figures: Sequence[tuple[Path, str]],
    sentences: Sequence[str],
    provenance: Mapping[str, Mapping[str, str]],
) -> str:
    """Return the page.

    Parameters
    ----------
    title : str
    figures : sequence of (Path, str)
        PNG file and caption.
    sentences : sequence of str
        What is concluded.
    provenance : mapping
        Dataset -> attribute -> value.
    """
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    sources = "".join(
        f"<details><summary>{escape(name)}</summary>{_table(rows)}</details>" for name, rows in provenance.items()
    )
    body = "".join(_figure(png, caption) for png, caption in figures)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1><h2>Tension</h2><ul>{items}</ul>"
        f"<h2>Figures</h2>{body}<h2>Provenance</h2>{sources}</body></html>\n"
    )
