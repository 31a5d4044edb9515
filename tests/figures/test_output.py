"""Files appear whole or not at all, and folders are checked before work."""

from pathlib import Path

import pytest

from boltzmann.errors import ParameterError
from boltzmann.figures.output import prepare, write


def test_prepare(tmp_path: Path) -> None:
    prepare(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(ParameterError, match=r"output = .*file cannot be written"):
        prepare(tmp_path / "file")


def test_write_is_atomic(tmp_path: Path) -> None:
    file = tmp_path / "x"
    write(file, lambda path: path.write_text("old"))

    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write(file, fail)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
