"""Result files: what can be written is made sure of before any work; figures as PNG and PDF, captions beside them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boltzmann
from boltzmann.errors import ParameterError
from boltzmann.numerics.files import write, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 300  # of PNG files


@dataclass(frozen=True)
class Caption:
    """The words beside a figure; numbers belong in the file of numbers, which the text names.

    Parameters
    ----------
    text : str
        What is drawn, and how to read it.
    sources : tuple of str
        Data and formulae with their citations.
    """

    text: str
    sources: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the text, and the sources as a paragraph of their own."""
        credit = (*self.sources, f"sterile-boltzmann {boltzmann.__version__}")
        return f"{self.text}\n\nSources: {'; '.join(credit)}."


def prepare(output: Path) -> None:
    """Create a folder if necessary and make sure files can be written to it.

    Raises
    ------
    ParameterError
        It cannot be written.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=output):
            pass
    except OSError as error:
        raise ParameterError(
            f"output = {output} cannot be written ({error.strerror}); give a folder you may write to"
        ) from error


def prepare_file(path: Path, name: str = "output") -> None:
    """Make sure that a file can be written, before the work whose result it is to have.

    Parameters
    ----------
    path : Path
        The file; an existing one is not touched.
    name : str
        The option that it was given as, for the message.

    Raises
    ------
    ParameterError
        It is a folder, or its folder does not exist or cannot be written.
    """
    if path.is_dir():
        raise ParameterError(f"{name} = {path} is a folder; give the name of a file, for example {path / 'result'}")
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    except OSError as error:
        raise ParameterError(
            f"{name} = {path} cannot be written ({error.strerror}); give a file in a folder that exists and that you "
            "may write to"
        ) from error


def save_figure(figure: Figure, stem: Path, caption: Caption) -> Path:
    """Write a figure as PNG and PDF and its caption as text beside each other; return the path of the PNG."""
    png, pdf, txt = (stem.with_name(f"{stem.name}.{suffix}") for suffix in ("png", "pdf", "txt"))
    write_text(txt, f"{caption}\n")
    write(png, lambda file: figure.savefig(file, format="png", dpi=DPI))
    write(pdf, lambda file: figure.savefig(file, format="pdf"))
    return png
