"""Warnings of the package as lines in the log of a chain."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boltzmann.parameters import ValidityWarning


@contextmanager
def said_once(component: Any) -> Iterator[None]:
    """Log the first warning that a component of cobaya meets, instead of one for each point of a chain."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ValidityWarning)
        yield
    if caught and not hasattr(component, "_warned"):
        component._warned = True
        component.log.warning("%s (said once)", caught[0].message)
