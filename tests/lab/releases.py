"""Where the public data releases are that some tests compare with; those tests are skipped without them."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def folder(name: str) -> Path:
    """Return the folder of a release below STERILE_SHARED_DATA, by default ../shared/data beside the repository."""
    path = Path(os.environ.get("STERILE_SHARED_DATA", ROOT.parent / "shared" / "data")) / name
    if not path.is_dir():
        pytest.skip(f"{path} does not exist; set STERILE_SHARED_DATA to the folder that holds {name}")
    return path
