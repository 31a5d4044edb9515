"""Hand-made solutions have three points, no nucleosynthesis: theirs is that of their N_eff here."""

import pytest

from boltzmann.cmb import bbn, judge
from boltzmann.cmb.neutrons import STANDARD_Y_P, helium_shift
from boltzmann.cmb.profile_table import helium_of_N_eff
from boltzmann.solution import Solution
from tests.solutions import POINTS


@pytest.fixture(autouse=True)
def helium_of_hand_made_solutions(monkeypatch: pytest.MonkeyPatch) -> None:
    knows = bbn.knows_electron_neutrinos

    def shift(solution: Solution) -> float:
        if solution.x.size != POINTS:
            return helium_shift(solution)
        own = helium_of_N_eff(solution.N_eff) - helium_of_N_eff(3.044)
        return bbn.by_number(bbn.by_mass(STANDARD_Y_P) + own) - STANDARD_Y_P

    monkeypatch.setattr(judge, "helium_shift", shift)
    monkeypatch.setattr(bbn, "knows_electron_neutrinos", lambda s, *most: s.x.size == POINTS or knows(s, *most))
