"""Fixtures of all tests here."""

from tests.hand_made import electron_neutrinos_of_hand_made_solutions as electron_neutrinos_of_hand_made_solutions
