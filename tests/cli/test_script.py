"""How scripts of a checkout end: one line for what input can cause, and nothing is disguised."""

from collections.abc import Callable

import pytest

from boltzmann.cli.script import script
from boltzmann.errors import MissingLibrary, ParameterError


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        """Fail."""
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ParameterError("points = 0 is not allowed"), 2, "Error: points = 0 is not allowed"),
        (
            FileNotFoundError(2, "No such file or directory", "x"),
            2,
            "Error: x cannot be used: No such file or directory",
        ),
        (MissingLibrary("primat is not installed"), 2, "Error: primat is not installed"),
        (KeyboardInterrupt("12 of 30 points are kept"), 130, "12 of 30 points are kept"),
        (KeyboardInterrupt(), 130, "Stopped."),
    ],
)
def test_what_input_can_cause_is_a_line(error: BaseException, code: int, line: str, capsys) -> None:
    assert script(raising(error))() == code
    assert capsys.readouterr().err == f"{line}\n"


@pytest.mark.parametrize("error", [ValueError("of ours"), ImportError("of ours"), KeyError("of ours")])
def test_an_error_of_ours_is_not_disguised(error: Exception) -> None:
    with pytest.raises(type(error)):
        script(raising(error))()


def test_a_script_that_ends_well() -> None:
    main = script(lambda: None)
    assert main() == 0
    assert script(raising(KeyError())).__doc__ == "Fail."
