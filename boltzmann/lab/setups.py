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
    values = ecsv.numbers(TABLE, ["value"])["value"]
    return {row["quantity"]: float(x) for row, x in zip(rows, values, strict=True) if row["experiment"] == experiment}
