"""The page: self-contained, numbers in tables, and text stays text."""

from pathlib import Path

import pytest

from boltzmann.figures.page import Column, Table, page


@pytest.fixture
def html(tmp_path: Path) -> str:
    png = tmp_path / "figure.png"
    png.write_bytes(b"\x89PNG")
    table = Table(
        "Fits <1>", [Column("what"), Column("mass", "eV & so")], [["a < b", "+1.5"], ["c", ""], ["d", "1e-5"]], "n > 1"
    )
    return page("A <title>", [table], [(png, "m < 1 & more")], ["p < 0.1"], {"scan": {"options": "<b>"}})


def test_page_embeds_figures_and_escapes_text(html: str) -> None:
    assert 'src="data:image/png;base64,iVBORw=="' in html
    assert "<title>A &lt;title&gt;</title>" in html
    assert "m &lt; 1 &amp; more" in html
    assert "<code>&lt;b&gt;</code>" in html


def test_page_needs_nothing_else(html: str) -> None:
    assert 'src="http' not in html
    assert "@import" not in html
    assert "url(" not in html
    assert html.count("href=") == html.count('href="#') == 3


def test_numbers_stand_to_the_right_below_their_unit(html: str) -> None:
    assert '<th class="number">mass<small>eV &amp; so</small></th>' in html
    assert "<th>what</th>" in html
    assert '<td>a &lt; b</td><td class="number">+1.5</td>' in html
    assert html.count("<tr>") == html.count("</tr>") == 4 + 1
    assert "<caption>Fits &lt;1&gt;</caption>" in html
    assert '<p class="note">n &gt; 1</p>' in html


def test_words_and_provenance_are_folded(html: str) -> None:
    assert "<details><summary>The same in words</summary><p>p &lt; 0.1</p></details>" in html
    assert "<details><summary>scan</summary>" in html
    assert "<details open" not in html


def test_page_is_dark_where_the_reader_wants_it_and_prints_on_white(html: str) -> None:
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_without_words_nothing_is_folded_for_them() -> None:
    assert "in words" not in page("t", [], [], [], {})
