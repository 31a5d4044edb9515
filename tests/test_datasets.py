"""Where data files are looked for."""

from pathlib import Path

import pytest

from boltzmann import datasets


def test_a_file_of_the_checkout() -> None:
    assert datasets.path("lab/benchmarks.ecsv") == Path(__file__).resolve().parents[1] / "data/lab/benchmarks.ecsv"


def test_an_installed_package_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for root in ("_data", "data"):
        (tmp_path / root / "lab").mkdir(parents=True)
        (tmp_path / root / "lab/points.ecsv").touch()
    monkeypatch.setattr(datasets, "_ROOTS", (tmp_path / "_data", tmp_path / "data"))
    assert datasets.path("lab/points.ecsv") == tmp_path / "_data/lab/points.ecsv"


@pytest.mark.parametrize(
    ("name", "listed"), [("lab/nothing.ecsv", "lab/ .*: .*benchmarks.ecsv"), ("no/file", "no/ .*: no files")]
)
def test_missing_file_lists_what_there_is(name: str, listed: str) -> None:
    with pytest.raises(FileNotFoundError, match=f"'{name}' does not exist; {listed}"):
        datasets.path(name)


def test_every_data_file_is_explained_in_its_readme() -> None:
    data = Path(__file__).resolve().parents[1] / "data"
    readme = (data / "README.md").read_text()
    files = [file.relative_to(data).as_posix() for file in data.rglob("*.*") if file.name != "README.md"]
    assert files
    assert [file for file in files if f"`{file}`" not in readme] == []
