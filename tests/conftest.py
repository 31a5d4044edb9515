"""Compiled kernels and tables of the tests live in one folder of the repository and are kept between runs.

`boltzmann.numerics.cache` names its sub-folders by a hash of the kernel sources, so nothing stale is used; a cold
compile costs about a minute. This must be set before the package is imported.
"""

import os
from pathlib import Path

from hypothesis import HealthCheck, settings

os.environ.setdefault("STERILE_CACHE_DIR", str(Path(__file__).resolve().parents[1] / ".cache"))

# No test is judged by time: the first text hypothesis draws builds its Unicode tables, a second on a busy core.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
