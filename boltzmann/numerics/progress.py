"""Progress bars: on a terminal's stderr, or as a widget of a notebook; none where output goes to a file."""

from __future__ import annotations

import importlib
from typing import Any


def bar(*, shown: bool | None = None, **shape: Any) -> Any:
    """Return a bar of tqdm, a context manager with ``update``.

    Parameters
    ----------
    shown : bool, optional
        Default: on terminals and in notebooks.
    **shape
        Arguments of tqdm.
    """
    # "auto" is the terminal's bar unless a kernel of a notebook runs, whose stderr is no terminal but shows widgets
    plain, automatic = (importlib.import_module(name).tqdm for name in ("tqdm", "tqdm.autonotebook"))
    default = None if automatic is plain else False
    return automatic(disable=default if shown is None else not shown, **shape)
