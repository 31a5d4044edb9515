"""The result of a run: what it holds and the everyday numbers, the story of its dark sector, its files and texts.

Imports kinetics, observables, parameters and below; made by `boltzmann.solver`. Start reading at `run` (`Solution`).
"""

from boltzmann.solution.asymmetry import AsymmetryGrowth
from boltzmann.solution.dark_story import DarkStory
from boltzmann.solution.run import Solution
from boltzmann.solution.stats import Stats

__all__ = ["AsymmetryGrowth", "DarkStory", "Solution", "Stats"]
