"""A headless Chromium driven by the WebDriver protocol (W3C) over HTTP: what tests of the page need, and no library."""

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any, Self

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MISSING = "no Chromium: apt-get install chromium chromium-driver (Debian) brings browser and driver"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Chromium:
    """A browser with one window; use as a context."""

    def __init__(self, width: int = 1280, height: int = 900) -> None:
        self.base = f"http://127.0.0.1:{free_port()}"
        self.size = f"--window-size={width},{height}"

    def __enter__(self) -> Self:
        port = self.base.rpartition(":")[2]
        self.driver = subprocess.Popen([DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait(lambda: self._send("GET", "/status")["ready"])
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", self.size]
        chosen = {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": BROWSER, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        answer = self._send("POST", "/session", {"capabilities": {"alwaysMatch": chosen}})
        self.session = f"/session/{answer['sessionId']}"
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._send("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait()

    def _send(self, method: str, path: str, content: Any = None) -> Any:
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    @staticmethod
    def wait(condition: Any, seconds: float = 180.0) -> Any:
        """Return the first true value; the time is only a limit for a loaded machine."""
        end = time.monotonic() + seconds
        while True:
            try:
                if value := condition():
                    return value
            except OSError:  # not there yet, or a script that found nothing yet
                pass
            assert time.monotonic() < end, "the page did not get there"
            time.sleep(0.05)

    def open(self, url: str) -> None:
        self._send("POST", f"{self.session}/url", {"url": url})
        self.wait(lambda: self.run("return document.body.dataset.ready") == "yes")

    def run(self, script: str) -> Any:
        return self._send("POST", f"{self.session}/execute/sync", {"script": script, "args": []})

    def press(self, *keys: str) -> None:
        """Press keys one after the other, whatever has the focus."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._send("POST", f"{self.session}/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def log(self, kind: str) -> list[dict[str, Any]]:
        return self._send("POST", f"{self.session}/se/log", {"type": kind})

    def requested(self) -> list[str]:
        """Return the addresses of all requests since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        sent = [
            m["params"] for m in messages if m["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated")
        ]
        return [params["request"]["url"] if "request" in params else params["url"] for params in sent]

    def text(self, name: str) -> str:
        """Return the text of a model of the page."""
        return self.run(f"return Bokeh.documents[0].get_model_by_name({name!r}).text")

    def screenshot(self, file: Path) -> bytes:
        content = base64.b64decode(self._send("GET", f"{self.session}/screenshot"))
        file.write_bytes(content)
        return content
