"""Compiled kernels and tables of the tests live in one folder of the repository and are kept between runs.

`boltzmann.cache` names its sub-folders by a hash of the kernel sources, so nothing stale is used; a cold compile costs
about a minute. This must be set before the package is imported.
"""

import os
from pathlib import Path

os.environ.setdefault("STERILE_CACHE_DIR", str(Path(__file__).resolve().parents[1] / ".cache"))
