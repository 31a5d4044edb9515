"""What goes wrong with input: the exceptions and warnings a user meets. Re-exported by `boltzmann.parameters`."""

from __future__ import annotations


class ParameterError(ValueError):
    """An input cannot be used; the message names it, the value received, what is allowed and what to do."""


class ValidityWarning(UserWarning):
    """The input is allowed, but the result is less accurate there than elsewhere; the message says why."""


class UnfinishedWarning(UserWarning):
    """Final numbers were asked of a run that did not reach its end; the message names its status."""


class MissingLibrary(ImportError):
    """An optional library is not installed; the message names it and the command that installs it."""
