"""Markdown out of plain values."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

#: Sphinx's roles, of which only the name is of use here: ``:func:`document``` .
ROLE = re.compile(r":\w+:`~?([^`]+)`")

#: A term in code with its indented explanation.
DEFINED = re.compile(r"^(`[^`\n]+`)\n((?: {4}.*(?:\n|$))+)", re.MULTILINE)

#: A document of the project, with a heading or without.
DOCUMENT = re.compile(r"\bdocs/([\w-]+\.md(?:#[\w-]+)?)")


def page(title: str, source: str, *parts: str) -> str:
    """A page with its title, where it comes from, and its parts."""
    made = f"<!-- Made from {source} by `make reference`: change it there. -->"
    return "\n\n".join([f"# {title}", made, *filter(None, parts)]) + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; empty where it has no rows."""
    lines = [f"| {' | '.join(cell(text) for text in row)} |" for row in rows]
    rule = f"|{'|'.join('---' for _ in headings)}|"
    return "\n".join([f"| {' | '.join(headings)} |", rule, *lines]) if lines else ""


def cell(text: str) -> str:
    """Text in a cell: one line, in which no pipe ends the cell."""
    return " ".join(text.split()).replace("|", r"\|")


def code(text: object) -> str:
    """Text as code."""
    return f"`{text}`"


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def prose(text: str | None) -> str:
    """A docstring or a description as Markdown."""
    plain = ROLE.sub(r"`\1`", inspect.cleandoc(text or "")).replace("``", "`")
    listed = DEFINED.sub(lambda found: f"- {found[1]}: {' '.join(found[2].split())}\n", plain).rstrip()
    # Outside of code, an angle bracket would begin a tag.
    parts = re.split(r"(`[^`]*`)", listed)
    return "".join(part if part.startswith("`") else _linked(part.replace("<", "&lt;")) for part in parts)


def _linked(text: str) -> str:
    """Text in which a document that is named is a link, as seen from the reference."""
    return DOCUMENT.sub(r"[\g<0>](../\1)", text)


def summary(text: str | None) -> str:
    """The first paragraph of a docstring or a description."""
    return prose(text).partition("\n\n")[0]
