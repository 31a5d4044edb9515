"""Files appear whole or not at all, and folders are checked before work."""

import errno
import os
from pathlib import Path

import pytest

from boltzmann.errors import ParameterError
from boltzmann.figures.output import prepare, prepare_file
from boltzmann.numerics.files import write, write_text


def test_prepare(tmp_path: Path) -> None:
    prepare(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(ParameterError, match=r"output = .*file cannot be written"):
        prepare(tmp_path / "file")


def test_prepare_file(tmp_path: Path) -> None:
    file = tmp_path / "spectra.ecsv"
    prepare_file(file, "spectra")
    file.write_text("old")
    prepare_file(file, "spectra")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
    for place, why in (
        (tmp_path, "is a folder; give the name of a file"),
        (tmp_path / "nowhere" / "x", r"cannot be written \(No such file or directory\); give a file in a folder that"),
        (file / "x", r"cannot be written \(Not a directory\)"),
        (tmp_path / ("x" * 250), r"cannot be written \(File name too long\)"),
    ):
        with pytest.raises(ParameterError, match=f"spectra = .*{why}"):
            prepare_file(place, "spectra")


def test_a_full_disk_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    (tmp_path / f".x.txt.{os.getpid()}").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device") as caught:
        write_text(tmp_path / "x.txt", "text")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / "x.txt"))
    assert list(tmp_path.iterdir()) == []


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
