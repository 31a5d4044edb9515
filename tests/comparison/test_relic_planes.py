"""Planes of relics: their points, and their figure."""

from pathlib import Path

import numpy as np
import pytest

from boltzmann import Options
from boltzmann.comparison import relic_planes
from boltzmann.comparison.relic_planes import KINDS, caption, compute, figure_data
from boltzmann.figures.relics import RelicPlane, relic_figure
from boltzmann.parameters import ParameterError


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
