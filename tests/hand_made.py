"""Nucleosynthesis of hand-made solutions, which have three points and none of their own: that of their N_eff."""

from collections.abc import Iterator

import pytest

from boltzmann.cmb import bbn, judge
from boltzmann.cmb.neutrons import STANDARD_Y_P, helium_shift
from boltzmann.cmb.profile_table import helium_of_N_eff
from boltzmann.cmb.thermal import STANDARD_N_EFF
from boltzmann.solution import Solution
from tests.solutions import POINTS


@pytest.fixture(autouse=True, scope="module")
def helium_of_hand_made_solutions() -> Iterator[None]:
    def shift(solution: Solution) -> float:
        if solution.x.size != POINTS:
            return helium_shift(solution)
        own = float(helium_of_N_eff(solution.N_eff) - helium_of_N_eff(STANDARD_N_EFF))
        return bbn.by_number(bbn.by_mass(STANDARD_Y_P) + own) - STANDARD_Y_P

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "helium_shift", shift)
        yield


@pytest.fixture(autouse=True, scope="module")
def electron_neutrinos_of_hand_made_solutions() -> Iterator[None]:
    knows = bbn.knows_electron_neutrinos
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bbn, "knows_electron_neutrinos", lambda s, *most: s.x.size == POINTS or knows(s, *most))
        yield
