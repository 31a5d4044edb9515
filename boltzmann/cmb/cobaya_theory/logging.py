"""Warnings of the package as lines in the log of a chain, and its refusals as the end of one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from cobaya.log import LoggedError

from boltzmann.parameters import ParameterError, ValidityWarning


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


def try_out(component: Any, *attempts: Callable[[], Any]) -> None:
    """Stop with a sentence if options or fixed values are refused in every one of some attempts."""
    refused: ParameterError | None = None
    for attempt in attempts:
        try:
            with said_once(component):
                attempt()
        except ParameterError as error:
            refused = refused or error
        else:
            return
    raise LoggedError(component.log, "%s", refused) from refused
