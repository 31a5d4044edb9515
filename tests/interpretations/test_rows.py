"""Numbers of rows: visible decay, muon decay, upscattering, matter, oscillation, as the table shows them."""

import re

import numpy as np
import pytest

from boltzmann.interpretations import Point, cells, model, points
from boltzmann.interpretations.rows import anomalous_matter, bremsstrahlung


def laboratory(name: str, point: str) -> dict[str, cells.Cell]:
    return model(name).laboratory(points.point(name, point))


def test_oscillation() -> None:
    """LSND's point: D as the likelihoods of `lab` have it, excluded by PROSPECT, MicroBooNE and MINOS+."""
    found = laboratory("3+1", "lsnd")
    assert found["lsnd"].word == "explains"
    assert {found[name].word for name in ("prospect", "microboone", "minos", "karmen")} == {"contradicts"}


def test_out_of_range_is_said() -> None:
    """LSND's bins end at 3 eV2, IceCube's raster at 0.01 eV2 below; averaged disappearance above is the last line's."""
    found = cells.oscillation(1e4, 0.01, 0.01, names=("lsnd", "minos", "icecube"))
    assert found["lsnd"].word == "not computable"
    assert "good for 0 to 3 eV2" in found["lsnd"].how
    assert "taken at 900 eV2" in found["minos"].how
    assert cells.oscillation(1e-3, 0.01, 0.01, names=("icecube",))["icecube"].word == "not computable"


def test_invisible_decay() -> None:
    """Moulai: D 11.1 in MiniBooNE and 22.8 - 9.0 in LSND; tables of stable states have a reason."""
    found = laboratory("invisible-decay", "moulai")
    assert found["miniboone"].number == pytest.approx(11.1, abs=0.1)
    assert found["lsnd"].number == pytest.approx(22.84 - 8.96, abs=0.05)
    assert found["microboone"].word == "contradicts"
    assert all("stable nu_4" in found[name].how for name in ("minos", "icecube", "stereo"))
    assert found["prospect"].number is not None
    assert "decays within 3e-06 AU" in found["elsewhere"].text  # 0.0265 AU 1e-5 9/(g A)^2, g = 11.7, A = 0.068


@pytest.mark.parametrize(
    ("point", "lsnd", "miniboone"), [("all", 10.5, 20.6), ("no-cosmology", 4.3, 17.8), ("no-lsnd", 2.6, 24.5)]
)
def test_visible_decay(point: str, lsnd: float, miniboone: float) -> None:
    """D of the fits of arXiv:1911.01427 by other code: 0.5."""
    found = laboratory("visible-decay", point)
    assert found["lsnd"].number == pytest.approx(lsnd, abs=0.5)
    assert found["miniboone"].number == pytest.approx(miniboone, abs=0.5)
    assert found["microboone"].word == "contradicts"  # as arXiv:2406.04401 says of the model
    assert found["elsewhere"].number is not None
    assert "times KamLAND's limit" in found["elsewhere"].text


def test_muon_decay() -> None:
    """Explains LSND and is excluded by KARMEN, which the field's table does not say."""
    found = laboratory("muon-decay", "rho-0.75")
    assert found["lsnd"].number == pytest.approx(16.0, abs=0.5)
    assert found["karmen"].word == "contradicts"
    assert found["miniboone"].number == 0.0


def test_what_contact_matter_needs_at_reactors_is_not_known() -> None:
    """With eps = 100 matter is 3 % of dm2_31: theta_13 and eps interfere, and nothing is computed."""
    point = Point("anomalous-matter", "large", {"epsilon": 100.0, "resonance": 0.0})
    assert model("anomalous-matter").laboratory(point)["dayabay"].word == "not computable"


def test_matter() -> None:
    """What the data need: 3.4e3 and 1.9e2; a resonance at 300 MeV on 0.05 eV: 5.5 keV. All to two digits."""
    assert anomalous_matter.epsilon_for(2.64e-3, 30.0) == pytest.approx(3.4e3, rel=0.02)
    assert anomalous_matter.epsilon_for(2.64e-3, 541.0) == pytest.approx(1.9e2, rel=0.02)
    assert anomalous_matter.probability(3.4e3, 30.0) == pytest.approx(2.64e-3, rel=0.03)
    assert anomalous_matter.mediator_mass(300.0) == pytest.approx(5.48e3, rel=0.01)
    found = laboratory("anomalous-matter", "contact")
    assert {found[name].word for name in ("lsnd", "miniboone", "microboone")} == {"no effect"}
    # 9.92e-14 eV of rho Y_e = 1.3 against 2.5e-3 eV^2/8 MeV: 3.17e-4
    assert anomalous_matter.at_reactors(1.0) == pytest.approx(9.92e-14 * 8e6 / 2.5e-3, rel=2e-3)
    assert "3e-05 of dm2_31/2E" in found["dayabay"].how
    found = laboratory("anomalous-matter", "resonance")
    assert {found[name].word for name in ("lsnd", "miniboone", "icecube")} == {"not computable"}
    assert found["gallium"].word == "no effect"


def test_bremsstrahlung() -> None:
    assert bremsstrahlung.coupling(2.64e-3, 7.0) == pytest.approx(0.34, abs=0.01)


def test_dipole_row() -> None:
    """Photons and oscillation together; the factor of three is said."""
    cell = laboratory("dipole-upscattering", "vergani")["miniboone"]
    assert "factor 3" in cell.text
    assert cell.number > 3.8
    assert laboratory("dipole-upscattering", "vergani")["microboone"].how.startswith("oscillation alone")


def test_vector_row() -> None:
    """Upscatters on carbon within 10 % of 9.1e3, said with an efficiency; no D, and why."""
    cell = laboratory("vector-upscattering", "bertuzzo")["miniboone"]
    assert "9.7e+03" in cell.text
    assert cell.word == "not computable"
    assert "no D" in cell.how


def test_angle_of_pairs() -> None:
    """By a light Z' 69 % are forward, as photons of a dipole of 376 MeV are (68 %); with a heavy one none is said."""
    text = laboratory("vector-upscattering", "bertuzzo")["miniboone"].text
    forward = re.search(r"(\d+)% with cos theta > 0\.9", text)
    assert forward is not None
    assert 60 < int(forward[1]) < 80
    assert "cos theta" not in laboratory("vector-upscattering", "abdullahi")["miniboone"].text


def test_seesaw_row() -> None:
    assert "predicts" in laboratory("seesaw", "single")["elsewhere"].text


def test_cells_of_signals() -> None:
    """Without signal every D is 0."""
    assert cells.lsnd_cell(np.zeros(11), "").number == pytest.approx(0.0, abs=1e-9)
    assert cells.karmen_cell(np.zeros(9), "").number == pytest.approx(0.0, abs=1e-9)
    assert cells.miniboone_cell(np.zeros(22), "").number == pytest.approx(0.0, abs=1e-9)
    assert cells.microboone_cell(np.zeros(52), "").number == pytest.approx(0.0, abs=1e-9)
    assert cells.karmen_cell(np.zeros(9), "").text == "D 0, 0.0 events"
