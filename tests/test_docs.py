"""What the pages of docs/ hand out besides themselves: notebooks, and captions of the gallery."""

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
LONGEST = 250  # words of a caption besides its sources: half a minute of reading


@pytest.fixture(scope="module")
def notebooks():
    pytest.importorskip("sphinx", reason="pages need Sphinx: pip install 'sterile-boltzmann[docs]'")
    pytest.importorskip("myst_nb", reason="pages need myst-nb: pip install 'sterile-boltzmann[docs]'")
    spec = importlib.util.spec_from_file_location("conf", DOCS / "conf.py")
    conf = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conf)
    return conf.notebooks()


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
