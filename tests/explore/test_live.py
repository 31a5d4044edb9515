"""The server: what it refuses, and a page in a real browser."""

import asyncio
import socket
import urllib.error
import urllib.request

import pytest

pytest.importorskip("bokeh", reason="the page needs Bokeh: pip install 'sterile-boltzmann[explore]'")

from bokeh.document import Document
from bokeh.events import ButtonClick
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from boltzmann import Options, solve
from boltzmann.explore.answer import Refused, answer
from boltzmann.explore.live import SESSIONS, Session
from boltzmann.explore.page import COMPUTING
from boltzmann.explore.state import State
from tests.explore.chromium import BROWSER, DRIVER, MISSING, Chromium

#: Connections of pages that are still open are cut when the server of a test ends.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
UP, RIGHT = "\ue013", "\ue014"  # keys of the WebDriver protocol


def status(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as found:
            return found.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_what_is_not_from_the_page_is_refused(site) -> None:
    assert status(site.url) == 200
    assert status(site.url, Origin=site.url.rstrip("/")) == 200
    for headers in ({"Origin": "http://example.org"}, {"Host": "example.org"}, {"Origin": "null"}):
        assert status(site.url, **headers) == 403
    assert status(f"{site.url}autoload.js?bokeh-autoload-element=x") == 403
    assert status(f"{site.url}static/../../../../etc/passwd") in (403, 404)
    assert status(f"{site.url}static/%2e%2e/%2e%2e/server.py") in (403, 404)


@pytest.mark.parametrize("origin", ["http://example.org", "http://127.0.0.1:1", "null"])
def test_websockets_of_foreign_origins_are_refused(site, origin: str) -> None:
    async def connect() -> None:
        url = site.url.replace("http", "ws") + "ws"
        await websocket_connect(HTTPRequest(url, headers={"Origin": origin}))

    with pytest.raises(HTTPClientError) as refused:
        asyncio.run(connect())
    assert refused.value.code == 403


def test_only_the_loopback_interface_listens(site) -> None:
    addresses = {sock.getsockname()[0] for sock in site.server._http._sockets.values()}
    assert addresses == {"127.0.0.1"}
    with socket.socket() as other:  # all of 127/8 is loopback, but only one address is bound
        assert other.connect_ex(("127.0.0.2", site.port)) != 0


def test_the_page_fetches_nothing_and_pages_are_limited(site) -> None:
    with urllib.request.urlopen(site.url, timeout=60) as found:
        text = found.read().decode()
    assert "<script src=" not in text
    assert 'rel="stylesheet"' not in text
    for _ in range(SESSIONS - 1):
        assert status(site.url) == 200
    with urllib.request.urlopen(site.url, timeout=60) as found:
        assert f"serves {SESSIONS} pages at a time" in found.read().decode()


class Asked:
    """A solver that only records."""

    def __init__(self) -> None:
        self.requests = []

    def submit(self, _, request, deliver) -> None:
        self.requests.append(request)
        self.deliver = deliver

    def forget(self, _) -> None:
        self.requests.clear()


@pytest.fixture
def session(toy_planes):
    return Session(Document(), Asked(), toy_planes, State())


def test_controls_move_the_state_and_each_other(session) -> None:
    page = session.page
    page.sliders["dm2_41"].value = 0.0
    assert session.state.dm2_41 == 1.0
    assert page.fields["dm2_41"].value == "1"
    page.fields["Ue4_sq"].value = "0.003"
    assert page.sliders["Ue4_sq"].value == pytest.approx(-2.5229, abs=1e-4)  # log10
    page.fields["Ue4_sq"].value = "a lot"
    assert page.fields["Ue4_sq"].value == "0.003"
    assert session.solver.requests == [State(), State(dm2_41=1.0), State(dm2_41=1.0, Ue4_sq=0.003)]
    assert "--ue4-sq 0.003" in page.command.text
    assert page.share.text == "dm2_41=1&amp;Ue4_sq=0.003"
    assert page.status.text == COMPUTING


def test_a_low_reheating_is_moved_like_the_rest(session) -> None:
    page = session.page
    page.fields["T_RH"].value = "4"
    assert session.state == State(T_RH=4.0)
    assert "--low-reheating" in page.command.text
    page.sliders["T_RH"].value = page.sliders["T_RH"].end
    assert session.state == State()
    assert "--low-reheating" not in page.command.text


def test_planes_and_interactions_go_together(session) -> None:
    page = session.page
    assert not page.sliders["M"].visible
    page.plane.value = "vector"
    assert session.state.interaction == "vector"
    assert page.sliders["M"].visible
    assert page.planes["vector"].visible
    assert not page.planes["mue"].visible
    page.interaction.active = 2
    assert (session.state.interaction, session.state.plane) == ("pseudoscalar", "mue")


def test_an_answer_is_shown_if_it_is_still_wanted(session) -> None:
    found = answer(session.state, full=False)
    session._show(found)
    assert f"{found.confrontation.N_eff:.4f}" in session.page.headline.text
    assert list(session.page.spectra.data["y"]) == list(found.y)
    session._move(session.state.moved(Ue4_sq=0.5, Umu4_sq=0.5, Utau4_sq=0.5))
    session._show(found)
    assert session.page.status.text == COMPUTING
    session._show(Refused(session.state, False, "too much"))
    assert "too much" in session.page.headline.text
    session.close()
    assert session.solver.requests == []


def test_both_signs_are_asked_by_a_button_and_only_there(session) -> None:
    session.page.both._trigger_event(ButtonClick(session.page.both))
    assert session.state.signs == "auto"
    assert "signs auto" in session.page.command.text
    session.page.sliders["dm2_41"].value = 0.5
    assert session.state.signs == "same"


@pytest.mark.skipif(not (BROWSER and DRIVER), reason=MISSING)
def test_in_chromium_keys_move_the_point_and_the_numbers_follow(site, tmp_path) -> None:
    wanted = f"{solve(State().mixing, options=Options(signs='same')).N_eff:.4f}"
    with Chromium() as browser:
        browser.open(site.url)
        browser.wait(lambda: browser.text("status").startswith("full precision ("))
        before = browser.text("headline")
        assert f">{wanted}<" in before
        browser.press(UP, UP, RIGHT)
        browser.wait(lambda: "dm2_41" in browser.run("return location.search"))
        browser.wait(lambda: browser.text("headline") != before)  # N_eff may be the same to four digits, m_eff is not
        link = browser.run("return location.href")
        labels = browser.run(
            "return [...Bokeh.documents[0]._all_models.values()].filter(m => m.type === 'Slider' && m.visible)"
            ".map(m => Bokeh.index.find_one(m).shadow_el"
            ".querySelector('[role=slider]').getAttribute('aria-label'))"
        )
        assert len(labels) == 6
        assert all(labels)
        browser.open(link)  # the link reopens the same point
        assert browser.run("return location.href") == link
        assert all(url.startswith((site.url, site.url.replace("http", "ws"), "data:")) for url in browser.requested())
        assert [entry for entry in browser.log("browser") if entry["level"] == "SEVERE"] == []
        assert len(set(browser.screenshot(tmp_path / "page.png"))) > 200
        browser.open(f"{site.url}?T_RH=4")
        browser.wait(lambda: browser.text("status").startswith("full precision ("))
        assert browser.text("headline") != before
        assert "--low-reheating" in browser.text("command")
