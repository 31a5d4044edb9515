"""Comparison figures of synthetic arrays: what is drawn where."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from boltzmann.figures import cosmology
from boltzmann.figures import exclusion as excluded
from boltzmann.figures.cosmology import PENS, Cosmology, Curves, Plane, exclusion, laboratory
from boltzmann.figures.exclusion import Map
from boltzmann.figures.laboratory import Drawing
from boltzmann.figures.signs import SignsPlane, signs_figure

X, DM2 = np.geomspace(1e-5, 0.5, 40), np.geomspace(0.02, 20.0, 30)
THRESHOLDS = (6.18, 11.83)


def scenario(name: str, scale: float) -> Cosmology:
    """Delta N_eff = 1 at x sqrt(dm2) = 1e-3 eV times `scale`."""
    delta = np.minimum(1.0, scale * X * np.sqrt(DM2)[:, None] / 1e-3)
    return Cosmology(name, f"scenario {name}", X, DM2, 40.0 * delta, 3.044 + delta, delta)


def plane(name: str) -> Plane:
    height = np.log10(X / 0.05) ** 2 + np.log10(DM2)[:, None] ** 2 - 0.2
    region = Drawing("region", X, DM2, [height])
    limit = Drawing("limit", X, DM2, [np.broadcast_to(np.log10(X / 0.1), height.shape)], "limit")
    return Plane(name, [region, limit], [scenario("3+1", 1.0), scenario("vector", 0.2)])


def test_exclusion_follows_delta_chi2() -> None:
    ax = Figure().subplots()
    exclusion(scenario("3+1", 1.0), THRESHOLDS, ax)
    thin, thick, ticks = ax.collections
    for lines, level in ((thin, 6.18), (thick, 11.83)):
        x, dm2 = np.concatenate([path.vertices for path in lines.get_paths() if len(path.vertices)]).T
        # contours are linear between points of the grid, which are 0.3 apart in ln x
        assert 40.0 * x * np.sqrt(dm2) / 1e-3 == pytest.approx(level, rel=0.05)
    assert thick.get_linewidth() > thin.get_linewidth()
    assert ticks.get_path_effects()  # to larger values, as those of limits (test_laboratory.py)


def test_a_scenario_that_is_allowed_everywhere_has_no_line() -> None:
    ax = Figure().subplots()
    entry = exclusion(scenario("pseudoscalar", 0.0), THRESHOLDS, ax)
    assert not ax.collections
    assert entry.get_label() == "scenario pseudoscalar"


def test_every_experiment_of_a_figure_has_its_own_colour() -> None:
    planes = [plane(name) for name in ("mue", "ee", "mumu")]
    figure = cosmology.planes_figure(planes, THRESHOLDS)
    entries = [entry for ax in figure.axes for entry in ax.get_legend().legend_handles]
    colors = {str(e.get_facecolor() if hasattr(e, "get_facecolor") else e.get_color()) for e in entries}
    assert len(colors) == len(entries) == 6


def test_labels_keep_their_distance() -> None:
    """Four levels within a step of the grid: only as many labels as there is room for."""
    ax = Figure().subplots()
    ax.set(xscale="log", yscale="log", xlim=(X[0], X[-1]), ylim=(DM2[0], DM2[-1]))
    steep = np.where(X > 1e-3, 10.0, 0.0) * np.ones((30, 1))
    cosmology._labelled(X, DM2, steep, (1.0, 2.0, 3.0, 4.0), ax, colors=["black"])
    places = ax.transData.transform([text.get_position() for text in ax.texts])
    assert len(places) >= 2
    for k, place in enumerate(places):
        others = np.delete(places, k, axis=0)
        assert np.hypot(*(others - place).T).min() > 14.0 * ax.figure.dpi / 72.0


def test_the_legend_says_why_a_scenario_has_no_line() -> None:
    """A scan whose Delta chi^2 is above 3 sigma in the whole frame; profiles that begin above the axes."""
    nowhere = replace(scenario("pseudoscalar", 0.0), delta_chi2=np.full((30, 40), 50.0))
    planes = [replace(plane(name), cosmology=[scenario("3+1", 1.0), nowhere]) for name in ("mue", "ee", "mumu")]
    texts = [text.get_text() for text in cosmology.planes_figure(planes, THRESHOLDS).legends[0].get_texts()]
    assert texts[:2] == ["scenario 3+1", "scenario pseudoscalar (all excluded)"]
    axes = {"dm2_41": DM2, "Ue4_sq": X, "Umu4_sq": X}
    low, high = ({name: np.full(x.shape, value) for name, x in axes.items()} for value in (20.0, 90.0))
    figure = cosmology.joint_figure([Curves("data", axes, {"3+1": low, "vector": high}, low)])
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["laboratory alone", "3+1", "vector (above 70)"]


def test_laboratory_entries() -> None:
    ax = Figure().subplots()
    assert [entry.get_label() for entry in laboratory(plane("ee").laboratory, ax)] == ["region", "limit"]


def test_planes_and_numbers() -> None:
    planes = [plane(name) for name in ("mue", "ee", "mumu")]
    figure = cosmology.planes_figure(planes, THRESHOLDS)
    FigureCanvasAgg(figure).draw()  # warnings are errors
    assert len(figure.axes) == 3
    assert all(ax.get_xscale() == ax.get_yscale() == "log" for ax in figure.axes)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "scenario 3+1",
        "scenario vector",
        r"2 $\sigma$",
        r"3 $\sigma$",
    ]
    numbers = cosmology.numbers_figure(planes, THRESHOLDS)
    FigureCanvasAgg(numbers).draw()
    assert len(numbers.axes) == 7  # and the bar of N_eff
    assert {"3.3", "3.6"} <= {text.get_text() for text in numbers.axes[0].texts}


def test_why_excluded() -> None:
    coupling, mass = np.geomspace(1e-6, 0.1, 6), np.geomspace(1e-3, 1e2, 5)
    chi2 = np.repeat(np.linspace(0.0, 50.0, 6)[:, None], 5, axis=1)
    chi2[5, 4] = np.nan
    reason = np.where(chi2 > 11.83, 1, 0)
    content = Map(
        coupling, mass, 3.0 + chi2 / 50.0, chi2, reason, ("none", "radiation", "other"), ("M", "e"), "t", 11.83
    )
    figure = excluded.why_excluded_figure([content, content])
    FigureCanvasAgg(figure).draw()
    assert len(figure.axes) == 2
    # what is there, once
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["0  none", "1  radiation"]
    numbers = {text.get_text(): text.xy[1] for text in figure.axes[0].texts if text.get_text() in ("0", "1")}
    assert numbers["0"] < 1.5e-5 < numbers["1"]  # each inside its region: chi^2 = 11.83 is at the coupling 1.5e-5


def test_numbers_of_regions_lie_inside_the_axes() -> None:
    """A region of two points in a corner: its number was cut in half."""
    coupling, mass = np.geomspace(1e-6, 0.1, 6), np.geomspace(1e-3, 1e2, 5)
    reason = np.zeros((6, 5), int)
    reason[-1, -1], reason[0, 0] = 1, 2
    flat = np.zeros((6, 5))
    content = Map(coupling, mass, flat, flat, reason, ("none", "corner", "other"), ("M", "e"), "t", 11.83)
    figure = excluded.why_excluded_figure([content])
    FigureCanvasAgg(figure).draw()
    ax = figure.axes[0]
    frame = ax.get_window_extent().padded(1.0)
    numbers = [text for text in ax.texts if text.get_text() in ("0", "1", "2")]
    assert len(numbers) == 3
    for text in numbers:
        box = text.get_window_extent()
        assert frame.x0 <= box.x0 <= box.x1 <= frame.x1
        assert frame.y0 <= box.y0 <= box.y1 <= frame.y1


def test_every_experiment_has_a_colour_of_its_own() -> None:
    """Four and the sum of disappearances, five, two: LSND had the colour of STEREO, KARMEN that of PROSPECT."""
    assert len(set(cosmology.PALE)) == len(cosmology.PALE) >= 12


def test_marks_of_abundances() -> None:
    coupling, mass = np.geomspace(1e-6, 0.1, 6), np.geomspace(1e-3, 1e2, 5)
    flat = np.zeros((6, 5))
    marks = (coupling[:2], mass[:2], np.array([[1.0, 20.0], [np.nan, 30.0]]))
    content = Map(coupling, mass, flat, flat, flat.astype(int), ("none",), ("M", "e"), "t", 11.83, marks)
    ax = Figure().subplots()
    *_, full, empty = excluded.why_excluded_panel(content, ax)
    assert list(full.get_xdata()) == [mass[1], mass[1]]
    assert list(empty.get_xdata()) == [mass[0]]
    assert empty.get_markerfacecolor() == "white"


def test_joint() -> None:
    axes = {"dm2_41": DM2, "Ue4_sq": X, "Umu4_sq": X}
    profiles = {axis: np.log10(x) ** 2 for axis, x in axes.items()}
    curves = Curves("data", axes, {"3+1": profiles, "vector": profiles}, profiles, {"3+1": "3+1"})
    figure = cosmology.joint_figure([curves, curves])
    FigureCanvasAgg(figure).draw()
    assert len(figure.axes) == 6
    line = figure.axes[0].lines[1]
    assert line.get_color() == PENS["3+1"][0]
    assert np.array_equal(line.get_ydata(), profiles["dm2_41"])
    assert r"\chi^2_{\rm CMB}" in figure.axes[0].get_ylabel()
    assert r"\chi^2_{\rm CMB+BBN}" in cosmology.joint_figure([curves], "CMB+BBN").axes[0].get_ylabel()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["laboratory alone", "3+1", "vector"]


def test_signs_show_where_both_are_needed() -> None:
    couplings, masses = np.geomspace(1e-3, 0.1, 4), np.geomspace(1.0, 100.0, 5)
    exponent = np.outer(np.ones(4), np.geomspace(0.1, 1e4, 5))
    shift = np.where(exponent > 25.0, 0.05, np.nan)
    failed = np.zeros((4, 5), bool)
    failed[0, -1] = True
    figure = signs_figure(SignsPlane(couplings, masses, exponent, shift, np.full((4, 5), 0.9), failed, 25.0))
    *panels, _, _, _ = figure.axes
    assert [ax.get_title(loc="left")[:3] for ax in panels] == ["(a)", "(b)", "(c)"]
    for ax in panels:
        (cross,) = (line for line in ax.lines if line.get_marker() == "x")
        assert (cross.get_xdata().tolist(), cross.get_ydata().tolist()) == ([masses[-1]], [couplings[0]])
