"""Panels of regions, limits and outlines: what is drawn where, without chi^2 of real experiments."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from boltzmann.comparison.lab_results import Choices, shown
from boltzmann.figures import cosmology
from boltzmann.figures.laboratory import Drawing, Expected, Panel, figure, mark_ends, panel, trimmed
from boltzmann.lab import statistics

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


def test_experiments_to_come() -> None:
    """A line each, with its own dashes, in the legend after the drawings."""
    ax = Figure().subplots()
    lines = [Expected(name, AMPLITUDE[:5], DM2[:5]) for name in ("one", "two")]
    entries = panel(Panel("mue", [limit()], expected=lines), ax)
    assert [entry.get_label() for entry in entries] == ["a limit", "one", "two"]
    one = entries[1]
    assert isinstance(one, Line2D)
    assert one.get_xydata() == pytest.approx(np.column_stack([AMPLITUDE[:5], DM2[:5]]))
    assert one.get_linestyle() == "--"


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
    result = figure(panels)
    assert len(result.axes) == count
    if count > 1:
        assert result.axes[0].get_title(loc="left").startswith("(a)")


SHORT = np.geomspace(0.01, 4.0, 50)  # a grid that ends inside the frame; steps of 13 %


def cut(centre: float, width: float) -> Drawing:
    """A round region on the short grid, of which the end of the grid may leave a part."""
    distance = (np.log10(SHORT / centre)[:, None] / width) ** 2 + (np.log10(AMPLITUDE / 0.03) / 0.4) ** 2
    return Drawing("", AMPLITUDE, SHORT, [distance - 1.0])


def test_the_tip_of_a_region_beyond_the_grid_is_not_drawn() -> None:
    tip = cut(6.0, 0.18)  # it reaches down to 6/10^0.18 = 3.96 eV^2
    assert tip.heights[0].min() < 0.0
    assert trimmed(tip).heights[0].min() > 0.0
    ax = Figure().subplots()
    panel(Panel("ee", [tip]), ax)
    assert not [path for drawn in ax.collections for path in drawn.get_paths() if len(path.vertices)]


@pytest.mark.parametrize("drawing", [cut(1.0, 0.3), cut(3.0, 0.5)])
def test_other_regions_are_left_as_they_are(drawing: Drawing) -> None:
    assert np.array_equal(trimmed(drawing).heights[0], drawing.heights[0])
    assert trimmed(drawing, frame=(0.01, 4.0)).heights[0] is not drawing.heights[0]


def test_lines_that_go_on_beyond_the_grid_end_in_triangles() -> None:
    ax = Figure().subplots()
    (marks,) = mark_ends(cut(3.0, 0.5), "black", ax)
    # at 4 eV^2: (log10 of 4/3 over 0.5)^2 = 0.0624, so the edges are 0.4 sqrt(1 - 0.0624) decades from the middle
    edges = 0.03 * 10.0 ** (0.4 * np.sqrt(1.0 - 0.0624) * np.array([-1.0, 1.0]))
    # linear between amplitudes that are 12 % apart, of a parabola
    assert marks.get_xdata() == pytest.approx(edges, rel=0.01)
    assert list(marks.get_ydata()) == [4.0, 4.0]
    assert marks.get_marker() == "^"


def test_a_grid_that_fills_the_frame_has_no_open_end() -> None:
    assert not mark_ends(region("region"), "black", Figure().subplots())
    assert not mark_ends(cut(3.0, 0.5), "black", Figure().subplots(), frame=(0.01, 4.0))


def test_a_grid_that_begins_inside_the_frame_is_open_there() -> None:
    (low, high) = mark_ends(Drawing("", AMPLITUDE, SHORT * 2.0, [limit().heights[0]]), "black", Figure().subplots())
    assert (low.get_marker(), high.get_marker()) == ("v", "^")
    assert list(low.get_ydata()) == [0.02]


def test_a_grid_that_begins_inside_the_axis_of_amplitudes_is_open_there() -> None:
    """A limit that is below the least amplitude between two splittings."""
    height = np.where((DM2 > 0.1) & (DM2 < 1.0), 1.0, -1.0)[:, None] * np.ones(AMPLITUDE.size)
    drawing = Drawing("", AMPLITUDE, DM2, [height], style="limit")
    assert not mark_ends(drawing, "black", Figure().subplots())
    assert not mark_ends(drawing, "black", Figure().subplots(), left=float(AMPLITUDE[0]))
    (marks,) = mark_ends(drawing, "black", Figure().subplots(), left=float(AMPLITUDE[0]) / 10.0)
    assert marks.get_marker() == "<"
    assert list(marks.get_ydata()) == pytest.approx([0.1, 1.0], rel=0.3)  # a step of DM2


def test_a_region_that_holds_no_mixing_is_an_outline() -> None:
    """Filled, it would cover half a plane and what else is in it."""
    ax = Figure().subplots()
    closed = region("region").heights[0]
    panel(Panel("ee", [Drawing("", AMPLITUDE, DM2, [closed, np.full_like(closed, -1.0)])]), ax)
    filled = [drawn for drawn in ax.collections if drawn.filled]
    assert len(filled) == 1


@pytest.mark.parametrize(
    "draw", [lambda d, ax: panel(Panel(d[1], [d[0]]), ax), lambda d, ax: cosmology.laboratory([d[0]], ax)]
)
@pytest.mark.parametrize(("name", "end"), [("danss", 4.0), ("lsnd", 3.0)])
def test_no_stroke_at_the_end_of_a_reproduction(name: str, end: float, draw) -> None:
    """DANSS had a region of no height at 4 eV^2, LSND one of 90 % at 3 eV^2."""
    item = shown(statistics.scan(name), Choices())
    ax = Figure().subplots()
    draw((item.drawing, item.channel), ax)
    for drawn in ax.collections:
        for line in (line for path in drawn.get_paths() for line in path.to_polygons(closed_only=False)):
            assert line[:, 1].max() < 0.97 * end or line[:, 1].min() < 0.9 * end
