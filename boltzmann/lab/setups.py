"""Single numbers of experiments, ``data/lab/setups.ecsv``."""

from __future__ import annotations

from boltzmann import ecsv
from boltzmann.errors import ParameterError

__all__ = ["TABLE", "setup"]

TABLE = "lab/setups.ecsv"


def setup(experiment: str) -> dict[str, float]:
    """Return the numbers of one experiment by name; their units and citations are in the file.

    Raises
    ------
    ParameterError
        The file has no such experiment.
    """
    rows = ecsv.rows(TABLE)
    known = sorted({row["experiment"] for row in rows})
    if experiment not in known:
        raise ParameterError(f"experiment = {experiment!r} has no row in {TABLE}; those that have: {', '.join(known)}")
    return {row["quantity"]: float(row["value"]) for row in rows if row["experiment"] == experiment}
