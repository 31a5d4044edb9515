"""Panels draw what they are given; the figure has the journal's width and no colour that carries meaning alone."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from boltzmann import plots

T = np.geomspace(500.0, 0.02, 60)
Y = np.linspace(0.1, 12.0, 50)
ELL = np.arange(2, 2509)
CENTRE = 16.5 + 30 * np.arange(83)


def curves(x: np.ndarray) -> dict[str, np.ndarray]:
    return {state: 1.0 + 0.01 * k * x / x.max() for k, state in enumerate(("e", "mu", "tau", "s"))}


@pytest.fixture
def ax():
    return Figure().subplots()


def test_evolution(ax) -> None:
    lines = plots.evolution(T, curves(T), ax)
    assert ax.get_xlim() == (T[0], T[-1])  # decreasing to the right
    assert ax.get_xscale() == "log"
    assert "MeV" in ax.get_xlabel()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [s.label for s in plots.STATES.values()]
    assert np.array_equal(lines[3].get_ydata(), curves(T)["s"])


def test_states_are_told_apart_without_colour(ax) -> None:
    lines = plots.spectra(Y, curves(Y), ax)
    assert len({(line.get_linestyle(), line.get_linewidth()) for line in lines}) == 4
    assert len({line.get_color() for line in lines}) == 4


def test_spectra_show_everything(ax) -> None:
    plots.spectra(Y, curves(Y), ax)
    low, high = ax.get_ylim()
    assert low < 1.0
    assert high > 1.03


def test_three_states(ax) -> None:
    three = {state: values for state, values in curves(T).items() if state != "s"}
    assert len(plots.evolution(T, three, ax)) == 3


def test_cl_ratio(ax) -> None:
    ratio, error = -0.1 * ELL / 2508, 0.01 + 1e-5 * CENTRE
    band, _, line = plots.cl_ratio(ELL, ratio, CENTRE, error, ax)
    assert np.allclose(line.get_ydata(), 100 * ratio)
    edges = band.get_data().edges
    assert (edges[0], edges[1]) == (1.5, 31.5)
    assert r"\Delta\ell = 30" in band.get_label()
    assert "%" in ax.get_ylabel()


def test_figure() -> None:
    before = dict(mpl.rcParams)
    data = plots.Comparison(
        T=T,
        densities=curves(T),
        momenta=Y,
        occupations=curves(Y),
        ell=ELL,
        ratio=-0.1 * ELL / 2508,
        centre=CENTRE,
        error=np.full(83, 0.02),
        caption=r"A sentence about what was computed, $\Delta m^2_{41}$ and ν. " * 8,
    )
    figure = plots.comparison_figure(data)
    FigureCanvasAgg(figure).draw()  # warnings (missing glyphs, collapsed layout) are errors
    assert figure.get_size_inches()[0] == plots.COLUMNS
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["(a)", "(b)", "(c)"]
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes)
    caption = figure.get_supxlabel()
    assert 1.5 * plots.CAPTION_WIDTH > max(map(len, caption.splitlines())) > 0.9 * plots.CAPTION_WIDTH
    assert caption.split() == data.caption.split()
    assert all(line.count("$") % 2 == 0 for line in caption.splitlines())  # no formula is broken
    assert dict(mpl.rcParams) == before
