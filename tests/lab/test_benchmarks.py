"""Points of global fits: their elements follow from the amplitudes or elements quoted in the notes."""

import re

import pytest

from boltzmann import ecsv
from boltzmann.lab import icecube
from boltzmann.lab.parameters import checked

ROWS = {row["name"]: row for row in ecsv.rows("lab/benchmarks.ecsv")}


def point(name: str):
    row = ROWS[name]
    return checked(*(float(row[key]) for key in ("dm2_41", "Ue4_sq", "Umu4_sq", "Utau4_sq")))


@pytest.mark.parametrize(
    ("name", "amplitude", "value"),
    [
        ("icecube2020", "sin2_2theta_mumu", 0.10),
        ("neutrino4-2020", "sin2_2theta_ee", 0.26),
        ("neos-reno2020", "sin2_2theta_ee", 0.08),
    ],
)
def test_amplitudes(name: str, amplitude: str, value: float) -> None:
    assert getattr(point(name), amplitude) == pytest.approx(value, abs=5e-4)  # four digits of |U_a4|^2


@pytest.mark.parametrize("name", ROWS)
def test_elements_in_the_note(name: str) -> None:
    for flavour in ("e", "mu"):
        quoted = re.search(rf"\|U_{flavour}4\| = ([0-9.]+)", ROWS[name]["note"])
        if quoted:
            element = float(ROWS[name][f"U{flavour}4_sq"])
            assert element == pytest.approx(float(quoted[1]) ** 2, rel=5e-3)


def test_icecube_likes_its_own_point() -> None:
    """arXiv:2005.12942 quotes its best fit to two digits."""
    best = point("icecube2020")
    assert icecube.chi2(best.dm2_41, Umu4_sq=best.Umu4_sq) == pytest.approx(0.0, abs=0.02)
