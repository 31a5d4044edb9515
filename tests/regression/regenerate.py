"""Write the golden numbers anew, after a change of the physics or of the numerics that is meant to change them.

python -m tests.regression.regenerate

Read the difference (git diff) before committing it, and say in the commit message why the numbers moved.
"""

import json
from pathlib import Path

from tests.regression.points import POINTS, measure

GOLDEN = Path(__file__).with_name("golden.json")

if __name__ == "__main__":
    GOLDEN.write_text(json.dumps({name: measure(name) for name in POINTS}, indent=2) + "\n")
