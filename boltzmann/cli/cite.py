"""The command ``sterile cite``: BibTeX of the code and of the papers that its parts are built on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

import boltzmann

#: Part -> file of BibTeX that cobaya-bib reads, too.
_FILES = {"solver": "SterileNeutrino", "cmb": "EmbeddedCMB", "class": "SterileClassy", "abundances": "BBN"}
_LABORATORY = "laboratory"


def _entries(part: str) -> Iterator[str]:
    """Yield the BibTeX entries of a part; of laboratories, which are many, comments with the citation of each."""
    if part == _LABORATORY:
        from boltzmann import lab

        for name in lab.verified():
            yield f"% {name}: {lab.experiment(name).CITATION}"
    else:
        file = Path(boltzmann.__file__).parent / "cmb" / "cobaya_theory" / f"{_FILES[part]}.bibtex"
        yield from file.read_text(encoding="utf-8").strip().split("\n\n")


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice([*_FILES, _LABORATORY]))
def cite(parts: tuple[str, ...]) -> None:
    """BibTeX of the code and of the papers that PARTS of it are built on; of all parts if none is named.

    Example: sterile cite solver cmb > references.bib
    """
    chosen = parts or (*_FILES, _LABORATORY)
    entries = dict.fromkeys(entry for part in chosen for entry in _entries(part))
    click.echo("\n\n".join(entries))
