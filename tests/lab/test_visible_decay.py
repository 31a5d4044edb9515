"""Visible decay: spectra of daughters, published points, what phi adds."""

import numpy as np
import pytest

from boltzmann.errors import ParameterError
from boltzmann.lab import decay, karmen, lsnd, microboone_signal, miniboone_signal, visible_decay
from boltzmann.lab.visible_decay import VisibleDecay, electron_share, yield_of

X = np.linspace(1e-6, 1.0 - 1e-6, 100_001)

# m_4/eV, |U_e4|, |U_mu4|, m_4 Gamma/eV2, r of the fits of arXiv:1911.01427; events and D in MiniBooNE, events and
# chi^2 in LSND by other code
POINTS = [
    (281.92, 0.0743705, 0.141563, 0.262693, 0.102569, 602, 76, 20.6, 16.2, 12.3),
    (97.03, 0.1343, 0.0388134, 0.871435, 0.888247, 191, 22, 17.8, 30.3, 18.5),
    (425.22, 0.0473404, 0.0652699, 2.09701, 0.821205, 265, 28, 24.5, 4.5, 20.2),
    (97.08, 0.0827608, 0.0480648, 1.52364, 0.817989, 304, 33, 26.6, 10.1, 18.5),
]


def made(row: tuple[float, ...], *, phi: bool = True) -> VisibleDecay:
    _, e, mu, rate, ratio, *_ = row
    return VisibleDecay(rate, mu**2, e**2, electron_share(e**2, mu**2), ratio, phi_decays=phi)


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("ratio", [0.0, 0.5, 0.9])
def test_number_and_energy(ratio: float, flipped: bool) -> None:
    """One neutrino, and one more of phi; neutrinos and phi's antineutrinos have the energy of nu_4 (trapezoids:
    1e-4).
    """
    alone, both = (VisibleDecay(1.0, 1.0, 0.0, 1.0, ratio, phi, flipped) for phi in (False, True))
    direct, total = yield_of(alone, X), yield_of(both, X)
    assert np.trapezoid(direct, X) == pytest.approx(1.0, abs=1e-4)
    assert np.trapezoid(total, X) == pytest.approx(2.0, abs=1e-4)
    assert np.trapezoid(X * (2.0 * total - direct), X) == pytest.approx(1.0, abs=1e-4)


def test_light_phi_is_the_massless_formula() -> None:
    """With r = 0 against the exact integrals of `decay.daughters`, for one parent energy: bins of 5 MeV, to their
    curvature.
    """
    edges = np.linspace(0.0, 50.0, 11)
    exact = decay.daughters(np.ones(1), np.array([50.0]), np.array([1e-3]), 1.0, edges, 1.0)
    middles = 0.5 * (edges[1:] + edges[:-1])
    assert yield_of(VisibleDecay(1.0, 1.0), middles / 50.0) / 50.0 * 5.0 == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("row", POINTS)
def test_published_points(row: tuple[float, ...]) -> None:
    """Events within 3 % (flux and response in bins) and D, chi^2 within 0.5, of an independent implementation."""
    point = made(row)
    events = visible_decay.miniboone_events(point)
    beams = events.reshape(2, -1).sum(axis=1)
    assert beams == pytest.approx(row[5:7], rel=0.03)
    assert float(miniboone_signal.gain(events)) == pytest.approx(row[7], abs=0.5)
    at_rest = visible_decay.lsnd_events(point)
    assert at_rest.sum() == pytest.approx(row[8], rel=0.03)
    assert float(lsnd.chi2_of(at_rest)) == pytest.approx(row[9], abs=0.3)


def test_phi_matters() -> None:
    """Without the daughters of phi the second point has 12+1 events, none in LSND: its own daughters have below
    11 MeV.
    """
    point = made(POINTS[1], phi=False)
    assert visible_decay.miniboone_events(point).reshape(2, -1).sum(axis=1) == pytest.approx([11.8, 1.15], rel=0.02)
    assert visible_decay.lsnd_events(point).sum() < 1e-6


@pytest.mark.parametrize(
    ("rate", "mb", "gain", "at_rest", "chi2", "both", "PG"),
    [
        (0.0204, 0.031, 23.3, 0.071, 9.8, 0.035, 3.2),
        (0.30, 2.95e-3, 20.7, 7.5e-3, 9.4, 3.5e-3, 3.9),
        (50.0, 1.67e-3, 19.8, 5.0e-3, 9.1, 1.97e-3, 4.9),
    ],
)
def test_massless_fit(rate: float, mb: float, gain: float, at_rest: float, chi2: float, both: float, PG: float) -> None:
    """Best |U_mu4|^2 of MiniBooNE, LSND and both, by other code: 7 %; D, chi^2 and their tension within 0.3."""
    point, u = VisibleDecay(rate, 1.0), np.geomspace(3e-4, 0.3, 400)[:, None]
    gains = miniboone_signal.gain(u * visible_decay.miniboone_events(point))
    values = lsnd.chi2_of(u * visible_decay.lsnd_events(point))
    total = values - gains
    found = [float(u[k, 0]) for k in (gains.argmax(), values.argmin(), total.argmin())]
    assert found == pytest.approx([mb, at_rest, both], rel=0.07)
    assert [gains.max(), values.min(), total.min() - values.min() + gains.max()] == pytest.approx(
        [gain, chi2, PG], abs=0.3
    )


@pytest.mark.parametrize("ratio", [0.1, 0.8])
def test_parity(ratio: float) -> None:
    """Half a neutrino of nu_4 and half of phi per decay; each kind of decay shares the energy of nu_4."""
    point = VisibleDecay(1.0, 1.0, 0.0, 1.0, ratio, phi_decays=True)
    found = visible_decay.with_parity(lambda one: yield_of(one, X), point)
    assert np.trapezoid(found, X) == pytest.approx(1.0, abs=1e-3)
    X_max = 1.0 - ratio**2
    # direct: mean 2/3 of X_max; phi: half of 1 minus 2/3 or 1/3 of X_max
    energy = 0.5 * 2.0 / 3.0 * X_max + 0.25 * 0.5 * (2.0 - X_max)
    assert np.trapezoid(X * found, X) == pytest.approx(energy, abs=1e-3)


@pytest.mark.parametrize(("row", "miniboone", "microboone"), [(0, 22.4, -11.2), (1, 10.7, -2.2), (2, 15.3, -3.2)])
def test_parity_of_published_points(row: int, miniboone: float, microboone: float) -> None:
    """What the other reading of the model does to D: by its parts in another order, 0.1."""
    point = made(POINTS[row])
    D = miniboone_signal.gain(visible_decay.with_parity(visible_decay.miniboone_events, point))
    assert float(D) == pytest.approx(miniboone, abs=0.1)
    D = microboone_signal.gain(visible_decay.with_parity(visible_decay.microboone_events, point))
    assert float(D) == pytest.approx(microboone, abs=0.1)


def test_karmen_has_fewer() -> None:
    """The time window of KARMEN has no nu_mu of pions: less than the share of 29.8 MeV neutrinos would add."""
    point = made(POINTS[1])
    assert 0.0 < visible_decay.karmen_events(point).sum() < 2.0 * karmen.expected(np.array(1e4)).sum() * 0.01


def test_electron_share() -> None:
    assert electron_share(0.01, 0.03) == pytest.approx(0.25 * 0.96)
    assert electron_share(0.0, 0.0) == 0.0


def test_coupling() -> None:
    """Of the first point: 0.0129."""
    assert visible_decay.coupling(0.262693, 281.92) == pytest.approx(0.0129, rel=5e-3)


def test_bad_input() -> None:
    with pytest.raises(ParameterError, match=r"ratio = 1\.2 is not allowed"):
        VisibleDecay(1.0, 0.1, ratio=1.2)
    with pytest.raises(ParameterError, match="are not allowed; give 0 to 1"):
        VisibleDecay(1.0, 1.1)
