"""The explorer as a server on 127.0.0.1: pages of this machine's browser, one thread that solves.

What protects it: it listens on the loopback interface and nothing else can be chosen; a request whose Host or Origin is
not that of the page gets 403, as does what would embed the page elsewhere; a URL can only say numbers and choices,
which `State` clamps; all of Bokeh's script is in the page, so that nothing is fetched.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from bokeh.application import Application
from bokeh.application.handlers import FunctionHandler
from bokeh.events import Tap
from bokeh.server.server import BaseServer
from bokeh.server.tornado import BokehTornado
from bokeh.server.util import bind_sockets
from bokeh.settings import settings
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.routing import Matcher, Rule
from tornado.web import ErrorHandler

from boltzmann.explore.answer import Answer, Refused, answer
from boltzmann.explore.outlines import Plane
from boltzmann.explore.page import COMPUTING, Page, build, template
from boltzmann.explore.state import KNOBS, KNOBS_OF, State
from boltzmann.explore.worker import Worker

__all__ = ["ADDRESS", "Session", "Site"]

ADDRESS = "127.0.0.1"
SESSIONS = 4  # pages at a time; each keeps one answer
_FULL = "This explorer serves {} pages at a time; close another one and reload."

Solver = Worker[State, Answer | Refused]


class Foreign(Matcher):
    """Matches what does not come from the page itself: another Host, another Origin, or the way to embed it."""

    def __init__(self, port: int) -> None:
        self.hosts = tuple(f"{name}:{port}" for name in (ADDRESS, "localhost"))

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """Return arguments for the handler that refuses, or None for what is ours."""
        origin = request.headers.get("Origin")
        own = request.host in self.hosts and (origin is None or origin in {f"http://{host}" for host in self.hosts})
        return None if own and not request.path.endswith("autoload.js") else {}


class Session:
    """One page: its state, and what happens when something is moved.

    Parameters
    ----------
    doc : bokeh Document
    solver : Worker
    planes : dict
        Name -> `Plane`.
    state : State
        Where it begins.
    """

    def __init__(self, doc: Any, solver: Solver, planes: dict[str, Plane], state: State) -> None:
        self.doc, self.solver, self.state = doc, solver, state
        self.page: Page = build(planes, state)
        self._showing = False
        self._listen()
        self._ask()

    def _listen(self) -> None:
        page = self.page
        for name in KNOBS:
            page.sliders[name].on_change("value", partial(self._slid, name))
            page.fields[name].on_change("value", partial(self._typed, name))
        page.interaction.on_change("active", lambda _, __, k: self._move(self._interacting(list(KNOBS_OF)[k])))
        page.plane.on_change(
            "value", lambda _, __, name: self._move(self.state.moved(plane=name, signs=self.state.signs))
        )
        page.both.on_click(lambda: self._move(self.state.moved(signs="auto")))
        for found in page.planes.values():
            found.on_event(Tap, lambda event: self._move(self.state.at(event.x, event.y)))

    def _interacting(self, kind: str) -> State:
        """Return the state with another interaction, in a plane that it has."""
        lost = self.state.plane in KNOBS_OF and self.state.plane != kind
        return self.state.moved(interaction=kind, **({"plane": "mue"} if lost else {}))

    def _slid(self, name: str, _: str, __: float, value: float) -> None:
        self._move(self.state.moved(**{name: KNOBS[name].value(value)}))

    def _typed(self, name: str, _: str, __: str, text: str) -> None:
        read = State.from_query({name: text})
        try:
            float(text)
        except ValueError:
            read = self.state  # what is no number is put back
        self._move(self.state.moved(**{name: getattr(read, name)}))

    def _move(self, state: State) -> None:
        """Go to a state, unless the page is only being told where it is."""
        if self._showing:
            return
        if state.plane in KNOBS_OF and state.interaction != state.plane:
            state = state.moved(interaction=state.plane)
        changed, self.state = state != self.state, state
        self._showing = True
        try:
            self.page.show_state(state)
        finally:
            self._showing = False
        if changed:
            self._ask()

    def _ask(self) -> None:
        self.page.status.text = COMPUTING
        self.page.both.visible = False
        self.solver.submit(id(self), self.state, self._deliver)

    def _deliver(self, found: Answer | Refused) -> None:
        """Hand over from the thread that solves to that of the page."""
        self.doc.add_next_tick_callback(partial(self._show, found))

    def _show(self, found: Answer | Refused) -> None:
        if found.state == self.state:
            self.page.show_answer(found)

    def close(self, _: Any = None) -> None:
        """Forget what was asked for."""
        self.solver.forget(id(self))


class Site:
    """The server, bound when it is made.

    Parameters
    ----------
    planes : dict
        Name -> `Plane`, of all `PLANES`.
    port : int
        0: one that is free.
    solve : callable
        As of `Worker`; to put something else in its place.

    Raises
    ------
    OSError
        The port is not free.
    """

    def __init__(
        self, planes: dict[str, Plane], port: int = 0, solve: Callable[..., Answer | Refused] = answer
    ) -> None:
        settings.resources = "inline"
        logging.getLogger("bokeh").setLevel(logging.WARNING)
        self.planes, self.sessions = planes, 0
        self.solver: Solver = Worker(solve)
        sockets, self.port = bind_sockets(ADDRESS, port)
        application = Application(FunctionHandler(self._open))
        allowed = [f"{name}:{self.port}" for name in (ADDRESS, "localhost")]
        tornado = BokehTornado(
            {"/": application}, extra_websocket_origins=allowed, ico_path="none", keep_alive_milliseconds=10000
        )
        tornado.wildcard_router.rules.insert(0, Rule(Foreign(self.port), ErrorHandler, {"status_code": 403}))
        self.loop = IOLoop.current()
        http = HTTPServer(tornado, max_body_size=10_000)
        self.server = BaseServer(self.loop, tornado, http)
        http.add_sockets(sockets)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{ADDRESS}:{self.port}/"

    def _open(self, doc: Any) -> None:
        """Make a page for a visitor."""
        doc.title, doc.template = "sterile explore", template()
        if self.sessions >= SESSIONS:
            doc.template = _sentence(_FULL.format(SESSIONS))
            return
        arguments = doc.session_context.request.arguments if doc.session_context else {}
        query = {name: values[-1].decode("utf-8", "replace") for name, values in arguments.items()}
        session = Session(doc, self.solver, self.planes, State.from_query(query))
        self.sessions += 1
        doc.on_session_destroyed(partial(self._closed, session))
        doc.add_root(session.page.root())

    def _closed(self, session: Session, _: Any) -> None:
        session.close()
        self.sessions -= 1

    def run(self) -> None:
        """Serve until the process is told to stop."""
        self.server.start()
        try:
            self.loop.start()
        finally:
            self.stop()

    def stop(self) -> None:
        """End server and solver."""
        self.server.stop()
        self.server._http.stop()
        self.solver.stop()


def _sentence(words: str) -> Any:
    """Return the template of a page with one sentence."""
    from bokeh.core.templates import get_env

    return get_env().from_string(
        f'{{% extends "file.html.jinja" %}}{{% block contents %}}<p>{words}</p>{{% endblock %}}'
    )
