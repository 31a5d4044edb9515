"""Panels of regions, limits and outlines: what is drawn where, without chi^2 of real experiments."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from boltzmann.figures.laboratory import Drawing, Panel, figure, panel

AMPLITUDE, DM2 = np.geomspace(1e-3, 1, 60), np.geomspace(0.01, 100, 50)


def region(style: str) -> Drawing:
    distance = np.log10(DM2)[:, None] ** 2 + np.log10(AMPLITUDE / 0.03) ** 2
    return Drawing("a region", AMPLITUDE, DM2, [distance - 0.2, distance - 0.5], style, (0.03, 1.0))


def limit() -> Drawing:
    height = np.broadcast_to(np.log10(AMPLITUDE / 0.1), (50, 60))
    return Drawing("a limit", AMPLITUDE, DM2, [height, height - 0.2], "limit")


def test_panel() -> None:
    ax = Figure().subplots()
    entries = panel(Panel("mue", [region("region"), region("outline"), limit()], "title"), ax)
    assert [type(entry) for entry in entries] == [Patch, Line2D, Line2D]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a region", "a region", "a limit"]
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert r"\mu e" in ax.get_xlabel()
    assert ax.get_xlim() == pytest.approx((1e-3, 1.0))
    colors = {entry.get_facecolor() if isinstance(entry, Patch) else entry.get_color() for entry in entries}
    assert len(colors) == 3
    paths = [path for drawn in ax.collections for path in drawn.get_paths() if len(path.vertices)]
    assert min(path.vertices[:, 0].min() for path in paths) < 0.03
    stars = [line for line in ax.lines if line.get_marker() == "*"]
    assert [tuple(star.get_xydata()[0]) for star in stars] == [(0.03, 1.0)] * 2


def test_ticks_of_a_limit_point_to_what_is_excluded() -> None:
    """Pixels right of the line, where the amplitude is larger, are coloured; left of it only the line."""
    plot = Figure(figsize=(4, 4), dpi=100)
    ax = plot.add_axes((0.0, 0.0, 1.0, 1.0))
    height = np.broadcast_to(np.log10(AMPLITUDE / 0.0316), (50, 60))
    panel(Panel("mue", [Drawing("", AMPLITUDE, DM2, [height], "limit")]), ax)
    ax.get_legend().remove()
    ax.xaxis.set_visible(False)
    ax.yaxis.set_visible(False)
    canvas = FigureCanvasAgg(plot)
    canvas.draw()
    inside = np.asarray(canvas.buffer_rgba())[20:380, 20:380, 0]  # without the frame; blue and black have little red
    columns = 20 + np.flatnonzero((inside < 100).any(axis=0))
    assert 195 < columns.min() <= 200  # the line is in the middle, at half of the logarithm
    assert columns.max() > 205


@pytest.mark.parametrize("count", [1, 2, 3])
def test_figure(count: int) -> None:
    panels = [Panel(channel, [region("region")]) for channel in ("mue", "ee", "mumu")[:count]]
    result = figure(panels, r"A caption with $\Delta\chi^2$ and dm2_41. " * 30)
    assert len(result.axes) == count
    assert result.get_supxlabel().count("\n") >= 5
    if count > 1:
        assert result.axes[0].get_title(loc="left").startswith("(a)")
