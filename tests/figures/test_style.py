"""Panels draw what they are given; the figure has the journal's width and no colour that carries meaning alone."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from boltzmann import Options, ParameterError, Quantity
from boltzmann.comparison import secret_lecture
from boltzmann.comparison.secret_lecture import Case, caption
from boltzmann.figures import secret, style
from boltzmann.figures.secret import History
from boltzmann.potentials import SecretVector, sin2_2theta_matter

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
    lines = style.evolution(T, curves(T), ax)
    assert ax.get_xlim() == (T[0], T[-1])  # decreasing to the right
    assert ax.get_xscale() == "log"
    assert "MeV" in ax.get_xlabel()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [s.label for s in style.STATES.values()]
    assert np.array_equal(lines[3].get_ydata(), curves(T)["s"])


def test_states_are_told_apart_without_colour(ax) -> None:
    lines = style.spectra(Y, curves(Y), ax)
    assert len({(line.get_linestyle(), line.get_linewidth()) for line in lines}) == 4
    assert len({line.get_color() for line in lines}) == 4


def test_spectra_show_everything(ax) -> None:
    style.spectra(Y, curves(Y), ax)
    low, high = ax.get_ylim()
    assert low < 1.0
    assert high > 1.03


def test_three_states(ax) -> None:
    three = {state: values for state, values in curves(T).items() if state != "s"}
    assert len(style.evolution(T, three, ax)) == 3


def test_cl_ratio(ax) -> None:
    ratio, error = -0.1 * ELL / 2508, 0.01 + 1e-5 * CENTRE
    band, _, line = style.cl_ratio(ELL, ratio, CENTRE, error, ax)
    assert np.allclose(line.get_ydata(), 100 * ratio)
    edges = band.get_data().edges
    assert (edges[0], edges[1]) == (1.5, 31.5)
    assert r"\Delta\ell = 30" in band.get_label()
    assert "%" in ax.get_ylabel()


def test_figure() -> None:
    before = dict(mpl.rcParams)
    data = style.Comparison(
        T=T,
        densities=curves(T),
        momenta=Y,
        occupations=curves(Y),
        ell=ELL,
        ratio=-0.1 * ELL / 2508,
        centre=CENTRE,
        error=np.full(83, 0.02),
    )
    figure = style.comparison_figure(data)
    FigureCanvasAgg(figure).draw()  # warnings (missing glyphs, collapsed layout) are errors
    assert figure.get_size_inches()[0] == style.COLUMNS
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["(a)", "(b)", "(c)"]
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes)
    assert dict(mpl.rcParams) == before


@pytest.fixture(scope="module")
def lecture() -> History:
    return secret_lecture.history(Case(), Options(n_momenta=8, rtol=1e-3, nu_nu=False, signs="same"))


def test_lecture_numbers(lecture: History) -> None:
    case, at = Case(), np.searchsorted(-lecture.T, -1.0)
    T = lecture.T[at]
    assert lecture.flavour == "mu"
    assert lecture.vacuum[at] == pytest.approx(0.5e-12 / (3.15 * T), rel=1e-12)
    assert lecture.sin2_2theta_0 == pytest.approx(np.sin(0.2) ** 2, rel=1e-12)
    # published value of V_NC at 1 MeV with m_Z, given to three digits; muons have gone
    assert lecture.active[at] == pytest.approx(-9.59e-21 * T**5, rel=2e-3)
    # C_mu = 0.8580 at p/T = 3.15, given to four digits
    assert lecture.weak[at] == pytest.approx(0.8580 * 1.1663787e-11**2 * 3.15 * T**5, rel=1e-3)
    k, T_s = Quantity(3.15 * T, "MeV"), Quantity(lecture.T_s_over_T[at] * T, "MeV")
    assert lecture.potential[at] == pytest.approx(case.interaction.potential(k, T_s).value, rel=1e-9)
    published = sin2_2theta_matter(lecture.sin2_2theta_0, k, case.interaction.potential(k, T_s), case.mixing.dm2_41)
    assert lecture.sin2_2theta[at] == pytest.approx(published, rel=1e-9)


@pytest.mark.parametrize("collisions", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("potential", [0.0, -0.5, 30.0])
def test_conversion_rate_is_that_of_bloch_vectors(collisions: float, potential: float) -> None:
    """P_z = n_active - n_sterile falls with twice the rate: the slowest mode of the damped two-state system.

    The rate is of second order in the mixing; the next order is sin^2 2theta_m, here below 1e-3 of it.
    """
    sin2_0, w = 1e-5, 1.0
    detuning = w * np.sqrt(1.0 - sin2_0) + potential
    sin2 = w**2 * sin2_0 / (detuning**2 + w**2 * sin2_0)
    B, D = (w * np.sqrt(sin2_0), detuning), 0.5 * collisions
    bloch = np.array([[-D, -B[1], 0.0], [B[1], -D, -B[0]], [0.0, B[0], 0.0]])
    slowest = np.linalg.eigvals(bloch).real.max()
    rate = secret_lecture.conversion_rate(np.array(collisions), np.array(w), np.array(sin2), sin2_0)
    assert rate == pytest.approx(-0.5 * slowest, rel=1e-3)


def test_lecture_hubble_rate(lecture: History) -> None:
    """H = 1.66 sqrt(g*) T^2/m_Pl with g* = 10.75 and a little dark radiation, at 10 MeV."""
    at = np.searchsorted(-lecture.T, -10.0)
    expected = np.sqrt(8 * np.pi**3 / 90 * 10.75) * lecture.T[at] ** 2 / 1.22089e22
    # the dark sector at T_s = T/2 adds 0.2 of a neutrino: 1% in H
    assert lecture.hubble[at] == pytest.approx(expected, rel=0.02)


def test_lecture_figure(lecture: History) -> None:
    figure = secret.lecture_figure(lecture)
    FigureCanvasAgg(figure).draw()  # warnings are errors
    potential, mixing, rates, bath = figure.axes
    assert "[MeV]" in potential.get_ylabel()
    assert all("T_γ$ [MeV]" in ax.get_xlabel() for ax in figure.axes)
    assert all(ax.get_xlim() == (lecture.T[0], lecture.T[-1]) for ax in figure.axes)
    labels = [[text.get_text() for text in ax.get_legend().get_texts()] for ax in figure.axes]
    assert len(labels[0]) == 3
    assert labels[2] == [
        r"$\nu_\mu$ to $\nu_s$",
        "inverse decay of A′",
        "secret scattering",
        r"weak, $\nu_\mu$",
        "expansion",
    ]
    positive, negative = potential.lines[:2]
    assert (positive.get_linestyle(), negative.get_linestyle()) == ("-", ":")
    assert np.nanmin(positive.get_ydata()) > 0
    assert np.nanmin(negative.get_ydata()) > 0
    assert mixing.get_yscale() == rates.get_yscale() == "log"
    assert bath.get_yscale() == "linear"
    assert "e_s = 0.01, M = 10 MeV" in caption(Case()).text


def test_lecture_refuses_a_momentum_of_zero() -> None:
    with pytest.raises(ParameterError, match="kappa = 0"):
        Case(kappa=0.0)


def test_lecture_of_a_run_that_failed() -> None:
    with pytest.raises(ParameterError, match="did not end well: The run used max_steps"):
        secret_lecture.history(Case(SecretVector(1e-3, "1 MeV")), Options(n_momenta=8, max_steps=5))


def test_mixing_in_matter() -> None:
    shift = np.geomspace(1e-2, 1e2, 41)
    curves = {0.04: (0.5 * np.ones(41), 0.01 / shift), 1e-3: (shift * 1e-3, 1e-4 / shift)}
    figure = secret.mixing_figure(shift, curves)
    FigureCanvasAgg(figure).draw()
    (ax,) = figure.axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        r"$\sin^2 2\theta_0$ = 0.04",
        r"$\sin^2 2\theta_0$ = 0.001",
    ]
    assert np.array_equal(ax.lines[1].get_ydata(), curves[0.04][1])
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()
    assert "V_" in ax.get_xlabel()
