"""Command lines of earlier versions in the words of today, each with a warning; for one version."""

from __future__ import annotations

from collections.abc import Iterator

import click

_FLAGS = {
    "--x-in": "--x-start",
    "--x-fin": "--x-end",
    "--h-max": "--max-step",
    "--rotation": "--max-rotation",
    "--damping": "--coherence",
    "--point": "--benchmark",
    "--dry-run": "--estimate",
}
#: Flag and value -> what they mean.
_VALUES = {
    ("--collisions", "off"): ("--no-collisions",),
    ("--collisions", "matrix"): ("--coherence", "matrix"),
    ("--collisions", "damping"): ("--collisions",),
}
_COMMANDS = {"planes": "confront"}
_YOUNG = ("interpret",)


def current(words: list[str]) -> list[str]:
    """Return the words of a command line with old ones replaced; commands that are younger have none."""
    if words[:1] in [[name] for name in _YOUNG]:
        return words
    command = [_said(word, _COMMANDS[word]) if word in _COMMANDS else word for word in words[:1]]
    split = [part for word in words[1:] for part in _parts(word)]
    return [*command, *_replaced(split)]


def _parts(word: str) -> list[str]:
    """Return ``--flag=value`` as two words where the flag is an old one."""
    flag, equals, value = word.partition("=")
    old = flag in _FLAGS or flag == "--error-every" or (flag, value) in _VALUES
    return [flag, value] if equals and old else [word]


def _replaced(words: list[str]) -> Iterator[str]:
    """Yield the words with old flags, and old pairs of flag and value, replaced."""
    rest = iter(range(len(words)))
    for k in rest:
        word, following = words[k], words[k + 1] if k + 1 < len(words) else ""
        if (word, following) in _VALUES:
            next(rest)
            yield from _said(f"{word} {following}", " ".join(_VALUES[word, following])).split()
        elif word == "--error-every":
            next(rest, None)
            share = "0" if following == "0" else f"1/{following}"
            yield from _said(f"{word} {following}", f"--errors {share}").split()
        else:
            yield _said(word, _FLAGS[word]) if word in _FLAGS else word


def _said(old: str, new: str) -> str:
    """Return the new words after a line on stderr."""
    click.echo(f"Warning: {old} is an old name; write {new}", err=True)
    return new
