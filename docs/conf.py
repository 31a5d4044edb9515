"""Sphinx configuration; ``scripts/docs.sh`` builds the pages with warnings as errors."""

import importlib.metadata
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from myst_nb.core.read import read_myst_markdown_notebook

import boltzmann

MATHJAX = "tex-svg.js"
HERE = Path(__file__).resolve().parent
ARXIV = re.compile(r"((?:arXiv:)?\b\d{4}\.\d{5}\b|arXiv:\d{4}\.\d{4}\b|\b(?:hep-ph|hep-ex|astro-ph)/\d{7}\b)")

project = "sterile-boltzmann"
author = "sterile-boltzmann developers"
copyright = author
version = release = boltzmann.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["_build", "README.md"]

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

# Pages with code cells are executed when they are built, and again when their cells change; remove build/notebooks
# to execute all.
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE.parent / "build" / "notebooks")
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_in_temp = True  # cells write files
nb_merge_streams = True

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_class_members_toctree = False
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "sterile-boltzmann"
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["page.css"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "header_links_before_dropdown": 7,
}
html_sidebars = {"index": [], "explorer": []}

# One file of MathJax beside the pages: formulae need no network.
mathjax_path = MATHJAX


def _escape_bars(*arguments: Any) -> None:
    """Escape the bars of |U_a4|^2 in docstrings and help, which reStructuredText takes for a substitution."""
    lines = arguments[-1]
    lines[:] = [re.sub(r"(?<!\\)\|", r"\\|", line) if re.search(r"\|\w", line) else line for line in lines]


def _link_papers(_: Any, document: nodes.document) -> None:
    """Make a link of every arXiv number of the text."""
    for text in list(document.findall(nodes.Text)):
        parent = text.parent
        fixed = isinstance(parent, (nodes.reference, nodes.literal, nodes.literal_block, nodes.raw))
        if fixed or not ARXIV.search(text):
            continue
        parts: list[nodes.Node] = []
        for number, piece in enumerate(ARXIV.split(text)):
            url = f"https://arxiv.org/abs/{piece.removeprefix('arXiv:')}"
            parts.append(nodes.reference(piece, piece, refuri=url) if number % 2 else nodes.Text(piece))
        parent.replace(text, parts)


def _copy_mathjax(app: Any, error: Exception | None) -> None:
    """Copy the one file of MathJax that the pages load."""
    if error is None and app.builder.format == "html":
        files = importlib.metadata.files("sphinx-mathjax-offline") or []
        source = next(file for file in files if file.name == MATHJAX)
        shutil.copy(source.locate(), Path(app.outdir) / "_static" / MATHJAX)


def notebooks() -> dict[str, nbformat.NotebookNode]:
    """Return the pages of docs/ with code cells as notebooks, not executed: name of the page -> notebook."""
    found = {}
    for file in sorted(HERE.rglob("*.md")):
        text = file.read_text(encoding="utf-8")
        if "file_format: mystnb" in text:
            found[file.relative_to(HERE).with_suffix("").as_posix()] = read_myst_markdown_notebook(text)
    return found


def _write_notebooks(app: Any, error: Exception | None) -> None:
    """Write every page with code cells beside its HTML as a notebook."""
    if error is None and app.builder.format == "html":
        for name, notebook in notebooks().items():
            nbformat.write(notebook, Path(app.outdir) / f"{name}.ipynb")


def _offer_notebook(app: Any, document: nodes.document) -> None:
    """Put a link to the notebook below the title of a page with code cells."""
    name = app.env.docname
    if name in _NOTEBOOKS and (title := next(document.findall(nodes.title), None)):
        file = f"{name.rpartition('/')[2]}.ipynb"
        link = nodes.reference("", "Download as a notebook", refuri=file)
        place = title.parent.index(title) + 1
        title.parent.insert(place, nodes.paragraph("", "", link))


_NOTEBOOKS = frozenset(notebooks())


def setup(app: Any) -> None:
    """Connect the functions above."""
    app.connect("autodoc-process-docstring", _escape_bars)
    for event in ("description", "options", "usage", "arguments", "epilog"):
        app.connect(f"sphinx-click-process-{event}", _escape_bars)
    app.connect("doctree-read", _link_papers)
    app.connect("doctree-read", _offer_notebook)
    app.connect("build-finished", _copy_mathjax)
    app.connect("build-finished", _write_notebooks)
