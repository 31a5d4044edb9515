"""Numbers of a user's own: in dataset, record and key, and what is refused."""

import json
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from boltzmann import Options, ParameterError
from boltzmann.scan import contour, scan
from boltzmann.scan.extra import fingerprint
from tests.scan.dummies import MU, prepared

QUICK = Options(n_momenta=8, rtol=1e-3, nu_nu=False)
AXES = {"dm2_41": [0.1, 1.0], "Umu4_sq": [1e-4, 1e-2]}
FACTOR = 2.0


def doubled(solution) -> float:
    """Twice N_eff of the sterile state.

    More text.
    """
    return scaled(solution.N_eff_of("s"))


def scaled(value):
    return FACTOR * value


def nothing(solution) -> float:
    return np.nan


def broken(solution) -> float:
    raise ZeroDivisionError("no number")


def test_values_meaning_record_and_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = {"options": QUICK, "store": tmp_path, "workers": 1, "error_every": 0, "progress": False}
    data = scan(AXES, MU, extra={"twice": doubled, "none": nothing}, **arguments)
    assert data["twice"].dims == ("dm2_41", "Umu4_sq")
    assert data["twice"].attrs["long_name"] == "Twice N_eff of the sterile state."
    assert data["none"].attrs["long_name"] == "nothing"
    assert np.all(data["twice"] > 0.0)
    assert np.isnan(data["none"]).all()
    record = json.loads(next(tmp_path.glob("???/*.json")).read_text().partition("\n")[2])
    assert set(record["inputs"]["extra"]) == {"twice", "none"}
    assert record["numbers"]["none"] is None
    monkeypatch.setattr("boltzmann.scan.point.settled", lambda *_: pytest.fail("a point was computed again"))
    again = scan(AXES, MU, extra={"none": nothing, "twice": doubled}, **arguments)  # in any order
    assert again["twice"].equals(data["twice"])


def test_a_contour_of_an_own_number() -> None:
    axes = {"dm2_41": np.geomspace(0.1, 10.0, 3), "Umu4_sq": np.geomspace(1e-5, 1e-1, 3)}
    data = contour(
        axes, 1.0, "twice", coarse=2, mixing=MU, options=QUICK, extra={"twice": doubled}, error_every=0, progress=False
    )
    known = data["twice"].values
    assert np.nanmin(known) < 1.0 < np.nanmax(known)


def test_a_function_that_fails_is_the_status_of_the_point() -> None:
    axes = {"Umu4_sq": [1e-3]}
    data = scan(axes, MU, options=QUICK, extra={"own": broken}, error_every=0, progress=False)
    assert "ZeroDivisionError: no number" in str(data["message"].values[0])
    assert np.isnan(data["own"].values[0])


def test_the_key_follows_the_function_and_what_it_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint("own", doubled)
    assert before == fingerprint("own", doubled) != fingerprint("own", nothing)
    monkeypatch.setattr(sys.modules[__name__], "FACTOR", 3.0)
    after_constant = fingerprint("own", doubled)
    monkeypatch.setattr(sys.modules[__name__], "scaled", nothing)
    assert len({before, after_constant, fingerprint("own", doubled)}) == 3


def test_no_extra_leaves_keys_as_they_are() -> None:
    plain = prepared()
    with_own = prepared(extra={"own": nothing})
    values = plain.points.values(0)
    inputs, key = plain.job.key(values)
    assert "extra" not in inputs
    assert key != with_own.job.key(values)[1]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"N_eff": nothing}, "extra 'N_eff' is not allowed; give a name"),
        ({"dm2_41": nothing}, "no axis and no variable"),
        ({"T recoupling": nothing}, "letters, digits and _"),
        ({"own": 3.0}, "extra 'own' = 3.0 is not allowed; give a function of a Solution"),
        ({"own": partial(doubled)}, "defined on its own in a file"),
    ],
)
def test_refuses(extra: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        prepared(extra=extra)


def test_refuses_what_cannot_be_read() -> None:
    limit = 3.0

    def closure(solution):
        return limit

    with pytest.raises(ParameterError, match="defined on its own in a file"):
        fingerprint("own", closure)
    names: dict[str, object] = {}
    exec("def typed(solution): return 1.0", names)
    with pytest.raises(ParameterError, match="extra 'own' has a source that cannot be read"):
        fingerprint("own", names["typed"])
