"""The examples of README.md and of the pages of docs/ run; their tables are those of what is stated."""

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib as mpl
import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def blocks(page: Path) -> list[str]:
    """Return the Python of a page, in its order."""
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def judgements(text: str) -> dict[str, tuple[float, str]]:
    """Return judge -> Delta chi^2 and word of the lines of a table of judges."""
    lines = re.findall(r"^ *(\S.*?) {2,}([+-][\d.]+) +[\d.]+ +(\w+)", text, flags=re.MULTILINE)
    return {judge: (float(delta), word) for judge, delta, word in lines}


@pytest.fixture(scope="module")
def validation() -> ModuleType:
    spec = importlib.util.spec_from_file_location("validation", ROOT / "scripts" / "validation.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(page: Path, names: dict[str, Any]) -> None:
    for block in blocks(page):
        exec(compile(block, str(page), "exec"), names)


def test_examples_of_the_readme_run_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mpl.use("agg")
    assert len(blocks(ROOT / "README.md")) == 3
    names: dict[str, Any] = {"__name__": "readme"}
    run(ROOT / "README.md", names)
    judged = judgements(str(names["confront"](names["solution"])))
    shown = judgements((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(shown) == 3
    for judge, (delta, word) in shown.items():
        # 0.3: the figures that are shown have one decimal, and steps that are chosen differently move them by less
        assert judged[judge][0] == pytest.approx(delta, abs=0.3)
        assert judged[judge][1] == word


@pytest.mark.parametrize("page", ["physics/cmb.md", "physics/bbn.md", "howto/class.md"])
def test_snippets_of_pages_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from boltzmann import Mixing, Options, solve

    monkeypatch.chdir(tmp_path)
    (tmp_path / "psd").mkdir()
    quick = Options(n_momenta=14, rtol=1e-3)
    run(DOCS / page, {"__name__": "page", "solution": solve(Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), options=quick)})


def test_no_other_page_has_python_that_nothing_executes() -> None:
    tested = {"physics/cmb.md", "physics/bbn.md", "howto/class.md"}
    assert {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md") if blocks(page)} == tested


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    assert targets
    assert [target for target in targets if "://" not in target and not (ROOT / target).exists()] == []


def test_written_tables_are_those_of_the_statements(validation: ModuleType) -> None:
    groups, results = validation.statements(), json.loads(validation.RESULTS.read_text())
    for file, text in validation.texts(groups, results).items():
        assert file.read_text(encoding="utf-8") == text, f"run python scripts/validation.py --write ({file})"


def test_every_group_is_measured_and_on_its_page(validation: ModuleType) -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import measurements
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    for name, group in validation.statements().items():
        if "rows" in group:
            assert callable(getattr(measurements, name.replace("-", "_")))
            page = (validation.FOLDER / f"{group['page']}.md").read_text(encoding="utf-8")
            assert f"tables/{name}.md" in page


def test_a_number_that_is_off_is_found(validation: ModuleType) -> None:
    group = {"columns": ["a", "b"], "measured": ["b"], "tolerance": 0.1, "rows": [["x", "1.0"], ["y", "2.0 (so)"]]}
    good = validation.compared("g", group, [(1.05,), (2.05,)])
    assert validation.judged(good) == 0
    assert validation.judged(validation.compared("g", group, [(1.05,), (2.2,)])) == 1
    assert validation.judged(validation.compared("g", group, [(float("nan"),), (2.0,)])) == 1
    with pytest.raises(ValueError, match="shorter"):
        validation.compared("g", group, [(1.0,)])
