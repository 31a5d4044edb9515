"""The page: self-contained, and text stays text."""

from pathlib import Path

from boltzmann.figures.page import page


def test_page_embeds_figures_and_escapes_text(tmp_path: Path) -> None:
    png = tmp_path / "figure.png"
    png.write_bytes(b"\x89PNG")
    html = page("A <title>", [(png, "m < 1 & more")], ["p < 0.1"], {"scan": {"options": "<b>"}})
    assert 'src="data:image/png;base64,iVBORw=="' in html
    assert "<title>A &lt;title&gt;</title>" in html
    assert "m &lt; 1 &amp; more" in html
    assert "<code>&lt;b&gt;</code>" in html
    assert 'src="http' not in html
    assert "href=" not in html
