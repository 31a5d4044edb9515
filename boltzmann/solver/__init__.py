"""From inputs to a solution: the tables of a run, its initial state, the driver, and what limits the result.

Imports solution, kinetics, potentials and below. Start reading at `run` (`solve`), then `tables` and `validity`.
"""

from boltzmann.solver.checks import checked
from boltzmann.solver.run import integrate, load_solution, settled, solve
from boltzmann.solver.tables import secret

__all__ = ["checked", "integrate", "load_solution", "secret", "settled", "solve"]
