"""The process ``sterile``: it ends at once, and still does all that an end has to do; and what it need not import."""

import os
import subprocess
import sys
import time
import tomllib
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from boltzmann.cli import commands

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = "from boltzmann.cli import console\nconsole()"
TINY = ("--n-momenta", "8", "--rtol", "1e-3", "--no-nu-nu")
#: Prints when Python takes itself apart.
WITNESS = "class Witness:\n    def __del__(self): print('taken apart')\nwitness = Witness()\n"


def process(code: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, text=True, check=False, **{"capture_output": True, **options})


def test_the_command_is_this_function() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"] == {
        "sterile": "boltzmann.cli:console"
    }


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--version"], 0),
        (["what"], 2),
        (["solve", "--dm2-41", "1.3 eV"], 2),
        (["solve", "--max-steps", "1", *TINY], 1),
    ],
)
def test_exit_codes_and_streams_are_those_of_python(arguments: list[str], code: int) -> None:
    main = "from boltzmann.cli import main\nmain(prog_name='sterile')"
    ours, pythons = (process(start, *arguments) for start in (CONSOLE, main))
    assert (ours.returncode, ours.stdout, ours.stderr) == (pythons.returncode, pythons.stdout, pythons.stderr)
    assert ours.returncode == code


def test_the_end_runs_what_is_registered_and_takes_nothing_apart(tmp_path: Path) -> None:
    registered = "import atexit\natexit.register(print, 'registered')\n"
    with (tmp_path / "output").open("w") as file:
        process(registered + WITNESS + CONSOLE, "--version", capture_output=False, stdout=file)
    assert (tmp_path / "output").read_text().endswith("\nregistered\n")


def test_an_end_waits_for_other_threads() -> None:
    late = (  # it goes on when the main thread has come to its end, however long that takes
        "import threading\nthreading.Thread(target=lambda: (threading.main_thread().join(), print('done'))).start()\n"
    )
    assert process(late + WITNESS + CONSOLE, "--version").stdout.split("\n")[-3:] == ["done", "taken apart", ""]


def test_a_stream_that_cannot_be_flushed_is_pythons_business() -> None:
    writing = "from boltzmann import cli\ndef main(**_):\n    sys.stdout.write('text')\n    raise SystemExit(0)\n"
    with open("/dev/full", "w") as full:
        done = process(
            f"import sys\n{writing}cli.main = main\ncli.console()",
            capture_output=False,
            stdout=full,
            stderr=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        )
    assert done.returncode == 120
    assert "No space left on device" in done.stderr


@cache
def loaded() -> frozenset[str]:
    """Return the modules of a process that solved when all tables were there; no bar, however slow the machine."""
    code = "import sys, time\ntime.time = float\nfrom boltzmann.cli import main\ntry:\n    main()\n"
    code += "except SystemExit:\n    print(*sys.modules, file=sys.stderr)"
    runs = [process(code, "solve", "--dm2-41", "1 eV2", "--ue4-sq", "1e-3", *TINY) for _ in range(2)]
    assert runs[1].stdout.startswith("N_eff"), runs[1].stderr
    return frozenset(runs[1].stderr.split())


@pytest.mark.parametrize(
    "libraries",
    [
        ("matplotlib", "tqdm", "xarray", "h5py", "classy", "boltzmann.cmb.likelihood", "boltzmann.lab"),
        ("scipy.interpolate", "scipy.optimize", "scipy.integrate", "scipy.stats", "scipy.sparse"),
        ("astropy",),
    ],
)
def test_a_run_whose_tables_are_there_loads_no_heavy_library(libraries: tuple[str, ...]) -> None:
    """Each of them takes longer to import than three states take to solve. numba itself needs scipy.linalg."""
    assert not set(libraries) & loaded()


def test_a_bar_appears_after_a_second_and_counts_from_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    late = [-65.0]
    monkeypatch.setattr(commands, "time", SimpleNamespace(time=lambda: time.time() + late[0]))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with commands._bar("solving") as (show, say):
        show(0.5)
        assert capsys.readouterr().err == ""
        late[0] = 0.0
        show(0.6)
        time.sleep(0.2)  # tqdm draws ten times a second
        show(0.7)
        assert "solving  70% |" in capsys.readouterr().err
        say("words")
    shown = capsys.readouterr().err
    assert "solving: words\n" in shown
    assert "01:05" in shown


def test_words_come_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with commands._bar("judging") as (_, say):
        say("words")
    assert capsys.readouterr().err == "judging: words\n"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("sterile so", "solve"), ("sterile solve --ue4", "--ue4-sq"), ("sterile compare --bench", "--benchmark")],
)
def test_the_shell_completes_commands_and_options(words: str, wanted: str) -> None:
    """What `eval "$(_STERILE_COMPLETE=bash_source sterile)"` asks for at a Tab."""
    from click.shell_completion import BashComplete

    from boltzmann.cli import main

    source = BashComplete(main, {}, "sterile", "_STERILE_COMPLETE")
    assert "complete -o nosort" in source.source()
    *arguments, incomplete = words.split()[1:]
    assert wanted in {item.value for item in source.get_completions(arguments, incomplete)}
