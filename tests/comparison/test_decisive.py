"""What experiments to come decide, of joint fits made by hand."""

from types import SimpleNamespace
from typing import Any

import pytest

from boltzmann.comparison import decisive, lab_results
from boltzmann.lab import sensitivities


def row(scenario: str, best: tuple[float, float, float] | None, **other: Any) -> Any:
    tension = SimpleNamespace(lab_best=(2.7, 0.022, 0.0066), joint_best=best)
    return SimpleNamespace(
        scenario=scenario, data="planck2018", tension=tension, **{"without": (), "rates": None} | other
    )


def test_sentences() -> None:
    """One for each different best fit; without mixing there is nothing to see; other rows are left out."""
    rows = [
        row("3+1", None),
        row("pseudoscalar", None),
        row("vector", (0.4, 0.02, 0.001)),
        row("vector", (9.0, 0.02, 0.001), without=("gallium",)),
        row("vector", (9.0, 0.02, 0.001), rates="primat"),
    ]
    alone, none, vector = decisive.deciding(rows)
    assert alone.startswith("laboratory alone, best fit (2.7 eV2, 0.022, 0.0066): SBN (digitised): sin2_2theta_mue")
    assert "seen or excluded at 90 %" in alone
    assert none.startswith("laboratory and 3+1 with planck2018, pseudoscalar with planck2018: the joint best fit is no")
    assert "below its reach" in vector
    assert all(name in vector for name in sensitivities.experiments())


@pytest.mark.parametrize(
    ("channel", "names"),
    [
        ("mue", ["SBN, 3 $\\sigma$", "JSNS2*, 90 %", "JSNS2-II*, 90 %"]),
        ("ee", ["IsoDAR*, 95 %"]),
        ("mumu", ["SBN, 3 $\\sigma$"]),
    ],
)
def test_lines_of_planes(channel: str, names: list[str]) -> None:
    """Every channel has lines; elements are those of the amplitude, 4 u (1 - u)."""
    lines, elements = lab_results.expected(channel), lab_results.expected(channel, elements=True)
    assert [line.label for line in lines] == names
    for amplitude, element in zip(lines, elements, strict=True):
        u = element.amplitude
        back = u if channel == "mue" else 4.0 * u * (1.0 - u)
        assert back == pytest.approx(amplitude.amplitude)
