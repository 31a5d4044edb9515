"""The explorer as one HTML file: the same page over tables of the shipped scans, which need no solver and no network.

Tables are the scans on finer axes, monotone cubic in the logarithms as everywhere (`boltzmann.comparison.joint`); the
page is linear between them. How far that is from the solver is measured in tests/explore/test_static.py.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.document import Document
from bokeh.embed import file_html
from bokeh.events import Tap
from bokeh.models import CustomJS
from bokeh.resources import INLINE

from boltzmann import lab
from boltzmann.cmb.judge import WORDS
from boltzmann.comparison import scans
from boltzmann.comparison.benchmarks import benchmark
from boltzmann.comparison.confrontation import NAMES
from boltzmann.comparison.joint import LAB_PARAMETERS, delta_root, filled, interpolated
from boltzmann.explore.outlines import plane
from boltzmann.explore.page import Page, build, template
from boltzmann.explore.readout import COLOURS
from boltzmann.explore.state import KNOBS, KNOBS_OF, PLANES, STANDARD, State, commands, shown_number
from boltzmann.lab import minima
from boltzmann.lab.parameters import at_amplitude
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.files import write_text
from boltzmann.numerics.statistics import PARAMETERS, delta_chi2_at

__all__ = ["experiments", "grid", "html", "write"]

_FINER = {2: 3, 3: 2}  # parameters of a scan -> steps of the table in one of the scan
_LAB_POINTS = 81
_DM2, _ELEMENT, _PRODUCT = (0.01, 100.0), (1e-6, 0.5), (1e-10, 1.0)
_KNOBS = ("dm2_41", "Ue4_sq", "Umu4_sq", "e_s", "M", "g_s", "m_phi")
#: Interaction -> its scan, the axes of the scan.
_SCANS: dict[str, tuple[str, tuple[str, ...]]] = {
    "none": ("3+1", ("dm2_41", "Ue4_sq", "Umu4_sq")),
    "vector": ("plane_vector", ("coupling", "mediator_mass")),
    "pseudoscalar": ("plane_pseudoscalar", ("coupling", "mediator_mass")),
}


def _finer(axis: Array, factor: int) -> Array:
    """Return a logarithmic axis with more points, which keeps the old ones."""
    return np.geomspace(axis[0], axis[-1], factor * (axis.size - 1) + 1)


def grid(kind: str) -> dict[str, Any]:
    """Return the tables of an interaction.

    Parameters
    ----------
    kind : str
        Of `boltzmann.explore.state.KNOBS_OF`.

    Returns
    -------
    dict
        names of knobs, axes, N_eff, m_eff and for every combination of CMB data the signed root of Delta chi^2 (flat,
        float32), what is fixed, and a sentence.
    """
    name, dims = _SCANS[kind]
    data = scans.load(name).transpose(*dims, ...)
    old = [data[dim].values for dim in dims]
    new = [_finer(axis, _FINER[len(old)]) for axis in old]

    def table(values: Array) -> Any:
        return interpolated(filled(values), old, new).astype(np.float32).ravel()

    m_eff = table(data["m_eff"].values)
    m_eff[table(data["N_eff_colliding"].values) > 0.0] = np.nan  # of a fluid, m_eff has no meaning
    roots = [(NAMES[d], table(delta_root(filled(data["delta_chi2"].sel(data=d).values)))) for d in data["data"].values]
    return {
        "names": list(KNOBS_OF[kind] or dims),
        "axes": [axis.tolist() for axis in new],
        "N_eff": table(data["N_eff"].values),
        "m_eff": m_eff,
        "data": roots,
        "fixed": _fixed(kind),
        "status": f"interpolated in the shipped scan {name}; `sterile explore` solves",
    }


def _fixed(kind: str) -> dict[str, float]:
    """Return what a scan does not vary."""
    if kind == "none":
        return {}
    mixing = benchmark(scans.POINT).mixing
    return {"dm2_41": float(mixing.number("dm2_41")), "Ue4_sq": mixing.Ue4_sq, "Umu4_sq": mixing.Umu4_sq}


def experiments() -> list[dict[str, Any]]:
    """Return -2 ln L of every verified experiment above that without mixing, on (dm2_41, amplitude)."""
    return [_experiment(name) for name in lab.verified()]


def _experiment(name: str) -> dict[str, Any]:
    module, dm2 = lab.experiment(name), np.geomspace(*_DM2, _LAB_POINTS)
    amplitude = np.geomspace(*(_PRODUCT if module.CHANNEL == "mue" else _ELEMENT), _LAB_POINTS)
    sin2 = amplitude if module.CHANNEL == "mue" else 4.0 * amplitude * (1.0 - amplitude)
    values = np.full((dm2.size, amplitude.size), np.nan)
    for k, splitting in enumerate(dm2):
        if minima.covers(name, splitting):
            point = at_amplitude(module.CHANNEL, splitting, sin2)
            values[k] = module.chi2(splitting, point.Ue4_sq, point.Umu4_sq) - module.chi2(splitting)
    table = values.astype(np.float32).ravel()
    return {"name": module.NAME, "channel": module.CHANNEL, "amplitude": amplitude.tolist(), "table": table}


def _laboratory() -> dict[str, Any]:
    limits = [[delta_chi2_at(s, parameters) for s, _ in WORDS] for parameters in (PARAMETERS, LAB_PARAMETERS)]
    return {"dm2_41": np.geomspace(*_DM2, _LAB_POINTS).tolist(), "experiments": experiments(), "limits": limits}


def _texts() -> dict[str, dict[str, str]]:
    """Return the commands of every interaction with placeholders for the numbers."""
    numbers = {name: f"{{{name}}}" for name in _KNOBS}
    rest = {"Utau4_sq": "0", "xi": "0", "T_RH": shown_number(STANDARD), "signs": "same"}
    return {kind: commands({**numbers, **rest, "interaction": kind}) for kind in KNOBS_OF}


def _arguments(page: Page, state: State) -> dict[str, Any]:
    """Return what the script of the page gets."""
    names = (
        "sliders", "fields", "interaction", "plane", "planes", "captions", "marker", "headline", "status", "judges",
        "language", "command", "commands", "share",
    )  # fmt: skip
    start = {name: getattr(state, name) for name in (*_KNOBS, "interaction", "plane")}
    return {
        "models": {name: getattr(page, name) for name in names},
        "start": start,
        "knobs": {name: {k: getattr(KNOBS[name], k) for k in ("low", "high", "zero")} for name in _KNOBS},
        "planes": {name: list(axes) for name, axes in PLANES.items()},
        "grids": {kind: grid(kind) for kind in KNOBS_OF},
        "lab": _laboratory(),
        "words": [*(word for _, word in WORDS), "excluded"],
        "colours": COLOURS,
        "texts": _texts(),
    }


def _listen(page: Page) -> None:
    """Tie controls to the script."""
    for name in _KNOBS:
        moved = f"globalThis.explorer?.move({{{name}: 10 ** cb_obj.value}})"
        page.sliders[name].js_on_change("value", CustomJS(code=moved))
        page.fields[name].js_on_change(
            "value", CustomJS(code=f"globalThis.explorer?.move({{{name}: Number(cb_obj.value)}})")
        )
    kinds = list(KNOBS_OF)
    chosen = f"globalThis.explorer?.move({{interaction: {kinds}[cb_obj.active]}})"
    page.interaction.js_on_change("active", CustomJS(code=chosen))
    page.plane.js_on_change("value", CustomJS(code="globalThis.explorer?.move({plane: cb_obj.value})"))
    for found in page.planes.values():
        found.js_on_event(Tap, CustomJS(code="globalThis.explorer?.at(cb_obj.x, cb_obj.y)"))


def html(say: Callable[[str], None] = lambda _: None) -> str:
    """Return the page as text."""
    say("lines of the planes (kept in the cache)")
    state = State()
    page = build({name: plane(name) for name in PLANES}, state)
    for name in set(KNOBS) - set(_KNOBS):
        page.sliders[name].visible = page.fields[name].visible = False
    say("tables")
    script = (Path(__file__).parent / "static.js").read_text(encoding="utf-8")
    _listen(page)
    doc = Document()
    doc.add_root(page.root(curves=False))
    doc.js_on_event("document_ready", CustomJS(args=_arguments(page, state), code=script))
    text: str = file_html(doc, INLINE, title="sterile explore", template=template())
    return text


def write(file: Path, say: Callable[[str], None] = lambda _: None) -> None:
    """Write the page.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    write_text(file, html(say))
