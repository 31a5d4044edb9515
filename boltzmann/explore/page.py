"""The page as Bokeh models: controls, planes, readouts, curves, commands. What happens is in `live` and `static`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.core.templates import get_env
from bokeh.layouts import column, row
from bokeh.models import (
    Button,
    ColumnDataSource,
    CustomJS,
    Div,
    InlineStyleSheet,
    RadioButtonGroup,
    Select,
    Slider,
    TextInput,
)
from bokeh.plotting import figure

from boltzmann.explore import readout
from boltzmann.explore.answer import Answer, Refused
from boltzmann.explore.outlines import Outline, Plane
from boltzmann.explore.state import KNOBS, KNOBS_OF, PLANES, Knob, State, shown_number
from boltzmann.figures.cosmology import PALE
from boltzmann.figures.style import BLACK, BLUE, GREEN, VERMILION

__all__ = ["COMPUTING", "Page", "build", "template"]

_LARGE = ".bk-slider-title { font-size: calc(var(--size, 17px) * 0.9); }"
COMPUTING = "computing …"
_RIGHT = 460  # pixels
_FOLDER = Path(__file__).parent
_FLAVOURS = {"e": VERMILION, "mu": BLUE, "tau": GREEN, "s": BLACK}
_NAMES = {"e": "νₑ", "mu": "ν_μ", "tau": "ν_τ", "s": "νₛ"}
_LANGUAGES = ("Python", "TOML", "shell")
_LABORATORY = (
    "Laboratory: 99 % CL; shaded is allowed, dashed lines are limits, dotted ones what experiments to come would "
    "exclude (*: own estimates). "
)
#: Kind of an outline -> dashes, colour ("": its own).
_PENS = {
    "region": ("solid", ""),
    "limit": ("dashed", ""),
    "expected": ("dotted", "#444444"),
    "cosmology": ("solid", BLACK),
    "N_eff": ("dotted", ""),
}


@dataclass(frozen=True, eq=False)
class Page:
    """The models that change."""

    sliders: dict[str, Any]
    fields: dict[str, Any]
    interaction: Any
    plane: Any
    planes: dict[str, Any]
    marker: Any
    headline: Any
    status: Any
    judges: Any
    notes: Any
    both: Any
    language: Any
    command: Any
    commands: Any
    share: Any
    spectra: Any
    history: Any
    captions: dict[str, Any] = field(default_factory=dict)

    def root(self, curves: bool = True) -> Any:
        """Return the whole page, with or without spectra and evolution."""
        controls = [self.interaction, *(row(self.sliders[n], self.fields[n]) for n in KNOBS), self.both]
        middle = column(self.plane, *self.planes.values(), *self.captions.values(), sizing_mode="stretch_width")
        right = column(self.headline, self.status, self.judges, self.notes, width=_RIGHT)
        copy = Button(label="copy", name="copy", width=90, button_type="primary")
        copy.js_on_event(
            "button_click", CustomJS(args={"source": self.commands, "language": self.language}, code=_COPY)
        )
        below = [row(*self._curves(), sizing_mode="stretch_width")] if curves else []
        text = column(row(self.language, copy), self.command, self.share, sizing_mode="stretch_width")
        top = row(column(*controls, width=340), middle, right, sizing_mode="stretch_width")
        return column(top, text, *below, sizing_mode="stretch_width", name="explorer")

    def _curves(self) -> list[Any]:
        spectra = _figure("spectra at the end", "y = p a", "f / thermal", x_range=(0.0, 12.0))
        for name, colour in _FLAVOURS.items():
            spectra.line("y", name, source=self.spectra, color=colour, line_width=3, legend_label=_NAMES[name])
        history = _figure("evolution", "T [MeV]", "N_eff(T)", x_axis_type="log", x_range=(100.0, 0.01))
        history.line("T", "N_eff", source=self.history, color=BLACK, line_width=3)
        return [spectra, history]

    def show_state(self, state: State) -> None:
        """Put all controls, the marker, commands and the URL where a state is."""
        for name, knob in KNOBS.items():
            value = getattr(state, name)
            text = shown_number(value)
            self.sliders[name].value = knob.slider(value)
            self.fields[name].value = text
            seen = name not in {n for names in KNOBS_OF.values() for n in names} or name in KNOBS_OF[state.interaction]
            self.sliders[name].visible = self.fields[name].visible = seen
        self.interaction.active = list(KNOBS_OF).index(state.interaction)
        self.plane.value = state.plane
        for name, figure_ in self.planes.items():
            figure_.visible = self.captions[name].visible = name == state.plane
        x, y = state.coordinates
        self.marker.data = {"x": [x], "y": [y]}
        self.show_commands(state)

    def show_commands(self, state: State) -> None:
        """Show the equivalent run."""
        found = state.commands()
        self.commands.data = {name: [text] for name, text in found.items()}
        self.command.text = f"<pre>{escape(found[_LANGUAGES[self.language.active]])}</pre>"
        self.share.text = escape(state.query)

    def show_answer(self, answer: Answer | Refused) -> None:
        """Show what solver and judges say."""
        self.headline.text, self.status.text = readout.headline(answer), readout.status(answer)
        self.judges.text, self.notes.text = readout.judges(answer), readout.notes(answer)
        if isinstance(answer, Refused):
            return
        self.both.visible = answer.ask_both
        self.spectra.data = {"y": answer.y, **{a: answer.spectra[a] for a in _FLAVOURS}}
        self.history.data = {"T": answer.T, "N_eff": answer.N_eff_history}


_COPY = "navigator.clipboard.writeText(source.data[language.labels[language.active]][0])"
_SHOW = """const text = source.data[language.labels[language.active]][0];
command.text = "<pre>" + text.replace(/&/g, "&amp;").replace(/</g, "&lt;") + "</pre>";"""
#: A file has no query, but a fragment.
_SHARE = """const query = cb_obj.text.replace(/&amp;/g, "&");
const mark = location.protocol === "file:" ? "#" : "?";
history.replaceState(null, "", query ? mark + query : (mark === "#" ? "#" : location.pathname));"""


def _figure(title: str, x: str, y: str, **options: Any) -> Any:
    """Return an empty figure in large type, without the link to the library's site."""
    found = figure(
        title=title,
        x_axis_label=x,
        y_axis_label=y,
        height=options.pop("height", 330),
        sizing_mode="stretch_width",
        tools=options.pop("tools", ""),
        **options,
    )
    found.toolbar.logo = None
    found.title.text_font_size = "17px"
    for axis in found.axis:
        axis.axis_label_text_font_size, axis.major_label_text_font_size = "18px", "16px"
    return found


def _plane(plane: Plane, marker: Any) -> Any:
    """Return the figure of a plane: a click is an event of it, the point a diamond."""
    found = _figure(
        plane.title,
        *plane.labels,
        height=560,
        x_axis_type="log",
        y_axis_type="log",
        x_range=plane.x_range,
        y_range=plane.y_range,
        tools="tap",
    )
    for outline, colour in zip(plane.outlines, cycle(PALE), strict=False):
        _draw(outline, colour, found)
    found.legend.label_text_font_size = "13px"
    found.legend.location, found.legend.background_fill_alpha = "bottom_left", 0.85
    found.legend.spacing, found.legend.padding, found.legend.margin = 0, 4, 4
    found.scatter(
        "x", "y", source=marker, size=20, marker="diamond", fill_color="#FFD700", line_color="#000", line_width=2
    )
    return found


def _draw(outline: Outline, colour: str, found: Any) -> None:
    """Draw one entry of the legend."""
    for x, y in _closed(outline) if outline.kind == "region" else ():
        found.patch(x, y, color=colour, alpha=0.25, legend_label=outline.label)
    dashes, pen = _PENS[outline.kind]
    width = 4 if outline.kind == "cosmology" and outline.label.endswith("3 σ") else 2
    style = {"color": pen or colour, "line_dash": dashes, "line_width": width}
    found.line(outline.x, outline.y, legend_label=outline.label, **style)


def _closed(outline: Outline) -> Iterator[tuple[Any, Any]]:
    """Yield the lines that end where they begin: those that leave the plane have no inside to fill."""
    gaps = np.flatnonzero(np.isnan(outline.x))
    for x, y in zip(np.split(outline.x, gaps), np.split(outline.y, gaps), strict=True):
        points = np.isfinite(x)
        if points.any() and np.allclose((x[points][0], y[points][0]), (x[points][-1], y[points][-1])):
            yield x[points], y[points]


def build(planes: dict[str, Plane], state: State) -> Page:
    """Return the page at a state, without an answer.

    Parameters
    ----------
    planes : dict
        Name -> `boltzmann.explore.outlines.plane`, those that the page offers.
    state : State
    """
    style = InlineStyleSheet(css=(_FOLDER / "readout.css").read_text(encoding="utf-8"))
    marker = ColumnDataSource({"x": [], "y": []})

    def div(name: str, **options: Any) -> Any:
        return Div(name=name, stylesheets=[style], **options)

    page = Page(
        sliders={name: _slider(knob) for name, knob in KNOBS.items()},
        fields={n: TextInput(name=f"field_{n}", width=90, tags=[f"aria:{k.label}"]) for n, k in KNOBS.items()},
        interaction=RadioButtonGroup(labels=["3+1", "vector", "pseudoscalar"], name="interaction"),
        plane=Select(options=[(n, p.title) for n, p in planes.items()], name="plane", tags=["aria:plane"]),
        planes={name: _plane(plane, marker) for name, plane in planes.items()},
        marker=marker,
        headline=div("headline", width=_RIGHT),
        status=div("status", width=_RIGHT),
        judges=div("judges", width=_RIGHT),
        notes=div("notes", width=_RIGHT),
        both=Button(label="full run, neutrinos and antineutrinos apart", name="both", visible=False, width=340),
        language=RadioButtonGroup(labels=list(_LANGUAGES), active=2, name="language"),
        command=div("command", sizing_mode="stretch_width"),
        commands=ColumnDataSource({name: [""] for name in _LANGUAGES}),
        share=Div(name="share", visible=False),
        spectra=ColumnDataSource({name: [] for name in ("y", *_FLAVOURS)}),
        history=ColumnDataSource({"T": [], "N_eff": []}),
        captions={name: div(f"caption_{name}", text=_caption(plane)) for name, plane in planes.items()},
    )
    page.show_state(state)
    page.share.js_on_change("text", CustomJS(code=_SHARE))
    shown = CustomJS(args={"source": page.commands, "language": page.language, "command": page.command}, code=_SHOW)
    page.language.js_on_change("active", shown)
    return page


def _slider(knob: Knob) -> Any:
    low, high = knob.slider(knob.low), knob.slider(knob.high)
    step = 0.01 if knob.log else 0.001
    title = f"{knob.label} [{knob.unit}]" if knob.unit else knob.label
    return Slider(
        start=low, end=high, step=step, value=low, show_value=False, name=f"slider_{knob.name}", width=230,
        title=title, stylesheets=[InlineStyleSheet(css=_LARGE)], tags=[f"aria:{knob.label}"],
    )  # fmt: skip


def _caption(plane: Plane) -> str:
    """Return what the lines of a plane are."""
    laboratory = "" if plane.name in KNOBS_OF else _LABORATORY
    return f'<p class="quiet">{laboratory}{escape(plane.note)} A click moves the point.</p>'


def template() -> Any:
    """Return the page around the models: style, keyboard, the heading."""
    style, script = ((_FOLDER / f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    source = (
        '{% extends "file.html.jinja" %}{% from "macros.html.jinja" import embed %}'
        f"{{% block postamble %}}<link rel='icon' href='data:,'><style>{style}</style>"
        f"<script>const AXES = {json.dumps(PLANES)};</script>{{% endblock %}}"
        "{% block contents %}<h1 style='font-size:1.3em;margin:0'>Sterile neutrinos in the early Universe</h1>"
        "<p style='margin:0;font-size:0.85em'>Arrow keys move the point in the plane (Shift: farther), "
        "l is large type, Tab reaches every control.</p>{{ super() }}"
        f"<script>{script}</script>{{% endblock %}}"
    )
    return get_env().from_string(source)
