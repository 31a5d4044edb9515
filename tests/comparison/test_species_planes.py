"""The plane of particles in equilibrium: its points, its bounds, and its figure."""

from pathlib import Path

import numpy as np
import pytest

from boltzmann import Mixing, Options, solve
from boltzmann.comparison import species_planes
from boltzmann.comparison.scans import load
from boltzmann.comparison.species_planes import BATHS, NAME, SPECIES, bounds, caption, compute, figure_data
from boltzmann.figures.species import species_figure
from boltzmann.potentials import ThermalRelic
from tests.relics.rows import RESOLVED


def test_a_bound_is_where_chi2_last_passes_four() -> None:
    mass = np.geomspace(1.0, 100.0, 5)
    assert species_planes._largest_excluded(mass, np.array([9.0, 6.0, 2.0, 5.0, 3.0])) == pytest.approx(10**1.75)
    assert np.isnan(species_planes._largest_excluded(mass, np.full(5, 1.0)))
    assert np.isnan(species_planes._largest_excluded(mass, np.full(5, 9.0)))  # everything is excluded
    assert np.isnan(species_planes._largest_excluded(mass, np.array([9.0, 9.0, np.nan, 1.0, 1.0])))


def test_the_figure_of_the_shipped_scan() -> None:
    data = load(NAME)
    assert (data.status == 0).all()
    figure = species_figure([figure_data(data, bath) for bath in BATHS])
    assert len(figure.axes) == 6
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[:-1] == list(SPECIES)
    assert "240 points" in caption(data).text


def test_shipped_numbers_are_those_of_the_prototype_and_ordered() -> None:
    """Between points ln m is interpolated: 0.01 of N_eff; rows of `tests.relics.rows`."""
    data = load(NAME)
    names = {values: name for name, values in SPECIES.items()}
    compared = [key for key in RESOLVED if (key[1], float(key[2])) in names]
    assert len(compared) > 4
    for key in compared:
        bath, statistics, g, mass = key
        curve = data["N_eff"].sel(couples_to=bath, species=names[statistics, float(g)])
        found = np.interp(np.log(mass), np.log(curve["relic.mass"]), curve)
        assert found == pytest.approx(RESOLVED[key], abs=0.01)
    more = data["N_eff"].sel(species="massive vector") - data["N_eff"].sel(species="real scalar")
    assert (more.sel(couples_to="e")[:-4] < 0.0).all()
    assert (more.sel(couples_to="nu")[:-4] > 0.0).all()


def test_every_species_is_bounded() -> None:
    """More states are bounded more; all are in the range of published ones (arXiv:1910.01649: 0.4 to 3.7 and more)."""
    found = bounds(load(NAME))
    for bath in BATHS:
        scalar, vector = found[bath, "real scalar"], found[bath, "massive vector"]
        assert 0.4 < scalar[1] < vector[1] < 15.0


@pytest.mark.slow
def test_a_small_plane(tmp_path: Path) -> None:
    pytest.importorskip("primat")
    data = compute(2, Options(n_momenta=8, rtol=1e-3), store=tmp_path, workers=1)
    assert data.status.shape == (len(BATHS), len(SPECIES), 2)
    one = data.sel(couples_to="nu", species="Dirac fermion").isel({"relic.mass": 0})
    relic = ThermalRelic(mass="0.1 MeV", couples_to="nu", statistics="fermion", g=4)
    assert float(one.N_eff) == pytest.approx(solve(Mixing(), relic, Options(n_momenta=8, rtol=1e-3)).N_eff, abs=1e-9)
