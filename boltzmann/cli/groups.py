"""Help of a command in groups: physics first, then what is written, numerics last."""

from __future__ import annotations

import click

from boltzmann.cli.options import ALIASES
from boltzmann.parameters import Asymmetry, Mixing, Options
from boltzmann.parameters.inputs import Input

_TITLES = ("Mixing", "Interaction", "Asymmetry", "Output and files", "Numerics")
_OF_CLASSES: dict[str, type[Input]] = {"Mixing": Mixing, "Asymmetry": Asymmetry, "Numerics": Options}


def group_of(name: str) -> str:
    """Return the title below which an option stands, by the name of its parameter."""
    if name in ALIASES:
        return "Interaction"
    return next((title for title, cls in _OF_CLASSES.items() if name in cls.declared()), "Output and files")


class Grouped(click.Command):
    """Command whose ``--help`` has a section for each group that it has options of."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections."""
        records: dict[str, list[tuple[str, str]]] = {title: [] for title in _TITLES}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                records[group_of(parameter.name or "")].append(record)
        for title, rows in records.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)
