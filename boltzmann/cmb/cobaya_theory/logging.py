"""Warnings of the package as lines in the log of a chain."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boltzmann.parameters import ValidityWarning


@contextmanager
def said_once(component: Any) -> Iterator[None]:
    """Log the first warning from each place that a component of cobaya meets, instead of one for each point."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ValidityWarning)
        yield
    said: set[tuple[str, int]] = component.__dict__.setdefault("_said", set())
    for warning in caught:
        place = (warning.filename, warning.lineno)
        if place not in said:
            said.add(place)
            component.log.warning("%s (said once)", warning.message)
