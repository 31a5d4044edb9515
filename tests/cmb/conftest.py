"""Fixtures of all tests here."""

from tests.hand_made import electron_neutrinos_of_hand_made_solutions as electron_neutrinos_of_hand_made_solutions
from tests.hand_made import helium_of_hand_made_solutions as helium_of_hand_made_solutions
