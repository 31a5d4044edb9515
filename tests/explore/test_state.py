"""What is chosen: ranges, URL, and commands that mean the same as the state."""

import shlex
import tomllib
from dataclasses import fields, replace
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boltzmann.cli.options import ALIASES, build, build_asymmetry, build_interactions, read_config
from boltzmann.explore.state import CHOICES, KNOBS, PLANES, State, commands
from boltzmann.parameters import Asymmetry, Mixing, Options, ParameterError
from boltzmann.potentials import LowReheating, SecretPseudoscalar, SecretVector

_NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
STATES = st.builds(
    State, **{name: _NUMBERS for name in KNOBS}, **{name: st.sampled_from(values) for name, values in CHOICES.items()}
)
#: |U_a4|^2 that no unitarity forbids, so that a `Mixing` exists.
SMALL = STATES.map(lambda state: replace(state, Umu4_sq=min(state.Umu4_sq, 0.2), Utau4_sq=min(state.Utau4_sq, 0.2)))


@given(STATES)
def test_every_state_is_in_range_and_survives_its_url(state: State) -> None:
    for name, knob in KNOBS.items():
        value = getattr(state, name)
        assert knob.low <= value <= knob.high or (knob.zero and value == 0.0)
        assert value == float(f"{value:.4g}")
    assert State.from_query(dict(parse_qsl(state.query))) == state


@settings(max_examples=40)
@given(st.dictionaries(st.text(max_size=12) | st.sampled_from([f.name for f in fields(State)]), st.text(max_size=12)))
def test_no_query_breaks_it(query: dict[str, str]) -> None:
    assert isinstance(State.from_query(query), State)


def test_there_is_no_negative_zero() -> None:
    assert State(xi=-0.0).commands() == State().commands()


def test_what_a_query_may_say() -> None:
    assert State.from_query({"dm2_41": "1e99", "M": "abc", "file": "/etc/passwd", "plane": "../x"}) == State(dm2_41=100)
    assert State.from_query({"e_s": "nan", "g_s": "inf"}) == State()
    assert State().query == ""


@given(STATES, st.floats(1e-9, 0.1), st.floats(0.02, 10.0))
def test_a_click_moves_the_point_to_where_it_was(state: State, x: float, y: float) -> None:
    moved = state.at(x, y)
    assert moved.signs == "same"
    across, up = PLANES[state.plane]
    low, high = (KNOBS[up].low, KNOBS[up].high)
    assert moved.coordinates[1] == pytest.approx(min(max(y, low), high), rel=1e-3)  # four digits
    if across != "sin2_2theta_mue":
        assert moved.coordinates[0] == pytest.approx(KNOBS[across].clamped(x) or KNOBS[across].low, rel=1e-3)


def test_a_click_keeps_the_ratio_of_elements() -> None:
    moved = State(Ue4_sq=0.02, Umu4_sq=0.01).at(8e-6, 1.0)
    assert moved.Ue4_sq / moved.Umu4_sq == pytest.approx(2.0, rel=1e-3)  # four digits
    assert moved.coordinates == pytest.approx((8e-6, 1.0), rel=2e-3)  # of both
    equal = State(Ue4_sq=0.0, Umu4_sq=0.01).at(4e-4, 1.0)
    assert equal.Ue4_sq == equal.Umu4_sq == 0.01


@settings(max_examples=25)
@given(SMALL)
def test_python_toml_and_shell_mean_the_state(state: State) -> None:
    names = {"Mixing": Mixing, "Options": Options, "Asymmetry": Asymmetry}
    wanted = (state.mixing, state.interactions, state.asymmetry, state.options)
    calls = []

    def solve(mixing, interactions=(), options=None, asymmetry=None):
        calls.append((mixing, tuple(interactions), asymmetry, options))
        return type("Solution", (), {"N_eff": 3.0})

    secret = {kind.__name__: kind for kind in (SecretVector, SecretPseudoscalar, LowReheating)}
    text = state.commands()["Python"]
    body = "\n".join(line for line in text.splitlines() if not line.startswith("from "))
    exec(body, {**names, **secret, "solve": solve, "confront": str, "print": lambda _: None})
    assert calls == [wanted]
    assert all(name in text for name in ("from boltzmann import", "confront(solution)"))


@settings(max_examples=25)
@given(SMALL)
def test_toml_and_shell_are_read_by_the_command_line(tmp_path_factory, state: State) -> None:
    tables = ("mixing", "options", "asymmetry", *ALIASES)
    wanted = (state.mixing, state.interactions, state.asymmetry, state.options)
    nothing = dict.fromkeys(ALIASES, ())
    file = tmp_path_factory.getbasetemp() / "point.toml"
    file.write_text(state.commands()["TOML"])
    assert tomllib.loads(file.read_text())
    assert _meant(read_config(file, tables), nothing) == wanted
    from boltzmann.cli.commands import solve

    words = shlex.split(state.commands()["shell"])
    assert words[:3] == ["sterile", "solve", "--verdict"]
    given_ = solve.make_context("solve", words[2:]).params
    assert given_["verdict"]
    assert _meant(read_config(None, tables), given_) == wanted


def _meant(tables, given_):
    return (
        build("mixing", tables, given_),
        build_interactions(tables, given_),
        build_asymmetry(tables, given_),
        build("options", tables, given_),
    )


def test_commands_take_placeholders() -> None:
    texts = {
        **{name: f"{{{name}}}" for name in KNOBS},
        "xi": "0",
        "T_RH": "30",
        "signs": "same",
        "interaction": "vector",
    }
    found = commands(texts)
    assert all("{e_s}" in text and "{M}" in text and "{dm2_41}" in text for text in found.values())
    assert all("symmetry" not in text and "--xi" not in text and "eheating" not in text for text in found.values())


def test_the_upper_end_of_the_reheating_temperature_is_the_standard_history() -> None:
    assert State(T_RH=1e3).interactions == ()
    assert State(T_RH=4.0).interactions == (LowReheating(T_RH="4 MeV"),)
    assert State(T_RH=4.0, interaction="vector").interactions[1] == LowReheating(T_RH="4 MeV")
    assert State(T_RH=4.0).query == "T_RH=4"
    assert '--low-reheating "T_RH=4 MeV"' in State(T_RH=4.0).commands()["shell"]


def test_drafts_are_careful_with_light_mediators() -> None:
    assert State().draft.rtol == State(interaction="vector", M=5.0).draft.rtol == 1e-3
    assert State(interaction="vector", M=0.1).draft.rtol is None
    assert State(interaction="pseudoscalar").draft.rtol is None
    assert State(signs="auto").options.signs == "auto"
    assert (State().draft.n_momenta, State(T_RH=4.0).draft.n_momenta) == (14, 16)


def test_too_much_mixing_is_refused_in_a_sentence() -> None:
    with pytest.raises(ParameterError, match="Ue4_sq"):
        _ = State(Ue4_sq=0.5, Umu4_sq=0.5, Utau4_sq=0.5).mixing
