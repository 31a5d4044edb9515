"""What the tests of the embedded CMB tables have in common."""

import pytest

from boltzmann import ecsv
from boltzmann.cmb.nodes import nodes

complete = pytest.mark.skipif(
    len(ecsv.rows("cmb/profile.ecsv")) < len(nodes()),
    reason="the table lacks nodes: finish scripts/make_cmb_table.py and copy what it writes to data/cmb",
)
