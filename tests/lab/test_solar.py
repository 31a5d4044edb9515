"""Solar antineutrinos: the spectrum of 8B, flavours at Earth, limits on |U_e4|^2."""

import numpy as np
import pytest

from boltzmann.errors import ParameterError
from boltzmann.lab import solar
from boltzmann.lab.visible_decay import VisibleDecay
from boltzmann.parameters import Mixing


def test_spectrum_of_boron() -> None:
    """Normalised; mean energy 6.74 MeV (Phys. Rev. C 54, 411: 6.735 +- 0.036); KamLAND's 93 cm-2 s-1 above 8.3 MeV is
    5.3e-5 of 5.94e6 (abstract of arXiv:1105.3516): 0.295 are above, of their older spectrum.
    """
    E = np.linspace(0.0, 16.0, 3201)
    phi = solar.spectrum(E)
    assert np.trapezoid(phi, E) == pytest.approx(1.0, abs=1e-3)
    assert np.trapezoid(E * phi, E) == pytest.approx(6.735, abs=0.05)
    above = E >= 8.3
    assert np.trapezoid(phi[above], E[above]) == pytest.approx(93.0 / 5.3e-5 / 5.94e6, rel=0.03)


def test_share_of_electrons() -> None:
    """Without nu_mu nearly nubar_1 at high energies, |U_e1|^2, less the part that is sterile; vacuum below."""
    U = np.abs(Mixing().U[0]) ** 2
    point = VisibleDecay(1.0, 0.0, 0.01)
    high, low = solar.share(point, np.array([1e4, 1e-6])) / 0.99
    assert high == pytest.approx(U[0], rel=1e-3)
    assert low == pytest.approx((U[0] ** 2 + U[1] ** 2) / (U[0] + U[1]), rel=1e-3)
    both = solar.share(VisibleDecay(1.0, 0.01, 0.01), np.array([10.0]))
    assert 0.5 * high < both < high


@pytest.mark.parametrize(("ratio", "least", "most"), [(0.9, 3e-4, 3e-3), (0.5, 2e-3, 2e-2)])
def test_limits_are_per_mille(ratio: float, least: float, most: float) -> None:
    """arXiv:2008.11851: limits "at the per mille level" for heavy phi, weaker for softer antineutrinos."""
    assert least < solar.limit(ratio) < most
    assert solar.limit(ratio, "KamLAND 2011") == pytest.approx(1.51 * solar.limit(ratio), rel=0.01)  # 5.3e-5/3.5e-5


def test_excess() -> None:
    """Linear in |U_e4|^2 (1 - |U_e4|^2); none without phi's decays; flipped daughters leave more energy to phi."""
    one, ten = (solar.excess(VisibleDecay(1.0, 0.0, u, ratio=0.7, phi_decays=True)) for u in (1e-3, 1e-2))
    assert ten["Borexino"] == pytest.approx(10.0 * one["Borexino"] * 0.99 / 0.999, rel=1e-9)
    assert set(solar.excess(VisibleDecay(1.0, 0.01, 0.01)).values()) == {0.0}
    flipped = solar.excess(VisibleDecay(1.0, 0.0, 1e-3, ratio=0.7, phi_decays=True, flipped=True))
    assert flipped["KamLAND 2021"] > one["KamLAND 2021"]


def test_unknown() -> None:
    with pytest.raises(ParameterError, match="experiment = 'JUNO' has no limit; choose from KamLAND 2011"):
        solar.limit(0.9, "JUNO")
