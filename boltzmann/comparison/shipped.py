"""The name that `boltzmann.comparison.scans` had in version 0.1; it goes with version 0.3."""

import warnings

from boltzmann.comparison.scans import *  # noqa: F403

warnings.warn(
    "boltzmann.comparison.shipped is an old name; write boltzmann.comparison.scans", DeprecationWarning, stacklevel=2
)
