"""Planes of the page without the work of the real ones, and a server in a thread."""

import asyncio
import threading

import numpy as np
import pytest

from boltzmann.explore.state import PLANES


@pytest.fixture(scope="session")
def toy_planes():
    """Return planes with one region that is closed and one line that is not."""
    from boltzmann.explore.outlines import Outline, Plane

    turn = np.linspace(0.0, 2.0 * np.pi, 41)
    circle = Outline("circle", "region", 10 ** (-3 + 0.3 * np.cos(turn)), 10 ** (0.3 * np.sin(turn)))
    line = Outline("CMB, 3 σ", "cosmology", np.array([1e-4, 1e-2]), np.array([0.1, 5.0]))
    return {
        name: Plane(name, name, axes, (1e-6, 0.5), (1e-2, 10.0), (circle, line), "a note")
        for name, axes in PLANES.items()
    }


@pytest.fixture
def site(toy_planes):
    """Serve the explorer in a thread."""
    pytest.importorskip("bokeh", reason="the page needs Bokeh: pip install 'sterile-boltzmann[explore]'")
    from boltzmann.explore.live import Site

    made, ready = [], threading.Event()

    def serve() -> None:
        asyncio.set_event_loop(asyncio.new_event_loop())
        made.append(Site(toy_planes))
        made[0].loop.add_callback(ready.set)
        made[0].run()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert ready.wait(60)
    yield made[0]
    made[0].loop.add_callback(made[0].loop.stop)
    thread.join(60)
