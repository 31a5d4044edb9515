"""What the pages of docs/ hand out besides themselves: notebooks, and captions of the gallery."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

DOCS = Path(__file__).resolve().parents[1] / "docs"
LONGEST = 250  # words of a caption besides its sources: half a minute of reading


def module(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def notebooks():
    pytest.importorskip("sphinx", reason="pages need Sphinx: pip install 'sterile-boltzmann[docs]'")
    pytest.importorskip("myst_nb", reason="pages need myst-nb: pip install 'sterile-boltzmann[docs]'")
    return module(DOCS / "conf.py").notebooks()


def test_every_tutorial_is_a_notebook_with_all_its_cells(notebooks) -> None:
    import nbformat

    listed = re.search(r":maxdepth: 1\n\n(.*?)```", (DOCS / "tutorials" / "index.md").read_text(), re.S)[1].split()
    assert {f"tutorials/{name}" for name in listed} <= set(notebooks)
    for name, notebook in notebooks.items():
        nbformat.validate(notebook)
        cells = [cell["source"] for cell in notebook.cells if cell["cell_type"] == "code"]
        assert len(cells) == (DOCS / f"{name}.md").read_text().count("```{code-cell}")
        for cell in cells:
            code = "\n".join(line for line in cell.splitlines() if not line.startswith((":", "!", "%")))
            compile(code, name, "exec")


def test_captions_of_the_gallery_are_short() -> None:
    text = (DOCS / "gallery.md").read_text()
    captions = re.findall(r":::{dropdown} Caption\n(.*?)\n:::", text, re.S)
    assert len(captions) == text.count("```{image}")
    for caption in captions:
        words, _, sources = caption.partition("\n\nSources: ")
        assert len(words.split()) <= LONGEST, words
        assert sources


def test_copies_of_figures_keep_rare_colours(tmp_path: Path) -> None:
    """A thin blue line beside 60 000 pixels of 500 shades, which median cut makes grey."""
    shades = np.linspace(0.0, 255.0, 500)[None, :, None] * np.array([1.0, 0.8, 0.6])
    pixels = np.repeat(shades, 120, axis=0).astype(np.uint8)
    pixels[60, 100:140] = (0, 114, 178)
    Image.fromarray(pixels).save(tmp_path / "figure.png")
    module(DOCS.parent / "scripts" / "gallery_page.py").copied(tmp_path / "figure.png", tmp_path / "copy.png")
    copy = np.asarray(Image.open(tmp_path / "copy.png").convert("RGB")).astype(int)
    assert np.abs(copy[60, 120] - (0, 114, 178)).max() < 10
    assert np.abs(copy - pixels).max() < 30
