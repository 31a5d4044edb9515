"""The root of one increasing function whose derivative is known in closed form."""

from collections.abc import Callable


def increasing_root(function: Callable[[float], tuple[float, float]], start: float) -> float:
    """Return where ``function``, which gives value and derivative, vanishes: Newton's method, to round-off.

    For the two equations at the start of a run, which are smooth, nearly linear and have a good first guess. A solver
    of scipy.optimize would do, but takes longer to import than the run takes, and roots kept on disk instead would ask
    for a file for each point of a scan.

    Parameters
    ----------
    function : callable
        Takes and returns numbers of order one.
    start : float
        First guess.

    Raises
    ------
    ArithmeticError
        Not found in 50 steps.
    """
    at = start
    for _ in range(50):
        value, slope = function(at)
        change = value / slope
        at -= change
        if abs(change) < 1e-14 * max(1.0, abs(at)):
            return at
    raise ArithmeticError(f"Newton's method finds no root from {start} on: it is at {at}, where the value is {value}")
