"""Numbers of whole runs, kept so that no change of the code moves them unnoticed."""

import json

import pytest

from tests.regression.points import POINTS, SENSITIVE, measure
from tests.regression.regenerate import GOLDEN

KEPT = json.loads(GOLDEN.read_text())
# Rounding (another machine, another order of sums) acts like a relative change of 1e-13 in the input. Measured
# response: 2e-11 with real U, 1e-8 with complex U (rounding of fast oscillations); step control amplifies it, not
# beyond 1e-7; ten times that is allowed. The share of one flavour moves by 2e-6 where flavours oscillate fast in
# inverted ordering with complex U (between processes; rtol = 2.99e-4 or 3.01e-4: 1e-5), hence 1e-5. At a resonance
# the sequence of steps itself is sensitive: up to 2e-4 where conversion is partial, hence 1e-3.
TOLERANCE, OF_A_FLAVOUR, RESONANT = 1e-6, 1e-5, 1e-3


def test_every_point_is_kept() -> None:
    assert list(KEPT) == list(POINTS)


@pytest.mark.parametrize("name", POINTS)
def test_golden_numbers(name: str) -> None:
    found = measure(name)
    assert list(found) == list(KEPT[name])
    for number, value in found.items():
        usual = OF_A_FLAVOUR if number.startswith("N_eff of") else TOLERANCE
        assert value == pytest.approx(KEPT[name][number], abs=RESONANT if name in SENSITIVE else usual), number
