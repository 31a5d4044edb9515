"""Planes of relics: their points, and their figure."""

from pathlib import Path

import numpy as np
import pytest

from boltzmann import Options
from boltzmann.cmb.likelihood import LEAST_SUM, profile
from boltzmann.comparison import relic_planes
from boltzmann.comparison.relic_planes import KINDS, SHIPPED, caption, compute, figure_data
from boltzmann.comparison.scans import load
from boltzmann.figures.relics import RelicPlane, relic_figure
from boltzmann.parameters import ParameterError
from boltzmann.potentials import HeavyNeutralLepton
from boltzmann.scan.dataset import SEEN, summary_of
from boltzmann.scan.point import STATUSES


def plane(**changed: object) -> RelicPlane:
    mass, other = np.geomspace(3.0, 300.0, 6), np.geomspace(1e-3, 100.0, 5)
    shift = np.log(mass)[:, None] * np.log(other / 0.01)
    fields = {
        "mass": mass,
        "other": other,
        "N_eff": 3.044 + 0.05 * shift,
        "cmb": shift**2,
        "abundances": 2.0 * shift**2,
        "heated": shift > 40.0,
        "label": "lifetime [s]",
        "threshold": 6.18,
        "published": relic_planes.PUBLISHED,
    }
    return RelicPlane(**{**fields, **changed})


def test_the_figure_has_boundaries_and_a_legend() -> None:
    figure = relic_figure(plane())
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "CMB" in texts
    assert any("2008.00749" in text for text in texts)
    (ax,) = figure.axes
    assert ax.get_xscale() == ax.get_yscale() == "log"


def test_points_of_mixings_are_where_lifetimes_are() -> None:
    """A lepton of these mixings lives as long as the axis says, and boundaries of others are lines of one lifetime."""
    masses = np.array([20.0, 100.0, 250.0])
    elements = relic_planes._mixings("mixing-mu", masses, 0.3)
    for mass, element in zip(masses, elements, strict=True):
        assert HeavyNeutralLepton(mass=f"{mass} MeV", Umu4_sq=element).tau.value == pytest.approx(0.3)
    (_, m, first), (_, above, _) = relic_planes._published("mixing-mu", masses)
    assert first == pytest.approx(relic_planes._mixings("mixing-mu", m, 0.04))
    assert m[0] == 20.0
    assert above[0] > 139.0  # where pions are made


def test_other_places_than_a_grid_are_drawn() -> None:
    """Planes of mixings have another second coordinate at every mass."""
    one = plane()
    relic_figure(plane(other=one.other[None, :] / one.mass[:, None] ** 5))


def test_points_beyond_the_table_are_judged_at_its_edge() -> None:
    """Neutrinos of (18 MeV, 1.8 s) have SUM m n = 0.042 eV; what was judged stays."""
    data = load(SHIPPED["lifetime"])
    assert np.isfinite(data.delta_chi2.where(data.status == 0, 0.0)).all()
    seen = summary_of({**dict.fromkeys(SEEN, 0.0), "N_eff_recombination": 4.6, "sum_m_nu": 0.0575, "late_mass": 0.05})
    assert seen.sum_of_masses < LEAST_SUM
    assert profile(seen.delta_N_eff, 0.0, "planck2018", 0.0, LEAST_SUM).delta_chi2 > 30.0


@pytest.mark.parametrize("kind", SHIPPED)
def test_shipped_planes(kind: str) -> None:
    """None failed; a short life leaves three neutrinos, and long ones of heavy leptons heat the plasma."""
    data = load(SHIPPED[kind])
    assert set(np.unique(data.status)) <= {STATUSES.index("SUCCESS"), STATUSES.index("HEATED")}
    figure_of = figure_data(data, kind)
    relic_figure(figure_of)
    assert figure_of.heated[-1, -1]
    assert not figure_of.heated[0].any()


def test_shipped_lifetimes() -> None:
    """Rows: no effect at 1 ms; nu_e lower Y_p of light leptons (0.04 s, 5 MeV), speed raises that of heavy ones."""
    data = load(SHIPPED["lifetime"]).sel({"relic.lifetime": [1e-3, 0.05], "relic.mass": [5.0, 100.0]}, method="nearest")
    assert data.N_eff[:, 0].values == pytest.approx(3.044, abs=0.03)
    assert data.Y_p.values[0, 1] < data.Y_p.values[0, 0] < 0.248
    assert data.Y_p.values[1, 1] > data.Y_p.values[1, 0]


def test_a_plane_without_exclusion_is_drawn() -> None:
    nothing = np.full((6, 5), np.nan)
    relic_figure(plane(N_eff=nothing, cmb=nothing, abundances=nothing, heated=np.zeros((6, 5), bool)))


def test_every_plane_has_a_relic_with_its_axes() -> None:
    for kind, (field, _, _) in KINDS.items():
        relic = relic_planes._relic(kind, None, "boson")
        assert hasattr(relic, field.partition(".")[2])
        assert len(relic_planes._masses(kind)) == 2
    with pytest.raises(ParameterError, match="use one of: lifetime"):
        compute("charge", 2)


@pytest.mark.slow
def test_a_small_plane(tmp_path: Path) -> None:
    pytest.importorskip("primat")
    quick = Options(n_momenta=8, rtol=1e-3)
    data = compute("electrophilic", 2, store=tmp_path, workers=1, options=quick)
    shown = figure_data(data, "electrophilic")
    assert shown.N_eff.shape == (2, 2)
    assert np.all(np.isfinite(shown.abundances))
    assert np.all(shown.N_eff[:, 1] < shown.N_eff[:, 0])  # more states heat more
    assert "4 SUCCESS" in caption(data, "electrophilic").text
